/* From nodes to structs, by tables of keys (lib/key.h): the one place where a written value becomes a typed
 * one. */
#ifndef COMPILER_DECODE_H
#define COMPILER_DECODE_H

#include <stdbool.h>

#include "compiler/doc.h"
#include "lib/key.h"

struct decoder {
	struct arena *arena; /* owns every decoded text */
	struct diags *diags;
	const char *folder;	     /* of the config, for relative paths; "" for the current one */
	const char *provider_prefix; /* "tailscale provider: ": begins the fixed messages on tags and required
					fields */
};

/* A table and the struct that it fills. */
struct decode_target {
	const struct key *keys;
	void *out;
};

/* A section: what it's called in messages, where to say that something is missing, and the rules for
 * strangers. */
struct decode_section {
	const char *path; /* "network.providers.tailscale" */
	struct place at;
	bool fixed_messages; /* "{provider_prefix}invalid config: {field} is required" */
	bool partial;	     /* required keys may be missing, and defaults aren't filled in */
	enum { UNKNOWN_IS_ERROR, UNKNOWN_IS_PASSED_OVER } unknown; /* passed over: a near miss is a warning */
};

/* Decodes MAP (NULL or null: an empty mapping) into the targets, COUNT of them, each value into the first
 * whose table has its key; defaults fill what is missing. Mistakes go to the diagnostics. */
void decode_mapping(struct decoder *dec, const struct node *map, const struct decode_section *section,
		    const struct decode_target *targets, size_t count);

/* Seconds of "90s", "15m", "1h30m"; -1 if TEXT isn't a duration or is past 10 years. */
long parse_duration(const char *text);

#endif
