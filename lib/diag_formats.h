/* Mistakes as other programs read them: code scanning, code quality, test reports. Pure: the same mistakes give the
 * same bytes. Each writes one whole document. */
#ifndef LIB_DIAG_FORMATS_H
#define LIB_DIAG_FORMATS_H

#include <stddef.h>
#include <stdio.h>

#include "lib/diag.h"

struct diag_scope {
	const char *version;		     /* of stagecraft */
	const struct source *const *sources; /* that were checked, mistakes or none */
	size_t source_count;
};

typedef void diags_writer(FILE *to, struct diags *d, const struct diag_scope *scope);

/* An array of {"file","line","column","severity","message","help"}, files called as the user named them. */
diags_writer diags_json;

/* In these, files are called from the root of D, and "rules" and the like are the names of enum diag_kind. */

/* SARIF 2.1.0, as GitHub's code scanning takes it. https://docs.oasis-open.org/sarif/sarif/v2.1.0 */
diags_writer diags_sarif;

/* JUnit's XML: a test case for each file, which fails if there is an error in it. */
diags_writer diags_junit;

/* GitLab's code quality report. A fingerprint stays when a mistake moves to another line. */
diags_writer diags_gitlab;

/* Markdown for the page of a CI job: a table, of the first of them where they are many. */
diags_writer diags_markdown;

#endif
