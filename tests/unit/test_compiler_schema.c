/* compiler/schema: what a pattern says of a text is what the decoder says of it. */
#include "tests/unit/world.h"

#include <regex.h>

#include "compiler/schema.h"
#include "lib/json.h"
#include "providers/table.h"

enum { TEXTS = 24 };

/* Texts, those that fit and those that don't. What a pattern can't tell apart isn't among them. */
struct row {
	enum key_type type;
	const char *key; /* with a shape of its own; NULL: of any key of the type */
	const char *good[TEXTS], *bad[TEXTS];
};

#define L63 "a23456789012345678901234567890123456789012345678901234567890123"
#define DOMAIN_253 L63 "." L63 "." L63 ".1234567890123456789012345678901234567890123456789012345678901"

static const struct row types[] = {
	{KEY_TEXT,
	 NULL,
	 {"a", " ", "~", "Zoë's \"x\" \\ y", "-1", "日本"},
	 {"", "a\nb", "\x01", "a\x7F", "\t"}},
	{KEY_WORD,
	 NULL,
	 {"latest", "5:27.5.1-1~debian.12", "+", "_", ":x", "1"},
	 {"", "-a", "a b", "é", "a\n", "a/b", "[", "a=b"}},
	{KEY_FLAG, NULL, {"true", "false"}, {"", "True", "yes", "1", "true ", "falsetrue"}},
	{KEY_INTEGER, NULL, {"1", "22", "0022", "65535"}, {"", "x", "-1", "+1", "1.0", "0x10", " 1", "1 "}},
	{KEY_DURATION,
	 NULL,
	 {"90s", "15m", "1h30m", "1h30m5s", "1h5s", "10m1s", "090s", "0h1s"},
	 {"", "15", "s", "m15", "1.5h", "1m1h", "1s1s", "1d", "1h 30m", "90S", "-1s", "1234567890s", "1h30"}},
	{KEY_VERSION,
	 NULL,
	 {"1", "24.0", "1.78.0", "01.2.3", "123456789.1"},
	 {"", "newest", "1.", ".1", "1..2", "1.2.3.4", "v1.2", "1.2-3", "1234567890", "1.2 ", "1.2\n"}},
	{KEY_ENV,
	 NULL,
	 {"TS_AUTHKEY", "_K1", "x_y", "KEY", "STAGECRAFT"},
	 {"", "1A", "A-B", "A B", "$A", "A\n", "STAGECRAFT_X", "Ä"}},
	{KEY_DOMAIN,
	 NULL,
	 {"mytailnet.ts.net", "a.b", "9-lives.xn--e1afmkfd.example", L63 ".x", DOMAIN_253},
	 {"", "a", "A.b", "a.", ".a", "a..b", "-a.b", "a-.b", "a_b.c", L63 "x.y", DOMAIN_253 "2", "a.b\n"}},
	{KEY_URL,
	 NULL,
	 {"https://a", "http://10.0.0.1", "https://h:8443/a?b=c&d#e[1]", "https://9.x/~u/%20!,+"},
	 {"", "https://", "ftp://a", "HTTPS://a", "https:///a", "https://[::1]/", "https://a b",
	  "https://a\"", "https://a'", "https://a@b", "//a"}},
	{KEY_PATH,
	 NULL,
	 {"keys/id", "~/.ssh/id", "/devices/x", "/etc/x", ".", "a b", "${HOME}/x", "../up", "/a/../b"},
	 {"", "-x", "a\"b", "a\\b", "\"", "\\", "a\nb", "/dev/null", "/proc/1", "//sys/x", "/dev", "~/../x",
	  "%d/a/.."}},
	{KEY_TAGS, NULL, {"tag:a", "x", "a.b"}, {"", "-a", "a b", "é"}},
	{KEY_TAG_MAP, NULL, {"tag:a", "x", "a.b"}, {"", "-a", "a b", "é"}},
	{KEY_LIST, NULL, {"--ssh", "a b", "1"}, {"", "a\nb"}},
	{KEY_LIST_MAP, NULL, {"--ssh", "a b", "1"}, {"", "a\nb"}},
};

static const struct row keys[] = {
	{0,
	 "id",
	 {"a", "0", "plat-db-1", "a--b", L63},
	 {"", "A", "-a", "a-", "a_b", "a.b", L63 "4", "a\n", "ä", "a b"}},
	{0,
	 "public_ip",
	 {"203.0.113.10", "0.0.0.0", "255.255.255.255", "2001:db8::10", "::1", "::", "fe80::1%eth0",
	  "::ffff:1.2.3.4", "db-1", "my_alias", "a.b.", "1a", "10.20.x", "_x", "UPPER", DOMAIN_253},
	 {"",	      "-x",	    ".a",	"1",   "1.2.3",	     "1.2.3.4.5",    "256.0.0.1",
	  "1.2.3.04", "1.2.3.4:22", "host:22",	"u@h", "10.0.0.0/8", "a b",	     "a;b",
	  "$(x)",     "[::1]",	    "fe80::1%", "a%b", "é",	     DOMAIN_253 "2", "1.2.3.4."}},
	{0, "user", {"root", "a.b", "_x", "a-b", "9"}, {"", "-x", "a b", "a@b", "a;b", "é", "a\\b"}},
	{0,
	 "knownHostsFile",
	 {"keys/known", "none/x", "nonesuch", "xnone"},
	 {"", "none", "NONE", "a/None", "/dev/null", "a\"b", "-x"}},
	{0,
	 "jumpHost",
	 {"h", "u@h", "u@h:22", "h:1", "[2001:db8::1]:22", "[::1]", "ops@[fe80::1%eth0]:22", "a,b@c:2,d"},
	 {"", "-h", "u@", "@h", "u@-h", "h:", "h:x", "h:123456", "a b", "a,,b", "a,", ",a", "[]", "[::1",
	  "[-1]", "h:22x", "u@h@i"}},
	{0,
	 "version",
	 {"latest", "27", "27.5", "5:27.5.1-1~debian.12~bookworm", "24.0.7+x", "27xx", "1-x", ":27", "27.X",
	  "5:1:2"},
	 {"", "newest", "v27", "27.x", "27.5.x", "27.", "27-", "27.5.", "27.x1", "a27", "5:", "5:v27", "-27",
	  "27 5"}},
	{0,
	 "up_args",
	 {"--ssh", "--accept-routes=true", "--exit-node=100.64.0.1", "--operator=A._:/,=@%+-"},
	 {"ssh", "-ssh", "--", "--s", "--ssh x", "--ssh;x", "--ssh=a b", "--ssh=$(x)", "--Ssh", "--a=\"b\""}},
	{0,
	 "role_up_args",
	 {"--ssh", "--accept-routes=true", "--exit-node=100.64.0.1", "--operator=A._:/,=@%+-"},
	 {"ssh", "-ssh", "--", "--s", "--ssh x", "--ssh;x", "--ssh=a b", "--ssh=$(x)", "--Ssh", "--a=\"b\""}},
	{0,
	 "target",
	 {"local", "dev", "dev,prod", "dev, env:staging", "type:local", " pr", "env:a-b_1,ephemeral"},
	 {"", "x", "dev,", ",dev", "dev;prod", "env:", "env:-a", "type:x", "dev ,prod", "Dev", "type:env:x"}},
	{KEY_TAGS,
	 "default_tags",
	 {"tag:a", "tag:Ab-1", "tag:z9-", "tag:" L63},
	 {"", "a", "tag:", "tag:1", "tag:-a", "tag:a b", "tag:a_b", "Tag:a", "tag:" L63 "4", "tag:ä",
	  "atag:a"}},
};

/* Each with one key's value to come, as a JSON string; what else a config has to have is there. */
#define HEAD                                                                                               \
	"{\"network\":{\"provider\":\"tailscale\",\"providers\":{\"tailscale\":{\"auth_key_env\":\"KEY\"," \
	"\"tailnet_domain\":\"a.b\""
static const char good_config[] = HEAD "}}}}", good_hosts[] = "[{\"id\":\"a\",\"public_ip\":\"b\"}]";
static const struct {
	const char *key, *config, *hosts; /* NULL: the good one */
} files[] = {
	{"id", NULL, "[{\"id\":%s,\"public_ip\":\"b\"}]"},
	{"public_ip", NULL, "[{\"id\":\"a\",\"public_ip\":%s}]"},
	{"user", HEAD "}}},\"infra\":{\"bootstrap\":{\"ssh\":{\"user\":%s}}}}", NULL},
	{"knownHostsFile", HEAD "}}},\"infra\":{\"bootstrap\":{\"ssh\":{\"knownHostsFile\":%s}}}}", NULL},
	{"jumpHost", NULL, "[{\"id\":\"a\",\"public_ip\":\"b\",\"ssh\":{\"jumpHost\":%s}}]"},
	{"version", HEAD "}}},\"infra\":{\"bootstrap\":{\"docker\":{\"version\":%s}}}}", NULL},
	{"up_args", HEAD ",\"up_args\":[%s]}}}}", NULL},
	{"role_up_args", HEAD ",\"role_up_args\":{\"r\":[%s]}}}}}", NULL},
	{"target",
	 HEAD "}}},\"secrets\":{\"provider\":\"encore\",\"providers\":{\"encore\":{\"target\":%s}}}}", NULL},
	{"default_tags", HEAD ",\"default_tags\":[%s]}}}}", NULL},
};

/* ---- the two judges ---- */

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool found;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static bool shape_takes(const struct key_shape *shape, const char *text)
{
	return matches(shape->pattern, text) && (!shape->unlike || !matches(shape->unlike, text)) &&
	       (!shape->longest || strlen(text) <= shape->longest);
}

static bool type_takes(struct world *w, enum key_type type, const char *text)
{
	const struct key table[] = {{"k", type, 0, .max = 100000}, {0}};
	bool map = type == KEY_TAG_MAP || type == KEY_LIST_MAP, list = type == KEY_TAGS || type == KEY_LIST;
	struct {
		struct text_lists any;
		struct text_list other;
	} out = {0};
	struct decoder dec = {.arena = &w->arena, .diags = &w->d, .folder = ""};
	const struct decode_section section = {.targets = {{table, &out}}, .path = "s"};
	struct str json = STR_INIT;
	struct source source;
	struct node *root;
	bool taken;

	str_addf(&json, "{\"k\":%s", map ? "{\"r\":[" : list ? "[" : "");
	str_add_json(&json, text, strlen(text));
	str_addf(&json, "%s}", map ? "]}" : list ? "]" : "");
	world_read(w, good_config, NULL);
	source_of(&source, "k.json", str_text(&json), json.len);
	taken = doc_parse(&source, &w->arena, NULL, &w->d, &root);
	decode_mapping(&dec, root, &section);
	taken = taken && !w->d.errors;
	str_free(&json);
	return taken;
}

static bool file_takes(struct world *w, const char *key, const char *text)
{
	struct str json = STR_INIT, file = STR_INIT;
	bool taken = false, found = false;

	str_add_json(&json, text, strlen(text));
	for (size_t i = 0; i < COUNT(files); i++) {
		const char *whole = files[i].config ? files[i].config : files[i].hosts;
		const char *gap = strstr(whole, "%s");

		if (strcmp(files[i].key, key) != 0)
			continue;
		found = true;
		str_addf(&file, "%.*s%s%s", (int)(gap - whole), whole, str_text(&json), gap + 2);
		taken = world_read(w, files[i].config ? str_text(&file) : good_config,
				   files[i].hosts ? str_text(&file) : good_hosts);
	}
	assert_that(key, found);
	str_free(&json);
	str_free(&file);
	return taken;
}

/* ---- the tests ---- */

/* Which numbers are let in is what the pattern says of their digits. */
static void check_number(const char *label, const struct key_shape *shape)
{
	static const char *const texts[] = {"1", "1.5", "-1"};

	for (int i = 0; i < (int)COUNT(texts); i++)
		assert_that(label,
			    !shape->number || matches(shape->pattern, texts[i]) == ((int)shape->number > i));
	assert_that(label, shape->number || !matches(shape->pattern, "1"));
}

static void check(struct world *w, const struct row *row, const struct key_shape *shape)
{
	check_number(row->key ? row->key : key_type_name(row->type), shape);
	for (int bad = 0; bad < 2; bad++) {
		for (const char *const *t = bad ? row->bad : row->good; *t; t++) {
			bool taken = row->key ? file_takes(w, row->key, *t) : type_takes(w, row->type, *t);

			assert_that(*t, taken == !bad);
			assert_that(*t, shape_takes(shape, *t) == !bad);
		}
	}
}

static void test_types(void **state)
{
	bool told[KEY_ANYTHING + 1] = {false};

	for (size_t i = 0; i < COUNT(types); i++) {
		struct key_shape shape = key_shape(&(struct key){.type = types[i].type});

		check(*state, &types[i], &shape);
		told[types[i].type] = true;
	}
	/* A new type has its texts here, or is one of those without a shape. */
	for (int type = 0; type <= KEY_ANYTHING; type++)
		assert_that(key_type_name(type),
			    told[type] || type == KEY_CHOICE || type == KEY_TABLE || type == KEY_ANYTHING);
}

/* Checks the rows of the keys in TABLE that have a shape of their own. Returns how many there are. */
static size_t check_table(struct world *w, const struct key *table)
{
	size_t count = 0;

	for (const struct key *key = table; key && key->name; key++) {
		bool own = key->shape.pattern || key->shape.unlike || key->shape.longest, told = !own;
		struct key_shape shape = key_shape(key);

		for (size_t i = 0; i < COUNT(keys) && own; i++) {
			if (strcmp(keys[i].key, key->name) == 0) {
				check(w, &keys[i], &shape);
				told = true;
			}
		}
		assert_that(key->name, told);
		count += own + check_table(w, key->table);
	}
	return count;
}

static void test_keys(void **state)
{
	size_t count = check_table(*state, config_keys) + check_table(*state, config_tag_keys) +
		       check_table(*state, host_keys);

	for (enum provider_kind kind = 0; kind < PROVIDER_KINDS; kind++) {
		const struct provider *list[REGISTRY_MAX];
		size_t providers = registry_list(provider_registry(kind), list);

		for (size_t i = 0; i < providers; i++)
			count += check_table(*state, list[i]->keys) + check_table(*state, list[i]->more_keys);
	}
	assert_true(count >= COUNT(keys) - 1);
}

static void test_tags(void **state)
{
	const struct network_provider *network = network_default();
	struct key_shape shape = {.pattern = network->client->tag_pattern};

	check(*state, &keys[COUNT(keys) - 1], &shape);
}

/* They are JSON, and say so of themselves. */
static void test_json(void **state)
{
	static void (*const schemas[])(struct str *) = {schema_config, schema_hosts};
	static const char *const ids[] = {"urn:stagecraft:config", "urn:stagecraft:hosts"};

	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++) {
		struct str text = STR_INIT;
		struct json json;

		schemas[i](&text);
		assert_true(json_parse(&json, str_text(&text), text.len - 1));
		assert_int_equal(text.data[text.len - 1], '\n');
		assert_true(json_equals(&json, json_get(&json, 0, "$id"), ids[i]));
		assert_true(json_equals(&json, json_get(&json, 0, "$schema"),
					"http://json-schema.org/draft-07/schema#"));
		json_free(&json);
		str_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {WORLD_TEST(test_types), WORLD_TEST(test_keys),
					   WORLD_TEST(test_tags), cmocka_unit_test(test_json)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
