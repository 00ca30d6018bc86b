/* A text of assignments, NAME to value, that is edited in place: a dotenv file, or Encore's override file.
 *
 * A format (struct secret_format) finds the assignments and the bytes that each takes. Whatever isn't one
 * stays as it is: comments, order, blank lines, how a value that doesn't change is written.
 *
 * Values are secrets: they live in one buffer that secret_doc_free() overwrites, and never stand in a
 * message. Nor do names before a whole text was found good: a line amid a key that lost its quotes looks like
 * a name. */
#ifndef PROVIDERS_SECRETS_DOC_H
#define PROVIDERS_SECRETS_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/source.h"
#include "lib/str.h"

struct secret_entry {
	const char *name;  /* in the arena */
	const char *value; /* decoded, a NUL behind it; NULL where readers differ or there is none */
	size_t len;
	const char *trouble; /* why its readers differ, a constant sentence; NULL: they agree */
	const char *help;    /* what to write instead; constant, may be NULL */
	struct place at;     /* of the name */
	struct place trouble_at;
	size_t start, end;	       /* bytes of the text: its lines with the last one's end */
	size_t value_start, value_end; /* the value as written, quotes included */
	bool bare;		       /* a name and nothing else */
	bool commented;		       /* a comment follows on the same line */
	bool repeated;		       /* an earlier entry has the same name */
};

struct secret_name {
	const char *name;
	struct secret_entry *first; /* of that name; NULL in rows that str_find() passes over for a twin */
};

struct secret_doc {
	struct source *source;
	struct arena *arena;	    /* names */
	struct secret_entry *items; /* in the order written; malloc'ed */
	size_t count;
	struct secret_name *names; /* of all items, sorted; malloc'ed */
	struct str values;	   /* decoded, a NUL behind each; never grows */
	const char *line_end;	   /* of its first line: LF or CR LF */
};

struct scan;

struct secret_format {
	/* At the beginning of a line: takes what begins there, blank, a comment, or an entry, over several
	 * lines maybe, up to its end or into its last line (scan.h). False, with an error, where entries
	 * can't be told apart: what was added is dropped. What only makes a value doubtful is the entry's
	 * trouble. */
	bool (*take_line)(struct scan *s);

	/* Why NAME can't have this value, or any: constant, goes on from "it "; NULL if it can. */
	const char *(*refuse)(const char *name, const char *value, size_t len);

	/* Appends the value as it is to stand in a text, such that every reader reads it back. COMMENTED: a
	 * comment follows; false if then it can't be written, and the comment must move. */
	bool (*write_value)(struct str *out, const char *value, size_t len, bool commented);

	/* "NAME=%s", a new assignment without its line end: what stands before and after the value. */
	void (*write_name)(struct str *out, const char *name);

	const char *comment; /* what begins a comment line: "#" */
};

/* The first entry called NAME; NULL if there is none. */
const struct secret_entry *secret_doc_find(const struct secret_doc *doc, const char *name);

/* A change of one name: a new value, or no more of it. */
struct secret_change {
	const char *name;
	const char *value; /* NULL: the entry goes, with its lines */
	size_t len;
	const struct secret_entry *entry; /* of the document; NULL: appended */
};

/* The text with CHANGES made; entries in their order, then the new ones. Values are writable
 * (secret_format.refuse). OUT is empty and allocated once, so that no copy is left behind; str_wipe() it. */
void secret_doc_render(const struct secret_doc *doc, const struct secret_format *format,
		       const struct secret_change *changes, size_t count, struct str *out);

void secret_doc_free(struct secret_doc *doc);

#endif
