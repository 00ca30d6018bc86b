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

/* How many hosts have a role now, and aren't new. */
struct role_count {
	const char *role;
	size_t count;
};

struct comparison {
	struct review *review; /* what comes of it */
	struct arena *arena;
	struct host_pair *hosts; /* sorted by id */
	size_t count;
	struct shared_pair **shared; /* in the order of the hosts that have them first */
	size_t shared_count;
	struct role_count *roles; /* sorted */
	size_t role_count;
	size_t old_hosts; /* of any role, or none */
};

/* Fills OUT but for its hunks, and C, in ARENA. */
void compare_sides(struct comparison *c, struct review *out, const struct side *before,
		   const struct side *after, const struct plan *plan, struct arena *arena);

/* The set of COUNT hosts of C, by their indexes there, ascending. */
struct host_set compare_set(const struct comparison *c, const size_t *hosts, size_t count);

#endif
