/* A secrets provider: brings secrets from one place to another, and says what it would do.
 *
 * As with networks, a provider is one const struct in one file, with a line in providers/table.c; nothing
 * outside that file names it. Values stay inside: what goes out are names and states. They reach no argument,
 * no environment, no log, no message; memory that held them is overwritten. */
#ifndef PROVIDERS_SECRETS_SECRETS_H
#define PROVIDERS_SECRETS_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/key.h"
#include "providers/secrets/doc.h"
#include "providers/secrets/file.h"

struct secrets_request {
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
	SECRETS_FAILED,	 /* the machine, or another program */
	SECRETS_INVALID, /* a mistake in the config, the source or the target: in the diagnostics or problem
			  */
	SECRETS_USAGE,	 /* a mistake in the request */
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
	const char *id;	     /* "envfile" */
	const char *summary; /* one line for `stagecraft providers` */
	const struct key *keys;
	size_t config_size; /* bytes of the struct that keys fill */

	/* What the table alone can't check. Reports to D; never stops. NULL: nothing. */
	void (*validate)(const void *config, struct diags *d);

	/* The names that the source has, all SECRET_SET. Contacts nothing but the source. */
	enum secrets_status (*list)(const struct secrets_request *r, struct secrets_result *out);

	/* How the target compares to the source. Changes nothing. */
	enum secrets_status (*diff)(const struct secrets_request *r, struct secrets_result *out);

	/* Gives the target what the source has. The states are those from before. Running it again after a
	 * failure completes it. */
	enum secrets_status (*sync)(const struct secrets_request *r, struct secrets_result *out);
};

void secrets_result_free(struct secrets_result *r);

/* ---- what providers share ---- */

/* A dotenv file whose values are to be brought somewhere. */
struct secrets_source {
	struct secret_bytes bytes;
	struct source *source;
	struct secret_doc doc;
	const struct secret_entry **chosen; /* the keys asked for, in the file's order; in the arena */
	size_t count;
};

/* Reads and checks PATH. All that its readers don't agree on, of the keys asked for, is an error. Unless it
 * returns SECRETS_DONE, there's nothing in OUT. secrets_source_free() in any case. */
enum secrets_status secrets_source_read(struct secrets_source *out, const char *path,
					const struct secrets_request *r, struct secrets_result *result);
void secrets_source_free(struct secrets_source *s);

/* The path to take: the request's, or else the config's with "~/" resolved; NULL with a problem in RESULT if
 * there is none, which names OPTION and KEY, or if the config's is no regular file. OPTION is "" for a
 * folder. */
const char *secrets_path(const struct secrets_request *r, const char *asked, const struct text *configured,
			 const char *option, const char *key, struct secrets_result *result);

enum secrets_mode { SECRETS_LIST, SECRETS_DIFF, SECRETS_SYNC };

/* list, diff and sync where the target is a file of FORMAT. */
enum secrets_status secrets_file(const struct secrets_request *r, const struct secret_format *format,
				 const char *source, const char *target, enum secrets_mode mode,
				 struct secrets_result *out);

/* Names in states, for RESULT: room for COUNT. */
void secrets_result_begin(struct secrets_result *out, struct arena *arena, size_t count);
void secrets_result_add(struct secrets_result *out, const char *name, enum secret_state state);

#endif
