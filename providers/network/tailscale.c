/* Tailscale, with its own control servers. */
#include "providers/network/tailscale_client.h"

#include <stddef.h>
#include <string.h>

static const struct key keys[] = {
	{"tailnet_domain", KEY_DOMAIN, offsetof(struct tailscale_config, tailnet_domain),
	 .setting = "NETWORK_DOMAIN", .required = true,
	 .help = "the tailnet's DNS name; FQDNs are {id}.{tailnet_domain}",
	 .also = "domain tailnet tailnetname magicdnssuffix basedomain"},
	{"login_server", KEY_URL, offsetof(struct tailscale_config, login_server),
	 .setting = "NETWORK_LOGIN_SERVER", .help = "another control server; left out: Tailscale's",
	 .also = "server serverurl controlurl controlserver url"},
	{0},
};

static const char sample[] =
	"    tailscale:\n"
	"      # The NAME of the variable that holds the auth key where you run stagecraft; the key itself\n"
	"      # never stands in a file. Make one at https://login.tailscale.com/admin/settings/keys\n"
	"      auth_key_env: TS_AUTHKEY\n"
	"      # Your tailnet's DNS name, as on https://login.tailscale.com/admin/dns\n"
	"      tailnet_domain: mytailnet.ts.net\n"
	"      # Tags must have an owner in your tailnet's policy.\n"
	"      default_tags: [tag:stagecraft]\n"
	"      role_tags:\n"
	"        db: [tag:db]\n"
	"        app: [tag:app]\n"
	"      # install: {min_version: \"1.78.0\"}\n";

/* https://tailscale.com/kb/1277/key-prefixes; old keys have no kind */
static const char *const key_prefixes[] = {"tskey-client-", "tskey-auth-", "tskey-", NULL};

/* Attributes of OAuth client secrets: https://tailscale.com/kb/1215. */
static const char *key_warning(const char *auth_key, bool untagged_host)
{
	if (str_starts(auth_key, "hskey-"))
		return "the auth key is one of headscale's, and network.provider is tailscale";
	if (str_starts(auth_key, "tskey-api-"))
		return "the auth key is an API access token, with which no host can join; make an auth key";
	if (!str_starts(auth_key, "tskey-"))
		return "the auth key doesn't begin as Tailscale's do (tskey-auth-, tskey-client-); does "
		       "auth_key_env name the right variable?";
	if (untagged_host && str_starts(auth_key, "tskey-client-"))
		return "the auth key is an OAuth client secret, with which only hosts that have tags can "
		       "join, and a host has none: add default_tags";
	if (strstr(auth_key, "ephemeral=true"))
		return "the auth key asks for ephemeral nodes: a host that goes offline will be removed from "
		       "the tailnet";
	return NULL;
}

const struct network_provider tailscale_provider = {
	.head.id = "tailscale",
	.head.summary = "Tailscale: joins a tailnet with an auth key or an OAuth client secret",
	.client = &tailscale_client,
	.sample = sample,
	.head.keys = tailscale_client_keys,
	.head.more_keys = keys,
	.head.config_size = sizeof(struct tailscale_config),
	.head.validate = tailscale_client_validate,
	.key_prefixes = key_prefixes,
	.key_warning = key_warning,
};
