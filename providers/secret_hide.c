#include "providers/secret_hide.h"

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
}

/* The longest secret that begins at P; 0 for none. */
static size_t secret_at(const struct secret_hide *h, const char *p, size_t left)
{
	size_t longest = 0;

	if (!h->first[(unsigned char)*p])
		return 0;
	for (size_t i = 0; i < h->count; i++) {
		const struct str *form = &h->forms[i];

		if (form->len > longest && form->len <= left && memcmp(form->data, p, form->len) == 0)
			longest = form->len;
	}
	return longest;
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
	*h = (struct secret_hide){.count = 0};
}

/* ---- the environment ---- */

static bool holds(const char *text, const struct secret_entry *e)
{
	size_t len = strlen(text);

	if (e->len && e->len == len && memcmp(text, e->value, len) == 0)
		return true;
	for (size_t i = 0; e->len >= WITHIN_MIN && i + e->len <= len; i++) {
		if (memcmp(text + i, e->value, e->len) == 0)
			return true;
	}
	return false;
}

static bool carries(const char *variable, const struct secret_entry *const *entries, size_t count)
{
	const char *sign = strchr(variable, '=');

	if (!sign || str_starts(variable, "PATH=") || str_starts(variable, "HOME="))
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(entries[i]->name);

		if ((len == (size_t)(sign - variable) && memcmp(entries[i]->name, variable, len) == 0) ||
		    holds(sign + 1, entries[i]))
			return true;
	}
	return false;
}

char **secret_hide_environment(const struct secret_entry *const *entries, size_t count, char *const *env)
{
	size_t all = 0, kept = 0;
	char **out;

	while (env[all])
		all++;
	out = mem_alloc(mem_times(all + 1, sizeof *out));
	for (size_t i = 0; i < all; i++) {
		if (!carries(env[i], entries, count))
			out[kept++] = env[i];
	}
	out[kept] = NULL;
	return out;
}
