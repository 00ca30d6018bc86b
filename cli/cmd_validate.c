#include "cli/inputs.h"
#include "cli/terminal.h"

#include <stdio.h>

static int run(const struct options *o)
{
	struct inputs in;
	int status = inputs_check(&in, o, true);

	if (o->json) {
		diags_print_json(&in.diags, stdout);
		putchar('\n');
	} else {
		inputs_print(&in, o);
	}
	if (status == EXIT_DONE && !o->json && !o->quiet)
		say(stdout, "%s and %s are valid: %zu host%s", in.config_source.name, in.hosts_source.name,
		    in.hosts.count, in.hosts.count == 1 ? "" : "s");
	inputs_free(&in);
	return status;
}

const struct command cmd_validate = {
	.name = "validate",
	.summary = "report every mistake in stagecraft.yml and the host list, at once",
	.options = "file hosts json quiet",
	.run = run,
	.help = "Nothing is contacted or written. Exit status 3 if there is a mistake.\n",
};
