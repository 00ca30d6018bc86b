/* The report as a page: one file, no script, nothing from outside. */
#include "runtime/report.h"

#include "lib/html.h"

enum {
	OPEN_MAX = 3 /* hosts unfolded of those that failed for the same reason */
};

static const char style[] =
	".fleet{display:flex;flex-wrap:wrap;gap:3px;margin:1rem 0}\n"
	".fleet a{width:14px;height:14px;border-radius:3px;background:currentColor}\n"
	".next{border-left:3px solid var(--failed);padding-left:.7rem}\n"
	"@media print{.fleet a{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

#define put(to, ...) html_put(to, REPORT_SHOWN_MAX, __VA_ARGS__)

/* The class of the style sheet: an outcome's word in mode apply. */
static const char *class_of(const struct job *job)
{
	return outcome_word(job_outcome(job), RUN_APPLY);
}

/* A fact about the run, if it's known. */
static void put_fact(FILE *to, const char *name, const char *value)
{
	if (value)
		put(to, "<span>%s <b>%s</b></span>\n", name, value);
}

static void put_head(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	struct report_counts c = report_count(jobs, count);
	const char *name = mode_word(options->mode);
	struct str title = STR_INIT;

	str_addf(&title, "stagecraft %s: %zu of %zu hosts failed", name, c.of[OUTCOME_FAILED], c.hosts);
	html_open(to, str_text(&title), style);
	put(to, "<h1>stagecraft %s</h1>\n<p class=\"facts\">\n", name);
	str_free(&title);
	put_fact(to, "mode", options->mode == RUN_APPLY ? name : "check (nothing was changed)");
	put_fact(to, "config", options->config);
	put_fact(to, "scripts", options->from);
	put_fact(to, "stagecraft", options->version);
	put_fact(to, "date", options->date);
	fprintf(to, "</p>\n<p class=\"counts\"><span><b>%zu</b> hosts</span>\n", c.hosts);
	for (enum host_outcome o = 0; o < OUTCOMES; o++)
		fprintf(to, "<span class=\"%s\"><b>%zu</b> %s</span>\n", outcome_word(o, RUN_APPLY), c.of[o],
			outcome_word(o, options->mode));
	if (c.keys_sent)
		fprintf(to, "<span class=\"key\"><b>%zu</b> given the auth key</span>\n", c.keys_sent);
	put(to, "</p>\n<p class=\"fleet\">\n");
	for (size_t i = 0; i < count; i++)
		put(to, "<a class=\"%s\" href=\"#%s\" title=\"%s: %s\"></a>\n", class_of(&jobs[i]),
		    jobs[i].id, jobs[i].id, outcome_word(job_outcome(&jobs[i]), options->mode));
	put(to, "</p>\n");
}

static void put_steps(FILE *to, const struct job *job)
{
	const char *before = "<table>\n", *after = "";

	for (size_t i = 0; job->results && i < job->step_count; i++) {
		const struct step_record *step = &job->results[i];
		enum step_result class = step->result == STEP_WOULD_CHANGE ? STEP_CHANGED : step->result;

		if (step->result == STEP_NONE)
			continue;
		put(to, before);
		put(to, "<tr><td>%s<td class=\"%s\">%s<td>%s\n", step->step->name, step_word(class),
		    step_word(step->result), step->message);
		before = "";
		after = "</table>\n";
	}
	put(to, after);
}

static void put_failure(FILE *to, const struct job *job)
{
	struct str sources = STR_INIT;

	put(to, *job->step ? "<p>%s at %s</p>\n" : "<p>%s%s</p>\n", job->error_code, job->step);
	report_add_sources(&sources, &job, 1);
	if (sources.len)
		put(to, "<p>Source: <code>%s</code></p>\n", str_text(&sources));
	str_free(&sources);
	put(to, job->log_tail.len ? "<pre>" : "");
	html_put_plain(to, str_text(&job->log_tail));
	put(to, job->log_tail.len ? "</pre>\n" : "");
	if (job->log_path)
		put(to, "<p>Log: %s</p>\n", job->log_path);
}

static void put_host(FILE *to, const struct job *job, bool open, const struct report_options *options)
{
	const char *said = job->message ? job->message : "";

	if (!*said && job->status == HOST_SUCCESS)
		said = job_fqdn(job);
	put(to, "<details id=\"%s\"%s><summary><b>%s</b> <span class=\"%s\">%s</span> %s", job->id,
	    open ? " open" : "", job->id, class_of(job), outcome_word(job_outcome(job), options->mode),
	    said ? said : "");
	if (options->timing)
		fprintf(to, " <small>%.1f s</small>", job->seconds);
	put(to, "</summary>\n");
	for (size_t i = 0; i < job->warnings.count; i++)
		put(to, "<p class=\"changed\">Warning: %s</p>\n", job->warnings.texts[i]);
	put_steps(to, job);
	if (job->status == HOST_FAILED)
		put_failure(to, job);
	put(to, "</details>\n");
}

struct page {
	FILE *to;
	const struct report_options *options;
};

/* Hosts that failed for the same reason, and what to do about it. */
static void put_failed(void *context, const struct job *const *jobs, size_t count, const char *advice)
{
	const struct page *page = context;

	fprintf(page->to, "<section>\n<h2 class=\"failed\">%zu failed: ", count);
	put(page->to, "<code>%s</code></h2>\n<p class=\"next\">Next: %s</p>\n", jobs[0]->reason, advice);
	for (size_t i = 0; i < count; i++)
		put_host(page->to, jobs[i], i < OPEN_MAX, page->options);
	put(page->to, "</section>\n");
}

void report_html(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	static const enum host_status others[] = {HOST_SKIPPED, HOST_SUCCESS};

	put_head(to, jobs, count, options);
	report_groups(jobs, count, HOST_FAILED, put_failed, &(struct page){to, options});
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < count; i++) {
			if (jobs[i].status == others[k])
				put_host(to, &jobs[i], false, options);
		}
	}
	if (options->again) {
		put(to, "<p>To run again what failed or was skipped:</p>\n<pre>");
		html_put_plain(to, options->again);
		put(to, "</pre>\n");
	}
	html_close(to);
}
