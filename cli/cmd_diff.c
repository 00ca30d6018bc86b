#include "cli/inputs.h"
#include "cli/pager.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "review/git.h"
#include "review/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void review_writer(FILE *to, const struct review *r, const struct review_options *options);

static const struct {
	const char *name;
	review_writer *write;
} formats[] = {{"text", review_text}, {"markdown", review_markdown}, {"json", review_json}};

struct comparing {
	const struct options *options;
	struct inputs in;
	struct problem problem;
	struct side before, after;
	struct review review;
	struct replace_target page; /* of --html */
	struct review_options how;
};

/* The ids of the selected hosts. */
static const char *const *selected_ids(const struct comparing *c)
{
	const char **ids;
	size_t count = 0;

	if (!c->in.selected)
		return NULL;
	ids = arena_array(c->problem.arena, c->in.selected_count, sizeof *ids);
	for (const struct plan_host *h = NULL; (h = inputs_next(&c->in, h));)
		ids[count++] = h->host->id.text;
	return ids;
}

/* Reads the side that is compared with; whatever of it is shown lives on. */
static bool read_before(struct comparing *c, const char **name)
{
	const struct options *o = c->options;
	struct side_source *source;
	struct problem *p = &c->problem;
	bool ok = o->against ? side_git_open(&source, o->out, o->against, p)
			     : side_folder_open(&source, o->out, p);

	ok = ok && side_read(&c->before, source, selected_ids(c), c->in.selected_count, p);
	*name = arena_strdup(p->arena, source->name);
	if (o->against)
		side_git_close(source);
	else
		side_folder_close(source);
	return ok;
}

static review_writer *writer_of(const struct options *o)
{
	const char *format = o->json ? "json" : o->format ? o->format : "text";
	size_t i = 0;

	while (strcmp(formats[i].name, format) != 0)
		i++;
	return formats[i].write;
}

static bool compare(struct comparing *c)
{
	const struct options *o = c->options;
	struct problem *p = &c->problem;
	bool hunks = !o->quiet || o->html || want_summary() || writer_of(o) != review_text;
	const char *against;

	if (o->html && !replace_open(&c->page, o->html, p))
		return false;
	if (!read_before(c, &against))
		return false;
	side_of_plan(&c->after, &c->in.plan, c->in.selected, p->arena);
	if (!review_make(&c->review, &c->before, &c->after, &c->in.plan, hunks, p))
		return false;
	c->review.against = against;
	return true;
}

/* What WRITE writes, malloc'ed. */
static char *written(struct comparing *c, review_writer *write, size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);

	if (!to)
		mem_failed();
	write(to, &c->review, &c->how);
	if (fclose(to) != 0)
		mem_failed();
	return text;
}

/* The page and the job summary, where these are wanted. */
static void write_files(struct comparing *c)
{
	char *text;
	size_t len;

	if (c->options->html) {
		text = written(c, review_html, &len);
		if (!replace_write(&c->page, text, len, &c->problem))
			complain("%s", c->problem.text);
		free(text);
	}
	if (want_summary()) {
		text = written(c, review_markdown, &len);
		add_summary(text, len);
		free(text);
	}
}

static void show(struct comparing *c)
{
	review_writer *write = writer_of(c->options);
	struct pager pager = {.to = stdout};
	struct review review = c->review;

	if (c->options->quiet && write == review_text) /* made for other forms */
		review.hunk_count = review.hunks_left = 0;
	if (write == review_text && !review_differs(&c->review)) {
		if (!c->options->quiet)
			say(stderr, "%s: %zu script%s, all as the config and the host list compile to",
			    c->review.against, c->review.same_hosts, c->review.same_hosts == 1 ? "" : "s");
		return;
	}
	if (write == review_text)
		pager_open(&pager);
	write(pager.to, &review, &c->how);
	pager_close(&pager);
}

static int tell(struct comparing *c)
{
	const struct options *o = c->options;
	struct str again = STR_INIT;

	options_add_again(&again, o, "format=FORMAT json html quiet color", true);
	c->how = (struct review_options){.colour = want_colour(o->colour, STDOUT_FILENO),
					 .version = STAGECRAFT_VERSION,
					 .config = o->file,
					 .again = str_text(&again)};
	show(c);
	write_files(c);
	str_free(&again);
	if (c->problem.text)
		return EXIT_MACHINE;
	return review_differs(&c->review) ? EXIT_DIFFERENCE : EXIT_DONE;
}

/* Whether the options go together; else that is said. */
static bool check_options(const struct options *o)
{
	const unsigned char *rev = (const unsigned char *)(o->against ? o->against : "");
	bool control = false;

	for (const unsigned char *byte = rev; *byte; byte++)
		control = control || *byte < 0x20 || *byte == 0x7F;
	if (*rev == '-' || control)
		complain("--against takes a revision of git, such as origin/main");
	else if (o->json && o->format && strcmp(o->format, "json") != 0)
		complain("--json and --format %s both want standard output; give one of them", o->format);
	else
		return true;
	return false;
}

static int run(const struct options *o)
{
	struct comparing c = {.options = o, .page = {.folder = -1}};
	int status;

	if (!check_options(o))
		return EXIT_USAGE_ERROR;
	status = inputs_read(&c.in, o);
	c.problem.arena = &c.in.arena;
	if (status == EXIT_DONE && compare(&c)) {
		status = tell(&c);
	} else if (status == EXIT_DONE) {
		complain("%s", c.problem.text);
		status = EXIT_MACHINE;
	}
	replace_close(&c.page);
	inputs_free(&c.in);
	return status;
}

const struct command cmd_diff = {
	.name = "diff",
	.arguments = " [HOST…]",
	.summary = "say what changes against the compiled scripts: in words, then line by line",
	.options = "file hosts output layout against format=FORMAT html limit role tag json quiet",
	.run = run,
	.help = "Compares what the two files compile to now with the scripts in DIR, or with DIR as it is in REV of git.\n"
		"Each change is told once, with the hosts that have it. Writes nothing but --html's page. Exit status 0\n"
		"if all is the same, 2 if anything differs. On a terminal it goes through PAGER. HOST is an id or a pattern\n"
		"(db-*); !PATTERN leaves hosts out.\n",
};
