/* What of the two files a host may fail for. */
#ifndef RUNTIME_ABOUT_H
#define RUNTIME_ABOUT_H

#include <stdbool.h>

/* What a reason may be about, as far as the two files say it. */
enum about {
	/* Of a host, its own or all hosts': job->places. */
	ABOUT_HOST, /* its own line, that of its id */
	ABOUT_ADDRESS,
	ABOUT_USER,
	ABOUT_PORT,
	ABOUT_KEY_FILE,
	ABOUT_KNOWN_HOSTS,
	ABOUT_HOST_KEY_CHECKING,
	ABOUT_CONNECT_TIMEOUT,
	ABOUT_JUMP_HOST,
	ABOUT_TIMEOUT,
	ABOUT_UP_ARGS, /* its own, its role's, all hosts' */
	ABOUT_ROLE_UP_ARGS,
	ABOUT_PLACES,

	ABOUT_STEP = ABOUT_PLACES, /* what asks for the step that failed */
	ABOUT_TAGS,		   /* all that give one that lacks */

	/* Assignments of the script: job->settings. */
	ABOUT_DOCKER_VERSION,
	ABOUT_DOCKER_MIN_VERSION,
	ABOUT_AUTH_KEY_ENV,
	ABOUT_DOMAIN,
	ABOUT_LOGIN_SERVER,
	ABOUT_ALL_UP_ARGS,
	ABOUT_JOIN_TIMEOUT,
	ABOUT_INSTALL_METHOD,
	ABOUT_MIN_VERSION,
	ABOUT_COUNT,
};

struct about_kind {
	const char *words;   /* as the configuration calls it: "ssh.port, or public_ip" */
	const char *setting; /* the assignment that it is; NULL: it's none */
	enum about
		otherwise; /* what else it may be about, where it's left out; the last of all is ABOUT_HOST */
	bool both;	   /* its lines stand beside those of the other */
};

extern const struct about_kind about_kinds[ABOUT_COUNT];

#endif
