/* The report as lines, for a terminal or a pipe. */
#include "runtime/report.h"

#include <string.h>

enum {
	COLUMNS = 78,  /* of a list of ids */
	TAILS_MAX = 3, /* logs shown of hosts that failed for the same reason */
};

struct lines {
	FILE *to;
	const struct paint *paint;
	const struct report_options *options;
	int width; /* of the column of ids */
};

static void put_visible(FILE *to, const char *text)
{
	struct str visible = STR_INIT;

	str_add_visible(&visible, text, strlen(text), REPORT_SHOWN_MAX);
	fwrite(str_text(&visible), 1, visible.len, to);
	str_free(&visible);
}

static void put_note(const struct lines *t, const char *before, const char *name, const char *text)
{
	fprintf(t->to, "      %s%s%s:%s ", t->paint->outcome[OUTCOME_CHANGED], before, name, t->paint->end);
	put_visible(t->to, text);
	fputc('\n', t->to);
}

/* The ids of COUNT jobs, in lines that don't get too long. */
static void put_ids(FILE *to, const struct job *const *jobs, size_t count)
{
	size_t column = COLUMNS;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(jobs[i]->id) + 2;

		if (column + len > COLUMNS) {
			fputs(i ? "\n      " : "      ", to);
			column = 6;
		}
		fprintf(to, "%s%s", jobs[i]->id, i + 1 < count ? ", " : "");
		column += len;
	}
	fputc('\n', to);
}

/* What is the same of COUNT jobs that came out alike. */
static void put_outcome(const struct lines *t, const struct job *const *jobs, size_t count)
{
	const struct job *job = jobs[0];
	enum host_outcome outcome = job_outcome(job);
	char label[32];

	snprintf(label, sizeof label, "%zu hosts", count);
	fprintf(t->to, "%-*s  %s%s%s", t->width, count > 1 ? label : job->id, t->paint->outcome[outcome],
		outcome_word(outcome, t->options->mode), t->paint->end);
	if (job->status == HOST_SUCCESS && job_fqdn(job) && *job_fqdn(job))
		fprintf(t->to, "  %s", job_fqdn(job));
	if (job->message && *job->message) {
		fputs(": ", t->to);
		put_visible(t->to, job->message);
	}
	fputc('\n', t->to);
	if (count > 1)
		put_ids(t->to, jobs, count);
	for (size_t i = 0; i < job->warnings.count; i++)
		put_note(t, "", "warning", job->warnings.texts[i]);
}

/* What changed, or in mode check would. Of a host that failed, that is what was done before. */
static void put_changes(const struct lines *t, const struct job *job)
{
	const char *before = job->status != HOST_FAILED	     ? ""
			     : t->options->mode == RUN_CHECK ? "would change: "
							     : "changed: ";
	const struct step_record *step;
	size_t at = 0;

	while ((step = report_change(job, &at)) != NULL)
		put_note(t, before, step->step->name, step->message);
}

/* Whether the log's end is one line, and the message was taken from it. */
static bool is_said(const struct job *job)
{
	const char *tail = str_text(&job->log_tail);
	size_t len = strcspn(tail, "\n"), said = strlen(job->message),
	       own = str_starts(tail, "ssh: ") ? 5 : 0;

	if (len + 1 != job->log_tail.len)
		return false;
	if (said <= len)
		return strncmp(tail + len - said, job->message, said) == 0;
	/* The message may say more behind it: that there were three attempts. */
	return strncmp(job->message, tail + own, len - own) == 0;
}

static void put_tail(const struct lines *t, const struct job *job)
{
	for (const char *p = str_text(&job->log_tail); *p && !is_said(job); p += strcspn(p, "\n") + 1)
		fprintf(t->to, "      %s| %.*s%s\n", t->paint->outcome[OUTCOME_SKIPPED],
			(int)strcspn(p, "\n"), p, t->paint->end);
}

static void put_sources(FILE *to, const struct job *const *jobs, size_t count)
{
	struct str text = STR_INIT;

	report_add_sources(&text, jobs, count);
	if (text.len) {
		fputs("      source: ", to);
		put_visible(to, str_text(&text));
		fputc('\n', to);
	}
	str_free(&text);
}

/* Why COUNT hosts failed alike, with their last lines if WITH_TAIL. */
static void put_failure(const struct lines *t, const struct job *const *jobs, size_t count, bool with_tail)
{
	const struct job *job = jobs[0];

	fprintf(t->to, "      %s%s", t->paint->outcome[OUTCOME_FAILED], job->reason);
	if (*job->step)
		fprintf(t->to, " at %s", job->step);
	fprintf(t->to, "%s (%s)\n", t->paint->end, job->error_code);
	put_sources(t->to, jobs, count);
	put_changes(t, job);
	if (with_tail)
		put_tail(t, job);
	if (job->log_path) {
		fputs("      log: ", t->to);
		put_visible(t->to, job->log_path);
		if (count > 1)
			fprintf(t->to, ", and %zu more beside it", count - 1);
		fputc('\n', t->to);
	}
}

/* All hosts that failed or were skipped for the same reason; if they failed, what to do. */
static void put_group(void *context, const struct job *const *jobs, size_t count, const char *advice)
{
	const struct lines *t = context;
	bool failed = jobs[0]->status == HOST_FAILED;
	size_t shown = 0;

	for (size_t i = 0, n; i < count; i += n) {
		n = report_alike(jobs + i, count - i);
		put_outcome(t, jobs + i, n);
		if (failed)
			put_failure(t, jobs + i, n, shown++ < TAILS_MAX);
	}
	if (!failed)
		return;
	if (shown > TAILS_MAX)
		fprintf(t->to,
			"      (the last lines of the first %d only; --log-dir keeps each host's log)\n",
			TAILS_MAX);
	fputs("      next", t->to);
	if (count > 1)
		fprintf(t->to, ", for these %zu hosts", count);
	fprintf(t->to, ": %s\n", advice);
}

static void put_counts(const struct lines *t, const struct job *jobs, size_t count)
{
	struct report_counts c = report_count(jobs, count);
	const char *before = "";

	fprintf(t->to, "%s%zu host%s:%s", t->paint->bold, c.hosts, c.hosts == 1 ? "" : "s", t->paint->end);
	for (enum host_outcome o = 0; o < OUTCOMES; o++) {
		bool bad = o == OUTCOME_FAILED;

		if (!c.of[o])
			continue;
		fprintf(t->to, "%s %s%zu %s%s", before, bad ? t->paint->outcome[o] : "", c.of[o],
			outcome_word(o, t->options->mode), bad ? t->paint->end : "");
		before = ",";
	}
	if (c.keys_sent)
		fprintf(t->to, "; the auth key went to %zu", c.keys_sent);
	fputc('\n', t->to);
}

void report_text(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	struct lines t = {.to = to, .paint = paint_of(options->colour), .options = options};

	for (size_t i = 0; i < count; i++) {
		int len = (int)strlen(jobs[i].id);

		t.width = len > t.width ? len : t.width;
	}
	for (size_t i = 0; i < count && !options->quiet; i++) {
		const struct job *job = &jobs[i];

		if (job->status != HOST_SUCCESS)
			continue;
		put_outcome(&t, &job, 1);
		put_changes(&t, job);
	}
	if (!options->quiet)
		report_groups(jobs, count, HOST_SKIPPED, put_group, &t);
	report_groups(jobs, count, HOST_FAILED, put_group, &t);
	put_counts(&t, jobs, count);
	if (options->again)
		fprintf(to, "again: %s\n", options->again);
}
