/* providers/secrets/hide: what another program says, masked, and its environment, without secrets. */
#include "tests/unit/secrets.h"

#include "providers/secrets/dotenv.h"
#include "providers/secrets/hide.h"

#include <time.h>

/* ---- hiding ---- */

static const char secrets[] =
	"A='hunter2hunter2'\nB=abc\nC='first line\nsecond line'\nD='q\"uoted'\nE=long-long\n"
	"F='hunter2'\nEMPTY=\n";

struct hidden {
	struct parsed p;
	struct mask mask;
};

static void hide(struct hidden *h)
{
	parse_text(&h->p, &dotenv_format, secrets, strlen(secrets));
	assert_int_equal(h->p.doc.count, 7);
	secret_mask_init(&h->mask, &h->p.doc);
}

static void unhide(struct hidden *h)
{
	mask_wipe(&h->mask);
	parsed_free(&h->p);
}

static const struct {
	const char *said, *shown;
	bool cut;
} sayings[] = {
	{"error: hunter2hunter2!", "error: ***!", false},
	{"hunter2hunter", "***hunter", false},
	{"abc abcd", "abc abcd", false}, /* too short to be one */
	{"first line\nsecond line", "***", false},
	{"value \"first line\\nsecond line\"", "value \"***\"", false},
	{"line 1: first line\nline 2: second line\n", "line 1: ***\nline 2: ***\n", false},
	{"q\"uoted or q\\\"uoted", "*** or ***", false},
	{"", "", false},
	{"some text that is much longer than any of the secrets are, and is cut amid hunter2hun",
	 "some text that is much longer than any of the secrets are, and", true},
	{"hunter2hun", "", true},
};

static void test_mask(void **state)
{
	struct hidden h;

	(void)state;
	hide(&h);
	for (size_t i = 0; i < COUNT(sayings); i++) {
		struct str out = STR_INIT;

		(sayings[i].cut ? mask_add_cut : mask_add)(&h.mask, &out, sayings[i].said,
							   strlen(sayings[i].said));
		assert_text(sayings[i].said, str_text(&out), sayings[i].shown);
		str_wipe(&out);
	}
	unhide(&h);
}

/* What its readers don't agree on has no value to hide. */
static void test_no_value(void **state)
{
	static const char text[] = "A=first-value\nA=second-value\nB=$x-and-more\n";
	static char *const env[] = {(char *)"A=x", (char *)"X=first-value", (char *)"Y=second-value", NULL};
	struct parsed p;
	struct mask mask;
	struct str out = STR_INIT;
	char **kept;

	(void)state;
	parse_text(&p, &dotenv_format, text, strlen(text));
	secret_mask_init(&mask, &p.doc);
	mask_add(&mask, &out, text, strlen(text));
	assert_string_equal(str_text(&out), "A=***\nA=second-value\nB=$x-and-more\n");
	kept = secret_environment(&p.doc, env);
	assert_string_equal(kept[0], "Y=second-value");
	assert_null(kept[1]);
	free(kept);
	str_free(&out);
	mask_wipe(&mask);
	parsed_free(&p);
}

static void test_environment(void **state)
{
	static char *const env[] = {(char *)"PATH=/bin:long-long",
				    (char *)"HOME=/root",
				    (char *)"A=older value",
				    (char *)"OTHER=long-long",
				    (char *)"WITHIN=x=hunter2hunter2&y",
				    (char *)"SHORT=abc",
				    (char *)"SHORTER=xabcx",
				    (char *)"AA=fine",
				    (char *)"odd",
				    (char *)"E=",
				    (char *)"BLANK=",
				    NULL};
	static const char *const kept[] = {
		"PATH=/bin:long-long", "HOME=/root", "SHORTER=xabcx", "AA=fine", "odd", "BLANK="};
	struct hidden h;
	char **out;

	(void)state;
	hide(&h);
	out = secret_environment(&h.p.doc, env);
	for (size_t i = 0; i < COUNT(kept); i++)
		assert_string_equal(out[i], kept[i]);
	assert_null(out[COUNT(kept)]);
	free(out);
	unhide(&h);
}

/* Many secrets, of few letters, so that they begin alike and lie within each other: what is found is what a
 * look at each of them finds. */
static void test_many_alike(void **state)
{
	enum { SECRETS = 60, TEXT = 4000 };
	static char values[SECRETS][16], text[TEXT + 1];
	struct secret_entry entries[SECRETS] = {{0}};
	const struct secret_doc doc = {.items = entries, .count = SECRETS};
	struct mask h;
	struct str got = STR_INIT, want = STR_INIT;
	unsigned random = 12345;

	(void)state;
	for (size_t i = 0; i < SECRETS; i++) {
		size_t len = 4 + i % 11;

		for (size_t c = 0; c < len; c++)
			values[i][c] = "ab"[((random = random * 1103515245 + 12345) >> 16) % 2];
		entries[i] = (struct secret_entry){.name = "N", .value = values[i], .len = len};
	}
	for (size_t c = 0; c < TEXT; c++)
		text[c] = "aaabbbabc"[((random = random * 1103515245 + 12345) >> 16) % 9];
	secret_mask_init(&h, &doc);
	mask_add(&h, &got, text, TEXT);
	for (size_t at = 0; at < TEXT;) {
		size_t longest = 0;

		for (size_t i = 0; i < SECRETS; i++) {
			if (entries[i].len > longest && strncmp(text + at, values[i], entries[i].len) == 0)
				longest = entries[i].len;
		}
		if (longest)
			str_add(&want, "***");
		else
			str_addc(&want, text[at]);
		at += longest ? longest : 1;
	}
	assert_string_equal(str_text(&got), str_text(&want));
	assert_non_null(strstr(str_text(&got), "***"));
	mask_wipe(&h);
	str_free(&got);
	str_free(&want);
}

/* The processor time that N secrets take beside N variables, and in N lines of output. */
static double many(size_t n)
{
	struct arena arena = ARENA_INIT;
	struct secret_entry *entries = arena_array(&arena, n, sizeof *entries);
	const struct secret_doc doc = {.items = entries, .count = n};
	char **env = arena_array(&arena, n + 1, sizeof *env), **out;
	struct str said = STR_INIT, masked = STR_INIT;
	struct mask h;
	clock_t start;

	for (size_t i = 0; i < n; i++) {
		entries[i].name = arena_printf(&arena, "NAME_%zu", i);
		entries[i].value = arena_printf(&arena, "https://example.com/%08zu", i);
		entries[i].len = strlen(entries[i].value);
		env[i] = arena_printf(&arena, "OTHER_%zu=https://example.com/x%08zu%s", i, i,
				      i % 100 ? "" : entries[i].value);
		str_addf(&said, "https://example.com/%08zu https://example.com/x\n", i);
	}
	start = clock();
	out = secret_environment(&doc, env);
	secret_mask_init(&h, &doc);
	mask_add(&h, &masked, said.data, said.len);
	start = clock() - start;
	assert_string_equal(out[0], env[1]);
	assert_true(str_starts(masked.data, "*** https://example.com/x\n***"));
	mask_wipe(&h);
	free(out);
	str_free(&said);
	str_free(&masked);
	arena_free(&arena);
	return (double)start / CLOCKS_PER_SEC;
}

static void test_doubling(void **state)
{
	(void)state;
	for (int attempt = 0; attempt < 3; attempt++) {
		double one = many(2000), four = many(8000);

		if (four < 0.1 || four < 8 * one)
			return;
		print_error("%.3f s, four times as many: %.3f s\n", one, four);
	}
	fail();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mask),	 cmocka_unit_test(test_environment),
		cmocka_unit_test(test_no_value), cmocka_unit_test(test_many_alike),
		cmocka_unit_test(test_doubling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
