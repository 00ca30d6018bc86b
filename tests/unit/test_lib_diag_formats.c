/* lib/diag_formats: mistakes for other programs, whatever files are called and say. */
#include "tests/unit/fixture.h"

#include "lib/diag_formats.h"
#include "lib/json.h"

static struct source source(const char *name, const char *text)
{
	struct source s;

	source_of(&s, name, text, strlen(text));
	return s;
}

/* What WRITE writes of F's mistakes and of the file S. In the arena of F. */
static const char *written(struct fixture *f, diags_writer *write, const struct source *s)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	const char *kept;

	assert_non_null(to);
	write(to, &f->d, &(struct diag_scope){"1.2.3", &s, 1});
	fclose(to);
	kept = arena_strndup(f->d.arena, text, len);
	free(text);
	return kept;
}

static void test_json_form(void **state)
{
	struct fixture *f = *state;
	struct source s = source("a\"b.yml", "x: 1\n");
	const char *text;
	struct json j;
	json_value v;

	assert_string_equal(written(f, diags_json, &s), "[]\n");
	diag_error(&f->d, (struct place){&s, 1, 4, 1}, "say \"y\"", "it's \\ wrong");
	diag_warning(&f->d, (struct place){0}, NULL, "nowhere");
	text = written(f, diags_json, &s);
	assert_true(json_parse(&j, text, strlen(text)));
	assert_int_equal(json_count(&j, 0), 2);
	v = json_first(&j, 0);
	assert_true(json_equals(&j, json_get(&j, v, "file"), "a\"b.yml"));
	assert_true(json_is(&j, json_get(&j, v, "line"), "1"));
	assert_true(json_is(&j, json_get(&j, v, "column"), "4"));
	assert_true(json_equals(&j, json_get(&j, v, "severity"), "error"));
	assert_true(json_equals(&j, json_get(&j, v, "message"), "it's \\ wrong"));
	assert_true(json_equals(&j, json_get(&j, v, "help"), "say \"y\""));
	v = json_next(&j, v);
	assert_true(json_equals(&j, json_get(&j, v, "severity"), "warning"));
	assert_true(json_equals(&j, json_get(&j, v, "file"), ""));
	json_free(&j);
}

static void test_sarif(void **state)
{
	struct fixture *f = *state;
	struct source s = source("../a b:#\xff.yml", "x: 1\ny: 2\n");
	struct source absolute = source("/no/such.yml", ""), in = source("<stdin>", "x: 1\n");
	const char *text = written(f, diags_sarif, &s);
	struct json j;

	assert_true(json_parse(&j, text, strlen(text)));
	json_free(&j);
	assert_non_null(strstr(text, "\"results\":[]}]}\n"));
	diag_error_of(&f->d, DIAG_TAG, (struct place){&s, 2, 4, 3}, "say \"y\"", "it's wrong");
	diag_warning(&f->d, (struct place){&absolute, 0, 0, 0}, NULL, "of all");
	diag_error(&f->d, (struct place){&in, 1, 1, 0}, "{a: [b](c)}", "no file");
	text = written(f, diags_sarif, &s);
	assert_true(json_parse(&j, text, strlen(text)));
	json_free(&j);
	assert_non_null(strstr(text, "{\"ruleId\":\"tag\",\"ruleIndex\":5,\"level\":\"error\",\"message\":{"
				     "\"text\":\"it's wrong (say \\\"y\\\")\"}"));
	assert_non_null(strstr(text, "{\"uri\":\"../a%20b%3A%23%FF.yml\"},\"region\":{\"startLine\":2,"
				     "\"startColumn\":4,\"endColumn\":7}}}]"));
	assert_non_null(strstr(text, "{\"uri\":\"file:///no/such.yml\"},\"region\":{\"startLine\":1}}}]"));
	assert_non_null(strstr(text, "\"text\":\"no file ({{a: [b\\\\](c)}})\"},\"locations\":[],"));
}

/* Two that say the same are two, and a fingerprint knows no line. */
static void test_gitlab(void **state)
{
	static const char member[] = "\"fingerprint\":\"";
	enum { LEN = sizeof member - 1 + 64 };
	struct fixture *f = *state;
	struct source s = source("a.yml", "x\nx\nx\n");
	const char *first, *second, *moved;

	assert_string_equal(written(f, diags_gitlab, &s), "[]\n");
	diag_error(&f->d, (struct place){&s, 1, 1, 1}, NULL, "bad");
	diag_error(&f->d, (struct place){&s, 2, 1, 1}, NULL, "bad");
	first = strstr(written(f, diags_gitlab, &s), member);
	second = strstr(first + 1, member);
	assert_memory_not_equal(first, second, LEN);
	assert_non_null(strstr(first, "\"severity\":\"critical\",\"location\":{\"path\":\"a.yml\",\"lines\":{"
				      "\"begin\":1}}},\n"));
	diags_free(&f->d);
	diag_error(&f->d, (struct place){&s, 3, 1, 1}, NULL, "bad");
	moved = strstr(written(f, diags_gitlab, &s), member);
	assert_memory_equal(first, moved, LEN);
}

static void test_junit(void **state)
{
	struct fixture *f = *state;
	struct source s = source("<a>&\"\001.yml", "x\n");
	const char *text;

	assert_string_equal(
		written(f, diags_junit, &s),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n  <testsuite name=\"stagecraft validate\" tests=\"1\" failures=\"0\" "
		"errors=\"0\" skipped=\"0\">\n"
		"    <testcase classname=\"stagecraft validate\" name=\"&lt;a&gt;&amp;&quot;\\x01.yml\">\n"
		"    </testcase>\n  </testsuite>\n</testsuites>\n");
	diag_error(&f->d, (struct place){&s, 1, 2, 1}, "<b>", "bad \xEF\xBF\xBE ]]>");
	diag_warning(&f->d, (struct place){&s, 1, 3, 1}, NULL, "odd");
	diag_error(&f->d, (struct place){0}, NULL, "nowhere");
	text = written(f, diags_junit, &s);
	assert_non_null(strstr(text, "tests=\"2\" failures=\"2\""));
	assert_non_null(
		strstr(text,
		       "      <failure message=\"1 error\" type=\"error\">&lt;a&gt;&amp;&quot;\\x01.yml:1:2: "
		       "bad \xEF\xBF\xBD ]]&gt; (&lt;b&gt;)</failure>\n"
		       "      <system-out>&lt;a&gt;&amp;&quot;\\x01.yml:1:3: odd</system-out>\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_json_form),
		TEST(test_sarif),
		TEST(test_gitlab),
		TEST(test_junit),
	};

	return cmocka_run_group_tests_name("lib/diag_formats", tests, NULL, NULL);
}
