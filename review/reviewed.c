#include "review/reviewed.h"

#include "lib/sha256.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SCRIPT_END ".sh"

/* A source that reads its folder for side_read(), and goes on where a script can't be read. */
struct verified {
	struct side_source source;
	struct side_source *folder;
	struct str manifest; /* its text */
	struct diags *d;
	size_t told;
	const char *const *compile; /* by layout */
	bool split;
	const char *const *ids;
	size_t id_count;
};

static bool is_read(const struct verified *v, const char *id)
{
	return !v->ids || str_find(id, v->ids, v->id_count, sizeof *v->ids);
}

/* ---- what is told ---- */

static const char *path_of(const struct verified *v, const char *name)
{
	return arena_printf(v->d->arena, "%s%s%s", v->source.name, *name ? "/" : "", name);
}

/* Tells TEXT of the file NAME, "" for the folder, with HELP; NULL: how to get the reviewed one. */
static void tell(struct verified *v, const char *name, const char *help, const char *text)
{
	struct source *source;

	if (v->told++ >= REVIEWED_TOLD)
		return;
	source = arena_alloc(v->d->arena, sizeof *source);
	source_of(source, path_of(v, name), "", 0);
	if (!help)
		help = arena_printf(v->d->arena, "bring back what was reviewed; or run %s and review that",
				    v->compile[v->split]);
	diag_error(v->d, (struct place){.source = source}, help, "%s", text);
}

static void tell_rest(struct verified *v)
{
	size_t more = v->told > REVIEWED_TOLD ? v->told - REVIEWED_TOLD : 0;

	v->told = 0;
	if (more)
		tell(v, "", NULL,
		     arena_printf(v->d->arena, "%zu more of its files are not as they were compiled", more));
}

static const char *file_of(const struct verified *v, const char *id)
{
	return script_file(id, v->d->arena);
}

/* ---- reading ---- */

static bool read_verified(struct side_source *self, const char *name, struct str *into, bool *there,
			  struct problem *p)
{
	struct verified *v = (struct verified *)self;
	struct problem mine = {.arena = p->arena};

	if (strcmp(name, MANIFEST_NAME) == 0) {
		if (!v->folder->read(v->folder, name, into, there, p))
			return false;
		str_addn(&v->manifest, str_text(into), into->len);
	} else if (!v->folder->read(v->folder, name, into, there, &mine)) {
		tell(v, name, NULL, mine.text);
		str_clear(into);
		*there = false;
	}
	return true;
}

/* ---- which files there are ---- */

/* Why NAME is none that may be read; NULL if it may be. */
static const char *why_no_file(const struct verified *v, const char *name)
{
	struct stat st;

	if (fstatat(side_folder_of(v->folder)->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG(st.st_mode))
		return NULL;
	return S_ISLNK(st.st_mode) ? "it is a symbolic link" : "it is not a regular file";
}

static void check_extra(struct verified *v, const char *name)
{
	struct str word = STR_INIT;

	str_add_word(&word, path_of(v, name));
	tell(v, name, arena_printf(v->d->arena, "take it out of the folder: rm %s", str_text(&word)),
	     "it isn't in " MANIFEST_NAME ": nobody compiled it");
	str_free(&word);
}

/* Each script that is listed is there, and no other. */
static void check_files(struct verified *v, const struct manifest *m, struct problem *p)
{
	static const char missing[] = "it is missing: " MANIFEST_NAME " lists it";
	const char *const *names;
	size_t count;

	if (!folder_list(side_folder_of(v->folder), SCRIPT_END, &names, &count, p)) {
		tell(v, "", NULL, p->text);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *name = file_of(v, names[i]), *why;

		if (m->split && strcmp(names[i], MANIFEST_SHARED) == 0)
			continue;
		if (!manifest_find(m, names[i]))
			check_extra(v, name);
		else if (!is_read(v, names[i]) && (why = why_no_file(v, name))) /* else it was told of */
			tell(v, name, NULL, why);
	}
	if (m->split && !str_find(MANIFEST_SHARED, names, count, sizeof *names))
		tell(v, MANIFEST_SHARED SCRIPT_END, NULL, missing);
	for (size_t i = 0; i < m->count; i++) {
		if (!str_find(m->items[i].id, names, count, sizeof *names))
			tell(v, file_of(v, m->items[i].id), NULL, missing);
	}
}

/* ---- what is in them ---- */

static const char changed[] = "it was changed after it was compiled: its digest isn't the manifest's";
static const char unknown[] = "it isn't as stagecraft writes one, though its digest is the manifest's";

static bool has_digest(const char *want, const char *a, size_t a_len, const char *b, size_t b_len)
{
	char digest[SHA256_HEX + 1];

	sha256_hex(digest, a, a_len, b, b_len);
	return strcmp(digest, want) == 0;
}

static bool has_steps(const struct shared_parts *parts, const struct word_list *steps)
{
	bool same = parts->step_count == steps->count;

	for (size_t i = 0; same && i < steps->count; i++)
		same = strcmp(parts->steps[i].step, steps->items[i]) == 0;
	return same;
}

static bool has_tags(const struct side_host *h, const struct word_list *tags)
{
	const char *own = assignments_get(&h->own, "NETWORK_TAGS");
	struct str joined = STR_INIT;
	bool same;

	for (size_t i = 0; i < tags->count; i++)
		str_addf(&joined, "%s%s", i ? "," : "", tags->items[i]);
	same = own && strcmp(own, str_text(&joined)) == 0;
	str_free(&joined);
	return same;
}

static void check_host(struct verified *v, const struct side *side, const struct side_host *h)
{
	const struct manifest *m = side->manifest;
	const struct manifest_entry *entry = manifest_find(m, h->id);
	const char *id = assignments_get(&h->own, "HOST_ID"), *name = file_of(v, h->id);
	struct word_list steps = manifest_steps(m, entry);

	if (id && strcmp(id, h->id) != 0)
		tell(v, name, NULL,
		     arena_printf(v->d->arena, "it is the script of %s", diag_quote(v->d, id)));
	else if (!has_digest(entry->sha256, h->text, h->len, h->shared->text, m->split ? 0 : h->shared->len))
		tell(v, name, NULL, changed);
	else if (!id || (!m->split && !h->shared->parts.step_count))
		tell(v, name, NULL, unknown);
	else if (entry->address &&
		 (!has_tags(h, &entry->tags) || (!m->split && !has_steps(&h->shared->parts, &steps))))
		tell(v, MANIFEST_NAME, NULL,
		     arena_printf(v->d->arena, "it tells other tags or steps of %s than %s has", h->id,
				  name));
}

/* steps.sh. That it is missing, or can't be read, is told already: then it is empty. */
static void check_shared(struct verified *v, const struct side *side)
{
	const struct manifest *m = side->manifest;
	const struct side_shared *shared = side->shared_count ? side->shared[0] : NULL;

	if (!m->split || !shared || !shared->len)
		return;
	if (!has_digest(m->shared.sha256, shared->text, shared->len, NULL, 0))
		tell(v, MANIFEST_SHARED SCRIPT_END, NULL, changed);
	else if (!shared->parts.step_count)
		tell(v, MANIFEST_SHARED SCRIPT_END, NULL, unknown);
	else if (!has_steps(&shared->parts, &m->shared.steps))
		tell(v, MANIFEST_NAME, NULL, "it tells other steps than " MANIFEST_SHARED SCRIPT_END " has");
}

static void check_all(struct verified *v, struct side *side)
{
	struct problem problem = {.arena = v->d->arena};

	if (!side_read(side, &v->source, v->ids, v->id_count, &problem)) {
		tell(v, MANIFEST_NAME, NULL, problem.text);
		return;
	}
	if (!side->manifest) {
		tell(v, MANIFEST_NAME, NULL, "it is missing: the folder holds no compiled scripts");
		return;
	}
	v->split = side->split;
	if (!manifest_is_as_written(side->manifest, &v->manifest))
		tell(v, MANIFEST_NAME, NULL,
		     "it was changed after it was compiled: it isn't as stagecraft writes it");
	check_files(v, side->manifest, &problem);
	check_shared(v, side);
	for (size_t i = 0; i < side->host_count; i++)
		check_host(v, side, &side->hosts[i]);
}

bool reviewed_read(struct side *out, const char *dir, const char *const *ids, size_t id_count,
		   const char *const compile[2], struct diags *d)
{
	struct verified v = {
		.source = {.read = read_verified, .name = dir},
		.d = d,
		.compile = compile,
		.ids = ids,
		.id_count = id_count,
	};
	struct problem problem = {.arena = d->arena};
	bool ok;

	*out = (struct side){0};
	if (side_folder_open(&v.folder, dir, &problem))
		check_all(&v, out);
	else
		tell(&v, "", NULL, problem.text);
	side_folder_close(v.folder);
	str_free(&v.manifest);
	ok = !v.told;
	tell_rest(&v);
	return ok;
}
