#include "compiler/output.h"

#include "compiler/emit.h"

#include <assert.h>
#include <string.h>

enum { SCRIPT_MODE = 0755, DATA_MODE = 0644 };

static void note(struct output *o, struct output_change change)
{
	o->changes[o->change_count++] = change;
}

/* Whether a file under the name of ID's script is one: it begins as one, or is empty, as a crash of the
 * machine may leave it. What the manifest says is no proof: it may come from elsewhere. */
static bool is_ours(const char *id, const struct str *text)
{
	return !text->len || emit_is_script(id, text);
}

static bool is_same(const struct str *text, const struct str *first, const struct str *second)
{
	return text->len == first->len + second->len && memcmp(text->data, first->data, first->len) == 0 &&
	       (!second->len || memcmp(text->data + first->len, second->data, second->len) == 0);
}

/* What is under the name of ID's file, if anything is, against what it's to be: FIRST and SECOND. C is the
 * change, as far as it is known. */
static bool compare(struct output *o, const char *id, const struct str *first, const struct str *second,
		    struct output_change c, struct problem *p)
{
	mode_t mode;
	bool same;

	c.file = script_file(id, p->arena);
	if (!folder_look(&o->folder, c.file, &o->scratch, &mode, p))
		return false;
	same = is_same(&o->scratch, first, second);
	if (mode && !same && !is_ours(id, &o->scratch))
		return problem_set(
			p, "cannot write %s/%s: a file of that name is there, and stagecraft didn't write it",
			o->folder.dir, c.file);
	c.kind = mode ? OUTPUT_CHANGED : OUTPUT_NEW;
	if (!same || (mode & 0777) != c.mode)
		note(o, c);
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
	static const struct str none;
	struct word_list steps = step_names(o->plan, p->arena);
	struct script script = {.head = STR_INIT};
	bool ok = true;

	if (o->after.split) {
		const struct str *text = &o->scripts.tail;
		struct output_change c = {.text = text, .mode = DATA_MODE, .turn = TURN_SHARED};

		sha256_hex(o->after.shared.sha256, text->data, text->len, NULL, 0);
		o->after.shared.steps = steps;
		ok = compare(o, MANIFEST_SHARED, text, &none, c, p);
	}
	for (size_t i = 0; ok && i < o->plan->host_count; i++) {
		const struct plan_host *host = &o->plan->hosts[i];
		struct output_change c = {.host = host, .mode = SCRIPT_MODE, .turn = TURN_SCRIPTS};

		if ((o->selected && !o->selected[i]) || !scripts_get(&o->scripts, host, &script, d))
			continue;
		describe(manifest_add(&o->after, script.id, script.sha256), host, &steps);
		ok = compare(o, script.id, &script.head, script.split ? &none : script.tail, c, p);
	}
	str_free(&script.head);
	return ok && !d->errors;
}

/* The file of ID that nothing needs any more: it goes in its TURN, if it's to the byte what was written, SHA256 of
 * that. */
static void compare_unused(struct output *o, const char *id, const char *sha256, enum output_turn turn,
			   struct arena *arena)
{
	struct output_change c = {.file = script_file(id, arena), .kind = OUTPUT_GONE, .turn = turn};
	struct problem unsaid = {.arena = arena};
	char digest[SHA256_HEX + 1];
	mode_t mode;
	bool read = folder_look(&o->folder, c.file, &o->scratch, &mode, &unsaid);

	if (read && !mode)
		return;
	sha256_hex(digest, str_text(&o->scratch), o->scratch.len, NULL, 0);
	if (read && strcmp(digest, sha256) == 0 && is_ours(id, &o->scratch))
		note(o, c);
	else
		o->kept[o->kept_count++] = c.file;
}

/* What the old manifest lists and the new one lacks. Those of hosts that weren't selected stay; all selected,
 * the hosts are no more, and so are their scripts. */
static void compare_others(struct output *o, struct arena *arena)
{
	struct manifest compiled = o->after;
	const char *shared = o->after.split ? MANIFEST_SHARED : "";

	o->kept = arena_array(arena, o->before.count + 1, sizeof *o->kept);
	for (size_t i = 0; i < o->before.count; i++) {
		const struct manifest_entry *entry = &o->before.items[i];

		if (manifest_find(&compiled, entry->id))
			continue;
		if (o->selected)
			o->after.items[o->after.count++] = *entry;
		else if (strcmp(entry->id, shared) != 0) /* that file has a new use */
			compare_unused(o, entry->id, entry->sha256, TURN_SCRIPTS, arena);
	}
	str_sort(o->after.items, o->after.count, sizeof *o->after.items);
	if (o->before.split && !o->after.split && !manifest_find(&compiled, MANIFEST_SHARED))
		compare_unused(o, MANIFEST_SHARED, o->before.shared.sha256, TURN_UNUSED, arena);
	o->changes_others = o->after.count > compiled.count &&
			    (o->before.split != o->after.split ||
			     strcmp(o->before.shared.sha256, o->after.shared.sha256) != 0);
}

bool output_compare(struct output *o, const char *dir, const struct plan *plan, const bool *selected,
		    struct diags *d, struct problem *p)
{
	bool split = config_is_split(plan->config);
	struct output_change manifest = {.file = MANIFEST_NAME,
					 .text = &o->manifest_after,
					 .mode = DATA_MODE,
					 .turn = TURN_MANIFEST};
	mode_t mode;
	size_t most;

	*o = (struct output){.plan = plan, .selected = selected, .folder = {.fd = -1}};
	o->after = (struct manifest){.format = MANIFEST_FORMAT, .split = split};
	scripts_make(&o->scripts, plan, split, d);
	if (!folder_begin(&o->folder, dir, p) ||
	    !folder_look(&o->folder, MANIFEST_NAME, &o->manifest_before, &mode, p) ||
	    (mode && !manifest_parse(&o->before, o->folder.dir, &o->manifest_before, p)))
		return false;
	manifest.kind = mode ? OUTPUT_CHANGED : OUTPUT_NEW;
	most = plan->host_count + o->before.count;
	o->changes = arena_array(p->arena, most + 2, sizeof *o->changes);
	o->after.items = arena_array(p->arena, most, sizeof *o->after.items);
	if (!compare_hosts(o, d, p))
		return false;
	compare_others(o, p->arena);
	manifest_write(&o->manifest_after, &o->after);
	if (strcmp(str_text(&o->manifest_before), o->manifest_after.data) != 0)
		note(o, manifest);
	str_sort(o->changes, o->change_count, sizeof *o->changes);
	return true;
}

/* Writes or removes what C says, under its waiting name. SCRATCH is for its text. */
static bool make(struct output *o, const struct output_change *c, struct problem *p)
{
	const struct str *text = c->text;

	if (c->kind == OUTPUT_GONE) {
		folder_remove(&o->folder, c->file);
		return true;
	}
	if (!text && o->after.split) {
		emit_own_file(&o->scratch, c->host);
	} else if (!text) {
		emit_head(&o->scratch, c->host);
		str_addn(&o->scratch, o->scripts.tail.data, o->scripts.tail.len);
	}
	return folder_put(&o->folder, c->file, c->mode, text ? text : &o->scratch, p);
}

bool output_write(struct output *o, struct problem *p)
{
	bool ok = true;

	assert(!o->changes_others);
	for (int turn = 0; turn < TURNS; turn++) {
		for (size_t i = 0; ok && i < o->change_count; i++) {
			if ((int)o->changes[i].turn == turn)
				ok = make(o, &o->changes[i], p);
		}
	}
	ok = ok && folder_commit(&o->folder, p);
	folder_close(&o->folder);
	return ok;
}

void output_close(struct output *o)
{
	folder_close(&o->folder);
	scripts_close(&o->scripts);
	str_free(&o->scratch);
	str_free(&o->manifest_before);
	str_free(&o->manifest_after);
}
