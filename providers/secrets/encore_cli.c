#include "providers/secrets/encore_cli.h"

#include "lib/spawn.h"
#include "providers/secrets/hide.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_S = 60, OUTPUT_MAX = 64 * 1024, SHOWN_MAX = 600, KEYS_AT_ONCE = 100 };

extern char **environ;

struct encore {
	const struct secrets_request *r;
	const struct secrets_source *from;
	const struct encore_target *target;
	const char *app;
	char *program; /* malloc'ed */
	char **envp;   /* malloc'ed */
	struct mask mask;
	struct secrets_result *out;
};

/* ---- before the first key ---- */

/* What Encore can't take: nothing is sent before all of it is known to be right. */
static bool check_values(const struct encore *e)
{
	struct diags *d = e->r->diags;
	size_t errors = d->errors;

	for (size_t i = 0; i < e->from->count; i++) {
		const struct secret_entry *k = e->from->chosen[i];

		if (strchr(k->name, '.'))
			diag_error(d, k->at, "letters, digits and _ only",
				   "%s is no name that Encore can take: its code couldn't ask for it",
				   diag_quote(d, k->name));
		if (k->len && strchr("\r\n", k->value[k->len - 1]))
			diag_error(d, k->at, "leave them out of the source",
				   "%s ends in a line end: Encore takes those off", diag_quote(d, k->name));
	}
	return d->errors == errors;
}

/* ---- what it says ---- */

static bool says(const struct child_run *c, const char *words)
{
	return strstr(str_text(&c->output), words) != NULL;
}

/* What to do, from what Encore's command line prints (cmdutil.Fatal: "error: …"). */
static const char *advice(const struct child_run *c)
{
	if (says(c, "not logged in") || says(c, "encore auth login"))
		return "log in with encore auth login, then run this again";
	if (says(c, "environment selection conflicts"))
		return "another value of this name has some of these environments, and Encore keeps one "
		       "value for each: name exactly its environments, or take them from it in the "
		       "dashboard of Encore Cloud";
	if (says(c, "not linked"))
		return "link the app with encore app link, then run this again";
	return "running this again completes it";
}

static void add_end(struct str *out, const struct child_run *c)
{
	if (c->end == CHILD_EXITED || c->end == CHILD_KILLED)
		str_addf(out, "%s %d", c->end == CHILD_EXITED ? "exit status" : "ended by signal", c->status);
	else if (c->end == CHILD_TIMED_OUT)
		str_addf(out, "no answer within %d s", TIMEOUT_S);
	else if (c->end == CHILD_NOT_STARTED)
		str_addf(out, "cannot start it: %s", strerror(c->status));
	else
		str_add(out, "interrupted");
}

/* "encore secret set API_KEY: exit status 1", the output masked and visible, what to do. */
static void explain(const struct encore *e, const char *verb, const char *name, const struct child_run *c)
{
	struct str *out = &e->out->problem, masked = STR_INIT;
	size_t shown = 0;

	str_addf(out, "encore secret %s %s: ", verb, name);
	add_end(out, c);
	str_addc(out, '\n');
	(c->cut ? mask_add_cut : mask_add)(&e->mask, &masked, str_text(&c->output), c->output.len);
	for (const char *p = str_text(&masked), *stop = p + masked.len; p < stop && shown < SHOWN_MAX;) {
		const char *nl = memchr(p, '\n', (size_t)(stop - p));
		size_t before = out->len;

		str_add(out, "  encore: ");
		str_add_visible(out, p, (size_t)((nl ? nl : stop) - p), SHOWN_MAX - shown);
		str_addc(out, '\n');
		shown += out->len - before;
		p = nl ? nl + 1 : stop;
	}
	str_addf(out, "  %s\n", advice(c));
	str_wipe(&masked);
}

/* ---- running it ---- */

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* Whether it ended well. */
static bool run(const struct encore *e, struct child_run *c, const char *const *argv, const char *input,
		size_t len)
{
	*c = (struct child_run){.path = e->program,
				.argv = (char *const *)argv,
				.envp = e->envp,
				.folder = e->app,
				.input = input,
				.input_len = len,
				.output_max = OUTPUT_MAX,
				.timeout_s = TIMEOUT_S,
				.stop = &stop};
	child_run(c);
	return c->end == CHILD_EXITED && c->status == 0;
}

/* *GO_ON: whether the next key may fare better. */
static bool set_one(struct encore *e, const struct secret_entry *k, bool *go_on)
{
	const char *argv[9] = {"encore", "secret", "set"};
	struct child_run c;
	const char **next = argv + 3;
	bool ok;

	if (e->target->types) {
		*next++ = "--type";
		*next++ = e->target->types;
	}
	if (e->target->names) {
		*next++ = "--env";
		*next++ = e->target->names;
	}
	*next = k->name;
	ok = run(e, &c, argv, k->value, k->len);
	if (!ok)
		explain(e, "set", k->name, &c);
	*go_on = ok || (c.end == CHILD_EXITED && says(&c, "environment selection conflicts"));
	str_wipe(&c.output);
	return ok;
}

/* Whether all are set, or would be. */
static bool set_all(struct encore *e)
{
	bool go_on = true, all = true;

	for (size_t i = 0; i < e->from->count; i++) {
		const struct secret_entry *k = e->from->chosen[i];
		enum secret_state state = SECRET_UNTRIED;

		if (e->r->dry_run)
			state = SECRET_SET;
		else if (go_on && !stop)
			state = set_one(e, k, &go_on) ? SECRET_SET : SECRET_FAILED;
		all = all && state == SECRET_SET;
		secrets_result_add(e->out, k->name, state);
	}
	return all;
}

/* ---- what is there ---- */

/* Notes in COVERED, a bit for each of the target's environments, what a ROW has of one of COUNT keys from
 * FIRST on, unless it is archived. Its cells are padded with two blanks or more (Go's tabwriter pads with
 * three).
 *
 *   ID         Secret Key   Environment(s)
 *   secret_x   API_KEY      type:development, env:staging
 *   secret_y   API_KEY      type:local                      (archived)
 */
static void take_row(const struct encore *e, size_t first, size_t count, char *row, uint32_t covered[])
{
	char *cells[4], *environment;
	size_t key = 0;

	for (size_t i = 0; i < 4; i++) {
		char *end = strstr(row, "  ");

		cells[i] = row;
		row = end ? end + strspn(end, " ") : row + strlen(row);
		if (end)
			*end = '\0';
	}
	while (key < count && strcmp(cells[1], e->from->chosen[first + key]->name) != 0)
		key++;
	if (key == count || str_starts(cells[3], "(archived"))
		return;
	while ((environment = strtok_r(cells[2], ", ", &cells[2])) != NULL) {
		for (size_t i = 0; i < e->target->count; i++)
			covered[key] |= (uint32_t)(strcmp(environment, e->target->all[i]) == 0) << i;
	}
}

/* COUNT keys from FIRST on. */
static bool list_some(struct encore *e, size_t first, size_t count)
{
	const uint32_t all = (uint32_t)(((uint64_t)1 << e->target->count) - 1);
	const char *argv[KEYS_AT_ONCE + 4] = {"encore", "secret", "list"};
	uint32_t covered[KEYS_AT_ONCE] = {0};
	struct child_run c;
	bool ok;

	for (size_t i = 0; i < count; i++)
		argv[3 + i] = e->from->chosen[first + i]->name;
	ok = run(e, &c, argv, "", 0) && !c.cut && says(&c, "Secret Key");
	if (!ok)
		explain(e, "list", "…", &c);
	for (char *row, *rest = c.output.data; ok && (row = strtok_r(rest, "\n", &rest)) != NULL;)
		take_row(e, first, count, row, covered);
	for (size_t i = 0; ok && i < count; i++)
		secrets_result_add(e->out, e->from->chosen[first + i]->name,
				   covered[i] == all ? SECRET_SET : SECRET_MISSING);
	str_wipe(&c.output);
	return ok;
}

static bool list_all(struct encore *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < e->from->count; i += KEYS_AT_ONCE)
		ok = list_some(e, i, e->from->count - i < KEYS_AT_ONCE ? e->from->count - i : KEYS_AT_ONCE);
	e->out->note = "Encore gives no value back: set means that there is one, not which";
	return ok;
}

/* A first Ctrl-C ends the child that runs (it gets the signal too), and what was done is told. */
static bool run_heeding_signals(struct encore *e)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction heed = {.sa_handler = on_signal};
	struct sigaction before[sizeof signals / sizeof *signals];
	bool ok;

	stop = 0;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &heed, NULL);
	}
	ok = e->r->mode == SECRETS_DIFF ? list_all(e) : set_all(e);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &before[i], NULL);
	return ok;
}

enum secrets_status encore_cli_run(const struct secrets_request *r, const struct secrets_source *from,
				   const struct encore_target *target, const char *app,
				   struct secrets_result *out)
{
	struct encore e = {.r = r, .from = from, .target = target, .app = app, .out = out};
	bool ok;

	if (!check_values(&e))
		return SECRETS_INVALID;
	e.program = spawn_find("encore");
	if (!e.program)
		return secrets_problem(
			out, SECRETS_FAILED,
			"there is no encore on PATH; install it (https://encore.dev/docs/ts/install), then "
			"run this again. Nothing was set");
	secret_mask_init(&e.mask, &from->doc); /* all that it has, asked for or not */
	e.envp = secret_environment(&from->doc, environ);
	out->items = arena_array(r->arena, from->count, sizeof *out->items);
	out->done = r->mode == SECRETS_SYNC && !r->dry_run;
	ok = run_heeding_signals(&e);
	mask_wipe(&e.mask);
	free(e.envp);
	free(e.program);
	return ok ? SECRETS_DONE : stop ? SECRETS_INTERRUPTED : SECRETS_FAILED;
}
