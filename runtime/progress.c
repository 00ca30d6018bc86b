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

static struct winsize screen(void)
{
	struct winsize s;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &s) != 0 || s.ws_col == 0 || s.ws_row == 0)
		s = (struct winsize){.ws_col = 80, .ws_row = 24};
	return s;
}

void progress_open(struct progress *p, const struct run_options *options, size_t hosts, long long now_ms)
{
	const char *term = getenv("TERM");

	*p = (struct progress){.options = options,
			       .live = options->progress == PROGRESS_LIVE && isatty(STDERR_FILENO) && term &&
				       *term && strcmp(term, "dumb") != 0,
			       .hosts = hosts,
			       .began_ms = now_ms};
}

/* ---- the live view ---- */

/* Appends what takes the cursor to the first line of the view. Lines drawn for a wider screen have been
 * wrapped by a terminal that became narrower. */
static void add_home(struct progress *p, struct str *out)
{
	size_t columns = screen().ws_col, up = 0;

	for (size_t i = 0; i < p->lines; i++)
		up += p->widths[i] > columns ? (p->widths[i] + columns - 1) / columns : 1;
	if (up)
		str_addf(out, "\r\033[%zuA", up);
	p->lines = 0;
}

/* Adds LINE, plain text, cut to the screen's width, over what stood there; and empties it. */
static void add_line(struct progress *p, struct str *out, struct str *line, size_t columns)
{
	size_t len = line->len < columns - 1 ? line->len : columns - 1;

	p->widths[p->lines++] = len;
	str_addn(out, str_text(line), len);
	str_add(out, "\033[K\n");
	str_clear(line);
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
static void put(struct str *out)
{
	fwrite(str_text(out), 1, out->len, stderr);
	fflush(stderr);
	str_free(out);
}

size_t progress_room(const struct progress *p)
{
	struct winsize s = screen();

	if (!p->live || s.ws_col < COLUMNS_MIN || s.ws_row < ROWS_MIN)
		return 0;
	return s.ws_row - 3 < PROGRESS_ROWS_MAX ? s.ws_row - 3 : PROGRESS_ROWS_MAX;
}

int progress_wait(const struct progress *p, long long now_ms)
{
	long long next = p->drawn_ms + (p->stale ? PROGRESS_REDRAW_MS : 1000);

	if (!progress_room(p))
		return -1;
	return next > now_ms ? (int)(next - now_ms) : 0;
}

void progress_draw(struct progress *p, const struct progress_row *rows, size_t count,
		   const struct progress_counts *counts, long long now_ms)
{
	size_t columns = screen().ws_col, width = 0, all = counts->busy + counts->waiting;
	size_t most = columns > REST_WIDTH + ID_MIN ? columns - REST_WIDTH : ID_MIN;
	struct str out = STR_INIT, line = STR_INIT;

	add_home(p, &out);
	/* As wide as the longest id, if the rest has room beside it. */
	for (size_t i = 0; i < count; i++)
		width = strlen(rows[i].id) > width ? strlen(rows[i].id) : width;
	width = width < most ? width : most;
	for (size_t i = 0; i < count && i < PROGRESS_ROWS_MAX; i++) {
		size_t len = strlen(rows[i].id);

		/* Of an id that is too long the end is shown, where names differ. */
		if (len > width)
			str_addf(&line, "  ..%s", rows[i].id + len - (width - 2));
		else
			str_addf(&line, "  %-*s", (int)width, rows[i].id);
		str_addf(&line, "  %-16s ", rows[i].step);
		add_time(&line, rows[i].elapsed_s);
		add_line(p, &out, &line, columns);
	}
	if (all > count) {
		str_addf(&line, "  and %zu more", all - count);
		add_line(p, &out, &line, columns);
	}
	add_counts(p, &line, counts, now_ms);
	add_line(p, &out, &line, columns);
	str_add(&out, "\033[J");
	put(&out);
	p->drawn_ms = now_ms;
	p->stale = false;
	str_free(&line);
}

/* Takes the view off the screen. */
void progress_close(struct progress *p)
{
	struct str out = STR_INIT;

	add_home(p, &out);
	str_add(&out, out.len ? "\033[J" : "");
	put(&out);
}

/* ---- lines ---- */

/* Shows LINE where the view stood, and frees it; the view is to be drawn at once. */
static void put_line(struct progress *p, struct str *line)
{
	struct str out = STR_INIT;

	add_home(p, &out);
	str_addf(&out, "%s%s\n", out.len ? "\033[J" : "", str_text(line));
	put(&out);
	str_free(line);
	p->drawn_ms = 0;
	p->stale = true;
}

void progress_ended(struct progress *p, const struct job *job)
{
	const struct paint *paint = paint_of(p->options->colour);
	enum host_outcome outcome = job_outcome(job);
	bool failed = outcome == OUTCOME_FAILED;
	struct str line = STR_INIT;

	p->ended++;
	p->failed += failed;
	p->stale = true;
	/* The live view counts; the report that follows it names. So it does those that never started. */
	if (p->options->progress == PROGRESS_NONE || outcome == OUTCOME_SKIPPED || (p->live && !failed))
		return;
	str_addf(&line, "[%zu/%zu] %s: %s%s%s", p->ended, p->hosts, job->id, paint->outcome[outcome],
		 outcome_word(outcome, p->options->mode), paint->end);
	if (failed)
		str_addf(&line, ": %s%s%s", job->step, *job->step ? ": " : "", job->reason);
	if (failed && *job->message) {
		str_add(&line, ": ");
		str_add_visible(&line, job->message, strlen(job->message), 300);
	}
	put_line(p, &line);
}

void progress_said(struct progress *p, const char *host, const char *line, size_t len)
{
	struct str said = STR_INIT;

	if (!p->options->verbose)
		return;
	str_addf(&said, "%s| ", host);
	str_add_visible(&said, line, len, SAID_MAX);
	put_line(p, &said);
}

void progress_note(struct progress *p, const char *format, ...)
{
	struct str note = STR_INIT;
	va_list args;

	str_add(&note, "stagecraft: ");
	va_start(args, format);
	str_addv(&note, format, args);
	va_end(args);
	put_line(p, &note);
}
