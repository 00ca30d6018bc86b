/* A folder as it is in a revision of git, read through the program git. */
#ifndef REVIEW_GIT_H
#define REVIEW_GIT_H

#include "review/side.h"

/* The folder DIR, which need not be there now, as it is in revision REV of the repository that it is in. A
 * revision without that folder is an empty one. Returns false with *P set: no git, no repository, no such
 * revision, in git's own words. side_git_close() in any case. */
bool side_git_open(struct side_source **out, const char *dir, const char *rev, struct problem *p);
void side_git_close(struct side_source *source);

#endif
