/* What a run came to, for people and for programs. Pure: reads jobs, writes text. */
#ifndef RUNTIME_REPORT_H
#define RUNTIME_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/str.h"
#include "runtime/job.h"

struct report_options {
	enum run_mode mode;
	bool timing; /* seconds a host; without it, equal outcomes give equal bytes */
	bool colour; /* text only */
};

/* How many hosts came out how. */
struct report_counts {
	size_t hosts, success, failed, skipped, changed;
};

struct report_counts report_count(const struct job *jobs, size_t count);

/* For a terminal or a pipe: a line for every host; for one that failed also why, the last lines of its log,
 * where the log is and what to do next; at last the counts. */
void report_text(FILE *to, const struct job *jobs, size_t count, const struct report_options *options);

/* One JSON document, in the order of JOBS:
 *
 *   {"hosts":[{"id","name","status","error_code","reason","message","step","changed","fqdn",
 *              "steps":[{"step","result","reason","message"}],"warnings":[…],"advice","source"}],
 *    "summary":{"mode","hosts","success","failed","skipped","changed"}}
 *
 * "steps" are those that were heard of. "status" is success, failed or skipped; "error_code" one of the fixed
 * set or ""; "reason" one of docs/errors.md or ""; the last five of the summary are numbers. What hosts said
 * is capped and made visible (str_add_visible()). With timing, each host has "seconds" too. */
void report_json(FILE *to, const struct job *jobs, size_t count, const struct report_options *options);

/* The same as one self-contained HTML page, failed hosts first: no script, nothing from outside, and whatever
 * hosts said is text in it. */
void report_html(FILE *to, const struct job *jobs, size_t count, const struct report_options *options);

/* Appends one host's object of that document, without a line end. */
void report_add_host(struct str *out, const struct job *job, const struct report_options *options);

/* The words of the report. */
const char *report_status(enum host_status status); /* "success" */
const char *report_result(enum step_result result); /* "would_change"; "" for STEP_NONE */

#endif
