/* compiler/doc: what of YAML and JSON is taken, where mistakes are told, and that hostile input costs little.
 */
#include "tests/unit/fixture.h"

#include "compiler/doc.h"

#include <sys/resource.h>

#define TEXT(literal) (literal), sizeof(literal) - 1

/* Reads TEXT under NAME. The text is copied, so that a read past its end is seen. */
static bool parse(struct fixture *f, const char *name, const char *text, size_t len)
{
	diags_free(&f->d);
	source_of(&f->source, name, arena_strndup(&f->arena, text, len), len);
	return doc_parse(&f->source, &f->arena, NULL, &f->d, &f->root);
}

/* The tree as text: {key@line:col=value, …}, lists in brackets, quoted scalars in quotes. */
static void add_node(struct str *out, const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		if (n->unknown)
			str_addc(out, '?');
		else
			str_addf(out, n->plain ? "%s" : "\"%s\"", n->text);
		break;
	case NODE_SEQUENCE:
		str_addc(out, '[');
		for (const struct node *item = n->first; item; item = item->next) {
			str_add(out, item == n->first ? "" : ",");
			add_node(out, item);
		}
		str_add(out, n->unknown ? "…]" : "]");
		break;
	case NODE_MAPPING:
		str_addc(out, '{');
		for (const struct node *item = n->first; item; item = item->next) {
			str_addf(out, "%s%s@%u:%u+%u=", item == n->first ? "" : ",", item->key->text,
				 item->key->at.line, item->key->at.column, item->key->at.width);
			add_node(out, item);
		}
		str_add(out, n->unknown ? "…}" : "}");
		break;
	}
}

static const char *tree(struct fixture *f)
{
	struct str out = STR_INIT;

	if (!f->root)
		return "nothing";
	add_node(&out, f->root);
	return str_keep(&out, &f->arena);
}

static void check_tree(struct fixture *f, const char *name, const char *text, size_t len, const char *want)
{
	if (!parse(f, name, text, len))
		print_error("%s\n%s", text, messages(&f->d, &f->arena));
	assert_int_equal(f->d.count, 0);
	assert_text(text, tree(f), want);
}

static void test_yaml(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} rows[] = {
		{TEXT(""), "nothing"},
		{TEXT("\n\n# only a comment\n"), "nothing"},
		{TEXT("---\n"), "nothing"},
		{TEXT("---\n...\n"), "nothing"},
		{TEXT("a: 1\n"), "{a@1:1+1=1}"},
		{TEXT("---\na: 1\n...\n# end\n"), "{a@2:1+1=1}"},
		{TEXT("a:\n  bc: [x, \"y\", 'z']\n"), "{a@1:1+1={bc@2:3+2=[x,\"y\",\"z\"]}}"},
		{TEXT("- {id: a, tags: []}\n- b\n"), "[{id@1:4+2=a,tags@1:11+4=[]},b]"},
		/* scalars stay as they were written */
		{TEXT("a: NO\nb: 1.10\nc: 0x1F\nd: 1e3\ne: 012\nf: 2001-01-01\ng: ~\nh:\ni: "
		      "99999999999999999999"),
		 "{a@1:1+1=NO,b@2:1+1=1.10,c@3:1+1=0x1F,d@4:1+1=1e3,e@5:1+1=012,f@6:1+1=2001-01-01,"
		 "g@7:1+1=~,h@8:1+1=,i@9:1+1=99999999999999999999}"},
		{TEXT("a: \"x\\ty\\u00e9\"\nb: 'it''s'\nc: |\n  l1\n  l2\nd: >-\n  f1\n  f2\n"),
		 "{a@1:1+1=\"x\ty\xC3\xA9\",b@2:1+1=\"it's\",c@3:1+1=\"l1\nl2\n\",d@6:1+1=\"f1 f2\"}"},
		/* columns are code points, whatever a character takes in bytes or on the screen */
		{TEXT("{\xC3\xA9: \xE6\x97\xA5\xE6\x9C\xAC, \xF0\x9F\x98\x80: 1, b: 2}"),
		 "{\xC3\xA9@1:2+1=\xE6\x97\xA5\xE6\x9C\xAC,\xF0\x9F\x98\x80@1:9+1=1,b@1:15+1=2}"},
		/* Windows: line ends, a byte order mark, both */
		{TEXT("a: 1\r\nb:\r\n  c: 2\r\n"), "{a@1:1+1=1,b@2:1+1={c@3:3+1=2}}"},
		{TEXT("\xEF\xBB\xBF"
		      "a: 1\nb: 2\n"),
		 "{a@1:1+1=1,b@2:1+1=2}"},
		{TEXT("\xEF\xBB\xBF"
		      "a: 1\r\nb: 2\r\n"),
		 "{a@1:1+1=1,b@2:1+1=2}"},
		{TEXT("\xEF\xBB\xBF---\na: 1\nb: 2\n"), "{a@2:1+1=1,b@3:1+1=2}"},
		{TEXT("\xEF\xBB\xBF"), "nothing"},
		/* JSON is YAML, nearly */
		{TEXT("{\"a\": {\"b\": [1, null]}}"), "{a@1:2+3={b@1:8+3=[1,null]}}"},
		/* a key in quotes that would be a merge otherwise */
		{TEXT("'<<': 1\n"), "{<<@1:1+4=1}"},
		{TEXT("? a\n: b\n"), "{a@1:3+1=b}"},
		{TEXT("a: x#y # z\n"), "{a@1:1+1=x#y}"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		check_tree(*state, "f.yml", rows[i].text, rows[i].len, rows[i].want);
}

static void test_json(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} rows[] = {
		{TEXT("[]"), "[]"},
		{TEXT(" {\"a\": \"x\", \"bc\":[1,-2.5,true,null,\"\"]}\n"),
		 "{a@1:3+3=\"x\",bc@1:13+4=[1,-2.5,true,null,\"\"]}"},
		{TEXT("{\n \"\xC3\xA9\": {},\n\t\"z\": [[], {}]}"), "{\xC3\xA9@2:2+3={},z@3:2+3=[[],{}]}"},
		{TEXT("[{\"a\":{}},{\"b\":[]},3]"), "[{a@1:3+3={}},{b@1:12+3=[]},3]"},
		{TEXT("{\"<<\": 1, \"\\u0061\": 2}"), "{<<@1:2+4=1,a@1:11+8=2}"},
		{TEXT("\xEF\xBB\xBF[1]\r\n"), "[1]"},
		{TEXT("\xEF\xBB\xBF{\"a\":1}"), "{a@1:2+3=1}"},
		{TEXT("\"text\""), "\"text\""},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		check_tree(*state, "f.json", rows[i].text, rows[i].len, rows[i].want);
}

struct mistake {
	const char *text;
	size_t len;
	const char *want; /* how the messages begin, one a line */
};

static void check_mistakes(void **state, const char *name, const struct mistake *rows, size_t count)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < count; i++) {
		assert_that(rows[i].text, !parse(f, name, rows[i].text, rows[i].len));
		assert_that(rows[i].text, f->root);
		assert_text(rows[i].text, messages(&f->d, &f->arena), rows[i].want);
		printed(&f->d, DIAG_PLAIN, &f->arena);
	}
}

static void test_yaml_mistakes(void **state)
{
	static const struct mistake rows[] = {
		/* what a config needs no more than it needs trouble */
		{TEXT("a: &x 1\n"), "1:4 error anchors are not supported | write the value out\n"},
		{TEXT("a: 1\nb: &x\n  c: 1\n"),
		 "2:4 error anchors are not supported | write the value out\n"},
		{TEXT("a: &x [1]\n"), "1:4 error anchors are not supported | write the value out\n"},
		{TEXT("a: *x\n"), "1:4 error aliases are not supported | write the value out\n"},
		{TEXT("a: 1\n<<: {b: 1}\n"), "2:1 error merge keys are not supported | write the keys out\n"},
		{TEXT("a: !!str 1\n"), "1:4 error YAML tags are not supported | leave the tag out: every "
				       "value here is typed by its key\n"},
		{TEXT("a: !x {}\n"), "1:4 error YAML tags are not supported | leave the tag out: every value "
				     "here is typed by its key\n"},
		{TEXT("a: !<y> []\n"), "1:4 error YAML tags are not supported | leave the tag out: every "
				       "value here is typed by its key\n"},
		{TEXT("%YAML 1.1\n---\na: 1\n"),
		 "1:1 error YAML directives are not supported | leave the line out\n"},
		{TEXT("%TAG ! x\n---\na: 1\n"),
		 "1:1 error YAML directives are not supported | leave the line out\n"},
		{TEXT("a: 1\n---\nb: 2\n"), "2:1 error a second document | put it in a file of its own\n"},
		{TEXT("a: 1\n...\n---\n"), "3:1 error a second document | put it in a file of its own\n"},
		/* keys */
		{TEXT("a: 1\nb: 2\na: 3\n"),
		 "3:1 error duplicate key a (first in line 1) | keep one of them\n"},
		{TEXT("a: 1\n\"a\": 2\n'a': 3\n"),
		 "2:1 error duplicate key a (first in line 1) | keep one of them\n"
		 "3:1 error duplicate key a (first in line 1) | keep one of them\n"},
		{TEXT("x: {a: 1, a: 2}\ny:\n - {b: 1, b: 1}\n"),
		 "1:11 error duplicate key a (first in line 1) | keep one of them\n"
		 "3:11 error duplicate key b (first in line 3) | keep one of them\n"},
		{TEXT("[a, b]: 1\n"), "1:1 error a key must be text, not a list\n"},
		{TEXT("? {a: b}\n: 1\n"), "1:3 error a key must be text, not a mapping\n"},
		/* bytes */
		{TEXT("a: 1\nb: \xFF\n"), "2:4 error invalid UTF-8 | save the file as UTF-8\n"},
		{TEXT("a: caf\xE9\n"), "1:7 error invalid UTF-8 | save the file as UTF-8\n"},
		{TEXT("a: \xC0\xAF\n"), "1:4 error invalid UTF-8 | save the file as UTF-8\n"},
		{TEXT("a: 1\nb\0c"), "2:2 error a NUL byte: this isn't a text file, or it is UTF-16\n"},
		{TEXT("a\0:\0 \0"), "1:2 error a NUL byte: this isn't a text file, or it is UTF-16\n"},
		{TEXT("\xFF\xFE"
		      "a\0"),
		 "1:1 error invalid UTF-8 | save the file as UTF-8\n"
		 "1:4 error a NUL byte: this isn't a text file, or it is UTF-16\n"},
		{TEXT("a: \"x\\0y\"\n"), "1:4 error a NUL character isn't allowed\n"},
		{TEXT("a: 1\nb: x\x1b[2J\n"), "2:5 error this character isn't allowed in YAML\n"},
		{TEXT("a: \x7f\n"), "1:4 error this character isn't allowed in YAML\n"},
		/* A parser and an editor that don't agree on where a line ends can be made to show a comment
		 * that is none. */
		{TEXT("a: 1 # x\rb: 2\n"),
		 "1:9 error a carriage return without a line feed | end lines with LF or CRLF\n"},
		{TEXT("a: 1 # x\xC2\x85"
		      "b: 2\n"),
		 "1:9 error a Unicode line end (U+0085) | end lines with LF or CRLF\n"},
		{TEXT("a: 1\n# x\xE2\x80\xA8"
		      "b: 2\n"),
		 "2:4 error a Unicode line end (U+2028) | end lines with LF or CRLF\n"},
		{TEXT("a: \"x\xE2\x80\xA9\"\n"),
		 "1:6 error a Unicode line end (U+2029) | end lines with LF or CRLF\n"},
		{TEXT("a: 1\n\xEF\xBB\xBF"
		      "b: 2\n"),
		 "2:1 error a byte order mark amid the text | take it out\n"},
		{TEXT("a: \"\xEF\xBB\xBF\"\n"), "1:5 error a byte order mark amid the text | take it out\n"},
	};

	check_mistakes(state, "f.yml", rows, COUNT(rows));
}

/* What is known of a document with mistakes: all that stands before, beside and behind them. */
static void test_reading_on(void **state)
{
	static const struct {
		const char *text, *want;
		size_t mistakes;
	} rows[] = {
		{"a: &x 1\nb: &y [&z 2]\nc: &m {k: v}\n", "{a@1:1+1=1,b@2:1+1=[2],c@3:1+1={k@3:8+1=v}}", 4},
		{"&k a: 1\n!t b: 2\n", "{a@1:1+4=1,b@2:1+4=2}", 2},
		{"a: !x 1\nb: !!seq [!y 2]\nc: !m {k: v}\n", "{a@1:1+1=1,b@2:1+1=[2],c@3:1+1={k@3:8+1=v}}",
		 4},
		{"a: *x\nb: [1, *y]\n", "{a@1:1+1=?,b@2:1+1=[1,?]}", 2},
		{"*x : 1\nb: 2\n", "{b@2:1+1=2…}", 1},
		{"<<: *x\nb: {<<: [*y, *z], c: 1}\nd: 2\n", "{b@2:1+1={c@2:19+1=1…},d@3:1+1=2…}", 5},
		{"\"<<\": 1\n", "{<<@1:1+4=1}", 0},
		{"[a, b]: {c: d}\n? {e: f}\n: [1]\ng: 2\n", "{g@4:1+1=2…}", 2},
		{"%YAML 1.1\n---\na: 1\n", "{a@3:1+1=1}", 1},
		{"a: 1\n---\nb: &x 2\n", "{a@1:1+1=1}", 1},
		/* sections that are there twice are one; of values, both are there */
		{"a: 1\na: 2\n", "{a@1:1+1=1,a@2:1+1=2}", 1},
		{"a: {b: 1}\na: {c: 2}\nd: 3\na: {e: 4}\n",
		 "{a@1:1+1={b@1:5+1=1,c@2:5+1=2,e@4:5+1=4},d@3:1+1=3}", 2},
		{"a: [1]\na: []\na: [2, 3]\n", "{a@1:1+1=[1,2,3]}", 2},
		{"a: {}\na: {b: 1, b: {c: 1}, b: {d: 1}}\n",
		 "{a@1:1+1={b@2:5+1=1,b@2:11+1={c@2:15+1=1},b@2:22+1={d@2:26+1=1}}}", 3},
		{"a: 1\na: {b: 2}\na: [3]\n", "{a@1:1+1=1,a@2:1+1={b@2:5+1=2},a@3:1+1=[3]}", 2},
		/* nothing is known behind what isn't YAML, but what stands before it is */
		{"a: 1\nb:\n  c: [1, 2]\n  d: 1\n e: 2\n", "{a@1:1+1=1,b@2:1+1={c@3:3+1=[1,2],d@4:3+1=1}…}",
		 1},
		{"a: {b: [1, 2, {c: ]\n", "{a@1:1+1={b@1:5+1=[1,2,{c@1:16+1=?…}…]…}…}", 1},
		{"\"a\n", "?", 1},
		/* a line with a character that can't be is not known; the others are */
		{"a: caf\xE9\nb: 1\n# \xFF\nc: [1, \"\xFC\",\n  2]\n",
		 "{a@1:1+1=?,b@2:1+1=1,c@4:1+1=[1,?,2]}", 3},
		{"a: \x1b[0m\nb: x\x7f\x80\xE2\x80\xA8\nc: 1 # \xE2\x80\xA8"
		 "d: 2\re: 3\nf: 1\n",
		 "{a@1:1+1=?,b@2:1+1=?,c@3:1+1=1,f@4:1+1=1}", 3},
		{"a: \"x\\0y\"\nb: 1\n", "{a@1:1+1=?,b@2:1+1=1}", 1},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		parse(f, "f.yml", rows[i].text, strlen(rows[i].text));
		if (f->d.errors != rows[i].mistakes)
			print_error("%s", messages(&f->d, &f->arena));
		assert_text(rows[i].text, tree(f), rows[i].want);
		assert_that(rows[i].text, f->d.errors == rows[i].mistakes);
	}
	parse(f, "f.json", TEXT("{\"a\": {\"b\": 1}, \"a\": {\"c\": 2}}"));
	assert_string_equal(tree(f), "{a@1:2+3={b@1:8+3=1,c@1:23+3=2}}");
	parse(f, "f.json", TEXT("{\"a\": 1,}"));
	assert_string_equal(tree(f), "?");
}

/* Too many lines that are no text, and it's no text. */
static void test_binary(void **state)
{
	struct fixture *f = *state;
	struct str text = STR_INIT;

	for (int i = 0; i < 1000; i++)
		str_add(&text, "a: \xFF\xFE\xFF\n");
	assert_false(parse(f, "f.yml", text.data, text.len));
	assert_true(f->d.errors >= 2 && f->d.errors <= 30);
	assert_string_equal(tree(f), "?");
	str_free(&text);
}

/* In what isn't ours, nothing of that is a mistake. */
static void test_scope(void **state)
{
	static const struct doc_scope inner[] = {{.name = "part"}, {0}},
				      scope[] = {{.name = "ours"}, {.name = "both", .inside = inner}, {0}};
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"x: &a {k: !t 1, k: 2, <<: *a, [q]: 1}\ny: *a\nx: [*a]\n? [z]\n: 1\n",
		 "4:3 error a key must be text, not a list\n"},
		{"x-common: &c\n  - &d !vault |\n    s\nother: {<<: *c, l: [*d]}\n", ""},
		{"both: &a\n  x: &b {<<: *a, k: 1, k: 2}\n  y: *b\n  x: 1\n", ""},
		{"both: {part: &a {k: *b, <<: *c, k: !t 1}}\n",
		 "1:14 error anchors are not supported | write the value out\n"
		 "1:21 error aliases are not supported | write the value out\n"
		 "1:25 error merge keys are not supported | write the keys out\n"
		 "1:29 error aliases are not supported | write the value out\n"
		 "1:33 error duplicate key k (first in line 1) | keep one of them\n"
		 "1:36 error YAML tags are not supported | leave the tag out: every value here is typed by "
		 "its key\n"},
		{"both: {part: 1, part: 2, x: 1, x: 2}\nours: 1\nours: 2\nx: 1\nx: 2\n",
		 "1:17 error duplicate key part (first in line 1) | keep one of them\n"
		 "3:1 error duplicate key ours (first in line 2) | keep one of them\n"},
		/* what may bring in something of ours */
		{"both: *a\n", "1:7 error aliases are not supported | write the value out\n"},
		{"both: {<<: 1}\n", "1:8 error merge keys are not supported | write the keys out\n"},
		{"<<: {ours: 1}\n", "1:1 error merge keys are not supported | write the keys out\n"},
		{"*a : 1\n", "1:1 error aliases are not supported | write the value out\n"},
		/* a list is ours */
		{"- *a\n- x: &b 1\n", "1:3 error aliases are not supported | write the value out\n"
				      "2:6 error anchors are not supported | write the value out\n"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		diags_free(&f->d);
		source_of(&f->source, "f.yml", rows[i].text, strlen(rows[i].text));
		doc_parse(&f->source, &f->arena, scope, &f->d, &f->root);
		assert_text(rows[i].text, messages(&f->d, &f->arena), rows[i].want);
	}
}

/* libyaml's own messages: at the right line, with a hint where a tab is to blame. */
static void test_yaml_syntax(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *help;
	} rows[] = {
		{"a: [1\n", 1, NULL},
		{"a: [1, 2\nb: 3\n", 2, NULL},
		{"a: {b: 1\n", 1, NULL},
		{"a: \"x\n", 1, NULL},
		{"a: 'x\n\n\n", 1, NULL},
		{"a: 1\n b: 2\n", 2, NULL},
		{"a:\n  b: 1\n c: 2\n", 3, NULL},
		{"a: b: c\n", 1, NULL},
		{"a: ]\n", 1, NULL},
		{"a: @x\n", 1, NULL},
		{"a: `x`\n", 1, NULL},
		{"a: %x\n", 1, NULL},
		{"a: \"\\q\"\n", 1, NULL},
		{"a:\n\tb: 1\n", 2, "indent with spaces: YAML takes no tabs there"},
		{"a: 1\nb:\n  c:\n  \t- x\n", 4, "indent with spaces: YAML takes no tabs there"},
		{"- a\nb: c\n", 2, NULL},
		{"a: 1\n- b\n", 2, NULL},
		{"a: x\ny\nb: 1\n", 3, NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct diag *g;

		assert_that(rows[i].text, !parse(f, "f.yml", rows[i].text, strlen(rows[i].text)));
		assert_that(rows[i].text, f->d.count == 1);
		g = &f->d.items[0];
		if (g->at.line != rows[i].line)
			print_error("line %u instead of %u\n", g->at.line, rows[i].line);
		assert_that(rows[i].text, g->at.line == rows[i].line);
		assert_that(rows[i].text, str_starts(g->text, "YAML: "));
		assert_text(rows[i].text, g->help ? g->help : "none", rows[i].help ? rows[i].help : "none");
		assert_that(rows[i].text, strstr(printed(&f->d, DIAG_PLAIN, &f->arena), " | "));
	}
}

static void test_json_mistakes(void **state)
{
	static const struct mistake rows[] = {
		{TEXT("{\"a\"}"), "1:5 error JSON: expected a colon after the name\n"},
		{TEXT("[1,]"), "1:4 error JSON: expected a value\n"},
		{TEXT("[1 2]"), "1:4 error JSON: expected a comma\n"},
		{TEXT("[\n  tru]"), "2:3 error JSON: expected a value\n"},
		{TEXT("[\"a\nb\"]"), "1:4 error JSON: a control character must be written as an escape\n"},
		{TEXT("[\"\xC3\xA9\\ud800\"]"), "1:4 error JSON: half of a surrogate pair\n"},
		{TEXT("{\"a\":1,\n\"a\":2}"),
		 "2:1 error duplicate key a (first in line 1) | keep one of them\n"},
		{TEXT("{\"a\":1, \"\\u0061\":2}"),
		 "1:9 error duplicate key a (first in line 1) | keep one of them\n"},
		{TEXT(""), "1:1 error JSON: expected a value\n"},
		{TEXT("[] []"), "1:4 error JSON: something follows the document\n"},
		{TEXT("[\xFF]"), "1:2 error invalid UTF-8 | save the file as UTF-8\n"},
		{TEXT("[1]\0"), "1:4 error a NUL byte: this isn't a text file, or it is UTF-16\n"},
		{TEXT("[\"\\u0000\"]"), "1:3 error JSON: a NUL character isn't allowed\n"},
		{TEXT("\xEF\xBB\xBF[1,]"), "1:4 error JSON: expected a value\n"},
		{TEXT("// c\n[]"), "1:1 error JSON: expected a value\n"},
		{TEXT("{'a': 1}"), "1:2 error JSON: expected a name in double quotes\n"},
	};

	check_mistakes(state, "f.json", rows, COUNT(rows));
}

/* Many keys, and the mistake among them. */
static void test_duplicate_of_many(void **state)
{
	struct fixture *f = *state;
	struct str text = STR_INIT;

	for (int i = 0; i < 1000; i++)
		str_addf(&text, "k%d: 1\n", i);
	assert_true(parse(f, "f.yml", text.data, text.len));
	assert_int_equal(f->root->count, 1000);
	str_add(&text, "k500: 2\nk7: 3\nk500: 4\n");
	assert_false(parse(f, "f.yml", text.data, text.len));
	assert_string_equal(messages(&f->d, &f->arena),
			    "1001:1 error duplicate key k500 (first in line 501) | keep one of them\n"
			    "1002:1 error duplicate key k7 (first in line 8) | keep one of them\n"
			    "1003:1 error duplicate key k500 (first in line 501) | keep one of them\n");
	str_free(&text);
}

/* JSON or YAML: by the name, else by how it begins. */
static void test_which(void **state)
{
	static const struct {
		const char *name, *text;
		bool json;
	} rows[] = {
		{"f.json", "a: 1", true},
		{"f.yml", "{\"a\" 1}", false},
		{"f.yaml", "[\"a\" 1]", false},
		{"<stdin>", "{\"a\" 1}", true},
		{"<stdin>", " \n[{\"a\" 1}]", true},
		{"<stdin>", "{a 1: }}", false},
		{"<stdin>", "a: ]", false},
		{"<stdin>", "[a: b: c]", false},
		{"hosts", "\xEF\xBB\xBF{\"a\" 1}", true},
		{"json", "]", false},
		{".json", "a", false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool ok = parse(f, rows[i].name, rows[i].text, strlen(rows[i].text));

		if (!ok)
			assert_that(rows[i].text, str_starts(f->d.items[0].text, "JSON: ") == rows[i].json);
		else
			assert_false(rows[i].json);
	}
	assert_true(parse(f, "<stdin>", TEXT("[]")));
	assert_true(parse(f, "<stdin>", TEXT("{}")));
	assert_true(parse(f, "<stdin>", TEXT("[[{\"a\": 1}]]")));
}

/* ---- hostile input: bounded time and memory ---- */

/* AddressSanitizer, and a build for coverage, make everything a few times slower. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* clang's name for it */
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || !defined __OPTIMIZE__
#define BOMB_S 5.0
#else
#define BOMB_S 1.0
#endif

/* COUNT times PIECE is refused, with WHY, soon. */
static void check_bomb(struct fixture *f, const char *name, const char *before, const char *piece,
		       size_t count, const char *why)
{
	struct str text = STR_INIT;
	double start;

	str_add(&text, before);
	for (size_t i = 0; i < count; i++)
		str_add(&text, piece);
	start = cpu_seconds();
	assert_that(piece, !parse(f, name, text.data, text.len));
	printed(&f->d, DIAG_PLAIN, &f->arena);
	if (cpu_seconds() - start > BOMB_S)
		print_error("%s: %.1f s\n", piece, cpu_seconds() - start);
	assert_that(piece, cpu_seconds() - start < BOMB_S);
	assert_that(piece, strstr(f->d.items[0].text, why));
	str_free(&text);
	arena_free(&f->arena);
	diags_free(&f->d);
}

static void test_bombs(void **state)
{
	struct fixture *f = *state;

	check_bomb(f, "f.yml", "", "[", 200000, "nested too deeply (32 levels at most)");
	check_bomb(f, "f.yml", "", "{", 200000, "a key must be text, not a mapping");
	check_bomb(f, "f.yml", "", "[{", 100000, "a key must be text, not a list");
	check_bomb(f, "f.yml", "", "{a: ", 100000, "nested too deeply (32 levels at most)");
	check_bomb(f, "f.yml", "", "- ", 100000, "nested too deeply (32 levels at most)");
	check_bomb(f, "f.yml", "", "? ", 100000, "");
	check_bomb(f, "f.yml", "", "[\n", 100000, "nested too deeply (32 levels at most)");
	check_bomb(f, "f.yml", "", "]", 100000, "YAML: ");
	check_bomb(f, "f.yml", "", "!a ", 100000, "");
	check_bomb(f, "f.yml", "", "&a ", 100000, "");
	check_bomb(f, "f.yml", "a: ", "b: ", 100000, "");
	check_bomb(f, "f.yml", "a: \"", "x\\q", 100000, "YAML: ");
	check_bomb(f, "f.yml", "a: [", "\"b\": c, ", 100000, "YAML: ");
	check_bomb(f, "f.yml", "", "a: &b [*b,*b,*b]\n", 10000, "anchors are not supported");
	check_bomb(f, "f.yml", "", "a: 1\n", 100000, "duplicate key a");
	check_bomb(f, "f.yml", "", "---\n", 100000, "a second document");
	check_bomb(f, "f.yml", "", "%YAML 1.1\n", 100000, "YAML: ");
	check_bomb(f, "f.json", "", "[", 1000000, "nested too deeply (32 levels at most)");
	check_bomb(f, "f.json", "", "{\"a\":", 200000, "nested too deeply (32 levels at most)");
	check_bomb(f, "f.json", "[", "1,", DOC_NODES_MAX + 1, "too many values (4 million at most)");
	check_bomb(f, "f.json", "{", "\"a\":1,", 100000, "expected a name");
}

/* The deepest that is taken, and one deeper, in both. */
static void test_depth(void **state)
{
	struct fixture *f = *state;

	for (int levels = DOC_DEPTH; levels <= DOC_DEPTH + 1; levels++) {
		struct str text = STR_INIT;

		for (int i = 0; i < levels; i++)
			str_addc(&text, '[');
		for (int i = 0; i < levels; i++)
			str_addc(&text, ']');
		assert_int_equal(parse(f, "f.yml", text.data, text.len), levels == DOC_DEPTH);
		assert_int_equal(parse(f, "f.json", text.data, text.len), levels == DOC_DEPTH);
		str_free(&text);
	}
}

/* Large but honest input is read in time that grows with its size. */
static void test_large(void **state)
{
	struct fixture *f = *state;
	struct str text = STR_INIT;
	double start = cpu_seconds();

	str_add(&text, "[");
	for (int i = 0; i < 100000; i++)
		str_addf(&text, "%s{\"id\":\"h%d\",\"tags\":[]}", i ? "," : "", i);
	str_add(&text, "]");
	assert_true(parse(f, "f.json", text.data, text.len));
	assert_int_equal(f->root->count, 100000);
	assert_true(cpu_seconds() - start < 3.0);

	arena_free(&f->arena);
	str_clear(&text);
	str_add(&text, "a: ");
	for (int i = 0; i < 1000000; i++)
		str_add(&text, "0123456789");
	start = cpu_seconds();
	assert_true(parse(f, "f.yml", text.data, text.len));
	assert_int_equal(strlen(f->root->first->text), 10000000);
	assert_true(cpu_seconds() - start < 3.0);
	str_free(&text);
}

/* ---- nodes ---- */

static void test_nodes(void **state)
{
	static const char *const nulls[] = {"a:", "a: ~", "a: null", "a: Null", "a: NULL", "a: # c"},
				 *const others[] = {"a: ''", "a: 'null'", "a: nil", "a: 0", "a: []", "a: {}"};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(nulls); i++) {
		assert_true(parse(f, "f.yml", nulls[i], strlen(nulls[i])));
		assert_that(nulls[i], node_is_null(node_get(f->root, "a")));
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_true(parse(f, "f.yml", others[i], strlen(others[i])));
		assert_that(others[i], !node_is_null(node_get(f->root, "a")));
	}
	assert_true(parse(f, "f.json", TEXT("{\"a\": null, \"b\": \"null\", \"c\": [], \"d\": {}}")));
	assert_true(node_is_null(node_get(f->root, "a")));
	assert_false(node_is_null(node_get(f->root, "b")));
	assert_string_equal(node_kind_name(node_get(f->root, "b")), "text");
	assert_string_equal(node_kind_name(node_get(f->root, "c")), "a list");
	assert_string_equal(node_kind_name(node_get(f->root, "d")), "a mapping");
	assert_null(node_get(f->root, "e"));
	assert_null(node_get(NULL, "a"));
	assert_null(node_get(node_get(f->root, "c"), "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_yaml),	TEST(test_json),	  TEST(test_yaml_mistakes),
		TEST(test_yaml_syntax), TEST(test_json_mistakes), TEST(test_duplicate_of_many),
		TEST(test_which),	TEST(test_bombs),	  TEST(test_depth),
		TEST(test_large),	TEST(test_nodes),	  TEST(test_reading_on),
		TEST(test_binary),	TEST(test_scope),
	};

	return cmocka_run_group_tests_name("compiler/doc", tests, NULL, NULL);
}
