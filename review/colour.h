/* The syntax of POSIX sh, as far as colours tell of it. */
#ifndef REVIEW_COLOUR_H
#define REVIEW_COLOUR_H

#include <stddef.h>

/* What a byte belongs to; as a letter, so that the kinds of a text can be read beside it. */
enum shell_kind {
	SHELL_PLAIN = '.',
	SHELL_COMMENT = 'c',
	SHELL_STRING = 's', /* quoted, its quotes too; a here-document's lines */
	SHELL_KEYWORD = 'k',
	SHELL_VARIABLE = 'v', /* $NAME and what ${…} writes around it; NAME of an assignment */
	SHELL_FUNCTION = 'f', /* the name, where it is defined */
};

/* Writes the kind of each of LEN bytes of TEXT to KINDS. Any text has kinds: what isn't understood is plain. */
void shell_kinds(const char *text, size_t len, char *kinds);

#endif
