/* The words of a config section, as a table: what may stand there, of which type, and where the value goes.
 *
 * One table makes the decoder (compiler/decode.c), "did you mean", and the reference (`stagecraft help
 * config`). The core has its tables in compiler/config.c; each provider brings its own. */
#ifndef LIB_KEY_H
#define LIB_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/source.h"

/* A value with the place it was written at. text is NULL where the key was left out and has no default;
 * at.source is NULL where a default was taken. */
struct text {
	const char *text;
	struct place at;
};

struct text_list {
	struct text *items;
	size_t count;
	struct place at;
};

/* name: [text, …] */
struct named_list {
	const char *name;
	struct text_list list;
};

struct text_lists {
	struct named_list *items; /* in the order written */
	size_t count;
	bool open; /* there may have been more: an error told of it */
};

struct number {
	long value;
	struct place at;
};

enum key_type {
	KEY_TEXT,     /* struct text: any text without control characters */
	KEY_WORD,     /* struct text: letters, digits and . _ + ~ : - ; not beginning with '-' */
	KEY_CHOICE,   /* struct text: one of choices */
	KEY_FLAG,     /* struct number 0 or 1: true or false */
	KEY_INTEGER,  /* struct number, min to max */
	KEY_DURATION, /* struct number in seconds: 90s, 15m, 1h30m; min to max */
	KEY_VERSION,  /* struct text: one to three numbers, 24.0 or 1.78.0 */
	KEY_ENV,      /* struct text: the name of an environment variable */
	KEY_DOMAIN,   /* struct text: a DNS name of at least two labels, lower case */
	KEY_URL,      /* struct text: https:// or http://, no spaces or quotes */
	KEY_PATH,     /* struct text: a file; a relative one is relative to the folder of the config */
	KEY_TAGS,     /* struct text_list: network tags, "tag:name" each */
	KEY_TAG_MAP,  /* struct text_lists: name to tags */
	KEY_LIST,     /* struct text_list of KEY_TEXT */
	KEY_LIST_MAP, /* struct text_lists: name to such lists */
	KEY_TABLE,    /* nested: table, decoded into the same struct */
	KEY_ANYTHING, /* passed over */
};

/* What a text looks like, for editors and others who can't ask the decoder; a test holds the two together.
 * Patterns are extended regular expressions of POSIX that ECMA-262 reads in the same way: in brackets no '[',
 * '\\' twice for one, '-' at an end; no escapes but \[ and \]. */
struct key_shape {
	const char *pattern; /* it matches this; NULL: anything may stand there */
	const char *unlike;  /* and doesn't match this; NULL: nothing is left out */
	unsigned longest;    /* in characters; 0: no limit */
	enum {
		NUMBER_NONE,  /* it isn't one that YAML takes for a number */
		NUMBER_WHOLE, /* it may be: 1 */
		NUMBER_PARTS, /* 1 and 1.5 */
		NUMBER_ANY,   /* 1, 1.5 and -1 */
	} number;
};

/* A host's label: str_is_label(). */
#define LABEL_PATTERN "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

/* A setting of a network's client: --name or --name=value. Which there are, and their values, the client knows. */
#define SETTING_PATTERN "^--[a-z0-9-]{2,}(=[A-Za-z0-9._:/,=@%+-]*)?$"

/* What KEY_PATH refuses: path_is_special(), as people write it. */
#define SPECIAL_PATH_PATTERN "^/+(dev|proc|sys)(/|$)|^[~%$].*/[.][.](/|$)"

struct key {
	const char *name;
	enum key_type type;
	size_t offset; /* of the value in the struct that the table fills */
	bool required;
	const char *fallback;	    /* written as in YAML; NULL: none */
	const char *const *choices; /* KEY_CHOICE: ends with NULL */
	long min, max;		    /* KEY_INTEGER, KEY_DURATION (seconds) */
	const struct key *table;    /* KEY_TABLE: ends with a NULL name. KEY_ANYTHING: for hints alone */
	const char *setting;	    /* the script is told the value by this name; NULL: it isn't */
	const char *help;	    /* one line for the reference */
	const char *also;	/* what people write instead, in small letters and digits, blanks between */
	struct key_shape shape; /* of the text, or of each text of a list, where code asks for more than its
				 * type does */
};

#endif
