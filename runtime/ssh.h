/* The system's ssh: how it's called, and what it says when it fails.
 *
 * The user's ssh_config, agent, known_hosts and jump hosts are honoured; what could hang (a prompt, a
 * terminal) or do more than asked (forwardings, local and remote commands) is switched off. Texts are those
 * of OpenSSH 7.6 to 10. */
#ifndef RUNTIME_SSH_H
#define RUNTIME_SSH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/str.h"
#include "runtime/job.h"

/* The argument vector, ending with NULL, for a shell on TO that reads a script from its standard input as
 * root. NAME is argv[0]. In ARENA. */
char **ssh_arguments(const char *name, const struct ssh_target *to, struct arena *arena);

enum ssh_stage {
	SSH_BEFORE_LOGIN, /* trying again is harmless, and may help */
	SSH_REFUSED,	  /* it would end the same way again */
	SSH_AFTER_LOGIN,
};

/* What was heard on a connection beside records. Zeroed: nothing. */
struct ssh_hearing {
	int rank;	    /* of the line below; the highest wins */
	const char *reason; /* constant */
	enum ssh_stage stage;
	struct str line;
	struct str last; /* the last line that wasn't empty */
	size_t lines;	 /* looked at; there is a limit */
};

/* A line of standard error, or of noise on standard output: capped, copied. Once the script has BEGUN, its
 * own commands speak too, and only the last line may be ssh's. */
void ssh_hear(struct ssh_hearing *h, const char *line, size_t len, bool begun);
void ssh_hearing_free(struct ssh_hearing *h);

/* Why there was no record, with the status that ssh ended with (as of waitpid(2)): the reason, of
 * docs/errors.md, and in MESSAGE what ssh or the host said, if anything; raw. */
const char *ssh_reason(const struct ssh_hearing *h, int status, enum ssh_stage *stage, struct str *message);

/* How the connection of a script that had begun was lost: appends ssh's own words, if the last line is known
 * to be those. */
void ssh_lost(const struct ssh_hearing *h, int status, struct str *message);

#endif
