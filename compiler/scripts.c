#include "compiler/scripts.h"

#include "compiler/emit.h"
#include "lib/gzip.h"

#include <string.h>

/* Whether OF ID, LEN bytes and GZIP when packed, isn't too long; else D is told, at AT. */
static bool check_size(const char *of, const char *id, size_t len, size_t gzip, struct place at,
		       const char *help, struct diags *d)
{
	bool packed = len <= SCRIPT_MAX;

	if (packed && gzip <= SCRIPT_GZIP_MAX)
		return true;
	diag_error(d, at, help, "%s%s would have %zu bytes%s, more than %d", of, id, packed ? gzip : len,
		   packed ? " gzipped" : "", packed ? SCRIPT_GZIP_MAX : SCRIPT_MAX);
	return false;
}

/* Packing a script takes a millisecond, and there may be many; the tail is the most of it. What head and tail
 * take together is hardly more than what they take one by one, so most scripts need no packing. */
static size_t script_gzip(const struct scripts *s, const struct str *head)
{
	enum { SLACK = 512 };
	size_t most = s->tail_gzip + head->len + SLACK;

	if (most > SCRIPT_GZIP_MAX)
		most = s->tail_gzip + gzip_size(head->data, head->len, NULL, 0) + SLACK;
	if (most > SCRIPT_GZIP_MAX)
		most = gzip_size(head->data, head->len, s->tail.data, s->tail.len);
	return most;
}

bool scripts_open(struct scripts *s, const struct plan *plan, const char *from, struct diags *d,
		  struct problem *p)
{
	*s = (struct scripts){.folder = {.fd = -1}};
	if (from) {
		struct str text = STR_INIT;
		bool ok = folder_open(&s->folder, from, p) &&
			  folder_read(&s->folder, MANIFEST_NAME, &text, p) &&
			  manifest_parse(&s->manifest, from, &text, p);

		str_free(&text);
		return ok;
	}
	emit_tail(&s->tail, plan);
	s->tail_gzip = gzip_size(s->tail.data, s->tail.len, NULL, 0);
	s->tail_fits = check_size("what all scripts share", "", s->tail.len, s->tail_gzip,
				  (struct place){.source = plan->config->network_at.source},
				  "write fewer or shorter settings", d);
	return true;
}

/* The script as it was compiled and reviewed. */
static bool read_script(const struct scripts *s, struct script *out, struct problem *p)
{
	const struct manifest_entry *entry = manifest_find(&s->manifest, out->id);

	if (!entry)
		return problem_set(p, "%s/" MANIFEST_NAME " has no script for %s; run stagecraft compile",
				   s->folder.dir, out->id);
	if (!folder_read(&s->folder, arena_printf(p->arena, "%s.sh", out->id), &out->head, p))
		return false;
	sha256_hex(out->sha256, str_text(&out->head), out->head.len, NULL, 0);
	return strcmp(out->sha256, entry->sha256) == 0 ||
	       problem_set(p, "%s/%s.sh was changed after it was compiled: its digest isn't the manifest's",
			   s->folder.dir, out->id);
}

bool scripts_get(const struct scripts *s, const struct plan_host *host, struct script *out, struct diags *d,
		 struct problem *p)
{
	out->id = host->host->id.text;
	out->tail = &s->tail;
	if (s->folder.fd >= 0)
		return read_script(s, out, p);
	emit_head(&out->head, host);
	sha256_hex(out->sha256, out->head.data, out->head.len, s->tail.data, s->tail.len);
	return s->tail_fits && check_size("the script of ", out->id, out->head.len + s->tail.len,
					  script_gzip(s, &out->head), host->host->id.at, "use fewer tags", d);
}

void scripts_close(struct scripts *s)
{
	folder_close(&s->folder);
	str_free(&s->tail);
}
