#include "compiler/scripts.h"

#include "compiler/emit.h"
#include "lib/gzip.h"

#include <stdio.h>
#include <string.h>

/* Bytes gzipped that a script of S may take. */
static size_t gzip_max(const struct scripts *s)
{
	return SCRIPT_GZIP_MAX + (s->split ? SCRIPT_SPLIT_GZIP : 0);
}

/* Whether OF ID, LEN bytes and GZIP when packed, isn't too long for one of S; else D is told, at AT. */
static bool check_size(const struct scripts *s, const char *of, const char *id, size_t len, size_t gzip,
		       struct place at, const char *help, struct diags *d)
{
	size_t len_max = SCRIPT_MAX + (s->split ? SCRIPT_SPLIT : 0);
	bool packed = len <= len_max;

	if (packed && gzip <= gzip_max(s))
		return true;
	diag_error(d, at, help, "%s%s would have %zu bytes%s, more than %zu", of, id, packed ? gzip : len,
		   packed ? " gzipped" : "", packed ? gzip_max(s) : len_max);
	return false;
}

/* Packing a script takes a millisecond, and there may be many; most of it is what all have. What its parts take
 * together is hardly more than what they take one by one, so most scripts need no packing. */
static size_t script_gzip(const struct scripts *s, const struct str *head)
{
	enum { SLACK = 512 };
	size_t most = s->common_gzip + (head->len - s->frame_len) + SLACK;

	if (most > gzip_max(s))
		most = s->common_gzip + gzip_size(head->data, head->len, NULL, 0) + SLACK;
	if (most > gzip_max(s))
		most = gzip_size(head->data, head->len, s->tail.data, s->tail.len);
	return most;
}

/* ID.sh, as it was compiled: the manifest tells its digest. */
static bool read_file(const struct scripts *s, const char *id, const char *sha256, struct str *into,
		      struct problem *p)
{
	char digest[SHA256_HEX + 1];

	if (!folder_read(&s->folder, arena_printf(p->arena, "%s.sh", id), into, p))
		return false;
	sha256_hex(digest, str_text(into), into->len, NULL, 0);
	return strcmp(digest, sha256) == 0 ||
	       problem_set(p, "%s/%s.sh was changed after it was compiled: its digest isn't the manifest's",
			   s->folder.dir, id);
}

bool scripts_open(struct scripts *s, const struct plan *plan, const char *from, struct diags *d,
		  struct problem *p)
{
	struct str text = STR_INIT;
	bool ok;

	if (!from) {
		scripts_make(s, plan, false, d);
		return true;
	}
	*s = (struct scripts){.folder = {.fd = -1}};
	ok = folder_open(&s->folder, from, p) && folder_read(&s->folder, MANIFEST_NAME, &text, p) &&
	     manifest_parse(&s->manifest, from, &text, p) &&
	     (!s->manifest.split || read_file(s, MANIFEST_SHARED, s->manifest.shared.sha256, &s->tail, p));
	s->split = s->manifest.split;
	str_free(&text);
	return ok;
}

static void make_head(const struct scripts *s, struct str *head, const struct plan_host *host)
{
	if (s->split)
		emit_own_file(head, host);
	else
		emit_head(head, host);
}

void scripts_make(struct scripts *s, const struct plan *plan, bool split, struct diags *d)
{
	struct str frame = STR_INIT;

	*s = (struct scripts){.folder = {.fd = -1}, .split = split};
	if (split)
		emit_shared_file(&s->tail, plan);
	else
		emit_tail(&s->tail, plan);
	make_head(s, &frame, &(struct plan_host){.host = &(struct host){.id = {.text = ""}}});
	s->frame_len = frame.len;
	s->common_gzip = gzip_size(frame.data, frame.len, s->tail.data, s->tail.len);
	str_free(&frame);
	s->tail_fits = check_size(s, "what all scripts share", "", s->tail.len, s->common_gzip,
				  (struct place){.source = plan->config->network_at.source},
				  "write fewer or shorter settings", d);
}

/* The script as it was compiled and reviewed. */
static bool read_script(const struct scripts *s, struct script *out, struct problem *p)
{
	const struct manifest_entry *entry = manifest_find(&s->manifest, out->id);

	if (!entry)
		return problem_set(p, "%s/" MANIFEST_NAME " has no script for %s; run stagecraft compile",
				   s->folder.dir, out->id);
	memcpy(out->sha256, entry->sha256, sizeof out->sha256);
	return read_file(s, out->id, entry->sha256, &out->head, p);
}

bool scripts_get(const struct scripts *s, const struct plan_host *host, struct script *out, struct diags *d,
		 struct problem *p)
{
	out->id = host->host->id.text;
	out->tail = &s->tail;
	out->split = s->split;
	if (s->folder.fd >= 0)
		return read_script(s, out, p);
	make_head(s, &out->head, host);
	sha256_hex(out->sha256, out->head.data, out->head.len, s->tail.data, s->split ? 0 : s->tail.len);
	return s->tail_fits && check_size(s, "the script of ", out->id, out->head.len + s->tail.len,
					  script_gzip(s, &out->head), host->host->id.at, "use fewer tags", d);
}

void script_run(const struct script *s, char run[SCRIPT_RUN + 1])
{
	char digest[SHA256_HEX + 1];

	if (s->split)
		sha256_hex(digest, s->head.data, s->head.len, s->tail->data, s->tail->len);
	snprintf(run, SCRIPT_RUN + 1, "%.*s", SCRIPT_RUN, s->split ? digest : s->sha256);
}

void scripts_close(struct scripts *s)
{
	folder_close(&s->folder);
	str_free(&s->tail);
}
