/* Where the two files say what a host failed for: "stagecraft.yml:9". */
#ifndef RUNTIME_SOURCES_H
#define RUNTIME_SOURCES_H

#include <stddef.h>

#include "lib/source.h"
#include "lib/str.h"
#include "runtime/job.h"

enum { SOURCES_MAX = 16 };

/* The places that JOB's outcome points at, each line once; the first is the one to look at first. Of one that
 * failed: what its reason is about, if that is written down, else what asks for the step that failed, else its
 * own line. Of any other: its own line. Returns how many; 0 where not even that is known. */
size_t sources_of(const struct job *job, struct place out[SOURCES_MAX]);

/* Appends "stagecraft.yml:9". */
void source_add_place(struct str *out, const struct place *at);

#endif
