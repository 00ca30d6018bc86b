/* What a run of apply or check leaves: a report on standard output, the files that were asked for, and the
 * command that runs again what failed. */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include "cli/options.h"
#include "lib/file.h"
#include "runtime/job.h"
#include "runtime/log.h"

struct outcome {
	const struct options *options;
	enum run_mode mode;
	struct arena *arena;
	struct log_dir logs;
	struct replace_target page; /* of --report */
	struct replace_target json; /* beside the logs, for --failed-from */
};

/* Opens what will be written, before any host is contacted. False if something of it can't be (said).
 * outcome_close() in any case. */
bool outcome_open(struct outcome *out, const struct options *o, enum run_mode mode, struct arena *arena);
void outcome_close(struct outcome *out);

/* Reports. False if a file can't be written (said). */
bool outcome_tell(const struct outcome *out, const struct job *jobs, size_t count);

#endif
