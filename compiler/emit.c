#include "compiler/emit.h"

#include "compiler/manifest.h"

#include <string.h>

static void add_assignment(struct str *out, const char *name, const char *value)
{
	str_addf(out, "%s=", name);
	str_add_shell(out, value);
	str_addc(out, '\n');
}

static void add_plan(struct str *out, const struct plan *plan)
{
	int width = 0;

	for (size_t i = 0; i < plan->step_count; i++) {
		if ((int)strlen(plan->steps[i].name) > width)
			width = (int)strlen(plan->steps[i].name);
	}
	str_add(out, "plan() { # what will happen: a step a line\n");
	for (size_t i = 0; i < plan->step_count; i++)
		str_addf(out, "  step %-*s %s\n", width, plan->steps[i].name, plan->steps[i].function);
	str_add(out, "}\n\n");
}

void emit_tail(struct str *tail, const struct plan *plan)
{
	str_add(tail, "\n# The same on every host of this configuration.\n");
	for (size_t i = 0; i < plan->settings.count; i++)
		add_assignment(tail, plan->settings.items[i].name, plan->settings.items[i].value);
	str_add(tail, "\n# shellcheck disable=SC2317,SC2329 # the steps are called by their names\n"
		      "{ # one group to the end: a script that was cut off anywhere is a syntax error and "
		      "runs nothing\n");
	add_plan(tail, plan);
	str_add(tail, "# ---- steps, the same on every host ----\n\n");
	for (size_t i = 0; i < plan->part_count; i++) {
		str_addn(tail, plan->parts[i]->text, plan->parts[i]->len);
		str_addc(tail, '\n');
	}
	str_add(tail, "}\n{ main \"$@\"; }\n");
}

static void add_own(struct str *out, const struct plan_host *host)
{
	struct str tags = STR_INIT;

	for (size_t i = 0; i < host->tag_count; i++)
		str_addf(&tags, "%s%s", i ? "," : "", host->tags[i]);
	str_add(out, "\n# This host.\n");
	add_assignment(out, "HOST_ID", host->host->id.text);
	if (host->up_args)
		add_assignment(out, "NETWORK_HOST_UP_ARGS", host->up_args);
	add_assignment(out, "NETWORK_TAGS", str_text(&tags));
	str_free(&tags);
}

/* How every script begins; what is in a folder under a script's name and doesn't is somebody else's. */
#define BEGINNING "#!/bin/sh\n# %s: bootstrap script, compiled from "
#define USAGE "sh %s.sh [apply|check] [--auth-key-file FILE] [--rename]\n"

void emit_head(struct str *head, const struct plan_host *host)
{
	const char *id = host->host->id.text;

	str_clear(head);
	str_addf(head,
		 BEGINNING "stagecraft.yml and hosts.yml. Review it; do not edit it.\n"
			   "# By hand, as root: " USAGE,
		 id, id);
	add_own(head, host);
}

const char emit_reader[] = "{ case $0 in *.sh) command . \"${0%\"${0##*/}\"}./steps.sh\"; "
			   "echo \"$0 needs steps.sh, whole, beside it\" >&2; exit 1 ;; esac; }\n";

void emit_own_file(struct str *text, const struct plan_host *host)
{
	const char *id = host->host->id.text;

	str_clear(text);
	str_addf(text,
		 BEGINNING "stagecraft.yml and hosts.yml. Review it; do not edit it.\n"
			   "# By hand, as root, beside steps.sh: " USAGE
			   "# shellcheck disable=SC1090,SC2034 # steps.sh, and what it needs\n",
		 id, id);
	add_own(text, host);
	str_add(text,
		"\n# What all hosts share: beside this file, or behind it where it comes down a pipe.\n");
	str_add(text, emit_reader);
}

void emit_shared_file(struct str *text, const struct plan *plan)
{
	str_clear(text);
	str_addf(text,
		 BEGINNING
		 "stagecraft.yml: what all hosts share. Review it; do not edit it.\n\n"
		 "{ case ${HOST_ID:+$0} in '' | steps.sh | */steps.sh) "
		 "echo \"steps.sh is a part of each host's script: run that\" >&2; exit 64 ;; esac; }\n",
		 MANIFEST_SHARED);
	emit_tail(text, plan);
}

bool emit_is_script(const char *id, const struct str *text)
{
	struct str beginning = STR_INIT;
	bool is;

	str_addf(&beginning, BEGINNING, id);
	is = str_starts(str_text(text), beginning.data);
	str_free(&beginning);
	return is;
}
