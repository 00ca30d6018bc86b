/* An arena and diagnostics for a test, fresh each time, and room for the text that it reads. */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include "tests/unit/unit.h"

#include "lib/source.h"

struct fixture {
	struct arena arena;
	struct diags d;
	struct source source;
	struct node *root;
};

static inline int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	diags_init(&f->d, &f->arena);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	diags_free(&f->d);
	arena_free(&f->arena);
	free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
