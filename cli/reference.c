#include "cli/options.h"

#include "compiler/config.h"
#include "compiler/hosts.h"
#include "providers/table.h"

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

enum { TABLES_MAX = 3 };

/* The keys of TABLES (NULL: none), and the sections in them. */
static void print_section(const char *path, const struct key *const tables[TABLES_MAX])
{
	printf("%s\n", path);
	for (int t = 0; t < TABLES_MAX; t++) {
		for (const struct key *key = tables[t]; key && key->name; key++)
			print_key(key);
	}
	putchar('\n');
	for (int t = 0; t < TABLES_MAX; t++) {
		for (const struct key *key = tables[t]; key && key->name; key++) {
			char nested[128];

			if (key->type != KEY_TABLE)
				continue;
			snprintf(nested, sizeof nested, "%s.%s", path, key->name);
			print_section(nested, (const struct key *[TABLES_MAX]){key->table});
		}
	}
}

static void print_providers(struct registry *registry, const struct key *core_keys)
{
	const struct provider *list[REGISTRY_MAX];
	size_t count = registry_list(registry, list);

	for (size_t i = 0; i < count; i++) {
		char path[96];

		snprintf(path, sizeof path, "%s.providers.%s", registry->kind, list[i]->id);
		print_section(path,
			      (const struct key *[TABLES_MAX]){list[i]->keys, list[i]->more_keys, core_keys});
	}
}

void reference_print(void)
{
	puts("Keys of stagecraft.yml. Other top-level sections are passed over.\n");
	for (const struct config_section *s = config_sections; s->path; s++) {
		print_section(s->path, (const struct key *[TABLES_MAX]){s->keys});
		for (int kind = 0; kind < PROVIDER_KINDS; kind++) {
			if (strcmp(s->path, provider_registry(kind)->kind) == 0)
				print_providers(provider_registry(kind),
						kind == NETWORK_PROVIDERS ? config_tag_keys : NULL);
		}
	}
	print_section("hosts.yml: hosts, a list of", (const struct key *[TABLES_MAX]){host_keys});
}
