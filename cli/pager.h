/* Long output goes through the user's pager, as git's does. */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

struct pager {
	FILE *to;			  /* to be written to: the pager, or standard output */
	pid_t pid;			  /* 0: there is none */
	struct sigaction interrupt, quit; /* what they were: meanwhile they are the pager's */
};

/* Starts $PAGER (its words, no shell), or less if that isn't set, where standard output is a terminal. It is told
 * by LESS=FRX to show colours, and to end at once where all fits on the screen, unless LESS is set. None is
 * started for PAGER=cat or an empty one. One that isn't there is warned of. */
void pager_open(struct pager *p);

/* Waits for its end. That it ends before it has read all is no error. */
void pager_close(struct pager *p);

#endif
