/* A review as one JSON document; docs/review.md says what its members mean. */
#include "review/review.h"

#include <string.h>

static void add_text(struct str *out, const char *name, const char *text)
{
	str_add_member(out, name);
	if (text)
		str_add_json(out, text, strlen(text));
	else
		str_add(out, "null");
}

static void add_number(struct str *out, const char *name, size_t number)
{
	str_add_member(out, name);
	str_addf(out, "%zu", number);
}

static void add_texts(struct str *out, const char *name, const char *const *texts, size_t count)
{
	str_add_member(out, name);
	str_addc(out, '[');
	for (size_t i = 0; i < count; i++)
		add_text(out, NULL, texts[i]);
	str_addc(out, ']');
}

static void add_hosts(struct str *out, const struct host_set *set)
{
	add_texts(out, "hosts", set->ids, set->count);
	add_text(out, "role", set->role);
	str_add_member(out, "all");
	str_add(out, set->all ? "true" : "false");
}

/* Begins an object of a list, on a line of its own. */
static void begin(struct str *out)
{
	str_add_member(out, NULL);
	str_add(out, "\n{");
}

/* A host that is on one SIDE alone. */
static void add_fleet(struct str *out, const char *name, const struct side *side, const char *const *ids,
		      size_t count)
{
	str_add_member(out, name);
	str_addc(out, '[');
	for (size_t i = 0; i < count; i++) {
		const struct side_host *h =
			str_find(ids[i], side->hosts, side->host_count, sizeof *side->hosts);

		begin(out);
		add_text(out, "id", h->id);
		add_text(out, "address", h->address);
		str_add_member(out, "settings");
		str_addc(out, '{');
		for (size_t s = 0; s < h->own.count; s++)
			add_text(out, h->own.items[s].name, h->own.items[s].value);
		str_add(out, "}}");
	}
	str_addc(out, ']');
}

static void add_change(struct str *out, enum change_kind kind, const char *before, const char *after)
{
	static const char *const kinds[] = {
		[CHANGE_ADDED] = "added", [CHANGE_GONE] = "gone", [CHANGE_CHANGED] = "changed"};

	add_text(out, "kind", kinds[kind]);
	add_text(out, "before", before);
	add_text(out, "after", after);
}

static void add_changes(struct str *out, const struct review *r)
{
	str_add_member(out, "addresses");
	str_addc(out, '[');
	for (size_t i = 0; i < r->address_count; i++) {
		begin(out);
		add_text(out, "id", r->addresses[i].id);
		add_text(out, "before", r->addresses[i].before);
		add_text(out, "after", r->addresses[i].after);
		str_addc(out, '}');
	}
	str_addc(out, ']');
	str_add_member(out, "settings");
	str_addc(out, '[');
	for (size_t i = 0; i < r->setting_count; i++) {
		const struct setting_change *c = &r->settings[i];

		begin(out);
		add_text(out, "name", c->name);
		add_change(out, c->kind, c->before, c->after);
		if (c->list) {
			add_texts(out, "came", c->came, c->came_count);
			add_texts(out, "went", c->went, c->went_count);
		}
		add_hosts(out, &c->hosts);
		str_addc(out, '}');
	}
	str_addc(out, ']');
	str_add_member(out, "steps");
	str_addc(out, '[');
	for (size_t i = 0; i < r->step_count; i++) {
		begin(out);
		add_text(out, "step", r->steps[i].step);
		add_change(out, r->steps[i].kind, r->steps[i].before, r->steps[i].after);
		add_hosts(out, &r->steps[i].hosts);
		str_addc(out, '}');
	}
	str_addc(out, ']');
}

static void add_hunks(struct str *out, const struct review *r)
{
	str_add_member(out, "hunks");
	str_addc(out, '[');
	for (size_t i = 0; i < r->hunk_count; i++) {
		begin(out);
		add_text(out, "title", r->hunks[i].title);
		add_text(out, "text", r->hunks[i].text);
		add_hosts(out, &r->hunks[i].hosts);
		str_addc(out, '}');
	}
	str_addc(out, ']');
	add_number(out, "hunks_left", r->hunks_left);
}

void review_json(FILE *to, const struct review *r, const struct review_options *options)
{
	struct str out = STR_INIT;

	(void)options;
	str_addc(&out, '{');
	add_text(&out, "against", r->against);
	str_add_member(&out, "differs");
	str_add(&out, review_differs(r) ? "true" : "false");
	str_add_member(&out, "layout");
	str_addc(&out, '{');
	add_text(&out, "before", r->before->host_count ? layouts[r->before->split] : NULL);
	add_text(&out, "after", layouts[r->after->split]);
	str_addc(&out, '}');
	add_fleet(&out, "added", r->after, r->added, r->added_count);
	add_fleet(&out, "gone", r->before, r->gone, r->gone_count);
	add_changes(&out, r);
	add_texts(&out, "unread", r->unread.ids, r->unread.count);
	add_texts(&out, "shell", r->shell.ids, r->shell.count);
	add_texts(&out, "comments", r->comments.ids, r->comments.count);
	add_hunks(&out, r);
	str_add_member(&out, "summary");
	str_addc(&out, '{');
	add_number(&out, "changed", r->changed_hosts);
	add_number(&out, "same", r->same_hosts);
	add_number(&out, "added", r->added_count);
	add_number(&out, "gone", r->gone_count);
	add_number(&out, "settings", r->setting_names);
	add_number(&out, "steps", r->step_names);
	str_add(&out, "}}\n");
	fwrite(out.data, 1, out.len, to);
	str_free(&out);
}
