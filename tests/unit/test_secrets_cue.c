/* providers/cue: Encore's override file, read and edited. That CUE itself reads it so: tests/property. */
#include "tests/unit/secrets.h"

#include "providers/secrets/cue.h"

static const struct {
	const char *text, *want;
} readings[] = {
	{"", ""},
	{"// c \"x\n\n", ""},
	{"A: \"1\"\nB:\"2\"\n", "A=[1] B=[2]"},
	{"package secrets\n\nA: \"1\"", "A=[1]"},
	{"  A : \"1\", // c\n\"B\": \"2\" // \"d\n", "A=[1] B=[2]"},
	{"A: \"x\"\r\nB: \"\"\r\n", "A=[x] B=[]"},
	{"A: \"\\n\\t\\r\\\\\\\"\\/\\a\\b\\f\\v\"\n", "A=[\n\t\r\\\"/\a\b\f\v]"},
	{"A: \"\\u0041\\u00e9\\u20ac\\U0001F600\\ud83d\\ude00\"\n",
	 "A=[A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF0\x9F\x98\x80]"},
	{"A: \"it's # $x `y` ${z}\"\n", "A=[it's # $x `y` ${z}]"},
	{"A: \"\"\"\n  x\n  y\n  \"\"\"\nB: \"2\"\n", "A=!1:4 B=[2]"},
	{"A: \"1\"\nA: \"2\"\n", "A=[1] A=!2:1"},

	{"A: \"x\\(B)\"\nB: \"2\"\n", "B=[2] broken@1:6"},
	{"A: \"x\nB: \"2\"\n", "B=[2] broken@1:4"},
	{"A: \"\"\"\n x\n", "broken@1:4"},
	{"A: \"\\x41\"\nB: \"\\ud83d\"\nC: \"\\u00\"\nD: \"\\u0000\"\nE: \"\\uzzzz\"\n",
	 "broken@1:4 broken@2:4 broken@3:4 broken@4:4 broken@5:4"},
	{"A: 3\nB: 'x'\nC: D\nE: #\"x\"#\n", "broken@1:4 broken@2:4 broken@3:4 broken@4:4"},
	{"A: \"1\" B: \"2\"\n", "broken@1:8"},
	{"{A: \"1\"}\n", "broken@1:1"},
	{"A?: \"1\"\nB \"2\"\n\"C D\": \"3\"\n", "broken@1:2 broken@2:3 broken@3:1"},
	{"import \"x\"\nA: \"1\"\n", "A=[1] broken@1:8"},
	{"A: \"1\"\npackage x\n", "A=[1] broken@2:9"},
	{"A: \"\xFF\"\n", "broken@1:5"},
	{"A: \"1\"\rB: \"2\"\n", "broken@1:7"},
};

static void test_readings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(readings); i++) {
		struct parsed p;

		parse_text(&p, &cue_format, readings[i].text, strlen(readings[i].text));
		assert_text(readings[i].text, shown(&p), readings[i].want);
		parsed_free(&p);
	}
}

static void test_writing(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	cue_format.write_name(&out, "A");
	cue_format.write_value(&out, "a\"b\\c\n\r\t\x01\x7f\xEF\xBB\xBF\xC3\xA9$", 16, true);
	assert_string_equal(str_text(&out), "A: \"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\\ufeff\xC3\xA9$\"");
	str_clear(&out);
	cue_format.write_name(&out, "import");
	assert_string_equal(str_text(&out), "\"import\": ");
	str_free(&out);
	assert_null(cue_format.refuse("A_b9", "\x01\r\n", 3));
	assert_non_null(cue_format.refuse("_A", "", 0));
	assert_non_null(cue_format.refuse("9A", "", 0));
	assert_non_null(cue_format.refuse("A.B", "", 0));
	assert_non_null(cue_format.refuse("A", "\xFF", 1));
	assert_non_null(cue_format.refuse("A", "\0", 1));
}

static void test_edit(void **state)
{
	static const char text[] = "// top\nA: \"1\" // a\nB: \"\"\"\n x\n \"\"\"\nC: \"3\"\n";
	struct secret_change changes[4] = {{.name = "A", .value = "x\"", .len = 2},
					   {.name = "B", .value = "2", .len = 1},
					   {.name = "C"},
					   {.name = "D", .value = "4", .len = 1}};
	struct str out = STR_INIT;
	struct parsed p;

	(void)state;
	parse_text(&p, &cue_format, text, strlen(text));
	assert_true(p.ok);
	for (size_t i = 0; i < 4; i++)
		changes[i].entry = secret_doc_find(&p.doc, changes[i].name);
	secret_doc_render(&p.doc, &cue_format, changes, 4, &out);
	assert_string_equal(str_text(&out), "// top\nA: \"x\\\"\" // a\nB: \"2\"\nD: \"4\"\n");
	str_wipe(&out);
	parsed_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_edit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
