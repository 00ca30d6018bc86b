/* A document: YAML or JSON as a tree, every node with the place it was written at.
 *
 * The part of YAML that a config needs, and no more: mappings, sequences and scalars. Anchors, aliases, merge
 * keys, tags, directives, a second document, duplicate keys, NUL, invalid UTF-8, more than DOC_DEPTH levels
 * or DOC_NODES_MAX keys and values are errors at their place. Scalars are text: what they mean is the
 * schema's business, never YAML's
 * (`NO` and `1.10` stay as written). */
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
	bool plain; /* a scalar without quotes: may be null */
	struct place at;
	const char *text;   /* of a scalar; NUL-terminated, holds no NUL */
	struct node *key;   /* in a mapping: the name of this value, a scalar */
	struct node *first; /* child, in the order written */
	struct node *next;  /* sibling */
	size_t count;	    /* children */
};

/* Reads SOURCE into ARENA. *ROOT is NULL for an empty document. Mistakes go to D; returns false if there were
 * any. */
bool doc_parse_yaml(struct source *source, struct arena *arena, struct diags *d, struct node **root);
bool doc_parse_json(struct source *source, struct arena *arena, struct diags *d, struct node **root);

/* By the source's name (.json), else by how it begins: JSON if the first thing in its first brackets is in
 * double quotes. */
bool doc_parse(struct source *source, struct arena *arena, struct diags *d, struct node **root);

/* The value of NAME in a mapping; NULL if there is none, or MAP is NULL or no mapping. */
struct node *node_get(const struct node *map, const char *name);

/* Whether this is nothing: an empty plain scalar, ~ or null. */
bool node_is_null(const struct node *n);

/* "a mapping", "a list", "text" */
const char *node_kind_name(const struct node *n);

#endif
