#include "cli/inputs.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

static int run(const struct options *o)
{
	struct inputs in;
	int status = inputs_check(&in, o, false);

	inputs_print(&in, o);
	for (size_t i = 0; status == EXIT_DONE && i < o->arg_count; i++) {
		if (str_is_label(o->args[i], strlen(o->args[i])))
			continue;
		complain("%s is not a host's id", diag_quote(&in.diags, o->args[i]));
		status = EXIT_USAGE_ERROR;
	}
	for (size_t i = 0; status == EXIT_DONE && i < o->arg_count; i++) {
		const char *name = config_fqdn(&in.config, o->args[i], &in.arena);

		if (*name) {
			puts(name);
			continue;
		}
		complain("the network %s gives hosts no names", in.config.network->head.id);
		status = EXIT_INVALID;
	}
	inputs_free(&in);
	return status;
}

const struct command cmd_fqdn = {
	.name = "fqdn",
	.arguments = " HOST…",
	.summary = "print hosts' names in the private network",
	.options = "file",
	.run = run,
	.help = "{id}.{tailnet_domain}, computed from the config alone: nothing is looked up, and the host need not exist.\n",
};
