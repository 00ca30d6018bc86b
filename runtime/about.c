#include "runtime/about.h"

#include <stddef.h>

const struct about_kind about_kinds[ABOUT_COUNT] = {
	[ABOUT_HOST] = {"the host", NULL, ABOUT_HOST, false},
	[ABOUT_ADDRESS] = {"public_ip", NULL, ABOUT_HOST, false},
	[ABOUT_USER] = {"ssh.user", NULL, ABOUT_HOST, false},
	[ABOUT_PORT] = {"ssh.port, or public_ip", NULL, ABOUT_ADDRESS, false},
	[ABOUT_KEY_FILE] = {"ssh.privateKeyPath, or ssh.user", NULL, ABOUT_USER, false},
	[ABOUT_KNOWN_HOSTS] = {"ssh.knownHostsFile, or public_ip", NULL, ABOUT_ADDRESS, false},
	[ABOUT_HOST_KEY_CHECKING] = {"ssh.hostKeyChecking", NULL, ABOUT_KNOWN_HOSTS, false},
	[ABOUT_CONNECT_TIMEOUT] = {"ssh.connectTimeout, or public_ip", NULL, ABOUT_ADDRESS, false},
	[ABOUT_JUMP_HOST] = {"ssh.jumpHost", NULL, ABOUT_ADDRESS, false},
	[ABOUT_TIMEOUT] = {"infra.bootstrap.timeout", NULL, ABOUT_STEP, false},
	[ABOUT_STEP] = {"what asks for the step", NULL, ABOUT_HOST, false},
	[ABOUT_TAGS] = {"the tags that lack", NULL, ABOUT_STEP, false},
	[ABOUT_DOCKER_VERSION] = {"docker.version", "DOCKER_VERSION", ABOUT_STEP, false},
	[ABOUT_DOCKER_MIN_VERSION] = {"docker.minVersion", "DOCKER_MIN_VERSION", ABOUT_STEP, false},
	[ABOUT_AUTH_KEY_ENV] = {"auth_key_env", "NETWORK_AUTH_KEY_ENV", ABOUT_STEP, false},
	[ABOUT_DOMAIN] = {"tailnet_domain", "NETWORK_DOMAIN", ABOUT_STEP, false},
	[ABOUT_LOGIN_SERVER] = {"login_server", "NETWORK_LOGIN_SERVER", ABOUT_STEP, false},
	[ABOUT_UP_ARGS] = {"up_args, role_up_args", NULL, ABOUT_ROLE_UP_ARGS, true},
	[ABOUT_ROLE_UP_ARGS] = {"role_up_args", NULL, ABOUT_ALL_UP_ARGS, true},
	[ABOUT_ALL_UP_ARGS] = {"up_args", "NETWORK_UP_ARGS", ABOUT_STEP, false},
	[ABOUT_JOIN_TIMEOUT] = {"join_timeout", "NETWORK_JOIN_TIMEOUT_S", ABOUT_STEP, false},
	[ABOUT_INSTALL_METHOD] = {"install.method", "NETWORK_INSTALL", ABOUT_STEP, false},
	[ABOUT_MIN_VERSION] = {"install.min_version", "NETWORK_MIN_VERSION", ABOUT_STEP, false},
};
