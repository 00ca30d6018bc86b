/* runtime/reason: one table of reasons, and docs/errors.md, which is written from it (--write). */
#include "tests/unit/unit.h"

#include <ctype.h>
#include <glob.h>

#include "compiler/plan.h"
#include "lib/source.h"
#include "runtime/reason.h"

static const char *written(struct arena *arena)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	const char *kept;

	assert_non_null(to);
	reasons_write_markdown(to);
	fclose(to);
	kept = arena_strndup(arena, text, len);
	free(text);
	return kept;
}

static void test_the_page_is_the_table(void **state)
{
	struct arena arena = ARENA_INIT;
	struct source page;
	struct problem problem = {.arena = &arena};

	(void)state;
	if (!source_read(&page, "docs/errors.md", &problem)) {
		print_message("%s: run make docs\n", problem.text);
		assert_true(false);
	}
	assert_string_equal(page.text, written(&arena));
	arena_free(&arena);
}

/* Adds up what LOOK finds in each file of PATTERN. */
static size_t look_through(const char *pattern, size_t (*look)(const char *text, struct arena *arena))
{
	struct arena arena = ARENA_INIT;
	size_t found = 0;
	glob_t files;

	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct source file;
		struct problem problem = {.arena = &arena};

		assert_true(source_read(&file, files.gl_pathv[i], &problem));
		found += look(file.text, &arena);
	}
	globfree(&files);
	arena_free(&arena);
	return found;
}

/* Every "failed REASON" and "blame REASON" of the templates. */
static size_t look_in_template(const char *text, struct arena *arena)
{
	static const char *const verbs[] = {"failed ", "blame "};
	size_t found = 0;

	for (size_t v = 0; v < COUNT(verbs); v++) {
		for (const char *p = text; (p = strstr(p, verbs[v])); p++) {
			const char *word = p + strlen(verbs[v]);
			size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz_");
			const char *reason = arena_strndup(arena, word, len);

			/* A call, not a sentence: at the start of a command, with a text behind. */
			if ((p > text && !strchr(" \t\n(", p[-1])) || !len || word[len] != ' ' ||
			    !strchr("'\"$", word[len + 1]))
				continue;
			assert_that(reason, reason_of_script(reason) || strcmp(reason, "skipped") == 0);
			found++;
		}
	}
	return found;
}

static void test_every_reason_of_the_templates_is_known(void **state)
{
	(void)state;
	assert_true(look_through("templates/*.sh", look_in_template) > 20);
}

/* Every reason that providers give a status document, `refuse(r, "REASON", …`. */
static size_t look_in_provider(const char *text, struct arena *arena)
{
	static const char call[] = "refuse(";
	size_t found = 0;

	for (const char *p = text; (p = strstr(p, call)); p++) {
		const char *word = p + strlen(call) + strcspn(p + strlen(call), "\"\n");
		const char *reason;

		if (*word != '"')
			continue;
		reason = arena_strndup(arena, word + 1, strcspn(word + 1, "\""));
		assert_that(reason, reason_find(reason));
		found++;
	}
	return found;
}

static void test_every_reason_of_the_providers_is_known(void **state)
{
	(void)state;
	assert_true(look_through("providers/network/*.c", look_in_provider) >= 5);
}

/* The plan's step NAME; NULL for "". */
static const struct step *step_of(const char *name)
{
	for (const struct plan_step *s = plan_steps; s->step.name; s++) {
		if (strcmp(s->step.name, name) == 0)
			return &s->step;
	}
	assert_string_equal(name, "");
	return NULL;
}

static void test_error_codes(void **state)
{
	static const struct {
		const char *reason, *step, *code;
	} cases[] = {
		{"", "", ""},
		{"not_started", "", ""},
		{"refused", "", "ssh_failed"},
		{"lost", "network.join", "ssh_failed"},
		{"timeout", "docker.install", "ssh_failed"},
		{"protocol", "network.verify", "ssh_failed"},
		{"interrupted", "docker.install", "ssh_failed"},
		{"not_root", "host.preflight", "ssh_failed"},
		{"busy", "host.preflight", "ssh_failed"},
		{"internal", "host.preflight", "ssh_failed"},
		{"unsupported_os", "host.preflight", "network_install_failed"},
		{"docker_missing", "docker.install", "docker_detect_failed"},
		{"apt_lock", "docker.install", "docker_install_failed"},
		{"docker_too_old", "docker.verify", "docker_verify_failed"},
		{"download", "network.install", "network_install_failed"},
		{"auth_key_invalid", "network.join", "network_join_failed"},
		{"tag_mismatch", "network.verify", "network_join_failed"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_text(cases[i].reason, reason_error_code(cases[i].reason, step_of(cases[i].step)),
			    cases[i].code);
}

enum { CODES_MAX = 16 };

/* Every error code that a host's failure can have: of each reason at each step. */
static size_t all_codes(const char *codes[CODES_MAX], struct arena *arena)
{
	const char *text = written(arena);
	size_t count = 0;

	for (const char *p = text; (p = strstr(p, "\n| `")); p++) {
		const char *name = arena_strndup(arena, p + 4, strcspn(p + 4, "`"));

		for (const struct plan_step *s = plan_steps; s->step.name; s++) {
			const char *code = reason_error_code(name, &s->step);
			size_t at = 0;

			while (at < count && strcmp(codes[at], code) != 0)
				at++;
			if (at == count && *code) {
				assert_true(count < CODES_MAX);
				codes[count++] = code;
			}
		}
	}
	return count;
}

static size_t look_in_manual(const char *text, struct arena *arena)
{
	const char *codes[CODES_MAX], *from = strstr(text, ".It Va error_code"), *to;
	size_t count = all_codes(codes, arena), found = 0;

	assert_non_null(from);
	to = strstr(from, ".It Va reason");
	assert_non_null(to);
	for (const char *p = from; (p = strstr(p, "\n.Ql ")) && p < to; p++) {
		const char *code = arena_strndup(arena, p + 5, strcspn(p + 5, " \n"));
		size_t at = 0;

		while (at < count && strcmp(codes[at], code) != 0)
			at++;
		assert_that(code, at < count);
		found++;
	}
	assert_int_equal(found, count);
	return found;
}

/* The manual lists the error codes that there can be, and no other: config_invalid, say, is none, as a config
 * that is wrong ends the command before there is a host to fail. */
static void test_every_code_is_in_the_manual(void **state)
{
	(void)state;
	assert_int_equal(look_through("docs/stagecraft.1", look_in_manual), 6);
}

/* Every row says what it means and what to do; names are plain words; a row is found by its name. */
static void test_the_rows(void **state)
{
	struct arena arena = ARENA_INIT;
	const char *text = written(&arena);
	struct str advice = STR_INIT;
	size_t rows = 0;

	(void)state;
	for (const char *p = text; (p = strstr(p, "\n| `")); p++) {
		const char *name = arena_strndup(&arena, p + 4, strcspn(p + 4, "`"));
		const struct reason *r = reason_find(name);

		assert_non_null(r);
		for (const char *c = name; *c; c++)
			assert_that(name, islower((unsigned char)*c) || *c == '_');
		assert_that(name, strlen(r->means) > 9 && strlen(r->advice) > 9);
		assert_that(name, !strchr(r->means, '|') && !strchr(r->advice, '|'));
		assert_that(name, r->advice[strlen(r->advice) - 1] != '.');
		advice.len = 0;
		reason_add_advice(&advice, name);
		assert_that(name, str_starts(str_text(&advice), r->advice));
		rows++;
	}
	assert_true(rows > 50);
	assert_null(reason_find("whim"));
	str_free(&advice);
	reason_add_advice(&advice, "whim");
	assert_int_equal(advice.len, 0);
	arena_free(&arena);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_page_is_the_table),
		cmocka_unit_test(test_every_reason_of_the_templates_is_known),
		cmocka_unit_test(test_every_reason_of_the_providers_is_known),
		cmocka_unit_test(test_error_codes),
		cmocka_unit_test(test_every_code_is_in_the_manual),
		cmocka_unit_test(test_the_rows),
	};

	if (argc > 1 && strcmp(argv[1], "--write") == 0) {
		reasons_write_markdown(stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
