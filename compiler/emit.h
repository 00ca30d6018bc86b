/* From plan to scripts. */
#ifndef COMPILER_EMIT_H
#define COMPILER_EMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/plan.h"
#include "lib/sha256.h"
#include "lib/str.h"

/* Bytes, as they are and gzipped: a script fits the user data of every cloud. */
enum { SCRIPT_MAX = 40000, SCRIPT_GZIP_MAX = 13000 };

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

/* What all scripts of a plan have to keep to. */
struct size_check {
	const struct str *tail;
	size_t tail_gzip;   /* bytes of the tail alone, gzipped */
	bool tail_too_long; /* said of the config, once; so not of every host again */
};

/* Measures TAIL. Where it's too long already, says so to D at PLAN's config. */
void emit_size_begin(struct size_check *check, const struct plan *plan, const struct str *tail,
		     struct diags *d);

/* Whether the script keeps to SCRIPT_MAX and SCRIPT_GZIP_MAX; if not, says so to D at the host's line (its
 * tags are too many). */
bool emit_check_size(const struct size_check *check, const struct script *script,
		     const struct plan_host *host, struct diags *d);

#endif
