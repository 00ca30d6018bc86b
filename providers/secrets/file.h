/* Files that hold secrets: read whole into memory that gets overwritten, replaced at once or not at all.
 *
 * A replacement is written to a temporary file in the same folder (O_EXCL, mode 0600), synced, renamed over
 * the target, and the folder synced: whoever looks, whenever, and whatever dies in between, finds the old
 * text or the new one. The folder is locked (flock(2)) from before the target is read until the end, so that
 * two runs don't lose each other's keys; the lock leaves no file behind. What a killed run left of its
 * temporary file, the next one removes. There is no backup. */
#ifndef PROVIDERS_SECRETS_FILE_H
#define PROVIDERS_SECRETS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/problem.h"
#include "lib/source.h"
#include "lib/str.h"

/* The largest file taken, in bytes: 10,000 certificates fit. */
#define SECRET_FILE_MAX ((size_t)16 * 1024 * 1024)

enum { SECRET_LOCK_WAIT_S = 10 };

struct secret_file {
	struct str text;
	struct source *source; /* of the text, never shown; in the arena, as places in it are */
	struct stat st;	       /* zeroed: there is no file */
};

/* Reads PATH ("-" for standard input) whole: a regular file, or a pipe, of SECRET_FILE_MAX at most.
 * secret_file_free() in any case. */
bool secret_file_read(struct secret_file *out, const char *path, struct problem *problem);

/* Overwrites the text. The source stays, empty. */
void secret_file_free(struct secret_file *f);

/* A file that is going to be replaced. */
struct secret_target {
	const char *path; /* as the user named it */
	const char *name; /* in its folder, links followed */
	const char *temporary;
	int folder; /* of the file that is meant; -1: closed */
	bool alone; /* the folder is locked; else (no flock there) the temporary file is the lock */
	struct secret_file old;
	struct problem problem; /* after a function returned false */
};

/* Finds and reads the file at PATH. A symbolic link is followed as long as it stays inside its folder (no
 * "..", not absolute, no linked folder on the way). With LOCK, waits for the lock, SECRET_LOCK_WAIT_S at
 * most, and removes what a killed run left. False with a problem. secret_target_close() in any case. */
bool secret_target_open(struct secret_target *t, const char *path, bool lock, struct arena *arena);

/* Replaces the file by LEN bytes. Mode 0600, or stricter if the old one is; the owner stays. Signals that
 * would end the program wait meanwhile. False with a problem: then the target is what it was, unless only
 * the last step, the folder's sync, failed. */
bool secret_target_replace(struct secret_target *t, const char *bytes, size_t len);

/* Whether the file has a looser mode than a replacement would get; and takes the bits from it that others
 * could read it by, without touching the text. */
bool secret_target_is_loose(const struct secret_target *t);
bool secret_target_tighten(struct secret_target *t);

/* Overwrites what was read, unlocks. */
void secret_target_close(struct secret_target *t);

#endif
