/* The tailscale client, which more than one control server speaks to: its settings, its shell and its status
 * document. The providers built on it differ in their id and in a few rules. */
#ifndef PROVIDERS_NETWORK_TAILSCALE_CLIENT_H
#define PROVIDERS_NETWORK_TAILSCALE_CLIENT_H

#include "providers/network/network.h"

struct tailscale_config {
	struct network_base base;   /* first: see network.h */
	struct text tailnet_domain; /* "mytailnet.ts.net" */
	struct text login_server;
	struct text_list up_args;
	struct number join_timeout_s;
	struct text install_method; /* auto or skip */
	struct text min_version;
	struct text version;
	struct text policy_file; /* the tailnet's policy, HuJSON */
};

/* For a config that is a struct tailscale_config. */
extern const struct network_client tailscale_client;
void tailscale_client_validate(const void *config, struct diags *d);

/* The keys that every provider of this client has. Those of tailnet_domain and login_server are its own. */
extern const struct key tailscale_client_keys[];

/* Of struct network_client, for it: the settings of `tailscale up`. */
void tailscale_check_up_args(const struct network_provider *self, const char *key,
			     const struct text_list *list, struct diags *d);
void tailscale_check_together(const void *config, const struct text_list *of_role,
			      const struct text_list *of_host, struct diags *d);

/* The name of the tailnet that a domain stands for: what is before its first dot (design.md,
 * decision 1). In ARENA. */
const char *tailscale_tailnet_of(const char *domain, struct arena *arena);

#endif
