#include "compiler/plan.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

void plan_tag_lists(const struct config *config, const struct host *host,
		    const struct text_list *lists[PLAN_TAG_PLACES])
{
	static const struct text_list none;
	const struct text_list *of_role = config_role_tags(config, host->role.text);

	lists[0] = &config->default_tags;
	lists[1] = of_role ? of_role : &none;
	lists[2] = &host->tags;
}

/* Their sorted union. */
static void final_tags(struct plan_host *out, const struct config *config, struct arena *arena)
{
	const struct text_list *lists[PLAN_TAG_PLACES];
	const char **tags;
	size_t count = 0, kept = 0;

	plan_tag_lists(config, out->host, lists);
	tags = arena_array(arena, lists[0]->count + lists[1]->count + lists[2]->count, sizeof *tags);
	for (size_t l = 0; l < PLAN_TAG_PLACES; l++) {
		for (size_t i = 0; i < lists[l]->count; i++)
			tags[count++] = lists[l]->items[i].text;
	}
	str_sort(tags, count, sizeof *tags);
	for (size_t i = 0; i < count; i++) {
		if (!kept || strcmp(tags[kept - 1], tags[i]) != 0)
			tags[kept++] = tags[i];
	}
	out->tags = tags;
	out->tag_count = kept;
}

size_t plan_tag_places(const struct plan *plan, const struct plan_host *host, const char *tag,
		       struct place out[PLAN_TAG_PLACES])
{
	const struct text_list *lists[PLAN_TAG_PLACES];
	size_t count = 0;

	plan_tag_lists(plan->config, host->host, lists);
	for (size_t l = 0; l < PLAN_TAG_PLACES; l++) {
		const struct text *t = lists[l]->items, *end = t + lists[l]->count;

		while (t < end && strcmp(t->text, tag) != 0)
			t++;
		if (t < end)
			out[count++] = t->at;
	}
	return count;
}

/* What comes later wins: the role's go before the host's. */
static const char *own_up_args(const struct config *config, const struct host *host, struct arena *arena)
{
	const struct text_list *of_role = config_role_up_args(config, host->role.text);
	struct str all = STR_INIT;

	for (size_t i = 0; of_role && i < of_role->count; i++)
		str_addf(&all, "%s%s", all.len ? " " : "", of_role->items[i].text);
	for (size_t i = 0; i < host->up_args.count; i++)
		str_addf(&all, "%s%s", all.len ? " " : "", host->up_args.items[i].text);
	return all.len ? str_keep(&all, arena) : "";
}

#define STEP(name_, function_, code, ...)                                                       \
	{                                                                                       \
		.step = {.name = name_, .function = function_, .error_code = code}, __VA_ARGS__ \
	}
#define ASKED(place) .asked = offsetof(struct config, place)
#define DOCKER_INSTALL(by)                                                    \
	STEP("docker.install", "docker_install_" by, "docker_install_failed", \
	     ASKED(docker.install_method.at), .docker = true, .method = by,   \
	     .templates = {"docker", "docker_" by})

const struct plan_step plan_steps[] = {
	STEP("host.preflight", "preflight", "ssh_failed", .templates = {"lib", "preflight"}),
	DOCKER_INSTALL("apt"),
	DOCKER_INSTALL("official"),
	DOCKER_INSTALL("script"),
	DOCKER_INSTALL("skip"),
	STEP("docker.verify", "docker_verify", "docker_verify_failed", ASKED(docker.enabled.at),
	     .docker = true),
	STEP("network.install", "network_install", "network_install_failed", ASKED(network_at)),
	STEP("network.join", "network_join", "network_join_failed", ASKED(network_at), .step.joins = true),
	STEP("network.verify", "network_verify", "network_join_failed", ASKED(network_at),
	     .step.verifies = true),
	{.step = {.name = NULL}},
};

static void add_part(struct plan *plan, const char *name)
{
	assert(plan->part_count < PLAN_PARTS_MAX);
	plan->parts[plan->part_count++] = template_part(name);
}

static void add_steps(struct plan *plan, const struct config *config)
{
	const struct docker_config *docker = &config->docker;
	const struct network_client *client = config->network->client;

	for (const struct plan_step *s = plan_steps; s->step.name; s++) {
		struct step *step = &plan->steps[plan->step_count];

		if ((s->docker && !docker->enabled.value) ||
		    (s->method && strcmp(s->method, docker->install_method.text) != 0))
			continue;
		assert(plan->step_count < PLAN_STEPS_MAX);
		plan->step_count++;
		*step = s->step;
		if (s->asked)
			step->at = *(const struct place *)((const char *)config + s->asked);
		if (s->docker && !step->at.source)
			step->at = docker->enabled.at;
		for (const char *const *name = s->templates; *name; name++)
			add_part(plan, *name);
	}
	add_part(plan, client->ensure_installed);
	if (client->ensure_joined)
		add_part(plan, client->ensure_joined);
}

/* VALUE as one text; of a list, with blanks between. */
static struct text setting_of(enum key_type type, const void *value, struct arena *arena)
{
	const struct text_list *list = value;
	const struct number *number = value;
	struct str all = STR_INIT;

	switch (type) {
	case KEY_FLAG:
	case KEY_INTEGER:
	case KEY_DURATION:
		return (struct text){arena_printf(arena, "%ld", number->value), number->at};
	case KEY_LIST:
		for (size_t i = 0; i < list->count; i++)
			str_addf(&all, "%s%s", i ? " " : "", list->items[i].text);
		return (struct text){str_keep(&all, arena), list->at};
	default:
		return *(const struct text *)value;
	}
}

/* The settings that KEYS (NULL: none) name, of SECTION, which they fill. */
static void add_settings(struct settings *out, const struct key *keys, const void *section,
			 struct arena *arena)
{
	for (const struct key *k = keys; k && k->name; k++) {
		const void *value = (const char *)section + k->offset;

		if (k->type == KEY_TABLE)
			add_settings(out, k->table, section, arena);
		else if (k->setting)
			settings_add(out, k->setting, setting_of(k->type, value, arena));
	}
}

/* As the manifest tells it. */
static const char *address_of(const struct host *host, struct arena *arena)
{
	const char *ip = host->public_ip.text;

	if (!host->ssh.port.value)
		return ip;
	return arena_printf(arena, strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, host->ssh.port.value);
}

void plan_make(struct plan *out, const struct config *config, const struct hosts *hosts, struct arena *arena)
{
	const struct network_provider *network = config->network;

	*out = (struct plan){.config = config, .host_count = hosts->count};
	out->hosts = arena_array(arena, hosts->count, sizeof *out->hosts);
	for (size_t i = 0; i < hosts->count; i++) {
		out->hosts[i].host = &hosts->items[i];
		out->hosts[i].address = address_of(&hosts->items[i], arena);
		final_tags(&out->hosts[i], config, arena);
		if (network->client->check_up_args)
			out->hosts[i].up_args = own_up_args(config, out->hosts[i].host, arena);
	}
	add_steps(out, config);
	if (config->docker.enabled.value)
		add_settings(&out->settings, config_docker_keys, &config->docker, arena);
	settings_add(&out->settings, "NETWORK_PROVIDER", (struct text){network->head.id, config->network_at});
	add_settings(&out->settings, network->head.keys, config->network_config, arena);
	add_settings(&out->settings, network->head.more_keys, config->network_config, arena);
	if (network->client->settings)
		network->client->settings(config->network_config, &out->settings, arena);
	str_sort(out->settings.items, out->settings.count, sizeof *out->settings.items);
}
