/* Children: started with three pipes and a session of their own, nothing else of ours. */
#ifndef LIB_SPAWN_H
#define LIB_SPAWN_H

#include <sys/types.h>

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

/* Sends SIGNAL to the child's process group. */
void child_signal(const struct child *c, int signal);

/* A pipe whose both ends are above 2 and closed on exec. Returns 0 or an errno value. */
int spawn_pipe(int ends[2]);

/* The file that NAME means, by PATH if there is no slash in it: malloc'ed, NULL if there is none. */
char *spawn_find(const char *name);

#endif
