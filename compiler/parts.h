/* A script read back into what it was compiled from: its assignments, its plan, the shell of its steps. The other
 * direction is emit.h. Nothing is believed of the text: it may have been changed by hand, or be of another
 * version of stagecraft. */
#ifndef COMPILER_PARTS_H
#define COMPILER_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/str.h"

struct assignment {
	const char *name;  /* "NETWORK_TAGS" */
	const char *value; /* without its quotes */
};

struct assignments {
	struct assignment *items; /* sorted by name, each name once */
	size_t count;
};

/* A line of plan(). */
struct plan_line {
	const char *step;     /* "docker.install" */
	const char *function; /* "docker_install_apt" */
};

/* What all hosts share. */
struct shared_parts {
	struct assignments settings;
	struct plan_line *steps; /* in order */
	size_t step_count;
	const char *front; /* what steps.sh has above the settings; of a whole script, a blank line */
	size_t front_len;
	const char *shell; /* of the steps, and the frame around it: all the rest of the text */
	size_t shell_len;
};

/* How many bytes of a whole script, LEN bytes of TEXT, are the host's own; what follows is shared. 0: it isn't
 * one that stagecraft wrote. */
size_t parts_own_len(const char *text, size_t len);

/* Reads the host's own part: of a whole script, or its file in a split folder. Texts live in ARENA. Returns
 * false, and OUT is empty, if it holds anything but comments, blank lines, quoted assignments and what reads the
 * shared file, or assigns a name twice. */
bool parts_read_own(struct assignments *out, const char *text, size_t len, struct arena *arena);

/* Appends what else the own part of host ID has, with "ID" where it is named. */
void parts_add_frame(struct str *out, const char *text, size_t len, const char *id);

/* Reads the part that hosts share, of a whole script or steps.sh. Texts live in ARENA, FRONT in TEXT. Returns
 * false, and OUT is empty, if no plan is found in it, or a name is assigned twice. */
bool parts_read_shared(struct shared_parts *out, const char *text, size_t len, struct arena *arena);

/* The value of NAME; NULL if it isn't assigned. */
const char *assignments_get(const struct assignments *a, const char *name);

#endif
