/* JSON Schemas of the two files, from the tables that read them: for editors, and for checks in other tools.
 *
 * Draft-07, which every editor's server knows. A schema refuses nothing that the decoder takes, save true and
 * false where a text is meant (an editor would offer them there), and what a provider that isn't used would refuse
 * if it were. What it can't say, such as that two places agree, `stagecraft validate` does. */
#ifndef COMPILER_SCHEMA_H
#define COMPILER_SCHEMA_H

#include "lib/str.h"

/* Append a schema, of stagecraft.yml or of a host list, as JSON, indented, with a line end. */
void schema_config(struct str *out);
void schema_hosts(struct str *out);

#endif
