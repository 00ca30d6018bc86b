/* Who provides what: one registry a kind of provider ("network", "secrets").
 *
 * Every function may be called from any thread (a read-write lock, pthread_rwlock(3)). A registry doesn't own
 * what is registered: providers are const and live as long as the program. */
#ifndef PROVIDERS_REGISTRY_H
#define PROVIDERS_REGISTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

enum { REGISTRY_MAX = 32 }; /* providers a kind */

enum registry_error {
	REGISTRY_OK,
	ERR_UNKNOWN_PROVIDER,	/* "unknown provider" */
	ERR_DUPLICATE_PROVIDER, /* "duplicate provider" */
	ERR_EMPTY_PROVIDER_ID,	/* "empty provider id" */
};

struct registry_entry {
	const char *id;
	const void *provider;
};

struct registry {
	const char *kind;    /* "network" */
	const char *package; /* prefix of messages: "<package>.Registry.Register: …" */
	pthread_rwlock_t lock;
	struct registry_entry entries[REGISTRY_MAX]; /* sorted by id, bytewise */
	size_t count;

	/* Optional, called without the lock held: after a registration, and on every look-up. */
	void (*on_provider_registered)(const char *kind, const char *id);
	void (*on_provider_lookup)(const char *kind, const char *id, bool found);
};

#define REGISTRY_INIT(kind_name, package_name)                                                     \
	{                                                                                          \
		.kind = (kind_name), .package = (package_name), .lock = PTHREAD_RWLOCK_INITIALIZER \
	}

/* Registers PROVIDER under ID. An empty id, a second provider of that id and a full registry are bugs of
 * ours: they abort(3) with
 * "<package>.Registry.Register: ErrEmptyProviderID" or "…: ErrDuplicateProvider: ID" on standard error. */
void registry_register(struct registry *r, const char *id, const void *provider);

/* The provider of ID. NULL if there is none; then WHY (may be NULL) gets "unknown KIND provider "ID" (known:
 * a, b)" and, where one is near, the id that was meant, and *ERROR (may be NULL) is ERR_UNKNOWN_PROVIDER. */
const void *registry_get(struct registry *r, const char *id, enum registry_error *error, struct str *why);

/* The ids, or the providers, sorted by id: at most REGISTRY_MAX into OUT. Returns how many. */
size_t registry_ids(struct registry *r, const char *out[REGISTRY_MAX]);
size_t registry_list(struct registry *r, const void *out[REGISTRY_MAX]);

#endif
