/* For what POSIX.1-2024 has of posix_spawn(3), in C libraries that had it before. */
#define _GNU_SOURCE

#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"

#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID POSIX_SPAWN_SETPGROUP /* the terminal stays */
#endif

/* ---- pipes ---- */

void child_close(struct child *c)
{
	file_close(&c->in);
	file_close(&c->out);
	file_close(&c->err);
}

int spawn_pipe(int ends[2])
{
	int plain[2], error = 0;

	ends[0] = ends[1] = -1;
	if (pipe(plain) < 0)
		return errno;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(plain[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		error = ends[i] < 0 ? errno : error;
		close(plain[i]);
	}
	for (int i = 0; i < 2 && error; i++)
		file_close(&ends[i]);
	return error;
}

static int no_block(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? errno : 0;
}

/* ---- starting ---- */

/* As if it had been started from a quiet shell: signals as usual, none blocked. */
static int set_attributes(posix_spawnattr_t *attributes, bool own_session)
{
	static const int usual[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGWINCH};
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (own_session ? POSIX_SPAWN_SETSID : 0);
	sigset_t set, none;
	int error;

	sigemptyset(&none);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		sigaddset(&set, usual[i]);
	error = posix_spawnattr_setsigdefault(attributes, &set);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error)
		error = posix_spawnattr_setflags(attributes, flags);
	return error;
}

static int spawn(const struct child_run *r, bool own_session, const int ends[3], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	for (int i = 0; i < 3 && !error; i++)
		error = posix_spawn_file_actions_adddup2(&actions, ends[i], i);
	if (!error && r->folder)
		error = posix_spawn_file_actions_addchdir_np(&actions, r->folder);
	if (!error)
		error = set_attributes(&attributes, own_session);
	if (!error)
		error = posix_spawn(pid, r->path, &actions, &attributes, r->argv, r->envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* R says what. Without a session of its own it stays in our process group. */
static int start(struct child *c, const struct child_run *r, bool own_session)
{
	int ends[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, error = 0;
	pid_t pid = -1;

	for (int i = 0; i < (r->apart ? 3 : 2) && !error; i++) {
		error = spawn_pipe(ends[i]);
		if (!error)
			error = no_block(ends[i][i == 0]);
	}
	if (!error) {
		const int theirs[] = {ends[0][0], ends[1][1], ends[r->apart ? 2 : 1][1]};

		error = spawn(r, own_session, theirs, &pid);
	}
	for (int i = 0; i < 3; i++) {
		file_close(&ends[i][i != 0]);
		if (error)
			file_close(&ends[i][i == 0]);
	}
	*c = (struct child){.pid = error ? -1 : pid, .in = ends[0][1], .out = ends[1][0], .err = ends[2][0]};
	return error;
}

int child_start(struct child *c, const char *path, char *const argv[], char *const envp[])
{
	return start(c, &(struct child_run){.path = path, .argv = argv, .envp = envp, .apart = true}, true);
}

void child_signal(const struct child *c, int signal)
{
	/* Between its start and its exec it may not lead its group yet. */
	if (c->pid > 0 && kill(-c->pid, signal) < 0 && errno == ESRCH)
		kill(c->pid, signal);
}

int spawn_reader(pid_t *pid, int *in, const char *path, char *const argv[], char *const envp[])
{
	const struct child_run r = {.path = path, .argv = argv, .envp = envp};
	int pipe[2], error = spawn_pipe(pipe);

	if (error)
		return error;
	error = spawn(&r, false, (const int[]){pipe[0], STDOUT_FILENO, STDERR_FILENO}, pid);
	file_close(&pipe[0]);
	if (error)
		file_close(&pipe[1]);
	*in = pipe[1];
	return error;
}

/* ---- one, from its start to its end ---- */

enum { TICK_MS = 20, GRACE_TICKS = 100, DRAIN_READS = 32 };

/* What FD takes now of C's input, from *SENT on. */
static void send_some(const struct child_run *c, int *fd, size_t *sent)
{
	ssize_t n = *sent < c->input_len ? write(*fd, c->input + *sent, c->input_len - *sent) : 0;

	if (n > 0)
		*sent += (size_t)n;
	/* It may well end without reading all: its exit status says more than EPIPE. */
	if (*sent == c->input_len || (n < 0 && errno != EAGAIN && errno != EINTR))
		file_close(fd);
}

/* What FD has now, READS times at most. */
static void take_some(struct child_run *c, int *fd, struct str *into, int reads)
{
	char bytes[4096];

	for (; *fd >= 0 && reads; reads--) {
		ssize_t n = read(*fd, bytes, sizeof bytes);
		size_t room = c->output_max - into->len;

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			file_close(fd);
		if (n <= 0)
			break;
		c->cut = c->cut || (size_t)n > room;
		str_addn(into, bytes, (size_t)n < room ? (size_t)n : room);
	}
	explicit_bzero(bytes, sizeof bytes);
}

static bool has_ended(struct child_run *c, pid_t pid)
{
	int status = 0;
	pid_t got = waitpid(pid, &status, WNOHANG);

	if (got == 0)
		return false;
	c->end = got > 0 && WIFEXITED(status) ? CHILD_EXITED : CHILD_KILLED;
	c->status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	return true;
}

static void end_it(struct child_run *c, pid_t pid, enum child_end why)
{
	kill(pid, why == CHILD_INTERRUPTED ? SIGTERM : SIGKILL);
	for (int i = 1; !has_ended(c, pid); i++) {
		poll(NULL, 0, TICK_MS);
		if (i == GRACE_TICKS)
			kill(pid, SIGKILL);
	}
	c->end = why;
}

static void talk(struct child_run *c, struct child *child)
{
	long long deadline_ms = clock_ms() + c->timeout_s * 1000LL;
	size_t sent = 0;

	while (!has_ended(c, child->pid)) {
		struct pollfd fds[3] = {{.fd = child->in, .events = POLLOUT},
					{.fd = child->out, .events = POLLIN},
					{.fd = child->err, .events = POLLIN}};
		bool stopped = c->stop && *c->stop;

		if (stopped || clock_ms() >= deadline_ms) {
			end_it(c, child->pid, stopped ? CHILD_INTERRUPTED : CHILD_TIMED_OUT);
			break;
		}
		poll(fds, 3, child->out < 0 && child->err < 0 ? 2 : TICK_MS);
		if (fds[0].revents)
			send_some(c, &child->in, &sent);
		if (fds[1].revents)
			take_some(c, &child->out, &c->output, 1);
		if (fds[2].revents)
			take_some(c, &child->err, &c->errors, 1);
	}
	/* What it still had to say, and no more than a pipe holds: another process may go on writing. */
	take_some(c, &child->out, &c->output, DRAIN_READS);
	take_some(c, &child->err, &c->errors, DRAIN_READS);
}

void child_run(struct child_run *c)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
	struct sigaction pipe_was, child_was;
	struct child child;

	c->output = c->errors = (struct str)STR_INIT;
	c->cut = false;
	str_reserve(&c->output, c->output_max); /* once: no copies of it are left behind */
	if (c->apart)
		str_reserve(&c->errors, c->output_max);
	sigaction(SIGPIPE, &ignore, &pipe_was);
	sigaction(SIGCHLD, &usual, &child_was); /* ignored, it would take exit statuses along */
	c->end = CHILD_NOT_STARTED;
	c->status = start(&child, c, false);
	if (!c->status)
		talk(c, &child);
	child_close(&child);
	sigaction(SIGPIPE, &pipe_was, NULL);
	sigaction(SIGCHLD, &child_was, NULL);
}

/* ---- finding it ---- */

/* PATH from the root on, malloc'ed: it may be started from another folder. NULL if it's no program. */
static char *program_at(const char *path)
{
	struct str out = STR_INIT;
	char here[PATH_MAX];
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return NULL;
	if (*path != '/' && getcwd(here, sizeof here))
		str_addf(&out, "%s/", here);
	str_add(&out, path);
	return out.data;
}

char *spawn_find(const char *name)
{
	const char *p = getenv("PATH");
	struct str path = STR_INIT;
	char *found = NULL;

	if (strchr(name, '/'))
		return program_at(name);
	for (p = p ? p : "/usr/bin:/bin"; p && !found; p = *p ? p + 1 : NULL) {
		size_t len = strcspn(p, ":");

		str_clear(&path);
		str_addf(&path, "%.*s/%s", len ? (int)len : 1, len ? p : ".", name);
		found = program_at(path.data);
		p += len;
	}
	str_free(&path);
	return found;
}
