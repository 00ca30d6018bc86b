#include "runtime/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/exit.h"
#include "lib/mem.h"
#include "runtime/host.h"
#include "runtime/report.h"
#include "runtime/signals.h"

extern char **environ;

enum {
	FDS_A_HOST = 4,	 /* three pipes and a log */
	FDS_BESIDE = 32, /* ours, and those of a child that is being started */
	STARTS_MAX = 5,	 /* times that the system may refuse a child while none runs */
	START_WAIT_MS = 1000,
	FAREWELL_MS = 500, /* from SIGTERM to SIGKILL when a second signal came */
};

/* Jobs behind one jump host, or behind none. */
struct group {
	const char *jump;
	size_t busy;
	size_t head; /* first job that hasn't been started; count: none */
};

struct pool {
	struct shared shared;
	struct job *jobs;
	size_t count;

	/* Jobs that haven't been started: a list for each group, in order. */
	struct group *groups;
	size_t group_count;
	struct turn {
		size_t group, next; /* of each job; count: it's the last */
	} * turns;
	size_t gate;	    /* jobs from here on wait for the canaries */
	const char *closed; /* why no more of them are started; NULL: they are */

	struct host **running; /* with a child each, in the order in which they began; at most room */
	size_t running_count, room;
	struct host *waiting; /* for another connection, by due_ms */
	size_t waiting_count;
	int refusals;	    /* of a child, by the system, in a row */
	long long pause_ms; /* no child before this */

	size_t ended, failed;
	struct pollfd *fds; /* the signals' pipe, then three a host */
	int signals;	    /* how many asked us to end */
	long long grace_ms; /* when running hosts are ended; 0: not yet */
	long long run_ms;   /* the run's deadline; 0: none */
	bool broken;	    /* the machine failed us */
};

/* ---- the start and the end of a run ---- */

/* Which pool's children to end should memory run out. */
static struct pool *pool_at_work;

static void end_children(void)
{
	for (size_t i = 0; pool_at_work && i < pool_at_work->running_count; i++)
		child_signal(&pool_at_work->running[i]->session.child, SIGTERM);
}

/* Our environment without NAME, and with a word to ssh that it shall not ask anybody. */
static char **environment_without(const char *name)
{
	static char never_ask[] = "SSH_ASKPASS_REQUIRE=never";
	size_t count = 0, len = name ? strlen(name) : 0;
	char **copy;

	while (environ[count])
		count++;
	copy = mem_alloc(mem_times(count + 2, sizeof *copy));
	count = 0;
	for (char **p = environ; *p; p++) {
		if (len && strncmp(*p, name, len) == 0 && (*p)[len] == '=')
			continue;
		if (!str_starts(*p, "SSH_ASKPASS_REQUIRE="))
			copy[count++] = *p;
	}
	copy[count++] = never_ask;
	copy[count] = NULL;
	return copy;
}

/* Descriptors for JOBS hosts. Returns for how many there are some. */
static size_t raise_descriptors(size_t jobs)
{
	rlim_t want = (rlim_t)(jobs * FDS_A_HOST + FDS_BESIDE);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < want) {
		limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return jobs;
	return limit.rlim_cur > FDS_BESIDE + FDS_A_HOST ? (size_t)(limit.rlim_cur - FDS_BESIDE) / FDS_A_HOST
							: 1;
}

static void make_key_line(struct shared *s)
{
	const char *key = s->options->auth_key;
	size_t len = key ? strlen(key) : 0;

	if (!len)
		return;
	mask_init(&s->mask, key, len, s->options->network ? network_key_prefix(s->options->network, key) : 0);
	/* Room first: growing would leave a copy behind. */
	str_reserve(&s->key_line, len + 1);
	str_addn(&s->key_line, key, len);
	str_addc(&s->key_line, '\n');
}

/* The group of JUMP, made if there is none. Most jobs have the jump host of the one before. */
static size_t group_of(struct pool *p, const char *jump, size_t last)
{
	for (size_t i = 0; i < p->group_count; i++) {
		size_t at = (last + i) % p->group_count;
		const char *other = p->groups[at].jump;

		if (jump == other || (jump && other && strcmp(jump, other) == 0))
			return at;
	}
	p->groups = mem_more(p->groups, p->group_count, sizeof *p->groups);
	p->groups[p->group_count] = (struct group){.jump = jump, .head = p->count};
	return p->group_count++;
}

static void line_up(struct pool *p)
{
	size_t at = 0;

	p->turns = mem_alloc(mem_times(p->count, sizeof *p->turns));
	for (size_t i = 0; i < p->count; i++)
		p->turns[i].group = at = group_of(p, p->jobs[i].ssh.jump_host, at);
	for (size_t i = p->count; i-- > 0;) {
		struct group *group = &p->groups[p->turns[i].group];

		p->turns[i].next = group->head;
		group->head = i;
	}
}

static void pool_open(struct pool *p, struct job *jobs, size_t count, const struct run_options *options)
{
	size_t room = options->jobs > 0 ? (size_t)options->jobs : 1;

	*p = (struct pool){.shared = {.options = options,
				      .ssh_release = SSH_RELEASE_MAX,
				      .now_ms = clock_ms()},
			   .jobs = jobs,
			   .count = count};
	room = room < RUN_JOBS_MAX ? room : RUN_JOBS_MAX;
	p->room = raise_descriptors(room);
	p->running = mem_alloc(mem_times(p->room, sizeof *p->running));
	p->fds = mem_alloc(mem_times(3 * p->room + 1, sizeof *p->fds));
	p->fds[0].events = POLLIN;
	p->gate = options->canary > 0 && (size_t)options->canary < count ? (size_t)options->canary : count;
	if (options->run_timeout_s > 0)
		p->run_ms = p->shared.now_ms + options->run_timeout_s * 1000LL;
	line_up(p);
	make_key_line(&p->shared);
	p->shared.environment = environment_without(options->auth_key_env);
	progress_open(&p->shared.progress, options, count, p->shared.now_ms);
	if (p->room < room)
		fprintf(stderr,
			"stagecraft: warning: this machine's limit of open files allows %zu hosts at once\n",
			p->room);
	pool_at_work = p;
	mem_on_failure(end_children);
}

static void pool_close(struct pool *p)
{
	mem_on_failure(NULL);
	pool_at_work = NULL;
	progress_close(&p->shared.progress);
	mask_wipe(&p->shared.mask);
	str_wipe(&p->shared.key_line);
	free(p->shared.environment);
	free(p->shared.ssh);
	free(p->groups);
	free(p->turns);
	free(p->running);
	free(p->fds);
}

/* The machine fails us: it cannot do WHAT. */
static void fail(struct pool *p, const char *what, const char *why, const char *closed)
{
	progress_note(&p->shared.progress, "error: cannot %s: %s", what, why);
	p->broken = true;
	p->closed = closed;
}

/* ---- hosts come and go ---- */

/* Tells those who watch that JOB has its verdict. */
static void tell_ended(struct pool *p, struct job *job)
{
	const struct run_options *options = p->shared.options;
	struct str event = STR_INIT;

	progress_ended(&p->shared.progress, job);
	if (!options->events)
		return;
	event_begin(&event, "end", job->id);
	str_add_member(&event, "result");
	report_add_host(&event, job, &(struct report_options){.mode = options->mode});
	event_end(&event, &p->shared);
}

static void count_ended(struct pool *p, struct host *h)
{
	const struct run_options *options = p->shared.options;
	struct job *job = h->job;

	host_free(h);
	tell_ended(p, job);
	p->ended++;
	p->failed += job->status == HOST_FAILED;
	if (job->status == HOST_FAILED && p->gate < p->count && !p->closed)
		p->closed = "a canary had failed";
	if (options->max_failures > 0 && p->failed >= (size_t)options->max_failures && !p->closed)
		p->closed = "too many hosts had failed";
	if (p->ended == p->gate)
		p->gate = p->count;
}

/* Has no child now: takes its place among those that wait. */
static void add_waiting(struct pool *p, struct host *h)
{
	struct host **at = &p->waiting;

	while (*at && (*at)->due_ms <= h->due_ms)
		at = &(*at)->next;
	h->next = *at;
	*at = h;
	h->session.step_ms = p->shared.now_ms;
	p->waiting_count++;
}

static void add_running(struct pool *p, struct host *h)
{
	size_t at = p->running_count++;

	for (; at > 0; at--) {
		struct host *other = p->running[at - 1];

		if (other->began_ms < h->began_ms || (other->began_ms == h->began_ms && other->job < h->job))
			break;
		p->running[at] = other;
	}
	p->running[at] = h;
}

static bool has_seat(const struct pool *p, size_t group)
{
	const struct group *g = &p->groups[group];
	long most = p->shared.options->jobs_per_jump;

	return !g->jump || most <= 0 || g->busy < (size_t)most;
}

static struct host *take_waiting(struct pool *p)
{
	for (struct host **at = &p->waiting; *at && (*at)->due_ms <= p->shared.now_ms; at = &(*at)->next) {
		struct host *h = *at;

		if (!has_seat(p, h->group))
			continue;
		*at = h->next;
		p->waiting_count--;
		return h;
	}
	return NULL;
}

/* The first job that may start: none if those that wait may yet be the failures that are too many. */
static struct host *take_new(struct pool *p)
{
	long most = p->shared.options->max_failures;
	size_t first = p->gate;
	struct str event = STR_INIT;
	struct host *h;

	if (p->closed || (most > 0 && p->failed + p->waiting_count >= (size_t)most))
		return NULL;
	for (size_t i = 0; i < p->group_count; i++) {
		if (p->groups[i].head < first && has_seat(p, i))
			first = p->groups[i].head;
	}
	if (first == p->gate)
		return NULL;
	h = host_new(&p->shared, &p->jobs[first]);
	h->group = p->turns[first].group;
	p->groups[h->group].head = p->turns[first].next;
	event_begin(&event, "start", h->job->id);
	event_end(&event, &p->shared);
	return h;
}

static bool start_one(struct pool *p)
{
	struct host *h;
	int error;

	if (p->shared.now_ms < p->pause_ms)
		return false;
	h = take_waiting(p);
	if (!h)
		h = take_new(p);
	if (!h)
		return false;
	error = host_connect(h);
	if (error) {
		/* No child just now. While others run, their end will help; else time may. */
		if (!p->running_count && ++p->refusals >= STARTS_MAX)
			fail(p, "start ssh", strerror(error), "ssh could not be started");
		p->pause_ms = h->due_ms = p->shared.now_ms + START_WAIT_MS;
		add_waiting(p, h);
		return false;
	}
	p->refusals = 0;
	p->groups[h->group].busy++;
	add_running(p, h);
	p->shared.progress.stale = true;
	return true;
}

/* Hosts without a child that will get none any more. */
static void give_up_waiting(struct pool *p)
{
	while (p->waiting) {
		struct host *h = p->waiting;

		p->waiting = h->next;
		p->waiting_count--;
		host_give_up(h);
		count_ended(p, h);
	}
}

/* ---- the loop ---- */

/* No more hosts; those at work have until GRACE_MS from now. */
static void wind_down(struct pool *p, const char *why, long long grace_ms)
{
	p->closed = p->closed ? p->closed : why;
	p->shared.closing = true;
	if (!p->grace_ms)
		p->grace_ms = p->shared.now_ms + grace_ms;
	give_up_waiting(p);
}

static void end_all(struct pool *p, enum session_stop why, long long kill_in_ms)
{
	for (size_t i = 0; i < p->running_count; i++)
		session_stop(&p->running[i]->session, why, kill_in_ms);
}

static void asked_to_end(struct pool *p)
{
	p->signals++;
	if (p->signals == 1) {
		wind_down(p, "the run was interrupted", RUN_GRACE_S * 1000LL);
		/* What hasn't begun has nothing to finish. */
		for (size_t i = 0; i < p->running_count; i++) {
			if (!p->running[i]->session.verdict.begun)
				session_stop(&p->running[i]->session, STOP_INTERRUPT, FAREWELL_MS);
		}
		progress_note(
			&p->shared.progress,
			"interrupted: no more hosts are started; %zu at work may take %d s more, a second signal ends them",
			p->running_count, RUN_GRACE_S);
	} else {
		end_all(p, STOP_INTERRUPT, p->signals == 2 ? FAREWELL_MS : 0);
	}
}

static void reap(struct pool *p)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return;
		for (size_t i = 0; i < p->running_count; i++) {
			if (p->running[i]->session.child.pid == pid) {
				p->running[i]->session.exited = true;
				p->running[i]->session.status = status;
				break;
			}
		}
	}
}

static void settle_exited(struct pool *p)
{
	for (size_t i = p->running_count; i-- > 0;) {
		struct host *h = p->running[i];

		if (!h->session.exited)
			continue;
		p->running_count--;
		memmove(&p->running[i], &p->running[i + 1], (p->running_count - i) * sizeof *p->running);
		p->groups[h->group].busy--;
		if (host_over(h))
			count_ended(p, h);
		else
			add_waiting(p, h);
	}
}

static void check_deadlines(struct pool *p, long long *next_ms)
{
	bool overdue = p->run_ms && p->shared.now_ms >= p->run_ms;
	const struct host *h;

	if (p->shared.deaf && !p->signals)
		asked_to_end(p);
	if (overdue)
		wind_down(p, "the run's deadline had passed", 0);
	if (overdue || (p->grace_ms && p->shared.now_ms >= p->grace_ms)) {
		end_all(p, overdue ? STOP_RUN : STOP_INTERRUPT, SESSION_KILL_MS);
	} else {
		earlier(next_ms, p->grace_ms);
		earlier(next_ms, p->run_ms);
	}
	/* Without a free seat for it, the end of another one is what a host that waits is waiting for. */
	for (h = p->running_count < p->room ? p->waiting : NULL; h && !has_seat(p, h->group);)
		h = h->next;
	if (h)
		earlier(next_ms, h->due_ms > p->pause_ms ? h->due_ms : p->pause_ms);
	for (size_t i = 0; i < p->running_count; i++)
		session_check_time(&p->running[i]->session, next_ms);
}

static nfds_t watch(struct pool *p)
{
	for (size_t i = 0; i < p->running_count; i++) {
		struct session *s = &p->running[i]->session;

		/* With nothing to send it isn't looked at: most could always be written to. */
		p->fds[3 * i + 1] =
			(struct pollfd){.fd = session_unsent(s) ? s->child.in : -1, .events = POLLOUT};
		p->fds[3 * i + 2] = (struct pollfd){.fd = s->child.out, .events = POLLIN};
		p->fds[3 * i + 3] = (struct pollfd){.fd = s->child.err, .events = POLLIN};
	}
	return (nfds_t)(3 * p->running_count + 1);
}

static void serve(struct pool *p)
{
	for (size_t i = 0; i < p->running_count; i++) {
		struct session *s = &p->running[i]->session;

		if (p->fds[3 * i + 1].revents)
			session_send(s);
		/* Errors first: they were said before the record that sums them up. */
		if (p->fds[3 * i + 3].revents)
			session_hear(s, true);
		if (p->fds[3 * i + 2].revents)
			session_hear(s, false);
	}
}

static struct progress_row row_of(const struct pool *p, const struct host *h)
{
	return (struct progress_row){
		.id = h->job->id,
		.step = session_step(&h->session),
		.elapsed_s = (long)((p->shared.now_ms - h->session.step_ms) / 1000),
	};
}

static void draw(struct pool *p)
{
	struct progress_row rows[PROGRESS_ROWS_MAX];
	struct progress_counts counts = {.busy = p->running_count, .waiting = p->waiting_count};
	size_t room = progress_room(&p->shared.progress), count = 0;

	if (progress_wait(&p->shared.progress, p->shared.now_ms) != 0)
		return;
	/* One row says how many there are more. */
	if (counts.busy + counts.waiting > room)
		room--;
	for (size_t i = 0; i < p->running_count; i++) {
		if (count < room)
			rows[count++] = row_of(p, p->running[i]);
		counts.done += session_done(&p->running[i]->session);
	}
	for (const struct host *h = p->waiting; h && count < room; h = h->next)
		rows[count++] = row_of(p, h);
	progress_draw(&p->shared.progress, rows, count, &counts, p->shared.now_ms);
}

/* Waits for the next thing to happen, and lets it. */
static void turn(struct pool *p)
{
	long long next_ms = p->shared.now_ms + 3600 * 1000LL;
	int wait, redraw;

	check_deadlines(p, &next_ms);
	draw(p);
	redraw = progress_wait(&p->shared.progress, p->shared.now_ms);
	wait = next_ms > p->shared.now_ms ? (int)(next_ms - p->shared.now_ms) : 0;
	if (redraw >= 0 && redraw < wait)
		wait = redraw;
	if (poll(p->fds, watch(p), wait) < 0 && errno != EINTR && errno != EAGAIN) {
		fail(p, "wait for ssh", strerror(errno), "the run could not go on");
		end_all(p, STOP_INTERRUPT, 0);
	}
	p->shared.now_ms = clock_ms();
	serve(p);
	for (int asked = signals_take(&p->shared.progress.stale); asked > 0; asked--)
		asked_to_end(p);
	reap(p);
	settle_exited(p);
}

static void work(struct pool *p)
{
	for (;;) {
		while (p->running_count < p->room && !p->shared.closing && start_one(p))
			;
		if (p->broken)
			give_up_waiting(p);
		if (!p->running_count && !p->waiting && (p->closed || p->ended == p->count))
			return;
		turn(p);
	}
}

/* Those whose turn never came. */
static void skip_left(struct pool *p, const char *why)
{
	struct str message = STR_INIT;

	str_addf(&message, "not started: %s", why);
	for (size_t g = 0; g < p->group_count; g++) {
		for (size_t i = p->groups[g].head; i < p->count; i = p->turns[i].next) {
			verdict_skip(&p->jobs[i], str_text(&message));
			tell_ended(p, &p->jobs[i]);
		}
	}
	str_free(&message);
}

static int exit_status(const struct pool *p)
{
	struct report_counts c = report_count(p->jobs, p->count);

	if (p->signals)
		return EXIT_INTERRUPTED;
	if (p->broken)
		return EXIT_MACHINE;
	if (c.of[OUTCOME_FAILED] || c.of[OUTCOME_SKIPPED])
		return EXIT_HOST_FAILED;
	return p->shared.options->mode == RUN_CHECK && c.of[OUTCOME_CHANGED] ? EXIT_DIFFERENCE : EXIT_DONE;
}

int run_jobs(struct job *jobs, size_t count, const struct run_options *options)
{
	const char *ssh = options->ssh ? options->ssh : "ssh";
	struct pool pool;
	int status, error;

	pool_open(&pool, jobs, count, options);
	pool.shared.ssh = spawn_find(ssh);
	error = signals_open(&pool.fds[0].fd);
	if (!pool.shared.ssh || error) {
		fail(&pool, error ? "start" : "find the program ssh", error ? strerror(error) : ssh,
		     "ssh could not be started");
	} else {
		work(&pool);
	}
	skip_left(&pool, pool.closed ? pool.closed : "");
	status = exit_status(&pool);
	if (!error)
		signals_close();
	pool_close(&pool);
	return status;
}
