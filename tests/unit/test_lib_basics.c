/* lib: arena, mem, sha256 and source. */
#include "tests/unit/unit.h"

#include "lib/file.h"

#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- memory ---- */

static void test_more(void **state)
{
	size_t *items = NULL;

	(void)state;
	for (size_t count = 0; count < 100; count++) {
		items = mem_more(items, count, sizeof *items);
		items[count] = count;
	}
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(items[i], i);
	free(items);
}

static void test_arena(void **state)
{
	struct arena a = ARENA_INIT;
	char *p, *big;

	(void)state;
	for (size_t size = 0; size < 300; size++) {
		p = arena_alloc(&a, size);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xFF, size);
	}
	big = arena_alloc(&a, 1000000);
	assert_int_equal(big[0] | big[999999], 0);
	memset(big, 1, 1000000);
	assert_int_equal(*(char *)arena_alloc(&a, 1), 0);
	assert_string_equal(arena_strdup(&a, "text"), "text");
	assert_string_equal(arena_strndup(&a, "text", 2), "te");
	assert_string_equal(arena_strndup(&a, NULL, 0), "");
	assert_string_equal(arena_printf(&a, "%s %d", "n", 7), "n 7");
	assert_non_null(arena_array(&a, 0, 8));
	arena_free(&a);
	arena_free(&a);
	assert_string_equal(arena_strdup(&a, "again"), "again");
	arena_free(&a);
}

/* ---- mem ---- */

static void say_goodbye(void)
{
	if (write(STDOUT_FILENO, "bye\n", 4) != 4)
		_exit(9);
}

static void overflow(void)
{
	mem_times(SIZE_MAX / 2, 3);
}

static void too_large(void)
{
	struct str s = STR_INIT;

	str_reserve(&s, SIZE_MAX / 2);
}

static void too_many(void)
{
	struct arena a = ARENA_INIT;

	arena_array(&a, SIZE_MAX / 8, 16);
}

/* What ACT writes to standard output and error, and how it ends, in a process of its own. */
static int in_child(void (*act)(void), char out[256])
{
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		mem_on_failure(say_goodbye);
		act();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], out + len, 255 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_out_of_memory(void **state)
{
	static void (*const acts[])(void) = {overflow, too_large, too_many};
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(acts); i++) {
		assert_int_equal(in_child(acts[i], out), 1);
		assert_string_equal(out, "bye\nstagecraft: error: out of memory\n");
	}
}

static void test_mem(void **state)
{
	char *p = mem_alloc(0);

	(void)state;
	p = mem_grow(p, 10);
	memset(p, 'x', 10);
	p = mem_grow(p, 0);
	free(p);
	p = mem_strndup("hello", 4);
	assert_string_equal(p, "hell");
	free(p);
	assert_int_equal(mem_times(0, SIZE_MAX), 0);
	assert_int_equal(mem_times(SIZE_MAX, 1), SIZE_MAX);
}

/* ---- sha256 ---- */

/* The examples of FIPS 180-2, and the empty text. */
static void test_sha256(void **state)
{
	char hex[SHA256_HEX + 1];
	struct str million = STR_INIT;

	(void)state;
	sha256_hex(hex, "abc", 3, NULL, 0);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(hex, "a", 1, "bc", 2);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(hex, "", 0, "", 0);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (int i = 0; i < 1000000; i++)
		str_addc(&million, 'a');
	sha256_hex(hex, million.data, 500001, million.data, 499999);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	str_free(&million);
}

/* ---- source ---- */

static void test_lines(void **state)
{
	static const char text[] = "one\r\ntwo\n\nfour";
	struct source s;
	size_t len;

	(void)state;
	source_of(&s, "f", text, sizeof text - 1);
	assert_memory_equal(source_line(&s, 4, &len), "four", 4);
	assert_int_equal(len, 4);
	assert_memory_equal(source_line(&s, 1, &len), "one", 3); /* backwards again */
	assert_int_equal(len, 3);
	assert_non_null(source_line(&s, 3, &len));
	assert_int_equal(len, 0);
	assert_memory_equal(source_line(&s, 2, &len), "two", 3);
	assert_null(source_line(&s, 5, &len));
	assert_memory_equal(source_line(&s, 4, &len), "four", 4);
	source_of(&s, "f", "a\n", 2);
	assert_non_null(source_line(&s, 2, &len));
	assert_int_equal(len, 0);
	assert_null(source_line(&s, 3, &len));
	source_of(&s, "f", "", 0);
	assert_non_null(source_line(&s, 1, &len));
	assert_int_equal(len, 0);
}

static void test_place(void **state)
{
	static const char text[] = "ab\n\xC3\xA9x\n\xFFy";
	static const struct {
		size_t offset;
		unsigned line, column;
	} rows[] = {{0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {5, 2, 2}, {6, 2, 3}, {7, 3, 1}, {8, 3, 2}, {9, 3, 3}};
	struct source s;

	(void)state;
	source_of(&s, "f", text, sizeof text - 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct place at = source_place(&s, rows[i].offset);

		assert_int_equal(at.line, rows[i].line);
		assert_int_equal(at.column, rows[i].column);
		assert_int_equal(at.width, 1);
	}
}

static void test_read_file(void **state)
{
	char path[] = "/tmp/stagecraft-test-XXXXXX";
	struct arena arena = ARENA_INIT;
	struct source s;
	struct problem problem = {.arena = &arena};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a\0b\n", 4), 4);
	assert_true(source_read(&s, path, &problem));
	assert_string_equal(s.name, path);
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.text, "a\0b\n", 5);

	/* Sparse: the largest size that is taken, and one byte more. */
	assert_int_equal(ftruncate(fd, (off_t)SOURCE_MAX), 0);
	assert_true(source_read(&s, path, &problem));
	assert_int_equal(s.len, SOURCE_MAX);
	arena_free(&arena);
	assert_int_equal(ftruncate(fd, (off_t)SOURCE_MAX + 1), 0);
	assert_false(source_read(&s, path, &problem));
	assert_non_null(strstr(problem.text, "it is larger than 64 MiB"));
	problem.text = NULL;
	close(fd);
	unlink(path);

	assert_false(source_read(&s, path, &problem));
	assert_non_null(strstr(problem.text, "No such file or directory"));
	problem.text = NULL;
	assert_false(source_read(&s, "/", &problem));
	assert_string_equal(problem.text, "cannot read /: Is a directory");
	problem.text = NULL;
	assert_false(source_read(&s, "/dev/zero", &problem));
	assert_string_equal(problem.text, "cannot read /dev/zero: it is larger than 64 MiB");
	assert_true(source_read(&s, "/dev/null", &problem));
	assert_int_equal(s.len, 0);
	arena_free(&arena);
}

static void test_special_paths(void **state)
{
	static const char *const special[] = {
		"/dev/null",	      "/dev/./null",	      "//dev//null",
		"/x/../dev/null",     "/../dev/zero",	      "/dev",
		"/proc/self/environ", "/proc/../proc/1/mem",  "/sys/x",
		"/./././dev/fd/3",    "/a/b/../../dev/tty",   "~/../../dev/null",
		"~/x/../../..",	      "%d/../../../dev/null", "${HOME}/../x"};
	static const char *const fine[] = {"",		"/",	      "/devices/x", "/home/me/dev/null",
					   "dev/null",	"../x",	      "~/.ssh/id",  "/dev/../x",
					   "/proc.d/x", "~/a..b/..c", "%d/x",	    "/srv/..dev/x"};

	(void)state;
	for (size_t i = 0; i < COUNT(special); i++)
		assert_that(special[i], path_is_special(special[i]));
	for (size_t i = 0; i < COUNT(fine); i++)
		assert_that(fine[i], !path_is_special(fine[i]));
	assert_null(path_refused("/nosuch/file"));
	assert_null(path_refused("Makefile"));
	assert_non_null(path_refused("/dev/null"));
	assert_non_null(path_refused("/proc/self/environ"));
	assert_non_null(path_refused("."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_more),	      cmocka_unit_test(test_arena),
		cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_mem),
		cmocka_unit_test(test_sha256),	      cmocka_unit_test(test_lines),
		cmocka_unit_test(test_place),	      cmocka_unit_test(test_read_file),
		cmocka_unit_test(test_special_paths),
	};

	return cmocka_run_group_tests_name("lib basics", tests, NULL, NULL);
}
