/* A review as a comment on GitHub or GitLab: what it takes from files stands in code, where neither makes links,
 * mentions or markup of it. */
#include "review/review.h"

#include "lib/html.h"
#include "lib/mem.h"
#include "review/show.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHARS_MAX = 60000, /* GitHub takes 65,536 */
	BYTES_MAX = 64000,
	WORDS_MAX = 20000, /* bytes, of all lines in the configuration's words */
	LINE_BYTES = 1000, /* of one, and of each text that stands as code */
	FOOT_MAX = 7000,   /* kept free for what was cut */
	NAMED_MAX = 5,	   /* hunks left out that are named */
	FEW_HOSTS = 3,	   /* as many are named beside a hunk */
	LISTED_MAX = 200,  /* hosts in a folded list */
};

/* A hunk as it may stand alone. */
struct piece {
	size_t hunk;
	size_t chars, bytes;
	bool kept;
};

static size_t chars_of(const struct str *text)
{
	size_t chars = 0;

	for (size_t i = 0; i < text->len; i++)
		chars += ((unsigned char)text->data[i] & 0xC0) != 0x80;
	return chars;
}

/* More of C than stand together anywhere in LEN bytes of TEXT, and MIN at least. */
static size_t longer_run(const char *text, size_t len, char c, size_t min)
{
	size_t longest = min - 1;

	for (size_t i = 0, run = 0; i < len; i++) {
		run = text[i] == c ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest + 1;
}

static void add_run(struct str *out, char c, size_t count)
{
	while (count--)
		str_addc(out, c);
}

/* LEN bytes of TEXT, one line, as code. */
static void add_coden(struct str *out, const char *text, size_t len)
{
	struct str visible = STR_INIT;
	size_t run;
	bool pad;

	str_add_visible(&visible, text, len, LINE_BYTES);
	run = longer_run(str_text(&visible), visible.len, '`', 1);
	pad = run > 1;
	add_run(out, '`', run);
	str_addf(out, "%s%s%s", pad ? " " : "", str_text(&visible), pad ? " " : "");
	add_run(out, '`', run);
	str_free(&visible);
}

static void add_code(struct str *out, const char *text)
{
	add_coden(out, text, strlen(text));
}

/* The words as a list, as many lines as have room. Returns how many have none. */
static size_t add_list(struct str *out, const struct review *r)
{
	struct str words = STR_INIT;
	size_t start = out->len, left = 0;

	review_add_words(&words, r);
	for (const char *line = str_text(&words); *line;) {
		size_t len = strcspn(line, "\n"), before = out->len;

		str_add(out, "- ");
		add_coden(out, line, len);
		str_addc(out, '\n');
		if (left || out->len - start > WORDS_MAX) {
			out->len = before;
			out->data[before] = '\0';
			left++;
		}
		line += len + (line[len] == '\n');
	}
	if (left)
		str_addf(out, "- and %zu more\n", left);
	str_free(&words);
	return left;
}

static void add_summary(struct str *out, const struct hunk *hunk)
{
	struct str hosts = STR_INIT, visible = STR_INIT;

	review_add_hosts(&hosts, &hunk->hosts);
	str_add_visible(&visible, str_text(&hosts), hosts.len, LINE_BYTES);
	str_addf(out, "<details>\n<summary>%s: <code>", hunk->title);
	html_add_plain(out, str_text(&visible), visible.len);
	str_add(out, "</code></summary>\n\n");
	if (!hunk->hosts.all && hunk->hosts.count > FEW_HOSTS) {
		str_addf(out, "<details><summary>%zu hosts</summary>", hunk->hosts.count);
		show_add_ids(out, hunk->hosts.ids, hunk->hosts.count, LISTED_MAX);
		str_add(out, "</details>\n\n");
	}
	str_free(&hosts);
	str_free(&visible);
}

static void add_fence(struct str *out, const struct hunk *hunk)
{
	size_t run = longer_run(hunk->text, strlen(hunk->text), '`', 3);

	add_run(out, '`', run);
	str_add(out, "diff\n");
	for (const char *line = hunk->text; *line;) {
		size_t len = strcspn(line, "\n");

		str_add_visible(out, line, len, SIZE_MAX);
		str_addc(out, '\n');
		line += len + (line[len] == '\n');
	}
	add_run(out, '`', run);
	str_addc(out, '\n');
}

static int by_size(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->bytes != y->bytes ? (x->bytes > y->bytes) - (x->bytes < y->bytes)
				    : (x->hunk > y->hunk) - (x->hunk < y->hunk);
}

static int by_place(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->hunk > y->hunk) - (x->hunk < y->hunk);
}

/* Keeps as many hunks as have room behind OUT, the smallest first. */
static void choose(struct piece *pieces, const struct review *r, const struct str *out)
{
	size_t chars = chars_of(out) + FOOT_MAX, bytes = out->len + FOOT_MAX;
	struct str alone = STR_INIT;

	for (size_t i = 0; i < r->hunk_count; i++) {
		str_clear(&alone);
		add_summary(&alone, &r->hunks[i]);
		add_fence(&alone, &r->hunks[i]);
		str_add(&alone, "\n</details>\n\n");
		pieces[i] = (struct piece){i, chars_of(&alone), alone.len, false};
	}
	str_free(&alone);
	qsort(pieces, r->hunk_count, sizeof *pieces, by_size);
	for (size_t i = 0; i < r->hunk_count; i++) {
		chars += pieces[i].chars;
		bytes += pieces[i].bytes;
		pieces[i].kept = chars <= CHARS_MAX && bytes <= BYTES_MAX;
	}
	qsort(pieces, r->hunk_count, sizeof *pieces, by_place);
}

/* Which hunks were cut. Returns how many. */
static size_t add_cut(struct str *out, const struct review *r, const struct piece *pieces)
{
	size_t cut = 0, named = 0;

	for (size_t i = 0; i < r->hunk_count; i++)
		cut += !pieces[i].kept;
	if (cut)
		str_addf(out, "Left out here, since a comment has room for so much: %zu of %zu hunks:\n\n",
			 cut, r->hunk_count);
	for (size_t i = 0; i < r->hunk_count && named < NAMED_MAX; i++) {
		const struct hunk *hunk = &r->hunks[i];
		struct str line = STR_INIT;

		if (pieces[i].kept)
			continue;
		named++;
		str_addf(&line, "%s: ", hunk->title);
		review_add_hosts(&line, &hunk->hosts);
		str_add(out, "- ");
		add_code(out, str_text(&line));
		str_addf(out, ", %zu bytes\n", strlen(hunk->text));
		str_free(&line);
	}
	if (cut > named)
		str_addf(out, "- and %zu more\n", cut - named);
	str_add(out, cut ? "\n" : "");
	return cut;
}

/* As many hunks as have room. Returns how many have none. */
static size_t add_hunks(struct str *out, const struct review *r)
{
	struct piece *pieces = mem_alloc(mem_times(r->hunk_count, sizeof *pieces));
	bool open = false;
	size_t cut;

	choose(pieces, r, out);
	for (size_t i = 0; i < r->hunk_count; i++) {
		if (open && !show_goes_on(r, i)) {
			str_add(out, "\n</details>\n\n");
			open = false;
		}
		if (!pieces[i].kept)
			continue;
		if (!open)
			add_summary(out, &r->hunks[i]);
		add_fence(out, &r->hunks[i]);
		open = true;
	}
	str_add(out, open ? "\n</details>\n\n" : "");
	if (r->hunks_left)
		str_addf(out, "%zu more differences between texts are left out: there are too many\n\n",
			 r->hunks_left);
	cut = add_cut(out, r, pieces);
	free(pieces);
	return cut;
}

void review_markdown(FILE *to, const struct review *r, const struct review_options *options)
{
	struct str out = STR_INIT, summary = STR_INIT;

	review_add_summary(&summary, r);
	str_addf(&out, "## stagecraft diff: %s\n\n", str_text(&summary));
	str_free(&summary);
	add_code(&out, options->config);
	str_add(&out, review_differs(r) ? " compiles to something else than " : " compiles to what is in ");
	add_code(&out, r->against);
	str_add(&out, review_differs(r) ? ":\n\n" : ".\n");
	if (review_differs(r)) {
		size_t cut = add_list(&out, r);

		str_addc(&out, '\n');
		cut += add_hunks(&out, r);
		if (cut) {
			add_code(&out, options->again);
			str_add(&out, " shows all of it.\n");
		}
	}
	fwrite(str_text(&out), 1, out.len, to);
	str_free(&out);
}
