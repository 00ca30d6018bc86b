/* What a run came to, for people and for programs. Pure: reads jobs, writes text. */
#ifndef RUNTIME_REPORT_H
#define RUNTIME_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/str.h"
#include "runtime/job.h"

enum { REPORT_SHOWN_MAX = 1024 /* bytes of each text that hosts said */ };

struct report_options {
	enum run_mode mode;
	bool timing;	   /* seconds a host; without it, equal outcomes give equal bytes */
	bool colour;	   /* text only */
	bool quiet;	   /* text only: failures and the counts */
	const char *again; /* the command that runs again what failed or was skipped, visible; NULL: none */

	/* What the page tells of the run. NULL: nothing. */
	const char *version; /* of stagecraft */
	const char *config;  /* as the user named it */
	const char *from;    /* the folder of reviewed scripts */
	const char *date;
};

/* How many hosts came out how. Each is counted once. */
struct report_counts {
	size_t hosts, of[OUTCOMES];
	size_t keys_sent; /* to how many the auth key went */
};

struct report_counts report_count(const struct job *jobs, size_t count);

/* For a terminal or a pipe: a line for every host that came out well, then those that were skipped, then
 * those that failed: what had been changed, why it failed, the last lines of the log, where the log is, and,
 * once for all that failed for the same reason, what to do next. Hosts that came out alike to the letter
 * stand together. At last the counts, and the command that runs the rest again. */
void report_text(FILE *to, const struct job *jobs, size_t count, const struct report_options *options);

/* One JSON document, in the order of JOBS:
 *
 *   {"hosts":[{"id","name","status","error_code","reason","message","step","changed","auth_key_sent","fqdn",
 *              "steps":[{"step","result","reason","message"}],"warnings":[…],"advice","source","sources":[…]}],
 *    "summary":{"mode","hosts","ok","changed","failed","skipped","auth_key_sent"}}
 *
 * "steps" are those that were heard of. "status" is success, failed or skipped; "error_code" one of the fixed
 * set or ""; "reason" one of docs/errors.md or ""; of the summary's numbers the first is the sum of the next
 * four. "source" is the line that the outcome points at, "stagecraft.yml:9"; "sources" are all of them, it first
 * (sources_of()). What hosts said is capped and made visible (str_add_visible()). With timing, each host has "seconds"
 * too. */
void report_json(FILE *to, const struct job *jobs, size_t count, const struct report_options *options);

/* The same as one self-contained HTML page, failed hosts first: no script, nothing from outside, and whatever
 * hosts said is text in it. */
void report_html(FILE *to, const struct job *jobs, size_t count, const struct report_options *options);

/* The same as Markdown for the page of a CI job: failed hosts by reason, the others folded. At most about 600 kB;
 * what was left out is said. TO is a memory stream. */
void report_markdown(FILE *to, const struct job *jobs, size_t count, const struct report_options *options);

/* Appends one host's object of that document, without a line end. */
void report_add_host(struct str *out, const struct job *job, const struct report_options *options);

/* Appends the members of one step's object, without the braces; behind a comma, unless OUT ends with '{'. */
void report_add_step(struct str *out, const struct step_record *step);

/* Calls EACH for the jobs of JOBS that have STATUS: once for all with the same reason, which is what ADVICE
 * goes by. Those that came out alike stand side by side; reasons come in the order of their names. */
typedef void report_group_fn(void *context, const struct job *const *jobs, size_t count, const char *advice);

void report_groups(const struct job *jobs, size_t count, enum host_status status, report_group_fn *each,
		   void *context);

/* How many from the first on came out like it, it included, in everything that is shown but their names. */
size_t report_alike(const struct job *const *sorted, size_t count);

/* The next step that changed something (mode check: would), from *AT on, which moves; NULL after the last. */
const struct step_record *report_change(const struct job *job, size_t *at);

/* Appends "stagecraft.yml:9, hosts.yml:4 and 2 more": the lines that the outcomes of JOBS point at, each once, in
 * order. Nothing where none is known. */
void report_add_sources(struct str *out, const struct job *const *jobs, size_t count);

/* What colours text on a terminal. */
struct paint {
	const char *outcome[OUTCOMES], *bold, *end;
};

const struct paint *paint_of(bool colour); /* all empty without COLOUR */

#endif
