#include "providers/network/tailscale_client.h"

#include "lib/file.h"
#include "lib/json.h"
#include "lib/suspect.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const install_methods[] = {"auto", "skip", NULL};

static const struct key install_keys[] = {
	{"method", KEY_CHOICE, offsetof(struct tailscale_config, install_method), .fallback = "auto",
	 .choices = install_methods, .setting = "NETWORK_INSTALL",
	 .help = "auto: the official install script where the client is missing; skip: never"},
	{"min_version", KEY_VERSION, offsetof(struct tailscale_config, min_version),
	 .setting = "NETWORK_MIN_VERSION", .help = "lowest version accepted"},
	{"version", KEY_VERSION, offsetof(struct tailscale_config, version), .setting = "NETWORK_VERSION",
	 .help = "what gets installed; left out: the newest"},
	{0},
};

const struct key tailscale_client_keys[] = {
	{"auth_key_env", KEY_ENV, offsetof(struct tailscale_config, base.auth_key_env), .required = true,
	 .setting = "NETWORK_AUTH_KEY_ENV",
	 .help = "NAME of the variable, where stagecraft runs, that holds the auth key",
	 .also = "authkey key preauthkey apikey token secret tskey clientsecret authkeyfile"},
	{"up_args", KEY_LIST, offsetof(struct tailscale_config, up_args), .setting = "NETWORK_UP_ARGS",
	 .help = "further settings of tailscale up", .also = "args extraargs flags upflags",
	 .shape.pattern = SETTING_PATTERN},
	{"join_timeout", KEY_DURATION, offsetof(struct tailscale_config, join_timeout_s), .fallback = "60s",
	 .min = 5, .max = 3600, .setting = "NETWORK_JOIN_TIMEOUT_S", .help = "for tailscale up",
	 .also = "timeout"},
	{"install", KEY_TABLE, .table = install_keys, .help = "how the client gets onto a host"},
	{"policy_file", KEY_PATH, offsetof(struct tailscale_config, policy_file),
	 .help = "the network's policy (HuJSON); every tag must have an owner in its tagOwners",
	 .also = "policy acl aclfile"},
	{0},
};

/* ---- config ---- */

static bool version_less(const char *a, const char *b)
{
	char *a_end, *b_end;

	for (int i = 0; i < 3; i++) {
		long x = strtol(a, &a_end, 10), y = strtol(b, &b_end, 10);

		if (x != y)
			return x < y;
		a = *a_end ? a_end + 1 : a_end;
		b = *b_end ? b_end + 1 : b_end;
	}
	return false;
}

void tailscale_client_validate(const void *of, struct diags *d)
{
	const struct tailscale_config *config = of;
	const char *id = config->base.provider->id;

	tailscale_check_up_args((const struct network_provider *)config->base.provider, "up_args",
				&config->up_args, d);
	if (config->version.text && config->min_version.text &&
	    version_less(config->version.text, config->min_version.text))
		diag_error(d, config->version.at, NULL,
			   "%s provider: invalid config: install.version %s is below install.min_version %s",
			   id, config->version.text, config->min_version.text);
}

const char *tailscale_tailnet_of(const char *domain, struct arena *arena)
{
	return arena_strndup(arena, domain, strcspn(domain, "."));
}

static void settings(const void *of, struct settings *out, struct arena *arena)
{
	const struct text *domain = &((const struct tailscale_config *)of)->tailnet_domain;

	settings_add(out, "NETWORK_TAILNET",
		     (struct text){tailscale_tailnet_of(domain->text, arena), domain->at});
}

static void node_fqdn(const void *config, const char *host_id, struct str *out)
{
	str_addf(out, "%s.%s", host_id, ((const struct tailscale_config *)config)->tailnet_domain.text);
}

/* ---- tags ---- */

/* https://tailscale.com/kb/1068/tags: a tag's name begins with a letter, then letters, digits and dashes. */
static bool is_tag_name(const char *name)
{
	size_t len = strlen(name);

	return isalpha((unsigned char)*name) && len <= 63 && str_is_only(name, len, "-");
}

static bool check_tag(const struct network_provider *self, const struct text *tag, struct diags *d)
{
	bool prefixed = str_starts(tag->text, "tag:");
	const char *name = tag->text + (strncasecmp(tag->text, "tag:", 4) == 0 ? 4 : 0);
	const char *help =
		prefixed ? "after tag: a letter, then letters, digits and dashes, 63 at most" : NULL;

	if (prefixed && is_tag_name(name))
		return true;
	if (is_tag_name(name) && !suspect_is_key(name))
		help = arena_printf(d->arena, "write tag:%s", name);
	diag_error_of(d, DIAG_TAG, tag->at, help, "%s provider: invalid config: tag %s %s", self->head.id,
		      diag_quote(d, tag->text),
		      prefixed ? "has a name that no tag can have" : "must start with tag: prefix");
	return false;
}

/* ---- the policy file ---- */

/* Behind the comment that begins at P; P itself where none does, NULL if it isn't closed. TEXT ends with a NUL
 * at END. */
static char *comment_end(char *p, char *end)
{
	char *close;

	if (p[0] == '/' && p[1] == '/')
		return (close = memchr(p, '\n', (size_t)(end - p))) ? close : end;
	if (p[0] != '/' || p[1] != '*')
		return p;
	for (close = p + 2; close < end; close++) {
		if (close[0] == '*' && close[1] == '/')
			return close + 2;
	}
	return NULL;
}

/* HuJSON (https://github.com/tailscale/hujson) is JSON with comments and trailing commas; both are
 * overwritten with blanks, so that offsets stay. TEXT has LEN bytes and a NUL. From a comment on that isn't
 * closed it stays as it is, which is no JSON. */
static void blank_hujson(char *text, size_t len)
{
	char *end = text + len, *stop, *comma = NULL; /* the last comma that follows a value */
	char before = '[';			      /* the last character that counts */

	for (char *p = text; p < end && (stop = comment_end(p, end)); p++) {
		if (stop > p) {
			for (; p < stop; p++)
				*p = *p == '\n' ? '\n' : ' ';
			p--;
			continue;
		}
		if (strchr(" \t\r\n", *p))
			continue;
		if ((*p == ']' || *p == '}') && comma)
			*comma = ' ';
		comma = *p == ',' && !strchr("[{,:", before) ? p : NULL;
		before = *p;
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\' && p + 1 < end;
		}
	}
}

/* The strings of V, an array, or the names of V, an object, as KIND says; none if it is something else. *COUNT
 * of them, in the arena. */
static const char **strings(const struct json *j, json_value v, enum json_kind kind, size_t *count,
			    struct arena *arena)
{
	bool fits = json_kind(j, v) == kind;
	const char **texts = arena_array(arena, fits ? json_count(j, v) : 0, sizeof *texts);

	*count = 0;
	for (v = fits ? json_first(j, v) : JSON_NONE; v != JSON_NONE; v = json_next(j, v)) {
		if (json_kind(j, v) == JSON_STRING)
			texts[(*count)++] = json_string(j, v, arena);
	}
	return texts;
}

/* Every tag must have an owner: a key with a tag that the policy doesn't know is refused when a host joins
 * (https://tailscale.com/kb/1068/tags). */
static void check_policy(const void *of, const struct text *tags, size_t count, struct arena *arena,
			 struct diags *d)
{
	const struct tailscale_config *config = of;
	const char *id = config->base.provider->id, *path = config->policy_file.text;
	const char *why = path ? path_refused(path) : NULL, **known;
	struct source *source = arena_alloc(arena, sizeof *source);
	struct problem problem = {.arena = arena};
	struct json policy;
	size_t owned;
	char *text;

	if (!path)
		return;
	if (why)
		problem_set(&problem, "cannot read %s: %s", path, why);
	if (why || !source_read(source, path, &problem)) {
		diag_error_of(d, DIAG_FILE, config->policy_file.at, NULL,
			      "%s provider: invalid config: policy_file: %s", id, problem.text);
		return;
	}
	source->secret = true; /* nobody knows what it is, if it is no policy */
	text = arena_strndup(arena, source->text, source->len);
	blank_hujson(text, source->len);
	if (!json_parse(&policy, text, source->len)) {
		diag_error_of(d, DIAG_SYNTAX, source_place(source, policy.wrong_at), NULL, "HuJSON: %s",
			      policy.why);
		return;
	}
	known = strings(&policy, json_get(&policy, 0, "tagOwners"), JSON_OBJECT, &owned, arena);
	str_sort(known, owned, sizeof *known);
	for (size_t i = 0; i < count; i++) {
		if (!str_find(tags[i].text, known, owned, sizeof *known))
			diag_error_of(d, DIAG_TAG, tags[i].at,
				      "give it an owner in tagOwners, or leave the tag out",
				      "%s provider: invalid config: tag %s has no owner in %s", id,
				      diag_quote(d, tags[i].text), source->name);
	}
	json_free(&policy);
}

/* ---- the status document ---- */

struct reader {
	const struct tailscale_config *config;
	const struct network_expected *want;
	struct network_reading *out;
	struct arena *arena;
	struct json json;
	json_value self;
	json_value tailnet; /* CurrentTailnet */
};

static void add_refusal(struct reader *r, const char *reason, const char *message)
{
	r->out->ok = false;
	r->out->reason = reason;
	r->out->message = arena_printf(r->arena, "%s provider: %s", r->config->base.provider->id, message);
}

static void add_warning(struct reader *r, const char *text)
{
	if (r->out->warning_count < sizeof r->out->warnings / sizeof *r->out->warnings)
		r->out->warnings[r->out->warning_count++] = text;
}

/* Of R, with a text as of printf(3). */
#define refuse(r, reason, ...) add_refusal(r, reason, arena_printf((r)->arena, __VA_ARGS__))
#define warn(r, ...) add_warning(r, arena_printf((r)->arena, __VA_ARGS__))

/* What a host said, as it may be shown: whole, for the key in it must be found before anything is cut. */
static const char *shown(struct reader *r, const char *text)
{
	struct str visible = STR_INIT;

	str_add_visible(&visible, text, strlen(text), SIZE_MAX);
	return str_keep(&visible, r->arena);
}

static const char *member(struct reader *r, json_value v, const char *name)
{
	json_value found = json_get(&r->json, v, name);

	return json_kind(&r->json, found) == JSON_STRING ? json_string(&r->json, found, r->arena) : "";
}

/* The suffix of the tailnet's names; "" while logged out. */
static const char *suffix(struct reader *r)
{
	const char *text = member(r, r->tailnet, "MagicDNSSuffix");

	return *text ? text : member(r, 0, "MagicDNSSuffix");
}

static const char *join_texts(struct reader *r, const char *const *texts, size_t count)
{
	struct str all = STR_INIT;

	for (size_t i = 0; i < count; i++)
		str_addf(&all, "%s%s", i ? "," : "", texts[i]);
	return count ? str_keep(&all, r->arena) : "none";
}

/* The name that the node joined under, which is the machine's; the network may call it otherwise. */
static const char *own_name(struct reader *r)
{
	const char *text = member(r, r->self, "HostName");
	char *name = arena_strndup(r->arena, text, strcspn(text, "."));

	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

/* Every expected tag is there, exactly so; others may be (design.md, decision 2). The document of a client of
 * before 1.34 has none. */
static void check_tags(struct reader *r)
{
	size_t count, lacking = 0;
	const char **tags =
		strings(&r->json, json_get(&r->json, r->self, "Tags"), JSON_ARRAY, &count, r->arena);
	const char *version = member(r, 0, "Version");
	bool *lacks = arena_array(r->arena, r->want->tag_count, sizeof *lacks);

	version = arena_strndup(r->arena, version, strspn(version, "0123456789."));
	str_sort(tags, count, sizeof *tags);
	for (size_t i = 0; i < r->want->tag_count; i++) {
		lacks[i] = !str_find(r->want->tags[i], tags, count, sizeof *tags);
		lacking += lacks[i];
	}
	r->out->lacks = lacks;
	if (!lacking)
		return;
	if (!count && *version && version_less(version, "1.34"))
		refuse(r, "version_too_old",
		       "installation failed: installed version %s is below minimum 1.34.0", version);
	else
		refuse(r, "tag_mismatch", "host tags %s do not match expected %s",
		       shown(r, join_texts(r, tags, count)),
		       join_texts(r, r->want->tags, r->want->tag_count));
}

/* These warnings stand in templates/tailscale_join.sh too, word for word, for those who run a script by hand;
 * the report keeps one of two equal ones. */
static void check_names(struct reader *r)
{
	const char *dns_name = member(r, r->self, "DNSName"), *domain = r->config->tailnet_domain.text;
	const char *id = r->want->host_id, *name = arena_strndup(r->arena, dns_name, strcspn(dns_name, "."));
	size_t len = strlen(id);

	if (*suffix(r) && strcmp(suffix(r), domain) != 0)
		warn(r, "the tailnet's domain is %s: names in %s do not resolve", shown(r, suffix(r)),
		     domain);
	if (str_starts(name, id) && name[len] == '-' && isdigit((unsigned char)name[len + 1]))
		warn(r, "the node is called %s: another one holds the name %s, or did when it joined",
		     shown(r, name), id);
	else if (*name && strcmp(name, id) != 0)
		warn(r, "the node is called %s in the tailnet: rename it there", shown(r, name));
	if (json_is(&r->json, json_get(&r->json, r->tailnet, "MagicDNSEnabled"), "false"))
		warn(r, "MagicDNS is off: names of nodes do not resolve");
}

/* ": " and what the client says is wrong, "; " between; "" if nothing is. One line, as it may be shown. What
 * passes by itself, or harms no connectivity, is left out: a warning of it at every run would hide the
 * others. */
static const char *health(struct reader *r)
{
	size_t count;
	const char **texts = strings(&r->json, json_get(&r->json, 0, "Health"), JSON_ARRAY, &count, r->arena);
	struct str all = STR_INIT;
	char *kept;

	for (size_t i = 0; i < count; i++) {
		if (*texts[i] && !str_starts(texts[i], "Tailscale is starting. Please") &&
		    !str_starts(texts[i], "An update from"))
			str_addf(&all, "%s%s", all.len ? "; " : ": ", texts[i]);
	}
	kept = str_keep(&all, r->arena);
	for (char *p = kept; *p; p++)
		*p = strchr("\n\r\t", *p) ? ' ' : *p;
	return shown(r, kept);
}

/* A node that can go offline by itself. Tagged nodes have no key expiry by default. */
static void check_life(struct reader *r)
{
	const char *expiry = member(r, r->self, "KeyExpiry");

	if (json_is(&r->json, json_get(&r->json, r->self, "Expired"), "true"))
		warn(r, "the node's key has expired: nothing reaches it until it has joined again");
	else if (*expiry)
		warn(r, "the node's key expires at %s: switch key expiry off for servers", shown(r, expiry));
	if (!json_is(&r->json, json_get(&r->json, r->self, "Online"), "true"))
		warn(r, "the node is offline%s", health(r));
	else if (*health(r))
		warn(r, "tailscaled says%s", health(r));
}

/* The name that it is reached by: DNSName, which ends in a dot. */
static void read_fqdn(struct reader *r)
{
	const char *name = member(r, r->self, "DNSName");
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	if (len < 254 && str_is_only(name, len, "-."))
		r->out->fqdn = arena_strndup(r->arena, name, len);
}

static void read_document(struct reader *r)
{
	const char *actual = member(r, 0, "TailnetName"), *state = member(r, 0, "BackendState");
	const char *expected = tailscale_tailnet_of(r->config->tailnet_domain.text, r->arena);
	const char *name = own_name(r);

	/* No client up to 1.98 prints TailnetName; real ones have the tailnet's DNS name as MagicDNSSuffix
	 * (design.md, decision 1). */
	if (!*actual)
		actual = tailscale_tailnet_of(suffix(r), r->arena);
	if (strcmp(state, "NeedsMachineAuth") == 0) {
		refuse(r, "needs_approval", "the host waits for its approval");
	} else if (json_is(&r->json, json_get(&r->json, 0, "HaveNodeKey"), "true") &&
		   (strcmp(state, "NoState") == 0 || (!*actual && strcmp(state, "Starting") == 0))) {
		refuse(r, "login_server", "the login server does not answer%s%s",
		       *health(r) ? "; tailscaled says" : "", health(r));
	} else if (!*actual || strcmp(state, "NeedsLogin") == 0 || strcmp(state, "NoState") == 0) {
		refuse(r, "not_joined", "the host is logged out (%s)", shown(r, state));
	} else if (strcmp(actual, expected) != 0) {
		refuse(r, "tailnet_mismatch", "host is in tailnet %s, expected %s", shown(r, actual),
		       expected);
	} else if (*name && strcmp(name, r->want->host_id) != 0) {
		refuse(r, "name_mismatch", "this machine is %s, not %s", shown(r, name), r->want->host_id);
	} else {
		read_fqdn(r);
		check_tags(r);
		check_names(r);
		check_life(r);
	}
}

static void read_status(const void *config, const struct network_expected *want, const char *document,
			size_t len, struct network_reading *out, struct arena *arena)
{
	struct reader r = {.config = config, .want = want, .out = out, .arena = arena};

	*out = (struct network_reading){.ok = true, .reason = "", .message = "", .fqdn = ""};
	if (!json_parse(&r.json, document, len)) {
		refuse(&r, "status_unreadable", "the client's status is not JSON");
		return;
	}
	r.self = json_get(&r.json, 0, "Self");
	r.tailnet = json_get(&r.json, 0, "CurrentTailnet");
	read_document(&r);
	json_free(&r.json);
}

const struct network_client tailscale_client = {
	.tag_prefix = "tag:",
	.tag_pattern = "^tag:[A-Za-z][A-Za-z0-9-]{0,62}$",
	.check_tag = check_tag,
	.check_tags = check_policy,
	.check_up_args = tailscale_check_up_args,
	.check_together = tailscale_check_together,
	.settings = settings,
	.ensure_installed = "tailscale_install",
	.ensure_joined = "tailscale_join",
	.node_fqdn = node_fqdn,
	.read_status = read_status,
};
