/* What a run shows while it runs: on standard error, never more than asked for. */
#ifndef RUNTIME_PROGRESS_H
#define RUNTIME_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/run.h"

/* A busy host, as the live view shows it. */
struct progress_row {
	const char *id;
	const char *step; /* "connecting", "waiting", or the plan's name of the step under way */
	long elapsed_s;
};

/* The hosts that have begun and not ended. */
struct progress_counts {
	size_t busy;	/* with a connection */
	size_t waiting; /* to be connected again */
	double done;	/* together they have done as much as so many hosts that have ended */
};

enum { PROGRESS_ROWS_MAX = 64, PROGRESS_REDRAW_MS = 100 };

struct progress {
	const struct run_options *options;
	bool live; /* there is a live view */
	size_t hosts, ended, failed;
	long long began_ms, drawn_ms;
	size_t widths[PROGRESS_ROWS_MAX + 2]; /* columns of the lines that stand on the screen */
	size_t lines;
	bool stale; /* something changed since they were drawn */
};

/* HOSTS is how many there are in all; NOW_MS any clock that only goes forward. OPTIONS outlive P. */
void progress_open(struct progress *p, const struct run_options *options, size_t hosts, long long now_ms);

/* A host came to its end: job.h's results are set. */
void progress_ended(struct progress *p, const struct job *job);

/* A line that HOST said, masked; shown with -v only. */
void progress_said(struct progress *p, const char *host, const char *line, size_t len);

/* Something the user should know now, such as "interrupted: …"; shown whatever the style. */
void progress_note(struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many rows the screen takes; 0 if there is no live view. Where not all fit, one less is to be drawn. */
size_t progress_room(const struct progress *p);

/* How long until the next redraw, in milliseconds; -1 for never. */
int progress_wait(const struct progress *p, long long now_ms);

/* Redraws: ROWS, of those in COUNTS, and how many of these are not among ROWS. To be called when
 * progress_wait() is 0. */
void progress_draw(struct progress *p, const struct progress_row *rows, size_t count,
		   const struct progress_counts *counts, long long now_ms);

/* Leaves the screen as if there had been no live view. */
void progress_close(struct progress *p);

#endif
