#include "runtime/report.h"

#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "runtime/reason.h"

enum { SHOWN_MAX = 1024 };

const char *report_status(enum host_status status)
{
	static const char *const words[] = {
		[HOST_SUCCESS] = "success",
		[HOST_FAILED] = "failed",
		[HOST_SKIPPED] = "skipped",
	};

	return words[status];
}

const char *report_result(enum step_result result)
{
	static const char *const words[] = {
		[STEP_NONE] = "",	    [STEP_OK] = "ok",
		[STEP_CHANGED] = "changed", [STEP_WOULD_CHANGE] = "would_change",
		[STEP_FAILED] = "failed",   [STEP_SKIPPED] = "skipped",
	};

	return words[result];
}

struct report_counts report_count(const struct job *jobs, size_t count)
{
	struct report_counts c = {.hosts = count};

	for (size_t i = 0; i < count; i++) {
		if (jobs[i].status == HOST_FAILED)
			c.failed++;
		else if (jobs[i].status == HOST_SKIPPED)
			c.skipped++;
		else if (jobs[i].changed)
			c.changed++;
		else
			c.ok++;
		c.keys_sent += jobs[i].key_sent;
	}
	return c;
}

const char *report_word(const struct job *job, enum run_mode mode)
{
	if (job->status != HOST_SUCCESS)
		return report_status(job->status);
	if (!job->changed)
		return "ok";
	return mode == RUN_CHECK ? "would change" : "changed";
}

/* ---- which hosts came out alike ---- */

static bool is_change(const struct step_record *step)
{
	return step->result == STEP_CHANGED || step->result == STEP_WOULD_CHANGE;
}

const struct step_record *report_change(const struct job *job, size_t *at)
{
	while (job->results && *at < job->step_count) {
		const struct step_record *step = &job->results[(*at)++];

		if (is_change(step))
			return step;
	}
	return NULL;
}

static int compare_changes(const struct job *a, const struct job *b)
{
	size_t at_a = 0, at_b = 0;

	for (;;) {
		const struct step_record *x = report_change(a, &at_a), *y = report_change(b, &at_b);
		int order;

		if (!x || !y)
			return (x != NULL) - (y != NULL);
		order = strcmp(x->step, y->step);
		if (!order)
			order = strcmp(x->message, y->message);
		if (order)
			return order;
	}
}

static int compare_warnings(const struct job *a, const struct job *b)
{
	if (a->warning_count != b->warning_count)
		return a->warning_count < b->warning_count ? -1 : 1;
	for (size_t i = 0; i < a->warning_count; i++) {
		int order = strcmp(a->warnings[i], b->warnings[i]);

		if (order)
			return order;
	}
	return 0;
}

static int compare_outcomes(const struct job *a, const struct job *b)
{
	int order = strcmp(a->reason, b->reason);

	if (!order)
		order = strcmp(a->step, b->step);
	if (!order)
		order = strcmp(a->message, b->message);
	if (!order)
		order = strcmp(str_text(&a->log_tail), str_text(&b->log_tail));
	if (!order)
		order = compare_changes(a, b);
	return order ? order : compare_warnings(a, b);
}

static int by_outcome(const void *a, const void *b)
{
	const struct job *x = *(const struct job *const *)a, *y = *(const struct job *const *)b;
	int order = compare_outcomes(x, y);

	return order ? order : x < y ? -1 : x > y;
}

const struct job **report_sort(const struct job *jobs, size_t count, enum host_status status, size_t *found)
{
	const struct job **sorted = mem_alloc(mem_times(count, sizeof *sorted));

	*found = 0;
	for (size_t i = 0; i < count; i++) {
		if (jobs[i].status == status)
			sorted[(*found)++] = &jobs[i];
	}
	if (*found)
		qsort(sorted, *found, sizeof *sorted, by_outcome);
	return sorted;
}

size_t report_equal(const struct job *const *sorted, size_t count, bool all)
{
	size_t n = 1;

	while (n < count && (all ? compare_outcomes(sorted[0], sorted[n])
				 : strcmp(sorted[0]->reason, sorted[n]->reason)) == 0)
		n++;
	return n;
}

/* ---- JSON ---- */

static void add_member(struct str *out, const char *name, const char *text)
{
	struct str visible = STR_INIT;

	str_addf(out, "\"%s\":", name);
	str_add_visible(&visible, text ? text : "", text ? strlen(text) : 0, SHOWN_MAX);
	str_add_json(out, str_text(&visible), visible.len);
	str_free(&visible);
}

static void add_steps(struct str *out, const struct job *job)
{
	size_t shown = 0;

	str_add(out, ",\"steps\":[");
	for (size_t i = 0; job->results && i < job->step_count; i++) {
		const struct step_record *step = &job->results[i];

		if (step->result == STEP_NONE)
			continue;
		str_add(out, shown++ ? ",{" : "{");
		add_member(out, "step", step->step);
		str_addc(out, ',');
		add_member(out, "result", report_result(step->result));
		str_addc(out, ',');
		add_member(out, "reason", step->reason);
		str_addc(out, ',');
		add_member(out, "message", step->message);
		str_addc(out, '}');
	}
	str_add(out, "],\"warnings\":[");
	for (size_t i = 0; i < job->warning_count; i++) {
		struct str visible = STR_INIT;

		str_add_visible(&visible, job->warnings[i], strlen(job->warnings[i]), SHOWN_MAX);
		str_add(out, i ? "," : "");
		str_add_json(out, str_text(&visible), visible.len);
		str_free(&visible);
	}
	str_addc(out, ']');
}

void report_add_host(struct str *out, const struct job *job, const struct report_options *options)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{"id", job->id},
		{"name", job->name},
		{"status", report_status(job->status)},
		{"error_code", job->error_code},
		{"reason", job->reason},
		{"message", job->message},
		{"step", job->step},
	};
	struct str advice = STR_INIT;

	str_addc(out, '{');
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		str_add(out, i ? "," : "");
		add_member(out, texts[i].name, texts[i].text);
	}
	str_addf(out, ",\"changed\":%s,\"auth_key_sent\":%s,", job->changed ? "true" : "false",
		 job->key_sent ? "true" : "false");
	add_member(out, "fqdn", job_fqdn(job));
	add_steps(out, job);
	str_addc(out, ',');
	reason_add_advice(&advice, job->reason ? job->reason : "");
	add_member(out, "advice", str_text(&advice));
	str_free(&advice);
	str_addc(out, ',');
	add_member(out, "source", job->source);
	if (options->timing)
		str_addf(out, ",\"seconds\":%.3f", job->seconds);
	str_addc(out, '}');
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
		count ? "\n" : "", options->mode == RUN_APPLY ? "apply" : "check", c.hosts, c.ok, c.changed,
		c.failed, c.skipped, c.keys_sent);
	str_free(&out);
}
