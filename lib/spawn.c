/* For POSIX_SPAWN_SETSID, of POSIX.1-2024, in C libraries that had it before. */
#define _GNU_SOURCE

#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/str.h"

static void close_pair(int ends[2])
{
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
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

/* As if it had been started from a quiet shell: signals as usual, none blocked. */
static int set_attributes(posix_spawnattr_t *attributes)
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
	flags |= POSIX_SPAWN_SETSID;
#else
	flags |= POSIX_SPAWN_SETPGROUP;
#endif
	error = posix_spawnattr_setsigdefault(attributes, &set);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error)
		error = posix_spawnattr_setflags(attributes, flags);
	return error;
}

static int spawn(struct child *c, const int ends[3], const char *path, char *const argv[], char *const envp[])
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
		error = set_attributes(&attributes);
	if (!error)
		error = posix_spawn(&c->pid, path, &actions, &attributes, argv, envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int child_start(struct child *c, const char *path, char *const argv[], char *const envp[])
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1}, error;

	*c = (struct child){.pid = -1, .in = -1, .out = -1, .err = -1};
	error = spawn_pipe(in);
	if (!error)
		error = spawn_pipe(out);
	if (!error)
		error = spawn_pipe(err);
	if (!error)
		error = no_block(in[1]);
	if (!error)
		error = no_block(out[0]);
	if (!error)
		error = no_block(err[0]);
	if (!error)
		error = spawn(c, (int[]){in[0], out[1], err[1]}, path, argv, envp);
	if (error) {
		close_pair(in);
		close_pair(out);
		close_pair(err);
		return error;
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	c->in = in[1];
	c->out = out[0];
	c->err = err[0];
	return 0;
}

void child_signal(const struct child *c, int signal)
{
	/* Between its start and its exec it may not lead its group yet. */
	if (c->pid > 0 && kill(-c->pid, signal) < 0 && errno == ESRCH)
		kill(c->pid, signal);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *spawn_find(const char *name)
{
	const char *p = getenv("PATH");
	struct str path = STR_INIT;

	if (strchr(name, '/'))
		return is_program(name) ? mem_strndup(name, strlen(name)) : NULL;
	for (p = p ? p : "/usr/bin:/bin"; p; p = *p ? p + 1 : NULL) {
		size_t len = strcspn(p, ":");

		str_clear(&path);
		if (len)
			str_addn(&path, p, len);
		else
			str_addc(&path, '.');
		str_addc(&path, '/');
		str_add(&path, name);
		if (is_program(str_text(&path)))
			return path.data;
		p += len;
	}
	str_free(&path);
	return NULL;
}
