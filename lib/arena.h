/* One owner for many small pieces of memory: a document, a config and a plan live and die together.
 *
 * Pieces are never freed singly; arena_free() frees them all. Everything is zeroed. Running out ends the
 * program (lib/mem.h). */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	size_t left;		    /* bytes free in the newest */
};

#define ARENA_INIT \
	{          \
		0  \
	}

/* SIZE zeroed bytes, aligned for any type. Owned by the arena. */
void *arena_alloc(struct arena *a, size_t size);

/* COUNT elements of SIZE bytes, zeroed; overflow ends the program. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* A NUL-terminated copy of LEN bytes. */
char *arena_strndup(struct arena *a, const char *text, size_t len);
char *arena_strdup(struct arena *a, const char *text);

/* printf(3) into the arena. */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees everything and leaves an empty arena that can be used again. */
void arena_free(struct arena *a);

#endif
