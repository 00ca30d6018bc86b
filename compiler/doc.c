#include "compiler/doc.h"

#include "lib/json.h"
#include "lib/mem.h"
#include "lib/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* ---- building the tree ---- */

struct level {
	struct node *node;
	struct node *last;    /* child */
	struct node *pending; /* in a mapping: a key that waits for its value */
};

struct builder {
	struct arena *arena;
	struct diags *diags;
	struct source *source;
	struct level stack[DOC_DEPTH];
	size_t depth;
	struct node *root;
	size_t nodes;
	size_t errors; /* of diags, before */
};

static struct node *new_node(struct builder *b, enum node_kind kind, struct place at)
{
	struct node *n = arena_alloc(b->arena, sizeof *n);

	n->kind = kind;
	n->at = at;
	return n;
}

static const char *quote(struct builder *b, const char *text)
{
	return diag_quote(b->diags, text);
}

/* A key has come. False if it can't be one. */
static bool take_key(struct builder *b, struct level *top, struct node *key)
{
	if (key->kind != NODE_SCALAR) {
		diag_error(b->diags, key->at, NULL, "a key must be text, not %s", node_kind_name(key));
		return false;
	}
	if (key->plain && strcmp(key->text, "<<") == 0) {
		diag_error(b->diags, key->at, "write the keys out", "merge keys are not supported");
		return false;
	}
	top->pending = key;
	return true;
}

static bool attach(struct builder *b, struct node *n)
{
	struct level *top;

	if (b->nodes++ == DOC_NODES_MAX) {
		diag_error(b->diags, n->at, NULL, "too many values (%d million at most)",
			   DOC_NODES_MAX / 1000000);
		return false;
	}
	if (!b->depth) {
		b->root = n;
		return true;
	}
	top = &b->stack[b->depth - 1];
	if (top->node->kind == NODE_MAPPING && !top->pending)
		return take_key(b, top, n);
	n->key = top->pending;
	top->pending = NULL;
	if (top->last)
		top->last->next = n;
	else
		top->node->first = n;
	top->last = n;
	top->node->count++;
	return true;
}

static bool push(struct builder *b, struct node *n)
{
	if (b->depth == DOC_DEPTH) {
		diag_error(b->diags, n->at, NULL, "nested too deeply (%d levels at most)", DOC_DEPTH);
		return false;
	}
	if (!attach(b, n))
		return false;
	b->stack[b->depth++] = (struct level){.node = n};
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	int order = strcmp(x->key->text, y->key->text);

	if (order)
		return order;
	if (x->key->at.line != y->key->at.line)
		return x->key->at.line < y->key->at.line ? -1 : 1;
	return x->key->at.column < y->key->at.column ? -1 : x->key->at.column > y->key->at.column;
}

static void report_duplicate(struct builder *b, const struct node *first, const struct node *again)
{
	diag_error(b->diags, again->key->at, "keep one of them", "duplicate key %s (first in line %u)",
		   quote(b, again->key->text), first->key->at.line);
}

/* Small mappings pair by pair, large ones sorted, so that time stays bounded. */
static void check_duplicates(struct builder *b, const struct node *map)
{
	enum { SMALL = 16 };
	struct arena scratch = ARENA_INIT;
	struct node **sorted;
	size_t i = 0;

	if (map->count <= SMALL) {
		for (const struct node *n = map->first; n; n = n->next) {
			const struct node *before = map->first;

			while (before != n && strcmp(before->key->text, n->key->text) != 0)
				before = before->next;
			if (before != n)
				report_duplicate(b, before, n);
		}
		return;
	}
	sorted = arena_array(&scratch, map->count, sizeof(struct node *));
	for (struct node *n = map->first; n; n = n->next)
		sorted[i++] = n;
	qsort(sorted, i, sizeof *sorted, by_key);
	for (size_t first = 0, at = 1; at < i; at++) {
		if (strcmp(sorted[first]->key->text, sorted[at]->key->text) == 0)
			report_duplicate(b, sorted[first], sorted[at]);
		else
			first = at;
	}
	arena_free(&scratch);
}

static void pop(struct builder *b)
{
	struct node *n = b->stack[--b->depth].node;

	if (n->kind == NODE_MAPPING)
		check_duplicates(b, n);
}

/* ---- bytes ---- */

static bool refuse_byte(struct source *s, size_t at, struct diags *d, const char *help, const char *what)
{
	diag_error(d, source_place(s, at), help, "%s", what);
	return false;
}

/* NUL, invalid UTF-8 and UTF-16's byte order marks, before any parser sees them. */
static bool check_bytes(struct source *s, struct diags *d)
{
	for (size_t i = 0, used; i < s->len; i += used) {
		used = 1;
		if (!s->text[i])
			return refuse_byte(s, i, d, NULL,
					   "a NUL byte: this isn't a text file, or it is UTF-16");
		if ((unsigned char)s->text[i] >= 0x80 && utf8_next(s->text + i, s->len - i, &used) < 0)
			return refuse_byte(s, i, d, "save the file as UTF-8", "invalid UTF-8");
	}
	return true;
}

/* What YAML 1.1 takes for a line end, and editors and reviewers don't: a comment could hide a key that
 * counts. */
static bool check_line_ends(struct source *s, struct diags *d)
{
	static const char help[] = "end lines with LF or CRLF";
	char what[64];

	for (size_t i = 0, used; i < s->len; i += used) {
		long code = utf8_next(s->text + i, s->len - i, &used);

		if (code == '\r' && (i + 1 == s->len || s->text[i + 1] != '\n'))
			return refuse_byte(s, i, d, help, "a carriage return without a line feed");
		if (code == 0x85 || code == 0x2028 || code == 0x2029) {
			snprintf(what, sizeof what, "a Unicode line end (U+%04lX)", (unsigned long)code);
			return refuse_byte(s, i, d, help, what);
		}
		if (code == 0xFEFF)
			return refuse_byte(s, i, d, "take it out", "a byte order mark amid the text");
	}
	return true;
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

	for (size_t i = 0; text && i < len && (text[i] == ' ' || text[i] == '\t'); i++) {
		if (text[i] == '\t')
			return "indent with spaces: YAML takes no tabs there";
	}
	return NULL;
}

/* Behind the last character that isn't blank. */
static size_t text_end(const struct source *s)
{
	size_t end = s->len;

	while (end && strchr(" \t\r\n", s->text[end - 1]))
		end--;
	return end;
}

static void report_yaml(struct builder *b, const yaml_parser_t *parser)
{
	struct place at = mark_place(b, parser->problem_mark, parser->problem_mark), last;
	char began[64] = "";

	if (parser->error == YAML_MEMORY_ERROR)
		mem_failed();
	if (parser->error == YAML_READER_ERROR) {
		at = source_place(b->source,
				  parser->problem_offset <= b->source->len ? parser->problem_offset : 0);
		diag_error(b->diags, at, NULL, "this character isn't allowed in YAML");
		return;
	}
	/* libyaml points behind the end where something isn't closed; show the last line with text then. */
	last = source_place(b->source, text_end(b->source));
	if (at.line > last.line)
		at = last;
	if (parser->context && parser->context_mark.line + 1 < at.line)
		snprintf(began, sizeof began, " that begins in line %zu", parser->context_mark.line + 1);
	diag_error(b->diags, at, yaml_help(b, at.line), "YAML: %s%s%s%s",
		   parser->problem ? parser->problem : "unreadable", parser->context ? " " : "",
		   parser->context ? parser->context : "", began);
}

static bool refuse(struct builder *b, struct place at, const char *help, const char *what)
{
	diag_error(b->diags, at, help, "%s", what);
	return false;
}

static bool refuse_anchor_or_tag(struct builder *b, struct place at, const yaml_char_t *anchor,
				 const yaml_char_t *tag)
{
	if (anchor)
		return refuse(b, at, "write the value out", "anchors are not supported");
	if (tag)
		return refuse(b, at, "leave the tag out: every value here is typed by its key",
			      "YAML tags are not supported");
	return true;
}

static bool take_scalar(struct builder *b, const yaml_event_t *event, struct place at)
{
	struct node *n = new_node(b, NODE_SCALAR, at);

	if (!refuse_anchor_or_tag(b, at, event->data.scalar.anchor, event->data.scalar.tag))
		return false;
	if (memchr(event->data.scalar.value, 0, event->data.scalar.length))
		return refuse(b, at, NULL, "a NUL character isn't allowed");
	n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = arena_strndup(b->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
	return attach(b, n);
}

static bool take_document(struct builder *b, const yaml_event_t *event, struct place at, size_t *documents)
{
	if (event->data.document_start.version_directive ||
	    event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
		return refuse(b, at, "leave the line out", "YAML directives are not supported");
	if (++*documents > 1)
		return refuse(b, at, "put it in a file of its own", "a second document");
	return true;
}

/* One event. False to stop: an error, or the end. */
static bool take_event(struct builder *b, const yaml_event_t *event, size_t *documents)
{
	struct place at = mark_place(b, event->start_mark, event->end_mark);

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return take_document(b, event, at, documents);
	case YAML_ALIAS_EVENT:
		return refuse(b, at, "write the value out", "aliases are not supported");
	case YAML_SCALAR_EVENT:
		return take_scalar(b, event, at);
	case YAML_SEQUENCE_START_EVENT:
		return refuse_anchor_or_tag(b, at, event->data.sequence_start.anchor,
					    event->data.sequence_start.tag) &&
		       push(b, new_node(b, NODE_SEQUENCE, at));
	case YAML_MAPPING_START_EVENT:
		return refuse_anchor_or_tag(b, at, event->data.mapping_start.anchor,
					    event->data.mapping_start.tag) &&
		       push(b, new_node(b, NODE_MAPPING, at));
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

bool doc_parse_yaml(struct source *source, struct arena *arena, struct diags *d, struct node **root)
{
	struct builder b = {.arena = arena, .diags = d, .source = source, .errors = d->errors};
	yaml_parser_t parser;
	size_t documents = 0;
	bool more = true;

	*root = NULL;
	if (!check_bytes(source, d) || !check_line_ends(source, d))
		return false;
	if (!yaml_parser_initialize(&parser))
		mem_failed();
	yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->len);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (more) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			report_yaml(&b, &parser);
			break;
		}
		more = take_event(&b, &event, &documents);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (b.root && b.root->kind == NODE_SCALAR && node_is_null(b.root))
		b.root = NULL;
	*root = d->errors == b.errors ? b.root : NULL;
	return d->errors == b.errors;
}

/* ---- JSON ---- */

static unsigned columns(const char *text, size_t len)
{
	unsigned count = 0;

	for (size_t i = 0, used; i < len; i += used, count++)
		utf8_next(text + i, len - i, &used);
	return count;
}

static struct place json_place(const struct json *j, json_value v, size_t *from, struct place *base)
{
	bool string = json_kind(j, v) == JSON_STRING;
	size_t offset = json_offset(j, v) - string;
	struct place at = *base;

	/* Tokens come in order: count on from the last one. */
	for (size_t used; *from < offset; *from += used) {
		utf8_next(j->text + *from, offset - *from, &used);
		at.column++;
		if (j->text[*from] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	at.width = 1;
	*base = at;
	if (json_kind(j, v) == JSON_STRING || json_kind(j, v) == JSON_OTHER)
		at.width = columns(j->text + json_offset(j, v), json_size(j, v)) + 2 * string;
	return at;
}

/* Every token in order, with the tree's levels on the builder's stack. */
static bool build_json(struct builder *b, const struct json *j)
{
	struct place base = {.source = b->source, .line = 1, .column = 1};
	size_t from = 0, left[DOC_DEPTH] = {0};

	for (json_value v = 0; v < j->count; v++) {
		struct place at = json_place(j, v, &from, &base);
		enum json_kind kind = json_kind(j, v);
		bool is_key = b->depth && b->stack[b->depth - 1].node->kind == NODE_MAPPING &&
			      !b->stack[b->depth - 1].pending;

		if (b->depth && !is_key)
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

bool doc_parse_json(struct source *source, struct arena *arena, struct diags *d, struct node **root)
{
	struct builder b = {.arena = arena, .diags = d, .source = source, .errors = d->errors};
	struct json j;
	size_t offset;
	const char *why;

	*root = NULL;
	if (!check_bytes(source, d))
		return false;
	if (!json_parse(&j, source->text, source->len, &offset, &why)) {
		diag_error(d, source_place(source, offset), NULL, "JSON: %s", why);
		return false;
	}
	build_json(&b, &j);
	json_free(&j);
	*root = d->errors == b.errors ? b.root : NULL;
	return d->errors == b.errors;
}

/* ---- both ---- */

static bool looks_like_json(const struct source *s)
{
	size_t len = strlen(s->name), i = 0;

	if (len > 5 && strcmp(s->name + len - 5, ".json") == 0)
		return true;
	if (len > 4 &&
	    (strcmp(s->name + len - 4, ".yml") == 0 || (len > 5 && strcmp(s->name + len - 5, ".yaml") == 0)))
		return false;
	while (i < s->len && strchr(" \t\r\n", s->text[i]))
		i++;
	if (i == s->len || (s->text[i] != '{' && s->text[i] != '['))
		return false;
	while (i < s->len && s->text[i] && strchr(" \t\r\n{[", s->text[i]))
		i++;
	return i < s->len && s->text[i] && strchr("\"]}", s->text[i]);
}

bool doc_parse(struct source *source, struct arena *arena, struct diags *d, struct node **root)
{
	return looks_like_json(source) ? doc_parse_json(source, arena, d, root)
				       : doc_parse_yaml(source, arena, d, root);
}

struct node *node_get(const struct node *map, const char *name)
{
	if (!map || map->kind != NODE_MAPPING)
		return NULL;
	for (struct node *n = map->first; n; n = n->next) {
		if (strcmp(n->key->text, name) == 0)
			return n;
	}
	return NULL;
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
	switch (n->kind) {
	case NODE_SEQUENCE:
		return "a list";
	case NODE_MAPPING:
		return "a mapping";
	default:
		return "text";
	}
}
