/* What the ways of showing a review have in common. */
#ifndef REVIEW_SHOW_H
#define REVIEW_SHOW_H

#include "review/review.h"

/* Whether hunk number I goes on where the one before it stopped: of the same text, on the same hosts. */
bool show_goes_on(const struct review *r, size_t i);

/* "db-1, db-2, db-3", at most MAX ids (0: all), then "and 10 more". */
void show_add_ids(struct str *out, const char *const *ids, size_t count, size_t max);

/* Of a line of words, what begins at AT, before END: a blank and a word that came ("+") or went ("-"). How many bytes
 * that is; 0: no such word begins here. */
size_t show_sign(const char *at, const char *end);

#endif
