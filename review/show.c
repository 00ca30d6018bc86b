#include "review/show.h"

#include <string.h>

void show_add_counts(struct str *out, const struct review *r)
{
	const struct {
		size_t count;
		const char *one, *more;
	} others[] = {{r->added_count, "is added", "are added"}, {r->gone_count, "is gone", "are gone"}};
	size_t hosts = r->changed_hosts + r->same_hosts;

	if (!review_differs(r))
		str_addf(out, "nothing changes on %zu host%s", hosts, hosts == 1 ? "" : "s");
	else
		str_addf(out, "%zu of %zu host%s change%s", r->changed_hosts, hosts, hosts == 1 ? "" : "s",
			 r->changed_hosts == 1 ? "s" : "");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (others[i].count)
			str_addf(out, ", %zu %s", others[i].count,
				 others[i].count == 1 ? others[i].one : others[i].more);
	}
}

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
