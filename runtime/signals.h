/* Signals as something that poll(2) can wait for: a pipe that handlers write to. */
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

#include <stdbool.h>

/* From here on SIGINT, SIGTERM, SIGHUP (unless it was ignored), SIGCHLD and SIGWINCH are taken down, and
 * SIGPIPE is ignored. *FD is readable when one has come. Returns 0 or an errno value. One at a time. */
int signals_open(int *fd);

/* How often SIGINT, SIGTERM or SIGHUP came since the last call; sets *RESIZED if SIGWINCH did. Of SIGCHLD
 * nothing is said: call waitpid(2) each time. */
int signals_take(bool *resized);

/* All as it was before. */
void signals_close(void);

#endif
