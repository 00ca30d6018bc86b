/* headscale, a control server of one's own for the tailscale client. https://headscale.net */
#include "providers/tailscale_client.h"

#include <stddef.h>
#include <string.h>

static const char id[] = "headscale";

static const struct key keys[] = {
	TAILSCALE_CLIENT_KEYS,
	{"tailnet_domain", KEY_DOMAIN, offsetof(struct tailscale_config, base.tailnet_domain),
	 .required = true,
	 .help = "base_domain of the server's dns section; FQDNs are {id}.{tailnet_domain}"},
	{"login_server", KEY_URL, offsetof(struct tailscale_config, login_server), .required = true,
	 .help = "server_url of the server"},
	{0},
};

static const char sample[] =
	"    headscale:\n"
	"      # The NAME of the variable that holds the pre-auth key where you run stagecraft; the key "
	"itself\n"
	"      # never stands in a file. Its tags become the hosts' tags:\n"
	"      #   headscale preauthkeys create --reusable --tags tag:stagecraft,tag:db\n"
	"      auth_key_env: HEADSCALE_AUTHKEY\n"
	"      login_server: https://headscale.example.com\n"
	"      # base_domain of the server's dns section\n"
	"      tailnet_domain: tailnet.example.com\n"
	"      default_tags: [tag:stagecraft]\n";

static void validate(const void *config, struct diags *d)
{
	const struct tailscale_config *own = config;

	tailscale_client_validate(id, own, d);
	if (own->login_server.text && str_starts(own->login_server.text, "http://"))
		diag_warning(d, own->login_server.at, "use https, unless the server is on this network",
			     "login_server is not encrypted: an attacker in between could take a host over");
}

static void settings(const void *config, struct settings *out, struct arena *arena)
{
	tailscale_client_settings(id, config, out, arena);
}

static void check_tags(const void *config, const struct text *tags, size_t count, struct arena *arena,
		       struct diags *d)
{
	tailscale_client_check_tags(id, config, tags, count, arena, d);
}

static const char *key_warning(const char *auth_key)
{
	return str_starts(auth_key, "tskey-")
		       ? "the auth key is one of Tailscale's, and network.provider is headscale"
		       : NULL;
}

static void read_status(const void *config, const struct network_expected *want, const char *document,
			size_t len, struct network_reading *out, struct arena *arena)
{
	tailscale_client_read_status(id, config, want, document, len, out, arena);
}

const struct network_provider headscale_provider = {
	.id = id,
	.summary = "headscale: joins a tailnet of your own server; tags come from the pre-auth key",
	.sample = sample,
	.keys = keys,
	.config_size = sizeof(struct tailscale_config),
	.validate = validate,
	.check_tags = check_tags,
	.key_warning = key_warning,
	.settings = settings,
	.ensure_installed = tailscale_client_install,
	.ensure_joined = tailscale_client_join,
	.node_fqdn = tailscale_client_fqdn,
	.read_status = read_status,
};
