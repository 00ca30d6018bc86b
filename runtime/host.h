/* One host's part of a run, from its first connection to its verdict. pool.c says when; here is what.
 *
 *   host_new → host_connect → (session.h) → host_over ─┬→ host_free
 *                   ↑                                  │
 *                   └─ wait until due_ms: try or read again
 */
#ifndef RUNTIME_HOST_H
#define RUNTIME_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"
#include "runtime/log.h"
#include "runtime/verdict.h"
#include "runtime/session.h"

struct host {
	struct host *next; /* in the list that it's on */
	size_t group;	   /* for pool.c */
	struct job *job;
	struct session session; /* the connection, or the last one */

	long attempts;	      /* connections, at all */
	long tries;	      /* connections that failed before the login */
	long again_tries;     /* session.again: connections that failed */
	struct verdict first; /* session.again: what was heard before the loss */
	struct str trouble;   /* why the last connection failed, for people */
	const char *trouble_reason;
	struct log log;
	long long began_ms, deadline_ms; /* deadline 0: none */
	long long due_ms;		 /* while waiting */
};

/* A host that is about to be connected for the first time. JOB is in its hands until host_free(). */
struct host *host_new(struct shared *shared, struct job *job);
void host_free(struct host *h);

/* Starts a session. 0 or an errno value. */
int host_connect(struct host *h);

/* ssh has ended: decides. True: the job has its verdict. False: it wants another connection, not before
 * due_ms. */
bool host_over(struct host *h);

/* Decides without another connection. */
void host_give_up(struct host *h);

#endif
