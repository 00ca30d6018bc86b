#include "compiler/doc.h"

#include "lib/json.h"
#include "lib/mem.h"
#include "lib/str.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct level {
	struct node *node;
	struct node *pending;	       /* in a mapping: a key that waits for its value */
	const struct doc_scope *scope; /* what is ours of it; NULL: all */
};

enum { BAD_LINES_MAX = 20 };

/* Characters of a line that can't be, from the first to the last, counted from the text's beginning. */
struct bad_line {
	unsigned line;
	size_t from, to;
};

struct builder {
	struct arena *arena;
	struct diags *diags;
	struct source *source;
	const struct doc_scope *scope;
	struct level stack[DOC_DEPTH];
	size_t depth;
	struct node *root;
	size_t nodes;
	const char *text; /* the source's, bad characters in it replaced */
	struct bad_line bad[BAD_LINES_MAX];
	size_t bad_count;
};

/* ---- what is ours ---- */

static const struct doc_scope passed_over[] = {{0}};

static bool is_passed_over(const struct doc_scope *scope)
{
	return scope && !scope->name;
}

/* What is ours of the value of KEY. */
static const struct doc_scope *scope_of(const struct doc_scope *outer, const char *key)
{
	if (!outer)
		return NULL;
	while (outer->name && strcmp(outer->name, key) != 0)
		outer++;
	return outer->name ? outer->inside : passed_over;
}

/* The list or mapping that is open; NULL: none. */
static struct level *top_of(struct builder *b)
{
	return b->depth ? &b->stack[b->depth - 1] : NULL;
}

static bool awaits_key(const struct level *level)
{
	return level->node->kind == NODE_MAPPING && !level->pending;
}

/* What is ours of the node that comes next. */
static const struct doc_scope *scope_here(struct builder *b)
{
	const struct level *top = top_of(b);

	if (!top)
		return b->scope;
	return top->pending && !top->pending->unknown ? scope_of(top->scope, top->pending->text) : top->scope;
}

/* ---- building the tree ---- */

static struct node *new_node(struct builder *b, enum node_kind kind, struct place at)
{
	struct node *n = arena_alloc(b->arena, sizeof *n);

	*n = (struct node){.kind = kind, .at = at, .end = &n->first};
	return n;
}

static struct node *unknown_node(struct builder *b, struct place at)
{
	struct node *n = new_node(b, NODE_SCALAR, at);

	n->unknown = true;
	n->text = "";
	return n;
}

/* A key has come. Of one that can't be, the value is dropped; the mapping may have had what it stood for. */
static void take_key(struct builder *b, struct level *top, struct node *key)
{
	bool ours = !is_passed_over(top->scope), merge = key->plain && strcmp(key->text, "<<") == 0;

	if (key->kind != NODE_SCALAR && ours)
		diag_error_of(b->diags, DIAG_SYNTAX, key->at, NULL, "a key must be text, not %s",
			      node_kind_name(key));
	if (merge && ours)
		diag_error_of(b->diags, DIAG_SYNTAX, key->at, "write the keys out",
			      "merge keys are not supported");
	key->unknown = key->unknown || key->kind != NODE_SCALAR || merge;
	top->node->unknown = top->node->unknown || key->unknown;
	top->pending = key;
}

static bool attach(struct builder *b, struct node *n)
{
	struct level *top = top_of(b);

	if (b->nodes++ == DOC_NODES_MAX) {
		diag_error_of(b->diags, DIAG_SYNTAX, n->at, NULL, "too many values (%d million at most)",
			      DOC_NODES_MAX / 1000000);
		return false;
	}
	if (!top) {
		b->root = n;
	} else if (awaits_key(top)) {
		take_key(b, top, n);
	} else {
		n->key = top->pending;
		top->pending = NULL;
		if (!n->key || !n->key->unknown) {
			*top->node->end = n;
			top->node->end = &n->next;
			top->node->count++;
		}
	}
	return true;
}

static bool push(struct builder *b, struct node *n)
{
	const struct doc_scope *scope = b->depth || n->kind == NODE_MAPPING ? scope_here(b) : NULL;

	if (b->depth == DOC_DEPTH) {
		diag_error_of(b->diags, DIAG_SYNTAX, n->at, NULL, "nested too deeply (%d levels at most)",
			      DOC_DEPTH);
		return false;
	}
	if (!attach(b, n))
		return false;
	b->stack[b->depth++] = (struct level){.node = n, .scope = scope};
	return true;
}

/* ---- duplicate keys ---- */

static int by_key(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	int order = strcmp(x->key->text, y->key->text);

	return order ? order : place_order(&x->key->at, &y->key->at);
}

/* AGAIN has FIRST's key in MAP, which SCOPE is of. A section that is there twice is read as one, so that the
 * mistakes in both are told: AGAIN's children become FIRST's, and AGAIN loses its key, which takes it from
 * MAP. Of what was joined, nothing more is told. */
static void take_duplicate(struct builder *b, const struct doc_scope *scope, const struct node *map,
			   struct node *first, struct node *again)
{
	if (!map->joined && !is_passed_over(scope_of(scope, again->key->text)))
		diag_error_of(b->diags, DIAG_DUPLICATE_KEY, again->key->at, "keep one of them",
			      "duplicate key %s (first in line %u)", diag_quote(b->diags, again->key->text),
			      first->key->at.line);
	if (first->kind != again->kind || first->kind == NODE_SCALAR)
		return;
	*first->end = again->first;
	if (again->first)
		first->end = again->end;
	first->count += again->count;
	first->unknown = first->unknown || again->unknown;
	first->joined = true;
	again->key = NULL;
}

static void check_duplicates(struct builder *b, const struct doc_scope *scope, struct node *map)
{
	struct node *few[32], **sorted = few;
	size_t count = 0;

	if (map->count > sizeof few / sizeof *few)
		sorted = arena_array(b->arena, map->count, sizeof(struct node *));
	for (struct node *n = map->first; n; n = n->next)
		sorted[count++] = n;
	qsort(sorted, count, sizeof *sorted, by_key);
	for (size_t first = 0, at = 1; at < count; at++) {
		if (strcmp(sorted[first]->key->text, sorted[at]->key->text) == 0)
			take_duplicate(b, scope, map, sorted[first], sorted[at]);
		else
			first = at;
	}
}

/* MAP is complete. What take_duplicate() has taken the key from goes; mappings that are now several in one
 * have to be looked at again. */
static void finish(struct builder *b, const struct doc_scope *scope, struct node *map)
{
	check_duplicates(b, scope, map);
	map->end = &map->first;
	for (struct node *n = map->first; n; n = n->next) {
		if (!n->key) {
			*map->end = n->next;
			map->count--;
			continue;
		}
		if (n->joined && n->kind == NODE_MAPPING)
			finish(b, scope, n);
		n->joined = false;
		map->end = &n->next;
	}
}

static void pop(struct builder *b)
{
	const struct level *top = &b->stack[--b->depth];

	if (top->node->kind == NODE_MAPPING)
		finish(b, top->scope, top->node);
}

/* The document ends here, whatever was to follow: nobody knows what the open lists and mappings lack. */
static void abandon(struct builder *b)
{
	for (const struct level *top; (top = top_of(b)); pop(b)) {
		top->node->unknown = true;
		if (top->pending)
			attach(b, unknown_node(b, top->pending->at));
	}
	if (!b->root)
		b->root = unknown_node(b, (struct place){.source = b->source, .line = 1, .column = 1});
}

/* ---- bytes ---- */

/* Characters that a file may not hold. Besides what isn't text: what YAML 1.1 takes for a line end, and
 * editors and reviewers don't; a comment could hide a key that counts. */
struct bad_character {
	long from, to;
	const char *what, *help;
};

/* Of the character CODE at P: NULL if it's a good one. */
static const struct bad_character *bad_character(const char *p, long code)
{
	static const char line_ends[] = "end lines with LF or CRLF";
	static const struct bad_character all[] = {
		{LONG_MIN, -1, "invalid UTF-8", "save the file as UTF-8"},
		{0, 0, "a NUL byte: this isn't a text file, or it is UTF-16", NULL},
		{'\r', '\r', "a carriage return without a line feed", line_ends},
		{0x85, 0x85, "a Unicode line end (U+0085)", line_ends},
		{0x2028, 0x2028, "a Unicode line end (U+2028)", line_ends},
		{0x2029, 0x2029, "a Unicode line end (U+2029)", line_ends},
		{0xFEFF, 0xFEFF, "a byte order mark amid the text", "take it out"},
		{0x01, 0x9F, "this character isn't allowed in YAML", NULL},
		{0xFFFE, 0xFFFF, "this character isn't allowed in YAML", NULL},
	};

	if (code == '\n' || code == '\t' || (code >= 0x20 && code < 0x7F) || (code == '\r' && p[1] == '\n'))
		return NULL;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (code >= all[i].from && code <= all[i].to)
			return &all[i];
	}
	return NULL;
}

/* Takes note of BAD at P, the NUMBERth character, and tells of the first one in a line. False if the rest
 * isn't worth reading: a NUL, or too many lines. */
static bool take_bad(struct builder *b, const char *p, const struct bad_character *bad, unsigned line,
		     size_t number)
{
	struct bad_line *last = b->bad_count ? &b->bad[b->bad_count - 1] : NULL;

	if (last && last->line == line && *p) {
		last->to = number;
		return true;
	}
	diag_error_of(b->diags, DIAG_SYNTAX, source_place(b->source, (size_t)(p - b->source->text)),
		      bad->help, "%s", bad->what);
	if (!*p || b->bad_count == BAD_LINES_MAX)
		return false;
	b->bad[b->bad_count++] = (struct bad_line){.line = line, .from = number, .to = number};
	return true;
}

/* Has what isn't text replaced, by characters of as many bytes, for libyaml, which would end there. In JSON,
 * whose own rules name the rest, what is no character ends the reading. */
static bool clean_text(struct builder *b, bool json)
{
	static const char *const others[] = {"_", "\xC2\xA0", "\xEF\xBF\xBD"};
	struct source *s = b->source;
	const char *end = s->text + s->len;
	char *copy = NULL;
	unsigned line = 1;
	size_t used, number = 0;

	b->text = s->text;
	for (const char *p = s->text; p < end; p += used, number++) {
		long code = utf8_next(p, (size_t)(end - p), &used);
		const struct bad_character *bad = json && code > 0 ? NULL : bad_character(p, code);

		line += code == '\n';
		if (!bad)
			continue;
		if (!take_bad(b, p, bad, line, number) || json)
			return false;
		if (!copy)
			b->text = copy = arena_strndup(b->arena, s->text, s->len);
		memcpy(copy + (p - s->text), others[used - 1], used);
	}
	return true;
}

static bool holds_bad(const struct builder *b, yaml_mark_t from, yaml_mark_t to)
{
	for (size_t i = 0; i < b->bad_count; i++) {
		if (b->bad[i].to >= from.index && b->bad[i].from < to.index)
			return true;
	}
	return false;
}

/* ---- YAML ---- */

static struct place mark_place(struct builder *b, yaml_mark_t from, yaml_mark_t to)
{
	struct place at = {.source = b->source,
			   .line = (unsigned)from.line + 1,
			   .column = (unsigned)from.column + 1,
			   .width = 1};

	if (to.line == from.line && to.column > from.column)
		at.width = (unsigned)(to.column - from.column);
	return at;
}

/* A tab where indentation is expected is the commonest cause of libyaml's less clear messages. */
static const char *yaml_help(struct builder *b, unsigned line)
{
	size_t len;
	const char *text = source_line(b->source, line, &len);

	return text && memchr(text, '\t', strspn(text, " \t"))
		       ? "indent with spaces: YAML takes no tabs there"
		       : NULL;
}

static void report_yaml(struct builder *b, const yaml_parser_t *parser)
{
	struct place at = mark_place(b, parser->problem_mark, parser->problem_mark), last;
	size_t end = b->source->len;
	char began[64] = "";

	if (parser->error == YAML_MEMORY_ERROR)
		mem_failed();
	/* libyaml points behind the end where something isn't closed; show the last line with text then. */
	while (end && strchr(" \t\r\n", b->source->text[end - 1]))
		end--;
	last = source_place(b->source, end);
	if (at.line > last.line)
		at = last;
	if (parser->context && parser->context_mark.line + 1 < at.line)
		snprintf(began, sizeof began, " that begins in line %zu", parser->context_mark.line + 1);
	diag_error_of(b->diags, DIAG_SYNTAX, at, yaml_help(b, at.line), "YAML: %s%s%s%s",
		      parser->problem ? parser->problem : "unreadable", parser->context ? " " : "",
		      parser->context ? parser->context : "", began);
}

static bool take_scalar(struct builder *b, const yaml_event_t *event, struct place at)
{
	struct node *n = new_node(b, NODE_SCALAR, at);

	n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = arena_strndup(b->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
	if (strlen(n->text) != event->data.scalar.length)
		diag_error_of(b->diags, DIAG_SYNTAX, at, NULL, "a NUL character isn't allowed");
	n->unknown = strlen(n->text) != event->data.scalar.length ||
		     holds_bad(b, event->start_mark, event->end_mark);
	return attach(b, n);
}

/* What begins a node. An anchor or a tag is told of, and the node is taken as if it had none. */
static bool take_node(struct builder *b, const yaml_event_t *event, struct place at)
{
	enum node_kind kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAPPING : NODE_SEQUENCE;
	const struct doc_scope *scope = scope_here(b);

	/* The members of all three kinds begin with these two. */
	if (event->data.scalar.anchor && !scope)
		diag_error_of(b->diags, DIAG_SYNTAX, at, "write the value out", "anchors are not supported");
	if (event->data.scalar.tag && !scope)
		diag_error_of(b->diags, DIAG_SYNTAX, at,
			      "leave the tag out: every value here is typed by its key",
			      "YAML tags are not supported");
	if (event->type == YAML_SCALAR_EVENT)
		return take_scalar(b, event, at);
	return push(b, new_node(b, kind, at));
}

/* False for a second one. */
static bool take_document(struct builder *b, const yaml_event_t *event, struct place at)
{
	if (b->root) {
		diag_error_of(b->diags, DIAG_SYNTAX, at, "put it in a file of its own", "a second document");
		return false;
	}
	if (event->data.document_start.version_directive ||
	    event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
		diag_error_of(b->diags, DIAG_SYNTAX, at, "leave the line out",
			      "YAML directives are not supported");
	return true;
}

/* One event. False to stop: an error behind which nothing can be read, or the end. */
static bool take_event(struct builder *b, const yaml_event_t *event)
{
	struct place at = mark_place(b, event->start_mark, event->end_mark);

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return take_document(b, event, at);
	case YAML_ALIAS_EVENT:
		if (!is_passed_over(scope_here(b)))
			diag_error_of(b->diags, DIAG_SYNTAX, at, "write the value out",
				      "aliases are not supported");
		return attach(b, unknown_node(b, at));
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return take_node(b, event, at);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		pop(b);
		return true;
	case YAML_STREAM_END_EVENT:
		return false;
	default:
		return true;
	}
}

static bool parse_yaml(struct builder *b)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool read = true, more = true;

	if (!clean_text(b, false))
		return false;
	if (!yaml_parser_initialize(&parser))
		mem_failed();
	yaml_parser_set_input_string(&parser, (const unsigned char *)b->text, b->source->len);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (more) {
		read = yaml_parser_parse(&parser, &event);
		if (!read)
			report_yaml(b, &parser);
		more = read && take_event(b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return read;
}

/* ---- JSON ---- */

/* Counts on from the byte *FROM at *BASE, where the last token was: they come in order. */
static struct place json_place(const struct json *j, json_value v, size_t *from, struct place *base)
{
	enum json_kind kind = json_kind(j, v);
	size_t quote = kind == JSON_STRING, offset = json_offset(j, v), size = json_size(j, v), used;
	struct place at;

	for (; *from < offset - quote; *from += used) {
		utf8_next(j->text + *from, offset - *from, &used);
		base->column++;
		if (j->text[*from] == '\n') {
			base->line++;
			base->column = 1;
		}
	}
	at = *base;
	if (kind == JSON_STRING || kind == JSON_OTHER) {
		at.width = 2 * (unsigned)quote;
		for (size_t i = 0; i < size; i += used, at.width++)
			utf8_next(j->text + offset + i, size - i, &used);
	}
	return at;
}

/* Every token in order, with the tree's levels on the builder's stack. */
static bool build_json(struct builder *b, const struct json *j)
{
	struct place base = {.source = b->source, .line = 1, .column = 1, .width = 1};
	size_t from = 0, left[DOC_DEPTH] = {0};

	for (json_value v = 0; v < j->count; v++) {
		struct place at = json_place(j, v, &from, &base);
		enum json_kind kind = json_kind(j, v);

		if (b->depth && !awaits_key(top_of(b)))
			left[b->depth - 1]--;
		if (kind == JSON_OBJECT || kind == JSON_ARRAY) {
			if (!push(b, new_node(b, kind == JSON_OBJECT ? NODE_MAPPING : NODE_SEQUENCE, at)))
				return false;
			left[b->depth - 1] = json_count(j, v);
		} else {
			struct node *n = new_node(b, NODE_SCALAR, at);

			n->plain = kind == JSON_OTHER;
			n->text = json_string(j, v, b->arena);
			if (!attach(b, n))
				return false;
		}
		while (b->depth && !left[b->depth - 1] && !b->stack[b->depth - 1].pending)
			pop(b);
	}
	return true;
}

static bool parse_json(struct builder *b)
{
	struct json j;
	bool built;

	if (!clean_text(b, true))
		return false;
	if (!json_parse(&j, b->text, b->source->len)) {
		diag_error_of(b->diags, DIAG_SYNTAX, source_place(b->source, j.wrong_at), NULL, "JSON: %s",
			      j.why);
		return false;
	}
	built = build_json(b, &j);
	json_free(&j);
	return built;
}

/* ---- both ---- */

static bool looks_like_json(const struct source *s)
{
	const char *dot = strrchr(s->name, '.');
	const char *p = s->text + strspn(s->text, " \t\r\n");

	if (dot && dot > s->name && strcmp(dot, ".json") == 0)
		return true;
	if (dot && dot > s->name && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0))
		return false;
	if (*p != '{' && *p != '[')
		return false;
	p += strspn(p, " \t\r\n{[");
	return *p && strchr("\"]}", *p);
}

bool doc_parse(struct source *source, struct arena *arena, const struct doc_scope *scope, struct diags *d,
	       struct node **root)
{
	struct builder b = {.arena = arena, .diags = d, .source = source, .scope = scope};
	size_t errors = d->errors;
	bool json = looks_like_json(source), read = json ? parse_json(&b) : parse_yaml(&b);

	if (!read || b.depth)
		abandon(&b);
	*root = b.root && !json && node_is_null(b.root) ? NULL : b.root;
	return d->errors == errors;
}

const struct node *node_get(const struct node *map, const char *name)
{
	static const struct node lost_key = {.text = ""},
				 lost = {.unknown = true, .text = "", .key = &lost_key};

	if (map && map->kind == NODE_MAPPING) {
		for (const struct node *n = map->first; n; n = n->next) {
			if (strcmp(n->key->text, name) == 0)
				return n;
		}
	}
	return map && map->unknown ? &lost : NULL;
}

bool node_is_null(const struct node *n)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	if (n->kind != NODE_SCALAR || !n->plain)
		return false;
	for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++) {
		if (strcmp(n->text, nulls[i]) == 0)
			return true;
	}
	return false;
}

const char *node_kind_name(const struct node *n)
{
	static const char *const names[] = {
		[NODE_SCALAR] = "text", [NODE_SEQUENCE] = "a list", [NODE_MAPPING] = "a mapping"};

	return names[n->kind];
}
