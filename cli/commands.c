#include "cli/commands.h"

#include "cli/options.h"
#include "cli/reference.h"
#include "cli/terminal.h"
#include "lib/diag.h"

#include <stdio.h>
#include <string.h>

/* One line a command, in the order of the help. */
#define COMMANDS(COMMAND)  \
	COMMAND(init)      \
	COMMAND(validate)  \
	COMMAND(compile)   \
	COMMAND(check)     \
	COMMAND(apply)     \
	COMMAND(fqdn)      \
	COMMAND(hosts)     \
	COMMAND(secrets)   \
	COMMAND(providers) \
	COMMAND(help)

#define DECLARE(name) extern const struct command cmd_##name;
COMMANDS(DECLARE)

#define POINTER(name) &cmd_##name,
static const struct command *const commands[] = {COMMANDS(POINTER)};

enum { COUNT = sizeof commands / sizeof *commands };

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

const char *command_meant(const char *word)
{
	const char *names[COUNT + 1] = {NULL};

	for (size_t i = 0; i < COUNT; i++)
		names[i] = commands[i]->name;
	return did_you_mean(word, names);
}

void help_command(const struct command *command)
{
	printf("usage: stagecraft %s [OPTION]…%s\n\n%s.\n\n", command->name,
	       command->arguments ? command->arguments : "", command->summary);
	options_print(command);
	if (command->help)
		printf("\n%s", command->help);
}

void help_all(void)
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

static int run(const struct options *o)
{
	const struct command *command;

	if (!o->arg_count) {
		help_all();
		return EXIT_DONE;
	}
	if (strcmp(o->args[0], "config") == 0) {
		reference_print();
		return EXIT_DONE;
	}
	command = command_find(o->args[0]);
	if (command) {
		help_command(command);
		return EXIT_DONE;
	}
	complain("there is no command %s; see stagecraft help", o->args[0]);
	return EXIT_USAGE_ERROR;
}

const struct command cmd_help = {
	.name = "help",
	.arguments = " [COMMAND|config]",
	.summary = "tell more of a command, or list every key of stagecraft.yml",
	.options = "",
	.run = run,
};
