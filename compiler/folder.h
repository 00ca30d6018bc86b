/* A folder of files that is rewritten as one: every new file is complete before any takes its name, so that a
 * full disk leaves the old ones; a folder that isn't there appears with all of its files. Nothing is read,
 * written or removed through a symbolic link. */
#ifndef COMPILER_FOLDER_H
#define COMPILER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/problem.h"
#include "lib/str.h"

enum { FOLDER_NAME_MAX = 80 }; /* bytes: an id and its suffix */

struct folder_change {
	const char *name;
	bool removal; /* else a file of this name waits to be given it */
};

struct folder {
	const char *dir;      /* as the user named it; for messages */
	int fd;		      /* -1: there is no such folder */
	const char *building; /* the name of a new folder until it is complete; NULL otherwise */
	struct folder_change *changes;
	size_t change_count;
};

/* Opens DIR, which has to be there, to be read; it may be a link to a folder. Returns false with *P set.
 * folder_close() in any case. */
bool folder_open(struct folder *f, const char *dir, struct problem *p);

/* Opens DIR itself, no link to it, to be rewritten; it may not be there yet. Changes nothing. folder_close()
 * in any case. */
bool folder_begin(struct folder *f, const char *dir, struct problem *p);

/* The bytes of the file NAME, at most SOURCE_MAX. Never waits for a pipe's writer. */
bool folder_read(const struct folder *f, const char *name, struct str *into, struct problem *p);

/* What is in F under names that end in SUFFIX: these, without it, sorted, in the arena of P. Returns false with *P
 * set. */
bool folder_list(const struct folder *f, const char *suffix, const char *const **names, size_t *count,
		 struct problem *p);

/* The bytes of the file NAME, which may get another, and its st_mode: 0 if there is none. Returns false with
 * *P set if what is there can't be read or is no file. */
bool folder_look(const struct folder *f, const char *name, struct str *into, mode_t *mode, struct problem *p);

/* Writes a file of MODE that takes its NAME with folder_commit(). NAME, of FOLDER_NAME_MAX bytes at most,
 * lives as long as F. */
bool folder_put(struct folder *f, const char *name, mode_t mode, const struct str *text, struct problem *p);

/* Removes the file NAME with folder_commit(). */
void folder_remove(struct folder *f, const char *name);

/* Gives the names and removes. Returns false with *P set by what fails midway. */
bool folder_commit(struct folder *f, struct problem *p);

/* Forgets what was put and has no name yet. */
void folder_close(struct folder *f);

#endif
