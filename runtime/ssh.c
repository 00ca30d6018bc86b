#include "runtime/ssh.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* ---- the call ---- */

struct arguments {
	char **items;
	size_t count;
	struct arena *arena;
};

enum { ARGUMENTS_MAX = 48 };

static void add(struct arguments *a, const char *word)
{
	if (a->count + 1 < ARGUMENTS_MAX)
		a->items[a->count++] = arena_strdup(a->arena, word);
}

static void add_option(struct arguments *a, const char *setting)
{
	add(a, "-o");
	add(a, setting);
}

/* A file for ssh, which takes % for a token. */
static const char *plain_path(const char *path, struct arena *arena)
{
	struct str out = STR_INIT;
	const char *kept;

	for (const char *p = path; *p; p++) {
		if (*p == '%')
			str_addc(&out, '%');
		str_addc(&out, *p);
	}
	kept = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return kept;
}

/* What the login shell is given. Every one of sh, bash, fish and csh reads these lines alike: no variable, no
 * substitution and no escape stands outside single quotes. */
static const char *remote_command(const char *user)
{
	if (!user)
		return "exec sh -c 'if test \"$(id -u)\" = 0; then exec sh -s; else exec sudo -n sh -s; fi'";
	return strcmp(user, "root") == 0 ? "exec sh -s" : "exec sudo -n sh -s";
}

char **ssh_arguments(const char *name, const struct ssh_target *to, struct arena *arena)
{
	struct arguments a = {.items = arena_array(arena, ARGUMENTS_MAX, sizeof(char *)), .arena = arena};

	add(&a, name);
	add(&a, "-T"); /* no terminal */
	add(&a, "-a"); /* no agent there */
	add(&a, "-x"); /* no X11 there */
	add_option(&a, "BatchMode=yes");
	if (to->connect_timeout_s > 0)
		add_option(&a, arena_printf(arena, "ConnectTimeout=%ld", to->connect_timeout_s));
	add_option(&a, "ServerAliveInterval=15");
	add_option(&a, "ServerAliveCountMax=3");
	/* Never "no": the compiler lets nothing else through, and this is where it would matter. */
	add_option(&a, to->host_key_checking && strcmp(to->host_key_checking, "yes") == 0
			       ? "StrictHostKeyChecking=yes"
			       : "StrictHostKeyChecking=accept-new");
	if (to->known_hosts_file)
		add_option(&a, arena_printf(arena, "UserKnownHostsFile=\"%s\"",
					    plain_path(to->known_hosts_file, arena)));
	add_option(&a, "ClearAllForwardings=yes");
	add_option(&a, "PermitLocalCommand=no");
	add_option(&a, "RemoteCommand=none");
	add_option(&a, "LogLevel=INFO"); /* less would hide why it fails */
	if (to->port > 0) {
		add(&a, "-p");
		add(&a, arena_printf(arena, "%ld", to->port));
	}
	if (to->user) {
		add(&a, "-l");
		add(&a, to->user);
	}
	if (to->private_key_path) {
		add(&a, "-i");
		add(&a, plain_path(to->private_key_path, arena));
	}
	if (to->jump_host) {
		add(&a, "-J");
		add(&a, to->jump_host);
	}
	add(&a, "--");
	add(&a, to->address);
	add(&a, remote_command(to->user));
	a.items[a.count] = NULL;
	return a.items;
}

/* ---- what it says ---- */

enum { LINE_MAX_KEPT = 512, LINES_MAX = 1000 };

/* A line with TEXT in it means REASON. The highest rank wins, then the first line. Below RANK_SSH stand lines
 * that others than ssh say, or that mean something else when a better one is there. */
enum { RANK_HINT = 1, RANK_END = 2, RANK_REMOTE = 3, RANK_GENERAL = 4, RANK_SSH = 5, RANK_SURE = 6 };

static const struct saying {
	const char *text;
	const char *reason;
	enum ssh_stage stage;
	int rank;
} sayings[] = {
	/* the host's key; "Host key verification failed." follows all of these */
	{"REMOTE HOST IDENTIFICATION HAS CHANGED", "host_key_changed", SSH_REFUSED, RANK_SSH},
	{"has changed and you have requested strict checking", "host_key_changed", SSH_REFUSED, RANK_SURE},
	{"REVOKED HOST KEY DETECTED", "host_key_changed", SSH_REFUSED, RANK_SSH},
	{"was revoked and you have requested strict checking", "host_key_changed", SSH_REFUSED, RANK_SURE},
	{"host key is known for", "host_key_unknown", SSH_REFUSED, RANK_SURE},
	{"Host key verification failed", "host_key_unknown", SSH_REFUSED, RANK_SSH},

	/* a jump host that could not reach the host: what it says comes before what ssh makes of it */
	{"open failed: connect failed: Connection refused", "refused", SSH_BEFORE_LOGIN, RANK_SURE},
	{"open failed: connect failed: No route to host", "unreachable", SSH_BEFORE_LOGIN, RANK_SURE},
	{"open failed: connect failed: Network is unreachable", "unreachable", SSH_BEFORE_LOGIN, RANK_SURE},
	{"open failed: connect failed: Connection timed out", "connect_timeout", SSH_BEFORE_LOGIN, RANK_SURE},
	{"open failed: connect failed: Temporary failure in name", "dns", SSH_BEFORE_LOGIN, RANK_SURE},
	{"open failed: connect failed: Name or service not known", "dns", SSH_REFUSED, RANK_SURE},
	{"open failed: administratively prohibited", "jump", SSH_REFUSED, RANK_GENERAL},
	{"jumphost loop via", "jump", SSH_REFUSED, RANK_SURE},
	{"stdio forwarding failed", "jump", SSH_BEFORE_LOGIN, RANK_SSH},

	/* reaching it */
	{"Could not resolve hostname", "dns", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: Connection refused", "refused", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: No route to host", "unreachable", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: Network is unreachable", "unreachable", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: Network unreachable", "unreachable", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: Host is unreachable", "unreachable", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: Host is down", "unreachable", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: Connection timed out", "connect_timeout", SSH_BEFORE_LOGIN, RANK_SURE},
	{"port %: Operation timed out", "connect_timeout", SSH_BEFORE_LOGIN, RANK_SURE},
	{"ssh: connect to host ", "unreachable", SSH_BEFORE_LOGIN, RANK_SSH},
	{"timed out during banner exchange", "banner", SSH_BEFORE_LOGIN, RANK_SURE},
	{"Timed out waiting for SSH identification string", "banner", SSH_BEFORE_LOGIN, RANK_SURE},
	{"kex_exchange_identification:", "banner", SSH_BEFORE_LOGIN, RANK_SSH},
	{"ssh_exchange_identification:", "banner", SSH_BEFORE_LOGIN, RANK_SSH},
	{"Bad remote protocol version identification", "banner", SSH_REFUSED, RANK_SURE},
	{"Protocol major versions differ", "banner", SSH_REFUSED, RANK_SURE},
	{"Unable to negotiate with", "negotiation", SSH_REFUSED, RANK_SURE},

	/* getting in */
	{": Permission denied (", "auth", SSH_REFUSED, RANK_SURE},
	{"Permission denied (", "auth", SSH_REFUSED, RANK_SSH},
	{"Too many authentication failures", "auth", SSH_REFUSED, RANK_SURE},
	{"No supported authentication methods available", "auth", SSH_REFUSED, RANK_SURE},
	{"Bad owner or permissions on ", "ssh_config", SSH_REFUSED, RANK_SURE},
	{"Bad configuration option", "ssh_config", SSH_REFUSED, RANK_SURE},
	{"bad configuration options", "ssh_config", SSH_REFUSED, RANK_SSH},
	{"Can't open user config file", "ssh_config", SSH_REFUSED, RANK_SURE},

	/* in, but no further */
	{"exec request failed on channel", "no_shell", SSH_AFTER_LOGIN, RANK_SURE},
	{"shell request failed on channel", "no_shell", SSH_AFTER_LOGIN, RANK_SURE},
	{"This account is currently not available", "no_shell", SSH_AFTER_LOGIN, RANK_REMOTE},
	{"sudo: unable to resolve host", "no_shell", SSH_AFTER_LOGIN, RANK_HINT}, /* a warning */
	{"sudo: ", "sudo", SSH_AFTER_LOGIN, RANK_REMOTE},
	{"sudo-rs: ", "sudo", SSH_AFTER_LOGIN, RANK_REMOTE},
	{"is not in the sudoers file", "sudo", SSH_AFTER_LOGIN, RANK_REMOTE},
	{"is not allowed to execute", "sudo", SSH_AFTER_LOGIN, RANK_REMOTE},
	{"is not allowed to run sudo", "sudo", SSH_AFTER_LOGIN, RANK_REMOTE},
	{"sudo: not found", "sudo", SSH_AFTER_LOGIN, RANK_REMOTE},
	{"command: sudo", "sudo", SSH_AFTER_LOGIN, RANK_REMOTE}, /* fish: Unknown command: sudo */

	/* gone; perhaps before the login, but that can't be told */
	{"not responding", "lost", SSH_AFTER_LOGIN, RANK_GENERAL},
	{"closed by remote host.", "lost", SSH_AFTER_LOGIN, RANK_GENERAL},
	{"client_loop: send disconnect", "lost", SSH_AFTER_LOGIN, RANK_GENERAL},
	{"Read from remote host ", "lost", SSH_AFTER_LOGIN, RANK_GENERAL},
	{"Connection closed by ", "lost", SSH_AFTER_LOGIN, RANK_END},
	{"Connection reset by ", "lost", SSH_AFTER_LOGIN, RANK_END},
	{"Received disconnect from ", "lost", SSH_AFTER_LOGIN, RANK_END},
	{" timed out", "connect_timeout", SSH_BEFORE_LOGIN, RANK_HINT},
};

/* Whether TEXT is in LINE; a % in it stands for digits. */
static bool says(const char *line, const char *text)
{
	const char *hole = strchr(text, '%');
	size_t len = hole ? (size_t)(hole - text) : strlen(text);

	for (const char *p = line; (p = strchr(p, text[0])); p++) {
		const char *q = p + len;

		if (strncmp(p, text, len) != 0)
			continue;
		if (!hole)
			return true;
		q += strspn(q, "0123456789");
		if (strncmp(q, hole + 1, strlen(hole + 1)) == 0)
			return true;
	}
	return false;
}

static const struct saying *saying_of(const char *line)
{
	for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
		if (says(line, sayings[i].text))
			return &sayings[i];
	}
	return NULL;
}

void ssh_hear(struct ssh_hearing *h, const char *line, size_t len, bool begun)
{
	const struct saying *saying;
	size_t blank = 0;

	while (blank < len && (line[blank] == ' ' || line[blank] == '\t'))
		blank++;
	if (blank == len)
		return;
	str_clear(&h->last);
	str_addn(&h->last, line, len < LINE_MAX_KEPT ? len : LINE_MAX_KEPT);
	if (begun || h->lines++ >= LINES_MAX)
		return;
	for (size_t i = 0; i < h->last.len; i++) {
		if (!h->last.data[i])
			h->last.data[i] = ' ';
	}
	saying = saying_of(h->last.data);
	if (!saying || saying->rank <= h->rank)
		return;
	h->rank = saying->rank;
	h->reason = saying->reason;
	h->stage = saying->stage;
	str_clear(&h->line);
	str_addn(&h->line, h->last.data, h->last.len);
}

void ssh_hearing_free(struct ssh_hearing *h)
{
	str_free(&h->line);
	str_free(&h->last);
	*h = (struct ssh_hearing){0};
}

static void add_said(struct str *message, const struct str *line)
{
	const char *text = str_text(line);

	str_add(message, str_starts(text, "ssh: ") ? text + 5 : text);
}

const char *ssh_reason(const struct ssh_hearing *h, int status, enum ssh_stage *stage, struct str *message)
{
	bool by_ssh = WIFEXITED(status) && WEXITSTATUS(status) == 255;

	*stage = SSH_AFTER_LOGIN;
	/* ssh passes the status of the remote shell on, so what it says itself it says with 255. */
	if (h->rank > RANK_HINT && (by_ssh || h->rank == RANK_REMOTE)) {
		*stage = h->stage;
		add_said(message, &h->line);
		return h->reason;
	}
	if (h->last.len)
		add_said(message, &h->last);
	if (WIFSIGNALED(status)) {
		str_clear(message);
		str_addf(message, "ssh was ended by signal %d", WTERMSIG(status));
		return "lost";
	}
	if (by_ssh) {
		*stage = SSH_REFUSED;
		return "ssh";
	}
	if (!message->len)
		str_addf(message, "the shell ended with status %d and said nothing", WEXITSTATUS(status));
	return "no_shell";
}

void ssh_lost(const struct ssh_hearing *h, int status, struct str *message)
{
	const struct saying *saying = h->last.len ? saying_of(h->last.data) : NULL;

	if (WIFSIGNALED(status))
		str_addf(message, "ssh was ended by signal %d", WTERMSIG(status));
	else if (saying && strcmp(saying->reason, "lost") == 0)
		add_said(message, &h->last);
	else
		str_addf(message, "ssh ended with status %d", WEXITSTATUS(status));
}
