/* What the ways of showing a review have in common. */
#ifndef REVIEW_SHOW_H
#define REVIEW_SHOW_H

#include "review/review.h"

/* "12 of 500 hosts change, 2 are added, 1 is gone"; "nothing changes on 500 hosts". */
void show_add_counts(struct str *out, const struct review *r);

/* Whether hunk number I goes on where the one before it stopped: of the same text, on the same hosts. */
bool show_goes_on(const struct review *r, size_t i);

/* "db-1, db-2, db-3", at most MAX ids (0: all), then "and 10 more". */
void show_add_ids(struct str *out, const char *const *ids, size_t count, size_t max);

#endif
