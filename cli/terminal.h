/* What is shown to people: standard output, standard error, and whether in colours. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* A line of text to TO. What came from outside can't do anything to a terminal there. */
void say(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "stagecraft: error: …" on standard error, likewise. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "stagecraft: warning: …" on standard error, likewise. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether to write colours to FD: the option WHEN, then NO_COLOR (https://no-color.org), FORCE_COLOR, and
 * whether it's a terminal. */
bool want_colour(enum colour when, int fd);

/* Whether this runs in GitHub Actions, which shows workflow commands as annotations. */
bool want_annotations(void);

#endif
