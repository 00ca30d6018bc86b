/* From nodes to structs, by tables of keys (lib/key.h): the one place where a written value becomes a typed
 * one. */
#ifndef COMPILER_DECODE_H
#define COMPILER_DECODE_H

#include <stdbool.h>

#include "compiler/doc.h"
#include "lib/key.h"
#include "providers/network/network.h"

/* A section's name and keys; a list of them ends with a NULL path. */
struct config_section {
	const char *path;
	const struct key *keys;
};

struct decoder {
	struct arena *arena; /* owns every decoded text */
	struct diags *diags;
	const char *folder; /* of the config, for relative paths; "" for the current one */
	const struct network_provider *network; /* whose tags are read; NULL: unknown, any word may be one */
	const struct config_section *elsewhere; /* where a key may belong that isn't known where it stands */
};

/* A table and the struct that it fills. */
struct decode_target {
	const struct key *keys;
	void *out;
};

enum { DECODE_TARGETS_MAX = 3 };

/* A section: the tables of its keys and what they fill, what it's called in messages, where to say that
 * something is missing, and the rules for strangers. */
struct decode_section {
	struct decode_target targets[DECODE_TARGETS_MAX + 1]; /* the last has no keys */
	const char *path;				      /* "network.providers.tailscale" */
	struct place at;
	const struct provider *provider; /* whose it is, which fixes some messages; NULL: the core's */
	bool partial;			 /* required keys may be missing, and defaults aren't filled in */
	const char *missing_help;	 /* what to write where a required key is missing; NULL */
	enum {
		UNKNOWN_IS_ERROR,
		UNKNOWN_IS_UNUSED,  /* a host's: what looks like a setting is a warning */
		UNKNOWN_IS_FOREIGN, /* of others: a warning of what is nearly one of ours, or holds ours */
	} unknown;
	/* Of words that are no key anywhere, written as in key.also; NULL. */
	const char *(*hint)(const char *name);
};

/* Decodes MAP (NULL or null: an empty mapping) into SECTION's targets, each value into the first whose table
 * has its key; defaults fill what is missing. Mistakes go to the diagnostics. */
void decode_mapping(struct decoder *dec, const struct node *map, const struct decode_section *section);

/* What people call values of TYPE: "true or false". */
const char *key_type_name(enum key_type type);

/* What to write for a value of TYPE, where its name doesn't say it; NULL: it does. */
const char *key_type_help(enum key_type type);

/* What a text of KEY, or each of its list, looks like: by its own shape, else by that of its type. */
struct key_shape key_shape(const struct key *key);

/* Seconds of "90s", "15m", "1h30m"; -1 if TEXT isn't a duration or is past 10 years. */
long parse_duration(const char *text);

#endif
