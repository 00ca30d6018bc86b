/* manifest.json: which scripts a folder holds, and their digests. */
#ifndef COMPILER_MANIFEST_H
#define COMPILER_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/problem.h"
#include "lib/sha256.h"
#include "lib/str.h"

#define MANIFEST_NAME "manifest.json"

struct manifest_entry {
	const char *id; /* the file is <id>.sh */
	char sha256[SHA256_HEX + 1];
};

struct manifest {
	struct manifest_entry *items; /* sorted by id */
	size_t count;
};

/* Adds an entry; the caller has made room, and has all sorted by str_sort() then. */
void manifest_add(struct manifest *m, const char *id, const char sha256[SHA256_HEX + 1]);

/* Appends the manifest's text. */
void manifest_write(struct str *out, const struct manifest *m);

/* Reads the text of folder DIR's manifest into the arena of P. On failure returns false with *P set. */
bool manifest_parse(struct manifest *out, const char *dir, const struct str *text, struct problem *p);

/* The entry of ID; NULL if there is none. */
const struct manifest_entry *manifest_find(const struct manifest *m, const char *id);

#endif
