#include "cli/options.h"
#include "cli/terminal.h"
#include "compiler/schema.h"

#include <stdio.h>
#include <string.h>

static int run(const struct options *o)
{
	const char *which = o->arg_count ? o->args[0] : "config";
	struct str schema = STR_INIT;

	if (strcmp(which, "config") == 0) {
		schema_config(&schema);
	} else if (strcmp(which, "hosts") == 0) {
		schema_hosts(&schema);
	} else {
		complain("there is no schema %s: config and hosts are the files that have one", which);
		return EXIT_USAGE_ERROR;
	}
	fputs(str_text(&schema), stdout);
	str_free(&schema);
	return EXIT_DONE;
}

const struct command cmd_schema = {
	.name = "schema",
	.arguments = " [config|hosts]",
	.summary = "print the JSON Schema of stagecraft.yml, or of the host list, for editors and checks",
	.options = "",
	.run = run,
	.help = "An editor with yaml-language-server completes and checks a file whose first line names its schema, a\n"
		"path relative to the file. init writes both; for files that are there already:\n"
		"\n"
		"  stagecraft schema >.stagecraft.schema.json\n"
		"  # yaml-language-server: $schema=.stagecraft.schema.json\n",
};
