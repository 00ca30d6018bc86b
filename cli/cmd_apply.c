/* apply and check: the same run, in two modes. */
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/outcome.h"
#include "cli/terminal.h"
#include "compiler/scripts.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "lib/mask.h"
#include "runtime/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct command cmd_check;

/* What the jobs point into. */
struct batch {
	struct inputs in;
	struct job *jobs;
	size_t count;
	struct scripts scripts;
	struct str auth_key;
};

static bool make_job(struct batch *b, struct job *job, const struct plan_host *h)
{
	struct arena *arena = &b->in.arena;
	const struct host *host = h->host;
	struct script script = {.head = STR_INIT};
	struct problem problem = {.arena = arena};
	bool ok = scripts_get(&b->scripts, h, &script, &b->in.diags, &problem);

	if (problem.text)
		complain("%s", problem.text);
	*job = (struct job){
		.id = host->id.text,
		.name = host->name.text ? host->name.text : "",
		.source = arena_printf(arena, "%s:%u", host->id.at.source->name, host->id.at.line),
		.fqdn = config_fqdn(&b->in.config, host->id.text, arena),
		.ssh = {.address = host->public_ip.text,
			.user = host->ssh.user.text,
			.port = host->ssh.port.value,
			.private_key_path = host->ssh.private_key_path.text,
			.known_hosts_file = host->ssh.known_hosts_file.text,
			.host_key_checking = host->ssh.host_key_checking.text,
			.connect_timeout_s = host->ssh.connect_timeout_s.value,
			.jump_host = host->ssh.jump_host.text},
		.tail = script.tail->data,
		.tail_len = script.tail->len,
		.steps = b->in.plan.steps,
		.step_count = b->in.plan.step_count,
		.want = {.host_id = host->id.text, .tags = h->tags, .tag_count = h->tag_count},
	};
	job->head_len = script.head.len;
	job->head = str_keep(&script.head, arena);
	snprintf(job->run, sizeof job->run, "%.16s", script.sha256);
	return ok;
}

static int make_jobs(struct batch *b, const struct options *o)
{
	struct problem problem = {.arena = &b->in.arena};
	bool ok = true;

	if (!scripts_open(&b->scripts, &b->in.plan, o->from, &b->in.diags, &problem)) {
		complain("%s", problem.text);
		return EXIT_INVALID;
	}
	b->jobs = arena_array(&b->in.arena, b->in.selected_count, sizeof *b->jobs);
	for (const struct plan_host *h = NULL; (h = inputs_next(&b->in, h));)
		ok = make_job(b, &b->jobs[b->count++], h) && ok;
	if (b->in.diags.errors)
		inputs_print(&b->in, o);
	return ok ? EXIT_DONE : EXIT_INVALID;
}

static bool has_untagged_host(const struct batch *b)
{
	const struct plan_host *h = inputs_next(&b->in, NULL);

	while (h && h->tag_count)
		h = inputs_next(&b->in, h);
	return h;
}

/* Why VALUE can be no auth key, and no host needs to be asked; NULL: it may be one. */
static const char *key_mistake(const struct network_provider *network, const char *value, size_t len)
{
	bool quoted = len > 1 && value[0] == value[len - 1] && strchr("'\"`", value[0]);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7F)
			return "holds a control character (a line end, perhaps): set it without";
	}
	if (value[0] == ' ' || value[len - 1] == ' ')
		return "has a blank in front of it or behind it: set it without";
	if (quoted)
		return "has quotes around it: set it without";
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)value[i] <= ' ' || (unsigned char)value[i] > '~')
			return "holds a character that no auth key has (a blank, a quote of a text processor): copy it again";
	}
	if (mask_hidden(value, len, network_key_prefix(network, value)) < MASK_MIN)
		return "is too short for one: copy all of it";
	return NULL;
}

/* Moves the key out of the environment, so that neither a child nor a look at /proc/PID/environ finds it. That
 * there is none is no mistake: hosts that have joined need none. It is told, if WANT_WARNING, where the network
 * takes one. */
static int take_auth_key(struct batch *b, bool want_warning)
{
	const struct network_provider *network = b->in.config.network;
	const char *name = config_auth_key_env(&b->in.config);
	char *value = name ? getenv(name) : NULL;
	size_t len = value ? strlen(value) : 0;
	const char *mistake = len ? key_mistake(network, value, len) : NULL;

	if (mistake) {
		complain("the auth key in %s %s; nothing was contacted", name, mistake);
	} else if (len) {
		const char *warning =
			network->key_warning ? network->key_warning(value, has_untagged_host(b)) : NULL;

		if (warning)
			warn("%s", warning);
		str_reserve(&b->auth_key, len);
		str_addn(&b->auth_key, value, len);
	}
	if (name && !len && want_warning)
		warn("%s is %s: hosts that aren't in the tailnet yet will fail", name,
		     value ? "empty" : "not set");
	if (value) {
		explicit_bzero(value, len);
		unsetenv(name);
	}
	return mistake ? EXIT_INVALID : EXIT_DONE;
}

static int run_batch(struct batch *b, const struct options *o, enum run_mode mode, struct outcome *out)
{
	struct run_options how = {
		.mode = mode,
		.jobs = o->jobs,
		.jobs_per_jump = o->jobs_per_jump,
		.host_timeout_s = b->in.config.timeout_s.value,
		.run_timeout_s = o->timeout_s,
		.retries = o->retries,
		.canary = o->canary,
		.max_failures = o->max_failures,
		.rename = o->rename,
		.events = o->json_lines ? stdout : NULL,
		.auth_key = b->auth_key.data,
		.auth_key_env = config_auth_key_env(&b->in.config),
		.network = b->in.config.network,
		.network_config = b->in.config.network_config,
		.logs = &out->logs,
		.progress = o->quiet				   ? PROGRESS_NONE
			    : isatty(STDERR_FILENO) && !o->verbose ? PROGRESS_LIVE
								   : PROGRESS_LINES,
		.verbose = o->verbose,
		.colour = want_colour(o->colour, STDERR_FILENO),
	};
	int status = run_jobs(b->jobs, b->count, &how);

	if (!outcome_tell(out, b->jobs, b->count) && status == EXIT_DONE)
		status = EXIT_MACHINE;
	for (size_t i = 0; i < b->count; i++)
		job_free(&b->jobs[i]);
	return status;
}

static int run(const struct options *o)
{
	enum run_mode mode = o->command == &cmd_check ? RUN_CHECK : RUN_APPLY;
	struct batch b = {.scripts = {.folder = {.fd = -1}}};
	struct outcome out;
	int status;

	if (o->json && o->json_lines) {
		complain("--json and --json-lines both want standard output; give one of them");
		return EXIT_USAGE_ERROR;
	}
	mem_no_core(); /* the key is in our environment already */
	status = inputs_read(&b.in, o);
	if (status == EXIT_DONE)
		status = inputs_check_ssh_files(&b.in, o);
	if (status == EXIT_DONE)
		status = take_auth_key(&b, mode == RUN_APPLY && !o->quiet);
	if (status == EXIT_DONE)
		status = make_jobs(&b, o);
	if (status == EXIT_DONE) {
		status = outcome_open(&out, o, mode, &b.in.arena) ? run_batch(&b, o, mode, &out)
								  : EXIT_MACHINE;
		outcome_close(&out);
	}
	str_wipe(&b.auth_key);
	scripts_close(&b.scripts);
	inputs_free(&b.in);
	return status;
}

static const char options[] =
	"file hosts from=DIR jobs jobs-per-jump retries timeout canary max-failures limit role tag failed-from "
	"rename json report json-lines log-dir timing quiet verbose";

const struct command cmd_apply = {
	.name = "apply",
	.arguments = " [HOST…]",
	.summary = "bootstrap hosts: run their scripts over ssh and report what truly happened",
	.options = options,
	.run = run,
	.help = "Running it again is safe: what is right already is left alone, and then no auth key is needed. One host's\n"
		"failure never stops another. Exit status 4 if a host failed. HOST is an id or a pattern (db-*); !PATTERN\n"
		"leaves hosts out.\n",
};

const struct command cmd_check = {
	.name = "check",
	.arguments = " [HOST…]",
	.summary = "say what apply would change on the hosts; changes nothing and leaves nothing behind",
	.options = options,
	.run = run,
	.help = "Exit status 0 if every host is as wanted, 2 if apply would change something, 4 if a host failed.\n",
};
