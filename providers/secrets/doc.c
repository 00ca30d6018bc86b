#include "providers/secrets/doc.h"

#include "lib/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void secret_doc_init(struct secret_doc *doc, struct source *source, struct arena *arena)
{
	*doc = (struct secret_doc){.source = source, .arena = arena};
	/* An entry takes a name and a sign at least: values with a NUL each fit in the text's length. */
	str_reserve(&doc->values, source->len);
}

struct secret_entry *secret_doc_add(struct secret_doc *doc, const char *name, size_t len)
{
	doc->items = mem_more(doc->items, doc->count, sizeof *doc->items);
	doc->items[doc->count] = (struct secret_entry){.name = arena_strndup(doc->arena, name, len)};
	return &doc->items[doc->count++];
}

char *secret_doc_value(struct secret_doc *doc, size_t len)
{
	char *value = doc->values.data + doc->values.len;

	assert(len < doc->values.cap - doc->values.len); /* no more is decoded than was written */
	value[len] = '\0';
	doc->values.len += len + 1;
	return value;
}

/* ---- by name ---- */

static int compare(const void *a, const void *b)
{
	const struct secret_entry *x = *(struct secret_entry *const *)a,
				  *y = *(struct secret_entry *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : x < y ? -1 : x > y;
}

void secret_doc_index(struct secret_doc *doc)
{
	doc->by_name = mem_alloc(mem_times(doc->count, sizeof *doc->by_name));
	for (size_t i = 0; i < doc->count; i++)
		doc->by_name[i] = &doc->items[i];
	if (doc->count)
		qsort(doc->by_name, doc->count, sizeof *doc->by_name, compare);
	for (size_t i = 1; i < doc->count; i++) {
		struct secret_entry *entry = doc->by_name[i];

		if (strcmp(doc->by_name[i - 1]->name, entry->name) != 0)
			continue;
		entry->repeated = true;
		if (entry->trouble)
			continue;
		entry->trouble = "this name was given a value before: readers take the last one, or refuse";
		entry->help = "keep one of the lines";
		entry->trouble_at = entry->at;
		entry->value = NULL;
	}
}

const struct secret_entry *secret_doc_find(const struct secret_doc *doc, const char *name)
{
	size_t low = 0, high = doc->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(doc->by_name[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < doc->count && strcmp(doc->by_name[low]->name, name) == 0 ? doc->by_name[low] : NULL;
}

/* ---- writing ---- */

static void add_line_end(const struct secret_doc *doc, struct str *out)
{
	str_add(out, doc->crlf ? "\r\n" : "\n");
}

/* Where the last line of E ends, its line end apart. */
static size_t end_of(const struct secret_doc *doc, const struct secret_entry *e)
{
	const char *text = doc->source->text;
	size_t end = e->end;

	while (end > e->value_end && (text[end - 1] == '\n' || text[end - 1] == '\r'))
		end--;
	return end;
}

/* Puts the comment behind an entry's value on a line of its own above it. */
static void lift_comment(const struct secret_doc *doc, const struct secret_entry *e, const char *mark,
			 struct str *out)
{
	const char *from = doc->source->text + e->value_end, *end = doc->source->text + end_of(doc, e);

	while (from < end && !str_starts(from, mark))
		from++;
	str_addn(out, from, (size_t)(end - from));
	add_line_end(doc, out);
}

static void replace_entry(const struct secret_doc *doc, const struct secret_format *format,
			  const struct secret_change *c, struct str *out)
{
	const struct secret_entry *e = c->entry;
	const char *text = doc->source->text;
	size_t tail = e->value_end, begin = out->len;

	str_addn(out, text + e->start, e->value_start - e->start);
	if (e->bare)
		str_add(out, "=");
	if (!format->write_value(out, c->value, c->len, e->commented)) {
		out->len = begin;
		lift_comment(doc, e, format->comment, out);
		str_addn(out, text + e->start, e->value_start - e->start);
		format->write_value(out, c->value, c->len, false);
		tail = end_of(doc, e);
	}
	str_addn(out, text + tail, e->end - tail);
}

static void append_entry(const struct secret_doc *doc, const struct secret_format *format,
			 const struct secret_change *c, struct str *out)
{
	if (out->len && out->data[out->len - 1] != '\n')
		add_line_end(doc, out);
	format->write_name(out, c->name);
	format->write_value(out, c->value, c->len, false);
	add_line_end(doc, out);
}

/* No value grows by more than six bytes a byte (\u0001), and no line by more than its name and a few signs.
 */
static size_t most(const struct secret_doc *doc, const struct secret_change *changes, size_t count)
{
	size_t size = doc->source->len + 16;

	for (size_t i = 0; i < count; i++)
		size += strlen(changes[i].name) + changes[i].len * 6 + 16;
	return size;
}

void secret_doc_render(const struct secret_doc *doc, const struct secret_format *format,
		       const struct secret_change *changes, size_t count, struct str *out)
{
	const struct secret_change **of = arena_array(doc->arena, doc->count, sizeof *of); /* each entry */
	size_t done = 0, room;

	for (size_t i = 0; i < count; i++) {
		if (changes[i].entry)
			of[changes[i].entry - doc->items] = &changes[i];
	}
	str_reserve(out, most(doc, changes, count));
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
		if (!changes[i].entry)
			append_entry(doc, format, &changes[i], out);
	}
	assert(out->cap == room); /* growing leaves copies of secrets behind */
}

void secret_doc_free(struct secret_doc *doc)
{
	str_wipe(&doc->values);
	free(doc->items);
	free(doc->by_name);
	*doc = (struct secret_doc){0};
}
