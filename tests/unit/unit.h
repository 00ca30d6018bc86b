/* What the unit tests share: cmocka's headers in the order it wants them, and a few helpers. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/str.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Asserts that two texts are equal, with LABEL on standard error if they aren't: for loops over a table. */
#define assert_text(label, got, want)                  \
	do {                                           \
		if (strcmp((got), (want)) != 0)        \
			print_error("%s:\n", (label)); \
		assert_string_equal((got), (want));    \
	} while (0)

#define assert_that(label, condition)                                 \
	do {                                                          \
		if (!(condition))                                     \
			print_error("%s: %s\n", (label), #condition); \
		assert_true(condition);                               \
	} while (0)

/* The processor time of this process so far. */
static inline double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* What diags_print() writes. In ARENA. */
static inline const char *printed(struct diags *d, enum diag_style style, struct arena *arena)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	const char *kept;

	assert_non_null(to);
	diags_print(d, to, style);
	fclose(to);
	kept = arena_strndup(arena, text, len);
	free(text);
	return kept;
}

/* The messages alone, one a line ("3:5 error text | help"), in order. In ARENA. */
static inline const char *messages(struct diags *d, struct arena *arena)
{
	struct str all = STR_INIT;
	const char *kept;

	printed(d, DIAG_PLAIN, arena); /* sorts */
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];

		str_addf(&all, "%u:%u %s %s%s%s\n", g->at.line, g->at.column,
			 g->severity == DIAG_ERROR ? "error" : "warning", g->text, g->help ? " | " : "",
			 g->help ? g->help : "");
	}
	kept = arena_strndup(arena, str_text(&all), all.len);
	str_free(&all);
	return kept;
}

#endif
