#include "lib/arena.h"
#include "lib/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 64 * 1024 };

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* of data, in bytes */
	max_align_t data[];
};

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t unit = _Alignof(max_align_t);
	size_t want = mem_times(size / unit + (size % unit || !size), unit);
	struct arena_chunk *chunk;
	char *p;

	if (want > a->left) {
		size_t room = want > CHUNK_SIZE ? want : CHUNK_SIZE;

		if (room > SIZE_MAX - sizeof *chunk)
			mem_failed();
		chunk = mem_alloc(sizeof *chunk + room);
		*chunk = (struct arena_chunk){.older = a->chunks, .size = room};
		*a = (struct arena){chunk, room};
	}
	chunk = a->chunks;
	p = (char *)chunk->data + (chunk->size - a->left);
	a->left -= want;
	return memset(p, 0, want);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	return arena_alloc(a, mem_times(count, size));
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (len)
		memcpy(p, text, len);
	return p;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	int len;
	char *p;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args); /* -1 on failure: then the text is empty */
	va_end(args);
	p = arena_alloc(a, (size_t)len + 1);
	vsnprintf(p, (size_t)len + 1, format, again);
	va_end(again);
	return p;
}

void arena_free(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *older = a->chunks->older;

		free(a->chunks);
		a->chunks = older;
	}
	a->left = 0;
}
