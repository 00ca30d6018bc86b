/* What each host will be told to do: its final tags, the steps, the assignments. Everything that decides a
 * script's bytes is here. */
#ifndef COMPILER_PLAN_H
#define COMPILER_PLAN_H

#include "compiler/config.h"
#include "compiler/hosts.h"
#include "lib/arena.h"
#include "lib/step.h"
#include "templates/templates.h"

enum { PLAN_STEPS_MAX = 8, PLAN_PARTS_MAX = 8 };

/* A step that a plan may have, and the templates that it brings along. Those of the network's steps are its
 * provider's. */
struct plan_step {
	struct step step;
	size_t asked;		  /* offset in struct config of the place that asks for it; 0: none does */
	bool docker;		  /* only where Docker is wanted */
	const char *method;	  /* only with this installMethod; NULL: with any */
	const char *templates[3]; /* in the script's order, then NULL */
};

/* All of them, in the order of a plan; the last has no name. */
extern const struct plan_step plan_steps[];

struct plan_host {
	const struct host *host;
	const char *address; /* public_ip, and a port if one is set: "203.0.113.10", "[2001:db8::1]:2222" */
	const char *const *tags; /* sorted, unique */
	size_t tag_count;
	const char *
		up_args; /* its role's and its own, with blanks between; NULL: the client has no such settings */
};

struct plan {
	const struct config *config;
	struct plan_host *hosts; /* sorted by id */
	size_t host_count;
	struct step steps[PLAN_STEPS_MAX];
	size_t step_count;
	const struct shell_part *parts[PLAN_PARTS_MAX]; /* what defines their functions, in order */
	size_t part_count;
	struct settings settings; /* the same for every host, sorted by name */
};

/* The plan of checked inputs, in ARENA. Can't fail. */
void plan_make(struct plan *out, const struct config *config, const struct hosts *hosts, struct arena *arena);

/* default_tags, role_tags and the host itself: each may give a tag. */
enum { PLAN_TAG_PLACES = 3 };

/* These three lists of HOST, in this order; none is NULL. */
void plan_tag_lists(const struct config *config, const struct host *host,
		    const struct text_list *lists[PLAN_TAG_PLACES]);

/* Where HOST was given TAG: the first place in each of them. Returns how many. */
size_t plan_tag_places(const struct plan *plan, const struct plan_host *host, const char *tag,
		       struct place out[PLAN_TAG_PLACES]);

#endif
