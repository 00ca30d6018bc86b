#include "runtime/ssh.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"

enum { LINE_MAX_KEPT = 512, LINES_MAX = 1000 };

/* ---- words ---- */

/* Below LIKELY stand lines that mean something else when a better one is there. */
enum { HINT = 1, END, GENERAL, LIKELY, SURE };

enum { BEFORE = SSH_BEFORE_LOGIN, REFUSED = SSH_REFUSED, AFTER = SSH_AFTER_LOGIN };
enum { SSH = VOICE_SSH, HOST = VOICE_HOST, KEY = VOICE_KEY, PROXY = VOICE_PROXY };

/* A line with TEXT in it means REASON; the first row that fits. In TEXT, % stands for digits, ~ for a word,
 * and ^ in front is where the line begins: a login banner may hold any sentence. */
struct ssh_saying {
	const char *text;
	const char *reason;
	int stage; /* enum ssh_stage */
	int voice; /* enum ssh_voice */
	int rank;
	bool of_host; /* VOICE_SSH: of the host itself, also when a jump host says so */
};

static const struct ssh_saying sayings[] = {
	/* the host's key; "Host key verification failed." follows all of these */
	{"REMOTE HOST IDENTIFICATION HAS CHANGED", "host_key_changed", REFUSED, SSH, LIKELY, true},
	{"REVOKED HOST KEY DETECTED", "host_key_changed", REFUSED, SSH, LIKELY, true},
	{"host key is known for", "host_key_unknown", REFUSED, SSH, SURE, true},
	{" and you have requested strict checking", "host_key_changed", REFUSED, SSH, SURE, true},
	{"^Host key verification failed", "host_key_unknown", REFUSED, SSH, LIKELY, true},

	/* a jump host that could not reach the host: what it says comes before what ssh makes of it */
	{"open failed: connect failed: Connection refused", "refused", BEFORE, SSH, SURE, true},
	{"open failed: connect failed: No route to host", "unreachable", BEFORE, SSH, SURE, true},
	{"open failed: connect failed: Network is unreachable", "unreachable", BEFORE, SSH, SURE, true},
	{"open failed: connect failed: Connection timed out", "connect_timeout", BEFORE, SSH, SURE, true},
	{"open failed: connect failed: Temporary failure in name", "dns", BEFORE, SSH, SURE, true},
	{"open failed: connect failed: Name or service not known", "dns", REFUSED, SSH, SURE, true},
	{"open failed: administratively prohibited", "jump", REFUSED, SSH, GENERAL, true},
	{"^jumphost loop via", "jump", REFUSED, SSH, SURE, true},
	{"^stdio forwarding failed", "jump", BEFORE, SSH, LIKELY, true},

	/* reaching it */
	{"^ssh: Could not resolve hostname", "dns", BEFORE, SSH, SURE, false},
	{"^ssh: connect to host ~ port %: Connection refused", "refused", BEFORE, SSH, SURE, false},
	{"^ssh: connect to host ~ port %: ~ timed out", "connect_timeout", BEFORE, SSH, SURE, false},
	{"^ssh: connect to host ", "unreachable", BEFORE, SSH, SURE, false},
	{"timed out during banner exchange", "banner", BEFORE, SSH, SURE, true},
	{"Timed out waiting for SSH identification string", "banner", BEFORE, SSH, SURE, true},
	{"^kex_exchange_identification:", "banner", BEFORE, SSH, LIKELY, true},
	{"^ssh_exchange_identification:", "banner", BEFORE, SSH, LIKELY, true},
	{"^Bad remote protocol version identification", "banner", REFUSED, SSH, SURE, true},
	{"^Protocol major versions differ", "banner", REFUSED, SSH, SURE, true},
	{"^Unable to negotiate with", "negotiation", REFUSED, SSH, SURE, false},

	/* getting in */
	{"^~: Permission denied (", "auth", REFUSED, SSH, SURE, false},
	{"^Permission denied (", "auth", REFUSED, SSH, LIKELY, false},
	{": Too many authentication failures", "auth", REFUSED, SSH, SURE, false},
	{"No supported authentication methods available", "auth", REFUSED, SSH, SURE, false},
	{"Bad owner or permissions on ", "ssh_config", REFUSED, SSH, SURE, true},
	{"Bad configuration option", "ssh_config", REFUSED, SSH, SURE, true},
	{"bad configuration options", "ssh_config", REFUSED, SSH, LIKELY, true},
	{"Can't open user config file", "ssh_config", REFUSED, SSH, SURE, true},
	{": RefuseConnection: ", "ssh_config", REFUSED, SSH, SURE, true},
	{"^Load key \"", "key_file", REFUSED, KEY, SURE, false},
	{"^no such identity: ", "key_file", REFUSED, KEY, LIKELY, false},
	{"^Warning: Identity file ", "key_file", REFUSED, KEY, LIKELY, false},
	{"^sign_and_send_pubkey: signing failed", "agent", REFUSED, KEY, SURE, false},
	{"^sign_and_send_pubkey: no mutual signature", "negotiation", REFUSED, KEY, SURE, false},
	/* sshd and a network's own ssh server send these as a banner, and close */
	{"Unprivileged users are not permitted to log in", "booting", BEFORE, HOST, LIKELY, false},
	{"tailnet policy does not permit", "ssh_policy", REFUSED, HOST, SURE, false},
	{"# To authenticate, visit: ", "ssh_check", REFUSED, HOST, SURE, false},
	{" SSH requires an additional check", "ssh_check", REFUSED, HOST, LIKELY, false},
	{"^Your account has expired", "expired", REFUSED, HOST, LIKELY, false},

	/* in, but no further */
	{"exec request failed on channel", "no_shell", AFTER, SSH, SURE, true},
	{"shell request failed on channel", "no_shell", AFTER, SSH, SURE, true},
	{"Please login as ", "wrong_user", AFTER, HOST, SURE, false},
	{"Password change required", "expired", REFUSED, HOST, SURE, false},
	{"You are required to change your password", "expired", REFUSED, HOST, LIKELY, false},
	{"Your password has expired", "expired", REFUSED, HOST, LIKELY, false},
	{"password is expired", "expired", AFTER, HOST, LIKELY, false}, /* sudo */
	{"This account is currently not available", "no_shell", AFTER, HOST, LIKELY, false},
	{"sudo: unable to resolve host", "no_shell", AFTER, HOST, HINT, false}, /* a warning */
	{"sudo: ", "sudo", AFTER, HOST, LIKELY, false},
	{"sudo-rs: ", "sudo", AFTER, HOST, LIKELY, false},
	{"is not in the sudoers file", "sudo", AFTER, HOST, LIKELY, false},
	{"is not allowed to execute", "sudo", AFTER, HOST, LIKELY, false},
	{"is not allowed to run sudo", "sudo", AFTER, HOST, LIKELY, false},
	{"command: sudo", "sudo", AFTER, HOST, LIKELY, false}, /* fish: Unknown command: sudo */

	/* gone; before the login it isn't lost */
	{"not responding", "lost", AFTER, SSH, GENERAL, true},
	{"closed by remote host.", "lost", AFTER, SSH, GENERAL, true},
	{"^client_loop: send disconnect", "lost", AFTER, SSH, GENERAL, true},
	{"^Read from remote host ", "lost", AFTER, SSH, GENERAL, true},
	{"^packet_write_wait: ", "lost", AFTER, SSH, GENERAL, true},
	{"^ssh_dispatch_run_fatal: ", "lost", AFTER, SSH, GENERAL, true},
	{"^mux_client_", "lost", AFTER, SSH, GENERAL, true},
	{"^Connection ~ by ", "lost", AFTER, SSH, END, true}, /* closed, reset */
	{"^Received disconnect from ", "lost", AFTER, SSH, END, true},
	{"^Connection to ~ port % timed out", "lost", AFTER, SSH, END, true},

	/* the program of a ProxyCommand */
	{": not found", "proxy", REFUSED, PROXY, SURE, false},
	{"ommand not found", "proxy", REFUSED, PROXY, SURE, false},
	{"Unknown command: ", "proxy", REFUSED, PROXY, SURE, false}, /* fish */
	{": No such file or directory", "proxy", REFUSED, PROXY, SURE, false},
	{": Permission denied", "proxy", REFUSED, PROXY, LIKELY, false},
	{": cannot execute", "proxy", REFUSED, PROXY, SURE, false},
};

/* Whether LINE begins with TEXT; a $ is where it ends. */
static bool begins(const char *line, const char *text)
{
	for (; *text && *text != '$'; text++) {
		size_t len = *text == '%'   ? strspn(line, "0123456789")
			     : *text == '~' ? strcspn(line, " \t")
					    : *line == *text;

		/* A word ends where the rest of the text does: with the colon of "~: ". */
		while (*text == '~' && len && text[1] == ':' && line[len - 1] == ':')
			len--;
		if (!len)
			return false;
		line += len;
	}
	return !*text || !*line;
}

/* Whether TEXT is in LINE. */
static bool says(const char *line, const char *text)
{
	if (*text == '^')
		return begins(line, text + 1);
	for (const char *p = line; (p = strchr(p, text[0])); p++) {
		if (begins(p, text))
			return true;
	}
	return false;
}

static const struct ssh_saying *saying_of(const char *line)
{
	for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
		if (says(line, sayings[i].text))
			return &sayings[i];
	}
	return NULL;
}

/* ---- hearing ---- */

/* Where in LINE ssh's own words begin: a banner without a line end stands in front of them. */
static const char *own_words(const char *line)
{
	static const char *const endings[] = {
		"Authenticated to ~ ([~ using ~$",
		"Authenticated to ~ ([~$",
		"Authenticated to ~ (via proxy) using ~$",
		"Authenticated to ~ (via proxy).$",
		"~: Permission denied (~$",
		"Connection ~ by ~ port %$",
	};

	for (const char *p = line; *p; p++) {
		for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
			if (begins(p, endings[i]))
				return p;
		}
	}
	return line;
}

/* LINE as text, capped; of OWN, what stands in front of ssh's own words is left out. */
static void copy_line(struct str *to, const char *line, size_t len, bool own)
{
	struct str whole = STR_INIT;

	str_addn(&whole, line, len < LINE_MAX_KEPT ? len : LINE_MAX_KEPT);
	for (size_t i = 0; i < whole.len; i++) {
		if (!whole.data[i])
			whole.data[i] = ' ';
	}
	str_clear(to);
	str_add(to, own ? own_words(str_text(&whole)) : str_text(&whole));
	str_free(&whole);
}

bool ssh_chatter(struct ssh_hearing *h, const char *line, size_t len, bool begun)
{
	static const char *const always[] = {
		"Transferred: sent %, received % bytes, in ",
		"Bytes per second: sent ",
		"debug%: ",
		"** WARNING: connection is not using a post-quantum key exchange",
		"** This session may be vulnerable to \"store now, decrypt later\"",
		"** The server may need to be upgraded. See https://openssh.com/pq.html",
	};
	static const char unknown[] = "command-line: line 0: Bad configuration option: ";
	struct str copy = STR_INIT;
	bool chatter = false;

	copy_line(&copy, line, len, true);
	/* What was said before it, a banner above all, is no reason for what comes. */
	if (!begun && (begins(str_text(&copy), "Authenticated to ~ ([") ||
		       begins(str_text(&copy), "Authenticated to ~ (via proxy)"))) {
		struct ssh_hearing anew = {.logged_in = true, .proxied = h->proxied, .lacks = h->lacks};

		ssh_hearing_free(h);
		*h = anew;
		chatter = true;
	}
	if (str_starts(str_text(&copy), unknown) && !h->lacks)
		chatter = (h->lacks = ssh_release_of(str_text(&copy) + sizeof unknown - 1)) != 0;
	for (size_t i = 0; !chatter && i < sizeof always / sizeof *always; i++)
		chatter = begins(str_text(&copy), always[i]);
	str_free(&copy);
	return chatter;
}

void ssh_hear(struct ssh_hearing *h, const char *line, size_t len, bool out, bool begun)
{
	const struct ssh_saying *saying;
	struct ssh_heard *heard;
	size_t blank = 0;

	while (blank < len && (line[blank] == ' ' || line[blank] == '\t'))
		blank++;
	if (blank == len)
		return;
	copy_line(&h->last, line, len, !out && !begun);
	h->logged_in = h->logged_in || out;
	if (begun || h->lines++ >= LINES_MAX)
		return;
	/* Without a socket of its own, the client knows no address. */
	if (!out && begins(h->last.data, "Connection ~ by UNKNOWN port "))
		h->proxied = true;
	saying = saying_of(h->last.data);
	if (!saying || (out && saying->voice != VOICE_HOST))
		return;
	/* It was another client, of a jump host, that had logged in. */
	if (saying->voice == VOICE_SSH && saying->rank >= LIKELY && saying->stage != SSH_AFTER_LOGIN)
		h->logged_in = false;
	heard = &h->heard[saying->voice];
	if (heard->saying && saying->rank <= heard->saying->rank)
		return;
	heard->saying = saying;
	copy_line(&heard->line, h->last.data, h->last.len, false);
}

void ssh_hearing_free(struct ssh_hearing *h)
{
	for (size_t i = 0; i < VOICES; i++)
		str_wipe(&h->heard[i].line);
	str_wipe(&h->last);
	*h = (struct ssh_hearing){0};
}

/* ---- what it comes to ---- */

static void add_said(struct str *message, const struct str *line)
{
	const char *text = str_text(line);

	text += str_starts(text, "ssh: ") ? 5 : 0;
	text += str_starts(text, "# ") ? 2 : 0;
	str_add(message, text);
}

/* The user that is asked for in 'Please login as the user "NAME" rather than …' or '… as the NAME user …'. */
static void add_user(struct str *message, const char *line)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	const char *name = strstr(line, "Please login as ") + strlen("Please login as ");
	size_t len;

	name += str_starts(name, "the ") ? 4 : 0;
	name += str_starts(name, "user ") ? 5 : 0;
	name += *name == '"';
	len = strspn(name, chars);
	if (len)
		str_addf(message, " (set ssh.user to %.*s)", (int)len, name);
}

/* Whether the best that was heard of a voice means REASON. */
static bool means(const struct ssh_heard *heard, const char *reason)
{
	return heard->saying && strcmp(heard->saying->reason, reason) == 0;
}

static const char *of_saying(const struct ssh_heard *heard, enum ssh_stage *stage, struct str *message)
{
	*stage = heard->saying->stage;
	add_said(message, &heard->line);
	if (means(heard, "wrong_user"))
		add_user(message, str_text(&heard->line));
	return heard->saying->reason;
}

/* It ended without having logged in. */
static const char *before_login(const struct ssh_hearing *h, enum ssh_stage *stage, struct str *message)
{
	const struct ssh_heard *ssh = &h->heard[VOICE_SSH], *host = &h->heard[VOICE_HOST],
			       *key = &h->heard[VOICE_KEY], *proxy = &h->heard[VOICE_PROXY];
	bool denied = means(ssh, "auth");
	bool closed = !ssh->saying || ssh->saying->stage == SSH_AFTER_LOGIN || means(ssh, "banner");
	const char *reason;

	if (host->saying && host->saying->stage != SSH_AFTER_LOGIN && (denied || closed))
		return of_saying(host, stage, message);
	if (proxy->saying && h->proxied && closed)
		return of_saying(proxy, stage, message);
	if (!ssh->saying) {
		add_said(message, &h->last);
		return "ssh";
	}
	reason = ssh->saying->reason;
	if (denied && key->saying) {
		reason = key->saying->reason;
		str_addf(message, "%s; ", str_text(&key->line));
	}
	add_said(message, &ssh->line);
	if (closed) /* for a connection that hadn't stood, that is what "lost" means */
		return "banner";
	*stage = ssh->saying->stage;
	return h->proxied && !ssh->saying->of_host ? "jump" : reason;
}

const char *ssh_reason(const struct ssh_hearing *h, int status, enum ssh_stage *stage, struct str *message)
{
	bool by_ssh = WIFEXITED(status) && WEXITSTATUS(status) == 255;
	const struct ssh_heard *ssh = &h->heard[VOICE_SSH], *host = &h->heard[VOICE_HOST];
	bool after = ssh->saying && ssh->saying->stage == SSH_AFTER_LOGIN;

	/* A connection shared with another client logs in to nothing; what only a session can say tells. */
	bool logged_in = h->logged_in || (WIFEXITED(status) && !by_ssh) ||
			 (after && !h->proxied && ssh->saying->rank > END);

	*stage = logged_in ? SSH_AFTER_LOGIN : SSH_BEFORE_LOGIN;
	if (WIFSIGNALED(status)) {
		str_addf(message, "ssh was ended by signal %d", WTERMSIG(status));
		return logged_in ? "lost" : "ssh";
	}
	if (!logged_in)
		return before_login(h, stage, message);
	/* ssh passes the status of the remote shell on, so what it says itself it says with 255. */
	if (by_ssh && after)
		return of_saying(ssh, stage, message);
	if (host->saying && host->saying->rank > HINT)
		return of_saying(host, stage, message);
	add_said(message, &h->last);
	if (!message->len)
		str_addf(message, "the shell ended with status %d and said nothing", WEXITSTATUS(status));
	return "no_shell";
}

const char *ssh_waits(const struct ssh_hearing *h, struct str *message)
{
	const struct ssh_heard *host = &h->heard[VOICE_HOST];

	if (h->logged_in || !means(host, "ssh_check"))
		return NULL;
	add_said(message, &host->line);
	return host->saying->reason;
}

void ssh_lost(const struct ssh_hearing *h, int status, struct str *message)
{
	struct ssh_heard last = {.saying = h->last.len ? saying_of(h->last.data) : NULL};

	if (WIFSIGNALED(status))
		str_addf(message, "ssh was ended by signal %d", WTERMSIG(status));
	else if (means(&last, "lost"))
		add_said(message, &h->last);
	else
		str_addf(message, "ssh ended with status %d", WEXITSTATUS(status));
}

/* ---- the key file ---- */

bool ssh_key_is_locked(const struct ssh_target *to)
{
	/* "openssh-key-v1" and, as its cipher, "none", in base64 */
	static const char form[] = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA",
			  none[] = "AAAABG5vbmU";
	const char *path = to->private_key_path,
		   *home = path && str_starts(path, "~/") ? getenv("HOME") : NULL;
	struct str name = STR_INIT;
	char text[512] = "";
	struct stat is;
	bool locked;
	int fd;

	if (!path)
		return false;
	str_addf(&name, "%s%s", home ? home : "", home ? path + 1 : path);
	fd = open(str_text(&name), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	locked = fd >= 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) &&
		 read(fd, text, sizeof text - 1) > 0 &&
		 (strstr(text, "ENCRYPTED") ||
		  (str_starts(text, form) && !str_starts(text + sizeof form - 1, none)));
	file_close(&fd);
	explicit_bzero(text, sizeof text);
	str_free(&name);
	return locked;
}
