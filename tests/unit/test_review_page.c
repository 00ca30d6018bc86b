/* A review as markdown and as a page, and the syntax of shell that the page shows in colours. */
#include "tests/unit/world.h"

#include "review/colour.h"
#include "review/review.h"

#define CONFIG(tags, more)                 \
	"network:\n"                       \
	"  provider: tailscale\n"          \
	"  providers:\n"                   \
	"    tailscale:\n"                 \
	"      auth_key_env: K\n"          \
	"      tailnet_domain: a.ts.net\n" \
	"      role_tags: {db: [" tags "]}\n" more

static const char three[] = "- {id: app-1, public_ip: 192.0.2.1, tags: [tag:x]}\n"
			    "- {id: db-1, public_ip: 192.0.2.2, role: db, tags: [tag:eu]}\n"
			    "- {id: db-2, public_ip: 192.0.2.3, role: db, tags: [tag:eu]}\n";
static const char host_args[] = "- {id: app-1, public_ip: 192.0.2.1, role: app, up_args: [--accept-dns]}\n"
				"- {id: app-2, public_ip: 192.0.2.2, role: app, up_args: [--accept-dns]}\n"
				"- {id: app-3, public_ip: 192.0.2.3, role: app, up_args: [--accept-dns]}\n"
				"- {id: app-4, public_ip: 192.0.2.4, role: app, up_args: [--accept-dns]}\n";

/* Two sides, compared. */
struct pair {
	struct world before, after;
	struct side a, b;
	struct review r;
};

static int pair_set_up(void **state)
{
	*state = calloc(1, sizeof(struct pair));
	return *state ? 0 : -1;
}

static int pair_tear_down(void **state)
{
	struct pair *pair = *state;

	for (struct world *w = &pair->before; w <= &pair->after; w++) {
		diags_free(&w->d);
		arena_free(&w->arena);
	}
	free(pair);
	return 0;
}

static struct review *compare_hosts(struct pair *pair, const char *before, const char *after,
				    const char *hosts)
{
	struct problem p = {.arena = &pair->after.arena};

	assert_true(world_read(&pair->before, before, hosts));
	assert_true(world_read(&pair->after, after, hosts));
	side_of_plan(&pair->a, &pair->before.plan, NULL, &pair->before.arena);
	side_of_plan(&pair->b, &pair->after.plan, NULL, &pair->after.arena);
	assert_true(review_make(&pair->r, &pair->a, &pair->b, &pair->after.plan, false, &p));
	pair->r.against = "scripts";
	return &pair->r;
}

static struct review *compare(struct pair *pair, const char *before, const char *after)
{
	return compare_hosts(pair, before, after, three);
}

static const struct review_options options = {.config = "stagecraft.yml",
					      .again = "stagecraft diff -o scripts",
					      .version = "1.2.3"};

/* What SHOW writes of R. In the arena of PAIR. */
static char *shown(struct pair *pair,
		   void (*show)(FILE *to, const struct review *r, const struct review_options *options))
{
	char *text = NULL, *kept;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	show(to, &pair->r, &options);
	fclose(to);
	assert_int_equal(strlen(text), len);
	kept = arena_strndup(&pair->after.arena, text, len);
	free(text);
	return kept;
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		count++;
	return count;
}

/* COUNT hunks, each with a line of FILLER, LEN times, on db-1 and db-2. */
static void make_hunks(struct pair *pair, size_t count, const char *filler, const size_t *len)
{
	static const char *const ids[] = {"db-1", "db-2"};

	pair->r.hunks = arena_array(&pair->after.arena, count, sizeof *pair->r.hunks);
	pair->r.hunk_count = count;
	for (size_t i = 0; i < count; i++) {
		struct str text = STR_INIT;

		str_addf(&text, "@@ -%zu +%zu @@\n+", i + 1, i + 1);
		for (size_t k = 0; k < len[i]; k++)
			str_add(&text, filler);
		str_add(&text, "\n");
		pair->r.hunks[i] = (struct hunk){arena_printf(&pair->after.arena, "settings %zu", i),
						 str_keep(&text, &pair->after.arena),
						 {.ids = ids, .count = 2}};
	}
}

static void test_markdown(void **state)
{
	struct pair *pair = *state;
	char *text;

	compare(pair, CONFIG("tag:db", ""), CONFIG("tag:db, tag:backup", ""));
	make_hunks(pair, 2, "a <b> ``` \033 @all", (size_t[]){1, 1});
	pair->r.hunks[1].title = pair->r.hunks[0].title;
	text = shown(pair, review_markdown);
	assert_text("markdown", text,
		    "## stagecraft diff: 1 setting differs on 2 of 3 hosts; 1 is the same\n\n"
		    "`stagecraft.yml` compiles to something else than `scripts`:\n\n"
		    "- `NETWORK_TAGS: +tag:backup on role db (2 hosts)`\n\n"
		    "<details>\n<summary>settings 0: <code>db-1, db-2</code></summary>\n\n"
		    "````diff\n@@ -1 +1 @@\n+a <b> ``` \\x1b @all\n````\n"
		    "````diff\n@@ -2 +2 @@\n+a <b> ``` \\x1b @all\n````\n"
		    "\n</details>\n\n");
	assert_text("again", shown(pair, review_markdown), text);
}

static void test_markdown_of_odd_values(void **state)
{
	struct pair *pair = *state;

	compare(pair, CONFIG("tag:db", ""), CONFIG("tag:db", "") "");
	assert_text("same", shown(pair, review_markdown),
		    "## stagecraft diff: 3 are the same\n\n"
		    "`stagecraft.yml` compiles to what is in `scripts`.\n");
	pair->r.settings =
		(struct setting_change[]){{.name = "X",
					   .kind = CHANGE_ADDED,
					   .after = "<b>*_`|@all# ``&amp; http://x",
					   .hosts = {.ids = (const char *const[]){"db-1"}, .count = 1}}};
	pair->r.setting_count = 1;
	/* A fence of code that is longer than any in it: nothing in it is markup, a mention or a link. */
	assert_non_null(strstr(shown(pair, review_markdown),
			       "\n- ``` X: added: '<b>*_`|@all# ``&amp; http://x' on db-1 ```\n"));
	pair->r.hunks = &(struct hunk){"settings",
				       "@@\n+x\n",
				       {.ids = (const char *const[]){"a", "b", "c", "d"},
					.count = 4,
					.role = "<i>&@all"}};
	pair->r.hunk_count = 1;
	assert_non_null(
		strstr(shown(pair, review_markdown),
		       "<summary>settings: <code>role &lt;i&gt;&amp;@all (4 hosts)</code></summary>\n\n"
		       "<details><summary>4 hosts</summary>a, b, c, d</details>\n\n```diff\n"));
}

/* Characters, not bytes, are counted; the biggest hunks are what is cut, whole, and it is said. */
static void test_markdown_has_a_limit(void **state)
{
	static const struct {
		const char *filler;
		size_t len[4];
		const char *cut; /* the hunks' numbers */
	} cases[] = {
		{"x", {20000, 10, 20000, 10}, ""},
		{"x", {20000, 30000, 25000, 10}, "1"},
		{"x", {70000, 60000, 53000, 9}, "012"},
		{"\xE2\x82\xAC", {4000, 4000, 4000, 4000}, ""},	 /* 48,000 bytes */
		{"\xE2\x82\xAC", {5000, 5001, 5002, 5003}, "3"}, /* over GitHub's 65,536, were it bytes */
	};
	struct pair *pair = *state;

	compare(pair, CONFIG("tag:db", ""), CONFIG("tag:db, tag:backup", ""));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text;
		size_t chars = 0;

		make_hunks(pair, 4, cases[i].filler, cases[i].len);
		text = shown(pair, review_markdown);
		for (const char *p = text; *p; p++)
			chars += (*p & 0xC0) != 0x80;
		assert_that(cases[i].cut, chars < 60000);
		assert_that(cases[i].cut, strlen(text) < 65536);
		for (int k = 0; k < 4; k++) {
			bool cut = strchr(cases[i].cut, '0' + k) != NULL;
			char hunk[16], named[32];

			snprintf(hunk, sizeof hunk, "@@ -%d ", k + 1);
			snprintf(named, sizeof named, "\n- `settings %d: ", k);
			assert_that(cases[i].cut, !strstr(text, hunk) == cut);
			assert_that(cases[i].cut, !strstr(text, named) == !cut);
		}
		assert_int_equal(count_of(text, "<details>"), count_of(text, "</details>"));
		assert_int_equal(count_of(text, "\n`stagecraft diff -o scripts` shows all of it.\n"),
				 *cases[i].cut != '\0');
	}
}

/* Thousands of words: as many as have room, and how many more. */
static void test_markdown_of_many_words(void **state)
{
	static const char *const ids[] = {"db-1"};
	struct pair *pair = *state;
	const char *text;

	compare(pair, CONFIG("tag:db", ""), CONFIG("tag:db", ""));
	pair->r.setting_count = 5000;
	pair->r.settings = arena_array(&pair->after.arena, 5000, sizeof *pair->r.settings);
	for (size_t i = 0; i < 5000; i++)
		pair->r.settings[i] =
			(struct setting_change){.name = "X", .after = "y", .hosts = {.ids = ids, .count = 1}};
	text = shown(pair, review_markdown);
	assert_in_range(strlen(text), 15000, 22000);
	assert_non_null(strstr(text, "\n`stagecraft diff -o scripts` shows all of it.\n"));
	assert_int_equal(count_of(text, "\n- `X: added: y on db-1`"),
			 5000 - atoi(strstr(text, "\n- and ") + 7));
}

/* A page that needs nothing and runs nothing, whatever a value holds; each change in it once. */
static void test_page(void **state)
{
	static const char *const there[] = {
		"<title>stagecraft diff: 2 settings differ on 3 of 3 hosts</title>",
		"<h1>stagecraft diff: 2 settings differ on 3 of 3 hosts</h1>",
		"content=\"default-src 'none'; style-src 'unsafe-inline'\"",
		"<html lang=\"en\">",
		"<a class=\"skip\" href=\"#changes\">",
		"<li><b>NETWORK_TAGS:</b> <ins>+tag:backup</ins> on role db (2 hosts)</li>",
		"<summary>settings 0: db-1, db-2</summary>\n<pre tabindex=\"0\"><span class=\"at\">@@ -1 +1 @@</span>\n"
		"<span class=\"add\">+&lt;script&gt;</span>\n</pre>\n</details>",
		"<tr><th scope=\"row\">db-1<td data-of=\"address\">192.0.2.2<td data-of=\"role\">db<td data-of=\"tags\">"
		"tag:backup, tag:db, tag:eu<td class=\"changed\">changed<td data-of=\"written at\">dir/hosts.yml:2</tr>\n",
		"<code>network.join</code><td><code>network_join</code><td><td data-of=\"written at\">dir/stagecraft.yml:2</tr>\n",
		"<code>NETWORK_UP_ARGS</code><td><code>&lt;b&gt;*_`|@all# ``&amp;amp;</code>"
		"<td class=\"changed\">changed<td data-of=\"written at\">dir/stagecraft.yml:8</tr>\n",
		"<details open><summary>role db (2 hosts)</summary>\n<table>",
		"<tr><td><td>tag:eu<td data-of=\"written at\">dir/hosts.yml:2, dir/hosts.yml:3</tr>\n",
		"<span><b class=\"v\">NETWORK_TAILNET</b>=<b class=\"s\">&#39;a&#39;</b></span>\n",
	};
	static const char *const not_there[] = {"<script", "href=\"http", "src=", "url(",
						"@import", "\033",	  "<i>",  "onclick"};
	struct pair *pair = *state;
	const char *text;

	compare(pair, CONFIG("tag:db", ""), CONFIG("tag:db, tag:backup", "      up_args: [--ssh]\n"));
	for (size_t i = 0; i < pair->after.plan.settings.count; i++) {
		struct setting *setting = &pair->after.plan.settings.items[i];

		if (strcmp(setting->name, "NETWORK_UP_ARGS") == 0)
			setting->value = "<b>*_`|@all# ``&amp;";
	}
	make_hunks(pair, 1, "<script>", (size_t[]){1});
	text = shown(pair, review_html);
	for (size_t i = 0; i < COUNT(there); i++)
		assert_that(there[i], count_of(text, there[i]) == 1);
	for (size_t i = 0; i < COUNT(not_there); i++)
		assert_that(not_there[i], !strstr(text, not_there[i]));
	assert_string_equal(shown(pair, review_html), text);
}

/* What a host's own assignments are made of has its places, each once, and the first few of many. */
static void test_page_of_own_settings(void **state)
{
	struct pair *pair = *state;
	const char *config = CONFIG("tag:db", "      role_up_args: {app: [--ssh]}\n"), *text;

	compare_hosts(pair, config, config, host_args);
	text = shown(pair, review_html);
	assert_non_null(strstr(text,
			       "<summary>all 4 hosts</summary>\n<table>\n<tbody>\n"
			       "<tr><th scope=\"row\"><code>NETWORK_HOST_UP_ARGS</code><td colspan=\"2\">"
			       "<code>--ssh --accept-dns</code></tr>\n"
			       "<tr><td><td>--ssh<td data-of=\"written at\">dir/stagecraft.yml:8</tr>\n"
			       "<tr><td><td>--accept-dns<td data-of=\"written at\">dir/hosts.yml:1, "
			       "dir/hosts.yml:2, dir/hosts.yml:3 and 1 more</tr>\n"
			       "<tr><th scope=\"row\"><code>NETWORK_TAGS</code><td colspan=\"2\">"
			       "<code>&#39;&#39;</code></tr>\n</tbody>"));
}

/* The kinds under each line: what a text is expected to be shown as. */
static void test_shell(void **state)
{
	static const char *const cases[][2] = {
		{"a='b' # c", "v.sss.ccc"},
		{"a#b '#'", "....sss"},
		{"if x; then y; fi", "kk....kkkk....kk"},
		{"echo if", "......."},
		{"'if' x", "ssss.."},
		{"f() { x; }", "f...k....k"},
		{"\"a$b${c:-'d'}e\\\"f\"", "ssvvvvvvvvvvvsssss"},
		{"${a#'}'}", "vvvvsssv"},
		{"\"${a#'}'}\"", "svvvvsssvs"},
		{"\"${a:-it's}\"", "svvvvvvvvvvs"},
		{"x=$(case $1 in a) y;; esac) z", "v.vvkkkk.vv.kk........kkkkv.."},
		{"x=$((1 << (2 + y))) z", "v.vvvvvvvvvvvvvvvvv.."},
		{"case $x in if | b) if y; then :; fi ;; (c) ;; esac; if",
		 "kkkk.vv.kk.........kk....kkkk....kk...........kkkk..kk"},
		{"for in in in; do :; done", "kkk....kk.....kk....kkkk"},
		{"cat <<E >f\n$x \\$y\nE\nif", "...........vvsssss..kk"},
		{"cat <<-'E' <<F\n\t$x\n\tE\n$y\nF\nif", ".......sss.....ssss...vvs..kk"},
		{"x 2>&1 >if", ".........."},
		{"! x || { y; }", "k......k....k"},
		{"x \\\n if", "......."},
		/* What ends too soon. */
		{"'", "s"},
		{"\"$(", "svv"},
		{"${", "vv"},
		{"\\", "."},
		{"<<", ".."},
		{"\"$\"", "sss"},
	};
	struct str deep = STR_INIT;
	char kinds[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i][0]);

		memset(kinds, 0, sizeof kinds);
		shell_kinds(cases[i][0], len, kinds);
		assert_text(cases[i][0], kinds, cases[i][1]);
	}
	for (size_t i = 0; i < 1000; i++)
		str_add(&deep, "\"$(");
	shell_kinds(deep.data, deep.len, kinds);
	assert_memory_equal(kinds, "svvsvv", 6);
	str_free(&deep);
}

/* In what is compiled, each line that defines a function is seen as that, and the last line closes the group. */
static void test_shell_of_scripts(void **state)
{
	struct pair *pair = *state;
	const struct side_shared *shared;
	char *kinds;
	size_t functions = 0, seen = 0;

	compare(pair, CONFIG("tag:db", ""), CONFIG("tag:db", ""));
	shared = pair->b.shared[0];
	kinds = arena_alloc(&pair->after.arena, shared->len + 1);
	shell_kinds(shared->text, shared->len, kinds);
	for (size_t i = 0; i < shared->len; i++) {
		size_t name = strspn(shared->text + i, "abcdefghijklmnopqrstuvwxyz_");

		seen += kinds[i] == SHELL_FUNCTION && (!i || kinds[i - 1] != SHELL_FUNCTION);
		if (i && shared->text[i - 1] == '\n' && name && str_starts(shared->text + i + name, "() {")) {
			functions++;
			assert_int_equal(kinds[i], SHELL_FUNCTION);
		}
	}
	assert_true(functions > 30);
	assert_int_equal(seen, functions);
	assert_string_equal(shared->text + shared->len - 17, "}\n{ main \"$@\"; }\n");
	assert_string_equal(kinds + shared->len - 17, "k.k......svvs..k.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_markdown, pair_set_up, pair_tear_down),
		cmocka_unit_test_setup_teardown(test_markdown_of_odd_values, pair_set_up, pair_tear_down),
		cmocka_unit_test_setup_teardown(test_markdown_has_a_limit, pair_set_up, pair_tear_down),
		cmocka_unit_test_setup_teardown(test_markdown_of_many_words, pair_set_up, pair_tear_down),
		cmocka_unit_test_setup_teardown(test_page, pair_set_up, pair_tear_down),
		cmocka_unit_test_setup_teardown(test_page_of_own_settings, pair_set_up, pair_tear_down),
		cmocka_unit_test(test_shell),
		cmocka_unit_test_setup_teardown(test_shell_of_scripts, pair_set_up, pair_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
