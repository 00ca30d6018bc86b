/* providers/secrets/child and hide: a program that gets a secret on its standard input, and nothing
 * else of it; what it says, capped and masked. */
#include "tests/unit/secrets.h"

#include "providers/secrets/dotenv.h"
#include "providers/secrets/child.h"
#include "providers/secrets/hide.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* ---- running ---- */

static void run(struct secret_child *c, const char *script, const char *input, size_t len, int timeout_s)
{
	static char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"X=of the child", NULL};
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};

	*c = (struct secret_child){.path = "/bin/sh",
				   .argv = argv,
				   .envp = environment,
				   .folder = "/",
				   .input = input,
				   .input_len = len,
				   .timeout_s = timeout_s};
	secret_child_run(c);
}

static void test_ends(void **state)
{
	struct secret_child c;

	(void)state;
	run(&c, "cat; pwd; echo \"$X\" >&2; exit 3", "in\n", 3, 10);
	assert_int_equal(c.end, CHILD_EXITED);
	assert_int_equal(c.status, 3);
	assert_string_equal(str_text(&c.output), "in\n/\nof the child\n");
	str_wipe(&c.output);
	run(&c, "kill -9 $$", "", 0, 10);
	assert_int_equal(c.end, CHILD_KILLED);
	assert_int_equal(c.status, SIGKILL);
	str_wipe(&c.output);
	run(&c, "sleep 20", "", 0, 1);
	assert_int_equal(c.end, CHILD_TIMED_OUT);
	str_wipe(&c.output);
}

static void test_not_started(void **state)
{
	struct secret_child c = {.path = "/none/program", .folder = "/", .timeout_s = 1};
	char *nothing[] = {(char *)"x", NULL};

	(void)state;
	c.argv = c.envp = nothing;
	secret_child_run(&c);
	assert_int_equal(c.end, CHILD_NOT_STARTED);
	assert_true(c.status != 0);
	str_wipe(&c.output);
	c.path = "/bin/sh";
	c.folder = "/none";
	secret_child_run(&c);
	assert_int_equal(c.end, CHILD_NOT_STARTED);
	str_wipe(&c.output);
}

/* A value larger than a pipe, to a program that reads it slowly, late, or not at all. */
static void test_large_input(void **state)
{
	size_t len = 1000000;
	char *value = malloc(len), *counted = NULL;
	struct secret_child c;

	(void)state;
	assert_non_null(value);
	memset(value, 'x', len);
	run(&c, "sleep 0.1; wc -c", value, len, 10);
	counted = c.output.data;
	assert_int_equal(c.end, CHILD_EXITED);
	assert_int_equal(atol(counted), 1000000);
	str_wipe(&c.output);
	run(&c, "exit 7", value, len, 10);
	assert_int_equal(c.end, CHILD_EXITED);
	assert_int_equal(c.status, 7);
	str_wipe(&c.output);
	free(value);
}

static void test_endless_output(void **state)
{
	struct secret_child c;

	(void)state;
	run(&c, "head -c 300000 /dev/zero | tr '\\0' y; exit 2", "", 0, 10);
	assert_int_equal(c.end, CHILD_EXITED);
	assert_int_equal(c.status, 2);
	assert_int_equal(c.output.len, SECRET_CHILD_OUTPUT_MAX);
	assert_true(c.cut);
	str_wipe(&c.output);
	run(&c, "yes", "", 0, 1);
	assert_int_equal(c.end, CHILD_TIMED_OUT);
	str_wipe(&c.output);
}

/* Encore's command line starts a daemon, which may keep the pipe. */
static void test_daemon(void **state)
{
	struct secret_child c;
	time_t start = time(NULL);

	(void)state;
	run(&c, "sleep 3 & echo done", "", 0, 10);
	assert_int_equal(c.end, CHILD_EXITED);
	assert_string_equal(str_text(&c.output), "done\n");
	assert_true(time(NULL) - start < 3);
	str_wipe(&c.output);
}

static volatile sig_atomic_t stop;

static void on_alarm(int number)
{
	(void)number;
	stop = 1;
}

static void test_stop(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm}, before;
	static char *environment[] = {NULL};
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"trap '' TERM; sleep 20 & wait; wait", NULL};
	struct secret_child c = {.path = "/bin/sh",
				 .argv = argv,
				 .envp = environment,
				 .folder = "/",
				 .timeout_s = 30,
				 .stop = &stop};

	(void)state;
	sigaction(SIGALRM, &action, &before);
	alarm(1);
	secret_child_run(&c);
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(c.end, CHILD_INTERRUPTED);
	str_wipe(&c.output);
}

/* Who started us may ignore SIGCHLD; the exit status is there all the same, and SIGPIPE is the child's own.
 */
static void test_signals_kept(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL}, now;
	struct secret_child c;

	(void)state;
	sigaction(SIGCHLD, &ignore, NULL);
	run(&c, "yes | head -1 >/dev/null; exit 4", "", 0, 10);
	assert_int_equal(c.end, CHILD_EXITED);
	assert_int_equal(c.status, 4);
	assert_int_equal(c.output.len, 0);
	str_wipe(&c.output);
	sigaction(SIGCHLD, &usual, &now);
	assert_true(now.sa_handler == SIG_IGN);
}

static void test_find(void **state)
{
	char old[4096], here[4096];
	char *found;

	(void)state;
	snprintf(old, sizeof old, "%s", getenv("PATH"));
	assert_non_null(getcwd(here, sizeof here));
	setenv("PATH", "/none::/bin", 1);
	found = secret_child_find("sh");
	assert_string_equal(found, "/bin/sh");
	free(found);
	assert_null(secret_child_find("no-such-program"));
	assert_int_equal(chdir("/bin"), 0);
	setenv("PATH", "", 1);
	found = secret_child_find("sh");
	assert_non_null(found);
	assert_int_equal(*found, '/');
	free(found);
	assert_int_equal(chdir(here), 0);
	setenv("PATH", old, 1);
}

/* ---- hiding ---- */

static const char secrets[] =
	"A='hunter2hunter2'\nB=abc\nC='first line\nsecond line'\nD='q\"uoted'\nE=long-long\n"
	"F='hunter2'\nEMPTY=\n";

struct hidden {
	struct parsed p;
	const struct secret_entry *all[8];
	struct secret_hide hide;
};

static void hide(struct hidden *h)
{
	parse_text(&h->p, &dotenv_format, secrets, strlen(secrets));
	assert_int_equal(h->p.doc.count, 7);
	for (size_t i = 0; i < 7; i++)
		h->all[i] = &h->p.doc.items[i];
	secret_hide_init(&h->hide, h->all, 7);
}

static void unhide(struct hidden *h)
{
	secret_hide_free(&h->hide);
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

		secret_hide_mask(&h.hide, &out, sayings[i].said, strlen(sayings[i].said), sayings[i].cut);
		assert_text(sayings[i].said, str_text(&out), sayings[i].shown);
		str_wipe(&out);
	}
	unhide(&h);
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
	out = secret_hide_environment(h.all, 7, env);
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
	const struct secret_entry *all[SECRETS];
	struct secret_hide h;
	struct str got = STR_INIT, want = STR_INIT;
	unsigned random = 12345;

	(void)state;
	for (size_t i = 0; i < SECRETS; i++) {
		size_t len = 4 + i % 11;

		for (size_t c = 0; c < len; c++)
			values[i][c] = "ab"[((random = random * 1103515245 + 12345) >> 16) % 2];
		entries[i] = (struct secret_entry){.name = "N", .value = values[i], .len = len};
		all[i] = &entries[i];
	}
	for (size_t c = 0; c < TEXT; c++)
		text[c] = "aaabbbabc"[((random = random * 1103515245 + 12345) >> 16) % 9];
	secret_hide_init(&h, all, SECRETS);
	secret_hide_mask(&h, &got, text, TEXT, false);
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
	secret_hide_free(&h);
	str_free(&got);
	str_free(&want);
}

/* The processor time that N secrets take beside N variables, and in N lines of output. */
static double many(size_t n)
{
	struct arena arena = ARENA_INIT;
	struct secret_entry *entries = arena_array(&arena, n, sizeof *entries);
	const struct secret_entry **all = arena_array(&arena, n, sizeof *all);
	char **env = arena_array(&arena, n + 1, sizeof *env), **out;
	struct str said = STR_INIT, masked = STR_INIT;
	struct secret_hide h;
	clock_t start;

	for (size_t i = 0; i < n; i++) {
		entries[i].name = arena_printf(&arena, "NAME_%zu", i);
		entries[i].value = arena_printf(&arena, "https://example.com/%08zu", i);
		entries[i].len = strlen(entries[i].value);
		all[i] = &entries[i];
		env[i] = arena_printf(&arena, "OTHER_%zu=https://example.com/x%08zu%s", i, i,
				      i % 100 ? "" : entries[i].value);
		str_addf(&said, "https://example.com/%08zu https://example.com/x\n", i);
	}
	start = clock();
	out = secret_hide_environment(all, n, env);
	secret_hide_init(&h, all, n);
	secret_hide_mask(&h, &masked, said.data, said.len, false);
	start = clock() - start;
	assert_string_equal(out[0], env[1]);
	assert_true(str_starts(masked.data, "*** https://example.com/x\n***"));
	secret_hide_free(&h);
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
		cmocka_unit_test(test_ends),	     cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_large_input),  cmocka_unit_test(test_endless_output),
		cmocka_unit_test(test_daemon),	     cmocka_unit_test(test_stop),
		cmocka_unit_test(test_signals_kept), cmocka_unit_test(test_find),
		cmocka_unit_test(test_mask),	     cmocka_unit_test(test_environment),
		cmocka_unit_test(test_many_alike),   cmocka_unit_test(test_doubling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
