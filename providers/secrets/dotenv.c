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
static bool take_comment(struct scan *s)
{
	for (; !scan_at_line_end(s->p); s->p++) {
		if (*s->p == '\r' || str_starts(s->p, "\xE2\x80\xA8") || str_starts(s->p, "\xE2\x80\xA9"))
			return scan_broken(s, s->p, "end lines with LF or CR LF",
					   "some readers begin a new line at this character, amid a comment");
	}
	return true;
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

bool dotenv_is_name(const char *text, size_t len)
{
	bool good = len && len <= NAME_MAX_BYTES && !isdigit((unsigned char)*text) && *text != '.';

	for (size_t i = 0; good && i < len; i++)
		good = is_name_byte(text[i]);
	return good;
}

/* "export" is one only before a name. compose-go drops it even before a sign: "export =x" has no name there.
 * NULL with an error if there is no name. */
static struct secret_entry *take_name(struct scan *s)
{
	size_t blanks = str_starts(s->p, "export") ? strspn(s->p + 6, " \t") : 0, len;
	const char *name;

	if (blanks && is_name_byte(s->p[6 + blanks]))
		s->p += 6 + blanks;
	for (name = s->p; is_name_byte(*s->p) || *s->p == '-'; s->p++)
		;
	len = (size_t)(s->p - name);
	if (len && len <= NAME_MAX_BYTES && !(len == 6 && memcmp(name, "export", 6) == 0 && *s->p != '='))
		return scan_entry(s, name, len);
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

/* What readers differ on in quotes or, ' ', without; the first row that fits; without a text, they agree. */
static const struct {
	char quote; /* 0: any */
	const char *begins, *text, *help;
} doubtful[] = {
	{' ', "#", "# in a value without quotes: readers differ on where a comment begins",
	 "put the value, or all of it, in single quotes"},
	{' ', "$", "$ in a value without quotes: docker compose and godotenv put a variable there",
	 "put the value in single quotes"},
	{' ', "`", "a backtick in a value without quotes: it is a quote to node's dotenv",
	 "put the value in single quotes"},
	{' ', "\\", "a backslash in a value without quotes: an escape to some readers",
	 "put the value in single quotes"},
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

/* P is in the value; a NUL stands behind the text. */
static void check(const struct scan *s, struct secret_entry *e, const char *p, char quote)
{
	for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++) {
		if ((doubtful[i].quote && doubtful[i].quote != quote) || !str_starts(p, doubtful[i].begins))
			continue;
		if (doubtful[i].text)
			scan_trouble(s, e, p, doubtful[i].text, doubtful[i].help);
		return;
	}
}

static bool check_plain(struct scan *s, struct secret_entry *e, const char *from, const char *to)
{
	bool whole = true;

	for (size_t used; from < to; from += used) {
		long code = utf8_next(from, (size_t)(to - from), &used);

		if (code == '\r')
			whole = scan_broken(
				s, from, "end lines with LF or CR LF",
				"a carriage return that ends no line: some readers begin a new line there");
		else if (is_odd(code))
			scan_trouble(s, e, from, "a control character or odd space in a value without quotes",
				     "put the value in single quotes");
		else
			check(s, e, from, ' ');
	}
	return whole;
}

/* The closing quote of a value that begins at P; NULL if there is none, or if readers differ on where it is:
 * one backslash before a quote makes it part of the value everywhere, two end the value for compose-go and
 * python-dotenv but not for godotenv. */
static const char *find_close(struct scan *s, struct secret_entry *e, const char *p, char quote)
{
	size_t backslashes = 0;

	for (; *p && (*p != quote || backslashes == 1); p++) {
		check(s, e, p, quote);
		backslashes = *p == '\\' ? backslashes + 1 : 0;
	}
	if (!*p)
		scan_broken(s, s->p, "close it on the line where the value ends",
			    "this quote is never closed");
	else if (backslashes)
		scan_broken(s, p - backslashes, "write the value without it",
			    "backslashes before a quote: readers differ on whether the value ends here");
	else
		return p;
	s->p = p;
	return NULL;
}

/* In double quotes, \\n and \\r mean line ends. */
static void decode(struct scan *s, struct secret_entry *e, const char *from, const char *to, char quote)
{
	char *out = scan_value(s, (size_t)(to - from));

	for (e->value = out; from < to; from++) {
		bool escape = quote == '"' && *from == '\\';

		*out++ = !escape ? *from : *++from == 'n' ? '\n' : '\r';
	}
	*out = '\0';
	e->len = (size_t)(out - e->value);
}

/* To the end of the line, without the blanks before it. The first " #" is taken for a comment's beginning, so
 * that the comment is kept when the value is replaced. */
static bool take_plain(struct scan *s, struct secret_entry *e)
{
	const char *from = s->p, *to = from, *end;
	bool whole;

	for (; !scan_at_line_end(s->p); s->p++)
		;
	end = s->p;
	whole = check_plain(s, e, from, end);
	while (to < end && (*to != '#' || (to > from && to[-1] != ' ' && to[-1] != '\t')))
		to++;
	e->commented = to < end;
	s->p = to;
	whole = take_comment(s) && whole;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	scan_span(s, e, from, to);
	if (!e->trouble)
		decode(s, e, from, to, ' ');
	return whole;
}

static bool take_quoted(struct scan *s, struct secret_entry *e)
{
	const char *open = s->p, *close = find_close(s, e, open + 1, *open);

	if (!close)
		return false;
	scan_span(s, e, open, close + 1);
	s->p = close + 1;
	scan_blanks(s);
	e->commented = *s->p == '#';
	if (!e->commented && !scan_at_line_end(s->p))
		return scan_broken(s, s->p, "only a comment may follow", "text behind the closing quote");
	if (!e->trouble)
		decode(s, e, open + 1, close, *open);
	return take_comment(s);
}

static bool take_assignment(struct scan *s)
{
	struct secret_entry *e = take_name(s);
	const char *end = s->p;

	if (!e)
		return false;
	scan_blanks(s);
	if (scan_at_line_end(s->p)) {
		e->bare = true;
		scan_span(s, e, end, end);
		scan_trouble(
			s, e, end,
			"a name without a value: docker compose looks into its environment, godotenv refuses",
			"write NAME=value");
		return true;
	}
	if (*s->p != '=')
		return scan_broken(s, s->p, *s->p == ':' ? "write = instead of :" : "write NAME=value",
				   "this line is not an assignment");
	check_name(s, e, end - strlen(e->name));
	s->p++;
	scan_blanks(s);
	if (*s->p == '`')
		return scan_broken(s, s->p, "use single quotes",
				   "a backtick begins this value: it is a quote to node's dotenv, and to no "
				   "other reader");
	return *s->p == '\'' || *s->p == '"' ? take_quoted(s, e) : take_plain(s, e);
}

static bool take_line(struct scan *s)
{
	scan_blanks(s);
	return *s->p == '#' || scan_at_line_end(s->p) ? take_comment(s) : take_assignment(s);
}

/* ---- the writer ---- */

struct traits {
	bool plain, single, dbl, newline, cr, dollar, expands, backslash, escapes, stops, odd, invalid;
};

static struct traits traits_of(const char *value, size_t len)
{
	struct traits t = {.plain = true};

	for (size_t i = 0, used; i < len; i += used) {
		long code = utf8_next(value + i, len - i, &used);
		char next = i + 1 < len ? value[i + 1] : '\0';

		t.plain =
			t.plain && code < 0x80 && (is_name_byte((char)code) || strchr("/:@%+,=-", (int)code));
		t.single |= code == '\'';
		t.dbl |= code == '"';
		t.newline |= code == '\n';
		t.cr |= code == '\r';
		t.dollar |= code == '$';
		t.expands |= code == '$' && next == '{';
		t.backslash |= code == '\\';
		t.escapes |= code == '\\' && (next == '\\' || next == '\'' || i + 1 == len);
		t.stops |= code == '#' || code == '`';
		t.odd |= is_odd(code);
		t.invalid |= code <= 0;
	}
	t.odd |= len && (strchr(" \t", value[0]) || strchr(" \t", value[len - 1]) || strchr("'\"", value[0]));
	return t;
}

/* The quotes in which a value can be written; ' ' without, 0 if it can't be. Without them where nothing in it
 * means anything to any reader, or to a shell; or, for want of better, because it holds both. */
static char quotes_for(const struct traits *t, bool commented)
{
	if (t->invalid || t->expands)
		return 0;
	if (t->plain && !commented)
		return ' ';
	if (!t->single && !t->cr && !t->escapes)
		return '\'';
	if (!t->dbl && !t->backslash && !t->dollar)
		return '"';
	if (t->newline || t->cr || t->dollar || t->backslash || t->stops || t->odd || commented)
		return 0;
	return ' ';
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
	if (quotes_for(&t, false))
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
	char quote = quotes_for(&t, commented);

	if (quote && quote != ' ')
		str_addc(out, quote);
	for (size_t i = 0; quote && i < len; i++) {
		if (value[i] == '\r') /* in double quotes: nothing else takes it */
			str_add(out, "\\r");
		else
			str_addc(out, value[i]);
	}
	if (quote && quote != ' ')
		str_addc(out, quote);
	return quote;
}

static void write_name(struct str *out, const char *name)
{
	str_addf(out, "%s=", name);
}

const struct secret_format dotenv_format = {
	.take_line = take_line,
	.refuse = refuse,
	.write_value = write_value,
	.write_name = write_name,
	.comment = "#",
};
