#include "providers/secrets/file.h"

#include "lib/mem.h"
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

enum { LINKS_MAX = 8, FIRST_READ = 64 * 1024 };

/* ---- reading ---- */

void secret_bytes_free(struct secret_bytes *b)
{
	if (b->data) {
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	*b = (struct secret_bytes){0};
}

/* realloc(3) would leave the old copy behind. */
static void grow(struct secret_bytes *b, size_t cap)
{
	char *data = mem_alloc(cap);

	if (b->data) {
		memcpy(data, b->data, b->len);
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
}

/* Reads what FD still has. Returns 0, an errno value, or EFBIG. */
static int read_all(struct secret_bytes *b, int fd)
{
	bool regular = S_ISREG(b->st.st_mode);

	if (regular && (b->st.st_size < 0 || (size_t)b->st.st_size > SECRET_FILE_MAX))
		return EFBIG;
	grow(b, regular ? (size_t)b->st.st_size + 2 : FIRST_READ);
	for (;;) {
		ssize_t n;

		if (b->len > SECRET_FILE_MAX)
			return EFBIG;
		if (b->cap - b->len < 2)
			grow(b, b->cap * 2);
		n = read(fd, b->data + b->len, b->cap - b->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		b->len += (size_t)n;
		b->data[b->len] = '\0';
		if (n == 0)
			return 0;
	}
}

static const char *problem_of(int error)
{
	return error == EFBIG ? "it is larger than 16 MiB" : strerror(error);
}

bool secret_file_read(struct secret_bytes *out, const char *path, struct arena *arena, const char **why)
{
	bool from_stdin = strcmp(path, "-") == 0;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), error;

	*out = (struct secret_bytes){0};
	if (fd < 0 || fstat(fd, &out->st) < 0)
		error = errno;
	else if (S_ISDIR(out->st.st_mode))
		error = EISDIR;
	else
		error = read_all(out, fd);
	out->read_any = !error;
	if (fd >= 0 && !from_stdin)
		close(fd);
	if (!error)
		return true;
	secret_bytes_free(out);
	*why = arena_printf(arena, "cannot read %s: %s", from_stdin ? "<stdin>" : path, problem_of(error));
	return false;
}

struct source *secret_file_source(const char *name, const struct secret_bytes *bytes, struct arena *arena)
{
	struct source *source = arena_alloc(arena, sizeof *source);
	const char *text = bytes->data ? bytes->data : "";

	/* Not source_of(): a byte order mark is a mistake here. */
	*source = (struct source){.name = strcmp(name, "-") == 0 ? "<stdin>" : name,
				  .text = text,
				  .len = bytes->len,
				  .last = text,
				  .last_line = 1,
				  .secret = true};
	return source;
}

void secret_file_forget(struct source *source)
{
	if (!source)
		return;
	source_of(source, source->name, "", 0);
	source->secret = true;
}

/* ---- finding the target ---- */

static bool fail(struct secret_target *t, const char *what, const char *problem)
{
	t->why = arena_printf(t->arena, "cannot %s %s: %s", what, t->path, problem);
	return false;
}

static bool open_folder(struct secret_target *t, int at, const char *folder, int flags)
{
	int fd = openat(at, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);

	if (fd < 0)
		return fail(t, "open the folder of",
			    errno == ENOTDIR && flags ? "its symbolic link leads through another link"
						      : strerror(errno));
	if (t->folder >= 0)
		close(t->folder);
	t->folder = fd;
	return true;
}

/* One link's text, from the folder that it stands in: down into it, never up or out. */
static bool follow(struct secret_target *t, char *link)
{
	char *slash;

	if (*link == '/')
		return fail(t, "write", "it is a symbolic link that leads out of its folder");
	while ((slash = strchr(link, '/')) != NULL) {
		*slash = '\0';
		if (strcmp(link, "..") == 0)
			return fail(t, "write", "it is a symbolic link that leads out of its folder");
		if (*link && strcmp(link, ".") != 0 && !open_folder(t, t->folder, link, O_NOFOLLOW))
			return false;
		link = slash + 1;
	}
	if (!*link || strcmp(link, ".") == 0 || strcmp(link, "..") == 0)
		return fail(t, "write", "it is a symbolic link to a folder");
	t->name = arena_strdup(t->arena, link);
	return true;
}

static bool find(struct secret_target *t)
{
	const char *slash = strrchr(t->path, '/');
	char link[PATH_MAX];
	struct stat st;

	t->name = slash ? slash + 1 : t->path;
	if (!*t->name || strcmp(t->name, ".") == 0 || strcmp(t->name, "..") == 0)
		return fail(t, "write", strerror(EISDIR));
	if (!open_folder(t, AT_FDCWD,
			 !slash		    ? "."
			 : slash == t->path ? "/"
					    : arena_strndup(t->arena, t->path, (size_t)(slash - t->path)),
			 0))
		return false;
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
		if (flock(t->folder, LOCK_EX | LOCK_NB) == 0) {
			t->alone = true;
			return true;
		}
		if (errno == EINTR)
			continue;
		/* NFS locks files that are open for writing only, and a folder never is. */
		if (errno != EWOULDBLOCK)
			return true;
		nanosleep(&pause, NULL);
	}
	return fail(t, "lock the folder of", "another program has held it for 10 s; is another run writing?");
}

static bool read_target(struct secret_target *t)
{
	int fd = openat(t->folder, t->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), error;

	if (fd < 0)
		return errno == ENOENT || fail(t, "read", strerror(errno));
	if (fstat(fd, &t->old.st) < 0)
		error = errno;
	else if (!S_ISREG(t->old.st.st_mode))
		error = S_ISDIR(t->old.st.st_mode) ? EISDIR : ENODEV;
	else
		error = read_all(&t->old, fd);
	close(fd);
	t->old.read_any = !error;
	return !error || fail(t, "read", error == ENODEV ? "it is not a regular file" : problem_of(error));
}

bool secret_target_open(struct secret_target *t, const char *path, bool lock, struct arena *arena)
{
	*t = (struct secret_target){.path = path, .arena = arena, .folder = -1};
	if (!find(t) || (lock && !lock_folder(t)))
		return false;
	t->temporary = arena_printf(arena, ".%s.stagecraft-new", t->name);
	if (t->alone && unlinkat(t->folder, t->temporary, 0) < 0 && errno != ENOENT)
		return fail(t, "remove what a killed run left of", strerror(errno));
	return read_target(t);
}

void secret_target_close(struct secret_target *t)
{
	secret_bytes_free(&t->old);
	if (t->folder >= 0)
		close(t->folder);
	t->folder = -1;
}

/* ---- replacing it ---- */

mode_t secret_target_mode(const struct secret_target *t)
{
	return t->old.read_any ? t->old.st.st_mode & 0600 : 0600;
}

bool secret_target_is_loose(const struct secret_target *t)
{
	return t->old.read_any && (t->old.st.st_mode & 07777 & ~(mode_t)0600);
}

bool secret_target_replace(struct secret_target *t, const char *bytes, size_t len)
{
	int error = replace_at(t->folder, t->name, t->temporary, secret_target_mode(t),
			       t->old.read_any ? &t->old.st : NULL, bytes, len);

	if (error == EEXIST) {
		t->why = arena_printf(t->arena,
				      "cannot write %s: %s is there; if no other run is writing, remove it",
				      t->path, t->temporary);
		return false;
	}
	if (error)
		return fail(t, "write", strerror(error));
	/* Some file systems have nothing to sync in a folder. */
	if (fsync(t->folder) < 0 && errno != EINVAL && errno != EBADF && errno != ENOTSUP)
		return fail(t, "make sure that a crash keeps the new", strerror(errno));
	return true;
}

bool secret_target_tighten(struct secret_target *t)
{
	return fchmodat(t->folder, t->name, secret_target_mode(t), 0) == 0 ||
	       fail(t, "take others' permissions from", strerror(errno));
}
