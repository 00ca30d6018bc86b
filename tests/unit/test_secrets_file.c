/* providers/secrets/file: which file is meant, what replacing it keeps, and what is left if anything fails.
 *
 * This program stands between file.c and the C library: it fails, or kills the process at, the n-th
 * call of those that touch files, for every n there is. */
#define _GNU_SOURCE /* RTLD_NEXT */

#include "tests/unit/secrets.h"

#include "providers/secrets/file.h"
#include "providers/table.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

/* ---- between file.c and the C library ---- */

/* Shared with the children that are struck. */
static struct plan {
	int at;	   /* the call to strike, from 1; 0: none */
	int error; /* errno to fail it with; 0: SIGKILL */
	int calls; /* so far */
	char struck[16];
	bool armed, short_writes, no_flock, busy_flock, no_waiting;
} * plan;

static bool strikes(const char *name)
{
	if (!plan || !plan->armed || ++plan->calls != plan->at)
		return false;
	snprintf(plan->struck, sizeof plan->struck, "%s", name);
	if (!plan->error)
		kill(getpid(), SIGKILL);
	errno = plan->error;
	return true;
}

#define STAND_BETWEEN(type, name, parameters, arguments)   \
	type name parameters;                              \
	type name parameters                               \
	{                                                  \
		type(*real) parameters;                    \
                                                           \
		if (strikes(#name))                        \
			return -1;                         \
		*(void **)&real = dlsym(RTLD_NEXT, #name); \
		return real arguments;                     \
	}

STAND_BETWEEN(int, fsync, (int fd), (fd))
STAND_BETWEEN(int, fchmod, (int fd, mode_t mode), (fd, mode))
STAND_BETWEEN(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
STAND_BETWEEN(int, close, (int fd), (fd))
STAND_BETWEEN(int, unlinkat, (int at, const char *name, int flags), (at, name, flags))
STAND_BETWEEN(int, renameat, (int from, const char *old, int to, const char *name), (from, old, to, name))
STAND_BETWEEN(ssize_t, read, (int fd, void *bytes, size_t len), (fd, bytes, len))

ssize_t write(int fd, const void *bytes, size_t len)
{
	ssize_t (*real)(int, const void *, size_t);

	if (strikes("write"))
		return -1;
	*(void **)&real = dlsym(RTLD_NEXT, "write");
	return real(fd, bytes, plan && plan->armed && plan->short_writes && len > 3 ? 3 : len);
}

int openat(int at, const char *name, int flags, ...)
{
	int (*real)(int, const char *, int, ...);
	mode_t mode = 0;

	if (flags & O_CREAT) {
		va_list args;

		va_start(args, flags);
		mode = (mode_t)va_arg(args, int);
		va_end(args);
	}
	if (strikes("openat"))
		return -1;
	*(void **)&real = dlsym(RTLD_NEXT, "openat");
	return real(at, name, flags, mode);
}

int flock(int fd, int operation)
{
	int (*real)(int, int);

	if (strikes("flock"))
		return -1;
	if (plan && (plan->no_flock || plan->busy_flock)) {
		errno = plan->no_flock ? EBADF : EWOULDBLOCK;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "flock");
	return real(fd, operation);
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	int (*real)(const struct timespec *, struct timespec *);

	if (plan && plan->no_waiting)
		return 0;
	*(void **)&real = dlsym(RTLD_NEXT, "nanosleep");
	return real(time, left);
}

/* ---- a folder of its own ---- */

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/stagecraft-secrets-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	memset(plan, 0, sizeof *plan);
	return 0;
}

static int remove_folder(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", folder, folder);
	return system(command) == 0 ? 0 : -1;
}

/* Names in the folder, hidden ones too. */
static int count_files(void)
{
	DIR *d = opendir(".");
	int n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

/* secrets sync --from SOURCE --to TARGET, by the provider. */
static enum secrets_status sync_files(const char *source, const char *target, char *problem, size_t size)
{
	const struct secrets_provider *provider =
		(const void *)registry_get(provider_registry(SECRETS_PROVIDERS), "envfile", NULL, NULL);
	struct arena arena = ARENA_INIT;
	struct diags diags;
	struct secrets_result result = {.problem = STR_INIT};
	struct secrets_request request = {.mode = SECRETS_SYNC,
					  .config = arena_alloc(&arena, provider->head.config_size),
					  .source = source,
					  .target = target,
					  .arena = &arena,
					  .diags = &diags};
	enum secrets_status status;

	diags_init(&diags, &arena);
	status = provider->run(&request, &result);
	if (problem)
		snprintf(problem, size, "%s", str_text(&result.problem));
	str_free(&result.problem);
	diags_free(&diags);
	arena_free(&arena);
	return status;
}

static void assert_sync(enum secrets_status want, const char *target, const char *says)
{
	char problem[512];

	assert_int_equal(sync_files("s.env", target, problem, sizeof problem), want);
	if (!strstr(problem, says))
		print_error("%s\n", problem);
	assert_non_null(strstr(problem, says));
}

/* ---- which file, which mode ---- */

static void test_new(void **state)
{
	(void)state;
	put_file("s.env", "A=1\n", 0644);
	umask(0);
	assert_sync(SECRETS_DONE, "t.env", "");
	umask(022);
	assert_string_equal(get_file("t.env"), "A=1\n");
	assert_int_equal(mode_of("t.env"), 0600);
	assert_int_equal(count_files(), 2);
	assert_sync(SECRETS_DONE, "./t.env", "");
	assert_sync(SECRETS_FAILED, "none/t.env", "cannot open the folder of none/t.env: No such file");
	assert_sync(SECRETS_FAILED, "s.env/t.env", "cannot open the folder of s.env/t.env: Not a directory");
	assert_sync(SECRETS_FAILED, ".", "cannot write .: Is a directory");
	assert_sync(SECRETS_FAILED, "x/", "cannot");
	assert_sync(SECRETS_INVALID, "./s.env", "the same file");
}

static void test_modes(void **state)
{
	static const struct {
		mode_t before, after;
	} modes[] = {{0600, 0600}, {0400, 0400},  {0644, 0600}, {0666, 0600},
		     {0700, 0600}, {04644, 0600}, {0444, 0400}};

	(void)state;
	put_file("s.env", "A=1\n", 0600);
	for (size_t i = 0; i < COUNT(modes); i++) {
		unlink("t.env");
		put_file("t.env", "A=0\n", modes[i].before);
		assert_sync(SECRETS_DONE, "t.env", "");
		assert_string_equal(get_file("t.env"), "A=1\n");
		assert_int_equal(mode_of("t.env"), modes[i].after);
	}
}

/* Root writes someone else's file: it stays theirs. */
static void test_owner(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		return; /* only root can give a file away; cmocka's skip() would print "not ok" */
	put_file("s.env", "A=1\n", 0600);
	put_file("t.env", "A=0\n", 0640);
	assert_int_equal(chown("t.env", 65534, 65533), 0);
	assert_sync(SECRETS_DONE, "t.env", "");
	assert_int_equal(stat("t.env", &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 65533);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* Nothing to change: not a byte is written, but what others may read is taken from them. */
static void test_unchanged(void **state)
{
	struct stat before, after;

	(void)state;
	put_file("s.env", "A='x y'\n", 0600);
	put_file("t.env", "# c\nexport A=\"x y\"\nB=2", 0640);
	assert_int_equal(stat("t.env", &before), 0);
	assert_sync(SECRETS_DONE, "t.env", "");
	assert_int_equal(stat("t.env", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtime, after.st_mtime);
	assert_int_equal(mode_of("t.env"), 0600);
	assert_string_equal(get_file("t.env"), "# c\nexport A=\"x y\"\nB=2");
}

static void test_links(void **state)
{
	(void)state;
	put_file("s.env", "A=1\n", 0600);
	assert_int_equal(mkdir("in", 0700) | mkdir("in/deep", 0700), 0);
	put_file("real.env", "A=0\n", 0600);
	put_file("in/deep/real.env", "A=0\n", 0600);
	assert_int_equal(symlink("real.env", "one.env") | symlink("./one.env", "two.env"), 0);
	assert_int_equal(symlink("in/deep/real.env", "down.env") | symlink("new.env", "dangling.env"), 0);
	assert_int_equal(symlink("in", "linked") | symlink("linked/deep/real.env", "bent.env"), 0);
	assert_int_equal(symlink("../out.env", "up.env") | symlink("in/../../out.env", "upper.env"), 0);
	assert_int_equal(symlink("/tmp/out.env", "absolute.env") | symlink("loop.env", "loop.env"), 0);
	assert_int_equal(symlink("in/", "folder.env"), 0);

	assert_sync(SECRETS_DONE, "two.env", "");
	assert_string_equal(get_file("real.env"), "A=1\n");
	assert_true(mode_of("two.env") == 0777 && mode_of("one.env") == 0777); /* links still */
	assert_sync(SECRETS_DONE, "down.env", "");
	assert_string_equal(get_file("in/deep/real.env"), "A=1\n");
	assert_sync(SECRETS_DONE, "dangling.env", "");
	assert_string_equal(get_file("new.env"), "A=1\n");
	assert_sync(SECRETS_DONE, "linked/x.env", ""); /* the way that a user writes may be any */
	assert_sync(SECRETS_FAILED, "bent.env", "through another link");
	assert_sync(SECRETS_FAILED, "up.env", "out of its folder");
	assert_sync(SECRETS_FAILED, "upper.env", "out of its folder");
	assert_sync(SECRETS_FAILED, "absolute.env", "out of its folder");
	assert_sync(SECRETS_FAILED, "loop.env", "cannot read loop.env: Too many levels");
	assert_sync(SECRETS_FAILED, "folder.env", "link to a folder");
}

static void test_odd_files(void **state)
{
	int fd;

	(void)state;
	put_file("s.env", "A=1\n", 0600);
	put_file("t.env", "A=0\n", 0600);
	assert_int_equal(mkdir("d", 0700) | mkfifo("p", 0600), 0);
	fd = open("big", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, (off_t)1 << 30), 0);
	close(fd);
	assert_sync(SECRETS_FAILED, "d", "cannot read d: Is a directory");
	assert_sync(SECRETS_FAILED, "p", "cannot read p: it is not a regular file");
	assert_sync(SECRETS_FAILED, "big", "cannot read big: it is larger than 16 MiB");
	assert_int_equal(sync_files("d", "t.env", NULL, 0), SECRETS_FAILED);
	assert_int_equal(sync_files("big", "t.env", NULL, 0), SECRETS_FAILED);
	assert_int_equal(sync_files("none", "t.env", NULL, 0), SECRETS_FAILED);
	assert_int_equal(sync_files("/dev/zero", "t.env", NULL, 0), SECRETS_FAILED);
	put_file("b.env", "A=\xFF\xFE\n", 0600);
	assert_int_equal(sync_files("b.env", "t.env", NULL, 0), SECRETS_INVALID);
	assert_int_equal(sync_files("s.env", "b.env", NULL, 0), SECRETS_INVALID);
	assert_string_equal(get_file("t.env"), "A=0\n");
	assert_string_equal(get_file("b.env"), "A=\xFF\xFE\n");
	assert_int_equal(count_files(), 6);
}

/* ---- one writer at a time ---- */

static void test_two_writers(void **state)
{
	enum { WRITERS = 6, ROUNDS = 5 };

	(void)state;
	put_file("t.env", "# kept\n", 0600);
	for (int i = 0; i < WRITERS * ROUNDS; i++) {
		char name[32], text[32];

		snprintf(name, sizeof name, "s%d.env", i);
		snprintf(text, sizeof text, "K%d=%d\n", i, i);
		put_file(name, text, 0600);
	}
	for (int w = 0; w < WRITERS; w++) {
		if (fork() != 0)
			continue;
		for (int i = w; i < WRITERS * ROUNDS; i += WRITERS) {
			char name[32];

			snprintf(name, sizeof name, "s%d.env", i);
			if (sync_files(name, "t.env", NULL, 0) != SECRETS_DONE)
				_exit(1);
		}
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < WRITERS * ROUNDS; i++) {
		char line[32];

		snprintf(line, sizeof line, "\nK%d=%d\n", i, i);
		assert_non_null(strstr(get_file("t.env"), line));
	}
	assert_int_equal(count_files(), WRITERS * ROUNDS + 1);
}

static void test_lock(void **state)
{
	(void)state;
	put_file("s.env", "A=1\n", 0600);
	put_file("t.env", "A=0\n", 0600);
	plan->busy_flock = plan->no_waiting = true;
	assert_sync(SECRETS_FAILED, "t.env", "another program has held it for 10 s");
	assert_string_equal(get_file("t.env"), "A=0\n");
	plan->busy_flock = false;
	plan->no_flock = true; /* NFS: the temporary file is the lock */
	put_file(".t.env.stagecraft-new", "A=half", 0600);
	assert_sync(SECRETS_FAILED, "t.env", "if no other run is writing, remove it");
	assert_string_equal(get_file("t.env"), "A=0\n");
	unlink(".t.env.stagecraft-new");
	assert_sync(SECRETS_DONE, "t.env", "");
	assert_string_equal(get_file("t.env"), "A=1\n");
}

/* What a killed run left goes, even if there is nothing to write; a folder of that name is an error. */
static void test_leftover(void **state)
{
	(void)state;
	put_file("s.env", "A=1\n", 0600);
	put_file("t.env", "A=1\n", 0600);
	put_file(".t.env.stagecraft-new", "A=secret", 0600);
	assert_sync(SECRETS_DONE, "t.env", "");
	assert_int_equal(count_files(), 2);
	assert_int_equal(mkdir(".t.env.stagecraft-new", 0700), 0);
	assert_sync(SECRETS_FAILED, "t.env", "cannot remove what a killed run left of t.env");
}

/* ---- every call fails, or is the last ---- */

static const char *const old_text = "# mine\nA='old'\nZ=26\n";
static const char *const new_text = "# mine\nA='new # value'\nZ=26\nB=2\n";

/* Runs a sync in a child that is struck as PLAN says. Returns its wait status; the calls it made are in the
 * plan. */
static int struck_run(int at, int error)
{
	int status = -1;
	pid_t pid;

	plan->at = at;
	plan->error = error;
	plan->calls = 0;
	plan->struck[0] = '\0';
	pid = fork();
	if (!pid) {
		enum secrets_status result;

		plan->armed = true;
		result = sync_files("s.env", "t.env", NULL, 0);
		plan->armed = false;
		_exit((int)result);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	plan->armed = false;
	return status;
}

static void assert_whole(bool there_before, bool only_old)
{
	const char *now = get_file("t.env");

	if (strcmp(now, there_before ? old_text : "(none)") == 0)
		return;
	if (only_old)
		print_error("call %d (%s)\n", plan->at, plan->struck);
	assert_false(only_old);
	assert_string_equal(now, there_before ? new_text : "A='new # value'\nB=2\n");
}

static void begin_run(bool there_before)
{
	unlink("t.env");
	unlink(".t.env.stagecraft-new");
	if (there_before)
		put_file("t.env", old_text, 0600);
}

/* kill -9 before each call: old or new, whole; the next run brings the new one and leaves nothing else. */
static void test_killed(void **state)
{
	int points = 0;

	(void)state;
	put_file("s.env", "A='new # value'\nB=2\n", 0600);
	for (int there = 0; there < 2; there++) {
		for (int at = 1; at < 1000; at++) {
			int status;

			begin_run(there);
			status = struck_run(at, 0);
			assert_whole(there, false);
			if (WIFEXITED(status))
				break;
			assert_int_equal(WTERMSIG(status), SIGKILL);
			points++;
			assert_int_equal(struck_run(0, 0), 0);
			assert_int_equal(count_files(), 2);
			assert_string_equal(get_file("t.env"), there ? new_text : "A='new # value'\nB=2\n");
		}
	}
	print_message("killed at %d calls\n", points);
	assert_true(points > 20);
}

/* Each call fails once. Then it says so and the target is the old one, or it succeeds: no third way, and
 * nothing left behind. The one exception is the last sync, of the folder, after the rename. */
static void test_failed(void **state)
{
	static const int errors[] = {ENOSPC, EIO, EROFS, EACCES, EDQUOT};
	int failures = 0;

	(void)state;
	put_file("s.env", "A='new # value'\nB=2\n", 0600);
	for (size_t e = 0; e < COUNT(errors); e++) {
		for (int at = 1; at < 1000; at++) {
			int status;
			bool folder_sync;

			begin_run(true);
			status = struck_run(at, errors[e]);
			assert_true(WIFEXITED(status));
			if (!plan->struck[0])
				break;
			folder_sync =
				strcmp(plan->struck, "fsync") == 0 && !strcmp(get_file("t.env"), new_text);
			if (WEXITSTATUS(status) == SECRETS_DONE)
				assert_string_equal(get_file("t.env"), new_text);
			else
				assert_whole(true, !folder_sync);
			failures += WEXITSTATUS(status) == SECRETS_FAILED;
			if (strcmp(plan->struck, "unlinkat") != 0)
				assert_int_equal(count_files(), 2);
		}
	}
	print_message("failed at %d calls\n", failures);
	assert_true(failures > 30);
}

static void test_interrupted_calls(void **state)
{
	(void)state;
	put_file("s.env", "A='new # value'\nB=2\n", 0600);
	plan->short_writes = true;
	for (int at = 1; at < 1000; at++) {
		int status;

		begin_run(true);
		status = struck_run(at, EINTR);
		if (!plan->struck[0])
			break;
		if (strcmp(plan->struck, "read") == 0 || strcmp(plan->struck, "write") == 0 ||
		    strcmp(plan->struck, "flock") == 0)
			assert_int_equal(status, 0);
		assert_whole(true, status != 0 && strcmp(plan->struck, "fsync") != 0);
	}
}

/* ---- what a machine does ---- */

static void test_disk_full(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	put_file("s.env", "A='new # value'\nB=2\n", 0600);
	put_file("t.env", old_text, 0600);
	pid = fork();
	if (!pid) {
		struct rlimit little = {8, 8};

		setrlimit(RLIMIT_FSIZE, &little);
		_exit((int)sync_files("s.env", "t.env", NULL, 0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), SECRETS_FAILED);
	assert_string_equal(get_file("t.env"), old_text);
	assert_int_equal(count_files(), 2);
}

/* A folder that can't be written to, for who isn't root. */
static void test_read_only(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	put_file("s.env", "A='new # value'\nB=2\n", 0644);
	put_file("t.env", "A=old\n", 0644);
	assert_int_equal(chmod(".", 0555), 0);
	pid = fork();
	if (!pid) {
		char problem[256] = "";

		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		if (sync_files("s.env", "t.env", problem, sizeof problem) != SECRETS_FAILED)
			_exit(1);
		_exit(strstr(problem, "cannot write t.env: Permission denied") ||
				      strstr(problem,
					     "cannot remove what a killed run left of t.env: Permission")
			      ? 0
			      : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(get_file("t.env"), "A=old\n");
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(count_files(), 2);
}

/* A Ctrl-C amid the write waits until the new file has its name. */
static void test_signal_waits(void **state)
{
	struct secret_target t;
	struct arena arena = ARENA_INIT;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
	sigset_t before, after;

	(void)state;
	put_file("t.env", old_text, 0600);
	sigaction(SIGXFSZ, &usual, NULL);
	sigprocmask(SIG_BLOCK, NULL, &before);
	assert_true(secret_target_open(&t, "t.env", true, &arena));
	assert_true(secret_target_replace(&t, "A=1\n", 4));
	secret_target_close(&t);
	sigprocmask(SIG_BLOCK, NULL, &after);
	assert_int_equal(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
	sigaction(SIGXFSZ, &usual, &ignore);
	assert_true(ignore.sa_handler == SIG_DFL);
	assert_string_equal(get_file("t.env"), "A=1\n");
	arena_free(&arena);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_new),	     IN_FOLDER(test_modes),	   IN_FOLDER(test_owner),
		IN_FOLDER(test_unchanged),   IN_FOLDER(test_links),	   IN_FOLDER(test_odd_files),
		IN_FOLDER(test_two_writers), IN_FOLDER(test_lock),	   IN_FOLDER(test_leftover),
		IN_FOLDER(test_killed),	     IN_FOLDER(test_failed),	   IN_FOLDER(test_disk_full),
		IN_FOLDER(test_read_only),   IN_FOLDER(test_signal_waits), IN_FOLDER(test_interrupted_calls),
	};

	plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (plan == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
