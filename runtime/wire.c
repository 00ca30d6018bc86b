#include "runtime/wire.h"

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
static const struct shape {
	const char *type;
	enum record_type is;
	const char *members[5];
} shapes[] = {
	{"begin", RECORD_BEGIN, {"host", "mode"}},
	{"step", RECORD_STEP, {"step", "result", "reason", "message"}},
	{"fact", RECORD_FACT, {"name", "value"}},
	{"ask", RECORD_ASK, {"name"}},
	{"end", RECORD_END, {"steps", "result"}},
};

static const char **member(struct record *out, const char *name)
{
	const struct {
		const char *name;
		const char **at;
	} members[] = {
		{"host", &out->host},	  {"mode", &out->mode},	      {"name", &out->name},
		{"value", &out->value},	  {"step", &out->step},	      {"result", &out->result},
		{"reason", &out->reason}, {"message", &out->message}, {"steps", &out->steps},
	};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		if (strcmp(members[i].name, name) == 0)
			return members[i].at;
	}
	return NULL;
}

static const char *bad(struct record *out, const char *why)
{
	*out = (struct record){.type = RECORD_BAD, .noise = out->noise, .why = why};
	return why;
}

static void read_members(struct record *out, const struct json *j, const struct shape *shape,
			 struct arena *arena)
{
	size_t wanted = 0;

	for (; shape->members[wanted]; wanted++) {
		json_value v = json_get(j, 0, shape->members[wanted]);

		if (v == JSON_NONE) {
			bad(out, "a record lacks a member");
			return;
		}
		*member(out, shape->members[wanted]) = json_string(j, v, arena);
	}
	/* All of them are there: as many members as that, and "type", means that none is twice and no other
	 * is there. */
	if (json_count(j, 0) != wanted + 1)
		bad(out, "a record has a member too many");
	else
		out->type = shape->is;
}

static void read_object(struct record *out, const struct json *j, struct arena *arena)
{
	json_value type;

	if (json_kind(j, 0) != JSON_OBJECT) {
		bad(out, "a record isn't an object");
		return;
	}
	for (json_value at = json_first(j, 0); at != JSON_NONE; at = json_next(j, at)) {
		if (json_kind(j, at + 1) != JSON_STRING) {
			bad(out, "a member of a record isn't a string");
			return;
		}
	}
	type = json_get(j, 0, "type");
	for (size_t i = 0; type != JSON_NONE && i < sizeof shapes / sizeof *shapes; i++) {
		if (json_equals(j, type, shapes[i].type)) {
			read_members(out, j, &shapes[i], arena);
			return;
		}
	}
	bad(out, "a record of unknown type");
}

/* Where the bytes NEEDLE begin; NULL if nowhere. */
static const char *find(const char *hay, size_t len, const char *needle, size_t needle_len)
{
	const char *p = hay, *end = hay + len;

	while ((size_t)(end - p) >= needle_len) {
		p = memchr(p, needle[0], (size_t)(end - p) - needle_len + 1);
		if (!p)
			return NULL;
		if (memcmp(p, needle, needle_len) == 0)
			return p;
		p++;
	}
	return NULL;
}

void record_read(struct record *out, const char *line, size_t len, bool cut, const char *run,
		 struct arena *arena)
{
	char marker[sizeof "@stagecraft  " + 16];
	size_t marker_len, offset;
	const char *at, *why;
	struct json j;

	*out = (struct record){.type = RECORD_NONE};
	marker_len = strlen(run);
	if (marker_len > 16)
		return;
	memcpy(marker, "@stagecraft ", 12);
	memcpy(marker + 12, run, marker_len);
	marker_len += 12;
	marker[marker_len++] = ' ';
	at = find(line, len, marker, marker_len);
	if (!at)
		return;
	out->noise = (size_t)(at - line);
	if (cut) {
		bad(out, "a record is longer than 64 KiB");
		return;
	}
	at += marker_len;
	if (!json_parse(&j, at, (size_t)(line + len - at), &offset, &why)) {
		bad(out, "a record isn't JSON");
		return;
	}
	read_object(out, &j, arena);
	json_free(&j);
}
