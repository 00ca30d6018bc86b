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

/* The functions of struct network_provider, for a config that is a struct tailscale_config. */
void tailscale_client_validate(const void *config, struct diags *d);
bool tailscale_client_check_tag(const struct network_provider *self, const struct text *tag, struct diags *d);
void tailscale_client_check_tags(const void *config, const struct text *tags, size_t count,
				 struct arena *arena, struct diags *d);
void tailscale_client_settings(const void *config, struct settings *out, struct arena *arena);
void tailscale_client_fqdn(const void *config, const char *host_id, struct str *out);
void tailscale_client_read_status(const void *config, const struct network_expected *want,
				  const char *document, size_t len, struct network_reading *out,
				  struct arena *arena);

/* The keys that every provider of this client has. Those of tailnet_domain and login_server are its own. */
extern const struct key tailscale_client_keys[];

/* The name of the tailnet that a domain stands for: what is before its first dot (design.md,
 * decision 1). In ARENA. */
const char *tailscale_tailnet_of(const char *domain, struct arena *arena);

#endif
