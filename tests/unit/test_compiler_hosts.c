/* compiler/hosts and compiler/plan: the host list, right and wrong; final tags; what goes into a script. */
#include "tests/unit/shells.h"
#include "tests/unit/world.h"

#include "compiler/emit.h"
#include "compiler/scripts.h"
#include "lib/gzip.h"
#include "templates/templates.h"

#include <unistd.h>

static const char config[] =
	"network:\n"
	"  provider: tailscale\n"
	"  providers:\n"
	"    tailscale:\n"
	"      auth_key_env: TS_AUTHKEY\n"
	"      tailnet_domain: mytailnet.ts.net\n"
	"      default_tags: [tag:stagecraft, tag:all]\n"
	"      role_tags: {db: [tag:db, tag:all], app: [tag:app], idle: }\n"
	"      role_up_args: {router: [--ssh]}\n"
	"infra:\n"
	"  bootstrap:\n"
	"    ssh: {user: deployer, port: 2200, privateKeyPath: id, connectTimeout: 20s}\n";

static const char *text_or(const struct text *t, const char *otherwise)
{
	return t->text ? t->text : otherwise;
}

static void test_good(void **state)
{
	struct world *w = *state;
	const struct host *h;

	assert_true(world_read(w, config,
			       "hosts:\n"
			       "  - {id: plat-db-2, public_ip: 203.0.113.12, role: db, name: Two, region: "
			       "eu, tags: [tag:eu]}\n"
			       "  - id: plat-db-10\n"
			       "    public_ip: 2001:db8::1\n"
			       "    ssh: {user: root, port: 22, jumpHost: b@c, privateKeyPath: x/id}\n"
			       "  - {public_ip: alias, id: a}\n"));
	assert_string_equal(messages(&w->d, &w->arena), "");
	assert_int_equal(w->hosts.count, 3);
	h = w->hosts.items;
	assert_string_equal(h[0].id.text, "a");
	assert_string_equal(h[0].public_ip.text, "alias");
	assert_null(h[0].role.text);
	assert_null(h[0].name.text);
	assert_int_equal(h[0].id.at.line, 6);
	assert_int_equal(h[0].id.at.column, 28);
	assert_string_equal(h[1].id.text, "plat-db-10"); /* bytes, not numbers, decide the order */
	assert_string_equal(h[2].id.text, "plat-db-2");
	assert_string_equal(h[2].name.text, "Two");
	assert_string_equal(h[2].role.text, "db");
	assert_int_equal(h[2].tags.count, 1);
	/* A host's own ssh on top of the config's. */
	assert_string_equal(h[0].ssh.user.text, "deployer");
	assert_int_equal(h[0].ssh.port.value, 2200);
	assert_string_equal(h[0].ssh.private_key_path.text, "dir/id");
	assert_null(h[0].ssh.jump_host.text);
	assert_string_equal(h[1].ssh.user.text, "root");
	assert_int_equal(h[1].ssh.port.value, 22);
	assert_string_equal(h[1].ssh.jump_host.text, "b@c");
	assert_string_equal(h[1].ssh.private_key_path.text, "dir/x/id");
	assert_int_equal(h[1].ssh.connect_timeout_s.value, 20);
	assert_string_equal(h[1].ssh.host_key_checking.text, "accept-new");
}

static void test_forms(void **state)
{
	static const char *const good[] = {
		"- {id: a, public_ip: b}\n",
		"hosts:\n- {id: a, public_ip: b}\n",
		"hosts: [{id: a, public_ip: b}]\nother: 1\n",
		"[{\"id\": \"a\", \"public_ip\": \"b\", \"tags\": null, \"ssh\": {}, \"role\": null}]",
		"{\"hosts\": [{\"id\": \"a\", \"public_ip\": \"b\"}]}",
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_that(good[i], world_read(w, config, good[i]));
		assert_that(good[i], w->hosts.count == 1 && w->d.count == 0);
	}
}

static void test_addresses(void **state)
{
	static const char *const good[] = {
		"203.0.113.10",
		"0.0.0.0",
		"2001:db8::1",
		"::1",
		"::ffff:203.0.113.10",
		"fe80::1%eth0",
		"host",
		"my_alias",
		"db-1.example.com",
		"DB-1.Example.COM",
		"a..b",
		"1host",
		"10.0.0.1.example",
		"xn--e1afmkfd.example",
	};
	static const struct {
		const char *text, *help;
	} bad[] = {
		{"-oProxyCommand=id",
		 "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"256.0.0.1", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"1.2.3", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"1.2.3.4.5", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"42", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"203.0.113.10:22", "the port goes to ssh: {port: …}"},
		{"host:2222", "the port goes to ssh: {port: …}"},
		{"root@host", "the login goes to ssh: {user: …}"},
		{"ssh://host", "an address alone, without a prefix length or URL"},
		{"10.0.0.1/24", "an address alone, without a prefix length or URL"},
		{"2001:db8::1/64", "an address alone, without a prefix length or URL"},
		{"\"[2001:db8::1]\"",
		 "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"2001:db8:::1", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"fe80::1%\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"1.2.3.4%eth0\"",
		 "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"a b\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"$(id)\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"`id`\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"a;id\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"a|b\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"a'b\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"\"a\\\\b\"", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{"caf\xC3\xA9.example",
		 "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
		{".host", "write an IPv4 or IPv6 address, a DNS name or an alias of your ssh_config"},
	};
	struct world *w = *state;
	char text[512];

	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(text, sizeof text, "- id: a\n  public_ip: '%s'\n", good[i]);
		assert_that(good[i], world_read(w, config, text));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof text, "- id: a\n  public_ip: %s\n", bad[i].text);
		assert_that(bad[i].text, !world_read(w, config, text));
		assert_that(bad[i].text,
			    w->d.count == 1 && w->d.items[0].at.line == 2 && w->d.items[0].at.column == 14);
		assert_that(bad[i].text, strstr(w->d.items[0].text, "is not an address"));
		assert_text(bad[i].text, w->d.items[0].help, bad[i].help);
	}
	for (size_t len = 253; len <= 254; len++) {
		snprintf(text, sizeof text, "- {id: a, public_ip: %0*d%s}\n", (int)len - 1, 0, "h");
		assert_int_equal(world_read(w, config, text), len == 253);
	}
}

static void test_ids(void **state)
{
	static const char *const good[] = {"a",
					   "0",
					   "9x",
					   "a-b",
					   "a--b",
					   "plat-db-1",
					   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
				 *const bad[] = {
					 "A",
					 "a_b",
					 "a.b",
					 "-a",
					 "a-",
					 "'a b'",
					 "../a",
					 "'a/b'",
					 "caf\xC3\xA9",
					 "\"a\\tb\"",
					 "'$(a)'",
					 "\"a'b\"",
					 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct world *w = *state;
	char text[256];

	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(text, sizeof text, "[{id: %s, public_ip: h}]\n", good[i]);
		assert_that(good[i], world_read(w, config, text));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof text, "[{id: %s, public_ip: h}]\n", bad[i]);
		assert_that(bad[i], !world_read(w, config, text));
		assert_that(bad[i], w->d.count == 1 && w->d.items[0].at.column == 7);
	}
}

static void test_bad(void **state)
{
	static const char *const rows[][2] = {
		{"", "1:1 error the host list has no hosts | write hosts: and under it - {id: …, public_ip: "
		     "…}\n"},
		{"hosts:\n", "1:1 error the host list has no hosts | write hosts: and under it - {id: …, "
			     "public_ip: …}\n"},
		{"host: []\n", "1:1 error the host list has no hosts | write hosts: and under it - {id: …, "
			       "public_ip: …}\n"},
		{"[]\n",
		 "1:1 error the host list has no hosts | write - {id: …, public_ip: …} for each host\n"},
		{"hosts: []\n",
		 "1:8 error the host list has no hosts | write - {id: …, public_ip: …} for each host\n"},
		{"hosts: {a: {public_ip: b}}\n", "1:8 error the host list must be a list, not a mapping | "
						 "write - {id: …, public_ip: …} for each host\n"},
		{"text\n", "1:1 error the host list must be a list, not text | write - {id: …, public_ip: …} "
			   "for each host\n"},
		{"- a\n- [b]\n-\n",
		 "1:3 error a host must be a mapping, not text | write {id: …, public_ip: …}\n"
		 "2:3 error a host must be a mapping, not a list | write {id: …, public_ip: …}\n"
		 "3:2 error a host must be a mapping, not text | write {id: …, public_ip: …}\n"},
		{"- {}\n", "1:3 error host.id is required\n1:3 error host.public_ip is required\n"},
		{"- {id: , public_ip: ~}\n",
		 "1:3 error host.id is required\n1:3 error host.public_ip is required\n"},
		{"- {id: [a], public_ip: {b: c}}\n",
		 "1:8 error host.id must be one value, not a list\n"
		 "1:24 error host.public_ip must be one value, not a mapping\n"},
		{"- {id: a, public_ip: b}\n- {id: c, public_ip: d}\n- {id: a, public_ip: e}\n- {id: a, "
		 "public_ip: f}\n",
		 "3:8 error id a is taken (first in line 1) | every host needs an id of its own\n"
		 "4:8 error id a is taken (first in line 1) | every host needs an id of its own\n"},
		{"- {id: a, public_ip: b, tags: [eu, tag:x]}\n",
		 "1:32 error tailscale provider: invalid config: tag eu must start with tag: prefix | write "
		 "tag:eu\n"},
		{"- {id: a, public_ip: b, tags: tag:x}\n",
		 "1:31 error host.tags must be a list, not text | write a list: [tag:one, tag:two]\n"},
		{"- {id: a, public_ip: b, ssh: root}\n", "1:30 error host.ssh must be a mapping, not text\n"},
		{"- {id: a, public_ip: b, ssh: {prt: 22, port: x, user: -x}}\n",
		 "1:31 error unknown key prt in host.ssh | did you mean port?\n"
		 "1:46 error host.ssh.port: x is not a number\n"
		 "1:55 error ssh.user: -x is not a login name | letters, digits and . _ - only, no '-' at "
		 "its beginning\n"},
		{"- {id: a, public_ip: b, role: [x]}\n",
		 "1:31 error host.role must be one value, not a list\n"},
		{"- {id: a, public_ip: b, name: \"x\\ny\"}\n",
		 "1:31 error host.name: x\\x0ay is not a text without control characters\n"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_that(rows[i][0], !world_read(w, config, rows[i][0]));
		assert_text(rows[i][0], messages(&w->d, &w->arena), rows[i][1]);
		printed(&w->d, DIAG_PLAIN, &w->arena);
	}
}

static void test_warnings(void **state)
{
	static const char *const rows[][2] = {
		{"- {id: a, public_ip: b, rol: db, region: eu, zone: x}\n",
		 "1:25 warning key rol in host is passed over | did you mean role?\n"},
		{"- {id: a, public_ip: b, role: dbb}\n",
		 "1:31 warning role dbb has no role_tags | did you mean db?\n"},
		{"- {id: a, public_ip: b, role: gateway}\n",
		 "1:31 warning role gateway has no role_tags | its hosts get no tags by their role\n"},
		{"- {id: a, public_ip: b, role: idle}\n", ""},
		{"- {id: a, public_ip: b, role: router}\n", ""},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_that(rows[i][0], world_read(w, config, rows[i][0]));
		assert_text(rows[i][0], messages(&w->d, &w->arena), rows[i][1]);
	}
}

/* A role's name is the user's text: it can't bring escapes into a hint. */
static void test_hostile_role(void **state)
{
	struct world *w = *state;

	world_read(w,
		   "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, tailnet_domain: "
		   "a.b, role_tags: "
		   "{\"d\\ebx\": [tag:x]}}}}\n",
		   "- {id: a, public_ip: b, role: dbx}\n");
	assert_null(strchr(printed(&w->d, DIAG_PLAIN, &w->arena), '\x1b'));
}

/* Both files at once, the config's first, each in the order of its lines. */
static void test_two_files(void **state)
{
	struct world *w = *state;

	assert_false(world_read(w,
				"infra: {bootstrap: {timeout: 1}}\n"
				"network:\n"
				"  provider: tailscale\n"
				"  providers: {tailscale: {default_tags: [x], auth_key_env: A}}\n",
				"- {id: b, public_ip: '-x'}\n"
				"- {id: A, public_ip: b, tags: [y]}\n"));
	assert_string_equal(
		printed(&w->d, DIAG_PLAIN, &w->arena),
		"dir/stagecraft.yml:1:30: error: infra.bootstrap.timeout: 1 is not a duration\n"
		"    1 | infra: {bootstrap: {timeout: 1}}\n"
		"      |                              ^ write a number with its unit, such as 90s, 15m or "
		"1h30m\n"
		"dir/stagecraft.yml:4:15: error: tailscale provider: invalid config: tailnet_domain is "
		"required\n"
		"    4 |   providers: {tailscale: {default_tags: [x], auth_key_env: A}}\n"
		"      |               ^~~~~~~~~\n"
		"dir/stagecraft.yml:4:42: error: tailscale provider: invalid config: tag x must start with "
		"tag: prefix\n"
		"    4 |   providers: {tailscale: {default_tags: [x], auth_key_env: A}}\n"
		"      |                                          ^ write tag:x\n"
		"dir/hosts.yml:1:22: error: public_ip: -x is not an address\n"
		"    1 | - {id: b, public_ip: '-x'}\n"
		"      |                      ^~~~ write an IPv4 or IPv6 address, a DNS name or an alias of "
		"your "
		"ssh_config\n"
		"dir/hosts.yml:2:8: error: id: A is not a host name (an RFC 1123 label in lower case)\n"
		"    2 | - {id: A, public_ip: b, tags: [y]}\n"
		"      |        ^ small letters, digits and dashes, 63 at most, no dash at either end\n"
		"dir/hosts.yml:2:32: error: tailscale provider: invalid config: tag y must start with tag: "
		"prefix\n"
		"    2 | - {id: A, public_ip: b, tags: [y]}\n"
		"      |                                ^ write tag:y\n"
		"6 errors\n");
}

/* ---- the plan ---- */

static const char *tags_of(struct world *w, size_t i)
{
	const char *all = "";

	for (size_t t = 0; t < w->plan.hosts[i].tag_count; t++)
		all = arena_printf(&w->arena, "%s%s%s", all, t ? "," : "", w->plan.hosts[i].tags[t]);
	return all;
}

/* design.md, decision 3: the core makes the union of default_tags, role_tags[role] and the host's
 * own, sorted. */
static void test_final_tags(void **state)
{
	struct world *w = *state;

	assert_true(world_read(w, config,
			       "- {id: a, public_ip: x}\n"
			       "- {id: b, public_ip: x, role: db, tags: [tag:Zed, tag:db, tag:abc]}\n"
			       "- {id: c, public_ip: x, role: nothing, tags: []}\n"
			       "- {id: d, public_ip: x, role: idle}\n"
			       "- {id: e, public_ip: x, role: app, tags: [tag:app, tag:stagecraft]}\n"));
	assert_string_equal(tags_of(w, 0), "tag:all,tag:stagecraft");
	assert_string_equal(tags_of(w, 1), "tag:Zed,tag:abc,tag:all,tag:db,tag:stagecraft");
	assert_string_equal(tags_of(w, 2), "tag:all,tag:stagecraft");
	assert_string_equal(tags_of(w, 3), "tag:all,tag:stagecraft");
	assert_string_equal(tags_of(w, 4), "tag:all,tag:app,tag:stagecraft");
	assert_true(world_read(w,
			       "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, "
			       "tailnet_domain: a.b}}}",
			       "- {id: a, public_ip: x}\n"));
	assert_int_equal(w->plan.hosts[0].tag_count, 0);
}

/* The network's client gets the config's own, then the role's, then the host's: later ones win there. */
static void test_up_args(void **state)
{
	static const char args[] =
		"network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, tailnet_domain: a.b, "
		"up_args: [--ssh], role_up_args: {router: [\"--advertise-routes=10.0.0.0/8\", --ssh=false], "
		"none: , exit: [--advertise-exit-node]}}}}\n";
	static const char *const wants[] = {
		"",
		"--advertise-routes=10.0.0.0/8 --ssh=false",
		"--advertise-routes=10.0.0.0/8 --ssh=false --advertise-routes=",
		"--operator=me",
		"",
		"--advertise-exit-node --exit-node=x --advertise-exit-node=false"};
	static const char *const wrong[][2] = {
		{"- {id: a, public_ip: b, up_args: [--sssh, --ssh=1, ssh]}\n",
		 "1:35 error tailscale provider: invalid config: up_args: tailscale up has no setting --sssh | "
		 "did you mean --ssh?\n"
		 "1:43 error tailscale provider: invalid config: up_args: --ssh has no such value | write "
		 "--ssh, or --ssh=false\n"
		 "1:52 error tailscale provider: invalid config: up_args: ssh is not a setting | write --name "
		 "or --name=value, without spaces or quotes\n"},
		{"- {id: a, public_ip: b, role: exit, up_args: [--exit-node=other]}\n"
		 "- {id: c, public_ip: d, role: exit}\n",
		 "1:47 error tailscale provider: invalid config: up_args: a host can't use an exit node "
		 "(--exit-node) and be one (--advertise-exit-node) | leave one of them out\n"},
		{"- {id: a, public_ip: b, up_args: --ssh}\n",
		 "1:34 error host.up_args must be a list, not text | write a list: [a, b]\n"},
	};
	struct world *w = *state;

	assert_true(world_read(w, args,
			       "- {id: a, public_ip: a}\n"
			       "- {id: b, public_ip: b, role: router}\n"
			       "- {id: c, public_ip: c, role: router, up_args: [--advertise-routes=]}\n"
			       "- {id: d, public_ip: d, role: other, up_args: [--operator=me]}\n"
			       "- {id: e, public_ip: e, role: none, up_args: []}\n"
			       "- {id: f, public_ip: f, role: exit, up_args: [--exit-node=x, "
			       "--advertise-exit-node=false]}\n"));
	assert_text("no warning of roles", messages(&w->d, &w->arena), "");
	for (size_t i = 0; i < COUNT(wants); i++)
		assert_text(w->plan.hosts[i].host->id.text, w->plan.hosts[i].up_args, wants[i]);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_that(wrong[i][0], !world_read(w, args, wrong[i][0]));
		assert_text(wrong[i][0], messages(&w->d, &w->arena), wrong[i][1]);
	}
}

static const char *steps_of(struct world *w)
{
	const char *all = "";

	for (size_t i = 0; i < w->plan.step_count; i++)
		all = arena_printf(&w->arena, "%s%s=%s\n", all, w->plan.steps[i].name,
				   w->plan.steps[i].function);
	return all;
}

static void test_steps(void **state)
{
	static const char head[] = "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, "
				   "tailnet_domain: a.b}}}\n"
				   "infra: {bootstrap: {docker: {";
	static const char *const methods[] = {"apt", "official", "script", "skip"};
	struct world *w = *state;
	char text[256], want[512];

	for (size_t i = 0; i < COUNT(methods); i++) {
		snprintf(text, sizeof text, "%sinstallMethod: %s}}}\n", head, methods[i]);
		snprintf(want, sizeof want,
			 "host.preflight=preflight\ndocker.install=docker_install_%s\ndocker.verify=docker_"
			 "verify\n"
			 "network.install=network_install\nnetwork.join=network_join\nnetwork.verify=network_"
			 "verify\n",
			 methods[i]);
		assert_true(world_read(w, text, "- {id: a, public_ip: b}\n"));
		assert_string_equal(steps_of(w), want);
	}
	snprintf(text, sizeof text, "%senabled: false, installMethod: script, minVersion: 1}}}\n", head);
	assert_true(world_read(w, text, "- {id: a, public_ip: b}\n"));
	assert_string_equal(steps_of(w), "host.preflight=preflight\nnetwork.install=network_install\n"
					 "network.join=network_join\nnetwork.verify=network_verify\n");
	for (size_t i = 0; i < w->plan.settings.count; i++) {
		assert_false(str_starts(w->plan.settings.items[i].name, "DOCKER_"));
		if (i)
			assert_true(strcmp(w->plan.settings.items[i - 1].name,
					   w->plan.settings.items[i].name) < 0);
	}
}

/* ---- where it comes from ---- */

/* A place as "file:line:column"; "" for none. */
static const char *place_text(struct world *w, struct place at)
{
	const char *slash = at.source ? strrchr(at.source->name, '/') : NULL;

	return slash ? arena_printf(&w->arena, "%s:%u:%u", slash + 1, at.line, at.column) : "";
}

static void test_settings_know_their_places(void **state)
{
	static const char *const rows[][2] = {
		{"DOCKER_MIN_VERSION", ""},
		{"DOCKER_VERSION", "stagecraft.yml:10:16"},
		{"NETWORK_AUTH_KEY_ENV", "stagecraft.yml:5:21"},
		{"NETWORK_DOMAIN", "stagecraft.yml:6:23"},
		{"NETWORK_INSTALL", ""},
		{"NETWORK_JOIN_TIMEOUT_S", "stagecraft.yml:7:21"},
		{"NETWORK_LOGIN_SERVER", ""},
		{"NETWORK_MIN_VERSION", ""},
		{"NETWORK_PROVIDER", "stagecraft.yml:2:13"},
		{"NETWORK_TAILNET", "stagecraft.yml:6:23"},
		{"NETWORK_UP_ARGS", "stagecraft.yml:8:16"},
		{"NETWORK_VERSION", ""},
	};
	struct world *w = *state;

	assert_true(world_read(w,
			       "network:\n"
			       "  provider: tailscale\n"
			       "  providers:\n"
			       "    tailscale:\n"
			       "      auth_key_env: KEY\n"
			       "      tailnet_domain: a.b\n"
			       "      join_timeout: 90s\n"
			       "      up_args: [--ssh]\n"
			       "infra: {bootstrap: {docker: {\n"
			       "      version: 27.5}}}\n",
			       "- {id: a, public_ip: b}\n"));
	assert_int_equal(w->plan.settings.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_string_equal(w->plan.settings.items[i].name, rows[i][0]);
		assert_text(rows[i][0], place_text(w, w->plan.settings.items[i].at), rows[i][1]);
	}
}

/* The places where host I was given TAG, a blank between. */
static const char *tag_places(struct world *w, size_t i, const char *tag)
{
	struct place places[PLAN_TAG_PLACES];
	size_t count = plan_tag_places(&w->plan, &w->plan.hosts[i], tag, places);
	const char *all = "";

	for (size_t p = 0; p < count; p++)
		all = arena_printf(&w->arena, "%s%s%s", all, p ? " " : "", place_text(w, places[p]));
	return all;
}

static void test_tags_know_their_places(void **state)
{
	struct world *w = *state;

	assert_true(world_read(w,
			       "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, "
			       "tailnet_domain: a.b,\n"
			       "  default_tags: [tag:all, tag:both],\n"
			       "  role_tags: {db: [tag:db, tag:both]}}}}\n",
			       "- {id: a, public_ip: x}\n"
			       "- {id: b, public_ip: x, role: db, tags: [tag:own, tag:both]}\n"));
	assert_string_equal(tag_places(w, 0, "tag:all"), "stagecraft.yml:2:18");
	assert_string_equal(tag_places(w, 0, "tag:both"), "stagecraft.yml:2:27");
	assert_string_equal(tag_places(w, 0, "tag:db"), "");
	assert_string_equal(tag_places(w, 1, "tag:db"), "stagecraft.yml:3:20");
	assert_string_equal(tag_places(w, 1, "tag:own"), "hosts.yml:2:42");
	assert_string_equal(tag_places(w, 1, "tag:both"),
			    "stagecraft.yml:2:27 stagecraft.yml:3:28 hosts.yml:2:51");
}

static const char *step_places(struct world *w)
{
	const char *all = "";

	for (size_t i = 0; i < w->plan.step_count; i++)
		all = arena_printf(&w->arena, "%s%s=%s\n", all, w->plan.steps[i].name,
				   place_text(w, w->plan.steps[i].at));
	return all;
}

static void test_steps_know_their_places(void **state)
{
	static const struct {
		const char *docker, *install, *verify;
	} cases[] = {
		{"{}", "", ""},
		{"{enabled: true}", "stagecraft.yml:2:39", "stagecraft.yml:2:39"},
		{"{installMethod: skip}", "stagecraft.yml:2:45", ""},
		{"{enabled: true, installMethod: skip}", "stagecraft.yml:2:60", "stagecraft.yml:2:39"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];
		const char *want;

		snprintf(text, sizeof text,
			 "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, "
			 "tailnet_domain: a.b}}}\ninfra: {bootstrap: {docker: %s}}\n",
			 cases[i].docker);
		assert_true(world_read(w, text, "- {id: a, public_ip: x}\n"));
		want = arena_printf(&w->arena,
				    "host.preflight=\ndocker.install=%s\ndocker.verify=%s\n"
				    "network.install=%s\nnetwork.join=%s\nnetwork.verify=%s\n",
				    cases[i].install, cases[i].verify, "stagecraft.yml:1:21",
				    "stagecraft.yml:1:21", "stagecraft.yml:1:21");
		assert_text(cases[i].docker, step_places(w), want);
	}
}

/* ---- the script ---- */

static void test_script(void **state)
{
	static const char head[] =
		"#!/bin/sh\n"
		"# db-1: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not "
		"edit it.\n"
		"# By hand, as root: sh db-1.sh [apply|check] [--auth-key-file FILE] [--rename]\n"
		"\n"
		"# This host.\n"
		"HOST_ID='db-1'\n"
		"NETWORK_HOST_UP_ARGS=''\n"
		"NETWORK_TAGS='tag:all,tag:db,tag:stagecraft'\n";
	struct world *w = *state;
	struct str whole = STR_INIT;
	struct script s = {.head = STR_INIT};
	struct scripts scripts;
	char digest[SHA256_HEX + 1];

	assert_true(world_read(w, config,
			       "- {id: db-1, public_ip: 203.0.113.1, role: db}\n- {id: x, public_ip: y}\n"));
	scripts_make(&scripts, &w->plan, false, &w->d);
	assert_true(scripts_get(&scripts, &w->plan.hosts[0], &s, &w->d));
	assert_string_equal(str_text(&s.head), head);
	str_addf(&whole, "%s%s", s.head.data, s.tail->data);
	sha256_hex(digest, whole.data, whole.len, NULL, 0);
	assert_string_equal(s.sha256, digest);
	assert_non_null(strstr(s.tail->data, "\nNETWORK_TAILNET='mytailnet'\n"));
	assert_true(str_starts(s.tail->data + s.tail->len - 17, "}\n{ main \"$@\"; }\n"));
	/* Nothing of how a host is reached. */
	assert_null(strstr(whole.data, "203.0.113.1"));
	assert_null(strstr(whole.data, "deployer"));
	assert_null(strstr(whole.data, "2200"));
	assert_null(strstr(whole.data, "dir/"));
	/* The head is made anew for each. */
	assert_true(scripts_get(&scripts, &w->plan.hosts[1], &s, &w->d));
	assert_non_null(
		strstr(s.head.data,
		       "HOST_ID='x'\nNETWORK_HOST_UP_ARGS=''\nNETWORK_TAGS='tag:all,tag:stagecraft'\n"));
	assert_string_not_equal(s.sha256, digest);
	str_free(&s.head);
	scripts_close(&scripts);
	str_free(&whole);
}

/* The line of SCRIPT that assigns NAME. */
static const char *assignment(struct world *w, const char *script, const char *name)
{
	const char *p = strstr(script, arena_printf(&w->arena, "\n%s=", name));

	assert_non_null(p);
	return arena_strndup(&w->arena, p + 1, strcspn(p + 1, "\n"));
}

/* Every character a config can hold, in every text that gets into a script: refused, or read back by the
 * shells as it was written. */
static void test_every_character(void **state)
{
	static const struct {
		const char *name;   /* of the variable */
		const char *config; /* %s is the text */
		const char *hosts;
		const char *text; /* %s is the character */
	} slots[] = {
#define CONFIG(env, domain, more)                                                                        \
	"{\"network\":{\"provider\":\"tailscale\",\"providers\":{\"tailscale\":{\"auth_key_env\":\"" env \
	"\",\"tailnet_domain\":\"" domain "\"" more "}}}"
#define ONE "[{\"id\":\"h\",\"public_ip\":\"a\"}]"
		{"HOST_ID", CONFIG("X", "a.b", "") "}", "[{\"id\":\"%s\",\"public_ip\":\"a\"}]", "x%sy"},
		{"NETWORK_TAGS", CONFIG("X", "a.b", ",\"default_tags\":[\"%s\"]") "}", ONE, "tag:x%sy"},
		{"NETWORK_AUTH_KEY_ENV", CONFIG("%s", "a.b", "") "}", ONE, "x%sy"},
		{"NETWORK_DOMAIN", CONFIG("X", "%s", "") "}", ONE, "x%sy.b"},
		{"NETWORK_LOGIN_SERVER", CONFIG("X", "a.b", ",\"login_server\":\"%s\"") "}", ONE,
		 "https://h/x%sy"},
		{"NETWORK_UP_ARGS", CONFIG("X", "a.b", ",\"up_args\":[\"%s\"]") "}", ONE, "--operator=x%sy"},
		{"NETWORK_HOST_UP_ARGS", CONFIG("X", "a.b", "") "}",
		 "[{\"id\":\"h\",\"public_ip\":\"a\",\"up_args\":[\"%s\"]}]", "--operator=x%sy"},
		{"NETWORK_VERSION", CONFIG("X", "a.b", ",\"install\":{\"version\":\"%s\"}") "}", ONE, "1%s2"},
		{"NETWORK_MIN_VERSION", CONFIG("X", "a.b", ",\"install\":{\"min_version\":\"%s\"}") "}", ONE,
		 "1%s2"},
		{"DOCKER_VERSION",
		 CONFIG("X", "a.b", "") ",\"infra\":{\"bootstrap\":{\"docker\":{\"version\":\"%s\"}}}}", ONE,
		 "x%sy"},
		{"DOCKER_MIN_VERSION",
		 CONFIG("X", "a.b", "") ",\"infra\":{\"bootstrap\":{\"docker\":{\"minVersion\":\"%s\"}}}}",
		 ONE, "1%s2"},
	};
	struct world *w = *state;
	struct str ask = STR_INIT, want = STR_INIT, config_text = STR_INIT, hosts_text = STR_INIT,
		   whole = STR_INIT;
	char character[8], text[64], plain[64];
	size_t taken = 0;

	for (size_t slot = 0; slot < COUNT(slots); slot++) {
		for (unsigned c = 1; c < 256; c++) {

			snprintf(character, sizeof character, "\\u%04x", c);
			snprintf(text, sizeof text, slots[slot].text, character);
			str_clear(&config_text);
			str_clear(&hosts_text);
			str_addf(&config_text, slots[slot].config, text);
			str_addf(&hosts_text, slots[slot].hosts, text);
			if (!world_read(w, config_text.data, hosts_text.data)) {
				const char *said = printed(&w->d, DIAG_PLAIN, &w->arena);

				for (; *said; said++)
					assert_true((unsigned char)*said >= 0x20 || *said == '\n');
				continue;
			}
			assert_true(c < 128); /* nothing but ASCII gets into a script */
			snprintf(plain, sizeof plain, slots[slot].text, (char[]){(char)c, '\0'});
			emit_head(&whole, &w->plan.hosts[0]);
			emit_tail(&whole, &w->plan);
			str_addf(&ask, "%s\nprintf '%%s\\n' \"$%s\"\n",
				 assignment(w, whole.data, slots[slot].name), slots[slot].name);
			str_addf(&want, "%s\n", plain);
			taken++;
		}
	}
	assert_true(taken > 10 * 10 && taken < 10 * 100);
	for (size_t i = 0; shells[i]; i++) {
		struct str got = STR_INIT;

		run_shell(shells[i], ask.data, &got);
		assert_string_equal(got.data, want.data);
		str_free(&got);
	}
	str_free(&ask);
	str_free(&want);
	str_free(&config_text);
	str_free(&whole);
	str_free(&hosts_text);
}

/* What looks like a setting is a warning that says where it goes; what doesn't is nobody's business. */
static void test_strangers(void **state)
{
#define ADDRESS "(IPv4, IPv6, DNS name or ssh_config alias)"
	static const struct {
		const char *entry, *want;
	} rows[] = {
		{"region: eu, labels: {a: b}, private_ip: c, instance: &x, zone: no, server_type: cx22, "
		 "network: n",
		 "1:78 error anchors are not supported | write the value out\n"},
		{"region: eu, labels: {a: b}, private_ip: c, provider: hetzner, version: 1, network: n, "
		 "timeouts: 1, status: up",
		 ""},
		{"user: u", "1:25 warning key user in host is passed over | write ssh: {user: …}\n"},
		{"port: 2222", "1:25 warning key port in host is passed over | write ssh: {port: …}\n"},
		{"key_path: k",
		 "1:25 warning key key_path in host is passed over | write ssh: {privateKeyPath: …}\n"},
		{"ssh_key: k",
		 "1:25 warning key ssh_key in host is passed over | write ssh: {privateKeyPath: …}\n"},
		{"identityFile: k",
		 "1:25 warning key identityFile in host is passed over | write ssh: {privateKeyPath: …}\n"},
		{"known_hosts: k",
		 "1:25 warning key known_hosts in host is passed over | write ssh: {knownHostsFile: …}\n"},
		{"ProxyJump: j",
		 "1:25 warning key ProxyJump in host is passed over | write ssh: {jumpHost: …}\n"},
		{"bastion: j",
		 "1:25 warning key bastion in host is passed over | write ssh: {jumpHost: …}\n"},
		{"ansible_user: u",
		 "1:25 warning key ansible_user in host is passed over | write ssh: {user: …}\n"},
		{"ansible_port: 1",
		 "1:25 warning key ansible_port in host is passed over | write ssh: {port: …}\n"},
		{"ansible_host: h",
		 "1:25 warning key ansible_host in host is passed over | write public_ip " ADDRESS "\n"},
		{"ansible_ssh_private_key_file: k", "1:25 warning key ansible_ssh_private_key_file in host "
						    "is passed over | write ssh: {privateKeyPath: …}\n"},
		{"ansible_connection: ssh", "1:25 warning key ansible_connection in host is passed over | "
					    "Ansible's variables mean nothing here\n"},
		{"ansible_password: p",
		 "1:25 warning key ansible_password in host is passed over | there are no passwords here: a "
		 "key or an agent logs in, and sudo must ask for none\n"},
		{"become: true", "1:25 warning key become in host is passed over | leave it out: anyone but "
				 "root uses sudo -n\n"},
		{"tag: tag:a", "1:25 warning key tag in host is passed over | write tags (network tags of "
			       "this host alone)\n"},
		{"auth_key_env: X", "1:25 warning key auth_key_env in host is passed over | it goes to "
				    "network.providers.tailscale: {auth_key_env: …}\n"},
		{"installMethod: apt", "1:25 warning key installMethod in host is passed over | it goes to "
				       "infra.bootstrap.docker: {installMethod: …}\n"},
		{"rol: db", "1:25 warning key rol in host is passed over | did you mean role?\n"},
		{"ssh: {key: k, nosuch: 1}",
		 "1:31 error unknown key key in host.ssh | write privateKeyPath (identity file; left out: "
		 "the agent and ssh's defaults)\n1:39 error unknown key nosuch in host.ssh\n"},
	};
	static const char *const missing[][2] = {
		{"- {id: a, ip: b}\n", "1:11 error unknown key ip in host | write public_ip " ADDRESS "\n"},
		{"- {id: a, ansible_host: b}\n",
		 "1:11 error unknown key ansible_host in host | write public_ip " ADDRESS "\n"},
		{"- {id: a, publicIp: b}\n",
		 "1:11 error unknown key publicIp in host | write public_ip " ADDRESS "\n"},
		{"- {id: a, pubic_ip: b}\n",
		 "1:11 error unknown key pubic_ip in host | did you mean public_ip?\n"},
		{"- {inventory_hostname: a, address: b}\n",
		 "1:4 error unknown key inventory_hostname in host | write id (becomes the node's host name; "
		 "unique)\n1:27 error unknown key address in host | write public_ip " ADDRESS "\n"},
		{"- {id: a, region: eu}\n", "1:3 error host.public_ip is required\n"},
	};
	struct world *w = *state;
	struct str hosts = STR_INIT;

	for (size_t i = 0; i < COUNT(rows); i++) {
		str_clear(&hosts);
		str_addf(&hosts, "- {id: a, public_ip: b, %s}\n", rows[i].entry);
		world_read(w, config, hosts.data);
		assert_text(rows[i].entry, messages(&w->d, &w->arena), rows[i].want);
	}
	for (size_t i = 0; i < COUNT(missing); i++) {
		world_read(w, config, missing[i][0]);
		assert_text(missing[i][0], messages(&w->d, &w->arena), missing[i][1]);
	}
	str_free(&hosts);
}

/* One address and port, however it's written, is one machine; the same behind another jump host isn't. */
static void test_one_address(void **state)
{
	static const char *const same[][2] = {
		{"public_ip: 203.0.113.10", "public_ip: 203.0.113.10"},
		{"public_ip: 203.0.113.10", "public_ip: 203.0.113.10, ssh: {port: 22}"},
		{"public_ip: 203.0.113.10", "public_ip: \"::ffff:203.0.113.10\""},
		{"public_ip: \"::FFFF:cb00:710a\"", "public_ip: 203.0.113.10"},
		{"public_ip: \"2001:DB8:0::0:1\"", "public_ip: \"2001:db8::1\""},
		{"public_ip: \"fe80::1%eth0\"", "public_ip: \"FE80::1%eth0\""},
		{"public_ip: db.example.com", "public_ip: DB.example.COM."},
		{"public_ip: x, ssh: {port: 2222, user: a}", "public_ip: x, ssh: {port: 2222, user: b}"},
		{"public_ip: x, ssh: {jumpHost: j}", "public_ip: x, ssh: {jumpHost: j}"},
	};
	static const char *const other[][2] = {
		{"public_ip: 203.0.113.10", "public_ip: 203.0.113.11"},
		{"public_ip: 203.0.113.10", "public_ip: 203.0.113.10, ssh: {port: 2222}"},
		{"public_ip: \"2001:db8::1\"", "public_ip: \"2001:db8::10\""},
		{"public_ip: \"fe80::1%eth0\"", "public_ip: \"fe80::1%eth1\""},
		{"public_ip: db.example.com", "public_ip: db.example.org"},
		{"public_ip: 10.0.0.5, ssh: {jumpHost: one}", "public_ip: 10.0.0.5, ssh: {jumpHost: two}"},
		{"public_ip: 10.0.0.5, ssh: {jumpHost: one}", "public_ip: 10.0.0.5"},
	};
	static const char plain[] = "network: {provider: tailscale, providers: {tailscale: {auth_key_env: E, "
				    "tailnet_domain: t.ts.net}}}\n";
	struct world *w = *state;
	struct str hosts = STR_INIT;

	for (size_t i = 0; i < COUNT(same) + COUNT(other); i++) {
		const char *const *pair = i < COUNT(same) ? same[i] : other[i - COUNT(same)];

		str_clear(&hosts);
		str_addf(&hosts, "- {id: zz, %s}\n- {id: m, public_ip: m}\n- {id: aa, %s}\n", pair[0],
			 pair[1]);
		assert_true(world_read(w, plain, hosts.data));
		if (w->d.count != (i < COUNT(same)))
			print_error("%s", messages(&w->d, &w->arena));
		assert_that(pair[1], w->d.count == (i < COUNT(same)));
		if (!w->d.count)
			continue;
		assert_that(pair[1], w->d.items[0].severity == DIAG_WARNING && w->d.items[0].at.line == 3);
		assert_that(pair[1], strstr(w->d.items[0].text, " is that of zz too (line 1)"));
	}
	/* The port may be everyone's. */
	world_read(w,
		   "network: {provider: tailscale, providers: {tailscale: {auth_key_env: E, tailnet_domain: "
		   "t.ts.net}}}\ninfra: {bootstrap: {ssh: {port: 2222}}}\n",
		   "[{id: a, public_ip: x}, {id: b, public_ip: x, ssh: {port: 22}}, {id: c, public_ip: X, "
		   "ssh: {port: 2222}}]");
	assert_string_equal(messages(&w->d, &w->arena), "1:84 warning public_ip: x port 2222 is that of a "
							"too (line 1) | a machine is one host: one of "
							"the addresses may be wrong\n");
	/* Many of them are told in a few lines. */
	str_clear(&hosts);
	for (int i = 0; i < 100; i++)
		str_addf(&hosts, "- {id: h%d, public_ip: x}\n", i);
	world_read(w, plain, hosts.data);
	assert_int_equal(w->d.count, 10);
	assert_int_equal(w->d.items[0].at.line, 2);
	assert_non_null(strstr(w->d.items[9].text, "is that of h0 too (line 1), and of 89 more"));
	str_free(&hosts);
}

/* A role without tags is told of once, where it is first. */
static void test_roles(void **state)
{
	struct world *w = *state;

	assert_true(world_read(w, config,
			       "- {id: z, public_ip: a, role: web}\n- {id: y, public_ip: b, role: dbb}\n"
			       "- {id: x, public_ip: c, role: web}\n- {id: w, public_ip: d, role: db}\n"));
	assert_string_equal(messages(&w->d, &w->arena),
			    "1:31 warning role web has no role_tags | its hosts get no tags by their role\n"
			    "2:31 warning role dbb has no role_tags | did you mean db?\n");
	assert_true(world_read(w,
			       "network: {provider: tailscale, providers: {tailscale: {auth_key_env: E, "
			       "tailnet_domain: t.ts.net}}}\n",
			       "- {id: z, public_ip: a, role: web}\n"));
	assert_int_equal(w->d.count, 0);
}

/* What nothing can pack: a number's letters and digits. */
static const char *noise(unsigned long n, char text[32])
{
	unsigned long long x = (n + 1) * 0x9E3779B97F4A7C15ULL;

	for (int i = 0; i < 24; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		text[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[x % 36];
	}
	text[24] = '\0';
	return text;
}

/* Whatever is estimated on the way: a host is refused where its script is larger than the limits, and only
 * there. */
static void test_too_long(void **state)
{
	struct world *w = *state;
	struct str hosts = STR_INIT;
	struct script s = {.head = STR_INIT};
	struct scripts scripts;
	size_t refused[3] = {0};
	char text[32];

	for (int host = 0; host < 120; host++) {
		str_addf(&hosts, "- id: h%03d\n  public_ip: h%d\n  tags:\n", host, host);
		for (int tag = 0; tag < host * 3 && host < 80; tag++)
			str_addf(&hosts, "    - tag:x%s\n", noise((unsigned long)host * 1000 + tag, text));
		for (int tag = 0; tag < (host - 80) * 10; tag++)
			str_addf(&hosts, "    - tag:a-tag-whose-name-is-nearly-as-long-as-a-tag-may-be-%d\n",
				 tag);
	}
	assert_true(world_read(w, config, hosts.data));
	scripts_make(&scripts, &w->plan, false, &w->d);
	for (size_t i = 0; i < w->plan.host_count; i++) {
		size_t len, gzip, errors = w->d.errors;
		bool taken;
		int why;

		taken = scripts_get(&scripts, &w->plan.hosts[i], &s, &w->d);
		len = s.head.len + s.tail->len;
		gzip = gzip_size(s.head.data, s.head.len, s.tail->data, s.tail->len);
		why = len > 40000 ? 2 : gzip > 13000;
		refused[why]++;
		assert_that(s.id, taken == !why);
		assert_that(s.id, w->d.errors == errors + (why != 0));
		if (!why)
			continue;
		assert_int_equal(w->d.items[errors].at.line, w->plan.hosts[i].host->id.at.line);
		assert_string_equal(w->d.items[errors].help, "use fewer tags");
		snprintf(text, sizeof text, why == 2 ? "would have %zu bytes, " : "%zu bytes gzipped, ",
			 why == 2 ? len : gzip);
		assert_that(s.id, strstr(w->d.items[errors].text, text) != NULL);
	}
	for (int why = 0; why < 3; why++)
		assert_true(refused[why] >= 10);
	str_free(&s.head);
	scripts_close(&scripts);
	str_free(&hosts);
}

/* What makes every script too long is said once, of the config. */
static void test_tail_too_long(void **state)
{
	struct world *w = *state;
	struct str text = STR_INIT;
	struct script s = {.head = STR_INIT};
	struct scripts scripts;
	char value[32];

	for (int n = 300, step = 0; step < 2; n = 2500, step++) {
		str_clear(&text);
		for (int i = 0; i < n; i++)
			str_addf(&text, " --%s", step ? "advertise-routes" : noise((unsigned long)i, value));
		assert_true(
			world_read(w,
				   "network: {provider: tailscale, providers: {tailscale: {auth_key_env: E, "
				   "tailnet_domain: t.ts.net}}}",
				   "[{id: a, public_ip: b}, {id: c, public_ip: d}]"));
		settings_add(&w->plan.settings, "LONG", (struct text){.text = text.data});
		scripts_make(&scripts, &w->plan, false, &w->d);
		for (size_t i = 0; i < 2; i++)
			assert_false(scripts_get(&scripts, &w->plan.hosts[i], &s, &w->d));
		scripts_close(&scripts);
		assert_int_equal(w->d.errors, 1);
		assert_ptr_equal(w->d.items[0].at.source, &w->config_source);
		assert_true(str_starts(w->d.items[0].text, "what all scripts share would have "));
	}
	str_free(&s.head);
	str_free(&text);
}

/* Each template is there under its name, and begins with what it defines, not with its head. */
static void test_templates(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct template_file *t = template_files; t->name; t++, count++) {
		assert_ptr_equal(template_part(t->name), &t->part);
		assert_int_equal(strlen(t->part.text), t->part.len);
		assert_that(t->name, !strstr(t->part.text, "#!/bin/sh"));
		assert_that(t->name, t->part.text[t->part.len - 1] == '\n');
	}
	assert_true(count >= 8);
}

static void test_host_texts(void **state)
{
	struct world *w = *state;

	/* What nothing was written for stays NULL, to be left to ssh. */
	assert_true(world_read(w,
			       "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, "
			       "tailnet_domain: a.b}}}",
			       "- {id: a, public_ip: x, ssh: }\n"));
	assert_string_equal(text_or(&w->hosts.items[0].ssh.private_key_path, "none"), "none");
	assert_string_equal(text_or(&w->hosts.items[0].ssh.user, "none"), "root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_good),
		WORLD_TEST(test_forms),
		WORLD_TEST(test_addresses),
		WORLD_TEST(test_ids),
		WORLD_TEST(test_bad),
		WORLD_TEST(test_warnings),
		WORLD_TEST(test_hostile_role),
		WORLD_TEST(test_two_files),
		WORLD_TEST(test_final_tags),
		WORLD_TEST(test_up_args),
		WORLD_TEST(test_steps),
		WORLD_TEST(test_settings_know_their_places),
		WORLD_TEST(test_tags_know_their_places),
		WORLD_TEST(test_steps_know_their_places),
		WORLD_TEST(test_script),
		WORLD_TEST(test_too_long),
		WORLD_TEST(test_one_address),
		WORLD_TEST(test_roles),
		WORLD_TEST(test_strangers),
		WORLD_TEST(test_tail_too_long),
		{"fault: every byte from 1 to 255 in a text", test_every_character, world_set_up,
		 world_tear_down, NULL},
		WORLD_TEST(test_templates),
		WORLD_TEST(test_host_texts),
	};

	return cmocka_run_group_tests_name("compiler/hosts", tests, NULL, NULL);
}
