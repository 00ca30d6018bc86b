/* What each host will be told to do: its final tags, the steps, the assignments. Everything that decides a
 * script's bytes is here. */
#ifndef COMPILER_PLAN_H
#define COMPILER_PLAN_H

#include "compiler/config.h"
#include "compiler/hosts.h"
#include "lib/arena.h"

struct plan_step {
	const char *name;     /* "docker.install" */
	const char *function; /* shell function of a template: "docker_install_apt" */
};

enum { PLAN_STEPS_MAX = 8 };

struct plan_host {
	const struct host *host;
	const char *const *tags; /* sorted, unique */
	size_t tag_count;
};

struct plan {
	const struct config *config;
	struct plan_host *hosts; /* sorted by id */
	size_t host_count;
	struct plan_step steps[PLAN_STEPS_MAX];
	size_t step_count;
	struct settings settings; /* the same for every host, sorted by name */
};

/* The plan of checked inputs, in ARENA. Can't fail. */
void plan_make(struct plan *out, const struct config *config, const struct hosts *hosts, struct arena *arena);

#endif
