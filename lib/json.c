#include "lib/json.h"
#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/* ---- the validating pass ---- */

struct scan {
	const char *p, *end;
	const char *why;
	size_t depth, tokens;
};

static bool fail(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

static void skip_blank(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

/* Whether C, behind blanks, comes next; then S is behind it. */
static bool take(struct scan *s, char c)
{
	skip_blank(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Four hex digits at P as a number; -1 if they aren't there. */
static long hex4(const char *p, const char *end)
{
	char digits[5] = "";

	if (end - p < 4)
		return -1;
	memcpy(digits, p, 4);
	return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

enum { HALF_OF_A_PAIR = -2 };

/* The code point that "\uXXXX" at P, or a pair of these, stands for, and in *USED how many bytes it takes; or
 * -1 or HALF_OF_A_PAIR. */
static long read_unicode(const char *p, const char *end, size_t *used)
{
	long code = hex4(p + 2, end), low = -1;

	*used = 6;
	if (code < 0xD800 || code > 0xDFFF)
		return code;
	if (code <= 0xDBFF && end - p >= 12 && p[6] == '\\' && p[7] == 'u')
		low = hex4(p + 8, end);
	if (low < 0xDC00 || low > 0xDFFF)
		return HALF_OF_A_PAIR;
	*used = 12;
	return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
}

/* p is at the backslash, and stays there if something is wrong. */
static bool scan_escape(struct scan *s)
{
	size_t used = 2;
	long code = 1;

	if (s->end - s->p < 2)
		return fail(s, "the string isn't closed");
	if (s->p[1] == 'u')
		code = read_unicode(s->p, s->end, &used);
	else if (!s->p[1] || !strchr("\"\\/bfnrt", s->p[1]))
		return fail(s, "unknown escape in a string");
	if (code <= 0)
		return fail(s, code == HALF_OF_A_PAIR ? "half of a surrogate pair"
			       : code		      ? "\\u takes four hexadecimal digits"
						      : "a NUL character isn't allowed");
	s->p += used;
	return true;
}

static bool scan_string(struct scan *s)
{
	size_t used;

	for (s->p++; s->p < s->end && *s->p != '"';) {
		if ((unsigned char)*s->p < 0x20)
			return fail(s, "a control character must be written as an escape");
		if (*s->p == '\\') {
			if (!scan_escape(s))
				return false;
			continue;
		}
		if (utf8_next(s->p, (size_t)(s->end - s->p), &used) < 0)
			return fail(s, "invalid UTF-8");
		s->p += used;
	}
	if (s->p == s->end)
		return fail(s, "the string isn't closed");
	s->p++;
	return true;
}

static bool scan_digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from || fail(s, "not a number");
}

static bool scan_number(struct scan *s)
{
	s->p += *s->p == '-';
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (!scan_digits(s))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!scan_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		s->p += s->p < s->end && (*s->p == '+' || *s->p == '-');
		return scan_digits(s);
	}
	return true;
}

static bool scan_literal(struct scan *s)
{
	static const char *const literals[] = {"true", "false", "null"};

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(literals[i]);

		if ((size_t)(s->end - s->p) >= len && memcmp(s->p, literals[i], len) == 0) {
			s->p += len;
			return true;
		}
	}
	return fail(s, "expected a value");
}

/* A name and its colon. */
static bool scan_name(struct scan *s)
{
	skip_blank(s);
	if (s->p == s->end || *s->p != '"')
		return fail(s, "expected a name in double quotes");
	s->tokens++;
	return scan_string(s) && (take(s, ':') || fail(s, "expected a colon after the name"));
}

static bool scan_value(struct scan *s);

/* An object or an array, from its opening on. Recursive: JSON_DEPTH bounds it. */
static bool scan_inside(struct scan *s)
{
	bool object = *s->p == '{';
	char close = object ? '}' : ']';

	if (s->depth++ == JSON_DEPTH)
		return fail(s, "nested too deeply (32 levels at most)");
	s->p++;
	if (!take(s, close)) {
		do {
			if ((object && !scan_name(s)) || !scan_value(s))
				return false;
		} while (take(s, ','));
		if (s->p == s->end)
			return fail(s, object ? "the object isn't closed" : "the array isn't closed");
		if (!take(s, close))
			return fail(s, "expected a comma");
	}
	s->depth--;
	return true;
}

static bool scan_value(struct scan *s)
{
	skip_blank(s);
	if (s->p == s->end)
		return fail(s, "expected a value");
	if (s->tokens++ >= JSON_VALUES_MAX)
		return fail(s, "too many values (4 million at most)");
	if (*s->p == '"')
		return scan_string(s);
	if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
		return scan_number(s);
	return *s->p == '{' || *s->p == '[' ? scan_inside(s) : scan_literal(s);
}

/* ---- tokens ---- */

static const jsmntok_t *token(const struct json *j, json_value v)
{
	return (const jsmntok_t *)j->tokens + v;
}

bool json_parse(struct json *j, const char *text, size_t len)
{
	struct scan s = {.p = text, .end = text + len};
	jsmn_parser parser;
	int n;

	*j = (struct json){.text = text};
	if (scan_value(&s)) {
		skip_blank(&s);
		if (s.p < s.end)
			fail(&s, "something follows the document");
	}
	if (s.why) {
		*j = (struct json){.why = s.why, .wrong_at = (size_t)(s.p - text)};
		return false;
	}
	j->tokens = mem_alloc(mem_times(s.tokens, sizeof(jsmntok_t)));
	jsmn_init(&parser);
	n = jsmn_parse(&parser, text, len, j->tokens, (unsigned)s.tokens);
	if (n < 0 || (size_t)n != s.tokens) {
		json_free(j);
		j->why = "not JSON";
		return false;
	}
	j->count = s.tokens;
	return true;
}

void json_free(struct json *j)
{
	free(j->tokens);
	*j = (struct json){0};
}

enum json_kind json_kind(const struct json *j, json_value v)
{
	static const enum json_kind kinds[] = {[JSMN_OBJECT] = JSON_OBJECT,
					       [JSMN_ARRAY] = JSON_ARRAY,
					       [JSMN_STRING] = JSON_STRING,
					       [JSMN_PRIMITIVE] = JSON_OTHER};

	return v == JSON_NONE ? JSON_OTHER : kinds[token(j, v)->type];
}

size_t json_offset(const struct json *j, json_value v)
{
	return (size_t)token(j, v)->start;
}

size_t json_size(const struct json *j, json_value v)
{
	return (size_t)(token(j, v)->end - token(j, v)->start);
}

size_t json_count(const struct json *j, json_value v)
{
	return (size_t)token(j, v)->size;
}

json_value json_first(const struct json *j, json_value v)
{
	return token(j, v)->size > 0 && token(j, v)->type != JSMN_STRING ? v + 1 : JSON_NONE;
}

json_value json_next(const struct json *j, json_value v)
{
	int end, parent = token(j, v)->parent;
	json_value at = v;

	/* A name's sibling stands behind its value. */
	if (token(j, v)->type == JSMN_STRING && token(j, v)->size == 1)
		at = v + 1;
	end = token(j, at)->end;
	for (at++; at < j->count && token(j, at)->start < end; at++)
		;
	return at < j->count && token(j, at)->parent == parent ? at : JSON_NONE;
}

json_value json_get(const struct json *j, json_value v, const char *name)
{
	if (json_kind(j, v) != JSON_OBJECT)
		return JSON_NONE;
	for (json_value at = json_first(j, v); at != JSON_NONE; at = json_next(j, at)) {
		if (json_equals(j, at, name))
			return at + 1;
	}
	return JSON_NONE;
}

bool json_is(const struct json *j, json_value v, const char *literal)
{
	return v != JSON_NONE && token(j, v)->type == JSMN_PRIMITIVE && json_size(j, v) == strlen(literal) &&
	       memcmp(j->text + token(j, v)->start, literal, strlen(literal)) == 0;
}

/* Appends what the escape at P stands for. Returns the byte behind it. The text is valid. */
static const char *unescape(struct str *out, const char *p, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char utf8[4];
	size_t used = 2;

	if (p[1] == 'u')
		str_addn(out, utf8, utf8_put(utf8, (unsigned long)read_unicode(p, end, &used)));
	else
		str_addc(out, to[strchr(from, p[1]) - from]);
	return p + used;
}

char *json_string(const struct json *j, json_value v, struct arena *arena)
{
	const char *p, *end;
	struct str out = STR_INIT;

	if (v == JSON_NONE || json_kind(j, v) == JSON_OBJECT || json_kind(j, v) == JSON_ARRAY)
		return NULL;
	p = j->text + token(j, v)->start;
	end = j->text + token(j, v)->end;
	if (json_kind(j, v) == JSON_OTHER || !memchr(p, '\\', (size_t)(end - p)))
		return arena_strndup(arena, p, (size_t)(end - p));
	while (p < end) {
		if (*p == '\\')
			p = unescape(&out, p, end);
		else
			str_addc(&out, *p++);
	}
	return str_keep(&out, arena);
}

bool json_equals(const struct json *j, json_value v, const char *text)
{
	struct arena scratch = ARENA_INIT;
	const char *p;
	bool same;

	if (json_kind(j, v) != JSON_STRING)
		return false;
	p = j->text + token(j, v)->start;
	if (!memchr(p, '\\', json_size(j, v)))
		return json_size(j, v) == strlen(text) && memcmp(p, text, json_size(j, v)) == 0;
	same = strcmp(json_string(j, v, &scratch), text) == 0;
	arena_free(&scratch);
	return same;
}
