#include "providers/secrets/sync.h"

#include "lib/file.h"
#include "providers/secrets/dotenv.h"
#include "providers/secrets/scan.h"

#include <stdlib.h>
#include <string.h>

/* ---- results ---- */

void secrets_result_add(struct secrets_result *out, const char *name, enum secret_state state)
{
	out->items[out->count++] = (struct secret_item){.name = name, .state = state};
}

enum secrets_status secrets_problem(struct secrets_result *out, enum secrets_status status,
				    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	str_addv(&out->problem, format, arguments);
	va_end(arguments);
	str_addc(&out->problem, '\n');
	return status;
}

const char *secrets_path(const struct secrets_request *r, const char *asked, const struct text *configured,
			 const char *option, const char *key, struct secrets_result *result)
{
	const char *home = getenv("HOME"), *path = configured->text, *why;

	if (asked)
		return asked;
	if (path && str_starts(path, "~/") && home && *home)
		path = arena_printf(r->arena, "%s%s", home, path + 1);
	if (!path)
		secrets_problem(result, SECRETS_INVALID, "set %s, or name one with %s", key, option);
	why = path && *option ? path_refused(path) : NULL;
	if (why)
		secrets_problem(result, SECRETS_INVALID, "%s is %s: %s", key, path, why);
	return why ? NULL : path;
}

/* ---- the source ---- */

/* Marks the first entry of each key that is asked for; no key: all. An argument that isn't a name may be a
 * value that went astray: it isn't repeated. */
static enum secrets_status mark_keys(const struct secrets_request *r, const struct secret_doc *doc,
				     bool *asked, struct secrets_result *result)
{
	for (size_t i = 0; i < r->key_count; i++) {
		const struct secret_entry *e = secret_doc_find(doc, r->keys[i]);

		if (!dotenv_is_name(r->keys[i], strlen(r->keys[i])))
			secrets_problem(result, SECRETS_USAGE, "key %zu on the command line is not a name",
					i + 1);
		else if (!e)
			secrets_problem(result, SECRETS_USAGE, "%s has no %s", doc->source->name,
					diag_quote(r->diags, r->keys[i]));
		else
			asked[e - doc->items] = true;
	}
	return result->problem.len ? SECRETS_USAGE : SECRETS_DONE;
}

enum secrets_status secrets_source_read(struct secrets_source *out, const char *path,
					const struct secrets_request *r, struct secrets_result *result)
{
	enum secrets_status status;
	struct problem problem = {.arena = r->arena};
	size_t errors = r->diags->errors;
	bool *asked;

	*out = (struct secrets_source){.count = 0};
	if (!secret_file_read(&out->file, path, &problem))
		return secrets_problem(result, SECRETS_FAILED, "%s", problem.text);
	if (!scan_doc(&out->doc, &dotenv_format, out->file.source, r->diags) && !out->doc.count)
		return SECRETS_INVALID;
	asked = arena_array(r->arena, out->doc.count, sizeof *asked);
	status = mark_keys(r, &out->doc, asked, result);
	out->chosen = arena_array(r->arena, out->doc.count, sizeof *out->chosen);
	for (size_t i = 0; i < out->doc.count; i++) {
		const struct secret_entry *e = &out->doc.items[i];

		if (r->key_count && !asked[secret_doc_find(&out->doc, e->name) - out->doc.items])
			continue;
		if (e->trouble)
			diag_error(r->diags, e->trouble_at, e->help, "%s", e->trouble);
		else
			out->chosen[out->count++] = e;
	}
	return r->diags->errors > errors ? SECRETS_INVALID : status;
}

void secrets_source_free(struct secrets_source *s)
{
	secret_doc_free(&s->doc);
	secret_file_free(&s->file);
}

/* ---- a target that is a file ---- */

struct job {
	const struct secrets_request *r;
	const struct secret_format *format;
	struct secrets_source from;
	struct secret_target to;
	struct secret_doc doc;
	struct secret_change *changes; /* in the arena */
	size_t change_count;
	struct str text;
	struct secrets_result *out;
};

static enum secret_state compare(const struct secret_entry *have, const struct secret_entry *want)
{
	if (!have || have->bare)
		return SECRET_MISSING;
	if (have->value && have->len == want->len && memcmp(have->value, want->value, want->len) == 0)
		return SECRET_SAME;
	return SECRET_DIFFERS;
}

/* What to do about each key, and what can't be written, at its place in the source. */
static void plan_keys(struct job *j)
{
	for (size_t i = 0; i < j->from.count; i++) {
		const struct secret_entry *want = j->from.chosen[i],
					  *have = secret_doc_find(&j->doc, want->name);
		enum secret_state state = compare(have, want);
		const char *why;

		secrets_result_add(j->out, want->name, state);
		if (state == SECRET_SAME)
			continue;
		j->changes[j->change_count++] =
			(struct secret_change){want->name, want->value, want->len, have};
		why = j->format->refuse(want->name, want->value, want->len);
		if (why)
			diag_error(j->r->diags, want->at, NULL, "%s %s", diag_quote(j->r->diags, want->name),
				   why);
	}
}

/* A name that is there twice can't be set: which of the two would its readers take? Other entries are none of
 * ours, and their troubles are told. */
static void plan_others(struct job *j)
{
	for (size_t i = 0; i < j->doc.count; i++) {
		const struct secret_entry *e = &j->doc.items[i];
		bool ours = secret_doc_find(&j->from.doc, e->name) != NULL;

		if (e->trouble && (e->repeated || !ours))
			diag_add(j->r->diags, e->repeated && ours ? DIAG_ERROR : DIAG_WARNING,
				 DIAG_DUPLICATE_KEY, e->trouble_at, e->help, "%s", e->trouble);
		if (ours || !j->r->prune || e->bare)
			continue;
		if (!e->repeated)
			secrets_result_add(j->out, e->name, SECRET_EXTRA);
		j->changes[j->change_count++] = (struct secret_change){.name = e->name, .entry = e};
	}
}

/* Reads the new text as it is about to be written: each key must have its value. */
static bool check(const struct job *j)
{
	struct source source;
	struct secret_doc doc;
	struct diags d;
	bool good;

	diags_init(&d, j->r->arena);
	source_of(&source, j->to.path, str_text(&j->text), j->text.len);
	good = scan_doc(&doc, j->format, &source, &d);
	for (size_t i = 0; good && i < j->from.count; i++) {
		const struct secret_entry *want = j->from.chosen[i];

		good = compare(secret_doc_find(&doc, want->name), want) == SECRET_SAME;
	}
	secret_doc_free(&doc);
	diags_free(&d);
	return good;
}

static enum secrets_status write_changes(struct job *j)
{
	if (j->change_count) {
		secret_doc_render(&j->doc, j->format, j->changes, j->change_count, &j->text);
		if (!check(j))
			return secrets_problem(
				j->out, SECRETS_FAILED,
				"the new text would not read back as it should (a bug of stagecraft); "
				"nothing was written");
		j->out->done = secret_target_replace(&j->to, str_text(&j->text), j->text.len);
	} else {
		bool loose = secret_target_is_loose(&j->to);

		j->out->done = !loose || secret_target_tighten(&j->to);
		j->out->note = loose ? "others could read it; that is mended" : NULL;
	}
	return j->out->done ? SECRETS_DONE
			    : secrets_problem(j->out, SECRETS_FAILED, "%s", j->to.problem.text);
}

static enum secrets_status work(struct job *j, const char *target)
{
	const struct secrets_request *r = j->r;
	const struct stat *from = &j->from.file.st, *to = &j->to.old.st;
	bool write = r->mode == SECRETS_SYNC && !r->dry_run;
	size_t errors = r->diags->errors, most;

	if (!secret_target_open(&j->to, target, write, r->arena))
		return secrets_problem(j->out, SECRETS_FAILED, "%s", j->to.problem.text);
	if (to->st_mode && to->st_dev == from->st_dev && to->st_ino == from->st_ino)
		return secrets_problem(j->out, SECRETS_INVALID, "source and target are the same file");
	if (r->prune && !j->from.doc.count)
		return secrets_problem(
			j->out, SECRETS_INVALID,
			"the source has no secrets (did what it comes from fail?): --prune would take away "
			"all that the target has");
	if (!scan_doc(&j->doc, j->format, j->to.old.source, r->diags))
		return SECRETS_INVALID;
	most = j->from.count + j->doc.count;
	j->out->items = arena_array(r->arena, most, sizeof *j->out->items);
	j->changes = arena_array(r->arena, most, sizeof *j->changes);
	plan_keys(j);
	plan_others(j);
	if (r->diags->errors > errors)
		return SECRETS_INVALID;
	return write ? write_changes(j) : SECRETS_DONE;
}

enum secrets_status secrets_file(const struct secrets_request *r, const struct secret_format *format,
				 const char *source, const char *target, struct secrets_result *out)
{
	struct job j = {.r = r, .format = format, .to = {.folder = -1}, .text = STR_INIT, .out = out};
	enum secrets_status status = secrets_source_read(&j.from, source, r, out);

	out->target = target;
	if (status == SECRETS_DONE && r->mode == SECRETS_LIST) {
		out->items = arena_array(r->arena, j.from.count, sizeof *out->items);
		for (size_t i = 0; i < j.from.count; i++)
			secrets_result_add(out, j.from.chosen[i]->name, SECRET_SET);
	} else if (status == SECRETS_DONE) {
		status = work(&j, target);
	}
	str_wipe(&j.text);
	secret_doc_free(&j.doc);
	secret_target_close(&j.to);
	secrets_source_free(&j.from);
	return status;
}
