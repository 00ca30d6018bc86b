/* runtime/run when the machine fails us: pipe, posix_spawn, poll, read and writev failing, once or for good,
 * at the first call, the second, and so on. Whatever happens: every host has a verdict, nothing is left open
 * or running, and nothing hangs. */
#define _GNU_SOURCE /* RTLD_NEXT, of POSIX.1-2024 */
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/run.h"

/* ---- calls that fail when told to ---- */

enum call { CALL_PIPE, CALL_SPAWN, CALL_POLL, CALL_READ, CALL_WRITEV, CALLS };

static long calls_made[CALLS];
static enum call failing = CALLS;
static long fail_at;  /* the call, from 1 */
static bool for_good; /* and all after it */
static int fail_with;

static bool fails(enum call call)
{
	long n = ++calls_made[call];

	if (call != failing || (for_good ? n < fail_at : n != fail_at))
		return false;
	errno = fail_with;
	return true;
}

/* The next one of that name: a function, which ISO C doesn't let a data pointer be. */
#define NEXT(type, name)  \
	static type next; \
	if (!next)        \
	*(void **)(&next) = dlsym(RTLD_NEXT, name)

int pipe(int ends[2])
{
	typedef int pipe_fn(int *);
	NEXT(pipe_fn *, "pipe");
	return fails(CALL_PIPE) ? -1 : next(ends);
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
		const posix_spawn_file_actions_t *restrict actions,
		const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
		char *const envp[restrict])
{
	typedef int spawn_fn(pid_t *, const char *, const posix_spawn_file_actions_t *,
			     const posix_spawnattr_t *, char *const[], char *const[]);
	NEXT(spawn_fn *, "posix_spawn");
	return fails(CALL_SPAWN) ? fail_with : next(pid, path, actions, attributes, argv, envp);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	typedef int poll_fn(struct pollfd *, nfds_t, int);
	NEXT(poll_fn *, "poll");
	return fails(CALL_POLL) ? -1 : next(fds, count, timeout);
}

ssize_t read(int fd, void *bytes, size_t len)
{
	typedef ssize_t read_fn(int, void *, size_t);
	NEXT(read_fn *, "read");
	return fails(CALL_READ) ? -1 : next(fd, bytes, len);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	typedef ssize_t writev_fn(int, const struct iovec *, int);
	NEXT(writev_fn *, "writev");
	return fails(CALL_WRITEV) ? -1 : next(fd, parts, count);
}

/* ---- runs ---- */

static const char script[] = "plan() {\n  step host.preflight  preflight\n}\n{ main; }\n";
static const struct step steps[] = {
	{.name = "host.preflight", .error_code = "ssh_failed"},
};

static size_t descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* The exit status of a run over three hosts in which CALL fails. */
static int run_with(enum call call, long at, bool forever, int error)
{
	static const char *const ids[] = {"good-1", "good-2", "good-3"};
	struct run_options options = {.jobs = 2, .host_timeout_s = 60, .ssh = "tests/stub/ssh"};
	struct job jobs[3];
	size_t before = descriptors();
	int status;

	for (size_t i = 0; i < 3; i++) {
		jobs[i] = (struct job){
			.id = ids[i],
			.name = "",
			.fqdn = "",
			.ssh = {.address = ids[i], .user = "root"},
			.head = script,
			.head_len = sizeof script - 1,
			.tail = "",
			.run = "0123456789abcde0",
			.steps = steps,
			.step_count = 1,
		};
	}
	memset(calls_made, 0, sizeof calls_made);
	fail_at = at;
	for_good = forever;
	fail_with = error;
	failing = call;
	status = run_jobs(jobs, 3, &options);
	failing = CALLS;
	for (size_t i = 0; i < 3; i++) {
		assert_true(jobs[i].status == HOST_SUCCESS || *jobs[i].reason);
		assert_non_null(jobs[i].message);
		assert_true(status != 0 || jobs[i].status == HOST_SUCCESS);
		job_free(&jobs[i]);
	}
	assert_int_equal(descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return status;
}

static void test_nothing_fails(void **state)
{
	(void)state;
	assert_int_equal(run_with(CALLS, 1, true, 0), 0);
}

static void test_pipe(void **state)
{
	(void)state;
	assert_int_equal(run_with(CALL_PIPE, 1, false, EMFILE), 1); /* the signals' */
	for (long at = 2; at <= 7; at++)
		assert_int_equal(run_with(CALL_PIPE, at, false, EMFILE), 0);
	assert_int_equal(run_with(CALL_PIPE, 2, true, EMFILE), 1);
	assert_int_equal(run_with(CALL_PIPE, 6, true, ENFILE), 1);
}

static void test_spawn(void **state)
{
	(void)state;
	for (long at = 1; at <= 3; at++)
		assert_int_equal(run_with(CALL_SPAWN, at, false, EAGAIN), 0);
	assert_int_equal(run_with(CALL_SPAWN, 1, true, ENOMEM), 1);
	assert_int_equal(run_with(CALL_SPAWN, 2, true, EAGAIN), 1);
}

static void test_poll(void **state)
{
	(void)state;
	for (long at = 1; at <= 4; at++) {
		int status;

		assert_int_equal(run_with(CALL_POLL, at, false, EINTR), 0);
		/* A run takes as few polls as the machine is quick: the later ones may not come. */
		status = run_with(CALL_POLL, at, false, EINVAL);
		assert_int_equal(status, calls_made[CALL_POLL] >= at);
		status = run_with(CALL_POLL, at, true, ENOMEM);
		assert_int_equal(status, calls_made[CALL_POLL] >= at);
	}
}

static void test_read(void **state)
{
	(void)state;
	for (long at = 1; at <= 12; at++) {
		assert_int_equal(run_with(CALL_READ, at, false, EINTR), 0);
		/* A stream that can't be read, or the signals' pipe. */
		assert_true(run_with(CALL_READ, at, false, EIO) != 130);
	}
}

static void test_writev(void **state)
{
	(void)state;
	for (long at = 1; at <= 3; at++) {
		assert_int_equal(run_with(CALL_WRITEV, at, false, EINTR), 0);
		assert_int_equal(run_with(CALL_WRITEV, at, false, EAGAIN), 0);
		/* The script didn't arrive whole. */
		assert_int_equal(run_with(CALL_WRITEV, at, false, EPIPE), 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_fails),
		{"fault: pipe fails", test_pipe, NULL, NULL, NULL},
		{"fault: fork fails", test_spawn, NULL, NULL, NULL},
		{"fault: poll fails", test_poll, NULL, NULL, NULL},
		{"fault: a read fails: of what a host says", test_read, NULL, NULL, NULL},
		{"fault: a write fails: to a host", test_writev, NULL, NULL, NULL},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
