#include "cli/cli.h"

#include "providers/table.h"

#include <stdio.h>

static void print(const struct options *o, const char *kind, const char *id, const char *summary, bool first)
{
	if (o->json)
		printf("%s{\"id\":\"%s\",\"summary\":\"%s\"}", first ? "" : ",", id, summary);
	else
		printf("%s\t%s\t%s\n", kind, id, summary);
}

static int run(const struct options *o)
{
	const void *list[REGISTRY_MAX];
	size_t count = registry_list(network_registry(), list);

	if (o->json)
		fputs("{\"network\":[", stdout);
	for (size_t i = 0; i < count; i++) {
		const struct network_provider *p = list[i];

		print(o, "network", p->id, p->summary, i == 0);
	}
	if (o->json)
		fputs("],\"secrets\":[", stdout);
	count = registry_list(secrets_registry(), list);
	for (size_t i = 0; i < count; i++) {
		const struct secrets_provider *p = list[i];

		print(o, "secrets", p->id, p->summary, i == 0);
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
