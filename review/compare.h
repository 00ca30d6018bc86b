/* Two sides beside each other: the hosts that both have, and what differs of each. What review_make() is made
 * of. */
#ifndef REVIEW_COMPARE_H
#define REVIEW_COMPARE_H

#include "review/review.h"

/* What many hosts shared, and what they share now: equal pairs of texts are one of these. */
struct shared_pair {
	const struct side_shared *before, *after;
	struct setting_change *settings; /* without hosts and lists */
	size_t setting_count;
	struct step_change *steps; /* without hosts */
	size_t step_count;
	bool text_differs, shell_differs;
};

/* A host that both sides have. */
struct host_pair {
	const struct side_host *before, *after;
	const struct shared_pair *shared;
	const char *role; /* as of now; NULL: none */
	bool differs;	  /* at all */
	bool comments;	  /* in comments or order alone */
	bool unread;	  /* and one side can't be read */
};

struct comparison {
	struct review *review; /* what comes of it */
	struct arena *arena;
	struct host_pair *hosts; /* sorted by id */
	size_t count;
	struct shared_pair **shared; /* in the order of the hosts that have them first */
	size_t shared_count;
};

/* Fills OUT but for its hunks, and C, in ARENA. */
void compare_sides(struct comparison *c, struct review *out, const struct side *before,
		   const struct side *after, const struct plan *plan, struct arena *arena);

/* The set of the hosts of C that CHOSEN marks, an element each. */
struct host_set compare_set(const struct comparison *c, const bool *chosen);

#endif
