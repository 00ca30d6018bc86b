/* providers/network, tailscale and headscale: design.md's decisions on what a host has to be, the client's
 * status documents, the policy file, odd keys. */
#include "tests/unit/world.h"

#include "compiler/plan.h"
#include "providers/table.h"
#include "providers/network/tailscale_client.h"

#include <unistd.h>

/* A provider's config for DOMAIN, in W. */
static void use(struct world *w, const char *provider, const char *domain)
{
	char text[512];

	snprintf(text, sizeof text,
		 "network: {provider: %s, providers: {%s: {auth_key_env: X, tailnet_domain: %s, "
		 "login_server: https://h}}}\n",
		 provider, provider, domain);
	assert_true(world_read(w, text, NULL));
}

/* What W's provider reads of DOCUMENT for plat-db-1 with TAGS (comma-separated): "ok", or "reason: message";
 * a line for each warning. */
static const char *reading(struct world *w, const char *document, size_t len, const char *tags)
{
	const char *list[16];
	struct network_expected want = {.host_id = "plat-db-1", .tags = list};
	struct network_reading r;
	const char *all;
	char *copy = malloc(len ? len : 1); /* exact, so that a read past the end is seen */

	for (const char *p = tags; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
		list[want.tag_count++] = arena_strndup(&w->arena, p, strcspn(p, ","));
	memcpy(copy, document, len);
	w->config.network->client->read_status(w->config.network_config, &want, copy, len, &r, &w->arena);
	free(copy);
	assert_int_equal(r.ok, !*r.reason);
	assert_int_equal(r.ok, !*r.message);
	all = r.ok ? "ok" : arena_printf(&w->arena, "%s: %s", r.reason, r.message);
	for (size_t i = 0; i < r.warning_count; i++)
		all = arena_printf(&w->arena, "%s\n%s", all, r.warnings[i]);
	return all;
}

static const char *reading_of_file(struct world *w, const char *name, const char *tags)
{
	struct problem problem = {.arena = &w->arena};
	struct source s;
	char path[128];

	snprintf(path, sizeof path, "tests/shell/status/%s.json", name);
	if (!source_read(&s, path, &problem))
		print_error("%s\n", problem.text);
	assert_true(s.len > 100);
	return reading(w, s.text, s.len, tags);
}

/* A status document of a running, online node with this CurrentTailnet and these members of Self and of the
 * top level. */
static const char *made(struct world *w, const char *suffix, const char *self, const char *top)
{
	return arena_printf(
		&w->arena,
		"{\"BackendState\": \"Running\", \"Self\": {\"Online\": true%s}, \"CurrentTailnet\": "
		"{\"MagicDNSSuffix\": \"%s\"}%s}",
		self, suffix, top);
}

static void check_made(struct world *w, const char *document, const char *tags, const char *want)
{
	assert_text(document, reading(w, document, strlen(document), tags), want);
}

/* ---- what the real client prints ---- */

static void test_real_documents(void **state)
{
	static const struct {
		const char *provider, *domain, *file, *tags, *want;
	} rows[] = {
		{"tailscale", "mytailnet.ts.net", "running", "tag:app,tag:db", "ok"},
		{"tailscale", "mytailnet.ts.net", "running", "tag:db", "ok"},
		{"tailscale", "mytailnet.ts.net", "running", "", "ok"},
		{"tailscale", "mytailnet.ts.net", "running", "tag:db,tag:other",
		 "tag_mismatch: tailscale provider: host tags tag:app,tag:db do not match expected "
		 "tag:db,tag:other"},
		{"tailscale", "other.ts.net", "running", "tag:db",
		 "tailnet_mismatch: tailscale provider: host is in tailnet mytailnet, expected other"},
		{"tailscale", "mytailnet.ts.net", "stopped", "tag:app,tag:db",
		 "ok\nthe node is offline: Tailscale is stopped."},
		{"tailscale", "mytailnet.ts.net", "needs-login", "tag:db",
		 "not_joined: tailscale provider: the host is logged out (NeedsLogin)"},
		{"tailscale", "othernet.ts.net", "needs-machine-auth", "tag:db",
		 "needs_approval: tailscale provider: the host waits for its approval"},
		{"headscale", "mytailnet.example.com", "headscale-running", "tag:app,tag:db", "ok"},
		{"headscale", "mytailnet.ts.net", "headscale-running", "tag:db",
		 "ok\nthe tailnet's domain is mytailnet.example.com: names in mytailnet.ts.net do "
		 "not resolve"},
		{"headscale", "elsewhere.example.com", "headscale-running", "tag:db",
		 "tailnet_mismatch: headscale provider: host is in tailnet mytailnet, expected elsewhere"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		use(w, rows[i].provider, rows[i].domain);
		assert_text(rows[i].file, reading_of_file(w, rows[i].file, rows[i].tags), rows[i].want);
	}
}

/* ---- decision 1: the tailnet is the first label of tailnet_domain ---- */

static void test_decision_1_expected(void **state)
{
	static const char *const rows[][2] = {
		{"bartekus.ts.net", "bartekus"},
		{"example.ts.net", "example"},
		{"a.b", "a"},
		{"tail-1.x.y.z", "tail-1"},
		{"x", "x"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_text(rows[i][0], tailscale_tailnet_of(rows[i][0], &w->arena), rows[i][1]);
}

static void test_decision_1_actual(void **state)
{
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	check_made(w, made(w, "mytailnet.ts.net", "", ""), "", "ok");
	/* TailnetName, should a client ever print it, decides, whole. */
	check_made(w, made(w, "", "", ", \"TailnetName\": \"mytailnet\""), "", "ok");
	check_made(w, made(w, "mytailnet.ts.net", "", ", \"TailnetName\": \"other\""), "",
		   "tailnet_mismatch: tailscale provider: host is in tailnet other, expected mytailnet");
	check_made(w, made(w, "mytailnet.ts.net", "", ", \"TailnetName\": \"mytailnet.ts.net\""), "",
		   "tailnet_mismatch: tailscale provider: host is in tailnet mytailnet.ts.net, expected "
		   "mytailnet");
	/* Older clients have the suffix at the top alone. */
	check_made(w, made(w, "", "", ", \"MagicDNSSuffix\": \"mytailnet.ts.net\""), "", "ok");
	check_made(w,
		   "{\"BackendState\": \"Running\", \"Self\": {\"Online\": true}, \"CurrentTailnet\": null, "
		   "\"MagicDNSSuffix\": \"mytailnet.ts.net\"}",
		   "", "ok");
	/* It's compared as it is: a prefix, another case, something inside are others. */
	check_made(w, made(w, "mytailnet2.ts.net", "", ""), "",
		   "tailnet_mismatch: tailscale provider: host is in tailnet mytailnet2, expected mytailnet");
	check_made(w, made(w, "MyTailnet.ts.net", "", ""), "",
		   "tailnet_mismatch: tailscale provider: host is in tailnet MyTailnet, expected mytailnet");
	check_made(w, made(w, "x.mytailnet.ts.net", "", ""), "",
		   "tailnet_mismatch: tailscale provider: host is in tailnet x, expected mytailnet");
	/* CurrentTailnet.Name is the organisation's, never the tailnet's. */
	check_made(w,
		   "{\"BackendState\": \"Running\", \"Self\": {\"Online\": true}, \"CurrentTailnet\": "
		   "{\"Name\": \"mytailnet\", "
		   "\"MagicDNSSuffix\": \"other.ts.net\"}}",
		   "", "tailnet_mismatch: tailscale provider: host is in tailnet other, expected mytailnet");
}

/* The right first label under another suffix: joined, but names won't resolve. */
static void test_decision_1_suffix(void **state)
{
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	check_made(w, made(w, "mytailnet.example.com", "", ""), "",
		   "ok\nthe tailnet's domain is mytailnet.example.com: names in mytailnet.ts.net do "
		   "not resolve");
}

/* ---- decision 2: every expected tag, exactly; others may be ---- */

static void test_decision_2_tags(void **state)
{
	static const struct {
		const char *actual, *expected, *want;
	} rows[] = {
		{"[\"tag:a\", \"tag:b\"]", "tag:a,tag:b", "ok"},
		{"[\"tag:b\", \"tag:a\"]", "tag:a,tag:b", "ok"},
		{"[\"tag:c\", \"tag:a\", \"tag:b\"]", "tag:a,tag:b", "ok"},
		{"[\"tag:a\", \"tag:a\"]", "tag:a", "ok"},
		{"[\"tag:a\"]", "", "ok"},
		{"[]", "", "ok"},
		{"null", "", "ok"},
		{"[\"tag:a\"]", "tag:a,tag:b",
		 "tag_mismatch: tailscale provider: host tags tag:a do not match expected tag:a,tag:b"},
		{"[]", "tag:a",
		 "tag_mismatch: tailscale provider: host tags none do not match expected tag:a"},
		{"null", "tag:a",
		 "tag_mismatch: tailscale provider: host tags none do not match expected tag:a"},
		{"\"tag:a\"", "tag:a",
		 "tag_mismatch: tailscale provider: host tags none do not match expected tag:a"},
		{"{\"tag:a\": 1}", "tag:a",
		 "tag_mismatch: tailscale provider: host tags none do not match expected tag:a"},
		{"[1, null, [\"tag:a\"]]", "tag:a",
		 "tag_mismatch: tailscale provider: host tags none do not match expected tag:a"},
		/* case-sensitive, exact */
		{"[\"tag:A\"]", "tag:a",
		 "tag_mismatch: tailscale provider: host tags tag:A do not match expected tag:a"},
		{"[\"tag:ab\"]", "tag:a",
		 "tag_mismatch: tailscale provider: host tags tag:ab do not match expected tag:a"},
		{"[\"tag:a \"]", "tag:a",
		 "tag_mismatch: tailscale provider: host tags tag:a  do not match expected tag:a"},
		/* sorted in the message, whatever the order */
		{"[\"tag:z\", \"tag:m\", \"tag:B\"]", "tag:a",
		 "tag_mismatch: tailscale provider: host tags tag:B,tag:m,tag:z do not match expected tag:a"},
		{"[\"tag:\\u0061\"]", "tag:a", "ok"},
	};
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(rows); i++)
		check_made(w,
			   made(w, "mytailnet.ts.net",
				arena_printf(&w->arena, ", \"Tags\": %s", rows[i].actual), ""),
			   rows[i].expected, rows[i].want);
	check_made(w, made(w, "mytailnet.ts.net", "", ""), "tag:a",
		   "tag_mismatch: tailscale provider: host tags none do not match expected tag:a");
	/* A client that prints none. */
	check_made(w, made(w, "mytailnet.ts.net", "", ", \"Version\": \"1.30.2-tabc\""), "tag:a",
		   "version_too_old: tailscale provider: installation failed: installed version 1.30.2 is "
		   "below minimum "
		   "1.34.0");
	check_made(w, made(w, "mytailnet.ts.net", "", ", \"Version\": \"1.30.2-tabc\""), "", "ok");
	check_made(w, made(w, "mytailnet.ts.net", "", ", \"Version\": \"1.34.0\""), "tag:a",
		   "tag_mismatch: tailscale provider: host tags none do not match expected tag:a");
}

/* A tailnet comes before the tags: another one's tags say nothing. */
static void test_tailnet_before_tags(void **state)
{
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	check_made(w, made(w, "other.ts.net", ", \"Tags\": [\"tag:a\"]", ""), "tag:b",
		   "tailnet_mismatch: tailscale provider: host is in tailnet other, expected mytailnet");
}

/* ---- decision 6: offline, but configured, is success ---- */

static void test_decision_6_offline(void **state)
{
	static const char *const onlines[] = {"false", "null", "0", "\"true\""};
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(onlines); i++)
		check_made(w,
			   arena_printf(&w->arena,
					"{\"BackendState\": \"Stopped\", \"Self\": {\"Online\": %s, "
					"\"Tags\": [\"tag:a\"]}, "
					"\"MagicDNSSuffix\": \"mytailnet.ts.net\"}",
					onlines[i]),
			   "tag:a", "ok\nthe node is offline");
	/* Wrong stays wrong. */
	check_made(w,
		   "{\"BackendState\": \"Stopped\", \"Self\": {\"Online\": false}, \"MagicDNSSuffix\": "
		   "\"mytailnet.ts.net\"}",
		   "tag:a",
		   "tag_mismatch: tailscale provider: host tags none do not match expected tag:a\nthe node "
		   "is offline");
}

/* ---- what else a status says ---- */

static void test_warnings(void **state)
{
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	check_made(w, made(w, "mytailnet.ts.net", ", \"DNSName\": \"plat-db-1.mytailnet.ts.net.\"", ""), "",
		   "ok");
	check_made(w, made(w, "mytailnet.ts.net", ", \"DNSName\": \"plat-db-1-1.mytailnet.ts.net.\"", ""), "",
		   "ok\nthe node is called plat-db-1-1: another one holds the name plat-db-1, or did when it "
		   "joined");
	check_made(w, made(w, "mytailnet.ts.net", ", \"DNSName\": \"plat-db.mytailnet.ts.net.\"", ""), "",
		   "ok\nthe node is called plat-db in the tailnet: rename it there");
	check_made(w, made(w, "mytailnet.ts.net", ", \"DNSName\": \"plat-db-10.mytailnet.ts.net.\"", ""), "",
		   "ok\nthe node is called plat-db-10 in the tailnet: rename it there");
	check_made(w, made(w, "mytailnet.ts.net", ", \"DNSName\": \"plat-db-1-old.mytailnet.ts.net.\"", ""),
		   "", "ok\nthe node is called plat-db-1-old in the tailnet: rename it there");
	check_made(w,
		   made(w, "mytailnet.ts.net", "",
			", \"Health\": [\"this node is locked out; it will not have "
			"connectivity until it is signed. For more info, see "
			"https://tailscale.com/s/locked-out\", "
			"\"Some\\npeers\"]"),
		   "",
		   "ok\ntailscaled says: this node is locked out; it will not have connectivity until it is "
		   "signed. For "
		   "more info, see https://tailscale.com/s/locked-out; Some peers");
	check_made(
		w,
		made(w, "mytailnet.ts.net", "",
		     ", \"Health\": [\"Tailscale is starting. Please wait.\", "
		     "\"An update from version 1.98.0 to 1.99.1 is available. Run `tailscale update`\", 7]"),
		"", "ok");
	check_made(w, made(w, "mytailnet.ts.net", "", ", \"Health\": []"), "", "ok");
	check_made(w,
		   made(w, "mytailnet.ts.net", ", \"Expired\": true, \"KeyExpiry\": \"2025-01-01T00:00:00Z\"",
			""),
		   "", "ok\nthe node's key has expired: nothing reaches it until it has joined again");
	check_made(w, made(w, "mytailnet.ts.net", ", \"KeyExpiry\": \"2027-01-01T00:00:00Z\"", ""), "",
		   "ok\nthe node's key expires at 2027-01-01T00:00:00Z: switch key expiry off for servers");
	check_made(w,
		   "{\"BackendState\": \"Running\", \"Self\": {\"Online\": true}, \"CurrentTailnet\": "
		   "{\"MagicDNSSuffix\": "
		   "\"mytailnet.ts.net\", \"MagicDNSEnabled\": false}}",
		   "", "ok\nMagicDNS is off: names of nodes do not resolve");
}

/* A machine that joined under another name is another machine. */
static void test_names(void **state)
{
	static const char *const rows[][2] = {
		{"", "ok"},
		{", \"HostName\": \"\"", "ok"},
		{", \"HostName\": 7", "ok"},
		{", \"HostName\": \"plat-db-1\"", "ok"},
		{", \"HostName\": \"PLAT-DB-1.example.net\"", "ok"},
		{", \"HostName\": \"plat-app-7\"",
		 "name_mismatch: tailscale provider: this machine is plat-app-7, not plat-db-1"},
		{", \"HostName\": \"Plat-App-7\", \"DNSName\": \"plat-db-1.mytailnet.ts.net.\"",
		 "name_mismatch: tailscale provider: this machine is plat-app-7, not plat-db-1"},
		{", \"HostName\": \"plat-db-10\"",
		 "name_mismatch: tailscale provider: this machine is plat-db-10, not plat-db-1"},
		{", \"HostName\": \"plat-db\", \"DNSName\": \"plat-db-1.mytailnet.ts.net.\"",
		 "name_mismatch: tailscale provider: this machine is plat-db, not plat-db-1"},
	};
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(rows); i++)
		check_made(w, made(w, "mytailnet.ts.net", rows[i][0], ""), "", rows[i][1]);
}

/* The name in the report is the one that the node has. */
static void test_real_fqdn(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{", \"DNSName\": \"\"", ""},
		{", \"DNSName\": \"plat-db-1.mytailnet.ts.net.\"", "plat-db-1.mytailnet.ts.net"},
		{", \"DNSName\": \"plat-db-1-1.mytailnet.ts.net.\"", "plat-db-1-1.mytailnet.ts.net"},
		{", \"DNSName\": \"plat-db-1.other.net\"", "plat-db-1.other.net"},
		{", \"DNSName\": \"a b.mytailnet.ts.net.\"", ""},
		{", \"DNSName\": \"\\u001b[2Jx.\"", ""},
	};
	struct world *w = *state;
	struct network_expected want = {.host_id = "plat-db-1"};
	struct network_reading out;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text = made(w, "mytailnet.ts.net", rows[i][0], "");

		w->config.network->client->read_status(w->config.network_config, &want, text, strlen(text),
						       &out, &w->arena);
		assert_text(text, out.fqdn, rows[i][1]);
	}
}

/* Logged out, whatever else it remembers. */
static void test_logged_out(void **state)
{
	static const char *const states[] = {"NeedsLogin", "NoState"};
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(states); i++)
		check_made(
			w,
			arena_printf(&w->arena,
				     "{\"BackendState\": \"%s\", \"MagicDNSSuffix\": \"mytailnet.ts.net\"}",
				     states[i]),
			"",
			arena_printf(&w->arena, "not_joined: tailscale provider: the host is logged out (%s)",
				     states[i]));
	/* Joined, it waits for its control server. */
	check_made(w, "{\"BackendState\": \"NoState\", \"HaveNodeKey\": true, \"Health\": [\"a: b\"]}", "",
		   "login_server: tailscale provider: the login server does not "
		   "answer; "
		   "tailscaled says: a: b");
	check_made(w, "{\"BackendState\": \"Starting\", \"HaveNodeKey\": true}", "",
		   "login_server: tailscale provider: the login server does not "
		   "answer");
	check_made(w, "{\"BackendState\": \"NeedsLogin\", \"HaveNodeKey\": true}", "",
		   "not_joined: tailscale provider: the host is logged out (NeedsLogin)");
	check_made(w, made(w, "", "", ""), "",
		   "not_joined: tailscale provider: the host is logged out (Running)");
}

/* ---- hostile documents ---- */

static void test_not_json(void **state)
{
	static const char *const rows[] = {
		"",	"{",	 "not json", "{\"Self\"}",
		"[1,]", "{} {}", "\xFF",     "# Health check:\n#     - x\n{\"BackendState\": \"Running\"}"};
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(rows); i++)
		check_made(w, rows[i], "",
			   "status_unreadable: tailscale provider: the client's status is not JSON");
}

static void test_odd_types(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"null",
		"\"text\"",
		"42",
		"{\"Self\": [], \"CurrentTailnet\": \"x\", \"MagicDNSSuffix\": 3}",
		"{\"Self\": null, \"CurrentTailnet\": null, \"BackendState\": {}, \"TailnetName\": [\"x\"]}",
		"{\"CurrentTailnet\": {\"MagicDNSSuffix\": {\"MagicDNSSuffix\": \"mytailnet.ts.net\"}}}",
	};
	struct world *w = *state;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(rows); i++)
		check_made(w, rows[i], "tag:a", "not_joined: tailscale provider: the host is logged out ()");
}

/* Nothing of a host's gets to the terminal as it came, or at any length. */
static void test_hostile_texts(void **state)
{
	static const char *const places[][2] = {
		{"\\u001b[2J\\u202e.ts.net", ""},
		{"mytailnet.ts.net\\u001b]52;c;x\\u0007", ""},
		{"mytailnet.ts.net", ", \"Tags\": [\"tag:\\u001b[31m\\n@stagecraft\"]"},
		{"mytailnet.ts.net", ", \"DNSName\": \"\\u009b31m\\u2066x.\""},
		{"mytailnet.ts.net", ", \"KeyExpiry\": \"\\r\\u001b[A\""},
	};
	struct world *w = *state;
	struct str large = STR_INIT;
	const char *got;

	use(w, "tailscale", "mytailnet.ts.net");
	for (size_t i = 0; i < COUNT(places); i++) {
		const char *text = made(w, places[i][0], places[i][1], "");

		got = reading(w, text, strlen(text), "tag:a");
		for (size_t at = 0, used; got[at]; at += used) {
			long code = utf8_next(got + at, strlen(got + at), &used);

			assert_that(text, code == '\n' || (code >= 0x20 && code != 0x7F &&
							   (code < 0x80 || code > 0x9F)));
			assert_that(text, code < 0x202A || code > 0x202E);
			assert_that(text, code < 0x2066 || code > 0x2069);
		}
		if (strstr(places[i][1], "Tags"))
			assert_null(strchr(got, '\n')); /* one line still */
	}
	for (int i = 0; i < 200000; i++)
		str_addf(&large, "%s\"tag:%d\"", i ? "," : "", i);
	got = made(w, "mytailnet.ts.net", arena_printf(&w->arena, ", \"Tags\": [%s]", large.data), "");
	got = reading(w, got, strlen(got), "tag:a");
	assert_true(str_starts(got, "tag_mismatch: "));
	str_free(&large);
}

/* ---- settings ---- */

static const char *setting(struct world *w, const char *name)
{
	const struct hosts none = {.count = 0};
	struct plan plan;

	plan_make(&plan, &w->config, &none, &w->arena);
	for (size_t i = 0; i < plan.settings.count; i++) {
		if (strcmp(plan.settings.items[i].name, name) == 0)
			return plan.settings.items[i].value;
	}
	return "(none)";
}

static void test_settings(void **state)
{
	static const char *const rows[][2] = {
		{"NETWORK_AUTH_KEY_ENV", "KEY"},
		{"NETWORK_DOMAIN", "net.example.com"},
		{"NETWORK_INSTALL", "skip"},
		{"NETWORK_JOIN_TIMEOUT_S", "90"},
		{"NETWORK_LOGIN_SERVER", "https://h"},
		{"NETWORK_MIN_VERSION", "1.78"},
		{"NETWORK_TAILNET", "net"},
		{"NETWORK_UP_ARGS", "--ssh --accept-dns=false"},
		{"NETWORK_VERSION", "1.98.0"},
	};
	static const char *const providers[] = {"tailscale", "headscale"};
	struct world *w = *state;
	char text[512];

	for (size_t p = 0; p < COUNT(providers); p++) {
		snprintf(text, sizeof text,
			 "network: {provider: %s, providers: {%s: {auth_key_env: KEY, tailnet_domain: "
			 "net.example.com, "
			 "login_server: https://h, join_timeout: 90s, up_args: [--ssh, --accept-dns=false], "
			 "install: {method: "
			 "skip, min_version: 1.78, version: 1.98.0}}}}\n",
			 providers[p], providers[p]);
		assert_true(world_read(w, text, NULL));
		for (size_t i = 0; i < COUNT(rows); i++)
			assert_text(rows[i][0], setting(w, rows[i][0]), rows[i][1]);
		assert_string_equal(setting(w, "NETWORK_PROVIDER"), providers[p]);
	}
	use(w, "tailscale", "a.b");
	assert_string_equal(setting(w, "NETWORK_MIN_VERSION"), "");
	assert_string_equal(setting(w, "NETWORK_UP_ARGS"), "");
	assert_string_equal(setting(w, "NETWORK_VERSION"), "");
}

static void test_fqdn(void **state)
{
	struct world *w = *state;
	struct str name = STR_INIT;

	use(w, "headscale", "tailnet.example.com");
	w->config.network->client->node_fqdn(w->config.network_config, "plat-db-1", &name);
	assert_string_equal(name.data, "plat-db-1.tailnet.example.com");
	str_free(&name);
}

static void test_key_warnings(void **state)
{
	static const char *const rows[][3] = {
		/* key, what tailscale says, what headscale says */
		{"tskey-auth-k1-abc", "", "Tailscale's"},
		{"tskey-client-k1-abc?ephemeral=false&preauthorized=true", "", "Tailscale's"},
		{"tskey-client-k1-abc?ephemeral=true", "ephemeral", "Tailscale's"},
		{"tskey-api-k1-abc", "API access token", "Tailscale's"},
		{"hskey-auth-abc", "headscale's", ""},
		{"tskey-k1-abc", "", "Tailscale's"},
		{"0123456789abcdef0123456789abcdef0123456789abcdef", "doesn't begin", ""},
		{"0123456789abcdef", "doesn't begin", "doesn't begin"},
		{"wJalrXUtnFEMI/K7MDENG/abcRfiCYEXAMPLEKEY", "right variable?", "right variable?"},
		{"file:/run/secrets/abc", "doesn't begin", "doesn't begin"},
	};
	static const char *const ids[] = {"tailscale", "headscale"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t p = 0; p < COUNT(ids); p++) {
			const struct network_provider *provider =
				(const void *)registry_get(provider_registry(NETWORK_PROVIDERS), ids[p], NULL,
							   NULL);
			const char *text = provider->key_warning(rows[i][0], false), *want = rows[i][p + 1];

			assert_that(rows[i][0], *want ? text && strstr(text, want) : !text);
			assert_that(rows[i][0], !text || !strstr(text, "abc"));
		}
	}
	/* An OAuth client makes keys for hosts with tags only. */
	const struct network_provider *tailscale =
		(const void *)registry_get(provider_registry(NETWORK_PROVIDERS), ids[0], NULL, NULL);

	assert_non_null(
		strstr(tailscale->key_warning("tskey-client-k1-abc", true), "has none: add default_tags"));
	assert_null(tailscale->key_warning("tskey-auth-k1-abc", true));
}

/* ---- the policy file ---- */

static void check_policy(struct world *w, const char *policy, const char *want)
{
	char path[] = "/tmp/stagecraft-test-XXXXXX", text[512];
	int fd = mkstemp(path);
	const char *got;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, policy, strlen(policy)), strlen(policy));
	close(fd);
	snprintf(text, sizeof text,
		 "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, tailnet_domain: "
		 "a.b, default_tags: "
		 "[tag:a], policy_file: %s}}}\n",
		 path);
	world_read(w, text, "- {id: h, public_ip: i, tags: [tag:b]}\n");
	got = messages(&w->d, &w->arena);
	for (char *p; (p = strstr(got, path)) != NULL;)
		got = arena_printf(&w->arena, "%.*sPOLICY%s", (int)(p - got), got, p + strlen(path));
	unlink(path);
	assert_text(policy, got, want);
}

static void test_policy(void **state)
{
	static const char both[] = "1:109 error tailscale provider: invalid config: tag tag:a has no owner "
				   "in POLICY | give it an owner in "
				   "tagOwners, or leave the tag out\n"
				   "1:32 error tailscale provider: invalid config: tag tag:b has no owner in "
				   "POLICY | give it an owner in "
				   "tagOwners, or leave the tag out\n";
	static const char b_alone[] = "1:32 error tailscale provider: invalid config: tag tag:b has no owner "
				      "in POLICY | give it an owner in "
				      "tagOwners, or leave the tag out\n";
	struct world *w = *state;

	check_policy(w, "{\"tagOwners\": {\"tag:a\": [\"autogroup:admin\"], \"tag:b\": []}}", "");
	check_policy(w, "{\"tagOwners\": {\"tag:a\": []}}", b_alone);
	check_policy(w, "{\"tagOwners\": {}}", both);
	check_policy(w, "{}", both);
	check_policy(w, "[]", both);
	check_policy(w, "{\"tagOwners\": [\"tag:a\", \"tag:b\"]}", both);
	/* HuJSON: comments and trailing commas, but not inside texts */
	check_policy(w,
		     "// the policy\n{\n  /* owners,\n  of tags */ \"tagOwners\": {\n    \"tag:a\": "
		     "[\"x\",], // a]\n    \"tag:b\": "
		     "[],\n  },\n  \"x\": \"// no, /* comment */ \\\" , ] \",\n}\n// end",
		     "");
	check_policy(w, "{\"tagOwners\": {\"tag:a\": [], /* \"tag:b\": [], */ }}", b_alone);
	check_policy(w, "{\"tagOwners\": {\"tag:a\": [],/**//* x *///y,\n\"tag:b\": [], }/*,*/,}", "");
	check_policy(w, "\xEF\xBB\xBF{\"tagOwners\": {\"tag:a\": [], \"tag:b\": []}}", "");
	/* broken ones, at their place */
	check_policy(w, "{\n  \"tagOwners\": {,}\n}",
		     "2:17 error HuJSON: expected a name in double quotes\n");
	check_policy(w, "{\"a\": [1,,2]}", "1:10 error HuJSON: expected a value\n");
	check_policy(w, "{\"a\": 1} /* open", "1:10 error HuJSON: something follows the document\n");
	check_policy(w, "", "1:1 error HuJSON: expected a value\n");
	check_policy(w, "{\"a\": \"open\\", "1:12 error HuJSON: the string isn't closed\n");
}

static void test_no_policy(void **state)
{
	struct world *w = *state;

	world_read(w,
		   "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, tailnet_domain: "
		   "a.b, policy_file: "
		   "no/such}}}\n",
		   "- {id: h, public_ip: i}\n");
	assert_string_equal(messages(&w->d, &w->arena), "1:107 error tailscale provider: invalid config: "
							"policy_file: cannot read dir/no/such: No such file "
							"or directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_real_documents),
		{"decision 1: the expected tailnet is the domain's first label", test_decision_1_expected,
		 world_set_up, world_tear_down, NULL},
		{"decision 1: the tailnet is told by TailnetName, else by the suffix", test_decision_1_actual,
		 world_set_up, world_tear_down, NULL},
		{"decision 1: another suffix is a warning", test_decision_1_suffix, world_set_up,
		 world_tear_down, NULL},
		{"decision 2: every expected tag, case-sensitive; others may be", test_decision_2_tags,
		 world_set_up, world_tear_down, NULL},
		{"decision 6: offline but configured is success", test_decision_6_offline, world_set_up,
		 world_tear_down, NULL},
		WORLD_TEST(test_tailnet_before_tags),
		WORLD_TEST(test_warnings),
		WORLD_TEST(test_logged_out),
		WORLD_TEST(test_not_json),
		WORLD_TEST(test_odd_types),
		WORLD_TEST(test_hostile_texts),
		WORLD_TEST(test_settings),
		WORLD_TEST(test_fqdn),
		WORLD_TEST(test_names),
		WORLD_TEST(test_real_fqdn),
		WORLD_TEST(test_key_warnings),
		WORLD_TEST(test_policy),
		WORLD_TEST(test_no_policy),
	};

	return cmocka_run_group_tests_name("providers/tailscale", tests, NULL, NULL);
}
