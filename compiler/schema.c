#include "compiler/schema.h"

#include "compiler/config.h"
#include "compiler/decode.h"
#include "compiler/hosts.h"

#include <assert.h>
#include <string.h>

/* ---- JSON ---- */

static void add_text(struct str *s, const char *name, const char *text)
{
	if (!text)
		return;
	str_add_member(s, name);
	str_add_json(s, text, strlen(text));
}

static void add_number(struct str *s, const char *name, long number)
{
	str_add_member(s, name);
	str_addf(s, "%ld", number);
}

static void open(struct str *s, const char *name, char bracket)
{
	str_add_member(s, name);
	str_addc(s, bracket);
}

static void add_line(struct str *s, size_t indent)
{
	str_addf(s, "\n%*s", (int)(2 * indent), "");
}

/* Appends the JSON of COMPACT, which is an object, a member a line; lists stay on one. */
static void add_indented(struct str *out, const char *compact)
{
	enum { LEVELS = 64 };
	char brackets[LEVELS + 1] = {0}; /* that are open */
	size_t level = 0, indent = 0;
	bool quoted = false;

	for (const char *p = compact; *p; p++) {
		if (!quoted && strchr("{[", *p)) {
			assert(level < LEVELS);
			brackets[++level] = *p;
			indent += *p == '{';
		} else if (!quoted && strchr("}]", *p)) {
			level--;
			indent -= *p == '}';
			if (*p == '}' && p[-1] != '{')
				add_line(out, indent);
		}
		str_addc(out, *p);
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\')
			str_addc(out, *++p);
		else if (!quoted && ((*p == '{' && p[1] != '}') || (*p == ',' && brackets[level] == '{')))
			add_line(out, indent);
		else if (!quoted && strchr(":,", *p))
			str_addc(out, ' ');
	}
	str_addc(out, '\n');
}

/* ---- values ---- */

/* TYPES: YAML's names, the last NULL; what may be left out may be null too. */
static void add_types(struct str *s, const char *const *types, bool null)
{
	if (!types[1] && !null) {
		add_text(s, "type", *types);
		return;
	}
	open(s, "type", '[');
	for (; *types; types++)
		add_text(s, NULL, *types);
	str_add(s, null ? ",\"null\"]" : "]");
}

/* A text of SHAPE. What YAML takes for a number, the decoder takes as it is written. */
static void add_shape(struct str *s, const struct key_shape *shape, bool null)
{
	const char *number = shape->number == NUMBER_WHOLE ? "integer" : shape->number ? "number" : NULL;

	add_types(s, (const char *[]){"string", number, NULL}, null);
	if (number && shape->number != NUMBER_ANY)
		add_number(s, "minimum", 0);
	add_text(s, "pattern", shape->pattern);
	if (shape->unlike) {
		open(s, "not", '{');
		add_types(s, (const char *[]){"string", NULL}, false);
		add_text(s, "pattern", shape->unlike);
		str_addc(s, '}');
	}
	if (shape->longest)
		add_number(s, "maxLength", shape->longest);
}

static void add_choices(struct str *s, const char *const *choices, bool null)
{
	add_types(s, (const char *[]){"string", NULL}, null);
	open(s, "enum", '[');
	for (; *choices; choices++)
		add_text(s, NULL, *choices);
	str_add(s, null ? ",null]" : "]");
}

/* ---- keys ---- */

/* What a table of keys stands in. */
struct section {
	const char *name;
	const struct doc_scope *scope; /* what of it is ours; NULL: all */
	struct key_shape tag;	       /* of tags that may stand in it; no pattern: there are none */
	bool open;		       /* other keys are passed over */
	bool partial;		       /* required keys may be missing */
	bool inherits;		       /* what is left out is as elsewhere: there are no defaults */
};

static void add_section(struct str *s, const struct section *section, const struct key *const *tables);

/* A list, of tags if they are KEY's. */
static void add_list(struct str *s, const struct section *section, const struct key *key)
{
	bool tags = key->type == KEY_TAGS || key->type == KEY_TAG_MAP;
	struct key_shape shape = key_shape(key);

	add_types(s, (const char *[]){"array", NULL}, true);
	if (tags && !section->tag.pattern) {
		add_number(s, "maxItems", 0);
		return;
	}
	if (tags)
		shape = section->tag;
	open(s, "items", '{');
	add_shape(s, &shape, false);
	str_addc(s, '}');
}

/* Of each name, a list. */
static void add_map(struct str *s, const struct section *section, const struct key *key)
{
	add_types(s, (const char *[]){"object", NULL}, true);
	open(s, "additionalProperties", '{');
	add_list(s, section, key);
	str_addc(s, '}');
}

/* What a key is for, and what to write there: an editor tells of a mistake with the pattern alone. */
static void add_description(struct str *s, const struct key *key)
{
	bool scalar = key->type != KEY_TAGS && key->type != KEY_TAG_MAP && !key->shape.pattern;
	const char *form = scalar ? key_type_help(key->type) : NULL;
	struct str text = STR_INIT;

	str_addf(&text, "%s%s%s", key->help, form ? "; " : "", form ? form : "");
	add_text(s, "description", str_text(&text));
	str_free(&text);
}

static void add_default(struct str *s, const struct key *key)
{
	if (key->fallback && (key->type == KEY_FLAG || key->type == KEY_INTEGER)) {
		str_add_member(s, "default");
		str_add(s, key->fallback);
	} else {
		add_text(s, "default", key->fallback);
	}
}

/* What may stand behind KEY, but for a section. NULL: whether it may be nothing. */
static void add_value(struct str *s, const struct section *section, const struct key *key, bool null)
{
	struct key_shape shape = key_shape(key);

	switch (key->type) {
	case KEY_TEXT:
	case KEY_WORD:
	case KEY_DURATION:
	case KEY_VERSION:
	case KEY_ENV:
	case KEY_DOMAIN:
	case KEY_URL:
	case KEY_PATH:
		add_shape(s, &shape, null);
		break;
	case KEY_CHOICE:
		add_choices(s, key->choices, null);
		break;
	case KEY_FLAG:
		add_types(s, (const char *[]){"boolean", "string", NULL}, null);
		add_text(s, "pattern", shape.pattern);
		break;
	case KEY_INTEGER:
		add_types(s, (const char *[]){"integer", "string", NULL}, null);
		add_number(s, "minimum", key->min);
		add_number(s, "maximum", key->max);
		add_text(s, "pattern", shape.pattern);
		break;
	case KEY_TAGS:
	case KEY_LIST:
		add_list(s, section, key);
		break;
	case KEY_TAG_MAP:
	case KEY_LIST_MAP:
		add_map(s, section, key);
		break;
	case KEY_TABLE:
	case KEY_ANYTHING:
		break;
	}
	if (!section->inherits)
		add_default(s, key);
}

/* ---- providers ---- */

/* What PROVIDER's tags look like. */
static struct key_shape tag_of(const struct provider *provider)
{
	const struct network_client *client = ((const struct network_provider *)provider)->client;

	if (client->tag_pattern || !client->tag_prefix)
		return (struct key_shape){.pattern = client->tag_pattern};
	return key_shape(&(struct key){.type = KEY_TAGS});
}

/* Whether a section NAME is one of X.provider and X.providers, and its KIND. */
static bool is_of_providers(const char *name, enum provider_kind *kind)
{
	for (*kind = 0; *kind < PROVIDER_KINDS; (*kind)++) {
		if (strcmp(provider_registry(*kind)->kind, name) == 0)
			return true;
	}
	return false;
}

static void add_ids(struct str *s, enum provider_kind kind, bool null)
{
	const struct provider *list[REGISTRY_MAX];
	const char *ids[REGISTRY_MAX + 1] = {NULL};
	size_t count = registry_list(provider_registry(kind), list);

	for (size_t i = 0; i < count; i++)
		ids[i] = list[i]->id;
	add_choices(s, ids, null);
}

static void add_providers(struct str *s, enum provider_kind kind)
{
	const struct provider *list[REGISTRY_MAX];
	size_t count = registry_list(provider_registry(kind), list);

	add_types(s, (const char *[]){"object", NULL}, true);
	open(s, "properties", '{');
	for (size_t i = 0; i < count; i++) {
		struct section section = {.name = list[i]->id, .partial = true};
		const struct key *tables[DECODE_TARGETS_MAX + 1];

		if (kind == NETWORK_PROVIDERS)
			section.tag = tag_of(list[i]);
		config_provider_tables(kind, list[i], tables);
		open(s, list[i]->id, '{');
		add_text(s, "description", list[i]->summary);
		add_section(s, &section, tables);
		str_addc(s, '}');
	}
	str_add(s, "},\"additionalProperties\":false");
}

/* ---- what has to be there ---- */

/* Whether KEY has to be there, or one in its table has to. */
static bool is_needed(const struct key *key)
{
	bool needed = key->required;

	for (const struct key *inside = key->table; inside && inside->name; inside++)
		needed = needed || is_needed(inside);
	return needed;
}

/* Returns whether there is any. */
static bool add_needed(struct str *s, const struct key *const *tables)
{
	bool any = false;

	for (; *tables; tables++) {
		for (const struct key *key = *tables; key->name; key++) {
			if (!is_needed(key))
				continue;
			if (!any)
				open(s, "required", '[');
			add_text(s, NULL, key->name);
			any = true;
		}
	}
	if (any)
		str_addc(s, ']');
	return any;
}

/* Of a provider's section: the same, with something behind each of the keys. */
static void add_filled(struct str *s, const struct key *const *tables)
{
	add_types(s, (const char *[]){"object", NULL}, false);
	if (!add_needed(s, tables))
		return;
	open(s, "properties", '{');
	for (; *tables; tables++) {
		for (const struct key *key = *tables; key->name; key++) {
			if (!is_needed(key))
				continue;
			open(s, key->name, '{');
			if (key->table)
				add_filled(s, (const struct key *[]){key->table, NULL});
			else
				str_add(s, "\"not\":{\"type\":\"null\"}");
			str_addc(s, '}');
		}
	}
	str_addc(s, '}');
}

/* The section of the provider that is named, where it needs one. */
static void add_conditions(struct str *s, enum provider_kind kind)
{
	const struct provider *list[REGISTRY_MAX];
	size_t count = registry_list(provider_registry(kind), list);
	struct str all = STR_INIT;

	for (size_t i = 0; i < count; i++) {
		const struct key *tables[DECODE_TARGETS_MAX + 1];
		struct str needed = STR_INIT;

		config_provider_tables(kind, list[i], tables);
		if (add_needed(&needed, tables)) {
			str_add_member(&all, NULL);
			str_addf(&all,
				 "%s{\"if\":{\"properties\":{\"provider\":{\"const\":\"%s\"}},\"required\":["
				 "\"provider\"]},\"then\":{\"required\":[\"providers\"],\"properties\":{"
				 "\"providers\":{\"type\":\"object\",\"required\":[\"%s\"],\"properties\":{"
				 "\"%s\":{",
				 all.len ? "" : "[", list[i]->id, list[i]->id, list[i]->id);
			add_filled(&all, tables);
			str_add(&all, "}}}}}}");
		}
		str_free(&needed);
	}
	if (all.len) {
		str_add_member(s, "allOf");
		str_addf(s, "%s]", str_text(&all));
	}
	str_free(&all);
}

/* ---- sections ---- */

static void add_key(struct str *s, const struct section *section, const struct key *key)
{
	const struct doc_scope *scope = section->scope;
	bool null = section->partial || !is_needed(key);
	enum provider_kind kind;

	while (scope && scope->name && strcmp(scope->name, key->name) != 0)
		scope++;
	open(s, key->name, '{');
	add_description(s, key);
	if (is_of_providers(section->name, &kind) && strcmp(key->name, "provider") == 0) {
		add_ids(s, kind, null);
	} else if (is_of_providers(section->name, &kind) && strcmp(key->name, "providers") == 0) {
		add_providers(s, kind);
	} else if (key->table) {
		const struct section inside = {.name = key->name,
					       .scope = scope ? scope->inside : NULL,
					       .open = scope && scope->inside,
					       .tag = section->tag,
					       .partial = section->partial,
					       .inherits = section->inherits};

		add_section(s, &inside, (const struct key *[]){key->table, NULL});
	} else {
		add_value(s, section, key, null);
	}
	str_addc(s, '}');
}

static void add_section(struct str *s, const struct section *section, const struct key *const *tables)
{
	struct str needed = STR_INIT;
	bool null = section->partial || !add_needed(&needed, tables);
	enum provider_kind kind;
	bool providers = false;

	add_types(s, (const char *[]){"object", NULL}, null);
	open(s, "properties", '{');
	for (const struct key *const *t = tables; *t; t++) {
		for (const struct key *key = *t; key->name; key++) {
			add_key(s, section, key);
			providers = providers || strcmp(key->name, "providers") == 0;
		}
	}
	str_addc(s, '}');
	if (!null)
		add_needed(s, tables);
	if (!section->open)
		str_add(s, ",\"additionalProperties\":false");
	if (providers && is_of_providers(section->name, &kind))
		add_conditions(s, kind);
	str_free(&needed);
}

/* ---- the two files ---- */

static void add_head(struct str *s, const char *id, const char *title, const char *description)
{
	str_addc(s, '{');
	add_text(s, "$schema", "http://json-schema.org/draft-07/schema#");
	add_text(s, "$id", id);
	add_text(s, "title", title);
	add_text(s, "description", description);
}

static void finish(struct str *s, struct str *out)
{
	str_addc(s, '}');
	add_indented(out, str_text(s));
	str_free(s);
}

void schema_config(struct str *out)
{
	const struct section section = {.name = "", .scope = config_scope, .open = true};
	struct str s = STR_INIT;

	add_head(&s, "urn:stagecraft:config", "stagecraft.yml",
		 "What stagecraft makes of hosts. Other sections are passed over.");
	add_section(&s, &section, (const struct key *[]){config_keys, NULL});
	finish(&s, out);
}

/* Of any of the networks: the host list doesn't say in which it is. */
static const char *any_tag(struct str *pattern)
{
	const struct provider *list[REGISTRY_MAX];
	size_t count = registry_list(provider_registry(NETWORK_PROVIDERS), list);

	for (size_t i = 0; i < count; i++) {
		const char *tag = tag_of(list[i]).pattern;

		if (tag && !strstr(str_text(pattern), tag))
			str_addf(pattern, "%s%s", pattern->len ? "|" : "", tag);
	}
	return pattern->len ? pattern->data : NULL;
}

/* The list is the whole file, or under a key. */
void schema_hosts(struct str *out)
{
	static const char list[] = "\"items\":{\"$ref\":\"#/definitions/host\"},\"minItems\":1";
	struct str s = STR_INIT, pattern = STR_INIT;
	const struct section section = {.name = "host",
					.tag.pattern = any_tag(&pattern),
					.open = true,
					.inherits = true};

	add_head(&s, "urn:stagecraft:hosts", "hosts.yml",
		 "The hosts that stagecraft is to make ready: a list, or a mapping with the list hosts.");
	add_types(&s, (const char *[]){"object", "array", NULL}, false);
	str_addf(&s,
		 ",%s,\"properties\":{\"%s\":{\"description\":\"a host each\",\"type\":\"array\",%s}},"
		 "\"required\":[\"%s\"]",
		 list, hosts_scope->name, list, hosts_scope->name);
	open(&s, "definitions", '{');
	open(&s, "host", '{');
	add_section(&s, &section, (const struct key *[]){host_keys, NULL});
	str_add(&s, "}}");
	finish(&s, out);
	str_free(&pattern);
}
