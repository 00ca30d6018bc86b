#include "review/review.h"

#include <string.h>

enum {
	NAMED = 3,	  /* hosts that are all named; of more, the first two */
	ONE_BY_ONE = 8,	  /* hosts with a line each */
	SHOWN_MAX = 1000, /* bytes of a value */
};

bool review_differs_in_words(const struct review *r)
{
	return r->added_count || r->gone_count || r->address_count || r->setting_count || r->step_count ||
	       r->unread.count;
}

bool review_differs(const struct review *r)
{
	return review_differs_in_words(r) || r->layout_changed || r->changed_hosts;
}

void review_add_hosts(struct str *out, const struct host_set *set)
{
	size_t named = set->count > NAMED ? 2 : set->count;

	if (set->all && set->count > 1) {
		str_addf(out, "all %zu hosts", set->count);
		return;
	}
	if (set->role && set->count > 1) {
		str_add(out, "role ");
		str_add_visible(out, set->role, strlen(set->role), SHOWN_MAX);
		str_addf(out, " (%zu hosts)", set->count);
		return;
	}
	for (size_t i = 0; i < named; i++)
		str_addf(out, "%s%s", i ? ", " : "", set->ids[i]);
	if (named < set->count)
		str_addf(out, " and %zu more", set->count - named);
}

/* Quoted where a shell needs it. */
static void add_value(struct str *out, const char *value)
{
	struct str word = STR_INIT;

	str_add_word(&word, value);
	str_add_visible(out, str_text(&word), word.len, SHOWN_MAX);
	str_free(&word);
}

/* "A → B", "added: B", "gone: A". */
static void add_values(struct str *out, const char *before, const char *after)
{
	if (before && after) {
		add_value(out, before);
		str_add(out, " → ");
		add_value(out, after);
		return;
	}
	str_add(out, before ? "gone: " : "added: ");
	add_value(out, before ? before : after);
}

void review_add_setting(struct str *out, const struct setting_change *c)
{
	str_addf(out, "%s: ", c->name);
	for (size_t i = 0; i < c->came_count + c->went_count; i++) {
		bool came = i < c->came_count;
		const char *word = came ? c->came[i] : c->went[i - c->came_count];

		/* "- --ssh" reads better than "---ssh". */
		str_addf(out, "%s%c%s", i ? " " : "", came ? '+' : '-', *word == '-' ? " " : "");
		add_value(out, word);
	}
	if (!c->list)
		add_values(out, c->before, c->after);
	str_add(out, " on ");
	review_add_hosts(out, &c->hosts);
}

/* Where the script of ID goes and what it alone has, of SIDE: " (203.0.113.10, NETWORK_TAGS tag:db)". */
static void add_host(struct str *out, const struct side *side, const char *id)
{
	const struct side_host *h = str_find(id, side->hosts, side->host_count, sizeof *side->hosts);
	const char *before = " (";

	str_add(out, id);
	if (h->address) {
		str_add(out, before);
		str_add_visible(out, h->address, strlen(h->address), SHOWN_MAX);
		before = ", ";
	}
	for (size_t i = 0; i < h->own.count; i++) {
		if (strcmp(h->own.items[i].name, "HOST_ID") == 0 || !*h->own.items[i].value)
			continue;
		str_addf(out, "%s%s ", before, h->own.items[i].name);
		add_value(out, h->own.items[i].value);
		before = ", ";
	}
	str_add(out, before[0] == ',' ? ")" : "");
}

/* A few hosts that came or went with what they are, many by number. */
static void add_ids(struct str *out, const char *what, const struct side *side, const char *const *ids,
		    size_t count)
{
	const struct host_set set = {.ids = ids, .count = count, .all = count == side->host_count};

	if (count > ONE_BY_ONE) {
		str_addf(out, "hosts %s: ", what);
		review_add_hosts(out, &set);
		str_addc(out, '\n');
		return;
	}
	for (size_t i = 0; i < count; i++) {
		str_addf(out, "host %s: ", what);
		add_host(out, side, ids[i]);
		str_addc(out, '\n');
	}
}

static void add_step(struct str *out, const struct step_change *c)
{
	if (c->kind == CHANGE_CHANGED)
		str_addf(out, "step %s: %s → %s on ", c->step, c->before, c->after);
	else if (c->kind == CHANGE_ADDED)
		str_addf(out, "step %s: added, %s, on ", c->step, c->after);
	else
		str_addf(out, "step %s: gone on ", c->step);
	review_add_hosts(out, &c->hosts);
	str_addc(out, '\n');
}

static void add_addresses(struct str *out, const struct review *r)
{
	for (size_t i = 0; i < r->address_count && i < ONE_BY_ONE; i++) {
		str_addf(out, "address of %s: ", r->addresses[i].id);
		add_values(out, r->addresses[i].before, r->addresses[i].after);
		str_addc(out, '\n');
	}
	if (r->address_count > ONE_BY_ONE)
		str_addf(out, "addresses of %zu more hosts\n", r->address_count - ONE_BY_ONE);
}

static void add_rest(struct str *out, const char *what, const struct host_set *hosts)
{
	if (!hosts->count)
		return;
	str_add(out, what);
	review_add_hosts(out, hosts);
	str_addc(out, '\n');
}

void review_add_words(struct str *out, const struct review *r)
{
	add_ids(out, "added", r->after, r->added, r->added_count);
	add_ids(out, "gone", r->before, r->gone, r->gone_count);
	add_addresses(out, r);
	for (size_t i = 0; i < r->setting_count; i++) {
		review_add_setting(out, &r->settings[i]);
		str_addc(out, '\n');
	}
	for (size_t i = 0; i < r->step_count; i++)
		add_step(out, &r->steps[i]);
	add_rest(out, "not as stagecraft writes a script: ", &r->unread);
	if (r->layout_changed)
		str_addf(out, "layout: %s\n", r->after->split ? "whole → split" : "split → whole");
	add_rest(out, "shell of the steps: differs on ", &r->shell);
	add_rest(out, "comments or order: differ on ", &r->comments);
}

/* "3 settings", behind what is there already. */
static void add_number(struct str *out, size_t count, const char *what)
{
	if (count)
		str_addf(out, "%s%zu %s%s", out->len ? ", " : "", count, what, count == 1 ? "" : "s");
}

void review_add_summary(struct str *out, const struct review *r)
{
	size_t both = r->changed_hosts + r->same_hosts;
	const char *verb = r->setting_names + r->step_names == 1 ? "differs" : "differ";

	add_number(out, r->setting_names, "setting");
	add_number(out, r->step_names, "step");
	if (r->changed_hosts && out->len)
		str_addf(out, " %s on %zu of %zu host%s", verb, r->changed_hosts, both, both == 1 ? "" : "s");
	else if (r->changed_hosts)
		str_addf(out, "%zu of %zu host%s differ%s", r->changed_hosts, both, both == 1 ? "" : "s",
			 r->changed_hosts == 1 ? "s" : "");
	if (r->added_count)
		str_addf(out, "%s%zu added", out->len ? "; " : "", r->added_count);
	if (r->gone_count)
		str_addf(out, "%s%zu gone", out->len ? "; " : "", r->gone_count);
	if (r->same_hosts)
		str_addf(out, "%s%zu %s the same", out->len ? "; " : "", r->same_hosts,
			 r->same_hosts == 1 ? "is" : "are");
}
