/* secrets sync, list, diff: names and states on standard output, never a value. */
#include "cli/inputs.h"
#include "cli/terminal.h"
#include "compiler/doc.h"
#include "lib/mem.h"
#include "providers/table.h"

#include <stdio.h>
#include <string.h>

static const char *const verbs[] = {
	[SECRETS_SYNC] = "sync", [SECRETS_LIST] = "list", [SECRETS_DIFF] = "diff", NULL};

/* ---- what is printed ---- */

/* What a state is called as it was found, and by a sync where that differs. */
static const struct {
	const char *found, *did, *would;
} words[] = {
	[SECRET_SAME] = {"same", NULL, NULL},
	[SECRET_DIFFERS] = {"differs", "changed", "would change"},
	[SECRET_MISSING] = {"missing", "added", "would add"},
	[SECRET_EXTRA] = {"extra", "removed", "would remove"},
	[SECRET_SET] = {"set", NULL, "would set"},
	[SECRET_FAILED] = {"failed", NULL, NULL},
	[SECRET_UNTRIED] = {"not set", NULL, NULL},
};

static const char *word_of(const struct secrets_request *r, enum secret_state state)
{
	const char *word = r->mode != SECRETS_SYNC ? NULL
			   : r->dry_run		   ? words[state].would
						   : words[state].did;

	return word ? word : words[state].found;
}

static void print_items(const struct secrets_request *r, const struct secrets_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct secret_item *item = &result->items[i];

		if (r->mode == SECRETS_LIST)
			say(stdout, "%s", item->name);
		else if (r->mode == SECRETS_DIFF || item->state != SECRET_SAME)
			say(stdout, "%-*s %s", r->dry_run ? 12 : 8, word_of(r, item->state), item->name);
	}
}

static void print_json(const struct secrets_request *r, const struct secrets_result *result)
{
	struct str out = STR_INIT;

	str_add(&out, "{\"secrets\":[");
	for (size_t i = 0; i < result->count; i++) {
		const struct secret_item *item = &result->items[i];

		str_add(&out, i ? ",\n  {\"name\":" : "\n  {\"name\":");
		str_add_json(&out, item->name, strlen(item->name));
		if (r->mode != SECRETS_LIST)
			str_addf(&out, ",\"state\":\"%s\"", word_of(r, item->state));
		str_addc(&out, '}');
	}
	printf("%s%s]}\n", str_text(&out), result->count ? "\n" : "");
	str_free(&out);
}

/* ".env.staging: 2 added, 1 changed, 7 same" */
static void summarize(const struct secrets_request *r, const struct secrets_result *result)
{
	static const enum secret_state order[] = {SECRET_MISSING, SECRET_DIFFERS, SECRET_EXTRA, SECRET_SET,
						  SECRET_FAILED,  SECRET_UNTRIED, SECRET_SAME};
	struct str text = STR_INIT;

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		size_t n = 0;

		for (size_t k = 0; k < result->count; k++)
			n += result->items[k].state == order[i];
		if (n)
			str_addf(&text, "%s%zu %s", text.len ? ", " : "", n, word_of(r, order[i]));
	}
	say(stderr, "%s: %s", result->target, text.len ? str_text(&text) : "the source has no secrets");
	if (result->note)
		say(stderr, "%s: %s", result->target, result->note);
	str_free(&text);
}

/* A problem's lines; what belongs to the one before begins with a blank. */
static void print_problem(const struct str *problem)
{
	for (const char *line = str_text(problem), *nl; *line; line = nl + 1) {
		nl = strchr(line, '\n');
		if (*line == ' ')
			say(stderr, "%.*s", (int)(nl - line), line);
		else
			complain("%.*s", (int)(nl - line), line);
	}
}

/* ---- what is asked ---- */

static bool find_mode(const struct options *o, enum secrets_mode *mode)
{
	const char *meant = did_you_mean(o->args[0], verbs);

	for (*mode = SECRETS_SYNC; verbs[*mode]; ++*mode) {
		if (strcmp(verbs[*mode], o->args[0]) == 0)
			return true;
	}
	if (meant)
		complain("secrets: did you mean secrets %s?", meant);
	else
		complain("secrets: write secrets sync, secrets list or secrets diff first, then keys");
	return false;
}

static bool fits(const struct options *o, enum secrets_mode mode)
{
	const char *odd = NULL;

	if (mode != SECRETS_SYNC && o->dry_run)
		odd = "--dry-run goes with secrets sync; the others change nothing";
	else if (mode == SECRETS_LIST && (o->prune || o->to))
		odd = "secrets list looks at the source alone: no --to, no --prune";
	else if (o->prune && o->arg_count > 1)
		odd = "--prune compares the whole source with the target: leave the keys out";
	if (odd)
		complain("%s", odd);
	return !odd;
}

/* The section secrets alone: hosts and networks have no part in this. Says what is wrong. */
static bool read_config(struct inputs *in, const struct options *o)
{
	struct problem problem = {.arena = &in->arena};
	struct node *root;
	bool ok;

	if (!source_read(&in->config_source, o->file, &problem)) {
		complain("%s; stagecraft init writes one to begin with", problem.text);
		return false;
	}
	doc_parse(&in->config_source, &in->arena, config_scope, &in->diags, &root);
	config_read_secrets(&in->config, &in->config_source, root, &in->arena, &in->diags);
	ok = !in->diags.errors && in->config.secrets;
	if (in->diags.errors)
		inputs_print(in, o);
	else if (!ok)
		complain("%s names no secrets.provider; stagecraft providers lists them", o->file);
	return ok;
}

static int exit_of(enum secrets_mode mode, enum secrets_status status, const struct secrets_result *result)
{
	static const int codes[] = {[SECRETS_DONE] = EXIT_DONE,
				    [SECRETS_FAILED] = EXIT_MACHINE,
				    [SECRETS_INVALID] = EXIT_INVALID,
				    [SECRETS_USAGE] = EXIT_USAGE_ERROR,
				    [SECRETS_INTERRUPTED] = EXIT_INTERRUPTED};

	for (size_t i = 0; mode == SECRETS_DIFF && status == SECRETS_DONE && i < result->count; i++) {
		if (result->items[i].state != SECRET_SAME && result->items[i].state != SECRET_SET)
			return EXIT_DIFFERENCE;
	}
	return codes[status];
}

static int work(struct inputs *in, const struct options *o, enum secrets_mode mode)
{
	const struct secrets_request r = {
		.mode = mode,
		.config = in->config.secrets_config,
		.source = o->from,
		.target = o->to,
		.keys = o->args + 1,
		.key_count = o->arg_count - 1,
		.dry_run = o->dry_run,
		.prune = o->prune,
		.arena = &in->arena,
		.diags = &in->diags,
	};
	struct secrets_result result = {.problem = STR_INIT};
	enum secrets_status status = in->config.secrets->run(&r, &result);
	bool tell = mode == SECRETS_SYNC && !o->dry_run ? result.done : status == SECRETS_DONE;

	if (tell && o->json)
		print_json(&r, &result);
	else if (tell && (mode != SECRETS_SYNC || !o->quiet))
		print_items(&r, &result);
	inputs_print(in, o);
	print_problem(&result.problem);
	if (tell && mode != SECRETS_LIST && !o->quiet)
		summarize(&r, &result);
	str_free(&result.problem);
	return exit_of(mode, status, &result);
}

static int run(const struct options *o)
{
	struct inputs in = {.arena = ARENA_INIT};
	enum secrets_mode mode;
	int code;

	if (!find_mode(o, &mode) || !fits(o, mode))
		return EXIT_USAGE_ERROR;
	mem_no_core();
	diags_init(&in.diags, &in.arena);
	in.diags.root = ci_root();
	code = read_config(&in, o) ? work(&in, o, mode) : EXIT_INVALID;
	inputs_free(&in);
	return code;
}

const struct command cmd_secrets = {
	.name = "secrets",
	.arguments = " sync|list|diff [KEY…]",
	.summary = "bring secrets from one place to another, or say which and where they differ",
	.options = "file from=SOURCE to dry-run prune json quiet",
	.run = run,
	.help = "sync gives the target the KEYs of the source, or all; what is the same already stays as it is written,\n"
		"and so do comments, order and other keys. list prints the names that the source has. diff says of each\n"
		"name whether it is the same, differs or is missing, and exits with 2 if any isn't the same. Values are\n"
		"never shown. Source and target: secrets.providers in stagecraft.yml; stagecraft help config.\n",
};
