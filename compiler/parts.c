#include "compiler/parts.h"

#include "compiler/emit.h"
#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

#define SHARED_MARK "# The same on every host of this configuration.\n"
#define PLAN_MARK "plan() {"

/* What is left of a text. */
struct rest {
	const char *at, *end;
};

static size_t left(const struct rest *r)
{
	return (size_t)(r->end - r->at);
}

static bool begins(const struct rest *r, const char *with)
{
	return left(r) >= strlen(with) && memcmp(r->at, with, strlen(with)) == 0;
}

/* Takes a line, with its end if it has one. Returns how many bytes. */
static size_t take_line(struct rest *r)
{
	const char *feed = memchr(r->at, '\n', left(r));
	size_t len = feed ? (size_t)(feed + 1 - r->at) : left(r);

	r->at += len;
	return len;
}

/* ---- assignments ---- */

/* The quote that ends the word of str_add_shell() whose first quote is in front of AT; NULL if none does. */
static const char *closing_quote(const char *at, const char *end)
{
	static const char quote[] = "'\\''";
	const size_t len = sizeof quote - 1;

	while ((at = memchr(at, '\'', (size_t)(end - at))) != NULL && (size_t)(end - at) >= len &&
	       memcmp(at, quote, len) == 0)
		at += len;
	return at;
}

/* What a shell makes of the LEN bytes between the quotes. */
static const char *unquoted(const char *text, size_t len, struct arena *arena)
{
	char *value = arena_strndup(arena, text, len), *to = value;

	for (const char *from = value; *from; from += *from == '\'' ? 4 : 1)
		*to++ = *from;
	*to = '\0';
	return value;
}

static size_t name_len(const struct rest *r)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t len = 0;

	while (len < left(r) && r->at[len] && strchr(capitals, r->at[len]))
		len++;
	return len && strchr("0123456789", *r->at) ? 0 : len;
}

/* Takes a line that is a quoted assignment, and nothing else. With INTO, adds it there. */
static bool take_assignment(struct rest *r, struct assignments *into, struct arena *arena)
{
	size_t len = name_len(r);
	const char *value = r->at + len + 2, *quote;

	if (!len || left(r) < len + 2 || memcmp(r->at + len, "='", 2) != 0)
		return false;
	quote = closing_quote(value, r->end);
	if (!quote || r->end - quote < 2 || quote[1] != '\n' || memchr(value, '\0', (size_t)(quote - value)))
		return false;
	if (into) {
		into->items = mem_more(into->items, into->count, sizeof *into->items);
		into->items[into->count++] =
			(struct assignment){arena_strndup(arena, r->at, len),
					    unquoted(value, (size_t)(quote - value), arena)};
	}
	r->at = quote + 2;
	return true;
}

/* Sorts the assignments, which mem_more() holds, and moves them to ARENA. False, and none are left, if a name is
 * there twice. */
static bool keep_assignments(struct assignments *a, struct arena *arena)
{
	struct assignment *items = a->items;
	bool once = true;

	str_sort(items, a->count, sizeof *items);
	for (size_t i = 1; i < a->count; i++)
		once = once && strcmp(items[i - 1].name, items[i].name) != 0;
	a->items = arena_array(arena, a->count, sizeof *items);
	if (once && a->count)
		memcpy(a->items, items, a->count * sizeof *items);
	else
		a->count = 0;
	free(items);
	return once;
}

const char *assignments_get(const struct assignments *a, const char *name)
{
	const struct assignment *found = str_find(name, a->items, a->count, sizeof *a->items);

	return found ? found->value : NULL;
}

/* ---- a host's own part ---- */

/* Takes a line that is blank or a comment; a NUL is in neither. */
static bool take_remark(struct rest *r)
{
	struct rest line = *r;
	size_t len = take_line(&line);

	if ((*r->at != '#' && *r->at != '\n') || r->at[len - 1] != '\n' || memchr(r->at, '\0', len))
		return false;
	*r = line;
	return true;
}

size_t parts_own_len(const char *text, size_t len)
{
	struct rest r = {text, text + len};

	if (!begins(&r, "#!/bin/sh\n"))
		return 0;
	while (r.at < r.end && !begins(&r, "\n" SHARED_MARK)) {
		if (!take_remark(&r) && !take_assignment(&r, NULL, NULL))
			return 0;
	}
	return r.at < r.end ? (size_t)(r.at - text) : 0;
}

bool parts_read_own(struct assignments *out, const char *text, size_t len, struct arena *arena)
{
	struct rest r = {text, text + len};
	bool once;

	*out = (struct assignments){0};
	while (r.at < r.end && (take_remark(&r) || take_assignment(&r, out, arena)))
		;
	if (r.at < r.end && begins(&r, emit_reader))
		take_line(&r);
	once = keep_assignments(out, arena);
	if (once && r.at == r.end)
		return true;
	*out = (struct assignments){0};
	return false;
}

/* Appends a line with "ID" for ID where that is a script's name or what a line is about. */
static void add_line_of(struct str *out, const char *line, size_t len, const char *id)
{
	size_t id_len = strlen(id);

	for (size_t i = 0; i < len;) {
		size_t after = i + id_len;

		if (i && line[i - 1] == ' ' && after < len && memcmp(line + i, id, id_len) == 0 &&
		    (line[after] == ':' || (len - after > 3 && memcmp(line + after, ".sh", 3) == 0))) {
			str_add(out, "ID");
			i = after;
		} else {
			str_addc(out, line[i++]);
		}
	}
}

void parts_add_frame(struct str *out, const char *text, size_t len, const char *id)
{
	struct rest r = {text, text + len};

	while (r.at < r.end) {
		const char *line = r.at;

		if (!take_assignment(&r, NULL, NULL))
			add_line_of(out, line, take_line(&r), id);
	}
}

/* ---- what hosts share ---- */

/* Where the shared settings begin; at the end if nowhere. */
static struct rest find_settings(const char *text, size_t len)
{
	struct rest r = {text, text + len};

	while (r.at < r.end && !begins(&r, SHARED_MARK))
		take_line(&r);
	return r;
}

/* LINE's next word, of ASCII letters, digits, dots and underscores. */
static const char *take_word(struct rest *line, struct arena *arena)
{
	const char *word;

	while (line->at < line->end && *line->at == ' ')
		line->at++;
	word = line->at;
	while (line->at < line->end && *line->at && str_is_only(line->at, 1, "._"))
		line->at++;
	return arena_strndup(arena, word, (size_t)(line->at - word));
}

/* Takes a line of plan(). */
static bool take_step(struct rest *r, struct plan_line *out, struct arena *arena)
{
	struct rest line = *r;

	if (!begins(r, "  step "))
		return false;
	take_line(r);
	line.at += strlen("  step ");
	out->step = take_word(&line, arena);
	out->function = take_word(&line, arena);
	return *out->function && begins(&line, "\n");
}

/* Takes the lines of plan() and the brace that ends it. */
static bool take_plan(struct rest *r, struct shared_parts *out, struct arena *arena)
{
	struct plan_line *steps = NULL;
	bool ok = true;

	while (ok && !begins(r, "}\n")) {
		steps = mem_more(steps, out->step_count, sizeof *steps);
		ok = take_step(r, &steps[out->step_count++], arena);
	}
	out->steps = arena_array(arena, out->step_count, sizeof *steps);
	if (steps)
		memcpy(out->steps, steps, out->step_count * sizeof *steps);
	free(steps);
	return ok && out->step_count && take_line(r);
}

bool parts_read_shared(struct shared_parts *out, const char *text, size_t len, struct arena *arena)
{
	struct rest r = find_settings(text, len);
	struct str shell = STR_INIT;
	bool ok;

	*out = (struct shared_parts){.front = text, .front_len = (size_t)(r.at - text)};
	while (r.at < r.end && !begins(&r, PLAN_MARK)) {
		const char *line = r.at;

		if (!take_assignment(&r, &out->settings, arena))
			str_addn(&shell, line, take_line(&r));
	}
	ok = keep_assignments(&out->settings, arena) && r.at < r.end && take_line(&r);
	if (ok && take_plan(&r, out, arena)) {
		str_addn(&shell, r.at, left(&r));
		out->shell_len = shell.len;
		out->shell = str_keep(&shell, arena);
		return true;
	}
	str_free(&shell);
	*out = (struct shared_parts){0};
	return false;
}
