/* A config and a host list from text, checked as the commands do, for the tests of compiler/ and providers/.
 */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "tests/unit/unit.h"

#include "compiler/config.h"
#include "compiler/doc.h"
#include "compiler/hosts.h"
#include "compiler/plan.h"

struct world {
	struct arena arena;
	struct diags d;
	struct source config_source, hosts_source;
	struct config config;
	struct hosts hosts;
	struct plan plan;
};

/* Reads CONFIG as dir/stagecraft.yml, and HOSTS (NULL: none) as dir/hosts.yml. Whatever was there is
 * forgotten. Returns whether both are without mistakes; the plan is made then. */
static inline bool world_read(struct world *w, const char *config, const char *hosts)
{
	struct node *root;

	diags_free(&w->d);
	arena_free(&w->arena);
	*w = (struct world){0};
	diags_init(&w->d, &w->arena);
	source_of(&w->config_source, *config == '{' ? "dir/stagecraft.json" : "dir/stagecraft.yml", config,
		  strlen(config));
	doc_parse(&w->config_source, &w->arena, config_scope, &w->d, &root);
	config_read(&w->config, &w->config_source, root, &w->arena, &w->d);
	if (hosts) {
		source_of(&w->hosts_source, "dir/hosts.yml", hosts, strlen(hosts));
		doc_parse(&w->hosts_source, &w->arena, hosts_scope, &w->d, &root);
		hosts_read(&w->hosts, &w->hosts_source, root, &w->config, &w->arena, &w->d);
		if (w->config.network && w->config.network_config)
			hosts_check_network(&w->hosts, &w->config, &w->arena, &w->d);
	}
	if (!w->d.errors && hosts)
		plan_make(&w->plan, &w->config, &w->hosts, &w->arena);
	return !w->d.errors;
}

static inline int world_set_up(void **state)
{
	*state = calloc(1, sizeof(struct world));
	return *state ? 0 : -1;
}

static inline int world_tear_down(void **state)
{
	struct world *w = *state;

	diags_free(&w->d);
	arena_free(&w->arena);
	free(w);
	return 0;
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

#endif
