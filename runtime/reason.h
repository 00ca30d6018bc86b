/* Why a host failed: every reason there is, as one table, with its error code and what to do about it.
 * docs/errors.md is written from it. */
#ifndef RUNTIME_REASON_H
#define RUNTIME_REASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/step.h"
#include "lib/str.h"
#include "runtime/about.h"

/* Who may say so. */
enum reason_source {
	REASON_RUN = 1,	   /* this side: ssh, the reader, the run itself */
	REASON_SCRIPT = 2, /* a step of a script, in a record */
};

struct reason {
	const char *name; /* stable: programs match on it */
	unsigned sources; /* of enum reason_source */
	bool rerun_safe;  /* running again does no harm and may be all it takes; it's said */
	enum about about; /* what a report points at */
	const char *means;
	const char *advice;
};

/* The row of NAME; NULL for a name that isn't there, and for "". */
const struct reason *reason_find(const char *name);

/* Whether a script may give NAME as the reason of a failed step. */
bool reason_of_script(const char *name);

/* The report's error code for a host that failed with reason NAME at STEP (NULL: before any step). */
const char *reason_error_code(const char *name, const struct step *step);

/* Appends what to do next, in whole sentences; nothing for "". */
void reason_add_advice(struct str *out, const char *name);

/* docs/errors.md, whole. */
void reasons_write_markdown(FILE *to);

#endif
