#include "runtime/ssh.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* More than there are. */
enum { ARGUMENTS_MAX = 80 };

/* A call of ssh in the making. */
struct call {
	char **items;
	size_t count;
	const char *name;
	const struct ssh_target *to;
	int release;
	struct arena *arena;
};

static void add(struct call *c, const char *word)
{
	assert(c->count + 1 < ARGUMENTS_MAX);
	c->items[c->count++] = arena_strdup(c->arena, word);
}

/* FLAG and its WORD; nothing where that is NULL. */
static void add_flag(struct call *c, const char *flag, const char *word)
{
	if (!word)
		return;
	add(c, flag);
	add(c, word);
}

/* TEXT for ssh where it takes % for a token. */
static const char *doubled(const char *text, struct arena *arena)
{
	struct str out = STR_INIT;

	for (const char *p = text; *p; p++)
		str_addf(&out, *p == '%' ? "%%%c" : "%c", *p);
	return str_keep(&out, arena);
}

/* Of an ssh_config, what would do more than asked, keep the script from its shell, end a step that is silent
 * for long, or write something in front of ssh's words. */
static const struct {
	const char *setting;
	int release; /* that it came with; 0: every client knows it */
} settings[] = {
	{"ClearAllForwardings=yes", 0},
	{"Tunnel=no", 0},
	{"PermitLocalCommand=no", 0},
	{"RemoteCommand=none", 0},
	{"ControlMaster=no", 0}, /* one that stays would hold our pipes open */
	{"VisualHostKey=no", 0},
	{"ChannelTimeout=none", 9007},
	{"SessionType=default", 8007},
	{"StdinNull=no", 8007},
	{"ForkAfterAuthentication=no", 8007},
	{"LogVerbose=none", 8005},
};

enum { SETTINGS = sizeof settings / sizeof *settings };

int ssh_release_of(const char *option)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		size_t len = strcspn(settings[i].setting, "=");

		if (strncasecmp(option, settings[i].setting, len) == 0 && !option[len])
			return settings[i].release;
	}
	return 0;
}

/* A call begins with what the way to the host and the way to a jump host have in common. */
static struct call call_of(const char *name, const struct ssh_target *to, int release, struct arena *arena)
{
	struct call c = {arena_array(arena, ARGUMENTS_MAX, sizeof(char *)), 0, name, to, release, arena};

	add(&c, name);
	add(&c, "-T"); /* no terminal */
	add(&c, "-a"); /* no agent there */
	add(&c, "-x"); /* no X11 there */
	add_flag(&c, "-o", "BatchMode=yes");
	if (to->connect_timeout_s > 0)
		add_flag(&c, "-o", arena_printf(arena, "ConnectTimeout=%ld", to->connect_timeout_s));
	add_flag(&c, "-o", "ServerAliveInterval=15");
	add_flag(&c, "-o", "ServerAliveCountMax=3");
	/* Never "no": the compiler lets nothing else through, and this is where it would matter. */
	add_flag(&c, "-o",
		 to->host_key_checking && strcmp(to->host_key_checking, "yes") == 0
			 ? "StrictHostKeyChecking=yes"
			 : "StrictHostKeyChecking=accept-new");
	if (to->known_hosts_file)
		add_flag(&c, "-o",
			 arena_printf(arena, "UserKnownHostsFile=\"%s\"",
				      doubled(to->known_hosts_file, arena)));
	for (size_t i = 0; i < SETTINGS; i++) {
		if (settings[i].release < release)
			add_flag(&c, "-o", settings[i].setting);
	}
	return c;
}

static void add_key(struct call *c)
{
	const char *path = c->to->private_key_path;

	/* Where -i looks for the file, a % is one; where it reads it, a token. */
	if (path && strchr(path, '%'))
		add_flag(c, "-o", arena_printf(c->arena, "IdentityFile=\"%s\"", doubled(path, c->arena)));
	else
		add_flag(c, "-i", path);
}

/* ---- jump hosts ---- */

/* Each hop that is nested quotes the quotes of the one before. */
enum { HOPS_MAX = 4 };

/* C, as one line for a shell that ssh starts, which takes % for a token: but in the word at TOKENS. */
static const char *line_of(const struct call *c, size_t tokens)
{
	struct str line = STR_INIT;

	for (size_t i = 0; i < c->count; i++) {
		str_add(&line, i ? " " : "");
		str_add_word(&line, i == tokens ? c->items[i] : doubled(c->items[i], c->arena));
	}
	return str_keep(&line, c->arena);
}

/* HOP: [user@]host[:port], or a v6 address in brackets. */
static void add_hop(struct call *c, const char *hop)
{
	const char *at = strrchr(hop, '@'), *host = at ? at + 1 : hop;
	const char *close = *host == '[' ? strchr(host, ']') : NULL,
		   *colon = strchr(close ? close : host, ':');

	if (at)
		add_flag(c, "-l", arena_strndup(c->arena, hop, (size_t)(at - hop)));
	if (colon)
		add_flag(c, "-p", colon + 1);
	host += close != NULL;
	add_flag(c, "--", arena_strndup(c->arena, host, strcspn(host, close ? "]" : ":")));
}

/* Goes by way of HOPS. ssh's own -J hands only its configuration file on: a ProxyCommand gives a jump host the
 * same settings, key and known hosts. */
static void add_proxy(struct call *c, const char *hops)
{
	struct call proxy = call_of(c->name, c->to, c->release, c->arena);
	const char *comma = strrchr(hops, ',');
	size_t tokens;

	add_flag(&proxy, "-o", "LogLevel=INFO");
	if (comma)
		add_proxy(&proxy, arena_strndup(c->arena, hops, (size_t)(comma - hops)));
	add_key(&proxy);
	add_flag(&proxy, "-W", "[%h]:%p");
	tokens = proxy.count - 1;
	add_hop(&proxy, comma ? comma + 1 : hops);
	add_flag(c, "-o", arena_printf(c->arena, "ProxyCommand=%s", line_of(&proxy, tokens)));
}

static void add_jump(struct call *c)
{
	const char *hops = c->to->jump_host;
	size_t count = 1;

	if (!hops)
		return;
	for (const char *p = hops; *p; p++)
		count += *p == ',';
	add_flag(c, "-o", "ProxyUseFdpass=no");
	if (count > HOPS_MAX)
		add_flag(c, "-J", hops);
	else
		add_proxy(c, hops);
}

/* ---- the call ---- */

/* What the login shell is given. Every one of sh, bash, fish and csh reads these lines alike: no variable, no
 * substitution and no escape stands outside single quotes. */
static const char *remote_command(const char *user)
{
	if (!user)
		return "exec sh -c 'if test \"$(id -u)\" = 0; then exec sh -s; else exec sudo -n sh -s; fi'";
	return strcmp(user, "root") == 0 ? "exec sh -s" : "exec sudo -n sh -s";
}

char **ssh_arguments(const char *name, const struct ssh_target *to, int release, struct arena *arena)
{
	struct call c = call_of(name, to, release, arena);

	add_flag(&c, "-o",
		 "LogLevel=VERBOSE"); /* less would hide why it fails, and whether it had logged in */
	if (to->port > 0)
		add_flag(&c, "-p", arena_printf(arena, "%ld", to->port));
	add_flag(&c, "-l", to->user);
	add_key(&c);
	add_jump(&c);
	add_flag(&c, "--", to->address);
	add(&c, remote_command(to->user));
	return c.items;
}
