#include "runtime/verdict.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/mem.h"
#include "runtime/reason.h"

void verdict_init(struct verdict *v, const struct job *job, enum run_mode mode, const struct mask *mask)
{
	*v = (struct verdict){.job = job, .mode = mode, .mask = mask};
}

void verdict_free(struct verdict *v)
{
	step_records_free(v->steps, v->job->step_count);
	warnings_free(&v->warnings);
	str_free(&v->status);
	v->steps = NULL;
}

/* ---- taking records ---- */

static char *keep(const struct verdict *v, const char *text)
{
	struct str masked = STR_INIT;
	char *kept;

	mask_add(v->mask, &masked, text, strlen(text));
	kept = mem_strndup(str_text(&masked),
			   masked.len < VERDICT_MESSAGE_MAX ? masked.len : VERDICT_MESSAGE_MAX);
	str_wipe(&masked);
	return kept;
}

static struct step_record *new_steps(const struct job *job)
{
	struct step_record *steps = mem_alloc(mem_times(job->step_count, sizeof *steps));

	for (size_t i = 0; i < job->step_count; i++) {
		steps[i] = (struct step_record){&job->steps[i], STEP_NONE, "", mem_strndup("", 0)};
	}
	return steps;
}

static const char *take_begin(struct verdict *v, const struct record *record)
{
	if (v->begun)
		return "it began twice";
	if (strcmp(record->host, v->job->id) != 0)
		return "its records are another host's";
	if (strcmp(record->mode, mode_word(v->mode)) != 0)
		return "it ran in another mode";
	v->begun = true;
	v->steps = new_steps(v->job);
	return NULL;
}

/* Whether RESULT with REASON may come now. NULL, or why not. */
static const char *check_step(const struct verdict *v, enum step_result result, const char *reason)
{
	bool check = v->mode == RUN_CHECK, pending = strcmp(reason, "pending") == 0;

	if (result == STEP_NONE)
		return "a step has an unknown result";
	if (v->failed)
		return result == STEP_SKIPPED && !*reason ? NULL : "a step ran after one that failed";
	if (result == STEP_CHANGED && check)
		return "a step changed something in mode check";
	if (result == STEP_WOULD_CHANGE && !check)
		return "a step changed nothing in mode apply";
	if (result == STEP_SKIPPED)
		return check && pending ? NULL : "a step was skipped without need";
	if (result == STEP_FAILED)
		return reason_of_script(reason) && !pending ? NULL : "a step failed for an unknown reason";
	return *reason ? "a step that didn't fail has a reason" : NULL;
}

static const char *take_step(struct verdict *v, const struct record *record)
{
	enum step_result result = step_result_of(record->result);
	struct step_record *step;
	const char *why;

	if (v->next == v->job->step_count)
		return "it reported more steps than planned";
	if (strcmp(record->step, v->job->steps[v->next].name) != 0)
		return "it reported a step out of turn";
	why = check_step(v, result, record->reason);
	if (why)
		return why;
	step = &v->steps[v->next++];
	step->result = result;
	step->reason = *record->reason ? reason_find(record->reason)->name : "";
	free(step->message);
	step->message = keep(v, record->message);
	v->failed = v->failed || result == STEP_FAILED;
	v->undone = v->undone || result != STEP_OK;
	return NULL;
}

static const char *take_fact(struct verdict *v, const struct record *record)
{
	if (strcmp(record->name, "network.status") == 0) {
		str_clear(&v->status);
		str_add(&v->status, record->value);
	} else if (strcmp(record->name, "warning") == 0 && v->warnings.count < VERDICT_WARNINGS_MAX) {
		warnings_add(&v->warnings, keep(v, record->value));
	} else if (strcmp(record->name, "changed") == 0) {
		if (v->mode == RUN_CHECK)
			return "a step changed something in mode check";
		v->changed = true;
	}
	return NULL;
}

/* The one thing that a host may ask for goes to no host that isn't joining. */
static const char *take_ask(struct verdict *v, const struct record *record)
{
	if (strcmp(record->name, "auth_key") != 0)
		return "it asked for what nobody has";
	if (v->mode != RUN_APPLY || !v->have_key)
		return "it asked for an auth key that it was not promised";
	if (v->failed || v->next == v->job->step_count || !v->job->steps[v->next].joins)
		return "it asked for the auth key out of turn";
	if (v->asked)
		return "it asked for the auth key twice";
	v->asked = true;
	return NULL;
}

static const char *take_end(struct verdict *v, const struct record *record)
{
	char count[32];

	snprintf(count, sizeof count, "%zu", v->job->step_count);
	if (v->next != v->job->step_count)
		return "it ended before its last step";
	if (strcmp(record->steps, count) != 0)
		return "it counted its steps wrongly";
	if (strcmp(record->result, v->failed ? "failed" : "success") != 0)
		return "its end contradicts its steps";
	v->ended = true;
	return NULL;
}

bool verdict_take(struct verdict *v, const struct record *record)
{
	static const char *(*const takers[])(struct verdict * v, const struct record *record) = {
		[RECORD_BEGIN] = take_begin, [RECORD_STEP] = take_step, [RECORD_FACT] = take_fact,
		[RECORD_ASK] = take_ask,     [RECORD_END] = take_end,
	};

	if (v->violation)
		return false;
	if (record->type == RECORD_BAD)
		v->violation = record->why;
	else if (v->ended)
		v->violation = "it went on after its end";
	else if (record->type != RECORD_BEGIN && !v->begun)
		v->violation = "it reported before it began";
	else
		v->violation = takers[record->type](v, record);
	return !v->violation;
}

bool verdict_may_ask(const struct verdict *v)
{
	size_t i = v->next;

	while (i < v->job->step_count && !v->job->steps[i].joins)
		i++;
	return v->mode == RUN_APPLY && v->have_key && !v->asked && !v->failed && !v->violation &&
	       i < v->job->step_count;
}

bool verdict_complete(const struct verdict *v)
{
	return v->ended && !v->violation;
}

const struct step *verdict_step(const struct verdict *v)
{
	return v->begun && v->next < v->job->step_count ? &v->job->steps[v->next] : NULL;
}

/* ---- verdicts ---- */

static void set_outcome(struct job *job, enum host_status status, const char *reason, const struct step *step,
			const char *message)
{
	job->status = status;
	job->reason = reason;
	job->error_code = reason_error_code(reason, step);
	job->step = step ? step->name : "";
	free(job->message);
	job->message = mem_strndup(message, strlen(message));
}

static void set_failed(struct job *job, const char *reason, const struct step *step, const char *message)
{
	const struct reason *known = reason_find(reason);

	set_outcome(job, HOST_FAILED, known ? known->name : "internal", step, message);
}

/* V's steps and warnings become JOB's. */
static void hand_over(struct verdict *v, struct job *job)
{
	step_records_free(job->results, job->step_count);
	job->results = v->steps ? v->steps : new_steps(job);
	job->changed = v->changed;
	for (size_t i = 0; i < job->step_count; i++) {
		const struct step_record *step = &job->results[i];

		job->changed = job->changed || step->result == STEP_CHANGED ||
			       step->result == STEP_WOULD_CHANGE || strcmp(step->reason, "pending") == 0;
	}
	for (size_t i = 0; i < v->warnings.count; i++)
		job_warn(job, v->warnings.texts[i]);
	v->steps = NULL;
	warnings_free(&v->warnings);
}

void verdict_fail(struct verdict *v, struct job *job, const char *reason, const struct step *step,
		  const char *message)
{
	hand_over(v, job);
	set_failed(job, reason, step, message);
}

void verdict_skip(struct job *job, const char *message)
{
	hand_over(&(struct verdict){0}, job);
	set_outcome(job, HOST_SKIPPED, "not_started", NULL, message);
}

/* Which tags lack, for the places that give them. */
static void keep_lacks(struct job *job, const struct network_reading *reading)
{
	if (!reading->lacks || !job->want.tag_count)
		return;
	free(job->lacks);
	job->lacks = mem_alloc(mem_times(job->want.tag_count, sizeof *job->lacks));
	memcpy(job->lacks, reading->lacks, job->want.tag_count * sizeof *job->lacks);
}

/* The host's own status document, read here: a script that says ok at STEP is not enough. If it says that STEP
 * failed, the document may tell more. */
static void verify_network(struct verdict *v, struct job *job, const struct step *step,
			   const struct network_provider *network, const void *config)
{
	struct arena arena = ARENA_INIT;
	struct network_reading reading = {0};

	network->client->read_status(config, &job->want, str_text(&v->status), v->status.len, &reading,
				     &arena);
	keep_lacks(job, &reading);
	if (v->failed) {
		arena_free(&arena);
		return;
	}
	for (size_t i = 0; i < reading.warning_count; i++)
		warnings_add(&v->warnings, keep(v, reading.warnings[i]));
	if (reading.fqdn) {
		free(job->node_fqdn);
		job->node_fqdn = keep(v, reading.fqdn);
	}
	if (!reading.ok) {
		char *message = keep(v, reading.message ? reading.message : "");

		set_failed(job, reading.reason ? reading.reason : "", step, message);
		free(message);
	}
	arena_free(&arena);
}

void verdict_settle(struct verdict *v, struct job *job, const struct network_provider *network,
		    const void *config)
{
	assert(verdict_complete(v) || v->failed);
	set_outcome(job, HOST_SUCCESS, "", NULL, "");
	for (size_t i = 0; i < v->next; i++) {
		const struct step_record *heard = &v->steps[i];

		if (heard->result == STEP_FAILED)
			set_failed(job, heard->reason, heard->step, heard->message);
		/* A check that can't judge this step yet has no status to show either. */
		if (!heard->step->verifies || (v->failed && !v->status.len) ||
		    (v->mode == RUN_CHECK && heard->result != STEP_OK && !v->failed))
			continue;
		assert(network);
		verify_network(v, job, heard->step, network, config);
	}
	hand_over(v, job);
}
