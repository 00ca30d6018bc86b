/* Keeps a secret out of what is shown or stored: whatever comes back from a host goes through here first. */
#ifndef RUNTIME_MASK_H
#define RUNTIME_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

/* The secret as it is, as a shell quotes it and as JSON does: what an echo of what was sent may look like.
 * Zeroed: no secret, nothing is masked. */
struct mask {
	struct str forms[3];
	size_t count;
	bool first[256]; /* bytes that a form begins with */
};

/* SECRET is LEN bytes, and NULL or empty for none. */
void mask_init(struct mask *m, const char *secret, size_t len);

/* Appends BYTES to OUT with "[auth key]" for every secret in it. With CUT, BYTES end where a limit cut them:
 * a beginning of the secret at their end is masked too. */
void mask_add(const struct mask *m, struct str *out, const char *bytes, size_t len, bool cut);

/* Overwrites and frees the copies. */
void mask_wipe(struct mask *m);

#endif
