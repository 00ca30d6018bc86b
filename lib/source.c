#include "lib/source.h"

#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char standard_input[] = "<stdin>";

void source_of(struct source *out, const char *name, const char *text, size_t len)
{
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		text += 3;
		len -= 3;
	}
	*out = (struct source){.name = name, .text = text, .len = len, .last = text, .last_line = 1};
}

bool source_read(struct source *out, const char *path, struct problem *problem)
{
	bool from_stdin = strcmp(path, "-") == 0;
	const char *name = from_stdin ? standard_input : path;
	struct str text = STR_INIT;
	struct stat st;
	int error = file_load(path, SOURCE_MAX, &text, &st);

	if (!error) {
		source_of(out, arena_strdup(problem->arena, name),
			  arena_strndup(problem->arena, str_text(&text), text.len), text.len);
		out->secret =
			S_ISREG(st.st_mode) && !from_stdin && lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	} else {
		problem_set(problem, "cannot read %s: %s", name,
			    error == EFBIG ? "it is larger than 64 MiB" : strerror(error));
	}
	str_free(&text);
	errno = error;
	return !error;
}

const char *source_path(const struct source *s, const char *root, struct arena *arena)
{
	const char *slash = strrchr(s->name, '/'), *base = slash ? slash + 1 : s->name, *path = s->name;
	char *top, *folder;
	size_t len;

	if (strcmp(s->name, standard_input) == 0)
		return NULL;
	top = realpath(root, NULL);
	folder = realpath(slash ? arena_strndup(arena, s->name, (size_t)(base - s->name)) : ".", NULL);
	len = top && strcmp(top, "/") != 0 ? strlen(top) : 0;
	if (top && folder && strncmp(folder, top, len) == 0 && (folder[len] == '/' || !folder[len]))
		path = folder[len] && folder[len + 1] ? arena_printf(arena, "%s/%s", folder + len + 1, base)
						      : arena_strdup(arena, base);
	free(top);
	free(folder);
	return path;
}

const char *source_line(struct source *s, unsigned line, size_t *len)
{
	const char *end = s->text + s->len, *nl;

	if (line < s->last_line) {
		s->last = s->text;
		s->last_line = 1;
	}
	for (; s->last_line < line; s->last_line++, s->last = nl + 1) {
		if (!(nl = memchr(s->last, '\n', (size_t)(end - s->last))))
			return NULL;
	}
	nl = memchr(s->last, '\n', (size_t)(end - s->last));
	*len = (size_t)((nl ? nl : end) - s->last);
	if (*len && s->last[*len - 1] == '\r')
		--*len;
	return s->last;
}

struct place source_place(struct source *s, size_t offset)
{
	return source_place_from(s, s->text, 1, s->text + offset);
}

struct place source_place_from(struct source *s, const char *line, unsigned number, const char *at)
{
	struct place place = {.source = s, .line = number, .column = 1, .width = 1};

	for (const char *nl; (nl = memchr(line, '\n', (size_t)(at - line))) != NULL; line = nl + 1)
		place.line++;
	for (size_t used; line < at; line += used) {
		utf8_next(line, (size_t)(at - line), &used);
		place.column++;
	}
	return place;
}

int place_order(const struct place *a, const struct place *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}
