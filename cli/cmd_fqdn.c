#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "lib/str.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool is_label(const char *text)
{
	size_t len = strlen(text);

	return len && len <= 63 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	       text[0] != '-' && text[len - 1] != '-';
}

static int run(const struct options *o)
{
	struct inputs in;
	int status = inputs_read(&in, o, false);

	for (size_t i = 0; status == EXIT_DONE && i < o->arg_count; i++) {
		if (is_label(o->args[i]))
			continue;
		complain("%s is not a host's id", diag_quote(&in.diags, o->args[i]));
		status = EXIT_USAGE_ERROR;
	}
	for (size_t i = 0; status == EXIT_DONE && i < o->arg_count; i++) {
		struct str name = STR_INIT;

		in.config.network->node_fqdn(in.config.network_config, o->args[i], &name);
		puts(str_text(&name));
		str_free(&name);
	}
	inputs_free(&in);
	return status;
}

const struct command cmd_fqdn = {
	.name = "fqdn",
	.arguments = "HOST…",
	.summary = "print hosts' names in the private network",
	.options = "file",
	.min_args = 1,
	.max_args = INT_MAX,
	.run = run,
	.help = "{id}.{tailnet_domain}, computed from the config alone: nothing is looked up, and the host "
		"need not exist.\n",
};
