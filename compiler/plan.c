#include "compiler/plan.h"

#include "templates/templates.h"

#include <assert.h>
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

#define DOCKER_INSTALL(by)                                                           \
	{                                                                            \
		.step = {.name = "docker.install",                                   \
			 .function = "docker_install_" by,                           \
			 .error_code = "docker_install_failed"},                     \
		.docker = true, .method = by, .templates = {"docker", "docker_" by}, \
	}

const struct plan_step plan_steps[] = {
	{
		.step = {.name = "host.preflight", .function = "preflight", .error_code = "ssh_failed"},
		.templates = {"lib", "preflight"},
	},
	DOCKER_INSTALL("apt"),
	DOCKER_INSTALL("official"),
	DOCKER_INSTALL("script"),
	DOCKER_INSTALL("skip"),
	{
		.step = {.name = "docker.verify",
			 .function = "docker_verify",
			 .error_code = "docker_verify_failed"},
		.docker = true,
	},
	{
		.step = {.name = "network.install",
			 .function = "network_install",
			 .error_code = "network_install_failed"},
	},
	{
		.step = {.name = "network.join",
			 .function = "network_join",
			 .error_code = "network_join_failed",
			 .joins = true},
	},
	{
		.step = {.name = "network.verify",
			 .function = "network_verify",
			 .error_code = "network_join_failed",
			 .verifies = true},
	},
	{.step = {.name = NULL}},
};

static void add_part(struct plan *plan, const struct shell_part *part)
{
	assert(plan->part_count < PLAN_PARTS_MAX);
	plan->parts[plan->part_count++] = part;
}

static void add_steps(struct plan *plan, const struct config *config)
{
	const struct docker_config *docker = &config->docker;

	for (const struct plan_step *s = plan_steps; s->step.name; s++) {
		if (s->docker && !docker->enabled.value)
			continue;
		if (s->method && strcmp(s->method, docker->install_method.text) != 0)
			continue;
		assert(plan->step_count < PLAN_STEPS_MAX);
		plan->steps[plan->step_count++] = s->step;
		for (const char *const *name = s->templates; *name; name++)
			add_part(plan, template_part(*name));
	}
	add_part(plan, config->network->ensure_installed());
	add_part(plan, config->network->ensure_joined());
}

/* Those of SECTION, which KEYS fill. */
static void add_settings(struct settings *out, const struct key *keys, const void *section,
			 struct arena *arena)
{
	for (const struct key *k = keys; k->name; k++) {
		const void *value = (const char *)section + k->offset;
		const struct number *number = value;

		if (!k->setting)
			continue;
		switch (k->type) {
		case KEY_FLAG:
		case KEY_INTEGER:
		case KEY_DURATION:
			settings_add(out, k->setting,
				     (struct text){arena_printf(arena, "%ld", number->value), number->at});
			break;
		default:
			settings_add(out, k->setting, *(const struct text *)value);
		}
	}
}

void plan_make(struct plan *out, const struct config *config, const struct hosts *hosts, struct arena *arena)
{
	*out = (struct plan){.config = config, .host_count = hosts->count};
	out->hosts = arena_array(arena, hosts->count, sizeof *out->hosts);
	for (size_t i = 0; i < hosts->count; i++) {
		out->hosts[i].host = &hosts->items[i];
		final_tags(&out->hosts[i], config, &hosts->items[i], arena);
	}
	add_steps(out, config);
	if (config->docker.enabled.value)
		add_settings(&out->settings, config_docker_keys, &config->docker, arena);
	config->network->settings(config->network_config, &out->settings, arena);
	qsort(out->settings.items, out->settings.count, sizeof *out->settings.items, by_name);
}
