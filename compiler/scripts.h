/* The script of each host: as it is compiled now, or as it was compiled into a folder, and reviewed. */
#ifndef COMPILER_SCRIPTS_H
#define COMPILER_SCRIPTS_H

#include <stdbool.h>

#include "compiler/emit.h"
#include "compiler/folder.h"
#include "compiler/manifest.h"
#include "lib/problem.h"

struct scripts {
	const struct plan *plan;
	struct size_check size; /* of those compiled now */
	struct str tail;	/* that they share; "" of those that are read */
	bool read;		/* from: */
	struct folder folder;
	struct manifest manifest;
};

/* The scripts of PLAN, read from folder FROM; compiled if that's NULL. Returns false with *P set if the folder or
 * its manifest can't be read. What can't be compiled is told to D. scripts_close() in any case. */
bool scripts_open(struct scripts *s, const struct plan *plan, const char *from, struct diags *d,
		  struct problem *p);

/* The script of HOST. Returns false if it's too long, told to D; or with *P set if the folder doesn't have it as the
 * manifest says. OUT's head is reused if it has memory; the caller frees it. */
bool scripts_get(const struct scripts *s, const struct plan_host *host, struct script *out, struct diags *d,
		 struct problem *p);

void scripts_close(struct scripts *s);

#endif
