#include "providers/secrets/child.h"

#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 20, GRACE_TICKS = 100 };

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- starting it ---- */

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A pipe that is closed on exec, both ends above 2, OUR end not blocking. */
static int make_pipe(int ends[2], int ours)
{
	if (pipe(ends) < 0) {
		ends[0] = ends[1] = -1;
		return errno;
	}
	for (int i = 0; i < 2; i++) {
		int moved = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

		if (moved < 0)
			return errno;
		close(ends[i]);
		ends[i] = moved;
	}
	return fcntl(ends[ours], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	static const int usual[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
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
		error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	return error;
}

static int spawn(const struct secret_child *c, int in, int out, pid_t *pid)
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
	error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	if (!error)
		error = set_attributes(&attributes);
	if (!error)
		error = posix_spawn(pid, c->path, &actions, &attributes, c->argv, c->envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* posix_spawn has no portable way to start a program in another folder; going there and back has. */
static int spawn_in_folder(const struct secret_child *c, int in, int out, pid_t *pid)
{
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (home < 0)
		return errno;
	if (chdir(c->folder) < 0) {
		error = errno;
	} else {
		error = spawn(c, in, out, pid);
		if (fchdir(home) < 0 && !error) {
			error = errno;
			kill(*pid, SIGKILL);
			waitpid(*pid, NULL, 0);
		}
	}
	close(home);
	return error;
}

/* ---- talking to it ---- */

struct talk {
	struct secret_child *c;
	pid_t pid;
	int in, out;
	size_t sent;
	long deadline;
};

static void send_some(struct talk *t)
{
	ssize_t n = 0;

	if (t->sent < t->c->input_len)
		n = write(t->in, t->c->input + t->sent, t->c->input_len - t->sent);
	if (n > 0)
		t->sent += (size_t)n;
	/* It may well end without reading all: its exit status says more than EPIPE. */
	if (t->sent == t->c->input_len || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_one(&t->in);
}

/* False when nothing more is there now. */
static bool take_some(struct talk *t)
{
	char bytes[4096];
	ssize_t n = read(t->out, bytes, sizeof bytes);
	size_t room = SECRET_CHILD_OUTPUT_MAX - t->c->output.len;

	if (n > 0) {
		t->c->cut = t->c->cut || (size_t)n > room;
		str_addn(&t->c->output, bytes, (size_t)n < room ? (size_t)n : room);
		explicit_bzero(bytes, sizeof bytes);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_one(&t->out);
	return false;
}

static bool has_ended(struct talk *t, int flags)
{
	int status;
	pid_t got;

	do
		got = waitpid(t->pid, &status, flags);
	while (got < 0 && errno == EINTR && !flags);
	if (got == 0 || (got < 0 && errno == EINTR))
		return false;
	if (got > 0 && WIFEXITED(status)) {
		t->c->end = CHILD_EXITED;
		t->c->status = WEXITSTATUS(status);
	} else {
		t->c->end = CHILD_KILLED;
		t->c->status = got > 0 ? WTERMSIG(status) : 0;
	}
	return true;
}

static void end_it(struct talk *t, enum secret_child_end why)
{
	bool ended = false;

	if (why == CHILD_INTERRUPTED) {
		kill(t->pid, SIGTERM);
		for (int i = 0; i < GRACE_TICKS && !ended; i++) {
			poll(NULL, 0, TICK_MS);
			ended = has_ended(t, WNOHANG);
		}
	}
	if (!ended) {
		kill(t->pid, SIGKILL);
		has_ended(t, 0);
	}
	t->c->end = why;
}

static void talk(struct talk *t)
{
	while (!has_ended(t, WNOHANG)) {
		struct pollfd fds[2] = {{.fd = t->in, .events = POLLOUT}, {.fd = t->out, .events = POLLIN}};

		if (t->c->stop && *t->c->stop) {
			end_it(t, CHILD_INTERRUPTED);
			break;
		}
		if (now_ms() >= t->deadline) {
			end_it(t, CHILD_TIMED_OUT);
			break;
		}
		poll(fds, 2, t->out < 0 ? 2 : TICK_MS);
		if (t->in >= 0 && fds[0].revents)
			send_some(t);
		if (t->out >= 0 && fds[1].revents)
			take_some(t);
	}
	/* What it still had to say, and no more than a pipe holds: another process may go on writing. */
	for (int i = 0; i < SECRET_CHILD_OUTPUT_MAX / 4096 * 2 && t->out >= 0 && take_some(t); i++)
		;
}

void secret_child_run(struct secret_child *c)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL}, pipe_was,
			 child_was;
	struct talk t = {.c = c, .in = -1, .out = -1, .deadline = now_ms() + c->timeout_s * 1000L};
	int in[2] = {-1, -1}, out[2] = {-1, -1}, error = make_pipe(in, 1);

	c->output = (struct str)STR_INIT;
	c->cut = false;
	c->end = CHILD_NOT_STARTED;
	str_reserve(&c->output, SECRET_CHILD_OUTPUT_MAX); /* once: no copies of it are left behind */
	sigaction(SIGPIPE, &ignore, &pipe_was);
	sigaction(SIGCHLD, &usual, &child_was); /* ignored, it would take exit statuses along */
	if (!error)
		error = make_pipe(out, 0);
	if (!error)
		error = spawn_in_folder(c, in[0], out[1], &t.pid);
	close_one(&in[0]);
	close_one(&out[1]);
	t.in = in[1];
	t.out = out[0];
	if (error)
		c->status = error;
	else
		talk(&t);
	close_one(&t.in);
	close_one(&t.out);
	sigaction(SIGPIPE, &pipe_was, NULL);
	sigaction(SIGCHLD, &child_was, NULL);
}

/* ---- finding it ---- */

/* A relative one too: the program is started from another folder. Links stay, as some programs look at their
 * name. */
static char *absolute(const char *path)
{
	struct str out = STR_INIT;
	char here[PATH_MAX];

	if (*path != '/' && getcwd(here, sizeof here))
		str_addf(&out, "%s/", here);
	str_add(&out, path);
	return out.data;
}

char *secret_child_find(const char *name)
{
	const char *p = getenv("PATH");
	struct str path = STR_INIT;
	char *found = NULL;

	for (p = p ? p : "/usr/bin:/bin"; p && !found; p = *p ? p + 1 : NULL) {
		size_t len = strcspn(p, ":");
		struct stat st;

		str_clear(&path);
		str_addn(&path, len ? p : ".", len ? len : 1);
		str_addf(&path, "/%s", name);
		if (stat(path.data, &st) == 0 && S_ISREG(st.st_mode) && access(path.data, X_OK) == 0)
			found = absolute(path.data);
		p += len;
	}
	str_free(&path);
	return found;
}
