/* encore: from a dotenv file to Encore's secrets (https://encore.dev/docs/ts/primitives/secrets).
 *
 * To environments of Encore Cloud by its command line, a value on its standard input each:
 *
 *   encore secret set --type dev,pr [--env staging] NAME
 *
 * or, with target local, into .secrets.local.cue beside encore.app, which overrides them on one machine.
 * Encore takes the line ends off the end of a value, keeps one value of a name an environment, matches an
 * existing value only if it has exactly the same environments, and never gives a value back
 * (encoredev/encore: cli/cmd/encore/secrets/set.go, list.go). */
#include "providers/secrets/cue.h"
#include "providers/secrets/encore_cli.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct encore_config {
	const struct provider *provider; /* see struct provider */
	struct text source_file;
	struct text target;
	struct text app_root;
};

#define ENVIRONMENT \
	"((type:)?(dev|development|prod|production|pr|preview|ephemeral|local)|env:[A-Za-z0-9][A-Za-z0-9_-]*)"

static const struct key keys[] = {
	{"source_file", KEY_PATH, offsetof(struct encore_config, source_file),
	 .help = "dotenv file to take secrets from; --from names another"},
	{"target", KEY_TEXT, offsetof(struct encore_config, target),
	 .help = "local: the file .secrets.local.cue; or environments, comma-separated: dev, prod, pr, "
		 "type:local, env:NAME; --to names others",
	 .shape.pattern = "^ *" ENVIRONMENT "(, *" ENVIRONMENT ")*$"},
	{"app_root", KEY_PATH, offsetof(struct encore_config, app_root), .fallback = ".",
	 .help = "folder of the app; encore.app is looked for there and above"},
	{0},
};

/* ---- the target ---- */

/* What Encore calls a type of environments; NULL for a type that is none. */
static const char *type_named(const char *word)
{
	static const char *const types[][2] = {{"dev", "development"},	 {"development", "development"},
					       {"prod", "production"},	 {"production", "production"},
					       {"pr", "preview"},	 {"preview", "preview"},
					       {"ephemeral", "preview"}, {"local", "local"}};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(types[i][0], word) == 0)
			return types[i][1];
	}
	return NULL;
}

static bool is_environment(const char *name)
{
	const char *p = name;

	while (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
		p++;
	return !*p && isalnum((unsigned char)*name);
}

/* NULL, or a sentence: why it is none that may be added. */
static const char *add_environment(struct encore_target *t, const char *word, struct arena *arena)
{
	bool named = str_starts(word, "env:");
	const char *plain = named || str_starts(word, "type:") ? strchr(word, ':') + 1 : word;
	const char *type = named ? NULL : type_named(plain), *full;
	const char **list = named ? &t->names : &t->types;

	if (named ? !is_environment(plain) : !type)
		return "write local, or a list of dev, prod, pr, type:local and env:NAME";
	full = named ? word : arena_printf(arena, "type:%s", type);
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(t->all[i], full) == 0)
			return "an environment stands there twice";
	}
	if (t->count == ENCORE_ENVIRONMENTS_MAX)
		return "these are too many environments";
	t->all[t->count++] = full;
	*list = *list ? arena_printf(arena, "%s,%s", *list, plain) : plain;
	return NULL;
}

/* Reads "local", or "dev,env:staging". NULL, or a sentence: why it is no target. */
static const char *read_target(struct encore_target *t, const char *text, struct arena *arena)
{
	char *rest = arena_strdup(arena, text), *word;
	const char *why = NULL;

	*t = (struct encore_target){.local = strcmp(text, "local") == 0};
	while (!t->local && !why && (word = strsep(&rest, ",")) != NULL)
		why = add_environment(t, word + strspn(word, " "), arena);
	return why;
}

static void validate(const void *config, struct diags *d)
{
	const struct encore_config *own = config;
	struct encore_target target;
	const char *why = own->target.text ? read_target(&target, own->target.text, d->arena) : NULL;

	if (why)
		diag_error(d, own->target.at, why,
			   "encore provider: invalid config: target %s is none of Encore's",
			   diag_quote(d, own->target.text));
}

/* ---- the app ---- */

/* The folder of encore.app, from the config's up, as Encore looks for it. NULL with a problem. */
static const char *find_app(const struct secrets_request *r, struct secrets_result *out)
{
	const struct encore_config *own = r->config;
	const char *start = secrets_path(r, NULL, &own->app_root, "", "app_root", out);
	char *folder = realpath(start, NULL);
	const char *found = NULL;

	while (folder && !found) {
		char *slash = strrchr(folder, '/');
		struct stat st;

		if (stat(arena_printf(r->arena, "%s/encore.app", folder), &st) == 0 && S_ISREG(st.st_mode))
			found = arena_strdup(r->arena, *folder ? folder : "/");
		if (!slash)
			break;
		*slash = '\0';
	}
	free(folder);
	if (!found)
		secrets_problem(
			out, SECRETS_INVALID,
			"no encore.app in %s or above; set secrets.providers.encore.app_root to the app's "
			"folder",
			start);
	return found;
}

/* ---- running ---- */

static enum secrets_status run_target(const struct secrets_request *r, const char *source, const char *named,
				      struct secrets_result *out)
{
	struct encore_target target;
	struct secrets_source from;
	enum secrets_status status;
	const char *why = read_target(&target, named, r->arena), *app;

	out->target = named;
	if (why)
		return secrets_problem(out, r->target ? SECRETS_USAGE : SECRETS_INVALID,
				       "target %s is none of Encore's: %s", diag_quote(r->diags, named), why);
	app = find_app(r, out);
	if (!app)
		return SECRETS_INVALID;
	if (target.local)
		return secrets_file(r, &cue_format, source,
				    arena_printf(r->arena, "%s/.secrets.local.cue", app), out);
	if (r->prune)
		return secrets_problem(
			out, SECRETS_USAGE,
			"--prune goes with files; what Encore holds, encore secret archive takes away");
	status = secrets_source_read(&from, source, r, out);
	if (status == SECRETS_DONE)
		status = encore_cli_run(r, &from, &target, app, out);
	secrets_source_free(&from);
	return status;
}

static enum secrets_status run(const struct secrets_request *r, struct secrets_result *out)
{
	const struct encore_config *own = r->config;
	const char *source = secrets_path(r, r->source, &own->source_file, "--from",
					  "secrets.providers.encore.source_file", out);
	const char *target = r->target ? r->target : own->target.text;

	if (r->mode == SECRETS_LIST)
		return source ? secrets_file(r, &cue_format, source, "", out) : SECRETS_INVALID;
	if (!target)
		secrets_problem(out, SECRETS_INVALID,
				"set secrets.providers.encore.target, or name one with --to");
	return source && target ? run_target(r, source, target, out) : SECRETS_INVALID;
}

const struct secrets_provider encore_provider = {
	.head.id = "encore",
	.head.summary = "Encore: its environments by encore secret set, or one machine's override file",
	.head.keys = keys,
	.head.config_size = sizeof(struct encore_config),
	.head.validate = validate,
	.run = run,
};
