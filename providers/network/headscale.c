/* headscale, a control server of one's own for the tailscale client. https://headscale.net */
#include "providers/network/tailscale_client.h"

#include <stddef.h>
#include <string.h>

static const struct key keys[] = {
	{"tailnet_domain", KEY_DOMAIN, offsetof(struct tailscale_config, tailnet_domain),
	 .setting = "NETWORK_DOMAIN", .required = true,
	 .help = "base_domain of the server's dns section; FQDNs are {id}.{tailnet_domain}",
	 .also = "domain tailnet tailnetname magicdnssuffix basedomain"},
	{"login_server", KEY_URL, offsetof(struct tailscale_config, login_server),
	 .setting = "NETWORK_LOGIN_SERVER", .required = true, .help = "server_url of the server",
	 .also = "server serverurl controlurl controlserver url"},
	{0},
};

static const char sample[] =
	"    headscale:\n"
	"      # The NAME of the variable that holds the pre-auth key where you run stagecraft; the key itself\n"
	"      # never stands in a file. Its tags become the hosts' tags:\n"
	"      #   headscale preauthkeys create --reusable --tags tag:stagecraft,tag:db\n"
	"      auth_key_env: HEADSCALE_AUTHKEY\n"
	"      login_server: https://headscale.example.com\n"
	"      # base_domain of the server's dns section\n"
	"      tailnet_domain: tailnet.example.com\n"
	"      default_tags: [tag:stagecraft]\n";

enum { OLD_KEY = 48 /* hexadecimal digits */ };

/* Of headscale 0.28 and later. */
static const char *const key_prefixes[] = {"hskey-auth-", NULL};

static void validate(const void *config, struct diags *d)
{
	const struct tailscale_config *own = config;

	tailscale_client_validate(config, d);
	if (own->login_server.text && str_starts(own->login_server.text, "http://"))
		diag_warning(d, own->login_server.at, "use https, unless the server is on this network",
			     "login_server is not encrypted: an attacker in between could take a host over");
}

static const char *key_warning(const char *auth_key, bool untagged_host)
{
	bool old = strlen(auth_key) == OLD_KEY && strspn(auth_key, "0123456789abcdef") == OLD_KEY;

	(void)untagged_host;
	if (str_starts(auth_key, "tskey-"))
		return "the auth key is one of Tailscale's, and network.provider is headscale";
	if (!str_starts(auth_key, "hskey-auth-") && !old)
		return "the auth key doesn't begin as headscale's do (hskey-auth-), and isn't an old one of "
		       "48 hexadecimal digits; does auth_key_env name the right variable?";
	return NULL;
}

const struct network_provider headscale_provider = {
	.head.id = "headscale",
	.head.summary = "headscale: joins a tailnet of your own server; tags come from the pre-auth key",
	.client = &tailscale_client,
	.sample = sample,
	.head.keys = tailscale_client_keys,
	.head.more_keys = keys,
	.head.config_size = sizeof(struct tailscale_config),
	.head.validate = validate,
	.key_prefixes = key_prefixes,
	.key_warning = key_warning,
};
