#include "lib/suspect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LONG_WORD = 32, LONG_NAME = 20 };

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-+/=.", c));
}

/* The bytes of a key that is known by how it begins, at P; 0 if there's none. */
static size_t known_key(const char *p, const char *end)
{
	static const char *const prefixes[] = {"tskey-",  "hskey-", "ghp_", "github_pat_", "glpat-",
					       "dop_v1_", "AKIA",   "eyJ",  "xoxb-"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t len = strlen(prefixes[i]), n = len;

		if ((size_t)(end - p) <= len || memcmp(p, prefixes[i], len) != 0)
			continue;
		while (p + n < end && is_word(p[n]))
			n++;
		return n > len ? n : 0;
	}
	return 0;
}

/* The same for a long word of letters and digits. Dashes, dots and slashes are what names and paths have. */
static size_t long_word(const char *p, const char *end)
{
	size_t n = 0, digits = 0, joints = 0;

	while (p + n < end && is_word(p[n])) {
		digits += isdigit((unsigned char)p[n]) != 0;
		joints += p[n] == '-' || p[n] == '.' || p[n] == '/' || p[n] == '_';
		n++;
	}
	return n >= LONG_WORD && digits >= 4 && joints * 12 < n ? n : 0;
}

bool suspect_is_key(const char *word)
{
	size_t len = strlen(word);

	return len && (known_key(word, word + len) == len || long_word(word, word + len) == len);
}

/* ---- values by the name of their key ---- */

/* Whether PART, of letters, is in NAME, whose dashes and underscores don't count: auth-key, AUTH_KEY. */
static bool contains(const char *name, size_t len, const char *part)
{
	for (size_t start = 0; start < len; start++) {
		const char *p = part;

		for (size_t i = start; i < len && *p; i++) {
			if (tolower((unsigned char)name[i]) == *p)
				p++;
			else if (p == part || (name[i] != '-' && name[i] != '_'))
				break;
		}
		if (!*p)
			return true;
	}
	return false;
}

static bool ends_in(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && strncasecmp(name + len - n, end, n) == 0;
}

enum named { NAMED_NOTHING, NAMED_SECRET, NAMED_VARIABLE };

/* "secrets" is a section, "…_file" and "…Path" name files. */
static enum named kind_of(const char *name, size_t len)
{
	static const char *const words[] = {"secret", "password", "passwd", "passphrase",
					    "token",  "authkey",  "apikey"};

	if (ends_in(name, len, "_env"))
		return NAMED_VARIABLE;
	if (ends_in(name, len, "key"))
		return NAMED_SECRET; /* key, tskey, private_key */
	if (ends_in(name, len, "secrets") || ends_in(name, len, "_file") || ends_in(name, len, "path"))
		return NAMED_NOTHING;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (contains(name, len, words[i]))
			return NAMED_SECRET;
	}
	return NAMED_NOTHING;
}

/* The end of the value that begins at P: of its quotes, of its place in a flow mapping, or of the line. */
static const char *value_end(const char *p, const char *end, bool flow)
{
	char quote = p < end && (*p == '"' || *p == '\'') ? *p : '\0';

	if (quote) {
		for (p++; p < end && *p != quote; p++)
			p += quote == '"' && *p == '\\' && p + 1 < end;
		return p < end ? p + 1 : end;
	}
	while (p < end && !(flow && *p && strchr(",]}", *p)))
		p++;
	return p;
}

/* Whether these bytes may name a variable, written as people write one ("$TS_AUTHKEY"). */
static bool is_variable(const char *p, const char *end)
{
	size_t len = (size_t)(end - p);

	return !memchr(p, '\0', len) && str_is_only(p, len, "_${}\"' \t#") &&
	       (len < LONG_NAME || memchr(p, '_', len));
}

/* If the colon or equals sign at AT follows a key whose value is secret, or the blank or comma an option:
 * true, and where that value is. */
static bool find_value(const char *line, const char *end, const char *at, bool flow, const char **from,
		       const char **to)
{
	bool option = *at != ':' && *at != '=';
	const char *name_end = at, *name;
	enum named kind;

	if (!option) {
		while (name_end > line && strchr(" \"'", name_end[-1]) && name_end[-1])
			name_end--;
	} else if (name_end > line && (name_end[-1] == '"' || name_end[-1] == '\'')) {
		name_end--;
	}
	name = name_end;
	while (name > line && (isalnum((unsigned char)name[-1]) || name[-1] == '_' || name[-1] == '-'))
		name--;
	kind = kind_of(name, (size_t)(name_end - name));
	if (kind == NAMED_NOTHING)
		return false;
	for (*from = at + 1; *from < end && (**from == ' ' || **from == '\t');)
		++*from;
	if (option &&
	    (*name != '-' || *from == end || **from == '-')) /* its value is the next word or item */
		return false;
	*to = value_end(*from, end, flow);
	return kind == NAMED_SECRET || !is_variable(*from, *to);
}

/* The password of a URL, "://user:password@": P is at the "://". */
static bool find_password(const char *p, const char *end, const char **from, const char **to)
{
	const char *at = p + 3;

	*from = NULL;
	for (; at < end && *at && !strchr("/ \t\"'@", *at); at++) {
		if (*at == ':' && !*from)
			*from = at + 1;
	}
	*to = at;
	return *from && at < end && *at == '@';
}

/* ---- all of it ---- */

/* What is secret at P or, behind a key, soon after: true, and where. */
static bool find_secret(const char *line, const char *end, const char *p, bool flow, const char **from,
			const char **to)
{
	char before = p > line ? p[-1] : '\0';
	size_t n = 0;

	if (strchr(":=, ", *p) && *p && find_value(line, end, p, flow, from, to))
		return true;
	if (end - p > 3 && memcmp(p, "://", 3) == 0 && find_password(p, end, from, to))
		return true;
	if (!isalnum((unsigned char)before))
		n = known_key(p, end);
	if (!n && !is_word(before))
		n = long_word(p, end);
	*from = p;
	*to = p + n;
	return n > 0;
}

void suspect_mask(struct str *out, const char *bytes, size_t len)
{
	const char *end = bytes + len, *p = bytes, *from, *to;
	bool flow = false;
	size_t used;

	while (p < end) {
		flow = flow || *p == '{' || *p == '[';
		if (!find_secret(bytes, end, p, flow, &from, &to)) {
			str_addc(out, *p++);
			continue;
		}
		str_addn(out, p, (size_t)(from - p));
		for (p = from; p < to; p += used) {
			utf8_next(p, (size_t)(to - p), &used);
			str_addc(out, *p == ' ' ? ' ' : '*');
		}
	}
}
