/* One host's part of a run: what is sent, what is expected, what came of it. The command line fills it, the
 * runtime works it off, the report reads it. */
#ifndef RUNTIME_JOB_H
#define RUNTIME_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/step.h"
#include "lib/source.h"
#include "providers/network/network.h"
#include "runtime/about.h"

/* How to reach a host. Texts are checked by the compiler: none begins with '-' or holds a control or shell
 * character where ssh would mind (CVE-2023-51385). NULL: leave it to the user's ssh_config. */
struct ssh_target {
	const char *address; /* IPv4, IPv6, DNS name or alias of ssh_config */
	const char *user;
	long port; /* 0: ssh's own choice */
	const char *private_key_path;
	const char *known_hosts_file;
	const char *host_key_checking; /* "accept-new" or "yes" */
	long connect_timeout_s;
	const char *jump_host; /* as for ssh -J */
};

enum run_mode { RUN_APPLY, RUN_CHECK };

const char *mode_word(enum run_mode mode); /* "apply" */

enum host_status { HOST_SUCCESS, HOST_FAILED, HOST_SKIPPED };

const char *status_word(enum host_status status); /* "success": of programs; people read outcome_word() */

enum step_result {
	STEP_NONE, /* nothing heard of it */
	STEP_OK,
	STEP_CHANGED,
	STEP_WOULD_CHANGE,
	STEP_FAILED,
	STEP_SKIPPED,
};

/* The word of records and reports, "would_change"; "" for STEP_NONE. And back: STEP_NONE for any other. */
const char *step_word(enum step_result result);
enum step_result step_result_of(const char *word);

struct step_record {
	const struct step *step;
	enum step_result result;
	const char *reason; /* "" or a known reason; constant */
	char *message;	    /* malloc'ed, as the host sent it: print it with str_add_visible() only */
};

void step_records_free(struct step_record *records, size_t count); /* with what they hold; may be NULL */

struct warnings {
	char **texts; /* malloc'ed, each malloc'ed; as the host sent them */
	size_t count;
};

void warnings_add(struct warnings *w, char *text); /* takes TEXT over */
void warnings_free(struct warnings *w);

enum { JOB_TAG_LISTS = 3 };

struct job {
	/* What to do; set by the caller, which owns the memory. */
	const char *id;	  /* unique; jobs are sorted by it */
	const char *name; /* of the host list, or "" */
	const char *fqdn; /* as it will be */
	struct ssh_target ssh;
	const char *head; /* the script: its first part, then its second, which many jobs share */
	size_t head_len;
	const char *tail;
	size_t tail_len;
	char run[17];		  /* first 16 hex digits of the script's SHA-256 */
	const struct step *steps; /* the plan's, in order */
	size_t step_count;
	struct network_expected want;

	/* Where all that is written, for sources_of(). Nowhere: a default, or not known. */
	struct place places[ABOUT_PLACES];
	const struct text_list *tag_lists[JOB_TAG_LISTS]; /* whose tags it has; NULL: none */
	const struct settings *settings;		  /* the script's; NULL: none */

	/* What came of it; set by the runtime. */
	enum host_status status;
	const char *error_code; /* "" or one of docs/errors.md */
	const char *reason;	/* "" or one of docs/errors.md */
	char *message;		/* malloc'ed; may be ssh's or the host's words: as above */
	const char *step;	/* the step that failed, or "" */
	bool *lacks;	 /* of each wanted tag, whether the host lacks it; malloc'ed; NULL: not known */
	char *node_fqdn; /* malloc'ed: the node's, as it is; "" for none, NULL: not read */
	bool changed;	 /* a step changed something (mode check: would) */
	bool key_sent;	 /* it asked for the auth key, and was given it */
	struct step_record *results; /* step_count of them, malloc'ed */
	struct warnings warnings;    /* each once */
	char *log_path;		     /* malloc'ed; NULL without --log-dir */
	struct str log_tail; /* of one that failed: the last lines it said, visible, each with a line end */
	double seconds;	     /* for --timing only */
};

/* How a host came out, as people count it: each in one way. */
enum host_outcome { OUTCOME_OK, OUTCOME_CHANGED, OUTCOME_FAILED, OUTCOME_SKIPPED, OUTCOMES };

enum host_outcome job_outcome(const struct job *job);
const char *outcome_word(enum host_outcome outcome, enum run_mode mode); /* "ok", "would change", "failed" */

/* The host's name in its network: the node's own where that was read, else what it will be. */
const char *job_fqdn(const struct job *job);

enum { JOB_WARNINGS_MAX = 32 };

/* Adds a copy of TEXT to JOB's warnings, if it isn't there and there is room. */
void job_warn(struct job *job, const char *text);

/* Frees what the runtime set. */
void job_free(struct job *job);

#endif
