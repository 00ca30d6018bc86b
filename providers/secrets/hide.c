#include "providers/secrets/hide.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MIN = 8, WITHIN_MIN = 8 };

static void add_form(struct secret_hide *h, const char *bytes, size_t len)
{
	struct str *form;

	if (h->count == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->forms = mem_grow(h->forms, mem_times(h->cap, sizeof *h->forms));
	}
	form = &h->forms[h->count++];
	*form = (struct str)STR_INIT;
	str_reserve(form, len);
	str_addn(form, bytes, len);
	h->first[(unsigned char)*bytes] = true;
	if (len > h->longest)
		h->longest = len;
}

static void add_lines(struct secret_hide *h, const char *value, size_t len)
{
	for (const char *p = value, *end = value + len; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		if (stop - p >= LINE_MIN && stop - p < (long)len)
			add_form(h, p, (size_t)(stop - p));
		p = nl ? nl + 1 : end;
	}
}

/* ---- finding them, whatever their number ---- */

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : a_len < b_len ? -1 : a_len > b_len;
}

static int by_bytes(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return compare(x->data, x->len, y->data, y->len);
}

static bool begins_with(const char *bytes, size_t len, const struct str *form)
{
	return form->len <= len && memcmp(bytes, form->data, form->len) == 0;
}

static void sort_forms(struct secret_hide *h)
{
	if (h->count)
		qsort(h->forms, h->count, sizeof *h->forms, by_bytes);
	h->shorter = mem_alloc(mem_times(h->count, sizeof *h->shorter));
	for (size_t i = 0; i < h->count; i++) {
		size_t shorter = i; /* plus one: the form before, then what that begins with */

		while (shorter && !begins_with(h->forms[i].data, h->forms[i].len, &h->forms[shorter - 1]))
			shorter = h->shorter[shorter - 1];
		h->shorter[i] = shorter;
	}
}

/* The longest secret that begins at P; 0 for none. Of all that come before P in order, the last one begins
 * with it, if there is any. */
static size_t secret_at(const struct secret_hide *h, const char *p, size_t left)
{
	size_t low = 0, high = h->count;

	if (!left || !h->first[(unsigned char)*p])
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(h->forms[middle].data, h->forms[middle].len, p, left) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low && !begins_with(p, left, &h->forms[low - 1]))
		low = h->shorter[low - 1];
	return low ? h->forms[low - 1].len : 0;
}

void secret_hide_init(struct secret_hide *h, const struct secret_entry *const *entries, size_t count)
{
	*h = (struct secret_hide){.count = 0};
	for (size_t i = 0; i < count; i++) {
		const struct secret_entry *e = entries[i];
		struct str quoted = STR_INIT;

		if (e->len < SECRET_HIDE_MIN)
			continue;
		add_form(h, e->value, e->len);
		add_lines(h, e->value, e->len);
		str_reserve(&quoted, e->len * 6 + 2);
		str_add_json(&quoted, e->value, e->len);
		if (quoted.len - 2 != e->len)
			add_form(h, quoted.data + 1, quoted.len - 2);
		str_wipe(&quoted);
	}
	sort_forms(h);
}

void secret_hide_mask(const struct secret_hide *h, struct str *out, const char *bytes, size_t len, bool cut)
{
	size_t shown = cut ? (len > h->longest ? len - h->longest : 0) : len;

	str_reserve(out, len + 4);
	for (size_t i = 0; i < shown;) {
		size_t n = secret_at(h, bytes + i, len - i);

		if (n)
			str_add(out, "***");
		else
			str_addc(out, bytes[i]);
		i += n ? n : 1;
	}
}

void secret_hide_free(struct secret_hide *h)
{
	for (size_t i = 0; i < h->count; i++)
		str_wipe(&h->forms[i]);
	free(h->forms);
	free(h->shorter);
	*h = (struct secret_hide){.count = 0};
}

/* ---- the environment ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What of secrets a variable may carry. */
struct carried {
	const char **names; /* sorted */
	size_t count;
	struct secret_hide values; /* as they are */
};

static bool carries(const struct carried *c, const char *variable)
{
	const char *sign = strchr(variable, '='), *value = sign ? sign + 1 : "";
	size_t len = strlen(value), found;
	char *name;
	bool named;

	if (!sign || str_starts(variable, "PATH=") || str_starts(variable, "HOME="))
		return false;
	name = mem_strndup(variable, (size_t)(sign - variable));
	named = c->count && bsearch(&name, c->names, c->count, sizeof *c->names, by_name);
	free(name);
	for (size_t i = 0; !named && i < len; i++) {
		found = secret_at(&c->values, value + i, len - i);
		named = found >= WITHIN_MIN || (found && found == len);
	}
	return named;
}

char **secret_hide_environment(const struct secret_entry *const *entries, size_t count, char *const *env)
{
	struct carried c = {.names = mem_alloc(mem_times(count, sizeof *c.names)), .count = count};
	size_t all = 0, kept = 0;
	char **out;

	for (size_t i = 0; i < count; i++) {
		c.names[i] = entries[i]->name;
		if (entries[i]->len)
			add_form(&c.values, entries[i]->value, entries[i]->len);
	}
	if (count)
		qsort(c.names, count, sizeof *c.names, by_name);
	sort_forms(&c.values);
	while (env[all])
		all++;
	out = mem_alloc(mem_times(all + 1, sizeof *out));
	for (size_t i = 0; i < all; i++) {
		if (!carries(&c, env[i]))
			out[kept++] = env[i];
	}
	out[kept] = NULL;
	secret_hide_free(&c.values);
	free(c.names);
	return out;
}
