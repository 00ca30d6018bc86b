/* providers/dotenv: what is read, what is refused and where, how files are written and edited.
 *
 * That docker compose, godotenv, node's dotenv and python-dotenv read the same is measured by tests/property;
 * here are the cases that it came down to. */
#include "tests/unit/secrets.h"

#include "providers/secrets/dotenv.h"

/* ---- reading ---- */

static const struct {
	const char *text, *want;
} readings[] = {
	/* What all agree on. */
	{"", ""},
	{"\n\n", ""},
	{"# a comment's\n  # \"more\n", ""},
	{"A=1", "A=[1]"},
	{"A=1\n", "A=[1]"},
	{"A=1\r\nB=2\r\n", "A=[1] B=[2]"},
	{"  A = 1 \t\nB\t=2", "A=[1] B=[2]"},
	{"export A=1\n\texport\tB='2'\n", "A=[1] B=[2]"},
	{"export=1\nexported=2\n", "export=[1] exported=[2]"},
	{"A=\nB=''\nC=\"\"\n", "A=[] B=[] C=[]"},
	{"A=two words\nB=it's\nC=say \"hi\"\nD=a=b\nE=x:y,z%20@!*&;|<>(){}[]~^?\n",
	 "A=[two words] B=[it's] C=[say \"hi\"] D=[a=b] E=[x:y,z%20@!*&;|<>(){}[]~^?]"},
	{"A='$x `y` # \\z \"w\"'", "A=[$x `y` # \\z \"w\"]"},
	{"A=\"it's # `x`\"", "A=[it's # `x`]"},
	{"A=\"a\\nb\\rc\"", "A=[a\nb\rc]"},
	{"A='a\\nb'", "A=[a\\nb]"},
	{"A='one\ntwo\n'\nB=\"three\n\nfour\"\n", "A=[one\ntwo\n] B=[three\n\nfour]"},
	{"A='1' # c's\nB=\"2\"#c\nC='3'\t \n", "A=[1] B=[2] C=[3]"},
	{"A.B_c9=1\n_=2\n", "A.B_c9=[1] _=[2]"},
	{"A=\xC3\xA9\xE2\x82\xAC\nB='\xC2\xA0'\n", "A=[\xC3\xA9\xE2\x82\xAC] B=[\xC2\xA0]"},
	{"A=1\n\n# c\nB=2\n", "A=[1] B=[2]"},

	/* What one reads so and another so: at its place, and the rest goes on. */
	{"A=a#b\nB=2\n", "A=!1:4 B=[2]"},
	{"A=1 # c\n", "A=!1:5"},
	{"A= # c\n", "A=!1:4"},
	{"A=$B\n", "A=!1:3"},
	{"A=a`b\n", "A=!1:4"},
	{"A=a\\b\n", "A=!1:4"},
	{"A\nB=2\n", "A=!1:2 B=[2]"},
	{"export A\n", "A=!1:9"},
	{"A=1\nB=2\nA=3\n", "A=[1] B=[2] A=!3:1"},
	{"A=\"$B\"\n", "A=!1:4"},
	{"A=\"a\\tb\"\n", "A=!1:5"},
	{"A=\"a\\\\b\"\n", "A=!1:5"},
	{"A=\"{\\\"x\\\": 1}\"\n", "A=!1:5"},
	{"A='it\\'s'\n", "A=!1:6"},
	{"A='a\\\\b'\n", "A=!1:5"},
	{"A='${B}'\n", "A=!1:4"},
	{"A='one\r\ntwo'\r\nB=2\n", "A=!1:7 B=[2]"},
	{"A=x\x01\n", "A=!1:4"},
	{"A=\xC2\xA0x\n", "A=!1:3"},
	{"A-B=1\nC=2\n", "A-B=!1:1 C=[2]"},
	{"1A=1\n.B=2\n", "1A=!1:1 .B=!2:1"},
	{"A='x\ny $\n${B}'\n", "A=!3:1"},
	{"A=\xC3\xA9$\n", "A=!1:4"},

	/* What hides where a value ends. */
	{"A='x\nB=2\n", "broken@1:3"},
	{"A=\"x\n", "broken@1:3"},
	{"A='x'y\nB=2\n", "B=[2] broken@1:6"},
	{"A='x\ny'z\nB=2\n", "B=[2] broken@2:3"},
	{"A='x\\\\'\nB=2\n", "B=[2] broken@1:5"},
	{"A=`x`\nB=2\n", "B=[2] broken@1:3"},
	{"A: 1\nB=2\n", "B=[2] broken@1:2"},
	{"=1\nB=2\n", "B=[2] broken@1:1"},
	{"A B=1\nB=2\n", "B=[2] broken@1:3"},
	{"export\nexport =1\nexport A B\n", "broken@1:1 broken@2:1 broken@3:10"},
	{"'A'=1\n[x]\n", "broken@1:1 broken@2:1"},
	{"A=1\rB=2\n", "broken@1:4"},
	{"# c\rB=2\n", "broken@1:4"},
	{"A=1 # c\xE2\x80\xA8"
	 "B=2\n",
	 "broken@1:8"},
	{"# c\xE2\x80\xA8"
	 "B=2\n",
	 "broken@1:4"},
	{"\xEF\xBB\xBF"
	 "A=1\n",
	 "broken@1:1"},
	{"A=1\nB=\xFF\n", "broken@2:3"},
	{"A=1\n\x0b\n", "A=[1] broken@2:1"},
};

static void test_readings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(readings); i++) {
		const char *want = readings[i].want;
		struct parsed p;

		parse_text(&p, &dotenv_format, readings[i].text, strlen(readings[i].text));
		assert_text(readings[i].text, shown(&p), want);
		assert_that(readings[i].text, p.ok == !strstr(want, "broken"));
		parsed_free(&p);
	}
}

static void test_nul(void **state)
{
	struct parsed p;

	(void)state;
	parse_text(&p, &dotenv_format, "A=1\nB=\0\n", 8);
	assert_string_equal(messages(&p.diags, &p.arena), "2:3 error a NUL byte: this is no text\n");
	parsed_free(&p);
}

/* Every mistake at once, each with its place and what to do; of the text itself, nothing. */
static void test_messages(void **state)
{
	static const char text[] = "SECRETNAME hunter2\nB='hunter2' hunter2\nC='hunter2";
	struct parsed p;
	const char *out;

	(void)state;
	parse_text(&p, &dotenv_format, text, strlen(text));
	out = printed(&p.diags, DIAG_PLAIN, &p.arena);
	assert_string_equal(out, "x.env:1:12: error: this line is not an assignment\n"
				 "      write NAME=value\n"
				 "x.env:2:13: error: text behind the closing quote\n"
				 "      only a comment may follow\n"
				 "x.env:3:3: error: this quote is never closed\n"
				 "      close it on the line where the value ends\n"
				 "3 errors\n");
	parsed_free(&p);
}

static void test_names(void **state)
{
	char longest[257];

	(void)state;
	memset(longest, 'a', sizeof longest);
	assert_true(dotenv_is_name("A", 1));
	assert_true(dotenv_is_name("_a.9", 4));
	assert_true(dotenv_is_name(longest, 255));
	assert_false(dotenv_is_name(longest, 256));
	assert_false(dotenv_is_name("", 0));
	assert_false(dotenv_is_name("9a", 2));
	assert_false(dotenv_is_name("a-b", 3));
	assert_false(dotenv_is_name("a b", 3));
	assert_false(dotenv_is_name("a=b", 3));
	assert_false(dotenv_is_name(".a", 2));
}

static void test_find(void **state)
{
	static const char text[] = "B=1\nA=2\nC=3\nA=4\n";
	struct parsed p;

	(void)state;
	parse_text(&p, &dotenv_format, text, strlen(text));
	assert_int_equal(secret_doc_find(&p.doc, "A")->at.line, 2);
	assert_string_equal(secret_doc_find(&p.doc, "C")->value, "3");
	assert_null(secret_doc_find(&p.doc, "D"));
	assert_null(secret_doc_find(&p.doc, ""));
	assert_true(p.doc.items[3].repeated);
	parsed_free(&p);
}

/* ---- writing ---- */

static const struct {
	const char *value, *want, *commented; /* want NULL: refused; commented NULL: the comment must move */
} writings[] = {
	{"", "", "''"},
	{"plain-1.2/x:y@z%20+,=_", "plain-1.2/x:y@z%20+,=_", "'plain-1.2/x:y@z%20+,=_'"},
	{"two words", "'two words'", "'two words'"},
	{" x", "' x'", "' x'"},
	{"a#b", "'a#b'", "'a#b'"},
	{"$5 `x` \\y \"z\"", "'$5 `x` \\y \"z\"'", "'$5 `x` \\y \"z\"'"},
	{"one\ntwo\n", "'one\ntwo\n'", "'one\ntwo\n'"},
	{"it's", "\"it's\"", "\"it's\""},
	{"it's\nhere # `x`", "\"it's\nhere # `x`\"", "\"it's\nhere # `x`\""},
	{"a\r\nb", "\"a\\r\nb\"", "\"a\\r\nb\""},
	{"say \"it's\"", "say \"it's\"", NULL},
	{"{\"a\": \"it's\"}", "{\"a\": \"it's\"}", NULL},
	{"\xC3\xA9", "'\xC3\xA9'", "'\xC3\xA9'"},
	{"\x01\x1b", "'\x01\x1b'", "'\x01\x1b'"},
	{"C:\\dir\\file", "'C:\\dir\\file'", "'C:\\dir\\file'"},

	{"\\\\server", NULL, NULL},
	{"ends in \\", NULL, NULL},
	{"${HOME}", NULL, NULL},
	{"it's $5", NULL, NULL},
	{"it's C:\\x", NULL, NULL},
	{"'\"'", NULL, NULL},
	{"\"it's\"\n", NULL, NULL},
	{"\"it's #\"", NULL, NULL},
	{" \"it's", NULL, NULL},
	{"a\rb\"", NULL, NULL},
	{"a\rb$", NULL, NULL},
	{"\xFF", NULL, NULL},
	{"\xED\xA0\x80", NULL, NULL},
};

static void test_writings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(writings); i++) {
		const char *value = writings[i].value, *why = dotenv_format.refuse("A", value, strlen(value));
		struct str out = STR_INIT;
		bool fits;

		assert_that(value, (why == NULL) == (writings[i].want != NULL));
		if (writings[i].want) {
			assert_true(dotenv_format.write_value(&out, value, strlen(value), false));
			assert_text(value, str_text(&out), writings[i].want);
			str_clear(&out);
			fits = dotenv_format.write_value(&out, value, strlen(value), true);
			assert_that(value, fits == (writings[i].commented != NULL));
			assert_text(value, str_text(&out),
				    writings[i].commented ? writings[i].commented : "");
		}
		str_free(&out);
	}
	assert_non_null(dotenv_format.refuse("a-b", "x", 1));
	assert_non_null(dotenv_format.refuse("A", "x\0y", 3));
}

/* ---- editing ---- */

/* CHANGES: "A=value", "B" to take it away; each behind the other, the last NULL. */
static const struct {
	const char *text;
	const char *changes[4];
	const char *want;
} edits[] = {
	{"", {"A=1", "B=x y"}, "A=1\nB='x y'\n"},
	{"# top\n\nB=2\n# of A\nA=1\n# end\n", {"A=9", "C=3"}, "# top\n\nB=2\n# of A\nA=9\n# end\nC=3\n"},
	{"A=1", {"B=2"}, "A=1\nB=2\n"},
	{"A=1", {"A=2"}, "A=2"},
	{"# c", {"B=2"}, "# c\nB=2\n"},
	{"A=1\r\nB=2\r\n", {"A=3", "C=4"}, "A=3\r\nB=2\r\nC=4\r\n"},
	{"  export  A = 'old' # why\nB=2\n", {"A=new"}, "  export  A = 'new' # why\nB=2\n"},
	{"A=old # why\n", {"A=new"}, "A='new' # why\n"},
	{"A=old\t# why\n", {"A="}, "A=''\t# why\n"},
	{"A= # why\n", {"A=1"}, "A= '1'# why\n"},
	{"A='old' # why\nB=2\n", {"A=say \"it's\""}, "# why\nA=say \"it's\"\nB=2\n"},
	{"\tA='old'   #why\r\nB=2\r\n", {"A=say \"it's\""}, "#why\r\n\tA=say \"it's\"\r\nB=2\r\n"},
	{"A='one\ntwo' # c\nB=2\n", {"A=3"}, "A='3' # c\nB=2\n"},
	{"A=1\nB='x\ny'\nC=3\n", {"B"}, "A=1\nC=3\n"},
	{"A=1\nB=2", {"B", "C=3"}, "A=1\nC=3\n"},
	{"A=1\n# of B\nB=2\n", {"A", "B"}, "# of B\n"},
	{"A\nB=2\n", {"A=1"}, "A=1\nB=2\n"},
	{"A  \nB=2", {"A=1"}, "A=1  \nB=2"},
	{"A=a#b\nB=$x\n", {"A=1"}, "A=1\nB=$x\n"},
	{"A=\"{\\\"x\\\": 1}\" # c\n", {"A=1"}, "A='1' # c\n"},
	{"C=1\nB=2\nA=3\n", {"A=9", "C=7", "D=5"}, "C=7\nB=2\nA=9\nD=5\n"},
};

static void make_changes(const struct parsed *p, const char *const *texts, struct secret_change *changes,
			 size_t *count, struct arena *arena)
{
	for (*count = 0; *count < 4 && texts[*count]; ++*count) {
		const char *sign = strchr(texts[*count], '=');
		size_t len = sign ? (size_t)(sign - texts[*count]) : strlen(texts[*count]);
		char *name = arena_strndup(arena, texts[*count], len);

		changes[*count] = (struct secret_change){.name = name,
							 .value = sign ? sign + 1 : NULL,
							 .len = sign ? strlen(sign + 1) : 0,
							 .entry = secret_doc_find(&p->doc, name)};
	}
}

static void test_edits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct secret_change changes[4];
		struct str out = STR_INIT;
		struct parsed p;
		size_t count;

		parse_text(&p, &dotenv_format, edits[i].text, strlen(edits[i].text));
		assert_that(edits[i].text, p.ok);
		make_changes(&p, edits[i].changes, changes, &count, &p.arena);
		secret_doc_render(&p.doc, &dotenv_format, changes, count, &out);
		assert_text(edits[i].text, str_text(&out), edits[i].want);
		str_wipe(&out);
		parsed_free(&p);
	}
}

/* ---- round trip ---- */

static uint64_t seed = 5;

static size_t below(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

/* Values of any bytes are refused, or come back; a second writing of the same changes nothing. */
static void test_round_trip(void **state)
{
	static const char nasty[] = "'\"\\$#`\n\r {}=ab\t";
	size_t kept = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char value[24];
		size_t len = below(sizeof value), kind = below(3);
		struct secret_change change = {.name = "A", .value = value, .len = len};
		struct str out = STR_INIT;
		struct parsed p;

		for (size_t k = 0; k < len; k++)
			value[k] = kind == 0   ? (char)(1 + below(255))
				   : kind == 1 ? (char)(' ' + below(95))
					       : nasty[below(sizeof nasty - 1)];
		if (dotenv_format.refuse("A", value, len))
			continue;
		kept++;
		parse_text(&p, &dotenv_format, "# c\n", 4);
		secret_doc_render(&p.doc, &dotenv_format, &change, 1, &out);
		parsed_free(&p);
		parse_text(&p, &dotenv_format, out.data, out.len);
		assert_that(out.data, p.ok && p.doc.count == 1 && !p.doc.items[0].trouble);
		assert_int_equal(p.doc.items[0].len, len);
		assert_memory_equal(p.doc.items[0].value, value, len);
		parsed_free(&p);
		str_wipe(&out);
	}
	assert_true(kept > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readings), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_messages), cmocka_unit_test(test_names),
		cmocka_unit_test(test_find),	 cmocka_unit_test(test_writings),
		cmocka_unit_test(test_edits),	 cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
