#include "runtime/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "runtime/wire.h"

static void complain(struct log_dir *d, const char *what, int error)
{
	if (d->failed)
		return;
	d->failed = true;
	fprintf(stderr, "stagecraft: warning: cannot %s %s: %s; the run goes on without\n", what, d->path,
		strerror(error));
}

bool log_dir_open(struct log_dir *d, const char *path, struct problem *problem)
{
	*d = (struct log_dir){.fd = -1, .path = path};
	if (!path)
		return true;
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return d->fd >= 0 || problem_errno(problem, errno, "cannot make the log folder %s", path);
}

void log_dir_close(struct log_dir *d)
{
	file_close(&d->fd);
}

void log_open(struct log *l, struct log_dir *d, const char *id, char **path)
{
	struct str whole = STR_INIT;
	const char *name;

	*l = (struct log){.dir = d, .fd = -1};
	*path = NULL;
	if (!d || d->fd < 0)
		return;
	str_addf(&whole, "%s/%s.log", d->path, id);
	name = whole.data + strlen(d->path) + 1;
	/* Never through a link, and never into a file that somebody else has open or put there: an old one is
	 * taken away. */
	if (unlinkat(d->fd, name, 0) < 0 && errno != ENOENT)
		complain(d, "replace an old log in", errno);
	else
		l->fd = openat(d->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->fd < 0) {
		complain(d, "write logs to", errno);
		str_free(&whole);
	} else {
		*path = whole.data;
	}
}

static void add_to_file(struct log *l, const char *line, size_t len, bool cut)
{
	if (l->fd < 0 || l->size + l->pending.len > LOG_FILE_MAX)
		return;
	str_add_visible(&l->pending, line, len, WIRE_LINE_MAX);
	str_add(&l->pending, cut ? "…\n" : "\n");
	if (l->size + l->pending.len > LOG_FILE_MAX)
		str_add(&l->pending, "[the rest is left out: the log has reached its limit]\n");
	if (l->pending.len > WIRE_LINE_MAX)
		log_flush(l);
}

void log_add(struct log *l, const char *line, size_t len, bool cut)
{
	struct str *kept = &l->lines[l->count % LOG_TAIL_LINES];

	add_to_file(l, line, len, cut);
	/* Raw here: most of these are never looked at. */
	if (len == 0)
		return;
	str_clear(kept);
	str_addn(kept, line, len < LOG_TAIL_LINE_MAX ? len : LOG_TAIL_LINE_MAX);
	if (cut || len > LOG_TAIL_LINE_MAX)
		str_add(kept, "…");
	l->count++;
}

void log_note(struct log *l, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;

	str_add(&text, "== ");
	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);
	add_to_file(l, str_text(&text), text.len, false);
	str_free(&text);
}

void log_again(struct log *l)
{
	l->count = 0;
}

void log_flush(struct log *l)
{
	int error = l->fd < 0 ? 0 : file_write(l->fd, str_text(&l->pending), l->pending.len);

	if (error) {
		complain(l->dir, "write logs to", error);
		file_close(&l->fd);
	}
	l->size += l->pending.len;
	str_clear(&l->pending);
}

void log_tail(const struct log *l, struct str *out)
{
	for (size_t i = l->count > LOG_TAIL_LINES ? l->count - LOG_TAIL_LINES : 0; i < l->count; i++) {
		const struct str *line = &l->lines[i % LOG_TAIL_LINES];

		str_add_visible(out, str_text(line), line->len, LOG_TAIL_LINE_MAX);
		str_addc(out, '\n');
	}
}

void log_close(struct log *l)
{
	log_flush(l);
	if (l->fd >= 0 && close(l->fd) < 0)
		complain(l->dir, "write logs to", errno);
	l->fd = -1;
	str_free(&l->pending);
	for (size_t i = 0; i < LOG_TAIL_LINES; i++)
		str_free(&l->lines[i]);
}
