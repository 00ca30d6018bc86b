/* The report as a page: one file, no script, nothing from outside. */
#include "runtime/report.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/reason.h"

enum {
	SHOWN_MAX = 1024,
	TAIL_MAX = 16 * 1024,
	OPEN_MAX = 3, /* hosts unfolded of those that failed for the same reason */
};

static const char style[] =
	":root{color-scheme:light dark;"
	"--ok:#1a7f37;--changed:#9a6700;--failed:#cf222e;--skipped:#6e7781;--line:#8884}\n"
	"@media(prefers-color-scheme:dark)"
	"{:root{--ok:#3fb950;--changed:#d29922;--failed:#f85149;--skipped:#8b949e}}\n"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\n"
	"h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}.counts b{font-size:1.3rem}\n"
	".counts span,.facts span{margin-right:1.5rem}\n"
	".fleet{display:flex;flex-wrap:wrap;gap:3px;margin:1rem 0}\n"
	".fleet a{width:14px;height:14px;border-radius:3px;background:currentColor}\n"
	".ok{color:var(--ok)}.changed{color:var(--changed)}.failed{color:var(--failed)}.skipped{color:var(--skipped)}\n"
	"details{border-top:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer}\n"
	"summary b{display:inline-block;min-width:14rem}\n"
	"table{border-collapse:collapse;margin:.5rem 0}td{padding:.1rem 1rem .1rem 0;vertical-align:top}\n"
	"pre{background:#8881;padding:.6rem;overflow-x:auto;font-size:13px}\n"
	".next{border-left:3px solid var(--failed);padding-left:.7rem}\n"
	"@media print{body{max-width:none;margin:0}details,summary{break-inside:avoid}"
	"details::details-content{content-visibility:visible;display:block}pre{white-space:pre-wrap}"
	".fleet a{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

/* TEXT as it may stand between tags and in attributes: visible, and no markup. */
static void put_text(FILE *to, const char *text, size_t len, size_t max)
{
	struct str visible = STR_INIT;

	str_add_visible(&visible, text, len, max);
	for (const char *p = str_text(&visible); *p; p++) {
		switch (*p) {
		case '&':
			fputs("&amp;", to);
			break;
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		case '\'':
			fputs("&#39;", to);
			break;
		default:
			fputc(*p, to);
		}
	}
	str_free(&visible);
}

static void put(FILE *to, const char *text)
{
	put_text(to, text ? text : "", text ? strlen(text) : 0, SHOWN_MAX);
}

/* The class of the style sheet: an outcome's word in mode apply. */
static const char *class_of(const struct job *job)
{
	return outcome_word(job_outcome(job), RUN_APPLY);
}

/* A fact about the run, if it's known. */
static void put_fact(FILE *to, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(to, "<span>%s <b>", name);
	put(to, value);
	fputs("</b></span>\n", to);
}

static void put_fleet(FILE *to, const struct job *jobs, size_t count, enum run_mode mode)
{
	fputs("<p class=\"fleet\">\n", to);
	for (size_t i = 0; i < count; i++) {
		fprintf(to, "<a class=\"%s\" href=\"#", class_of(&jobs[i]));
		put(to, jobs[i].id);
		fputs("\" title=\"", to);
		put(to, jobs[i].id);
		fprintf(to, ": %s\"></a>\n", outcome_word(job_outcome(&jobs[i]), mode));
	}
	fputs("</p>\n", to);
}

static const char count_form[] = "<span class=\"%s\"><b>%zu</b> %s</span>\n";

static void put_head(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	struct report_counts c = report_count(jobs, count);
	const char *name = mode_word(options->mode);

	fprintf(to,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<title>stagecraft %s: %zu of %zu hosts failed</title>\n<style>\n%s</style>\n<h1>stagecraft %s</h1>\n<p class=\"facts\">\n",
		name, c.of[OUTCOME_FAILED], c.hosts, style, name);
	put_fact(to, "mode", options->mode == RUN_APPLY ? name : "check (nothing was changed)");
	put_fact(to, "config", options->config);
	put_fact(to, "scripts", options->from);
	put_fact(to, "stagecraft", options->version);
	put_fact(to, "date", options->date);
	fprintf(to, "</p>\n<p class=\"counts\"><span><b>%zu</b> hosts</span>\n", c.hosts);
	for (enum host_outcome o = 0; o < OUTCOMES; o++)
		fprintf(to, count_form, outcome_word(o, RUN_APPLY), c.of[o], outcome_word(o, options->mode));
	if (c.keys_sent)
		fprintf(to, count_form, "key", c.keys_sent, "given the auth key");
	fputs("</p>\n", to);
	put_fleet(to, jobs, count, options->mode);
}

static void put_steps(FILE *to, const struct job *job)
{
	bool any = false;

	for (size_t i = 0; job->results && i < job->step_count; i++) {
		const struct step_record *step = &job->results[i];

		if (step->result == STEP_NONE)
			continue;
		fputs(any ? "" : "<table>\n", to);
		any = true;
		fputs("<tr><td>", to);
		put(to, step->step->name);
		fprintf(to, "<td class=\"%s\">%s<td>",
			step_word(step->result == STEP_WOULD_CHANGE ? STEP_CHANGED : step->result),
			step_word(step->result));
		put(to, step->message);
		fputc('\n', to);
	}
	if (any)
		fputs("</table>\n", to);
}

static void put_failure(FILE *to, const struct job *job)
{
	const char *p = str_text(&job->log_tail), *end = p + job->log_tail.len;

	fprintf(to, "<p>%s%s%s</p>\n", job->error_code, *job->step ? " at " : "", job->step);
	if (p < end)
		fputs("<pre>", to);
	while (p < end) {
		size_t len = strcspn(p, "\n");

		put_text(to, p, len, TAIL_MAX);
		fputc('\n', to);
		p += len + 1;
	}
	if (job->log_tail.len)
		fputs("</pre>\n", to);
	if (job->log_path) {
		fputs("<p>Log: ", to);
		put(to, job->log_path);
		fputs("</p>\n", to);
	}
}

static void put_host(FILE *to, const struct job *job, bool open, const struct report_options *options)
{
	fputs("<details id=\"", to);
	put(to, job->id);
	fprintf(to, "\"%s><summary><b>", open ? " open" : "");
	put(to, job->id);
	fprintf(to, "</b> <span class=\"%s\">%s</span> ", class_of(job),
		outcome_word(job_outcome(job), options->mode));
	put(to, job->message && *job->message ? job->message
		: job->status == HOST_SUCCESS ? job_fqdn(job)
					      : "");
	if (options->timing)
		fprintf(to, " <small>%.1f s</small>", job->seconds);
	fputs("</summary>\n", to);
	for (size_t i = 0; i < job->warnings.count; i++) {
		fputs("<p class=\"changed\">Warning: ", to);
		put(to, job->warnings.texts[i]);
		fputs("</p>\n", to);
	}
	put_steps(to, job);
	if (job->status == HOST_FAILED)
		put_failure(to, job);
	fputs("</details>\n", to);
}

struct page {
	FILE *to;
	const struct report_options *options;
};

/* Hosts that failed for the same reason, and what to do about it. */
static void put_failed(void *context, const struct job *const *jobs, size_t count)
{
	const struct page *page = context;
	struct str advice = STR_INIT;

	fprintf(page->to, "<section>\n<h2 class=\"failed\">%zu failed: <code>", count);
	put(page->to, jobs[0]->reason);
	fputs("</code></h2>\n<p class=\"next\">Next: ", page->to);
	reason_add_advice(&advice, jobs[0]->reason);
	put(page->to, str_text(&advice));
	fputs("</p>\n", page->to);
	for (size_t i = 0; i < count; i++)
		put_host(page->to, jobs[i], i < OPEN_MAX, page->options);
	fputs("</section>\n", page->to);
	str_free(&advice);
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
		fputs("<p>To run again what failed or was skipped:</p>\n<pre>", to);
		put_text(to, options->again, strlen(options->again), strlen(options->again));
		fputs("</pre>\n", to);
	}
	fputs("</html>\n", to);
}
