/* What is wrong with the user's input: collected, sorted by place, printed as a compiler does.
 *
 *   stagecraft.yml:9:22: error: tailscale provider: invalid config: tag db must start with tag: prefix
 *       9 |       default_tags: [db]
 *         |                      ^~ write tag:db
 */
#ifndef LIB_DIAG_H
#define LIB_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/arena.h"
#include "lib/source.h"

enum severity { DIAG_ERROR, DIAG_WARNING };

/* What sort of mistake: other programs tell them apart by its name (diag_formats.h), which stays what it is. */
enum diag_kind {
	DIAG_VALUE,  /* a value that can't be one, or doesn't go with another */
	DIAG_SYNTAX, /* no YAML or JSON, or something of it that isn't taken */
	DIAG_DUPLICATE_KEY,
	DIAG_UNKNOWN_KEY,
	DIAG_MISSING_KEY,
	DIAG_TAG,	/* a tag that the network wouldn't take */
	DIAG_SAME_HOST, /* one id or address of two hosts */
	DIAG_FILE,	/* that can't be read */
	DIAG_SUSPECT,	/* allowed, and likely not what was meant */
	DIAG_KINDS,
};

struct diag {
	enum severity severity;
	enum diag_kind kind;
	struct place at;
	const char *text;
	const char *help; /* what to write instead; NULL for none */
	size_t source_no; /* seq of its source's first one */
	size_t seq;	  /* order of arrival, breaks ties */
};

enum { DIAG_KEPT = 10000 /* further ones are only counted: nobody reads them */ };

struct diags {
	struct arena *arena; /* owns every text */
	const char *root;    /* folder that other programs know files from; "." */
	struct diag *items;  /* malloc'ed; diags_free() */
	size_t count;
	size_t errors; /* how many of them are errors */
	size_t warnings;
	size_t dropped;
};

/* An empty list whose texts will live in ARENA. Its root is the current folder. */
void diags_init(struct diags *d, struct arena *arena);

/* Adds one. FORMAT as in printf(3). What came from the input must have gone through diag_quote() first. */
void diag_add(struct diags *d, enum severity severity, enum diag_kind kind, struct place at, const char *help,
	      const char *format, ...) __attribute__((format(printf, 6, 7)));
#define diag_error_of(d, kind, ...) diag_add(d, DIAG_ERROR, kind, __VA_ARGS__)
#define diag_error(d, ...) diag_add(d, DIAG_ERROR, DIAG_VALUE, __VA_ARGS__)
#define diag_warning(d, ...) diag_add(d, DIAG_WARNING, DIAG_SUSPECT, __VA_ARGS__)

/* TEXT as it may stand in a message: one visible line of at most 64 bytes, a secret masked. Lives in the
 * list's arena. */
const char *diag_quote(struct diags *d, const char *text);

enum diag_style {
	DIAG_PLAIN,
	DIAG_COLOUR,
	DIAG_GITHUB, /* plain, and a workflow command (::error file=…) for each */
};

/* Sorts by source (in order of first appearance), line and column, and drops exact repetitions. */
void diags_sort(struct diags *d);

/* Sorts, and prints all of them with their excerpts and a count. */
void diags_print(struct diags *d, FILE *to, enum diag_style style);

/* A workflow command of GitHub Actions, which shows it as an annotation: FILE, COLUMN and TITLE may be NULL
 * or 0, LINE too. TEXT and TITLE are visible text. */
void annotation_print(FILE *to, enum severity severity, const char *file, unsigned line, unsigned column,
		      const char *title, const char *text);

void diags_free(struct diags *d);

/* The candidate nearest to WORD by edit distance (transpositions count one), if it's near enough to have been
 * meant (at most one edit for words under 5 letters, two for longer ones), else NULL. CANDIDATES ends with
 * NULL. */
const char *did_you_mean(const char *word, const char *const *candidates);

#endif
