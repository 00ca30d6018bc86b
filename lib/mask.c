#include "lib/mask.h"

#include <string.h>

static const char stand_in[] = "[auth key]";

/* Pieces with fewer bytes of the hidden part say nothing: the rest of them is public. */
enum { HIDDEN_MIN = 4 };

/* ---- forms ---- */

static uint32_t hash_of(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof word);
	return word * 2654435761u >> 16;
}

static bool is_known(const struct mask *m, const struct str *text)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct str *form = &m->forms[i].text;

		if (strstr(form->data, text->data))
			return true;
	}
	return false;
}

/* Adds TEXT, which it takes over. What is hidden of it begins at FROM and ends at TO. */
static void add_form(struct mask *m, struct str *text, size_t from, size_t to)
{
	struct mask_form *form = &m->forms[m->count];
	size_t first = from > HIDDEN_MIN ? from - HIDDEN_MIN : 0;

	if (text->len < MASK_MIN || to < from + HIDDEN_MIN || is_known(m, text)) {
		str_wipe(text);
		return;
	}
	*form = (struct mask_form){.text = *text, .first = first, .last = to - HIDDEN_MIN};
	if (form->last > text->len - MASK_MIN)
		form->last = text->len - MASK_MIN;
	for (size_t at = first; at <= form->last; at++) {
		uint32_t hash = hash_of(text->data + at);

		m->starts[hash / 64] |= (uint64_t)1 << hash % 64;
	}
	m->count++;
	*text = (struct str)STR_INIT;
}

/* TEXT without the quotes around it. */
static void add_unquoted(struct mask *m, struct str *text)
{
	memmove(text->data, text->data + 1, text->len - 2);
	text->len -= 2;
	add_form(m, text, 0, text->len);
}

/* Room comes first everywhere here: growing would leave copies behind. */

static void add_quoted(struct mask *m, const char *secret, size_t len)
{
	struct str plain = STR_INIT, shell = STR_INIT, json = STR_INIT;

	str_reserve(&plain, len);
	str_addn(&plain, secret, len);
	str_reserve(&shell, 4 * len + 2);
	str_add_shell(&shell, plain.data);
	str_reserve(&json, 6 * len + 2);
	str_add_json(&json, secret, len);
	str_wipe(&plain);
	add_unquoted(m, &shell);
	add_unquoted(m, &json);
}

static void add_url(struct mask *m, const char *secret, size_t len, const char *format)
{
	struct str text = STR_INIT;

	str_reserve(&text, 3 * len);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)secret[i];
		bool stays = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (stays || (c && strchr("-._~", c)))
			str_addc(&text, secret[i]);
		else
			str_addf(&text, format, c);
	}
	add_form(m, &text, 0, text.len);
}

static void add_hex(struct mask *m, const char *secret, size_t len, const char *format)
{
	struct str text = STR_INIT;

	str_reserve(&text, 2 * len);
	for (size_t i = 0; i < len; i++)
		str_addf(&text, format, (unsigned)(unsigned char)secret[i]);
	add_form(m, &text, 0, text.len);
}

/* What is in the base64 of any text with the secret in it, at BEFORE (modulo 3) bytes of other text. LAST is
 * how the alphabet ends. */
static void add_base64(struct mask *m, const char *secret, size_t len, size_t before, const char *last)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t from = (before * 8 + 5) / 6, to = (before + len) * 8 / 6;
	struct str text = STR_INIT;

	str_reserve(&text, to);
	for (size_t i = from; i < to; i++) {
		size_t bit = i * 6 - before * 8, at = bit / 8;
		unsigned pair = (unsigned)(unsigned char)secret[at] << 8 |
				(at + 1 < len ? (unsigned char)secret[at + 1] : 0);
		unsigned digit = pair >> (10 - bit % 8) & 63;

		str_addc(&text, digit < 62 ? letters[digit] : last[digit - 62]);
	}
	add_form(m, &text, 0, text.len);
}

size_t mask_hidden(const char *secret, size_t len, size_t public)
{
	const char *mark;

	if (public >= len)
		return 0;
	mark = memchr(secret + public, '?', len - public);
	return mark ? (size_t)(mark - secret) - public : len - public;
}

void mask_init(struct mask *m, const char *secret, size_t len, size_t public)
{
	size_t hidden = secret ? mask_hidden(secret, len, public) : 0;
	struct str whole = STR_INIT;

	*m = (struct mask){0};
	if (hidden < MASK_MIN)
		return;
	str_reserve(&whole, len);
	str_addn(&whole, secret, len);
	add_form(m, &whole, public, public + hidden);
	secret += public;
	add_quoted(m, secret, hidden);
	add_url(m, secret, hidden, "%%%02X");
	add_url(m, secret, hidden, "%%%02x");
	add_hex(m, secret, hidden, "%02X");
	add_hex(m, secret, hidden, "%02x");
	for (size_t before = 0; before < 3; before++) {
		add_base64(m, secret, hidden, before, "+/");
		add_base64(m, secret, hidden, before, "-_");
	}
}

/* ---- masking ---- */

/* Text to look through, and what has been found in it. */
struct search {
	const char *bytes;
	size_t len;
	size_t done;	   /* up to here it is decided */
	size_t begin, end; /* a piece of the secret */
};

/* The piece of FORM of which MASK_MIN bytes, those from OF on, are at AT: as long as it goes to either side.
 */
static void take_longer(struct search *s, const struct str *form, size_t of, size_t at)
{
	size_t begin = at, end = at + MASK_MIN, left = of, right = of + MASK_MIN;

	while (begin > s->done && left && s->bytes[begin - 1] == form->data[left - 1])
		begin--, left--;
	while (end < s->len && right < form->len && s->bytes[end] == form->data[right])
		end++, right++;
	if (end - begin > s->end - s->begin) {
		s->begin = begin;
		s->end = end;
	}
}

static bool find_at(const struct mask *m, struct search *s, size_t at)
{
	uint32_t hash = hash_of(s->bytes + at);

	s->begin = s->end = at;
	if (!(m->starts[hash / 64] >> hash % 64 & 1))
		return false;
	for (size_t i = 0; i < m->count; i++) {
		const struct mask_form *form = &m->forms[i];

		for (size_t of = form->first; of <= form->last; of++) {
			if (memcmp(form->text.data + of, s->bytes + at, MASK_MIN) == 0)
				take_longer(s, &form->text, of, at);
		}
	}
	return s->end > s->begin;
}

void mask_add(const struct mask *m, struct str *out, const char *bytes, size_t len)
{
	struct search s = {.bytes = bytes, .len = len};

	for (size_t i = 0; m->count && i + MASK_MIN <= len;) {
		if (!find_at(m, &s, i)) {
			i++;
			continue;
		}
		str_addn(out, bytes + s.done, s.begin - s.done);
		str_add(out, stand_in);
		i = s.done = s.end;
	}
	str_addn(out, bytes + s.done, len - s.done);
}

void mask_wipe(struct mask *m)
{
	for (size_t i = 0; i < m->count; i++)
		str_wipe(&m->forms[i].text);
	explicit_bzero(m, sizeof *m);
}
