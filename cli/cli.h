/* The command line: one table of options, one table of commands, and what the commands share. A command is
 * one file, cmd_NAME.c, with one const struct command. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "compiler/config.h"
#include "compiler/hosts.h"
#include "compiler/plan.h"
#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/exit.h"
#include "lib/str.h"

#define STAGECRAFT_VERSION "0.1.0"

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct options {
	const char *program;	/* as it was called */
	const char *given[128]; /* by letter: an option's value, "" where it takes none; NULL: not given */
	const char *file;	/* stagecraft.yml */
	const char *hosts;	/* NULL: hosts.yml beside the config */
	const char *out;
	const char *from; /* compiled scripts; secrets: the source */
	const char *to;	  /* secrets: the target */
	const char *limit;
	const char *role;
	const char *tag;
	const char *log_dir;
	const char *failed_from; /* a report */
	const char *report;	 /* HTML, to be written */
	long jobs, jobs_per_jump, retries, canary, max_failures;
	long timeout_s; /* of the whole run; 0: none */
	enum colour colour;
	bool json, json_lines, quiet, verbose, check, timing, dry_run, prune, rename;
	const char *const *args; /* what isn't an option */
	size_t arg_count;
};

struct command {
	const char *name;
	const char *arguments; /* for the usage line: "[HOST…]" */
	const char *summary;
	const char *options; /* the options it takes, by letter; see cli/options.c */
	size_t min_args, max_args;
	int (*run)(const struct options *o); /* returns the exit status */
	const char *help;		     /* paragraphs below the options; NULL for none */
};

/* Every command, in the order of the help; ends with NULL. */
extern const struct command *const commands[];

/* Reads the options of COMMAND from argv (argv[0] is the command). Says what is wrong and returns false if
 * anything is. */
bool options_read(struct options *out, const struct command *command, int argc, char **argv);

/* Appends the command line that runs COMMAND once more with the options that were given, but those WITHOUT
 * (letters). Every word is quoted where a shell needs it. */
void options_add_again(struct str *out, const struct command *command, const struct options *o,
		       const char *without);

/* Appends a blank and TEXT as one word of a shell; what can't be seen is made visible. */
void options_add_word(struct str *out, const char *text);

/* The usage of one command, or of all. */
void help_command(const struct command *command);
void help_all(void);

/* A line of text to TO. What came from outside can't do anything to a terminal there. */
void say(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "stagecraft: error: …" on standard error, likewise. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether to write colours to FD: the option, then NO_COLOR (https://no-color.org), FORCE_COLOR, and whether
 * it's a terminal. */
bool want_colour(const struct options *o, int fd);

/* Whether this runs in GitHub Actions, which shows workflow commands as annotations. */
bool want_annotations(void);

/* The checked inputs of a command. */
struct inputs {
	struct arena arena;
	struct diags diags;
	struct source config_source;
	struct source hosts_source;
	struct config config;
	struct hosts hosts;
	struct plan plan;
	bool *selected;	       /* one a host of the plan; NULL: all */
	size_t selected_count; /* how many, also if all */
};

/* Reads and checks stagecraft.yml and, with WITH_HOSTS, the host list; makes the plan; selects the hosts that
 * the options and arguments name. Prints every mistake. Returns EXIT_DONE, EXIT_MACHINE, EXIT_INVALID or
 * EXIT_USAGE_ERROR. inputs_free() in any case. */
int inputs_read(struct inputs *in, const struct options *o, bool with_hosts);
void inputs_free(struct inputs *in);

/* The same without a plan and without printing: for validate. Returns EXIT_DONE, EXIT_MACHINE or
 * EXIT_INVALID. */
int inputs_check(struct inputs *in, const struct options *o, bool with_hosts);
void inputs_print(struct inputs *in, const struct options *o); /* forgets what it printed */

/* Whether the files that ssh is to take for the selected hosts are files: what the compiler, which looks at
 * no other file, can't know. Says what is wrong. Returns EXIT_DONE or EXIT_INVALID. */
int inputs_check_ssh_files(struct inputs *in, const struct options *o);

/* fflush() of standard output, with its failures (a full disk, a closed pipe) told. Returns STATUS or
 * EXIT_MACHINE. */
int finish_output(int status);

#endif
