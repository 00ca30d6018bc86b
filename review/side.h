/* One side of a comparison: the scripts of a fleet, taken apart. What many hosts share is kept once, so that
 * ten thousand hosts take a few megabytes. */
#ifndef REVIEW_SIDE_H
#define REVIEW_SIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/folder.h"
#include "compiler/manifest.h"
#include "compiler/parts.h"
#include "compiler/plan.h"
#include "lib/problem.h"
#include "lib/str.h"

/* A text that many hosts have to the byte: what follows a host's own part. */
struct side_shared {
	const char *text;
	size_t len;
	struct shared_parts parts; /* empty if it can't be read: then the text alone tells */
};

struct side_host {
	const char *id;
	const char *address; /* the manifest's; NULL: it doesn't tell (format 1) */
	const char *text;    /* its own part; "" if none is found: then all is shared */
	size_t len;
	struct assignments own; /* what TEXT assigns; empty if it can't be read: then the text alone tells */
	const char
		*frame; /* what else TEXT has, comments and all, with ID for the host's id; equal frames are
				   one pointer within a side */
	const struct side_shared *shared; /* equal ones are one pointer within a side */
};

struct side {
	bool split;		 /* the layout; see manifest.h */
	struct side_host *hosts; /* sorted by id */
	size_t host_count;
	struct side_shared **shared; /* the distinct ones, in the order of the hosts that have them first */
	size_t shared_count;
	const struct manifest *manifest; /* what it was read by; NULL: by none */
};

/* Where a side's files are read from: a folder, or a folder as it was in git. */
struct side_source {
	/* Reads the file NAME into INTO; false with *P set if it can't be. Where there is no such file, INTO is empty and
	 * *THERE false. Names are asked for in the order of the manifest, MANIFEST_NAME first. */
	bool (*read)(struct side_source *self, const char *name, struct str *into, bool *there,
		     struct problem *p);
	/* Names that will be asked for next, in this order; NULL: it doesn't help to know. */
	void (*expect)(struct side_source *self, const char *const *names, size_t count);
	const char *name; /* for messages: "scripts", or "scripts in main" */
};

/* What PLAN compiles to, for its hosts that are SELECTED (NULL: all). In ARENA. */
void side_of_plan(struct side *out, const struct plan *plan, const bool *selected, struct arena *arena);

/* What SOURCE holds: by its manifest; an empty side if there is none. With IDS (sorted; NULL: all) only of these
 * hosts, as far as they are there. A script that is missing has no host here. In the arena of P. Returns false
 * with *P set if the manifest or a file can't be read. */
bool side_read(struct side *out, struct side_source *source, const char *const *ids, size_t id_count,
	       struct problem *p);

/* The folder DIR as a source; it need not be there. Returns false with *P set. side_folder_close() in any case. */
bool side_folder_open(struct side_source **out, const char *dir, struct problem *p);
void side_folder_close(struct side_source *source);

/* The folder of such a source; not open if there is none. */
const struct folder *side_folder_of(const struct side_source *source);

#endif
