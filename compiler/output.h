/* A plan's scripts against a folder of scripts: what differs, and how to make it the same. */
#ifndef COMPILER_OUTPUT_H
#define COMPILER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/folder.h"
#include "compiler/scripts.h"

enum output_difference { OUTPUT_NEW, OUTPUT_CHANGED, OUTPUT_GONE };

struct output_change {
	const char *file; /* "plat-db-1.sh" */
	enum output_difference kind;
	const struct plan_host *host; /* whose script it is; NULL: the manifest, or a host that's gone */
};

struct output {
	struct output_change *changes; /* sorted by file */
	size_t change_count;
	const char **kept; /* scripts of hosts that are gone, left there: they aren't what stagecraft wrote */
	size_t kept_count;

	/* its own */
	const struct plan *plan;
	const bool *selected;
	struct scripts scripts;
	struct folder folder;
	struct manifest before, after;
	struct str manifest_before, manifest_after; /* their texts */
};

/* Compares the scripts of PLAN's hosts (those for which SELECTED is true; NULL: all) and the manifest with
 * what is in folder DIR; writes nothing. Scripts of hosts that are gone differ if DIR's manifest lists them
 * with their digests, they begin as scripts do, and all hosts are selected. What the scripts are compared
 * with, and all names, live in the arena of P.
 *
 * Returns false if a script is too long, told to D; or with *P set: DIR or a script is a symbolic link, a
 * file of that name isn't stagecraft's, or the machine failed. output_close() in any case. */
bool output_compare(struct output *o, const char *dir, const struct plan *plan, const bool *selected,
		    struct diags *d, struct problem *p);

/* The bytes of both sides of change C: BEFORE is empty where there is no file, AFTER where it goes. */
bool output_texts(const struct output *o, const struct output_change *c, struct str *before,
		  struct str *after, struct problem *p);

/* Makes DIR what it's to be; it appears if it wasn't there. Files that are right already aren't touched.
 * Returns false with *P set; the old files are then what they were, unless the names were being given
 * already. */
bool output_write(struct output *o, struct problem *p);

void output_close(struct output *o);

#endif
