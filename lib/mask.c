#include "lib/mask.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

enum {
	HIDDEN_MIN = 4, /* pieces with fewer bytes of an auth key's hidden part say nothing */
	LINE_MIN = 8,	/* shorter lines of a value are masked with the whole alone */
	START = 4,	/* so many bytes at which a piece begins are hashed */
};

/* Base64's, as far as its forms agree. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

struct mask_piece {
	const char *at; /* in its form */
	size_t len;
	size_t form;
	size_t shorter; /* the longest other one before it that it begins with, plus one; 0: none */
};

/* ---- forms and their pieces ----
 *
 * Room comes first everywhere here: growing would leave copies behind. */

static uint32_t hash_of(const char *p)
{
	uint32_t word;

	memcpy(&word, p, START);
	return word * 2654435761u >> 16;
}

/* LEN bytes of the newest form, from FROM on. */
static void add_piece(struct mask *m, size_t from, size_t len)
{
	const char *at = m->forms[m->form_count - 1].data + from;
	uint32_t hash = hash_of(at);

	m->pieces = mem_more(m->pieces, m->count, sizeof *m->pieces);
	m->pieces[m->count++] = (struct mask_piece){.at = at, .len = len, .form = m->form_count - 1};
	m->starts[hash / 64] |= (uint64_t)1 << hash % 64;
	if (len > m->longest)
		m->longest = len;
}

/* Takes TEXT over. */
static void add_form(struct mask *m, struct str text)
{
	m->forms = mem_more(m->forms, m->form_count, sizeof *m->forms);
	m->forms[m->form_count++] = text;
}

/* Adds TEXT, which it takes over, and its pieces of MASK_MIN bytes. What is hidden of it begins at FROM
 * and ends at TO, or with TEXT. */
static void add_cuts(struct mask *m, struct str text, size_t from, size_t to)
{
	size_t first = from > HIDDEN_MIN ? from - HIDDEN_MIN : 0, last;

	if (text.len < MASK_MIN || to < from + HIDDEN_MIN) {
		str_wipe(&text);
		return;
	}
	last = to - HIDDEN_MIN < text.len - MASK_MIN ? to - HIDDEN_MIN : text.len - MASK_MIN;
	add_form(m, text);
	for (size_t at = first; at <= last; at++)
		add_piece(m, at, MASK_MIN);
}

static struct str copy_of(const char *bytes, size_t len)
{
	struct str copy = STR_INIT;

	str_reserve(&copy, len);
	str_addn(&copy, bytes, len);
	return copy;
}

/* As JSON or a shell quotes it, without the quotes around it. */
static struct str quoted(const char *secret, size_t len, bool json)
{
	struct str text = STR_INIT, plain = copy_of(secret, len);

	str_reserve(&text, 6 * len + 2);
	if (json)
		str_add_json(&text, secret, len);
	else
		str_add_shell(&text, plain.data);
	str_wipe(&plain);
	text.len -= 2;
	memmove(text.data, text.data + 1, text.len);
	return text;
}

/* Each byte by FORMAT, but those that a URL keeps, where its sign is in front. */
static struct str coded(const char *secret, size_t len, const char *format)
{
	bool url = str_starts(format, "%%");
	struct str text = STR_INIT;

	str_reserve(&text, 3 * len);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)secret[i];

		if (url && c && (strchr(alphabet, c) || strchr("-._~", c)))
			str_addc(&text, secret[i]);
		else
			str_addf(&text, format, c);
	}
	return text;
}

/* What is in the base64 of any text with the secret in it, at BEFORE (modulo 3) bytes of other text. LAST is
 * how the alphabet ends. */
static struct str base64(const char *secret, size_t len, size_t before, const char *last)
{
	size_t from = (before * 8 + 5) / 6, to = (before + len) * 8 / 6;
	struct str text = STR_INIT;

	str_reserve(&text, to);
	for (size_t i = from; i < to; i++) {
		size_t bit = i * 6 - before * 8, at = bit / 8;
		unsigned pair = (unsigned)(unsigned char)secret[at] << 8 |
				(at + 1 < len ? (unsigned char)secret[at + 1] : 0);
		unsigned digit = pair >> (10 - bit % 8) & 63;

		str_addc(&text, digit < 62 ? alphabet[digit] : last[digit - 62]);
	}
	return text;
}

size_t mask_hidden(const char *secret, size_t len, size_t public)
{
	size_t hidden = 0;

	while (public + hidden < len && secret[public + hidden] != '?')
		hidden++;
	return hidden;
}

void mask_init(struct mask *m, const char *secret, size_t len, size_t public)
{
	static const char *const formats[] = {"%%%02X", "%%%02x", "%02X", "%02x"};
	size_t hidden = mask_hidden(secret, len, public);

	*m = (struct mask){.placeholder = "[auth key]"};
	if (hidden < MASK_MIN)
		return;
	add_cuts(m, copy_of(secret, len), public, public + hidden);
	secret += public;
	add_cuts(m, quoted(secret, hidden, false), 0, SIZE_MAX);
	add_cuts(m, quoted(secret, hidden, true), 0, SIZE_MAX);
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		add_cuts(m, coded(secret, hidden, formats[i]), 0, SIZE_MAX);
	for (size_t i = 0; i < 6; i++)
		add_cuts(m, base64(secret, hidden, i / 2, i % 2 ? "-_" : "+/"), 0, SIZE_MAX);
	mask_ready(m);
}

void mask_plain(struct mask *m, const char *value, size_t len)
{
	assert(len >= MASK_VALUE_MIN);
	add_form(m, copy_of(value, len));
	add_piece(m, 0, len);
}

void mask_value(struct mask *m, const char *value, size_t len)
{
	struct str json;

	if (len < MASK_VALUE_MIN)
		return;
	mask_plain(m, value, len);
	for (const char *p = value, *end = value + len; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		if (stop - p >= LINE_MIN && stop - p < (long)len)
			mask_plain(m, p, (size_t)(stop - p));
		p = nl ? nl + 1 : end;
	}
	json = quoted(value, len, true);
	if (json.len != len)
		mask_plain(m, json.data, json.len);
	str_wipe(&json);
}

/* ---- finding them, whatever their number ---- */

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : a_len < b_len ? -1 : a_len > b_len;
}

/* The same bytes: those of the form that was added first come last. */
static int by_bytes(const void *a, const void *b)
{
	const struct mask_piece *x = a, *y = b;
	int order = compare(x->at, x->len, y->at, y->len);

	if (order)
		return order;
	return x->form != y->form ? (x->form < y->form) - (x->form > y->form)
				  : (x->at < y->at) - (x->at > y->at);
}

static bool begins_with(const char *bytes, size_t len, const struct mask_piece *piece)
{
	return piece->len <= len && memcmp(bytes, piece->at, piece->len) == 0;
}

void mask_ready(struct mask *m)
{
	if (m->count)
		qsort(m->pieces, m->count, sizeof *m->pieces, by_bytes);
	for (size_t i = 0; i < m->count; i++) {
		struct mask_piece *piece = &m->pieces[i];
		size_t shorter = i; /* plus one: the piece before, then what that begins with */

		while (shorter && !begins_with(piece->at, piece->len, &m->pieces[shorter - 1]))
			shorter = m->pieces[shorter - 1].shorter;
		piece->shorter = shorter;
	}
}

/* Text to look through, and what has been found in it. */
struct search {
	const char *bytes;
	size_t len;
	size_t done;	   /* up to here it is decided */
	size_t begin, end; /* a piece of a secret */
};

/* PIECE is at AT: takes as much of its form as is there to either side. False if it is the whole form:
 * that goes no further. */
static bool take_longer(const struct mask *m, struct search *s, const struct mask_piece *piece, size_t at)
{
	const struct str *form = &m->forms[piece->form];
	size_t begin = at, end = at + piece->len, left = (size_t)(piece->at - form->data),
	       right = left + piece->len;

	while (begin > s->done && left && s->bytes[begin - 1] == form->data[left - 1])
		begin--, left--;
	while (end < s->len && right < form->len && s->bytes[end] == form->data[right])
		end++, right++;
	if (end - begin > s->end - s->begin) {
		s->begin = begin;
		s->end = end;
	}
	return piece->len < form->len;
}

/* Of all pieces that come before the bytes at AT in order, the last one begins with what they begin with,
 * if any does: it is the longest. Others of that length may belong to other forms, which go on otherwise. */
static bool find_at(const struct mask *m, struct search *s, size_t at)
{
	const char *p = s->bytes + at;
	size_t low = 0, high = m->count, left = s->len - at;
	uint32_t hash = hash_of(p);

	s->begin = s->end = at;
	if (!(m->starts[hash / 64] >> hash % 64 & 1))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(m->pieces[middle].at, m->pieces[middle].len, p, left) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low && !begins_with(p, left, &m->pieces[low - 1]))
		low = m->pieces[low - 1].shorter;
	for (size_t longest = low ? m->pieces[low - 1].len : 0; low && m->pieces[low - 1].len == longest;)
		low = take_longer(m, s, &m->pieces[low - 1], at) ? m->pieces[low - 1].shorter : 0;
	return s->end > s->begin;
}

/* Up to SHOWN, or where a piece ends that begins before it. */
static void add_shown(const struct mask *m, struct str *out, const char *bytes, size_t len, size_t shown)
{
	struct search s = {.bytes = bytes, .len = len};

	for (size_t i = 0; m->count && i < shown && i + START <= len;) {
		if (!find_at(m, &s, i)) {
			i++;
			continue;
		}
		str_addn(out, bytes + s.done, s.begin - s.done);
		str_add(out, m->placeholder);
		i = s.done = s.end;
	}
	if (s.done < shown)
		str_addn(out, bytes + s.done, shown - s.done);
}

void mask_add(const struct mask *m, struct str *out, const char *bytes, size_t len)
{
	add_shown(m, out, bytes, len, len);
}

void mask_add_cut(const struct mask *m, struct str *out, const char *bytes, size_t len)
{
	add_shown(m, out, bytes, len, len > m->longest ? len - m->longest : 0);
}

bool mask_finds(const struct mask *m, const char *bytes, size_t len)
{
	struct search s = {.bytes = bytes, .len = len};
	bool found = false;

	for (size_t i = 0; m->count && !found && i + START <= len; i++)
		found = find_at(m, &s, i);
	return found;
}

void mask_wipe(struct mask *m)
{
	for (size_t i = 0; i < m->form_count; i++)
		str_wipe(&m->forms[i]);
	free(m->forms);
	free(m->pieces);
	explicit_bzero(m, sizeof *m);
}
