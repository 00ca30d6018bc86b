#include "lib/diag.h"
#include "lib/mem.h"
#include "lib/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTE_MAX = 64, EXCERPT_MAX = 100, WORD_MAX = 64 };

void diags_init(struct diags *d, struct arena *arena)
{
	*d = (struct diags){.arena = arena};
}

void diags_free(struct diags *d)
{
	free(d->items);
	*d = (struct diags){.arena = d->arena};
}

static unsigned source_number(const struct diags *d, const struct source *source)
{
	unsigned highest = 0;

	/* Few sources, and the last diagnostic is nearly always of the same one. */
	for (size_t i = d->count; i-- > 0;) {
		if (d->items[i].at.source == source)
			return d->items[i].source_no;
		if (d->items[i].source_no > highest)
			highest = d->items[i].source_no;
	}
	return d->count ? highest + 1 : 0;
}

static void add(struct diags *d, enum severity severity, struct place at, const char *help,
		const char *format, va_list args)
{
	struct str text = STR_INIT;
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	str_reserve(&text, len > 0 ? (size_t)len : 0);
	vsnprintf(text.data, text.cap, format, again);
	va_end(again);
	if (d->count == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 16;
		d->items = mem_grow(d->items, mem_times(d->cap, sizeof *d->items));
	}
	d->items[d->count] = (struct diag){
		.severity = severity,
		.at = at,
		.text = arena_strdup(d->arena, text.data),
		.help = help ? arena_strdup(d->arena, help) : NULL,
		.source_no = source_number(d, at.source),
		.seq = d->count,
	};
	d->count++;
	if (severity == DIAG_ERROR)
		d->errors++;
	else
		d->warnings++;
	str_free(&text);
}

void diag_error(struct diags *d, struct place at, const char *help, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, DIAG_ERROR, at, help, format, args);
	va_end(args);
}

void diag_warning(struct diags *d, struct place at, const char *help, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, DIAG_WARNING, at, help, format, args);
	va_end(args);
}

/* ---- secrets ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' ||
	       c == '.';
}

/* How many bytes of a secret begin at P: a key known by its prefix, or a long word of mixed letters and
 * digits that no host name, version or tag looks like. */
static size_t secret_at(const char *p, const char *end)
{
	static const char *const prefixes[] = {"tskey-", "hskey-", "ghp_", "dop_v1_", "AKIA", "eyJ"};
	size_t n = 0, digits = 0, dashes = 0;

	while (p + n < end && is_word(p[n])) {
		digits += isdigit((unsigned char)p[n]) != 0;
		dashes += p[n] == '-' || p[n] == '.' || p[n] == '/';
		n++;
	}
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t len = strlen(prefixes[i]);

		if (n > len && memcmp(p, prefixes[i], len) == 0)
			return n;
	}
	return n >= 32 && digits >= 4 && dashes * 12 < n ? n : 0;
}

/* Whether the line gives a value to a key that by its name holds a secret; *VALUE is where the value begins.
 * "*_env" names a variable, "*Path" and "*_file" a file. */
static bool names_secret(const char *line, size_t len, size_t *value)
{
	static const char *const words[] = {"secret",  "password", "passwd", "token",
					    "authkey", "auth_key", "api_key"};
	const char *colon = memchr(line, ':', len);
	struct str key = STR_INIT;
	bool found = false;

	if (!colon)
		colon = memchr(line, '=', len);
	if (!colon)
		return false;
	for (const char *p = line; p < colon; p++)
		str_addc(&key, (char)tolower((unsigned char)*p));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		found = found || strstr(str_text(&key), words[i]);
	if (strstr(str_text(&key), "_env") || strstr(str_text(&key), "path") ||
	    strstr(str_text(&key), "_file") || strstr(str_text(&key), "secrets"))
		found = false;
	*value = (size_t)(colon + 1 - line);
	str_free(&key);
	return found;
}

/* BYTES with every secret in it overwritten by as many asterisks, so that columns stay. */
static void mask_into(struct str *out, const char *bytes, size_t len)
{
	size_t value = len;
	bool whole_value = names_secret(bytes, len, &value);

	for (size_t i = 0; i < len;) {
		bool at_word = i == 0 || !is_word(bytes[i - 1]);
		size_t n = at_word ? secret_at(bytes + i, bytes + len) : 0;

		if (whole_value && i >= value && bytes[i] != ' ' && !((unsigned char)bytes[i] & 0x80))
			n = n ? n : 1;
		if (!n) {
			str_addc(out, bytes[i++]);
			continue;
		}
		for (size_t j = 0; j < n; j++)
			str_addc(out, '*');
		i += n;
	}
}

const char *diag_quote(struct diags *d, const char *text)
{
	struct str masked = STR_INIT, out = STR_INIT;
	const char *kept;

	mask_into(&masked, text, strlen(text));
	str_add_visible(&out, str_text(&masked), masked.len, QUOTE_MAX);
	kept = arena_strdup(d->arena, str_text(&out));
	str_free(&masked);
	str_free(&out);
	return kept;
}

/* ---- order ---- */

static int compare(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;

	if (x->source_no != y->source_no)
		return x->source_no < y->source_no ? -1 : 1;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.column != y->at.column)
		return x->at.column < y->at.column ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void sort(struct diags *d)
{
	size_t kept = 0;

	if (!d->count)
		return;
	qsort(d->items, d->count, sizeof *d->items, compare);
	for (size_t i = 1; i < d->count; i++) {
		const struct diag *last = &d->items[kept], *now = &d->items[i];

		if (last->source_no == now->source_no && last->at.line == now->at.line &&
		    last->at.column == now->at.column && strcmp(last->text, now->text) == 0) {
			d->errors -= now->severity == DIAG_ERROR;
			d->warnings -= now->severity == DIAG_WARNING;
			continue;
		}
		d->items[++kept] = *now;
	}
	d->count = kept + 1;
}

/* ---- print ---- */

struct window {
	size_t from, to;    /* bytes of the line that are shown */
	unsigned first_col; /* column of the first of them */
};

/* A window of EXCERPT_MAX code points around COLUMN. */
static struct window window_of(const char *line, size_t len, unsigned column)
{
	unsigned first = column > EXCERPT_MAX * 3 / 4 ? column - EXCERPT_MAX / 2 : 1, at = 1;
	struct window w = {.from = 0, .to = len, .first_col = first};
	size_t used;

	for (size_t i = 0; i < len; i += used, at++) {
		utf8_next(line + i, len - i, &used);
		if (at == first)
			w.from = i;
		if (at == first + EXCERPT_MAX) {
			w.to = i;
			break;
		}
	}
	return w;
}

/* Tabs and invisible characters take one column, as they do in the count. */
static void add_columns(struct str *out, const char *bytes, size_t len)
{
	for (size_t i = 0, used; i < len; i += used) {
		long code = utf8_next(bytes + i, len - i, &used);
		struct str one = STR_INIT;

		str_add_visible(&one, bytes + i, used, 16);
		if (code == '\t')
			str_addc(out, ' ');
		else if (code < 0 || one.len != used)
			str_addc(out, '?');
		else
			str_addn(out, bytes + i, used);
		str_free(&one);
	}
}

static void print_excerpt(const struct diag *g, FILE *to, const char *mark, const char *end)
{
	struct str masked = STR_INIT, shown = STR_INIT;
	size_t len;
	const char *line = source_line(g->at.source, g->at.line, &len);
	unsigned width = g->at.width ? g->at.width : 1;
	struct window w;

	if (!line)
		return;
	mask_into(&masked, line, len);
	w = window_of(str_text(&masked), masked.len, g->at.column);
	add_columns(&shown, str_text(&masked) + w.from, w.to - w.from);
	fprintf(to, "%5u | %s\n      | ", g->at.line, str_text(&shown));
	for (unsigned i = w.first_col; i < g->at.column; i++)
		fputc(' ', to);
	fprintf(to, "%s^", mark);
	for (unsigned i = 1; i < width && g->at.column + i < w.first_col + EXCERPT_MAX; i++)
		fputc('~', to);
	fprintf(to, "%s%s%s\n", end, g->help ? " " : "", g->help ? g->help : "");
	str_free(&masked);
	str_free(&shown);
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

static void print_github(const struct diag *g, FILE *to)
{
	fprintf(to, "::%s ", g->severity == DIAG_ERROR ? "error" : "warning");
	if (g->at.source) {
		fputs("file=", to);
		print_github_text(g->at.source->name, true, to);
		fprintf(to, ",line=%u,col=%u", g->at.line, g->at.column);
	}
	fputs("::", to);
	print_github_text(g->text, false, to);
	if (g->help) {
		fputs(" (", to);
		print_github_text(g->help, false, to);
		fputc(')', to);
	}
	fputc('\n', to);
}

static void print_one(const struct diag *g, FILE *to, bool colour)
{
	bool error = g->severity == DIAG_ERROR;
	const char *mark = !colour ? "" : error ? "\033[1;31m" : "\033[1;33m", *end = colour ? "\033[0m" : "";

	if (g->at.source && g->at.line)
		fprintf(to, "%s:%u:%u: ", g->at.source->name, g->at.line, g->at.column);
	else if (g->at.source)
		fprintf(to, "%s: ", g->at.source->name);
	fprintf(to, "%s%s:%s %s\n", mark, error ? "error" : "warning", end, g->text);
	if (g->at.source && g->at.line)
		print_excerpt(g, to, mark, end);
	else if (g->help)
		fprintf(to, "      %s\n", g->help);
}

void diags_print(struct diags *d, FILE *to, enum diag_style style)
{
	sort(d);
	for (size_t i = 0; i < d->count; i++) {
		print_one(&d->items[i], to, style == DIAG_COLOUR);
		if (style == DIAG_GITHUB)
			print_github(&d->items[i], to);
	}
	if (d->errors)
		fprintf(to, "%zu error%s", d->errors, d->errors == 1 ? "" : "s");
	if (d->warnings)
		fprintf(to, "%s%zu warning%s", d->errors ? ", " : "", d->warnings,
			d->warnings == 1 ? "" : "s");
	if (d->errors || d->warnings)
		fputc('\n', to);
}

void diags_print_json(struct diags *d, FILE *to)
{
	struct str out = STR_INIT;

	sort(d);
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];
		const char *file = g->at.source ? g->at.source->name : "";

		str_add(&out, i ? ",\n  {\"file\":" : "\n  {\"file\":");
		str_add_json(&out, file, strlen(file));
		str_addf(&out, ",\"line\":%u,\"column\":%u,\"severity\":\"%s\",\"message\":", g->at.line,
			 g->at.column, g->severity == DIAG_ERROR ? "error" : "warning");
		str_add_json(&out, g->text, strlen(g->text));
		str_add(&out, ",\"help\":");
		str_add_json(&out, g->help ? g->help : "", g->help ? strlen(g->help) : 0);
		str_addc(&out, '}');
	}
	fprintf(to, "[%s%s]", str_text(&out), d->count ? "\n" : "");
	str_free(&out);
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
		size_t n;

		if (strlen(*candidates) > WORD_MAX)
			continue;
		n = distance(word, *candidates);
		if (n < best) {
			best = n;
			found = *candidates;
		}
	}
	return found;
}
