#include "compiler/output.h"

#include "lib/mem.h"
#include "lib/source.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SCRIPT_MODE = 0755, MANIFEST_MODE = 0644, THREAD_FROM = 64 /* hosts */ };

struct output {
	const char *dir; /* as the user named it, for messages */
	int fd;		 /* of the folder, or -1 while there is none */
	char *building;	 /* a new folder's name while it's being filled; NULL otherwise */
	const struct plan *plan;
	const bool *selected;
	bool dry_run;
	struct size_check size;
	struct manifest old;
	struct manifest made;
	struct output_changes *changes;
	struct arena *arena;
	struct diags *diags;
	const char **why;
};

static bool fail(struct output *o, const char *what, const char *name, const char *problem)
{
	*o->why = arena_printf(o->arena, "cannot %s %s%s%s: %s", what, o->dir, name ? "/" : "",
			       name ? name : "", problem);
	return false;
}

/* ---- reading ---- */

/* The bytes of a file in folder FD, not through a symbolic link, never waiting for a pipe's writer. False
 * with errno. */
static bool read_file(int fd, const char *name, struct str *into)
{
	int file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = 1;

	str_clear(into);
	if (file < 0)
		return false;
	while (n > 0 && into->len <= SOURCE_MAX) {
		str_reserve(into, 64 * 1024);
		n = read(file, into->data + into->len, into->cap - into->len - 1);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			into->len += (size_t)n;
	}
	into->data[into->len] = '\0';
	close(file);
	if (n > 0)
		errno = EFBIG;
	return n == 0;
}

static bool parse_manifest(struct manifest *out, int fd, const char *dir, struct arena *arena,
			   const char **why)
{
	struct str text = STR_INIT;
	const char *problem = NULL;
	bool ok = read_file(fd, MANIFEST_NAME, &text);

	if (!ok)
		problem = strerror(errno);
	else
		ok = manifest_parse(out, str_text(&text), text.len, arena, &problem);
	if (!ok)
		*why = arena_printf(arena, "cannot read %s/" MANIFEST_NAME ": %s", dir, problem);
	str_free(&text);
	return ok;
}

bool output_manifest(struct manifest *out, const char *dir, struct arena *arena, const char **why)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	*out = (struct manifest){0};
	if (fd < 0) {
		*why = arena_printf(arena, "cannot open %s: %s", dir, strerror(errno));
		return false;
	}
	ok = parse_manifest(out, fd, dir, arena, why);
	close(fd);
	return ok;
}

bool output_script(struct str *text, const char *dir, const struct manifest_entry *entry, struct arena *arena,
		   const char **why)
{
	char digest[SHA256_HEX + 1];
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && read_file(fd, arena_printf(arena, "%s.sh", entry->id), text);

	if (!ok)
		*why = arena_printf(arena, "cannot read %s/%s.sh: %s", dir, entry->id, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (!ok)
		return false;
	sha256_hex(digest, str_text(text), text->len, NULL, 0);
	if (strcmp(digest, entry->sha256) == 0)
		return true;
	*why = arena_printf(arena,
			    "%s/%s.sh was changed after it was compiled: its digest isn't the manifest's",
			    dir, entry->id);
	return false;
}

/* ---- comparing ---- */

/* What is under a name that's to be written must be a file. */
static bool check_kind(struct output *o, const char *file, mode_t mode)
{
	return S_ISREG(mode) ||
	       fail(o, "write", file, S_ISLNK(mode) ? "it is a symbolic link" : "it is not a regular file");
}

static void note(struct output *o, enum output_difference kind, const char *file)
{
	o->changes->items[o->changes->count++] = (struct output_change){.kind = kind, .file = file};
}

/* Whether a file under the name of ID's script is one: it begins as one, or is empty, as a crash of the
 * machine may leave it. What the manifest says is no proof: it may come from elsewhere. */
static bool is_ours(const char *id, const struct str *text)
{
	const char *second = text->len ? memchr(text->data, '\n', text->len) : NULL;
	struct str start = STR_INIT;
	bool ours;

	str_addf(&start, "# %s: bootstrap script, compiled from ", id);
	ours = !text->len ||
	       (str_starts(text->data, "#!/bin/sh") && second && str_starts(second + 1, str_text(&start)));
	str_free(&start);
	return ours;
}

enum { SAME, DIFFERENT, MISSING, FAILED };

/* An existing script against the new one. */
static int compare(struct output *o, const struct script *s, const char *file, struct str *scratch)
{
	struct stat st;
	bool same;

	if (o->fd < 0 || o->building)
		return MISSING;
	if (fstatat(o->fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return MISSING;
		fail(o, "read", file, strerror(errno));
		return FAILED;
	}
	if (!check_kind(o, file, st.st_mode))
		return FAILED;
	if (!read_file(o->fd, file, scratch)) {
		fail(o, "read", file, strerror(errno));
		return FAILED;
	}
	same = scratch->len == s->head.len + s->tail->len &&
	       memcmp(scratch->data, s->head.data, s->head.len) == 0 &&
	       memcmp(scratch->data + s->head.len, s->tail->data, s->tail->len) == 0;
	if (!same && !is_ours(s->id, scratch)) {
		fail(o, "write", file, "a file of that name is there, and stagecraft didn't write it");
		return FAILED;
	}
	return same && (st.st_mode & 0777) == SCRIPT_MODE ? SAME : DIFFERENT;
}

/* ---- writing ---- */

static bool write_parts(int file, struct iovec *parts, int count)
{
	while (count) {
		ssize_t n = writev(file, parts, count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		while (count && (size_t)n >= parts->iov_len) {
			n -= (ssize_t)parts->iov_len;
			parts++;
			count--;
		}
		if (count) {
			parts->iov_base = (char *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
	}
	return true;
}

enum { NAME_SIZE = 96 /* ".", an id of 63 bytes at most, ".sh" and ".new" */ };

/* The name a file has until all are complete, in NAME. In a new folder that's its own name: the folder is
 * what waits there. No memory is taken for it, so that it can be told when there's none left. */
static const char *waiting_name(const struct output *o, const char *file, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, o->building ? "%s" : ".%s.new", file);
	return name;
}

static bool write_file(struct output *o, const char *file, mode_t mode, struct iovec *parts, int count)
{
	char buffer[NAME_SIZE];
	const char *name = waiting_name(o, file, buffer);
	int fd;

	if (!o->building)
		unlinkat(o->fd, name, 0); /* what a killed run left */
	fd = openat(o->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return fail(o, "write", file, strerror(errno));
	if (!write_parts(fd, parts, count)) {
		fail(o, "write", file, strerror(errno));
		close(fd);
		return false;
	}
	return close(fd) == 0 || fail(o, "write", file, strerror(errno));
}

static bool write_script(struct output *o, const struct script *s, const char *file)
{
	struct iovec parts[] = {{s->head.data, s->head.len}, {s->tail->data, s->tail->len}};

	return write_file(o, file, SCRIPT_MODE, parts, 2);
}

/* One host: what its script should be, and, if that differs, the script under its waiting name. */
static bool do_host(struct output *o, size_t i, struct script *s, const struct str *tail, struct str *scratch)
{
	const struct plan_host *host = &o->plan->hosts[i];
	const char *file;
	int state;

	emit_head(s, host, tail);
	if (!emit_check_size(&o->size, s, host, o->diags))
		return true;
	o->made.items[o->made.count++].id = s->id;
	file = arena_printf(o->arena, "%s.sh", s->id);
	state = compare(o, s, file, scratch);
	if (state == SAME || state == FAILED)
		return state == SAME;
	note(o, state == MISSING ? OUTPUT_NEW : OUTPUT_CHANGED, file);
	return o->dry_run || write_script(o, s, file);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct manifest_entry *)a)->id, ((const struct manifest_entry *)b)->id);
}

/* Hosts that weren't selected keep what the manifest says of them. */
static void keep_entries(struct output *o)
{
	struct manifest compiled = o->made;

	for (size_t i = 0; i < o->old.count; i++) {
		if (!manifest_find(&compiled, o->old.items[i].id))
			o->made.items[o->made.count++] = o->old.items[i];
	}
	if (o->made.count)
		qsort(o->made.items, o->made.count, sizeof *o->made.items, by_id);
}

/* ---- digests ---- */

/* They take as long as the writing, so a thread of their own makes them meanwhile. It shares nothing that
 * changes. */
struct digests {
	const struct plan *plan;
	const bool *selected; /* NULL: all */
	const struct str *tail;
	char (*sha256)[SHA256_HEX + 1]; /* one a host of the plan */
	pthread_t thread;
	bool started;
};

static void *make_digests(void *argument)
{
	struct digests *d = argument;
	struct script script = {.head = STR_INIT};

	for (size_t i = 0; i < d->plan->host_count; i++) {
		if (d->selected && !d->selected[i])
			continue;
		emit_script(&script, &d->plan->hosts[i], d->tail);
		memcpy(d->sha256[i], script.sha256, sizeof d->sha256[i]);
	}
	str_free(&script.head);
	return NULL;
}

static void start_digests(struct digests *d, struct output *o, const struct str *tail)
{
	*d = (struct digests){.plan = o->plan, .selected = o->selected, .tail = tail};
	d->sha256 = arena_array(o->arena, o->plan->host_count, sizeof *d->sha256);
	d->started =
		o->plan->host_count >= THREAD_FROM && pthread_create(&d->thread, NULL, make_digests, d) == 0;
}

/* Waits for them and gives them to the manifest's entries, which are in the order of the hosts. */
static void take_digests(struct digests *d, struct output *o)
{
	size_t host = 0;

	if (d->started)
		pthread_join(d->thread, NULL);
	else
		make_digests(d);
	for (size_t i = 0; i < o->made.count; i++, host++) {
		while (d->plan->hosts[host].host->id.text != o->made.items[i].id)
			host++;
		memcpy(o->made.items[i].sha256, d->sha256[host], sizeof d->sha256[host]);
	}
}

static bool do_hosts(struct output *o)
{
	struct str tail = STR_INIT, scratch = STR_INIT;
	struct script script = {.head = STR_INIT};
	struct digests digests;
	bool ok = true;

	emit_tail(&tail, o->plan);
	emit_size_begin(&o->size, o->plan, &tail, o->diags);
	start_digests(&digests, o, &tail);
	for (size_t i = 0; ok && i < o->plan->host_count; i++) {
		if (!o->selected || o->selected[i])
			ok = do_host(o, i, &script, &tail, &scratch);
	}
	take_digests(&digests, o);
	if (o->selected)
		keep_entries(o);
	str_free(&script.head);
	str_free(&scratch);
	str_free(&tail);
	return ok;
}

/* Whether the script of ENTRY is there, as it was written. *THERE says whether there's anything. */
static bool is_as_written(struct output *o, const struct manifest_entry *entry, const char *file,
			  struct str *scratch, bool *there)
{
	char digest[SHA256_HEX + 1];
	struct stat st;

	*there = fstatat(o->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*there || !S_ISREG(st.st_mode) || !read_file(o->fd, file, scratch))
		return false;
	sha256_hex(digest, str_text(scratch), scratch->len, NULL, 0);
	return strcmp(digest, entry->sha256) == 0 && is_ours(entry->id, scratch);
}

/* Scripts of hosts that are no more: those the old manifest lists and the plan doesn't. */
static void find_gone(struct output *o)
{
	struct str scratch = STR_INIT;

	o->changes->kept = arena_array(o->arena, o->old.count, sizeof *o->changes->kept);
	for (size_t i = 0; !o->selected && i < o->old.count; i++) {
		const struct manifest_entry *entry = &o->old.items[i];
		const char *file;
		bool there;

		if (manifest_find(&o->made, entry->id))
			continue;
		file = arena_printf(o->arena, "%s.sh", entry->id);
		if (is_as_written(o, entry, file, &scratch, &there))
			note(o, OUTPUT_GONE, file);
		else if (there)
			o->changes->kept[o->changes->kept_count++] = file;
	}
	str_free(&scratch);
}

static bool do_manifest(struct output *o)
{
	struct str text = STR_INIT, before = STR_INIT;
	struct iovec part;
	bool ok = true;

	manifest_write(&text, &o->made);
	if (o->fd < 0 || !read_file(o->fd, MANIFEST_NAME, &before) || before.len != text.len ||
	    memcmp(before.data, text.data, text.len) != 0) {
		note(o, before.len ? OUTPUT_CHANGED : OUTPUT_NEW, MANIFEST_NAME);
		part = (struct iovec){text.data, text.len};
		ok = o->dry_run || write_file(o, MANIFEST_NAME, MANIFEST_MODE, &part, 1);
	}
	str_free(&text);
	str_free(&before);
	return ok;
}

/* Everything is on disk under its waiting name: give the names. */
static bool give_names(struct output *o)
{
	for (size_t i = 0; i < o->changes->count; i++) {
		const struct output_change *c = &o->changes->items[i];
		char name[NAME_SIZE];

		if (c->kind == OUTPUT_GONE
			    ? unlinkat(o->fd, c->file, 0) < 0
			    : renameat(o->fd, waiting_name(o, c->file, name), o->fd, c->file) < 0)
			return fail(o, c->kind == OUTPUT_GONE ? "remove" : "write", c->file, strerror(errno));
	}
	return true;
}

static void forget_waiting(struct output *o)
{
	char name[NAME_SIZE];

	for (size_t i = 0; o->fd >= 0 && i < o->changes->count; i++) {
		if (o->changes->items[i].kind != OUTPUT_GONE)
			unlinkat(o->fd, waiting_name(o, o->changes->items[i].file, name), 0);
	}
	if (o->building)
		rmdir(o->building);
}

static struct output *at_work; /* for want of memory, which ends the program amid the work */

static void forget_at_work(void)
{
	if (at_work)
		forget_waiting(at_work);
}

/* ---- the folder ---- */

/* A folder that isn't there is filled under another name beside it and then renamed, all at once. */
static bool make_folder(struct output *o)
{
	char *name = arena_printf(o->arena, "%s.XXXXXX", o->dir);

	if (!mkdtemp(name))
		return fail(o, "make", NULL, strerror(errno));
	o->building = name;
	if (chmod(name, 0755) < 0)
		return fail(o, "make", NULL, strerror(errno));
	o->fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return o->fd >= 0 || fail(o, "open", NULL, strerror(errno));
}

/* A ".." behind a symbolic link leads elsewhere than it reads. */
static bool check_ups(struct output *o)
{
	struct stat st;

	for (const char *p = o->dir; (p = strstr(p, "/..")) != NULL; p += 3) {
		const char *before = arena_strndup(o->arena, o->dir, (size_t)(p - o->dir));

		if ((!p[3] || p[3] == '/') && lstat(before, &st) == 0 && S_ISLNK(st.st_mode))
			return fail(o, "write to", NULL,
				    "a symbolic link is on the way; name the folder itself");
	}
	return true;
}

static bool open_folder(struct output *o)
{
	struct stat st;

	if (!check_ups(o))
		return false;
	if (lstat(o->dir, &st) < 0) {
		if (errno != ENOENT)
			return fail(o, "open", NULL, strerror(errno));
		return o->dry_run || make_folder(o);
	}
	if (S_ISLNK(st.st_mode))
		return fail(o, "write to", NULL, "it is a symbolic link; name the folder itself");
	o->fd = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (o->fd < 0)
		return fail(o, "open", NULL, strerror(errno));
	if (fstatat(o->fd, MANIFEST_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || fail(o, "read", MANIFEST_NAME, strerror(errno));
	return check_kind(o, MANIFEST_NAME, st.st_mode) &&
	       parse_manifest(&o->old, o->fd, o->dir, o->arena, o->why);
}

static int by_file(const void *a, const void *b)
{
	return strcmp(((const struct output_change *)a)->file, ((const struct output_change *)b)->file);
}

static bool fill(struct output *o)
{
	if (!do_hosts(o) || o->diags->errors)
		return o->diags->errors != 0;
	find_gone(o);
	if (!do_manifest(o))
		return false;
	if (o->dry_run)
		return true;
	if (!o->building)
		return give_names(o);
	if (rename(o->building, o->dir) < 0)
		return fail(o, "make", NULL, strerror(errno));
	o->building = NULL;
	return true;
}

/* "scripts/" and "scripts/." are "scripts": as they are, a symbolic link would pass for the folder it leads
 * to. */
static const char *plain_folder(const char *dir, struct arena *arena)
{
	struct str plain = STR_INIT;
	const char *kept;

	for (const char *p = dir; *p; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		if (len && !(len == 1 && *p == '.')) {
			str_add(&plain, plain.len || *dir == '/' ? "/" : "");
			str_addn(&plain, p, len);
		}
		p += len;
	}
	if (!plain.len && *dir)
		str_add(&plain, *dir == '/' ? "/" : ".");
	kept = arena_strdup(arena, str_text(&plain));
	str_free(&plain);
	return kept;
}

bool output_write(const char *dir, const struct plan *plan, const bool *selected, bool dry_run,
		  struct output_changes *changes, struct arena *arena, struct diags *d, const char **why)
{
	struct output o = {.dir = plain_folder(dir, arena),
			   .fd = -1,
			   .plan = plan,
			   .selected = selected,
			   .dry_run = dry_run,
			   .changes = changes,
			   .arena = arena,
			   .diags = d,
			   .why = why};
	mode_t mask = umask(022);
	bool ok;

	*changes = (struct output_changes){0};
	if (!dry_run) {
		at_work = &o;
		mem_on_failure(forget_at_work);
	}
	ok = open_folder(&o);
	if (ok) {
		changes->items =
			arena_array(arena, plan->host_count + o.old.count + 1, sizeof *changes->items);
		o.made.items = arena_array(arena, plan->host_count + o.old.count, sizeof *o.made.items);
		ok = fill(&o);
	}
	if (!dry_run) {
		mem_on_failure(NULL);
		at_work = NULL;
		if (!ok || d->errors)
			forget_waiting(&o);
	}
	if (changes->count)
		qsort(changes->items, changes->count, sizeof *changes->items, by_file);
	if (o.fd >= 0)
		close(o.fd);
	umask(mask);
	return ok;
}
