/* The shells that a host may have as /bin/sh, for tests that ask them what they read. */
#ifndef TESTS_UNIT_SHELLS_H
#define TESTS_UNIT_SHELLS_H

#include "tests/unit/unit.h"

#include <sys/wait.h>
#include <unistd.h>

/* Each as argv; ends with NULL. */
static char *const *const shells[] = {
	(char *const[]){"dash", NULL},
	(char *const[]){"bash", "--posix", NULL},
	(char *const[]){"bash", NULL},
	(char *const[]){"busybox", "ash", NULL},
	NULL,
};

/* Runs SHELL with SCRIPT and adds what it prints to OUT. */
static inline void run_shell(char *const argv[], const char *script, struct str *out)
{
	FILE *in = tmpfile();
	int from[2], status;
	ssize_t n;
	pid_t pid;

	assert_non_null(in);
	assert_int_equal(fwrite(script, 1, strlen(script), in), strlen(script));
	assert_int_equal(fflush(in), 0);
	assert_int_equal(lseek(fileno(in), 0, SEEK_SET), 0);
	assert_int_equal(pipe(from), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fileno(in), 0);
		dup2(from[1], 1);
		close(from[0]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(from[1]);
	do {
		str_reserve(out, 4096);
		n = read(from[0], out->data + out->len, 4096);
		out->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	out->data[out->len] = '\0';
	close(from[0]);
	fclose(in);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#endif
