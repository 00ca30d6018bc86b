/* The settings of `tailscale up`: what may stand in up_args, in role_up_args and in a host's up_args. */
#include "providers/network/tailscale_client.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	FLAG,	/* alone, or =true, or =false */
	ROUTES, /* networks, with commas between */
	NODE,	/* of the tailnet: an address, a name, auto:any */
	MODE,	/* of netfilter */
	TEXT,
};

/* All that a config can give, as of 1.98. `tailscale up` takes no new ones any more (cmd/tailscale/cli/up.go: those
 * go to `tailscale set` alone), so an unknown one is a mistake. What a node has of them is read by
 * templates/tailscale_join.sh. */
static const struct up_setting {
	const char *name;
	enum kind kind;
} settings[] = {
	{"--accept-dns", FLAG},
	{"--accept-risk", TEXT}, /* no setting: what is accepted while others are set */
	{"--accept-routes", FLAG},
	{"--advertise-connector", FLAG},
	{"--advertise-exit-node", FLAG},
	{"--advertise-routes", ROUTES},
	{"--exit-node", NODE},
	{"--exit-node-allow-lan-access", FLAG},
	{"--netfilter-mode", MODE},
	{"--operator", TEXT},
	{"--report-posture", FLAG},
	{"--shields-up", FLAG},
	{"--snat-subnet-routes", FLAG},
	{"--ssh", FLAG},
	{"--stateful-filtering", FLAG},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* What stagecraft gives itself, or never gives. */
static const char *const refused[][2] = {
	{"--auth-key", "the key comes from auth_key_env"},
	{"--authkey", "the key comes from auth_key_env"},
	{"--client-secret", "the key comes from auth_key_env"},
	{"--client-id", "the key comes from auth_key_env"},
	{"--id-token", "the key comes from auth_key_env"},
	{"--audience", "the key comes from auth_key_env"},
	{"--hostname", "the host's id is its name"},
	{"--advertise-tags", "use default_tags, role_tags or a host's tags"},
	{"--login-server", "use login_server"},
	{"--timeout", "use join_timeout"},
	{"--reset", "it would drop settings made by hand"},
	{"--force-reauth", "it would cut the host's connections"},
	{"--json", "it changes what is read back"},
	{"--qr", "it changes what is read back"},
	{"--qr-format", "it changes what is read back"},
	{"--host-routes", "it does nothing any more: leave it out"},
	{"--unattended", "it is one of Windows"},
	{"--auto-update", "tailscale up doesn't take it, only tailscale set does"},
	{"--update-check", "tailscale up doesn't take it, only tailscale set does"},
	{"--webclient", "tailscale up doesn't take it, only tailscale set does"},
	{"--relay-server-port", "tailscale up doesn't take it, only tailscale set does"},
	{"--nickname", "tailscale up doesn't take it, only tailscale set does"},
	{NULL, NULL},
};

/* --name or --name=value, of characters that need no quoting and no splitting in the script. */
static bool is_setting(const char *text)
{
	size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	const char *value = text + name;

	if (!str_starts(text, "--") || name < 4)
		return false;
	return !*value || (*value == '=' && str_is_only(value, strlen(value), "._:/,=@%+-"));
}

/* Whether A, of LEN bytes, and B are one setting's names, however people write it: --auth_key, -authkey. */
static bool same_name(const char *a, size_t len, const char *b)
{
	const char *end = a + len;

	for (;; a++, b++) {
		while (a < end && (*a == '-' || *a == '_'))
			a++;
		b += strspn(b, "-");
		if (a == end || !*b)
			return a == end && !*b;
		if (tolower((unsigned char)*a) != *b)
			return false;
	}
}

/* The row of refused[] that ARG gives; NULL for none. */
static const char *const *refusal(const char *arg)
{
	for (size_t i = 0; *arg == '-' && refused[i][0]; i++) {
		if (same_name(arg, strcspn(arg, "= :\t"), refused[i][0]))
			return refused[i];
	}
	return NULL;
}

static size_t name_len(const char *arg)
{
	return strcspn(arg, "=");
}

static bool is_named(const char *arg, const char *name)
{
	return strlen(name) == name_len(arg) && strncmp(arg, name, name_len(arg)) == 0;
}

static const struct up_setting *find_setting(const char *arg)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (is_named(arg, settings[i].name))
			return &settings[i];
	}
	return NULL;
}

/* ---- values ---- */

/* ROUTE as the client writes it, in ARENA; NULL if it is no network. */
static const char *canonical_route(const char *route, size_t len, struct arena *arena)
{
	char *text = arena_strndup(arena, route, len), shown[INET6_ADDRSTRLEN], *slash = strchr(text, '/');
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	long most = family == AF_INET ? 32 : 128, bits = most;
	unsigned char binary[16];

	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");

		if (!digits || digits > 3 || slash[1 + digits])
			return NULL;
		bits = strtol(slash + 1, NULL, 10);
		*slash = '\0';
	}
	if (bits > most || inet_pton(family, text, binary) != 1)
		return NULL;
	for (long i = bits; i < most; i++)
		binary[i / 8] &= (unsigned char)~(0x80 >> i % 8);
	return arena_printf(arena, "%s/%ld", inet_ntop(family, binary, shown, sizeof shown), bits);
}

/* What to write instead of the list ROUTES; NULL if it is right. */
static const char *routes_help(const char *routes, struct arena *arena)
{
	for (size_t len; *routes; routes += len + (routes[len] == ',')) {
		const char *right;

		len = strcspn(routes, ",");
		right = canonical_route(routes, len, arena);
		if (!right)
			return "write networks with commas between, such as 10.0.0.0/8,fd00::/8";
		if (strcmp(right, "0.0.0.0/0") == 0 || strcmp(right, "::/0") == 0)
			return "write --advertise-exit-node for these, in an entry of its own";
		if (strlen(right) != len || strncmp(right, routes, len) != 0)
			return arena_printf(arena, "write %s", right);
		if (routes[len] && !routes[len + 1])
			return "leave out the comma at the end";
	}
	return NULL;
}

/* What to write instead of VALUE (NULL: none is given), of SETTING; NULL if it is right. */
static const char *value_help(const struct up_setting *setting, const char *value, struct arena *arena)
{
	const char *name = setting->name;

	if (setting->kind == FLAG)
		return !value || strcmp(value, "true") == 0 || strcmp(value, "false") == 0
			       ? NULL
			       : arena_printf(arena, "write %s, or %s=false", name, name);
	if (!value)
		return arena_printf(arena, "write %s=VALUE", name);
	if (setting->kind == ROUTES)
		return routes_help(value, arena);
	if (setting->kind == MODE && strcmp(value, "on") != 0 && strcmp(value, "off") != 0 &&
	    strcmp(value, "nodivert") != 0)
		return "write on, nodivert or off";
	if (setting->kind == NODE && strpbrk(value, "/,=@%+"))
		return "write an address or a name in the tailnet, or auto:any";
	return NULL;
}

/* ---- one list ---- */

struct checker {
	const char *id;	 /* the provider's */
	const char *key; /* that holds the list */
	struct diags *d;
	bool given[SETTINGS]; /* further up in the list */
};

static void wrong(struct checker *c, const struct text *arg, const char *help, const char *what)
{
	diag_error(c->d, arg->at, help, "%s provider: invalid config: %s: %s", c->id, c->key, what);
}

static void unknown(struct checker *c, const struct text *arg)
{
	const char *names[SETTINGS + 1], *meant;
	char *name = arena_strndup(c->d->arena, arg->text, name_len(arg->text));

	for (size_t i = 0; i < SETTINGS; i++)
		names[i] = settings[i].name;
	names[SETTINGS] = NULL;
	meant = did_you_mean(name, names);
	wrong(c, arg, meant ? arena_printf(c->d->arena, "did you mean %s?", meant) : NULL,
	      arena_printf(c->d->arena, "tailscale up has no setting %s", diag_quote(c->d, name)));
}

static void check_setting(struct checker *c, const struct text *arg)
{
	const struct up_setting *setting = find_setting(arg->text);
	const char *value = strchr(arg->text, '='), *help;

	if (!setting) {
		unknown(c, arg);
		return;
	}
	help = value_help(setting, value ? value + 1 : NULL, c->d->arena);
	if (help)
		wrong(c, arg, help, arena_printf(c->d->arena, "%s has no such value", setting->name));
	if (c->given[setting - settings])
		wrong(c, arg, "write it once",
		      arena_printf(c->d->arena, "%s is there already", setting->name));
	c->given[setting - settings] = true;
}

/* What follows a name is never repeated: it may be a key. So may the item behind a refused setting, which is
 * its value, as on a command line. */
void tailscale_check_up_args(const struct network_provider *self, const char *key,
			     const struct text_list *list, struct diags *d)
{
	struct checker c = {self->head.id, key, d, {false}};
	bool is_value = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct text *arg = &list->items[i];
		const char *const *no = refusal(arg->text);

		if (no)
			wrong(&c, arg, no[1], arena_printf(d->arena, "%s isn't allowed here", no[0]));
		else if (is_setting(arg->text))
			check_setting(&c, arg);
		else if (!is_value || *arg->text == '-')
			wrong(&c, arg, "write --name or --name=value, without spaces or quotes",
			      arena_printf(d->arena, "%s is not a setting", diag_quote(d, arg->text)));
		is_value = no && !strpbrk(arg->text, "= :\t");
	}
}

/* ---- together ---- */

/* The last of the lists that gives NAME something to do: neither "false" nor nothing. NULL: none does. */
static const struct text *last(const struct text_list *const lists[], size_t count, const char *name)
{
	const struct text *found = NULL;
	const char *value;

	for (size_t l = 0; l < count; l++) {
		for (size_t i = 0; lists[l] && i < lists[l]->count; i++) {
			if (is_named(lists[l]->items[i].text, name))
				found = &lists[l]->items[i];
		}
	}
	value = found ? strchr(found->text, '=') : NULL;
	return value && (!value[1] || strcmp(value, "=false") == 0) ? NULL : found;
}

void tailscale_check_together(const void *of, const struct text_list *of_role,
			      const struct text_list *of_host, struct diags *d)
{
	const struct tailscale_config *config = of;
	const struct text_list *const lists[] = {&config->up_args, of_role, of_host};
	struct checker c = {config->base.provider->id, "up_args", d, {false}};
	const struct text *uses = last(lists, 3, "--exit-node"),
			  *offers = last(lists, 3, "--advertise-exit-node"),
			  *lan = last(lists, 3, "--exit-node-allow-lan-access");

	if (uses && offers)
		wrong(&c, uses, "leave one of them out",
		      "a host can't use an exit node (--exit-node) and be one (--advertise-exit-node)");
	if (lan && !uses)
		wrong(&c, lan, "give --exit-node too",
		      "--exit-node-allow-lan-access is of use with --exit-node alone");
}
