/* A command, and the options that it takes: one table, in options.c, a row each. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/exit.h"
#include "lib/str.h"

#define STAGECRAFT_VERSION "0.1.0"

struct options;

/* One file each, cmd_NAME.c; main.c lists them. */
struct command {
	const char *name;
	const char *arguments; /* for the usage line: " HOST [KEY…]"; tells how many it takes. NULL: none */
	const char *summary;
	const char *options; /* by name, a blank between; NAME=ARGUMENT where two have one name */
	int (*run)(const struct options *o); /* returns the exit status */
	const char *help;		     /* paragraphs below the options; NULL for none */
};

enum { OPTIONS_MAX = 48 };

struct options {
	const struct command *command;
	const char *program;		/* as it was called */
	const char *given[OPTIONS_MAX]; /* a row each: its value, "" where it takes none; NULL: not given */
	const char *file;		/* stagecraft.yml */
	const char *hosts;		/* NULL: hosts.yml beside the config */
	const char *from;		/* compiled scripts; secrets: the source */
	const char *to;			/* secrets: the target */
	const char *failed_from;	/* a report */
	const char *report;		/* HTML, to be written */
	const char *against;		/* a revision of git */
	const char *format;		/* one of its row's choices */
	const char *html;		/* a page, to be written */
	const char *out, *layout, *limit, *role, *tag, *log_dir, *colour;
	long jobs, jobs_per_jump, retries, canary, max_failures;
	long timeout_s; /* of the whole run; 0: none */
	bool json, json_lines, quiet, verbose, check, timing, dry_run, prune, rename;
	bool help;		 /* nothing else was read */
	const char *const *args; /* what isn't an option */
	size_t arg_count;
};

/* Reads the options of COMMAND from argv (argv[1] is the command), as far as --help if that's there. Says what
 * is wrong and returns false if anything is. */
bool options_read(struct options *out, const struct command *command, int argc, char **argv);

/* Writes to OUT, which is empty, the command line that runs the command once more with the options that were
 * given, but those WITHOUT (words, as in struct command); with what names hosts, arguments too, if WITH_HOSTS.
 * Every word is quoted where a shell needs it. */
void options_add_again(struct str *out, const struct options *o, const char *without, bool with_hosts);

/* Writes to OUT, which is empty, a command line of another COMMAND, with those of the options WITH (words, as in
 * struct command) that were given. */
void options_add_other(struct str *out, const struct options *o, const char *command, const char *with);

/* Appends TEXT as one word of a shell, behind a blank unless it's the first; what can't be seen is made
 * visible. */
void options_add_word(struct str *out, const char *text);

/* Prints a line for each option that COMMAND takes. */
void options_print(const struct command *command);

/* Prints every key of stagecraft.yml and of hosts.yml on standard output, by the tables that read them. */
void reference_print(void);

#endif
