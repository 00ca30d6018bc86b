/* From a plan to scripts, in two parts: the head is a host's own, the tail is the same for every host. Layout
 * whole writes both into one file; layout split each into a file of its own, which are one script when the second
 * follows the first, and by hand the first reads the second. */
#ifndef COMPILER_EMIT_H
#define COMPILER_EMIT_H

#include <stdbool.h>

#include "compiler/plan.h"
#include "lib/str.h"

/* Writes how the script of HOST begins. HEAD's memory is reused. */
void emit_head(struct str *head, const struct plan_host *host);

/* Appends what every script of PLAN ends with. */
void emit_tail(struct str *tail, const struct plan *plan);

/* Layout split: writes the file of HOST, and steps.sh, which ends as emit_tail() says. TEXT's memory is reused. */
void emit_own_file(struct str *text, const struct plan_host *host);
void emit_shared_file(struct str *text, const struct plan *plan);

/* The last line of a host's own file, which reads steps.sh. */
extern const char emit_reader[];

/* Whether TEXT begins as the script of ID does, in either layout; as steps.sh does, if ID is MANIFEST_SHARED. */
bool emit_is_script(const char *id, const struct str *text);

#endif
