/* A third network provider, compiled in by a test alone: all that one needs is a file like this and a line in
 * providers/table.c. */
#include "providers/network/network.h"

#include <string.h>

struct dummy_config {
	struct network_base base;
	struct text colour;
};

static const char *const colours[] = {"blue", "red", NULL};

static const struct key keys[] = {
	{"auth_key_env", KEY_ENV, offsetof(struct dummy_config, base.auth_key_env), .required = true,
	 .help = "variable"},
	{"tailnet_domain", KEY_DOMAIN, offsetof(struct dummy_config, base.tailnet_domain), .required = true,
	 .help = "domain"},
	{"colour", KEY_CHOICE, offsetof(struct dummy_config, colour), .fallback = "blue", .choices = colours,
	 .help = "colour"},
	{0},
};

static void validate(const void *config, struct diags *d)
{
	const struct dummy_config *own = config;

	if (own->colour.text && own->colour.at.source && strcmp(own->colour.text, "red") == 0)
		diag_error(d, own->colour.at, "write blue", "dummy provider: invalid config: colour is red");
}

static void check_tags(const void *config, const struct text *tags, size_t count, struct arena *arena,
		       struct diags *d)
{
	(void)config, (void)tags, (void)count, (void)arena, (void)d;
}

static const char *key_warning(const char *auth_key, bool untagged_host)
{
	(void)untagged_host;
	(void)auth_key;
	return NULL;
}

static void settings(const void *config, struct settings *out, struct arena *arena)
{
	const struct dummy_config *own = config;

	(void)arena;
	settings_add(out, "NETWORK_COLOUR", own->colour);
	settings_add(out, "NETWORK_PROVIDER", (struct text){.text = "dummy"});
}

static void node_fqdn(const void *config, const char *host_id, struct str *out)
{
	str_addf(out, "%s.%s", host_id, ((const struct network_base *)config)->tailnet_domain.text);
}

static void read_status(const void *config, const struct network_expected *want, const char *document,
			size_t len, struct network_reading *out, struct arena *arena)
{
	(void)config, (void)want, (void)document, (void)len, (void)arena;
	*out = (struct network_reading){.ok = true, .reason = "", .message = ""};
}

extern const struct network_provider dummy_provider;
const struct network_provider dummy_provider = {
	.head.id = "dummy",
	.head.summary = "a provider of the tests",
	.sample = "    dummy:\n      auth_key_env: DUMMY\n      tailnet_domain: dummy.example\n",
	.head.keys = keys,
	.head.config_size = sizeof(struct dummy_config),
	.head.validate = validate,
	.check_tags = check_tags,
	.key_warning = key_warning,
	.settings = settings,
	.ensure_installed = "dummy_install",
	.ensure_joined = "dummy_join",
	.node_fqdn = node_fqdn,
	.read_status = read_status,
};
