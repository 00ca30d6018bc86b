/* manifest.json: which scripts a folder holds, their digests, and what they were compiled for. */
#ifndef COMPILER_MANIFEST_H
#define COMPILER_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/problem.h"
#include "lib/sha256.h"
#include "lib/str.h"

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_SHARED "steps" /* of layout split: steps.sh is no host's */

/* The words of the layouts: "whole", then "split", then NULL. */
extern const char *const layouts[];

/* The name of ID's file, "plat-db-1.sh", in ARENA. */
const char *script_file(const char *id, struct arena *arena);

enum { MANIFEST_FORMAT = 2 }; /* what is written; 1 is read too, and tells only ids and digests */

struct word_list {
	const char *const *items;
	size_t count;
};

struct manifest_entry {
	const char *id; /* the file is <id>.sh */
	char sha256[SHA256_HEX + 1];
	const char *address;	/* plan.h's; NULL: it isn't told, nor are tags and steps */
	struct word_list tags;	/* sorted */
	struct word_list steps; /* the plan's, in order; of layout split, none: see manifest_steps() */
};

struct manifest {
	int format; /* 1 or 2 */
	bool split; /* the layout: each host's own part is a file, what all share is in steps.sh */
	struct {
		char sha256[SHA256_HEX + 1];
		struct word_list steps;
	} shared;		      /* steps.sh; only of layout split */
	struct manifest_entry *items; /* sorted by id */
	size_t count;
};

/* Adds an entry that tells no more than this; the caller has made room, fills in the rest, and has all sorted by
 * str_sort() then. */
struct manifest_entry *manifest_add(struct manifest *m, const char *id, const char sha256[SHA256_HEX + 1]);

/* Appends the manifest's text, in M's format. */
void manifest_write(struct str *out, const struct manifest *m);

/* Reads the text of folder DIR's manifest into the arena of P. On failure returns false with *P set. */
bool manifest_parse(struct manifest *out, const char *dir, const struct str *text, struct problem *p);

/* Whether TEXT, which M was read from, is to the byte what stagecraft writes of it; else it was changed by hand. */
bool manifest_is_as_written(const struct manifest *m, const struct str *text);

/* The entry of ID; NULL if there is none. */
const struct manifest_entry *manifest_find(const struct manifest *m, const char *id);

/* The steps that ENTRY's host was compiled to, in order; none if that isn't told. */
struct word_list manifest_steps(const struct manifest *m, const struct manifest_entry *entry);

#endif
