/* manifest.json: which scripts a folder holds, and their digests. */
#ifndef COMPILER_MANIFEST_H
#define COMPILER_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
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

/* Appends the manifest's text. */
void manifest_write(struct str *out, const struct manifest *m);

/* Reads a manifest's text into ARENA. On failure returns false and sets *WHY, which lives in ARENA. */
bool manifest_parse(struct manifest *out, const char *text, size_t len, struct arena *arena,
		    const char **why);

/* The entry of ID; NULL if there is none. */
const struct manifest_entry *manifest_find(const struct manifest *m, const char *id);

#endif
