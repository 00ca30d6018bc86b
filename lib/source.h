/* A text that a user wrote, with its name and its lines: what a diagnostic points into. A byte order mark in
 * front, as Windows' editors write one, is no part of it. */
#ifndef LIB_SOURCE_H
#define LIB_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/problem.h"

/* The largest input taken, in bytes: 100,000 hosts fit; an accident (a core file, /dev/zero) doesn't. */
#define SOURCE_MAX ((size_t)64 * 1024 * 1024)

struct source {
	const char *name; /* as the user named it; "-" is shown as "<stdin>" */
	const char *text; /* len bytes, then a NUL; may hold any byte before it */
	size_t len;
	const char *last; /* where the last line asked for begins, and its number: lines are mostly asked for
			     in order */
	unsigned last_line;
	bool secret; /* its lines are never shown: diagnostics print the place alone */
};

/* A place in a source. Lines and columns count from 1, columns in code points. A place without a source means
 * "nowhere in particular" (an option of the command line, say). */
struct place {
	struct source *source;
	unsigned line;
	unsigned column;
	unsigned width; /* code points to underline; at least 1 where line isn't 0 */
};

/* Reads PATH ("-" for standard input) whole into PROBLEM's arena. On failure returns false with a problem
 * ("cannot read hosts.yml: No such file or directory"); more than SOURCE_MAX bytes (EFBIG) and folders
 * (EISDIR) are failures too. errno says which. Behind a symbolic link the lines are not shown: what it leads to
 * may not have been written for stagecraft. */
bool source_read(struct source *out, const char *path, struct problem *problem);

/* A source of text that is already in memory and outlives it. */
void source_of(struct source *out, const char *name, const char *text, size_t len);

/* What S is called from the folder ROOT, as programs want it that know a repository's files by its root:
 * "infra/stagecraft.yml". Its name where it doesn't lie below ROOT; NULL: it's no file, but standard input. In
 * ARENA. */
const char *source_path(const struct source *s, const char *root, struct arena *arena);

/* Line LINE without its line end, and its length in *LEN; NULL if there is no such line. */
const char *source_line(struct source *s, unsigned line, size_t *len);

/* The place of byte OFFSET (0 to len). */
struct place source_place(struct source *s, size_t offset);

/* The place of the byte AT, counted from LINE on, the first byte of line number NUMBER, at or before it. */
struct place source_place_from(struct source *s, const char *line, unsigned number, const char *at);

/* Whether A is written before B, both in one source, for qsort(3): -1, 0 or 1. */
int place_order(const struct place *a, const struct place *b);

#endif
