#include "lib/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

static void (*failure_handler)(void);

void mem_on_failure(void (*handler)(void))
{
	failure_handler = handler;
}

_Noreturn void mem_failed(void)
{
	static const char text[] = "stagecraft: error: out of memory\n";
	void (*handler)(void) = failure_handler;

	failure_handler = NULL;
	if (handler)
		handler();
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(1);
	_exit(1);
}

size_t mem_times(size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		mem_failed();
	return count * size;
}

void *mem_grow(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		mem_failed();
	return p;
}

void *mem_alloc(size_t size)
{
	return mem_grow(NULL, size);
}

void *mem_more(void *items, size_t count, size_t size)
{
	return count & (count - 1) ? items : mem_grow(items, mem_times(count ? 2 * count : 1, size));
}

char *mem_strndup(const char *text, size_t len)
{
	char *p = mem_alloc(len + 1);

	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

void mem_no_core(void)
{
#ifdef __linux__
	/* A limit of 0 doesn't stop a core_pattern that is a pipe (core(5)). 1 does (fs/coredump.c), is too
	 * small for a file, and holds for the programs that we start as well. */
	static const struct rlimit none = {1, 1};

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	static const struct rlimit none = {0, 0};
#endif
	setrlimit(RLIMIT_CORE, &none);
}
