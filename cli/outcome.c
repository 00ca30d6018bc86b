#include "cli/outcome.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "lib/mem.h"
#include "runtime/reason.h"
#include "runtime/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LIMIT_MAX = 100000, /* bytes of a word that every Linux takes in a command line */
	ANNOTATIONS = 10,   /* GitHub shows no more of a step */
	ANNOTATION_MAX = 1024,
};

/* ---- files ---- */

bool outcome_open(struct outcome *out, const struct options *o, enum run_mode mode, struct arena *arena)
{
	struct problem problem = {.arena = arena};
	const char *dir = o->log_dir, *slash = dir && dir[strlen(dir) - 1] == '/' ? "" : "/";

	*out = (struct outcome){.options = o,
				.mode = mode,
				.arena = arena,
				.logs = {.fd = -1},
				.page = {.folder = -1},
				.json = {.folder = -1}};
	if ((!o->report || replace_open(&out->page, o->report, &problem)) &&
	    log_dir_open(&out->logs, dir, &problem) &&
	    (!dir || replace_open(&out->json, arena_printf(arena, "%s%sreport.json", dir, slash), &problem)))
		return true;
	complain("%s", problem.text);
	return false;
}

void outcome_close(struct outcome *out)
{
	log_dir_close(&out->logs);
	replace_close(&out->page);
	replace_close(&out->json);
}

typedef void report_writer(FILE *to, const struct job *jobs, size_t count,
			   const struct report_options *options);

/* Nothing, if T isn't open. */
static bool write_target(const struct outcome *out, const struct replace_target *t, report_writer *write,
			 const struct job *jobs, size_t count, const struct report_options *how)
{
	struct problem problem = {.arena = out->arena};
	char *text = NULL;
	size_t len = 0;
	FILE *to;

	if (t->folder < 0)
		return true;
	to = open_memstream(&text, &len);
	if (!to)
		mem_failed();
	write(to, jobs, count, how);
	if (fclose(to) != 0)
		mem_failed();
	if (!replace_write(t, text, len, &problem))
		complain("%s", problem.text);
	free(text);
	return !problem.text;
}

/* ---- once more ---- */

static bool is_standard_input(const char *path)
{
	return path && (strcmp(path, "-") == 0 || str_starts(path, "/dev/"));
}

/* The command that runs again those that failed or were skipped, with the options that say how; nothing if
 * all is well. SAVED: there's a report that --failed-from can read. */
static void add_again(struct str *line, const struct outcome *out, const struct job *jobs, size_t count,
		      bool saved)
{
	struct str ids = STR_INIT;
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		if (jobs[i].status != HOST_SUCCESS)
			str_addf(&ids, "%s%s", left++ ? "," : "", jobs[i].id);
	}
	if (left && left < count && !saved && ids.len >= LIMIT_MAX) {
		str_add(line,
			"# --log-dir DIR writes DIR/report.json, for --failed-from: too many hosts for --limit");
	} else if (left) {
		/* Without what goes for the output alone, and, but for all, without what names hosts. */
		options_add_again(
			line, out->options,
			left == count
				? "json report json-lines timing quiet verbose color"
				: "json report json-lines timing quiet verbose color limit role tag failed-from",
			left == count);
		if (left < count) {
			str_add(line, saved ? " --failed-from" : " --limit");
			options_add_word(line, saved ? out->json.path : str_text(&ids));
		}
		if (is_standard_input(out->options->hosts))
			str_add(line, " # with the same host list on standard input");
	}
	str_free(&ids);
}

/* ---- annotations ---- */

static void annotate(const struct job *job)
{
	const char *colon = strrchr(job->source, ':');
	char *file = mem_strndup(job->source, (size_t)(colon - job->source));
	struct str title = STR_INIT, text = STR_INIT;

	str_addf(&title, "%s failed: %s%s%s", job->id, job->reason, *job->step ? " at " : "", job->step);
	str_add_visible(&text, job->message, strlen(job->message), ANNOTATION_MAX);
	str_add(&text, text.len ? "\nNext: " : "Next: ");
	reason_add_advice(&text, job->reason);
	/* A list from standard input is no file. */
	annotation_print(stderr, DIAG_ERROR, *file == '<' ? NULL : file, (unsigned)atoi(colon + 1), 0,
			 str_text(&title), str_text(&text));
	free(file);
	str_free(&title);
	str_free(&text);
}

/* For each host that failed, as far as they are shown. */
static void annotate_failures(const struct job *jobs, size_t count)
{
	size_t failed = report_count(jobs, count).of[OUTCOME_FAILED];
	size_t left = failed > ANNOTATIONS ? ANNOTATIONS - 1 : failed, more = failed - left;
	char text[64];

	for (size_t i = 0; left; i++) {
		if (jobs[i].status == HOST_FAILED) {
			annotate(&jobs[i]);
			left--;
		}
	}
	if (!more)
		return;
	snprintf(text, sizeof text, "%zu more hosts failed; the log tells which", more);
	annotation_print(stderr, DIAG_ERROR, NULL, 0, 0, NULL, text);
}

/* ---- all of it ---- */

static const char *now(struct arena *arena)
{
	time_t t = time(NULL);
	struct tm utc;
	char text[64] = "";

	if (gmtime_r(&t, &utc))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
	return arena_strdup(arena, text);
}

bool outcome_tell(const struct outcome *out, const struct job *jobs, size_t count)
{
	const struct options *o = out->options;
	struct str again = STR_INIT;
	struct report_options how = {.mode = out->mode,
				     .timing = o->timing,
				     .quiet = o->quiet,
				     .version = STAGECRAFT_VERSION,
				     .config = o->file,
				     .from = o->from,
				     .date = o->timing ? now(out->arena) : NULL,
				     .colour = want_colour(o->colour, STDOUT_FILENO)};
	bool ok = write_target(out, &out->json, report_json, jobs, count, &how);

	add_again(&again, out, jobs, count, ok && out->json.folder >= 0);
	how.again = again.len ? str_text(&again) : NULL;
	if (o->json)
		report_json(stdout, jobs, count, &how);
	else if (!o->json_lines)
		report_text(stdout, jobs, count, &how);
	fflush(stdout);
	if (how.again && (o->json || o->json_lines) && !o->quiet)
		say(stderr, "again: %s", how.again);
	if (want_annotations())
		annotate_failures(jobs, count);
	ok = write_target(out, &out->page, report_html, jobs, count, &how) && ok;
	str_free(&again);
	return ok;
}
