#include "providers/secrets/scan.h"

#include <string.h>

struct place scan_place(const struct scan *s, const char *at)
{
	struct place place = {.source = s->doc->source, .line = s->line, .column = 1, .width = 1};
	const char *line = s->line_start;

	for (const char *nl; (nl = memchr(line, '\n', (size_t)(at - line))) != NULL; line = nl + 1)
		place.line++;
	for (size_t used; line < at; line += used) {
		utf8_next(line, (size_t)(at - line), &used);
		place.column++;
	}
	return place;
}

bool scan_broken(struct scan *s, const char *at, const char *help, const char *text)
{
	diag_error(s->d, scan_place(s, at), help, "%s", text);
	s->broken = true;
	return false;
}

void scan_trouble(const struct scan *s, struct secret_entry *e, const char *at, const char *text,
		  const char *help)
{
	if (e->trouble)
		return;
	e->trouble = text;
	e->help = help;
	e->trouble_at = scan_place(s, at);
}

void scan_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

bool scan_at_line_end(const struct scan *s, const char *p)
{
	return p == s->end || *p == '\n' || (s->end - p >= 2 && p[0] == '\r' && p[1] == '\n');
}

bool scan_starts(const struct scan *s, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(s->end - s->p) >= len && memcmp(s->p, word, len) == 0;
}

void scan_span(const struct scan *s, struct secret_entry *e, const char *from, const char *to)
{
	e->value_start = (size_t)(from - s->doc->source->text);
	e->value_end = (size_t)(to - s->doc->source->text);
}

/* One mistake of this kind is enough: there's no text to find others in. */
static bool is_text(struct scan *s)
{
	if (scan_starts(s, "\xEF\xBB\xBF"))
		return scan_broken(s, s->p, "save the file as UTF-8 without one",
				   "the file begins with a byte order mark, which some readers refuse");
	for (const char *p = s->p; p < s->end;) {
		size_t used;

		if (utf8_next(p, (size_t)(s->end - p), &used) <= 0)
			return scan_broken(s, p, NULL,
					   *p ? "this is not UTF-8" : "a NUL byte: this is no text");
		p += used;
	}
	return true;
}

/* To the beginning of the next line; counts the lines since line_start. */
static void next_line(struct scan *s)
{
	const char *nl = s->p < s->end ? memchr(s->p, '\n', (size_t)(s->end - s->p)) : NULL;
	const char *next = nl ? nl + 1 : s->end;

	for (const char *p = s->line_start; p < next && (p = memchr(p, '\n', (size_t)(next - p))); p++)
		s->line++;
	s->p = s->line_start = next;
}

bool scan_lines(struct secret_doc *doc, struct diags *d, void (*take_line)(struct scan *s))
{
	const char *text = doc->source->text, *nl = memchr(text, '\n', doc->source->len);
	struct scan s = {
		.doc = doc, .d = d, .p = text, .end = text + doc->source->len, .line_start = text, .line = 1};
	bool ok = is_text(&s);

	doc->crlf = nl && nl > text && nl[-1] == '\r';
	while (!s.broken && s.p < s.end) {
		size_t before = doc->count;

		take_line(&s);
		next_line(&s);
		ok = ok && !s.broken;
		if (s.broken)
			doc->count = before; /* half an entry is none */
		else if (doc->count > before)
			doc->items[before].end = (size_t)(s.p - text);
		s.broken = false;
	}
	secret_doc_index(doc);
	return ok;
}
