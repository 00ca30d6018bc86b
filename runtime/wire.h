/* What a host sends: bytes to lines, and lines to records (docs/wire.md, section 3). */
#ifndef RUNTIME_WIRE_H
#define RUNTIME_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/str.h"

/* Bytes of a line that are read; the rest of a longer one is skipped, however long it is. */
enum { WIRE_LINE_MAX = 64 * 1024 };

/* One stream. Holds at most one line. Zeroed: a new one. */
struct wire_reader {
	struct str line;
	bool skipping; /* behind WIRE_LINE_MAX bytes of a line */
};

/* Called for every line, without its line end (LF, CR LF). CUT: the line went on. LINE is valid during the
 * call only. */
typedef void wire_line_fn(void *context, const char *line, size_t len, bool cut);

void wire_read(struct wire_reader *r, const char *bytes, size_t len, wire_line_fn *each, void *context);

/* The stream has ended: gives out the last line, if it had no end, and frees what R holds. */
void wire_end(struct wire_reader *r, wire_line_fn *each, void *context);

enum record_type {
	RECORD_NONE, /* noise: no record, or one of another run */
	RECORD_BAD,  /* claims to be a record of this run, and isn't one; why says what is wrong */
	RECORD_BEGIN,
	RECORD_STEP,
	RECORD_FACT,
	RECORD_ASK,
	RECORD_END,
};

/* Texts live in the arena; those that the type doesn't have are NULL. */
struct record {
	enum record_type type;
	size_t noise;				      /* bytes of the line in front of the record */
	const char *why;			      /* constant */
	const char *host, *mode;		      /* begin */
	const char *name, *value;		      /* fact; name also of ask */
	const char *step, *result, *reason, *message; /* step; result also of end */
	const char *steps;			      /* end */
};

/* Reads LINE as a record of the run RUN (16 hex digits). It may stand behind other bytes: a shell's greeting
 * without a line end, a terminal's control sequences. */
void record_read(struct record *out, const char *line, size_t len, bool cut, const char *run,
		 struct arena *arena);

#endif
