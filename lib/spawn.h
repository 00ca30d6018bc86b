/* Children: started with pipes in place of the three standard streams, and nothing else of ours. By argv
 * alone, never by a shell. Many at a time with child_start() and a poll loop of the caller's; one from its
 * start to its end with child_run(). */
#ifndef LIB_SPAWN_H
#define LIB_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/str.h"

struct child {
	pid_t pid;
	int in;	 /* writes to its standard input; our ends don't block and are closed on exec */
	int out; /* reads its standard output */
	int err; /* reads its standard error */
};

/* Starts PATH. It leads a process group of its own, so that a Ctrl-C reaches us alone and child_signal()
 * reaches all of it; it has no terminal where the system can do that. Returns 0, or an errno value with
 * nothing started and nothing open. The caller reaps it. */
int child_start(struct child *c, const char *path, char *const argv[], char *const envp[]);

/* Closes our ends that are open. */
void child_close(struct child *c);

/* Sends SIGNAL to the child's process group. */
void child_signal(const struct child *c, int signal);

/* A pipe whose both ends are above 2 and closed on exec. Returns 0 or an errno value. */
int spawn_pipe(int ends[2]);

/* Starts PATH with a pipe as its standard input, which *IN writes to and waits for; the other two streams and the
 * terminal are ours. Returns 0, or an errno value with nothing started. The caller reaps *PID. */
int spawn_reader(pid_t *pid, int *in, const char *path, char *const argv[], char *const envp[]);

/* The program that NAME means, by PATH if there is no slash in it: its absolute path, malloc'ed, links as
 * they are; NULL if there is none. */
char *spawn_find(const char *name);

enum child_end { CHILD_EXITED, CHILD_KILLED, CHILD_TIMED_OUT, CHILD_INTERRUPTED, CHILD_NOT_STARTED };

struct child_run {
	/* What to run. */
	const char *path;   /* of the program, absolute */
	char *const *argv;  /* ends with NULL */
	char *const *envp;  /* ends with NULL */
	const char *folder; /* to run it in; NULL: ours */
	const char *input;  /* its standard input, then its end */
	size_t input_len;
	size_t output_max; /* bytes kept of what it prints; the rest is read and passed over */
	bool apart;	   /* its standard error goes to errors, not to output */
	int timeout_s;
	const volatile sig_atomic_t *stop; /* set by a signal's handler: end it; may be NULL */

	/* What came of it. */
	enum child_end end;
	int status;		   /* exit status, signal, or errno */
	struct str output, errors; /* as it came, output_max bytes each, allocated once: str_wipe() both */
	bool cut;		   /* there was more of one */
};

/* Runs it to its end, in our process group, so that it gets a Ctrl-C, too. When the program has ended but
 * something it started still holds its output open, that isn't waited for. SIGPIPE is ignored meanwhile. */
void child_run(struct child_run *c);

#endif
