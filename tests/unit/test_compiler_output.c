/* compiler/manifest and compiler/output: a folder of scripts is written whole or left alone. */
#include "tests/unit/world.h"

#include "compiler/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- manifest ---- */

#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* A manifest's text, and what it reads back as: the same. */
static void test_manifest(void **state)
{
#define FILES(id) "{\"id\": \"" id "\", \"file\": \"" id ".sh\", \"sha256\": \"" DIGEST "\""
	static const char *const rows[] = {
		"{\n  \"format\": 1,\n  \"scripts\": []\n}\n",
		"{\n  \"format\": 1,\n  \"scripts\": [\n    " FILES("a") "},\n    " FILES(
			"b-2") "}\n  ]\n}\n",
		"{\n  \"format\": 2,\n  \"layout\": \"whole\",\n  \"scripts\": []\n}\n",
		"{\n  \"format\": 2,\n  \"layout\": \"whole\",\n  \"scripts\": [\n"
		"    " FILES(
			"a") ", \"address\": \"192.0.2.1\", \"tags\": [], \"steps\": [\"x.y\"]},\n"
			     "    " FILES(
				     "b-2") "},\n" /* kept from format 1 */
					    "    " FILES(
						    "steps") ", \"address\": \"a\", \"tags\": [\"tag:a\", \"tag:b\"],"
							     " \"steps\": []}\n  ]\n}\n",
		"{\n  \"format\": 2,\n  \"layout\": \"split\",\n"
		"  \"shared\": {\"file\": \"steps.sh\", \"sha256\": \"" DIGEST
		"\", \"steps\": [\"host.preflight\", \"x.y\"]},\n  \"scripts\": [\n"
		"    " FILES(
			"b-2") ", \"address\": \"[2001:db8::1]:22\", \"tags\": [\"tag:\\u0001\"]}\n  ]\n}\n",
	};
	struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = {.data = (char *)rows[i], .len = strlen(rows[i])}, again = STR_INIT;
		struct problem problem = {.arena = &arena};
		struct manifest m;

		assert_that(rows[i], manifest_parse(&m, "dir", &text, &problem));
		manifest_write(&again, &m);
		assert_text(rows[i], str_text(&again), rows[i]);
		assert_true(manifest_is_as_written(&m, &text));
		str_add(&again, " ");
		assert_false(manifest_is_as_written(&m, &again));
		assert_null(manifest_find(&m, "c"));
		str_free(&again);
		if (m.count) {
			const struct manifest_entry *b = manifest_find(&m, "b-2");
			struct word_list steps = manifest_steps(&m, b);

			assert_string_equal(b->sha256, DIGEST);
			assert_int_equal(steps.count, m.split ? 2 : 0);
			assert_true(!b->address == !m.split);
		}
	}
	arena_free(&arena);
}

/* Whatever order its entries have, they are found. */
static void test_manifest_order(void **state)
{
	static char bytes[] = "{\"scripts\": [{\"id\": \"b\", \"sha256\": \"" DIGEST
			      "\"}, {\"sha256\": \"" DIGEST "\", \"x\": [1], \"id\": \"a\"}], \"format\": 1}";
	struct arena arena = ARENA_INIT;
	struct problem problem = {.arena = &arena};
	struct str text = {.data = bytes, .len = sizeof bytes - 1};
	struct manifest m;

	(void)state;
	assert_true(manifest_parse(&m, "dir", &text, &problem));
	assert_non_null(manifest_find(&m, "a"));
	assert_non_null(manifest_find(&m, "b"));
	assert_false(manifest_is_as_written(&m, &text));
	arena_free(&arena);
}

static void test_hostile_manifest(void **state)
{
#define ENTRY(id) "{\"format\": 1, \"scripts\": [{\"id\": " id ", \"sha256\": \"" DIGEST "\"}]}"
#define SPLIT(id, address, tags)                                                    \
	"{\"format\": 2, \"layout\": \"split\", \"shared\": {\"sha256\": \"" DIGEST \
	"\", \"steps\": []}, \"scripts\": "                                         \
	"[{" id ", \"sha256\": \"" DIGEST "\", \"address\": " address ", \"tags\": " tags "}]}"
	static const char *const rows[] = {
		"",
		"[]",
		"1",
		"null",
		"{}",
		"{\"format\": 1}",
		"{\"format\": 2, \"scripts\": []}",
		"{\"format\": 3, \"layout\": \"whole\", \"scripts\": []}",
		"{\"format\": 2, \"layout\": \"other\", \"scripts\": []}",
		"{\"format\": 2, \"layout\": [\"whole\"], \"scripts\": []}",
		"{\"format\": 2, \"layout\": \"split\", \"scripts\": []}",
		"{\"format\": 2, \"layout\": \"split\", \"shared\": \"steps.sh\", \"scripts\": []}",
		"{\"format\": 2, \"layout\": \"split\", \"shared\": {\"sha256\": \"" DIGEST
		"\"}, \"scripts\": []}",
		"{\"format\": 2, \"layout\": \"split\", \"shared\": {\"sha256\": \"12\", \"steps\": []}, "
		"\"scripts\": []}",
		SPLIT("\"id\": \"steps\"", "\"x\"", "[]"), /* the shared file's name */
		SPLIT("\"id\": \"a\"", "[\"x\"]", "[]"),
		SPLIT("\"id\": \"a\"", "null", "[]"),
		SPLIT("\"id\": \"a\"", "\"x\"", "\"tag:a\""),
		SPLIT("\"id\": \"a\"", "\"x\"", "[\"tag:a\", 1]"),
		SPLIT("\"id\": \"a\"", "\"x\"", "{\"a\": \"b\"}"),
		"{\"format\": 2, \"layout\": \"whole\", \"scripts\": [{\"id\": \"a\", \"sha256\": \"" DIGEST
		"\", \"address\": \"x\", \"tags\": []}]}", /* no steps */
		"{\"format\": \"1\", \"scripts\": []}",
		"{\"format\": 1, \"scripts\": {}}",
		"{\"format\": 1, \"scripts\": [1]}",
		"{\"format\": 1, \"scripts\": [[\"a\"]]}",
		"{\"format\": 1, \"scripts\": [{}]}",
		"{\"format\": 1, \"scripts\": [{\"id\": \"a\"}]}",
		"{\"format\": 1, \"scripts\": [{\"id\": \"a\", \"sha256\": \"12\"}]}",
		"{\"format\": 1, \"scripts\": [{\"id\": \"a\", \"sha256\": "
		"\"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\"}]}",
		"{\"format\": 1, \"scripts\": [{\"id\": \"a\", \"sha256\": [\"" DIGEST "\"]}]}",
		"{\"format\": 1, \"scripts\": [",
		"{\"format\": 1, \"scripts\": []} x",
		"<<<<<<< HEAD\n{\"format\": 1, \"scripts\": []}\n",
		ENTRY("\"\""),
		ENTRY("\"../a\""),
		ENTRY("\"a/b\""),
		ENTRY("\"/etc/passwd\""),
		ENTRY("\"..\""),
		ENTRY("\"-a\""),
		ENTRY("\"a-\""),
		ENTRY("\"A\""),
		ENTRY("\"a\\u002f..\""),
		ENTRY("\"a\\nb\""),
		ENTRY("[\"a\"]"),
		ENTRY("null"),
		ENTRY("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""),
		/* the same host twice */
		"{\"format\": 1, \"scripts\": [{\"id\": \"a\", \"sha256\": \"" DIGEST
		"\"}, {\"id\": \"b\", \"sha256\": \"" DIGEST "\"}, {\"id\": \"a\", \"sha256\": \"" DIGEST
		"\"}]}",
	};
	struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct manifest m;
		struct problem problem = {.arena = &arena};
		struct str text = {.data = (char *)rows[i], .len = strlen(rows[i])};

		assert_that(rows[i], !manifest_parse(&m, "dir", &text, &problem));
		assert_that(rows[i], problem.text && *problem.text);
	}
	arena_free(&arena);
}

/* ---- the folder ---- */

struct folder_test {
	struct world w;
	char base[64];
	char dir[128];
	struct output out;
	const char *why;
};

static int set_up(void **state)
{
	struct folder_test *f = calloc(1, sizeof *f);

	f->out.folder.fd = -1;
	strcpy(f->base, "/tmp/stagecraft-test-XXXXXX");
	assert_non_null(mkdtemp(f->base));
	snprintf(f->dir, sizeof f->dir, "%s/out", f->base);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct folder_test *f = *state;
	char command[256];

	output_close(&f->out);
	diags_free(&f->w.d);
	arena_free(&f->w.arena);
	snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", f->base, f->base);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

/* A plan of hosts with these ids, comma-separated. */
static void plan(struct folder_test *f, const char *ids, const char *tag)
{
	static const char config[] =
		"network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, tailnet_domain: "
		"a.b, default_tags: [tag:%s]}}}\n";
	struct str hosts = STR_INIT;
	char text[256];

	snprintf(text, sizeof text, config, tag);
	for (const char *p = ids; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
		str_addf(&hosts, "- {id: %.*s, public_ip: x}\n", (int)strcspn(p, ","), p);
	assert_true(world_read(&f->w, text, hosts.data));
	str_free(&hosts);
}

/* The same, in layout split. */
static void plan_split(struct folder_test *f, const char *ids, const char *tag)
{
	plan(f, ids, tag);
	f->w.config.layout.text = "split";
}

/* Compares the SELECTED hosts (NULL: all) with the folder, and makes it the same unless DRY_RUN. */
static bool write_some(struct folder_test *f, const bool *selected, bool dry_run)
{
	struct problem problem = {.arena = &f->w.arena};
	bool ok;

	output_close(&f->out);
	ok = output_compare(&f->out, f->dir, &f->w.plan, selected, &f->w.d, &problem) &&
	     (dry_run || output_write(&f->out, &problem));
	f->why = problem.text;
	assert_true(ok == (!problem.text && !f->w.d.errors));
	return ok;
}

static bool write_all(struct folder_test *f)
{
	return write_some(f, NULL, false);
}

/* The changes as "new a.sh, changed manifest.json". */
static const char *changes(struct folder_test *f)
{
	static const char *const names[] = {"new", "changed", "gone"};
	const char *all = "";

	for (size_t i = 0; i < f->out.change_count; i++)
		all = arena_printf(&f->w.arena, "%s%s%s %s", all, i ? ", " : "",
				   names[f->out.changes[i].kind], f->out.changes[i].file);
	return all;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names in folder PATH, hidden ones too, sorted. */
static const char *listing(struct folder_test *f, const char *path)
{
	char *names[64];
	size_t count = 0;
	DIR *d = opendir(path);
	struct dirent *e;
	const char *all = "";

	assert_non_null(d);
	while ((e = readdir(d)) && count < COUNT(names)) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			names[count++] = arena_strdup(&f->w.arena, e->d_name);
	}
	closedir(d);
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++)
		all = arena_printf(&f->w.arena, "%s%s%s", all, i ? " " : "", names[i]);
	return all;
}

static const char *path_of(struct folder_test *f, const char *name)
{
	return arena_printf(&f->w.arena, "%s/%s", f->dir, name);
}

static void put(struct folder_test *f, const char *name, const char *text)
{
	FILE *to = fopen(path_of(f, name), "w");

	assert_non_null(to);
	fputs(text, to);
	assert_int_equal(fclose(to), 0);
}

static const char *get(struct folder_test *f, const char *name)
{
	struct problem problem = {.arena = &f->w.arena};
	struct source s;

	return source_read(&s, path_of(f, name), &problem) ? s.text : "(unreadable)";
}

/* The folder's manifest. */
static void read_manifest(struct folder_test *f, struct manifest *m)
{
	struct problem problem = {.arena = &f->w.arena};
	const char *text = get(f, MANIFEST_NAME);
	struct str whole = {.data = (char *)text, .len = strlen(text)};

	assert_true(manifest_parse(m, f->dir, &whole, &problem));
}

static void test_new_folder(void **state)
{
	struct folder_test *f = *state;
	struct stat st;
	mode_t mask = umask(077);

	plan(f, "b,a", "x");
	assert_true(write_all(f));
	assert_string_equal(changes(f), "new a.sh, new b.sh, new manifest.json");
	assert_string_equal(listing(f, f->dir), "a.sh b.sh manifest.json");
	assert_string_equal(listing(f, f->base), "out");
	assert_int_equal(umask(mask), 077); /* as it was */
	stat(f->dir, &st);
	assert_int_equal(st.st_mode & 07777, 0755);
	stat(path_of(f, "a.sh"), &st);
	assert_int_equal(st.st_mode & 07777, 0755);
	stat(path_of(f, "manifest.json"), &st);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* Again: nothing is touched, and so after a check. */
	assert_true(write_all(f));
	assert_string_equal(changes(f), "");
	assert_true(write_some(f, NULL, true));
	assert_string_equal(changes(f), "");
}

static void test_changes(void **state)
{
	struct folder_test *f = *state;
	struct stat before, after;

	plan(f, "a,b,c", "x");
	assert_true(write_all(f));
	stat(path_of(f, "b.sh"), &before);
	put(f, "c.sh", "#!/bin/sh\n# c: bootstrap script, compiled from elsewhere\nedited by hand\n");
	put(f, "notes.txt", "mine\n");
	put(f, "z.sh", "mine too\n");
	plan(f, "b,c,d", "x");
	/* A check says the same and does nothing. */
	assert_true(write_some(f, NULL, true));
	assert_string_equal(changes(f), "gone a.sh, changed c.sh, new d.sh, changed manifest.json");
	assert_string_equal(listing(f, f->dir), "a.sh b.sh c.sh manifest.json notes.txt z.sh");
	assert_true(write_all(f));
	assert_string_equal(changes(f), "gone a.sh, changed c.sh, new d.sh, changed manifest.json");
	assert_string_equal(listing(f, f->dir), "b.sh c.sh d.sh manifest.json notes.txt z.sh");
	assert_string_equal(get(f, "z.sh"), "mine too\n");
	stat(path_of(f, "b.sh"), &after);
	assert_int_equal(before.st_ino, after.st_ino); /* right already: not touched */
	/* A script's mode counts. */
	chmod(path_of(f, "b.sh"), 0644);
	assert_true(write_all(f));
	assert_string_equal(changes(f), "changed b.sh");
	stat(path_of(f, "b.sh"), &after);
	assert_int_equal(after.st_mode & 07777, 0755);
	/* A gone script that is gone already is nothing to tell but in the manifest. */
	unlink(path_of(f, "d.sh"));
	plan(f, "b,c", "x");
	assert_true(write_all(f));
	assert_string_equal(changes(f), "changed manifest.json");
}

static void test_dry_run_makes_no_folder(void **state)
{
	struct folder_test *f = *state;

	plan(f, "a", "x");
	assert_true(write_some(f, NULL, true));
	assert_string_equal(changes(f), "new a.sh, new manifest.json");
	assert_string_equal(listing(f, f->base), "");
}

/* Only some of the hosts: the others' scripts and entries stay, those of hosts that are gone too. */
static void test_subset(void **state)
{
	struct folder_test *f = *state;
	struct manifest m;
	bool selected[] = {false, true, false};
	char digest_a[SHA256_HEX + 1];

	plan(f, "a,b,gone", "x");
	assert_true(write_all(f));
	read_manifest(f, &m);
	strcpy(digest_a, manifest_find(&m, "a")->sha256);
	plan(f, "a,b,c", "y");
	assert_true(write_some(f, selected, false));
	assert_string_equal(changes(f), "changed b.sh, changed manifest.json");
	assert_string_equal(listing(f, f->dir), "a.sh b.sh gone.sh manifest.json");
	read_manifest(f, &m);
	assert_int_equal(m.count, 3);
	assert_string_equal(manifest_find(&m, "a")->sha256, digest_a);
	assert_non_null(manifest_find(&m, "gone"));
	assert_true(write_all(f));
	assert_string_equal(changes(f), "changed a.sh, new c.sh, gone gone.sh, changed manifest.json");
}

/* What a manifest of format 1 doesn't tell of hosts that stay as they are can't be told now either. */
static void test_subset_of_format_1(void **state)
{
	struct folder_test *f = *state;
	struct manifest m;
	bool selected[] = {false, true};

	plan(f, "a,b", "x");
	assert_int_equal(mkdir(f->dir, 0755), 0);
	put(f, "manifest.json",
	    "{\"format\": 1, \"scripts\": [{\"id\": \"a\", \"sha256\": \"" DIGEST "\"}]}");
	assert_true(write_some(f, selected, false));
	read_manifest(f, &m);
	assert_int_equal(m.format, 2);
	assert_null(manifest_find(&m, "a")->address);
	assert_int_equal(manifest_steps(&m, manifest_find(&m, "a")).count, 0);
	assert_string_equal(manifest_find(&m, "b")->address, "x");
	assert_string_equal(manifest_find(&m, "b")->tags.items[0], "tag:x");
	assert_string_equal(manifest_steps(&m, manifest_find(&m, "b")).items[0], "host.preflight");
}

/* Without a manifest, a file of a script's name is replaced only if it is that script. */
static void test_foreign_file(void **state)
{
	struct folder_test *f = *state;

	plan(f, "a,b", "x");
	assert_int_equal(mkdir(f->dir, 0755), 0);
	put(f, "b.sh", "#!/bin/sh\nrm -rf /\n");
	assert_false(write_all(f));
	assert_non_null(
		strstr(f->why, "/out/b.sh: a file of that name is there, and stagecraft didn't write it"));
	assert_string_equal(listing(f, f->dir), "b.sh");
	assert_string_equal(get(f, "b.sh"), "#!/bin/sh\nrm -rf /\n");
	put(f, "b.sh", "#!/bin/sh\n# b: bootstrap script, compiled from an older version\n");
	assert_true(write_all(f));
	assert_string_equal(changes(f), "new a.sh, changed b.sh, new manifest.json");
}

static void test_not_files(void **state)
{
	struct folder_test *f = *state;
	char link[160];

	plan(f, "a", "x");
	/* a script that is a link, a folder, a pipe */
	assert_int_equal(mkdir(f->dir, 0755), 0);
	put(f, "target", "mine\n");
	assert_int_equal(symlink("target", path_of(f, "a.sh")), 0);
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "/out/a.sh: it is a symbolic link"));
	assert_string_equal(get(f, "target"), "mine\n");
	unlink(path_of(f, "a.sh"));
	assert_int_equal(mkdir(path_of(f, "a.sh"), 0755), 0);
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "/out/a.sh: it is not a regular file"));
	rmdir(path_of(f, "a.sh"));
	assert_int_equal(mkfifo(path_of(f, "a.sh"), 0600), 0);
	assert_false(write_all(f));
	unlink(path_of(f, "a.sh"));
	/* the manifest, too */
	assert_int_equal(mkfifo(path_of(f, "manifest.json"), 0600), 0);
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "/out/manifest.json: it is not a regular file"));
	unlink(path_of(f, "manifest.json"));
	assert_int_equal(symlink("target", path_of(f, "manifest.json")), 0);
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "/out/manifest.json: it is a symbolic link"));
	unlink(path_of(f, "manifest.json"));
	assert_string_equal(listing(f, f->dir), "target");
	/* the folder, by its name and with a slash behind */
	snprintf(link, sizeof link, "%s/link", f->base);
	assert_int_equal(symlink("out", link), 0);
	strcpy(f->dir, link);
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "/link: it is a symbolic link"));
	strcat(f->dir, "/");
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "/link: it is a symbolic link"));
	/* a file, and nothing at all */
	snprintf(f->dir, sizeof f->dir, "%s/out/target", f->base);
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "target: Not a directory"));
	snprintf(f->dir, sizeof f->dir, "%s/no/such", f->base);
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "no/such: No such file or directory"));
	assert_string_equal(listing(f, f->base), "link out");
}

static void test_trailing_slash(void **state)
{
	struct folder_test *f = *state;

	plan(f, "a", "x");
	strcat(f->dir, "//");
	assert_true(write_all(f));
	assert_string_equal(listing(f, f->base), "out");
	assert_true(write_all(f));
	assert_string_equal(changes(f), "");
}

/* A manifest that isn't ours stops everything: what it lists could be removed. */
static void test_broken_manifest(void **state)
{
	struct folder_test *f = *state;

	plan(f, "a", "x");
	assert_int_equal(mkdir(f->dir, 0755), 0);
	put(f, "manifest.json", "{\"name\": \"a web app\"}\n");
	assert_false(write_all(f));
	assert_non_null(strstr(f->why, "cannot read "));
	assert_non_null(strstr(f->why, "/out/manifest.json: it isn't a manifest of this stagecraft"));
	assert_string_equal(listing(f, f->dir), "manifest.json");
	put(f, "manifest.json", "");
	assert_false(write_all(f));
	put(f, "manifest.json",
	    "{\"format\": 1, \"scripts\": [{\"id\": \"../../x\", \"sha256\": \"" DIGEST "\"}]}");
	assert_false(write_all(f));
}

/* A gone host's script that was replaced by something else is no script any more. */
static void test_gone_is_no_file(void **state)
{
	struct folder_test *f = *state;

	plan(f, "a,b", "x");
	assert_true(write_all(f));
	unlink(path_of(f, "b.sh"));
	assert_int_equal(mkdir(path_of(f, "b.sh"), 0755), 0);
	plan(f, "a", "x");
	assert_true(write_all(f));
	assert_string_equal(changes(f), "changed manifest.json");
	assert_string_equal(listing(f, f->dir), "a.sh b.sh manifest.json");
}

/* One script that can't be: nothing is written, in a new folder or an old one. */
static void test_too_long(void **state)
{
	struct folder_test *f = *state;
	struct str hosts = STR_INIT;

	str_add(&hosts, "- {id: a, public_ip: x}\n- id: b\n  public_ip: x\n  tags:\n");
	for (int i = 0; i < 600; i++)
		str_addf(&hosts, "    - tag:a-tag-whose-name-is-nearly-as-long-as-a-tag-may-be-%d\n", i);
	str_add(&hosts, "- {id: c, public_ip: x}\n");
	assert_true(world_read(&f->w,
			       "network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, "
			       "tailnet_domain: a.b}}}",
			       hosts.data));
	assert_false(write_all(f));
	assert_null(f->why);
	assert_int_equal(f->w.d.errors, 1);
	assert_string_equal(listing(f, f->base), "");
	assert_int_equal(mkdir(f->dir, 0755), 0);
	assert_false(write_all(f));
	assert_null(f->why);
	assert_string_equal(listing(f, f->dir), "");
	str_free(&hosts);
}

/* What a killed run left under a waiting name is no obstacle. */
static void test_left_over(void **state)
{
	struct folder_test *f = *state;

	plan(f, "a", "x");
	assert_true(write_all(f));
	put(f, ".a.sh.new", "half a scr");
	put(f, ".manifest.json.new", "");
	plan(f, "a", "y");
	assert_true(write_all(f));
	assert_string_equal(listing(f, f->dir), "a.sh manifest.json");
	assert_non_null(strstr(get(f, "a.sh"), "NETWORK_TAGS='tag:y'"));
}

/* From one layout to the other and back: all of it, and no more. */
static void test_layouts(void **state)
{
	struct folder_test *f = *state;
	struct manifest m;
	const char *whole;

	plan(f, "a,b", "x");
	assert_true(write_all(f));
	whole = strdup(get(f, "a.sh"));
	put(f, "notes.txt", "mine\n");
	plan_split(f, "a,b", "x");
	assert_true(write_some(f, NULL, true));
	assert_string_equal(changes(f), "changed a.sh, changed b.sh, changed manifest.json, new steps.sh");
	assert_true(write_all(f));
	assert_string_equal(listing(f, f->dir), "a.sh b.sh manifest.json notes.txt steps.sh");
	read_manifest(f, &m);
	assert_true(m.split);
	assert_int_equal(manifest_steps(&m, &m.items[0]).count, f->w.plan.step_count);
	assert_true(strlen(get(f, "a.sh")) < 1000);
	/* A shared setting is one file; steps.sh's mode counts as a script's does. */
	plan_split(f, "a,b", "y");
	f->w.plan.settings.items[0].value = "other";
	assert_true(write_all(f));
	assert_string_equal(changes(f),
			    "changed a.sh, changed b.sh, changed manifest.json, changed steps.sh");
	f->w.plan.settings.items[0].value = "another";
	assert_true(write_all(f));
	assert_string_equal(changes(f), "changed manifest.json, changed steps.sh");
	chmod(path_of(f, "steps.sh"), 0755);
	assert_true(write_all(f));
	assert_string_equal(changes(f), "changed steps.sh");
	plan(f, "a", "x");
	assert_true(write_all(f));
	assert_string_equal(changes(f), "changed a.sh, gone b.sh, changed manifest.json, gone steps.sh");
	assert_string_equal(listing(f, f->dir), "a.sh manifest.json notes.txt");
	assert_string_equal(get(f, "a.sh"), whole);
	free((char *)whole);
}

/* A move that ends in its midst, since a file can't be given its name: steps.sh came first, and goes last. */
static void test_layouts_interrupted(void **state)
{
	struct folder_test *f = *state;
	struct problem problem = {.arena = &f->w.arena};

	plan(f, "a,b", "x");
	assert_true(write_all(f));
	for (int split = 1; split >= 0; split--) {
		plan(f, "a,b", "x");
		f->w.config.layout.text = split ? "split" : "whole";
		assert_true(write_some(f, NULL, true));
		unlink(path_of(f, "b.sh"));
		assert_int_equal(mkdir(path_of(f, "b.sh"), 0755), 0);
		problem = (struct problem){.arena = &f->w.arena};
		assert_false(output_write(&f->out, &problem));
		assert_non_null(strstr(problem.text, "cannot write "));
		assert_string_equal(listing(f, f->dir), "a.sh b.sh manifest.json steps.sh");
		assert_true((strlen(get(f, "a.sh")) < 1000) == split);
		assert_non_null(strstr(get(f, "manifest.json"), split ? "whole" : "split"));
		rmdir(path_of(f, "b.sh"));
		assert_true(write_all(f));
	}
	assert_string_equal(listing(f, f->dir), "a.sh b.sh manifest.json");
}

/* Some hosts alone: refused where the others would change with them. */
static void test_layouts_subset(void **state)
{
	struct folder_test *f = *state;
	bool selected[] = {false, true};

	plan_split(f, "a,b", "x");
	assert_true(write_all(f));
	plan_split(f, "a,b", "y");
	assert_true(write_some(f, selected, false));
	assert_string_equal(changes(f), "changed b.sh, changed manifest.json");
	f->w.plan.settings.items[0].value = "other";
	assert_true(write_some(f, selected, true));
	assert_true(f->out.changes_others);
	plan(f, "a,b", "y");
	assert_true(write_some(f, selected, true));
	assert_true(f->out.changes_others);
	plan(f, "b,c", "y"); /* a host that's gone is another one too */
	assert_true(write_some(f, selected, true));
	assert_true(f->out.changes_others);
	assert_true(write_all(f));
	assert_false(f->out.changes_others);
}

/* Each digest of many is its script's. */
static void test_many(void **state)
{
	enum { MANY = 200 };
	struct folder_test *f = *state;
	struct str ids = STR_INIT;
	struct manifest m;
	bool selected[MANY];

	for (int i = 0; i < MANY; i++) {
		str_addf(&ids, "%sh%03d", i ? "," : "", i);
		selected[i] = i % 3 == 0;
	}
	plan(f, ids.data, "x");
	assert_true(write_all(f));
	plan(f, ids.data, "y");
	assert_true(write_some(f, selected, false));
	assert_int_equal(f->out.change_count, MANY / 3 + 1 + 1);
	read_manifest(f, &m);
	assert_int_equal(m.count, MANY);
	for (size_t i = 0; i < m.count; i++) {
		const char *text = get(f, arena_printf(&f->w.arena, "%s.sh", m.items[i].id));
		char digest[SHA256_HEX + 1];

		sha256_hex(digest, text, strlen(text), NULL, 0);
		assert_string_equal(digest, m.items[i].sha256);
	}
	str_free(&ids);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_manifest_order),
		cmocka_unit_test(test_hostile_manifest),
		TEST(test_new_folder),
		TEST(test_changes),
		TEST(test_dry_run_makes_no_folder),
		TEST(test_subset),
		TEST(test_subset_of_format_1),
		TEST(test_foreign_file),
		TEST(test_not_files),
		TEST(test_trailing_slash),
		TEST(test_broken_manifest),
		TEST(test_gone_is_no_file),
		TEST(test_too_long),
		TEST(test_left_over),
		TEST(test_layouts),
		TEST(test_layouts_interrupted),
		TEST(test_layouts_subset),
		TEST(test_many),
	};

	return cmocka_run_group_tests_name("compiler/output", tests, NULL, NULL);
}
