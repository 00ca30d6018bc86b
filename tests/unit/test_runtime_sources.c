/* runtime/sources: a failed host points at the line that caused it, as far as it's written. */
#include "tests/unit/unit.h"

#include "runtime/sources.h"

static struct source config = {.name = "stagecraft.yml"}, hosts = {.name = "hosts.yml"};

#define CONFIG(n)                                                     \
	{                                                             \
		.source = &config, .line = n, .column = 1, .width = 1 \
	}
#define HOSTS(n)                                                     \
	{                                                            \
		.source = &hosts, .line = n, .column = 1, .width = 1 \
	}

static const struct step steps[] = {
	{.name = "host.preflight"},
	{.name = "network.join", .at = CONFIG(2)},
};

static const struct settings settings = {
	.count = 2,
	.items = {{"NETWORK_DOMAIN", "a.b", CONFIG(5)}, {"NETWORK_LOGIN_SERVER", "", {.source = NULL}}},
};

static struct text all_tags[] = {{"tag:a", CONFIG(7)}, {"tag:b", CONFIG(8)}};
static struct text own_tags[] = {{"tag:b", HOSTS(9)}, {"tag:c", HOSTS(9)}};
static const struct text_list defaults = {.items = all_tags, .count = 2},
			      own = {.items = own_tags, .count = 2};
static const char *const wanted[] = {"tag:a", "tag:b", "tag:c"};

/* A host of which little is written: its lines, and a port. */
static struct job job_of(const char *reason, const char *step)
{
	return (struct job){
		.id = "a",
		.status = HOST_FAILED,
		.reason = reason,
		.step = step,
		.steps = steps,
		.step_count = COUNT(steps),
		.settings = &settings,
		.want = {.tags = wanted, .tag_count = COUNT(wanted)},
		.tag_lists = {&defaults, NULL, &own},
		.places = {[ABOUT_HOST] = HOSTS(3), [ABOUT_ADDRESS] = HOSTS(4), [ABOUT_PORT] = CONFIG(6)},
	};
}

/* All of JOB's sources, a blank between. In ARENA. */
static const char *sources(const struct job *job, struct arena *arena)
{
	struct place places[SOURCES_MAX];
	size_t count = sources_of(job, places);
	struct str text = STR_INIT;

	for (size_t i = 0; i < count; i++) {
		str_add(&text, i ? " " : "");
		source_add_place(&text, &places[i]);
	}
	return str_keep(&text, arena);
}

static void test_what_a_reason_is_about(void **state)
{
	static const struct {
		const char *reason, *step, *want;
	} rows[] = {
		{"refused", "", "stagecraft.yml:6"},
		{"dns", "", "hosts.yml:4"},
		{"connect_timeout", "", "hosts.yml:4"}, /* which is left out */
		{"auth", "", "hosts.yml:3"},
		{"timeout", "", "hosts.yml:3"},
		{"timeout", "network.join", "stagecraft.yml:2"},
		{"timeout", "host.preflight", "hosts.yml:3"}, /* nobody asks for it */
		{"tailnet_mismatch", "host.preflight", "stagecraft.yml:5"},
		{"login_server", "network.join", "stagecraft.yml:2"}, /* a default */
		{"auth_key_missing", "network.join", "stagecraft.yml:2"},
		{"join_failed", "network.join", "stagecraft.yml:2"},
		{"name_mismatch", "network.join", "hosts.yml:3"},
		{"lost", "network.join", "hosts.yml:3"},
		{"internal", "network.join", "hosts.yml:3"},
	};
	struct arena arena = ARENA_INIT;
	struct job job;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		job = job_of(rows[i].reason, rows[i].step);
		assert_text(rows[i].reason, sources(&job, &arena), rows[i].want);
	}
	job.status = HOST_SUCCESS;
	assert_string_equal(sources(&job, &arena), "hosts.yml:3");
	job = (struct job){.status = HOST_FAILED, .reason = "timeout", .step = ""};
	assert_string_equal(sources(&job, &arena), "");
	arena_free(&arena);
}

/* Every line that gives a tag that lacks, each once; all of them where it isn't known which do. */
static void test_tags(void **state)
{
	struct arena arena = ARENA_INIT;
	struct job job = job_of("tag_mismatch", "network.join");
	bool lacks[] = {false, true, false};

	(void)state;
	assert_string_equal(sources(&job, &arena), "stagecraft.yml:7 stagecraft.yml:8 hosts.yml:9");
	job.lacks = lacks;
	assert_string_equal(sources(&job, &arena), "stagecraft.yml:8 hosts.yml:9");
	lacks[1] = false;
	assert_string_equal(sources(&job, &arena), "stagecraft.yml:2");
	arena_free(&arena);
}

/* What a reason is about has words for errors.md, and ends at the host however little is written. */
static void test_every_about_has_words_and_an_end(void **state)
{
	(void)state;
	for (enum about first = 0; first < ABOUT_COUNT; first++) {
		enum about about = first;

		assert_true(*about_kinds[about].words);
		for (int i = 0; i < ABOUT_COUNT; i++)
			about = about_kinds[about].otherwise;
		assert_int_equal(about, ABOUT_HOST);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_reason_is_about),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_every_about_has_words_and_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
