#include "review/hunks.h"

bool review_make(struct review *out, const struct side *before, const struct side *after,
		 const struct plan *plan, bool with_hunks, struct problem *p)
{
	struct comparison c;

	compare_sides(&c, out, before, after, plan, p->arena);
	return !with_hunks || hunks_make(&c, p);
}
