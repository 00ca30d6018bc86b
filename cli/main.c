#include "cli/options.h"
#include "cli/terminal.h"
#include "lib/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One line a command, in the order of the help. */
#define COMMANDS(COMMAND)  \
	COMMAND(init)      \
	COMMAND(validate)  \
	COMMAND(compile)   \
	COMMAND(diff)      \
	COMMAND(check)     \
	COMMAND(apply)     \
	COMMAND(fqdn)      \
	COMMAND(hosts)     \
	COMMAND(secrets)   \
	COMMAND(providers) \
	COMMAND(schema)    \
	COMMAND(help)

#define DECLARE(name) extern const struct command cmd_##name;
COMMANDS(DECLARE)

#define POINTER(name) &cmd_##name,
static const struct command *const commands[] = {COMMANDS(POINTER)};

enum { COUNT = sizeof commands / sizeof *commands };

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

/* Tells of a WORD that is no command. */
static int unknown(const char *word)
{
	const char *names[COUNT + 1] = {NULL}, *meant;

	for (size_t i = 0; i < COUNT; i++)
		names[i] = commands[i]->name;
	meant = did_you_mean(word, names);
	if (meant)
		complain("unknown command %s; did you mean %s?", word, meant);
	else
		complain("unknown command %s; see stagecraft help", word);
	return EXIT_USAGE_ERROR;
}

static void help_command(const struct command *command)
{
	printf("usage: stagecraft %s [OPTION]…%s\n\n%s.\n\n", command->name,
	       command->arguments ? command->arguments : "", command->summary);
	options_print(command);
	if (command->help)
		printf("\n%s", command->help);
}

static void help_all(void)
{
	printf("usage: stagecraft COMMAND [OPTION]… [ARGUMENT]…\n\n"
	       "Compiles stagecraft.yml and a host list into one reviewable shell script a host, and runs\n"
	       "them over ssh: hosts come back with Docker and in your private network.\n\n");
	for (size_t i = 0; i < COUNT; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	printf("\nstagecraft help COMMAND tells more; stagecraft help config lists every key of stagecraft.yml.\n"
	       "\n"
	       "exit status: 0 done, 1 the machine failed us, 2 difference or drift found, 3 invalid config or\n"
	       "host list, 4 one or more hosts failed, 64 usage, 130 interrupted\n");
}

static int run_help(const struct options *o)
{
	const struct command *command = o->arg_count ? find(o->args[0]) : NULL;

	if (command) {
		help_command(command);
	} else if (!o->arg_count) {
		help_all();
	} else if (strcmp(o->args[0], "config") == 0) {
		reference_print();
	} else {
		complain("there is no command %s; see stagecraft help", o->args[0]);
		return EXIT_USAGE_ERROR;
	}
	return EXIT_DONE;
}

const struct command cmd_help = {
	.name = "help",
	.arguments = " [COMMAND|config]",
	.summary = "tell more of a command, or list every key of stagecraft.yml",
	.options = "",
	.run = run_help,
};

/* Whoever started us with a standard stream closed would have the next file opened take its number, and be
 * written to as if it were a terminal. Opened the wrong way round, so that using one is still an error. */
static void open_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(EXIT_MACHINE);
	}
}

static int run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct command *command;
	struct options options;

	if (!word) {
		help_all();
		return EXIT_USAGE_ERROR;
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts("stagecraft " STAGECRAFT_VERSION);
		return EXIT_DONE;
	}
	command = find(strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ? "help" : word);
	if (!command)
		return unknown(word);
	if (!options_read(&options, command, argc, argv))
		return EXIT_USAGE_ERROR;
	if (!options.help)
		return command->run(&options);
	help_command(command);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	int status;

	open_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file over its limit is an error of write(2), to be told */
	status = run(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	complain("cannot write to standard output: %s", strerror(errno));
	return EXIT_MACHINE;
}
