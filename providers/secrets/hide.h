/* What another program is told and says beside the secrets that it is handed. */
#ifndef PROVIDERS_SECRETS_HIDE_H
#define PROVIDERS_SECRETS_HIDE_H

#include "lib/mask.h"
#include "providers/secrets/doc.h"

/* Masks all values of DOC with ***. mask_wipe() it. */
void secret_mask_init(struct mask *m, const struct secret_doc *doc);

/* The environment ENV without the variables that carry one of DOC's secrets: by its name, or because its
 * value is, or holds, one's value. PATH and HOME stay, or nothing would run. malloc'ed, the strings are
 * ENV's. */
char **secret_environment(const struct secret_doc *doc, char *const *env);

#endif
