#include "compiler/emit.h"

#include "lib/arena.h"
#include "lib/gzip.h"

#include <string.h>

static void add_assignment(struct str *out, const char *name, const char *value)
{
	str_add(out, name);
	str_addc(out, '=');
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

void emit_head(struct script *out, const struct plan_host *host, const struct str *tail)
{
	const char *id = host->host->id.text;
	struct str tags = STR_INIT;

	for (size_t i = 0; i < host->tag_count; i++)
		str_addf(&tags, "%s%s", i ? "," : "", host->tags[i]);
	str_clear(&out->head);
	str_addf(&out->head,
		 "#!/bin/sh\n"
		 "# %s: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit "
		 "it.\n"
		 "# By hand, as root: sh %s.sh [apply|check] [--auth-key-file FILE] [--rename]\n"
		 "\n# This host.\n",
		 id, id);
	add_assignment(&out->head, "HOST_ID", id);
	add_assignment(&out->head, "NETWORK_TAGS", str_text(&tags));
	out->id = id;
	out->tail = tail;
	str_free(&tags);
}

void emit_script(struct script *out, const struct plan_host *host, const struct str *tail)
{
	emit_head(out, host, tail);
	sha256_hex(out->sha256, out->head.data, out->head.len, tail->data, tail->len);
}

static bool is_too_long(size_t len, size_t gzip)
{
	return len > SCRIPT_MAX || gzip > SCRIPT_GZIP_MAX;
}

static const char *too_long(const char *of, const char *id, size_t len, size_t gzip, struct diags *d)
{
	return len > SCRIPT_MAX ? arena_printf(d->arena, "%s%s would have %zu bytes, more than %d", of, id,
					       len, SCRIPT_MAX)
				: arena_printf(d->arena, "%s%s would have %zu bytes gzipped, more than %d",
					       of, id, gzip, SCRIPT_GZIP_MAX);
}

void emit_size_begin(struct size_check *check, const struct plan *plan, const struct str *tail,
		     struct diags *d)
{
	*check = (struct size_check){.tail = tail, .tail_gzip = gzip_size(tail->data, tail->len, NULL, 0)};
	check->tail_too_long = is_too_long(tail->len, check->tail_gzip);
	if (check->tail_too_long)
		diag_error(d, (struct place){.source = plan->config->network_at.source},
			   "write fewer or shorter settings", "%s",
			   too_long("what all scripts share", "", tail->len, check->tail_gzip, d));
}

/* Packing a script takes a millisecond, and there may be many; the tail is the most of it. What head and tail
 * take together is hardly more than what they take one by one, so most scripts need no packing. */
static size_t script_gzip(const struct size_check *check, const struct str *head)
{
	enum { SLACK = 512 };
	size_t most = check->tail_gzip + head->len + SLACK;

	if (most > SCRIPT_GZIP_MAX)
		most = check->tail_gzip + gzip_size(head->data, head->len, NULL, 0) + SLACK;
	if (most > SCRIPT_GZIP_MAX)
		most = gzip_size(head->data, head->len, check->tail->data, check->tail->len);
	return most;
}

bool emit_check_size(const struct size_check *check, const struct script *script,
		     const struct plan_host *host, struct diags *d)
{
	size_t len = script->head.len + check->tail->len, gzip;

	if (check->tail_too_long)
		return false;
	gzip = len > SCRIPT_MAX ? 0 : script_gzip(check, &script->head);
	if (!is_too_long(len, gzip))
		return true;
	diag_error(d, host->host->id.at, "use fewer tags", "%s",
		   too_long("the script of ", script->id, len, gzip, d));
	return false;
}
