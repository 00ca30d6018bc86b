/* A program that is handed a secret: by its standard input, never by its arguments or its environment. */
#ifndef PROVIDERS_SECRETS_CHILD_H
#define PROVIDERS_SECRETS_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

enum { SECRET_CHILD_OUTPUT_MAX = 64 * 1024 }; /* bytes kept of what it prints; the rest is passed over */

enum secret_child_end { CHILD_EXITED, CHILD_KILLED, CHILD_TIMED_OUT, CHILD_INTERRUPTED, CHILD_NOT_STARTED };

struct secret_child {
	/* What to run. */
	const char *path;   /* of the program, absolute */
	char *const *argv;  /* ends with NULL */
	char *const *envp;  /* ends with NULL */
	const char *folder; /* to run it in */
	const char *input;  /* its standard input, then its end */
	size_t input_len;
	int timeout_s;
	const volatile sig_atomic_t *stop; /* set by a signal's handler: end it; may be NULL */

	/* What came of it. */
	enum secret_child_end end;
	int status;	   /* exit status, signal, or errno */
	struct str output; /* standard output and error, as it came: not masked; str_wipe() */
	bool cut;	   /* there was more of it */
};

/* Runs it to its end. When the program has ended but something it started still holds its output open, that
 * isn't waited for. SIGPIPE is ignored meanwhile. */
void secret_child_run(struct secret_child *c);

/* The program NAME of PATH, absolute: malloc'ed; NULL if there's none. */
char *secret_child_find(const char *name);

#endif
