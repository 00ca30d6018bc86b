#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* realloc(3) would leave the old copy behind. */
static void grow(struct str *s)
{
	struct str larger = STR_INIT;

	str_reserve(&larger, s->cap ? s->cap * 2 : 64 * 1024);
	str_addn(&larger, str_text(s), s->len);
	str_wipe(s);
	*s = larger;
}

int file_read(int fd, size_t max, struct str *out)
{
	for (;;) {
		ssize_t n;

		if (out->cap - out->len < 2)
			grow(out);
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len > max)
			return EFBIG;
		if (n == 0)
			return 0;
	}
}

int file_load(const char *path, size_t max, struct str *out, struct stat *st)
{
	bool from_stdin = strcmp(path, "-") == 0;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0 || fstat(fd, st) < 0)
		error = errno;
	else
		error = S_ISDIR(st->st_mode) ? EISDIR : file_read(fd, max, out);
	if (fd >= 0 && !from_stdin)
		close(fd);
	return error;
}

void file_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int file_write(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* ---- replacing ---- */

int file_folder(const char *path, const char **name, const char **temporary, struct arena *arena)
{
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	if (!**name || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) {
		errno = EISDIR;
		return -1;
	}
	*temporary = arena_printf(arena, ".%s.stagecraft-new", *name);
	return openat(AT_FDCWD, slash ? arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Root writes a file of someone else's: it stays theirs. */
static bool keep_owner(int fd, const struct stat *owner)
{
	struct stat st;

	if (!owner)
		return true;
	if (fstat(fd, &st) < 0)
		return false;
	return (st.st_uid == owner->st_uid && st.st_gid == owner->st_gid) ||
	       fchown(fd, owner->st_uid, owner->st_gid) == 0 || st.st_uid == owner->st_uid;
}

static int make(int folder, const char *name, mode_t mode, const struct stat *owner, const char *bytes,
		size_t len)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error = 0;

	if (fd < 0)
		return errno;
	if (!keep_owner(fd, owner) || fchmod(fd, mode) < 0)
		error = errno;
	if (!error)
		error = file_write(fd, bytes, len);
	if (!error && fsync(fd) < 0)
		error = errno;
	if (close(fd) < 0 && !error)
		error = errno;
	if (error)
		unlinkat(folder, name, 0);
	return error;
}

/* While a temporary file is there, a Ctrl-C would leave it behind. */
struct hold {
	sigset_t mask;
	struct sigaction size; /* too large a file is an error, not the end */
};

static void hold_signals(struct hold *before)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGTSTP};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t hold;

	sigemptyset(&hold);
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		sigaddset(&hold, ending[i]);
	sigprocmask(SIG_BLOCK, &hold, &before->mask);
	sigaction(SIGXFSZ, &ignore, &before->size);
}

static void release_signals(const struct hold *before)
{
	sigaction(SIGXFSZ, &before->size, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

int replace_at(int fd, const char *name, const char *temporary, mode_t mode, const struct stat *owner,
	       const char *bytes, size_t len)
{
	struct hold before;
	int error;

	hold_signals(&before);
	error = make(fd, temporary, mode, owner, bytes, len);
	if (!error && renameat(fd, temporary, fd, name) < 0) {
		error = errno;
		unlinkat(fd, temporary, 0);
	}
	release_signals(&before);
	return error;
}

/* ---- at the end of a run ---- */

/* ERROR, or its absence, as a problem of T's. */
static bool allow(const struct replace_target *t, int error, struct problem *p)
{
	return !error || problem_errno(p, error, "cannot write %s", t->path);
}

static bool check_kind(const struct replace_target *t, struct problem *p)
{
	struct stat st;

	/* A link is replaced by the file; but /dev/stdout is nobody's to replace. */
	if (fstatat(t->folder, t->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (S_ISLNK(st.st_mode) && fstatat(t->folder, t->name, &st, 0) < 0))
		return allow(t, errno == ENOENT ? 0 : errno, p);
	if (S_ISDIR(st.st_mode))
		return allow(t, EISDIR, p);
	return S_ISREG(st.st_mode) || problem_set(p, "cannot write %s: it is not a regular file", t->path);
}

/* Makes the temporary file and takes it away again: nothing is to lie there for as long as the run takes. */
static int try_it(const struct replace_target *t)
{
	struct hold before;
	int error;

	hold_signals(&before);
	unlinkat(t->folder, t->temporary, 0); /* what a killed run left */
	error = make(t->folder, t->temporary, 0600, NULL, "", 0);
	if (!error && unlinkat(t->folder, t->temporary, 0) < 0)
		error = errno;
	release_signals(&before);
	return error;
}

bool replace_open(struct replace_target *t, const char *path, struct problem *p)
{
	*t = (struct replace_target){.path = path};
	t->folder = file_folder(path, &t->name, &t->temporary, p->arena);
	return allow(t, t->folder < 0 ? errno : 0, p) && check_kind(t, p) && allow(t, try_it(t), p);
}

bool replace_write(const struct replace_target *t, const char *bytes, size_t len, struct problem *p)
{
	unlinkat(t->folder, t->temporary, 0); /* another run's, which was killed meanwhile */
	return allow(t, replace_at(t->folder, t->name, t->temporary, 0600, NULL, bytes, len), p);
}

void replace_close(struct replace_target *t)
{
	file_close(&t->folder);
}

/* ---- what a config names ---- */

bool path_is_special(const char *path)
{
	const char *top = "";
	size_t depth = 0, len;
	bool up = false;

	for (const char *p = path + strspn(path, "/"); *p; p += len, p += strspn(p, "/")) {
		len = strcspn(p, "/");
		if (len == 2 && memcmp(p, "..", 2) == 0) {
			up = true;
			depth -= depth > 0;
		} else if ((len != 1 || *p != '.') && !depth++) {
			top = p;
		}
	}
	if (*path != '/')
		return up && *path && strchr("~%$", *path);
	len = depth ? strcspn(top, "/") : 0;
	return (len == 3 && (memcmp(top, "dev", 3) == 0 || memcmp(top, "sys", 3) == 0)) ||
	       (len == 4 && memcmp(top, "proc", 4) == 0);
}

const char *path_refused(const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	return realpath(path, real) && path_is_special(real) ? "it is the kernel's, not a file of one's own"
							     : NULL;
}
