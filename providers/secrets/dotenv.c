/* The reader. What each of the others does is noted where they part; "the others" are compose-go v2.16
 * (dotenv/parser.go), godotenv 1.5 (parser.go), dotenv 18 of npm (a regular expression) and python-dotenv 1.2
 * (parser.py, variables.py). */
#include "providers/secrets/dotenv.h"
#include "providers/secrets/scan.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255 };

/* ---- what stands outside of values ---- */

/* A line of its own, or behind a value. node's dotenv and python-dotenv end a line at a lone CR, and node's
 * dotenv at U+2028 and U+2029 too: what follows could be an assignment to them. */
static void take_comment(struct scan *s)
{
	for (; !scan_at_line_end(s->p); s->p++) {
		if (*s->p == '\r' || str_starts(s->p, "\xE2\x80\xA8") || str_starts(s->p, "\xE2\x80\xA9")) {
			scan_broken(s, s->p, "end lines with LF or CR LF",
				    "some readers begin a new line at this character, amid a comment");
			return;
		}
	}
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

bool dotenv_is_name(const char *text, size_t len)
{
	if (!len || len > NAME_MAX_BYTES || isdigit((unsigned char)*text) || *text == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_name_byte(text[i]))
			return false;
	}
	return true;
}

/* "export" is one only before a name. compose-go drops it even before a sign: "export =x" has no name there.
 */
static void skip_export(struct scan *s)
{
	size_t blanks = str_starts(s->p, "export") ? strspn(s->p + 6, " \t") : 0;

	if (blanks && is_name_byte(s->p[6 + blanks]))
		s->p += 6 + blanks;
}

static struct secret_entry *take_name(struct scan *s, const char *start)
{
	const char *name = s->p;
	size_t len;

	while (is_name_byte(*s->p) || *s->p == '-')
		s->p++;
	len = (size_t)(s->p - name);
	if (len && len <= NAME_MAX_BYTES && !(len == 6 && memcmp(name, "export", 6) == 0 && *s->p != '='))
		return scan_entry(s, start, name, len);
	scan_broken(s, name, "write NAME=value, or # before a comment", "this line is not an assignment");
	return NULL;
}

static void check_name(const struct scan *s, struct secret_entry *e, const char *at)
{
	if (isdigit((unsigned char)*e->name) || *e->name == '.')
		scan_trouble(s, e, at,
			     "docker compose passes over a name that doesn't begin with a letter or _",
			     "begin the name with a letter or _");
	else if (strchr(e->name, '-'))
		scan_trouble(s, e, at, "godotenv refuses a name with a dash", "write _ instead of the dash");
}

/* ---- values ---- */

/* Unicode's spaces, which some readers trim, and controls. */
static bool is_odd(long code)
{
	return (code < 0x20 && code != '\t') || (code >= 0x7F && code <= 0xA0) || code == 0x1680 ||
	       code == 0x180E || (code >= 0x2000 && code <= 0x200F) || code == 0x2028 || code == 0x2029 ||
	       code == 0x202F || code == 0x205F || code == 0x3000 || code == 0xFEFF;
}

static void check_plain(struct scan *s, struct secret_entry *e, const char *from, const char *to)
{
	static const char help[] = "put the value in single quotes";
	static const struct {
		long code;
		const char *text, *help;
	} doubtful[] = {
		{'#', "# in a value without quotes: readers differ on where a comment begins",
		 "put the value, or all of it, in single quotes"},
		{'$', "$ in a value without quotes: docker compose and godotenv put a variable there", help},
		{'`', "a backtick in a value without quotes: it is a quote to node's dotenv", help},
		{'\\', "a backslash in a value without quotes: an escape to some readers", help},
	};

	for (size_t used; from < to; from += used) {
		long code = utf8_next(from, (size_t)(to - from), &used);

		for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++) {
			if (code == doubtful[i].code)
				scan_trouble(s, e, from, doubtful[i].text, doubtful[i].help);
		}
		if (code == '\r')
			scan_broken(
				s, from, "end lines with LF or CR LF",
				"a carriage return that ends no line: some readers begin a new line there");
		else if (is_odd(code))
			scan_trouble(s, e, from, "a control character or odd space in a value without quotes",
				     help);
	}
}

/* What readers differ on in quotes, the first row that fits; without a text, they agree. */
static const struct {
	char quote; /* 0: any */
	const char *begins, *text, *help;
} in_quotes[] = {
	{0, "\r", "a carriage return in quotes: node's dotenv and python-dotenv make a line feed of it",
	 "end lines with LF, or write \\r in double quotes"},
	{'"', "$", "$ in double quotes: docker compose and godotenv put a variable there",
	 "use single quotes"},
	{'"', "\\n", NULL, NULL},
	{'"', "\\r", NULL, NULL},
	{'"', "\\\"", "a quote behind a backslash: readers differ on whether the backslash stays",
	 "use the other quotes"},
	{'"', "\\", "a backslash in double quotes: node's dotenv knows \\n and \\r only",
	 "use single quotes"},
	{'\'', "${", "${ in single quotes: python-dotenv puts a variable there all the same",
	 "change the value"},
	{'\'', "\\\\", "two backslashes in single quotes: python-dotenv makes one of them",
	 "change the value"},
	{'\'', "\\'", "a quote behind a backslash: readers differ on whether the backslash stays",
	 "use the other quotes"},
};

/* P is behind the opening quote or further; a NUL stands behind the text. */
static void check_quoted(const struct scan *s, struct secret_entry *e, const char *p, char quote)
{
	for (size_t i = 0; i < sizeof in_quotes / sizeof *in_quotes; i++) {
		if ((in_quotes[i].quote && in_quotes[i].quote != quote) ||
		    !str_starts(p, in_quotes[i].begins))
			continue;
		if (in_quotes[i].text)
			scan_trouble(s, e, p, in_quotes[i].text, in_quotes[i].help);
		return;
	}
}

/* The closing quote of a value that begins at P; NULL if there is none, or if readers differ on where it is:
 * one backslash before a quote makes it part of the value everywhere, two end the value for compose-go and
 * python-dotenv but not for godotenv. */
static const char *find_close(struct scan *s, struct secret_entry *e, const char *p, char quote)
{
	const char *open = p - 1;

	for (; *p; p++) {
		size_t backslashes = 0;

		check_quoted(s, e, p, quote);
		if (*p != quote)
			continue;
		while (p - 1 - backslashes > open && p[-1 - (long)backslashes] == '\\')
			backslashes++;
		if (!backslashes)
			return p;
		if (backslashes > 1) {
			scan_broken(
				s, p - backslashes, "write the value without it",
				"backslashes before a quote: readers differ on whether the value ends here");
			s->p = p;
			return NULL;
		}
	}
	scan_broken(s, open, "close it on the line where the value ends", "this quote is never closed");
	s->p += strlen(s->p);
	return NULL;
}

/* In double quotes, \\n and \\r mean line ends. */
static void decode(struct scan *s, struct secret_entry *e, const char *from, const char *to, char quote)
{
	char *value = secret_doc_value(s->doc, (size_t)(to - from)), *out = value;

	for (; from < to; from++) {
		if (quote == '"' && *from == '\\') {
			from++;
			*out++ = *from == 'n' ? '\n' : '\r';
		} else {
			*out++ = *from;
		}
	}
	*out = '\0';
	e->value = value;
	e->len = (size_t)(out - value);
}

/* To the end of the line, without the blanks before it. The first " #" is taken for a comment's beginning, so
 * that the comment is kept when the value is replaced. */
static void take_plain(struct scan *s, struct secret_entry *e)
{
	const char *from = s->p, *to, *stop;

	while (!scan_at_line_end(s->p))
		s->p++;
	stop = to = s->p;
	check_plain(s, e, from, to);
	for (const char *p = from; p < stop; p++) {
		if (*p == '#' && (p == from || p[-1] == ' ' || p[-1] == '\t')) {
			s->p = to = p;
			e->commented = true;
			take_comment(s);
			break;
		}
	}
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	scan_span(s, e, from, to);
	if (!e->trouble)
		decode(s, e, from, to, '\0');
}

static void take_quoted(struct scan *s, struct secret_entry *e)
{
	const char *open = s->p, *close = find_close(s, e, open + 1, *open);

	if (!close)
		return;
	scan_span(s, e, open, close + 1);
	s->p = close + 1;
	scan_blanks(s);
	if (*s->p == '#') {
		e->commented = true;
		take_comment(s);
	} else if (!scan_at_line_end(s->p)) {
		scan_broken(s, s->p, "only a comment may follow", "text behind the closing quote");
		return;
	}
	if (!e->trouble)
		decode(s, e, open + 1, close, *open);
}

static void take_value(struct scan *s, struct secret_entry *e)
{
	s->p++; /* the sign */
	scan_blanks(s);
	if (*s->p == '\'' || *s->p == '"')
		take_quoted(s, e);
	else if (*s->p == '`')
		scan_broken(s, s->p, "use single quotes",
			    "a backtick begins this value: it is a quote to node's dotenv, and to no other "
			    "reader");
	else
		take_plain(s, e);
}

static void take_assignment(struct scan *s, const char *start)
{
	struct secret_entry *e;

	skip_export(s);
	e = take_name(s, start);
	if (!e)
		return;
	scan_span(s, e, s->p, s->p);
	scan_blanks(s);
	if (scan_at_line_end(s->p)) {
		e->bare = true;
		scan_trouble(
			s, e, s->doc->source->text + e->value_start,
			"a name without a value: docker compose looks into its environment, godotenv refuses",
			"write NAME=value");
	} else if (*s->p == '=') {
		check_name(s, e, s->doc->source->text + e->value_end - strlen(e->name));
		take_value(s, e);
	} else {
		scan_broken(s, s->p, *s->p == ':' ? "write = instead of :" : "write NAME=value",
			    "this line is not an assignment");
	}
}

static void take_line(struct scan *s)
{
	const char *start = s->p;

	scan_blanks(s);
	if (*s->p == '#')
		take_comment(s);
	else if (!scan_at_line_end(s->p))
		take_assignment(s, start);
}

/* ---- the writer ---- */

enum form {
	PLAIN,	/* nothing that means anything to any reader, or to a shell */
	SINGLE, /* in single quotes */
	DOUBLE, /* in double quotes, CR as \r */
	BARE,	/* without quotes, because it holds both */
	NONE,
};

struct traits {
	bool plain, single, dbl, newline, cr, dollar, expands, backslash, escapes, stops, odd, invalid;
};

static void look_at(struct traits *t, const char *value, size_t len, size_t i, long code)
{
	char next = i + 1 < len ? value[i + 1] : '\0';

	t->plain = t->plain && (is_name_byte((char)code) || strchr("/:@%+,=-", (int)code)) && code < 0x80;
	t->single |= code == '\'';
	t->dbl |= code == '"';
	t->newline |= code == '\n';
	t->cr |= code == '\r';
	t->dollar |= code == '$';
	t->expands |= code == '$' && next == '{';
	t->backslash |= code == '\\';
	t->escapes |= code == '\\' && (next == '\\' || next == '\'' || i + 1 == len);
	t->stops |= code == '#' || code == '`';
	t->odd |= is_odd(code);
	t->invalid |= code <= 0;
}

static struct traits traits_of(const char *value, size_t len)
{
	struct traits t = {.plain = true};

	for (size_t i = 0, used; i < len; i += used)
		look_at(&t, value, len, i, utf8_next(value + i, len - i, &used));
	if (len && (strchr(" \t", value[0]) || strchr(" \t", value[len - 1]) || strchr("'\"", value[0])))
		t.odd = true;
	return t;
}

static enum form form_of(const struct traits *t, bool commented)
{
	if (t->invalid || t->expands)
		return NONE;
	if (t->plain && !commented)
		return PLAIN;
	if (!t->single && !t->cr && !t->escapes)
		return SINGLE;
	if (!t->dbl && !t->backslash && !t->dollar)
		return DOUBLE;
	if (!t->newline && !t->cr && !t->dollar && !t->backslash && !t->stops && !t->odd && !commented)
		return BARE;
	return NONE;
}

static const char *refuse(const char *name, const char *value, size_t len)
{
	struct traits t = traits_of(value, len);

	if (!dotenv_is_name(name, strlen(name)))
		return "has a name that some readers refuse: letters, digits, _ and . only, no digit first";
	if (t.invalid)
		return "is not UTF-8 text";
	if (t.expands)
		return "holds ${, which python-dotenv replaces in any quotes";
	if (form_of(&t, false) != NONE)
		return NULL;
	if (t.escapes && !t.single && !t.cr)
		return "holds two backslashes in a row or ends in one, which no quotes keep for every reader";
	if (t.cr && !t.single)
		return "holds a carriage return, which needs double quotes, beside \", \\ or $, which they "
		       "change";
	if (t.cr)
		return "holds a carriage return beside quotes, \\ or $, and no way of writing that reads "
		       "the same everywhere";
	return "holds a single quote beside what only single quotes keep ($, \\, or \" with a line end or "
	       "#), and no way of writing that reads the same everywhere";
}

static bool write_value(struct str *out, const char *value, size_t len, bool commented)
{
	struct traits t = traits_of(value, len);
	enum form form = form_of(&t, commented);

	if (form == NONE)
		return false;
	if (form == PLAIN || form == BARE) {
		str_addn(out, value, len);
		return true;
	}
	str_addc(out, form == SINGLE ? '\'' : '"');
	for (size_t i = 0; i < len; i++) {
		if (form == DOUBLE && value[i] == '\r')
			str_add(out, "\\r");
		else
			str_addc(out, value[i]);
	}
	str_addc(out, form == SINGLE ? '\'' : '"');
	return true;
}

static void write_name(struct str *out, const char *name)
{
	str_add(out, name);
	str_addc(out, '=');
}

const struct secret_format dotenv_format = {
	.take_line = take_line,
	.refuse = refuse,
	.write_value = write_value,
	.write_name = write_name,
	.comment = "#",
};
