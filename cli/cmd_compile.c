#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "compiler/output.h"
#include "lib/str.h"

#include <stdio.h>

static void print_changes(const struct options *o, const struct output *out)
{
	static const char *const did[] = {"new", "changed", "removed"}, *const would[] = {"missing",
											  "differs",
											  "left over"};

	for (size_t i = 0; !o->quiet && i < out->change_count; i++)
		say(stdout, "%-9s %s/%s", (o->check ? would : did)[out->changes[i].kind], o->out,
		    out->changes[i].file);
	for (size_t i = 0; i < out->kept_count; i++)
		warn("%s/%s stays: its host is gone, but it isn't what stagecraft wrote", o->out,
		     out->kept[i]);
}

/* That COUNT files differ, and what to run. */
static void print_advice(const struct options *o, size_t count)
{
	struct str command = STR_INIT, text = STR_INIT;

	options_add_again(&command, o, "check quiet color", true);
	str_addf(&text, "%s: %zu file%s not what the config and the host list compile to; run: %s", o->out,
		 count, count == 1 ? " is" : "s are", str_text(&command));
	if (!o->quiet)
		say(stderr, "run: %s", str_text(&command));
	if (want_annotations())
		annotation_print(stderr, DIAG_ERROR, o->file, 0, 0, NULL, str_text(&text));
	str_free(&command);
	str_free(&text);
}

/* What was compared, or also written. */
static int tell(const struct options *o, const struct inputs *in, const struct output *out)
{
	print_changes(o, out);
	fflush(stdout); /* first what differs, also where both go to one file */
	if (!o->quiet)
		say(stderr, "%zu script%s in %s, %zu %s", in->selected_count,
		    in->selected_count == 1 ? "" : "s", o->out, out->change_count,
		    o->check ? "files differ" : "files written or removed");
	if (!o->check || !out->change_count)
		return EXIT_DONE;
	print_advice(o, out->change_count);
	return EXIT_DIFFERENCE;
}

static int run(const struct options *o)
{
	struct inputs in;
	struct output out;
	struct problem problem = {.arena = &in.arena};
	int status = inputs_read(&in, o);

	if (status == EXIT_DONE) {
		if (output_compare(&out, o->out, &in.plan, in.selected, &in.diags, &problem) &&
		    (o->check || output_write(&out, &problem))) {
			status = tell(o, &in, &out);
		} else if (problem.text) {
			complain("%s", problem.text);
			status = EXIT_MACHINE;
		} else {
			inputs_print(&in, o);
			status = EXIT_INVALID;
		}
		output_close(&out);
	}
	inputs_free(&in);
	return status;
}

const struct command cmd_compile = {
	.name = "compile",
	.arguments = " [HOST…]",
	.summary = "write one shell script a host, for review and for apply",
	.options = "file hosts output check limit role tag quiet",
	.run = run,
	.help = "Writes DIR/ID.sh and DIR/manifest.json. The same inputs give the same bytes, on every machine. Scripts of\n"
		"hosts that are gone are removed if the manifest lists them. HOST is an id or a pattern (db-*); !PATTERN\n"
		"leaves hosts out.\n",
};
