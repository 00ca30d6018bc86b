#include "compiler/folder.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/source.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fail(const struct folder *f, struct problem *p, const char *what, const char *name,
		 const char *why)
{
	return problem_set(p, "cannot %s %s%s%s: %s", what, f->dir, name ? "/" : "", name ? name : "", why);
}

/* ---- names that wait ---- */

enum { WAITING_SIZE = FOLDER_NAME_MAX + sizeof "..new" };

/* The name a file has until all are complete, in BUFFER. In a new folder that's its own name: the folder is
 * what waits there. No memory is taken for it, so that it can be told when there's none left. */
static const char *waiting_name(const struct folder *f, const char *name, char buffer[WAITING_SIZE])
{
	snprintf(buffer, WAITING_SIZE, f->building ? "%s" : ".%s.new", name);
	return buffer;
}

static struct folder *at_work; /* for want of memory, which ends the program amid the work */

static void forget(struct folder *f)
{
	char buffer[WAITING_SIZE];

	for (size_t i = 0; f->fd >= 0 && i < f->change_count; i++) {
		if (!f->changes[i].removal)
			unlinkat(f->fd, waiting_name(f, f->changes[i].name, buffer), 0);
	}
	if (f->building)
		rmdir(f->building);
	f->building = NULL;
}

static void forget_at_work(void)
{
	forget(at_work);
}

/* ---- opening ---- */

/* "scripts/" and "scripts/." are "scripts": as they are, a symbolic link would pass for the folder it leads
 * to. */
static const char *plain_folder(const char *dir, struct arena *arena)
{
	struct str plain = STR_INIT;

	for (const char *p = dir; *p; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		if (len && !(len == 1 && *p == '.'))
			str_addf(&plain, "%s%.*s", plain.len || *dir == '/' ? "/" : "", (int)len, p);
		p += len;
	}
	if (!plain.len && *dir)
		str_add(&plain, *dir == '/' ? "/" : ".");
	return str_keep(&plain, arena);
}

/* A ".." behind a symbolic link leads elsewhere than it reads. */
static bool check_ups(const struct folder *f, struct problem *p)
{
	struct stat st;

	for (const char *up = f->dir; (up = strstr(up, "/..")) != NULL; up += 3) {
		const char *before = arena_strndup(p->arena, f->dir, (size_t)(up - f->dir));

		if ((!up[3] || up[3] == '/') && lstat(before, &st) == 0 && S_ISLNK(st.st_mode))
			return fail(f, p, "write to", NULL,
				    "a symbolic link is on the way; name the folder itself");
	}
	return true;
}

bool folder_open(struct folder *f, const char *dir, struct problem *p)
{
	*f = (struct folder){.dir = dir, .fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	return f->fd >= 0 || fail(f, p, "open", NULL, strerror(errno));
}

bool folder_begin(struct folder *f, const char *dir, struct problem *p)
{
	struct stat st;

	*f = (struct folder){.dir = plain_folder(dir, p->arena), .fd = -1};
	at_work = f;
	mem_on_failure(forget_at_work);
	if (!check_ups(f, p))
		return false;
	if (lstat(f->dir, &st) < 0)
		return errno == ENOENT || fail(f, p, "open", NULL, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return fail(f, p, "write to", NULL, "it is a symbolic link; name the folder itself");
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return f->fd >= 0 || fail(f, p, "open", NULL, strerror(errno));
}

/* ---- reading ---- */

bool folder_read(const struct folder *f, const char *name, struct str *into, struct problem *p)
{
	int file = openat(f->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), error;

	str_clear(into);
	error = file < 0 ? errno : file_read(file, SOURCE_MAX, into);
	file_close(&file);
	return !error || fail(f, p, "read", name, error == ELOOP ? "it is a symbolic link" : strerror(error));
}

bool folder_list(const struct folder *f, const char *suffix, const char *const **names, size_t *count,
		 struct problem *p)
{
	int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const char **found = NULL, **kept;
	size_t end = strlen(suffix);
	int error;

	*count = 0;
	errno = entries ? 0 : errno;
	for (struct dirent *entry; entries && (entry = readdir(entries)) != NULL; errno = 0) {
		size_t len = strlen(entry->d_name);

		if (len < end || strcmp(entry->d_name + len - end, suffix) != 0)
			continue;
		found = mem_more(found, *count, sizeof *found);
		found[(*count)++] = arena_strndup(p->arena, entry->d_name, len - end);
	}
	error = errno;
	if (entries)
		closedir(entries);
	else
		file_close(&fd);
	str_sort(found, *count, sizeof *found);
	kept = arena_array(p->arena, *count, sizeof *kept);
	if (found)
		memcpy(kept, found, *count * sizeof *kept);
	free(found);
	*names = kept;
	return !error || fail(f, p, "read", NULL, strerror(error));
}

bool folder_look(const struct folder *f, const char *name, struct str *into, mode_t *mode, struct problem *p)
{
	struct stat st;

	str_clear(into);
	*mode = 0;
	if (f->fd < 0)
		return true;
	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || fail(f, p, "read", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(f, p, "write", name,
			    S_ISLNK(st.st_mode) ? "it is a symbolic link" : "it is not a regular file");
	*mode = st.st_mode;
	return folder_read(f, name, into, p);
}

/* ---- writing ---- */

static void add_change(struct folder *f, const char *name, bool removal)
{
	assert(strlen(name) <= FOLDER_NAME_MAX);
	f->changes = mem_more(f->changes, f->change_count, sizeof *f->changes);
	f->changes[f->change_count++] = (struct folder_change){.name = name, .removal = removal};
}

/* A folder that isn't there is filled under another name beside it and then renamed, all at once. */
static bool make_folder(struct folder *f, struct problem *p)
{
	char *name = arena_printf(p->arena, "%s.XXXXXX", f->dir);

	f->building = mkdtemp(name);
	if (!f->building || chmod(name, 0755) < 0)
		return fail(f, p, "make", NULL, strerror(errno));
	f->fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return f->fd >= 0 || fail(f, p, "open", NULL, strerror(errno));
}

bool folder_put(struct folder *f, const char *name, mode_t mode, const struct str *text, struct problem *p)
{
	char buffer[WAITING_SIZE];
	mode_t mask;
	int file, error;

	if (f->fd < 0 && !make_folder(f, p))
		return false;
	add_change(f, name, false);
	waiting_name(f, name, buffer);
	if (!f->building)
		unlinkat(f->fd, buffer, 0); /* what a killed run left */
	mask = umask(022);
	file = openat(f->fd, buffer, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	umask(mask);
	error = file < 0 ? errno : file_write(file, text->data, text->len);
	if (file >= 0 && close(file) < 0 && !error)
		error = errno;
	return !error || fail(f, p, "write", name, strerror(error));
}

void folder_remove(struct folder *f, const char *name)
{
	add_change(f, name, true);
}

bool folder_commit(struct folder *f, struct problem *p)
{
	char buffer[WAITING_SIZE];

	if (f->building && rename(f->building, f->dir) < 0)
		return fail(f, p, "make", NULL, strerror(errno));
	for (size_t i = 0; !f->building && i < f->change_count; i++) {
		const struct folder_change *c = &f->changes[i];

		if (c->removal ? unlinkat(f->fd, c->name, 0) < 0
			       : renameat(f->fd, waiting_name(f, c->name, buffer), f->fd, c->name) < 0)
			return fail(f, p, c->removal ? "remove" : "write", c->name, strerror(errno));
	}
	f->building = NULL;
	f->change_count = 0;
	return true;
}

void folder_close(struct folder *f)
{
	forget(f);
	if (at_work == f)
		mem_on_failure(NULL);
	file_close(&f->fd);
	free(f->changes);
	f->changes = NULL;
	f->change_count = 0;
}
