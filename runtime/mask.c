#include "runtime/mask.h"

#include <string.h>

static const char stand_in[] = "[auth key]";

/* A shorter beginning of the secret says nothing, and ordinary text often ends in one. */
enum { CUT_MIN = 4 };

/* Adds TEXT without the quotes around it, unless it is there already. Takes it over. */
static void add_form(struct mask *m, struct str *text, size_t quotes)
{
	struct str form = STR_INIT;

	str_addn(&form, text->data + quotes, text->len - 2 * quotes);
	str_wipe(text);
	for (size_t i = 0; i < m->count; i++) {
		if (m->forms[i].len == form.len && memcmp(m->forms[i].data, form.data, form.len) == 0) {
			str_wipe(&form);
			return;
		}
	}
	m->first[(unsigned char)form.data[0]] = true;
	m->forms[m->count++] = form;
}

void mask_init(struct mask *m, const char *secret, size_t len)
{
	struct str plain = STR_INIT, shell = STR_INIT, json = STR_INIT;

	*m = (struct mask){0};
	if (!secret || !len)
		return;
	/* Room first: growing would leave copies in freed memory. */
	str_reserve(&plain, len);
	str_reserve(&shell, 4 * len + 2);
	str_reserve(&json, 6 * len + 2);
	str_addn(&plain, secret, len);
	str_add_shell(&shell, plain.data);
	str_add_json(&json, secret, len);
	add_form(m, &plain, 0);
	add_form(m, &shell, 1);
	add_form(m, &json, 1);
}

/* How many bytes of a secret are at P. With CUT also a beginning of it that reaches the end of the text. */
static size_t secret_at(const struct mask *m, const char *p, size_t left, bool cut)
{
	size_t longest = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct str *form = &m->forms[i];

		if (form->len <= left && form->len > longest && memcmp(p, form->data, form->len) == 0)
			longest = form->len;
		else if (cut && left < form->len && left >= CUT_MIN && left > longest &&
			 memcmp(p, form->data, left) == 0)
			longest = left;
	}
	return longest;
}

void mask_add(const struct mask *m, struct str *out, const char *bytes, size_t len, bool cut)
{
	size_t plain = 0;

	for (size_t i = 0; m->count && i < len;) {
		size_t n = m->first[(unsigned char)bytes[i]] ? secret_at(m, bytes + i, len - i, cut) : 0;

		if (!n) {
			i++;
			continue;
		}
		str_addn(out, bytes + plain, i - plain);
		str_add(out, stand_in);
		i += n;
		plain = i;
	}
	str_addn(out, bytes + plain, len - plain);
}

void mask_wipe(struct mask *m)
{
	for (size_t i = 0; i < m->count; i++)
		str_wipe(&m->forms[i]);
	*m = (struct mask){0};
}
