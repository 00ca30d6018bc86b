/* For POSIX_SPAWN_SETSID, of POSIX.1-2024, in C libraries that had it before. */
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

/* ---- pipes ---- */

void child_close(struct child *c)
{
	file_close(&c->in);
	file_close(&c->out);
	file_close(&c->err);
}

static void close_pair(int ends[2])
{
	file_close(&ends[0]);
	file_close(&ends[1]);
}

/* Moves a descriptor out of the way of 0, 1 and 2, should those have been closed. */
static int move_up(int *fd)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (moved < 0)
		return errno;
	close(*fd);
	*fd = moved;
	return 0;
}

int spawn_pipe(int ends[2])
{
	int error = 0;

	if (pipe(ends) < 0) {
		error = errno;
		ends[0] = ends[1] = -1;
		return error;
	}
	for (int i = 0; i < 2 && !error; i++) {
		if (ends[i] <= STDERR_FILENO)
			error = move_up(&ends[i]);
		else if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) < 0)
			error = errno;
	}
	if (error)
		close_pair(ends);
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
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t set, none;
	int error;

	sigemptyset(&none);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		sigaddset(&set, usual[i]);
#ifdef POSIX_SPAWN_SETSID
	flags |= own_session ? POSIX_SPAWN_SETSID : 0;
#else
	flags |= own_session ? POSIX_SPAWN_SETPGROUP : 0;
#endif
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
	if (!error)
		error = set_attributes(&attributes, own_session);
	if (!error)
		error = posix_spawn(pid, r->path, &actions, &attributes, r->argv, r->envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* posix_spawn has no portable way to start a program in another folder; going there and back has. */
static int spawn_in_folder(const struct child_run *r, bool own_session, const int ends[3], pid_t *pid)
{
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (home < 0)
		return errno;
	if (chdir(r->folder) < 0) {
		error = errno;
	} else {
		error = spawn(r, own_session, ends, pid);
		if (fchdir(home) < 0 && !error) {
			error = errno;
			kill(*pid, SIGKILL);
			waitpid(*pid, NULL, 0);
		}
	}
	close(home);
	return error;
}

/* R says what. Without a session of its own it stays in our process group. */
static int start(struct child *c, const struct child_run *r, bool own_session)
{
	int ends[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, error = 0;

	c->pid = -1;
	for (int i = 0; i < (r->apart ? 3 : 2) && !error; i++) {
		error = spawn_pipe(ends[i]);
		if (!error)
			error = no_block(ends[i][i == 0]);
	}
	if (!error) {
		const int theirs[3] = {ends[0][0], ends[1][1], ends[r->apart ? 2 : 1][1]};

		error = r->folder ? spawn_in_folder(r, own_session, theirs, &c->pid)
				  : spawn(r, own_session, theirs, &c->pid);
	}
	for (int i = 0; i < 3; i++) {
		file_close(&ends[i][i != 0]);
		if (error)
			file_close(&ends[i][i == 0]);
	}
	*c = (struct child){.pid = error ? -1 : c->pid,
			    .in = ends[0][1],
			    .out = ends[1][0],
			    .err = ends[2][0]};
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

/* ---- one, from its start to its end ---- */

enum { TICK_MS = 20, GRACE_TICKS = 100, DRAIN_READS = 32 };

struct talk {
	struct child_run *c;
	struct child child;
	size_t sent;
	long long deadline_ms;
};

static void send_some(struct talk *t)
{
	ssize_t n = 0;

	if (t->sent < t->c->input_len)
		n = write(t->child.in, t->c->input + t->sent, t->c->input_len - t->sent);
	if (n > 0)
		t->sent += (size_t)n;
	/* It may well end without reading all: its exit status says more than EPIPE. */
	if (t->sent == t->c->input_len || (n < 0 && errno != EAGAIN && errno != EINTR))
		file_close(&t->child.in);
}

/* False when nothing more is there now, or none is open. */
static bool take_some(struct child_run *c, int *fd, struct str *into)
{
	char bytes[4096];
	ssize_t n = *fd < 0 ? 0 : read(*fd, bytes, sizeof bytes);
	size_t room = c->output_max - into->len;

	if (n > 0) {
		c->cut = c->cut || (size_t)n > room;
		str_addn(into, bytes, (size_t)n < room ? (size_t)n : room);
		explicit_bzero(bytes, sizeof bytes);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		file_close(fd);
	return false;
}

static bool has_ended(struct talk *t, int flags)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(t->child.pid, &status, flags);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	t->c->end = got > 0 && WIFEXITED(status) ? CHILD_EXITED : CHILD_KILLED;
	t->c->status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	return true;
}

static void end_it(struct talk *t, enum child_end why)
{
	bool ended = false;

	if (why == CHILD_INTERRUPTED) {
		kill(t->child.pid, SIGTERM);
		for (int i = 0; i < GRACE_TICKS && !ended; i++) {
			poll(NULL, 0, TICK_MS);
			ended = has_ended(t, WNOHANG);
		}
	}
	if (!ended) {
		kill(t->child.pid, SIGKILL);
		has_ended(t, 0);
	}
	t->c->end = why;
}

static void talk(struct talk *t)
{
	struct child *child = &t->child;

	while (!has_ended(t, WNOHANG)) {
		struct pollfd fds[3] = {{.fd = child->in, .events = POLLOUT},
					{.fd = child->out, .events = POLLIN},
					{.fd = child->err, .events = POLLIN}};

		if (t->c->stop && *t->c->stop) {
			end_it(t, CHILD_INTERRUPTED);
			break;
		}
		if (clock_ms() >= t->deadline_ms) {
			end_it(t, CHILD_TIMED_OUT);
			break;
		}
		poll(fds, 3, child->out < 0 && child->err < 0 ? 2 : TICK_MS);
		if (fds[0].revents)
			send_some(t);
		if (fds[1].revents)
			take_some(t->c, &child->out, &t->c->output);
		if (fds[2].revents)
			take_some(t->c, &child->err, &t->c->errors);
	}
	/* What it still had to say, and no more than a pipe holds: another process may go on writing. */
	for (int i = 0; i < DRAIN_READS && child->out >= 0 && take_some(t->c, &child->out, &t->c->output);
	     i++)
		;
	for (int i = 0; i < DRAIN_READS && child->err >= 0 && take_some(t->c, &child->err, &t->c->errors);
	     i++)
		;
}

void child_run(struct child_run *c)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL}, pipe_was,
			 child_was;
	struct talk t = {.c = c, .deadline_ms = clock_ms() + c->timeout_s * 1000LL};
	int error;

	c->output = c->errors = (struct str)STR_INIT;
	c->cut = false;
	str_reserve(&c->output, c->output_max); /* once: no copies of it are left behind */
	if (c->apart)
		str_reserve(&c->errors, c->output_max);
	sigaction(SIGPIPE, &ignore, &pipe_was);
	sigaction(SIGCHLD, &usual, &child_was); /* ignored, it would take exit statuses along */
	error = start(&t.child, c, false);
	if (error) {
		c->end = CHILD_NOT_STARTED;
		c->status = error;
	} else {
		talk(&t);
	}
	child_close(&t.child);
	sigaction(SIGPIPE, &pipe_was, NULL);
	sigaction(SIGCHLD, &child_was, NULL);
}

/* ---- finding it ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* It may be started from another folder. */
static char *absolute(const char *path)
{
	struct str out = STR_INIT;
	char here[PATH_MAX];

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
		return is_program(name) ? absolute(name) : NULL;
	for (p = p ? p : "/usr/bin:/bin"; p && !found; p = *p ? p + 1 : NULL) {
		size_t len = strcspn(p, ":");

		str_clear(&path);
		str_addn(&path, len ? p : ".", len ? len : 1);
		str_addf(&path, "/%s", name);
		if (is_program(str_text(&path)))
			found = absolute(str_text(&path));
		p += len;
	}
	str_free(&path);
	return found;
}
