#include "cli/cli.h"

#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct command cmd_init, cmd_validate, cmd_compile, cmd_check, cmd_apply, cmd_fqdn, cmd_hosts,
	cmd_secrets, cmd_providers, cmd_help;

const struct command *const commands[] = {
	&cmd_init,  &cmd_validate, &cmd_compile,   &cmd_check, &cmd_apply, &cmd_fqdn,
	&cmd_hosts, &cmd_secrets,  &cmd_providers, &cmd_help,  NULL,
};

static void say_args(FILE *to, const char *before, const char *format, va_list args)
{
	enum { SAID_MAX = 64 * 1024 };
	struct str text = STR_INIT, visible = STR_INIT;

	str_addv(&text, format, args);
	str_add_visible(&visible, str_text(&text), text.len, SAID_MAX);
	fprintf(to, "%s%s\n", before, str_text(&visible));
	str_free(&text);
	str_free(&visible);
}

void say(FILE *to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(to, "", format, args);
	va_end(args);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(stderr, "stagecraft: error: ", format, args);
	va_end(args);
}

bool want_colour(const struct options *o, int fd)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("FORCE_COLOR"), *term = getenv("TERM");

	if (o->colour != COLOUR_AUTO)
		return o->colour == COLOUR_ALWAYS;
	if (no && *no)
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	complain("cannot write to standard output: %s", strerror(errno));
	return EXIT_MACHINE;
}

static int run(const struct command *command, const char *program, int argc, char **argv)
{
	struct options options;

	if (!options_read(&options, command, argc, argv))
		return EXIT_USAGE_ERROR;
	options.program = program;
	return finish_output(command->run(&options));
}

static int unknown(const char *word)
{
	const char *names[32] = {NULL}, *meant;

	for (size_t i = 0; commands[i] && i < 31; i++)
		names[i] = commands[i]->name;
	meant = did_you_mean(word, names);
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
	for (const struct command *const *c = commands; *c; c++) {
		if (strcmp((*c)->name, word) == 0)
			return run(*c, argv[0], argc - 1, argv + 1);
	}
	return unknown(word);
}
