#include "compiler/manifest.h"

#include "lib/json.h"

#include <string.h>

const char *const layouts[] = {"whole", "split", NULL};

const char *script_file(const char *id, struct arena *arena)
{
	return arena_printf(arena, "%s.sh", id);
}

/* ---- writing ---- */

static void add_words(struct str *out, const char *name, const struct word_list *words)
{
	str_addf(out, ", \"%s\": [", name);
	for (size_t i = 0; i < words->count; i++) {
		str_add(out, i ? ", " : "");
		str_add_json(out, words->items[i], strlen(words->items[i]));
	}
	str_addc(out, ']');
}

static void add_file(struct str *out, const char *id, const char *sha256)
{
	str_addf(out, "\"file\": \"%s.sh\", \"sha256\": \"%s\"", id, sha256);
}

static void add_entry(struct str *out, const struct manifest *m, const struct manifest_entry *entry)
{
	str_addf(out, "\n    {\"id\": \"%s\", ", entry->id);
	add_file(out, entry->id, entry->sha256);
	if (entry->address) {
		str_add(out, ", \"address\": ");
		str_add_json(out, entry->address, strlen(entry->address));
		add_words(out, "tags", &entry->tags);
		if (!m->split)
			add_words(out, "steps", &entry->steps);
	}
	str_addc(out, '}');
}

void manifest_write(struct str *out, const struct manifest *m)
{
	str_addf(out, "{\n  \"format\": %d,\n", m->format);
	if (m->format > 1)
		str_addf(out, "  \"layout\": \"%s\",\n", layouts[m->split]);
	if (m->split) {
		str_add(out, "  \"shared\": {");
		add_file(out, MANIFEST_SHARED, m->shared.sha256);
		add_words(out, "steps", &m->shared.steps);
		str_add(out, "},\n");
	}
	str_add(out, "  \"scripts\": [");
	for (size_t i = 0; i < m->count; i++) {
		str_add(out, i ? "," : "");
		add_entry(out, m, &m->items[i]);
	}
	str_add(out, m->count ? "\n  ]\n}\n" : "]\n}\n");
}

struct manifest_entry *manifest_add(struct manifest *m, const char *id, const char sha256[SHA256_HEX + 1])
{
	struct manifest_entry *entry = &m->items[m->count++];

	*entry = (struct manifest_entry){.id = id};
	memcpy(entry->sha256, sha256, SHA256_HEX + 1);
	return entry;
}

/* ---- reading ---- */

static const char *text_of(const struct json *j, json_value v, struct arena *arena)
{
	return json_kind(j, v) == JSON_STRING ? json_string(j, v, arena) : NULL;
}

static bool read_words(struct word_list *out, const struct json *j, json_value list, struct arena *arena)
{
	const char **words;

	if (json_kind(j, list) != JSON_ARRAY)
		return false;
	words = arena_array(arena, json_count(j, list), sizeof *words);
	out->items = words;
	for (json_value v = json_first(j, list); v != JSON_NONE; v = json_next(j, v)) {
		words[out->count] = text_of(j, v, arena);
		if (!words[out->count++])
			return false;
	}
	return true;
}

/* The digest that V, an object, tells; NULL if it doesn't. */
static const char *read_digest(const struct json *j, json_value v, struct arena *arena)
{
	const char *digest = text_of(j, json_get(j, v, "sha256"), arena);

	return digest && strlen(digest) == SHA256_HEX && strspn(digest, "0123456789abcdef") == SHA256_HEX
		       ? digest
		       : NULL;
}

/* What manifest_write() wrote and nothing else: no path can hide in an id that is a label. */
static bool read_entry(struct manifest *m, const struct json *j, json_value v, struct arena *arena)
{
	const char *id = text_of(j, json_get(j, v, "id"), arena);
	const char *digest = read_digest(j, v, arena);
	json_value address = json_get(j, v, "address");
	struct manifest_entry *entry;

	if (!id || !digest || !str_is_label(id, strlen(id)) || (m->split && strcmp(id, MANIFEST_SHARED) == 0))
		return false;
	entry = manifest_add(m, id, digest);
	if (m->format == 1 || address == JSON_NONE)
		return true;
	entry->address = text_of(j, address, arena);
	return entry->address && read_words(&entry->tags, j, json_get(j, v, "tags"), arena) &&
	       (m->split || read_words(&entry->steps, j, json_get(j, v, "steps"), arena));
}

static bool read_layout(struct manifest *m, const struct json *j, struct arena *arena)
{
	const char *layout = text_of(j, json_get(j, 0, "layout"), arena), *digest;
	json_value shared = json_get(j, 0, "shared");

	if (m->format == 1)
		return true;
	m->split = layout && strcmp(layout, layouts[true]) == 0;
	if (!m->split)
		return layout && strcmp(layout, layouts[false]) == 0;
	digest = read_digest(j, shared, arena);
	if (digest)
		memcpy(m->shared.sha256, digest, SHA256_HEX + 1);
	return digest && read_words(&m->shared.steps, j, json_get(j, shared, "steps"), arena);
}

static bool read_all(struct manifest *m, const struct json *j, struct arena *arena)
{
	json_value format = json_get(j, 0, "format"), list = json_get(j, 0, "scripts");

	m->format = json_is(j, format, "1") ? 1 : json_is(j, format, "2") ? 2 : 0;
	if (!m->format || json_kind(j, list) != JSON_ARRAY || !read_layout(m, j, arena))
		return false;
	m->items = arena_array(arena, json_count(j, list), sizeof *m->items);
	for (json_value v = json_first(j, list); v != JSON_NONE; v = json_next(j, v)) {
		if (!read_entry(m, j, v, arena))
			return false;
	}
	str_sort(m->items, m->count, sizeof *m->items);
	for (size_t i = 1; i < m->count; i++) {
		if (strcmp(m->items[i - 1].id, m->items[i].id) == 0)
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
	ok = read_all(out, &j, p->arena);
	json_free(&j);
	return ok ||
	       problem_set(p, "cannot read %s/" MANIFEST_NAME ": it isn't a manifest of this stagecraft",
			   dir);
}

/* ---- asking ---- */

bool manifest_is_as_written(const struct manifest *m, const struct str *text)
{
	struct str again = STR_INIT;
	bool same;

	manifest_write(&again, m);
	same = again.len == text->len && memcmp(again.data, text->data, text->len) == 0;
	str_free(&again);
	return same;
}

const struct manifest_entry *manifest_find(const struct manifest *m, const char *id)
{
	return str_find(id, m->items, m->count, sizeof *m->items);
}

struct word_list manifest_steps(const struct manifest *m, const struct manifest_entry *entry)
{
	return m->split ? m->shared.steps : entry->steps;
}
