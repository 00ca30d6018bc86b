#include "runtime/ssh.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct arguments {
	char **items;
	size_t count;
	struct arena *arena;
};

/* More than there are. */
enum { ARGUMENTS_MAX = 80 };

static struct arguments arguments_of(const char *name, struct arena *arena)
{
	struct arguments a = {.items = arena_array(arena, ARGUMENTS_MAX, sizeof(char *)), .arena = arena};

	a.items[a.count++] = arena_strdup(arena, name);
	return a;
}

static void add(struct arguments *a, const char *word)
{
	assert(a->count + 1 < ARGUMENTS_MAX);
	a->items[a->count++] = arena_strdup(a->arena, word);
}

static void add_option(struct arguments *a, const char *setting)
{
	add(a, "-o");
	add(a, setting);
}

/* TEXT for ssh where it takes % for a token. */
static const char *doubled(const char *text, struct arena *arena)
{
	struct str out = STR_INIT;

	for (const char *p = text; *p; p++) {
		if (*p == '%')
			str_addc(&out, '%');
		str_addc(&out, *p);
	}
	return str_keep(&out, arena);
}

/* Of an ssh_config, what would keep the script from its shell, end a step that is silent for long, or write
 * something in front of ssh's words. Older clients don't know these. */
static const struct {
	const char *setting;
	int release; /* that they came with */
} newer[] = {
	{"ChannelTimeout=none", 9007},	      {"SessionType=default", 8007}, {"StdinNull=no", 8007},
	{"ForkAfterAuthentication=no", 8007}, {"LogVerbose=none", 8005},
};

int ssh_release_of(const char *option)
{
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
		size_t len = strcspn(newer[i].setting, "=");

		if (strncasecmp(option, newer[i].setting, len) == 0 && !option[len])
			return newer[i].release;
	}
	return 0;
}

/* What the way to the host and the way to a jump host have in common. */
static void add_settings(struct arguments *a, const struct ssh_target *to, int release)
{
	add(a, "-T"); /* no terminal */
	add(a, "-a"); /* no agent there */
	add(a, "-x"); /* no X11 there */
	add_option(a, "BatchMode=yes");
	if (to->connect_timeout_s > 0)
		add_option(a, arena_printf(a->arena, "ConnectTimeout=%ld", to->connect_timeout_s));
	add_option(a, "ServerAliveInterval=15");
	add_option(a, "ServerAliveCountMax=3");
	/* Never "no": the compiler lets nothing else through, and this is where it would matter. */
	add_option(a, to->host_key_checking && strcmp(to->host_key_checking, "yes") == 0
			      ? "StrictHostKeyChecking=yes"
			      : "StrictHostKeyChecking=accept-new");
	if (to->known_hosts_file)
		add_option(a, arena_printf(a->arena, "UserKnownHostsFile=\"%s\"",
					   doubled(to->known_hosts_file, a->arena)));
	add_option(a, "ClearAllForwardings=yes");
	add_option(a, "Tunnel=no");
	add_option(a, "PermitLocalCommand=no");
	add_option(a, "RemoteCommand=none");
	add_option(a, "ControlMaster=no"); /* one that stays would hold our pipes open */
	add_option(a, "VisualHostKey=no");
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
		if (newer[i].release < release)
			add_option(a, newer[i].setting);
	}
}

static void add_key(struct arguments *a, const struct ssh_target *to)
{
	const char *path = to->private_key_path;

	if (path &&
	    strchr(path, '%')) { /* where -i looks for the file, a % is one; where it reads it, a token */
		add_option(a, arena_printf(a->arena, "IdentityFile=\"%s\"", doubled(path, a->arena)));
	} else if (path) {
		add(a, "-i");
		add(a, path);
	}
}

/* ---- jump hosts ---- */

/* Each hop that is nested quotes the quotes of the one before. */
enum { HOPS_MAX = 4 };

/* A, as one line for a shell that ssh starts, which takes % for a token: but in the word at TOKENS. */
static const char *line_of(const struct arguments *a, size_t tokens)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%_+=:,./-";
	struct str line = STR_INIT;

	for (size_t i = 0; i < a->count; i++) {
		const char *word = i == tokens ? a->items[i] : doubled(a->items[i], a->arena);

		if (i)
			str_addc(&line, ' ');
		if (*word && strspn(word, plain) == strlen(word))
			str_add(&line, word);
		else
			str_add_shell(&line, word);
	}
	return str_keep(&line, a->arena);
}

/* The last of HOPS: [user@]host[:port], or a v6 address in brackets. */
static void add_hop(struct arguments *a, const char *hop)
{
	const char *at = strrchr(hop, '@'), *host = at ? at + 1 : hop;
	const char *close = *host == '[' ? strchr(host, ']') : NULL,
		   *colon = strchr(close ? close : host, ':');
	const char *end = close ? close : colon ? colon : host + strlen(host);

	if (at) {
		add(a, "-l");
		add(a, arena_strndup(a->arena, hop, (size_t)(at - hop)));
	}
	if (colon) {
		add(a, "-p");
		add(a, colon + 1);
	}
	host += close != NULL;
	add(a, "--");
	add(a, arena_strndup(a->arena, host, (size_t)(end - host)));
}

/* ssh's own -J hands only its configuration file on: a ProxyCommand gives a jump host the same settings, key
 * and known hosts. */
static const char *proxy_command(const char *name, const struct ssh_target *to, const char *hops, int release,
				 struct arena *arena)
{
	struct arguments a = arguments_of(name, arena);
	const char *comma = strrchr(hops, ',');
	size_t tokens;

	add_settings(&a, to, release);
	add_option(&a, "LogLevel=INFO");
	if (comma) {
		const char *before = arena_strndup(arena, hops, (size_t)(comma - hops));

		add_option(&a, arena_printf(arena, "ProxyCommand=%s",
					    proxy_command(name, to, before, release, arena)));
	}
	add_key(&a, to);
	add(&a, "-W");
	tokens = a.count;
	add(&a, "[%h]:%p");
	add_hop(&a, comma ? comma + 1 : hops);
	return line_of(&a, tokens);
}

static void add_jump(struct arguments *a, const char *name, const struct ssh_target *to, int release)
{
	size_t hops = 1;

	if (!to->jump_host)
		return;
	for (const char *p = to->jump_host; *p; p++)
		hops += *p == ',';
	add_option(a, "ProxyUseFdpass=no");
	if (hops > HOPS_MAX) {
		add(a, "-J");
		add(a, to->jump_host);
		return;
	}
	add_option(a, arena_printf(a->arena, "ProxyCommand=%s",
				   proxy_command(name, to, to->jump_host, release, a->arena)));
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
	struct arguments a = arguments_of(name, arena);

	add_settings(&a, to, release);
	add_option(&a, "LogLevel=VERBOSE"); /* less would hide why it fails, and whether it had logged in */
	if (to->port > 0) {
		add(&a, "-p");
		add(&a, arena_printf(arena, "%ld", to->port));
	}
	if (to->user) {
		add(&a, "-l");
		add(&a, to->user);
	}
	add_key(&a, to);
	add_jump(&a, name, to, release);
	add(&a, "--");
	add(&a, to->address);
	add(&a, remote_command(to->user));
	a.items[a.count] = NULL;
	return a.items;
}
