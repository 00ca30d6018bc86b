#include "cli/inputs.h"
#include "cli/terminal.h"
#include "compiler/output.h"

#include <stdio.h>

/* That hosts which weren't named would change too. */
static int refuse(const struct options *o, const struct output *out)
{
	bool split = out->before.split;

	if (split != out->after.split)
		complain(
			"%s has layout %s: all of its hosts get layout %s together; name none of them, or give "
			"--layout %s",
			o->out, layouts[split], layouts[!split], layouts[split]);
	else
		complain("%s/" MANIFEST_SHARED
			 ".sh would change, and with it hosts that you didn't name; name none",
			 o->out);
	return EXIT_USAGE_ERROR;
}

/* That COUNT files differ, and what to run. */
static void print_advice(const struct options *o, struct inputs *in, const struct output *out)
{
	struct arena *arena = &in->arena;
	size_t count = out->change_count;
	struct str again = STR_INIT;
	const char *command, *text;

	options_add_again(&again, o, "check quiet color", !out->changes_others);
	command = str_keep(&again, arena);
	text = arena_printf(arena, "%s: %zu file%s not what the config and the host list compile to; run: %s",
			    o->out, count, count == 1 ? " is" : "s are", command);
	if (!o->quiet)
		say(stderr, "run: %s", command);
	if (want_annotations())
		annotation_print(stderr, DIAG_ERROR, source_path(&in->config_source, ci_root(), arena), 0, 0,
				 NULL, text);
}

/* What was compared, or also written. */
static int tell(const struct options *o, struct inputs *in, const struct output *out)
{
	static const char *const what[][3] = {{"new", "changed", "removed"},
					      {"missing", "differs", "left over"}};

	for (size_t i = 0; !o->quiet && i < out->change_count; i++)
		say(stdout, "%-9s %s/%s", what[o->check][out->changes[i].kind], o->out, out->changes[i].file);
	for (size_t i = 0; i < out->kept_count; i++)
		warn("%s/%s stays: no host has it any more, but it isn't what stagecraft wrote", o->out,
		     out->kept[i]);
	if (o->check && out->before.count && out->before.split != out->after.split)
		warn("%s has layout %s, not %s: infra.bootstrap.layout or --layout says which is meant",
		     o->out, layouts[out->before.split], layouts[out->after.split]);
	fflush(stdout); /* first what differs, also where both go to one file */
	if (!o->quiet)
		say(stderr, "%zu script%s in %s, %zu %s", in->selected_count,
		    in->selected_count == 1 ? "" : "s", o->out, out->change_count,
		    o->check ? "files differ" : "files written or removed");
	if (!o->check || !out->change_count)
		return EXIT_DONE;
	print_advice(o, in, out);
	return EXIT_DIFFERENCE;
}

static int run(const struct options *o)
{
	struct inputs in;
	struct output out;
	struct problem problem = {.arena = &in.arena};
	int status = inputs_read(&in, o);

	if (status == EXIT_DONE) {
		bool compared = output_compare(&out, o->out, &in.plan, in.selected, &in.diags, &problem);

		if (compared && !o->check && out.changes_others) {
			status = refuse(o, &out);
		} else if (compared && (o->check || output_write(&out, &problem))) {
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
	.options = "file hosts output layout check limit role tag quiet",
	.run = run,
	.help = "Writes DIR/ID.sh and DIR/manifest.json. The same inputs give the same bytes, on every machine. Scripts of\n"
		"hosts that are gone are removed if the manifest lists them. With layout split, what all hosts share is\n"
		"DIR/steps.sh, and DIR/ID.sh is a host's own few lines. HOST is an id or a pattern (db-*); !PATTERN leaves\n"
		"hosts out.\n",
};
