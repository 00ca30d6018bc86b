#include "providers/secrets/scan.h"

#include <string.h>

struct place scan_place(const struct scan *s, const char *at)
{
	return source_place_from(s->doc->source, s->line_start, s->line, at);
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
	s->p += strspn(s->p, " \t");
}

bool scan_at_line_end(const char *p)
{
	return !*p || *p == '\n' || (p[0] == '\r' && p[1] == '\n');
}

struct secret_entry *scan_entry(const struct scan *s, const char *start, const char *name, size_t len)
{
	struct secret_entry *e = secret_doc_add(s->doc, name, len);

	e->at = scan_place(s, name);
	e->at.width = (unsigned)len;
	e->start = (size_t)(start - s->doc->source->text);
	return e;
}

void scan_span(const struct scan *s, struct secret_entry *e, const char *from, const char *to)
{
	e->value_start = (size_t)(from - s->doc->source->text);
	e->value_end = (size_t)(to - s->doc->source->text);
}

/* One mistake of this kind is enough: there's no text to find others in. */
static bool is_text(struct scan *s)
{
	const char *end = s->p + s->doc->source->len;

	if (str_starts(s->p, "\xEF\xBB\xBF"))
		return scan_broken(s, s->p, "save the file as UTF-8 without one",
				   "the file begins with a byte order mark, which some readers refuse");
	for (const char *p = s->p; p < end;) {
		size_t used;

		if (utf8_next(p, (size_t)(end - p), &used) <= 0)
			return scan_broken(s, p, NULL,
					   *p ? "this is not UTF-8" : "a NUL byte: this is no text");
		p += used;
	}
	return true;
}

/* To the beginning of the next line; counts the lines since line_start. */
static void next_line(struct scan *s)
{
	s->p += strcspn(s->p, "\n");
	s->p += *s->p == '\n';
	for (const char *p = s->line_start; p < s->p && (p = memchr(p, '\n', (size_t)(s->p - p))); p++)
		s->line++;
	s->line_start = s->p;
}

bool scan_doc(struct secret_doc *doc, const struct secret_format *format, struct source *source,
	      struct diags *d)
{
	const char *text = source->text, *nl = memchr(text, '\n', source->len);
	struct scan s = {.doc = doc, .d = d, .p = text, .line_start = text, .line = 1};
	bool ok;

	secret_doc_init(doc, source, d->arena);
	doc->crlf = nl && nl > text && nl[-1] == '\r';
	ok = is_text(&s);
	while (!s.broken && *s.p) {
		size_t before = doc->count;

		format->take_line(&s);
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
