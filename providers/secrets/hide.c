#include "providers/secrets/hide.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

enum { WITHIN_MIN = 8 }; /* shorter values hide no variable that holds more than them */

void secret_mask_init(struct mask *m, const struct secret_doc *doc)
{
	*m = (struct mask){.placeholder = "***"};
	for (size_t i = 0; i < doc->count; i++) {
		if (doc->items[i].value)
			mask_value(m, doc->items[i].value, doc->items[i].len);
	}
	mask_ready(m);
}

/* ---- the environment ---- */

/* What of secrets a variable may carry. */
struct carried {
	const char **names, **values; /* sorted; a value holds no NUL */
	size_t count, value_count;
	struct mask within; /* longer values */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has(const char *const *texts, size_t count, const char *text)
{
	return count && bsearch(&text, texts, count, sizeof *texts, by_text);
}

static bool carries(const struct carried *c, const char *variable)
{
	const char *sign = strchr(variable, '='), *value = sign + 1;
	bool named;
	char *name;

	if (!sign || str_starts(variable, "PATH=") || str_starts(variable, "HOME="))
		return false;
	name = mem_strndup(variable, (size_t)(sign - variable));
	named = has(c->names, c->count, name);
	free(name);
	return named || has(c->values, c->value_count, value) || mask_finds(&c->within, value, strlen(value));
}

char **secret_environment(const struct secret_doc *doc, char *const *env)
{
	struct carried c = {.names = mem_alloc(mem_times(doc->count, sizeof *c.names)),
			    .values = mem_alloc(mem_times(doc->count, sizeof *c.values))};
	size_t all = 0, kept = 0;
	char **out;

	for (size_t i = 0; i < doc->count; i++) {
		const struct secret_entry *e = &doc->items[i];

		if (e->value)
			c.names[c.count++] = e->name;
		if (e->value && e->len)
			c.values[c.value_count++] = e->value;
		if (e->value && e->len >= WITHIN_MIN)
			mask_plain(&c.within, e->value, e->len);
	}
	mask_ready(&c.within);
	qsort(c.names, c.count, sizeof *c.names, by_text);
	qsort(c.values, c.value_count, sizeof *c.values, by_text);
	while (env[all])
		all++;
	out = mem_alloc(mem_times(all + 1, sizeof *out));
	for (size_t i = 0; i < all; i++) {
		if (!carries(&c, env[i]))
			out[kept++] = env[i];
	}
	out[kept] = NULL;
	mask_wipe(&c.within);
	free(c.names);
	free(c.values);
	return out;
}
