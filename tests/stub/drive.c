/* Runs scripts by the runtime alone, without a config: for tests of the runtime.
 *
 *   drive [OPTION]… ID=SCRIPT…       one host each; ID*N=SCRIPT makes ID-1 … ID-N
 *
 * Options are -NAME=VALUE; see the functions that set. -address=ID stands for the host's id. The network is a
 * pretended one: a status document "joined" is as wanted, another is not. The JSON report goes to standard
 * output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/arena.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/source.h"
#include "runtime/report.h"
#include "runtime/run.h"

static void read_status(const void *config, const struct network_expected *want, const char *document,
			size_t len, struct network_reading *out, struct arena *arena)
{
	(void)config, (void)want;
	*out = (struct network_reading){.ok = len == 6 && memcmp(document, "joined", 6) == 0,
					.reason = "",
					.message = ""};
	if (!out->ok) {
		out->reason = "tag_mismatch";
		out->message = arena_printf(arena, "the status is %.40s", document);
	}
	if (strstr(document, "odd"))
		out->warnings[out->warning_count++] = "an odd status";
}

static const struct network_provider pretended = {.id = "pretended", .read_status = read_status};

struct drive {
	struct arena arena;
	struct job *jobs;
	size_t count;
	struct ssh_target target;
	const char *const *steps;
	size_t step_count;
	struct run_options run;
	struct report_options report;
	bool text;
	bool html;
	bool usage;
};

static void split_steps(struct drive *d, const char *list)
{
	const char **steps = arena_array(&d->arena, 16, sizeof *steps);
	size_t count = 0;

	for (const char *p = list; *p && count < 16;) {
		size_t len = strcspn(p, ",");

		steps[count++] = arena_strndup(&d->arena, p, len);
		p += len + (p[len] == ',');
	}
	d->steps = steps;
	d->step_count = count;
}

static bool set_target(struct drive *d, const char *name, const char *value)
{
	struct ssh_target *t = &d->target;

	if (strcmp(name, "address") == 0)
		t->address = value;
	else if (strcmp(name, "user") == 0)
		t->user = *value ? value : NULL;
	else if (strcmp(name, "port") == 0)
		t->port = atol(value);
	else if (strcmp(name, "identity") == 0)
		t->private_key_path = value;
	else if (strcmp(name, "known-hosts") == 0)
		t->known_hosts_file = value;
	else if (strcmp(name, "host-key-checking") == 0)
		t->host_key_checking = value;
	else if (strcmp(name, "connect-timeout") == 0)
		t->connect_timeout_s = atol(value);
	else if (strcmp(name, "jump") == 0)
		t->jump_host = value;
	else
		return false;
	return true;
}

static bool set_number(struct drive *d, const char *name, const char *value)
{
	const struct {
		const char *name;
		long *at;
	} numbers[] = {
		{"jobs", &d->run.jobs},
		{"jobs-per-jump", &d->run.jobs_per_jump},
		{"timeout", &d->run.host_timeout_s},
		{"run-timeout", &d->run.run_timeout_s},
		{"retries", &d->run.retries},
		{"canary", &d->run.canary},
		{"max-failures", &d->run.max_failures},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strcmp(numbers[i].name, name) == 0) {
			*numbers[i].at = atol(value);
			return true;
		}
	}
	return false;
}

static bool set_run(struct drive *d, const char *name, const char *value)
{
	struct run_options *r = &d->run;

	if (strcmp(name, "mode") == 0)
		r->mode = d->report.mode = strcmp(value, "check") == 0 ? RUN_CHECK : RUN_APPLY;
	else if (strcmp(name, "key-env") == 0)
		r->auth_key_env = value;
	else if (strcmp(name, "log-dir") == 0)
		r->log_dir = value;
	else if (strcmp(name, "progress") == 0)
		r->progress = strcmp(value, "live") == 0    ? PROGRESS_LIVE
			      : strcmp(value, "lines") == 0 ? PROGRESS_LINES
							    : PROGRESS_NONE;
	else if (strcmp(name, "verbose") == 0)
		r->verbose = true;
	else if (strcmp(name, "ssh") == 0)
		r->ssh = value;
	else if (strcmp(name, "events") == 0)
		r->events = fopen(value, "w");
	else if (strcmp(name, "html") == 0)
		d->html = true;
	else if (strcmp(name, "usage") == 0)
		d->usage = true;
	else if (strcmp(name, "timing") == 0)
		d->report.timing = true;
	else if (strcmp(name, "text") == 0)
		d->text = true;
	else if (strcmp(name, "steps") == 0)
		split_steps(d, value);
	else
		return false;
	return true;
}

static void set(struct drive *d, char *option)
{
	char *value = strchr(option, '=');

	if (value)
		*value++ = '\0';
	else
		value = option + strlen(option);
	if (!set_target(d, option, value) && !set_number(d, option, value) && !set_run(d, option, value)) {
		fprintf(stderr, "drive: no option %s\n", option);
		exit(64);
	}
}

static void add_job(struct drive *d, const char *id, const struct source *script)
{
	char digest[SHA256_HEX + 1];
	struct job *job;

	d->jobs = mem_grow(d->jobs, mem_times(d->count + 1, sizeof *d->jobs));
	job = &d->jobs[d->count++];
	*job = (struct job){
		.id = id,
		.name = "",
		.source = "hosts.yml:1",
		.fqdn = arena_printf(&d->arena, "%s.example.net", id),
		.ssh = d->target,
		.head = script->text,
		.head_len = script->len / 2,
		.tail = script->text + script->len / 2,
		.tail_len = script->len - script->len / 2,
		.steps = d->steps,
		.step_count = d->step_count,
		.want = {.host_id = id},
	};
	sha256_hex(digest, script->text, script->len, NULL, 0);
	memcpy(job->run, digest, 16);
	if (strcmp(job->ssh.address, "ID") == 0)
		job->ssh.address = id;
}

static void add_jobs(struct drive *d, char *word)
{
	char *path = strchr(word, '='), *times;
	struct source script;
	const char *why;
	long count;

	if (!path) {
		fprintf(stderr, "drive: %s isn't ID=SCRIPT\n", word);
		exit(64);
	}
	*path++ = '\0';
	if (!source_read(&script, path, &d->arena, &why)) {
		fprintf(stderr, "drive: %s\n", why);
		exit(1);
	}
	times = strchr(word, '*');
	if (!times) {
		add_job(d, word, &script);
		return;
	}
	*times++ = '\0';
	count = atol(times);
	for (long i = 1; i <= count; i++)
		add_job(d, arena_printf(&d->arena, "%s-%0*ld", word, (int)strlen(times), i), &script);
}

/* What this process alone took. */
static void print_usage(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	fprintf(stderr, "user %ld.%03ld s, system %ld.%03ld s, at most %ld KiB\n", (long)used.ru_utime.tv_sec,
		(long)used.ru_utime.tv_usec / 1000, (long)used.ru_stime.tv_sec,
		(long)used.ru_stime.tv_usec / 1000, used.ru_maxrss);
}

int main(int argc, char **argv)
{
	struct drive d = {
		.arena = ARENA_INIT,
		.target = {.address = "host.invalid", .user = "root"},
		.run = {.jobs = 16, .network = &pretended},
	};
	const char *key = getenv("DRIVE_KEY");
	int status;

	split_steps(&d, "host.preflight,network.verify");
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			set(&d, argv[i] + strspn(argv[i], "-"));
		else
			add_jobs(&d, argv[i]);
	}
	if (key) {
		d.run.auth_key = key;
		d.run.auth_key_len = strlen(key);
	}
	status = run_jobs(d.jobs, d.count, &d.run);
	if (d.html)
		report_html(stdout, d.jobs, d.count, &d.report);
	else if (d.text)
		report_text(stdout, d.jobs, d.count, &d.report);
	else
		report_json(stdout, d.jobs, d.count, &d.report);
	if (d.usage)
		print_usage();
	for (size_t i = 0; i < d.count; i++)
		job_free(&d.jobs[i]);
	if (d.run.events)
		fclose(d.run.events);
	free(d.jobs);
	arena_free(&d.arena);
	return status;
}
