#include "providers/secrets/cue.h"
#include "providers/secrets/scan.h"

#include <ctype.h>
#include <string.h>

/* Labels that CUE takes for something else at some place; in quotes they are labels anywhere. */
static const char *const words[] = {"package", "import", "for", "in",	"if",	    "let",  "true",
				    "false",   "null",	 "try", "else", "fallback", "func", "otherwise"};

static bool is_label_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* ---- strings ---- */

static bool hex(const char *p, int digits, unsigned long *code)
{
	*code = 0;
	for (int i = 0; i < digits; i++) {
		const char *all = "0123456789abcdef", *at = memchr(all, tolower((unsigned char)p[i]), 16);

		if (!at)
			return false;
		*code = *code * 16 + (unsigned long)(at - all);
	}
	return true;
}

/* \uNNNN, \UNNNNNNNN, or two of the first as a surrogate pair. P is behind the backslash; returns how many
 * bytes it took, 0 if it's none. */
static size_t take_code(const char *p, const char *to, char **out)
{
	int digits = *p == 'u' ? 4 : 8;
	unsigned long code, low;
	size_t used = 1 + (size_t)digits;

	if (to - p <= digits || !hex(p + 1, digits, &code))
		return 0;
	if (code >= 0xD800 && code <= 0xDBFF && to - p >= 11 && p[5] == '\\' && p[6] == 'u' &&
	    hex(p + 7, 4, &low) && low >= 0xDC00 && low <= 0xDFFF) {
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		used += 6;
	}
	if (!code || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return 0;
	*out += utf8_put(*out, code);
	return used;
}

/* FROM to TO, without the quotes. False if an escape is none of CUE's. */
static bool decode(const char *from, const char *to, char *out, size_t *len)
{
	static const char letters[] = "abfnrtv\\/\"", meant[] = "\a\b\f\n\r\t\v\\/\"";
	char *start = out;

	while (from < to) {
		const char *letter;
		size_t used = 1;

		if (*from != '\\') {
			*out++ = *from++;
			continue;
		}
		from++;
		letter = from < to ? memchr(letters, *from, sizeof letters - 1) : NULL;
		if (letter)
			*out++ = meant[letter - letters];
		else if (from < to && (*from == 'u' || *from == 'U'))
			used = take_code(from, to, &out);
		else
			used = 0;
		if (!used)
			return false;
		from += used;
	}
	*out = '\0';
	*len = (size_t)(out - start);
	return true;
}

/* Behind the next QUOTES that no backslash stands before. */
static bool find_close(struct scan *s, const char *open, const char *quotes)
{
	bool one_line = !quotes[1];

	for (; s->p < s->end && !scan_starts(s, quotes); s->p++) {
		if (one_line && (*s->p == '\n' || *s->p == '\r'))
			break;
		if (*s->p != '\\')
			continue;
		if (s->end - s->p >= 2 && s->p[1] == '(')
			return scan_broken(s, s->p, "write the text itself", "interpolation in a string");
		if (s->end - s->p >= 2)
			s->p++;
	}
	if (!scan_starts(s, quotes))
		return scan_broken(s, open, "close it", "this string is never closed");
	s->p += strlen(quotes);
	return true;
}

static bool take_string(struct scan *s, struct secret_entry *e)
{
	const char *from = s->p;
	bool several = scan_starts(s, "\"\"\"");
	char *value;

	s->p += several ? 3 : 1;
	if (!find_close(s, from, several ? "\"\"\"" : "\""))
		return false;
	scan_span(s, e, from, s->p);
	if (several) {
		e->trouble = "a string of several lines is not compared";
		e->trouble_at = scan_place(s, from);
		return true;
	}
	value = secret_doc_value(s->doc, (size_t)(s->p - from - 2));
	if (!decode(from + 1, s->p - 1, value, &e->len))
		return scan_broken(s, from, "\\n \\r \\t \\\" \\\\ and \\uNNNN are",
				   "an escape in this string is none of CUE's");
	e->value = value;
	return true;
}

/* ---- lines ---- */

static struct secret_entry *take_label(struct scan *s, const char *start)
{
	const char *name = s->p;
	bool quoted = scan_starts(s, "\"");
	struct secret_entry *e;
	size_t len;

	name += quoted;
	for (s->p = name; s->p < s->end && is_label_byte(*s->p); s->p++)
		;
	len = (size_t)(s->p - name);
	if (!len || (quoted && !scan_starts(s, "\""))) {
		scan_broken(s, start, "write NAME: \"text\"", "this line is not an assignment of a string");
		return NULL;
	}
	e = secret_doc_add(s->doc, name, len);
	e->at = scan_place(s, name);
	e->start = (size_t)(start - s->doc->source->text);
	s->p += quoted;
	return e;
}

static void take_assignment(struct scan *s, const char *start)
{
	struct secret_entry *e = take_label(s, start);

	if (!e)
		return;
	scan_blanks(s);
	if (s->p == s->end || *s->p != ':') {
		scan_broken(s, s->p, "write NAME: \"text\"", "this line is not an assignment of a string");
		return;
	}
	s->p++;
	scan_blanks(s);
	if (!scan_starts(s, "\"")) {
		scan_broken(s, s->p, "write NAME: \"text\"", "the value is not a string in double quotes");
		return;
	}
	if (!take_string(s, e))
		return;
	scan_blanks(s);
	if (s->p < s->end && *s->p == ',')
		s->p++;
	scan_blanks(s);
	if (scan_starts(s, "//"))
		e->commented = true;
	else if (!scan_at_line_end(s, s->p))
		scan_broken(s, s->p, "write an assignment a line", "text behind the string");
}

static bool is_package(const struct scan *s)
{
	return scan_starts(s, "package ") && !s->doc->count;
}

static void take_line(struct scan *s)
{
	const char *start = s->p;

	scan_blanks(s);
	if (!scan_at_line_end(s, s->p) && !scan_starts(s, "//") && !is_package(s))
		take_assignment(s, start);
}

static bool parse(struct secret_doc *doc, struct diags *d)
{
	return scan_lines(doc, d, take_line);
}

/* ---- writing ---- */

static const char *refuse(const char *name, const char *value, size_t len)
{
	if (*name == '_')
		return "has a name that begins with _: CUE hides such a field, and Encore doesn't see it";
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '_')
			return "has a name that Encore can't take: letters, digits and _ only";
	}
	if (!isalpha((unsigned char)*name))
		return "has a name that Encore can't take: a letter first";
	for (size_t i = 0, used; i < len; i += used) {
		if (utf8_next(value + i, len - i, &used) <= 0)
			return "is not UTF-8 text";
	}
	return NULL;
}

static bool write_value(struct str *out, const char *value, size_t len, bool commented)
{
	(void)commented;
	str_addc(out, '"');
	for (size_t i = 0, used; i < len; i += used) {
		long code = utf8_next(value + i, len - i, &used);

		if (code == '"' || code == '\\') {
			str_addc(out, '\\');
			str_addc(out, (char)code);
		} else if (code == '\n') {
			str_add(out, "\\n");
		} else if (code == '\t') {
			str_add(out, "\\t");
		} else if (code == '\r') {
			str_add(out, "\\r");
		} else if ((code >= 0 && code < 0x20) || code == 0x7F || code == 0xFEFF) {
			str_addf(out, "\\u%04lx", (unsigned long)code);
		} else {
			str_addn(out, value + i, used);
		}
	}
	str_addc(out, '"');
	return true;
}

static void write_name(struct str *out, const char *name)
{
	bool word = false;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		word = word || strcmp(words[i], name) == 0;
	str_addf(out, word ? "\"%s\": " : "%s: ", name);
}

const struct secret_format cue_format = {
	.parse = parse,
	.refuse = refuse,
	.write_value = write_value,
	.write_name = write_name,
	.comment = "//",
};
