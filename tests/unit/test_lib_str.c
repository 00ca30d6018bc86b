/* lib/str: UTF-8, shell words, JSON strings, text that is safe on a terminal. */
#include "tests/unit/shells.h"

static void test_grow(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	assert_string_equal(str_text(&s), "");
	str_addn(&s, "", 0);
	assert_int_equal(s.len, 0);
	for (int i = 0; i < 10000; i++)
		str_addc(&s, (char)('a' + i % 26));
	str_add(&s, "");
	str_addf(&s, "%s-%d", "x", 42);
	assert_int_equal(s.len, 10004);
	assert_string_equal(s.data + 10000, "x-42");
	assert_int_equal(s.data[s.len], 0);
	str_clear(&s);
	assert_string_equal(str_text(&s), "");
	str_addn(&s, "a\0b", 3);
	assert_memory_equal(str_text(&s), "a\0b", 4);
	str_free(&s);
	assert_null(s.data);
	str_clear(&s);
	str_wipe(&s);
	str_add(&s, "secret");
	str_wipe(&s);
	assert_null(s.data);
	assert_int_equal(s.cap, 0);
}

static void test_starts(void **state)
{
	(void)state;
	assert_true(str_starts("tag:db", "tag:"));
	assert_true(str_starts("tag:", "tag:"));
	assert_true(str_starts("x", ""));
	assert_false(str_starts("ta", "tag:"));
	assert_false(str_starts("", "t"));
}

/* Bytes, whether they are one code point, and which. */
static const struct {
	const char *bytes;
	size_t len;
	long code;
	size_t used;
} utf8[] = {
	{"a", 1, 'a', 1},
	{"\0", 1, 0, 1},
	{"\x7F", 1, 0x7F, 1},
	{"\xC2\x80", 2, 0x80, 2},
	{"\xDF\xBF", 2, 0x7FF, 2},
	{"\xE0\xA0\x80", 3, 0x800, 3},
	{"\xED\x9F\xBF", 3, 0xD7FF, 3},
	{"\xEE\x80\x80", 3, 0xE000, 3},
	{"\xEF\xBF\xBF", 3, 0xFFFF, 3},
	{"\xF0\x90\x80\x80", 4, 0x10000, 4},
	{"\xF4\x8F\xBF\xBF", 4, 0x10FFFF, 4},
	{"\xF0\x9F\x98\x80 and more", 13, 0x1F600, 4},
	/* overlong forms */
	{"\xC0\x80", 2, -1, 1},
	{"\xC1\xBF", 2, -1, 1},
	{"\xE0\x80\x80", 3, -1, 1},
	{"\xE0\x9F\xBF", 3, -1, 1},
	{"\xF0\x80\x80\x80", 4, -1, 1},
	{"\xF0\x8F\xBF\xBF", 4, -1, 1},
	/* surrogates, and past the end of Unicode */
	{"\xED\xA0\x80", 3, -1, 1},
	{"\xED\xBF\xBF", 3, -1, 1},
	{"\xF4\x90\x80\x80", 4, -1, 1},
	{"\xF5\x80\x80\x80", 4, -1, 1},
	{"\xFF", 1, -1, 1},
	{"\xFE", 1, -1, 1},
	/* a continuation alone, and cut off ones */
	{"\x80", 1, -1, 1},
	{"\xBF", 1, -1, 1},
	{"\xC3", 1, -1, 1},
	{"\xE2\x82", 2, -1, 1},
	{"\xF0\x9F\x98", 3, -1, 1},
	{"\xC3(", 2, -1, 1},
	{"\xE2(\xA1", 3, -1, 1},
};

static void test_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(utf8); i++) {
		size_t used = 99;
		char label[32];

		snprintf(label, sizeof label, "row %zu", i);
		assert_that(label, utf8_next(utf8[i].bytes, utf8[i].len, &used) == utf8[i].code);
		assert_that(label, used == utf8[i].used);
	}
}

/* Every code point, as UTF-8, is read back; and no other two or three bytes are taken for one. */
static void test_utf8_whole(void **state)
{
	size_t used, good = 0;

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			char bytes[] = {(char)a, (char)b};

			good += utf8_next(bytes, 2, &used) >= 0 && used == 2;
			for (unsigned c = 0x60; c < 256; c += 0x20) {
				char three[] = {(char)a, (char)b, (char)c};

				good += utf8_next(three, 3, &used) >= 0 && used == 3;
			}
		}
	}
	/* Two bytes: 0x80 to 0x7FF. Three: of the third bytes tried, 0x80 and 0xA0 are right behind each pair
	 * that begins a form of 64 code points. */
	assert_int_equal(good, (0x800 - 0x80) + 2 * ((0x10000 - 0x800 - 0x800) / 64));
}

static void test_shell(void **state)
{
	static const char *const rows[][2] = {
		{"", "''"},
		{"a b", "'a b'"},
		{"'", "''\\'''"},
		{"it's", "'it'\\''s'"},
		{"''", "''\\'''\\'''"},
		{"$(id) `id` \\ \" \n!", "'$(id) `id` \\ \" \n!'"},
		{"-n", "'-n'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str s = STR_INIT;

		str_add_shell(&s, rows[i][0]);
		assert_text(rows[i][0], str_text(&s), rows[i][1]);
		str_free(&s);
	}
}

/* Each byte from 1 to 255, alone and between others, is read back by every shell that a host may have. */
static void test_shell_round_trip(void **state)
{
	struct str script = STR_INIT, want = STR_INIT;

	(void)state;
	for (int c = 1; c < 256; c++) {
		char text[] = {(char)c, 'x', (char)c, (char)c, '\'', '\0'};

		str_add(&script, "printf '%s,' ");
		str_add_shell(&script, text);
		str_addc(&script, '\n');
		str_addf(&want, "%s,", text);
	}
	for (size_t i = 0; shells[i]; i++) {
		struct str got = STR_INIT;

		run_shell(shells[i], str_text(&script), &got);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.data, want.data, want.len);
		str_free(&got);
	}
	str_free(&script);
	str_free(&want);
}

static void test_json(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *want;
	} rows[] = {
		{"", 0, "\"\""},
		{"plain", 5, "\"plain\""},
		{"\"\\/", 3, "\"\\\"\\\\/\""},
		{"\n\t\r\b\f\x1b\x7f", 7, "\"\\n\\t\\u000d\\u0008\\u000c\\u001b\\u007f\""},
		{"a\0b", 3, "\"a\\u0000b\""},
		{"\xC3\xA9\xF0\x9F\x98\x80", 6, "\"\xC3\xA9\xF0\x9F\x98\x80\""},
		{"\xFFx\xC3", 3, "\"\xEF\xBF\xBDx\xEF\xBF\xBD\""},
		/* what isn't seen, or does something to a terminal */
		{"\xC2\x9B\xE2\x80\xAE\xE2\x80\xA8\xF3\xA0\x81\x81", 12,
		 "\"\\u009b\\u202e\\u2028\\udb40\\udc41\""},
		/* what a CI runner would take for its commands, where somebody shows it */
		{"x##[a]##vso[b]##", 16, "\"x\\u0023#[a]\\u0023#vso[b]##\""},
		{"\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str s = STR_INIT;

		str_add_json(&s, rows[i].bytes, rows[i].len);
		assert_text(rows[i].want, str_text(&s), rows[i].want);
		str_free(&s);
	}
}

static void test_visible(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, max;
		const char *want;
	} rows[] = {
		{"", 0, 10, ""},
		{"plain text", 10, 10, "plain text"},
		{"plain text", 10, 9, "plain tex…"},
		{"a\tb", 3, 9, "a b"},
		{"a\nb\rc", 5, 20, "a\\x0ab\\x0dc"},
		{"\x1b[31mred", 8, 20, "\\x1b[31mred"},
		{"\x1b]52;c;\x07", 8, 30, "\\x1b]52;c;\\x07"},
		{"a\0b", 3, 20, "a\\x00b"},
		{"\x7f", 1, 20, "\\x7f"},
		{"\xC2\x9B", 2, 20, "\\x9b"},		   /* CSI as one character */
		{"\xC2\xA0", 2, 20, "\xC2\xA0"},	   /* a no-break space */
		{"\xE2\x80\xAE", 3, 20, "\\u{202e}"},	   /* right-to-left override */
		{"\xE2\x81\xA6", 3, 20, "\\u{2066}"},	   /* left-to-right isolate */
		{"\xE2\x80\x8B", 3, 20, "\\u{200b}"},	   /* zero-width space */
		{"\xE2\x80\xA8", 3, 20, "\\u{2028}"},	   /* line separator */
		{"\xEF\xBB\xBF", 3, 20, "\\u{feff}"},	   /* byte order mark */
		{"\xF3\xA0\x81\x81", 4, 20, "\\u{e0041}"}, /* a tag character */
		{"caf\xC3\xA9 \xE6\x97\xA5", 9, 20, "caf\xC3\xA9 \xE6\x97\xA5"},
		{"\xC3", 1, 20, "\\xc3"},
		{"\xFF\xFE", 2, 20, "\\xff\\xfe"},
		/* never more than the bound, whatever the last character takes */
		{"ab\x1b"
		 "c",
		 4, 3, "ab…"},
		{"ab\xC3\xA9", 4, 3, "ab…"},
		{"abc", 3, 3, "abc"},
		{"\xE2\x80\xAE\xE2\x80\xAE", 6, 8, "\\u{202e}…"},
		{"x", 1, 0, "…"},
		/* what a CI runner would take for its commands */
		{"##[error]x", 10, 40, "\\x23#[error]x"},
		{"a ##vso[task.x]y", 16, 40, "a \\x23#vso[task.x]y"},
		{"x##teamcity[y", 13, 40, "x\\x23#teamcity[y"},
		{"###[x ##[", 9, 40, "#\\x23#[x \\x23#["},
		{"## [x] ##x #[ ##1[", 18, 40, "## [x] ##x #[ ##1["},
		{"::error::x", 10, 40, "\\x3a:error::x"},
		{" \t::set-output name=a::b", 24, 40, "  \\x3a:set-output name=a::b"},
		{"\xC2\xA0::add-mask::", 14, 40, "\xC2\xA0\\x3a:add-mask::"},
		{"a ::error::x", 12, 40, "a ::error::x"},
		{"::1 and ::2", 11, 40, "::1 and ::2"},
		{"::ffff:192.0.2.1", 16, 40, "::ffff:192.0.2.1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str s = STR_INIT;

		str_add_visible(&s, rows[i].bytes, rows[i].len, rows[i].max);
		assert_text(rows[i].want, str_text(&s), rows[i].want);
		str_free(&s);
	}
}

/* A command counts at the beginning of every line. */
static void test_visible_on_a_line_of_its_own(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_add(&s, "| ");
	str_add_visible(&s, "::debug::a", 10, 40);
	str_add(&s, "\n");
	str_add_visible(&s, "::debug::b", 10, 40);
	assert_string_equal(s.data, "| ::debug::a\n\\x3a:debug::b");
	str_free(&s);
}

/* No byte and no pair of bytes gets through that could move a terminal's cursor. */
static void test_visible_never_controls(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			char bytes[] = {(char)a, (char)b, '.'};
			struct str s = STR_INIT;

			str_add_visible(&s, bytes, 3, 100);
			for (size_t i = 0, used; i < s.len; i += used) {
				long code = utf8_next(s.data + i, s.len - i, &used);

				assert_true(code >= 0x20 && (code < 0x7F || code >= 0xA0));
			}
			str_free(&s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_whole),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_shell_round_trip),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_visible),
		cmocka_unit_test(test_visible_on_a_line_of_its_own),
		cmocka_unit_test(test_visible_never_controls),
	};

	return cmocka_run_group_tests_name("lib/str", tests, NULL, NULL);
}
