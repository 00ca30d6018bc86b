/* What the tests of secrets share: a text parsed and shown, a folder of its own. */
#ifndef TESTS_UNIT_SECRETS_H
#define TESTS_UNIT_SECRETS_H

#include "tests/unit/unit.h"

#include "providers/secrets/scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A document on LEN bytes of TEXT; parsed_free() ends it. */
struct parsed {
	struct arena arena;
	struct diags diags;
	struct source source;
	struct secret_doc doc;
	bool ok;
};

static inline void parse_text(struct parsed *p, const struct secret_format *format, const char *text,
			      size_t len)
{
	*p = (struct parsed){.arena = ARENA_INIT};
	diags_init(&p->diags, &p->arena);
	p->source = (struct source){
		.name = "x.env", .text = text, .len = len, .last = text, .last_line = 1, .secret = true};
	p->ok = scan_doc(&p->doc, format, &p->source, &p->diags);
}

static inline void parsed_free(struct parsed *p)
{
	secret_doc_free(&p->doc);
	diags_free(&p->diags);
	arena_free(&p->arena);
}

/* "A=[1] B=! 2:3 …": every entry with its value, or where its trouble is; then what is broken, by place. In
 * the arena. */
static inline const char *shown(struct parsed *p)
{
	struct str out = STR_INIT;
	const char *kept;

	for (size_t i = 0; i < p->doc.count; i++) {
		const struct secret_entry *e = &p->doc.items[i];

		str_addf(&out, "%s%s=", out.len ? " " : "", e->name);
		if (e->trouble)
			str_addf(&out, "!%u:%u", e->trouble_at.line, e->trouble_at.column);
		else
			str_addf(&out, "[%.*s]", (int)e->len, e->value);
	}
	for (size_t i = 0; i < p->diags.count; i++)
		str_addf(&out, "%sbroken@%u:%u", out.len ? " " : "", p->diags.items[i].at.line,
			 p->diags.items[i].at.column);
	kept = arena_strndup(&p->arena, str_text(&out), out.len);
	str_free(&out);
	return kept;
}

/* Writes TEXT to NAME in the current folder, with MODE. */
static inline void put_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

/* The text of NAME; "(none)" if there is no such file. Static. */
static inline const char *get_file(const char *name)
{
	static char text[1 << 16];
	int fd = open(name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return "(none)";
	n = read(fd, text, sizeof text - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	return text;
}

#endif
