#include "cli/inputs.h"

#include "cli/summary.h"
#include "cli/terminal.h"
#include "compiler/doc.h"
#include "lib/diag_formats.h"
#include "lib/exit.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/mem.h"

#include <errno.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *inputs_hosts_path(const char *config, struct arena *arena)
{
	const char *slash = strrchr(config, '/');

	return arena_printf(arena, "%.*shosts.yml", slash ? (int)(slash + 1 - config) : 0, config);
}

/* Reads PATH into SOURCE, as a tree of what is ours in it. A file that isn't there, or is none, is the user's
 * mistake; anything else is the machine's failure. */
static int read_tree(struct inputs *in, struct source *source, const char *path, const struct doc_scope *ours,
		     const char *help, struct node **root)
{
	struct problem problem = {.arena = &in->arena};
	int error;

	if (source_read(source, path, &problem)) {
		doc_parse(source, &in->arena, ours, &in->diags, root);
		return EXIT_DONE;
	}
	error = errno;
	source_of(source, path, "", 0);
	diag_error_of(&in->diags, DIAG_FILE, (struct place){.source = source}, error == ENOENT ? help : NULL,
		      "%s", problem.text);
	return error == ENOENT || error == ENOTDIR || error == EISDIR || error == EFBIG ? EXIT_INVALID
											: EXIT_MACHINE;
}

/* What to do where one of the two files is missing. */
static const char *init_help(struct inputs *in, const struct options *o, const char *more)
{
	bool usual = strcmp(o->file, "stagecraft.yml") == 0;

	return arena_printf(&in->arena, "stagecraft init%s%s writes what is missing%s", usual ? "" : " -f ",
			    usual ? "" : o->file, more);
}

int inputs_check(struct inputs *in, const struct options *o, bool with_hosts)
{
	const char *path = o->hosts, *help = NULL;
	int config_status, hosts_status = EXIT_DONE;
	struct node *root;

	*in = (struct inputs){.arena = ARENA_INIT, .config = {.folder = ""}};
	diags_init(&in->diags, &in->arena);
	in->diags.root = ci_root();
	config_status = read_tree(in, &in->config_source, o->file, config_scope, init_help(in, o, ""), &root);
	if (config_status == EXIT_DONE)
		config_read(&in->config, &in->config_source, root, &in->arena, &in->diags);
	if (o->layout)
		in->config.layout.text = o->layout;
	if (!path) {
		path = inputs_hosts_path(o->file, &in->arena);
		help = init_help(in, o, "; --hosts names another");
	}
	if (with_hosts)
		hosts_status = read_tree(in, &in->hosts_source, path, hosts_scope, help, &root);
	if (with_hosts && hosts_status == EXIT_DONE)
		hosts_read(&in->hosts, &in->hosts_source, root, &in->config, &in->arena, &in->diags);
	if (in->config.network)
		hosts_check_network(&in->hosts, &in->config, &in->arena, &in->diags);
	if (config_status == EXIT_MACHINE || hosts_status == EXIT_MACHINE)
		return EXIT_MACHINE;
	return in->diags.errors ? EXIT_INVALID : EXIT_DONE;
}

void inputs_summarize(struct inputs *in)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = in->diags.errors && want_summary() ? open_memstream(&text, &len) : NULL;

	if (!to)
		return;
	diags_markdown(to, &in->diags, NULL);
	if (fclose(to) != 0)
		mem_failed();
	add_summary(text, len);
	free(text);
}

void inputs_print(struct inputs *in, const struct options *o)
{
	enum diag_style style = DIAG_PLAIN;

	if (want_annotations())
		style = DIAG_GITHUB;
	else if (want_colour(o->colour, STDERR_FILENO))
		style = DIAG_COLOUR;
	fflush(stdout);
	diags_print(&in->diags, stderr, style);
	inputs_summarize(in);
	diags_free(&in->diags); /* told: once is enough */
}

/* ---- which hosts ---- */

/* TAG may be written without what all of the network's tags begin with. */
static bool has_tag(const struct inputs *in, const struct plan_host *host, const char *tag)
{
	const char *prefix = in->config.network->client->tag_prefix;

	for (size_t i = 0; i < host->tag_count; i++) {
		const char *name = host->tags[i];

		if (strcmp(name, tag) == 0 ||
		    (!str_starts(tag, prefix) && strcmp(name + strlen(prefix), tag) == 0))
			return true;
	}
	return false;
}

static int by_id(const void *id, const void *host)
{
	return strcmp(id, ((const struct plan_host *)host)->host->id.text);
}

/* Where ID is among the plan's hosts, which are sorted by it; their count if it isn't. */
static size_t index_of(const struct inputs *in, const char *id)
{
	const struct plan_host *found =
		bsearch(id, in->plan.hosts, in->plan.host_count, sizeof *in->plan.hosts, by_id);

	return found ? (size_t)(found - in->plan.hosts) : in->plan.host_count;
}

/* Sets what PATTERN matches in CHOSEN to VALUE; false if it matches nothing. Only a true pattern is compared
 * with all: there may be as many ids as hosts. */
static bool mark(const struct inputs *in, bool *chosen, const char *pattern, bool value)
{
	bool matched = false, is_id = !strpbrk(pattern, "*?[\\");

	for (size_t i = is_id ? index_of(in, pattern) : 0; i < in->plan.host_count && !(is_id && matched);
	     i++) {
		if (is_id || fnmatch(pattern, in->plan.hosts[i].host->id.text, 0) == 0) {
			chosen[i] = value;
			matched = true;
		}
	}
	if (!matched)
		complain("no host matches %s; stagecraft hosts lists them", pattern);
	return matched;
}

/* Takes the selection from every host that isn't CHOSEN. */
static void keep(struct inputs *in, const bool *chosen)
{
	for (size_t i = 0; i < in->plan.host_count; i++)
		in->selected[i] = in->selected[i] && chosen[i];
}

/* Takes the selection from every host that the patterns don't name: those with a ! take hosts away from what
 * the others name, or from all. */
static bool keep_named(struct inputs *in, const char *const *patterns, size_t count)
{
	bool *chosen = arena_array(&in->arena, in->plan.host_count, sizeof *chosen);
	bool ok = true, any = false;

	for (size_t i = 0; i < count; i++)
		any = any || *patterns[i] != '!';
	memset(chosen, !any, in->plan.host_count);
	for (int exclude = 0; exclude < 2; exclude++) {
		for (size_t i = 0; i < count; i++) {
			if ((*patterns[i] == '!') == exclude)
				ok = mark(in, chosen, patterns[i] + exclude, !exclude) && ok;
		}
	}
	keep(in, chosen);
	return ok;
}

/* --limit: patterns with commas between. */
static bool keep_limit(struct inputs *in, const char *limit)
{
	const char **patterns = arena_array(&in->arena, strlen(limit) + 1, sizeof *patterns);
	char *text = arena_strdup(&in->arena, limit), *rest;
	size_t count = 0;

	for (char *p = strtok_r(text, ",", &rest); p; p = strtok_r(NULL, ",", &rest))
		patterns[count++] = p;
	if (!count)
		complain("--limit names no host");
	return count && keep_named(in, patterns, count);
}

/* Takes the selection from every host that didn't fail, or wasn't run, in a report of an earlier run. */
static bool keep_failed(struct inputs *in, const char *path)
{
	bool *failed = arena_array(&in->arena, in->plan.host_count + 1, sizeof *failed);
	struct source source;
	struct problem problem = {.arena = &in->arena};
	struct json report;
	json_value hosts = JSON_NONE;

	if (!source_read(&source, path, &problem)) {
		complain("%s", problem.text);
		return false;
	}
	if (json_parse(&report, source.text, source.len))
		hosts = json_get(&report, 0, "hosts");
	if (hosts == JSON_NONE) {
		json_free(&report);
		complain("%s is no report of apply --json", path);
		return false;
	}
	for (json_value v = json_first(&report, hosts); v != JSON_NONE; v = json_next(&report, v)) {
		const char *id = json_string(&report, json_get(&report, v, "id"), &in->arena);

		if (id) /* one that isn't there goes behind the last */
			failed[index_of(in, id)] =
				!json_equals(&report, json_get(&report, v, "status"), "success");
	}
	json_free(&report);
	keep(in, failed);
	return true;
}

static int select_hosts(struct inputs *in, const struct options *o)
{
	in->selected_count = in->plan.host_count;
	if (!o->arg_count && !o->limit && !o->role && !o->tag && !o->failed_from)
		return EXIT_DONE;
	in->selected = arena_array(&in->arena, in->plan.host_count, sizeof *in->selected);
	memset(in->selected, true, in->plan.host_count);
	if (!keep_named(in, o->args, o->arg_count) || (o->limit && !keep_limit(in, o->limit)) ||
	    (o->failed_from && !keep_failed(in, o->failed_from)))
		return EXIT_USAGE_ERROR;
	in->selected_count = 0;
	for (size_t i = 0; i < in->plan.host_count; i++) {
		const struct plan_host *h = &in->plan.hosts[i];

		in->selected[i] =
			in->selected[i] &&
			(!o->role || (h->host->role.text && strcmp(h->host->role.text, o->role) == 0)) &&
			(!o->tag || has_tag(in, h, o->tag));
		in->selected_count += in->selected[i];
	}
	if (in->selected_count)
		return EXIT_DONE;
	complain("no host is left to work on%s%s%s%s%s%s%s%s", o->limit ? " within " : "",
		 o->limit ? o->limit : "", o->role ? " with role " : "", o->role ? o->role : "",
		 o->tag ? " with tag " : "", o->tag ? o->tag : "", o->failed_from ? ", failed in " : "",
		 o->failed_from ? o->failed_from : "");
	return EXIT_USAGE_ERROR;
}

int inputs_read(struct inputs *in, const struct options *o)
{
	int status = inputs_check(in, o, true);

	inputs_print(in, o);
	if (status != EXIT_DONE)
		return status;
	plan_make(&in->plan, &in->config, &in->hosts, &in->arena);
	return select_hosts(in, o);
}

const struct plan_host *inputs_next(const struct inputs *in, const struct plan_host *h)
{
	const struct plan *plan = &in->plan;
	size_t i = h ? (size_t)(h - plan->hosts) + 1 : 0;

	while (i < plan->host_count && in->selected && !in->selected[i])
		i++;
	return i < plan->host_count ? &plan->hosts[i] : NULL;
}

/* FILE as ssh takes it, as far as that's told without ssh. LAST is the one looked at before: mostly it's the
 * same. */
static void check_ssh_file(struct inputs *in, const char *key, const struct text *file, const char **last)
{
	const char *path = file->text, *why;
	const struct passwd *user;

	if (!path || path == *last)
		return;
	*last = path;
	if (str_starts(path, "~/") && (user = getpwuid(getuid())) != NULL)
		path = arena_printf(&in->arena, "%s%s", user->pw_dir, path + 1);
	why = path_refused(path);
	if (why)
		diag_error_of(&in->diags, DIAG_FILE, file->at, NULL, "ssh.%s: %s: %s", key,
			      diag_quote(&in->diags, file->text), why);
}

int inputs_check_ssh_files(struct inputs *in, const struct options *o)
{
	const char *last_key = NULL, *last_known = NULL;
	bool ok;

	for (const struct plan_host *h = NULL; (h = inputs_next(in, h));) {
		check_ssh_file(in, "privateKeyPath", &h->host->ssh.private_key_path, &last_key);
		check_ssh_file(in, "knownHostsFile", &h->host->ssh.known_hosts_file, &last_known);
	}
	ok = !in->diags.errors;
	inputs_print(in, o);
	return ok ? EXIT_DONE : EXIT_INVALID;
}

void inputs_free(struct inputs *in)
{
	diags_free(&in->diags);
	arena_free(&in->arena);
}
