/* What secrets providers share: a dotenv file as the source, a file as the target, the result. */
#ifndef PROVIDERS_SECRETS_SYNC_H
#define PROVIDERS_SECRETS_SYNC_H

#include "providers/secrets/doc.h"
#include "providers/secrets/file.h"
#include "providers/secrets/secrets.h"

/* A dotenv file whose values are to be brought somewhere. */
struct secrets_source {
	struct secret_file file;
	struct secret_doc doc;
	const struct secret_entry **chosen; /* the keys asked for, in the file's order; in the arena */
	size_t count;
};

/* Reads and checks PATH. All that its readers don't agree on, of the keys asked for, is an error. Unless it
 * returns SECRETS_DONE, there's nothing in OUT. secrets_source_free() in any case. */
enum secrets_status secrets_source_read(struct secrets_source *out, const char *path,
					const struct secrets_request *r, struct secrets_result *result);
void secrets_source_free(struct secrets_source *s);

/* The path to take: the request's, or else the config's with "~/" resolved; NULL with a problem in RESULT if
 * there is none, which names OPTION and KEY, or if the config's is no regular file. OPTION is "" for a
 * folder. */
const char *secrets_path(const struct secrets_request *r, const char *asked, const struct text *configured,
			 const char *option, const char *key, struct secrets_result *result);

/* Does what R asks for where the target is a file of FORMAT. */
enum secrets_status secrets_file(const struct secrets_request *r, const struct secret_format *format,
				 const char *source, const char *target, struct secrets_result *out);

/* Adds a name in a state to OUT's items, which have room for it. */
void secrets_result_add(struct secrets_result *out, const char *name, enum secret_state state);

/* A line of OUT's problem. Returns STATUS, so that a function that failed can end with it. */
enum secrets_status secrets_problem(struct secrets_result *out, enum secrets_status status,
				    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
