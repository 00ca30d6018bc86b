#include "review/side.h"

#include "compiler/emit.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- building one ---- */

/* What both a kept text and struct side_shared begin with. */
struct kept {
	const char *text;
	size_t len;
};

struct builder {
	struct side *side;
	struct arena *arena;
	void *frames, *shared; /* trees of tsearch(3), by text */
	struct str scratch;
};

static int by_text(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->len ? memcmp(x->text, y->text, x->len) : 0;
}

/* The one in TREE with TEXT; if there is none yet, a new one of SIZE bytes, and *NEW is true. */
static void *keep(struct builder *b, void **tree, struct kept text, size_t size, bool *new)
{
	void **node = tfind(&text, tree, by_text);
	struct kept *kept;

	*new = !node;
	if (node)
		return *node;
	kept = arena_alloc(b->arena, size);
	*kept = (struct kept){arena_strndup(b->arena, text.text, text.len), text.len};
	if (!tsearch(kept, tree, by_text))
		mem_failed();
	return kept;
}

static const struct side_shared *keep_shared(struct builder *b, const char *text, size_t len)
{
	struct side *side = b->side;
	struct side_shared *shared;
	bool new;

	/* Mostly it's the one of the host before. */
	if (side->host_count &&
	    by_text(side->hosts[side->host_count - 1].shared, &(struct kept){text, len}) == 0)
		return side->hosts[side->host_count - 1].shared;
	shared = keep(b, &b->shared, (struct kept){text, len}, sizeof *shared, &new);
	if (new) {
		parts_read_shared(&shared->parts, shared->text, len, b->arena);
		side->shared[side->shared_count++] = shared;
	}
	return shared;
}

static const char *keep_frame(struct builder *b, const char *own, size_t len, const char *id)
{
	const struct kept *frame;
	bool new;

	str_clear(&b->scratch);
	parts_add_frame(&b->scratch, own, len, id);
	frame = keep(b, &b->frames, (struct kept){str_text(&b->scratch), b->scratch.len}, sizeof *frame,
		     &new);
	return frame->text;
}

/* Room for COUNT hosts. */
static void begin(struct builder *b, struct side *side, bool split, size_t count, struct arena *arena)
{
	*side = (struct side){.split = split};
	side->hosts = arena_array(arena, count, sizeof *side->hosts);
	side->shared = arena_array(arena, count, sizeof *side->shared);
	*b = (struct builder){.side = side, .arena = arena};
}

/* A host, behind those that have a lower id. */
static void add(struct builder *b, const char *id, const char *address, struct kept own, struct kept shared)
{
	struct side_host host = {.id = id, .address = address, .len = own.len};

	host.text = arena_strndup(b->arena, own.text, own.len);
	host.shared = keep_shared(b, shared.text, shared.len);
	host.frame = keep_frame(b, own.text, own.len, id);
	parts_read_own(&host.own, own.text, own.len, b->arena);
	b->side->hosts[b->side->host_count++] = host;
}

static void end(struct builder *b)
{
	while (b->frames)
		tdelete(*(void **)b->frames, &b->frames, by_text);
	while (b->shared)
		tdelete(*(void **)b->shared, &b->shared, by_text);
	str_free(&b->scratch);
}

/* ---- what compiles now ---- */

void side_of_plan(struct side *out, const struct plan *plan, const bool *selected, struct arena *arena)
{
	bool split = config_is_split(plan->config);
	struct str head = STR_INIT, tail = STR_INIT;
	struct builder b;

	begin(&b, out, split, plan->host_count, arena);
	if (split)
		emit_shared_file(&tail, plan);
	else
		emit_tail(&tail, plan);
	for (size_t i = 0; i < plan->host_count; i++) {
		const struct plan_host *host = &plan->hosts[i];

		if (selected && !selected[i])
			continue;
		if (split)
			emit_own_file(&head, host);
		else
			emit_head(&head, host);
		add(&b, host->host->id.text, host->address, (struct kept){head.data, head.len},
		    (struct kept){tail.data, tail.len});
	}
	end(&b);
	str_free(&head);
	str_free(&tail);
}

/* ---- what is somewhere ---- */

struct reading {
	struct side_source *source;
	const struct manifest *manifest;
	const char *const *ids;
	size_t id_count;
	struct str file, shared; /* the texts of a script, and of steps.sh */
	struct problem *problem;
};

static bool is_wanted(const struct reading *r, const struct manifest_entry *entry)
{
	return !r->ids || str_find(entry->id, r->ids, r->id_count, sizeof *r->ids);
}

static bool read_named(const struct reading *r, const char *name, struct str *into, bool *there)
{
	return r->source->read(r->source, name, into, there, r->problem);
}

/* Tells the source what will be asked for. */
static void expect(const struct reading *r)
{
	const struct manifest *m = r->manifest;
	struct arena *arena = r->problem->arena;
	const char **names;
	size_t count = 0;

	if (!r->source->expect)
		return;
	names = arena_array(arena, m->count + 1, sizeof *names);
	if (m->split)
		names[count++] = script_file(MANIFEST_SHARED, arena);
	for (size_t i = 0; i < m->count; i++) {
		if (is_wanted(r, &m->items[i]))
			names[count++] = script_file(m->items[i].id, arena);
	}
	r->source->expect(r->source, names, count);
}

static bool read_host(struct reading *r, struct builder *b, const struct manifest_entry *entry)
{
	struct kept own, shared;
	bool there;

	if (!read_named(r, script_file(entry->id, b->arena), &r->file, &there))
		return false;
	if (!there)
		return true;
	own = (struct kept){str_text(&r->file), r->file.len};
	shared = (struct kept){str_text(&r->shared), r->shared.len};
	if (!r->manifest->split) {
		own.len = parts_own_len(own.text, own.len);
		shared = (struct kept){own.text + own.len, r->file.len - own.len};
	}
	add(b, entry->id, entry->address, own, shared);
	return true;
}

static bool read_hosts(struct reading *r, struct side *out)
{
	const struct manifest *m = r->manifest;
	struct builder b;
	bool ok = true, there;

	expect(r);
	if (m->split)
		ok = read_named(r, script_file(MANIFEST_SHARED, r->problem->arena), &r->shared, &there);
	begin(&b, out, m->split, m->count, r->problem->arena);
	for (size_t i = 0; ok && i < m->count; i++)
		ok = !is_wanted(r, &m->items[i]) || read_host(r, &b, &m->items[i]);
	end(&b);
	out->manifest = m;
	return ok;
}

bool side_read(struct side *out, struct side_source *source, const char *const *ids, size_t id_count,
	       struct problem *p)
{
	struct manifest *manifest = arena_alloc(p->arena, sizeof *manifest);
	struct reading r = {source, manifest, ids, id_count, .problem = p};
	struct str text = STR_INIT;
	bool ok, there;

	*out = (struct side){0};
	ok = read_named(&r, MANIFEST_NAME, &text, &there) &&
	     (!there || (manifest_parse(manifest, source->name, &text, p) && read_hosts(&r, out)));
	str_free(&text);
	str_free(&r.file);
	str_free(&r.shared);
	return ok;
}

/* ---- a folder ---- */

struct side_folder {
	struct side_source source;
	struct folder folder; /* not open: there is none */
};

const struct folder *side_folder_of(const struct side_source *source)
{
	return &((const struct side_folder *)source)->folder;
}

static bool folder_read_named(struct side_source *self, const char *name, struct str *into, bool *there,
			      struct problem *p)
{
	const struct folder *folder = side_folder_of(self);
	struct stat st;

	str_clear(into);
	*there = folder->fd >= 0 &&
		 (fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT);
	return !*there || folder_read(folder, name, into, p);
}

bool side_folder_open(struct side_source **out, const char *dir, struct problem *p)
{
	struct side_folder *f = mem_alloc(sizeof *f);
	struct stat st;

	*f = (struct side_folder){.source = {.read = folder_read_named, .name = dir}, .folder = {.fd = -1}};
	*out = &f->source;
	return (stat(dir, &st) < 0 && errno == ENOENT) || folder_open(&f->folder, dir, p);
}

void side_folder_close(struct side_source *source)
{
	struct side_folder *f = (struct side_folder *)source;

	folder_close(&f->folder);
	free(f);
}
