/* Keeps secrets whose values are known out of what is shown or stored: what comes back from a host, or what
 * another program says. (What only looks like a secret: lib/suspect.h.) */
#ifndef LIB_MASK_H
#define LIB_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

enum {
	MASK_MIN = 8,	    /* so many bytes in a row of an auth key are masked; a shorter one can't be */
	MASK_VALUE_MIN = 4, /* shorter values (1, on, dev) are no secrets: nothing would be left to read */
};

/* One auth key, any piece of which is masked, or many values, which are masked whole. Zeroed: no secret,
 * nothing is masked. */
struct mask {
	struct str *forms;	   /* ways in which the secrets are written; malloc'ed */
	struct mask_piece *pieces; /* of the forms, sorted, each of which is masked; malloc'ed */
	size_t form_count, count;
	size_t longest;		 /* piece, in bytes */
	uint64_t starts[1024];	 /* a bit for each hash of four bytes with which pieces begin */
	const char *placeholder; /* stands where a secret was; constant */
};

/* The part of an auth key that nobody may see: behind the first PUBLIC bytes (a prefix that all of its kind
 * have), and without ?parameters. Its length. */
size_t mask_hidden(const char *secret, size_t len, size_t public);

/* Masks an auth key of LEN bytes, NULL or empty for none: as it is, quoted for a shell or as JSON,
 * URL-encoded, in base64 and in hexadecimal, and wherever it was cut, MASK_MIN bytes in a row of each. One
 * whose hidden part is shorter is not masked: it would blot words out of ordinary text. */
void mask_init(struct mask *m, const char *secret, size_t len, size_t public);

/* Masks values, into a mask that has its placeholder alone: mask_plain() as they are (MASK_VALUE_MIN bytes
 * at least), mask_value() (of any length) also in quotes as Go and JSON write them, and each of their
 * lines. At the end comes mask_ready(). */
void mask_plain(struct mask *m, const char *value, size_t len);
void mask_value(struct mask *m, const char *value, size_t len);
void mask_ready(struct mask *m);

/* Appends BYTES to OUT with the placeholder for every piece of a secret in it, as long as it is. */
void mask_add(const struct mask *m, struct str *out, const char *bytes, size_t len);

/* The same where BYTES end because a limit cut them: what may be a value's beginning there is left out. */
void mask_add_cut(const struct mask *m, struct str *out, const char *bytes, size_t len);

/* Whether there is a piece of a secret in BYTES. */
bool mask_finds(const struct mask *m, const char *bytes, size_t len);

/* Overwrites and frees the copies. */
void mask_wipe(struct mask *m);

#endif
