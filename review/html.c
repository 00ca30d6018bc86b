/* A review as a page, for who signs it off: one file, no script, nothing from outside. */
#include "review/review.h"

#include "lib/html.h"
#include "lib/mem.h"
#include "review/colour.h"
#include "review/show.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPEN_MAX = 5,	/* changes that are unfolded */
	FEW_HOSTS = 3,	/* as many are named beside what concerns them */
	PLACES_MAX = 3, /* named of where a tag is written */
};

/* Ratios of contrast: at least 4.5 each on its ground; tests/cli/page.bats computes them. */
static const char style[] =
	":root{--comment:#59636e;--string:#0a3069;--keyword:#b3192a;--variable:#6639ba;--function:#0550ae;"
	"--add:#116329;--add-ground:#dafbe1;--del:#82071e;--del-ground:#ffebe9}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--comment:#9198a1;--string:#a5d6ff;--keyword:#ff7b72;"
	"--variable:#d2a8ff;--function:#79c0ff;--add:#aff5b4;--add-ground:#04260f;--del:#ffdcd7;"
	"--del-ground:#4b0c10}}\n"
	"body{max-width:70rem}nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;list-style:none}\n"
	".skip{position:absolute;left:-99rem}.skip:focus{position:static}\n"
	"li{margin:.2rem 0}code,.words{font:13px/1.5 ui-monospace,monospace}.words{padding-left:1.2rem}\n"
	".hosts{border:0;padding:0}pre span{display:inline-block;min-width:100%}\n"
	".add,ins{color:var(--add);background:var(--add-ground)}.del,del{color:var(--del);background:var(--del-ground)}"
	"ins,del{text-decoration:none}\n"
	".at{color:var(--function)}pre b{font-weight:400}\n"
	".c{color:var(--comment)}.s{color:var(--string)}.k{color:var(--keyword)}.v{color:var(--variable)}"
	".f{color:var(--function)}\n"
	".sh{counter-reset:n}.sh span::before{counter-increment:n;content:counter(n);display:inline-block;width:2.5rem;"
	"margin-right:1rem;text-align:right;color:var(--comment);user-select:none}\n"
	"table{width:100%}details table{width:auto}th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0;font-weight:600}\n"
	"tr{border-bottom:1px solid var(--line)}td{padding:.2rem 1rem .2rem 0}td code,td[data-of=tags],td[data-of=address]{overflow-wrap:anywhere}\n"
	"@media screen and (max-width:45rem){thead{display:none}table,tbody,tr,th,td{display:block}"
	"tr{padding:.4rem 0}th,td{padding:0}td[data-of]::before{content:attr(data-of) ' ';color:var(--skipped)}"
	"td:empty{display:none}.sh span::before{width:1.8rem;margin-right:.5rem}}\n"
	"@media print{nav,.skip{display:none}.add,.del{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	"tr,li{break-inside:avoid}h2{break-after:avoid}body{font-size:11px}code,.words{font-size:10px}pre{font-size:9px}}\n";

#define put(to, ...) html_put(to, SIZE_MAX, __VA_ARGS__)

/* What the page is made of, and what is looked up for it. */
struct page {
	FILE *to;
	const struct review *r;
	const struct plan_host **planned; /* of each host of the side after; NULL: the plan hasn't it */
	bool *changed;			  /* each of these hosts */
	struct arena arena;
};

static const struct side_host *find_host(const struct side *side, const char *id)
{
	return str_find(id, side->hosts, side->host_count, sizeof *side->hosts);
}

static void mark(struct page *page, const char *id)
{
	const struct side_host *found = find_host(page->r->after, id);

	if (found)
		page->changed[found - page->r->after->hosts] = true;
}

static void mark_all(struct page *page, const struct host_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		mark(page, set->ids[i]);
}

static void look_up(struct page *page)
{
	const struct review *r = page->r;
	const struct side *after = r->after;

	page->planned = arena_array(&page->arena, after->host_count, sizeof *page->planned);
	page->changed = arena_array(&page->arena, after->host_count, sizeof *page->changed);
	for (size_t i = 0, k = 0; i < after->host_count; i++) {
		while (k < r->plan->host_count &&
		       strcmp(r->plan->hosts[k].host->id.text, after->hosts[i].id) < 0)
			k++;
		page->planned[i] = k < r->plan->host_count && strcmp(r->plan->hosts[k].host->id.text,
								     after->hosts[i].id) == 0
					   ? &r->plan->hosts[k]
					   : NULL;
	}
	for (size_t i = 0; i < r->setting_count; i++)
		mark_all(page, &r->settings[i].hosts);
	for (size_t i = 0; i < r->step_count; i++)
		mark_all(page, &r->steps[i].hosts);
	mark_all(page, &r->shell);
	mark_all(page, &r->comments);
	for (size_t i = 0; i < r->address_count; i++)
		mark(page, r->addresses[i].id);
}

static void put_place(FILE *to, const struct place *at)
{
	put(to, "%s", at->source->name);
	fprintf(to, ":%u", at->line);
}

/* The last cell of a row: where what it tells of is written. */
static void put_written(FILE *to, const struct place *at)
{
	put(to, at->source ? "<td data-of=\"written at\">" : "<td class=\"skipped\">by default");
	if (at->source)
		put_place(to, at);
	put(to, "</tr>\n");
}

/* ---- what changes ---- */

static void put_fact(FILE *to, const char *name, const char *value)
{
	if (value)
		put(to, "<span>%s <b>%s</b></span>\n", name, value);
}

static void put_head(struct page *page, const struct review_options *options)
{
	static const char *const sections[][2] = {{"changes", "What changes"},
						  {"fleet", "The fleet"},
						  {"steps", "What every host does"},
						  {"own", "What differs a host"},
						  {"script", "The shared script"}};
	struct str counts = STR_INIT, title = STR_INIT;
	FILE *to = page->to;

	review_add_summary(&counts, page->r);
	str_addf(&title, "stagecraft diff: %s", str_text(&counts));
	html_open(to, str_text(&title), style);
	put(to,
	    "<a class=\"skip\" href=\"#changes\">To what changes</a>\n<header>\n"
	    "<h1>stagecraft diff: %s</h1>\n<p class=\"facts\">\n",
	    str_text(&counts));
	put_fact(to, "config", options->config);
	put_fact(to, "against", page->r->against);
	put_fact(to, "stagecraft", options->version);
	put(to, "</p>\n</header>\n<nav aria-label=\"Sections\"><ul>\n");
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		put(to, "<li><a href=\"#%s\">%s</a></li>\n", sections[i][0], sections[i][1]);
	put(to, "</ul></nav>\n<main>\n");
	str_free(&counts);
	str_free(&title);
}

/* LEN bytes of FROM, one line. */
static void put_part(FILE *to, const char *format, const char *from, size_t len)
{
	struct str part = STR_INIT;

	str_addn(&part, from, len);
	put(to, format, str_text(&part));
	str_free(&part);
}

static void put_words(struct page *page)
{
	struct str words = STR_INIT;
	FILE *to = page->to;

	review_add_words(&words, page->r);
	put(to, "<ul class=\"words\">\n");
	for (const char *line = str_text(&words), *end; *line; line = end + 1) {
		const char *at = strchr(line, ':');

		end = strchr(line, '\n');
		at = at && at < end ? at + 1 : line;
		put_part(to, "<li><b>%s</b>", line, (size_t)(at - line));
		for (size_t word; (word = show_sign(at, end)) > 0; at += word)
			put_part(to, at[1] == '+' ? " <ins>%s</ins>" : " <del>%s</del>", at + 1, word - 1);
		put_part(to, "%s</li>\n", at, (size_t)(end - at));
	}
	put(to, "</ul>\n");
	str_free(&words);
}

/* The hosts of SET by name, folded, unless they have been named. */
static void put_ids(FILE *to, const struct host_set *set)
{
	struct str ids = STR_INIT;

	if (set->all || set->count <= FEW_HOSTS)
		return;
	show_add_ids(&ids, set->ids, set->count, 0);
	fprintf(to, "<details class=\"hosts\"><summary>%zu hosts</summary><p>", set->count);
	put(to, "%s</p></details>\n", str_text(&ids));
	str_free(&ids);
}

static void put_hunk(FILE *to, const char *text)
{
	for (size_t len; *text; text += len + 1) {
		len = strcspn(text, "\n");
		put_part(to,
			 *text == '+'	? "<span class=\"add\">%s</span>\n"
			 : *text == '-' ? "<span class=\"del\">%s</span>\n"
			 : *text == '@' ? "<span class=\"at\">%s</span>\n"
					: "%s\n",
			 text, len);
	}
}

static void put_hunks(struct page *page)
{
	const struct review *r = page->r;
	FILE *to = page->to;
	size_t changes = 0;

	for (size_t i = 0; i < r->hunk_count; i++) {
		const struct hunk *hunk = &r->hunks[i];
		struct str hosts = STR_INIT;

		if (!show_goes_on(r, i)) {
			review_add_hosts(&hosts, &hunk->hosts);
			put(to, changes++ < OPEN_MAX ? "<details open>" : "<details>");
			put(to, "<summary>%s: %s</summary>\n", hunk->title, str_text(&hosts));
			put_ids(to, &hunk->hosts);
			put(to, "<pre tabindex=\"0\">");
			str_free(&hosts);
		}
		put_hunk(to, hunk->text);
		if (i + 1 == r->hunk_count || !show_goes_on(r, i + 1))
			put(to, "</pre>\n</details>\n");
	}
	if (r->hunks_left)
		fprintf(to, "<p>%zu more differences between texts are left out: there are too many.</p>\n",
			r->hunks_left);
}

static void put_changes(struct page *page)
{
	put(page->to, "<section aria-labelledby=\"changes\">\n<h2 id=\"changes\">What changes</h2>\n");
	if (review_differs(page->r)) {
		put_words(page);
		put_hunks(page);
	} else {
		put(page->to, "<p>Nothing: %s has what compiles now.</p>\n", page->r->against);
	}
	put(page->to, "</section>\n");
}

/* ---- the fleet ---- */

static bool is_added(const struct review *r, const char *id)
{
	return str_find(id, (void *)r->added, r->added_count, sizeof *r->added) != NULL;
}

static void put_host(struct page *page, size_t i)
{
	const struct side_host *host = &page->r->after->hosts[i];
	const struct plan_host *planned = page->planned[i];
	const char *address = host->address ? host->address : planned ? planned->host->public_ip.text : "";
	bool added = is_added(page->r, host->id);
	FILE *to = page->to;

	put(to,
	    "<tr><th scope=\"row\">%s<td data-of=\"address\">%s<td data-of=\"role\">%s<td data-of=\"tags\">",
	    host->id, address, planned && planned->host->role.text ? planned->host->role.text : "");
	for (size_t k = 0; planned && k < planned->tag_count; k++)
		put(to, "%s%s", k ? ", " : "", planned->tags[k]);
	put(to, added ? "<td class=\"ok\">new" : page->changed[i] ? "<td class=\"changed\">changed" : "<td>");
	put_written(to, planned ? &planned->host->id.at : &(struct place){0});
}

static void put_fleet(struct page *page)
{
	const struct review *r = page->r;
	FILE *to = page->to;

	put(to, "<section aria-labelledby=\"fleet\">\n<h2 id=\"fleet\">The fleet</h2>\n");
	fprintf(to, "<p>%zu host%s, each with the same %zu <a href=\"#steps\">steps</a>.</p>\n",
		r->after->host_count, r->after->host_count == 1 ? "" : "s", r->plan->step_count);
	put(to,
	    "<table>\n<thead><tr><th scope=\"col\">Host<th scope=\"col\">Address<th scope=\"col\">Role"
	    "<th scope=\"col\">Final tags<th scope=\"col\">Change<th scope=\"col\">Written at</thead>\n<tbody>\n");
	for (size_t i = 0; i < r->after->host_count; i++)
		put_host(page, i);
	for (size_t i = 0; i < r->gone_count; i++) {
		const struct side_host *host = find_host(r->before, r->gone[i]);

		put(to,
		    "<tr><th scope=\"row\"><s>%s</s><td data-of=\"address\">%s<td><td><td class=\"failed\">gone<td></tr>\n",
		    r->gone[i], host && host->address ? host->address : "");
	}
	put(to, "</tbody>\n</table>\n</section>\n");
}

/* ---- what every host does ---- */

static bool setting_changed(const struct review *r, const char *name)
{
	for (size_t i = 0; i < r->setting_count; i++) {
		if (strcmp(r->settings[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool step_changed(const struct review *r, const char *name)
{
	for (size_t i = 0; i < r->step_count; i++) {
		if (strcmp(r->steps[i].step, name) == 0)
			return true;
	}
	return false;
}

/* As the words have it. */
static const char *shown_value(const char *value)
{
	return *value ? value : "''";
}

static void put_row(FILE *to, const char *name, const char *value, bool changed, const struct place *at)
{
	put(to, "<tr><th scope=\"row\"><code>%s</code><td><code>%s</code>", name, shown_value(value));
	put(to, changed ? "<td class=\"changed\">changed" : "<td>");
	put_written(to, at);
}

static void put_steps(struct page *page)
{
	const struct plan *plan = page->r->plan;
	FILE *to = page->to;

	put(to, "<section aria-labelledby=\"steps\">\n<h2 id=\"steps\">What every host does</h2>\n"
		"<table>\n<thead><tr><th scope=\"col\">Step, in this order<th scope=\"col\">Done by"
		"<th scope=\"col\">Change<th scope=\"col\">Asked for at</thead>\n<tbody>\n");
	for (size_t i = 0; i < plan->step_count; i++)
		put_row(to, plan->steps[i].name, plan->steps[i].function,
			step_changed(page->r, plan->steps[i].name), &plan->steps[i].at);
	put(to, "</tbody>\n</table>\n<table>\n<thead><tr><th scope=\"col\">Setting<th scope=\"col\">Value"
		"<th scope=\"col\">Change<th scope=\"col\">Written at</thead>\n<tbody>\n");
	for (size_t i = 0; i < plan->settings.count; i++)
		put_row(to, plan->settings.items[i].name, plan->settings.items[i].value,
			setting_changed(page->r, plan->settings.items[i].name), &plan->settings.items[i].at);
	put(to, "</tbody>\n</table>\n</section>\n");
}

/* ---- what differs a host ---- */

/* Hosts whose own assignments are the same but for their id. */
struct row {
	const char *key; /* the assignments as one text */
	size_t host;
};

struct group {
	const struct row *rows;
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x->host > y->host) - (x->host < y->host);
}

static int by_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return (x->rows->host > y->rows->host) - (x->rows->host < y->rows->host);
}

static bool is_id(const struct assignment *a)
{
	return strcmp(a->name, "HOST_ID") == 0;
}

static const char *key_of(const struct side_host *host, struct arena *arena)
{
	struct str key = STR_INIT;

	for (size_t i = 0; i < host->own.count; i++) {
		if (!is_id(&host->own.items[i]))
			str_addf(&key, "%s=%s\n", host->own.items[i].name, host->own.items[i].value);
	}
	return str_keep(&key, arena);
}

/* The groups, by their first hosts. Returns how many. */
static size_t make_groups(struct page *page, struct group **out)
{
	const struct side *after = page->r->after;
	struct row *rows = arena_array(&page->arena, after->host_count, sizeof *rows);
	struct group *groups = arena_array(&page->arena, after->host_count, sizeof *groups);
	size_t count = 0;

	for (size_t i = 0; i < after->host_count; i++)
		rows[i] = (struct row){key_of(&after->hosts[i], &page->arena), i};
	qsort(rows, after->host_count, sizeof *rows, by_key);
	for (size_t i = 0; i < after->host_count; i++) {
		if (!i || strcmp(rows[i].key, rows[i - 1].key) != 0)
			groups[count++].rows = &rows[i];
		groups[count - 1].count++;
	}
	qsort(groups, count, sizeof *groups, by_first);
	*out = groups;
	return count;
}

static const char *role_of(const struct page *page, size_t host)
{
	const struct plan_host *planned = page->planned[host];

	return planned ? planned->host->role.text : NULL;
}

/* The hosts of GROUP, as people say it. */
static struct host_set set_of(struct page *page, const struct group *group)
{
	const struct side *after = page->r->after;
	const char **ids = arena_array(&page->arena, group->count, sizeof *ids);
	const char *role = role_of(page, group->rows->host);
	size_t of_role = 0;

	for (size_t i = 0; i < group->count; i++) {
		const char *other = role_of(page, group->rows[i].host);

		ids[i] = after->hosts[group->rows[i].host].id;
		if (role && (!other || strcmp(role, other) != 0))
			role = NULL;
	}
	for (size_t i = 0; role && group->count > 1 && i < after->host_count; i++)
		of_role += role_of(page, i) && strcmp(role, role_of(page, i)) == 0;
	return (struct host_set){.ids = ids,
				 .count = group->count,
				 .all = group->count == after->host_count,
				 .role = of_role == group->count ? role : NULL};
}

/* The lists that the own assignment NAME of HOST is made of; the rest are empty. */
static void lists_of(const struct plan *plan, const struct host *host, const char *name,
		     const struct text_list *lists[PLAN_TAG_PLACES])
{
	static const struct text_list none;
	const struct text_list *of_role = config_role_up_args(plan->config, host->role.text);

	if (strcmp(name, "NETWORK_TAGS") == 0) {
		plan_tag_lists(plan->config, host, lists);
		return;
	}
	for (size_t i = 0; i < PLAN_TAG_PLACES; i++)
		lists[i] = &none;
	if (strcmp(name, "NETWORK_HOST_UP_ARGS") == 0) {
		lists[0] = of_role ? of_role : &none;
		lists[1] = &host->up_args;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->source->name, y->source->name);

	return order ? order : place_order(x, y);
}

/* Where WORD of the assignment NAME was given to the hosts of GROUP: the first few places, and how many more. */
static void put_places(struct page *page, const struct group *group, const char *name, const char *word)
{
	const struct text_list *lists[PLAN_TAG_PLACES];
	struct place *places = mem_alloc(mem_times(group->count, PLAN_TAG_PLACES * sizeof *places));
	size_t count = 0, shown = 0;

	for (size_t i = 0; i < group->count * PLAN_TAG_PLACES; i++) {
		const struct plan_host *planned = page->planned[group->rows[i / PLAN_TAG_PLACES].host];
		const struct text_list *list;

		if (!planned)
			continue;
		lists_of(page->r->plan, planned->host, name, lists);
		list = lists[i % PLAN_TAG_PLACES];
		for (size_t k = 0; k < list->count; k++) {
			if (list->items[k].at.source && strcmp(list->items[k].text, word) == 0) {
				places[count++] = list->items[k].at;
				break;
			}
		}
	}
	if (count)
		qsort(places, count, sizeof *places, by_place);
	for (size_t i = 0; i < count; i++) {
		if ((i && by_place(&places[i - 1], &places[i]) == 0) || shown++ >= PLACES_MAX)
			continue;
		put(page->to, shown > 1 ? ", " : "");
		put_place(page->to, &places[i]);
	}
	if (shown > PLACES_MAX)
		fprintf(page->to, " and %zu more", shown - PLACES_MAX);
	free(places);
}

/* An assignment that the hosts of GROUP have: its value, then each word of a list with where it is written. */
static void put_assignment(struct page *page, const struct group *group, const struct assignment *a)
{
	const char *between = strcmp(a->name, "NETWORK_TAGS") == 0 ? "," : " ";
	FILE *to = page->to;

	put(to, "<tr><th scope=\"row\"><code>%s</code><td colspan=\"2\"><code>%s</code></tr>\n", a->name,
	    shown_value(a->value));
	for (const char *from = a->value; *from;) {
		size_t len = strcspn(from, between);
		char *word = mem_strndup(from, len);

		put(to, "<tr><td><td>%s<td data-of=\"written at\">", word);
		put_places(page, group, a->name, word);
		put(to, "</tr>\n");
		free(word);
		from += len + (from[len] != '\0');
	}
}

static void put_group(struct page *page, const struct group *group, bool open)
{
	const struct side_host *first = &page->r->after->hosts[group->rows->host];
	struct host_set set = set_of(page, group);
	struct str hosts = STR_INIT;
	FILE *to = page->to;

	review_add_hosts(&hosts, &set);
	put(to, open ? "<details open>" : "<details>");
	put(to, "<summary>%s</summary>\n", str_text(&hosts));
	put_ids(to, &set);
	put(to, "<table>\n<tbody>\n");
	for (size_t i = 0; i < first->own.count; i++) {
		if (!is_id(&first->own.items[i]))
			put_assignment(page, group, &first->own.items[i]);
	}
	put(to, "</tbody>\n</table>\n</details>\n");
	str_free(&hosts);
}

static void put_own(struct page *page)
{
	struct group *groups;
	size_t count = make_groups(page, &groups);
	FILE *to = page->to;

	put(to,
	    "<section aria-labelledby=\"own\">\n<h2 id=\"own\">What differs a host</h2>\n"
	    "<p>Each host&#39;s script begins with its own <code>HOST_ID</code> and these assignments.</p>\n");
	for (size_t i = 0; i < count; i++)
		put_group(page, &groups[i], i < OPEN_MAX);
	put(to, "</section>\n");
}

/* ---- the script ---- */

/* A line, LEN bytes of TEXT of these KINDS. */
static void put_line(FILE *to, const char *text, const char *kinds, size_t len)
{
	put(to, "<span>");
	for (size_t i = 0, end; i < len; i = end) {
		for (end = i + 1; end < len && kinds[end] == kinds[i];)
			end++;
		if (kinds[i] != SHELL_PLAIN)
			fprintf(to, "<b class=\"%c\">", kinds[i]);
		put_part(to, kinds[i] == SHELL_PLAIN ? "%s" : "%s</b>", text + i, end - i);
	}
	put(to, "</span>\n");
}

static void put_script(struct page *page)
{
	const struct side *after = page->r->after;
	FILE *to = page->to;

	put(to, "<section aria-labelledby=\"script\">\n<h2 id=\"script\">The shared script</h2>\n"
		"<p>What every host runs, below its own assignments.</p>\n");
	for (size_t i = 0; i < after->shared_count; i++) {
		const struct side_shared *shared = after->shared[i];
		char *kinds = mem_alloc(shared->len + 1);

		shell_kinds(shared->text, shared->len, kinds);
		put(to, "<pre class=\"sh\" tabindex=\"0\">");
		/* In a whole script an empty line stands in front of it. */
		for (size_t at = *shared->text == '\n', len; at < shared->len; at += len + 1) {
			const char *stop = memchr(shared->text + at, '\n', shared->len - at);

			len = stop ? (size_t)(stop - shared->text) - at : shared->len - at;
			put_line(to, shared->text + at, kinds + at, len);
		}
		put(to, "</pre>\n");
		free(kinds);
	}
	put(to, "</section>\n");
}

void review_html(FILE *to, const struct review *r, const struct review_options *options)
{
	struct page page = {.to = to, .r = r};

	look_up(&page);
	put_head(&page, options);
	put_changes(&page);
	put_fleet(&page);
	put_steps(&page);
	put_own(&page);
	put_script(&page);
	put(to, "</main>\n");
	html_close(to);
	arena_free(&page.arena);
}
