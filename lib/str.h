/* Text that grows: the one string type, with the writers on top (shell words, JSON, what is safe on a
 * terminal).
 *
 * Invariant: data is NULL and len 0, or data[len] is NUL. A struct str owns its data; str_free() ends it.
 * Text may hold any byte, NUL too. Running out of memory ends the program (lib/mem.h). */
#ifndef LIB_STR_H
#define LIB_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

struct str {
	char *data;
	size_t len; /* bytes, without the NUL */
	size_t cap; /* bytes allocated */
};

#define STR_INIT  \
	{         \
		0 \
	}

/* The text, never NULL. Valid until the next change. */
const char *str_text(const struct str *s);

void str_reserve(struct str *s, size_t more); /* room for MORE bytes and a NUL */
void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *bytes, size_t len);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* One word of POSIX sh in single quotes ('\'' for a quote inside): the shell reads back the same bytes. TEXT
 * has no NUL. */
void str_add_shell(struct str *s, const char *text);

/* The same, but without the quotes where no shell needs them. */
void str_add_word(struct str *s, const char *text);

/* A JSON string with its quotes (RFC 8259). Bytes that aren't UTF-8 become U+FFFD, so that the result always
 * is; what str_add_visible() makes visible or harmless is escaped, so that it may be shown. */
void str_add_json(struct str *s, const char *bytes, size_t len);

/* Begins the next member of a JSON object, or, with a NULL for NAME, the next element of an array: a comma,
 * unless it's the first. */
void str_add_member(struct str *s, const char *name);

/* What outsiders said, for a terminal or a log: at most MAX bytes of it, then "…". Control characters,
 * bidirectional overrides and invalid UTF-8 are written as \xNN or \u{NNNN}; tabs become a space, and the
 * text stays on one line. So is the first character of what a CI runner would take for a command: ##[…],
 * ##vso[…] and ##teamcity[…] anywhere (Azure Pipelines, GitHub, TeamCity), ::name …:: where a line of S
 * begins (GitHub). */
void str_add_visible(struct str *s, const char *bytes, size_t len, size_t max);

/* Whether BYTES begin with "##", letters or none, and "[". */
bool str_is_command(const char *bytes, size_t len);

/* The text in ARENA; S is freed. */
char *str_keep(struct str *s, struct arena *arena);

void str_clear(struct str *s); /* empties, keeps the memory */
void str_wipe(struct str *s);  /* overwrites with zeros, then frees: for secrets */
void str_free(struct str *s);

/* The code point at BYTES, and in *USED how many bytes it takes (at least 1). -1 if these bytes aren't UTF-8
 * (overlong forms, surrogates and values past U+10FFFF aren't). LEN is at least 1. */
long utf8_next(const char *bytes, size_t len, size_t *used);

/* Writes CODE, at most U+10FFFF, as UTF-8 to OUT. Returns how many bytes it took: 4 at most. */
size_t utf8_put(char *out, unsigned long code);

/* Whether these bytes are a host's label (RFC 1123) in lower case. */
bool str_is_label(const char *bytes, size_t len);

/* Whether these bytes, none of which is NUL, are ASCII letters, digits and characters of OTHERS alone. */
bool str_is_only(const char *bytes, size_t len, const char *others);

/* Whether TEXT begins with PREFIX. */
bool str_starts(const char *text, const char *prefix);

/* ITEMS are COUNT structs, or mere pointers, of SIZE bytes, which begin with a pointer to a text. Sorts them by it;
 * finds one of TEXT among sorted ones, NULL if there is none. ITEMS may be NULL if there are none. */
void str_sort(void *items, size_t count, size_t size);
void *str_find(const char *text, const void *items, size_t count, size_t size);

#endif
