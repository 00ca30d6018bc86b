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
	if (ends || len > room) {
		give_out(r->line.data, r->line.len, len > room, each, context);
		str_clear(&r->line);
		r->skipping = !ends;
	}
}

void wire_read(struct wire_reader *r, const char *bytes, size_t len, wire_line_fn *each, void *context)
{
	const char *p = bytes, *end = bytes + len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		take_piece(r, p, (size_t)((nl ? nl : end) - p), nl != NULL, each, context);
		p = nl ? nl + 1 : end;
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

static const struct {
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

enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Why it is no record, a constant; NULL where it is one. */
static const char *read_object(struct record *out, const struct json *j, struct arena *arena)
{
	json_value type = json_get(j, 0, "type");
	size_t i = 0, wanted = 0;

	if (json_kind(j, 0) != JSON_OBJECT)
		return "a record isn't an object";
	for (json_value at = json_first(j, 0); at != JSON_NONE; at = json_next(j, at)) {
		if (json_kind(j, at + 1) != JSON_STRING)
			return "a member of a record isn't a string";
	}
	while (i < SHAPES && !json_equals(j, type, shapes[i].type))
		i++;
	if (i == SHAPES)
		return "a record of unknown type";
	for (; shapes[i].members[wanted].name; wanted++) {
		json_value v = json_get(j, 0, shapes[i].members[wanted].name);

		if (v == JSON_NONE)
			return "a record lacks a member";
		*(const char **)((char *)out + shapes[i].members[wanted].at) = json_string(j, v, arena);
	}
	/* All of them are there: as many members as that, and "type", means that none is twice and no other
	 * is there. */
	if (json_count(j, 0) != wanted + 1)
		return "a record has a member too many";
	out->type = shapes[i].is;
	return NULL;
}

void record_read(struct record *out, const char *line, size_t len, bool cut, const char *run,
		 struct arena *arena)
{
	static const char marker[] = "@stagecraft ";
	const size_t marker_len = sizeof marker - 1, run_len = strlen(run), head = marker_len + run_len + 1;
	const char *p = line, *end = line + len, *why = "a record isn't JSON";
	struct json j;

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
	if (cut) {
		why = "a record is longer than 64 KiB";
	} else if (json_parse(&j, p, (size_t)(end - p))) {
		why = read_object(out, &j, arena);
		json_free(&j);
	}
	if (why)
		*out = (struct record){.type = RECORD_BAD, .noise = out->noise, .why = why};
}
