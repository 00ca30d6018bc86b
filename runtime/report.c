#include "runtime/report.h"

#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "runtime/reason.h"
#include "runtime/sources.h"

enum { SOURCES_SHOWN = 3 };

struct report_counts report_count(const struct job *jobs, size_t count)
{
	struct report_counts c = {.hosts = count};

	for (size_t i = 0; i < count; i++) {
		c.of[job_outcome(&jobs[i])]++;
		c.keys_sent += jobs[i].key_sent;
	}
	return c;
}

const struct paint *paint_of(bool colour)
{
	static const struct paint paints[] = {
		{{"", "", "", ""}, "", ""},
		{{"\033[32m", "\033[33m", "\033[31m", "\033[2m"}, "\033[1m", "\033[0m"},
	};

	return &paints[colour];
}

/* ---- which hosts came out alike ---- */

const struct step_record *report_change(const struct job *job, size_t *at)
{
	while (job->results && *at < job->step_count) {
		const struct step_record *step = &job->results[(*at)++];

		if (step->result == STEP_CHANGED || step->result == STEP_WOULD_CHANGE)
			return step;
	}
	return NULL;
}

/* Appends all that is shown of a host but its names, so that texts compare as their parts do. */
static void add_outcome(struct str *out, const struct job *job)
{
	const struct step_record *step;
	size_t at = 0;

	str_addf(out, "%s\1%s\1%s\1%s\1", job->reason, job->step, job->message, str_text(&job->log_tail));
	while ((step = report_change(job, &at)))
		str_addf(out, "\2%s\1%s\1", step->step->name, step->message);
	str_addf(out, "\1%2zu", job->warnings.count);
	for (size_t i = 0; i < job->warnings.count; i++)
		str_addf(out, "\1%s", job->warnings.texts[i]);
}

static int compare_outcomes(const struct job *a, const struct job *b)
{
	struct str x = STR_INIT, y = STR_INIT;
	int order;

	add_outcome(&x, a);
	add_outcome(&y, b);
	order = strcmp(x.data, y.data);
	str_free(&x);
	str_free(&y);
	return order;
}

static int by_outcome(const void *a, const void *b)
{
	const struct job *x = *(const struct job *const *)a, *y = *(const struct job *const *)b;
	int order = compare_outcomes(x, y);

	return order ? order : x < y ? -1 : x > y;
}

size_t report_alike(const struct job *const *sorted, size_t count)
{
	size_t n = 1;

	while (n < count && compare_outcomes(sorted[0], sorted[n]) == 0)
		n++;
	return n;
}

void report_groups(const struct job *jobs, size_t count, enum host_status status, report_group_fn *each,
		   void *context)
{
	const struct job **sorted = mem_alloc(mem_times(count, sizeof *sorted));
	struct str advice = STR_INIT;
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (jobs[i].status == status)
			sorted[found++] = &jobs[i];
	}
	qsort(sorted, found, sizeof *sorted, by_outcome);
	for (size_t i = 0, n; i < found; i += n) {
		for (n = 1; i + n < found && strcmp(sorted[i]->reason, sorted[i + n]->reason) == 0;)
			n++;
		str_clear(&advice);
		reason_add_advice(&advice, sorted[i]->reason);
		each(context, sorted + i, n, str_text(&advice));
	}
	str_free(&advice);
	free(sorted);
}

/* ---- where it is written ---- */

static int by_line(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = x->source == y->source ? 0 : strcmp(x->source->name, y->source->name);

	return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

void report_add_sources(struct str *out, const struct job *const *jobs, size_t count)
{
	struct place *all = mem_alloc(mem_times(mem_times(count, SOURCES_MAX), sizeof *all));
	size_t found = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		found += sources_of(jobs[i], all + found);
	qsort(all, found, sizeof *all, by_line);
	for (size_t i = 0; i < found; i++) {
		if (kept && by_line(&all[i], &all[kept - 1]) == 0)
			continue;
		all[kept++] = all[i];
		if (kept > SOURCES_SHOWN)
			continue;
		str_add(out, kept > 1 ? ", " : "");
		source_add_place(out, &all[kept - 1]);
	}
	if (kept > SOURCES_SHOWN)
		str_addf(out, " and %zu more", kept - SOURCES_SHOWN);
	free(all);
}

/* ---- JSON ---- */

static void add_member(struct str *out, const char *name, const char *text)
{
	struct str visible = STR_INIT;

	str_add_visible(&visible, text ? text : "", text ? strlen(text) : 0, REPORT_SHOWN_MAX);
	str_add_member(out, name);
	str_add_json(out, str_text(&visible), visible.len);
	str_free(&visible);
}

void report_add_step(struct str *out, const struct step_record *step)
{
	add_member(out, "step", step->step->name);
	add_member(out, "result", step_word(step->result));
	add_member(out, "reason", step->reason);
	add_member(out, "message", step->message);
}

/* "source", the first of them, and "sources", all. */
static void add_sources(struct str *out, const struct job *job)
{
	struct place places[SOURCES_MAX];
	size_t count = sources_of(job, places);
	struct str text = STR_INIT;

	if (count)
		source_add_place(&text, &places[0]);
	add_member(out, "source", str_text(&text));
	str_add(out, ",\"sources\":[");
	for (size_t i = 0; i < count; i++) {
		str_clear(&text);
		source_add_place(&text, &places[i]);
		add_member(out, NULL, str_text(&text));
	}
	str_addc(out, ']');
	str_free(&text);
}

void report_add_host(struct str *out, const struct job *job, const struct report_options *options)
{
	struct str advice = STR_INIT;

	str_addc(out, '{');
	add_member(out, "id", job->id);
	add_member(out, "name", job->name);
	add_member(out, "status", status_word(job->status));
	add_member(out, "error_code", job->error_code);
	add_member(out, "reason", job->reason);
	add_member(out, "message", job->message);
	add_member(out, "step", job->step);
	str_addf(out, ",\"changed\":%s,\"auth_key_sent\":%s", job->changed ? "true" : "false",
		 job->key_sent ? "true" : "false");
	add_member(out, "fqdn", job_fqdn(job));
	str_add(out, ",\"steps\":[");
	for (size_t i = 0; job->results && i < job->step_count; i++) {
		if (job->results[i].result == STEP_NONE)
			continue;
		str_add_member(out, NULL);
		str_addc(out, '{');
		report_add_step(out, &job->results[i]);
		str_addc(out, '}');
	}
	str_add(out, "],\"warnings\":[");
	for (size_t i = 0; i < job->warnings.count; i++)
		add_member(out, NULL, job->warnings.texts[i]);
	str_addc(out, ']');
	reason_add_advice(&advice, job->reason ? job->reason : "");
	add_member(out, "advice", str_text(&advice));
	add_sources(out, job);
	if (options->timing)
		str_addf(out, ",\"seconds\":%.3f", job->seconds);
	str_addc(out, '}');
	str_free(&advice);
}

void report_json(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	struct report_counts c = report_count(jobs, count);
	struct str out = STR_INIT;

	fputs("{\"hosts\":[", to);
	for (size_t i = 0; i < count; i++) {
		str_clear(&out);
		str_add(&out, i ? ",\n" : "\n");
		report_add_host(&out, &jobs[i], options);
		fwrite(str_text(&out), 1, out.len, to);
	}
	fprintf(to,
		"%s],\n\"summary\":{\"mode\":\"%s\",\"hosts\":%zu,\"ok\":%zu,\"changed\":%zu,\"failed\":%zu,"
		"\"skipped\":%zu,\"auth_key_sent\":%zu}}\n",
		count ? "\n" : "", mode_word(options->mode), c.hosts, c.of[OUTCOME_OK], c.of[OUTCOME_CHANGED],
		c.of[OUTCOME_FAILED], c.of[OUTCOME_SKIPPED], c.keys_sent);
	str_free(&out);
}
