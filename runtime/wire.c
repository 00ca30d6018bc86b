#include "runtime/wire.h"

#include <stddef.h>
#include <string.h>

#include "lib/json.h"

/* ---- lines ---- */

static void give_out(const char *line, size_t len, bool cut, wire_line_fn *each, void *context)
{
	while (!cut && len && line[len - 1] == '\r')
		len--;
	each(context, line, len, cut);
}

/* A piece of a line that ends behind LEN bytes, or goes on. */
static void take_piece(struct wire_reader *r, const char *bytes, size_t len, bool ends, wire_line_fn *each,
		       void *context)
{
	size_t room = WIRE_LINE_MAX - r->line.len;

	if (r->skipping) {
		r->skipping = !ends;
		return;
	}
	if (len <= room && ends && !r->line.len) {
		give_out(bytes, len, false, each, context);
		return;
	}
	str_addn(&r->line, bytes, len < room ? len : room);
	if (len > room) {
		give_out(r->line.data, r->line.len, true, each, context);
		str_clear(&r->line);
		r->skipping = !ends;
	} else if (ends) {
		give_out(r->line.data, r->line.len, false, each, context);
		str_clear(&r->line);
	}
}

void wire_read(struct wire_reader *r, const char *bytes, size_t len, wire_line_fn *each, void *context)
{
	const char *p = bytes, *end = bytes + len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		take_piece(r, p, (size_t)((nl ? nl : end) - p), nl != NULL, each, context);
		if (!nl)
			return;
		p = nl + 1;
	}
}

void wire_end(struct wire_reader *r, wire_line_fn *each, void *context)
{
	if (r->line.len)
		give_out(r->line.data, r->line.len, false, each, context);
	str_free(&r->line);
	r->skipping = false;
}

/* ---- records ---- */

/* Members of each type, in no order; "type" itself is left out. */
#define AT(name) #name, offsetof(struct record, name)

static const struct shape {
	const char *type;
	enum record_type is;
	struct {
		const char *name;
		size_t at; /* bytes into struct record */
	} members[5];
} shapes[] = {
	{"begin", RECORD_BEGIN, {{AT(host)}, {AT(mode)}}},
	{"step", RECORD_STEP, {{AT(step)}, {AT(result)}, {AT(reason)}, {AT(message)}}},
	{"fact", RECORD_FACT, {{AT(name)}, {AT(value)}}},
	{"ask", RECORD_ASK, {{AT(name)}}},
	{"end", RECORD_END, {{AT(steps)}, {AT(result)}}},
};

/* These return why it is no record, a constant; NULL where it is one. */

static const char *read_members(struct record *out, const struct json *j, const struct shape *shape,
				struct arena *arena)
{
	size_t wanted = 0;

	for (; shape->members[wanted].name; wanted++) {
		json_value v = json_get(j, 0, shape->members[wanted].name);

		if (v == JSON_NONE)
			return "a record lacks a member";
		*(const char **)((char *)out + shape->members[wanted].at) = json_string(j, v, arena);
	}
	/* All of them are there: as many members as that, and "type", means that none is twice and no other
	 * is there. */
	if (json_count(j, 0) != wanted + 1)
		return "a record has a member too many";
	out->type = shape->is;
	return NULL;
}

static const char *read_object(struct record *out, const struct json *j, struct arena *arena)
{
	json_value type;

	if (json_kind(j, 0) != JSON_OBJECT)
		return "a record isn't an object";
	for (json_value at = json_first(j, 0); at != JSON_NONE; at = json_next(j, at)) {
		if (json_kind(j, at + 1) != JSON_STRING)
			return "a member of a record isn't a string";
	}
	type = json_get(j, 0, "type");
	for (size_t i = 0; type != JSON_NONE && i < sizeof shapes / sizeof *shapes; i++) {
		if (json_equals(j, type, shapes[i].type))
			return read_members(out, j, &shapes[i], arena);
	}
	return "a record of unknown type";
}

static const char *read_text(struct record *out, const char *text, size_t len, struct arena *arena)
{
	const char *why;
	struct json j;

	if (!json_parse(&j, text, len))
		return "a record isn't JSON";
	why = read_object(out, &j, arena);
	json_free(&j);
	return why;
}

void record_read(struct record *out, const char *line, size_t len, bool cut, const char *run,
		 struct arena *arena)
{
	static const char marker[] = "@stagecraft ";
	const size_t marker_len = sizeof marker - 1, run_len = strlen(run), head = marker_len + run_len + 1;
	const char *p = line, *end = line + len, *why;

	*out = (struct record){.type = RECORD_NONE};
	for (;; p++) {
		p = memchr(p, marker[0], (size_t)(end - p));
		if (!p || (size_t)(end - p) < head)
			return;
		if (memcmp(p, marker, marker_len) == 0 && memcmp(p + marker_len, run, run_len) == 0 &&
		    p[head - 1] == ' ')
			break;
	}
	out->noise = (size_t)(p - line);
	p += head;
	why = cut ? "a record is longer than 64 KiB" : read_text(out, p, (size_t)(end - p), arena);
	if (why)
		*out = (struct record){.type = RECORD_BAD, .noise = out->noise, .why = why};
}
