/* A secrets provider: brings secrets from one place to another, and says what it would do. This is all that
 * its callers see; what providers share among themselves is in the other headers of this folder.
 *
 * Values stay inside: what goes out are names and states. They reach no argument, no environment, no log, no
 * message; memory that held them is overwritten. */
#ifndef PROVIDERS_SECRETS_SECRETS_H
#define PROVIDERS_SECRETS_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/key.h"
#include "lib/str.h"
#include "providers/provider.h"

enum secrets_mode {
	SECRETS_SYNC, /* gives the target what the source has */
	SECRETS_LIST, /* the names that the source has, all SECRET_SET; the target isn't looked at */
	SECRETS_DIFF, /* how the target compares to the source; changes nothing */
};

struct secrets_request {
	enum secrets_mode mode;
	const void *config;	 /* the struct that the provider's table filled */
	const char *source;	 /* --from: instead of the config's; NULL: none */
	const char *target;	 /* --to: the same */
	const char *const *keys; /* names; none: all that the source has */
	size_t key_count;
	bool dry_run;	     /* sync: say, don't do */
	bool prune;	     /* sync: take away what the source doesn't have; diff: say it */
	struct arena *arena; /* owns what the result points to */
	struct diags *diags; /* mistakes in files, with their place */
};

enum secret_state {
	SECRET_SAME,	/* source and target agree */
	SECRET_DIFFERS, /* the target has another value */
	SECRET_MISSING, /* the target has none */
	SECRET_EXTRA,	/* only the target has it */
	SECRET_SET,	/* a target that can't be read: it has one (diff), or was given it (sync) */
	SECRET_FAILED,	/* sync: it couldn't be given */
	SECRET_UNTRIED, /* sync: an earlier failure came before */
};

struct secret_item {
	const char *name;
	enum secret_state state;
};

enum secrets_status {
	SECRETS_DONE,
	SECRETS_FAILED,	     /* the machine, or another program */
	SECRETS_INVALID,     /* a mistake in the config, the source or the target: diagnostics, or problem */
	SECRETS_USAGE,	     /* a mistake in the request */
	SECRETS_INTERRUPTED, /* by a signal; the items say how far it came */
};

struct secrets_result {
	struct secret_item *items; /* in the source's order, then what only the target has */
	size_t count;
	const char *target; /* as it's called in messages */
	struct str problem; /* what went wrong, a line each; empty: nothing, or only diagnostics */
	const char *note;   /* something to tell besides; NULL */
	bool done;	    /* sync: items say what was done, not what would be */
};

struct secrets_provider {
	struct provider head;

	/* Does what R asks for. The states in OUT, which is zeroed, are those from before; running a sync
	 * again after a failure completes it. The caller frees OUT's problem. */
	enum secrets_status (*run)(const struct secrets_request *r, struct secrets_result *out);
};

#endif
