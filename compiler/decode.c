#include "compiler/decode.h"

#include "lib/file.h"
#include "lib/suspect.h"
#include "lib/str.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 64, DURATION_MAX_S = 10 * 365 * 24 * 3600 };

/* ---- the shapes of values ---- */

static bool has_control(const char *text)
{
	while ((unsigned char)*text >= 0x20 && *text != 0x7F)
		text++;
	return *text;
}

static bool is_text(const char *text)
{
	return *text && !has_control(text);
}

static bool is_word(const char *text)
{
	return *text && *text != '-' && str_is_only(text, strlen(text), "._+~:-");
}

static bool is_env_name(const char *text)
{
	return *text && !isdigit((unsigned char)*text) && str_is_only(text, strlen(text), "_");
}

static bool is_version(const char *text)
{
	for (int part = 0; part < 3; part++) {
		size_t digits = strspn(text, "0123456789");

		if (!digits || digits > 9)
			return false;
		text += digits;
		if (!*text)
			return true;
		if (*text++ != '.')
			return false;
	}
	return false;
}

/* RFC 1123 labels in lower case, at least two. */
static bool is_domain(const char *text)
{
	size_t len = strcspn(text, ".");

	if (!text[len] || strlen(text) > 253)
		return false;
	for (; text[len]; text += len + 1, len = strcspn(text, ".")) {
		if (!str_is_label(text, len))
			return false;
	}
	return str_is_label(text, len);
}

static bool is_url(const char *text)
{
	const char *host = str_starts(text, "https://")	 ? text + 8
			   : str_starts(text, "http://") ? text + 7
							 : "";

	return isalnum((unsigned char)*host) && str_is_only(host, strlen(host), "-._~:/?#[]!&=+,%");
}

long parse_duration(const char *text)
{
	static const char units[] = "hms";
	static const long seconds[] = {3600, 60, 1};
	const char *unit = units;
	long long total = 0;

	do {
		size_t digits = strspn(text, "0123456789");

		unit = digits && digits <= 9 && text[digits] ? strchr(unit, text[digits]) : NULL;
		if (!unit)
			return -1;
		total += strtoll(text, NULL, 10) * seconds[unit++ - units];
		text += digits + 1;
	} while (*text);
	return total > DURATION_MAX_S ? -1 : (long)total;
}

/* ---- one value ---- */

struct value {
	struct decoder *dec;
	const struct decode_section *section;
	const struct key *key;
	struct text written; /* a scalar's text, and the place of any value */
};

/* What there is of types, and how a scalar becomes a value of each. */
static const struct type {
	const char *name;
	void (*take)(const struct value *v, void *out);
	bool (*fits)(const char *text); /* of take_text() */
	const char *what;		/* a value should be */
	const char *help;
	struct key_shape shape; /* of what take() takes, as far as a pattern can say it */
} types[KEY_ANYTHING + 1];

static void wrong(const struct value *v, const char *help, const char *what)
{
	diag_error(v->dec->diags, v->written.at, help, "%s.%s: %s is not %s", v->section->path, v->key->name,
		   *v->written.text ? diag_quote(v->dec->diags, v->written.text) : "an empty text", what);
}

static void take_text(const struct value *v, void *out)
{
	const struct type *type = &types[v->key->type];

	if (type->fits(v->written.text))
		*(struct text *)out = v->written;
	else
		wrong(v, type->help, *v->written.text || type->fits != is_text ? type->what : "allowed here");
}

/* What is no variable's name may be the key itself, so it isn't repeated; a key of letters and digits alone
 * would pass for a name, and end up in every script. */
static void take_env(const struct value *v, void *out)
{
	if (is_env_name(v->written.text) && !str_starts(v->written.text, "STAGECRAFT_") &&
	    (strchr(v->written.text, '_') || !suspect_is_key(v->written.text)))
		*(struct text *)out = v->written;
	else
		diag_error(v->dec->diags, v->written.at,
			   "write the NAME of a variable, such as TS_AUTHKEY; the key itself never stands in "
			   "a file",
			   "%s.%s: this is not the name of an environment variable", v->section->path,
			   v->key->name);
}

static void take_choice(const struct value *v, void *out)
{
	struct str all = STR_INIT;
	const char *meant;

	for (const char *const *c = v->key->choices; *c; c++) {
		if (strcmp(*c, v->written.text) == 0) {
			*(struct text *)out = (struct text){.text = *c, .at = v->written.at};
			return;
		}
	}
	meant = did_you_mean(v->written.text, v->key->choices);
	if (meant)
		str_addf(&all, "did you mean %s? ", meant);
	str_add(&all, "one of: ");
	for (const char *const *c = v->key->choices; *c; c++)
		str_addf(&all, "%s%s", c == v->key->choices ? "" : ", ", *c);
	wrong(v, str_text(&all), "a known value");
	str_free(&all);
}

static void take_flag(const struct value *v, void *out)
{
	if (strcmp(v->written.text, "true") == 0 || strcmp(v->written.text, "false") == 0)
		*(struct number *)out = (struct number){*v->written.text == 't', v->written.at};
	else
		wrong(v, "write true or false", "true or false");
}

static void take_number(const struct value *v, void *out)
{
	const char *text = v->written.text;
	bool digits = *text && strspn(text, "0123456789") == strlen(text);
	long n = v->key->type == KEY_DURATION ? parse_duration(text) : digits ? strtol(text, NULL, 10) : -1;
	char range[96];

	if (n < 0) {
		wrong(v, types[v->key->type].help, types[v->key->type].what);
		return;
	}
	if (n < v->key->min || n > v->key->max) {
		snprintf(range, sizeof range, "%s%ld to %ld",
			 v->key->type == KEY_DURATION ? "in seconds: " : "", v->key->min, v->key->max);
		wrong(v, range, "in range");
		return;
	}
	*(struct number *)out = (struct number){.value = n, .at = v->written.at};
}

/* ~ and ${…} are left for ssh to expand; a relative path counts from the config's folder. */
static void take_path(const struct value *v, void *out)
{
	const char *text = v->written.text, *folder = v->dec->folder;

	if (!*text || has_control(text) || strpbrk(text, "\"\\") || *text == '-') {
		wrong(v, "no quotes, backslashes or control characters, and no '-' at its beginning",
		      "a file's path");
		return;
	}
	if (path_is_special(text)) {
		wrong(v, "nothing in /dev, /proc or /sys, and no .. behind ~, % or $", "a file of one's own");
		return;
	}
	*(struct text *)out = v->written;
	if (!strchr("/~%$", *text) && *folder)
		((struct text *)out)->text = arena_printf(v->dec->arena, "%s/%s", folder, text);
}

static const char word_help[] = "letters, digits and . _ + ~ : - only";

#define ANY_TEXT                                            \
	{                                                   \
		"^[^\001-\037\177]+$", .number = NUMBER_ANY \
	}
#define PLAIN_WORD                                                             \
	{                                                                      \
		"^[A-Za-z0-9._+~:][A-Za-z0-9._+~:-]*$", .number = NUMBER_PARTS \
	}

static const struct type types[KEY_ANYTHING + 1] = {
	[KEY_TEXT] = {"text", take_text, is_text, "a text without control characters", .shape = ANY_TEXT},
	[KEY_WORD] = {"word", take_text, is_word, "a plain word", word_help, PLAIN_WORD},
	[KEY_CHOICE] = {"choice", .take = take_choice},
	[KEY_FLAG] = {"true or false", .take = take_flag, .shape = {.pattern = "^(true|false)$"}},
	[KEY_INTEGER] = {"number", take_number, .what = "a number",
			 .shape = {"^[0-9]+$", .number = NUMBER_WHOLE}},
	[KEY_DURATION] =
		{"duration", take_number, .what = "a duration",
		 .help = "write a number with its unit, such as 90s, 15m or 1h30m",
		 .shape = {.pattern = "^([0-9]{1,9}h([0-9]{1,9}m)?([0-9]{1,9}s)?|[0-9]{1,9}m([0-9]{1,9}s)?|"
				      "[0-9]{1,9}s)$"}},
	[KEY_VERSION] = {"version",
			 take_text,
			 is_version,
			 "a version",
			 "write one to three numbers, such as 24.0 or 1.78.0",
			 {"^[0-9]{1,9}([.][0-9]{1,9}){0,2}$", .number = NUMBER_PARTS}},
	[KEY_ENV] = {"variable's name", .take = take_env,
		     .shape = {.pattern = "^[A-Za-z_][A-Za-z0-9_]*$", .unlike = "^STAGECRAFT_"}},
	[KEY_DOMAIN] = {"DNS name",
			take_text,
			is_domain,
			"a DNS name",
			"write the whole DNS name in lower case, such as mytailnet.ts.net",
			{"^" LABEL_PATTERN "([.]" LABEL_PATTERN ")+$", .longest = 253}},
	[KEY_URL] = {"URL",
		     take_text,
		     is_url,
		     "a URL",
		     "write https://host or https://host:port",
		     {.pattern = "^https?://[A-Za-z0-9]([A-Za-z0-9._~:/?#!&=+,%-]|\\[|\\])*$"}},
	[KEY_PATH] = {"file", .take = take_path,
		      .shape = {"^[^-\"\\\\\001-\037\177][^\"\\\\\001-\037\177]*$", SPECIAL_PATH_PATTERN,
				.number = NUMBER_PARTS}},
	[KEY_TAGS] = {"list of tags", take_text, is_word, "a plain word", word_help, PLAIN_WORD},
	[KEY_TAG_MAP] = {"role: list of tags", take_text, is_word, "a plain word", word_help, PLAIN_WORD},
	[KEY_LIST] = {"list", take_text, is_text, "a text without control characters", .shape = ANY_TEXT},
	[KEY_LIST_MAP] = {"role: list", take_text, is_text, "a text without control characters",
			  .shape = ANY_TEXT},
	[KEY_TABLE] = {.name = "section"},
	[KEY_ANYTHING] = {.name = "section"},
};

const char *key_type_name(enum key_type type)
{
	return types[type].name;
}

const char *key_type_help(enum key_type type)
{
	return types[type].help;
}

struct key_shape key_shape(const struct key *key)
{
	const struct key_shape *own = &key->shape, *type = &types[key->type].shape;

	return (struct key_shape){
		.pattern = own->pattern ? own->pattern : type->pattern,
		.unlike = own->unlike ? own->unlike : type->unlike,
		.longest = own->longest ? own->longest : type->longest,
		.number = own->pattern ? own->number : type->number,
	};
}

/* ---- lists ---- */

/* Of N, which is where V is; an unknown one was told of already. */
static void wrong_kind(const struct value *v, const struct node *n, const char *wanted, const char *help)
{
	if (!n->unknown)
		diag_error(v->dec->diags, n->at, help, "%s.%s must be %s, not %s", v->section->path,
			   v->key->name, wanted, node_kind_name(n));
}

static void take_list(const struct value *v, const struct node *n, struct text_list *out)
{
	bool tags = v->key->type == KEY_TAGS || v->key->type == KEY_TAG_MAP;
	const struct network_provider *network = tags ? v->dec->network : NULL;
	const char *prefix = network ? network->client->tag_prefix : NULL;

	if (network && !prefix && (n->kind != NODE_SEQUENCE || n->first)) {
		diag_error(v->dec->diags, n->at, "leave them out", "%s.%s: the network %s has no tags",
			   v->section->path, v->key->name, network->head.id);
		return;
	}
	if (n->kind != NODE_SEQUENCE) {
		wrong_kind(v, n, "a list",
			   prefix ? arena_printf(v->dec->arena, "write a list: [%sone, %stwo]", prefix,
						 prefix)
				  : "write a list: [a, b]");
		return;
	}
	out->at = n->at;
	out->items = arena_array(v->dec->arena, n->count, sizeof *out->items);
	for (const struct node *item = n->first; item; item = item->next) {
		struct text *slot = &out->items[out->count];
		struct value one = *v;

		one.written = (struct text){item->text, item->at};
		if (item->kind != NODE_SCALAR || item->unknown)
			wrong_kind(v, item, "a list of texts", NULL);
		else if (!network || !network->client->check_tag ||
			 network->client->check_tag(network, &one.written, v->dec->diags))
			types[v->key->type].take(&one, slot);
		out->count += slot->text != NULL;
	}
}

static void take_map(const struct value *v, const struct node *n, struct text_lists *out)
{
	const struct network_provider *network = v->dec->network;
	const char *prefix = network && network->client->tag_prefix ? network->client->tag_prefix : "";
	const char *help =
		v->key->type == KEY_LIST_MAP
			? "write {db: [a, b]}"
			: arena_printf(v->dec->arena, "write {db: [%sdb], app: [%sapp]}", prefix, prefix);

	if (n->kind != NODE_MAPPING) {
		wrong_kind(v, n, "a mapping", help);
		return;
	}
	out->open = n->unknown;
	out->items = arena_array(v->dec->arena, n->count, sizeof *out->items);
	for (const struct node *item = n->first; item; item = item->next) {
		struct named_list *named = &out->items[out->count++];

		named->name = item->key->text;
		if (!node_is_null(item))
			take_list(v, item, &named->list);
	}
}

/* ---- a section ---- */

/* Tables are taken when all their keys are known (take_table()), and what anything may be isn't. */
static void take_value(struct decoder *dec, const struct decode_section *section, const struct key *key,
		       const struct node *n, void *out)
{
	struct value v = {dec, section, key, {n->text, n->at}};
	void *slot;

	if (!types[key->type].take)
		return; /* OUT is NULL for a table of nothing else */
	slot = (char *)out + key->offset;
	if (key->type == KEY_TAGS || key->type == KEY_LIST)
		take_list(&v, n, slot);
	else if (key->type == KEY_TAG_MAP || key->type == KEY_LIST_MAP)
		take_map(&v, n, slot);
	else if (n->kind != NODE_SCALAR || n->unknown)
		wrong_kind(&v, n, "one value", NULL);
	else
		types[key->type].take(&v, slot);
}

static void take_table(struct decoder *dec, const struct decode_section *outer, const struct key *key,
		       const struct node *n, void *out)
{
	struct decode_section section = *outer;

	section.path = arena_printf(dec->arena, "%s.%s", outer->path, key->name);
	if (n)
		section.at = n->key->at;
	section.targets[0] = (struct decode_target){key->table, out};
	section.targets[1].keys = NULL;
	decode_mapping(dec, n, &section);
}

static const struct key *find_key(const struct decode_section *section, const char *name, void **out)
{
	for (const struct decode_target *t = section->targets; t->keys; t++) {
		for (const struct key *key = t->keys; key->name; key++) {
			if (strcmp(key->name, name) != 0)
				continue;
			if (out)
				*out = t->out;
			return key;
		}
	}
	return NULL;
}

/* ---- a key that isn't known ---- */

enum { NORMAL_SIZE = 64 };

/* NAME in small letters and digits alone: private_key_path is privateKeyPath. */
static void normalise(const char *name, char normal[NORMAL_SIZE])
{
	size_t len = 0;

	for (; *name && len < NORMAL_SIZE - 1; name++) {
		if (isalnum((unsigned char)*name))
			normal[len++] = (char)tolower((unsigned char)*name);
	}
	normal[len] = '\0';
}

/* Whether NAME, normalised, is NORMAL. Hosts have many keys of others: most differ in their first letter. */
static bool is_normal(const char *name, const char *normal)
{
	for (; *name; name++) {
		if (isalnum((unsigned char)*name) && tolower((unsigned char)*name) != *normal++)
			return false;
	}
	return !*normal;
}

/* Whether KEY is what people mean by a name. */
static bool is_meant(const struct key *key, const char *normal)
{
	size_t len = strlen(normal);

	if (is_normal(key->name, normal))
		return true;
	for (const char *at = key->also; len && at && (at = strstr(at, normal)); at += len) {
		if ((at == key->also || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	}
	return false;
}

/* The key among KEYS (NULL: none) that is meant by NORMAL. */
static const struct key *meant_among(const struct key *keys, const char *normal)
{
	for (; keys && keys->name; keys++) {
		if (is_meant(keys, normal))
			return keys;
	}
	return NULL;
}

/* The same in the tables under KEYS: "ssh: {user: …}"; NULL if it's in none. SECTIONS: only a key that has a
 * table itself. */
static const char *meant_inside(struct decoder *dec, const struct key *keys, const char *normal,
				bool sections)
{
	for (; keys && keys->name; keys++) {
		const struct key *key = meant_among(keys->table, normal);
		const char *deeper;

		if (key && (key->table || !sections))
			return arena_printf(dec->arena, "%s: {%s: …}", keys->name, key->name);
		deeper = meant_inside(dec, keys->table, normal, sections);
		if (deeper)
			return arena_printf(dec->arena, "%s: {%s}", keys->name, deeper);
	}
	return NULL;
}

/* TELLING: only a name that is so much of ours that no other's key would be called so. */
static const char *meant_elsewhere(struct decoder *dec, const char *name, const char *normal, bool telling)
{
	const struct config_section *s = dec->elsewhere;

	if (!s || (telling && !strpbrk(name, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
		return NULL;
	for (; s->path; s++) {
		const struct key *key = meant_among(s->keys, normal);
		const char *inside;

		if (key && (!telling || strcmp(key->name, name) == 0))
			return arena_printf(dec->arena, "it goes to %s: {%s: …}", s->path, key->name);
		inside = key || telling ? NULL : meant_inside(dec, s->keys, normal, false);
		if (inside)
			return arena_printf(dec->arena, "it goes to %s: {%s}", s->path, inside);
	}
	return NULL;
}

/* The key of the targets that NAME was likely meant to be: one that people call so (is_meant()), else one that
 * a slip of a finger makes it; NULL if none is near. */
static const struct key *meant_key(const struct decode_section *section, const char *name)
{
	const char *candidates[CANDIDATES_MAX + 1], *meant;
	char normal[NORMAL_SIZE];
	const struct key *key;
	size_t used = 0;

	normalise(name, normal);
	for (const struct decode_target *t = section->targets; t->keys; t++) {
		key = meant_among(t->keys, normal);
		if (key)
			return key;
		for (key = t->keys; key->name && used < CANDIDATES_MAX; key++)
			candidates[used++] = key->name;
	}
	candidates[used] = NULL;
	meant = did_you_mean(name, candidates);
	return meant ? find_key(section, meant, NULL) : NULL;
}

/* What to write instead of the key of N; NULL if nothing is known. */
static const char *help_for(struct decoder *dec, const struct decode_section *section, const struct node *n,
			    const struct key **meant)
{
	const char *name = n->key->text, *help = NULL;
	bool foreign = section->unknown == UNKNOWN_IS_FOREIGN;
	char normal[NORMAL_SIZE];

	normalise(name, normal);
	*meant = meant_key(section, name);
	if (*meant && (*meant)->help && is_meant(*meant, normal))
		return arena_printf(dec->arena, "write %s (%s)", (*meant)->name, (*meant)->help);
	for (const struct decode_target *t = section->targets;
	     t->keys && !help && (!foreign || n->kind == NODE_MAPPING); t++)
		help = meant_inside(dec, t->keys, normal, foreign);
	if (help)
		return arena_printf(dec->arena, "write %s", help);
	if (*meant)
		return arena_printf(dec->arena, "did you mean %s?", (*meant)->name);
	help = section->hint ? section->hint(normal) : NULL;
	if (help || foreign)
		return help;
	return meant_elsewhere(dec, name, normal, section->unknown == UNKNOWN_IS_UNUSED);
}

static void report_unknown(struct decoder *dec, const struct decode_section *section, const struct node *map,
			   const struct node *n)
{
	const struct key *meant;
	const char *help = help_for(dec, section, n, &meant);
	bool instead = meant && meant->required && !section->partial && !node_get(map, meant->name);

	if (section->unknown == UNKNOWN_IS_ERROR || (section->unknown == UNKNOWN_IS_UNUSED && instead))
		diag_error_of(dec->diags, DIAG_UNKNOWN_KEY, n->key->at, help, "unknown key %s in %s",
			      diag_quote(dec->diags, n->key->text), section->path);
	else if (help)
		diag_add(dec->diags, DIAG_WARNING, DIAG_UNKNOWN_KEY, n->key->at, help,
			 "key %s in %s is passed over", diag_quote(dec->diags, n->key->text), section->path);
}

/* What MAP lists; of a list that was cut off, and isn't known to be none, nothing. */
static const struct node *members_of(const struct node *map)
{
	return map && map->kind == NODE_MAPPING ? map->first : NULL;
}

/* Whether a required key is there after all, but misspelt: one mistake is reported once. */
static bool is_misspelt(const struct decode_section *section, const struct node *map, const struct key *key)
{
	for (const struct node *n = members_of(map); n; n = n->next) {
		if (!find_key(section, n->key->text, NULL) && meant_key(section, n->key->text) == key)
			return true;
	}
	return false;
}

/* ---- a mapping ---- */

static void take_missing(struct decoder *dec, const struct decode_section *section, const struct key *key,
			 void *out)
{
	struct value fallback = {dec, section, key, {.text = key->fallback}};
	const struct provider *provider = section->provider;

	if (section->partial)
		return;
	if (key->required)
		diag_error_of(dec->diags, DIAG_MISSING_KEY, section->at, section->missing_help,
			      "%s%s%s is required", provider ? provider->id : section->path,
			      provider ? " provider: invalid config: " : ".", key->name);
	if (key->fallback)
		types[key->type].take(&fallback, (char *)out + key->offset);
}

void decode_mapping(struct decoder *dec, const struct node *map, const struct decode_section *section)
{
	void *out;

	if (map && map->kind != NODE_MAPPING && !map->unknown) {
		if (!node_is_null(map))
			diag_error(dec->diags, map->at, NULL, "%s must be a mapping, not %s", section->path,
				   node_kind_name(map));
		map = NULL;
	}
	for (const struct node *n = members_of(map); n; n = n->next) {
		const struct key *key = find_key(section, n->key->text, &out);

		if (!key)
			report_unknown(dec, section, map, n);
		else if (!node_is_null(n))
			take_value(dec, section, key, n, out);
	}
	for (const struct decode_target *t = section->targets; t->keys; t++) {
		for (const struct key *key = t->keys; key->name; key++) {
			const struct node *n = node_get(map, key->name);

			if (n && node_is_null(n))
				n = NULL;
			if (key->type == KEY_TABLE)
				take_table(dec, section, key, n, t->out);
			else if (!n && !(key->required && is_misspelt(section, map, key)))
				take_missing(dec, section, key, t->out);
		}
	}
}
