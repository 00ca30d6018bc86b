/* What a host's records come to: taken one by one, and believed only as far as they fit the plan. */
#ifndef RUNTIME_VERDICT_H
#define RUNTIME_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/mask.h"
#include "lib/str.h"
#include "providers/network/network.h"
#include "runtime/job.h"
#include "runtime/wire.h"

enum {
	VERDICT_MESSAGE_MAX = 4096, /* bytes kept of a text from a host */
	VERDICT_WARNINGS_MAX = 16,
};

/* The records of one connection. */
struct verdict {
	const struct job *job;	 /* the plan: id, steps */
	enum run_mode mode;	 /* of this connection: an apply is read again in mode check */
	const struct mask *mask; /* for texts that are kept */
	bool have_key;		 /* there is an auth key to ask for; set by the caller */
	bool begun, ended;
	bool asked;		   /* for the key, and rightly */
	bool failed;		   /* a step has */
	bool undone;		   /* a step was not "ok" */
	bool changed;		   /* a step, which may fail yet, has changed something */
	size_t next;		   /* how many steps have been heard of */
	struct step_record *steps; /* job->step_count of them */
	struct warnings warnings;
	struct str status;     /* the last network.status */
	const char *violation; /* why the records can't be believed, a constant; NULL: nothing yet */
};

/* JOB and MASK stay the caller's, for as long as V. */
void verdict_init(struct verdict *v, const struct job *job, enum run_mode mode, const struct mask *mask);
void verdict_free(struct verdict *v);

/* The next record. False if it is none that may come now; violation says why, and all that comes later is
 * false too. Texts are copied, masked. */
bool verdict_take(struct verdict *v, const struct record *record);

/* Whether the host may ask for the auth key now or later. */
bool verdict_may_ask(const struct verdict *v);

/* Whether all has been said: from begin to end, without a violation. */
bool verdict_complete(const struct verdict *v);

/* The step that is under way, or was last; NULL before begin and after the last step. */
const struct step *verdict_step(const struct verdict *v);

/* V, which is complete, or in which a step has failed, as JOB's verdict: failed at the step that failed, or
 * when NETWORK, reading the host's status again, doesn't find what a step that verifies says; else success.
 * Moves steps and warnings to JOB; V is to be freed all the same. NETWORK is not NULL if there is such a
 * step. */
void verdict_settle(struct verdict *v, struct job *job, const struct network_provider *network,
		    const void *config);

/* JOB failed with REASON at STEP (NULL: before any). V's steps and warnings move to JOB as far as they go; the
 * rest of the steps read as not heard of. MESSAGE is copied. */
void verdict_fail(struct verdict *v, struct job *job, const char *reason, const struct step *step,
		  const char *message);

/* JOB was never started. MESSAGE is copied. */
void verdict_skip(struct job *job, const char *message);

#endif
