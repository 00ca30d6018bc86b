#include "compiler/plan.h"

#include "lib/str.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->name, ((const struct setting *)b)->name);
}

static size_t append(const char **to, size_t count, const struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		to[count++] = list->items[i].text;
	return count;
}

/* Sorted union of default_tags, role_tags[role] and the host's own (decision 3 of the specification: the
 * core's work). */
static void final_tags(struct plan_host *out, const struct config *config, const struct host *host,
		       struct arena *arena)
{
	static const struct text_list none;
	const struct text_list *of_role = host->role.text ? config_role_tags(config, host->role.text) : NULL;
	const char **tags;
	size_t count = 0, kept = 0;

	of_role = of_role ? of_role : &none;
	tags = arena_array(arena, config->default_tags.count + of_role->count + host->tags.count,
			   sizeof *tags);
	count = append(tags, count, &config->default_tags);
	count = append(tags, count, of_role);
	count = append(tags, count, &host->tags);
	if (count)
		qsort(tags, count, sizeof *tags, by_text);
	for (size_t i = 0; i < count; i++) {
		if (!kept || strcmp(tags[kept - 1], tags[i]) != 0)
			tags[kept++] = tags[i];
	}
	out->tags = tags;
	out->tag_count = kept;
}

static void add_step(struct plan *plan, const char *name, const char *function)
{
	plan->steps[plan->step_count++] = (struct plan_step){.name = name, .function = function};
}

static void add_steps(struct plan *plan, const struct docker_config *docker, struct arena *arena)
{
	add_step(plan, "host.preflight", "preflight");
	if (docker->enabled.value) {
		add_step(plan, "docker.install",
			 arena_printf(arena, "docker_install_%s", docker->install_method.text));
		add_step(plan, "docker.verify", "docker_verify");
	}
	add_step(plan, "network.install", "network_install");
	add_step(plan, "network.join", "network_join");
	add_step(plan, "network.verify", "network_verify");
}

void plan_make(struct plan *out, const struct config *config, const struct hosts *hosts, struct arena *arena)
{
	*out = (struct plan){.config = config, .host_count = hosts->count};
	out->hosts = arena_array(arena, hosts->count, sizeof *out->hosts);
	for (size_t i = 0; i < hosts->count; i++) {
		out->hosts[i].host = &hosts->items[i];
		final_tags(&out->hosts[i], config, &hosts->items[i], arena);
	}
	add_steps(out, &config->docker, arena);
	if (config->docker.enabled.value) {
		settings_add(&out->settings, "DOCKER_MIN_VERSION", config->docker.min_version.text);
		settings_add(&out->settings, "DOCKER_VERSION", config->docker.version.text);
	}
	config->network->settings(config->network_config, &out->settings, arena);
	qsort(out->settings.items, out->settings.count, sizeof *out->settings.items, by_name);
}
