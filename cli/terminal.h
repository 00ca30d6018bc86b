/* What is shown to people: standard output, standard error, and whether in colours. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* BEFORE, then a line of text, to TO. What came from outside can't do anything to a terminal there. */
void say_as(FILE *to, const char *before, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define say(to, ...) say_as(to, "", __VA_ARGS__)
#define complain(...) say_as(stderr, "stagecraft: error: ", __VA_ARGS__)
#define warn(...) say_as(stderr, "stagecraft: warning: ", __VA_ARGS__)

/* Whether to write colours to FD: WHEN ("always", "never", or "auto" or NULL), then NO_COLOR
 * (https://no-color.org), FORCE_COLOR, and whether it's a terminal. */
bool want_colour(const char *when, int fd);

/* The folder that the CI system which this runs in knows files from (GitHub Actions, GitLab); "." elsewhere. */
const char *ci_root(void);

/* Whether this runs in GitHub Actions, which shows workflow commands as annotations. */
bool want_annotations(void);

#endif
