/* Keeps a secret out of what is shown or stored: whatever comes back from a host goes through here first. */
#ifndef LIB_MASK_H
#define LIB_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

enum {
	MASK_MIN = 8,	 /* so many characters of it in a row are masked; a shorter secret can't be */
	MASK_FORMS = 16, /* at most */
};

/* The secret as it is, and as it's written in what may come back: quoted for a shell or as JSON, URL-encoded,
 * in base64 and in hexadecimal. Zeroed: no secret, nothing is masked. */
struct mask {
	struct mask_form {
		struct str text;
		size_t first, last; /* where MASK_MIN bytes begin that give it away */
	} forms[MASK_FORMS];
	size_t count;
	uint64_t starts[1024]; /* a bit for each hash of four bytes with which such begin */
};

/* The part of SECRET that nobody may see: behind the first PUBLIC bytes (a prefix that all of its kind have),
 * and without ?parameters. Its length. */
size_t mask_hidden(const char *secret, size_t len, size_t public);

/* SECRET is LEN bytes, NULL or empty for none. One whose hidden part is shorter than MASK_MIN is not masked:
 * it would blot words out of ordinary text. */
void mask_init(struct mask *m, const char *secret, size_t len, size_t public);

/* Appends BYTES to OUT with "[auth key]" for every piece of the secret in it: wherever a line, a limit or a
 * lost connection has cut it, MASK_MIN bytes in a row don't get through. */
void mask_add(const struct mask *m, struct str *out, const char *bytes, size_t len);

/* Overwrites and frees the copies. */
void mask_wipe(struct mask *m);

#endif
