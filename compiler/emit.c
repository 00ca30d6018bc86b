#include "compiler/emit.h"

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

void emit_head(struct str *head, const struct plan_host *host)
{
	const char *id = host->host->id.text;
	struct str tags = STR_INIT;

	for (size_t i = 0; i < host->tag_count; i++)
		str_addf(&tags, "%s%s", i ? "," : "", host->tags[i]);
	str_clear(head);
	str_addf(head,
		 "#!/bin/sh\n"
		 "# %s: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit "
		 "it.\n"
		 "# By hand, as root: sh %s.sh [apply|check] [--auth-key-file FILE] [--rename]\n"
		 "\n# This host.\n",
		 id, id);
	add_assignment(head, "HOST_ID", id);
	if (host->up_args)
		add_assignment(head, "NETWORK_HOST_UP_ARGS", host->up_args);
	add_assignment(head, "NETWORK_TAGS", str_text(&tags));
	str_free(&tags);
}
