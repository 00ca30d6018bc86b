/* Signals as something that poll(2) can wait for: a pipe that handlers write to. */
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

#include <stdbool.h>

/* From here on SIGINT, SIGTERM, SIGHUP (unless it was ignored), SIGCHLD and SIGWINCH are taken down, and
 * SIGPIPE is ignored. Returns 0 or an errno value. One at a time. */
int signals_open(void);

/* Readable when a signal has come. */
int signals_fd(void);

struct signals_heard {
	int asked_to_end; /* times that SIGINT, SIGTERM or SIGHUP came */
	bool resized;	  /* SIGWINCH */
};

/* What came since the last call. Of SIGCHLD nothing is said: call waitpid(2) each time. */
struct signals_heard signals_take(void);

/* All as it was before. */
void signals_close(void);

#endif
