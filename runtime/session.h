/* One connection to a host: starts ssh, sends the script, hears what comes back, and ends it in time.
 *
 *   session_init → session_start → session_send, session_hear … → session_end → session_close
 *                        ↑                                                           │
 *                        └───────────────────── another connection ──────────────────┘
 */
#ifndef RUNTIME_SESSION_H
#define RUNTIME_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "lib/mask.h"
#include "lib/spawn.h"
#include "lib/str.h"
#include "runtime/job.h"
#include "runtime/log.h"
#include "runtime/progress.h"
#include "runtime/verdict.h"
#include "runtime/run.h"
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
	struct progress progress;
	long long now_ms; /* monotonic; set by pool.c whenever it wakes up */
	bool closing;	  /* interrupted or out of time: nothing is tried again */
	bool deaf;	  /* nobody reads the events any more */
};

/* An event for --json-lines: begins an object in LINE, to which its other members are added; ends it, writes it
 * if somebody reads events, and frees LINE. */
void event_begin(struct str *line, const char *name, const char *id);
void event_end(struct str *line, struct shared *shared);

/* Why ssh was told to end. */
enum session_stop {
	STOP_NONE,
	STOP_DEADLINE, /* the host's */
	STOP_RUN,      /* the run's deadline */
	STOP_INTERRUPT,
	STOP_PROTOCOL, /* its records can't be believed */
	STOP_LINGERS,  /* all has been said, but ssh doesn't end */
};

/* What comes in time, if nothing comes before it. */
enum session_due {
	DUE_DEADLINE, /* the host's */
	DUE_BEGIN,    /* what hasn't begun may wait for the end of its input: it gets it */
	DUE_LINGER,   /* all has been said: it's told to end */
	DUE_KILL,     /* it was told to end: it's killed */
	DUES,
};

enum {
	SESSION_KILL_MS = 3000,	   /* from SIGTERM to SIGKILL */
	SESSION_KILLS = 4,	   /* then it's given up, dead or not */
	SESSION_LINGER_MS = 5000,  /* from the last record to SIGTERM */
	SESSION_BEGIN_MS = 150000, /* from the start: sshd's LoginGraceTime, and some */
	SESSION_IDLE_MS = 40000,  /* from when all of the script was read: in a session, so after the login */
	SESSION_READ_MAX = 65536, /* bytes read at a time, so that no host keeps the others waiting */
	SESSION_DRAIN_MAX = 1 << 20, /* bytes read of each stream after ssh has ended */
};

/* What is sent: the script's two parts in the middle, and the key once it was asked for. */
enum session_part { PART_PRELUDE, PART_HEAD, PART_TAIL, PART_KEY, PARTS };

struct session {
	struct shared *shared;
	struct job *job;
	struct log *log;
	bool again;	    /* a lost host's state is read again, in mode check */
	struct child child; /* pid is -1 while there is none */
	bool exited;	    /* its status is known */
	int status;	    /* as of waitpid(2) */
	int release;	    /* of settings that ssh got */
	struct str prelude; /* what goes in front of the script */
	struct iovec unsent[PARTS];
	struct wire_reader out, err;
	struct ssh_hearing heard;
	struct verdict verdict;
	enum session_stop stop;
	int kills;
	long long due_ms[DUES]; /* 0: never */
	long long step_ms;	/* when the step under way began */
};

/* No connection yet. What it points to is the caller's. */
void session_init(struct session *s, struct shared *shared, struct job *job, struct log *log, bool again);

/* Starts ssh; what is known of an earlier connection, which is closed, is forgotten, but not AGAIN. It's told to
 * end at DEADLINE_MS (0: never). Returns 0, or an errno value without a child. */
int session_start(struct session *s, long long deadline_ms);

/* Frees what belongs to the connection; its result stays, until the next one or verdict_free(). */
void session_close(struct session *s);

/* Sends as much as goes without waiting. Closes the pipe when nobody reads it, and after the last byte: that
 * is not before the host can't ask for the key any more. */
void session_send(struct session *s);
size_t session_unsent(const struct session *s);

/* Reads once from one of the two streams; closes it at its end. Bytes read, 0 when there is nothing now or any
 * more. */
size_t session_hear(struct session *s, bool err);

/* Tells ssh to end. Later calls only hurry it: the first reason stays. */
void session_stop(struct session *s, enum session_stop why, long long kill_in_ms);

/* *NEXT_MS becomes AT_MS, if that is a time (0 is none) and earlier. */
void earlier(long long *next_ms, long long at_ms);

/* Does what time has come for; the time of the next thing to do in *NEXT_MS, if that is earlier. */
void session_check_time(struct session *s, long long *next_ms);

/* ssh has ended (exited, status): reads what is left. There is no child any more. */
void session_end(struct session *s);

/* The step under way, or what else it's at, for people. */
const char *session_step(const struct session *s);

/* How much of the plan has been done, from 0 to 1: steps count alike. */
double session_done(const struct session *s);

#endif
