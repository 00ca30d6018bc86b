#include "providers/providers.h"

#include <pthread.h>

/* One line a provider. The first is what `stagecraft init` writes. */
#define NETWORK_PROVIDERS(PROVIDER) \
	PROVIDER(tailscale)         \
	PROVIDER(headscale)

#define DECLARE(name) extern const struct network_provider name##_provider;
NETWORK_PROVIDERS(DECLARE)

#define POINTER(name) &name##_provider,
static const struct network_provider *const network_providers[] = {NETWORK_PROVIDERS(POINTER)};

static struct registry networks = REGISTRY_INIT("network", "network");

static void fill(void)
{
	for (size_t i = 0; i < sizeof network_providers / sizeof *network_providers; i++)
		registry_register(&networks, network_providers[i]->id, network_providers[i]);
}

struct registry *network_registry(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill);
	return &networks;
}

const struct network_provider *network_default(void)
{
	return network_providers[0];
}

void settings_add(struct settings *s, const char *name, const char *value)
{
	if (s->count < sizeof s->items / sizeof *s->items)
		s->items[s->count++] = (struct setting){.name = name, .value = value ? value : ""};
}
