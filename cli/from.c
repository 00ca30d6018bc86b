#include "cli/from.h"

#include "cli/terminal.h"
#include "review/review.h"
#include "review/reviewed.h"

#include <assert.h>
#include <string.h>

/* `stagecraft COMMAND` for the folder --from and the same two files. */
static const char *command_for(const char *command, struct inputs *in, const struct options *o)
{
	struct str line = STR_INIT;

	options_add_other(&line, o, command, "file hosts");
	str_add(&line, " --output");
	options_add_word(&line, o->from);
	return str_keep(&line, &in->arena);
}

/* What the folder tells hosts isn't what they'd be told now. COMPILE: the command that writes it anew. */
static int refuse(struct inputs *in, const struct options *o, const struct review *review,
		  const char *compile)
{
	const char *hosts = in->hosts_source.name;
	const char *text =
		arena_printf(&in->arena, "%s isn't what %s and %s compile to now; nothing was contacted",
			     o->from, o->file, hosts);
	struct str words = STR_INIT;
	char *rest;

	complain("%s", text);
	review_add_words(&words, review);
	for (char *line = strtok_r(words.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		say(stderr, "  %s", line);
	say(stderr, "review what changed: %s", command_for("diff", in, o));
	say(stderr, "run: %s # and have it reviewed", compile);
	if (want_annotations())
		annotation_print(stderr, DIAG_ERROR, o->file, 0, 0, NULL,
				 arena_printf(&in->arena, "%s; run: %s", text, compile));
	str_free(&words);
	return EXIT_DIFFERENCE;
}

/* Whether there is nothing in it, before and after: a version knows a setting that another one doesn't. */
static bool is_nothing(const struct setting_change *c)
{
	return !c->came_count && !c->went_count && (!c->before || !*c->before) && (!c->after || !*c->after);
}

/* Whether hosts were told something else. */
static bool tells_otherwise(const struct review *r)
{
	size_t told = r->setting_count;

	for (size_t i = 0; i < r->setting_count; i++)
		told -= is_nothing(&r->settings[i]);
	return told || r->added_count || r->gone_count || r->address_count || r->step_count;
}

/* Compares what the folder tells with what would be told now. COMPILE is as above. */
static int compare(const struct side *reviewed, struct inputs *in, const struct options *o,
		   const char *compile)
{
	struct problem problem = {.arena = &in->arena};
	struct review review;
	struct side now;

	/* In the folder's layout: another one would be another change. */
	in->config.layout.text = layouts[reviewed->split];
	side_of_plan(&now, &in->plan, in->selected, &in->arena);
	if (!review_make(&review, reviewed, &now, &in->plan, false, &problem)) {
		complain("%s", problem.text);
		return EXIT_MACHINE;
	}
	if (tells_otherwise(&review))
		return refuse(in, o, &review, compile);
	if ((review.shell.count || review.setting_count) && !o->quiet)
		say_as(stderr, "stagecraft: note: ",
		       "the steps' shell in %s isn't this stagecraft's: another version compiled it; it runs as it was "
		       "reviewed (%s)",
		       o->from, command_for("diff", in, o));
	return EXIT_DONE;
}

int from_read(struct side *out, struct inputs *in, const struct options *o)
{
	const char **ids = NULL, *compile[2];
	size_t count = 0;

	for (int split = 0; split < 2; split++) {
		compile[split] = command_for("compile", in, o);
		if (split != config_is_split(&in->config))
			compile[split] =
				arena_printf(&in->arena, "%s --layout %s", compile[split], layouts[split]);
	}
	if (in->selected)
		ids = arena_array(&in->arena, in->selected_count, sizeof *ids);
	for (const struct plan_host *h = NULL; ids && (h = inputs_next(in, h));)
		ids[count++] = h->host->id.text;
	if (reviewed_read(out, o->from, ids, count, compile, &in->diags))
		return compare(out, in, o, compile[out->split]);
	inputs_print(in, o);
	return EXIT_INVALID;
}

const char *const *from_tags(const struct side_host *h, size_t *count, struct arena *arena)
{
	char *tags = arena_strdup(arena, assignments_get(&h->own, "NETWORK_TAGS")), *rest;
	const char **items = arena_array(arena, strlen(tags) / 2 + 1, sizeof *items);

	*count = 0;
	for (char *tag = strtok_r(tags, ",", &rest); tag; tag = strtok_r(NULL, ",", &rest))
		items[(*count)++] = tag;
	return items;
}

const struct step *from_steps(const struct side_shared *shared, const struct plan *plan, struct arena *arena)
{
	const struct shared_parts *parts = &shared->parts;
	struct step *steps = arena_array(arena, parts->step_count, sizeof *steps);

	for (size_t i = 0; i < parts->step_count; i++) {
		size_t at = 0;

		while (at < plan->step_count && strcmp(plan->steps[at].name, parts->steps[i].step) != 0)
			at++;
		assert(at < plan->step_count); /* else the review would have told */
		steps[i] = plan->steps[at];
	}
	return steps;
}
