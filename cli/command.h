/* A command: one file, cmd_NAME.c, with one const struct command, which main.c lists. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "lib/exit.h"

#define STAGECRAFT_VERSION "0.1.0"

struct options;

struct command {
	const char *name;
	const char *arguments; /* for the usage line: " HOST [KEY…]"; tells how many it takes. NULL: none */
	const char *summary;
	const char *options; /* by name, a blank between; NAME=ARGUMENT where two have one name */
	int (*run)(const struct options *o); /* returns the exit status */
	const char *help;		     /* paragraphs below the options; NULL for none */
};

/* Prints every key of stagecraft.yml and of hosts.yml on standard output, by the tables that read them. */
void reference_print(void);

#endif
