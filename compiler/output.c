#include "compiler/output.h"

#include "compiler/emit.h"

#include <string.h>

enum { SCRIPT_MODE = 0755, MANIFEST_MODE = 0644 };

static void note(struct output *o, const char *file, enum output_difference kind,
		 const struct plan_host *host)
{
	o->changes[o->change_count++] = (struct output_change){file, kind, host};
}

/* Whether a file under the name of ID's script is one: it begins as one, or is empty, as a crash of the
 * machine may leave it. What the manifest says is no proof: it may come from elsewhere. */
static bool is_ours(const char *id, const struct str *text, struct arena *arena)
{
	const char *start = arena_printf(arena, "# %s: bootstrap script, compiled from ", id);
	const char *second = strchr(str_text(text), '\n');

	return !text->len || (str_starts(text->data, "#!/bin/sh") && second && str_starts(second + 1, start));
}

static bool is_same(const struct script *s, const struct str *text)
{
	return text->len == s->head.len + s->tail->len &&
	       memcmp(text->data, s->head.data, s->head.len) == 0 &&
	       memcmp(text->data + s->head.len, s->tail->data, s->tail->len) == 0;
}

/* An existing script, if there is one, against HOST's new one, S. */
static bool compare(struct output *o, const struct plan_host *host, const struct script *s,
		    struct str *scratch, struct problem *p)
{
	const char *file = arena_printf(p->arena, "%s.sh", s->id);
	mode_t mode;
	bool same;

	if (!folder_look(&o->folder, file, scratch, &mode, p))
		return false;
	same = is_same(s, scratch);
	if (mode && !same && !is_ours(s->id, scratch, p->arena))
		return problem_set(
			p, "cannot write %s/%s: a file of that name is there, and stagecraft didn't write it",
			o->folder.dir, file);
	if (!same || (mode & 0777) != SCRIPT_MODE)
		note(o, file, mode ? OUTPUT_CHANGED : OUTPUT_NEW, host);
	return true;
}

static struct word_list step_names(const struct plan *plan, struct arena *arena)
{
	const char **names = arena_array(arena, plan->step_count, sizeof *names);

	for (size_t i = 0; i < plan->step_count; i++)
		names[i] = plan->steps[i].name;
	return (struct word_list){names, plan->step_count};
}

/* What the manifest tells of HOST, besides its script's digest. */
static void describe(struct manifest_entry *entry, const struct plan_host *host,
		     const struct word_list *steps)
{
	entry->address = host->address;
	entry->tags = (struct word_list){host->tags, host->tag_count};
	entry->steps = *steps;
}

static bool compare_hosts(struct output *o, struct diags *d, struct problem *p)
{
	struct word_list steps = step_names(o->plan, p->arena);
	struct str scratch = STR_INIT;
	struct script script = {.head = STR_INIT};
	bool ok = true;

	for (size_t i = 0; ok && i < o->plan->host_count; i++) {
		const struct plan_host *host = &o->plan->hosts[i];

		if ((o->selected && !o->selected[i]) || !scripts_get(&o->scripts, host, &script, d, p))
			continue;
		describe(manifest_add(&o->after, script.id, script.sha256), host, &steps);
		ok = compare(o, host, &script, &scratch, p);
	}
	str_free(&script.head);
	str_free(&scratch);
	return ok && !d->errors;
}

/* Whether TEXT is the script of ENTRY as it was written. */
static bool is_as_written(const struct manifest_entry *entry, const struct str *text, struct arena *arena)
{
	char digest[SHA256_HEX + 1];

	sha256_hex(digest, str_text(text), text->len, NULL, 0);
	return strcmp(digest, entry->sha256) == 0 && is_ours(entry->id, text, arena);
}

/* Entries of the old manifest that the new one lacks. Those of hosts that weren't selected stay; all selected,
 * the hosts are no more, and so are their scripts. */
static void compare_others(struct output *o, struct arena *arena)
{
	struct manifest compiled = o->after;
	struct str scratch = STR_INIT;

	o->kept = arena_array(arena, o->before.count, sizeof *o->kept);
	for (size_t i = 0; i < o->before.count; i++) {
		const struct manifest_entry *entry = &o->before.items[i];
		const char *file = arena_printf(arena, "%s.sh", entry->id);
		struct problem unsaid = {.arena = arena};
		mode_t mode;
		bool read;

		if (manifest_find(&compiled, entry->id))
			continue;
		if (o->selected) {
			o->after.items[o->after.count++] = *entry;
			continue;
		}
		read = folder_look(&o->folder, file, &scratch, &mode, &unsaid);
		if (read && mode && is_as_written(entry, &scratch, arena))
			note(o, file, OUTPUT_GONE, NULL);
		else if (!read || mode)
			o->kept[o->kept_count++] = file;
	}
	str_sort(o->after.items, o->after.count, sizeof *o->after.items);
	str_free(&scratch);
}

bool output_compare(struct output *o, const char *dir, const struct plan *plan, const bool *selected,
		    struct diags *d, struct problem *p)
{
	mode_t mode;
	size_t most;

	*o = (struct output){.plan = plan, .selected = selected, .folder = {.fd = -1}};
	o->after.format = MANIFEST_FORMAT;
	scripts_open(&o->scripts, plan, NULL, d, p);
	if (!folder_begin(&o->folder, dir, p) ||
	    !folder_look(&o->folder, MANIFEST_NAME, &o->manifest_before, &mode, p) ||
	    (mode && !manifest_parse(&o->before, o->folder.dir, &o->manifest_before, p)))
		return false;
	most = plan->host_count + o->before.count;
	o->changes = arena_array(p->arena, most + 1, sizeof *o->changes);
	o->after.items = arena_array(p->arena, most, sizeof *o->after.items);
	if (!compare_hosts(o, d, p))
		return false;
	compare_others(o, p->arena);
	manifest_write(&o->manifest_after, &o->after);
	if (strcmp(str_text(&o->manifest_before), o->manifest_after.data) != 0)
		note(o, MANIFEST_NAME, o->manifest_before.len ? OUTPUT_CHANGED : OUTPUT_NEW, NULL);
	str_sort(o->changes, o->change_count, sizeof *o->changes);
	return true;
}

static void make_after(const struct output *o, const struct output_change *c, struct str *after)
{
	str_clear(after);
	if (c->host) {
		emit_head(after, c->host);
		str_addn(after, o->scripts.tail.data, o->scripts.tail.len);
	} else if (c->kind != OUTPUT_GONE) {
		str_addn(after, o->manifest_after.data, o->manifest_after.len);
	}
}

bool output_texts(const struct output *o, const struct output_change *c, struct str *before,
		  struct str *after, struct problem *p)
{
	str_clear(before);
	make_after(o, c, after);
	return c->kind == OUTPUT_NEW || folder_read(&o->folder, c->file, before, p);
}

/* The manifest comes last: it never lists what isn't there yet. */
bool output_write(struct output *o, struct problem *p)
{
	const struct output_change *manifest = NULL;
	struct str text = STR_INIT;
	bool ok = true;

	for (size_t i = 0; ok && i < o->change_count; i++) {
		const struct output_change *c = &o->changes[i];

		if (c->kind == OUTPUT_GONE) {
			folder_remove(&o->folder, c->file);
		} else if (!c->host) {
			manifest = c;
		} else {
			make_after(o, c, &text);
			ok = folder_put(&o->folder, c->file, SCRIPT_MODE, &text, p);
		}
	}
	if (ok && manifest)
		ok = folder_put(&o->folder, MANIFEST_NAME, MANIFEST_MODE, &o->manifest_after, p);
	str_free(&text);
	ok = ok && folder_commit(&o->folder, p);
	folder_close(&o->folder);
	return ok;
}

void output_close(struct output *o)
{
	folder_close(&o->folder);
	scripts_close(&o->scripts);
	str_free(&o->manifest_before);
	str_free(&o->manifest_after);
}
