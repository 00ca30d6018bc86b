/* Encore's override file for one machine, .secrets.local.cue: names and strings in CUE
 * (https://encore.dev/docs/ts/primitives/secrets, "Overriding local secrets"; read by Encore's
 * cli/daemon/secret/secret.go).
 *
 *   // comment
 *   GitHubAPIToken: "text"
 *
 * Of CUE, the part that such a file needs is taken: an assignment a line, strings in double quotes, comments,
 * a package clause. The rest (references, interpolation, structs, imports) would have to be evaluated, and is
 * an error with its place; a string of several lines is kept or replaced, and never compared. */
#ifndef PROVIDERS_SECRETS_CUE_H
#define PROVIDERS_SECRETS_CUE_H

#include "providers/secrets/doc.h"

extern const struct secret_format cue_format;

#endif
