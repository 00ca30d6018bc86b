/* The run: sends every job's script to its host by the system's ssh, some at a time, and finds out what came
 * of it.
 *
 *   job → ssh (ssh.h) → lines, records (wire.h) → verdict (verdict.h) → report (report.h)
 *
 * One process and one poll(2) loop (pool.c). A host's output is data: it can change that host's verdict and
 * nothing else, and how much there is of it changes neither memory nor the time other hosts get. */
#ifndef RUNTIME_RUN_H
#define RUNTIME_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "providers/network/network.h"
#include "runtime/job.h"
#include "runtime/log.h"

/* What is shown while it runs. All of it on standard error. */
enum progress_style {
	PROGRESS_NONE,	/* -q: nothing but what the machine fails us with */
	PROGRESS_LINES, /* a line when a host ends */
	PROGRESS_LIVE,	/* a line for every busy host, redrawn; falls back to lines where the terminal can't
			   (TERM=dumb) */
};

enum { RUN_JOBS_MAX = 4096, RUN_GRACE_S = 10 /* after the first signal */ };

struct run_options {
	enum run_mode mode;
	long jobs;	     /* hosts at once; 1 to RUN_JOBS_MAX */
	long jobs_per_jump;  /* of these, through one ssh_target.jump_host; 0: all */
	long host_timeout_s; /* one host from its first connection to its end, with all that is tried again;
				0: none */
	long run_timeout_s;  /* the whole run: no more hosts after it, running ones are ended; 0: none */
	long retries;	     /* of a connection that failed before authentication */
	long canary;	     /* so many hosts run first, and no others if one of them fails; 0: none */
	long max_failures;   /* no more hosts once so many have failed; 0: no limit */
	bool rename;	     /* a machine that joined under another name gets its host's */

	/* Sent to a host that asks for it, in mode RUN_APPLY, once, and never shown: it's masked in whatever
	 * comes back, but for what NETWORK's keys all begin with. NULL or empty: none. The caller keeps it for
	 * as long as the run takes. No control characters. */
	const char *auth_key;
	const char *auth_key_env; /* taken out of the environment that ssh gets; may be NULL */

	/* Reads what a host reports of its network again. NULL: no job has network steps. */
	const struct network_provider *network;
	const void *network_config;

	struct log_dir *logs; /* open, one file a host in it (log.h); NULL: no files */
	enum progress_style progress;
	bool verbose;	 /* -v: what hosts say, line by line behind their id */
	bool colour;	 /* on standard error */
	FILE *events;	 /* --json-lines, see below; NULL: none */
	const char *ssh; /* the client to run; NULL: "ssh", found by PATH */
};

/* EVENTS gets an object a line as things happen, each with the host's id in "host":
 *
 *   {"event":"start"}            its first connection is made
 *   {"event":"step",…}           a step has ended: "step", "result", "reason", "message"
 *   {"event":"step_again",…}     the same, when a lost host's state is read again in mode check
 *   {"event":"end","result":{…}} its object of the report (report.h); also of one that never started
 *
 * When EVENTS can't be written to any more, that is taken for a signal to end. */

/* Runs all of JOBS, which are sorted by id, and sets what job.h says "came of it" in every one (job_free()
 * frees that).
 *
 * Returns the exit status (lib/exit.h):
 *   EXIT_DONE         every host is as wanted
 *   EXIT_MACHINE      the machine failed us (no ssh, no pipes): said on standard error; hosts that weren't run
 *                     read skipped
 *   EXIT_DIFFERENCE   mode RUN_CHECK, and nothing failed but some host would change
 *   EXIT_HOST_FAILED  a host failed, or wasn't run
 *   EXIT_INTERRUPTED  SIGINT, SIGTERM or SIGHUP came: no more hosts are started, running ones get RUN_GRACE_S
 *                     to finish, and none after a second signal
 *
 * While it runs it handles SIGINT, SIGTERM, SIGHUP, SIGCHLD and SIGWINCH, and ignores SIGPIPE; afterwards all
 * are as they were. It reaps every child of this process: the caller has none. */
int run_jobs(struct job *jobs, size_t count, const struct run_options *options);

#endif
