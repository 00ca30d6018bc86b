#include "lib/diag.h"
#include "lib/mem.h"
#include "lib/suspect.h"
#include "lib/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTE_MAX = 64, EXCERPT_MAX = 100, WORD_MAX = 64, NAME_MAX_SHOWN = 4096, TEXT_MAX_SHOWN = 8192 };

void diags_init(struct diags *d, struct arena *arena)
{
	*d = (struct diags){.arena = arena, .root = "."};
}

void diags_free(struct diags *d)
{
	free(d->items);
	*d = (struct diags){.arena = d->arena, .root = d->root};
}

/* Sources are numbered in the order of their first diagnostics. Few they are, and the last diagnostic is nearly
 * always of the same one. */
static size_t source_number(const struct diags *d, const struct source *source)
{
	for (size_t i = d->count; i-- > 0;) {
		if (d->items[i].at.source == source)
			return d->items[i].source_no;
	}
	return d->count;
}

/* Messages quote what they say of the input, but for the names of files. */
static const char *keep_visible(struct diags *d, const char *text, size_t max)
{
	struct str visible = STR_INIT;

	str_add_visible(&visible, text, strlen(text), max);
	return str_keep(&visible, d->arena);
}

void diag_add(struct diags *d, enum severity severity, enum diag_kind kind, struct place at, const char *help,
	      const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;

	*(severity == DIAG_ERROR ? &d->errors : &d->warnings) += 1;
	if (d->count == DIAG_KEPT) {
		d->dropped++;
		return;
	}
	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);
	d->items = mem_more(d->items, d->count, sizeof *d->items);
	d->items[d->count] = (struct diag){
		.severity = severity,
		.kind = kind,
		.at = at,
		.text = keep_visible(d, str_text(&text), TEXT_MAX_SHOWN),
		.help = help ? keep_visible(d, help, TEXT_MAX_SHOWN) : NULL,
		.source_no = source_number(d, at.source),
		.seq = d->count,
	};
	d->count++;
	str_free(&text);
}

const char *diag_quote(struct diags *d, const char *text)
{
	struct str masked = STR_INIT, out = STR_INIT;

	if (d->count == DIAG_KEPT)
		return "…"; /* nobody will see it */
	suspect_mask(&masked, text, strlen(text));
	if (!masked.len)
		str_add(&masked, "\"\"");
	str_add_visible(&out, str_text(&masked), masked.len, QUOTE_MAX);
	str_free(&masked);
	return str_keep(&out, d->arena);
}

/* ---- order ---- */

/* By source, line and column. */
static int by_place(const struct diag *x, const struct diag *y)
{
	if (x->source_no != y->source_no)
		return x->source_no < y->source_no ? -1 : 1;
	return place_order(&x->at, &y->at);
}

static int compare(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;
	int order = by_place(x, y);

	return order ? order : x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Whether one of the KEPT first ones says the same of the same place. */
static bool is_said(const struct diags *d, size_t kept, const struct diag *now)
{
	while (kept-- > 0 && by_place(&d->items[kept], now) == 0) {
		if (strcmp(d->items[kept].text, now->text) == 0)
			return true;
	}
	return false;
}

void diags_sort(struct diags *d)
{
	size_t kept = 0;

	if (!d->count)
		return;
	qsort(d->items, d->count, sizeof *d->items, compare);
	for (size_t i = 0; i < d->count; i++) {
		const struct diag now = d->items[i];

		if (is_said(d, kept, &now)) {
			d->errors -= now.severity == DIAG_ERROR;
			d->warnings -= now.severity == DIAG_WARNING;
			continue;
		}
		d->items[kept++] = now;
	}
	d->count = kept;
}

/* ---- print ---- */

/* The line that is shown, masked, and how far its columns are counted: mistakes come sorted, and a line that
 * a program wrote may hold thousands of them. */
struct excerpt {
	const struct source *source;
	unsigned line;
	struct str masked;
	size_t at;	 /* byte of the masked line */
	unsigned column; /* of that byte */
};

/* Tabs, invisible characters and the first one of a CI runner's command take one column, as they do in the
 * count. */
static void add_columns(struct str *out, const char *bytes, size_t len)
{
	for (size_t i = 0, used; i < len; i += used) {
		long code = utf8_next(bytes + i, len - i, &used);
		struct str one = STR_INIT;

		str_add_visible(&one, bytes + i, used, 16);
		if (code == '\t')
			str_addc(out, ' ');
		else if (code < 0 || one.len != used || str_is_command(bytes + i, len - i))
			str_addc(out, '?');
		else
			str_addn(out, bytes + i, used);
		str_free(&one);
	}
}

/* The EXCERPT_MAX code points around what is wrong, and a mark below it. False if the line isn't there or holds
 * secrets. */
static bool print_excerpt(struct excerpt *e, const struct diag *g, FILE *to, const char *mark,
			  const char *end)
{
	struct str shown = STR_INIT;
	unsigned column = g->at.column, width = g->at.width ? g->at.width : 1;
	unsigned first = column > EXCERPT_MAX * 3 / 4 ? column - EXCERPT_MAX / 2 : 1;
	size_t len, behind, used;
	const char *line = g->at.source->secret ? NULL : source_line(g->at.source, g->at.line, &len);

	if (!line)
		return false;
	if (e->source != g->at.source || e->line != g->at.line) {
		str_clear(&e->masked);
		suspect_mask(&e->masked, line, len);
		*e = (struct excerpt){g->at.source, g->at.line, e->masked, .column = 1};
	} else if (first < e->column) {
		e->at = 0;
		e->column = 1;
	}
	for (; e->column < first && e->at < e->masked.len; e->column++, e->at += used)
		utf8_next(e->masked.data + e->at, e->masked.len - e->at, &used);
	behind = e->at;
	for (int i = 0; i < EXCERPT_MAX && behind < e->masked.len; i++, behind += used)
		utf8_next(e->masked.data + behind, e->masked.len - behind, &used);
	add_columns(&shown, str_text(&e->masked) + e->at, behind - e->at);
	fprintf(to, "%5u | %s\n      | ", g->at.line, str_text(&shown));
	for (unsigned i = first; i < column; i++)
		fputc(' ', to);
	fprintf(to, "%s^", mark);
	for (unsigned i = 1; i < width && column + i < first + EXCERPT_MAX; i++)
		fputc('~', to);
	fprintf(to, "%s%s%s\n", end, g->help ? " " : "", g->help ? g->help : "");
	str_free(&shown);
	return true;
}

/* https://docs.github.com/actions/reference/workflow-commands-for-github-actions: %, CR and LF are escaped,
 * in properties also : and , */
static void print_github_text(const char *text, bool property, FILE *to)
{
	for (const char *p = text; *p; p++) {
		if (*p == '%' || *p == '\r' || *p == '\n' || (property && (*p == ':' || *p == ',')))
			fprintf(to, "%%%02X", (unsigned)(unsigned char)*p);
		else
			fputc(*p, to);
	}
}

void annotation_print(FILE *to, enum severity severity, const char *file, unsigned line, unsigned column,
		      const char *title, const char *text)
{
	const char *before = "";
	struct str name = STR_INIT;

	fputs(severity == DIAG_ERROR ? "::error " : "::warning ", to);
	if (file) {
		str_add_visible(&name, file, strlen(file), NAME_MAX_SHOWN);
		fputs("file=", to);
		print_github_text(str_text(&name), true, to);
		if (line)
			fprintf(to, ",line=%u", line);
		if (line && column)
			fprintf(to, ",col=%u", column);
		before = ",";
	}
	if (title) {
		fprintf(to, "%stitle=", before);
		print_github_text(title, true, to);
	}
	fputs("::", to);
	print_github_text(text, false, to);
	fputc('\n', to);
	str_free(&name);
}

static void print_one(struct excerpt *e, const struct diag *g, const char *name, FILE *to, bool colour)
{
	bool error = g->severity == DIAG_ERROR;
	const char *mark = !colour ? "" : error ? "\033[1;31m" : "\033[1;33m", *end = colour ? "\033[0m" : "";

	if (name && g->at.line)
		fprintf(to, "%s:%u:%u: ", name, g->at.line, g->at.column);
	else if (name)
		fprintf(to, "%s: ", name);
	fprintf(to, "%s%s:%s %s\n", mark, error ? "error" : "warning", end, g->text);
	if (name && g->at.line && print_excerpt(e, g, to, mark, end))
		return;
	if (g->help)
		fprintf(to, "      %s\n", g->help);
}

static void annotate(const struct diags *d, const struct diag *g, FILE *to)
{
	const char *file = g->at.source ? source_path(g->at.source, d->root, d->arena) : NULL;

	annotation_print(to, g->severity, file, g->at.line, g->at.column, NULL,
			 g->help ? arena_printf(d->arena, "%s (%s)", g->text, g->help) : g->text);
}

void diags_print(struct diags *d, FILE *to, enum diag_style style)
{
	struct excerpt excerpt = {.masked = STR_INIT};

	diags_sort(d);
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];
		const char *name = g->at.source ? keep_visible(d, g->at.source->name, NAME_MAX_SHOWN) : NULL;

		print_one(&excerpt, g, name, to, style == DIAG_COLOUR);
		if (style == DIAG_GITHUB)
			annotate(d, g, to);
	}
	if (d->dropped)
		fprintf(to, "… and %zu more\n", d->dropped);
	if (d->errors)
		fprintf(to, "%zu error%s", d->errors, d->errors == 1 ? "" : "s");
	if (d->warnings)
		fprintf(to, "%s%zu warning%s", d->errors ? ", " : "", d->warnings,
			d->warnings == 1 ? "" : "s");
	if (d->errors || d->warnings)
		fputc('\n', to);
	str_free(&excerpt.masked);
}

/* ---- did you mean ---- */

/* Optimal string alignment; both words are at most WORD_MAX bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t row[3][WORD_MAX + 1], n = strlen(a), m = strlen(b);

	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *before = row[(i + 2) % 3], *two = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = before[j - 1] +
				      (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));

			if (before[j] + 1 < best)
				best = before[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two[j - 2] + 1 < best)
				best = two[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[n % 3][m];
}

const char *did_you_mean(const char *word, const char *const *candidates)
{
	size_t len = strlen(word), most = len < 5 ? 1 : 2, best = most + 1;
	const char *found = NULL;

	if (len > WORD_MAX || !len)
		return NULL;
	for (; *candidates; candidates++) {
		size_t n = strlen(*candidates);

		if (n > WORD_MAX || (n > len ? n - len : len - n) >= best)
			continue;
		n = distance(word, *candidates);
		if (n < best) {
			best = n;
			found = *candidates;
		}
	}
	return found;
}
