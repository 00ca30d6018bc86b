#include "cli/cli.h"

#include "compiler/output.h"
#include "lib/str.h"

#include <limits.h>
#include <stdio.h>

extern const struct command cmd_compile;

static void print_changes(const struct options *o, const struct output_changes *changes)
{
	static const char *const did[] = {"new", "changed", "removed"}, *const would[] = {"missing",
											  "differs",
											  "left over"};

	for (size_t i = 0; !o->quiet && i < changes->count; i++)
		say(stdout, "%-9s %s/%s", (o->check ? would : did)[changes->items[i].kind], o->out,
		    changes->items[i].file);
	for (size_t i = 0; i < changes->kept_count; i++)
		fprintf(stderr,
			"stagecraft: warning: %s/%s stays: its host is gone, but it isn't what stagecraft "
			"wrote\n",
			o->out, changes->kept[i]);
}

/* That files differ, and what to run. */
static void print_advice(const struct options *o, const struct output_changes *changes)
{
	struct str command = STR_INIT, text = STR_INIT;

	options_add_again(&command, &cmd_compile, o, "CqK");
	for (size_t i = 0; i < o->arg_count; i++)
		options_add_word(&command, o->args[i]);
	str_addf(&text, "%s: %zu file%s not what the config and the host list compile to; run: %s", o->out,
		 changes->count, changes->count == 1 ? " is" : "s are", str_text(&command));
	if (!o->quiet)
		say(stderr, "run: %s", str_text(&command));
	if (want_annotations())
		annotation_print(stderr, DIAG_ERROR, o->file, 0, 0, NULL, str_text(&text));
	str_free(&command);
	str_free(&text);
}

static int run(const struct options *o)
{
	struct inputs in;
	struct output_changes changes = {0};
	const char *why = NULL;
	int status = inputs_read(&in, o, true);

	if (status == EXIT_DONE &&
	    !output_write(o->out, &in.plan, in.selected, o->check, &changes, &in.arena, &in.diags, &why)) {
		complain("%s", why);
		status = EXIT_MACHINE;
	} else if (status == EXIT_DONE && in.diags.errors) {
		inputs_print(&in, o);
		status = EXIT_INVALID;
	} else if (status == EXIT_DONE) {
		print_changes(o, &changes);
		fflush(stdout); /* first what differs, also where both go to one file */
		if (!o->quiet)
			say(stderr, "%zu script%s in %s, %zu %s", in.selected_count,
			    in.selected_count == 1 ? "" : "s", o->out, changes.count,
			    o->check ? "files differ" : "files written or removed");
		if (o->check && changes.count) {
			print_advice(o, &changes);
			status = EXIT_DIFFERENCE;
		}
	}
	inputs_free(&in);
	return status;
}

const struct command cmd_compile = {
	.name = "compile",
	.arguments = "[HOST…]",
	.summary = "write one shell script a host, for review and for apply",
	.options = "fHoClRTq",
	.max_args = INT_MAX,
	.run = run,
	.help = "Writes DIR/ID.sh and DIR/manifest.json. The same inputs give the same bytes, on every "
		"machine. Scripts of\n"
		"hosts that are gone are removed if the manifest lists them. HOST is an id or a pattern "
		"(db-*); !PATTERN\n"
		"leaves hosts out.\n",
};
