#include "cli/options.h"
#include "providers/table.h"

#include <stdio.h>

static int run(const struct options *o)
{
	for (int kind = 0; kind < PROVIDER_KINDS; kind++) {
		struct registry *registry = provider_registry(kind);
		const struct provider *list[REGISTRY_MAX];
		size_t count = registry_list(registry, list);

		if (o->json)
			printf("%s\"%s\":[", kind ? "]," : "{", registry->kind);
		for (size_t i = 0; i < count; i++) {
			if (o->json)
				printf("%s{\"id\":\"%s\",\"summary\":\"%s\"}", i ? "," : "", list[i]->id,
				       list[i]->summary);
			else
				printf("%s\t%s\t%s\n", registry->kind, list[i]->id, list[i]->summary);
		}
	}
	if (o->json)
		puts("]}");
	return EXIT_DONE;
}

const struct command cmd_providers = {
	.name = "providers",
	.summary = "list the providers that are built in",
	.options = "json",
	.run = run,
};
