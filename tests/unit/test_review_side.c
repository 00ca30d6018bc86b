/* review/side: the scripts of a fleet, taken apart, what many share kept once. */
#include "tests/unit/world.h"

#include "compiler/emit.h"
#include "compiler/manifest.h"
#include "review/side.h"

#include <sys/stat.h>
#include <unistd.h>

#define CONFIG                                                                                          \
	"network: {provider: tailscale, providers: {tailscale: {auth_key_env: K, tailnet_domain: a.b, " \
	"role_tags: {db: [tag:db]}}}}\n"
#define HOSTS                                                                                    \
	"[{id: a, public_ip: 1.2.3.4, role: db, ssh: {port: 2222}}, {id: b, public_ip: '::1'}, " \
	"{id: c, public_ip: c}]"

static const char digest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/* Files in memory, as a source; each may be asked for once. */
struct memory {
	struct side_source source;
	struct {
		char name[80];
		struct str text;
		bool asked;
	} files[8];
	size_t count, expected;
	const char *refuses; /* NULL: nothing */
};

static bool memory_read(struct side_source *self, const char *name, struct str *into, bool *there,
			struct problem *p)
{
	struct memory *m = (struct memory *)self;

	str_clear(into);
	*there = false;
	if (m->refuses && strcmp(m->refuses, name) == 0)
		return problem_set(p, "cannot read %s", name);
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->files[i].name, name) != 0)
			continue;
		assert_false(m->files[i].asked);
		m->files[i].asked = *there = true;
		str_addn(into, m->files[i].text.data, m->files[i].text.len);
	}
	return true;
}

static void memory_expect(struct side_source *self, const char *const *names, size_t count)
{
	(void)names;
	((struct memory *)self)->expected = count;
}

static struct str *memory_add(struct memory *m, const char *name)
{
	m->source = (struct side_source){memory_read, memory_expect, "memory"};
	snprintf(m->files[m->count].name, sizeof m->files->name, "%s", name);
	return &m->files[m->count++].text;
}

static void memory_free(struct memory *m)
{
	for (size_t i = 0; i < m->count; i++)
		str_free(&m->files[i].text);
	*m = (struct memory){0};
}

/* What PLAN compiles to. */
static void fill(struct memory *m, const struct plan *plan)
{
	bool split = config_is_split(plan->config);
	struct manifest_entry entries[3] = {{0}};
	struct manifest manifest = {.format = 2, .split = split, .items = entries};
	struct str *text, tail = STR_INIT;

	emit_tail(&tail, plan);
	for (size_t i = 0; i < plan->host_count; i++) {
		char name[80];

		snprintf(name, sizeof name, "%s.sh", plan->hosts[i].host->id.text);
		text = memory_add(m, name);
		(split ? emit_own_file : emit_head)(text, &plan->hosts[i]);
		if (!split)
			str_addn(text, tail.data, tail.len);
		manifest_add(&manifest, plan->hosts[i].host->id.text, digest)->address =
			plan->hosts[i].address;
	}
	if (split) {
		memcpy(manifest.shared.sha256, digest, sizeof digest);
		emit_shared_file(memory_add(m, "steps.sh"), plan);
	}
	manifest_write(memory_add(m, MANIFEST_NAME), &manifest);
	str_free(&tail);
}

static void assert_same_host(const struct side_host *a, const struct side_host *b)
{
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->address, b->address);
	assert_int_equal(a->own.count, b->own.count);
	for (size_t i = 0; i < a->own.count; i++) {
		assert_string_equal(a->own.items[i].name, b->own.items[i].name);
		assert_string_equal(a->own.items[i].value, b->own.items[i].value);
	}
	assert_string_equal(a->frame, b->frame);
	assert_int_equal(a->shared->parts.settings.count, b->shared->parts.settings.count);
	assert_int_equal(a->shared->parts.step_count, b->shared->parts.step_count);
	assert_string_equal(a->shared->parts.shell, b->shared->parts.shell);
}

/* A folder that was compiled says what the plan says, in both layouts. */
static void test_same(void **state)
{
	static const char *const some[] = {"b", "no-such", "z"};
	struct world *w = *state;

	for (int split = 0; split < 2; split++) {
		struct problem problem = {.arena = &w->arena};
		struct memory m = {0};
		struct side plan, read;

		assert_true(world_read(w, split ? CONFIG "infra: {bootstrap: {layout: split}}\n" : CONFIG,
				       HOSTS));
		side_of_plan(&plan, &w->plan, NULL, &w->arena);
		fill(&m, &w->plan);
		assert_true(side_read(&read, &m.source, NULL, 0, &problem));
		assert_int_equal(read.split, split);
		assert_int_equal(plan.host_count, 3);
		assert_int_equal(read.host_count, 3);
		assert_int_equal(m.expected, 3 + split);
		for (size_t i = 0; i < 3; i++) {
			assert_same_host(&plan.hosts[i], &read.hosts[i]);
			assert_ptr_equal(read.hosts[i].shared, read.shared[0]);
			assert_ptr_equal(read.hosts[i].frame, read.hosts[0].frame);
			assert_ptr_equal(plan.hosts[i].shared, plan.shared[0]);
		}
		assert_int_equal(read.shared_count, 1);
		assert_string_equal(read.hosts[0].address, "1.2.3.4:2222");
		assert_string_equal(read.hosts[1].address, "::1");
		assert_string_equal(assignments_get(&read.hosts[0].own, "NETWORK_TAGS"), "tag:db");
		memory_free(&m);

		fill(&m, &w->plan);
		assert_true(side_read(&read, &m.source, some, COUNT(some), &problem));
		assert_int_equal(m.expected, 1 + split);
		assert_int_equal(read.host_count, 1);
		assert_string_equal(read.hosts[0].id, "b");
		side_of_plan(&plan, &w->plan, (bool[]){false, true, false}, &w->arena);
		assert_int_equal(plan.host_count, 1);
		assert_same_host(&plan.hosts[0], &read.hosts[0]);
		memory_free(&m);
	}
}

/* Scripts that differ in what is shared are two; one that can't be read is all text. */
static void test_differing(void **state)
{
	struct world *w = *state;
	struct problem problem = {.arena = &w->arena};
	struct memory m = {0};
	struct side read;

	assert_true(world_read(w, CONFIG, HOSTS));
	fill(&m, &w->plan);
	str_add(&m.files[1].text, "# more\n");
	str_clear(&m.files[2].text);
	str_add(&m.files[2].text, "#!/bin/sh\nreboot\n");
	assert_true(side_read(&read, &m.source, NULL, 0, &problem));
	assert_int_equal(read.shared_count, 3);
	assert_true(read.hosts[0].shared != read.hosts[1].shared);
	assert_int_equal(read.hosts[1].shared->parts.step_count, read.hosts[0].shared->parts.step_count);
	assert_int_equal(read.hosts[2].len, 0);
	assert_string_equal(read.hosts[2].text, "");
	assert_int_equal(read.hosts[2].own.count, 0);
	assert_string_equal(read.hosts[2].shared->text, "#!/bin/sh\nreboot\n");
	assert_int_equal(read.hosts[2].shared->parts.step_count, 0);
	memory_free(&m);
}

static void test_missing(void **state)
{
	struct world *w = *state;
	struct problem problem = {.arena = &w->arena};
	struct memory m = {0};
	struct side read;

	assert_true(world_read(w, CONFIG, HOSTS));
	m.source = (struct side_source){memory_read, NULL, "memory"};
	assert_true(side_read(&read, &m.source, NULL, 0, &problem));
	assert_int_equal(read.host_count, 0);
	fill(&m, &w->plan);
	strcpy(m.files[0].name, "x.sh");
	assert_true(side_read(&read, &m.source, NULL, 0, &problem));
	assert_int_equal(read.host_count, 2);
	assert_string_equal(read.hosts[0].id, "b");
	memory_free(&m);
	fill(&m, &w->plan);
	m.refuses = "b.sh";
	assert_false(side_read(&read, &m.source, NULL, 0, &problem));
	assert_string_equal(problem.text, "cannot read b.sh");
	memory_free(&m);
	problem.text = NULL;
	str_add(memory_add(&m, MANIFEST_NAME), "{}");
	assert_false(side_read(&read, &m.source, NULL, 0, &problem));
	assert_string_equal(problem.text,
			    "cannot read memory/manifest.json: it isn't a manifest of this stagecraft");
	memory_free(&m);
}

static void test_folder(void **state)
{
	struct world *w = *state;
	struct problem problem = {.arena = &w->arena};
	char dir[] = "/tmp/test-side.XXXXXX", file[64];
	struct side_source *source;
	struct str text = STR_INIT;
	bool there;

	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/a.sh", dir);
	assert_true(side_folder_open(&source, file, &problem)); /* not there */
	assert_true(source->read(source, MANIFEST_NAME, &text, &there, &problem));
	assert_false(there);
	side_folder_close(source);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_true(side_folder_open(&source, dir, &problem));
	assert_string_equal(source->name, dir);
	assert_true(source->read(source, "b.sh", &text, &there, &problem));
	assert_false(there);
	assert_false(source->read(source, "a.sh", &text, &there, &problem));
	assert_non_null(strstr(problem.text, "/a.sh: it is a symbolic link"));
	side_folder_close(source);
	problem.text = NULL;
	assert_false(side_folder_open(&source, file, &problem)); /* no folder */
	assert_non_null(problem.text);
	side_folder_close(source);
	unlink(file);
	rmdir(dir);
	str_free(&text);
}

/* Ten thousand hosts: what they share is kept once, and it takes a moment. */
static void test_many(void **state)
{
	enum { MANY = 10000 };
	struct world *w = *state;
	struct str hosts = STR_INIT;
	struct side side;
	double start;

	for (int i = 0; i < MANY; i++)
		str_addf(&hosts, "%s{\"id\":\"h%05d\",\"public_ip\":\"a\"}", i ? "," : "[", i);
	str_addc(&hosts, ']');
	assert_true(world_read(w, CONFIG, hosts.data));
	start = cpu_seconds();
	side_of_plan(&side, &w->plan, NULL, &w->arena);
	assert_int_equal(side.host_count, MANY);
	assert_int_equal(side.shared_count, 1);
	assert_ptr_equal(side.hosts[0].frame, side.hosts[MANY - 1].frame);
	assert_true(cpu_seconds() - start < 2);
	str_free(&hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_same),	 WORLD_TEST(test_differing), WORLD_TEST(test_missing),
		WORLD_TEST(test_folder), WORLD_TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
