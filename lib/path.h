/* Whether a file that a config names may be one. A config can come with a change that nobody has read yet: it
 * must not lead to a device, a pipe, or what the kernel tells of a process. */
#ifndef LIB_PATH_H
#define LIB_PATH_H

#include <stdbool.h>

/* Whether PATH, by its text alone, may lead to /dev, /proc or /sys: it does if it's absolute and its "." and
 * ".." are taken away; behind a "~", "%" or "$" at its beginning, any ".." may. */
bool path_is_special(const char *path);

/* Why what is at PATH, links followed, isn't taken, as the end of a sentence: it's no regular file, or in
 * /dev, /proc or /sys. NULL if it may be taken, or isn't there. */
const char *path_refused(const char *path);

#endif
