/* soak PORT USER KEY KNOWN_HOSTS RUNS SEED: runs over 8 hosts, all of them one sshd on loopback, whose
 * scripts do something bad at random: drop the connection, die, write garbage, stall, forge records. After
 * each run no verdict may be wrong, and no descriptor and no child be left. The same seed gives the same
 * faults. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/sha256.h"
#include "lib/str.h"
#include "runtime/run.h"

enum {
	HOSTS = 8,
	WARM_RUNS = 20,
	GROWTH_MAX_KIB = 4096,
	SHOWN_MAX = 20,
	DEADLINE_S = 20,
	PROGRESS_RUNS = 50
};

/* What may come of a fault: reasons separated by spaces; "-" is success. */
static const struct fault {
	const char *name;
	const char *shell; /* run by the first step */
	const char *verdicts;
	unsigned weight;
} faults[] = {
	{"good", ":", "-", 30},
	{"noise", "head -c 200000 /dev/urandom; head -c 100000 /dev/zero >&3; echo >&3", "-", 6},
	{"drop, done", "checking || { sleep 0.1; kill -9 $PPID; sleep 1; }", "- lost", 3},
	{"drop, not done",
	 "if checking; then RESULT=would_change; else sleep 0.1; kill -9 $PPID; sleep 1; fi", "lost", 3},
	{"dies", "if checking; then RESULT=would_change; else kill -9 $$; fi", "protocol lost", 3},
	{"exits", "exit 7", "protocol", 3},
	{"garbage", "printf '@stagecraft %s \\001\\377{]\\n' $STAGECRAFT_RUN >&3", "protocol", 3},
	{"half a record", "printf '@stagecraft %s {\"type\":\"st' $STAGECRAFT_RUN >&3; exit 0", "protocol",
	 3},
	{"another host's", "say '\"type\":\"begin\",\"host\":\"host-x\",\"mode\":\"apply\"'", "protocol", 3},
	{"early end", "say '\"type\":\"end\",\"steps\":\"2\",\"result\":\"success\"'", "protocol", 3},
	{"twice",
	 "say "
	 "'\"type\":\"step\",\"step\":\"host.preflight\",\"result\":\"ok\",\"reason\":\"\",\"message\":\"\"'",
	 "protocol", 3},
	{"stalls", "exec sleep 60", "timeout", 1},
};

enum { FAULTS = sizeof faults / sizeof *faults };

static const char tail[] =
	"checking() { [ $STAGECRAFT_MODE = check ]; }\n"
	"say() { printf '@stagecraft %s {%s}\\n' $STAGECRAFT_RUN \"$1\" >&3 || exit 1; }\n"
	"step() {\n"
	"  RESULT=ok\n"
	"  $2\n"
	"  say "
	"\"\\\"type\\\":\\\"step\\\",\\\"step\\\":\\\"$1\\\",\\\"result\\\":\\\"$RESULT\\\",\\\"reason\\\":"
	"\\\"\\\",\\\"message\\\":\\\"\\\"\"\n"
	"}\n"
	"main() {\n"
	"  exec 3>&1 1>&2 </dev/null\n"
	"  trap '' HUP\n"
	"  say "
	"\"\\\"type\\\":\\\"begin\\\",\\\"host\\\":\\\"$HOST_ID\\\",\\\"mode\\\":\\\"$STAGECRAFT_MODE\\\"\"\n"
	"  step host.preflight first\n"
	"  step docker.verify :\n"
	"  say '\"type\":\"end\",\"steps\":\"2\",\"result\":\"success\"'\n"
	"}\n"
	"{ main; }\n";

static uint64_t seed;

static unsigned chance(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((seed >> 33) % below);
}

static const struct fault *pick(void)
{
	unsigned total = 0, at;

	for (size_t i = 0; i < FAULTS; i++)
		total += faults[i].weight;
	at = chance(total);
	for (size_t i = 0; i < FAULTS; i++) {
		if (at < faults[i].weight)
			return &faults[i];
		at -= faults[i].weight;
	}
	return &faults[0];
}

static bool allowed(const struct fault *fault, const struct job *job)
{
	const char *verdict = job->status == HOST_SUCCESS ? "-" : job->reason, *p = fault->verdicts;

	for (; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == strlen(verdict) && strncmp(p, verdict, len) == 0)
			return true;
		p += len;
	}
	return false;
}

static size_t descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void make_job(struct job *job, size_t i, const struct fault *fault, const struct ssh_target *target,
		     struct str *head)
{
	static const char *const ids[HOSTS] = {"host-1", "host-2", "host-3", "host-4",
					       "host-5", "host-6", "host-7", "host-8"};
	static const struct step steps[] = {
		{.name = "host.preflight", .error_code = "ssh_failed"},
		{.name = "docker.verify", .error_code = "docker_verify_failed"},
	};
	char digest[SHA256_HEX + 1];

	str_addf(head, "HOST_ID='%s'\nfirst() {\n%s\n}\n", ids[i], fault->shell);
	*job = (struct job){
		.id = ids[i],
		.name = "",
		.source = "",
		.fqdn = "",
		.ssh = *target,
		.head = head->data,
		.head_len = head->len,
		.tail = tail,
		.tail_len = sizeof tail - 1,
		.steps = steps,
		.step_count = 2,
	};
	sha256_hex(digest, head->data, head->len, tail, sizeof tail - 1);
	memcpy(job->run, digest, 16);
}

/* On a busy machine a host may not be done in time; it is right to say so. */
static size_t late;

/* Returns how many verdicts were wrong. */
static size_t one_run(long number, const struct ssh_target *target, size_t tally[FAULTS])
{
	struct run_options options = {.jobs = HOSTS, .host_timeout_s = DEADLINE_S, .retries = 2};
	const struct fault *picked[HOSTS];
	struct job jobs[HOSTS];
	struct str heads[HOSTS] = {0};
	static size_t shown;
	size_t wrong = 0;

	for (size_t i = 0; i < HOSTS; i++) {
		picked[i] = pick();
		tally[picked[i] - faults]++;
		make_job(&jobs[i], i, picked[i], target, &heads[i]);
	}
	run_jobs(jobs, HOSTS, &options);
	for (size_t i = 0; i < HOSTS; i++) {
		if (!allowed(picked[i], &jobs[i]) && strcmp(jobs[i].reason, "timeout") == 0) {
			late++;
		} else if (!allowed(picked[i], &jobs[i])) {
			if (shown++ < SHOWN_MAX)
				printf("run %ld, %s, %s: %s: %s\n", number, jobs[i].id, picked[i]->name,
				       jobs[i].status == HOST_SUCCESS ? "success" : jobs[i].reason,
				       jobs[i].message);
			wrong++;
		}
		job_free(&jobs[i]);
		str_free(&heads[i]);
	}
	return wrong;
}

static long memory_kib(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return used.ru_maxrss;
}

int main(int argc, char **argv)
{
	struct ssh_target target = {.address = "127.0.0.1", .connect_timeout_s = 10};
	size_t wrong = 0, left = 0, tally[FAULTS] = {0}, open_before = descriptors();
	long runs, warm_kib = 0;

	if (argc != 7)
		return 64;
	target.port = atol(argv[1]);
	target.user = argv[2];
	target.private_key_path = argv[3];
	target.known_hosts_file = argv[4];
	runs = atol(argv[5]);
	seed = (uint64_t)atol(argv[6]);
	for (long i = 1; i <= runs; i++) {
		wrong += one_run(i, &target, tally);
		left += descriptors() != open_before;
		left += waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD;
		if (i == WARM_RUNS)
			warm_kib = memory_kib();
		if (i % PROGRESS_RUNS == 0)
			fprintf(stderr, "%ld of %ld runs, %zu wrong verdicts\n", i, runs, wrong);
	}
	for (size_t i = 0; i < FAULTS; i++)
		printf("%6zu %s\n", tally[i], faults[i].name);
	printf("%ld runs: %zu wrong verdicts, %zu late, %zu left something behind, memory %ld KiB, %ld more "
	       "than after %d\n",
	       runs, wrong, late, left, memory_kib(), warm_kib ? memory_kib() - warm_kib : 0, WARM_RUNS);
#ifdef __SANITIZE_ADDRESS__
	warm_kib = 0; /* its quarantine grows; it finds leaks itself */
#endif
	return wrong || left || (warm_kib && memory_kib() - warm_kib > GROWTH_MAX_KIB);
}
