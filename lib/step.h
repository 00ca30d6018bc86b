/* A step of a host's script. The plan lists a host's steps; the script reports them by name; the run knows by
 * them what a failure means. */
#ifndef LIB_STEP_H
#define LIB_STEP_H

#include <stdbool.h>

#include "lib/source.h"

struct step {
	const char *name;	/* "docker.install": in the script, in records, in reports */
	const char *function;	/* of shell, that does it: "docker_install_apt" */
	const char *error_code; /* of its failures, where the reason has none of its own */
	bool joins;		/* it may ask for the auth key */
	bool verifies;		/* its success is read again from the network's status */
	struct place at;	/* in stagecraft.yml, of what asks for it; no source: nothing does */
};

#endif
