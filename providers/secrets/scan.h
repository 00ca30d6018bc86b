/* What the parsers of secret files share: a text taken line by line, its places, its mistakes. */
#ifndef PROVIDERS_SECRETS_SCAN_H
#define PROVIDERS_SECRETS_SCAN_H

#include "providers/secrets/doc.h"

struct scan {
	struct secret_doc *doc;
	struct diags *d;
	const char *p, *end;	/* what isn't taken yet; a NUL stands behind it */
	const char *line_start; /* of the line that the current entry begins on, and its number */
	unsigned line;
	bool broken; /* the current line can't be told apart from the next */
};

/* Calls TAKE_LINE at the beginning of each line. It takes what begins there: blank, a comment, or an entry,
 * over several lines maybe, up to its end or into its last line; the rest of that line is passed over, and an
 * entry that was added gets its end from there. Before that it makes sure that the text is UTF-8 without NUL
 * and a byte order mark. Returns false if anything was broken. */
bool scan_lines(struct secret_doc *doc, struct diags *d, void (*take_line)(struct scan *s));

/* The place of AT, on the current entry's first line or behind it. */
struct place scan_place(const struct scan *s, const char *at);

/* An error at AT: the current line, and an entry that it added, are dropped. Returns false. TEXT is constant,
 * as any text from a secret file would be a secret's. */
bool scan_broken(struct scan *s, const char *at, const char *help, const char *text);

/* Notes the first trouble of an entry (struct secret_entry). */
void scan_trouble(const struct scan *s, struct secret_entry *e, const char *at, const char *text,
		  const char *help);

void scan_blanks(struct scan *s);			    /* passes over spaces and tabs */
bool scan_at_line_end(const struct scan *s, const char *p); /* LF, CR LF, or the end */
bool scan_starts(const struct scan *s, const char *word);

/* Says where the value of E stands. */
void scan_span(const struct scan *s, struct secret_entry *e, const char *from, const char *to);

#endif
