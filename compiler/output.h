/* A folder of compiled scripts: written so that it holds the old ones or the new ones, whole; compared; read
 * back. */
#ifndef COMPILER_OUTPUT_H
#define COMPILER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/emit.h"
#include "compiler/manifest.h"
#include "compiler/plan.h"

enum output_difference { OUTPUT_NEW, OUTPUT_CHANGED, OUTPUT_GONE };

struct output_change {
	enum output_difference kind;
	const char *file; /* in ARENA: "plat-db-1.sh" */
};

struct output_changes {
	struct output_change *items; /* sorted by file */
	size_t count;
	const char **kept; /* scripts of hosts that are gone, left there: they aren't what stagecraft wrote */
	size_t kept_count;
};

/* Writes the scripts of PLAN's hosts (those for which SELECTED is true; NULL: all) and the manifest to folder
 * DIR, which is made if it isn't there. Scripts that are right already aren't touched. Scripts of hosts that
 * are gone are removed if DIR's manifest lists them with their digests, they begin as scripts do, and all
 * hosts are selected. Files are complete before any takes its name, so a full disk leaves the old ones.
 *
 * *CHANGES (in ARENA) says what was different. With DRY_RUN nothing is written. Too long a script is reported
 * to D. On the machine's failure returns false with a sentence in *WHY (in ARENA): DIR or a script is a
 * symbolic link, a file of that name isn't stagecraft's, or an errno. */
bool output_write(const char *dir, const struct plan *plan, const bool *selected, bool dry_run,
		  struct output_changes *changes, struct arena *arena, struct diags *d, const char **why);

/* Reads the manifest of DIR. Returns false with *WHY set. */
bool output_manifest(struct manifest *out, const char *dir, struct arena *arena, const char **why);

/* Reads the script of ENTRY from DIR into *TEXT and compares its digest. Returns false with *WHY set. */
bool output_script(struct str *text, const char *dir, const struct manifest_entry *entry, struct arena *arena,
		   const char **why);

#endif
