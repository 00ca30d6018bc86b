#include "cli/outcome.h"

#include "lib/mem.h"
#include "runtime/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

static const char *report_path(const struct outcome *out)
{
	const char *dir = out->options->log_dir;

	return arena_printf(out->arena, "%s%sreport.json", dir, dir[strlen(dir) - 1] == '/' ? "" : "/");
}

static bool open_target(const struct outcome *out, struct replace_target *t, const char *path)
{
	const char *why = replace_open(t, path, out->arena);

	if (why)
		complain("cannot write %s: %s", path, why);
	return !why;
}

bool outcome_open(struct outcome *out, const struct command *command, const struct options *o,
		  enum run_mode mode, struct arena *arena)
{
	int error;

	*out = (struct outcome){.options = o,
				.command = command,
				.mode = mode,
				.arena = arena,
				.logs = {.fd = -1},
				.page = {.folder = -1},
				.json = {.folder = -1}};
	if (o->report && !open_target(out, &out->page, o->report))
		return false;
	error = log_dir_open(&out->logs, o->log_dir, stderr);
	if (error) {
		complain("cannot make the log folder %s: %s", o->log_dir, strerror(error));
		return false;
	}
	return !o->log_dir || open_target(out, &out->json, report_path(out));
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
static bool write_target(const struct replace_target *t, report_writer *write, const struct job *jobs,
			 size_t count, const struct report_options *how)
{
	const char *why = NULL;
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
	why = replace_write(t, text, len);
	if (why)
		complain("cannot write %s: %s", t->path, why);
	free(text);
	return !why;
}

/* ---- all of it ---- */

bool outcome_tell(const struct outcome *out, const struct job *jobs, size_t count)
{
	const struct options *o = out->options;
	struct report_options how = {.mode = out->mode,
				     .timing = o->timing,
				     .colour = want_colour(o, STDOUT_FILENO)};
	bool ok = write_target(&out->json, report_json, jobs, count, &how);

	if (o->json)
		report_json(stdout, jobs, count, &how);
	else if (!o->json_lines)
		report_text(stdout, jobs, count, &how);
	ok = write_target(&out->page, report_html, jobs, count, &how) && ok;
	return ok;
}
