#include "runtime/host.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/mem.h"
#include "runtime/report.h"

enum {
	AGAIN_TRIES = 3,      /* connections to read a lost host's state */
	AGAIN_BUSY_MS = 5000, /* it's still at work: look again after this */
	BACKOFF_MS = 1000,    /* 1 s, 3 s, 9 s … */
	BACKOFF_MAX_MS = 30000,
	NOTE_MAX = 512, /* bytes */
};

static const char lost_warning[] =
	"the connection was lost during the run; the host's state was read again and is as wanted";

/* ---- life ---- */

struct host *host_new(struct shared *shared, struct job *job)
{
	struct host *h = mem_alloc(sizeof *h);

	*h = (struct host){
		.shared = shared,
		.job = job,
		.mode = shared->options->mode,
		.child = {.pid = -1, .in = -1, .out = -1, .err = -1},
		.began_ms = shared->now_ms,
		.trouble_reason = "",
	};
	if (shared->options->host_timeout_s > 0)
		h->deadline_ms = h->began_ms + shared->options->host_timeout_s * 1000LL;
	result_init(&h->result, job, h->mode);
	result_init(&h->first, job, h->mode);
	log_open(&h->log, shared->logs, job->id, &job->log_path);
	return h;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void forget(void *context, const char *line, size_t len, bool cut)
{
	(void)context, (void)line, (void)len, (void)cut;
}

/* Frees what belongs to the connection. */
static void hang_up(struct host *h)
{
	close_end(&h->child.in);
	close_end(&h->child.out);
	close_end(&h->child.err);
	h->child.pid = -1;
	wire_end(&h->out, forget, NULL);
	wire_end(&h->err, forget, NULL);
	str_free(&h->prelude);
	ssh_hearing_free(&h->heard);
	log_flush(&h->log);
}

void host_free(struct host *h)
{
	hang_up(h);
	result_free(&h->result);
	result_free(&h->first);
	str_free(&h->trouble);
	log_close(&h->log);
	free(h);
}

void host_event(struct shared *shared, const char *name, const char *id, const char *members)
{
	FILE *to = shared->options->events;

	if (!to || shared->deaf)
		return;
	fprintf(to, "{\"event\":\"%s\",\"host\":\"%s\"%s}\n", name, id, members);
	if (fflush(to) != 0)
		shared->deaf = true;
}

/* ---- connecting and sending ---- */

int host_connect(struct host *h)
{
	const struct run_options *options = h->shared->options;
	struct arena arena = ARENA_INIT;
	int error;

	h->attempts++;
	h->exited = false;
	h->release = h->shared->ssh_release;
	h->stop = STOP_NONE;
	h->sent = 0;
	h->kill_ms = h->linger_ms = 0;
	h->kills = 0;
	h->step_ms = h->shared->now_ms;
	result_free(&h->result);
	result_init(&h->result, h->job, h->mode);
	h->result.have_key = h->shared->key_line.len > 0;
	h->begin_ms = h->shared->now_ms + HOST_BEGIN_MS;
	error = child_start(&h->child, h->shared->ssh,
			    ssh_arguments(options->ssh ? options->ssh : "ssh", &h->job->ssh,
					  h->shared->ssh_release, &arena),
			    h->shared->environment);
	arena_free(&arena);
	if (error)
		return error;
	str_clear(&h->prelude);
	str_add(&h->prelude, "{ set +ax; }\nunset STAGECRAFT_RUN STAGECRAFT_MODE STAGECRAFT_KEY\n");
	str_addf(&h->prelude,
		 "STAGECRAFT_RUN='%s'\nSTAGECRAFT_MODE='%s'\nSTAGECRAFT_KEY='%s'\nSTAGECRAFT_RENAME='%s'\n",
		 h->job->run, mode_word(h->mode), h->result.have_key ? "yes" : "",
		 options->rename ? "yes" : "");
	host_send(h);
	return 0;
}

/* The parts of what is sent, in order. */
static void parts_of(const struct host *h, struct iovec parts[4])
{
	const struct str *key = &h->shared->key_line;

	parts[0] = (struct iovec){.iov_base = h->prelude.data, .iov_len = h->prelude.len};
	parts[1] = (struct iovec){.iov_base = (void *)h->job->head, .iov_len = h->job->head_len};
	parts[2] = (struct iovec){.iov_base = (void *)h->job->tail, .iov_len = h->job->tail_len};
	parts[3] = (struct iovec){.iov_base = key->data, .iov_len = h->result.asked ? key->len : 0};
}

size_t host_unsent(const struct host *h)
{
	struct iovec parts[4];
	size_t total = 0;

	parts_of(h, parts);
	for (size_t i = 0; i < 4; i++)
		total += parts[i].iov_len;
	return total - h->sent;
}

/* One writev(2) of what is left. Returns what that returned. */
static ssize_t send_some(struct host *h)
{
	struct iovec parts[4], left[4];
	size_t skip = h->sent;
	int count = 0;

	parts_of(h, parts);
	for (size_t i = 0; i < 4; i++) {
		if (skip >= parts[i].iov_len) {
			skip -= parts[i].iov_len;
			continue;
		}
		left[count++] = (struct iovec){
			.iov_base = (char *)parts[i].iov_base + skip,
			.iov_len = parts[i].iov_len - skip,
		};
		skip = 0;
	}
	return writev(h->child.in, left, count);
}

void host_send(struct host *h)
{
	while (h->child.in >= 0 && host_unsent(h)) {
		ssize_t n = send_some(h);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		/* Mostly EPIPE: it ended, or reads no more. Why, its other streams and its status tell. */
		if (n < 0)
			break;
		h->sent += (size_t)n;
		h->job->key_sent = h->job->key_sent || h->result.asked;
	}
	if (host_unsent(h) || !result_may_ask(&h->result))
		close_end(&h->child.in);
}

/* ---- hearing ---- */

static void note_in_log(struct host *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note_in_log(struct host *h, const char *format, ...)
{
	struct str line = STR_INIT;
	va_list args;

	va_start(args, format);
	str_addv(&line, format, args);
	va_end(args);
	log_note(&h->log, str_text(&line));
	str_free(&line);
}

/* Judged as it came, shown without the key. */
static void hear_noise(struct host *h, const char *line, size_t len, bool cut, bool out)
{
	struct str masked = STR_INIT;

	ssh_hear(&h->heard, line, len, out, h->result.begun);
	if (h->shared->mask.count) {
		mask_add(&h->shared->mask, &masked, line, len);
		line = str_text(&masked);
		len = masked.len;
	}
	log_add(&h->log, line, len, cut);
	progress_said(&h->shared->progress, h->job->id, line, len);
	str_free(&masked);
}

/* SAID, which it takes over, without the key. */
static void set_trouble(struct host *h, struct str *said)
{
	str_clear(&h->trouble);
	mask_add(&h->shared->mask, &h->trouble, str_text(said), said->len);
	str_wipe(said);
}

/* Somebody has to do something before the host lets us in: they can, while it waits. */
static void tell_waits(struct host *h)
{
	struct str said = STR_INIT, note = STR_INIT;

	if (!h->again && ssh_waits(&h->heard, &said)) {
		set_trouble(h, &said);
		str_addf(&note, "%s: ", h->job->id);
		str_add_visible(&note, str_text(&h->trouble), h->trouble.len, NOTE_MAX);
		progress_note(&h->shared->progress, str_text(&note));
		h->begin_ms = LLONG_MAX;
	}
	str_free(&note);
}

static void hear_step(struct host *h)
{
	const struct step_record *step = &h->result.steps[h->result.next - 1];
	struct str members = STR_INIT, visible = STR_INIT;

	str_add_visible(&visible, step->message, strlen(step->message), 1024);
	note_in_log(h, "%s: %s%s%s %s", step->step->name, step_word(step->result), *step->reason ? ": " : "",
		    step->reason, str_text(&visible));
	str_addc(&members, ',');
	report_add_step(&members, step);
	host_event(h->shared, h->again ? "step_again" : "step", h->job->id, members.data);
	str_free(&members);
	str_free(&visible);
}

static void hear_record(struct host *h, const struct record *record)
{
	struct result *r = &h->result;

	if (r->violation)
		return;
	/* Behind a part of the script, the key would be read as commands. */
	if (record->type == RECORD_ASK && host_unsent(h))
		r->violation = "it asked for the auth key before it had the script";
	if (!result_take(r, record, &h->shared->mask)) {
		note_in_log(h, "not to be believed: %s", r->violation);
		host_stop(h, STOP_PROTOCOL, HOST_KILL_MS);
	}
	if (record->type == RECORD_ASK && r->asked && h->child.in >= 0)
		note_in_log(h, "it asked for the auth key, which is sent");
	host_send(h);
	if (r->violation)
		return;
	h->shared->progress.stale = true;
	if (record->type == RECORD_STEP)
		hear_step(h);
	if (record->type == RECORD_BEGIN || record->type == RECORD_STEP)
		h->step_ms = h->shared->now_ms;
	if (record->type == RECORD_END)
		h->linger_ms = h->shared->now_ms + HOST_LINGER_MS;
}

static void out_line(void *context, const char *line, size_t len, bool cut)
{
	struct host *h = context;
	struct arena arena = ARENA_INIT;
	struct record record;

	record_read(&record, line, len, cut, h->job->run, &arena);
	if (record.type == RECORD_NONE)
		hear_noise(h, line, len, cut, true);
	else if (record.noise)
		hear_noise(h, line, record.noise, false, true);
	if (record.type != RECORD_NONE)
		hear_record(h, &record);
	arena_free(&arena);
}

static void err_line(void *context, const char *line, size_t len, bool cut)
{
	struct host *h = context;
	int rank = h->heard.heard[VOICE_HOST].rank;

	if (ssh_chatter(&h->heard, line, len, h->result.begun)) {
		if (h->begin_ms == LLONG_MAX && h->heard.logged_in)
			h->begin_ms = h->shared->now_ms + HOST_BEGIN_MS;
		return;
	}
	hear_noise(h, line, len, cut, false);
	if (h->heard.heard[VOICE_HOST].rank > rank)
		tell_waits(h);
}

/* Bytes read, 0 when there is nothing now or any more. */
static size_t read_some(struct host *h, bool err)
{
	static char bytes[HOST_READ_MAX];
	int *fd = err ? &h->child.err : &h->child.out;
	ssize_t n;

	if (*fd < 0)
		return 0;
	do {
		n = read(*fd, bytes, sizeof bytes);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0) {
		close_end(fd);
		return 0;
	}
	wire_read(err ? &h->err : &h->out, bytes, (size_t)n, err ? err_line : out_line, h);
	return (size_t)n;
}

void host_hear(struct host *h, bool err)
{
	read_some(h, err);
	log_flush(&h->log);
}

/* What is in the pipes, when the other end may still be held open by somebody. */
static void drain(struct host *h)
{
	for (int err = 1; err >= 0; err--) {
		size_t total = 0, n;

		do {
			n = read_some(h, err);
			total += n;
		} while (n && total < HOST_DRAIN_MAX);
	}
	wire_end(&h->err, err_line, h);
	wire_end(&h->out, out_line, h);
	log_flush(&h->log);
}

/* ---- time ---- */

void host_stop(struct host *h, enum host_stop why, long long kill_in_ms)
{
	long long kill_ms = h->shared->now_ms + kill_in_ms;

	if (h->child.pid < 0 || h->exited)
		return;
	if (h->stop == STOP_NONE) {
		h->stop = why;
		child_signal(&h->child, kill_in_ms ? SIGTERM : SIGKILL);
	}
	if (!h->kill_ms || (!h->kills && kill_ms < h->kill_ms))
		h->kill_ms = kill_ms;
}

static void earlier(long long *next_ms, long long at_ms)
{
	if (at_ms && at_ms < *next_ms)
		*next_ms = at_ms;
}

/* Whether what was sent has been read: ssh does that in a session only. */
static bool is_read(const struct host *h)
{
	int unread;

	return !host_unsent(h) && ioctl(h->child.in, FIONREAD, &unread) == 0 && !unread;
}

/* What doesn't begin may wait for the end of its input. */
static void check_begin(struct host *h, long long *next_ms)
{
	long long now_ms = h->shared->now_ms;

	if (h->result.begun || h->child.in < 0)
		return;
	if (is_read(h))
		earlier(&h->begin_ms, now_ms + HOST_IDLE_MS);
	else
		earlier(next_ms, now_ms + 1000); /* to look again */
	if (now_ms >= h->begin_ms)
		close_end(&h->child.in);
	else
		earlier(next_ms, h->begin_ms);
}

void host_check_time(struct host *h, long long *next_ms)
{
	long long now_ms = h->shared->now_ms;

	if (h->stop == STOP_NONE && h->deadline_ms && now_ms >= h->deadline_ms)
		host_stop(h, STOP_DEADLINE, HOST_KILL_MS);
	check_begin(h, next_ms);
	if (h->stop == STOP_NONE && h->linger_ms && now_ms >= h->linger_ms)
		host_stop(h, STOP_LINGERS, HOST_KILL_MS);
	if (h->kill_ms && now_ms >= h->kill_ms) {
		child_signal(&h->child, SIGKILL);
		h->kill_ms = now_ms + HOST_KILL_MS;
		/* Not even that: it hangs in the kernel. Nobody can wait for it. */
		if (++h->kills == HOST_KILLS) {
			h->exited = true;
			h->status = SIGKILL;
		}
	}
	if (h->stop == STOP_NONE) {
		earlier(next_ms, h->deadline_ms);
		earlier(next_ms, h->linger_ms);
	}
	earlier(next_ms, h->kill_ms);
}

const char *host_step(const struct host *h)
{
	if (h->child.pid < 0)
		return "waiting";
	if (h->again)
		return "reading again";
	if (!h->result.begun)
		return "connecting";
	return h->result.next < h->job->step_count ? h->job->steps[h->result.next].name : "ending";
}

double host_done(const struct host *h)
{
	if (h->again || !h->result.begun || !h->job->step_count)
		return 0;
	return (double)h->result.next / (double)h->job->step_count;
}

/* ---- verdicts ---- */

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text_of(const char *format, ...)
{
	struct str out = STR_INIT;
	va_list args;

	str_reserve(&out, 0);
	va_start(args, format);
	str_addv(&out, format, args);
	va_end(args);
	return out.data;
}

/* The job has its verdict. */
static bool decided(struct host *h)
{
	struct job *job = h->job;

	note_in_log(h, "%s%s%s", status_word(job->status), *job->reason ? ": " : "", job->reason);
	if (job->status == HOST_FAILED)
		log_tail(&h->log, &job->log_tail);
	job->seconds = (double)(h->shared->now_ms - h->began_ms) / 1000.0;
	return true;
}

static bool fail(struct host *h, struct result *r, const char *reason, const struct step *step, char *message)
{
	result_fail(r, h->job, reason, step, message);
	return decided(h);
}

static long long backoff_ms(long tries)
{
	long long ms = BACKOFF_MS;

	for (long i = 1; i < tries && ms < BACKOFF_MAX_MS; i++)
		ms *= 3;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

/* Whether another connection may be made in MS from now; then it will be. */
static bool wait_for(struct host *h, long long ms)
{
	h->due_ms = h->shared->now_ms + ms;
	if (h->shared->closing || (h->deadline_ms && h->due_ms >= h->deadline_ms))
		return false;
	note_in_log(h, "%s; once more in %lld s", str_text(&h->trouble), ms / 1000);
	log_again(&h->log);
	hang_up(h);
	return true;
}

/* Takes down why this connection failed. */
static enum ssh_stage take_trouble(struct host *h)
{
	struct str said = STR_INIT;
	enum ssh_stage stage;

	h->trouble_reason = ssh_reason(&h->heard, h->status, &stage, &said);
	if (strcmp(h->trouble_reason, "auth") == 0 && ssh_key_is_locked(&h->job->ssh, &said))
		h->trouble_reason = "key_file";
	set_trouble(h, &said);
	return stage;
}

static char *trouble_text(const struct host *h)
{
	if (h->attempts < 2)
		return mem_strndup(str_text(&h->trouble), h->trouble.len);
	return text_of("%s (%ld attempts)", str_text(&h->trouble), h->attempts);
}

/* The client is older than a setting that it was given, and never went on its way. */
static bool lacks_a_setting(const struct host *h)
{
	return h->heard.lacks && h->heard.lacks < h->release && !h->shared->closing;
}

/* It is called again without. */
static bool drop_settings(struct host *h)
{
	struct shared *s = h->shared;

	if (!lacks_a_setting(h))
		return false;
	if (h->heard.lacks < s->ssh_release)
		s->ssh_release = h->heard.lacks;
	h->due_ms = s->now_ms;
	h->attempts--;
	hang_up(h);
	return true;
}

/* It ended without a record. */
static bool never_began(struct host *h)
{
	enum ssh_stage stage;

	if (drop_settings(h))
		return false;
	stage = take_trouble(h);
	if (stage == SSH_BEFORE_LOGIN && h->tries < h->shared->options->retries &&
	    wait_for(h, backoff_ms(++h->tries)))
		return false;
	return fail(h, &h->result, h->trouble_reason, NULL, trouble_text(h));
}

/* The state could not be read again. */
static bool stays_lost(struct host *h, const char *why)
{
	const struct step *step = result_step(&h->first);

	return fail(h, &h->first, "lost", step,
		    text_of("the connection was lost%s%s (%s); reading the host's state again: %s",
			    step ? " at " : "", step ? step->name : "", str_text(&h->trouble), why));
}

/* A step had failed already: that is what is to be told. */
static bool lost_after_failure(struct host *h)
{
	const struct step_record *step = h->result.steps;

	while (step->result != STEP_FAILED)
		step++;
	job_warn(h->job, "the connection was lost after that");
	return fail(h, &h->result, step->reason, step->step,
		    mem_strndup(step->message, strlen(step->message)));
}

/* It began, and then there was nothing more. */
static bool lost(struct host *h)
{
	struct str said = STR_INIT;

	ssh_lost(&h->heard, h->status, &said);
	set_trouble(h, &said);
	if (h->result.failed)
		return lost_after_failure(h);
	h->first = h->result;
	result_init(&h->result, h->job, RUN_CHECK);
	h->again = true;
	h->mode = RUN_CHECK;
	if (wait_for(h, BACKOFF_MS))
		return false;
	return stays_lost(h, "no time was left for it");
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

/* Whether an apply whose state was read again is where it should be. */
static bool all_ok(const struct result *r)
{
	for (size_t i = 0; i < r->job->step_count; i++) {
		if (r->steps[i].result != STEP_OK)
			return false;
	}
	return true;
}

/* A connection in mode check, after a loss, has ended. */
static bool read_again(struct host *h)
{
	const struct run_options *options = h->shared->options;
	bool applying = options->mode == RUN_APPLY;
	struct result *r = &h->result;

	if (r->violation)
		return stays_lost(h, r->violation);
	if (!r->begun && ++h->again_tries < AGAIN_TRIES && wait_for(h, 2 * backoff_ms(h->again_tries)))
		return false;
	if (!r->begun)
		return stays_lost(h, "no answer");
	/* Still finishing its step: the lock tells. */
	if (r->failed && strcmp(r->steps[0].reason, "busy") == 0)
		return wait_for(h, AGAIN_BUSY_MS) ? false : stays_lost(h, "the host is still at work");
	if (!r->ended)
		return stays_lost(h, "lost again");
	if (applying && !all_ok(r))
		return stays_lost(h, r->failed ? "a step fails" : "not every step is done");
	result_settle(r, h->job, options->network, options->network_config, &h->shared->mask);
	if (applying)
		overlay_first(h);
	job_warn(h->job, lost_warning);
	return decided(h);
}

static bool stopped(struct host *h)
{
	const struct step *step = result_step(&h->result);
	const char *at = step ? " at " : "", *name = step ? step->name : "", *reason = "timeout";
	long seconds = h->shared->options->host_timeout_s;
	struct str said = STR_INIT;
	const char *waits = NULL;
	char *message;

	if (h->stop != STOP_INTERRUPT && !h->result.begun && !h->again)
		waits = ssh_waits(&h->heard, &said);
	if (waits) {
		set_trouble(h, &said);
		return fail(h, &h->result, waits, step, trouble_text(h));
	}
	if (h->stop == STOP_DEADLINE && !h->result.begun)
		message = text_of("the script had not begun after %ld s", seconds);
	else if (h->stop == STOP_DEADLINE)
		message = text_of("not done after %ld s%s%s", seconds, at, name);
	else if (h->stop == STOP_RUN)
		message = text_of("the run's deadline passed%s%s", at, name);
	else
		message = text_of("the run was interrupted%s%s", at, name);
	if (h->stop == STOP_INTERRUPT)
		reason = "interrupted";
	if (h->again) {
		bool over = stays_lost(h, message);

		free(message);
		return over;
	}
	return fail(h, &h->result, reason, step, message);
}

bool host_over(struct host *h)
{
	struct result *r = &h->result;
	int status = h->status;

	assert(h->exited);
	drain(h);
	h->child.pid = -1;
	if (!lacks_a_setting(h))
		note_in_log(h, WIFEXITED(status) ? "ssh ended with status %d" : "ssh was ended by signal %d",
			    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	if (h->again && (r->violation || result_complete(r) || h->stop == STOP_NONE))
		return read_again(h);
	if (r->violation)
		return fail(h, r, "protocol", result_step(r), text_of("%s", r->violation));
	if (result_complete(r)) {
		result_settle(r, h->job, h->shared->options->network, h->shared->options->network_config,
			      &h->shared->mask);
		return decided(h);
	}
	if (h->stop != STOP_NONE)
		return stopped(h);
	if (!r->begun)
		return never_began(h);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 255)
		return fail(h, r, "protocol", result_step(r),
			    text_of("the script ended with status %d before its last record",
				    WEXITSTATUS(status)));
	return lost(h);
}

void host_give_up(struct host *h)
{
	if (h->again)
		stays_lost(h, "the run was ended");
	else if (*h->trouble_reason)
		fail(h, &h->result, h->trouble_reason, NULL, trouble_text(h));
	else
		result_skip(h->job, "not started: ssh could not be started");
}
