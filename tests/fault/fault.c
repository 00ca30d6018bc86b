/* A library to preload: makes the FAULT_AT-th call of FAULT_CALL fail (malloc, read, write, open, close,
 * rename, mkdir, stat), once or, with FAULT_ON set, from there on. Writes to standard error never
 * fail: it's where the message must come out. If FAULT_MARK is set, the file of that name is made when a call
 * is failed, so that a test knows. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char call[16]; /* FAULT_CALL; empty before the program's own code runs */
static long at, on;
static char mark[256];
static atomic_long calls;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("FAULT_CALL"), *number = getenv("FAULT_AT"), *file = getenv("FAULT_MARK");

	at = number ? strtol(number, NULL, 10) : 0;
	on = getenv("FAULT_ON") != NULL;
	if (file && strlen(file) < sizeof mark)
		strcpy(mark, file);
	if (name && strlen(name) < sizeof call)
		strcpy(call, name);
	unsetenv("LD_PRELOAD"); /* its children have calls of their own */
}

/* Whether this call of KIND is the one to fail. */
static bool fails(const char *kind)
{
	long n;

	if (!*call || strcmp(call, kind) != 0)
		return false;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (n < at || (n > at && !on))
		return false;
	if (*mark)
		syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	return true;
}

#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (!real)                     \
	real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define FAILING(kind, error, result)     \
	do {                             \
		if (fails(kind)) {       \
			errno = (error); \
			return result;   \
		}                        \
	} while (0)

/* dlsym() itself may allocate; what it gets while it looks for calloc() comes from here. */
static char early[4096];
static size_t early_used;

void *malloc(size_t size)
{
	REAL(malloc);
	FAILING("malloc", ENOMEM, NULL);
	return real(size);
}

void *calloc(size_t count, size_t size)
{
	static bool looking;
	static __typeof__(&calloc) real;

	if (looking) {
		void *p = early + early_used;

		early_used += (count * size + 15) & ~(size_t)15;
		return early_used <= sizeof early ? p : NULL;
	}
	if (!real) {
		looking = true;
		real = (__typeof__(&calloc))dlsym(RTLD_NEXT, "calloc");
		looking = false;
	}
	FAILING("malloc", ENOMEM, NULL);
	return real(count, size);
}

void *realloc(void *old, size_t size)
{
	REAL(realloc);
	FAILING("malloc", ENOMEM, NULL);
	return real(old, size);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

ssize_t read(int fd, void *to, size_t size)
{
	REAL(read);
	FAILING("read", EIO, -1);
	return real(fd, to, size);
}

ssize_t write(int fd, const void *from, size_t size)
{
	REAL(write);
	if (fd != STDERR_FILENO)
		FAILING("write", ENOSPC, -1);
	return real(fd, from, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	REAL(writev);
	FAILING("write", ENOSPC, -1);
	return real(fd, parts, count);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	REAL(open);
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	FAILING("open", EMFILE, -1);
	return real(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	REAL(openat);
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	FAILING("open", EMFILE, -1);
	return real(dir, path, flags, mode);
}

/* A close that fails has closed all the same (https://man7.org/linux/man-pages/man2/close.2.html). */
int close(int fd)
{
	REAL(close);
	if (fails("close")) {
		real(fd);
		errno = EIO;
		return -1;
	}
	return real(fd);
}

int rename(const char *from, const char *to)
{
	REAL(rename);
	FAILING("rename", EIO, -1);
	return real(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	REAL(renameat);
	FAILING("rename", EIO, -1);
	return real(from_dir, from, to_dir, to);
}

char *mkdtemp(char *template)
{
	REAL(mkdtemp);
	FAILING("mkdir", EDQUOT, NULL);
	return real(template);
}

int chmod(const char *path, mode_t mode)
{
	REAL(chmod);
	FAILING("mkdir", EPERM, -1);
	return real(path, mode);
}

int lstat(const char *path, struct stat *st)
{
	REAL(lstat);
	FAILING("stat", EIO, -1);
	return real(path, st);
}

int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	REAL(fstatat);
	FAILING("stat", EIO, -1);
	return real(dir, path, st, flags);
}
