/* Who provides what: one registry a kind of provider ("network", "secrets").
 *
 * Its contract is that of design.md, decision 19: safe from any thread (a read-write lock,
 * pthread_rwlock(3)), ordered by id, an end with a message that can be searched for where a registration is
 * a bug, an error that says the unknown id, and two hooks. A registry doesn't own what is registered:
 * providers are const and live as long as the program. */
#ifndef PROVIDERS_REGISTRY_H
#define PROVIDERS_REGISTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"
#include "providers/provider.h"

enum { REGISTRY_MAX = 32 }; /* providers a kind */

enum registry_error {
	REGISTRY_OK,
	ERR_UNKNOWN_PROVIDER,	/* "unknown provider" */
	ERR_DUPLICATE_PROVIDER, /* "duplicate provider" */
	ERR_EMPTY_PROVIDER_ID,	/* "empty provider id" */
};

struct registry {
	const char *kind; /* "network"; begins messages: "network.Registry.Register: …" */
	pthread_rwlock_t lock;
	const struct provider *entries[REGISTRY_MAX]; /* sorted by id, bytewise */
	size_t count;

	/* Optional, called without the lock held: after a registration, and on every look-up. */
	void (*on_provider_registered)(const char *kind, const char *id);
	void (*on_provider_lookup)(const char *kind, const char *id, bool found);
};

#define REGISTRY_INIT(name)                                        \
	{                                                          \
		.kind = (name), .lock = PTHREAD_RWLOCK_INITIALIZER \
	}

/* Registers PROVIDER under its id. An empty id, a second provider of that id and a full registry are bugs of
 * ours: they abort(3) with
 * "KIND.Registry.Register: ErrEmptyProviderID" or "…: ErrDuplicateProvider: ID" on standard error. */
void registry_register(struct registry *r, const struct provider *provider);

/* The provider of ID. NULL if there is none; then WHY (may be NULL) gets "unknown KIND provider "ID" (known:
 * a, b)" and, where one is near, the id that was meant, and *ERROR (may be NULL) is ERR_UNKNOWN_PROVIDER. */
const struct provider *registry_get(struct registry *r, const char *id, enum registry_error *error,
				    struct str *why);

/* The providers, sorted by id: at most REGISTRY_MAX into OUT. Returns how many. */
size_t registry_list(struct registry *r, const struct provider *out[REGISTRY_MAX]);

#endif
