/* Every provider there is: the one table a new one is added to. */
#ifndef PROVIDERS_TABLE_H
#define PROVIDERS_TABLE_H

#include "providers/network/network.h"
#include "providers/registry.h"
#include "providers/secrets/secrets.h"

/* The registry of network providers (struct network_provider), filled on first use. Safe from any thread. */
struct registry *network_registry(void);

/* The same of secrets providers (struct secrets_provider). */
struct registry *secrets_registry(void);

/* The provider of a config that doesn't exist yet. */
const struct network_provider *network_default(void);

#endif
