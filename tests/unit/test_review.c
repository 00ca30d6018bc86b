/* Two sides compared: what differs, and the words for it. The sides are made by hand. */
#include "tests/unit/world.h"

#include "review/review.h"

static const char config[] = "network:\n"
			     "  provider: tailscale\n"
			     "  providers:\n"
			     "    tailscale: {auth_key_env: K, tailnet_domain: a.ts.net, role_tags: {}}\n";
static const char hosts[] = "- {id: app-1, public_ip: 192.0.2.1, role: app}\n"
			    "- {id: app-2, public_ip: 192.0.2.2, role: app}\n"
			    "- {id: db-1, public_ip: 192.0.2.3, role: db}\n"
			    "- {id: db-2, public_ip: 192.0.2.4, role: db}\n"
			    "- {id: db-3, public_ip: 192.0.2.5, role: db}\n"
			    "- {id: db-4, public_ip: 192.0.2.6, role: db}\n"
			    "- {id: odd, public_ip: 192.0.2.7}\n";
static const char *const ids[] = {"app-1", "app-2", "db-1", "db-2", "db-3", "db-4", "odd"};

enum { HOSTS = COUNT(ids), OWN = 3 };

/* A side of the seven hosts, all alike: two own settings, two shared, two steps. */
struct fleet {
	struct side side;
	struct side_host hosts[HOSTS];
	struct assignment own[HOSTS][OWN];
	struct assignment settings[3];
	struct plan_line steps[3];
	struct side_shared shared;
};

/* SHARED is the text that they share. */
static void make(struct fleet *f, const char *shared)
{
	*f = (struct fleet){
		.settings = {{"NETWORK_MIN_VERSION", ""}, {"NETWORK_UP_ARGS", "--ssh --accept-routes"}},
		.steps = {{"host.preflight", "preflight"}, {"docker.install", "docker_install_apt"}},
		.shared = {.text = shared, .len = strlen(shared)},
	};
	f->shared.parts = (struct shared_parts){.settings = {f->settings, 2},
						.steps = f->steps,
						.step_count = 2,
						.shell = "shell",
						.shell_len = 5};
	for (size_t i = 0; i < HOSTS; i++) {
		f->own[i][0] = (struct assignment){"HOST_ID", ids[i]};
		f->own[i][1] = (struct assignment){"NETWORK_TAGS", i < 2 ? "tag:app,tag:s" : "tag:db,tag:s"};
		f->hosts[i] = (struct side_host){.id = ids[i],
						 .address = "192.0.2.1",
						 .own = {f->own[i], 2},
						 .text = "# a comment\n",
						 .len = 12,
						 .frame = "# a comment\n",
						 .shared = &f->shared};
	}
	f->side = (struct side){.hosts = f->hosts, .host_count = HOSTS};
}

/* What differs from A to B, in words. */
static const char *words(struct world *w, const struct fleet *a, const struct fleet *b, struct review *r)
{
	struct problem p = {.arena = &w->arena};
	struct str out = STR_INIT;

	assert_true(w->plan.host_count || world_read(w, config, hosts));
	assert_true(review_make(r, &a->side, &b->side, &w->plan, false, &p));
	review_add_words(&out, r);
	return str_keep(&out, &w->arena);
}

static void test_same(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "one");
	assert_text("same", words(*state, &a, &b, &r), "");
	assert_false(review_differs(&r));
	assert_int_equal(r.same_hosts, HOSTS);
}

/* A role, all, a few and many hosts; lists by what came and went, whatever else is in them. */
static void test_settings(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "two");
	for (size_t i = 2; i < 6; i++)
		b.own[i][1].value = "tag:backup,tag:db";
	a.own[2][1].value = "tag:db,tag:s,tag:x";
	b.own[2][1].value = "tag:backup,tag:db,tag:x";
	b.settings[0].value = "1.80.0";
	b.settings[1].value = "--accept-routes --ssh"; /* another order */
	b.own[0][2] = (struct assignment){"NETWORK_Z", "it's"};
	b.hosts[0].own.count = 3;
	a.own[6][2] = (struct assignment){"NETWORK_Z_ARGS", "--x"};
	a.hosts[6].own.count = 3;
	assert_text("settings", words(*state, &a, &b, &r),
		    "NETWORK_MIN_VERSION: '' → 1.80.0 on all 7 hosts\n"
		    "NETWORK_TAGS: +tag:backup -tag:s on role db (4 hosts)\n"
		    "NETWORK_UP_ARGS: '--ssh --accept-routes' → '--accept-routes --ssh' on all 7 hosts\n"
		    "NETWORK_Z: added: 'it'\\''s' on app-1\n"
		    "NETWORK_Z_ARGS: - --x on odd\n");
	assert_true(review_differs_in_words(&r));
	assert_true(r.settings[1].list && r.settings[1].alike_only);
	assert_null(r.settings[1].before);
	assert_int_equal(r.changed_hosts, HOSTS);
}

static void test_hosts_of_a_setting(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "one");
	for (size_t i = 0; i < 5; i++)
		b.own[i][1].value = i < 2 ? "tag:app,tag:s,tag:x" : "tag:db,tag:s,tag:x";
	assert_text("five", words(*state, &a, &b, &r), "NETWORK_TAGS: +tag:x on app-1, app-2 and 3 more\n");
	b.own[3][1].value = b.own[4][1].value = a.own[4][1].value;
	b.own[2][1].value = "";
	assert_text("three", words(*state, &a, &b, &r),
		    "NETWORK_TAGS: +tag:x on role app (2 hosts)\nNETWORK_TAGS: -tag:db -tag:s on db-1\n");
	assert_int_equal(r.same_hosts, 4);
}

/* What a script assigns last is what counts. */
static void test_moved_setting(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "two");
	a.settings[2] = (struct assignment){"NETWORK_X", "v"};
	a.shared.parts.settings.count = 3;
	for (size_t i = 0; i < HOSTS; i++) {
		b.own[i][2] = (struct assignment){"NETWORK_X", i ? "v" : "w"};
		b.hosts[i].own.count = 3;
	}
	assert_text("moved", words(*state, &a, &b, &r),
		    "NETWORK_X: v → w on app-1\n"
		    "comments or order: differ on app-2, db-1 and 4 more\n");
}

static void test_fleet(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "one");
	b.hosts[3].address = "192.0.2.9:2222";
	b.hosts[4].address = NULL; /* a manifest that doesn't tell */
	a.side.hosts++, a.side.host_count--;
	b.side.host_count--;
	assert_text("fleet", words(*state, &a, &b, &r),
		    "host added: app-1 (192.0.2.1, NETWORK_TAGS tag:app,tag:s)\n"
		    "host gone: odd (192.0.2.1, NETWORK_TAGS tag:db,tag:s)\n"
		    "address of db-2: 192.0.2.1 → 192.0.2.9:2222\n");
	a.side.host_count = 0;
	b.side.host_count = HOSTS;
	assert_true(strstr(words(*state, &a, &b, &r), "host added: odd ("));
	assert_int_equal(r.changed_hosts + r.same_hosts, 0);
}

static void test_steps(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "two");
	b.steps[1].function = "docker_install_official";
	assert_text("another", words(*state, &a, &b, &r),
		    "step docker.install: docker_install_apt → docker_install_official on all 7 hosts\n");
	b.shared.parts.step_count = 1;
	assert_text("gone", words(*state, &a, &b, &r), "step docker.install: gone on all 7 hosts\n");
	make(&b, "two");
	b.steps[2] = b.steps[1];
	b.steps[1] = b.steps[0];
	b.shared.parts.step_count = 3;
	assert_text("twice", words(*state, &a, &b, &r),
		    "step host.preflight: added, preflight, on all 7 hosts\n");
	make(&b, "two");
	b.steps[0] = a.steps[1];
	b.steps[1] = a.steps[0];
	assert_text(
		"moved", words(*state, &a, &b, &r),
		"step docker.install: docker_install_apt in place 2 → docker_install_apt in place 1 on all 7 hosts\n"
		"step host.preflight: preflight in place 1 → preflight in place 2 on all 7 hosts\n");
}

/* Where one side can't be read, its hunks tell; that it differs, in what hosts are told, is believed. */
static void test_unread(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "one");
	a.hosts[0].own.count = 0;
	a.hosts[0].text = "export A=b\n";
	assert_text("own", words(*state, &a, &b, &r), "not as stagecraft writes a script: app-1\n");
	assert_true(review_differs_in_words(&r));
	make(&b, "two");
	b.shared.parts = (struct shared_parts){0};
	assert_text("shared", words(*state, &a, &b, &r), "not as stagecraft writes a script: all 7 hosts\n");
	assert_true(review_differs_in_words(&r));
}

/* Nothing that hosts would be told: shell, layout, comments. */
static void test_not_in_words(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "two");
	b.shared.parts.shell = "SHELL";
	b.hosts[0].frame = b.hosts[0].text = "# b comment\n";
	assert_text("shell", words(*state, &a, &b, &r), "shell of the steps: differs on all 7 hosts\n");
	assert_true(review_differs(&r) && !review_differs_in_words(&r));
	make(&b, "one");
	b.hosts[0].frame = b.hosts[0].text = "# b comment\n";
	assert_text("comments", words(*state, &a, &b, &r), "comments or order: differ on app-1\n");
	assert_true(review_differs(&r) && !review_differs_in_words(&r));
	assert_int_equal(r.changed_hosts, 1);
	b.side.split = true;
	assert_text("layout", words(*state, &a, &b, &r), "layout: whole → split\n");
	assert_true(review_differs(&r) && !review_differs_in_words(&r));
}

/* What people wrote into a script by hand does nothing to a terminal. */
static void test_hostile(void **state)
{
	struct fleet a, b;
	struct review r;

	make(&a, "one");
	make(&b, "one");
	b.own[6][1].value = "\033[2J";
	assert_text("escape", words(*state, &a, &b, &r), "NETWORK_TAGS: +'\\x1b[2J' -tag:db -tag:s on odd\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_same),
		WORLD_TEST(test_settings),
		WORLD_TEST(test_hosts_of_a_setting),
		WORLD_TEST(test_moved_setting),
		WORLD_TEST(test_fleet),
		WORLD_TEST(test_steps),
		WORLD_TEST(test_unread),
		WORLD_TEST(test_not_in_words),
		WORLD_TEST(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
