/* The report as a page: one file, no script, nothing from outside. */
#include "runtime/report.h"

#include <stdarg.h>
#include <string.h>

enum {
	OPEN_MAX = 3 /* hosts unfolded of those that failed for the same reason */
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

/* TEXT, which is visible, as it may stand between tags and in attributes: no markup. */
static void put_plain(FILE *to, const char *text)
{
	static const char markup[] = "&<>\"'", *const escapes[] = {"&amp;", "&lt;", "&gt;", "&quot;",
								   "&#39;"};

	for (; *text; text++) {
		const char *at = strchr(markup, *text);

		if (at)
			fputs(escapes[at - markup], to);
		else
			fputc(*text, to);
	}
}

/* FORMAT, in which each %s stands for the next of the texts: made visible, capped, and no markup. */
static void put(FILE *to, const char *format, ...)
{
	struct str visible = STR_INIT;
	va_list texts;

	va_start(texts, format);
	for (const char *p = format; *p; p++) {
		if (p[0] == '%' && p[1] == 's') {
			const char *text = va_arg(texts, const char *);

			str_clear(&visible);
			str_add_visible(&visible, text, strlen(text), REPORT_SHOWN_MAX);
			put_plain(to, str_text(&visible));
			p++;
		} else {
			fputc(*p, to);
		}
	}
	va_end(texts);
	str_free(&visible);
}

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
	put(to, *job->step ? "<p>%s at %s</p>\n" : "<p>%s%s</p>\n", job->error_code, job->step);
	put(to, job->log_tail.len ? "<pre>" : "");
	put_plain(to, str_text(&job->log_tail));
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
		put_plain(to, options->again);
		put(to, "</pre>\n");
	}
	put(to, "</html>\n");
}
