/* Cases for the real dotenv readers: generate SEED COUNT KIND… writes COUNT lines a kind on standard output,
 *
 *   KIND xTEXT NAME=VALUE …
 *
 * TEXT and VALUEs in hex: a file's bytes, and what each reader must find in it. The kinds:
 *
 *   write  random values (bytes 1 to 255, and mixes that hit every rule), written into an empty file
 *   edit   some of them written into a random file that has assignments, comments and odd lines already
 *   read   a random file that our reader takes without a complaint
 *   cue    as write, in Encore's override file
 *
 * On standard error: how many values were written, and how many were refused, by reason. */
#include "providers/secrets/cue.h"
#include "providers/secrets/dotenv.h"
#include "providers/secrets/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 8, REASONS_MAX = 32 };

static uint64_t seed;

/* splitmix64, Steele and others 2014. */
static uint64_t next(void)
{
	uint64_t z = (seed += 0x9E3779B97F4A7C15u);

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static size_t below(size_t n)
{
	return (size_t)(next() % n);
}

/* ---- figures ---- */

static struct {
	const char *why;
	size_t count;
} reasons[REASONS_MAX];
static size_t written, files;

static void count_refusal(const char *why)
{
	size_t i = 0;

	while (i < REASONS_MAX - 1 && reasons[i].why && strcmp(reasons[i].why, why) != 0)
		i++;
	reasons[i].why = why;
	reasons[i].count++;
}

static void print_figures(const char *kind)
{
	fprintf(stderr, "%s: %zu files, %zu values", kind, files, written);
	for (size_t i = 0; reasons[i].why; i++)
		fprintf(stderr, "\n  %7zu refused: it %s", reasons[i].count, reasons[i].why);
	fputc('\n', stderr);
	memset(reasons, 0, sizeof reasons);
	written = files = 0;
}

/* ---- random texts ---- */

static void add_piece(struct str *out, const char *const *pieces, size_t count)
{
	str_add(out, pieces[below(count)]);
}

static void add_code_point(struct str *out)
{
	static const unsigned highest[] = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
	unsigned long c = 1 + below(highest[below(4)]);
	char utf8[4];

	if (c >= 0xD800 && c <= 0xDFFF)
		c = 0x2028;
	str_addn(out, utf8, utf8_put(utf8, c));
}

static void random_value(struct str *out)
{
	static const char *const nasty[] = {
		"'",	       "\"",	       "\\",   "$",    "{",	  "}",	"#", "`",
		"\n",	       "\r",	       "\r\n", " ",    "=",	  "\t", "A", "b",
		"$A",	       "${A}",	       "\\n",  " #",   "export ", "A=", ":", "é",
		"\xC2\xA0",    "\xE2\x80\xA8", "\x1b", "\x0b", "(",	  ")",	"-", "%",
		"\xEF\xBB\xBF"};
	static const char *const lines[] = {
		"-----BEGIN KEY-----\n", "MIIEvQIBADAN\n", "A=b\n", "# no\n", "'x'\n", "\"\n", "\n", "end"};
	size_t kind = below(8), len = below(40);

	for (size_t i = 0; i < len; i++) {
		if (kind == 0)
			str_addc(out, (char)(1 + below(255)));
		else if (kind <= 2)
			str_addc(out, (char)(' ' + below(95)));
		else if (kind == 3)
			add_code_point(out);
		else if (kind == 4)
			add_piece(out, lines, sizeof lines / sizeof *lines);
		else if (kind == 5)
			str_addc(out, (char)('a' + below(26)));
		else
			add_piece(out, nasty, kind == 6 ? sizeof nasty / sizeof *nasty : 18);
	}
}

static void random_name(struct str *out, size_t i)
{
	static const char *const names[] = {"A",       "B",  "DB_URL",	"a", "export",
					    "API.KEY", "_X", "exportA", "Z9"};

	str_add(out, names[below(sizeof names / sizeof *names)]);
	if (below(3))
		str_addf(out, "%zu", i);
	if (below(50) == 0)
		str_addc(out, '-');
}

/* Lines that a person, or a person's mistake, writes. */
static void random_text(struct str *out)
{
	static const char *const pieces[] = {"A",
					     "B",
					     "C",
					     "export ",
					     "export",
					     "=",
					     "=",
					     "=",
					     " ",
					     "\t",
					     "\n",
					     "\n",
					     "\n",
					     "\n",
					     "\r\n",
					     "'",
					     "'",
					     "\"",
					     "\"",
					     "`",
					     "#",
					     " # c",
					     "$",
					     "$A",
					     "${A}",
					     "\\",
					     "\\n",
					     "\\'",
					     "\\\"",
					     "x",
					     "y z",
					     "''",
					     "\"\"",
					     "A=1\n",
					     "B='2'\n",
					     "C=\"3\"\n",
					     "\n# it's\n",
					     ":",
					     "-",
					     ".",
					     "é",
					     "D='a\nb'\n",
					     "E=\"q\\n\"\n",
					     "F=\n",
					     "\r",
					     "1",
					     "=x",
					     "\xC2\xA0",
					     "\xE2\x80\xA8",
					     "\x0b",
					     "\xEF\xBB\xBF",
					     "G= 'a' # b\n",
					     "H=it's\n"};
	size_t len = below(30), all = sizeof pieces / sizeof *pieces, use = below(3) ? all : 33;

	if (below(3) == 0) {
		for (size_t i = 0; i < len % 6; i++) {
			str_addf(out, "%s%c=", below(4) ? "" : "export ", (char)('A' + below(8)));
			dotenv_format.write_value(out, "v w", 3, true);
			str_add(out, below(3) ? "\n" : " # note\n");
			if (below(4) == 0)
				str_add(out, "# a comment's\n\n");
		}
	}
	for (size_t i = 0; i < len; i++)
		add_piece(out, pieces, use);
}

/* ---- cases ---- */

static void print_hex(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", (unsigned)(unsigned char)bytes[i]);
}

struct set {
	struct str names[KEYS_MAX], values[KEYS_MAX];
	struct secret_change changes[KEYS_MAX];
	size_t count;
};

static bool taken(const struct set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->changes[i].name, name) == 0)
			return true;
	}
	return false;
}

static void random_set(struct set *set, const struct secret_format *format, const struct secret_doc *doc)
{
	size_t wanted = 1 + below(KEYS_MAX);

	memset(set, 0, sizeof *set);
	for (size_t i = 0; i < wanted; i++) {
		struct str *name = &set->names[i], *value = &set->values[i];
		const char *why;

		random_name(name, i);
		random_value(value);
		why = taken(set, str_text(name))
			      ? "has a name twice"
			      : format->refuse(str_text(name), str_text(value), value->len);
		if (why) {
			count_refusal(why);
			continue;
		}
		set->changes[set->count++] = (struct secret_change){
			.name = name->data,
			.value = str_text(value),
			.len = value->len,
			.entry = secret_doc_find(doc, name->data),
		};
		written++;
	}
}

static void free_set(struct set *set)
{
	for (size_t i = 0; i < KEYS_MAX; i++) {
		str_free(&set->names[i]);
		str_free(&set->values[i]);
	}
}

static void print_kept(const struct secret_doc *doc, const struct set *set)
{
	for (size_t i = 0; i < doc->count; i++) {
		const struct secret_entry *e = &doc->items[i];

		if (!e->value || taken(set, e->name))
			continue;
		printf(" %s=", e->name);
		print_hex(e->value, e->len);
	}
}

/* A text that has troubled lines is still edited; but then some reader refuses all of it, and nothing can be
 * compared. */
static bool has_trouble(const struct secret_doc *doc)
{
	for (size_t i = 0; i < doc->count; i++) {
		if (doc->items[i].trouble)
			return true;
	}
	return false;
}

static bool one_case(const char *kind)
{
	bool read = strcmp(kind, "read") == 0, edit = strcmp(kind, "edit") == 0;
	const struct secret_format *format = strcmp(kind, "cue") == 0 ? &cue_format : &dotenv_format;
	struct arena arena = ARENA_INIT;
	struct str text = STR_INIT, out = STR_INIT;
	struct source source;
	struct secret_doc doc;
	struct diags d;
	struct set set = {.count = 0};
	bool good;

	diags_init(&d, &arena);
	if (read || edit)
		random_text(&text);
	source_of(&source, "x", str_text(&text), text.len);
	good = scan_doc(&doc, format, &source, &d) && !has_trouble(&doc) && (!read || doc.count);
	if (good) {
		if (!read)
			random_set(&set, format, &doc);
		secret_doc_render(&doc, format, set.changes, set.count, &out);
		printf("%s x", kind);
		print_hex(str_text(&out), out.len);
		for (size_t i = 0; i < set.count; i++) {
			printf(" %s=", set.changes[i].name);
			print_hex(set.changes[i].value, set.changes[i].len);
		}
		print_kept(&doc, &set);
		putchar('\n');
		written += read ? doc.count : 0;
		files++;
	}
	free_set(&set);
	secret_doc_free(&doc);
	diags_free(&d);
	arena_free(&arena);
	str_free(&text);
	str_free(&out);
	return good;
}

int main(int argc, char **argv)
{
	size_t count;

	if (argc < 4)
		return 64;
	count = strtoul(argv[2], NULL, 10);
	for (int i = 3; i < argc; i++) {
		seed = strtoul(argv[1], NULL, 10);
		while (files < count)
			one_case(argv[i]);
		print_figures(argv[i]);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
