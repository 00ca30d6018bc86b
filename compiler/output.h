/* A plan's scripts against a folder of scripts: what differs, and how to make it the same. */
#ifndef COMPILER_OUTPUT_H
#define COMPILER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/folder.h"
#include "compiler/manifest.h"
#include "compiler/scripts.h"

enum output_difference { OUTPUT_NEW, OUTPUT_CHANGED, OUTPUT_GONE };

/* The order in which files get their names: wherever it ends, no script lacks the steps that it reads. */
enum output_turn {
	TURN_SHARED, /* steps.sh, which the scripts read */
	TURN_SCRIPTS,
	TURN_UNUSED,   /* steps.sh, which no script reads any more */
	TURN_MANIFEST, /* it never lists what isn't there yet */
	TURNS
};

struct output_change {
	const char *file; /* "plat-db-1.sh" */
	enum output_difference kind;

	/* its own */
	enum output_turn turn;
	const struct plan_host *host; /* whose script it is; NULL: no host's that there is */
	const struct str *text;	      /* what it's to hold; NULL: HOST's script, or it goes */
	mode_t mode;
};

struct output {
	struct output_change *changes; /* sorted by file */
	size_t change_count;
	const char **kept; /* files that nothing needs, left there: they aren't what stagecraft wrote */
	size_t kept_count;
	struct manifest before, after;
	/* Some hosts are selected, and the folder's others would change too: they'd get another layout, or another
	 * steps.sh. Then it is not to be written. */
	bool changes_others;

	/* its own */
	const struct plan *plan;
	const bool *selected;
	struct scripts scripts;
	struct folder folder;
	struct str scratch;
	struct str manifest_before, manifest_after; /* their texts */
};

/* Compares the scripts of PLAN's hosts (those for which SELECTED is true; NULL: all), in the layout of its config, and
 * the manifest with what is in folder DIR, of whichever layout; writes nothing. Scripts of hosts that are gone differ
 * if DIR's manifest lists them with their digests, they begin as scripts do, and all hosts are selected; so does
 * steps.sh where no script reads it any more. What the scripts are compared with, and all names, live in the arena
 * of P.
 *
 * Returns false if a script is too long, told to D; or with *P set: DIR or a script is a symbolic link, a
 * file of that name isn't stagecraft's, or the machine failed. output_close() in any case. */
bool output_compare(struct output *o, const char *dir, const struct plan *plan, const bool *selected,
		    struct diags *d, struct problem *p);

/* Makes DIR what it's to be; it appears if it wasn't there. Files that are right already aren't touched.
 * Returns false with *P set; the old files are then what they were, unless the names were being given
 * already. */
bool output_write(struct output *o, struct problem *p);

void output_close(struct output *o);

#endif
