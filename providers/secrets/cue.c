#include "providers/secrets/cue.h"
#include "providers/secrets/scan.h"

#include <ctype.h>
#include <string.h>

/* Labels that CUE takes for something else at some place; in quotes they are labels anywhere. */
static const char *const words[] = {"package", "import", "for", "in",	"if",	    "let",  "true",
				    "false",   "null",	 "try", "else", "fallback", "func", "otherwise"};

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

/* What an escape means: a letter's byte, \uNNNN, \UNNNNNNNN, or two of the first as a surrogate pair. P is
 * behind the backslash; returns how many bytes it took, 0 if it's none of CUE's. */
static size_t take_escape(const char *p, const char *to, char **out)
{
	static const char letters[] = "abfnrtv\\/\"", meant[] = "\a\b\f\n\r\t\v\\/\"";
	const char *letter = strchr(letters, *p);
	int digits = *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
	unsigned long code, low;
	size_t used = 1 + (size_t)digits;

	if (letter) {
		*(*out)++ = meant[letter - letters];
		return 1;
	}
	if (!digits || to - p <= digits || !hex(p + 1, digits, &code))
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

/* Behind the next QUOTES that no backslash stands before. */
static bool find_close(struct scan *s, const char *open, const char *quotes)
{
	bool one_line = !quotes[1];

	for (; *s->p && !str_starts(s->p, quotes); s->p++) {
		if (one_line && (*s->p == '\n' || *s->p == '\r'))
			break;
		if (*s->p != '\\')
			continue;
		if (s->p[1] == '(')
			return scan_broken(s, s->p, "write the text itself", "interpolation in a string");
		if (s->p[1])
			s->p++;
	}
	if (!str_starts(s->p, quotes))
		return scan_broken(s, open, "close it", "this string is never closed");
	s->p += strlen(quotes);
	return true;
}

static bool take_string(struct scan *s, struct secret_entry *e)
{
	const char *from = s->p, *p = from + 1, *to;
	bool several = str_starts(from, "\"\"\"");
	char *out;

	s->p += several ? 3 : 1;
	if (!find_close(s, from, several ? "\"\"\"" : "\""))
		return false;
	scan_span(s, e, from, s->p);
	if (several) {
		scan_trouble(s, e, from, "a string of several lines is not compared", NULL);
		return true;
	}
	to = s->p - 1;
	e->value = out = scan_value(s, (size_t)(to - p));
	while (p < to) {
		size_t used = 1;

		if (*p != '\\')
			*out++ = *p;
		else if ((used = take_escape(++p, to, &out)) == 0) /* find_close() saw what is behind it */
			return scan_broken(s, from, "\\n \\r \\t \\\" \\\\ and \\uNNNN are",
					   "an escape in this string is none of CUE's");
		p += used;
	}
	*out = '\0';
	e->len = (size_t)(out - e->value);
	return true;
}

/* ---- lines ---- */

static struct secret_entry *take_label(struct scan *s)
{
	bool quoted = *s->p == '"';
	const char *name = s->p + quoted;

	for (s->p = name; isalnum((unsigned char)*s->p) || *s->p == '_' || *s->p == '$'; s->p++)
		;
	if (s->p == name || (quoted && *s->p != '"'))
		return NULL;
	s->p += quoted;
	return scan_entry(s, name, (size_t)(s->p - quoted - name));
}

static bool take_assignment(struct scan *s)
{
	static const char help[] = "write NAME: \"text\"";
	struct secret_entry *e = take_label(s);

	scan_blanks(s);
	if (!e || *s->p != ':')
		return scan_broken(s, e ? s->p : s->line_start, help,
				   "this line is not an assignment of a string");
	s->p++;
	scan_blanks(s);
	if (*s->p != '"')
		return scan_broken(s, s->p, help, "the value is not a string in double quotes");
	if (!take_string(s, e))
		return false;
	scan_blanks(s);
	s->p += *s->p == ',';
	scan_blanks(s);
	e->commented = str_starts(s->p, "//");
	return e->commented || scan_at_line_end(s->p) ||
	       scan_broken(s, s->p, "write an assignment a line", "text behind the string");
}

static bool take_line(struct scan *s)
{
	scan_blanks(s);
	return scan_at_line_end(s->p) || str_starts(s->p, "//") ||
	       (str_starts(s->p, "package ") && !s->doc->count) || take_assignment(s);
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
	static const char meant[] = "\"\\\n\t\r", letters[] = "\"\\ntr";

	(void)commented;
	str_addc(out, '"');
	for (size_t i = 0, used; i < len; i += used) {
		long code = utf8_next(value + i, len - i, &used);
		const char *at = code > 0 && code < 0x80 ? strchr(meant, (int)code) : NULL;

		if (at)
			str_addf(out, "\\%c", letters[at - meant]);
		else if ((code >= 0 && code < 0x20) || code == 0x7F || code == 0xFEFF)
			str_addf(out, "\\u%04lx", (unsigned long)code);
		else
			str_addn(out, value + i, used);
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
	.take_line = take_line,
	.refuse = refuse,
	.write_value = write_value,
	.write_name = write_name,
	.comment = "//",
};
