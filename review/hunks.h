/* What differs, line by line: unified hunks, each distinct one once with the hosts that have it. */
#ifndef REVIEW_HUNKS_H
#define REVIEW_HUNKS_H

#include "review/compare.h"

enum {
	HUNKS_PAIRS_MAX = 100 /* pairs of texts that are compared: by hand, each file may have been changed */
};

/* Fills the hunks of C's review. What two texts differ in is said by diff(1). Returns false with *P set if
 * that can't be had. */
bool hunks_make(const struct comparison *c, struct problem *p);

#endif
