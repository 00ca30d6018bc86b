/* From a plan to scripts, in two parts: the head is a host's own, the tail is the same for every host. */
#ifndef COMPILER_EMIT_H
#define COMPILER_EMIT_H

#include "compiler/plan.h"
#include "lib/str.h"

/* Writes how the script of HOST begins. HEAD's memory is reused. */
void emit_head(struct str *head, const struct plan_host *host);

/* Appends what every script of PLAN ends with. */
void emit_tail(struct str *tail, const struct plan *plan);

#endif
