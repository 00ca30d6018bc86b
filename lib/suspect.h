/* What looks like a secret in a text that a user wrote, so that no message ever repeats it. (Secrets that are
 * known: lib/mask.h.) */
#ifndef LIB_SUSPECT_H
#define LIB_SUSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

/* Appends LEN bytes, every character of what looks like a secret as an asterisk, so that columns stay. Secret
 * are: what begins like a known kind of key (tskey-, hskey-, …), wherever it stands; the value of a key whose
 * name says so (password, token, auth_key, key, …), and of a key "…_env" where it can't be a variable's name;
 * a URL's password; and a long word of letters and digits that no name, version or tag looks like. */
void suspect_mask(struct str *out, const char *bytes, size_t len);

/* Whether WORD, as a whole, looks like a key and not like a name. */
bool suspect_is_key(const char *word);

#endif
