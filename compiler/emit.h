/* From plan to scripts. */
#ifndef COMPILER_EMIT_H
#define COMPILER_EMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/plan.h"
#include "lib/sha256.h"
#include "lib/str.h"

enum { SCRIPT_MAX = 32000 /* bytes */, SCRIPT_GZIP_MAX = 12000 };

/* A script in two parts: the head is the host's own, the tail is the same for every host of a plan and
 * shared. */
struct script {
	const char *id;
	struct str head;
	const struct str *tail;
	char sha256[SHA256_HEX + 1]; /* of both */
};

/* Writes what every script of PLAN ends with. TAIL is freed by the caller. */
void emit_tail(struct str *tail, const struct plan *plan);

/* Writes the script of one host. out->head is reused if it has memory; the caller frees it. */
void emit_script(struct script *out, const struct plan_host *host, const struct str *tail);

/* The same without the digest, which takes most of the time. */
void emit_head(struct script *out, const struct plan_host *host, const struct str *tail);

/* Whether the script keeps to SCRIPT_MAX; if not, says so to D at the host's line (its tags are too many). */
bool emit_check_size(const struct script *script, const struct plan_host *host, struct diags *d);

#endif
