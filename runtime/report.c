#include "runtime/report.h"

#include <string.h>

#include "runtime/reason.h"

enum { SHOWN_MAX = 1024, TAIL_SHOWN_MAX = 16 * 1024 };

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
		c.success += jobs[i].status == HOST_SUCCESS;
		c.failed += jobs[i].status == HOST_FAILED;
		c.skipped += jobs[i].status == HOST_SKIPPED;
		c.changed += jobs[i].changed;
	}
	return c;
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
	str_addf(out, ",\"changed\":%s,", job->changed ? "true" : "false");
	add_member(out, "fqdn", job->fqdn);
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
		"%s],\n\"summary\":{\"mode\":\"%s\",\"hosts\":%zu,\"success\":%zu,\"failed\":%zu,\"skipped\":"
		"%zu,\"changed\":%zu}}\n",
		count ? "\n" : "", options->mode == RUN_APPLY ? "apply" : "check", c.hosts, c.success,
		c.failed, c.skipped, c.changed);
	str_free(&out);
}

/* ---- text ---- */

struct paint {
	const char *good, *warn, *bad, *dim, *bold, *end;
};

static struct paint paint_of(bool colour)
{
	if (!colour)
		return (struct paint){"", "", "", "", "", ""};
	return (struct paint){"\033[32m", "\033[33m", "\033[31m", "\033[2m", "\033[1m", "\033[0m"};
}

static void put_visible(FILE *to, const char *text)
{
	struct str visible = STR_INIT;

	str_add_visible(&visible, text ? text : "", text ? strlen(text) : 0, SHOWN_MAX);
	fwrite(str_text(&visible), 1, visible.len, to);
	str_free(&visible);
}

/* "changed", "would change", "failed" …, and its colour. */
static const char *word_of(const struct job *job, enum run_mode mode, const struct paint *paint,
			   const char **colour)
{
	*colour = paint->bad;
	if (job->status == HOST_FAILED)
		return "failed";
	*colour = paint->dim;
	if (job->status == HOST_SKIPPED)
		return "skipped";
	*colour = job->changed ? paint->warn : paint->good;
	if (!job->changed)
		return "ok";
	return mode == RUN_CHECK ? "would change" : "changed";
}

static void put_tail(FILE *to, const struct job *job, const struct paint *paint)
{
	const char *p = str_text(&job->log_tail), *end = p + job->log_tail.len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);

		fprintf(to, "      %s| %.*s%s\n", paint->dim, (int)len, p, paint->end);
		p += len + 1;
	}
}

/* What changed, or in mode check would. */
static void put_changes(FILE *to, const struct job *job, const struct paint *paint)
{
	for (size_t i = 0; job->results && i < job->step_count; i++) {
		const struct step_record *r = &job->results[i];

		if (r->result != STEP_CHANGED && r->result != STEP_WOULD_CHANGE)
			continue;
		fprintf(to, "      %s%s:%s ", paint->warn, r->step, paint->end);
		put_visible(to, r->message);
		fputc('\n', to);
	}
}

static void put_failure(FILE *to, const struct job *job, const struct paint *paint)
{
	struct str advice = STR_INIT;

	fprintf(to, "      %s%s", paint->bad, job->reason);
	if (*job->step)
		fprintf(to, " at %s", job->step);
	fprintf(to, "%s (%s)\n", paint->end, job->error_code);
	put_tail(to, job, paint);
	if (job->log_path) {
		fputs("      log: ", to);
		put_visible(to, job->log_path);
		fputc('\n', to);
	}
	reason_add_advice(&advice, job->reason);
	fprintf(to, "      next: %s\n", str_text(&advice));
	str_free(&advice);
}

static void put_host(FILE *to, const struct job *job, int width, enum run_mode mode,
		     const struct paint *paint)
{
	const char *colour, *word = word_of(job, mode, paint, &colour);

	fprintf(to, "%-*s  %s%s%s", width, job->id, colour, word, paint->end);
	if (job->status == HOST_SUCCESS && job->fqdn && *job->fqdn)
		fprintf(to, "  %s", job->fqdn);
	if (job->message && *job->message) {
		fputs(": ", to);
		put_visible(to, job->message);
	}
	fputc('\n', to);
	for (size_t i = 0; i < job->warning_count; i++) {
		fprintf(to, "      %swarning:%s ", paint->warn, paint->end);
		put_visible(to, job->warnings[i]);
		fputc('\n', to);
	}
	if (job->status == HOST_FAILED)
		put_failure(to, job, paint);
	else
		put_changes(to, job, paint);
}

void report_text(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	struct report_counts c = report_count(jobs, count);
	struct paint paint = paint_of(options->colour);
	int width = 0;

	for (size_t i = 0; i < count; i++) {
		int len = (int)strlen(jobs[i].id);

		width = len > width ? len : width;
	}
	for (size_t i = 0; i < count; i++)
		put_host(to, &jobs[i], width, options->mode, &paint);
	fprintf(to, "%s%zu host%s:%s %zu ok", paint.bold, c.hosts, c.hosts == 1 ? "" : "s", paint.end,
		c.success);
	if (c.changed)
		fprintf(to, ", %zu %s", c.changed, options->mode == RUN_CHECK ? "would change" : "changed");
	if (c.failed)
		fprintf(to, ", %s%zu failed%s", paint.bad, c.failed, paint.end);
	if (c.skipped)
		fprintf(to, ", %zu skipped", c.skipped);
	fputc('\n', to);
}
