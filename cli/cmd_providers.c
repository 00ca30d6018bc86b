#include "cli/cli.h"

#include "providers/providers.h"

#include <stdio.h>

static int run(const struct options *o)
{
	const void *list[REGISTRY_MAX];
	size_t count = registry_list(network_registry(), list);

	if (o->json)
		fputs("{\"network\":[", stdout);
	for (size_t i = 0; i < count; i++) {
		const struct network_provider *p = list[i];

		if (o->json)
			printf("%s{\"id\":\"%s\",\"summary\":\"%s\"}", i ? "," : "", p->id, p->summary);
		else
			printf("network\t%s\t%s\n", p->id, p->summary);
	}
	if (o->json)
		puts("]}");
	return EXIT_DONE;
}

const struct command cmd_providers = {
	.name = "providers",
	.arguments = "",
	.summary = "list the providers that are built in",
	.options = "J",
	.run = run,
};
