/* runtime/ssh: how it's called, and what its words mean. */
#include "tests/unit/unit.h"

#include "runtime/reason.h"
#include "runtime/ssh.h"

/* ---- the call ---- */

static const char *call_of(const struct ssh_target *to, int release, struct arena *arena)
{
	char **words = ssh_arguments("ssh", to, release, arena);
	struct str all = STR_INIT;

	for (size_t i = 0; words[i]; i++)
		str_addf(&all, "%s%s", i ? " " : "", words[i]);
	return str_keep(&all, arena);
}

/* What every call has. */
#define SETTINGS(timeout, checking, known_hosts, newer)                                                 \
	"-T -a -x -o BatchMode=yes " timeout "-o ServerAliveInterval=15 -o ServerAliveCountMax=3 "      \
	"-o StrictHostKeyChecking=" checking " " known_hosts "-o ClearAllForwardings=yes -o Tunnel=no " \
	"-o PermitLocalCommand=no -o RemoteCommand=none -o ControlMaster=no -o VisualHostKey=no" newer
#define NEWER_8 " -o SessionType=default -o StdinNull=no -o ForkAfterAuthentication=no -o LogVerbose=none"
#define NEWER " -o ChannelTimeout=none" NEWER_8

static const char *call(const struct ssh_target *to, struct arena *arena)
{
	return call_of(to, SSH_RELEASE_MAX, arena);
}

static void test_the_call(void **state)
{
	static const struct ssh_target plain = {.address = "203.0.113.10", .user = "root"};
	static const struct ssh_target full = {
		.address = "2001:db8::1",
		.user = "ubuntu",
		.port = 2222,
		.private_key_path = "/keys/50% off",
		.known_hosts_file = "/my hosts",
		.host_key_checking = "yes",
		.connect_timeout_s = 7,
	};
	struct arena arena = ARENA_INIT;

	(void)state;
	assert_string_equal(call(&plain, &arena),
			    "ssh " SETTINGS("", "accept-new", "", NEWER) " -o LogLevel=VERBOSE -l root -- "
									 "203.0.113.10 exec sh -s");
	assert_string_equal(call(&full, &arena),
			    "ssh " SETTINGS("-o ConnectTimeout=7 ", "yes",
					    "-o UserKnownHostsFile=\"/my hosts\" ",
					    NEWER) " -o LogLevel=VERBOSE "
						   "-p 2222 -l ubuntu -o IdentityFile=\"/keys/50%% off\" -- "
						   "2001:db8::1 exec sudo -n sh -s");
	arena_free(&arena);
}

static void test_older_clients_get_no_newer_settings(void **state)
{
	static const struct ssh_target plain = {.address = "a", .user = "root"};
	struct arena arena = ARENA_INIT;

	(void)state;
	assert_int_equal(ssh_release_of("channeltimeout"), 9007);
	assert_int_equal(ssh_release_of("StdinNull"), 8007);
	assert_int_equal(ssh_release_of("stdinnul"), 0);
	assert_int_equal(ssh_release_of("requesttty"), 0);
	assert_string_equal(call_of(&plain, 9007, &arena),
			    "ssh " SETTINGS("", "accept-new", "",
					    NEWER_8) " -o LogLevel=VERBOSE -l root -- a exec sh -s");
	assert_string_equal(call_of(&plain, 8005, &arena),
			    "ssh " SETTINGS("", "accept-new", "",
					    "") " -o LogLevel=VERBOSE -l root -- a exec sh -s");
	arena_free(&arena);
}

/* The jump host's ssh gets the same settings, key and known hosts; what two shells and two clients read of a
 * quote or a % is tests/cli/faults_ssh.bats'. */
static void test_the_call_through_jump_hosts(void **state)
{
	static const struct {
		const char *jump, *words;
	} hops[] = {
		{"jump", "-W [%h]:%p -- jump"},
		{"deploy@jump:2222", "-W [%h]:%p -l deploy -p 2222 -- jump"},
		{"[2001:db8::1]", "-W [%h]:%p -- 2001:db8::1"},
		{"d@[2001:db8::1]:22", "-W [%h]:%p -l d -p 22 -- 2001:db8::1"},
	};
	struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(hops); i++) {
		struct ssh_target to = {.address = "a",
					.user = "root",
					.jump_host = hops[i].jump,
					.private_key_path = "/k"};
		char *got = arena_strdup(&arena, call_of(&to, 8005, &arena)), *out = got;

		/* Without the shell's quotes. */
		for (const char *p = got; *p; p++) {
			if (*p != '\'')
				*out++ = *p;
		}
		*out = 0;
		assert_text(hops[i].jump, got,
			    arena_printf(&arena,
					 "ssh " SETTINGS(
						 "", "accept-new", "",
						 "") " -o LogLevel=VERBOSE -l root -i /k "
						     "-o ProxyUseFdpass=no -o ProxyCommand=ssh " SETTINGS(
							     "", "accept-new", "",
							     "") " -o LogLevel=INFO -i /k %s -- a exec sh -s",
					 hops[i].words));
	}
	arena_free(&arena);
}

/* More hops than quotes can be nested for go the client's own way. */
static void test_the_call_through_many_jump_hosts(void **state)
{
	struct ssh_target to = {.address = "a", .user = "root", .jump_host = "h1,h2,h3,h4"};
	struct arena arena = ARENA_INIT;

	(void)state;
	assert_non_null(strstr(call(&to, &arena), "-o ProxyCommand=ssh "));
	to.jump_host = "h1,h2,h3,h4,h5";
	assert_null(strstr(call(&to, &arena), "ProxyCommand"));
	assert_non_null(strstr(call(&to, &arena), " -J h1,h2,h3,h4,h5 -- a "));
	arena_free(&arena);
}

static void test_host_keys_are_always_checked(void **state)
{
	static const char *const settings[] = {NULL, "", "no", "off", "ask", "accept-new", "YES"};
	struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(settings); i++) {
		struct ssh_target to = {.address = "a", .host_key_checking = settings[i]};

		assert_non_null(strstr(call(&to, &arena), "-o StrictHostKeyChecking=accept-new "));
	}
	arena_free(&arena);
}

/* ---- its words ---- */

enum { BY_SSH = 255 << 8 };

#define LOGGED_IN "Authenticated to 10.0.0.1 ([10.0.0.1]:22) using \"publickey\".\n"
#define LOGGED_IN_8_4 "Authenticated to 10.0.0.1 ([10.0.0.1]:22).\n"
#define LOGGED_IN_PROXY "Authenticated to 10.0.0.1 (via proxy) using \"publickey\".\n"
#define DENIED "root@10.0.0.1: Permission denied (publickey)."
#define NO_PROXY                                                                                            \
	"kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port " \
	"65535"
#define BOOTING                                                                                              \
	"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. " \
	"For technical details, see pam_nologin(8)."

static const struct {
	int status;
	const char *said; /* lines */
	const char *reason;
	enum ssh_stage stage;
	const char *message;
} words[] = {
	{BY_SSH, "ssh: Could not resolve hostname x: Name or service not known", "dns", SSH_BEFORE_LOGIN,
	 "Could not resolve hostname x: Name or service not known"},
	{BY_SSH, "ssh: Could not resolve hostname x: nodename nor servname provided, or not known", "dns",
	 SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "ssh: Could not resolve hostname x: Temporary failure in name resolution", "dns",
	 SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "ssh: connect to host 10.0.0.1 port 22: Connection refused", "refused", SSH_BEFORE_LOGIN,
	 NULL},
	{BY_SSH, "ssh: connect to host 10.0.0.1 port 2222: No route to host", "unreachable", SSH_BEFORE_LOGIN,
	 NULL},
	{BY_SSH, "ssh: connect to host fe80::1 port 22: Network is unreachable", "unreachable",
	 SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "ssh: connect to host 10.0.0.1 port 22: Host is down", "unreachable", SSH_BEFORE_LOGIN,
	 NULL},
	{BY_SSH, "ssh: connect to host 10.0.0.1 port 22: Operation not permitted", "unreachable",
	 SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "ssh: connect to host 10.0.0.1 port 22: Connection timed out", "connect_timeout",
	 SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "ssh: connect to host 10.0.0.1 port 22: Operation timed out", "connect_timeout",
	 SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out",
	 "banner", SSH_BEFORE_LOGIN, "Connection timed out during banner exchange"},
	{BY_SSH,
	 "kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port "
	 "22",
	 "banner", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH,
	 "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.1 port 22",
	 "banner", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "ssh_exchange_identification: Connection closed by remote host", "banner", SSH_BEFORE_LOGIN,
	 NULL},
	{BY_SSH, "kex_exchange_identification: banner line contains invalid characters", "banner",
	 SSH_BEFORE_LOGIN, NULL},
	/* before the login nothing is lost, whatever a release says of it; after it, it is */
	{BY_SSH, "Connection closed by 10.0.0.1 port 22", "banner", SSH_BEFORE_LOGIN,
	 "Connection closed by 10.0.0.1 port 22"},
	{BY_SSH, "Connection reset by 10.0.0.1 port 22", "banner", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, "Connection to 10.0.0.1 port 22 timed out", "banner", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, LOGGED_IN "Connection closed by 10.0.0.1 port 22", "lost", SSH_AFTER_LOGIN, NULL},
	{BY_SSH, LOGGED_IN_8_4 "Connection reset by 10.0.0.1 port 22", "lost", SSH_AFTER_LOGIN, NULL},
	{BY_SSH, LOGGED_IN_PROXY "Connection closed by UNKNOWN port 65535", "lost", SSH_AFTER_LOGIN, NULL},
	{BY_SSH,
	 LOGGED_IN
	 "Connection to x closed by remote host.\nTransferred: sent 2216, received 2056 bytes, in 0.0 "
	 "seconds\nBytes per second: sent 45229.1, received 41963.5",
	 "lost", SSH_AFTER_LOGIN, "Connection to x closed by remote host."},
	{BY_SSH, LOGGED_IN, "no_shell", SSH_AFTER_LOGIN, "the shell ended with status 255 and said nothing"},
	{BY_SSH, LOGGED_IN "no shell for you", "no_shell", SSH_AFTER_LOGIN, "no shell for you"},
	{BY_SSH, "something new in OpenSSH 12", "ssh", SSH_BEFORE_LOGIN, "something new in OpenSSH 12"},
	{BY_SSH, "Authenticated to everything (really)\nConnection closed by 10.0.0.1 port 22", "banner",
	 SSH_BEFORE_LOGIN, NULL},
	{9, LOGGED_IN, "lost", SSH_AFTER_LOGIN, "ssh was ended by signal 9"},
	/* a jump host's client may say that it had logged in: that is another login */
	{BY_SSH,
	 LOGGED_IN
	 "channel 0: open failed: connect failed: Connection refused\nstdio forwarding "
	 "failed\nkex_exchange_identification: Connection closed by remote host\nConnection closed by "
	 "UNKNOWN port 65535",
	 "refused", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH,
	 LOGGED_IN
	 "kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN "
	 "port 65535",
	 "banner", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH, LOGGED_IN "root@10.0.0.1: Permission denied (publickey).", "auth", SSH_REFUSED, NULL},
	{BY_SSH, LOGGED_IN "Permission denied (publickey) I say", "auth", SSH_REFUSED, NULL},
	{BY_SSH,
	 "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa",
	 "negotiation", SSH_REFUSED, NULL},
	{BY_SSH, "root@10.0.0.1: Permission denied (publickey).", "auth", SSH_REFUSED, NULL},
	{BY_SSH, "Load key \"/k\": Permission denied\n" DENIED, "key_file", SSH_REFUSED,
	 "Load key \"/k\": Permission denied; " DENIED},
	{BY_SSH,
	 "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\nPermissions 0644 for '/k' are too "
	 "open.\nLoad key \"/k\": bad permissions\n" DENIED,
	 "key_file", SSH_REFUSED, "Load key \"/k\": bad permissions; " DENIED},
	{BY_SSH, "Load key \"/k\": error in libcrypto\n" DENIED, "key_file", SSH_REFUSED,
	 "Load key \"/k\": error in libcrypto; " DENIED},
	{BY_SSH, "Load key \"/k\": invalid format\n" DENIED, "key_file", SSH_REFUSED, NULL},
	{BY_SSH, "Warning: Identity file /k not accessible: No such file or directory.\n" DENIED, "key_file",
	 SSH_REFUSED, NULL},
	{BY_SSH, "no such identity: /k: No such file or directory\n" DENIED, "key_file", SSH_REFUSED, NULL},
	{BY_SSH,
	 "sign_and_send_pubkey: signing failed for ED25519 \"/k\" from agent: agent refused "
	 "operation\n" DENIED,
	 "agent", SSH_REFUSED,
	 "sign_and_send_pubkey: signing failed for ED25519 \"/k\" from agent: agent refused "
	 "operation; " DENIED},
	{BY_SSH, "sign_and_send_pubkey: no mutual signature supported\n" DENIED, "negotiation", SSH_REFUSED,
	 NULL},
	/* a key that wasn't the one that counts is no reason */
	{BY_SSH, "Load key \"/k\": bad permissions\nssh: connect to host x port 22: Connection refused",
	 "refused", SSH_BEFORE_LOGIN, "connect to host x port 22: Connection refused"},
	/* sshd and Tailscale say these before the login */
	{BY_SSH, "\"" BOOTING "\"\nConnection closed by 203.0.113.9 port 22", "booting", SSH_BEFORE_LOGIN,
	 "\"" BOOTING "\""},
	{BY_SSH,
	 "System is going down. Unprivileged users are not permitted to log in anymore. For technical "
	 "details, "
	 "see pam_nologin(8).\nConnection closed by 203.0.113.9 port 22",
	 "booting", SSH_BEFORE_LOGIN, NULL},
	{1 << 8, BOOTING, "booting", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH,
	 "Your account has expired; please contact your system administrator.\nConnection closed by x port "
	 "22",
	 "expired", SSH_REFUSED, NULL},
	{BY_SSH,
	 "tailscale: tailnet policy does not permit you to SSH to this node\nConnection closed by 100.64.0.1 "
	 "port "
	 "22",
	 "ssh_policy", SSH_REFUSED, "tailscale: tailnet policy does not permit you to SSH to this node"},
	{BY_SSH,
	 "tailscale: tailnet policy does not permit you to SSH as user \"root\"\nroot@h: Permission denied "
	 "(none).",
	 "ssh_policy", SSH_REFUSED, NULL},
	{BY_SSH,
	 "# Tailscale SSH requires an additional check.\n# To authenticate, visit: "
	 "https://login.tailscale.com/a/x1\nConnection closed by 100.64.0.1 port 22",
	 "ssh_check", SSH_REFUSED, "To authenticate, visit: https://login.tailscale.com/a/x1"},
	/* a ProxyCommand, and a jump host, which are not the host */
	{BY_SSH, "/bin/bash: line 1: exec: nosuch: not found\n" NO_PROXY, "proxy", SSH_REFUSED,
	 "/bin/bash: line 1: exec: nosuch: not found"},
	{BY_SSH, "/bin/sh: 1: exec: nosuch: not found\n" NO_PROXY, "proxy", SSH_REFUSED, NULL},
	{BY_SSH, "zsh:1: command not found: nosuch\n" NO_PROXY, "proxy", SSH_REFUSED, NULL},
	{BY_SSH, "fish: Unknown command: nosuch\n" NO_PROXY, "proxy", SSH_REFUSED, NULL},
	{BY_SSH, "/bin/sh: 1: /no/such: No such file or directory\n" NO_PROXY, "proxy", SSH_REFUSED, NULL},
	{BY_SSH, "ssh: Could not resolve hostname jump: Name or service not known\n" NO_PROXY, "jump",
	 SSH_BEFORE_LOGIN, "Could not resolve hostname jump: Name or service not known"},
	{BY_SSH, "ssh: connect to host jump port 22: Connection refused\n" NO_PROXY, "jump", SSH_BEFORE_LOGIN,
	 NULL},
	{BY_SSH, "d@jump: Permission denied (publickey).\n" NO_PROXY, "jump", SSH_REFUSED, NULL},
	{BY_SSH, "Load key \"/k\": bad permissions\nd@jump: Permission denied (publickey).\n" NO_PROXY,
	 "jump", SSH_REFUSED, "Load key \"/k\": bad permissions; d@jump: Permission denied (publickey)."},
	{BY_SSH, "No ED25519 host key is known for jump and you have requested strict checking.\n" NO_PROXY,
	 "host_key_unknown", SSH_REFUSED, NULL},
	{BY_SSH, NO_PROXY, "banner", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH,
	 "You are required to change your password immediately (administrator enforced).\nConnection closed "
	 "by 10.0.0.1 "
	 "port 22",
	 "expired", SSH_REFUSED, NULL},
	/* nor one without a line end */
	{BY_SSH, "No unauthorised access.Connection closed by 10.0.0.1 port 22", "banner", SSH_BEFORE_LOGIN,
	 "Connection closed by 10.0.0.1 port 22"},
	{BY_SSH, "No unauthorised access. " DENIED, "auth", SSH_REFUSED, DENIED},
	{1 << 8, "No unauthorised access. Please login as guest. " LOGGED_IN, "no_shell", SSH_AFTER_LOGIN,
	 "the shell ended with status 1 and said nothing"},
	{BY_SSH, "No unauthorised access." LOGGED_IN_8_4 "Connection closed by 10.0.0.1 port 22", "lost",
	 SSH_AFTER_LOGIN, NULL},
	/* a login banner is no reason, whatever it says */
	{BY_SSH,
	 "No unauthorised access: Permission denied (ask IT). Connection refused. sudo: a password is "
	 "required\nPlease login as guest\nfile: not found\nConnection closed by 10.0.0.1 port 22",
	 "banner", SSH_BEFORE_LOGIN, "Connection closed by 10.0.0.1 port 22"},
	{1 << 8, "sudo: a password is required\n" LOGGED_IN, "no_shell", SSH_AFTER_LOGIN,
	 "the shell ended with status 1 and said nothing"},
	{1 << 8, "Please login as guest\n" LOGGED_IN "sudo: a password is required", "sudo", SSH_AFTER_LOGIN,
	 "sudo: a password is required"},
	{BY_SSH,
	 "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\nDisconnected from "
	 "10.0.0.1 port 22",
	 "auth", SSH_REFUSED, NULL},
	{BY_SSH,
	 "No ED25519 host key is known for x and you have requested strict checking.\nHost key verification "
	 "failed.",
	 "host_key_unknown", SSH_REFUSED,
	 "No ED25519 host key is known for x and you have requested strict checking."},
	{BY_SSH, "Host key verification failed.", "host_key_unknown", SSH_REFUSED, NULL},
	{BY_SSH,
	 "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nECDSA host key for x has changed and "
	 "you have requested strict "
	 "checking.\nHost key verification failed.",
	 "host_key_changed", SSH_REFUSED,
	 "ECDSA host key for x has changed and you have requested strict checking."},
	{BY_SSH, "@       WARNING: REVOKED HOST KEY DETECTED!               @\nHost key verification failed.",
	 "host_key_changed", SSH_REFUSED, NULL},
	{BY_SSH, "Bad owner or permissions on /root/.ssh/config", "ssh_config", SSH_REFUSED, NULL},
	{BY_SSH, "/c: line 1: Bad configuration option: foo\n/c: terminating, 1 bad configuration options",
	 "ssh_config", SSH_REFUSED, "/c: line 1: Bad configuration option: foo"},
	{BY_SSH,
	 "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\nConnection "
	 "closed by UNKNOWN port 65535",
	 "unreachable", SSH_BEFORE_LOGIN, NULL},
	{BY_SSH,
	 "root@jump: Permission denied (publickey).\nkex_exchange_identification: Connection closed by "
	 "remote host",
	 "auth", SSH_REFUSED, NULL},
	{BY_SSH, "exec request failed on channel 0", "no_shell", SSH_AFTER_LOGIN, NULL},
	{BY_SSH, "Timeout, server x not responding.", "lost", SSH_AFTER_LOGIN, NULL},
	{BY_SSH, "Connection to x closed by remote host.", "lost", SSH_AFTER_LOGIN, NULL},
	{BY_SSH, "something new", "ssh", SSH_BEFORE_LOGIN, "something new"},
	{BY_SSH, "", "ssh", SSH_BEFORE_LOGIN, ""},

	/* what the host says; ssh passes its status on */
	{1 << 8, "sudo: a password is required", "sudo", SSH_AFTER_LOGIN, NULL},
	{1 << 8, "sudo: sorry, you must have a tty to run sudo", "sudo", SSH_AFTER_LOGIN, NULL},
	{1 << 8, "sudo: Ein Passwort ist notwendig", "sudo", SSH_AFTER_LOGIN, NULL},
	{1 << 8, "sudo: unable to resolve host web: Name or service not known\nx is not in the sudoers file.",
	 "sudo", SSH_AFTER_LOGIN, "x is not in the sudoers file."},
	{1 << 8, "sudo: interactive authentication is required", "sudo", SSH_AFTER_LOGIN, NULL},
	{127 << 8, "bash: line 1: exec: sudo: not found", "sudo", SSH_AFTER_LOGIN, NULL},
	{127 << 8, "sh: 1: exec: sudo: not found", "sudo", SSH_AFTER_LOGIN, NULL},
	{127 << 8, "fish: Unknown command: sudo", "sudo", SSH_AFTER_LOGIN, NULL},
	{1 << 8, "sudo: Command not found.", "sudo", SSH_AFTER_LOGIN, NULL},
	{1 << 8, "This account is currently not available.", "no_shell", SSH_AFTER_LOGIN, NULL},
	{0, "only backups here", "no_shell", SSH_AFTER_LOGIN, "only backups here"},
	{0, "", "no_shell", SSH_AFTER_LOGIN, "the shell ended with status 0 and said nothing"},
	/* a host may claim what it likes about the connection, when ssh doesn't */
	{1 << 8, "root@10.0.0.1: Permission denied (publickey).", "no_shell", SSH_AFTER_LOGIN, NULL},
	{9, "anything", "ssh", SSH_BEFORE_LOGIN, "ssh was ended by signal 9"},
	{142 << 8, "Please login as the user \"ubuntu\" rather than the user \"root\".\n", "wrong_user",
	 SSH_AFTER_LOGIN,
	 "Please login as the user \"ubuntu\" rather than the user \"root\". (set ssh.user to ubuntu)"},
	{0, "Please login as the ec2-user user rather than root user.", "wrong_user", SSH_AFTER_LOGIN,
	 "Please login as the ec2-user user rather than root user. (set ssh.user to ec2-user)"},
	{1 << 8, "WARNING: Your password has expired.\nPassword change required but no TTY available.",
	 "expired", SSH_REFUSED, "Password change required but no TTY available."},
	{1 << 8, "You are required to change your password immediately (administrator enforced).", "expired",
	 SSH_REFUSED, NULL},
	{1 << 8, "sudo: Account or password is expired, reset your password and try again", "expired",
	 SSH_AFTER_LOGIN, NULL},
};

static void test_what_ssh_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct ssh_hearing h = {0};
		struct str message = STR_INIT;
		enum ssh_stage stage;
		const char *reason;

		for (const char *p = words[i].said; *p;) {
			size_t len = strcspn(p, "\n");

			if (!ssh_chatter(&h, p, len, false))
				ssh_hear(&h, p, len, false, false);
			p += len + (p[len] == '\n');
		}
		reason = ssh_reason(&h, words[i].status, &stage, &message);
		assert_text(words[i].said, reason, words[i].reason);
		assert_non_null(reason_find(reason));
		assert_that(words[i].said, stage == words[i].stage);
		if (words[i].message)
			assert_text(words[i].said, str_text(&message), words[i].message);
		str_free(&message);
		ssh_hearing_free(&h);
	}
}

/* On standard output the host alone speaks, and only in a session. */
static void test_standard_output_is_the_hosts(void **state)
{
	static const struct {
		int status;
		const char *out, *reason;
	} cases[] = {
		{142 << 8, "Please login as the user \"ubuntu\" rather than the user \"root\".",
		 "wrong_user"},
		{BY_SSH, "Please login as the user \"ubuntu\" rather than the user \"root\".", "wrong_user"},
		{1 << 8, "This account is currently not available.", "no_shell"},
		{BY_SSH, "kex_exchange_identification: Connection closed by remote host", "no_shell"},
		{BY_SSH, "root@x: Permission denied (publickey).", "no_shell"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ssh_hearing h = {0};
		struct str message = STR_INIT;
		enum ssh_stage stage;

		ssh_hear(&h, cases[i].out, strlen(cases[i].out), true, false);
		assert_text(cases[i].out, ssh_reason(&h, cases[i].status, &stage, &message), cases[i].reason);
		assert_true(stage == SSH_AFTER_LOGIN);
		assert_true(str_starts(str_text(&message), cases[i].out));
		str_free(&message);
		ssh_hearing_free(&h);
	}
}

static void test_chatter_is_shown_nowhere(void **state)
{
	static const struct {
		const char *line;
		bool chatter, logged_in;
	} lines[] = {
		{"Authenticated to h ([127.0.0.1]:22) using \"publickey\".", true, true},
		{"Authenticated to h ([127.0.0.1]:22).", true, true},
		{"Authenticated to h (via proxy).", true, true},
		{"Authenticated to h by magic", false, false},
		{"Transferred: sent 2216, received 2056 bytes, in 0.0 seconds", true, false},
		{"Transferred: sent all", false, false},
		{"Bytes per second: sent 45229.1, received 41963.5", true, false},
		{"debug1: Next authentication method: publickey", true, false},
		{"debug: mine", false, false},
		{"** WARNING: connection is not using a post-quantum key exchange algorithm.", true, false},
		{"** WARNING: mine", false, false},
		{"kex_exchange_identification: Connection closed by remote host", false, false},
		{"command-line: line 0: Bad configuration option: sessiontype", true, false},
		{"command-line: line 0: Bad configuration option: foo", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct ssh_hearing h = {0};
		bool chatter = ssh_chatter(&h, lines[i].line, strlen(lines[i].line), false);

		assert_that(lines[i].line, chatter == lines[i].chatter);
		assert_that(lines[i].line, h.logged_in == lines[i].logged_in);
		/* Once it runs, the script may print what it likes. */
		h = (struct ssh_hearing){0};
		if (lines[i].logged_in) {
			chatter = ssh_chatter(&h, lines[i].line, strlen(lines[i].line), true);
			assert_that(lines[i].line, !chatter && !h.logged_in);
		}
		ssh_hearing_free(&h);
	}
}

static void test_a_flood_before_the_script_is_not_kept(void **state)
{
	struct ssh_hearing h = {0};
	struct str message = STR_INIT, line = STR_INIT;
	enum ssh_stage stage;

	(void)state;
	for (int i = 0; i < 100000; i++)
		str_addc(&line, 'x');
	for (int i = 0; i < 100000; i++)
		ssh_hear(&h, line.data, line.len, false, false);
	assert_true(h.last.cap <= 2048);
	assert_string_equal(ssh_reason(&h, 0, &stage, &message), "no_shell");
	str_free(&message);
	str_free(&line);
	ssh_hearing_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_call),
		cmocka_unit_test(test_older_clients_get_no_newer_settings),
		cmocka_unit_test(test_the_call_through_jump_hosts),
		cmocka_unit_test(test_the_call_through_many_jump_hosts),
		cmocka_unit_test(test_host_keys_are_always_checked),
		cmocka_unit_test(test_what_ssh_says),
		cmocka_unit_test(test_standard_output_is_the_hosts),
		cmocka_unit_test(test_chatter_is_shown_nowhere),
		cmocka_unit_test(test_a_flood_before_the_script_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
