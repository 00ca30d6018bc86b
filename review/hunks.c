#include "review/hunks.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DIFF_TIMEOUT_S = 60,
	DIFF_MAX = 1 << 20, /* bytes of what it says of two texts */
	LINE_MAX_SHOWN = 4096,
	HUNKS_MAX = 1000, /* distinct ones */
};

/* Two texts, and the hosts that have them. */
struct pair {
	const char *title;
	const char *before, *after;
	size_t before_len, after_len;
	bool *hosts; /* malloc'ed, an element each of the comparison's */
};

struct maker {
	const struct comparison *c;
	struct pair *pairs; /* malloc'ed */
	size_t pair_count;
	struct hunk *hunks; /* malloc'ed, without hosts yet */
	bool **hosts;	    /* malloc'ed, of each hunk */
	size_t count;
};

/* ---- hunks ---- */

/* Adds HOSTS to the hunk of this title and text, which need not be there yet. */
static void add_hunk(struct maker *m, const char *title, const char *text, const bool *hosts)
{
	size_t count = m->c->count, i = 0;

	while (i < m->count && (strcmp(m->hunks[i].text, text) != 0 || strcmp(m->hunks[i].title, title) != 0))
		i++;
	if (i == HUNKS_MAX) {
		m->c->review->hunks_left++;
		return;
	}
	if (i == m->count) {
		m->hunks = mem_more(m->hunks, m->count, sizeof *m->hunks);
		m->hosts = mem_more(m->hosts, m->count, sizeof *m->hosts);
		m->hunks[i] = (struct hunk){.title = title, .text = text};
		m->hosts[i] = mem_alloc(count);
		memset(m->hosts[i], false, count);
		m->count++;
	}
	for (size_t host = 0; host < count; host++)
		m->hosts[i][host] = m->hosts[i][host] || hosts[host];
}

static void add_line(struct str *out, const char *line, size_t len)
{
	str_add_visible(out, line, len, LINE_MAX_SHOWN);
	str_addc(out, '\n');
}

/* What diff(1) says: a hunk from each "@@" line on; the names of the files above it are no matter. */
static void add_hunks(struct maker *m, const struct pair *pair, const struct str *said)
{
	struct str hunk = STR_INIT;
	bool inside = false;

	for (size_t at = 0; at < said->len;) {
		const char *line = said->data + at, *feed = memchr(line, '\n', said->len - at);
		size_t len = feed ? (size_t)(feed - line) : said->len - at;

		if (len >= 2 && memcmp(line, "@@", 2) == 0) {
			if (inside)
				add_hunk(m, pair->title, str_keep(&hunk, m->c->arena), pair->hosts);
			inside = true;
		}
		if (inside)
			add_line(&hunk, line, len);
		at += len + 1;
	}
	if (inside)
		add_hunk(m, pair->title, str_keep(&hunk, m->c->arena), pair->hosts);
}

/* ---- diff(1) ---- */

/* A file with TEXT, of a name that is put into PATH. */
static bool write_temporary(char **path, const char *text, size_t len, struct problem *p)
{
	const char *folder = getenv("TMPDIR");
	int fd, error;

	*path = arena_printf(p->arena, "%s/stagecraft-XXXXXX", folder && *folder ? folder : "/tmp");
	fd = mkstemp(*path);
	if (fd < 0)
		return problem_errno(p, errno, "cannot make a file in %s",
				     folder && *folder ? folder : "/tmp");
	error = file_write(fd, text, len);
	file_close(&fd);
	if (!error)
		return true;
	unlink(*path);
	return problem_errno(p, error, "cannot write %s", *path);
}

static bool compare_pair(struct maker *m, const struct pair *pair, const char *program, struct problem *p)
{
	static char *environment[] = {"LC_ALL=C", NULL};
	char *file;
	struct child_run run = {.path = program,
				.envp = environment,
				.input = pair->before,
				.input_len = pair->before_len,
				.output_max = DIFF_MAX,
				.apart = true,
				.timeout_s = DIFF_TIMEOUT_S};
	bool ok;

	if (!write_temporary(&file, pair->after, pair->after_len, p))
		return false;
	run.argv = (char *[]){"diff", "-a", "-u", "-", file, NULL};
	child_run(&run);
	unlink(file);
	ok = run.end == CHILD_EXITED && run.status <= 1;
	if (ok && run.cut)
		str_add(&run.output, "\n\\ More is left out: it is too long");
	if (ok)
		add_hunks(m, pair, &run.output);
	else if (run.end == CHILD_EXITED)
		problem_set(p, "%s -u ended with %d: %.*s", program, run.status,
			    (int)strcspn(str_text(&run.errors), "\n"), str_text(&run.errors));
	else
		problem_set(p, "%s -u %s", program,
			    run.end == CHILD_TIMED_OUT	   ? "did not end within its time"
			    : run.end == CHILD_NOT_STARTED ? strerror(run.status)
							   : "was killed");
	str_free(&run.output);
	str_free(&run.errors);
	return ok;
}

static bool compare_pairs(struct maker *m, struct problem *p)
{
	char *program = m->pair_count ? spawn_find("diff") : NULL;
	bool ok = !m->pair_count || program ||
		  problem_set(p, "there is no program diff in PATH; Debian's package is diffutils");

	for (size_t i = 0; ok && i < m->pair_count; i++)
		ok = compare_pair(m, &m->pairs[i], program, p);
	free(program);
	return ok;
}

/* ---- which texts ---- */

/* Adds HOST to the pair of these two texts, known by their addresses. */
static void add_pair(struct maker *m, struct pair pair, size_t host)
{
	size_t i = m->pair_count;

	while (i && (m->pairs[i - 1].before != pair.before || m->pairs[i - 1].after != pair.after))
		i--;
	if (!i && m->pair_count == HUNKS_PAIRS_MAX) {
		m->c->review->hunks_left++;
		return;
	}
	if (!i) {
		m->pairs = mem_more(m->pairs, m->pair_count, sizeof *m->pairs);
		pair.hosts = mem_alloc(m->c->count);
		memset(pair.hosts, false, m->c->count);
		m->pairs[m->pair_count] = pair;
		i = ++m->pair_count;
	}
	m->pairs[i - 1].hosts[host] = true;
}

/* What H's own parts have besides assignments: that is the layout's, and nothing to be told where the layout
 * is another one. Where they can't be read, all of them. */
static struct pair own_pair(const struct host_pair *h, bool same_layout)
{
	const struct side_host *was = h->before, *is = h->after;

	if (was->own.count && is->own.count && !same_layout)
		return (struct pair){.before = "", .after = ""};
	if (was->own.count && is->own.count)
		return (struct pair){.title = "comments",
				     .before = was->frame,
				     .before_len = strlen(was->frame),
				     .after = is->frame,
				     .after_len = strlen(is->frame)};
	return (struct pair){.title = "the host's own part",
			     .before = was->text,
			     .before_len = was->len,
			     .after = is->text,
			     .after_len = is->len};
}

/* What S holds; without what steps.sh has in front, where the layout is another one. */
static struct pair shared_pair(const struct shared_pair *s, const char *title, bool same_layout)
{
	size_t was = same_layout ? 0 : s->before->parts.front_len;
	size_t is = same_layout ? 0 : s->after->parts.front_len;

	return (struct pair){.title = title,
			     .before = s->before->text + was,
			     .before_len = s->before->len - was,
			     .after = s->after->text + is,
			     .after_len = s->after->len - is};
}

static void add_if_other(struct maker *m, struct pair pair, size_t host)
{
	if (pair.before_len != pair.after_len || memcmp(pair.before, pair.after, pair.after_len) != 0)
		add_pair(m, pair, host);
}

static void find_pairs(struct maker *m)
{
	const struct review *r = m->c->review;
	bool same_layout = !r->layout_changed;
	const char *shared = r->before->split && r->after->split ? "steps.sh" : "what the scripts share";

	for (size_t i = 0; i < m->c->count; i++)
		add_if_other(m, own_pair(&m->c->hosts[i], same_layout), i);
	for (size_t i = 0; i < m->c->count; i++) {
		const struct shared_pair *s = m->c->hosts[i].shared;

		if (s->text_differs)
			add_if_other(m, shared_pair(s, shared, same_layout), i);
	}
}

/* ---- hosts' own settings ---- */

static void add_assignment(struct str *out, char sign, const char *name, const char *value)
{
	struct str line = STR_INIT;

	if (!value)
		return;
	str_addf(&line, "%c%s=", sign, name);
	str_add_shell(&line, value);
	add_line(out, line.data, line.len);
	str_free(&line);
}

static int by_id(const void *id, const void *host)
{
	return strcmp(id, ((const struct host_pair *)host)->after->id);
}

static struct host_pair *find_host(const struct comparison *c, const char *id)
{
	return bsearch(id, c->hosts, c->count, sizeof *c->hosts, by_id);
}

/* The two lines of a setting that hosts have as their own. Where their lists changed alike and are different
 * ones, what came and went is all that can be said of them together: the words do. */
static void add_setting(struct maker *m, const struct setting_change *change)
{
	const struct host_pair *first = find_host(m->c, change->hosts.ids[0]);
	struct str text = STR_INIT;
	bool *hosts;

	if (change->alike_only || (!assignments_get(&first->before->own, change->name) &&
				   !assignments_get(&first->after->own, change->name)))
		return;
	str_addf(&text, "@@ %s @@\n", change->name);
	add_assignment(&text, '-', change->name, change->before);
	add_assignment(&text, '+', change->name, change->after);
	hosts = mem_alloc(m->c->count);
	memset(hosts, false, m->c->count);
	for (size_t i = 0; i < change->hosts.count; i++)
		hosts[find_host(m->c, change->hosts.ids[i]) - m->c->hosts] = true;
	add_hunk(m, "settings", str_keep(&text, m->c->arena), hosts);
	free(hosts);
}

static struct host_set set_of(const struct comparison *c, const bool *chosen)
{
	size_t *hosts = mem_alloc(mem_times(c->count, sizeof *hosts)), count = 0;
	struct host_set set;

	for (size_t i = 0; i < c->count; i++) {
		if (chosen[i])
			hosts[count++] = i;
	}
	set = compare_set(c, hosts, count);
	free(hosts);
	return set;
}

bool hunks_make(const struct comparison *c, struct problem *p)
{
	struct maker m = {.c = c};
	struct review *r = c->review;
	bool ok;

	for (size_t i = 0; i < r->setting_count; i++)
		add_setting(&m, &r->settings[i]);
	find_pairs(&m);
	ok = compare_pairs(&m, p);
	r->hunk_count = m.count;
	r->hunks = arena_array(c->arena, m.count, sizeof *r->hunks);
	for (size_t i = 0; i < m.count; i++) {
		r->hunks[i] = m.hunks[i];
		r->hunks[i].hosts = set_of(c, m.hosts[i]);
		free(m.hosts[i]);
	}
	for (size_t i = 0; i < m.pair_count; i++)
		free(m.pairs[i].hosts);
	free(m.pairs);
	free(m.hunks);
	free(m.hosts);
	return ok;
}
