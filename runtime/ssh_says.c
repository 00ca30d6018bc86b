#include "runtime/ssh.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_KEPT = 512, LINES_MAX = 1000 };

/* ---- words ---- */

/* Below RANK_SSH stand lines that mean something else when a better one is there. */
enum { RANK_HINT = 1, RANK_END = 2, RANK_GENERAL = 4, RANK_SSH = 5, RANK_SURE = 6 };

/* A line with TEXT in it means REASON; the first row that fits. In TEXT, % stands for digits, ~ for a word,
 * and ^ in front is where the line begins: a login banner may hold any sentence. */
struct ssh_saying {
	const char *text;
	const char *reason;
	enum ssh_stage stage;
	enum ssh_voice voice;
	int rank;
	bool of_host; /* VOICE_SSH: of the host itself, also when a jump host says so */
};

static const struct ssh_saying sayings[] = {
	/* the host's key; "Host key verification failed." follows all of these */
	{"REMOTE HOST IDENTIFICATION HAS CHANGED", "host_key_changed", SSH_REFUSED, VOICE_SSH, RANK_SSH,
	 true},
	{"has changed and you have requested strict checking", "host_key_changed", SSH_REFUSED, VOICE_SSH,
	 RANK_SURE, true},
	{"REVOKED HOST KEY DETECTED", "host_key_changed", SSH_REFUSED, VOICE_SSH, RANK_SSH, true},
	{"was revoked and you have requested strict checking", "host_key_changed", SSH_REFUSED, VOICE_SSH,
	 RANK_SURE, true},
	{"host key is known for", "host_key_unknown", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{"^Host key verification failed", "host_key_unknown", SSH_REFUSED, VOICE_SSH, RANK_SSH, true},

	/* a jump host that could not reach the host: what it says comes before what ssh makes of it */
	{"open failed: connect failed: Connection refused", "refused", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SURE,
	 true},
	{"open failed: connect failed: No route to host", "unreachable", SSH_BEFORE_LOGIN, VOICE_SSH,
	 RANK_SURE, true},
	{"open failed: connect failed: Network is unreachable", "unreachable", SSH_BEFORE_LOGIN, VOICE_SSH,
	 RANK_SURE, true},
	{"open failed: connect failed: Connection timed out", "connect_timeout", SSH_BEFORE_LOGIN, VOICE_SSH,
	 RANK_SURE, true},
	{"open failed: connect failed: Temporary failure in name", "dns", SSH_BEFORE_LOGIN, VOICE_SSH,
	 RANK_SURE, true},
	{"open failed: connect failed: Name or service not known", "dns", SSH_REFUSED, VOICE_SSH, RANK_SURE,
	 true},
	{"open failed: administratively prohibited", "jump", SSH_REFUSED, VOICE_SSH, RANK_GENERAL, true},
	{"^jumphost loop via", "jump", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{"^stdio forwarding failed", "jump", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SSH, true},

	/* reaching it */
	{"^ssh: Could not resolve hostname", "dns", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SURE, false},
	{"^ssh: connect to host ~ port %: Connection refused", "refused", SSH_BEFORE_LOGIN, VOICE_SSH,
	 RANK_SURE, false},
	{"^ssh: connect to host ~ port %: Connection timed out", "connect_timeout", SSH_BEFORE_LOGIN,
	 VOICE_SSH, RANK_SURE, false},
	{"^ssh: connect to host ~ port %: Operation timed out", "connect_timeout", SSH_BEFORE_LOGIN,
	 VOICE_SSH, RANK_SURE, false},
	{"^ssh: connect to host ", "unreachable", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SURE, false},
	{"timed out during banner exchange", "banner", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SURE, true},
	{"Timed out waiting for SSH identification string", "banner", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SURE,
	 true},
	{"^kex_exchange_identification:", "banner", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SSH, true},
	{"^ssh_exchange_identification:", "banner", SSH_BEFORE_LOGIN, VOICE_SSH, RANK_SSH, true},
	{"^Bad remote protocol version identification", "banner", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{"^Protocol major versions differ", "banner", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{"^Unable to negotiate with", "negotiation", SSH_REFUSED, VOICE_SSH, RANK_SURE, false},

	/* getting in */
	{"^~: Permission denied (", "auth", SSH_REFUSED, VOICE_SSH, RANK_SURE, false},
	{"^Permission denied (", "auth", SSH_REFUSED, VOICE_SSH, RANK_SSH, false},
	{": Too many authentication failures", "auth", SSH_REFUSED, VOICE_SSH, RANK_SURE, false},
	{"No supported authentication methods available", "auth", SSH_REFUSED, VOICE_SSH, RANK_SURE, false},
	{"Bad owner or permissions on ", "ssh_config", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{"Bad configuration option", "ssh_config", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{"bad configuration options", "ssh_config", SSH_REFUSED, VOICE_SSH, RANK_SSH, true},
	{"Can't open user config file", "ssh_config", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{": RefuseConnection: ", "ssh_config", SSH_REFUSED, VOICE_SSH, RANK_SURE, true},
	{"^Load key \"", "key_file", SSH_REFUSED, VOICE_KEY, RANK_SURE, false},
	{"^no such identity: ", "key_file", SSH_REFUSED, VOICE_KEY, RANK_SSH, false},
	{"^Warning: Identity file ", "key_file", SSH_REFUSED, VOICE_KEY, RANK_SSH, false},
	{"^sign_and_send_pubkey: signing failed", "agent", SSH_REFUSED, VOICE_KEY, RANK_SURE, false},
	{"^sign_and_send_pubkey: no mutual signature", "negotiation", SSH_REFUSED, VOICE_KEY, RANK_SURE,
	 false},
	/* sshd and a network's own ssh server send these as a banner, and close */
	{"Unprivileged users are not permitted to log in", "booting", SSH_BEFORE_LOGIN, VOICE_HOST, RANK_SSH,
	 false},
	{"tailnet policy does not permit", "ssh_policy", SSH_REFUSED, VOICE_HOST, RANK_SURE, false},
	{"# To authenticate, visit: ", "ssh_check", SSH_REFUSED, VOICE_HOST, RANK_SURE, false},
	{" SSH requires an additional check", "ssh_check", SSH_REFUSED, VOICE_HOST, RANK_SSH, false},
	{"^Your account has expired", "expired", SSH_REFUSED, VOICE_HOST, RANK_SSH, false},

	/* in, but no further */
	{"exec request failed on channel", "no_shell", SSH_AFTER_LOGIN, VOICE_SSH, RANK_SURE, true},
	{"shell request failed on channel", "no_shell", SSH_AFTER_LOGIN, VOICE_SSH, RANK_SURE, true},
	{"Please login as ", "wrong_user", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SURE, false},
	{"Password change required", "expired", SSH_REFUSED, VOICE_HOST, RANK_SURE, false},
	{"You are required to change your password", "expired", SSH_REFUSED, VOICE_HOST, RANK_SSH, false},
	{"Your password has expired", "expired", SSH_REFUSED, VOICE_HOST, RANK_SSH, false},
	{"password is expired", "expired", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false}, /* sudo */
	{"This account is currently not available", "no_shell", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false},
	{"sudo: unable to resolve host", "no_shell", SSH_AFTER_LOGIN, VOICE_HOST, RANK_HINT,
	 false}, /* a warning */
	{"sudo: ", "sudo", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false},
	{"sudo-rs: ", "sudo", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false},
	{"is not in the sudoers file", "sudo", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false},
	{"is not allowed to execute", "sudo", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false},
	{"is not allowed to run sudo", "sudo", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false},
	{"sudo: not found", "sudo", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH, false},
	{"command: sudo", "sudo", SSH_AFTER_LOGIN, VOICE_HOST, RANK_SSH,
	 false}, /* fish: Unknown command: sudo
		  */

	/* gone; before the login it isn't lost */
	{"not responding", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_GENERAL, true},
	{"closed by remote host.", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_GENERAL, true},
	{"^client_loop: send disconnect", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_GENERAL, true},
	{"^Read from remote host ", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_GENERAL, true},
	{"^packet_write_wait: ", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_GENERAL, true},
	{"^ssh_dispatch_run_fatal: ", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_GENERAL, true},
	{"^mux_client_", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_GENERAL, true},
	{"^Connection closed by ", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_END, true},
	{"^Connection reset by ", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_END, true},
	{"^Received disconnect from ", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_END, true},
	{"^Connection to ~ port % timed out", "lost", SSH_AFTER_LOGIN, VOICE_SSH, RANK_END, true},

	/* the program of a ProxyCommand */
	{": not found", "proxy", SSH_REFUSED, VOICE_PROXY, RANK_SURE, false},
	{"ommand not found", "proxy", SSH_REFUSED, VOICE_PROXY, RANK_SURE, false},
	{"Unknown command: ", "proxy", SSH_REFUSED, VOICE_PROXY, RANK_SURE, false}, /* fish */
	{": No such file or directory", "proxy", SSH_REFUSED, VOICE_PROXY, RANK_SURE, false},
	{": Permission denied", "proxy", SSH_REFUSED, VOICE_PROXY, RANK_SSH, false},
	{": cannot execute", "proxy", SSH_REFUSED, VOICE_PROXY, RANK_SURE, false},
};

/* Whether LINE begins with TEXT; a $ is where it ends. */
static bool begins(const char *line, const char *text)
{
	for (; *text; text++) {
		if (*text == '$' && !text[1])
			return !*line;
		size_t len = *text == '%'   ? strspn(line, "0123456789")
			     : *text == '~' ? strcspn(line, " \t")
					    : 1;

		/* A word ends where the rest of the text does: with the colon of "~: ". */
		while (*text == '~' && len && text[1] == ':' && line[len - 1] == ':')
			len--;
		if (!len || (*text != '%' && *text != '~' && *line != *text))
			return false;
		line += len;
	}
	return true;
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

static void copy_line(struct str *to, const char *line, size_t len)
{
	str_clear(to);
	str_addn(to, line, len < LINE_MAX_KEPT ? len : LINE_MAX_KEPT);
	for (size_t i = 0; i < to->len; i++) {
		if (!to->data[i])
			to->data[i] = ' ';
	}
}

/* Where in LINE ssh's own words begin: a banner without a line end stands in front of them. */
static const char *own_words(const char *line)
{
	static const char *const endings[] = {
		"Authenticated to ~ ([~ using ~$",
		"Authenticated to ~ ([~$",
		"Authenticated to ~ (via proxy) using ~$",
		"Authenticated to ~ (via proxy).$",
		"~: Permission denied (~$",
		"Connection closed by ~ port %$",
		"Connection reset by ~ port %$",
	};

	for (const char *p = line; *p; p++) {
		for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
			if (begins(p, endings[i]))
				return p;
		}
	}
	return line;
}

static void copy_own(struct str *to, const char *line, size_t len)
{
	const char *own;

	copy_line(to, line, len);
	own = own_words(str_text(to));
	if (own != str_text(to)) {
		struct str rest = STR_INIT;

		str_add(&rest, own);
		copy_line(to, rest.data, rest.len);
		str_wipe(&rest);
	}
}

static void forget_words(struct ssh_hearing *h)
{
	for (size_t i = 0; i < VOICES; i++) {
		h->heard[i].rank = 0;
		str_clear(&h->heard[i].line);
	}
	str_clear(&h->last);
	h->lines = 0;
}

bool ssh_chatter(struct ssh_hearing *h, const char *line, size_t len, bool begun)
{
	static const char *const always[] = {
		"^Transferred: sent %, received % bytes, in ",
		"^Bytes per second: sent ",
		"^debug%: ",
		"^** WARNING: connection is not using a post-quantum key exchange",
		"^** This session may be vulnerable to \"store now, decrypt later\"",
		"^** The server may need to be upgraded. See https://openssh.com/pq.html",
	};
	static const char unknown[] = "command-line: line 0: Bad configuration option: ";
	struct str copy = STR_INIT;
	bool chatter = false;

	copy_own(&copy, line, len);
	/* What was said before it, a banner above all, is no reason for what comes. */
	if (!begun && (says(str_text(&copy), "^Authenticated to ~ ([") ||
		       says(str_text(&copy), "^Authenticated to ~ (via proxy)"))) {
		chatter = h->logged_in = true;
		forget_words(h);
	}
	if (str_starts(str_text(&copy), unknown) && !h->lacks) {
		h->lacks = ssh_release_of(str_text(&copy) + sizeof unknown - 1);
		chatter = h->lacks;
	}
	for (size_t i = 0; !chatter && i < sizeof always / sizeof *always; i++)
		chatter = says(str_text(&copy), always[i]);
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
	if (out || begun)
		copy_line(&h->last, line, len);
	else
		copy_own(&h->last, line, len);
	h->logged_in = h->logged_in || out;
	if (begun || h->lines++ >= LINES_MAX)
		return;
	/* Without a socket of its own, the client knows no address. */
	if (!out && (says(h->last.data, "^Connection closed by UNKNOWN port ") ||
		     says(h->last.data, "^Connection reset by UNKNOWN port ")))
		h->proxied = true;
	saying = saying_of(h->last.data);
	if (!saying || (out && saying->voice != VOICE_HOST))
		return;
	/* It was another client, of a jump host, that had logged in. */
	if (saying->voice == VOICE_SSH && saying->rank >= RANK_SSH && saying->stage != SSH_AFTER_LOGIN)
		h->logged_in = false;
	heard = &h->heard[saying->voice];
	if (saying->rank <= heard->rank)
		return;
	heard->rank = saying->rank;
	heard->saying = saying;
	copy_line(&heard->line, h->last.data, h->last.len);
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

static const char *of_saying(const struct ssh_heard *heard, enum ssh_stage *stage, struct str *message)
{
	*stage = heard->saying->stage;
	add_said(message, &heard->line);
	if (strcmp(heard->saying->reason, "wrong_user") == 0)
		add_user(message, str_text(&heard->line));
	return heard->saying->reason;
}

/* It ended without having logged in. */
static const char *before_login(const struct ssh_hearing *h, enum ssh_stage *stage, struct str *message)
{
	const struct ssh_heard *ssh = &h->heard[VOICE_SSH], *host = &h->heard[VOICE_HOST],
			       *key = &h->heard[VOICE_KEY], *proxy = &h->heard[VOICE_PROXY];
	bool denied = ssh->rank && strcmp(ssh->saying->reason, "auth") == 0;
	bool closed = !ssh->rank || ssh->saying->stage == SSH_AFTER_LOGIN ||
		      strcmp(ssh->saying->reason, "banner") == 0;
	const char *reason;

	if (host->rank && host->saying->stage != SSH_AFTER_LOGIN && (denied || closed))
		return of_saying(host, stage, message);
	if (proxy->rank && h->proxied && closed)
		return of_saying(proxy, stage, message);
	*stage = SSH_BEFORE_LOGIN;
	if (!ssh->rank) {
		add_said(message, &h->last);
		return "ssh";
	}
	if (denied && key->rank) {
		reason = of_saying(key, stage, message);
		str_add(message, "; ");
	} else {
		reason = ssh->saying->reason;
	}
	add_said(message, &ssh->line);
	if (closed) /* for a connection that hadn't stood, that is what "lost" means */
		return ssh->saying->stage == SSH_AFTER_LOGIN ? "banner" : reason;
	*stage = ssh->saying->stage;
	return h->proxied && !ssh->saying->of_host ? "jump" : reason;
}

/* It had logged in, and the script did not begin. */
static const char *after_login(const struct ssh_hearing *h, bool by_ssh, enum ssh_stage *stage,
			       struct str *message)
{
	const struct ssh_heard *ssh = &h->heard[VOICE_SSH], *host = &h->heard[VOICE_HOST];

	*stage = SSH_AFTER_LOGIN;
	/* ssh passes the status of the remote shell on, so what it says itself it says with 255. */
	if (by_ssh && ssh->rank && ssh->saying->stage == SSH_AFTER_LOGIN)
		return of_saying(ssh, stage, message);
	if (host->rank > RANK_HINT)
		return of_saying(host, stage, message);
	add_said(message, &h->last);
	return "no_shell";
}

const char *ssh_reason(const struct ssh_hearing *h, int status, enum ssh_stage *stage, struct str *message)
{
	bool by_ssh = WIFEXITED(status) && WEXITSTATUS(status) == 255;
	const struct ssh_heard *ssh = &h->heard[VOICE_SSH];
	bool logged_in = h->logged_in || (WIFEXITED(status) && !by_ssh);
	const char *reason;

	/* A connection shared with another client logs in to nothing; what only a session can say tells. */
	if (!h->proxied && ssh->rank > RANK_END && ssh->saying->stage == SSH_AFTER_LOGIN)
		logged_in = true;

	if (WIFSIGNALED(status)) {
		*stage = logged_in ? SSH_AFTER_LOGIN : SSH_BEFORE_LOGIN;
		str_addf(message, "ssh was ended by signal %d", WTERMSIG(status));
		return logged_in ? "lost" : "ssh";
	}
	reason = logged_in ? after_login(h, by_ssh, stage, message) : before_login(h, stage, message);
	if (logged_in && !message->len)
		str_addf(message, "the shell ended with status %d and said nothing", WEXITSTATUS(status));
	return reason;
}

const char *ssh_waits(const struct ssh_hearing *h, struct str *message)
{
	const struct ssh_heard *host = &h->heard[VOICE_HOST];

	if (h->logged_in || !host->rank || strcmp(host->saying->reason, "ssh_check") != 0)
		return NULL;
	add_said(message, &host->line);
	return host->saying->reason;
}

void ssh_lost(const struct ssh_hearing *h, int status, struct str *message)
{
	const struct ssh_saying *saying = h->last.len ? saying_of(h->last.data) : NULL;

	if (WIFSIGNALED(status))
		str_addf(message, "ssh was ended by signal %d", WTERMSIG(status));
	else if (saying && strcmp(saying->reason, "lost") == 0)
		add_said(message, &h->last);
	else
		str_addf(message, "ssh ended with status %d", WEXITSTATUS(status));
}

/* ---- the key file ---- */

/* The first LEN bytes of a regular file, as text; "" if it can't be read. */
static void read_head(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat is;
	ssize_t n = 0;

	if (fd >= 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode))
		n = read(fd, text, len - 1);
	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

bool ssh_key_is_locked(const struct ssh_target *to, struct str *message)
{
	/* "openssh-key-v1", and as its cipher "none", in base64 */
	static const char form[] = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA";
	static const char open_form[] =
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU";
	const char *path = to->private_key_path, *home = getenv("HOME");
	struct str name = STR_INIT, said = STR_INIT;
	char text[512];
	bool locked;

	if (!path)
		return false;
	if (str_starts(path, "~/") && home)
		str_addf(&name, "%s%s", home, path + 1);
	else
		str_add(&name, path);
	read_head(str_text(&name), text, sizeof text);
	locked = strstr(text, "ENCRYPTED") || (str_starts(text, form) && !str_starts(text, open_form));
	explicit_bzero(text, sizeof text);
	if (locked) {
		str_addf(&said, "%s has a passphrase, and nobody was asked for it; %s", path,
			 str_text(message));
		str_clear(message);
		str_addn(message, said.data, said.len);
	}
	str_free(&said);
	str_free(&name);
	return locked;
}
