/* Secrets: what looks like one in a text that a user wrote, so that no message ever repeats it; and a process
 * that holds one. */
#ifndef LIB_SUSPECT_H
#define LIB_SUSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

/* Appends LEN bytes, every character of what looks like a secret as an asterisk, so that columns stay. Secret
 * are: what begins like a known kind of key (tskey-, hskey-, …), wherever it stands; the value of a key whose
 * name says so (password, token, auth_key, key, …), and of a key "…_env" where it can't be a variable's name;
 * a URL's password; and a long word of letters and digits that no name, version or tag looks like. */
void secret_mask(struct str *out, const char *bytes, size_t len);

/* Whether WORD, as a whole, looks like a key and not like a name. */
bool secret_is_key(const char *word);

/* To be called before the first secret is read: no core dumps, also of children, and no debugger of the same
 * user, from here on. */
void secret_no_core(void);

#endif
