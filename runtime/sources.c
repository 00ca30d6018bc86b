#include "runtime/sources.h"

#include <string.h>

#include "runtime/reason.h"

void source_add_place(struct str *out, const struct place *at)
{
	str_addf(out, "%s:%u", at->source->name, at->line);
}

struct sources {
	struct place *items;
	size_t count;
};

/* Nothing for a default, which stands nowhere, and for a line that is there. */
static void add(struct sources *s, struct place at)
{
	if (!at.source || s->count == SOURCES_MAX)
		return;
	for (size_t i = 0; i < s->count; i++) {
		if (s->items[i].source == at.source && s->items[i].line == at.line)
			return;
	}
	s->items[s->count++] = at;
}

static void add_tags(struct sources *s, const struct job *job)
{
	for (size_t i = 0; i < job->want.tag_count; i++) {
		for (size_t l = 0; l < JOB_TAG_LISTS && (!job->lacks || job->lacks[i]); l++) {
			const struct text_list *list = job->tag_lists[l];

			for (size_t t = 0; list && t < list->count; t++) {
				if (strcmp(list->items[t].text, job->want.tags[i]) == 0)
					add(s, list->items[t].at);
			}
		}
	}
}

static void add_step(struct sources *s, const struct job *job)
{
	for (size_t i = 0; i < job->step_count; i++) {
		if (strcmp(job->steps[i].name, job->step) == 0)
			add(s, job->steps[i].at);
	}
}

static void add_settings(struct sources *s, const struct job *job, const char *name)
{
	for (size_t i = 0; job->settings && i < job->settings->count; i++) {
		if (strcmp(job->settings->items[i].name, name) == 0)
			add(s, job->settings->items[i].at);
	}
}

static void add_about(struct sources *s, const struct job *job, enum about about)
{
	if (about < ABOUT_PLACES)
		add(s, job->places[about]);
	else if (about == ABOUT_STEP)
		add_step(s, job);
	else if (about == ABOUT_TAGS)
		add_tags(s, job);
	else
		add_settings(s, job, about_kinds[about].setting);
}

size_t sources_of(const struct job *job, struct place out[SOURCES_MAX])
{
	const struct reason *why = job->status == HOST_FAILED ? reason_find(job->reason) : NULL;
	enum about about = why ? why->about : ABOUT_HOST;
	struct sources s = {.items = out};

	add_about(&s, job, about);
	while (about != ABOUT_HOST && (!s.count || about_kinds[about].both)) {
		about = about_kinds[about].otherwise;
		add_about(&s, job, about);
	}
	return s.count;
}
