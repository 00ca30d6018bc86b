#include "cli/options.h"

#include "compiler/config.h"
#include "compiler/hosts.h"

#include <stdio.h>
#include <string.h>

static void print_key(const struct key *key)
{
	printf("  %-16s %s", key->name, key_type_name(key->type));
	for (const char *const *c = key->choices; c && *c; c++)
		printf("%s%s", c == key->choices ? ": " : ", ", *c);
	if (key->type == KEY_INTEGER)
		printf(" %ld to %ld", key->min, key->max);
	printf("%s", key->required ? "; required" : "");
	if (key->fallback)
		printf("; default %s", key->fallback);
	printf("\n                   %s\n", key->help);
}

/* The keys of TABLES, the last of which is NULL, and the sections in them. */
static void print_section(const char *path, const struct key *const *tables)
{
	printf("%s\n", path);
	for (const struct key *const *t = tables; *t; t++) {
		for (const struct key *key = *t; key->name; key++)
			print_key(key);
	}
	putchar('\n');
	for (; *tables; tables++) {
		for (const struct key *key = *tables; key->name; key++) {
			char nested[128];

			if (key->type != KEY_TABLE)
				continue;
			snprintf(nested, sizeof nested, "%s.%s", path, key->name);
			print_section(nested, (const struct key *[]){key->table, NULL});
		}
	}
}

static void print_providers(enum provider_kind kind)
{
	struct registry *registry = provider_registry(kind);
	const struct provider *list[REGISTRY_MAX];
	size_t count = registry_list(registry, list);
	const struct key *tables[DECODE_TARGETS_MAX + 1];

	for (size_t i = 0; i < count; i++) {
		char path[96];

		snprintf(path, sizeof path, "%s.providers.%s", registry->kind, list[i]->id);
		config_provider_tables(kind, list[i], tables);
		print_section(path, tables);
	}
}

void reference_print(void)
{
	puts("Keys of stagecraft.yml. Other top-level sections are passed over.\n");
	for (const struct config_section *s = config_sections; s->path; s++) {
		print_section(s->path, (const struct key *[]){s->keys, NULL});
		for (int kind = 0; kind < PROVIDER_KINDS; kind++) {
			if (strcmp(s->path, provider_registry(kind)->kind) == 0)
				print_providers(kind);
		}
	}
	print_section("hosts.yml: hosts, a list of", (const struct key *[]){host_keys, NULL});
}
