#include "review/compare.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

/* A change of one host, before equal ones are put together. */
struct record {
	struct setting_change change; /* without hosts */
	const char *alike;	      /* of a list: what came and what went; NULL: before and after tell */
	size_t host;
};

struct records {
	struct record *items; /* malloc'ed */
	size_t count;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && (!a_len || memcmp(a, b, a_len) == 0);
}

/* ---- lists ---- */

/* What stands between the words of the setting NAME: a comma, a blank; 0: it is no list. */
static char between_words(const char *name)
{
	static const struct {
		const char *end;
		char between;
	} lists[] = {{"_TAGS", ','}, {"_ARGS", ' '}};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		size_t end = strlen(lists[i].end);

		if (len > end && strcmp(name + len - end, lists[i].end) == 0)
			return lists[i].between;
	}
	return 0;
}

/* The words of VALUE, sorted, as many as *COUNT then says. */
static const char **words_of(const char *value, char between, size_t *count, struct arena *arena)
{
	char *text = arena_strdup(arena, value ? value : ""), *rest;
	const char separators[] = {between, '\0'};
	const char **words = arena_array(arena, strlen(text) / 2 + 1, sizeof *words);

	*count = 0;
	for (char *word = strtok_r(text, separators, &rest); word; word = strtok_r(NULL, separators, &rest))
		words[(*count)++] = word;
	str_sort(words, *count, sizeof *words);
	return words;
}

/* Sets came and went of C, whose values are lists with BETWEEN between their words. */
static void compare_lists(struct setting_change *c, char between, struct arena *arena)
{
	size_t was_count, is_count, w = 0, i = 0;
	const char **was = words_of(c->before, between, &was_count, arena);
	const char **is = words_of(c->after, between, &is_count, arena);

	/* In place: what is kept never overtakes what is read. */
	c->went = was;
	c->came = is;
	while (w < was_count || i < is_count) {
		int order = w == was_count ? 1 : i == is_count ? -1 : strcmp(was[w], is[i]);

		if (order < 0)
			was[c->went_count++] = was[w++];
		else if (order > 0)
			is[c->came_count++] = is[i++];
		else
			w++, i++;
	}
	c->list = c->came_count || c->went_count; /* else they are in another order */
}

/* What came and what went of C as one text; NULL if it is no list. */
static const char *alike(struct setting_change *c, struct arena *arena)
{
	struct str key = STR_INIT;
	char between = between_words(c->name);

	if (between)
		compare_lists(c, between, arena);
	if (!c->list)
		return NULL;
	for (size_t i = 0; i < c->came_count; i++)
		str_addf(&key, "+%s\n", c->came[i]);
	for (size_t i = 0; i < c->went_count; i++)
		str_addf(&key, "-%s\n", c->went[i]);
	return str_keep(&key, arena);
}

/* ---- of one host ---- */

static bool set_kind(struct setting_change *c)
{
	c->kind = !c->before ? CHANGE_ADDED : !c->after ? CHANGE_GONE : CHANGE_CHANGED;
	return !same_text(c->before, c->after);
}

/* Walks through the names of A and B, both sorted: the next, in order, that one of them has. NULL at the
 * end. */
static const char *next_name(const struct assignments *a, const struct assignments *b, size_t *i, size_t *j)
{
	bool in_a = *i < a->count, in_b = *j < b->count;
	int order = in_a && in_b ? strcmp(a->items[*i].name, b->items[*j].name) : in_a ? -1 : 1;
	const char *name;

	if (!in_a && !in_b)
		return NULL;
	name = order <= 0 ? a->items[*i].name : b->items[*j].name;
	*i += order <= 0;
	*j += order >= 0;
	return name;
}

/* What a script has under NAME when its plan runs: what is shared comes last. */
static const char *value_in(const struct side_host *h, const struct side_shared *shared, const char *name)
{
	const char *value = assignments_get(&shared->parts.settings, name);

	return value ? value : assignments_get(&h->own, name);
}

static void add_record(struct records *r, const struct setting_change *c, size_t host, struct arena *arena)
{
	const struct record *last = r->count ? &r->items[r->count - 1] : NULL;
	struct record new = {.change = *c, .host = host};

	/* Mostly it is what the host before has. */
	if (last && same_text(last->change.name, c->name) && same_text(last->change.before, c->before) &&
	    same_text(last->change.after, c->after))
		new = (struct record){last->change, last->alike, host};
	else
		new.alike = alike(&new.change, arena);
	r->items = mem_more(r->items, r->count, sizeof *r->items);
	r->items[r->count++] = new;
}

static void compare_settings(const struct comparison *c, size_t host, struct records *r)
{
	const struct host_pair *h = &c->hosts[host];
	const struct assignments *was = &h->before->own, *is = &h->after->own;
	size_t i = 0, j = 0;
	const char *name;

	while ((name = next_name(was, is, &i, &j)) != NULL) {
		struct setting_change change = {.name = name,
						.before = value_in(h->before, h->shared->before, name),
						.after = value_in(h->after, h->shared->after, name)};

		if (set_kind(&change))
			add_record(r, &change, host, c->arena);
	}
	for (i = 0; i < h->shared->setting_count; i++) {
		const struct setting_change *change = &h->shared->settings[i];

		if (!assignments_get(was, change->name) && !assignments_get(is, change->name))
			add_record(r, change, host, c->arena);
	}
}

static void compare_steps(const struct host_pair *h, size_t host, struct records *r)
{
	for (size_t i = 0; i < h->shared->step_count; i++) {
		const struct step_change *s = &h->shared->steps[i];
		struct setting_change change = {.name = s->step,
						.kind = s->kind,
						.before = s->before,
						.after = s->after};

		r->items = mem_more(r->items, r->count, sizeof *r->items);
		r->items[r->count++] = (struct record){.change = change, .host = host};
	}
}

static bool is_read(const struct side_host *h, const struct side_shared *shared)
{
	return h->own.count && shared->parts.step_count;
}

static void compare_host(struct comparison *c, size_t host, struct records *settings, struct records *steps)
{
	struct host_pair *h = &c->hosts[host];
	struct review *out = c->review;
	size_t before = settings->count + steps->count;
	bool told, own_differs = !same_bytes(h->before->text, h->before->len, h->after->text, h->after->len);

	h->differs = own_differs || h->shared->text_differs;
	h->unread =
		h->differs && !(is_read(h->before, h->shared->before) && is_read(h->after, h->shared->after));
	if (!h->unread) {
		compare_settings(c, host, settings);
		compare_steps(h, host, steps);
	}
	told = settings->count + steps->count > before;
	if (h->before->address && h->after->address && strcmp(h->before->address, h->after->address) != 0) {
		out->addresses[out->address_count++] =
			(struct address_change){h->after->id, h->before->address, h->after->address};
		told = true;
	}
	/* Another layout has other comments, of course. */
	h->comments = h->differs && !told && !h->unread && !h->shared->shell_differs && !out->layout_changed;
	h->differs = h->differs || told;
	out->changed_hosts += h->differs;
	out->same_hosts += !h->differs;
}

/* ---- of what hosts share ---- */

static void pair_settings(struct shared_pair *s, struct arena *arena)
{
	const struct assignments *was = &s->before->parts.settings, *is = &s->after->parts.settings;
	size_t i = 0, j = 0;
	const char *name;

	s->settings = arena_array(arena, was->count + is->count + 1, sizeof *s->settings);
	while ((name = next_name(was, is, &i, &j)) != NULL) {
		struct setting_change *c = &s->settings[s->setting_count];

		*c = (struct setting_change){.name = name,
					     .before = assignments_get(was, name),
					     .after = assignments_get(is, name)};
		s->setting_count += set_kind(c);
	}
}

/* Where in S's plan STEP stands for the time that it stands in W's up to AT; S's count if it doesn't. */
static size_t find_step(const struct shared_parts *s, const struct shared_parts *w, size_t at)
{
	const char *step = w->steps[at].step;
	size_t time = 0, i;

	for (i = 0; i < at; i++)
		time += strcmp(w->steps[i].step, step) == 0;
	for (i = 0; i < s->step_count; i++) {
		if (strcmp(s->steps[i].step, step) == 0 && !time--)
			break;
	}
	return i;
}

static const char *in_place(const struct plan_line *line, size_t place, struct arena *arena)
{
	return arena_printf(arena, "%s in place %zu", line->function, place + 1);
}

/* Steps that both have, in another order, are told with their places. */
static bool is_moved(const struct shared_parts *was, const struct shared_parts *is)
{
	size_t last = 0;

	for (size_t i = 0; i < is->step_count; i++) {
		size_t at = find_step(was, is, i);

		if (at < was->step_count && at < last)
			return true;
		last = at < was->step_count ? at : last;
	}
	return false;
}

static void pair_steps(struct shared_pair *s, struct arena *arena)
{
	const struct shared_parts *was = &s->before->parts, *is = &s->after->parts;
	bool moved = is_moved(was, is);

	s->steps = arena_array(arena, was->step_count + is->step_count + 1, sizeof *s->steps);
	for (size_t i = 0; i < was->step_count; i++) {
		if (find_step(is, was, i) == is->step_count)
			s->steps[s->step_count++] = (struct step_change){.step = was->steps[i].step,
									 .kind = CHANGE_GONE,
									 .before = was->steps[i].function};
	}
	for (size_t i = 0; i < is->step_count; i++) {
		const struct plan_line *now = &is->steps[i];
		size_t at = find_step(was, is, i);
		struct step_change *c = &s->steps[s->step_count];

		*c = (struct step_change){.step = now->step, .after = now->function};
		if (at == was->step_count) {
			c->kind = CHANGE_ADDED;
			s->step_count++;
			continue;
		}
		c->kind = CHANGE_CHANGED;
		c->before = was->steps[at].function;
		if (moved && at != i) {
			c->before = in_place(&was->steps[at], at, arena);
			c->after = in_place(now, i, arena);
		}
		s->step_count += strcmp(c->before, c->after) != 0;
	}
}

static struct shared_pair *make_pair(const struct side_shared *before, const struct side_shared *after,
				     struct arena *arena)
{
	struct shared_pair *s = arena_alloc(arena, sizeof *s);
	const struct shared_parts *was = &before->parts, *is = &after->parts;

	*s = (struct shared_pair){.before = before, .after = after};
	s->text_differs = !same_bytes(before->text, before->len, after->text, after->len);
	if (!s->text_differs)
		return s;
	s->shell_differs = !same_bytes(was->shell, was->shell_len, is->shell, is->shell_len);
	pair_settings(s, arena);
	pair_steps(s, arena);
	return s;
}

/* The pair of what H shared and shares; mostly it is the last one. */
static const struct shared_pair *shared_of(struct comparison *c, const struct host_pair *h)
{
	static const struct side_shared none = {.text = ""};
	const struct side_shared *before = h->before->shared ? h->before->shared : &none;
	const struct side_shared *after = h->after->shared ? h->after->shared : &none;
	struct shared_pair *s;

	for (size_t i = c->shared_count; i; i--) {
		s = c->shared[i - 1];
		if (s->before == before && s->after == after)
			return s;
	}
	s = make_pair(before, after, c->arena);
	c->shared[c->shared_count++] = s;
	return s;
}

/* ---- sets of hosts ---- */

static int by_id(const void *id, const void *host)
{
	return strcmp(id, ((const struct plan_host *)host)->host->id.text);
}

static const char *role_of(const struct plan *plan, const char *id)
{
	const struct plan_host *h = bsearch(id, plan->hosts, plan->host_count, sizeof *plan->hosts, by_id);

	return h ? h->host->role.text : NULL;
}

static void count_roles(struct comparison *c)
{
	const struct review *r = c->review;
	const char **roles = arena_array(c->arena, r->plan->host_count, sizeof *roles);
	size_t count = 0;

	for (size_t i = 0; i < r->plan->host_count; i++) {
		const struct host *host = r->plan->hosts[i].host;

		if (str_find(host->id.text, r->added, r->added_count, sizeof *r->added))
			continue;
		c->old_hosts++;
		if (host->role.text)
			roles[count++] = host->role.text;
	}
	str_sort(roles, count, sizeof *roles);
	c->roles = arena_array(c->arena, count, sizeof *c->roles);
	for (size_t i = 0; i < count; i++) {
		if (!i || strcmp(roles[i - 1], roles[i]) != 0)
			c->roles[c->role_count++].role = roles[i];
		c->roles[c->role_count - 1].count++;
	}
}

struct host_set compare_set(const struct comparison *c, const size_t *hosts, size_t count)
{
	const char **ids = arena_array(c->arena, count, sizeof *ids);
	const char *role = count ? c->hosts[hosts[0]].role : NULL;
	const struct role_count *all_of_role;
	bool same_role = role;

	for (size_t i = 0; i < count; i++) {
		const struct host_pair *h = &c->hosts[hosts[i]];

		same_role = same_role && same_text(h->role, role);
		ids[i] = h->after->id;
	}
	all_of_role = same_role ? str_find(role, c->roles, c->role_count, sizeof *c->roles) : NULL;
	return (struct host_set){.ids = ids,
				 .count = count,
				 .all = count && count == c->old_hosts,
				 .role = all_of_role && all_of_role->count == count ? role : NULL};
}

/* ---- all of it ---- */

static int compare_records(const struct record *a, const struct record *b)
{
	const char *of_a[] = {a->change.name, a->alike, a->alike ? NULL : a->change.before,
			      a->alike ? NULL : a->change.after};
	const char *of_b[] = {b->change.name, b->alike, b->alike ? NULL : b->change.before,
			      b->alike ? NULL : b->change.after};
	int order = (int)a->change.kind - (int)b->change.kind;

	for (size_t i = 0; i < sizeof of_a / sizeof *of_a && !order; i++) {
		if (of_a[i] && of_b[i])
			order = of_a[i] == of_b[i] ? 0 : strcmp(of_a[i], of_b[i]);
		else
			order = (of_a[i] != NULL) - (of_b[i] != NULL);
	}
	return order;
}

static int by_change(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = compare_records(x, y);

	return order ? order : x->host < y->host ? -1 : x->host > y->host;
}

static int by_name_and_host(const void *a, const void *b)
{
	const struct setting_change *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	order = order ? order : strcmp(x->hosts.ids[0], y->hosts.ids[0]);
	return order ? order : (int)x->kind - (int)y->kind;
}

/* The change that COUNT records from R on are. HOSTS has room for as many. */
static struct setting_change merge(const struct comparison *c, const struct record *r, size_t count,
				   size_t *hosts)
{
	struct setting_change change = r->change;
	bool alike = true;

	for (size_t i = 0; i < count; i++) {
		hosts[i] = r[i].host;
		alike = alike && same_text(change.before, r[i].change.before) &&
			same_text(change.after, r[i].change.after);
	}
	if (!alike) {
		change.alike_only = true;
		change.before = change.after = NULL;
	}
	change.hosts = compare_set(c, hosts, count);
	return change;
}

/* Equal changes of R put together, in the arena of C. Frees R's. */
static struct setting_change *group(const struct comparison *c, struct records *r, size_t *count,
				    size_t *names)
{
	struct setting_change *out = arena_array(c->arena, r->count, sizeof *out);
	size_t *hosts = mem_alloc(mem_times(c->count, sizeof *hosts));

	*count = *names = 0;
	if (r->count)
		qsort(r->items, r->count, sizeof *r->items, by_change);
	for (size_t i = 0, end; i < r->count; i = end) {
		end = i;
		while (end < r->count && compare_records(&r->items[i], &r->items[end]) == 0)
			end++;
		*names += !*count || strcmp(out[*count - 1].name, r->items[i].change.name) != 0;
		out[(*count)++] = merge(c, &r->items[i], end - i, hosts);
	}
	if (*count)
		qsort(out, *count, sizeof *out, by_name_and_host);
	free(r->items);
	free(hosts);
	return out;
}

static bool has_shell(const struct host_pair *h)
{
	return !h->unread && h->shared->shell_differs;
}

static bool has_comments(const struct host_pair *h)
{
	return h->comments;
}

static bool is_unread(const struct host_pair *h)
{
	return h->unread;
}

static struct host_set hosts_that(const struct comparison *c, bool (*has)(const struct host_pair *h))
{
	size_t *hosts = arena_array(c->arena, c->count, sizeof *hosts), count = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (has(&c->hosts[i]))
			hosts[count++] = i;
	}
	return compare_set(c, hosts, count);
}

/* Which hosts came, went, and stay. */
static void match_hosts(struct comparison *c, const struct side *before, const struct side *after)
{
	struct review *out = c->review;
	const char **added = arena_array(c->arena, after->host_count, sizeof *added);
	const char **gone = arena_array(c->arena, before->host_count, sizeof *gone);
	size_t i = 0, j = 0;

	while (i < before->host_count || j < after->host_count) {
		const struct side_host *was = i < before->host_count ? &before->hosts[i] : NULL;
		const struct side_host *is = j < after->host_count ? &after->hosts[j] : NULL;
		int order = was && is ? strcmp(was->id, is->id) : was ? -1 : 1;

		if (order < 0)
			gone[out->gone_count++] = was->id;
		else if (order > 0)
			added[out->added_count++] = is->id;
		else
			c->hosts[c->count++] = (struct host_pair){.before = was,
								  .after = is,
								  .role = role_of(out->plan, is->id)};
		i += order <= 0;
		j += order >= 0;
	}
	out->added = added;
	out->gone = gone;
}

void compare_sides(struct comparison *c, struct review *out, const struct side *before,
		   const struct side *after, const struct plan *plan, struct arena *arena)
{
	struct records settings = {0}, steps = {0};
	struct setting_change *grouped;

	*out = (struct review){.plan = plan, .before = before, .after = after};
	*c = (struct comparison){.review = out, .arena = arena};
	c->hosts = arena_array(arena, after->host_count, sizeof *c->hosts);
	match_hosts(c, before, after);
	count_roles(c);
	c->shared = arena_array(arena, c->count, sizeof *c->shared);
	out->addresses = arena_array(arena, c->count, sizeof *out->addresses);
	out->layout_changed = c->count && before->split != after->split;
	for (size_t i = 0; i < c->count; i++) {
		c->hosts[i].shared = shared_of(c, &c->hosts[i]);
		compare_host(c, i, &settings, &steps);
	}
	out->shell = hosts_that(c, has_shell);
	out->comments = hosts_that(c, has_comments);
	out->unread = hosts_that(c, is_unread);
	out->settings = group(c, &settings, &out->setting_count, &out->setting_names);
	grouped = group(c, &steps, &out->step_count, &out->step_names);
	out->steps = arena_array(arena, out->step_count, sizeof *out->steps);
	for (size_t i = 0; i < out->step_count; i++)
		out->steps[i] = (struct step_change){.step = grouped[i].name,
						     .kind = grouped[i].kind,
						     .before = grouped[i].before,
						     .after = grouped[i].after,
						     .hosts = grouped[i].hosts};
}
