#include "providers/network/network.h"

#include <assert.h>
#include <string.h>

size_t network_key_prefix(const struct network_provider *provider, const char *auth_key)
{
	for (const char *const *p = provider->key_prefixes; p && *p; p++) {
		if (str_starts(auth_key, *p))
			return strlen(*p);
	}
	return 0;
}

void settings_add(struct settings *s, const char *name, struct text value)
{
	assert(s->count < sizeof s->items / sizeof *s->items);
	s->items[s->count++] = (struct setting){name, value.text ? value.text : "", value.at};
}
