#include "runtime/job.h"

#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

static const char *const step_words[] = {"", "ok", "changed", "would_change", "failed", "skipped"};

const char *step_word(enum step_result result)
{
	return step_words[result];
}

enum step_result step_result_of(const char *word)
{
	enum step_result result = STEP_SKIPPED;

	while (result != STEP_NONE && strcmp(step_words[result], word) != 0)
		result--;
	return result;
}

const char *mode_word(enum run_mode mode)
{
	return mode == RUN_APPLY ? "apply" : "check";
}

const char *status_word(enum host_status status)
{
	static const char *const words[] = {"success", "failed", "skipped"};

	return words[status];
}

enum host_outcome job_outcome(const struct job *job)
{
	if (job->status != HOST_SUCCESS)
		return job->status == HOST_FAILED ? OUTCOME_FAILED : OUTCOME_SKIPPED;
	return job->changed ? OUTCOME_CHANGED : OUTCOME_OK;
}

const char *outcome_word(enum host_outcome outcome, enum run_mode mode)
{
	static const char *const words[OUTCOMES] = {"ok", "changed", "failed", "skipped"};

	return outcome == OUTCOME_CHANGED && mode == RUN_CHECK ? "would change" : words[outcome];
}

const char *job_fqdn(const struct job *job)
{
	return job->node_fqdn ? job->node_fqdn : job->fqdn;
}

void step_records_free(struct step_record *records, size_t count)
{
	for (size_t i = 0; records && i < count; i++)
		free(records[i].message);
	free(records);
}

void warnings_add(struct warnings *w, char *text)
{
	w->texts = mem_more(w->texts, w->count, sizeof *w->texts);
	w->texts[w->count++] = text;
}

void warnings_free(struct warnings *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->texts[i]);
	free(w->texts);
	*w = (struct warnings){0};
}

void job_warn(struct job *job, const char *text)
{
	for (size_t i = 0; i < job->warnings.count; i++) {
		if (strcmp(job->warnings.texts[i], text) == 0)
			return;
	}
	if (job->warnings.count < JOB_WARNINGS_MAX)
		warnings_add(&job->warnings, mem_strndup(text, strlen(text)));
}

void job_free(struct job *job)
{
	free(job->message);
	free(job->node_fqdn);
	free(job->lacks);
	step_records_free(job->results, job->step_count);
	warnings_free(&job->warnings);
	free(job->log_path);
	str_free(&job->log_tail);
}
