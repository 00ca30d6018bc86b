#include "runtime/job.h"

#include <stdlib.h>

const char *job_fqdn(const struct job *job)
{
	return job->node_fqdn ? job->node_fqdn : job->fqdn;
}

void job_free(struct job *job)
{
	free(job->message);
	free(job->node_fqdn);
	for (size_t i = 0; job->results && i < job->step_count; i++) {
		free(job->results[i].reason);
		free(job->results[i].message);
	}
	free(job->results);
	for (size_t i = 0; i < job->warning_count; i++)
		free(job->warnings[i]);
	free(job->warnings);
	free(job->log_path);
	str_free(&job->log_tail);
	job->message = NULL;
	job->node_fqdn = NULL;
	job->results = NULL;
	job->warnings = NULL;
	job->warning_count = 0;
	job->log_path = NULL;
}
