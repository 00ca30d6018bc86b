/* A document: YAML or JSON as a tree, every node with the place it was written at.
 *
 * The part of YAML that a config needs, and no more: mappings, sequences and scalars. Anchors, aliases, merge
 * keys, tags, directives and duplicate keys are errors at their place, and reading goes on behind them; so it
 * does behind bytes that are no UTF-8 and characters that YAML doesn't allow. A second document, a NUL, more
 * than DOC_DEPTH levels or DOC_NODES_MAX keys and values, and what isn't YAML, end the reading; the tree
 * holds what came before. Scalars are text: what they mean is the schema's business, never YAML's (`NO` and
 * `1.10` stay as written). */
#ifndef COMPILER_DOC_H
#define COMPILER_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/source.h"

enum { DOC_DEPTH = 32, DOC_NODES_MAX = 4000000 };

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
	enum node_kind kind;
	bool plain;   /* a scalar without quotes: may be null */
	bool joined;  /* of several that had the same key */
	bool unknown; /* an error told of it: a scalar's text isn't known, or there were more children */
	struct place at;
	const char *text;	/* of a scalar; NUL-terminated, holds no NUL */
	const struct node *key; /* in a mapping: the name of this value, a scalar */
	struct node *first;	/* child, in the order written */
	struct node **end;	/* where the next child goes */
	struct node *next;	/* sibling */
	size_t count;		/* children */
};

/* The sections that are ours, by their keys; the last has no name. What isn't among them is passed over:
 * there anchors, aliases, merge keys, tags and duplicate keys are nobody's mistake. */
struct doc_scope {
	const char *name;
	const struct doc_scope *inside; /* NULL: all of it is ours */
};

/* Reads SOURCE into ARENA. By its name it's YAML or JSON, else by how it begins: JSON if what is first in
 * its first brackets is in double quotes. SCOPE says what is ours of a mapping; NULL: all. *ROOT is NULL
 * for an empty document. Mistakes go to D; returns false if there were any: *ROOT is what could be read. */
bool doc_parse(struct source *source, struct arena *arena, const struct doc_scope *scope, struct diags *d,
	       struct node **root);

/* The value of NAME in a mapping; NULL if there is none, or MAP is NULL or no mapping. Where MAP is unknown,
 * it may have had one: then an unknown scalar. */
const struct node *node_get(const struct node *map, const char *name);

/* Whether this is nothing: an empty plain scalar, ~ or null. */
bool node_is_null(const struct node *n);

/* "a mapping", "a list", "text" */
const char *node_kind_name(const struct node *n);

#endif
