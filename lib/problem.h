/* What the machine refuses: one sentence, which ends a command or a host. (What a user wrote wrong is a
 * diagnostic, lib/diag.h; what only a bug can cause is an assertion.) */
#ifndef LIB_PROBLEM_H
#define LIB_PROBLEM_H

#include <stdbool.h>

#include "lib/arena.h"

struct problem {
	struct arena *arena; /* owns the text */
	const char *text;    /* without "error: " and line end; NULL: none */
};

/* Sets the sentence, printf(3) in the arena, unless there is one already: the first cause counts. Behind it go
 * ": " and what strerror(3) says of ERROR, unless that is 0. Returns false, so that a function that failed can
 * end with it. */
bool problem_errno(struct problem *p, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define problem_set(p, ...) problem_errno(p, 0, __VA_ARGS__)

#endif
