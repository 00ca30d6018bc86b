#include "providers/secrets/scan.h"

#include "lib/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct place scan_place(const struct scan *s, const char *at)
{
	return source_place_from(s->doc->source, s->line_start, s->line, at);
}

bool scan_broken(struct scan *s, const char *at, const char *help, const char *text)
{
	diag_error(s->d, scan_place(s, at), help, "%s", text);
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

struct secret_entry *scan_entry(const struct scan *s, const char *name, size_t len)
{
	struct secret_doc *doc = s->doc;
	struct secret_entry *e;

	doc->items = mem_more(doc->items, doc->count, sizeof *doc->items);
	e = &doc->items[doc->count++];
	*e = (struct secret_entry){.name = arena_strndup(doc->arena, name, len),
				   .at = scan_place(s, name),
				   .start = (size_t)(s->line_start - doc->source->text)};
	e->at.width = (unsigned)len;
	return e;
}

char *scan_value(const struct scan *s, size_t len)
{
	struct str *values = &s->doc->values;
	char *value = values->data + values->len;

	assert(len < values->cap - values->len); /* no more is decoded than was written */
	value[len] = '\0';
	values->len += len + 1;
	return value;
}

void scan_span(const struct scan *s, struct secret_entry *e, const char *from, const char *to)
{
	e->value_start = (size_t)(from - s->doc->source->text);
	e->value_end = (size_t)(to - s->doc->source->text);
}

/* One mistake of this kind is enough: there's no text to find others in. */
static bool is_text(struct scan *s)
{
	const char *p = s->p, *end = p + s->doc->source->len;

	if (str_starts(p, "\xEF\xBB\xBF"))
		return scan_broken(s, p, "save the file as UTF-8 without one",
				   "the file begins with a byte order mark, which some readers refuse");
	for (size_t used; p < end; p += used) {
		if (utf8_next(p, (size_t)(end - p), &used) <= 0)
			return scan_broken(s, p, NULL,
					   *p ? "this is not UTF-8" : "a NUL byte: this is no text");
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

/* Makes secret_doc_find() work, and marks every entry whose name came before. */
static void index_names(struct secret_doc *doc)
{
	doc->names = mem_alloc(mem_times(doc->count, sizeof *doc->names));
	for (size_t i = 0; i < doc->count; i++)
		doc->names[i] = (struct secret_name){.name = doc->items[i].name};
	str_sort(doc->names, doc->count, sizeof *doc->names);
	for (size_t i = 0; i < doc->count; i++) {
		struct secret_entry *e = &doc->items[i];
		struct secret_name *of = str_find(e->name, doc->names, doc->count, sizeof *doc->names);

		e->repeated = of->first;
		if (!e->repeated)
			of->first = e;
		if (!e->repeated || e->trouble)
			continue;
		e->trouble = "this name was given a value before: readers take the last one, or refuse";
		e->help = "keep one of the lines";
		e->trouble_at = e->at;
		e->value = NULL;
	}
}

bool scan_doc(struct secret_doc *doc, const struct secret_format *format, struct source *source,
	      struct diags *d)
{
	const char *text = source->text, *nl = memchr(text, '\n', source->len);
	struct scan s = {.doc = doc, .d = d, .p = text, .line_start = text, .line = 1};
	bool readable, ok;

	*doc = (struct secret_doc){.source = source,
				   .arena = d->arena,
				   .line_end = nl && nl > text && nl[-1] == '\r' ? "\r\n" : "\n"};
	/* An entry takes a name and a sign at least: values with a NUL each fit in the text's length. */
	str_reserve(&doc->values, source->len);
	ok = readable = is_text(&s);
	while (readable && *s.p) {
		size_t before = doc->count;
		bool whole = format->take_line(&s);

		next_line(&s);
		if (!whole)
			doc->count = before; /* half an entry is none */
		else if (doc->count > before)
			doc->items[before].end = (size_t)(s.p - text);
		ok = ok && whole;
	}
	index_names(doc);
	return ok;
}
