/* A third network, compiled in by a test alone, with as little as one needs: no auth key, no domain, no tags. A
 * provider is a file like this one, its templates, and a line in providers/table.c. */
#include "providers/network/network.h"

#include <string.h>

struct dummy_config {
	struct network_base base;
	struct text colour;
};

static const char *const colours[] = {"blue", "red", NULL};

static const struct key keys[] = {
	{"colour", KEY_CHOICE, offsetof(struct dummy_config, colour), .fallback = "blue", .choices = colours,
	 .setting = "NETWORK_COLOUR", .help = "colour"},
	{0},
};

static void validate(const void *config, struct diags *d)
{
	const struct dummy_config *own = config;

	if (own->colour.text && own->colour.at.source && strcmp(own->colour.text, "red") == 0)
		diag_error(d, own->colour.at, "write blue", "dummy provider: invalid config: colour is red");
}

/* The host has to be of the colour that the config wants. */
static void read_status(const void *config, const struct network_expected *want, const char *document,
			size_t len, struct network_reading *out, struct arena *arena)
{
	const char *colour = ((const struct dummy_config *)config)->colour.text;

	(void)want, (void)arena;
	*out = (struct network_reading){.ok = true, .reason = "", .message = ""};
	if (strlen(colour) != len || memcmp(colour, document, len) != 0)
		*out = (struct network_reading){.reason = "not_joined",
						.message = "dummy provider: another colour"};
}

static const struct network_client client = {
	.ensure_installed = "dummy",
	.read_status = read_status,
};

extern const struct network_provider dummy_provider;
const struct network_provider dummy_provider = {
	.head.id = "dummy",
	.head.summary = "a network of the tests",
	.head.keys = keys,
	.head.config_size = sizeof(struct dummy_config),
	.head.validate = validate,
	.client = &client,
};
