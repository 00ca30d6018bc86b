#include "compiler/config.h"

#include "compiler/manifest.h"
#include "lib/str.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A section X of a kind of providers: X.provider names the one that is used, X.providers.ID sets each up. */
struct providers {
	struct registry *registry; /* its kind is X */
	bool networks;	  /* a struct network_provider each, and the core has keys in X.providers.ID */
	struct text name; /* X.provider */
	const struct node *sections; /* the first of X.providers; NULL: none */
	const struct provider *used; /* NULL: none is named, or none has the name */
	void *config;		     /* of that one */
};

/* ---- the tables ---- */

/* "no" isn't among them: a host that isn't verified gets no auth key. */
static const char *const host_key_checkings[] = {"accept-new", "yes", NULL};
static const char *const install_methods[] = {"apt", "official", "script", "skip", NULL};

#define HOP                                                                                                  \
	"([A-Za-z0-9._][A-Za-z0-9._-]*@)?([A-Za-z0-9._][A-Za-z0-9._-]*|\\[[A-Za-z0-9:.%][A-Za-z0-9:.%]*\\])" \
	"(:[0-9]{1,5})?"

const struct key config_ssh_keys[] = {
	{"user", KEY_TEXT, offsetof(struct ssh_config, user), .fallback = "root",
	 .help = "login on the host; anyone but root needs sudo without a password",
	 .also = "username login loginuser sshuser remoteuser ansibleuser ansiblesshuser",
	 .shape = {"^[A-Za-z0-9._][A-Za-z0-9._-]*$", .number = NUMBER_PARTS}},
	{"port", KEY_INTEGER, offsetof(struct ssh_config, port), .min = 1, .max = 65535,
	 .help = "TCP port of the host's sshd; left out: ssh's own choice",
	 .also = "sshport ansibleport ansiblesshport"},
	{"privateKeyPath", KEY_PATH, offsetof(struct ssh_config, private_key_path),
	 .help = "identity file; left out: the agent and ssh's defaults",
	 .also = "key keypath keyfile identityfile identity privatekey privatekeyfile sshkey sshkeypath "
		 "sshprivatekey sshprivatekeyfile sshidentityfile ansiblesshprivatekeyfile "
		 "ansibleprivatekeyfile pem"},
	{"knownHostsFile", KEY_PATH, offsetof(struct ssh_config, known_hosts_file),
	 .help = "known_hosts file; left out: ssh's own",
	 .also = "knownhosts userknownhostsfile knownhostspath sshknownhosts",
	 .shape.unlike = SPECIAL_PATH_PATTERN "|(^|/)[Nn][Oo][Nn][Ee]$"},
	{"hostKeyChecking", KEY_CHOICE, offsetof(struct ssh_config, host_key_checking),
	 .fallback = "accept-new", .choices = host_key_checkings,
	 .help = "accept-new records an unknown host's key, yes refuses the host",
	 .also = "stricthostkeychecking hostkeycheck ansiblehostkeychecking"},
	{"connectTimeout", KEY_DURATION, offsetof(struct ssh_config, connect_timeout_s), .fallback = "10s",
	 .min = 1, .max = 600, .help = "for the connection to stand",
	 .also = "timeout connectiontimeout sshtimeout ansibletimeout ansiblesshtimeout"},
	{"jumpHost", KEY_TEXT, offsetof(struct ssh_config, jump_host),
	 .help = "[user@]host[:port], as for ssh -J",
	 .also = "proxyjump jump bastion bastionhost jumpserver sshproxyjump",
	 .shape = {"^" HOP "(," HOP ")*$", .number = NUMBER_PARTS}},
	{0},
};

/* From a digit on, without ".x" in it; COLON where there is an epoch in front. */
#define NUMBERED(colon)                                                    \
	"[0-9](([.]+[A-Za-wyz0-9_+~" colon "-]|[A-Za-z0-9_+~" colon "-])*" \
	"([.]+[A-Za-wyz0-9_+~" colon "]|[A-Za-z0-9_+~" colon "]))?"

const struct key config_docker_keys[] = {
	{"enabled", KEY_FLAG, offsetof(struct docker_config, enabled), .fallback = "true",
	 .help = "false leaves Docker out of the scripts", .also = "enable"},
	{"installMethod", KEY_CHOICE, offsetof(struct docker_config, install_method), .fallback = "apt",
	 .choices = install_methods,
	 .help = "apt: the distribution's package; official: Docker's repository; script: get.docker.com; "
		 "skip: must be there",
	 .also = "method install"},
	{"version", KEY_WORD, offsetof(struct docker_config, version), .fallback = "latest",
	 .setting = "DOCKER_VERSION", .help = "what gets installed: latest, or how the version begins",
	 .shape = {"^(latest|" NUMBERED("") "|([A-Za-z0-9._+~][A-Za-z0-9._+~-]*)?:" NUMBERED(":") ")$",
		   .number = NUMBER_PARTS}},
	{"minVersion", KEY_VERSION, offsetof(struct docker_config, min_version),
	 .setting = "DOCKER_MIN_VERSION", .help = "lowest engine version accepted"},
	{0},
};

static const struct key bootstrap_network_keys[] = {
	{"provider", KEY_TEXT, 0, .help = "must equal network.provider"},
	{0},
};

static const struct key bootstrap_keys[] = {
	{"ssh", KEY_ANYTHING, .table = config_ssh_keys, .help = "how hosts are reached"},
	{"docker", KEY_ANYTHING, .table = config_docker_keys, .help = "the container engine"},
	{"network", KEY_ANYTHING, .table = bootstrap_network_keys, .help = "repeats network.provider"},
	{"timeout", KEY_DURATION, offsetof(struct config, timeout_s), .fallback = "15m", .min = 10,
	 .max = 24 * 3600, .help = "for one host, all steps"},
	{"layout", KEY_CHOICE, offsetof(struct config, layout), .fallback = "whole", .choices = layouts,
	 .help = "whole: a complete script a host; split: what all share in steps.sh, a small file a host"},
	{0},
};

static const struct key infra_keys[] = {
	{"bootstrap", KEY_ANYTHING, .table = bootstrap_keys, .help = "how hosts are made ready"},
	{0},
};

static const struct key network_keys[] = {
	{"provider", KEY_TEXT, offsetof(struct providers, name), .required = true,
	 .help = "which network provider; see stagecraft providers"},
	{"providers", KEY_ANYTHING, .help = "a section for each provider"},
	{0},
};

const struct key config_tag_keys[] = {
	{"default_tags", KEY_TAGS, offsetof(struct config, default_tags), .help = "tags of every host",
	 .also = "tags advertisetags tag"},
	{"role_tags", KEY_TAG_MAP, offsetof(struct config, role_tags),
	 .help = "role: tags of the hosts with that role", .also = "roles tagsbyrole"},
	{"role_up_args", KEY_LIST_MAP, offsetof(struct config, role_up_args),
	 .help = "role: settings of the network's client, as in up_args, on the hosts with that role",
	 .also = "roleargs upargsbyrole", .shape.pattern = SETTING_PATTERN},
	{0},
};

static const struct key secrets_keys[] = {
	{"provider", KEY_TEXT, offsetof(struct providers, name),
	 .help = "which secrets provider; see stagecraft providers"},
	{"providers", KEY_ANYTHING, .help = "a section for each provider"},
	{0},
};

const struct config_section config_sections[] = {
	{"network", network_keys},
	{"infra.bootstrap", bootstrap_keys},
	{"infra.bootstrap.ssh", config_ssh_keys},
	{"infra.bootstrap.docker", config_docker_keys},
	{"secrets", secrets_keys},
	{NULL, NULL},
};

void config_provider_tables(enum provider_kind kind, const struct provider *p,
			    const struct key *tables[DECODE_TARGETS_MAX + 1])
{
	*tables++ = p->keys;
	if (p->more_keys)
		*tables++ = p->more_keys;
	if (kind == NETWORK_PROVIDERS)
		*tables++ = config_tag_keys;
	*tables = NULL;
}

/* ---- hints ---- */

const struct config_section *config_elsewhere(const char *id, struct arena *arena)
{
	const struct provider *network =
		id ? registry_get(provider_registry(NETWORK_PROVIDERS), id, NULL, NULL) : NULL;
	struct config_section *all = arena_alloc(arena, 3 * sizeof *all + sizeof config_sections);
	const char *path;

	network = network ? network : &network_default()->head;
	path = arena_printf(arena, "network.providers.%s", network->id);
	all[0] = (struct config_section){path, network->keys};
	all[1] = (struct config_section){path, network->more_keys ? network->more_keys : config_tag_keys};
	all[2] = (struct config_section){path, config_tag_keys};
	memcpy(all + 3, config_sections, sizeof config_sections);
	return all;
}

const char *ssh_hint(const char *name)
{
	size_t len = strlen(name);

	if (strstr(name, "password") || (len >= 4 && strcmp(name + len - 4, "pass") == 0))
		return "there are no passwords here: a key or an agent logs in, and sudo must ask for none";
	if (strcmp(name, "sudo") == 0 || str_starts(name, "become"))
		return "leave it out: anyone but root uses sudo -n";
	return str_starts(name, "ansible") ? "Ansible's variables mean nothing here" : NULL;
}

/* ---- sections ---- */

struct reader {
	struct config *config;
	struct decoder decoder;
	struct place whole; /* the file, where something is missing altogether */
};

/* Without OUT, names alone are looked at: top level, and infra. What isn't ours is passed over there, unless
 * it looks like a slip of ours. */
static void decode(struct reader *r, const struct node *n, const char *path, const struct key *keys,
		   void *out)
{
	struct decode_section section = {.targets = {{keys, out}},
					 .path = path,
					 .at = n && n->key ? n->key->at : r->whole,
					 .partial = !out,
					 .unknown = out ? UNKNOWN_IS_ERROR : UNKNOWN_IS_FOREIGN,
					 .hint = keys == config_ssh_keys ? ssh_hint : NULL};

	decode_mapping(&r->decoder, n, &section);
}

/* Where the section of the provider that is used is missing: which ones there are. */
static const char *missing_section(struct reader *r, const struct providers *all)
{
	const char *of = all->registry->kind, *id = all->used->id;

	if (!all->sections)
		return arena_printf(r->decoder.arena, "write %s.providers: {%s: {…}}", of, id);
	return arena_printf(r->decoder.arena, "%s.provider is %s, and the section under %s.providers is %s's",
			    of, id, of, diag_quote(r->decoder.diags, all->sections->key->text));
}

/* N is P's section; NULL where the one that is used has none. Others are checked as far as they go. */
static void read_provider(struct reader *r, struct providers *all, const struct provider *p,
			  const struct node *n)
{
	struct arena *arena = r->decoder.arena;
	const struct provider **config = arena_alloc(arena, p->config_size);
	struct config unused = {0};
	bool used = p == all->used;
	struct decode_section section = {
		.targets = {{p->keys, config}},
		.path = arena_printf(arena, "%s.providers.%s", all->registry->kind, p->id),
		.at = n ? n->key->at : all->name.at,
		.provider = p,
		.partial = !used,
		.missing_help = n ? NULL : missing_section(r, all),
	};
	struct decode_target *next = &section.targets[1];

	*config = p;
	if (p->more_keys)
		*next++ = (struct decode_target){p->more_keys, config};
	if (all->networks) {
		*next++ = (struct decode_target){config_tag_keys, used ? r->config : &unused};
		r->decoder.network = (const struct network_provider *)p;
	}
	decode_mapping(&r->decoder, n, &section);
	if (!used)
		return;
	all->config = config;
	if (p->validate)
		p->validate(config, r->decoder.diags);
}

/* Reads the section X of ROOT, which KEYS are of. */
static struct providers read_providers(struct reader *r, enum provider_kind kind, const struct node *root,
				       const struct key *keys)
{
	struct providers all = {.registry = provider_registry(kind), .networks = kind == NETWORK_PROVIDERS};
	const char *path = all.registry->kind;
	const struct node *section = node_get(root, path), *inside = node_get(section, "providers");
	struct str why = STR_INIT;

	decode(r, section, path, keys, &all);
	if (all.name.text) {
		all.used = registry_get(all.registry, all.name.text, NULL, &why);
		if (!all.used)
			diag_error(r->decoder.diags, all.name.at, NULL, "%s.provider: %s", path,
				   str_text(&why));
	}
	if (inside && inside->kind == NODE_MAPPING)
		all.sections = inside->first;
	else if (inside && !inside->unknown && !node_is_null(inside))
		diag_error(r->decoder.diags, inside->at, NULL, "%s.providers must be a mapping, not %s", path,
			   node_kind_name(inside));
	for (const struct node *n = all.sections; n; n = n->next) {
		const struct provider *p;

		str_clear(&why);
		p = registry_get(all.registry, n->key->text, NULL, &why);
		if (!p)
			diag_error(r->decoder.diags, n->key->at, NULL, "%s", str_text(&why));
		else if (p != all.used)
			read_provider(r, &all, p, n);
	}
	if (all.used)
		read_provider(r, &all, all.used, node_get(inside, all.used->id));
	str_free(&why);
	return all;
}

/* Packages are looked for by how their version begins: with a digit, after an epoch or none, and no number is
 * cut. */
static void check_docker_version(struct reader *r, const struct text *version)
{
	const char *colon = version->text ? strchr(version->text, ':') : NULL;
	const char *number = colon ? colon + 1 : version->text;
	const char *wild = number ? strstr(number, ".x") : NULL;
	const char *from = number && *number == 'v' ? number + 1 : number;
	size_t len = wild ? (size_t)(wild - from) : from ? strlen(from) : 0;
	const char *hint = "write latest, or how the package's version begins, such as 27.5";

	if (!number || strcmp(version->text, "latest") == 0 ||
	    (isdigit((unsigned char)*number) && !wild && !strchr(".-", number[len - 1])))
		return;
	while (len > 0 && strchr(".-", from[len - 1]))
		len--;
	if (isdigit((unsigned char)*from))
		hint = arena_printf(r->decoder.arena, "write %.*s", (int)len, from);
	diag_error(r->decoder.diags, version->at, hint,
		   "infra.bootstrap.docker.version: no package's version begins with %s",
		   diag_quote(r->decoder.diags, version->text));
}

static void read_bootstrap(struct reader *r, const struct node *n, const struct text *provider)
{
	struct text again = {0};

	decode(r, n, "infra.bootstrap", bootstrap_keys, r->config);
	decode(r, node_get(n, "ssh"), "infra.bootstrap.ssh", config_ssh_keys, &r->config->ssh);
	decode(r, node_get(n, "docker"), "infra.bootstrap.docker", config_docker_keys, &r->config->docker);
	decode(r, node_get(n, "network"), "infra.bootstrap.network", bootstrap_network_keys, &again);
	ssh_config_check(&r->config->ssh, r->decoder.diags);
	check_docker_version(r, &r->config->docker.version);
	if (again.text && provider->text && strcmp(again.text, provider->text) != 0)
		diag_error(r->decoder.diags, again.at, "leave it out, or write the same provider",
			   "infra.bootstrap.network.provider must equal network.provider (%s)",
			   diag_quote(r->decoder.diags, provider->text));
}

/* ---- roles ---- */

enum { TAGS_BY_ROLE, UP_ARGS_BY_ROLE };

static struct named_list *sorted(const struct text_lists *lists, struct arena *arena)
{
	struct named_list *all = arena_array(arena, lists->count, sizeof *all);

	for (size_t i = 0; i < lists->count; i++)
		all[i] = lists->items[i];
	str_sort(all, lists->count, sizeof *all);
	return all;
}

static const struct text_list *find_list(const char *role, const struct named_list *lists, size_t count)
{
	const struct named_list *found = role ? str_find(role, lists, count, sizeof *lists) : NULL;

	return found ? &found->list : NULL;
}

const struct text_list *config_role_tags(const struct config *config, const char *role)
{
	return find_list(role, config->by_role[TAGS_BY_ROLE], config->role_tags.count);
}

const struct text_list *config_role_up_args(const struct config *config, const char *role)
{
	return find_list(role, config->by_role[UP_ARGS_BY_ROLE], config->role_up_args.count);
}

/* What a role's hosts tell the network's client is checked as its own section's up_args are. */
static void check_role_up_args(const struct config *config, struct diags *d)
{
	const struct network_client *client = config->network->client;
	const struct text_lists *lists = &config->role_up_args;

	for (size_t i = 0; i < lists->count; i++) {
		if (client->check_up_args)
			client->check_up_args(config->network, "role_up_args", &lists->items[i].list, d);
		else
			diag_error(d, lists->items[i].list.at, "leave it out",
				   "role_up_args: the network %s has no such settings",
				   config->network->head.id);
	}
}

/* ---- the file ---- */

static const struct doc_scope infra_scope[] = {{.name = "bootstrap"}, {0}};
const struct doc_scope config_scope[] = {{.name = "network"},
					 {.name = "infra", .inside = infra_scope},
					 {.name = "secrets"},
					 {0}};

const struct key config_keys[] = {
	{"network", KEY_ANYTHING, .table = network_keys, .help = "the private network that hosts join"},
	{"infra", KEY_ANYTHING, .table = infra_keys, .help = "the hosts, and how they are made ready"},
	{"secrets", KEY_ANYTHING, .table = secrets_keys, .help = "where secrets come from and go to"},
	{0},
};

static bool read_config(struct config *out, struct source *source, const struct node *root,
			struct arena *arena, struct diags *d, bool secrets_alone)
{
	const struct node *infra = node_get(root, "infra");
	const struct node *provider = node_get(node_get(root, "network"), "provider");
	const char *id = provider ? provider->text : NULL;
	const char *slash = strrchr(source->name, '/');
	size_t folder = !slash ? 0 : slash == source->name ? 1 : (size_t)(slash - source->name);
	size_t errors = d->errors;
	struct reader r = {.config = out, .whole = {.source = source, .line = 1, .column = 1, .width = 1}};
	struct providers networks, secrets;

	*out = (struct config){.folder = arena_strndup(arena, source->name, folder)};
	r.decoder = (struct decoder){arena, d, out->folder, NULL, config_elsewhere(id, arena)};
	if (root && root->kind != NODE_MAPPING) {
		if (!root->unknown)
			diag_error(d, root->at, NULL,
				   "the file must be a mapping with the key network, not %s",
				   node_kind_name(root));
		return false;
	}
	decode(&r, root, "the file", config_keys, NULL);
	if (!secrets_alone) {
		decode(&r, infra, "infra", infra_keys, NULL);
		networks = read_providers(&r, NETWORK_PROVIDERS, root, network_keys);
		out->network = (const struct network_provider *)networks.used;
		out->network_at = networks.name.at;
		out->network_config = networks.config;
		out->by_role[TAGS_BY_ROLE] = sorted(&out->role_tags, arena);
		out->by_role[UP_ARGS_BY_ROLE] = sorted(&out->role_up_args, arena);
		if (out->network)
			check_role_up_args(out, d);
		read_bootstrap(&r, node_get(infra, "bootstrap"), &networks.name);
	}
	secrets = read_providers(&r, SECRETS_PROVIDERS, root, secrets_keys);
	out->secrets = (const struct secrets_provider *)secrets.used;
	out->secrets_config = secrets.config;
	return d->errors == errors;
}

bool config_read(struct config *out, struct source *source, const struct node *root, struct arena *arena,
		 struct diags *d)
{
	return read_config(out, source, root, arena, d, false);
}

bool config_read_secrets(struct config *out, struct source *source, const struct node *root,
			 struct arena *arena, struct diags *d)
{
	return read_config(out, source, root, arena, d, true);
}

/* ---- ssh ---- */

/* A name that goes to ssh's command line: no option, nothing for a shell (ssh hands %h and %r to
 * ProxyCommand's shell, CVE-2023-51385). */
static bool is_ssh_name(const char *text, size_t len, const char *others)
{
	return len && *text != '-' && str_is_only(text, len, others);
}

/* Of LEN bytes, behind which no digit stands. */
static bool is_port(const char *text, size_t len)
{
	long port = len <= 5 && strspn(text, "0123456789") == len ? strtol(text, NULL, 10) : 0;

	return port >= 1 && port <= 65535;
}

/* [user@]host[:port] or [user@][v6]:port, LEN bytes, behind which is a comma or the end. */
static bool is_hop(const char *text, size_t len)
{
	const char *at = memchr(text, '@', len), *stop;
	size_t rest;
	bool v6;

	if (at) {
		if (!is_ssh_name(text, (size_t)(at - text), "._-"))
			return false;
		len -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	v6 = len && *text == '[';
	stop = memchr(text, v6 ? ']' : ':', len);
	rest = stop ? len - (size_t)(stop + v6 - text) : 0;
	if (v6 ? !stop || !is_ssh_name(text + 1, len - rest - 2, ":.%")
	       : !is_ssh_name(text, len - rest, "._-"))
		return false;
	return !rest || (stop[v6] == ':' && is_port(stop + v6 + 1, rest - 1));
}

void ssh_config_check(const struct ssh_config *ssh, struct diags *d)
{
	const char *user = ssh->user.text, *hop = ssh->jump_host.text, *file = ssh->known_hosts_file.text;
	const char *slash = file ? strrchr(file, '/') : NULL;

	/* ssh takes "none" for no file at all: any key would do, each time. */
	if (file && strcasecmp(slash ? slash + 1 : file, "none") == 0)
		diag_error(d, ssh->known_hosts_file.at,
			   "name a file, or leave it out: ssh's own is taken then",
			   "ssh.knownHostsFile: with none, ssh would take any host's key each time");
	if (user && ssh->user.at.source && !is_ssh_name(user, strlen(user), "._-"))
		diag_error(d, ssh->user.at, "letters, digits and . _ - only, no '-' at its beginning",
			   "ssh.user: %s is not a login name", diag_quote(d, user));
	for (size_t len; hop; hop = hop[len] ? hop + len + 1 : NULL) {
		len = strcspn(hop, ",");
		if (!is_hop(hop, len)) {
			diag_error(d, ssh->jump_host.at, "write [user@]host[:port]",
				   "ssh.jumpHost: %s is not a jump host", diag_quote(d, ssh->jump_host.text));
			return;
		}
	}
}

bool config_is_split(const struct config *config)
{
	return config->layout.text && strcmp(config->layout.text, layouts[1]) == 0;
}

const char *config_auth_key_env(const struct config *config)
{
	return ((const struct network_base *)config->network_config)->auth_key_env.text;
}

const char *config_fqdn(const struct config *config, const char *host_id, struct arena *arena)
{
	struct str name = STR_INIT;

	if (config->network->client->node_fqdn)
		config->network->client->node_fqdn(config->network_config, host_id, &name);
	return str_keep(&name, arena);
}
