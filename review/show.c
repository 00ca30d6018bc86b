#include "review/show.h"

#include <string.h>

bool show_goes_on(const struct review *r, size_t i)
{
	const struct hunk *hunk = &r->hunks[i], *last = hunk - 1;

	if (!i || strcmp(hunk->title, last->title) != 0 || hunk->hosts.count != last->hosts.count)
		return false;
	for (size_t k = 0; k < hunk->hosts.count; k++) {
		if (strcmp(hunk->hosts.ids[k], last->hosts.ids[k]) != 0)
			return false;
	}
	return true;
}

void show_add_ids(struct str *out, const char *const *ids, size_t count, size_t max)
{
	size_t shown = max && count > max ? max : count;

	for (size_t i = 0; i < shown; i++)
		str_addf(out, "%s%s", i ? ", " : "", ids[i]);
	if (shown < count)
		str_addf(out, " and %zu more", count - shown);
}

size_t show_sign(const char *at, const char *end)
{
	size_t word = 2; /* the blank and the sign; another blank if the word begins with a sign itself */

	if (end - at < 2 || at[0] != ' ' || (at[1] != '+' && at[1] != '-'))
		return 0;
	while (at + word < end && (at[word] != ' ' || word == 2))
		word++;
	return word;
}
