/* runtime/wire: bytes to lines, lines to records. */
#include "tests/unit/unit.h"

#include "runtime/wire.h"

static const char run[] = "0123456789abcdef";

/* ---- lines ---- */

struct heard {
	struct str text; /* "[line]" each, with a + in front of the bracket where it was cut */
	size_t lines;
};

static void hear(void *context, const char *line, size_t len, bool cut)
{
	struct heard *h = context;

	h->lines++;
	if (len > 100) {
		str_addf(&h->text, "%s[%zu bytes]", cut ? "+" : "", len);
		return;
	}
	str_add(&h->text, cut ? "+[" : "[");
	str_addn(&h->text, line, len);
	str_addc(&h->text, ']');
}

static void test_lines_come_out_however_they_are_split(void **state)
{
	static const char all[] = "one\ntwo\r\n\nfour\r\r\nlast";
	static const char want[] = "[one][two][][four][last]";

	(void)state;
	for (size_t first = 0; first < sizeof all - 1; first++) {
		for (size_t second = first; second < sizeof all - 1; second++) {
			struct wire_reader r = {0};
			struct heard h = {.text = STR_INIT};

			wire_read(&r, all, first, hear, &h);
			wire_read(&r, all + first, second - first, hear, &h);
			wire_read(&r, all + second, sizeof all - 1 - second, hear, &h);
			wire_end(&r, hear, &h);
			assert_string_equal(str_text(&h.text), want);
			str_free(&h.text);
		}
	}
}

static void test_a_line_may_be_as_long_as_the_limit(void **state)
{
	struct wire_reader r = {0};
	struct heard h = {.text = STR_INIT};
	struct str line = STR_INIT;

	(void)state;
	for (size_t i = 0; i < WIRE_LINE_MAX; i++)
		str_addc(&line, 'x');
	str_add(&line, "\nnext\n");
	wire_read(&r, line.data, 1000, hear, &h);
	wire_read(&r, line.data + 1000, line.len - 1000, hear, &h);
	wire_end(&r, hear, &h);
	assert_string_equal(str_text(&h.text), "[65536 bytes][next]");
	str_free(&line);
	str_free(&h.text);
}

static void test_a_gigabyte_line_takes_no_memory(void **state)
{
	static char chunk[1 << 16];
	struct wire_reader r = {0};
	struct heard h = {.text = STR_INIT};

	(void)state;
	memset(chunk, 'x', sizeof chunk);
	for (size_t i = 0; i < (size_t)1 << 14; i++) {
		wire_read(&r, chunk, sizeof chunk, hear, &h);
		assert_true(r.line.cap <= 4 * WIRE_LINE_MAX);
	}
	wire_read(&r, "\nnext\n", 6, hear, &h);
	wire_end(&r, hear, &h);
	assert_string_equal(str_text(&h.text), "+[65536 bytes][next]");
	str_free(&h.text);
}

static void test_a_long_line_in_one_piece_is_cut(void **state)
{
	struct wire_reader r = {0};
	struct heard h = {.text = STR_INIT};
	struct str line = STR_INIT;

	(void)state;
	for (size_t i = 0; i <= WIRE_LINE_MAX; i++)
		str_addc(&line, 'x');
	str_add(&line, "\nnext\n");
	wire_read(&r, line.data, line.len, hear, &h);
	wire_end(&r, hear, &h);
	assert_string_equal(str_text(&h.text), "+[65536 bytes][next]");
	str_free(&line);
	str_free(&h.text);
}

/* ---- records ---- */

static const struct {
	const char *line; /* @ stands for the marker with its run */
	enum record_type type;
	const char *why;
} lines[] = {
	/* what scripts send */
	{"@{\"type\":\"begin\",\"host\":\"a\",\"mode\":\"apply\"}", RECORD_BEGIN, NULL},
	{"@{\"mode\":\"apply\",\"host\":\"a\",\"type\":\"begin\"}", RECORD_BEGIN, NULL},
	{"@{\"type\":\"step\",\"step\":\"s\",\"result\":\"ok\",\"reason\":\"\",\"message\":\"\"}",
	 RECORD_STEP, NULL},
	{"@{\"type\":\"ask\",\"name\":\"auth_key\"}", RECORD_ASK, NULL},
	{"@{\"type\":\"ask\",\"name\":\"auth_key\",\"value\":\"\"}", RECORD_BAD,
	 "a record has a member too many"},
	{"@{\"type\":\"ask\"}", RECORD_BAD, "a record lacks a member"},
	{"@{\"type\":\"fact\",\"name\":\"os\",\"value\":\"debian 12\"}", RECORD_FACT, NULL},
	{"@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\"}", RECORD_END, NULL},
	{"@ {\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\"} ", RECORD_END, NULL},
	{"\033]0;host\007@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\"}", RECORD_END, NULL},
	{"Welcome!@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\"}", RECORD_END, NULL},
	/* noise */
	{"", RECORD_NONE, NULL},
	{"Reading package lists...", RECORD_NONE, NULL},
	{"@stagecraft", RECORD_NONE, NULL},
	{"@stagecraft 0123456789abcdee {\"type\":\"end\"}", RECORD_NONE, NULL},
	{"@stagecraft 0123456789abcdef", RECORD_NONE, NULL},
	{"@stagecraft  0123456789abcdef {}", RECORD_NONE, NULL},
	{"@stagecraft 0123456789ABCDEF {}", RECORD_NONE, NULL},
	{"{\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\"}", RECORD_NONE, NULL},
	/* lies and accidents */
	{"@", RECORD_BAD, "a record isn't JSON"},
	{"@nonsense", RECORD_BAD, "a record isn't JSON"},
	{"@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"succ", RECORD_BAD, "a record isn't JSON"},
	{"@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\"}x", RECORD_BAD, "a record isn't JSON"},
	{"@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"\xff\"}", RECORD_BAD, "a record isn't JSON"},
	{"@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"\\u0000\"}", RECORD_BAD, "a record isn't JSON"},
	{"@[]", RECORD_BAD, "a record isn't an object"},
	{"@\"end\"", RECORD_BAD, "a record isn't an object"},
	{"@{}", RECORD_BAD, "a record of unknown type"},
	{"@{\"type\":\"finish\"}", RECORD_BAD, "a record of unknown type"},
	{"@{\"type\":\"end\",\"steps\":6,\"result\":\"success\"}", RECORD_BAD,
	 "a member of a record isn't a string"},
	{"@{\"type\":\"end\",\"steps\":[\"6\"],\"result\":\"success\"}", RECORD_BAD,
	 "a member of a record isn't a string"},
	{"@{\"type\":{\"type\":\"end\"}}", RECORD_BAD, "a member of a record isn't a string"},
	{"@{\"type\":\"end\",\"steps\":\"6\"}", RECORD_BAD, "a record lacks a member"},
	{"@{\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\",\"x\":\"\"}", RECORD_BAD,
	 "a record has a member too many"},
	{"@{\"type\":\"end\",\"steps\":\"6\",\"steps\":\"7\",\"result\":\"success\"}", RECORD_BAD,
	 "a record has a member too many"},
	{"@{\"type\":\"end\",\"type\":\"fact\",\"steps\":\"6\",\"result\":\"success\"}", RECORD_BAD,
	 "a record has a member too many"},
};

static void expand(struct str *out, const char *line)
{
	for (const char *p = line; *p; p++) {
		if (*p == '@' && !str_starts(p, "@stagecraft"))
			str_addf(out, "@stagecraft %s ", run);
		else
			str_addc(out, *p);
	}
}

static void test_records_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arena arena = ARENA_INIT;
		struct str line = STR_INIT;
		struct record record;

		expand(&line, lines[i].line);
		record_read(&record, str_text(&line), line.len, false, run, &arena);
		assert_that(lines[i].line, record.type == lines[i].type);
		if (lines[i].why)
			assert_text(lines[i].line, record.why, lines[i].why);
		str_free(&line);
		arena_free(&arena);
	}
}

static void test_a_record_gives_its_texts(void **state)
{
	static const char line[] =
		"hi@stagecraft 0123456789abcdef {\"type\":\"step\",\"step\":\"a.b\",\"result\":\"failed\","
		"\"reason\":\"apt_lock\",\"message\":\"a \\\"b\\\"\\n\\u00e9\"}";
	struct arena arena = ARENA_INIT;
	struct record r;

	(void)state;
	record_read(&r, line, sizeof line - 1, false, run, &arena);
	assert_int_equal(r.type, RECORD_STEP);
	assert_int_equal(r.noise, 2);
	assert_string_equal(r.step, "a.b");
	assert_string_equal(r.result, "failed");
	assert_string_equal(r.reason, "apt_lock");
	assert_string_equal(r.message, "a \"b\"\n\xc3\xa9");
	arena_free(&arena);
}

static void test_a_record_that_was_cut_is_none(void **state)
{
	static const char line[] =
		"@stagecraft 0123456789abcdef {\"type\":\"end\",\"steps\":\"6\",\"result\":\"success\"}";
	struct arena arena = ARENA_INIT;
	struct record r;

	(void)state;
	record_read(&r, line, sizeof line - 1, true, run, &arena);
	assert_int_equal(r.type, RECORD_BAD);
	arena_free(&arena);
}

static void test_deep_json_is_refused(void **state)
{
	struct arena arena = ARENA_INIT;
	struct str line = STR_INIT;
	struct record r;

	(void)state;
	expand(&line, "@");
	for (int i = 0; i < 60000; i++)
		str_addc(&line, '[');
	record_read(&r, line.data, line.len, false, run, &arena);
	assert_int_equal(r.type, RECORD_BAD);
	str_free(&line);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_come_out_however_they_are_split),
		cmocka_unit_test(test_a_line_may_be_as_long_as_the_limit),
		cmocka_unit_test(test_a_gigabyte_line_takes_no_memory),
		cmocka_unit_test(test_a_long_line_in_one_piece_is_cut),
		cmocka_unit_test(test_records_are_read_strictly),
		cmocka_unit_test(test_a_record_gives_its_texts),
		cmocka_unit_test(test_a_record_that_was_cut_is_none),
		cmocka_unit_test(test_deep_json_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
