#include "providers/table.h"

#include <pthread.h>

/* One line a provider. */
#define PROVIDERS(PROVIDER)          \
	PROVIDER(network, tailscale) \
	PROVIDER(network, headscale) \
	PROVIDER(secrets, envfile)   \
	PROVIDER(secrets, encore)

#define DECLARE(kind, name) extern const struct kind##_provider name##_provider;
PROVIDERS(DECLARE)

static struct registry network = REGISTRY_INIT("network");
static struct registry secrets = REGISTRY_INIT("secrets");
static struct registry *const registries[PROVIDER_KINDS] = {
	[NETWORK_PROVIDERS] = &network, [SECRETS_PROVIDERS] = &secrets};

static void fill(void)
{
#define REGISTER(kind, name) registry_register(&kind, &name##_provider.head);
	PROVIDERS(REGISTER)
}

struct registry *provider_registry(enum provider_kind kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill);
	return registries[kind];
}

const struct network_provider *network_default(void)
{
	return &tailscale_provider;
}
