#include "providers/secrets/doc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct secret_entry *secret_doc_find(const struct secret_doc *doc, const char *name)
{
	const struct secret_name *found = str_find(name, doc->names, doc->count, sizeof *doc->names);

	return found ? found->first : NULL;
}

/* ---- writing ---- */

static void replace_entry(const struct secret_doc *doc, const struct secret_format *format,
			  const struct secret_change *c, struct str *out)
{
	const struct secret_entry *e = c->entry;
	const char *text = doc->source->text;
	size_t comment = e->value_end, end = e->end, begin = out->len;

	str_addn(out, text + e->start, e->value_start - e->start);
	if (e->bare)
		str_add(out, "=");
	if (format->write_value(out, c->value, c->len, e->commented)) {
		str_addn(out, text + e->value_end, e->end - e->value_end);
		return;
	}
	/* The comment behind the value moves to a line of its own above it. */
	while (end > comment && (text[end - 1] == '\n' || text[end - 1] == '\r'))
		end--;
	while (comment < end && !str_starts(text + comment, format->comment))
		comment++;
	out->len = begin;
	str_addn(out, text + comment, end - comment);
	str_add(out, doc->line_end);
	str_addn(out, text + e->start, e->value_start - e->start);
	format->write_value(out, c->value, c->len, false);
	str_addn(out, text + end, e->end - end);
}

void secret_doc_render(const struct secret_doc *doc, const struct secret_format *format,
		       const struct secret_change *changes, size_t count, struct str *out)
{
	const struct secret_change **of = arena_array(doc->arena, doc->count, sizeof *of); /* each entry */
	size_t done = 0, room = doc->source->len + 16;

	for (size_t i = 0; i < count; i++) {
		/* No value grows by more than six bytes a byte (\u0001), and no line by more than its name
		 * and a few signs. */
		room += strlen(changes[i].name) + changes[i].len * 6 + 16;
		if (changes[i].entry)
			of[changes[i].entry - doc->items] = &changes[i];
	}
	str_reserve(out, room);
	room = out->cap;
	for (size_t i = 0; i < doc->count; i++) {
		if (!of[i])
			continue;
		str_addn(out, doc->source->text + done, doc->items[i].start - done);
		done = doc->items[i].end;
		if (of[i]->value)
			replace_entry(doc, format, of[i], out);
	}
	str_addn(out, doc->source->text + done, doc->source->len - done);
	for (size_t i = 0; i < count; i++) {
		if (changes[i].entry)
			continue;
		if (out->len && out->data[out->len - 1] != '\n')
			str_add(out, doc->line_end);
		format->write_name(out, changes[i].name);
		format->write_value(out, changes[i].value, changes[i].len, false);
		str_add(out, doc->line_end);
	}
	assert(out->cap == room); /* growing leaves copies of secrets behind */
}

void secret_doc_free(struct secret_doc *doc)
{
	str_wipe(&doc->values);
	free(doc->items);
	free(doc->names);
	*doc = (struct secret_doc){0};
}
