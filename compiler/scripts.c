#include "compiler/scripts.h"

#include "compiler/emit.h"
#include "lib/gzip.h"

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

	*s = (struct scripts){.split = split};
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

bool scripts_get(const struct scripts *s, const struct plan_host *host, struct script *out, struct diags *d)
{
	out->id = host->host->id.text;
	out->tail = &s->tail;
	out->split = s->split;
	make_head(s, &out->head, host);
	sha256_hex(out->sha256, out->head.data, out->head.len, s->tail.data, s->split ? 0 : s->tail.len);
	return s->tail_fits && check_size(s, "the script of ", out->id, out->head.len + s->tail.len,
					  script_gzip(s, &out->head), host->host->id.at, "use fewer tags", d);
}

void scripts_close(struct scripts *s)
{
	str_free(&s->tail);
}
