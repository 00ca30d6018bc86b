/* One host's part of a run, from its first connection to its verdict. pool.c says when; here is what.
 *
 *   host_new → host_connect → host_send, host_hear … → host_over ─┬→ host_free
 *                   ↑                                             │
 *                   └── wait until due_ms: try or read again ─────┘
 */
#ifndef RUNTIME_HOST_H
#define RUNTIME_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"
#include "runtime/job.h"
#include "runtime/log.h"
#include "lib/mask.h"
#include "runtime/progress.h"
#include "runtime/result.h"
#include "runtime/run.h"
#include "lib/spawn.h"
#include "runtime/ssh.h"
#include "runtime/wire.h"

/* What all hosts of a run share. */
struct shared {
	const struct run_options *options;
	struct mask mask;
	struct str key_line; /* the key as it is sent, with a line end; empty without one */
	char **environment;  /* ours without the key */
	char *ssh;	     /* path of the program */
	int ssh_release;     /* it knows the settings of those before; see ssh_arguments() */
	struct log_dir *logs;
	struct progress progress;
	long long now_ms; /* monotonic; set by pool.c whenever it wakes up */
	bool closing;	  /* interrupted or out of time: nothing is tried again */
	bool deaf;	  /* nobody reads the events any more */
};

/* Why a child was told to end. */
enum host_stop {
	STOP_NONE,
	STOP_DEADLINE, /* the host's */
	STOP_RUN,      /* the run's deadline */
	STOP_INTERRUPT,
	STOP_PROTOCOL, /* its records can't be believed */
	STOP_LINGERS,  /* all has been said, but ssh doesn't end */
};

enum {
	HOST_KILL_MS = 3000,	/* from SIGTERM to SIGKILL */
	HOST_KILLS = 4,		/* then it's given up, dead or not */
	HOST_LINGER_MS = 5000,	/* from the last record to SIGTERM */
	HOST_BEGIN_MS = 150000, /* sshd's LoginGraceTime, and some: what hasn't begun then may wait for the
				   end of its input */
	HOST_IDLE_MS =
		40000, /* the same, from when all of the script was read: in a session, so after the login */
	HOST_READ_MAX = 65536,	  /* bytes read at a time, so that no host keeps the others waiting */
	HOST_DRAIN_MAX = 1 << 20, /* bytes read of each stream after ssh has ended */
};

struct host {
	struct host *next; /* in the list that it's on */
	struct shared *shared;
	struct job *job;
	size_t group; /* for pool.c */

	/* This connection. */
	enum run_mode mode;
	struct child child; /* pid is -1 while there is none */
	bool exited;	    /* its status is known */
	int status;	    /* as of waitpid(2) */
	int release;	    /* of settings that ssh got */
	struct str prelude; /* what goes in front of the script */
	size_t sent;	    /* bytes of these, and of the key behind them */
	struct wire_reader out, err;
	struct ssh_hearing heard;
	struct result result;
	enum host_stop stop;
	long long kill_ms; /* when it will be killed; 0: not yet decided */
	int kills;
	long long linger_ms; /* when it should have ended by itself; 0: still at work */
	long long begin_ms;  /* when it should have begun */

	/* All of them. */
	long attempts;	     /* connections, at all */
	long tries;	     /* connections that failed before the login */
	bool again;	     /* the connection was lost; the state is being read again, in mode check */
	long again_tries;    /* of that, connections that failed */
	struct result first; /* again: what was heard before the loss */
	struct str trouble;  /* why the last connection failed, for people */
	const char *trouble_reason;
	struct log log;
	long long began_ms, step_ms, deadline_ms; /* deadline 0: none */
	long long due_ms;			  /* while waiting */
};

/* A host that is about to be connected for the first time. JOB is in its hands until host_free(). */
struct host *host_new(struct shared *shared, struct job *job);
void host_free(struct host *h);

/* Starts ssh. 0 or an errno value. */
int host_connect(struct host *h);

/* Sends as much as goes without waiting. Closes the pipe when nobody reads it, and after the last byte: that
 * is not before the host can't ask for the key any more. */
void host_send(struct host *h);
size_t host_unsent(const struct host *h);

/* Reads once from one of the two streams; closes it at its end. */
void host_hear(struct host *h, bool err);

/* Tells ssh to end. Later calls only hurry it: the first reason stays. */
void host_stop(struct host *h, enum host_stop why, long long kill_in_ms);

/* Does what time has come for; the time of the next thing to do in *NEXT_MS, if that is earlier. */
void host_check_time(struct host *h, long long *next_ms);

/* ssh has ended (exited, status): reads what is left and decides. True: the job has its verdict. False: it
 * wants another connection, not before due_ms. */
bool host_over(struct host *h);

/* Decides without another connection. */
void host_give_up(struct host *h);

/* The step under way, or what else it's at, for people. */
const char *host_step(const struct host *h);

/* How much of the plan has been done, from 0 to 1: steps count alike. */
double host_done(const struct host *h);

/* Writes {"event":NAME,"host":ID…} with the further members of FORMAT to --json-lines. */
void host_event(struct shared *shared, const char *name, const char *id, const char *members);

#endif
