/* Tailscale, with its own control servers. */
#include "providers/tailscale_client.h"

#include <stddef.h>

static const char id[] = "tailscale";

static const struct key keys[] = {
	{"auth_key_env", KEY_ENV, offsetof(struct tailscale_config, base.auth_key_env), .required = true,
	 .help = "NAME of the variable, where stagecraft runs, that holds the auth key"},
	{"tailnet_domain", KEY_DOMAIN, offsetof(struct tailscale_config, base.tailnet_domain), .required = true,
	 .help = "the tailnet's DNS name; FQDNs are {id}.{tailnet_domain}"},
	{"login_server", KEY_URL, offsetof(struct tailscale_config, login_server),
	 .help = "another control server; left out: Tailscale's"},
	{"up_args", KEY_LIST, offsetof(struct tailscale_config, up_args), .help = "further settings of tailscale up"},
	{"join_timeout", KEY_DURATION, offsetof(struct tailscale_config, join_timeout_s), .fallback = "60s", .min = 5,
	 .max = 3600, .help = "for tailscale up"},
	{"install", KEY_TABLE, .table = tailscale_install_keys, .help = "how the client gets onto a host"},
	{0},
};

static void validate(const void *config, struct diags *d)
{
	tailscale_client_validate(id, config, d);
}

static void settings(const void *config, struct settings *out, struct arena *arena)
{
	tailscale_client_settings(id, config, out, arena);
}

static void read_status(const void *config, const struct network_expected *want, const char *document, size_t len,
			struct network_reading *out, struct arena *arena)
{
	tailscale_client_read_status(id, config, want, document, len, out, arena);
}

const struct network_provider tailscale_provider = {
	.id = id,
	.summary = "Tailscale: joins a tailnet with an auth key or an OAuth client secret",
	.keys = keys,
	.config_size = sizeof(struct tailscale_config),
	.validate = validate,
	.settings = settings,
	.ensure_installed = tailscale_client_install,
	.ensure_joined = tailscale_client_join,
	.node_fqdn = tailscale_client_fqdn,
	.read_status = read_status,
};
