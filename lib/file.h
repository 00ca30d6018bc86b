/* Files that are replaced whole or not at all: the new text goes to a new file beside the old one, which
 * takes its name at the end. Links are not followed, and what others hold open keeps the old text. */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "lib/arena.h"

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
 * already stays as it is; it has to be a regular file, or a link to one or to nothing. NULL, or why not.
 * replace_close() in any case. */
const char *replace_open(struct replace_target *t, const char *path, struct arena *arena);

/* Writes it. NULL, or why it can't be. */
const char *replace_write(const struct replace_target *t, const char *bytes, size_t len);

void replace_close(struct replace_target *t);

#endif
