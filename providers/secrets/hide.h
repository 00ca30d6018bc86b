/* Keeps secrets out of what another program is given beside them, and out of what it says. */
#ifndef PROVIDERS_SECRETS_HIDE_H
#define PROVIDERS_SECRETS_HIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"
#include "providers/secrets/doc.h"

/* Shorter values (1, on, dev) are no secrets, and masking them would leave nothing to read. Bytes. */
enum { SECRET_HIDE_MIN = 4 };

/* Each value as it is, as Go and JSON write it in quotes, and each of its lines. */
struct secret_hide {
	struct str *forms; /* malloc'ed; sorted */
	size_t *shorter;   /* of each: the longest other one that it begins with, plus one; 0 for none */
	size_t count, cap;
	size_t longest; /* bytes */
	bool first[256];
};

void secret_hide_init(struct secret_hide *h, const struct secret_entry *const *entries, size_t count);

/* Appends BYTES with *** for every secret in it. With CUT, BYTES end where a limit cut them, and what may be
 * a secret's beginning there is left out. */
void secret_hide_mask(const struct secret_hide *h, struct str *out, const char *bytes, size_t len, bool cut);

/* Overwrites and frees the copies. */
void secret_hide_free(struct secret_hide *h);

/* The environment ENV without the variables that carry one of these secrets: by its name, or because its
 * value is, or holds, one's value. PATH and HOME stay, or nothing would run. malloc'ed, the strings are
 * ENV's. */
char **secret_hide_environment(const struct secret_entry *const *entries, size_t count, char *const *env);

#endif
