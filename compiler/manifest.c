#include "compiler/manifest.h"

#include "lib/json.h"

#include <string.h>

void manifest_write(struct str *out, const struct manifest *m)
{
	str_add(out, "{\n  \"format\": 1,\n  \"scripts\": [");
	for (size_t i = 0; i < m->count; i++)
		str_addf(out, "%s\n    {\"id\": \"%s\", \"file\": \"%s.sh\", \"sha256\": \"%s\"}",
			 i ? "," : "", m->items[i].id, m->items[i].id, m->items[i].sha256);
	str_add(out, m->count ? "\n  ]\n}\n" : "]\n}\n");
}

void manifest_add(struct manifest *m, const char *id, const char sha256[SHA256_HEX + 1])
{
	struct manifest_entry *entry = &m->items[m->count++];

	entry->id = id;
	memcpy(entry->sha256, sha256, SHA256_HEX + 1);
}

static const char *text_of(const struct json *j, json_value v, struct arena *arena)
{
	return json_kind(j, v) == JSON_STRING ? json_string(j, v, arena) : NULL;
}

static bool read_entries(struct manifest *out, const struct json *j, struct arena *arena)
{
	json_value list = json_get(j, 0, "scripts"), v;

	if (!json_is(j, json_get(j, 0, "format"), "1") || json_kind(j, list) != JSON_ARRAY)
		return false;
	out->items = arena_array(arena, json_count(j, list), sizeof *out->items);
	for (v = json_first(j, list); v != JSON_NONE; v = json_next(j, v)) {
		const char *id = text_of(j, json_get(j, v, "id"), arena);
		const char *digest = text_of(j, json_get(j, v, "sha256"), arena);

		/* What manifest_write() wrote and nothing else: no path can hide in an id that is a label. */
		if (!id || !digest || !str_is_label(id, strlen(id)) || strlen(digest) != SHA256_HEX ||
		    strspn(digest, "0123456789abcdef") != SHA256_HEX)
			return false;
		manifest_add(out, id, digest);
	}
	str_sort(out->items, out->count, sizeof *out->items);
	for (size_t i = 1; i < out->count; i++) {
		if (strcmp(out->items[i - 1].id, out->items[i].id) == 0)
			return false;
	}
	return true;
}

bool manifest_parse(struct manifest *out, const char *dir, const struct str *text, struct problem *p)
{
	struct json j;
	bool ok;

	*out = (struct manifest){0};
	if (!json_parse(&j, str_text(text), text->len))
		return problem_set(p, "cannot read %s/" MANIFEST_NAME ": byte %zu: %s", dir, j.wrong_at,
				   j.why);
	ok = read_entries(out, &j, p->arena);
	json_free(&j);
	return ok ||
	       problem_set(p, "cannot read %s/" MANIFEST_NAME ": it isn't a manifest of this stagecraft",
			   dir);
}

const struct manifest_entry *manifest_find(const struct manifest *m, const char *id)
{
	return str_find(id, m->items, m->count, sizeof *m->items);
}
