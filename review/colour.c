#include "review/colour.h"

#include <stdbool.h>
#include <string.h>

enum { NESTED_MAX = 32, HEREDOCS_MAX = 8 };

struct heredoc {
	const char *end; /* the line that ends it */
	size_t end_len;
	bool strip;  /* tabs before its lines (<<-) */
	bool quoted; /* nothing in it is expanded */
};

struct lexer {
	const char *text;
	size_t len, at;
	char *kinds;
	int nested;			       /* commands and quotes within each other */
	struct heredoc heredocs[HEREDOCS_MAX]; /* announced on this line */
	size_t heredoc_count;
};

/* Where in a command the lexer is. */
struct command {
	bool first;    /* a command may begin here: keywords, assignments and functions are such */
	bool redirect; /* the next word is a file's */
	bool pattern;  /* of a case */
	int until_in;  /* words to the `in` of a for or case; 0: none is to come */
	bool of_case;  /* it is a case's */
	int cases;     /* open ones */
	int groups;    /* open round brackets */
};

static void expansion(struct lexer *l, bool quoted, enum shell_kind around);
static void commands(struct lexer *l, bool nested);

static char peek(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->len ? l->text[l->at + ahead] : '\0';
}

/* Takes COUNT bytes, as far as they are there. */
static void take(struct lexer *l, size_t count, enum shell_kind kind)
{
	for (; count && l->at < l->len; count--)
		l->kinds[l->at++] = (char)kind;
}

static bool is_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Whether a word ends at C. */
static bool ends_word(char c)
{
	return c == '\0' || strchr(" \t\n;&|()<>", c);
}

static void single_quotes(struct lexer *l)
{
	const char *from = l->text + l->at + 1;
	const char *stop = memchr(from, '\'', l->len - l->at - 1);

	take(l, stop ? (size_t)(stop - from) + 2 : l->len, SHELL_STRING);
}

static void double_quotes(struct lexer *l)
{
	take(l, 1, SHELL_STRING);
	while (l->at < l->len && peek(l, 0) != '"') {
		if (peek(l, 0) == '$')
			expansion(l, true, SHELL_STRING);
		else
			take(l, peek(l, 0) == '\\' ? 2 : 1, SHELL_STRING);
	}
	take(l, 1, SHELL_STRING);
}

/* $((…)): to where as many brackets are closed as were opened. */
static void arithmetic(struct lexer *l)
{
	int open = 0;

	do {
		char c = peek(l, 0);

		open += (c == '(') - (c == ')');
		take(l, 1, SHELL_VARIABLE);
	} while (l->at < l->len && open);
}

/* ${…}; QUOTED: it stands in double quotes. */
static void braces(struct lexer *l, bool quoted)
{
	bool pattern = !quoted;

	take(l, 2, SHELL_VARIABLE);
	for (bool length = peek(l, 0) == '#'; l->at < l->len && peek(l, 0) != '}'; length = false) {
		char c = peek(l, 0);

		pattern = pattern || (!length && (c == '#' || c == '%'));
		if (c == '\'' && pattern)
			single_quotes(l);
		else if (c == '"')
			double_quotes(l);
		else if (c == '$')
			expansion(l, quoted, SHELL_VARIABLE);
		else
			take(l, c == '\\' ? 2 : 1, SHELL_VARIABLE);
	}
	take(l, 1, SHELL_VARIABLE);
}

/* What a dollar begins; where it begins nothing, it is as what stands AROUND it. */
static void expansion(struct lexer *l, bool quoted, enum shell_kind around)
{
	char next = peek(l, 1);

	if (l->nested >= NESTED_MAX) {
		take(l, 1, around);
		return;
	}
	l->nested++;
	if (next == '(' && peek(l, 2) == '(') {
		take(l, 1, SHELL_VARIABLE);
		arithmetic(l);
	} else if (next == '(') {
		take(l, 2, SHELL_VARIABLE);
		commands(l, true);
		take(l, 1, SHELL_VARIABLE);
	} else if (next == '{') {
		braces(l, quoted);
	} else if (is_name(next) && (next < '0' || next > '9')) {
		for (take(l, 1, SHELL_VARIABLE); is_name(peek(l, 0));)
			take(l, 1, SHELL_VARIABLE);
	} else if (next && strchr("0123456789?#@*!$-", next)) {
		take(l, 2, SHELL_VARIABLE);
	} else {
		take(l, 1, around);
	}
	l->nested--;
}

/* ---- here-documents ---- */

/* At << of one: its word, and that its lines follow this one. */
static void announce(struct lexer *l)
{
	struct heredoc doc = {.strip = peek(l, 2) == '-'};
	size_t from;

	take(l, doc.strip ? 3 : 2, SHELL_PLAIN);
	while (peek(l, 0) == ' ' || peek(l, 0) == '\t')
		take(l, 1, SHELL_PLAIN);
	doc.quoted = peek(l, 0) == '\'' || peek(l, 0) == '"' || peek(l, 0) == '\\';
	from = l->at + doc.quoted;
	for (char quote = peek(l, 0); !ends_word(peek(l, 0));)
		take(l, 1, quote == '\\' || !doc.quoted ? SHELL_PLAIN : SHELL_STRING);
	doc.end = l->text + from;
	doc.end_len = l->at - from;
	if (doc.end_len && doc.quoted && strchr("'\"", doc.end[doc.end_len - 1]))
		doc.end_len--;
	if (doc.end_len && l->heredoc_count < HEREDOCS_MAX)
		l->heredocs[l->heredoc_count++] = doc;
}

/* Whether a line that ends DOC begins here; then it is taken. */
static bool take_end(struct lexer *l, const struct heredoc *doc)
{
	size_t tabs = 0, left;

	while (doc->strip && peek(l, tabs) == '\t')
		tabs++;
	left = l->len - l->at - tabs;
	if (left < doc->end_len || memcmp(l->text + l->at + tabs, doc->end, doc->end_len) != 0 ||
	    (left > doc->end_len && peek(l, tabs + doc->end_len) != '\n'))
		return false;
	take(l, tabs + doc->end_len, SHELL_PLAIN);
	return true;
}

/* Behind a line end: the lines of what was announced on that line. */
static void heredocs(struct lexer *l)
{
	size_t count = l->heredoc_count;

	l->heredoc_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct heredoc doc = l->heredocs[i];

		while (l->at < l->len && !take_end(l, &doc)) {
			while (l->at < l->len && peek(l, 0) != '\n') {
				if (peek(l, 0) == '$' && !doc.quoted)
					expansion(l, true, SHELL_STRING);
				else
					take(l, peek(l, 0) == '\\' && !doc.quoted ? 2 : 1, SHELL_STRING);
			}
			take(l, 1, SHELL_STRING);
		}
		if (i + 1 < count)
			take(l, 1, SHELL_PLAIN);
	}
}

/* ---- commands ---- */

static const struct keyword {
	const char *word;
	bool first; /* a command may begin behind it */
} keywords[] = {
	{"if", true},	 {"then", true},  {"else", true}, {"elif", true},  {"fi", false},
	{"while", true}, {"until", true}, {"do", true},	  {"done", false}, {"for", false},
	{"case", false}, {"esac", false}, {"{", true},	  {"}", false},	   {"!", true},
};

static const struct keyword *find_keyword(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		if (strlen(keywords[i].word) == len && memcmp(keywords[i].word, word, len) == 0)
			return &keywords[i];
	}
	return NULL;
}

/* The `in` of a for or a case, if it is this word of LEN bytes. */
static bool take_in(struct lexer *l, struct command *c, size_t len)
{
	if (!c->until_in || --c->until_in || len != 2 || memcmp(l->text + l->at, "in", 2) != 0)
		return false;
	take(l, len, SHELL_KEYWORD);
	c->pattern = c->of_case;
	c->first = false;
	return true;
}

/* The keyword that begins here, if one does. */
static bool take_keyword(struct lexer *l, struct command *c)
{
	const struct keyword *found;
	bool is_case, is_esac;
	size_t len = 0;

	while (!ends_word(peek(l, len)))
		len++;
	if (take_in(l, c, len))
		return true;
	found = c->first || c->pattern ? find_keyword(l->text + l->at, len) : NULL;
	is_case = found && strcmp(found->word, "case") == 0;
	is_esac = found && strcmp(found->word, "esac") == 0;
	if (!found || (c->pattern && !is_esac))
		return false;
	take(l, len, SHELL_KEYWORD);
	c->first = found->first;
	c->pattern = false;
	c->of_case = is_case;
	c->until_in = is_case || strcmp(found->word, "for") == 0 ? 2 : 0;
	c->cases += is_case - (is_esac && c->cases);
	return true;
}

/* What a command begins with: NAME() or NAME=. Any other word is the command itself. */
static void begin(struct lexer *l, struct command *c)
{
	size_t name = 0;

	while (is_name(peek(l, name)))
		name++;
	if (name && peek(l, name) == '(' && peek(l, name + 1) == ')') {
		take(l, name, SHELL_FUNCTION);
		take(l, 2, SHELL_PLAIN);
	} else if (name && peek(l, name) == '=') {
		take(l, name, SHELL_VARIABLE);
	} else {
		c->first = false;
	}
}

static void word(struct lexer *l, struct command *c)
{
	if (peek(l, 0) == '#') {
		while (l->at < l->len && peek(l, 0) != '\n')
			take(l, 1, SHELL_COMMENT);
		return;
	}
	if (!c->redirect && take_keyword(l, c))
		return;
	if (!c->redirect && c->first)
		begin(l, c);
	c->redirect = false;
	while (!ends_word(peek(l, 0))) {
		switch (peek(l, 0)) {
		case '\'':
			single_quotes(l);
			break;
		case '"':
			double_quotes(l);
			break;
		case '$':
			expansion(l, false, SHELL_PLAIN);
			break;
		default:
			take(l, peek(l, 0) == '\\' ? 2 : 1, SHELL_PLAIN);
		}
	}
}

static void redirection(struct lexer *l, struct command *c)
{
	take(l, 1, SHELL_PLAIN);
	while (peek(l, 0) && strchr("<>&|", peek(l, 0)))
		take(l, 1, SHELL_PLAIN);
	c->redirect = true;
}

/* A byte that stands between words. */
static void between(struct lexer *l, struct command *c)
{
	char now = peek(l, 0);

	if (now == '<' && peek(l, 1) == '<') {
		announce(l);
		return;
	}
	if (now == '<' || now == '>') {
		redirection(l, c);
		return;
	}
	take(l, 1, SHELL_PLAIN);
	if (now == ' ' || now == '\t')
		return;
	c->first = now != ')' || c->pattern;
	if (now == ')' && c->pattern)
		c->pattern = false;
	else if (now == '(' || now == ')')
		c->groups += now == '(' ? !c->pattern : -(c->groups > 0);
	else if (now == ';' && peek(l, 0) == ';')
		c->pattern = c->cases > 0;
	else if (now == '\n' && l->heredoc_count)
		heredocs(l);
}

/* To the end, or, NESTED, to the bracket that closes what they stand in. */
static void commands(struct lexer *l, bool nested)
{
	struct command c = {.first = true};

	while (l->at < l->len) {
		char now = peek(l, 0);

		if (nested && now == ')' && !c.groups && !c.cases)
			return;
		if (now == '\\' && peek(l, 1) == '\n')
			take(l, 2, SHELL_PLAIN);
		else if (ends_word(now))
			between(l, &c);
		else
			word(l, &c);
	}
}

void shell_kinds(const char *text, size_t len, char *kinds)
{
	struct lexer l = {.text = text, .len = len, .kinds = kinds};

	commands(&l, false);
}
