/* Every provider there is: the one table a new one is added to. */
#ifndef PROVIDERS_TABLE_H
#define PROVIDERS_TABLE_H

#include "providers/network/network.h"
#include "providers/registry.h"
#include "providers/secrets/secrets.h"

enum provider_kind {
	NETWORK_PROVIDERS, /* struct network_provider */
	SECRETS_PROVIDERS, /* struct secrets_provider */
	PROVIDER_KINDS,
};

/* The registry of a kind, filled on first use. Safe from any thread. */
struct registry *provider_registry(enum provider_kind kind);

/* The provider of a config that doesn't exist yet. */
const struct network_provider *network_default(void);

#endif
