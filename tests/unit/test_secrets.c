/* The secrets providers on the shared registry, and what every one of them keeps to. */
#include "tests/unit/unit.h"

#include "compiler/config.h"
#include "lib/mem.h"
#include "providers/table.h"

#include <sys/resource.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

/* ---- the registry ---- */

static void test_registry(void **state)
{
	static const char *const ids[] = {"encore", "envfile"};
	const struct provider *list[REGISTRY_MAX];
	enum registry_error error;
	struct str why = STR_INIT;

	(void)state;
	assert_int_equal(registry_list(provider_registry(SECRETS_PROVIDERS), list), 2);
	for (int i = 0; i < 2; i++) {
		const struct provider *p = list[i];

		assert_string_equal(p->id, ids[i]);
		assert_true(p->summary && p->keys && p->config_size &&
			    ((const struct secrets_provider *)p)->run);
		assert_ptr_equal(registry_get(provider_registry(SECRETS_PROVIDERS), p->id, &error, NULL), p);
		assert_int_equal(error, REGISTRY_OK);
	}
	assert_null(registry_get(provider_registry(SECRETS_PROVIDERS), "envfiel", &error, &why));
	assert_int_equal(error, ERR_UNKNOWN_PROVIDER);
	assert_string_equal(str_text(&why),
			    "unknown secrets provider \"envfiel\" (known: encore, envfile); did you "
			    "mean envfile?");
	assert_null(registry_get(provider_registry(NETWORK_PROVIDERS), "envfile", NULL, NULL));
	str_free(&why);
}

/* ---- the config ---- */

static const struct {
	const char *text, *want; /* messages; "" for a good one */
	const char *provider;	 /* NULL: none */
} configs[] = {
	{"network: {provider: x}\n", "", NULL},
	{"secrets:\n", "", NULL},
	{"secrets: {}\n", "", NULL},
	{"secrets: {provider: envfile}\n", "", "envfile"},
	{"secrets: {provider: envfile, providers: {envfile: {source_file: a, target_file: b}}}\n", "",
	 "envfile"},
	{"secrets: {provider: encore, providers: {encore: {target: 'dev, env:a-1'}}}\n", "", "encore"},
	{"secrets: {provider: envfile, providers: {encore: {target: nowhere}}}\n", "", "envfile"},
	{"secrets: {provider: vault}\n",
	 "1:21 error secrets.provider: unknown secrets provider \"vault\" (known: encore, envfile)\n", NULL},
	{"secrets: {provider: envfile, providers: {vault: {}, envfile: {target: x}}}\n",
	 "1:42 error unknown secrets provider \"vault\" (known: encore, envfile)\n"
	 "1:63 error unknown key target in secrets.providers.envfile\n",
	 "envfile"},
	{"secrets: {provider: envfile, providers: [envfile]}\n",
	 "1:41 error secrets.providers must be a mapping, not a list\n", "envfile"},
	{"secrets: {provider: encore, providers: {encore: {target: dev+prod}}}\n",
	 "1:58 error encore provider: invalid config: target dev+prod is none of Encore's | write local, or "
	 "a list "
	 "of dev, prod, pr, type:local and env:NAME\n",
	 "encore"},
	{"secrets: 3\n", "1:10 error secrets must be a mapping, not text\n", NULL},
	{"- a\n", "1:1 error the file must be a mapping with the key network, not a list\n", NULL},
};

static void test_configs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(configs); i++) {
		struct arena arena = ARENA_INIT;
		struct diags d;
		struct source source;
		struct node *root;
		struct config config;
		bool ok;

		diags_init(&d, &arena);
		source_of(&source, "s.yml", configs[i].text, strlen(configs[i].text));
		assert_true(doc_parse(&source, &arena, config_scope, &d, &root));
		ok = config_read_secrets(&config, &source, root, &arena, &d);
		assert_text(configs[i].text, messages(&d, &arena), configs[i].want);
		assert_that(configs[i].text, ok == !*configs[i].want);
		assert_text(configs[i].text, config.secrets ? config.secrets->head.id : "",
			    configs[i].provider ? configs[i].provider : "");
		assert_that(configs[i].text, !config.secrets == !config.secrets_config);
		diags_free(&d);
		arena_free(&arena);
	}
}

/* ---- core dumps ---- */

static void test_harden(void **state)
{
	struct rlimit limit;

	(void)state;
	mem_no_core();
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_true(limit.rlim_cur <= 1);
	assert_true(limit.rlim_max <= 1);
#ifdef __linux__
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registry),
		cmocka_unit_test(test_configs),
		cmocka_unit_test(test_harden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
