#include "providers/table.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

/* One line a provider. The first is what `stagecraft init` writes. */
#define NETWORK_PROVIDERS(PROVIDER) \
	PROVIDER(tailscale)         \
	PROVIDER(headscale)

#define SECRETS_PROVIDERS(PROVIDER) \
	PROVIDER(envfile)           \
	PROVIDER(encore)

#define DECLARE(name) extern const struct network_provider name##_provider;
NETWORK_PROVIDERS(DECLARE)
#define DECLARE_SECRETS(name) extern const struct secrets_provider name##_provider;
SECRETS_PROVIDERS(DECLARE_SECRETS)

#define POINTER(name) &name##_provider,
static const struct network_provider *const network_providers[] = {NETWORK_PROVIDERS(POINTER)};
static const struct secrets_provider *const secrets_providers[] = {SECRETS_PROVIDERS(POINTER)};

static struct registry networks = REGISTRY_INIT("network", "network");
static struct registry secrets = REGISTRY_INIT("secrets", "secrets");

static void fill(void)
{
	for (size_t i = 0; i < sizeof network_providers / sizeof *network_providers; i++)
		registry_register(&networks, network_providers[i]->id, network_providers[i]);
	for (size_t i = 0; i < sizeof secrets_providers / sizeof *secrets_providers; i++)
		registry_register(&secrets, secrets_providers[i]->id, secrets_providers[i]);
}

static void fill_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill);
}

struct registry *network_registry(void)
{
	fill_once();
	return &networks;
}

struct registry *secrets_registry(void)
{
	fill_once();
	return &secrets;
}

const struct network_provider *network_default(void)
{
	return network_providers[0];
}

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
	s->items[s->count++] =
		(struct setting){.name = name, .value = value.text ? value.text : "", .at = value.at};
}
