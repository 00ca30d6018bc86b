/* runtime/ssh: how it's called, and what its words mean. */
#include "tests/unit/unit.h"

#include "runtime/reason.h"
#include "runtime/ssh.h"

/* ---- the call ---- */

static const char *call(const struct ssh_target *to, struct arena *arena)
{
	char **words = ssh_arguments("ssh", to, arena);
	struct str all = STR_INIT;
	const char *kept;

	for (size_t i = 0; words[i]; i++)
		str_addf(&all, "%s%s", i ? " " : "", words[i]);
	kept = arena_strdup(arena, str_text(&all));
	str_free(&all);
	return kept;
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
		.jump_host = "deploy@jump",
	};
	struct arena arena = ARENA_INIT;

	(void)state;
	assert_string_equal(
		call(&plain, &arena),
		"ssh -T -a -x -o BatchMode=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=3 "
		"-o StrictHostKeyChecking=accept-new -o ClearAllForwardings=yes -o PermitLocalCommand=no "
		"-o RemoteCommand=none -o LogLevel=INFO -l root -- 203.0.113.10 exec sh -s");
	assert_string_equal(
		call(&full, &arena),
		"ssh -T -a -x -o BatchMode=yes -o ConnectTimeout=7 -o ServerAliveInterval=15 "
		"-o ServerAliveCountMax=3 -o StrictHostKeyChecking=yes -o UserKnownHostsFile=\"/my hosts\" "
		"-o ClearAllForwardings=yes -o PermitLocalCommand=no -o RemoteCommand=none -o LogLevel=INFO "
		"-p 2222 -l ubuntu -i /keys/50%% off -J deploy@jump -- 2001:db8::1 exec sudo -n sh -s");
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
	{BY_SSH, "Connection closed by 10.0.0.1 port 22", "lost", SSH_AFTER_LOGIN, NULL},
	{BY_SSH, "Connection to 10.0.0.1 port 22 timed out", "ssh", SSH_REFUSED, NULL},
	{BY_SSH,
	 "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa",
	 "negotiation", SSH_REFUSED, NULL},
	{BY_SSH, "root@10.0.0.1: Permission denied (publickey).", "auth", SSH_REFUSED, NULL},
	{BY_SSH, "Load key \"/k\": Permission denied\nroot@10.0.0.1: Permission denied (publickey).", "auth",
	 SSH_REFUSED, "root@10.0.0.1: Permission denied (publickey)."},
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
	{BY_SSH, "something new", "ssh", SSH_REFUSED, "something new"},
	{BY_SSH, "", "ssh", SSH_REFUSED, ""},

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
	{9, "anything", "lost", SSH_AFTER_LOGIN, "ssh was ended by signal 9"},
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

			ssh_hear(&h, p, len, false);
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

static void test_a_flood_before_the_script_is_not_kept(void **state)
{
	struct ssh_hearing h = {0};
	struct str message = STR_INIT, line = STR_INIT;
	enum ssh_stage stage;

	(void)state;
	for (int i = 0; i < 100000; i++)
		str_addc(&line, 'x');
	for (int i = 0; i < 100000; i++)
		ssh_hear(&h, line.data, line.len, false);
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
		cmocka_unit_test(test_host_keys_are_always_checked),
		cmocka_unit_test(test_what_ssh_says),
		cmocka_unit_test(test_a_flood_before_the_script_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
