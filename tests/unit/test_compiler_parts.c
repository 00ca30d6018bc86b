/* compiler/parts: what a script was compiled from, read back out of it. */
#include "tests/unit/world.h"

#include "compiler/emit.h"
#include "compiler/parts.h"

#define CONFIG(keys)                                                                                         \
	"network: {provider: tailscale, providers: {tailscale: {auth_key_env: K, tailnet_domain: a.b, " keys \
	"}}}\n"
#define HOSTS "[{id: one, public_ip: a}, {id: two, public_ip: b, tags: [tag:x]}]"

/* The script of the plan's host I. */
static void emit(struct str *out, const struct world *w, size_t i)
{
	str_clear(out);
	emit_head(out, &w->plan.hosts[i]);
	emit_tail(out, &w->plan);
}

/* What was planned is what is read, on both of its sides. */
static void test_round_trip(void **state)
{
	struct world *w = *state;
	struct str script = STR_INIT, head = STR_INIT;
	struct assignments own;
	struct shared_parts shared;
	size_t len;

	assert_true(world_read(w, CONFIG("default_tags: [tag:b, tag:a], up_args: [--ssh, --accept-routes]"),
			       HOSTS));
	for (size_t i = 0; i < 2; i++) {
		emit(&script, w, i);
		emit_head(&head, &w->plan.hosts[i]);
		len = parts_own_len(script.data, script.len);
		assert_int_equal(len, head.len);
		assert_true(parts_read_own(&own, script.data, len, &w->arena));
		assert_int_equal(own.count, 3);
		assert_string_equal(own.items[0].name, "HOST_ID");
		assert_string_equal(own.items[0].value, i ? "two" : "one");
		assert_string_equal(assignments_get(&own, "NETWORK_TAGS"),
				    i ? "tag:a,tag:b,tag:x" : "tag:a,tag:b");
		assert_null(assignments_get(&own, "NETWORK_TAG"));
		assert_true(parts_read_shared(&shared, script.data + len, script.len - len, &w->arena));
		assert_int_equal(shared.settings.count, w->plan.settings.count);
		for (size_t s = 0; s < shared.settings.count; s++) {
			assert_string_equal(shared.settings.items[s].name, w->plan.settings.items[s].name);
			assert_string_equal(shared.settings.items[s].value, w->plan.settings.items[s].value);
		}
		assert_int_equal(shared.step_count, w->plan.step_count);
		for (size_t s = 0; s < shared.step_count; s++) {
			assert_string_equal(shared.steps[s].step, w->plan.steps[s].name);
			assert_string_equal(shared.steps[s].function, w->plan.steps[s].function);
		}
		assert_int_equal(shared.front_len, 1);
		assert_non_null(strstr(shared.shell, "{ main \"$@\"; }\n"));
		assert_null(strstr(shared.shell, "  step host.preflight"));
		assert_null(strstr(shared.shell, "\nNETWORK_UP_ARGS='"));
	}
	str_free(&script);
	str_free(&head);
}

/* Of layout split too: its two files tell what the two parts of a whole script tell. */
static void test_round_trip_of_split(void **state)
{
	struct world *w = *state;
	struct str whole = STR_INIT, file = STR_INIT;
	struct assignments own, own_split;
	struct shared_parts shared, shared_split;
	size_t len;

	assert_true(world_read(w, CONFIG("default_tags: [tag:b, tag:a], up_args: [--ssh]"), HOSTS));
	emit(&whole, w, 1);
	len = parts_own_len(whole.data, whole.len);
	assert_true(parts_read_own(&own, whole.data, len, &w->arena));
	assert_true(parts_read_shared(&shared, whole.data + len, whole.len - len, &w->arena));
	emit_own_file(&file, &w->plan.hosts[1]);
	assert_int_equal(parts_own_len(file.data, file.len), 0);
	assert_true(parts_read_own(&own_split, file.data, file.len, &w->arena));
	assert_int_equal(own_split.count, own.count);
	for (size_t i = 0; i < own.count; i++) {
		assert_string_equal(own_split.items[i].name, own.items[i].name);
		assert_string_equal(own_split.items[i].value, own.items[i].value);
	}
	assert_int_equal(own.count, 3);
	emit_shared_file(&file, &w->plan);
	assert_true(parts_read_shared(&shared_split, file.data, file.len, &w->arena));
	assert_int_equal(shared_split.settings.count, shared.settings.count);
	assert_int_equal(shared_split.step_count, shared.step_count);
	assert_string_equal(shared_split.shell, shared.shell);
	assert_true(shared_split.front_len > shared.front_len);
	str_free(&whole);
	str_free(&file);
}

/* Two texts that differ do so in what is read of them: nothing gets lost. */
static void test_nothing_is_lost(void **state)
{
	struct world *w = *state;
	struct str script = STR_INIT;
	struct shared_parts shared;
	size_t len, kept;

	assert_true(world_read(w, CONFIG(""), HOSTS));
	emit(&script, w, 0);
	len = parts_own_len(script.data, script.len);
	assert_true(parts_read_shared(&shared, script.data + len, script.len - len, &w->arena));
	kept = shared.front_len + shared.shell_len +
	       strlen("plan() { # what will happen: a step a line\n}\n");
	for (size_t i = 0; i < shared.settings.count; i++)
		kept += strlen(shared.settings.items[i].name) + strlen(shared.settings.items[i].value) + 4;
	for (size_t i = 0; i < shared.step_count; i++)
		kept += strlen("  step network.install ") + strlen(shared.steps[i].function) + 1;
	assert_int_equal(kept, script.len - len);
	str_free(&script);
}

/* The text between two quotes, as a setting and as a host's own. */
static void test_odd_values(void **state)
{
	static const char *const values[] = {
		"",	     " ",
		"'",	     "''",
		"'\\''",     "a'b",
		"\\",	     "\\'",
		"$(id)`id`", "\"",
		"\t\r\v",    "zw\xC3\xB6lf",
		"\xFF\xFE",  "two\nlines",
		"X='y'\n}",  "#\n# The same on every host of this configuration.\n"};
	struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct str text = STR_INIT, own = STR_INIT;
		struct assignments read;
		struct shared_parts shared;

		str_add(&own, "#!/bin/sh\n# remark\nB2=");
		str_add_shell(&own, values[i]);
		str_add(&own, "\nA_='x'\n");
		str_addf(&text, "%s\n# The same on every host of this configuration.\nV=", own.data);
		str_add_shell(&text, values[i]);
		str_add(&text, "\nplan() {\n  step a.b   c_d\n}\nmore");
		assert_int_equal(parts_own_len(text.data, text.len), own.len);
		assert_true(parts_read_own(&read, own.data, own.len, &arena));
		assert_int_equal(read.count, 2);
		assert_string_equal(read.items[0].name, "A_");
		assert_string_equal(read.items[1].value, values[i]);
		assert_true(parts_read_shared(&shared, text.data + own.len, text.len - own.len, &arena));
		assert_string_equal(assignments_get(&shared.settings, "V"), values[i]);
		assert_string_equal(shared.steps[0].step, "a.b");
		assert_string_equal(shared.steps[0].function, "c_d");
		assert_string_equal(shared.shell, "# The same on every host of this configuration.\nmore");
		str_free(&text);
		str_free(&own);
	}
	arena_free(&arena);
}

/* Changed by hand: what isn't one that stagecraft writes is no own part. */
static void test_own_by_hand(void **state)
{
#define READER                                                           \
	"{ case $0 in *.sh) command . \"${0%\"${0##*/}\"}./steps.sh\"; " \
	"echo \"$0 needs steps.sh, whole, beside it\" >&2; exit 1 ;; esac; }\n"
	static const struct {
		const char *text;
		size_t count; /* 0: not taken */
	} rows[] = {
		{"A='1'\n", 1},
		{"# x\n\n#\nB='2'\n# y\nA='1'\n", 2},
		{"A='1'\n" READER, 1},
		{READER "A='1'\n", 0},
		{"A='1'\n" READER READER, 0},
		{"A='1'\n{ case $0 in *.sh) . ./other.sh ;; esac; }\n", 0},
		{"A='1'", 0},
		{"A='1'\r\n", 0},
		{"# x\r\nA='1'\n", 1},
		{"A='1\n", 0},
		{"A=1\n", 0},
		{"A=\"1\"\n", 0},
		{"A='1''2'\n", 0},
		{"A='1'; B='2'\n", 0},
		{"A='1' # x\n", 0},
		{" A='1'\n", 0},
		{"a='1'\n", 0},
		{"1A='1'\n", 0},
		{"='1'\n", 0},
		{"A='1'\nA='1'\n", 0},
		{"A='1'\nreboot\n", 0},
		{"A='$(reboot)'\n", 1},
		{"A='1'\n# cut", 0},
	};
	struct arena arena = ARENA_INIT;
	struct assignments own;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_that(rows[i].text, parts_read_own(&own, rows[i].text, strlen(rows[i].text), &arena) ==
						  (rows[i].count > 0));
		assert_that(rows[i].text, own.count == rows[i].count);
	}
	assert_false(parts_read_own(&own, "A='1\0'\n", 7, &arena));
	assert_false(parts_read_own(&own, "#\0\nA='1'\n", 9, &arena));
	assert_true(parts_read_own(&own, "", 0, &arena));
	assert_int_equal(own.count, 0);
	arena_free(&arena);
}

static void test_shared_by_hand(void **state)
{
#define MARK "# The same on every host of this configuration.\n"
	static const struct {
		const char *text;
		bool taken;
	} rows[] = {
		{MARK "plan() {\n  step a b\n}\n", true},
		{"guard\n" MARK "odd\nplan() { # x\n  step a b\n}\n", true},
		{"plan() {\n  step a b\n}\n", false},
		{MARK "plan() {\n}\n", false},
		{MARK "plan() {\n  step a b\n", false},
		{MARK "plan() {\n  step a b\n}", false},
		{MARK "plan() {\n  step a\n}\n", false},
		{MARK "plan() {\n  step a b c\n}\n", false},
		{MARK "plan() {\n  step a b; reboot\n}\n", false},
		{MARK "plan() {\n  step a $b\n}\n", false},
		{MARK "plan() {\r\n  step a b\r\n}\r\n", false},
		{MARK "plan() {\n  reboot\n  step a b\n}\n", false},
		{MARK "A='1'\nA='2'\nplan() {\n  step a b\n}\n", false},
		{MARK, false},
		{"", false},
	};
	struct arena arena = ARENA_INIT;
	struct shared_parts parts;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_that(rows[i].text, parts_read_shared(&parts, rows[i].text, strlen(rows[i].text),
							    &arena) == rows[i].taken);
		assert_that(rows[i].text, parts.step_count == rows[i].taken);
	}
	assert_true(parts_read_shared(&parts, rows[1].text, strlen(rows[1].text), &arena));
	assert_int_equal(parts.front_len, strlen("guard\n"));
	assert_string_equal(parts.shell, MARK "odd\n");
	arena_free(&arena);
}

/* Equal for all hosts, but where a comment names something else. */
static void test_frame(void **state)
{
	static const char *const ids[] = {"one", "a", "sh", "it", "s", "in-1"};
	struct str first = STR_INIT, frame = STR_INIT, own = STR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct host host = {.id = {.text = ids[i]}};

		emit_head(&own, &(struct plan_host){.host = &host});
		str_clear(&frame);
		parts_add_frame(&frame, own.data, own.len, ids[i]);
		if (!i)
			str_addn(&first, frame.data, frame.len);
		assert_string_equal(frame.data, first.data);
	}
	assert_non_null(strstr(first.data, "\n# ID: "));
	assert_non_null(strstr(first.data, "sh ID.sh "));
	assert_null(strstr(first.data, "HOST_ID"));
	str_free(&first);
	str_free(&frame);
	str_free(&own);
}

/* Cut off anywhere, and with any bytes in it: read in a moment, within its bounds (ASan looks), never as another
 * host's. */
static void test_cut_and_random(void **state)
{
	struct world *w = *state;
	struct str script = STR_INIT;
	struct assignments own;
	struct shared_parts shared;
	size_t len;
	uint32_t seed = 1;

	assert_true(world_read(w, CONFIG("default_tags: [tag:a]"), HOSTS));
	emit(&script, w, 0);
	len = parts_own_len(script.data, script.len);
	for (size_t cut = 0; cut < len + 2000; cut++) {
		char *copy = malloc(cut + !cut); /* no NUL behind it */

		memcpy(copy, script.data, cut);
		/* The mark's own line has to be whole. */
		assert_true(parts_own_len(copy, cut) == (cut < len + strlen("\n" MARK) ? 0 : len));
		if (parts_read_own(&own, copy, cut < len ? cut : len, &w->arena) && own.count)
			assert_string_equal(own.items[0].value, "one");
		if (cut > len)
			parts_read_shared(&shared, copy + len, cut - len, &w->arena);
		free(copy);
	}
	for (int round = 0; round < 20000; round++) {
		static const char bytes[] = "='\\\n#A_ {}step.plan()\r\0\xFF";
		char text[64];
		size_t size = 0;

		while (size < sizeof text && (size < 4 || seed % 61)) {
			seed = seed * 1664525u + 1013904223u;
			text[size++] = bytes[(seed >> 16) % sizeof bytes];
		}
		parts_own_len(text, size);
		parts_read_own(&own, text, size, &w->arena);
		parts_read_shared(&shared, text, size, &w->arena);
	}
	str_free(&script);
}

/* Half a megabyte of quotes, and as many lines: no more than a moment. */
static void test_long(void **state)
{
	struct arena arena = ARENA_INIT;
	struct str quotes = STR_INIT, lines = STR_INIT;
	struct assignments own;
	struct shared_parts shared;
	double start = cpu_seconds();

	(void)state;
	str_add(&quotes, "A='");
	for (int i = 0; i < 500000; i++) {
		str_add(&quotes, "'\\''");
		str_addf(&lines, "A%d='1'\n", i);
	}
	assert_false(parts_read_own(&own, quotes.data, quotes.len, &arena));
	assert_true(parts_read_own(&own, lines.data, lines.len, &arena));
	assert_int_equal(own.count, 500000);
	assert_false(parts_read_shared(&shared, lines.data, lines.len, &arena));
	assert_true(cpu_seconds() - start < 5);
	str_free(&quotes);
	str_free(&lines);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_round_trip),	    WORLD_TEST(test_round_trip_of_split),
		WORLD_TEST(test_nothing_is_lost),   cmocka_unit_test(test_odd_values),
		cmocka_unit_test(test_own_by_hand), cmocka_unit_test(test_shared_by_hand),
		cmocka_unit_test(test_frame),	    WORLD_TEST(test_cut_and_random),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
