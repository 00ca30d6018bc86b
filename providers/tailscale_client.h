/* The tailscale client, which more than one control server speaks to: its settings, its shell and its status document. The providers
 * built on it differ in their id and in a few rules. */
#ifndef PROVIDERS_TAILSCALE_CLIENT_H
#define PROVIDERS_TAILSCALE_CLIENT_H

#include "providers/network.h"

struct tailscale_config {
	struct network_base base; /* first: see network.h */
	struct text login_server;
	struct text_list up_args;
	struct number join_timeout_s;
	struct text install_method; /* auto or skip */
	struct text min_version;
	struct text version;
};

/* The functions of struct network_provider; ID begins the fixed messages and is what NETWORK_PROVIDER says. */
void tailscale_client_validate(const char *id, const struct tailscale_config *config, struct diags *d);
void tailscale_client_settings(const char *id, const struct tailscale_config *config, struct settings *out,
			       struct arena *arena);
const struct shell_part *tailscale_client_install(void);
const struct shell_part *tailscale_client_join(void);
void tailscale_client_fqdn(const void *config, const char *host_id, struct str *out);
void tailscale_client_read_status(const char *id, const struct tailscale_config *config, const struct network_expected *want,
				  const char *document, size_t len, struct network_reading *out, struct arena *arena);

/* The table of network.providers.<id>.install. */
extern const struct key tailscale_install_keys[];

/* The name of the tailnet that a domain stands for: what is before its first dot (decision 1 of the specification). In ARENA. */
const char *tailscale_tailnet_of(const char *domain, struct arena *arena);

#endif
