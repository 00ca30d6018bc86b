#include "lib/str.h"
#include "lib/mem.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *str_text(const struct str *s)
{
	return s->data ? s->data : "";
}

void str_reserve(struct str *s, size_t more)
{
	size_t need = s->len + more + 1, cap = s->cap ? s->cap : 64;

	if (more > SIZE_MAX / 4 || s->len > SIZE_MAX / 4)
		mem_failed();
	if (need <= s->cap)
		return;
	while (cap < need)
		cap *= 2;
	s->data = mem_grow(s->data, cap);
	s->cap = cap;
	s->data[s->len] = '\0';
}

void str_addn(struct str *s, const char *bytes, size_t len)
{
	str_reserve(s, len);
	if (len)
		memcpy(s->data + s->len, bytes, len);
	s->len += len;
	s->data[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_addf(struct str *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	str_addv(s, format, args);
	va_end(args);
}

void str_addv(struct str *s, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len > 0) {
		str_reserve(s, (size_t)len);
		vsnprintf(s->data + s->len, (size_t)len + 1, format, again);
		s->len += (size_t)len;
	}
	va_end(again);
}

void str_add_shell(struct str *s, const char *text)
{
	str_addc(s, '\'');
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			str_add(s, "'\\''");
		else
			str_addc(s, *p);
	}
	str_addc(s, '\'');
}

void str_add_word(struct str *s, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%_+=:,./-";

	if (*text && strspn(text, plain) == strlen(text))
		str_add(s, text);
	else
		str_add_shell(s, text);
}

long utf8_next(const char *bytes, size_t len, size_t *used)
{
	static const unsigned long lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)bytes;
	size_t n;
	unsigned long code;

	*used = 1;
	if (p[0] < 0x80)
		return p[0];
	n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (p[0] < 0xC2 || p[0] > 0xF4 || n > len)
		return -1;
	code = p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return -1;
		code = code << 6 | (p[i] & 0x3F);
	}
	if (code < lowest[n] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return -1;
	*used = n;
	return (long)code;
}

/* Code points that move the cursor, reorder the line or can't be seen: Unicode's Cc and the format characters
 * that "Trojan Source" (CVE-2021-42574) uses, zero-width ones and line separators. */
static bool is_invisible(long code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x61C ||
	       code == 0x180E || (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
	       (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB) ||
	       (code >= 0xE0000 && code <= 0xE007F);
}

/* Without a look at who runs us: what is written to a file may be shown in CI later.
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands,
 * https://www.jetbrains.com/help/teamcity/service-messages.html; GitHub's runner (ActionCommand.cs) takes ##[
 * too. */
bool str_is_command(const char *bytes, size_t len)
{
	size_t i = 2;

	if (len < 3 || bytes[0] != '#' || bytes[1] != '#')
		return false;
	while (i < len && isalpha((unsigned char)bytes[i]))
		i++;
	return i < len && bytes[i] == '[';
}

/* ::name …::, which counts at the beginning of a line alone. An address such as ::ffff:192.0.2.1 is none. */
static bool is_workflow_command(const char *bytes, size_t len)
{
	if (len < 5 || bytes[0] != ':' || bytes[1] != ':' || !isalpha((unsigned char)bytes[2]))
		return false;
	for (size_t i = 3; i + 1 < len; i++) {
		if (bytes[i] == ':' && bytes[i + 1] == ':')
			return true;
	}
	return false;
}

/* What may stand in front of such a command: .NET's white space. */
static bool is_blank(long code)
{
	return code == ' ' || code == '\t' || code == 0xA0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200A) || code == 0x202F || code == 0x205F || code == 0x3000;
}

void str_add_json(struct str *s, const char *bytes, size_t len)
{
	str_addc(s, '"');
	for (size_t i = 0, used; i < len; i += used) {
		long code = utf8_next(bytes + i, len - i, &used);

		if (code < 0)
			str_add(s, "\xEF\xBF\xBD");
		else if (code == '"' || code == '\\')
			str_addf(s, "\\%c", (char)code);
		else if (code == '#' && str_is_command(bytes + i, len - i))
			str_add(s, "\\u0023");
		else if (code == '\n')
			str_add(s, "\\n");
		else if (code == '\t')
			str_add(s, "\\t");
		else if (is_invisible(code) && code > 0xFFFF)
			str_addf(s, "\\u%04lx\\u%04lx", 0xD800 + ((unsigned long)(code - 0x10000) >> 10),
				 0xDC00 + ((unsigned long)code & 0x3FF));
		else if (is_invisible(code))
			str_addf(s, "\\u%04lx", (unsigned long)code);
		else
			str_addn(s, bytes + i, used);
	}
	str_addc(s, '"');
}

void str_add_member(struct str *s, const char *name)
{
	char last = s->len ? s->data[s->len - 1] : '{';

	if (last != '{' && last != '[')
		str_addc(s, ',');
	if (!name)
		return;
	str_add_json(s, name, strlen(name));
	str_addc(s, ':');
}

void str_add_visible(struct str *s, const char *bytes, size_t len, size_t max)
{
	size_t start = s->len;
	bool begins = !start || s->data[start - 1] == '\n'; /* nothing but blanks on this line */

	for (size_t i = 0, used; i < len; i += used) {
		long code = utf8_next(bytes + i, len - i, &used);
		size_t before = s->len;

		if (code < 0 || str_is_command(bytes + i, len - i) ||
		    (begins && is_workflow_command(bytes + i, len - i)))
			str_addf(s, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
		else if (code == '\t')
			str_addc(s, ' ');
		else if (is_invisible(code))
			str_addf(s, code < 0x100 ? "\\x%02lx" : "\\u{%04lx}", (unsigned long)code);
		else
			str_addn(s, bytes + i, used);
		begins = begins && is_blank(code);
		if (s->len - start > max) {
			s->len = before;
			str_add(s, "…");
			return;
		}
	}
}

char *str_keep(struct str *s, struct arena *arena)
{
	char *kept = arena_strndup(arena, str_text(s), s->len);

	str_free(s);
	return kept;
}

void str_clear(struct str *s)
{
	s->len = 0;
	if (s->data)
		s->data[0] = '\0';
}

void str_wipe(struct str *s)
{
	if (s->data)
		explicit_bzero(s->data, s->cap);
	str_free(s);
}

void str_free(struct str *s)
{
	free(s->data);
	*s = (struct str)STR_INIT;
}

size_t utf8_put(char *out, unsigned long code)
{
	static const unsigned char first[] = {0, 0xC0, 0xE0, 0xF0};
	size_t more = (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);

	out[0] = (char)(first[more] | code >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		out[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3F));
	return more + 1;
}

bool str_is_label(const char *bytes, size_t len)
{
	return len && len <= 63 && strspn(bytes, "abcdefghijklmnopqrstuvwxyz0123456789-") >= len &&
	       bytes[0] != '-' && bytes[len - 1] != '-';
}

bool str_is_only(const char *bytes, size_t len, const char *others)
{
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)bytes[i]) && !strchr(others, bytes[i]))
			return false;
	}
	return true;
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void str_sort(void *items, size_t count, size_t size)
{
	if (count)
		qsort(items, count, size, by_text);
}

void *str_find(const char *text, const void *items, size_t count, size_t size)
{
	return count ? bsearch(&text, items, count, size, by_text) : NULL;
}
