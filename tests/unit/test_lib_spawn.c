/* lib/spawn: a program that gets a secret on its standard input, and nothing else of it; what it says, capped. */
#include "tests/unit/unit.h"

#include "lib/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 * 1024 };

static void run(struct child_run *c, const char *script, const char *input, size_t len, int timeout_s)
{
	static char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"X=of the child", NULL};
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};

	*c = (struct child_run){.path = "/bin/sh",
				.argv = argv,
				.envp = environment,
				.folder = "/",
				.input = input,
				.input_len = len,
				.output_max = OUTPUT_MAX,
				.timeout_s = timeout_s};
	child_run(c);
}

static void test_ends(void **state)
{
	struct child_run c;

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

/* Standard error apart, in our own folder. */
static void test_apart(void **state)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"echo out; pwd; echo err >&2", NULL};
	struct child_run c = {.path = "/bin/sh",
			      .argv = argv,
			      .envp = argv + 3,
			      .output_max = OUTPUT_MAX,
			      .apart = true,
			      .timeout_s = 10};
	char here[4096], want[4096 + 8];

	(void)state;
	child_run(&c);
	assert_int_equal(c.end, CHILD_EXITED);
	assert_non_null(getcwd(here, sizeof here));
	snprintf(want, sizeof want, "out\n%s\n", here);
	assert_string_equal(str_text(&c.output), want);
	assert_string_equal(str_text(&c.errors), "err\n");
	str_wipe(&c.output);
	str_wipe(&c.errors);
}

static void test_not_started(void **state)
{
	struct child_run c = {.path = "/none/program", .folder = "/", .timeout_s = 1};
	char *nothing[] = {(char *)"x", NULL};

	(void)state;
	c.argv = c.envp = nothing;
	child_run(&c);
	assert_int_equal(c.end, CHILD_NOT_STARTED);
	assert_true(c.status != 0);
	str_wipe(&c.output);
	c.path = "/bin/sh";
	c.folder = "/none";
	child_run(&c);
	assert_int_equal(c.end, CHILD_NOT_STARTED);
	str_wipe(&c.output);
}

/* A value larger than a pipe, to a program that reads it slowly, late, or not at all. */
static void test_large_input(void **state)
{
	size_t len = 1000000;
	char *value = malloc(len), *counted = NULL;
	struct child_run c;

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
	struct child_run c;

	(void)state;
	run(&c, "head -c 300000 /dev/zero | tr '\\0' y; exit 2", "", 0, 10);
	assert_int_equal(c.end, CHILD_EXITED);
	assert_int_equal(c.status, 2);
	assert_int_equal(c.output.len, OUTPUT_MAX);
	assert_true(c.cut);
	str_wipe(&c.output);
	run(&c, "yes", "", 0, 1);
	assert_int_equal(c.end, CHILD_TIMED_OUT);
	str_wipe(&c.output);
}

/* Encore's command line starts a daemon, which may keep the pipe. */
static void test_daemon(void **state)
{
	struct child_run c;
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
	struct child_run c = {.path = "/bin/sh",
			      .argv = argv,
			      .envp = environment,
			      .folder = "/",
			      .timeout_s = 30,
			      .stop = &stop};

	(void)state;
	sigaction(SIGALRM, &action, &before);
	alarm(1);
	child_run(&c);
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(c.end, CHILD_INTERRUPTED);
	str_wipe(&c.output);
}

/* Who started us may ignore SIGCHLD; the exit status is there all the same, and SIGPIPE is the child's own.
 */
static void test_signals_kept(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL}, now;
	struct child_run c;

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
	found = spawn_find("sh");
	assert_string_equal(found, "/bin/sh");
	free(found);
	assert_null(spawn_find("no-such-program"));
	assert_int_equal(chdir("/bin"), 0);
	setenv("PATH", "", 1);
	found = spawn_find("sh");
	assert_non_null(found);
	assert_int_equal(*found, '/');
	free(found);
	assert_int_equal(chdir(here), 0);
	setenv("PATH", old, 1);
}

/* What is written comes in, then its end; the exit status is there to be waited for. */
static void test_reader(void **state)
{
	char *argv[] = {"sh", "-c", "read -r n; read -r more || exit \"$n\"", NULL}, *none[] = {NULL};
	pid_t pid = -1;
	int in = -1, status = 0;

	(void)state;
	assert_int_equal(spawn_reader(&pid, &in, "/bin/sh", argv, none), 0);
	assert_int_equal(write(in, "7\n", 2), 2);
	close(in);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(spawn_reader(&pid, &in, "/nowhere/pager", argv, none), ENOENT);
	assert_int_equal(in, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader),	     cmocka_unit_test(test_ends),
		cmocka_unit_test(test_apart),	     cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_large_input),  cmocka_unit_test(test_endless_output),
		cmocka_unit_test(test_daemon),	     cmocka_unit_test(test_stop),
		cmocka_unit_test(test_signals_kept), cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
