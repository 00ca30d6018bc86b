/* What a host's records say, taken one by one and believed only as far as they fit the plan. */
#ifndef RUNTIME_RESULT_H
#define RUNTIME_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"
#include "providers/network/network.h"
#include "runtime/job.h"
#include "lib/mask.h"
#include "runtime/wire.h"

enum {
	RESULT_MESSAGE_MAX = 4096, /* bytes kept of a text from a host */
	RESULT_WARNINGS_MAX = 16,
};

/* The records of one connection. */
struct result {
	const struct job *job; /* the plan: id, steps */
	enum run_mode mode;    /* of this connection: an apply is read again in mode check */
	bool have_key;	       /* there is an auth key to ask for; set by the caller */
	bool begun, ended;
	bool asked;		   /* for the key, and rightly */
	bool failed;		   /* a step has */
	bool changed;		   /* a step, which may fail yet, has changed something */
	size_t next;		   /* how many steps have been heard of */
	struct step_record *steps; /* job->step_count of them */
	char **warnings;
	size_t warning_count;
	struct str status;     /* the last network.status */
	const char *violation; /* why the records can't be believed, a constant; NULL: nothing yet */
};

void result_init(struct result *r, const struct job *job, enum run_mode mode);
void result_free(struct result *r);

/* The next record. False if it is none that may come now; violation says why, and all that comes later is
 * false too. Texts are copied, masked by MASK. */
bool result_take(struct result *r, const struct record *record, const struct mask *mask);

/* Whether the host may ask for the auth key now or later. */
bool result_may_ask(const struct result *r);

/* Whether all has been said: from begin to end, without a violation. */
bool result_complete(const struct result *r);

/* The step that is under way, or was last; NULL before begin and after the last step. */
const struct step *result_step(const struct result *r);

/* The verdict of a result that is complete, or in which a step has failed, written into JOB: failed at the
 * step that failed, or when NETWORK, reading the host's status again, doesn't find what a step that verifies
 * says; else success. Moves steps and warnings to JOB; R is to be freed all the same. NETWORK is not NULL if
 * there is such a step. */
void result_settle(struct result *r, struct job *job, const struct network_provider *network,
		   const void *config, const struct mask *mask);

/* JOB failed with REASON at STEP (NULL: before any). R's steps and warnings move to JOB as far as they go; the
 * rest of the steps read as not heard of. R may be NULL. MESSAGE is copied. */
void result_fail(struct result *r, struct job *job, const char *reason, const struct step *step,
		 const char *message);

/* JOB was never started. MESSAGE is copied. */
void result_skip(struct job *job, const char *message);

/* Adds a warning to JOB. */
void job_warn(struct job *job, const char *text);

#endif
