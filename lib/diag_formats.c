#include "lib/diag_formats.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/html.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/str.h"

/* Names are for good: reports of several runs are matched by them. */
static const struct {
	const char *name, *means, *help;
} kinds[DIAG_KINDS] = {
	[DIAG_VALUE] =
		{"value", "A value that can't stand where it does",
		 "Write one that fits: `stagecraft help config` and stagecraft.yml(5) say for each key what does."},
	[DIAG_SYNTAX] =
		{"syntax", "Not the YAML or JSON that is taken",
		 "Mend what the message names. Anchors, aliases, merge keys, tags and further documents are not taken."},
	[DIAG_DUPLICATE_KEY] = {"duplicate-key", "A key that is there twice", "Keep one of them."},
	[DIAG_UNKNOWN_KEY] =
		{"unknown-key", "A key that isn't known",
		 "Correct its name, or take it out: `stagecraft help config` lists the keys of both files."},
	[DIAG_MISSING_KEY] = {"missing-key", "A required key is missing",
			      "Write the key that the message names."},
	[DIAG_TAG] = {"tag", "A tag that the network does not permit",
		      "Write the tag as the network wants it, or permit it in the network's policy."},
	[DIAG_SAME_HOST] = {"same-host", "Two hosts with one id or address",
			    "Give each host an id and an address of its own, or take one of the two out."},
	[DIAG_FILE] = {"file", "A file that can't be read", "Correct its name, or make it readable."},
	[DIAG_SUSPECT] = {"suspect", "Allowed, but likely not what was meant",
			  "Look whether it was meant; the message says what may have been."},
};

static bool is_error(const struct diag *g)
{
	return g->severity == DIAG_ERROR;
}

static void add_json(struct str *out, const char *text)
{
	str_add_json(out, text, strlen(text));
}

static void add_member(struct str *out, const char *name, const char *text)
{
	str_add_member(out, name);
	add_json(out, text);
}

/* What is wrong, and what to write instead. */
static const char *whole_text(const struct diags *d, const struct diag *g)
{
	return g->help ? arena_printf(d->arena, "%s (%s)", g->text, g->help) : g->text;
}

/* From one mistake to the next, files are mostly the same. */
struct paths {
	const struct diags *d;
	const struct source *source;
	const char *path; /* NULL: it's in no file */
};

static const char *path_of(struct paths *p, const struct source *source)
{
	if (p->source != source) {
		p->source = source;
		p->path = source ? source_path(source, p->d->root, p->d->arena) : NULL;
	}
	return source ? p->path : NULL;
}

void diags_json(FILE *to, struct diags *d, const struct diag_scope *scope)
{
	struct str out = STR_INIT;

	(void)scope;
	diags_sort(d);
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];

		str_add(&out, i ? ",\n  {\"file\":" : "\n  {\"file\":");
		add_json(&out, g->at.source ? g->at.source->name : "");
		str_addf(&out, ",\"line\":%u,\"column\":%u", g->at.line, g->at.column);
		add_member(&out, "severity", is_error(g) ? "error" : "warning");
		add_member(&out, "message", g->text);
		add_member(&out, "help", g->help ? g->help : "");
		str_addc(&out, '}');
	}
	fprintf(to, "[%s%s]\n", str_text(&out), d->count ? "\n" : "");
	str_free(&out);
}

/* ---- fingerprints ---- */

struct print {
	char hex[SHA256_HEX + 1];
	size_t at; /* of the mistake */
};

static int by_hex(const void *a, const void *b)
{
	const struct print *x = a, *y = b;
	int order = strcmp(x->hex, y->hex);

	return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

static int by_mistake(const void *a, const void *b)
{
	const struct print *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* One for each mistake, malloc'ed: of its kind, file and text, and, where these are the same, of its number among
 * them. */
static struct print *fingerprints(struct diags *d)
{
	struct print *prints = mem_alloc(mem_times(d->count, sizeof *prints));
	struct paths paths = {.d = d};
	struct str what = STR_INIT;
	char first[SHA256_HEX + 1] = "", number[32];

	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];
		const char *path = path_of(&paths, g->at.source);

		str_clear(&what);
		str_addf(&what, "%s\n%s\n", kinds[g->kind].name, path ? path : "");
		sha256_hex(prints[i].hex, str_text(&what), what.len, g->text, strlen(g->text));
		prints[i].at = i;
	}
	qsort(prints, d->count, sizeof *prints, by_hex);
	for (size_t i = 0, same = 0; i < d->count; i++) {
		same = strcmp(prints[i].hex, first) == 0 ? same + 1 : 0;
		memcpy(first, prints[i].hex, sizeof first);
		snprintf(number, sizeof number, "\n%zu", same);
		if (same)
			sha256_hex(prints[i].hex, first, strlen(first), number, strlen(number));
	}
	qsort(prints, d->count, sizeof *prints, by_mistake);
	str_free(&what);
	return prints;
}

/* ---- SARIF ---- */

/* PATH as a reference (RFC 3986), which a colon can't make a scheme of. */
static void add_uri(struct str *out, const char *path)
{
	str_add(out, *path == '/' ? "\"file://" : "\"");
	for (const char *p = path; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~/", *p))
			str_addc(out, *p);
		else
			str_addf(out, "%%%02X", (unsigned)(unsigned char)*p);
	}
	str_addc(out, '"');
}

/* TEXT as a message: what isn't meant to be a placeholder or a link must not look like one (3.11.5, 3.11.6). */
static void add_message(struct str *out, const char *text)
{
	struct str escaped = STR_INIT;

	for (const char *p = text; *p; p++) {
		if (*p == '{' || *p == '}')
			str_addc(&escaped, *p);
		else if (p[0] == ']' && p[1] == '(')
			str_addc(&escaped, '\\');
		str_addc(&escaped, *p);
	}
	add_json(out, str_text(&escaped));
	str_free(&escaped);
}

static void add_rules(struct str *out)
{
	for (enum diag_kind k = 0; k < DIAG_KINDS; k++) {
		str_addf(out, "%s\n{\"id\":\"%s\"", k ? "," : "", kinds[k].name);
		str_add(out, ",\"shortDescription\":{\"text\":");
		add_json(out, kinds[k].means);
		str_add(out, "},\"fullDescription\":{\"text\":");
		add_json(out, kinds[k].means);
		str_add(out, "},\"help\":{\"text\":");
		add_json(out, kinds[k].help);
		str_add(out, ",\"markdown\":");
		add_json(out, kinds[k].help);
		str_addf(out, "},\"defaultConfiguration\":{\"level\":\"%s\"}}",
			 k == DIAG_SUSPECT ? "warning" : "error");
	}
}

/* Code scanning asks for a line of each result: the first where it's of the whole file. */
static void add_location(struct str *out, const char *path, const struct place *at)
{
	str_add(out, "{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
	add_uri(out, path);
	str_addf(out, "},\"region\":{\"startLine\":%u", at->line ? at->line : 1);
	if (at->line)
		str_addf(out, ",\"startColumn\":%u,\"endColumn\":%u", at->column,
			 at->column + (at->width ? at->width : 1));
	str_add(out, "}}}");
}

static void add_result(struct str *out, const struct diags *d, const struct diag *g, const char *path,
		       const char *print)
{
	str_addf(out, "{\"ruleId\":\"%s\",\"ruleIndex\":%d,\"level\":\"%s\",\"message\":{\"text\":",
		 kinds[g->kind].name, (int)g->kind, is_error(g) ? "error" : "warning");
	add_message(out, whole_text(d, g));
	str_add(out, "},\"locations\":[");
	if (path)
		add_location(out, path, &g->at);
	str_addf(out, "],\"partialFingerprints\":{\"stagecraft/v1\":\"%s\"}}", print);
}

void diags_sarif(FILE *to, struct diags *d, const struct diag_scope *scope)
{
	struct paths paths = {.d = d};
	struct str out = STR_INIT;
	struct print *prints;

	diags_sort(d);
	prints = fingerprints(d);
	str_add(&out, "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
		      "sarif-schema-2.1.0.json\",\n\"version\":\"2.1.0\",\"runs\":[{\"columnKind\":"
		      "\"unicodeCodePoints\",\n\"tool\":{\"driver\":{\"name\":\"stagecraft\"");
	add_member(&out, "semanticVersion", scope->version);
	str_add(&out, ",\"rules\":[");
	add_rules(&out);
	str_add(&out, "]}},\n\"results\":[");
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];

		str_add(&out, i ? ",\n" : "\n");
		add_result(&out, d, g, path_of(&paths, g->at.source), prints[i].hex);
	}
	fprintf(to, "%s]}]}\n", str_text(&out));
	free(prints);
	str_free(&out);
}

/* ---- GitLab ---- */

void diags_gitlab(FILE *to, struct diags *d, const struct diag_scope *scope)
{
	struct paths paths = {.d = d};
	struct str out = STR_INIT;
	struct print *prints;

	(void)scope;
	diags_sort(d);
	prints = fingerprints(d);
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];
		const char *path = path_of(&paths, g->at.source);

		str_add(&out, i ? ",\n{\"description\":" : "\n{\"description\":");
		add_json(&out, whole_text(d, g));
		add_member(&out, "check_name", kinds[g->kind].name);
		add_member(&out, "fingerprint", prints[i].hex);
		add_member(&out, "severity", is_error(g) ? "critical" : "minor");
		str_add(&out, ",\"location\":{\"path\":");
		add_json(&out, path ? path : g->at.source ? g->at.source->name : "");
		str_addf(&out, ",\"lines\":{\"begin\":%u}}}", g->at.line ? g->at.line : 1);
	}
	fprintf(to, "[%s%s]\n", str_text(&out), d->count ? "\n" : "");
	free(prints);
	str_free(&out);
}

/* ---- JUnit ---- */

/* TEXT in an element or attribute: visible, without markup and what XML can't hold. */
static void add_xml(struct str *out, const char *text)
{
	static const char markup[] = "&<>\"'";
	static const char *const escapes[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
	struct str visible = STR_INIT;
	size_t used;

	str_add_visible(&visible, text, strlen(text), SIZE_MAX);
	for (size_t i = 0; i < visible.len; i += used) {
		long code = utf8_next(visible.data + i, visible.len - i, &used);
		const char *at = strchr(markup, visible.data[i]);

		if (at)
			str_add(out, escapes[at - markup]);
		else if (code == 0xFFFE || code == 0xFFFF)
			str_add(out, "\xEF\xBF\xBD");
		else
			str_addn(out, visible.data + i, used);
	}
	str_free(&visible);
}

/* A line for each mistake of SEVERITY in SOURCE. */
static size_t add_lines(struct str *out, const struct diags *d, const struct source *source, const char *name,
			enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct diag *g = &d->items[i];

		if (g->at.source != source || g->severity != severity)
			continue;
		str_add(out, count++ ? "\n" : "");
		add_xml(out, name);
		if (g->at.line)
			str_addf(out, ":%u:%u", g->at.line, g->at.column);
		str_add(out, ": ");
		add_xml(out, whole_text(d, g));
	}
	return count;
}

/* What was read from NAME as a test case. Returns whether it failed. */
static bool add_case(struct str *out, const struct diags *d, const struct source *source, const char *name)
{
	struct str errors = STR_INIT, warnings = STR_INIT;
	size_t count = add_lines(&errors, d, source, name, DIAG_ERROR);

	str_add(out, "    <testcase classname=\"stagecraft validate\" name=\"");
	add_xml(out, name);
	str_add(out, "\">\n");
	if (count)
		str_addf(out, "      <failure message=\"%zu error%s\" type=\"error\">%s</failure>\n", count,
			 count == 1 ? "" : "s", str_text(&errors));
	if (add_lines(&warnings, d, source, name, DIAG_WARNING))
		str_addf(out, "      <system-out>%s</system-out>\n", str_text(&warnings));
	str_add(out, "    </testcase>\n");
	str_free(&errors);
	str_free(&warnings);
	return count;
}

/* Whether a mistake before number I, or the scope, tells of its source too. */
static bool is_listed(const struct diags *d, const struct diag_scope *scope, size_t i)
{
	const struct source *source = d->items[i].at.source;

	for (size_t s = 0; s < scope->source_count; s++) {
		if (scope->sources[s] == source)
			return true;
	}
	return i && d->items[i - 1].at.source == source; /* they are sorted by it */
}

void diags_junit(FILE *to, struct diags *d, const struct diag_scope *scope)
{
	struct paths paths = {.d = d};
	struct str cases = STR_INIT;
	size_t count = 0, failed = 0;

	diags_sort(d);
	for (size_t i = 0; i < scope->source_count + d->count; i++) {
		const struct source *source = i < scope->source_count ? scope->sources[i] : NULL;
		const char *path;

		if (i >= scope->source_count) {
			if (is_listed(d, scope, i - scope->source_count))
				continue;
			source = d->items[i - scope->source_count].at.source;
		}
		path = path_of(&paths, source);
		failed += add_case(&cases, d, source, path ? path : source ? source->name : "options");
		count++;
	}
	fprintf(to,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n  <testsuite name=\"stagecraft validate\" tests=\"%zu\" failures=\"%zu\" "
		"errors=\"0\" skipped=\"0\">\n%s  </testsuite>\n</testsuites>\n",
		count, failed, str_text(&cases));
	str_free(&cases);
}

/* ---- Markdown ---- */

/* HTML without a blank line, in which nothing that the files say is read as Markdown. */
void diags_markdown(FILE *to, struct diags *d, const struct diag_scope *scope)
{
	enum { SHOWN = 100, TEXT_MAX = 1024 };
	struct paths paths = {.d = d};
	struct str at = STR_INIT;

	(void)scope;
	diags_sort(d);
	fprintf(to, "## stagecraft: %zu error%s, %zu warning%s\n\n<table>\n", d->errors,
		d->errors == 1 ? "" : "s", d->warnings, d->warnings == 1 ? "" : "s");
	for (size_t i = 0; i < d->count && i < SHOWN; i++) {
		const struct diag *g = &d->items[i];
		const char *path = path_of(&paths, g->at.source);

		str_clear(&at);
		str_add(&at, path ? path : g->at.source ? g->at.source->name : "");
		if (g->at.line)
			str_addf(&at, ":%u:%u", g->at.line, g->at.column);
		html_put(to, TEXT_MAX,
			 "<tr><td><code>%s</code></td><td>%s</td><td><code>%s</code></td>"
			 "<td><code>%s</code></td></tr>\n",
			 str_text(&at), is_error(g) ? "error" : "warning", g->text, g->help ? g->help : "");
	}
	fputs("</table>\n", to);
	if (d->count > SHOWN)
		fprintf(to, "\nand %zu more\n", d->count + d->dropped - SHOWN);
	str_free(&at);
}
