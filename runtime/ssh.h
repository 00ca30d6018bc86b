/* The system's ssh: how it's called, and what it says when it fails.
 *
 * The user's ssh_config, agent, known_hosts and jump hosts are honoured; what could hang (a prompt, a
 * terminal), keep the script from its shell or do more than asked (forwardings, local and remote commands) is
 * switched off. Texts are those of OpenSSH 7.6 to 10; whether it had logged in, the client says itself. */
#ifndef RUNTIME_SSH_H
#define RUNTIME_SSH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/str.h"
#include "runtime/job.h"

/* Settings that came with an OpenSSH before this release are used: all there are. */
enum { SSH_RELEASE_MAX = 10000 };

/* The argument vector, ending with NULL, for a shell on TO that reads a script from its standard input as
 * root. NAME is argv[0], and what a jump host is reached by. Settings that older clients don't know are left
 * out if they came with OpenSSH RELEASE (1000 times the major, and the minor number) or a later one. In
 * ARENA. */
char **ssh_arguments(const char *name, const struct ssh_target *to, int release, struct arena *arena);

/* The release of OpenSSH that OPTION came with, if that is one of those settings; else 0. */
int ssh_release_of(const char *option);

enum ssh_stage {
	SSH_BEFORE_LOGIN, /* trying again is harmless, and may help */
	SSH_REFUSED,	  /* it would end the same way again */
	SSH_AFTER_LOGIN,
};

/* Whose words a saying is. */
enum ssh_voice {
	VOICE_SSH,   /* the client's, of the connection */
	VOICE_HOST,  /* the host's: its shell, sudo, PAM */
	VOICE_KEY,   /* the client's, of a key that it could not use: why a login fails */
	VOICE_PROXY, /* the shell's that runs a ProxyCommand */
	VOICES,
};

/* What was heard on a connection beside records. Zeroed: nothing. */
struct ssh_hearing {
	struct ssh_heard {
		const struct ssh_saying *saying; /* of the highest rank, then the first; NULL: none */
		struct str line;
	} heard[VOICES];
	bool logged_in;	 /* the client said so, or its session spoke */
	bool proxied;	 /* what it goes through (ProxyCommand, jump host) has ended */
	int lacks;	 /* the client doesn't know settings of this release; 0: none was complained of */
	struct str last; /* the last line that wasn't empty */
	size_t lines;	 /* looked at; there is a limit */
};

/* Whether LINE, of standard error, is one that ssh says of itself and that means nothing to people: taken
 * note of, to be shown nowhere. Of a login it speaks only before the script has BEGUN. */
bool ssh_chatter(struct ssh_hearing *h, const char *line, size_t len, bool begun);

/* A line of standard error, or of noise on standard OUT, where the host alone speaks: capped, copied. Once
 * the script has BEGUN, its own commands speak too, and only the last line may be ssh's. */
void ssh_hear(struct ssh_hearing *h, const char *line, size_t len, bool out, bool begun);
void ssh_hearing_free(struct ssh_hearing *h);

/* Why there was no record, with the status that ssh ended with (as of waitpid(2)): the reason, of
 * docs/errors.md, and in MESSAGE what ssh or the host said, if anything; raw. */
const char *ssh_reason(const struct ssh_hearing *h, int status, enum ssh_stage *stage, struct str *message);

/* Whether the host waits for somebody to do something before it lets us in: the reason, and in MESSAGE its
 * words; NULL if not. */
const char *ssh_waits(const struct ssh_hearing *h, struct str *message);

/* Whether TO's key file has a passphrase, which nobody can be asked for. To be asked when the host took no key:
 * ssh says nothing of it. */
bool ssh_key_is_locked(const struct ssh_target *to);

/* How the connection of a script that had begun was lost: appends ssh's own words, if the last line is known
 * to be those. */
void ssh_lost(const struct ssh_hearing *h, int status, struct str *message);

#endif
