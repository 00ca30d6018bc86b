/* JSON, strictly: jsmn finds the tokens, a validating pass before it makes sure that they are JSON (RFC 8259).
 *
 * jsmn alone, even strict, takes {"a"}, [1,], [1 2], tru, raw control bytes and lone surrogates; here they
 * are errors, as are invalid UTF-8, a NUL character (\u0000), more than JSON_DEPTH levels or
 * JSON_VALUES_MAX names and values, and anything behind the document. A name twice in one object is left to
 * the reader: json_get() finds the first. */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/str.h"

enum { JSON_DEPTH = 32, JSON_VALUES_MAX = 4000000 };

enum json_kind { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_OTHER /* number, true, false, null, none */ };

struct json {
	const char *text;
	void *tokens; /* jsmn's, malloc'ed; json_free() */
	size_t count;
	const char *why; /* it isn't JSON, a constant sentence; NULL: it is */
	size_t wrong_at; /* the byte where it went wrong */
};

/* A value: its index among the tokens, from 0; the document is 0. JSON_NONE where there is none. */
typedef size_t json_value;
#define JSON_NONE ((json_value)-1)

/* Reads LEN bytes. TEXT must outlive J. False with why and wrong_at set, and nothing to free, if they aren't
 * JSON. */
bool json_parse(struct json *j, const char *text, size_t len);
void json_free(struct json *j);

enum json_kind json_kind(const struct json *j, json_value v);
size_t json_offset(const struct json *j, json_value v); /* first byte; for a string, of its content */
size_t json_size(const struct json *j, json_value v);	/* bytes of the raw token */
size_t json_count(const struct json *j, json_value v);	/* members or elements */

/* First child of an object (a name) or array, and the next sibling; JSON_NONE at the end. A name's value is
 * name + 1. */
json_value json_first(const struct json *j, json_value v);
json_value json_next(const struct json *j, json_value v);

/* The value of member NAME; JSON_NONE if there is none or V is no object (or is JSON_NONE). */
json_value json_get(const struct json *j, json_value v, const char *name);

/* Whether V is a literal, such as "true" or "null". */
bool json_is(const struct json *j, json_value v, const char *literal);

/* The string with its escapes resolved, as UTF-8, or the literal's text. In ARENA; NULL for JSON_NONE,
 * objects, arrays. */
char *json_string(const struct json *j, json_value v, struct arena *arena);

/* Whether string V equals TEXT, without memory. */
bool json_equals(const struct json *j, json_value v, const char *text);

#endif
