#include "cli/inputs.h"
#include "cli/terminal.h"
#include "lib/diag_formats.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	diags_writer *write; /* NULL: text, on standard error */
} formats[] = {
	{"text", NULL},		{"json", diags_json},	  {"sarif", diags_sarif},
	{"junit", diags_junit}, {"gitlab", diags_gitlab},
};

static diags_writer *writer_of(const struct options *o)
{
	const char *format = o->json ? "json" : o->format ? o->format : "text";
	size_t i = 0;

	while (strcmp(formats[i].name, format) != 0)
		i++;
	return formats[i].write;
}

static void tell_others(struct inputs *in, diags_writer *write)
{
	const struct source *sources[] = {&in->config_source, &in->hosts_source};
	const struct diag_scope scope = {
		.version = STAGECRAFT_VERSION,
		.sources = sources,
		.source_count = sizeof sources / sizeof *sources,
	};

	write(stdout, &in->diags, &scope);
	inputs_summarize(in);
}

static int run(const struct options *o)
{
	diags_writer *write = writer_of(o);
	struct inputs in;
	int status;

	if (o->json && o->format && strcmp(o->format, "json") != 0) {
		complain("--json and --format %s both want standard output; give one of them", o->format);
		return EXIT_USAGE_ERROR;
	}
	status = inputs_check(&in, o, true);
	if (write)
		tell_others(&in, write);
	else
		inputs_print(&in, o);
	if (status == EXIT_DONE && !write && !o->quiet)
		say(stdout, "%s and %s are valid: %zu host%s", in.config_source.name, in.hosts_source.name,
		    in.hosts.count, in.hosts.count == 1 ? "" : "s");
	inputs_free(&in);
	return status;
}

const struct command cmd_validate = {
	.name = "validate",
	.summary = "report every mistake in stagecraft.yml and the host list, at once",
	.options = "file hosts format=FOR json quiet",
	.run = run,
	.help = "Nothing is contacted or written. Exit status 3 if there is a mistake.\n",
};
