#include "runtime/host.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/mem.h"

enum {
	AGAIN_TRIES = 3,      /* connections to read a lost host's state */
	AGAIN_BUSY_MS = 5000, /* it's still at work: look again after this */
};

static const char lost_warning[] =
	"the connection was lost during the run; the host's state was read again and is as wanted";

/* ---- life ---- */

struct host *host_new(struct shared *shared, struct job *job)
{
	struct host *h = mem_alloc(sizeof *h);

	*h = (struct host){.job = job, .first.job = job, .began_ms = shared->now_ms, .trouble_reason = ""};
	if (shared->options->host_timeout_s > 0)
		h->deadline_ms = h->began_ms + shared->options->host_timeout_s * 1000LL;
	session_init(&h->session, shared, job, &h->log, false);
	log_open(&h->log, shared->options->logs, job->id, &job->log_path);
	return h;
}

void host_free(struct host *h)
{
	session_close(&h->session);
	verdict_free(&h->session.verdict);
	verdict_free(&h->first);
	str_free(&h->trouble);
	log_close(&h->log);
	free(h);
}

int host_connect(struct host *h)
{
	h->attempts++;
	return session_start(&h->session, h->deadline_ms);
}

/* SAID, which it takes over, without the key. */
static void set_trouble(struct host *h, struct str *said)
{
	str_clear(&h->trouble);
	mask_add(&h->session.shared->mask, &h->trouble, str_text(said), said->len);
	str_wipe(said);
}

/* ---- verdicts ---- */

/* The job has its verdict. */
static bool decided(struct host *h)
{
	struct job *job = h->job;

	log_note(&h->log, "%s%s%s", status_word(job->status), *job->reason ? ": " : "", job->reason);
	if (job->status == HOST_FAILED)
		log_tail(&h->log, &job->log_tail);
	job->seconds = (double)(h->session.shared->now_ms - h->began_ms) / 1000.0;
	return true;
}

static bool __attribute__((format(printf, 5, 6)))
fail(struct host *h, struct verdict *v, const char *reason, const struct step *step, const char *format, ...)
{
	struct str message = STR_INIT;
	va_list args;

	va_start(args, format);
	str_addv(&message, format, args);
	va_end(args);
	verdict_fail(v, h->job, reason, step, str_text(&message));
	str_free(&message);
	return decided(h);
}

static bool fail_with_trouble(struct host *h, const char *reason)
{
	if (h->attempts < 2)
		return fail(h, &h->session.verdict, reason, NULL, "%s", str_text(&h->trouble));
	return fail(h, &h->session.verdict, reason, NULL, "%s (%ld attempts)", str_text(&h->trouble),
		    h->attempts);
}

/* What its records say. */
static bool settle(struct host *h)
{
	const struct run_options *options = h->session.shared->options;

	verdict_settle(&h->session.verdict, h->job, options->network, options->network_config);
	return decided(h);
}

static long long backoff_ms(long tries)
{
	static const long long backoff[] = {1000, 3000, 9000, 27000, 30000};

	return backoff[tries < 5 ? tries - 1 : 4];
}

/* Whether another connection may be made in MS from now; then it will be. */
static bool wait_for(struct host *h, long long ms)
{
	h->due_ms = h->session.shared->now_ms + ms;
	if (h->session.shared->closing || (h->deadline_ms && h->due_ms >= h->deadline_ms))
		return false;
	log_note(&h->log, "%s; once more in %lld s", str_text(&h->trouble), ms / 1000);
	log_again(&h->log);
	session_close(&h->session);
	return true;
}

/* The client is older than a setting that it was given, and never went on its way. */
static bool lacks_a_setting(const struct session *s)
{
	return s->heard.lacks && s->heard.lacks < s->release && !s->shared->closing;
}

/* It ended without a record. */
static bool never_began(struct host *h)
{
	struct session *s = &h->session;
	struct str said = STR_INIT, trouble = STR_INIT;
	enum ssh_stage stage;

	if (lacks_a_setting(s)) {
		/* It is called again without. */
		if (s->heard.lacks < s->shared->ssh_release)
			s->shared->ssh_release = s->heard.lacks;
		h->due_ms = s->shared->now_ms;
		h->attempts--;
		session_close(s);
		return false;
	}
	h->trouble_reason = ssh_reason(&s->heard, s->status, &stage, &said);
	if (strcmp(h->trouble_reason, "auth") == 0 && ssh_key_is_locked(&h->job->ssh)) {
		h->trouble_reason = "key_file";
		str_addf(&trouble, "%s has a passphrase, and nobody was asked for it; ",
			 h->job->ssh.private_key_path);
	}
	str_addn(&trouble, str_text(&said), said.len);
	str_wipe(&said);
	set_trouble(h, &trouble);
	if (stage == SSH_BEFORE_LOGIN && h->tries < s->shared->options->retries &&
	    wait_for(h, backoff_ms(++h->tries)))
		return false;
	return fail_with_trouble(h, h->trouble_reason);
}

/* The state could not be read again. */
static bool stays_lost(struct host *h, const char *why)
{
	const struct step *step = verdict_step(&h->first);

	return fail(h, &h->first, "lost", step,
		    "the connection was lost%s%s (%s); reading the host's state again: %s",
		    step ? " at " : "", step ? step->name : "", str_text(&h->trouble), why);
}

/* It began, and then there was nothing more. */
static bool lost(struct host *h)
{
	struct session *s = &h->session;
	struct str said = STR_INIT;

	ssh_lost(&s->heard, s->status, &said);
	set_trouble(h, &said);
	/* A step had failed already: that is what is to be told. */
	if (s->verdict.failed) {
		job_warn(h->job, "the connection was lost after that");
		return settle(h);
	}
	h->first = s->verdict;
	verdict_init(&s->verdict, h->job, RUN_CHECK, &s->shared->mask);
	s->again = true;
	return wait_for(h, backoff_ms(1)) ? false : stays_lost(h, "no time was left for it");
}

/* Steps heard of before the loss say more than the same steps read again. */
static void overlay_first(struct host *h)
{
	struct job *job = h->job;

	job->changed = job->changed || h->first.changed;
	for (size_t i = 0; h->first.steps && i < job->step_count; i++) {
		struct step_record heard = h->first.steps[i];

		if (heard.result == STEP_NONE)
			continue;
		h->first.steps[i] = job->results[i];
		job->results[i] = heard;
		job->changed = job->changed || heard.result == STEP_CHANGED;
	}
}

/* A connection in mode check, after a loss, has ended. */
static bool read_again(struct host *h)
{
	bool applying = h->session.shared->options->mode == RUN_APPLY;
	struct verdict *v = &h->session.verdict;

	if (v->violation)
		return stays_lost(h, v->violation);
	if (!v->begun && ++h->again_tries < AGAIN_TRIES && wait_for(h, 2 * backoff_ms(h->again_tries)))
		return false;
	if (!v->begun)
		return stays_lost(h, "no answer");
	/* Still finishing its step: the lock tells. */
	if (v->failed && strcmp(v->steps[0].reason, "busy") == 0)
		return wait_for(h, AGAIN_BUSY_MS) ? false : stays_lost(h, "the host is still at work");
	if (!v->ended)
		return stays_lost(h, "lost again");
	if (applying && v->undone)
		return stays_lost(h, v->failed ? "a step fails" : "not every step is done");
	settle(h);
	if (applying)
		overlay_first(h);
	job_warn(h->job, lost_warning);
	return true;
}

/* It was told to end before all was said. */
static bool stopped(struct host *h)
{
	const struct session *s = &h->session;
	const struct step *step = verdict_step(&s->verdict);
	const char *reason = s->stop == STOP_INTERRUPT ? "interrupted" : "timeout", *waits = NULL;
	struct str said = STR_INIT;

	if (s->stop != STOP_INTERRUPT && !s->verdict.begun && !s->again)
		waits = ssh_waits(&s->heard, &said);
	if (waits) {
		set_trouble(h, &said);
		return fail_with_trouble(h, waits);
	}
	if (s->stop == STOP_DEADLINE)
		str_addf(&said,
			 s->verdict.begun ? "not done after %ld s" : "the script had not begun after %ld s",
			 s->shared->options->host_timeout_s);
	else if (s->stop == STOP_RUN)
		str_add(&said, "the run's deadline passed");
	else
		str_add(&said, "the run was interrupted");
	if (step)
		str_addf(&said, " at %s", step->name);
	if (s->again)
		stays_lost(h, str_text(&said));
	else
		fail(h, &h->session.verdict, reason, step, "%s", str_text(&said));
	str_free(&said);
	return true;
}

bool host_over(struct host *h)
{
	struct session *s = &h->session;
	struct verdict *v = &s->verdict;
	bool exited = WIFEXITED(s->status);
	int status = exited ? WEXITSTATUS(s->status) : WTERMSIG(s->status);

	assert(s->exited);
	session_end(s);
	if (!lacks_a_setting(s))
		log_note(&h->log, exited ? "ssh ended with status %d" : "ssh was ended by signal %d", status);
	if (s->again && (v->violation || verdict_complete(v) || s->stop == STOP_NONE))
		return read_again(h);
	if (v->violation)
		return fail(h, v, "protocol", verdict_step(v), "%s", v->violation);
	if (verdict_complete(v))
		return settle(h);
	if (s->stop != STOP_NONE)
		return stopped(h);
	if (!v->begun)
		return never_began(h);
	if (exited && status != 255)
		return fail(h, v, "protocol", verdict_step(v),
			    "the script ended with status %d before its last record", status);
	return lost(h);
}

void host_give_up(struct host *h)
{
	if (h->session.again)
		stays_lost(h, "the run was ended");
	else if (*h->trouble_reason)
		fail_with_trouble(h, h->trouble_reason);
	else
		verdict_skip(h->job, "not started: ssh could not be started");
}
