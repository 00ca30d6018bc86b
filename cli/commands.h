/* Every command there is: the one table a new one is added to. The command help stands with it, since it
 * reads the table. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

/* The command NAME; NULL if there is none. */
const struct command *command_find(const char *name);

/* The command that a WORD which is none was meant for; NULL if none is near. */
const char *command_meant(const char *word);

/* The usage of one command, or of all. */
void help_command(const struct command *command);
void help_all(void);

#endif
