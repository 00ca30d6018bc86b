/* apply and check with --from: the folder that was reviewed, before any host is contacted. */
#ifndef CLI_FROM_H
#define CLI_FROM_H

#include "cli/inputs.h"
#include "review/side.h"

/* Reads the scripts of IN's selected hosts from the folder --from, verified, to the arena of IN. Unless it is as it was compiled, and tells its hosts what the
 * two files compile to now, says why not and what to run, and returns EXIT_INVALID or EXIT_DIFFERENCE; that
 * the shell of the steps is another is only said. EXIT_DONE: OUT has exactly the selected hosts. */
int from_read(struct side *out, struct inputs *in, const struct options *o);

/* The tags that the script of H gives it, and how many, in ARENA. */
const char *const *from_tags(const struct side_host *h, size_t *count, struct arena *arena);

/* The steps that SHARED does, all of which PLAN has; of SHARED's number, in ARENA. */
const struct step *from_steps(const struct side_shared *shared, const struct plan *plan, struct arena *arena);

#endif
