/* The folder of --from: what was reviewed, and nothing else, is what runs. */
#ifndef REVIEW_REVIEWED_H
#define REVIEW_REVIEWED_H

#include "lib/diag.h"
#include "review/side.h"

enum { REVIEWED_TOLD = 20 }; /* of what is wrong with a folder; of the rest, how many */

/* Reads from folder DIR, which may be a link to one, the scripts of the hosts IDS (sorted; NULL: all). What a host
 * is to be sent is its text, then the shared one: the very bytes that were verified.
 *
 * Returns whether it is as it was compiled: its manifest is to the byte as it was written; these scripts have its
 * digests, and are of the hosts, with the tags and steps, that it tells; whoever is asked for, each script that it
 * lists is there, none that it doesn't list, and none is a symbolic link. Everything that is otherwise is told to D, with what to run:
 * COMPILE[SPLIT] writes the folder anew in its layout. A host that it has no script for isn't there, and no
 * mistake. In the arena of D. */
bool reviewed_read(struct side *out, const char *dir, const char *const *ids, size_t id_count,
		   const char *const compile[2], struct diags *d);

#endif
