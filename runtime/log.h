/* What hosts say, kept: one file a host under --log-dir, and in memory the last of it for the report. */
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/problem.h"
#include "lib/str.h"

enum {
	LOG_FILE_MAX = 16 * 1024 * 1024, /* bytes; that more was left out is said in the file */
	LOG_TAIL_LINES = 12,
	LOG_TAIL_LINE_MAX = 300, /* bytes of each of them */
};

/* The folder. Trouble that comes when a run has begun is said once on standard error, and doesn't stop it. */
struct log_dir {
	int fd; /* -1: no files are written */
	const char *path;
	bool failed;
};

/* Opens PATH, making it (0700) if it isn't there; NULL for no files. False, with the PROBLEM, if that can't be.
 * log_dir_close() in any case. */
bool log_dir_open(struct log_dir *d, const char *path, struct problem *problem);
void log_dir_close(struct log_dir *d);

struct log {
	struct log_dir *dir;
	int fd;				  /* -1: none, or given up */
	size_t size;			  /* bytes written */
	struct str pending;		  /* lines not written yet */
	struct str lines[LOG_TAIL_LINES]; /* a ring */
	size_t count;			  /* of lines that went into it */
};

/* Starts the file ID.log in D (0600), in place of an older one. ID is a DNS label. *PATH becomes its name,
 * malloc'ed; NULL if there is none, as where D is NULL. */
void log_open(struct log *l, struct log_dir *d, const char *id, char **path);

/* Adds a line that the host said: made visible, with "…" if CUT. The caller has masked it. */
void log_add(struct log *l, const char *line, size_t len, bool cut);

/* Adds a line of our own, printf(3) behind "== "; to the file only. */
void log_note(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The host is connected anew: the last lines are from now on those of this connection. */
void log_again(struct log *l);

/* Writes out what is pending. To be called after every batch of lines. */
void log_flush(struct log *l);

/* Appends the last lines that the host said, in order, each with a line end. */
void log_tail(const struct log *l, struct str *out);

/* Flushes and closes, and frees what L holds. */
void log_close(struct log *l);

#endif
