/* The script of each host, as it is compiled now. */
#ifndef COMPILER_SCRIPTS_H
#define COMPILER_SCRIPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/plan.h"
#include "lib/diag.h"
#include "lib/sha256.h"
#include "lib/str.h"

/* Bytes, as they are and gzipped: a script fits the user data of every cloud. */
enum { SCRIPT_MAX = 40000, SCRIPT_GZIP_MAX = 13000 };

/* What layout split may add to the two files together, for the lines by which the one finds the other: so a
 * configuration that fits in layout whole fits in layout split. */
enum { SCRIPT_SPLIT = 700, SCRIPT_SPLIT_GZIP = 250 };

struct script {
	const char *id;
	struct str head;
	const struct str *tail;	     /* that many share; what is sent to a host is both */
	bool split;		     /* head and tail are a file each: layout split */
	char sha256[SHA256_HEX + 1]; /* of the host's file */
};

struct scripts {
	bool split;	    /* the layout */
	struct str tail;    /* of all */
	size_t frame_len;   /* bytes that each head has, whichever host's it is */
	size_t common_gzip; /* these and the tail, gzipped */
	bool tail_fits;	    /* else that was said of the config, once; so not of every host again */
};

/* The scripts of PLAN as they are compiled now, in layout split if SPLIT. Where what all share is too long already, D
 * is told at PLAN's config. scripts_close() in any case. */
void scripts_make(struct scripts *s, const struct plan *plan, bool split, struct diags *d);

/* The script of HOST. Returns false if it's longer than SCRIPT_MAX or SCRIPT_GZIP_MAX (and what layout split adds),
 * told to D at the host's line: its tags are too many. OUT's head is reused if it has memory; the caller frees it. */
bool scripts_get(const struct scripts *s, const struct plan_host *host, struct script *out, struct diags *d);

void scripts_close(struct scripts *s);

#endif
