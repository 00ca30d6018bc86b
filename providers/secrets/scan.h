/* What the parsers of secret files share: a text taken line by line, its places, its mistakes. */
#ifndef PROVIDERS_SECRETS_SCAN_H
#define PROVIDERS_SECRETS_SCAN_H

#include "providers/secrets/doc.h"

struct scan {
	struct secret_doc *doc;
	struct diags *d;
	const char *p;		/* what isn't taken yet, up to a NUL */
	const char *line_start; /* of the line that the current entry begins on, and its number */
	unsigned line;
};

/* Reads SOURCE, whose text must outlive DOC, once it is known to be UTF-8 without NUL and byte order mark:
 * calls FORMAT's take_line at the beginning of each line; the rest of the line that it ends in is passed
 * over, and an entry that was added gets its end from there. Names are in D's arena. Returns false, with
 * errors in D, if anything was broken. secret_doc_free() in any case. */
bool scan_doc(struct secret_doc *doc, const struct secret_format *format, struct source *source,
	      struct diags *d);

/* A new entry, called by LEN bytes at NAME, on the line that take_line() was called for. */
struct secret_entry *scan_entry(const struct scan *s, const char *name, size_t len);

/* Where to put a decoded value of LEN bytes, the entry's own at most; a NUL is behind it. */
char *scan_value(const struct scan *s, size_t len);

/* The place of AT, on the current entry's first line or behind it. */
struct place scan_place(const struct scan *s, const char *at);

/* An error at AT. Returns false, as take_line() then does. TEXT is constant, as any text from a secret file
 * would be a secret's. */
bool scan_broken(struct scan *s, const char *at, const char *help, const char *text);

/* Notes the first trouble of an entry (struct secret_entry). */
void scan_trouble(const struct scan *s, struct secret_entry *e, const char *at, const char *text,
		  const char *help);

void scan_blanks(struct scan *s);     /* passes over spaces and tabs */
bool scan_at_line_end(const char *p); /* LF, CR LF, or the end */

/* Says where the value of E stands. */
void scan_span(const struct scan *s, struct secret_entry *e, const char *from, const char *to);

#endif
