#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(const struct command *command, const char *program, int argc, char **argv)
{
	struct options options;

	if (!options_read(&options, command, argc, argv))
		return EXIT_USAGE_ERROR;
	options.program = program;
	if (!options.help)
		return command->run(&options);
	help_command(command);
	return EXIT_DONE;
}

static int unknown(const char *word)
{
	const char *meant = command_meant(word);

	if (meant)
		complain("unknown command %s; did you mean %s?", word, meant);
	else
		complain("unknown command %s; see stagecraft help", word);
	return EXIT_USAGE_ERROR;
}

/* Whoever started us with a standard stream closed would have the next file opened take its number, and be
 * written to as if it were a terminal. Opened the wrong way round, so that using one is still an error. */
static void open_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(EXIT_MACHINE);
	}
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct command *command;

	open_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file over its limit is an error of write(2), to be told */
	if (!word) {
		help_all();
		return finish_output(EXIT_USAGE_ERROR);
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts("stagecraft " STAGECRAFT_VERSION);
		return finish_output(EXIT_DONE);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		word = "help";
	command = command_find(word);
	return command ? finish_output(run(command, argv[0], argc - 1, argv + 1)) : unknown(word);
}
