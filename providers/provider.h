/* What every provider begins with, of whatever kind: networks (providers/network/), secrets
 * (providers/secrets/).
 *
 * A provider is one const struct in one file, with a line in providers/table.c. Nothing outside that file
 * names it. With the head alone the core reads its section of the config, X.providers.ID, and lists it. */
#ifndef PROVIDERS_PROVIDER_H
#define PROVIDERS_PROVIDER_H

#include <stddef.h>

#include "lib/diag.h"
#include "lib/key.h"

struct provider {
	const char *id;	     /* "tailscale" */
	const char *summary; /* one line for `stagecraft providers` */

	/* Its section of the config: the keys, in one table or two (one that it shares with others, say), and
	 * the bytes of the struct that they fill. That struct begins with a const struct provider *, which the
	 * core points here. */
	const struct key *keys;
	const struct key *more_keys; /* NULL: none */
	size_t config_size;

	/* What the tables alone can't check, once they are read. Reports to D; never stops. NULL: nothing. */
	void (*validate)(const void *config, struct diags *d);
};

#endif
