#include "providers/registry.h"

#include "lib/diag.h"
#include "lib/suspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void register_failed(const struct registry *r, const char *error, const char *id)
{
	fprintf(stderr, "%s.Registry.Register: %s%s%s\n", r->kind, error, *id ? ": " : "", id);
	abort();
}

/* The provider of ID, NULL if there is none; and in *AT where it is or belongs. */
static const struct provider *find(const struct registry *r, const char *id, size_t *at)
{
	for (*at = 0; *at < r->count; ++*at) {
		int order = strcmp(r->entries[*at]->id, id);

		if (order >= 0)
			return order ? NULL : r->entries[*at];
	}
	return NULL;
}

void registry_register(struct registry *r, const struct provider *provider)
{
	const char *id = provider->id;
	size_t at;

	if (!id || !*id)
		register_failed(r, "ErrEmptyProviderID", "");
	pthread_rwlock_wrlock(&r->lock);
	if (find(r, id, &at))
		register_failed(r, "ErrDuplicateProvider", id);
	if (r->count == REGISTRY_MAX)
		register_failed(r, "ErrRegistryFull", id);
	memmove(&r->entries[at + 1], &r->entries[at], (r->count - at) * sizeof *r->entries);
	r->entries[at] = provider;
	r->count++;
	pthread_rwlock_unlock(&r->lock);
	if (r->on_provider_registered)
		r->on_provider_registered(r->kind, id);
}

static void explain_unknown(struct registry *r, const char *id, struct str *why)
{
	const struct provider *list[REGISTRY_MAX];
	const char *ids[REGISTRY_MAX + 1] = {NULL}, *meant;
	size_t count = registry_list(r, list);
	struct str masked = STR_INIT;

	suspect_mask(&masked, id, strlen(id));
	str_addf(why, "unknown %s provider \"", r->kind);
	str_add_visible(why, str_text(&masked), masked.len, 64);
	str_free(&masked);
	str_add(why, "\" (known: ");
	for (size_t i = 0; i < count; i++) {
		ids[i] = list[i]->id;
		str_addf(why, "%s%s", i ? ", " : "", ids[i]);
	}
	str_add(why, ")");
	meant = did_you_mean(id, ids);
	if (meant)
		str_addf(why, "; did you mean %s?", meant);
}

const struct provider *registry_get(struct registry *r, const char *id, enum registry_error *error,
				    struct str *why)
{
	const struct provider *provider;
	size_t at;

	pthread_rwlock_rdlock(&r->lock);
	provider = find(r, id, &at);
	pthread_rwlock_unlock(&r->lock);
	if (r->on_provider_lookup)
		r->on_provider_lookup(r->kind, id, provider != NULL);
	if (error)
		*error = provider ? REGISTRY_OK : ERR_UNKNOWN_PROVIDER;
	if (!provider && why)
		explain_unknown(r, id, why);
	return provider;
}

size_t registry_list(struct registry *r, const struct provider *out[REGISTRY_MAX])
{
	size_t count;

	pthread_rwlock_rdlock(&r->lock);
	count = r->count;
	memcpy(out, r->entries, count * sizeof *out);
	pthread_rwlock_unlock(&r->lock);
	return count;
}
