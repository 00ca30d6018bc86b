#include "review/git.h"

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/source.h"
#include "lib/spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; /* git's own variables are the user's to set */

enum {
	GIT_TIMEOUT_S = 60,
	LISTING_MAX = 16 << 20, /* bytes of a folder's listing: some 200,000 files */
	SAID_MAX = 1000,
	OBJECT_ID_MAX = 64, /* digits: of SHA-256 */
};

/* A file of the folder. */
struct git_file {
	const char *name;
	const char *object; /* its id; NULL: it is no file, but a link or a folder */
};

struct side_git {
	struct side_source source;
	const char *git;    /* the program */
	const char *folder; /* to run it in; NULL: ours */
	const char *rev;
	struct git_file *files; /* sorted by name */
	size_t file_count;
	struct child reader; /* git cat-file --batch; pid 0: not started */
	struct str unread;   /* what came of it and isn't taken yet */
	struct str said;     /* what it said of a failure */
};

/* ---- one command ---- */

/* What git said that failed, its first line. */
static bool fail(const struct child_run *run, const char *what, struct problem *p)
{
	struct str said = STR_INIT;
	const char *words = str_text(&run->errors);

	str_add_visible(&said, words, strcspn(words, "\n"), SAID_MAX);
	if (run->end == CHILD_EXITED)
		problem_set(p, "%s: git: %s", what, said.len ? said.data : "it failed without a word");
	else
		problem_set(p, "%s: git %s", what,
			    run->end == CHILD_TIMED_OUT	    ? "did not end within its time"
			    : run->end == CHILD_NOT_STARTED ? strerror(run->status)
							    : "was killed");
	str_free(&said);
	return false;
}

/* Runs git with ARGUMENTS, which end with NULL; what it prints goes to OUT, which the caller frees. WHAT failed
 * if it does. */
static bool run_git(const struct side_git *g, const char *const *arguments, struct str *out, const char *what,
		    struct problem *p)
{
	char *argv[8] = {"git"};
	struct child_run run = {.path = g->git,
				.argv = argv,
				.envp = environ,
				.folder = g->folder,
				.output_max = LISTING_MAX,
				.apart = true,
				.timeout_s = GIT_TIMEOUT_S};
	bool ok;

	for (size_t i = 0; arguments[i]; i++)
		argv[i + 1] = (char *)arguments[i];
	child_run(&run);
	ok = run.end == CHILD_EXITED && !run.status && !run.cut;
	if (!ok)
		fail(&run, what, p);
	*out = run.output;
	str_free(&run.errors);
	return ok;
}

/* The line that git prints, in the arena of P; NULL with *P set if it fails. */
static const char *line_of_git(const struct side_git *g, const char *const *arguments, const char *what,
			       struct problem *p)
{
	struct str out;
	const char *line = NULL;

	if (run_git(g, arguments, &out, what, p))
		line = arena_strndup(p->arena, str_text(&out), strcspn(str_text(&out), "\n"));
	str_free(&out);
	return line;
}

/* ---- where the folder is ---- */

/* The part of DIR that is a folder now, and in *REST what isn't. */
static const char *folder_there(const char *dir, const char **rest, struct arena *arena)
{
	char *there = arena_strdup(arena, dir);
	struct stat st;

	*rest = "";
	while (stat(there, &st) < 0 || !S_ISDIR(st.st_mode)) {
		char *slash = strrchr(there, '/');

		*rest = dir + (slash ? slash + 1 - there : 0);
		if (!slash)
			return ".";
		slash[slash == there] = '\0'; /* "/" stays */
		if (slash == there)
			return there;
	}
	return there;
}

/* Appends the parts of PATH to OUT, a slash between; false if one leads up. */
static bool add_parts(struct str *out, const char *path)
{
	for (const char *part = path; *part; part += strspn(part, "/")) {
		size_t len = strcspn(part, "/");

		if (len == 2 && memcmp(part, "..", 2) == 0)
			return false;
		if (len && !(len == 1 && *part == '.'))
			str_addf(out, "%s%.*s", out->len ? "/" : "", (int)len, part);
		part += len;
	}
	return true;
}

/* Where DIR is in its work tree, "" for the top, in the arena of P. Git runs in the folder itself, as far as it is
 * there; but where GIT_DIR is set (git runs its hooks so), the folder it runs in tells it where the work tree is. */
static const char *path_in_tree(struct side_git *g, const char *dir, struct problem *p)
{
	static const char *const arguments[] = {"rev-parse", "--show-prefix", NULL};
	const char *rest = dir, *prefix;
	struct str path = STR_INIT;

	if (!getenv("GIT_DIR"))
		g->folder = folder_there(dir, &rest, p->arena);
	else if (*dir == '/')
		rest = "..";
	prefix = line_of_git(g, arguments, arena_printf(p->arena, "cannot read %s", g->source.name), p);
	if (prefix && (!add_parts(&path, prefix) || !add_parts(&path, rest)))
		problem_set(
			p, "cannot read %s: %s", g->source.name,
			g->folder
				? "a .. in its name leads out of a folder that isn't there"
				: "where GIT_DIR is set, name it from the folder that you are in, without ..");
	if (p->text) {
		str_free(&path);
		return NULL;
	}
	return str_keep(&path, p->arena);
}

/* ---- what it holds ---- */

/* Takes an entry of ls-tree -z: "100644 blob ID\tNAME". Returns what is behind it. */
static const char *take_entry(const char *at, struct git_file *out, bool *folder, struct arena *arena)
{
	char mode[8] = "", type[8] = "", object[OBJECT_ID_MAX + 1] = "";
	const char *name = strchr(at, '\t');

	*out = (struct git_file){.name = ""};
	*folder = false;
	if (!name || sscanf(at, "%7s %7s %64[0-9a-f]", mode, type, object) != 3)
		return at + strlen(at);
	*out = (struct git_file){.name = arena_strdup(arena, name + 1)};
	*folder = strcmp(type, "tree") == 0;
	if (*folder || (strcmp(type, "blob") == 0 && strcmp(mode, "120000") != 0))
		out->object = arena_strdup(arena, object);
	return name + 1 + strlen(name + 1);
}

/* The id of the folder PATH in TREE; "" if there is none. NULL with *P set. */
static const char *find_folder(const struct side_git *g, const char *tree, const char *path,
			       struct problem *p)
{
	const char *arguments[] = {"ls-tree", "-z", "--full-tree", tree, "--", path, NULL};
	struct str out;
	struct git_file found = {.object = NULL};
	bool folder = false;

	if (!*path)
		return tree;
	if (run_git(g, arguments, &out, arena_printf(p->arena, "cannot read %s", g->source.name), p) &&
	    out.len) {
		take_entry(out.data, &found, &folder, p->arena);
		if (!folder)
			problem_set(p, "%s is no folder", g->source.name);
	}
	str_free(&out);
	return p->text ? NULL : found.object ? found.object : "";
}

static bool list_files(struct side_git *g, const char *folder, struct problem *p)
{
	const char *arguments[] = {"ls-tree", "-z", "--full-tree", folder, NULL};
	struct str out;
	size_t count = 0;
	bool ok = run_git(g, arguments, &out, arena_printf(p->arena, "cannot read %s", g->source.name), p);

	for (size_t i = 0; ok && i < out.len; i++)
		count += out.data[i] == '\0';
	g->files = arena_array(p->arena, count, sizeof *g->files);
	for (const char *at = str_text(&out); ok && at < out.data + out.len && g->file_count < count; at++) {
		bool is_folder;
		struct git_file *file = &g->files[g->file_count++];

		at = take_entry(at, file, &is_folder, p->arena);
		file->object = is_folder ? NULL : file->object;
	}
	str_free(&out);
	str_sort(g->files, g->file_count, sizeof *g->files);
	return ok;
}

/* ---- reading files ---- */

/* Takes what the reader says of a failure, as far as it's shown; the rest is passed over. */
static void hear(struct side_git *g)
{
	char bytes[SAID_MAX];
	ssize_t n = read(g->reader.err, bytes, sizeof bytes);

	if (n > 0 && g->said.len < SAID_MAX)
		str_addn(&g->said, bytes, (size_t)n);
	else if (n == 0)
		file_close(&g->reader.err);
}

/* Waits until the reader takes bytes, or has some. */
static bool wait_for(struct side_git *g, int fd, short events, struct problem *p)
{
	const long long deadline_ms = clock_ms() + GIT_TIMEOUT_S * 1000LL;

	while (clock_ms() < deadline_ms) {
		struct pollfd fds[] = {{.fd = fd, .events = events}, {.fd = g->reader.err, .events = POLLIN}};

		poll(fds, 2, GIT_TIMEOUT_S * 1000);
		if (fds[1].revents)
			hear(g);
		if (fds[0].revents)
			return true;
	}
	return problem_set(p, "cannot read %s: git cat-file did not answer within its time", g->source.name);
}

/* It ended, or closed its end. */
static bool fail_early(struct side_git *g, struct problem *p)
{
	struct str said = STR_INIT;

	while (g->reader.err >= 0 && wait_for(g, g->reader.err, POLLIN, p))
		hear(g);
	str_add_visible(&said, str_text(&g->said), strcspn(str_text(&g->said), "\n"), SAID_MAX);
	problem_set(p, "cannot read %s: git cat-file ended early%s%s", g->source.name, said.len ? ": " : "",
		    str_text(&said));
	str_free(&said);
	return false;
}

static bool send_line(struct side_git *g, const char *line, struct problem *p)
{
	size_t len = strlen(line);

	for (size_t sent = 0; sent < len;) {
		ssize_t n;

		if (!wait_for(g, g->reader.in, POLLOUT, p))
			return false;
		n = write(g->reader.in, line + sent, len - sent);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return fail_early(g, p);
		sent += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Reads until LEN bytes wait to be taken; 0: until a line does. */
static bool receive(struct side_git *g, size_t len, struct problem *p)
{
	while (len ? g->unread.len < len : !memchr(str_text(&g->unread), '\n', g->unread.len)) {
		char bytes[65536];
		ssize_t n;

		if (!wait_for(g, g->reader.out, POLLIN, p))
			return false;
		n = read(g->reader.out, bytes, sizeof bytes);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return fail_early(g, p);
		if (n > 0)
			str_addn(&g->unread, bytes, (size_t)n);
	}
	return true;
}

/* The answer to a request: "ID blob SIZE", the bytes, a line end. */
static bool take_object(struct side_git *g, const char *object, const char *name, struct str *into,
			struct problem *p)
{
	size_t size, header, id_len = strlen(object);
	const char *line;
	int end = 0;

	if (!receive(g, 0, p))
		return false;
	line = g->unread.data;
	header = strcspn(line, "\n") + 1;
	if (strncmp(line, object, id_len) != 0 || sscanf(line + id_len, " blob %zu%n", &size, &end) != 1 ||
	    !end)
		return problem_set(p, "cannot read %s/%s: git has no such object: %.*s", g->source.name, name,
				   (int)header - 1, line);
	if (size > SOURCE_MAX)
		return problem_errno(p, EFBIG, "cannot read %s/%s", g->source.name, name);
	if (!receive(g, header + size + 1, p))
		return false;
	str_clear(into);
	str_addn(into, g->unread.data + header, size);
	str_clear(&g->unread); /* nothing else was asked for */
	return true;
}

static bool start_reader(struct side_git *g, struct problem *p)
{
	char *argv[] = {"git", "-C", (char *)g->folder, "cat-file", "--batch", NULL};
	char *plain[] = {"git", "cat-file", "--batch", NULL};
	int error = child_start(&g->reader, g->git, g->folder ? argv : plain, environ);

	if (error)
		g->reader = (struct child){0, -1, -1, -1};
	return !error || problem_errno(p, error, "cannot start %s", g->git);
}

static bool read_named(struct side_source *self, const char *name, struct str *into, bool *there,
		       struct problem *p)
{
	struct side_git *g = (struct side_git *)self;
	const struct git_file *file = str_find(name, g->files, g->file_count, sizeof *g->files);
	char request[OBJECT_ID_MAX + 2];

	str_clear(into);
	*there = file;
	if (!file)
		return true;
	if (!file->object)
		return problem_set(p, "cannot read %s/%s: it is no file", g->source.name, name);
	snprintf(request, sizeof request, "%s\n", file->object);
	return (g->reader.pid || start_reader(g, p)) && send_line(g, request, p) &&
	       take_object(g, file->object, name, into, p);
}

/* ---- all of it ---- */

static bool open_git(struct side_git *g, const char *dir, struct problem *p)
{
	const char *verify[] = {"rev-parse", "--verify", arena_printf(p->arena, "%s^{tree}", g->rev), NULL};
	char *program = spawn_find("git");
	const char *path, *tree, *folder;

	if (!program)
		return problem_set(p, "there is no program git in PATH; --against needs it");
	g->git = arena_strdup(p->arena, program);
	free(program);
	path = path_in_tree(g, dir, p);
	if (!path)
		return false;
	tree = line_of_git(g, verify, arena_printf(p->arena, "there is no revision %s", g->rev), p);
	folder = tree ? find_folder(g, tree, path, p) : NULL;
	return folder && (!*folder || list_files(g, folder, p));
}

bool side_git_open(struct side_source **out, const char *dir, const char *rev, struct problem *p)
{
	struct side_git *g = mem_alloc(sizeof *g);
	struct str name = STR_INIT;

	str_addf(&name, "%s in ", dir);
	str_add_visible(&name, rev, strlen(rev), SAID_MAX);
	*g = (struct side_git){.source = {.read = read_named, .name = str_keep(&name, p->arena)},
			       .rev = rev,
			       .reader = {0, -1, -1, -1}};
	*out = &g->source;
	return open_git(g, dir, p);
}

void side_git_close(struct side_source *source)
{
	struct side_git *g = (struct side_git *)source;

	child_close(&g->reader); /* the end of its input ends it */
	if (g->reader.pid > 0) {
		child_signal(&g->reader, SIGTERM);
		while (waitpid(g->reader.pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	str_free(&g->unread);
	str_free(&g->said);
	free(g);
}
