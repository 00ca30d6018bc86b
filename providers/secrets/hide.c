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

static bool carries(const struct carried *c, const char *variable)
{
	const char *sign = strchr(variable, '='), *value = sign + 1;
	const void *named;
	char *name;

	if (!sign || str_starts(variable, "PATH=") || str_starts(variable, "HOME="))
		return false;
	name = mem_strndup(variable, (size_t)(sign - variable));
	named = str_find(name, c->names, c->count, sizeof *c->names);
	free(name);
	return named || str_find(value, c->values, c->value_count, sizeof *c->values) ||
	       mask_finds(&c->within, value, strlen(value));
}

char **secret_environment(const struct secret_doc *doc, char *const *env)
{
	struct carried c = {.names = mem_alloc(mem_times(doc->count, sizeof *c.names)),
			    .values = mem_alloc(mem_times(doc->count, sizeof *c.values))};
	size_t kept = 0;
	char **out = NULL;

	for (size_t i = 0; i < doc->count; i++) {
		const struct secret_entry *e = &doc->items[i];

		if (!e->value)
			continue;
		c.names[c.count++] = e->name;
		if (e->len)
			c.values[c.value_count++] = e->value;
		if (e->len >= WITHIN_MIN)
			mask_plain(&c.within, e->value, e->len);
	}
	mask_ready(&c.within);
	str_sort(c.names, c.count, sizeof *c.names);
	str_sort(c.values, c.value_count, sizeof *c.values);
	do {
		if (*env && carries(&c, *env))
			continue;
		out = mem_more(out, kept, sizeof *out);
		out[kept++] = *env;
	} while (*env++);
	mask_wipe(&c.within);
	free(c.names);
	free(c.values);
	return out;
}
