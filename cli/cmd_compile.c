#include "cli/cli.h"

#include "compiler/output.h"

#include <limits.h>
#include <stdio.h>

static void print_changes(const struct options *o, const struct output_changes *changes)
{
	static const char *const did[] = {"new", "changed", "removed"}, *const would[] = {"missing",
											  "differs",
											  "left over"};

	for (size_t i = 0; !o->quiet && i < changes->count; i++)
		printf("%-9s %s/%s\n", (o->check ? would : did)[changes->items[i].kind], o->out,
		       changes->items[i].file);
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
		if (o->check && changes.count)
			status = EXIT_DIFFERENCE;
		if (!o->quiet)
			fprintf(stderr, "%zu script%s in %s, %zu %s\n", in.selected_count,
				in.selected_count == 1 ? "" : "s", o->out, changes.count,
				o->check ? "files differ" : "files written or removed");
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
