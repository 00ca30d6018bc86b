#include "runtime/session.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/file.h"
#include "runtime/report.h"

void event_begin(struct str *line, const char *name, const char *id)
{
	str_addf(line, "{\"event\":\"%s\",\"host\":\"%s\"", name, id);
}

void event_end(struct str *line, struct shared *shared)
{
	FILE *to = shared->options->events;

	if (to && !shared->deaf)
		shared->deaf = fprintf(to, "%s}\n", str_text(line)) < 0 || fflush(to) != 0;
	str_free(line);
}

/* ---- connecting and sending ---- */

void session_init(struct session *s, struct shared *shared, struct job *job, struct log *log, bool again)
{
	*s = (struct session){.shared = shared, .job = job, .log = log, .again = again};
	s->child = (struct child){.pid = -1, .in = -1, .out = -1, .err = -1};
	verdict_init(&s->verdict, job, again ? RUN_CHECK : shared->options->mode, &shared->mask);
}

int session_start(struct session *s, long long deadline_ms)
{
	const char *ssh = s->shared->options->ssh ? s->shared->options->ssh : "ssh";
	struct arena arena = ARENA_INIT;
	int error;

	verdict_free(&s->verdict);
	session_init(s, s->shared, s->job, s->log, s->again);
	s->verdict.have_key = s->shared->key_line.len > 0;
	s->release = s->shared->ssh_release;
	s->step_ms = s->shared->now_ms;
	s->due_ms[DUE_DEADLINE] = deadline_ms;
	s->due_ms[DUE_BEGIN] = s->step_ms + SESSION_BEGIN_MS;
	error = child_start(&s->child, s->shared->ssh, ssh_arguments(ssh, &s->job->ssh, s->release, &arena),
			    s->shared->environment);
	arena_free(&arena);
	if (error)
		return error;
	str_add(&s->prelude, "{ set +ax; }\nunset STAGECRAFT_RUN STAGECRAFT_MODE STAGECRAFT_KEY\n");
	str_addf(&s->prelude,
		 "STAGECRAFT_RUN='%s'\nSTAGECRAFT_MODE='%s'\nSTAGECRAFT_KEY='%s'\nSTAGECRAFT_RENAME='%s'\n",
		 s->job->run, mode_word(s->verdict.mode), s->verdict.have_key ? "yes" : "",
		 s->shared->options->rename ? "yes" : "");
	s->unsent[PART_PRELUDE] = (struct iovec){s->prelude.data, s->prelude.len};
	s->unsent[PART_HEAD] = (struct iovec){(void *)s->job->head, s->job->head_len};
	s->unsent[PART_TAIL] = (struct iovec){(void *)s->job->tail, s->job->tail_len};
	session_send(s);
	return 0;
}

void session_close(struct session *s)
{
	child_close(&s->child);
	str_free(&s->prelude);
	ssh_hearing_free(&s->heard);
	log_flush(s->log);
}

size_t session_unsent(const struct session *s)
{
	size_t total = 0;

	for (int i = 0; i < PARTS; i++)
		total += s->unsent[i].iov_len;
	return total;
}

/* N bytes have been sent. */
static void count_sent(struct session *s, size_t n)
{
	for (int i = 0; i < PARTS; i++) {
		struct iovec *part = &s->unsent[i];
		size_t sent = n < part->iov_len ? n : part->iov_len;

		*part = (struct iovec){(char *)part->iov_base + sent, part->iov_len - sent};
		n -= sent;
	}
	s->job->key_sent = s->job->key_sent || s->verdict.asked;
}

void session_send(struct session *s)
{
	while (s->child.in >= 0 && session_unsent(s)) {
		ssize_t n = writev(s->child.in, s->unsent, PARTS);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		/* Mostly EPIPE: it ended, or reads no more. Why, its other streams and its status tell. */
		if (n < 0)
			break;
		count_sent(s, (size_t)n);
	}
	if (session_unsent(s) || !verdict_may_ask(&s->verdict))
		file_close(&s->child.in);
}

/* ---- hearing ---- */

/* Judged as it came, shown without the key. */
static void hear_noise(struct session *s, const char *line, size_t len, bool cut, bool out)
{
	struct str masked = STR_INIT;

	ssh_hear(&s->heard, line, len, out, s->verdict.begun);
	if (s->shared->mask.count) {
		mask_add(&s->shared->mask, &masked, line, len);
		line = str_text(&masked);
		len = masked.len;
	}
	log_add(s->log, line, len, cut);
	progress_said(&s->shared->progress, s->job->id, line, len);
	str_free(&masked);
}

/* Somebody has to do something before the host lets us in: they can, while it waits. */
static void tell_waits(struct session *s)
{
	struct str said = STR_INIT, masked = STR_INIT, note = STR_INIT;

	if (!s->again && ssh_waits(&s->heard, &said)) {
		mask_add(&s->shared->mask, &masked, str_text(&said), said.len);
		str_add_visible(&note, str_text(&masked), masked.len, 512);
		progress_note(&s->shared->progress, "%s: %s", s->job->id, str_text(&note));
		s->due_ms[DUE_BEGIN] = LLONG_MAX;
	}
	str_wipe(&said);
	str_free(&masked);
	str_free(&note);
}

static void hear_step(struct session *s)
{
	const struct step_record *step = &s->verdict.steps[s->verdict.next - 1];
	struct str event = STR_INIT, visible = STR_INIT;

	str_add_visible(&visible, step->message, strlen(step->message), 1024);
	log_note(s->log, "%s: %s%s%s %s", step->step->name, step_word(step->result),
		 *step->reason ? ": " : "", step->reason, str_text(&visible));
	event_begin(&event, s->again ? "step_again" : "step", s->job->id);
	report_add_step(&event, step);
	event_end(&event, s->shared);
	str_free(&visible);
}

static void hear_record(struct session *s, const struct record *record)
{
	struct verdict *v = &s->verdict;

	if (v->violation)
		return;
	/* Behind a part of the script, the key would be read as commands. */
	if (record->type == RECORD_ASK && session_unsent(s))
		v->violation = "it asked for the auth key before it had the script";
	if (!verdict_take(v, record)) {
		log_note(s->log, "not to be believed: %s", v->violation);
		session_stop(s, STOP_PROTOCOL, SESSION_KILL_MS);
	}
	if (record->type == RECORD_ASK && !v->violation && s->child.in >= 0) {
		log_note(s->log, "it asked for the auth key, which is sent");
		s->unsent[PART_KEY] = (struct iovec){s->shared->key_line.data, s->shared->key_line.len};
	}
	session_send(s);
	if (v->violation)
		return;
	s->shared->progress.stale = true;
	if (record->type == RECORD_STEP)
		hear_step(s);
	if (record->type == RECORD_BEGIN || record->type == RECORD_STEP)
		s->step_ms = s->shared->now_ms;
	if (record->type == RECORD_END)
		s->due_ms[DUE_LINGER] = s->shared->now_ms + SESSION_LINGER_MS;
}

static void out_line(void *context, const char *line, size_t len, bool cut)
{
	struct session *s = context;
	struct arena arena = ARENA_INIT;
	struct record record;

	record_read(&record, line, len, cut, s->job->run, &arena);
	if (record.type == RECORD_NONE) {
		hear_noise(s, line, len, cut, true);
	} else {
		if (record.noise)
			hear_noise(s, line, record.noise, false, true);
		hear_record(s, &record);
	}
	arena_free(&arena);
}

static void err_line(void *context, const char *line, size_t len, bool cut)
{
	struct session *s = context;
	const struct ssh_saying *before = s->heard.heard[VOICE_HOST].saying;

	if (ssh_chatter(&s->heard, line, len, s->verdict.begun)) {
		if (s->due_ms[DUE_BEGIN] == LLONG_MAX && s->heard.logged_in)
			s->due_ms[DUE_BEGIN] = s->shared->now_ms + SESSION_BEGIN_MS;
		return;
	}
	hear_noise(s, line, len, cut, false);
	if (s->heard.heard[VOICE_HOST].saying != before)
		tell_waits(s);
}

size_t session_hear(struct session *s, bool err)
{
	static char bytes[SESSION_READ_MAX];
	int *fd = err ? &s->child.err : &s->child.out;
	ssize_t n;

	if (*fd < 0)
		return 0;
	do {
		n = read(*fd, bytes, sizeof bytes);
	} while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
		file_close(fd);
	if (n <= 0)
		return 0;
	wire_read(err ? &s->err : &s->out, bytes, (size_t)n, err ? err_line : out_line, s);
	log_flush(s->log);
	return (size_t)n;
}

void session_end(struct session *s)
{
	/* The other end may still be held open by somebody. */
	for (int err = 1; err >= 0; err--) {
		for (size_t n = 1, total = 0; n && total < SESSION_DRAIN_MAX; total += n)
			n = session_hear(s, err);
	}
	wire_end(&s->err, err_line, s);
	wire_end(&s->out, out_line, s);
	log_flush(s->log);
	s->child.pid = -1;
}

/* ---- time ---- */

void session_stop(struct session *s, enum session_stop why, long long kill_in_ms)
{
	long long kill_ms = s->shared->now_ms + kill_in_ms;

	if (s->child.pid < 0 || s->exited)
		return;
	if (s->stop == STOP_NONE) {
		s->stop = why;
		s->due_ms[DUE_DEADLINE] = s->due_ms[DUE_LINGER] = 0;
		child_signal(&s->child, kill_in_ms ? SIGTERM : SIGKILL);
	}
	if (!s->due_ms[DUE_KILL] || (!s->kills && kill_ms < s->due_ms[DUE_KILL]))
		s->due_ms[DUE_KILL] = kill_ms;
}

void earlier(long long *next_ms, long long at_ms)
{
	if (at_ms && at_ms < *next_ms)
		*next_ms = at_ms;
}

/* What doesn't begin may wait for the end of its input. Whether what was sent has been read: ssh does that in a
 * session only. */
static void look_at_input(struct session *s, long long *next_ms)
{
	long long now_ms = s->shared->now_ms;
	int unread;

	if (s->verdict.begun || s->child.in < 0)
		s->due_ms[DUE_BEGIN] = 0;
	else if (!session_unsent(s) && ioctl(s->child.in, FIONREAD, &unread) == 0 && !unread)
		earlier(&s->due_ms[DUE_BEGIN], now_ms + SESSION_IDLE_MS);
	else
		earlier(next_ms, now_ms + 1000); /* to look again */
}

static void kill_child(struct session *s)
{
	child_signal(&s->child, SIGKILL);
	s->due_ms[DUE_KILL] = s->shared->now_ms + SESSION_KILL_MS;
	/* Not even that: it hangs in the kernel. Nobody can wait for it. */
	if (++s->kills == SESSION_KILLS) {
		s->exited = true;
		s->status = SIGKILL;
	}
}

/* Whether time has come for WHAT: once. */
static bool is_due(struct session *s, enum session_due what)
{
	bool due = s->due_ms[what] && s->shared->now_ms >= s->due_ms[what];

	if (due)
		s->due_ms[what] = 0;
	return due;
}

void session_check_time(struct session *s, long long *next_ms)
{
	look_at_input(s, next_ms);
	if (is_due(s, DUE_DEADLINE))
		session_stop(s, STOP_DEADLINE, SESSION_KILL_MS);
	if (is_due(s, DUE_BEGIN))
		file_close(&s->child.in);
	if (is_due(s, DUE_LINGER))
		session_stop(s, STOP_LINGERS, SESSION_KILL_MS);
	if (is_due(s, DUE_KILL))
		kill_child(s);
	for (int i = 0; i < DUES; i++)
		earlier(next_ms, s->due_ms[i]);
}

const char *session_step(const struct session *s)
{
	if (s->child.pid < 0)
		return "waiting";
	if (s->again)
		return "reading again";
	if (!s->verdict.begun)
		return "connecting";
	return s->verdict.next < s->job->step_count ? s->job->steps[s->verdict.next].name : "ending";
}

double session_done(const struct session *s)
{
	if (s->again || !s->verdict.begun || !s->job->step_count)
		return 0;
	return (double)s->verdict.next / (double)s->job->step_count;
}
