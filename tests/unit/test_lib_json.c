/* lib/json: what is JSON (RFC 8259) and what isn't, and the reader's functions. */
#include "tests/unit/unit.h"

#include "lib/json.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

struct sample {
	const char *text;
	size_t len;
};

/* Named as the files of https://github.com/nst/JSONTestSuite are. */
static const struct sample good[] = {
	{TEXT("[]")},
	{TEXT("{}")},
	{TEXT("[[]   ]")},
	{TEXT(" [] ")},
	{TEXT("[null, 1, \"1\", {}]")},
	{TEXT("[\"\"]")},
	{TEXT("[1\n,2\r,3\t]")},
	{TEXT("[true,false,null]")},
	{TEXT("true")},
	{TEXT("null")},
	{TEXT("42")},
	{TEXT("-0.1")},
	{TEXT("\"asd\"")},
	{TEXT("[0]")},
	{TEXT("[-0]")},
	{TEXT("[-1, 123, 0.5, 1.5e3, 1E22, 1e+2, 0E-2, 123.456e-78]")},
	{TEXT("[20e1]")},
	{TEXT("[-123123123123123123123123123123]")},
	{TEXT("{\"\":0}")},
	{TEXT("{\"a\":[]}")},
	{TEXT("{\"a\":\"b\",\"a\":\"c\"}")}, /* a name twice is the reader's business */
	{TEXT("{\"min\": -1.0e+28, \"max\": 1.0e+28}")},
	{TEXT("{\"x\":[{\"id\": \"x\"}], \"id\": \"y\"}")},
	{TEXT("{\n\"a\": \"b\"\n}")},
	{TEXT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]")},
	{TEXT("[\"\\u0060\\u012a\\u12AB\"]")},
	{TEXT("[\"\\uD801\\udc37\"]")},
	{TEXT("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]")},
	{TEXT("[\"\\uFFFF\"]")},
	{TEXT("[\"\\uDBFF\\uDFFF\"]")},
	{TEXT("[\"\x7F\"]")},
	{TEXT("[\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"]")},
	{TEXT("[\"\xE2\x80\xA8\xE2\x80\xA9\"]")},
	{TEXT("[\"a/*b*/c/*d//e\"]")},
	{TEXT("[\"\\u005C\\u0022\"]")},
	{TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")}, /* 32 */
};

static const struct sample bad[] = {
	{TEXT("")},
	{TEXT(" ")},
	{TEXT("[")},
	{TEXT("]")},
	{TEXT("{")},
	{TEXT("}")},
	{TEXT("[}")},
	{TEXT("{]")},
	{TEXT("{\"a\"}")},
	{TEXT("{\"a\" \"b\"}")},
	{TEXT("{\"a\":}")},
	{TEXT("{\"a\"")},
	{TEXT("{\"a\":1")},
	{TEXT("{\"a\":1,}")},
	{TEXT("{\"a\":1,,\"b\":2}")},
	{TEXT("{:1}")},
	{TEXT("{1:1}")},
	{TEXT("{a:1}")},
	{TEXT("{'a':1}")},
	{TEXT("{\"a\":1 \"b\":2}")},
	{TEXT("{\"a\":\"b\"}#")},
	{TEXT("{\"a\":\"b\"}/**/")},
	{TEXT("{\"a\":1}}")},
	{TEXT("{null:null}")},
	{TEXT("{[]:1}")},
	{TEXT("[1,]")},
	{TEXT("[,1]")},
	{TEXT("[1,,2]")},
	{TEXT("[,]")},
	{TEXT("[1 2]")},
	{TEXT("[1true]")},
	{TEXT("[\"a\" 4]")},
	{TEXT("[\"a\"\"b\"]")},
	{TEXT("[1:2]")},
	{TEXT("[1")},
	{TEXT("[1,")},
	{TEXT("[1]]")},
	{TEXT("[1]x")},
	{TEXT("[1][2]")},
	{TEXT("1 2")},
	{TEXT("tru")},
	{TEXT("[tru]")},
	{TEXT("[truee]")},
	{TEXT("True")},
	{TEXT("nul")},
	{TEXT("NaN")},
	{TEXT("[Infinity]")},
	{TEXT("[-Infinity]")},
	{TEXT("[+1]")},
	{TEXT("[01]")},
	{TEXT("[-01]")},
	{TEXT("[-]")},
	{TEXT("-")},
	{TEXT("[.5]")},
	{TEXT("[1.]")},
	{TEXT("[1.e1]")},
	{TEXT("[1e]")},
	{TEXT("[1e+]")},
	{TEXT("[1eE2]")},
	{TEXT("[0x1F]")},
	{TEXT("[1_000]")},
	{TEXT("[- 1]")},
	{TEXT("[1 000.0]")},
	{TEXT("\"")},
	{TEXT("\"asd")},
	{TEXT("[\"")},
	{TEXT("['a']")},
	{TEXT("[\"\\\"]")},
	{TEXT("[\"\\")},
	{TEXT("[\"\\x00\"]")},
	{TEXT("[\"\\a\"]")},
	{TEXT("[\"\\'\"]")},
	{TEXT("[\"\\u\"]")},
	{TEXT("[\"\\u00A\"]")},
	{TEXT("[\"\\u00G0\"]")},
	{TEXT("[\"\\u123")},
	{TEXT("[\"\\U0041\"]")},
	{TEXT("[\"\\\0\"]")},
	{TEXT("[\"\\ud800\"]")},
	{TEXT("[\"\\udc00\"]")},
	{TEXT("[\"\\ud800abc\"]")},
	{TEXT("[\"\\ud800\\n\"]")},
	{TEXT("[\"\\ud800\\ud800\"]")},
	{TEXT("[\"\\ud800\\u0041\"]")},
	{TEXT("[\"\\udfff\\ud800\"]")},
	{TEXT("[\"\\u0000\"]")},
	{TEXT("[\"a\0b\"]")},
	{TEXT("[\0]")},
	{TEXT("[1]\0")},
	{TEXT("[\"a\nb\"]")},
	{TEXT("[\"a\tb\"]")},
	{TEXT("[\"\x1F\"]")},
	{TEXT("[\"\xFF\"]")},
	{TEXT("[\"\xED\xA0\x80\"]")},
	{TEXT("[\"\xC0\xAF\"]")},
	{TEXT("[\"\xE2\x82")},
	{TEXT("[\xC3\xA9]")},
	{TEXT("\xEF\xBB\xBF[]")}, /* who reads a file takes its byte order mark off */
	{TEXT("[1, // no\n2]")},
	{TEXT("[\x0B]")},
	{TEXT("[\x0C]")},
	{TEXT("\xC2\xA0[]")},
	{TEXT("<null>")},
	{TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")}, /* 33 */
};

static bool parses(const struct sample *s, size_t *offset, const char **why)
{
	/* A copy without anything behind it, so that a read past the end is seen. */
	char *exact = malloc(s->len ? s->len : 1);
	struct json j;
	bool ok;

	if (s->len)
		memcpy(exact, s->text, s->len);
	ok = json_parse(&j, exact, s->len);
	*offset = j.wrong_at;
	*why = j.why;
	if (ok)
		json_free(&j);
	free(exact);
	return ok;
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		size_t offset = 0;
		const char *why = "";
		bool ok = parses(&good[i], &offset, &why);

		if (!ok)
			print_error("refused: %s: byte %zu: %s\n", good[i].text, offset, why);
		assert_true(ok);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t offset = 999;
		const char *why = NULL;

		assert_that(bad[i].text, !parses(&bad[i], &offset, &why));
		assert_that(bad[i].text, offset <= bad[i].len);
		assert_that(bad[i].text, why && *why);
	}
}

/* Cut off anywhere, a document is no document. */
static void test_cut(void **state)
{
	static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude39\",null,{\"b\":[]}],\"c\":true}";
	size_t offset;
	const char *why;

	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++)
		assert_false(parses(&(struct sample){text, len}, &offset, &why));
	assert_true(parses(&(struct sample){TEXT(text)}, &offset, &why));
}

static void test_where(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *why;
	} rows[] = {
		{"{\"a\"}", 4, "expected a colon after the name"},
		{"[1,]", 3, "expected a value"},
		{"[1 2]", 3, "expected a comma"},
		{"[tru]", 1, "expected a value"},
		{"[\"a\nb\"]", 3, "a control character must be written as an escape"},
		{"[\"ab\\q\"]", 4, "unknown escape in a string"},
		{"[\"a\\u0000\"]", 3, "a NUL character isn't allowed"},
		{"[1", 2, "the array isn't closed"},
		{"{\"a\":1", 6, "the object isn't closed"},
		{"[\"ab", 4, "the string isn't closed"},
		{"{\"a\":1,}", 7, "expected a name in double quotes"},
		{"[] []", 3, "something follows the document"},
		{"[01]", 2, "expected a comma"},
		{"[-x]", 2, "not a number"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json j;

		assert_that(rows[i].text, !json_parse(&j, rows[i].text, strlen(rows[i].text)));
		assert_text(rows[i].text, j.why, rows[i].why);
		assert_that(rows[i].text, j.wrong_at == rows[i].offset);
	}
}

static void test_read(void **state)
{
	static const char text[] =
		"{\"n\": -1.5, \"s\": \"a\\\"b\\u00e9\\ud83d\\ude39\\n\", \"e\": \"\","
		" \"l\": [1, [2, 3], {\"x\": []}, \"last\"], \"o\": {\"k\": true}, \"z\": null,"
		" \"n\": 2, \"es\\u0063\": \"\\u0041bc\"}";
	struct arena arena = ARENA_INIT;
	struct json j;
	json_value list, v;

	(void)state;
	assert_true(json_parse(&j, TEXT(text)));
	assert_int_equal(json_kind(&j, 0), JSON_OBJECT);
	assert_int_equal(json_count(&j, 0), 8);
	assert_string_equal(json_string(&j, json_get(&j, 0, "n"), &arena), "-1.5"); /* the first */
	assert_string_equal(json_string(&j, json_get(&j, 0, "s"), &arena), "a\"b\xC3\xA9\xF0\x9F\x98\xB9\n");
	assert_string_equal(json_string(&j, json_get(&j, 0, "e"), &arena), "");
	assert_string_equal(json_string(&j, json_get(&j, 0, "z"), &arena), "null");
	assert_string_equal(json_string(&j, json_get(&j, 0, "esc"), &arena), "Abc");
	assert_true(json_equals(&j, json_get(&j, 0, "esc"), "Abc"));
	assert_false(json_equals(&j, json_get(&j, 0, "esc"), "Abcd"));
	assert_false(json_equals(&j, json_get(&j, 0, "n"), "-1.5")); /* no string */
	assert_false(json_equals(&j, JSON_NONE, ""));
	assert_null(json_string(&j, JSON_NONE, &arena));
	assert_null(json_string(&j, json_get(&j, 0, "l"), &arena));
	assert_null(json_string(&j, json_get(&j, 0, "o"), &arena));
	assert_int_equal(json_get(&j, 0, "absent"), JSON_NONE);
	assert_int_equal(json_get(&j, JSON_NONE, "n"), JSON_NONE);
	assert_int_equal(json_get(&j, json_get(&j, 0, "n"), "n"), JSON_NONE);
	assert_true(json_is(&j, json_get(&j, json_get(&j, 0, "o"), "k"), "true"));
	assert_false(json_is(&j, json_get(&j, 0, "s"), "true"));
	assert_false(json_is(&j, JSON_NONE, "true"));

	list = json_get(&j, 0, "l");
	assert_int_equal(json_kind(&j, list), JSON_ARRAY);
	assert_int_equal(json_count(&j, list), 4);
	v = json_first(&j, list);
	assert_int_equal(json_kind(&j, v), JSON_OTHER);
	v = json_next(&j, v);
	assert_int_equal(json_count(&j, v), 2);
	v = json_next(&j, v);
	assert_int_equal(json_kind(&j, v), JSON_OBJECT);
	assert_int_equal(json_first(&j, json_get(&j, v, "x")), JSON_NONE);
	v = json_next(&j, v);
	assert_true(json_equals(&j, v, "last"));
	assert_int_equal(json_offset(&j, v), strstr(text, "last") - text);
	assert_int_equal(json_size(&j, v), 4);
	assert_int_equal(json_next(&j, v), JSON_NONE);
	assert_int_equal(json_first(&j, v), JSON_NONE);
	json_free(&j);
	arena_free(&arena);
}

/* Without JSMN_PARENT_LINKS this takes eight seconds. */
static void test_many_objects(void **state)
{
	enum { MANY = 100000 };
	struct str text = STR_INIT;
	double start = cpu_seconds();
	size_t seen = 0;
	struct json j;

	(void)state;
	str_addc(&text, '[');
	for (int i = 0; i < MANY; i++)
		str_addf(&text, "%s{\"id\": \"h%d\", \"tags\": [\"a\", \"b\"]}", i ? "," : "", i);
	str_addc(&text, ']');
	assert_true(json_parse(&j, text.data, text.len));
	for (json_value v = json_first(&j, 0); v != JSON_NONE; v = json_next(&j, v))
		seen += json_get(&j, v, "tags") != JSON_NONE;
	assert_int_equal(seen, MANY);
	assert_true(cpu_seconds() - start < 2.0);
	json_free(&j);
	str_free(&text);
}

static void test_many_brackets(void **state)
{
	struct str text = STR_INIT;
	double start = cpu_seconds();
	struct json j;

	(void)state;
	for (int i = 0; i < 1000000; i++)
		str_addc(&text, '[');
	assert_false(json_parse(&j, text.data, text.len));
	assert_int_equal(j.wrong_at, JSON_DEPTH);
	assert_string_equal(j.why, "nested too deeply (32 levels at most)");
	assert_true(cpu_seconds() - start < 0.5);
	str_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	      cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut),	      cmocka_unit_test(test_where),
		cmocka_unit_test(test_read),	      cmocka_unit_test(test_many_objects),
		cmocka_unit_test(test_many_brackets),
	};

	return cmocka_run_group_tests_name("lib/json", tests, NULL, NULL);
}
