/* The report for the page of a CI job, which takes Markdown. All of it but headings and advice is HTML without a
 * blank line, in which nothing that hosts said is read as Markdown. */
#include "runtime/report.h"

#include <string.h>

#include "lib/html.h"

enum {
	BYTES_MAX = 512 * 1024, /* of hosts that are told one by one; GitHub takes 1 MiB of a step */
	IDS_MAX = 20,		/* of hosts that came out alike */
	TAILS_MAX = 3,		/* logs shown of hosts that failed for the same reason */
};

struct page {
	FILE *to;
	const struct report_options *options;
	size_t left_out; /* hosts for which there was no room */
};

#define put(to, ...) html_put(to, REPORT_SHOWN_MAX, __VA_ARGS__)

static bool is_full(const struct page *page)
{
	return ftello(page->to) > BYTES_MAX;
}

static void put_ids(FILE *to, const struct job *const *jobs, size_t count)
{
	for (size_t i = 0; i < count && i < IDS_MAX; i++)
		put(to, i ? ", <code>%s</code>" : "<code>%s</code>", jobs[i]->id);
	if (count > IDS_MAX)
		fprintf(to, " and %zu more", count - IDS_MAX);
}

/* What its steps changed, or would; of a host that failed, before that. */
static void put_changes(FILE *to, const struct job *job)
{
	const struct step_record *step;
	size_t at = 0;

	while ((step = report_change(job, &at)))
		put(to, "<br>%s: %s: <code>%s</code>",
		    step->result == STEP_CHANGED ? "changed" : "would change", step->step->name,
		    step->message);
}

/* Its last lines, in one: a blank line would end the HTML. */
static void put_tail(FILE *to, const struct job *job)
{
	if (!job->log_tail.len)
		return;
	fputs("<details><summary>last lines</summary><pre>", to);
	for (const char *p = str_text(&job->log_tail); *p; p += *p == '\n') {
		struct str line = STR_INIT;

		str_addn(&line, p, strcspn(p, "\n"));
		html_put_plain(to, str_text(&line));
		fputs("&#10;", to);
		p += line.len;
		str_free(&line);
	}
	fputs("</pre></details>", to);
}

/* What COUNT hosts that failed alike have in common. */
static void put_failure(const struct page *page, const struct job *const *jobs, size_t count, bool with_tail)
{
	const struct job *job = jobs[0];
	struct str sources = STR_INIT;

	fputs("<tr><td>", page->to);
	put_ids(page->to, jobs, count);
	put(page->to, "</td><td><code>%s</code>", *job->message ? job->message : job->error_code);
	put(page->to, *job->step ? "<br>at %s" : "%s", job->step);
	put_changes(page->to, job);
	if (with_tail)
		put_tail(page->to, job);
	report_add_sources(&sources, jobs, count);
	put(page->to, "</td><td><code>%s</code></td></tr>\n", str_text(&sources));
	str_free(&sources);
}

/* Hosts that failed for the same reason, and what to do about it. */
static void put_failed(void *context, const struct job *const *jobs, size_t count, const char *advice)
{
	struct page *page = context;
	size_t shown = 0;

	if (is_full(page)) {
		page->left_out += count;
		return;
	}
	fprintf(page->to, "### %zu failed: `%s`\n\n%s\n\n<table>\n", count, jobs[0]->reason, advice);
	fputs("<tr><th>Host</th><th>What it says</th><th>Source</th></tr>\n", page->to);
	for (size_t i = 0, n; i < count; i += n) {
		n = report_alike(jobs + i, count - i);
		if (is_full(page))
			page->left_out += n;
		else
			put_failure(page, jobs + i, n, shown++ < TAILS_MAX);
	}
	fputs("</table>\n\n", page->to);
}

/* Of a host that came out well, or was skipped. */
static void put_host(FILE *to, const struct job *job)
{
	const char *said = job->status == HOST_SUCCESS ? job_fqdn(job) : job->message;

	put(to, "<tr><td><code>%s</code></td><td><code>%s</code>", job->id, said ? said : "");
	for (size_t i = 0; i < job->warnings.count; i++)
		put(to, "<br>warning: <code>%s</code>", job->warnings.texts[i]);
	put_changes(to, job);
	fputs("</td></tr>\n", to);
}

/* All with OUTCOME, folded. */
static void put_others(struct page *page, const struct job *jobs, size_t count, enum host_outcome outcome)
{
	size_t of = report_count(jobs, count).of[outcome];

	if (!of)
		return;
	fprintf(page->to, "<details>\n<summary>%zu %s</summary>\n<table>\n", of,
		outcome_word(outcome, page->options->mode));
	for (size_t i = 0; i < count; i++) {
		if (job_outcome(&jobs[i]) != outcome)
			continue;
		if (is_full(page))
			page->left_out++;
		else
			put_host(page->to, &jobs[i]);
	}
	fputs("</table>\n</details>\n\n", page->to);
}

static void put_head(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	struct report_counts c = report_count(jobs, count);
	const char *before = "";

	fprintf(to, "## stagecraft %s: ", mode_word(options->mode));
	for (enum host_outcome o = OUTCOMES; o-- > 0;) {
		if (!c.of[o])
			continue;
		fprintf(to, "%s%zu %s", before, c.of[o], outcome_word(o, options->mode));
		before = ", ";
	}
	fprintf(to, "%s of %zu host%s\n\n<p>", *before ? "" : "none", c.hosts, c.hosts == 1 ? "" : "s");
	if (options->mode == RUN_CHECK)
		fputs("Nothing was changed. ", to);
	if (options->config)
		put(to, "Config: <code>%s</code>. ", options->config);
	if (options->from)
		put(to, "Scripts: <code>%s</code>. ", options->from);
	if (c.keys_sent)
		fprintf(to, "The auth key went to %zu. ", c.keys_sent);
	put(to, "stagecraft %s.</p>\n\n", options->version ? options->version : "");
}

void report_markdown(FILE *to, const struct job *jobs, size_t count, const struct report_options *options)
{
	static const enum host_outcome others[] = {OUTCOME_SKIPPED, OUTCOME_CHANGED, OUTCOME_OK};
	struct page page = {.to = to, .options = options};

	put_head(to, jobs, count, options);
	report_groups(jobs, count, HOST_FAILED, put_failed, &page);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		put_others(&page, jobs, count, others[i]);
	if (page.left_out)
		fprintf(to, "%zu more hosts are left out here; the log has all.\n\n", page.left_out);
	if (options->again) {
		fputs("<p>To run again what failed or was skipped:</p>\n<pre>", to);
		html_put_plain(to, options->again);
		fputs("</pre>\n", to);
	}
}
