#include "compiler/scripts.h"

#include <string.h>

bool scripts_open(struct scripts *s, const struct plan *plan, const char *from, struct diags *d,
		  struct problem *p)
{
	*s = (struct scripts){.plan = plan, .read = from, .folder = {.fd = -1}};
	if (from)
		return folder_open(&s->folder, from, p) && manifest_read(&s->manifest, &s->folder, p);
	emit_tail(&s->tail, plan);
	emit_size_begin(&s->size, plan, &s->tail, d);
	return true;
}

/* The script as it was compiled and reviewed. */
static bool read_script(const struct scripts *s, const char *id, struct script *out, struct problem *p)
{
	const struct manifest_entry *entry = manifest_find(&s->manifest, id);

	if (!entry)
		return problem_set(p, "%s/" MANIFEST_NAME " has no script for %s; run stagecraft compile",
				   s->folder.dir, id);
	if (!folder_read(&s->folder, arena_printf(p->arena, "%s.sh", id), &out->head, p))
		return false;
	out->id = id;
	out->tail = &s->tail;
	sha256_hex(out->sha256, str_text(&out->head), out->head.len, NULL, 0);
	return strcmp(out->sha256, entry->sha256) == 0 ||
	       problem_set(p, "%s/%s.sh was changed after it was compiled: its digest isn't the manifest's",
			   s->folder.dir, id);
}

bool scripts_get(const struct scripts *s, const struct plan_host *host, struct script *out, struct diags *d,
		 struct problem *p)
{
	if (s->read)
		return read_script(s, host->host->id.text, out, p);
	emit_script(out, host, &s->tail);
	return emit_check_size(&s->size, out, host, d);
}

void scripts_close(struct scripts *s)
{
	folder_close(&s->folder);
	str_free(&s->tail);
}
