/* runtime/report: the same outcome gives the same bytes, and what hosts said does no harm. */
#include "tests/unit/unit.h"

#include "lib/json.h"
#include "lib/mem.h"
#include "runtime/report.h"
#include "runtime/verdict.h"

static struct source hosts_file = {.name = "hosts.yml"};

static const struct step steps[] = {
	{.name = "host.preflight", .error_code = "ssh_failed"},
	{.name = "network.join", .error_code = "network_join_failed", .joins = true},
};

static char *copy(const char *text)
{
	return mem_strndup(text, strlen(text));
}

static void set_step(struct job *job, size_t at, enum step_result result, const char *reason,
		     const char *message)
{
	job->results[at] = (struct step_record){.step = &steps[at],
						.result = result,
						.reason = reason,
						.message = copy(message)};
}

/* One host that came out well, one that failed, one that never started. */
static void make_jobs(struct job jobs[3])
{
	static const char *const ids[] = {"app-1", "db-1", "db-2"};

	for (size_t i = 0; i < 3; i++) {
		jobs[i] = (struct job){.id = ids[i],
				       .name = "",
				       .places[ABOUT_HOST] = {.source = &hosts_file, .line = 9},
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
	jobs[0].key_sent = true;
	job_warn(&jobs[0], "a warning");
	jobs[1].results = mem_alloc(2 * sizeof *jobs[1].results);
	set_step(&jobs[1], 0, STEP_FAILED, "apt_lock", "locked by \033[31m\xe2\x80\xaetpa\n1");
	set_step(&jobs[1], 1, STEP_NONE, "", "");
	jobs[1].status = HOST_FAILED;
	jobs[1].reason = "apt_lock";
	jobs[1].error_code = "ssh_failed";
	jobs[1].step = steps[0].name;
	jobs[1].message = copy("locked by \033[31m\xe2\x80\xaetpa\n1");
	jobs[1].log_path = copy("logs/db-1.log");
	str_add(&jobs[1].log_tail, "E: one\nE: two\n");
	verdict_skip(&jobs[2], "not started: the run was interrupted");
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
		"\"step\":\"\",\"changed\":true,\"auth_key_sent\":true,\"fqdn\":\"x.example.net\",\"steps\":["
		"{\"step\":\"host.preflight\",\"result\":\"ok\",\"reason\":\"\",\"message\":\"fine\"},"
		"{\"step\":\"network.join\",\"result\":\"changed\",\"reason\":\"\",\"message\":\"joined\"}],"
		"\"warnings\":[\"a warning\"],\"advice\":\"\",\"source\":\"hosts.yml:9\",\"sources\":[\"hosts.yml:9\"]},\n"
		"{\"id\":\"db-1\",\"name\":\"\",\"status\":\"failed\",\"error_code\":\"ssh_failed\","
		"\"reason\":\"apt_lock\","
		"\"message\":\"locked by "
		"\\\\x1b[31m\\\\u{202e}tpa\\\\x0a1\",\"step\":\"host.preflight\",\"changed\":false,\"auth_"
		"key_sent\":false,"
		"\"fqdn\":\"x.example.net\",\"steps\":[{\"step\":\"host.preflight\",\"result\":\"failed\","
		"\"reason\":\"apt_lock\","
		"\"message\":\"locked by "
		"\\\\x1b[31m\\\\u{202e}tpa\\\\x0a1\"}],\"warnings\":[],\"advice\":\"wait until the named "
		"process has finished (often unattended-upgrades); remove no lock file. "
		"Running again is safe.\",\"source\":\"hosts.yml:9\",\"sources\":[\"hosts.yml:9\"]},\n"
		"{\"id\":\"db-2\",\"name\":\"\",\"status\":\"skipped\",\"error_code\":\"\",\"reason\":\"not_"
		"started\","
		"\"message\":\"not started: the run was "
		"interrupted\",\"step\":\"\",\"changed\":false,\"auth_key_sent\":false,\"fqdn\":\"x.example."
		"net\","
		"\"steps\":[],\"warnings\":[],\"advice\":\"nothing was done on it. Running again is "
		"safe.\",\"source\":\"hosts.yml:9\",\"sources\":[\"hosts.yml:9\"]}\n"
		"],\n"
		"\"summary\":{\"mode\":\"apply\",\"hosts\":3,\"ok\":0,\"changed\":1,\"failed\":1,"
		"\"skipped\":1,\"auth_key_sent\":1}}\n";
	char *text = report(true, false, false, RUN_APPLY);
	struct json json;

	(void)state;
	assert_string_equal(text, want);
	assert_true(json_parse(&json, text, strlen(text)));
	json_free(&json);
	free(text);
}

static void test_json_with_times(void **state)
{
	char *text = report(true, true, false, RUN_CHECK);

	(void)state;
	assert_non_null(
		strstr(text, "\"source\":\"hosts.yml:9\",\"sources\":[\"hosts.yml:9\"],\"seconds\":1.250}"));
	assert_non_null(strstr(text, "\"summary\":{\"mode\":\"check\","));
	free(text);
}

static void test_text(void **state)
{
	static const char want[] =
		"app-1  changed  x.example.net\n"
		"      warning: a warning\n"
		"      network.join: joined\n"
		"db-2   skipped: not started: the run was interrupted\n"
		"db-1   failed: locked by \\x1b[31m\\u{202e}tpa\\x0a1\n"
		"      apt_lock at host.preflight (ssh_failed)\n"
		"      source: hosts.yml:9\n"
		"      | E: one\n"
		"      | E: two\n"
		"      log: logs/db-1.log\n"
		"      next: wait until the named process has finished (often unattended-upgrades); remove "
		"no lock file. Running again is safe.\n"
		"3 hosts: 1 changed, 1 failed, 1 skipped; the auth key went to 1\n";
	char *text = report(false, false, false, RUN_APPLY);

	(void)state;
	assert_string_equal(text, want);
	free(text);
}

/* COUNT hosts called h-1, h-2 …, failed at the second step for want of a lock that MESSAGES[i] tells of. */
static void make_failed(struct job *jobs, size_t count, const char *const *messages, char ids[][24])
{
	for (size_t i = 0; i < count; i++) {
		snprintf(ids[i], sizeof ids[i], "h-%zu", i + 1);
		jobs[i] = (struct job){.id = ids[i],
				       .name = "",
				       .places[ABOUT_HOST] = {.source = &hosts_file, .line = 1},
				       .fqdn = "",
				       .steps = steps,
				       .step_count = COUNT(steps)};
		jobs[i].results = mem_alloc(2 * sizeof *jobs[i].results);
		set_step(&jobs[i], 0, STEP_CHANGED, "", "took the first step");
		set_step(&jobs[i], 1, STEP_FAILED, "apt_lock", messages[i]);
		jobs[i].status = HOST_FAILED;
		jobs[i].changed = true;
		jobs[i].reason = "apt_lock";
		jobs[i].error_code = "network_join_failed";
		jobs[i].step = steps[1].name;
		jobs[i].message = copy(messages[i]);
		str_addf(&jobs[i].log_tail, "E: %s, it says\n", messages[i]);
	}
}

static char *text_of(struct job *jobs, size_t count, const struct report_options *options)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	report_text(to, jobs, count, options);
	fclose(to);
	for (size_t i = 0; i < count; i++)
		job_free(&jobs[i]);
	return text;
}

/* Equal failures are one, with their hosts; those with the same reason have one advice; what was changed
 * before is told; each host is counted once. */
static void test_equal_failures(void **state)
{
	static const char *const messages[] = {"pid 9", "pid 7", "pid 9"};
	static const char want[] =
		"h-2  failed: pid 7\n"
		"      apt_lock at network.join (network_join_failed)\n"
		"      source: hosts.yml:1\n"
		"      changed: host.preflight: took the first step\n"
		"      | E: pid 7, it says\n"
		"2 hosts  failed: pid 9\n"
		"      h-1, h-3\n"
		"      apt_lock at network.join (network_join_failed)\n"
		"      source: hosts.yml:1\n"
		"      changed: host.preflight: took the first step\n"
		"      | E: pid 9, it says\n"
		"      next, for these 3 hosts: wait until the named process has finished (often "
		"unattended-upgrades); remove no lock file. Running again is safe.\n"
		"3 hosts: 3 failed\n"
		"again: stagecraft apply\n";
	struct report_options options = {.mode = RUN_APPLY, .again = "stagecraft apply"};
	struct job jobs[3];
	char ids[3][24], *text;

	(void)state;
	make_failed(jobs, 3, messages, ids);
	text = text_of(jobs, 3, &options);
	assert_string_equal(text, want);
	free(text);
}

/* The logs of a fleet in trouble are not all shown; its hosts and their reasons are. */
static void test_many_failures(void **state)
{
	enum { MANY = 40 };
	const char *messages[MANY];
	char texts[MANY][24], ids[MANY][24], *text;
	struct report_options options = {.mode = RUN_CHECK};
	struct job jobs[MANY];
	size_t tails = 0;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof texts[i], "pid %02zu", i);
		messages[i] = texts[i];
	}
	make_failed(jobs, MANY, messages, ids);
	text = text_of(jobs, MANY, &options);
	for (size_t i = 0; i < MANY; i++)
		assert_non_null(strstr(text, texts[i]));
	for (const char *p = text; (p = strstr(p, "| E: ")) != NULL; p++)
		tails++;
	assert_int_equal(tails, 3);
	assert_non_null(strstr(text, "the last lines of the first 3 only"));
	assert_non_null(strstr(text, "would change: host.preflight"));
	assert_non_null(strstr(text, "next, for these 40 hosts: "));
	free(text);
	for (size_t i = 0; i < MANY; i++)
		messages[i] = "all the same";
	make_failed(jobs, MANY, messages, ids);
	text = text_of(jobs, MANY, &options);
	assert_non_null(strstr(text, "40 hosts  failed: all the same\n      h-1, h-2, "));
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") < 80 || strstr(p, "next, for") == p + 6);
	free(text);
}

/* A log of one line that is the message is not shown twice; any other is. */
static void test_a_log_that_is_the_message(void **state)
{
	static const struct {
		const char *message, *tail;
		bool shown;
	} cases[] = {
		{"Connection refused", "ssh: Connection refused\n", false},
		{"Connection refused", "Connection refused\n", false},
		{"Connection refused", "one\nConnection refused\n", true},
		{"Connection refused", "Connection refused by peer\n", true},
		{"Connection refused", "refused\n", true},
		{"Connection refused (3 attempts)", "ssh: Connection refused\n", false},
		{"Connection refused (3 attempts)", "Connection refused\n", false},
		{"Connection refused (3 attempts)", "Connection reset\n", true},
		{"Connection refused (3 attempts)", "one\nConnection refused\n", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct report_options options = {.mode = RUN_APPLY};
		struct job job;
		char id[1][24], *text;

		make_failed(&job, 1, &cases[i].message, id);
		str_clear(&job.log_tail);
		str_add(&job.log_tail, cases[i].tail);
		text = text_of(&job, 1, &options);
		assert_int_equal(strstr(text, "      | ") != NULL, cases[i].shown);
		free(text);
	}
}

static void test_quiet(void **state)
{
	struct report_options options = {.mode = RUN_APPLY, .quiet = true};
	struct job jobs[3];
	char *text;

	(void)state;
	make_jobs(jobs);
	text = text_of(jobs, 3, &options);
	assert_true(str_starts(text, "db-1   failed: "));
	assert_non_null(strstr(text, "\n3 hosts: 1 changed, 1 failed, 1 skipped; the auth key went to 1\n"));
	assert_null(strstr(text, "db-2"));
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

/* However a host came out, and whether it had been changed: it is one of four. */
static void test_each_host_is_counted_once(void **state)
{
	static const enum host_status statuses[] = {HOST_SUCCESS, HOST_FAILED, HOST_SKIPPED};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(statuses); i++) {
		struct job job = {.status = statuses[i / 2], .changed = i % 2};
		struct report_counts c = report_count(&job, 1);

		assert_int_equal(c.hosts, 1);
		assert_int_equal(c.of[OUTCOME_OK] + c.of[OUTCOME_CHANGED] + c.of[OUTCOME_FAILED] +
					 c.of[OUTCOME_SKIPPED],
				 1);
		assert_int_equal(c.of[OUTCOME_FAILED], job.status == HOST_FAILED);
		assert_int_equal(c.of[OUTCOME_SKIPPED], job.status == HOST_SKIPPED);
		assert_int_equal(c.of[OUTCOME_CHANGED], job.status == HOST_SUCCESS && job.changed);
	}
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
		text, "{\"hosts\":[],\n\"summary\":{\"mode\":\"apply\",\"hosts\":0,\"ok\":0,\"changed\":0,"
		      "\"failed\":0,\"skipped\":0,\"auth_key_sent\":0}}\n");
	free(text);
}

static void test_html(void **state)
{
	struct report_options options = {.mode = RUN_APPLY,
					 .config = "<i>.yml",
					 .version = "1.2.3",
					 .date = "today",
					 .again = "stagecraft apply -f '<i>.yml'"};
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
	assert_non_null(strstr(text, "<b>1</b> given the auth key"));
	assert_non_null(strstr(text, "<title>stagecraft apply: 1 of 3 hosts failed</title>"));
	assert_non_null(
		strstr(text, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;\\x1b[31m&#39;"));
	assert_non_null(strstr(text, "<span>config <b>&lt;i&gt;.yml</b></span>"));
	assert_non_null(strstr(text, "<span>stagecraft <b>1.2.3</b></span>"));
	assert_non_null(strstr(text, "<span>date <b>today</b></span>"));
	assert_non_null(strstr(text, "<pre>stagecraft apply -f &#39;&lt;i&gt;.yml&#39;</pre>"));
	assert_non_null(strstr(text, "<p>ssh_failed at host.preflight</p>"));
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

static char *markdown_of(struct job *jobs, size_t count, const struct report_options *options)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	report_markdown(to, jobs, count, options);
	fclose(to);
	for (size_t i = 0; i < count; i++)
		job_free(&jobs[i]);
	return text;
}

/* What hosts said stands in HTML without a blank line, where Markdown means nothing. */
static void test_markdown(void **state)
{
	struct report_options options = {.mode = RUN_APPLY,
					 .config = "<i>.yml",
					 .version = "1.2.3",
					 .again = "stagecraft apply -f '<i>.yml'"};
	struct job jobs[3];
	char *text;

	(void)state;
	make_jobs(jobs);
	free(jobs[1].message);
	jobs[1].message = copy("</td> | `x` [a](http://b) @all\n\n# \033[31m");
	str_add(&jobs[1].log_tail, "\n<img>\n\n## no heading\n");
	text = markdown_of(jobs, 3, &options);
	assert_true(str_starts(text,
			       "## stagecraft apply: 1 skipped, 1 failed, 1 changed of 3 hosts\n\n<p>Config: "
			       "<code>&lt;i&gt;.yml</code>. The auth key went to 1. stagecraft 1.2.3.</p>\n\n"
			       "### 1 failed: `apt_lock`\n\nwait until "));
	assert_non_null(strstr(
		text,
		"\n\n<table>\n<tr><th>Host</th><th>What it says</th><th>Source</th></tr>\n"
		"<tr><td><code>db-1</code></td><td><code>&lt;/td&gt; | `x` [a](http://b) @all\\x0a\\x0a# \\x1b[31m"
		"</code><br>at host.preflight<details><summary>last lines</summary><pre>E: one&#10;E: two&#10;&#10;"
		"&lt;img&gt;&#10;&#10;## no heading&#10;</pre></details></td><td><code>hosts.yml:9</code></td></tr>\n"
		"</table>\n\n<details>\n<summary>1 skipped</summary>\n<table>\n"
		"<tr><td><code>db-2</code></td><td><code>not started: the run was interrupted</code></td></tr>\n"
		"</table>\n</details>\n\n<details>\n<summary>1 changed</summary>\n<table>\n"
		"<tr><td><code>app-1</code></td><td><code>x.example.net</code><br>warning: <code>a warning</code>"
		"<br>changed: network.join: <code>joined</code></td></tr>\n</table>\n</details>\n\n"));
	assert_non_null(strstr(text, "<pre>stagecraft apply -f &#39;&lt;i&gt;.yml&#39;</pre>\n"));
	free(text);
}

/* However many hosts fail, each in its own way, it stays within what GitHub takes, and says what it leaves out. */
static void test_markdown_is_bounded(void **state)
{
	enum { MANY = 2000 };
	static const struct report_options options = {.mode = RUN_CHECK};
	static struct job jobs[MANY];
	static char texts[MANY][1100], ids[MANY][24];
	const char **messages = mem_alloc(MANY * sizeof *messages);
	char *text;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		memset(texts[i], '<', sizeof texts[i]);
		snprintf(texts[i], 8, "%zu", i);
		texts[i][strlen(texts[i])] = '<';
		texts[i][sizeof texts[i] - 1] = '\0';
		messages[i] = texts[i];
	}
	make_failed(jobs, MANY, messages, ids);
	free(messages);
	text = markdown_of(jobs, MANY, &options);
	assert_true(strlen(text) > 500 * 1024);
	assert_true(strlen(text) < 600 * 1024);
	assert_non_null(strstr(text, " more hosts are left out here; the log has all.\n"));
	free(text);
}

/* Those that failed for the same reason have one advice; the first of them are unfolded. */
static void test_html_groups(void **state)
{
	static const char *const messages[] = {"a", "b", "b", "c", "d"};
	struct report_options options = {.mode = RUN_APPLY};
	struct job jobs[5];
	char ids[5][24], *text = NULL;
	size_t len = 0, advices = 0, unfolded = 0;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	make_failed(jobs, 5, messages, ids);
	jobs[4].step = steps[0].name;
	report_html(to, jobs, 5, &options);
	fclose(to);
	for (const char *p = text; (p = strstr(p, "Next: ")) != NULL; p++)
		advices++;
	for (const char *p = text; (p = strstr(p, "\" open>")) != NULL; p++)
		unfolded++;
	assert_int_equal(advices, 1);
	assert_int_equal(unfolded, 3);
	assert_non_null(strstr(text, "<h2 class=\"failed\">5 failed: <code>apt_lock</code></h2>"));
	for (size_t i = 0; i < 5; i++)
		job_free(&jobs[i]);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_with_times),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_of_a_check_and_colours),
		cmocka_unit_test(test_equal_failures),
		cmocka_unit_test(test_many_failures),
		cmocka_unit_test(test_a_log_that_is_the_message),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_html_groups),
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_markdown_is_bounded),
		cmocka_unit_test(test_no_hosts),
		cmocka_unit_test(test_each_host_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
