#define _GNU_SOURCE /* memmem(3) */
/* A libFuzzer target, `make fuzz`: the first byte picks what reads the rest. Whatever comes, nothing crashes,
 * and what is printed or written keeps its promises. */
#include "compiler/config.h"
#include "compiler/doc.h"
#include "compiler/emit.h"
#include "compiler/hosts.h"
#include "compiler/manifest.h"
#include "compiler/parts.h"
#include "compiler/plan.h"
#include "lib/json.h"
#include "providers/table.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char good[] =
	"network: {provider: tailscale, providers: {tailscale: {auth_key_env: X, tailnet_domain: a.b, "
	"role_tags: {db: [tag:db]}}}}\n";

/* What is printed holds no control characters but line ends. */
static void print(struct diags *d)
{
	static const enum diag_style styles[] = {DIAG_PLAIN, DIAG_GITHUB};
	char *text = NULL;
	size_t len = 0;

	for (size_t s = 0; s < sizeof styles / sizeof *styles; s++) {
		FILE *to = open_memstream(&text, &len);

		diags_print(d, to, styles[s]);
		fclose(to);
		for (size_t i = 0; i < len; i++)
			assert((unsigned char)text[i] >= 0x20 || text[i] == '\n');
		free(text);
	}
}

static bool read_config(struct config *config, const char *name, const char *text, size_t len,
			struct arena *arena, struct diags *d)
{
	struct source *source = arena_alloc(arena, sizeof *source);
	struct node *root;

	source_of(source, name, text, len);
	doc_parse(source, arena, config_scope, d, &root);
	config_read(config, source, root, arena, d);
	return !d->errors;
}

/* A config, or a host list under a good one; if it's accepted, the script's head is quoted whole lines. */
static void fuzz_inputs(const char *text, size_t len, bool hosts_vary, bool json, struct arena *arena,
			struct diags *d)
{
	static const char host[] = "[{id: a, public_ip: b, role: db}]";
	const char *hosts_text = hosts_vary ? text : host;
	struct config config;
	struct hosts hosts;
	struct source *source = arena_alloc(arena, sizeof *source); /* what is told points to it */
	struct node *root;
	struct plan plan;
	struct str head = STR_INIT, tail = STR_INIT;

	source_of(source, hosts_vary && json ? "h.json" : "h.yml", hosts_text,
		  hosts_vary ? len : sizeof host - 1);
	if (!read_config(&config, !hosts_vary && json ? "c.json" : "c.yml", hosts_vary ? good : text,
			 hosts_vary ? sizeof good - 1 : len, arena, d))
		return;
	doc_parse(source, arena, hosts_scope, d, &root);
	hosts_read(&hosts, source, root, &config, arena, d);
	if (d->errors)
		return;
	plan_make(&plan, &config, &hosts, arena);
	emit_tail(&tail, &plan);
	for (size_t i = 0; i < plan.host_count; i++) {
		emit_head(&head, &plan.hosts[i]);
		for (size_t c = 0; c < head.len; c++)
			assert((unsigned char)head.data[c] < 0x7F &&
			       (head.data[c] >= 0x20 || head.data[c] == '\n'));
	}
	str_free(&head);
	str_free(&tail);
}

/* An accepted manifest's ids are labels, each once; and what it says can be written and read again. */
static void fuzz_manifest(const char *text, size_t len, struct arena *arena)
{
	struct manifest m;
	struct problem problem = {.arena = arena};
	struct str whole = {.data = (char *)text, .len = len}, again = STR_INIT;

	if (!manifest_parse(&m, "dir", &whole, &problem))
		return;
	for (size_t i = 0; i < m.count; i++) {
		assert(!strchr(m.items[i].id, '/') && !strchr(m.items[i].id, '.') && *m.items[i].id);
		assert(manifest_find(&m, m.items[i].id) == &m.items[i]);
	}
	manifest_write(&again, &m);
	assert(manifest_parse(&m, "dir", &again, &problem) && manifest_is_as_written(&m, &again));
	str_free(&again);
}

static void fuzz_status(const char *text, size_t len, struct arena *arena, struct diags *d)
{
	static const char *const tags[] = {"tag:a", "tag:b"};
	struct network_expected want = {.host_id = "h", .tags = tags, .tag_count = 2};
	struct network_reading reading;
	struct config config;

	assert(read_config(&config, "c.yml", good, sizeof good - 1, arena, d));
	config.network->client->read_status(config.network_config, &want, text, len, &reading, arena);
	assert(reading.ok == !*reading.reason);
	for (const char *p = reading.message; *p; p++)
		assert((unsigned char)*p >= 0x20);
}

/* Written again, each assignment that is read is a line of the text; they are sorted, each once. */
static void check_assignments(const struct assignments *a, const char *text, size_t len)
{
	struct str line = STR_INIT;

	for (size_t i = 0; i < a->count; i++) {
		str_clear(&line);
		str_addf(&line, "%s=", a->items[i].name);
		str_add_shell(&line, a->items[i].value);
		str_addc(&line, '\n');
		assert(memmem(text, len, line.data, line.len));
		assert(!i || strcmp(a->items[i - 1].name, a->items[i].name) < 0);
	}
	str_free(&line);
}

/* A script, or what may be one, is read back as what it says. */
static void fuzz_parts(const char *text, size_t len, struct arena *arena)
{
	struct assignments own;
	struct shared_parts shared;
	size_t own_len = parts_own_len(text, len);

	assert(own_len < len || !len);
	if (parts_read_own(&own, text, own_len ? own_len : len, arena))
		check_assignments(&own, text, len);
	if (parts_read_shared(&shared, text + own_len, len - own_len, arena)) {
		check_assignments(&shared.settings, text, len);
		assert(shared.step_count && shared.front_len + shared.shell_len < len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct diags d;
	const char *text = (const char *)data + 1;

	if (!size)
		return 0;
	diags_init(&d, &arena);
	switch (*data % 8) {
	case 0:
	case 1:
	case 2:
	case 3:
		/* Sources end in a NUL, as those read from files do. */
		fuzz_inputs(arena_strndup(&arena, text, size - 1), size - 1, *data % 2, *data % 8 >= 2,
			    &arena, &d);
		break;
	case 4:
		fuzz_manifest(text, size - 1, &arena);
		break;
	case 5:
		fuzz_status(text, size - 1, &arena, &d);
		break;
	default:
		fuzz_parts(text, size - 1, &arena);
	}
	print(&d);
	diags_free(&d);
	arena_free(&arena);
	return 0;
}
