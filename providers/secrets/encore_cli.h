/* Encore's command line, run for secrets: see encore.c. */
#ifndef PROVIDERS_SECRETS_ENCORE_CLI_H
#define PROVIDERS_SECRETS_ENCORE_CLI_H

#include "providers/secrets/sync.h"

enum { ENCORE_ENVIRONMENTS_MAX = 32 };

/* Where to: "local", or environments. */
struct encore_target {
	bool local;
	const char *types;			  /* for --type: "dev,pr"; NULL: none */
	const char *names;			  /* for --env: "staging"; NULL: none */
	const char *all[ENCORE_ENVIRONMENTS_MAX]; /* as encore secret list says: "type:development" */
	size_t count;
};

/* In the app's folder. SECRETS_SYNC sets the chosen keys one by one: a value's environments overlapping
 * another's is that key's failure alone; any other failure ends it, and the rest is SECRET_UNTRIED.
 * SECRETS_DIFF says which of the keys have a value (which one, nobody is told): SECRET_SET or
 * SECRET_MISSING. */
enum secrets_status encore_cli_run(const struct secrets_request *r, const struct secrets_source *from,
				   const struct encore_target *target, const char *app,
				   struct secrets_result *out);

#endif
