#include "lib/source.h"
#include "lib/mem.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void source_of(struct source *out, const char *name, const char *text, size_t len)
{
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		text += 3;
		len -= 3;
	}
	*out = (struct source){.name = name, .text = text, .len = len, .last = text, .last_line = 1};
}

static bool read_all(int fd, struct str *into, const char **problem)
{
	for (;;) {
		ssize_t n;

		str_reserve(into, 64 * 1024);
		n = read(fd, into->data + into->len, into->cap - into->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*problem = strerror(errno);
			return false;
		}
		if (n == 0)
			return true;
		into->len += (size_t)n;
		into->data[into->len] = '\0';
		if (into->len > SOURCE_MAX) {
			errno = EFBIG;
			*problem = "it is larger than 64 MiB";
			return false;
		}
	}
}

bool source_read(struct source *out, const char *path, struct arena *arena, const char **why)
{
	bool from_stdin = strcmp(path, "-") == 0;
	const char *name = from_stdin ? "<stdin>" : path, *problem = NULL;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct str text = STR_INIT;
	struct stat st;
	bool ok = false, linked = false;
	int error;

	if (fd < 0) {
		problem = strerror(errno);
	} else if (fstat(fd, &st) < 0) {
		problem = strerror(errno);
	} else if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		problem = strerror(errno);
	} else {
		linked = S_ISREG(st.st_mode) && !from_stdin && lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
		ok = read_all(fd, &text, &problem);
	}
	error = errno;
	if (fd >= 0 && !from_stdin)
		close(fd);
	if (ok)
		source_of(out, arena_strdup(arena, name), arena_strndup(arena, str_text(&text), text.len),
			  text.len);
	if (ok)
		out->secret = linked;
	else
		*why = arena_printf(arena, "cannot read %s: %s", name, problem);
	str_free(&text);
	errno = error;
	return ok;
}

const char *source_line(struct source *s, unsigned line, size_t *len)
{
	const char *end = s->text + s->len, *p = s->last, *nl;
	unsigned at = s->last_line;

	if (line < at) {
		p = s->text;
		at = 1;
	}
	for (; at < line; at++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			return NULL;
		p = nl + 1;
	}
	s->last = p;
	s->last_line = line;
	nl = memchr(p, '\n', (size_t)(end - p));
	*len = (size_t)((nl ? nl : end) - p);
	if (*len && p[*len - 1] == '\r')
		--*len;
	return p;
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
