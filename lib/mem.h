/* Memory that is there or ends the program.
 *
 * stagecraft has no use for a failed allocation but to say so: every function here either returns memory or
 * writes one line on standard error and exits with status 1. Before it exits it calls the handler that was
 * set, if any, so that running children can be ended first. */
#ifndef LIB_MEM_H
#define LIB_MEM_H

#include <stddef.h>

/* Like malloc(3), realloc(3) and strndup(3), but never NULL. The caller owns the memory and frees it with
 * free(3). SIZE may be 0. */
void *mem_alloc(size_t size);
void *mem_grow(void *old, size_t size);
char *mem_strndup(const char *text, size_t len);

/* ITEMS, COUNT of them of SIZE bytes each, with room for one more behind them: an array that grew by this
 * function alone (NULL where COUNT is 0) is moved only when its count is a power of two. */
void *mem_more(void *items, size_t count, size_t size);

/* A count times a size, or the end of the program if that overflows. */
size_t mem_times(size_t count, size_t size);

/* Ends the program as the others do: for a library that has told of its own failed allocation. */
_Noreturn void mem_failed(void);

/* HANDLER is called once, before the program exits for want of memory. It must not allocate. */
void mem_on_failure(void (*handler)(void));

/* To be called before the first secret is read: no core dumps, also of children, and no debugger of the same
 * user, from here on. */
void mem_no_core(void);

#endif
