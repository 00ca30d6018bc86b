/* apply and check: the same run, in two modes. */
#include "cli/from.h"
#include "cli/inputs.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "compiler/scripts.h"
#include "lib/file.h"
#include "lib/mask.h"
#include "lib/mem.h"
#include "runtime/reason.h"
#include "runtime/report.h"
#include "runtime/run.h"
#include "runtime/sources.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern const struct command cmd_check;

enum {
	LIMIT_MAX = 100000, /* bytes of a word that every Linux takes in a command line */
	ANNOTATIONS = 10,   /* GitHub shows no more of a step */
	ANNOTATION_MAX = 1024,
};

/* One run, and what its jobs point into. */
struct batch {
	const struct options *options;
	enum run_mode mode;
	struct inputs in;
	struct job *jobs;
	size_t count;
	struct scripts scripts; /* as they compile now; without --from */
	struct side reviewed;	/* with it: selected hosts' scripts, in the order of the jobs */
	struct str auth_key;
	struct log_dir logs;
	struct replace_target page; /* of --report */
	struct replace_target json; /* beside the logs, for --failed-from */
};

/* ---- the jobs ---- */

_Static_assert((int)JOB_TAG_LISTS == (int)PLAN_TAG_PLACES, "a job has the lists of the plan");

/* Where it's written how to reach HOST, and how long that may take. */
static void set_places(struct job *job, const struct host *host, const struct config *config)
{
	const struct text_list *role_up_args = config_role_up_args(config, host->role.text);
	const struct place places[ABOUT_PLACES] = {
		[ABOUT_HOST] = host->id.at,
		[ABOUT_ADDRESS] = host->public_ip.at,
		[ABOUT_USER] = host->ssh.user.at,
		[ABOUT_PORT] = host->ssh.port.at,
		[ABOUT_KEY_FILE] = host->ssh.private_key_path.at,
		[ABOUT_KNOWN_HOSTS] = host->ssh.known_hosts_file.at,
		[ABOUT_HOST_KEY_CHECKING] = host->ssh.host_key_checking.at,
		[ABOUT_CONNECT_TIMEOUT] = host->ssh.connect_timeout_s.at,
		[ABOUT_JUMP_HOST] = host->ssh.jump_host.at,
		[ABOUT_TIMEOUT] = config->timeout_s.at,
		[ABOUT_UP_ARGS] = host->up_args.at,
		[ABOUT_ROLE_UP_ARGS] = role_up_args ? role_up_args->at : (struct place){.source = NULL},
	};

	memcpy(job->places, places, sizeof places);
}

/* Gives JOB its host's script, as it is compiled now. False if it can't be compiled (told to the diagnostics). */
static bool take_compiled(struct batch *b, struct job *job, const struct plan_host *h)
{
	struct script script = {.head = STR_INIT};
	bool ok = scripts_get(&b->scripts, h, &script, &b->in.diags);

	job->head_len = script.head.len;
	job->head = str_keep(&script.head, &b->in.arena);
	job->tail = script.tail->data;
	job->tail_len = script.tail->len;
	job->steps = b->in.plan.steps;
	job->step_count = b->in.plan.step_count;
	job->want.tags = h->tags;
	job->want.tag_count = h->tag_count;
	return ok;
}

/* Gives JOB the script that was reviewed, with the tags and steps that it has. */
static void take_reviewed(struct batch *b, struct job *job, const struct side_host *h)
{
	assert(strcmp(job->id, h->id) == 0);
	job->head = h->text;
	job->head_len = h->len;
	job->tail = h->shared->text;
	job->tail_len = h->shared->len;
	job->want.tags = from_tags(h, &job->want.tag_count, &b->in.arena);
	job->steps = from_steps(h->shared, &b->in.plan, &b->in.arena);
	job->step_count = h->shared->parts.step_count;
}

/* The id of JOB's run: how the digest of what is sent begins. */
static void set_run(struct job *job)
{
	char digest[SHA256_HEX + 1];

	sha256_hex(digest, job->head, job->head_len, job->tail, job->tail_len);
	snprintf(job->run, sizeof job->run, "%.*s", (int)sizeof job->run - 1, digest);
}

/* What JOB is of its host, whatever the script. */
static void begin_job(struct batch *b, struct job *job, const struct host *host)
{
	*job = (struct job){
		.id = host->id.text,
		.name = host->name.text ? host->name.text : "",
		.fqdn = config_fqdn(&b->in.config, host->id.text, &b->in.arena),
		.ssh = {.address = host->public_ip.text,
			.user = host->ssh.user.text,
			.port = host->ssh.port.value,
			.private_key_path = host->ssh.private_key_path.text,
			.known_hosts_file = host->ssh.known_hosts_file.text,
			.host_key_checking = host->ssh.host_key_checking.text,
			.connect_timeout_s = host->ssh.connect_timeout_s.value,
			.jump_host = host->ssh.jump_host.text},
		.want = {.host_id = host->id.text},
		.settings = &b->in.plan.settings,
	};
	set_places(job, host, &b->in.config);
	plan_tag_lists(&b->in.config, host, job->tag_lists);
}

static int make_jobs(struct batch *b)
{
	const char *from = b->options->from;
	int status = from ? from_read(&b->reviewed, &b->in, b->options) : EXIT_DONE;
	bool ok = true;

	if (status != EXIT_DONE)
		return status;
	if (!from)
		scripts_make(&b->scripts, &b->in.plan, false, &b->in.diags);
	b->jobs = arena_array(&b->in.arena, b->in.selected_count, sizeof *b->jobs);
	for (const struct plan_host *h = NULL; (h = inputs_next(&b->in, h)); b->count++) {
		struct job *job = &b->jobs[b->count];

		begin_job(b, job, h->host);
		if (from)
			take_reviewed(b, job, &b->reviewed.hosts[b->count]);
		else
			ok = take_compiled(b, job, h) && ok;
		set_run(job);
	}
	if (b->in.diags.errors)
		inputs_print(&b->in, b->options);
	return ok ? EXIT_DONE : EXIT_INVALID;
}

/* ---- the auth key ---- */

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
	bool control = false, odd = false;

	for (size_t i = 0; i < len; i++) {
		control = control || (unsigned char)value[i] < 0x20 || value[i] == 0x7F;
		odd = odd || (unsigned char)value[i] <= ' ' || (unsigned char)value[i] > '~';
	}
	if (control)
		return "holds a control character (a line end, perhaps): set it without";
	if (value[0] == ' ' || value[len - 1] == ' ')
		return "has a blank in front of it or behind it: set it without";
	if (quoted)
		return "has quotes around it: set it without";
	if (odd)
		return "holds a character that no auth key has (a blank, a quote of a text processor): copy it again";
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

/* ---- what it leaves ---- */

/* Opens what will be written, before any host is contacted. False if something of it can't be (said). */
static bool open_files(struct batch *b)
{
	struct problem problem = {.arena = &b->in.arena};
	const char *page = b->options->report, *dir = b->options->log_dir;
	const char *slash = dir && dir[strlen(dir) - 1] == '/' ? "" : "/";

	if ((!page || replace_open(&b->page, page, &problem)) && log_dir_open(&b->logs, dir, &problem) &&
	    (!dir ||
	     replace_open(&b->json, arena_printf(&b->in.arena, "%s%sreport.json", dir, slash), &problem)))
		return true;
	complain("%s", problem.text);
	return false;
}

typedef void report_writer(FILE *to, const struct job *jobs, size_t count,
			   const struct report_options *options);

/* What WRITE writes, malloc'ed. */
static char *written(const struct batch *b, report_writer *write, const struct report_options *how,
		     size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);

	if (!to)
		mem_failed();
	write(to, b->jobs, b->count, how);
	if (fclose(to) != 0)
		mem_failed();
	return text;
}

static void summarize(const struct batch *b, const struct report_options *how)
{
	size_t len;
	char *text = want_summary() ? written(b, report_markdown, how, &len) : NULL;

	if (text)
		add_summary(text, len);
	free(text);
}

/* Nothing, if T isn't open. False if it can't be written (said). */
static bool write_target(struct batch *b, const struct replace_target *t, report_writer *write,
			 const struct report_options *how)
{
	struct problem problem = {.arena = &b->in.arena};
	char *text;
	size_t len;

	if (t->folder < 0)
		return true;
	text = written(b, write, how, &len);
	if (!replace_write(t, text, len, &problem))
		complain("%s", problem.text);
	free(text);
	return !problem.text;
}

static bool is_standard_input(const char *path)
{
	return path && (strcmp(path, "-") == 0 || str_starts(path, "/dev/"));
}

/* The command that runs again those that failed or were skipped, with the options that say how; nothing if
 * all is well. SAVED: there's a report that --failed-from can read. */
static void add_again(struct str *line, const struct batch *b, bool saved)
{
	struct str ids = STR_INIT;
	size_t left = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (b->jobs[i].status != HOST_SUCCESS)
			str_addf(&ids, "%s%s", left++ ? "," : "", b->jobs[i].id);
	}
	if (left && left < b->count && !saved && ids.len >= LIMIT_MAX) {
		str_add(line,
			"# --log-dir DIR writes DIR/report.json, for --failed-from: too many hosts for --limit");
	} else if (left) {
		/* Without what goes for the output alone. */
		options_add_again(line, b->options, "json report json-lines timing quiet verbose color",
				  left == b->count);
		if (left < b->count) {
			str_add(line, saved ? " --failed-from" : " --limit");
			options_add_word(line, saved ? b->json.path : str_text(&ids));
		}
		if (is_standard_input(b->options->hosts))
			str_add(line, " # with the same host list on standard input");
	}
	str_free(&ids);
}

static void annotate(const struct job *job, struct arena *arena)
{
	struct place places[SOURCES_MAX];
	const char *file = sources_of(job, places) ? source_path(places[0].source, ci_root(), arena) : NULL;
	struct str title = STR_INIT, text = STR_INIT;

	str_addf(&title, "%s failed: %s%s%s", job->id, job->reason, *job->step ? " at " : "", job->step);
	str_add_visible(&text, job->message, strlen(job->message), ANNOTATION_MAX);
	str_add(&text, text.len ? "\nNext: " : "Next: ");
	reason_add_advice(&text, job->reason);
	annotation_print(stderr, DIAG_ERROR, file, places[0].line, 0, str_text(&title), str_text(&text));
	str_free(&title);
	str_free(&text);
}

/* For each host that failed, as far as they are shown. */
static void annotate_failures(struct batch *b)
{
	size_t failed = report_count(b->jobs, b->count).of[OUTCOME_FAILED];
	size_t left = failed > ANNOTATIONS ? ANNOTATIONS - 1 : failed, more = failed - left;
	char text[64];

	for (size_t i = 0; left; i++) {
		if (b->jobs[i].status == HOST_FAILED) {
			annotate(&b->jobs[i], &b->in.arena);
			left--;
		}
	}
	if (!more)
		return;
	snprintf(text, sizeof text, "%zu more hosts failed; the log tells which", more);
	annotation_print(stderr, DIAG_ERROR, NULL, 0, 0, NULL, text);
}

static const char *now(struct arena *arena)
{
	time_t t = time(NULL);
	struct tm utc;
	char text[64] = "";

	if (gmtime_r(&t, &utc))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
	return arena_strdup(arena, text);
}

/* Reports. False if a file can't be written (said). */
static bool tell(struct batch *b)
{
	const struct options *o = b->options;
	struct str again = STR_INIT;
	struct report_options how = {.mode = b->mode,
				     .timing = o->timing,
				     .quiet = o->quiet,
				     .version = STAGECRAFT_VERSION,
				     .config = o->file,
				     .from = o->from,
				     .date = o->timing ? now(&b->in.arena) : NULL,
				     .colour = want_colour(o->colour, STDOUT_FILENO)};
	bool ok = write_target(b, &b->json, report_json, &how);

	add_again(&again, b, ok && b->json.folder >= 0);
	how.again = again.len ? str_text(&again) : NULL;
	if (o->json)
		report_json(stdout, b->jobs, b->count, &how);
	else if (!o->json_lines)
		report_text(stdout, b->jobs, b->count, &how);
	fflush(stdout);
	if (how.again && (o->json || o->json_lines) && !o->quiet)
		say(stderr, "again: %s", how.again);
	if (want_annotations())
		annotate_failures(b);
	summarize(b, &how);
	ok = write_target(b, &b->page, report_html, &how) && ok;
	str_free(&again);
	return ok;
}

/* ---- all of it ---- */

static int run_batch(struct batch *b)
{
	const struct options *o = b->options;
	struct run_options how = {
		.mode = b->mode,
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
		.logs = &b->logs,
		.progress = o->quiet				   ? PROGRESS_NONE
			    : isatty(STDERR_FILENO) && !o->verbose ? PROGRESS_LIVE
								   : PROGRESS_LINES,
		.verbose = o->verbose,
		.colour = want_colour(o->colour, STDERR_FILENO),
	};
	int status = run_jobs(b->jobs, b->count, &how);

	if (!tell(b) && status == EXIT_DONE)
		status = EXIT_MACHINE;
	for (size_t i = 0; i < b->count; i++)
		job_free(&b->jobs[i]);
	return status;
}

static int run(const struct options *o)
{
	struct batch b = {
		.options = o,
		.mode = o->command == &cmd_check ? RUN_CHECK : RUN_APPLY,
		.logs = {.fd = -1},
		.page = {.folder = -1},
		.json = {.folder = -1},
	};
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
		status = make_jobs(&b);
	if (status == EXIT_DONE)
		status = take_auth_key(&b, b.mode == RUN_APPLY && !o->quiet);
	if (status == EXIT_DONE)
		status = open_files(&b) ? run_batch(&b) : EXIT_MACHINE;
	log_dir_close(&b.logs);
	replace_close(&b.page);
	replace_close(&b.json);
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
