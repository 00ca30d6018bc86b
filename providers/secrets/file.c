#include "providers/secrets/file.h"

#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { LINKS_MAX = 8 };

/* ---- reading ---- */

static const char *problem_of(int error)
{
	return error == EFBIG	 ? "it is larger than 16 MiB"
	       : error == ENODEV ? "it is not a regular file"
				 : strerror(error);
}

/* Not source_of(): a byte order mark is a mistake here. */
static void set_source(struct secret_file *f, const char *name)
{
	const char *text = str_text(&f->text);

	*f->source = (struct source){
		.name = name, .text = text, .len = f->text.len, .last = text, .last_line = 1, .secret = true};
}

static void begin(struct secret_file *f, const char *name, struct arena *arena)
{
	*f = (struct secret_file){.source = arena_alloc(arena, sizeof *f->source)};
	set_source(f, strcmp(name, "-") == 0 ? "<stdin>" : name);
}

bool secret_file_read(struct secret_file *out, const char *path, struct problem *problem)
{
	int error;

	begin(out, path, problem->arena);
	error = file_load(path, SECRET_FILE_MAX, &out->text, &out->st);
	if (error)
		return problem_set(problem, "cannot read %s: %s", out->source->name, problem_of(error));
	set_source(out, out->source->name);
	return true;
}

void secret_file_free(struct secret_file *f)
{
	str_wipe(&f->text);
	if (f->source)
		set_source(f, f->source->name);
	f->source = NULL;
}

/* ---- finding the target ---- */

static bool fail(struct secret_target *t, const char *what, const char *problem)
{
	return problem_set(&t->problem, "cannot %s %s: %s", what, t->path, problem);
}

/* A folder in the one that is open. */
static bool go_into(struct secret_target *t, const char *folder)
{
	int fd = openat(t->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return fail(t, "open the folder of",
			    errno == ENOTDIR ? "its symbolic link leads through another link"
					     : strerror(errno));
	close(t->folder);
	t->folder = fd;
	return true;
}

/* One link's text, from the folder that it stands in: down into it, never up or out. */
static bool follow(struct secret_target *t, char *link)
{
	bool out = *link == '/';

	for (char *slash; !out && (slash = strchr(link, '/')) != NULL; link = slash + 1) {
		*slash = '\0';
		out = strcmp(link, "..") == 0;
		if (!out && *link && !go_into(t, link))
			return false;
	}
	if (out)
		return fail(t, "write", "it is a symbolic link that leads out of its folder");
	if (!*link || strcmp(link, ".") == 0 || strcmp(link, "..") == 0)
		return fail(t, "write", "it is a symbolic link to a folder");
	t->name = arena_strdup(t->problem.arena, link);
	return true;
}

static bool find(struct secret_target *t)
{
	char link[PATH_MAX];
	struct stat st;

	t->folder = file_folder(t->path, &t->name, &t->temporary, t->problem.arena);
	if (t->folder < 0)
		return fail(t, errno == EISDIR ? "write" : "open the folder of", strerror(errno));
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t len;

		if (fstatat(t->folder, t->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT || fail(t, "read", strerror(errno));
		if (!S_ISLNK(st.st_mode))
			return true;
		len = readlinkat(t->folder, t->name, link, sizeof link - 1);
		if (len < 0)
			return fail(t, "read", strerror(errno));
		link[len] = '\0';
		if (!follow(t, link))
			return false;
	}
	return fail(t, "read", strerror(ELOOP));
}

/* ---- the lock ---- */

static bool lock_folder(struct secret_target *t)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};

	for (int tries = SECRET_LOCK_WAIT_S * 20; tries > 0; tries--) {
		t->alone = flock(t->folder, LOCK_EX | LOCK_NB) == 0;
		/* NFS locks files that are open for writing only, and a folder never is. */
		if (t->alone || (errno != EINTR && errno != EWOULDBLOCK))
			return true;
		nanosleep(&pause, NULL);
	}
	return fail(t, "lock the folder of", "another program has held it for 10 s; is another run writing?");
}

static bool read_target(struct secret_target *t)
{
	int fd = openat(t->folder, t->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), error;
	struct stat *st = &t->old.st;

	if (fd < 0)
		return errno == ENOENT || fail(t, "read", strerror(errno));
	error = fstat(fd, st) < 0 ? errno : S_ISDIR(st->st_mode) ? EISDIR : S_ISREG(st->st_mode) ? 0 : ENODEV;
	if (!error)
		error = file_read(fd, SECRET_FILE_MAX, &t->old.text);
	close(fd);
	if (error)
		return fail(t, "read", problem_of(error));
	set_source(&t->old, t->old.source->name);
	return true;
}

bool secret_target_open(struct secret_target *t, const char *path, bool lock, struct arena *arena)
{
	*t = (struct secret_target){.path = path, .problem.arena = arena, .folder = -1};
	begin(&t->old, path, arena);
	if (!find(t) || (lock && !lock_folder(t)))
		return false;
	t->temporary = arena_printf(arena, ".%s.stagecraft-new", t->name);
	if (t->alone && unlinkat(t->folder, t->temporary, 0) < 0 && errno != ENOENT)
		return fail(t, "remove what a killed run left of", strerror(errno));
	return read_target(t);
}

void secret_target_close(struct secret_target *t)
{
	secret_file_free(&t->old);
	file_close(&t->folder);
}

/* ---- replacing it ---- */

bool secret_target_is_loose(const struct secret_target *t)
{
	return t->old.st.st_mode & 07777 & ~(mode_t)0600;
}

bool secret_target_replace(struct secret_target *t, const char *bytes, size_t len)
{
	const struct stat *old = t->old.st.st_mode ? &t->old.st : NULL;
	int error = replace_at(t->folder, t->name, t->temporary, old ? old->st_mode & 0600 : 0600, old, bytes,
			       len);

	if (error == EEXIST)
		return problem_set(&t->problem,
				   "cannot write %s: %s is there; if no other run is writing, remove it",
				   t->path, t->temporary);
	if (error)
		return fail(t, "write", strerror(error));
	/* Some file systems have nothing to sync in a folder. */
	if (fsync(t->folder) < 0 && errno != EINVAL && errno != EBADF && errno != ENOTSUP)
		return fail(t, "make sure that a crash keeps the new", strerror(errno));
	return true;
}

bool secret_target_tighten(struct secret_target *t)
{
	return fchmodat(t->folder, t->name, t->old.st.st_mode & 0600, 0) == 0 ||
	       fail(t, "take others' permissions from", strerror(errno));
}
