/* A review as lines, for a terminal or a pipe. */
#include "review/review.h"

#include "review/show.h"

#include <string.h>

struct paint {
	const char *title, *place, *came, *went, *end; /* as git has them */
};

static const struct paint paints[] = {
	{"", "", "", "", ""},
	{"\033[1m", "\033[36m", "\033[32m", "\033[31m", "\033[m"},
};

/* ---- words ---- */

/* A line of words: what it is about, what came and what went in their colours. */
static void put_words(FILE *to, const char *line, size_t len, const struct paint *paint)
{
	const char *end = line + len, *at = memchr(line, ':', len);
	size_t title = at ? (size_t)(at - line) + 1 : 0;

	fprintf(to, "%s%.*s%s", paint->title, (int)title, line, paint->end);
	at = line + title;
	for (size_t word; (word = show_sign(at, end)) > 0; at += word)
		fprintf(to, " %s%.*s%s", at[1] == '+' ? paint->came : paint->went, (int)word - 1, at + 1,
			paint->end);
	fprintf(to, "%.*s\n", (int)(end - at), at);
}

/* ---- hunks ---- */

static void put_hunk(FILE *to, const struct hunk *h, const struct paint *paint)
{
	for (const char *line = h->text; *line; line += strcspn(line, "\n") + 1) {
		const char *colour = *line == '@'   ? paint->place
				     : *line == '+' ? paint->came
				     : *line == '-' ? paint->went
						    : "";

		fprintf(to, "%s%.*s%s\n", colour, (int)strcspn(line, "\n"), line, *colour ? paint->end : "");
	}
}

/* What the hunks are of and who has them: once above those that have both in common. */
static void put_hunks(FILE *to, const struct review *r, const struct paint *paint)
{
	for (size_t i = 0; i < r->hunk_count; i++) {
		const struct hunk *h = &r->hunks[i];
		struct str hosts = STR_INIT;

		if (!show_goes_on(r, i)) {
			review_add_hosts(&hosts, &h->hosts);
			fprintf(to, "\n%s%s, %s%s\n", paint->title, h->title, str_text(&hosts), paint->end);
		}
		put_hunk(to, h, paint);
		str_free(&hosts);
	}
	if (r->hunks_left)
		fprintf(to, "\n%zu more differences between texts are left out: there are too many\n",
			r->hunks_left);
}

void review_text(FILE *to, const struct review *r, const struct review_options *options)
{
	const struct paint *paint = &paints[options->colour];
	struct str words = STR_INIT, summary = STR_INIT;

	review_add_words(&words, r);
	review_add_summary(&summary, r);
	for (const char *line = str_text(&words); *line; line += strcspn(line, "\n") + 1)
		put_words(to, line, strcspn(line, "\n"), paint);
	put_hunks(to, r, paint);
	fprintf(to, "%s%s%s%s\n", r->hunk_count ? "\n" : "", paint->title, str_text(&summary), paint->end);
	str_free(&words);
	str_free(&summary);
}
