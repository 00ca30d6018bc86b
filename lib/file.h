/* Whole files: read, written, replaced at once. */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/arena.h"
#include "lib/problem.h"
#include "lib/str.h"

/* Reads what FD still has behind OUT's text, MAX bytes of text at most. 0 or an errno value: EFBIG if
 * there is more, EISDIR for a folder. No copy is left behind as OUT grows, so that str_wipe() ends a
 * secret. */
int file_read(int fd, size_t max, struct str *out);

/* The same of the file at PATH, "-" for standard input; and what fstat(2) says of it, in *ST. */
int file_load(const char *path, size_t max, struct str *out, struct stat *st);

/* Writes all of it. 0 or an errno value. */
int file_write(int fd, const char *bytes, size_t len);

/* Closes *FD unless it is -1, and makes it so. */
void file_close(int *fd);

/* ---- replacing ----
 *
 * A file is replaced whole or not at all: the new text goes to a new file beside the old one, which takes its
 * name at the end. Links are not followed, and what others hold open keeps the old text. */

/* Opens the folder that the file of PATH is in, and gives its name there, and one for a new file beside
 * it, both in ARENA or PATH. The descriptor, or -1 with errno: EISDIR if PATH names no file. */
int file_folder(const char *path, const char **name, const char **temporary, struct arena *arena);

/* Gives the folder FD a file NAME with these bytes, by way of a new file TEMPORARY: synced, with that mode,
 * and OWNER's user and group if that's not NULL and may be. Signals that would end the program wait
 * meanwhile. 0 or an errno value: EEXIST if TEMPORARY is there; whatever failed, the old file is what it was
 * and TEMPORARY is gone again. */
int replace_at(int fd, const char *name, const char *temporary, mode_t mode, const struct stat *owner,
	       const char *bytes, size_t len);

/* A file that is going to be written at the end of a run, for its owner alone. */
struct replace_target {
	const char *path; /* as the user named it */
	const char *name; /* in its folder */
	const char *temporary;
	int folder; /* -1: none is open */
};

/* Opens the folder of PATH and finds out whether a file of that name can be made there. What stands there
 * already stays as it is; it has to be a regular file, or a link to one or to nothing. False with *P set if
 * it can't. What T holds lives in P's arena. replace_close() in any case. */
bool replace_open(struct replace_target *t, const char *path, struct problem *p);

/* Writes it. False with *P set if that fails. */
bool replace_write(const struct replace_target *t, const char *bytes, size_t len, struct problem *p);

void replace_close(struct replace_target *t);

/* ---- what a config names ----
 *
 * A config can come with a change that nobody has read yet: it must not lead to a device, a pipe, or what the
 * kernel tells of a process. */

/* Whether PATH, by its text alone, may lead to /dev, /proc or /sys: it does if it's absolute and its "." and
 * ".." are taken away; behind a "~", "%" or "$" at its beginning, any ".." may. */
bool path_is_special(const char *path);

/* Why what is at PATH, links followed, isn't taken, as the end of a sentence: it's no regular file, or in
 * /dev, /proc or /sys. NULL if it may be taken, or isn't there. */
const char *path_refused(const char *path);

#endif
