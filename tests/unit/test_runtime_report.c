/* runtime/report: the same outcome gives the same bytes, and what hosts said does no harm. */
#include "tests/unit/unit.h"

#include "lib/json.h"
#include "lib/mem.h"
#include "runtime/report.h"
#include "runtime/result.h"

static const char *const steps[] = {"host.preflight", "network.join"};

static char *copy(const char *text)
{
	return mem_strndup(text, strlen(text));
}

static void set_step(struct job *job, size_t at, enum step_result result, const char *reason,
		     const char *message)
{
	job->results[at] = (struct step_record){.step = steps[at],
						.result = result,
						.reason = copy(reason),
						.message = copy(message)};
}

/* One host that came out well, one that failed, one that never started. */
static void make_jobs(struct job jobs[3])
{
	static const char *const ids[] = {"app-1", "db-1", "db-2"};

	for (size_t i = 0; i < 3; i++) {
		jobs[i] = (struct job){.id = ids[i],
				       .name = "",
				       .source = "hosts.yml:9",
				       .fqdn = "x.example.net",
				       .steps = steps,
				       .step_count = COUNT(steps),
				       .seconds = 1.25};
	}
	jobs[0].results = mem_alloc(2 * sizeof *jobs[0].results);
	set_step(&jobs[0], 0, STEP_OK, "", "fine");
	set_step(&jobs[0], 1, STEP_CHANGED, "", "joined");
	jobs[0].status = HOST_SUCCESS;
	jobs[0].reason = jobs[0].error_code = jobs[0].step = "";
	jobs[0].message = copy("");
	jobs[0].changed = true;
	job_warn(&jobs[0], "a warning");
	jobs[1].results = mem_alloc(2 * sizeof *jobs[1].results);
	set_step(&jobs[1], 0, STEP_FAILED, "apt_lock", "locked by \033[31m\xe2\x80\xaetpa\n1");
	set_step(&jobs[1], 1, STEP_NONE, "", "");
	jobs[1].status = HOST_FAILED;
	jobs[1].reason = "apt_lock";
	jobs[1].error_code = "ssh_failed";
	jobs[1].step = steps[0];
	jobs[1].message = copy("locked by \033[31m\xe2\x80\xaetpa\n1");
	jobs[1].log_path = copy("logs/db-1.log");
	str_add(&jobs[1].log_tail, "E: one\nE: two\n");
	result_skip(&jobs[2], "not started: the run was interrupted");
}

static char *report(bool json, bool timing, bool colour, enum run_mode mode)
{
	struct report_options options = {.mode = mode, .timing = timing, .colour = colour};
	struct job jobs[3];
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	make_jobs(jobs);
	if (json)
		report_json(to, jobs, 3, &options);
	else
		report_text(to, jobs, 3, &options);
	fclose(to);
	for (size_t i = 0; i < 3; i++)
		job_free(&jobs[i]);
	return text;
}

static void test_json(void **state)
{
	static const char want[] =
		"{\"hosts\":[\n"
		"{\"id\":\"app-1\",\"name\":\"\",\"status\":\"success\",\"error_code\":\"\",\"reason\":\"\","
		"\"message\":\"\","
		"\"step\":\"\",\"changed\":true,\"fqdn\":\"x.example.net\",\"steps\":["
		"{\"step\":\"host.preflight\",\"result\":\"ok\",\"reason\":\"\",\"message\":\"fine\"},"
		"{\"step\":\"network.join\",\"result\":\"changed\",\"reason\":\"\",\"message\":\"joined\"}],"
		"\"warnings\":[\"a warning\"],\"advice\":\"\",\"source\":\"hosts.yml:9\"},\n"
		"{\"id\":\"db-1\",\"name\":\"\",\"status\":\"failed\",\"error_code\":\"ssh_failed\","
		"\"reason\":\"apt_lock\","
		"\"message\":\"locked by "
		"\\\\x1b[31m\\\\u{202e}tpa\\\\x0a1\",\"step\":\"host.preflight\",\"changed\":false,"
		"\"fqdn\":\"x.example.net\",\"steps\":[{\"step\":\"host.preflight\",\"result\":\"failed\","
		"\"reason\":\"apt_lock\","
		"\"message\":\"locked by "
		"\\\\x1b[31m\\\\u{202e}tpa\\\\x0a1\"}],\"warnings\":[],\"advice\":\"wait until the named "
		"process has finished (often unattended-upgrades); remove no lock file. "
		"Running again is safe.\",\"source\":\"hosts.yml:9\"},\n"
		"{\"id\":\"db-2\",\"name\":\"\",\"status\":\"skipped\",\"error_code\":\"\",\"reason\":\"not_"
		"started\","
		"\"message\":\"not started: the run was "
		"interrupted\",\"step\":\"\",\"changed\":false,\"fqdn\":\"x.example.net\","
		"\"steps\":[],\"warnings\":[],\"advice\":\"nothing was done on it. Running again is "
		"safe.\",\"source\":\"hosts.yml:9\"}\n"
		"],\n"
		"\"summary\":{\"mode\":\"apply\",\"hosts\":3,\"success\":1,\"failed\":1,\"skipped\":1,"
		"\"changed\":1}}\n";
	char *text = report(true, false, false, RUN_APPLY);
	struct json json;
	size_t offset;
	const char *why;

	(void)state;
	assert_string_equal(text, want);
	assert_true(json_parse(&json, text, strlen(text), &offset, &why));
	json_free(&json);
	free(text);
}

static void test_json_with_times(void **state)
{
	char *text = report(true, true, false, RUN_CHECK);

	(void)state;
	assert_non_null(strstr(text, "\"source\":\"hosts.yml:9\",\"seconds\":1.250}"));
	assert_non_null(strstr(text, "\"summary\":{\"mode\":\"check\","));
	free(text);
}

static void test_text(void **state)
{
	static const char want[] =
		"app-1  changed  x.example.net\n"
		"      warning: a warning\n"
		"      network.join: joined\n"
		"db-1   failed: locked by \\x1b[31m\\u{202e}tpa\\x0a1\n"
		"      apt_lock at host.preflight (ssh_failed)\n"
		"      | E: one\n"
		"      | E: two\n"
		"      log: logs/db-1.log\n"
		"      next: wait until the named process has finished (often unattended-upgrades); remove "
		"no lock file. Running again is safe.\n"
		"db-2   skipped: not started: the run was interrupted\n"
		"3 hosts: 1 ok, 1 changed, 1 failed, 1 skipped\n";
	char *text = report(false, false, false, RUN_APPLY);

	(void)state;
	assert_string_equal(text, want);
	free(text);
}

static void test_text_of_a_check_and_colours(void **state)
{
	char *text = report(false, false, true, RUN_CHECK);

	(void)state;
	assert_non_null(strstr(text, "app-1  \033[33mwould change\033[0m"));
	assert_non_null(strstr(text, "db-1   \033[31mfailed\033[0m"));
	assert_null(strstr(text, "\033[31m\xe2\x80\xae"));
	free(text);
}

static void test_no_hosts(void **state)
{
	struct report_options options = {.mode = RUN_APPLY};
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	report_json(to, NULL, 0, &options);
	fclose(to);
	assert_string_equal(
		text,
		"{\"hosts\":[],\n\"summary\":{\"mode\":\"apply\",\"hosts\":0,\"success\":0,\"failed\":0,"
		"\"skipped\":0,\"changed\":0}}\n");
	free(text);
}

static void test_html(void **state)
{
	struct report_options options = {.mode = RUN_APPLY};
	struct job jobs[3];
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	make_jobs(jobs);
	free(jobs[1].message);
	jobs[1].message = copy("<script>alert(\"1\")</script> & '\033[31m'");
	report_html(to, jobs, 3, &options);
	fclose(to);
	assert_non_null(strstr(text, "<title>stagecraft apply: 1 of 3 hosts failed</title>"));
	assert_non_null(
		strstr(text, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;\\x1b[31m&#39;"));
	assert_non_null(strstr(text, "<details id=\"db-1\" open>"));
	assert_non_null(strstr(text, "<pre>E: one\nE: two\n</pre>"));
	assert_non_null(strstr(text, "Running again is safe."));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "http:"));
	assert_null(strstr(text, "https:"));
	assert_null(strchr(text, '\033'));
	for (size_t i = 0; i < 3; i++)
		job_free(&jobs[i]);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json), cmocka_unit_test(test_json_with_times),
		cmocka_unit_test(test_text), cmocka_unit_test(test_text_of_a_check_and_colours),
		cmocka_unit_test(test_html), cmocka_unit_test(test_no_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
