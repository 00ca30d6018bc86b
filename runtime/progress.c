#include "runtime/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/report.h"

enum {
	SAID_MAX = 4096,
	COLUMNS_MIN = 20,
	ROWS_MIN = 4,
	ID_MIN = 8,
	REST_WIDTH = 28, /* of a line: margins, the step and the time */
};

struct screen {
	size_t columns, rows;
};

static struct screen screen_of(const struct progress *p)
{
	struct winsize size;
	struct screen s = {80, 24};

	if (ioctl(fileno(p->to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
		s = (struct screen){size.ws_col, size.ws_row};
	return s;
}

static bool can_redraw(FILE *to)
{
	const char *term = getenv("TERM");

	return isatty(fileno(to)) && term && *term && strcmp(term, "dumb") != 0;
}

void progress_open(struct progress *p, const struct run_options *options, size_t hosts, long long now_ms)
{
	*p = (struct progress){
		.style = options->progress,
		.verbose = options->verbose,
		.colour = options->colour,
		.mode = options->mode,
		.to = stderr,
		.hosts = hosts,
		.began_ms = now_ms,
	};
	if (p->style == PROGRESS_LIVE && !can_redraw(p->to))
		p->style = PROGRESS_LINES;
}

/* ---- the live view ---- */

/* Appends what takes the cursor to the first line of the view. Lines drawn for a wider screen have been
 * wrapped by a terminal that became narrower. */
static void add_home(struct progress *p, struct str *out)
{
	size_t columns = screen_of(p).columns, up = 0;

	for (size_t i = 0; i < p->lines; i++)
		up += p->widths[i] > columns ? (p->widths[i] + columns - 1) / columns : 1;
	if (up)
		str_addf(out, "\r\033[%zuA", up);
	p->lines = 0;
}

/* Appends what takes the view off the screen. */
static void add_erase(struct progress *p, struct str *out)
{
	bool drawn = p->lines > 0;

	add_home(p, out);
	if (drawn)
		str_add(out, "\033[J");
}

/* One line of plain text, cut to the screen's width, over what stood there. */
static void add_line(struct progress *p, struct str *out, const char *text, size_t columns)
{
	size_t len = strlen(text), room = columns - 1;

	p->widths[p->lines++] = len < room ? len : room;
	str_addn(out, text, len < room ? len : room);
	str_add(out, "\033[K\n");
}

static void add_time(struct str *out, long seconds)
{
	if (seconds < 60)
		str_addf(out, "%lds", seconds);
	else
		str_addf(out, "%ldm%02lds", seconds / 60, seconds % 60);
}

static void add_counts(const struct progress *p, struct str *out, const struct progress_counts *counts,
		       long long now_ms)
{
	long elapsed_s = (long)((now_ms - p->began_ms) / 1000);
	double done = counts->done + (double)p->ended;

	str_addf(out, "%zu of %zu done, %zu busy", p->ended, p->hosts, counts->busy);
	if (counts->waiting)
		str_addf(out, ", %zu waiting", counts->waiting);
	if (p->failed)
		str_addf(out, ", %zu failed", p->failed);
	str_add(out, ", ");
	add_time(out, elapsed_s);
	if (done > 0 && p->ended < p->hosts && elapsed_s >= 5) {
		str_add(out, ", about ");
		add_time(out, (long)((double)elapsed_s / done * ((double)p->hosts - done)) + 1);
		str_add(out, " left");
	}
}

/* Shows OUT, and frees it. In one write, so that no half-drawn screen is seen. */
static void put(struct progress *p, struct str *out)
{
	fwrite(str_text(out), 1, out->len, p->to);
	fflush(p->to);
	str_free(out);
}

size_t progress_room(const struct progress *p)
{
	struct screen s = screen_of(p);

	if (p->style != PROGRESS_LIVE || s.columns < COLUMNS_MIN || s.rows < ROWS_MIN)
		return 0;
	return s.rows - 3 < PROGRESS_ROWS_MAX ? s.rows - 3 : PROGRESS_ROWS_MAX;
}

int progress_wait(const struct progress *p, long long now_ms)
{
	long long next = p->drawn_ms + (p->stale ? PROGRESS_REDRAW_MS : 1000);

	if (!progress_room(p))
		return -1;
	return next > now_ms ? (int)(next - now_ms) : 0;
}

/* As wide as the longest id, if the rest has room beside it. */
static size_t id_width(const struct progress_row *rows, size_t count, size_t columns)
{
	size_t width = 0, most = columns > REST_WIDTH + ID_MIN ? columns - REST_WIDTH : ID_MIN;

	for (size_t i = 0; i < count; i++)
		width = strlen(rows[i].id) > width ? strlen(rows[i].id) : width;
	return width < most ? width : most;
}

/* ID in WIDTH columns. Of one that is too long the end is shown, where names differ. */
static void add_id(struct str *out, const char *id, size_t width)
{
	size_t len = strlen(id);

	if (len > width)
		str_addf(out, "  ..%s", id + len - (width - 2));
	else
		str_addf(out, "  %-*s", (int)width, id);
}

void progress_draw(struct progress *p, const struct progress_row *rows, size_t count,
		   const struct progress_counts *counts, long long now_ms)
{
	struct screen s = screen_of(p);
	struct str out = STR_INIT, line = STR_INIT;
	size_t width, all = counts->busy + counts->waiting;

	if (progress_wait(p, now_ms) != 0)
		return;
	add_home(p, &out);
	width = id_width(rows, count, s.columns);
	for (size_t i = 0; i < count && i < PROGRESS_ROWS_MAX; i++) {
		str_clear(&line);
		add_id(&line, rows[i].id, width);
		str_addf(&line, "  %-16s ", rows[i].step);
		add_time(&line, rows[i].elapsed_s);
		add_line(p, &out, line.data, s.columns);
	}
	if (all > count) {
		str_clear(&line);
		str_addf(&line, "  and %zu more", all - count);
		add_line(p, &out, line.data, s.columns);
	}
	str_clear(&line);
	add_counts(p, &line, counts, now_ms);
	add_line(p, &out, line.data, s.columns);
	str_add(&out, "\033[J");
	put(p, &out);
	p->drawn_ms = now_ms;
	p->stale = false;
	str_free(&line);
}

/* ---- lines ---- */

/* Shows OUT, which takes the view off the screen and ends with a line; the view is to be drawn at once. */
static void put_above(struct progress *p, struct str *out)
{
	put(p, out);
	p->drawn_ms = 0;
	p->stale = true;
}

void progress_ended(struct progress *p, const struct job *job)
{
	const struct paint *paint = paint_of(p->colour);
	enum host_outcome outcome = job_outcome(job);
	bool failed = outcome == OUTCOME_FAILED;
	struct str out = STR_INIT;

	p->ended++;
	p->failed += failed;
	p->stale = true;
	/* The live view counts; the report that follows it names. So it does those that never started. */
	if (p->style == PROGRESS_NONE || outcome == OUTCOME_SKIPPED || (p->style == PROGRESS_LIVE && !failed))
		return;
	add_erase(p, &out);
	str_addf(&out, "[%zu/%zu] %s: %s%s%s", p->ended, p->hosts, job->id, paint->outcome[outcome],
		 outcome_word(outcome, p->mode), paint->end);
	if (failed)
		str_addf(&out, ": %s%s%s", job->step, *job->step ? ": " : "", job->reason);
	if (failed && *job->message) {
		str_add(&out, ": ");
		str_add_visible(&out, job->message, strlen(job->message), 300);
	}
	str_addc(&out, '\n');
	put_above(p, &out);
}

void progress_said(struct progress *p, const char *host, const char *line, size_t len)
{
	struct str out = STR_INIT;

	if (!p->verbose)
		return;
	add_erase(p, &out);
	str_addf(&out, "%s| ", host);
	str_add_visible(&out, line, len, SAID_MAX);
	str_addc(&out, '\n');
	put_above(p, &out);
}

void progress_note(struct progress *p, const char *format, ...)
{
	struct str out = STR_INIT;
	va_list args;

	add_erase(p, &out);
	str_add(&out, "stagecraft: ");
	va_start(args, format);
	str_addv(&out, format, args);
	va_end(args);
	str_addc(&out, '\n');
	put_above(p, &out);
}

void progress_close(struct progress *p)
{
	struct str out = STR_INIT;

	add_erase(p, &out);
	put(p, &out);
}
