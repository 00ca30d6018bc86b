#include "compiler/hosts.h"

#include "compiler/manifest.h"
#include "lib/str.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BYTE "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4 BYTE "([.]" BYTE "){3}"
#define IPV6 "[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*(%[A-Za-z0-9._:%-]+)?"
#define NAME "([0-9][0-9.]*[A-Za-z_-]|[A-Za-z_])[A-Za-z0-9._-]*" /* not of digits and dots alone */

const struct key host_keys[] = {
	{"id", KEY_TEXT, offsetof(struct host, id), .required = true,
	 .help = "becomes the node's host name; unique", .also = "inventoryhostname nodename",
	 .shape = {"^" LABEL_PATTERN "$", .number = NUMBER_WHOLE}},
	{"public_ip", KEY_TEXT, offsetof(struct host, public_ip), .required = true,
	 .help = "IPv4, IPv6, DNS name or ssh_config alias",
	 .also = "ip address addr host hostname ipaddress ipv4 ipv6 publicipv4 publicipv6 publicaddress "
		 "ansiblehost ansiblesshhost",
	 .shape = {.pattern = "^(" IPV4 "|" IPV6 "|" NAME ")$", .longest = 253}},
	{"name", KEY_TEXT, offsetof(struct host, name), .help = "for people; unused"},
	{"role", KEY_TEXT, offsetof(struct host, role), .help = "picks role_tags and role_up_args",
	 .also = "roles group"},
	{"tags", KEY_TAGS, offsetof(struct host, tags), .help = "network tags of this host alone",
	 .also = "tag advertisetags"},
	{"up_args", KEY_LIST, offsetof(struct host, up_args),
	 .help = "settings of the network's client, for this host alone", .also = "args extraargs",
	 .shape.pattern = SETTING_PATTERN},
	{"ssh", KEY_ANYTHING, .table = config_ssh_keys,
	 .help = "as infra.bootstrap.ssh, for this host alone"},
	{0},
};

const struct doc_scope hosts_scope[] = {{.name = "hosts"}, {0}};

/* ---- one host ---- */

/* What is written where the mistake is likely a known one; NULL for none. */
static const char *address_help(const char *text)
{
	const char *colon = strchr(text, ':');

	if (strchr(text, '@'))
		return "the login goes to ssh: {user: …}";
	if (colon && colon == strrchr(text, ':') && isdigit((unsigned char)colon[1]))
		return "the port goes to ssh: {port: …}";
	if (strchr(text, '/'))
		return "an address alone, without a prefix length or URL";
	return "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config";
}

static bool is_address(const char *text)
{
	unsigned char binary[16];
	char bare[INET6_ADDRSTRLEN];
	size_t len = strlen(text), zone = strcspn(text, "%");

	if (!len || len > 253 || *text == '-' || *text == '.' || !str_is_only(text, len, ".-_:%"))
		return false;
	if (strchr(text, ':')) {
		if (zone >= sizeof bare || (text[zone] && !text[zone + 1]))
			return false;
		memcpy(bare, text, zone);
		bare[zone] = '\0';
		return inet_pton(AF_INET6, bare, binary) == 1;
	}
	if (text[zone])
		return false;
	return strspn(text, "0123456789.") < len || inet_pton(AF_INET, text, binary) == 1;
}

static void read_host(struct host *out, const struct node *n, const struct config *config,
		      struct decoder *dec)
{
	struct decode_section section = {.targets = {{host_keys, out}},
					 .path = "host",
					 .at = n->at,
					 .unknown = UNKNOWN_IS_UNUSED,
					 .hint = ssh_hint};
	struct decode_section ssh = {.targets = {{config_ssh_keys, &out->ssh}},
				     .path = "host.ssh",
				     .at = n->at,
				     .partial = true,
				     .hint = ssh_hint};
	const struct text *id = &out->id, *ip = &out->public_ip;
	const struct network_client *client = config->network ? config->network->client : NULL;
	const struct node *own = node_get(n, "ssh");

	section.at.width = 1;
	out->node = n;
	out->ssh = config->ssh;
	decode_mapping(dec, n, &section);
	if (id->text && !str_is_label(id->text, strlen(id->text)))
		diag_error(dec->diags, id->at,
			   "small letters, digits and dashes, 63 at most, no dash at either end",
			   "id: %s is not a host name (an RFC 1123 label in lower case)",
			   diag_quote(dec->diags, id->text));
	if (id->text && config_is_split(config) && strcmp(id->text, MANIFEST_SHARED) == 0)
		diag_error(dec->diags, id->at, "give it another id, or write layout: whole",
			   "id: steps.sh is what all hosts share in layout split");
	if (ip->text && !is_address(ip->text))
		diag_error(dec->diags, ip->at, address_help(ip->text), "public_ip: %s is not an address",
			   diag_quote(dec->diags, ip->text));
	if (client && client->check_up_args)
		client->check_up_args(config->network, "up_args", &out->up_args, dec->diags);
	else if (client && out->up_args.count)
		diag_error(dec->diags, out->up_args.at, "leave it out",
			   "up_args: the network %s has no such settings", config->network->head.id);
	if (own) {
		ssh.at = own->key->at;
		decode_mapping(dec, own, &ssh);
		ssh_config_check(&out->ssh, dec->diags);
	}
}

/* ---- all of them ---- */

static int by_id(const void *a, const void *b)
{
	const struct host *x = a, *y = b;
	int order = strcmp(x->id.text ? x->id.text : "", y->id.text ? y->id.text : "");

	return order ? order : place_order(&x->id.at, &y->id.at);
}

static void check_unique(const struct hosts *hosts, struct diags *d)
{
	for (size_t i = 1, first = 0; i < hosts->count; i++) {
		const struct text *a = &hosts->items[first].id, *b = &hosts->items[i].id;

		if (a->text && b->text && strcmp(a->text, b->text) == 0)
			diag_error_of(d, DIAG_SAME_HOST, b->at, "every host needs an id of its own",
				      "id %s is taken (first in line %u)", diag_quote(d, b->text),
				      a->at.line);
		else
			first = i;
	}
}

/* What hosts may have in common: an address, a role. */
struct trait {
	const char *text;
	const struct host *host;
};

static int by_host(const void *a, const void *b)
{
	const struct trait *x = a, *y = b;

	return place_order(&x->host->node->at, &y->host->node->at);
}

static int by_text(const void *a, const void *b)
{
	const struct trait *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : by_host(a, b);
}

/* A host's address and port, as one text that is the same for the same machine: IPv6 in its shortest form,
 * IPv4 in IPv6 as IPv4, names in small letters without the root's dot. The same address behind another jump
 * host is another machine. */
static const char *endpoint_of(const struct host *host, struct arena *arena)
{
	static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	const char *address = host->public_ip.text, *zone = strchr(address, '%');
	const char *jump = host->ssh.jump_host.text ? host->ssh.jump_host.text : "";
	char *name = arena_strndup(arena, address, zone ? (size_t)(zone - address) : strlen(address));
	char shown[INET6_ADDRSTRLEN];
	unsigned char binary[16];
	size_t len = strlen(name);
	long port = host->ssh.port.value ? host->ssh.port.value : 22;

	if (inet_pton(AF_INET6, name, binary) == 1)
		name = arena_strdup(arena, memcmp(binary, mapped, sizeof mapped) == 0
						   ? inet_ntop(AF_INET, binary + 12, shown, sizeof shown)
						   : inet_ntop(AF_INET6, binary, shown, sizeof shown));
	else if (len && name[len - 1] == '.')
		name[len - 1] = '\0';
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return arena_printf(arena, "%s%s port %ld%s%s", name, zone ? zone : "", port, *jump ? " behind " : "",
			    jump);
}

/* Hosts at one address, COUNT of them, are one machine, which each of them would make its own. */
static void report_endpoint(const struct trait *same, size_t count, struct arena *arena, struct diags *d)
{
	enum { TOLD = 10 };

	for (size_t i = 1; i < count && i <= TOLD; i++)
		diag_add(d, DIAG_WARNING, DIAG_SAME_HOST, same[i].host->public_ip.at,
			 "a machine is one host: one of the addresses may be wrong",
			 "public_ip: %s is that of %s too (line %u)%s", diag_quote(d, same->text),
			 diag_quote(d, same->host->id.text), same->host->public_ip.at.line,
			 i == TOLD && count - 1 > TOLD
				 ? arena_printf(arena, ", and of %zu more", count - 1 - TOLD)
				 : "");
}

static void check_endpoints(const struct hosts *hosts, struct arena *arena, struct diags *d)
{
	struct trait *all = arena_array(arena, hosts->count + 1, sizeof *all);
	size_t count = 0;

	for (const struct host *host = hosts->items; host < hosts->items + hosts->count; host++) {
		if (host->id.text && host->public_ip.text && is_address(host->public_ip.text))
			all[count++] = (struct trait){endpoint_of(host, arena), host};
	}
	qsort(all, count, sizeof *all, by_text);
	for (size_t first = 0, next; first < count; first = next) {
		for (next = first + 1; next < count && strcmp(all[first].text, all[next].text) == 0;)
			next++;
		report_endpoint(&all[first], next - first, arena, d);
	}
}

/* A role that neither role_tags nor role_up_args names, at the first host that has it. Names that are near are looked for as
 * long as there are few such roles: hardly anybody mistypes more. */
static void check_roles(const struct hosts *hosts, const struct config *config, struct arena *arena,
			struct diags *d)
{
	enum { LOOKED_FOR = 100 };
	const struct text_lists *known = &config->role_tags;
	const char **names = arena_array(arena, known->count + 1, sizeof *names);
	struct trait *roles = arena_array(arena, hosts->count + 1, sizeof *roles);
	size_t count = 0, kept = 0;

	if (!known->count || known->open)
		return;
	for (size_t i = 0; i < known->count; i++)
		names[i] = known->items[i].name;
	for (const struct host *host = hosts->items; host < hosts->items + hosts->count; host++) {
		if (host->role.text && !config_role_tags(config, host->role.text) &&
		    !config_role_up_args(config, host->role.text))
			roles[count++] = (struct trait){host->role.text, host};
	}
	qsort(roles, count, sizeof *roles, by_text);
	for (size_t i = 0; i < count; i++) {
		if (!kept || strcmp(roles[kept - 1].text, roles[i].text) != 0)
			roles[kept++] = roles[i];
	}
	qsort(roles, kept, sizeof *roles, by_host);
	for (size_t i = 0; i < kept; i++) {
		const char *meant = i < LOOKED_FOR ? did_you_mean(roles[i].text, names) : NULL;

		diag_warning(d, roles[i].host->role.at,
			     meant ? arena_printf(arena, "did you mean %s?", diag_quote(d, meant))
				   : "its hosts get no tags by their role",
			     "role %s has no role_tags", diag_quote(d, roles[i].text));
	}
}

/* The list itself, under hosts: or bare; NULL (reported) if there's none. */
static const struct node *find_list(struct source *source, const struct node *root, struct diags *d)
{
	struct place top = {.source = source, .line = 1, .column = 1, .width = 1};
	const struct node *list = root;

	if (root && root->kind == NODE_MAPPING) {
		list = node_get(root, "hosts");
		top = root->at;
		top.width = 1;
	}
	if (!list || node_is_null(list))
		diag_error(d, list && list->key ? list->key->at : top,
			   "write hosts: and under it - {id: …, public_ip: …}", "the host list has no hosts");
	else if (list->kind != NODE_SEQUENCE && !list->unknown)
		diag_error(d, list->at, "write - {id: …, public_ip: …} for each host",
			   "the host list must be a list, not %s", node_kind_name(list));
	else if (!list->count && !list->unknown)
		diag_error(d, list->at, "write - {id: …, public_ip: …} for each host",
			   "the host list has no hosts");
	return list && list->kind == NODE_SEQUENCE ? list : NULL;
}

bool hosts_read(struct hosts *out, struct source *source, const struct node *root,
		const struct config *config, struct arena *arena, struct diags *d)
{
	size_t errors = d->errors;
	const struct node *list = find_list(source, root, d);
	const char *network = config->network ? config->network->head.id : NULL;
	struct decoder dec = {arena, d, config->folder, config->network, config_elsewhere(network, arena)};

	*out = (struct hosts){0};
	if (!list)
		return false;
	out->items = arena_array(arena, list->count, sizeof *out->items);
	for (const struct node *n = list->first; n; n = n->next) {
		if (n->kind == NODE_MAPPING)
			read_host(&out->items[out->count++], n, config, &dec);
		else if (!n->unknown)
			diag_error(d, n->at, "write {id: …, public_ip: …}",
				   "a host must be a mapping, not %s", node_kind_name(n));
	}
	qsort(out->items, out->count, sizeof *out->items, by_id);
	check_unique(out, d);
	check_endpoints(out, arena, d);
	check_roles(out, config, arena, d);
	return d->errors == errors;
}

static size_t append(struct text *to, size_t count, const struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		to[count++] = list->items[i];
	return count;
}

static void check_tags(const struct hosts *hosts, const struct config *config, struct arena *arena,
		       struct diags *d)
{
	size_t count = config->default_tags.count;
	struct text *tags;

	for (size_t i = 0; i < config->role_tags.count; i++)
		count += config->role_tags.items[i].list.count;
	for (size_t i = 0; i < hosts->count; i++)
		count += hosts->items[i].tags.count;
	tags = arena_array(arena, count, sizeof *tags);
	count = append(tags, 0, &config->default_tags);
	for (size_t i = 0; i < config->role_tags.count; i++)
		count = append(tags, count, &config->role_tags.items[i].list);
	for (size_t i = 0; i < hosts->count; i++)
		count = append(tags, count, &hosts->items[i].tags);
	config->network->client->check_tags(config->network_config, tags, count, arena, d);
}

/* Hosts of one role that have none of their own are told the same, which is checked once. */
static void check_up_args(const struct hosts *hosts, const struct config *config, struct diags *d)
{
	const struct network_client *client = config->network->client;
	const struct text_lists *by_role = &config->role_up_args;
	static const struct text_list none;
	bool plain = false;

	for (const struct host *host = hosts->items; host < hosts->items + hosts->count; host++) {
		const struct text_list *of_role = config_role_up_args(config, host->role.text);

		if (host->up_args.count)
			client->check_together(config->network_config, of_role, &host->up_args, d);
		plain = plain || (!host->up_args.count && !of_role);
	}
	for (size_t i = 0; i < by_role->count; i++)
		client->check_together(config->network_config, &by_role->items[i].list, &none, d);
	if (plain)
		client->check_together(config->network_config, &none, &none, d);
}

void hosts_check_network(const struct hosts *hosts, const struct config *config, struct arena *arena,
			 struct diags *d)
{
	if (config->network->client->check_tags)
		check_tags(hosts, config, arena, d);
	if (config->network->client->check_together)
		check_up_args(hosts, config, d);
}
