/* runtime/verdict: records are believed only as far as they fit the plan. */
#include "tests/unit/unit.h"

#include "runtime/verdict.h"

static const struct step steps[] = {
	{.name = "host.preflight", .error_code = "ssh_failed"},
	{.name = "network.join", .error_code = "network_join_failed", .joins = true},
	{.name = "network.verify", .error_code = "network_join_failed", .verifies = true},
};

static void read_status(const void *config, const struct network_expected *want, const char *document,
			size_t len, struct network_reading *out, struct arena *arena)
{
	(void)config, (void)want, (void)len, (void)arena;
	*out = (struct network_reading){.ok = strcmp(document, "joined") == 0,
					.reason = "",
					.message = "",
					.fqdn = "db-1-1.real"};
	if (!out->ok) {
		out->reason = "tag_mismatch";
		out->message = "host tags do not match (secret)";
	}
	out->warnings[out->warning_count++] = "read (secret)";
}

static const struct network_client client = {.read_status = read_status};
static const struct network_provider network = {.head.id = "pretended", .client = &client};

/* ---- sequences of records, in short ----
 *
 *   b        begin      b!host b!mode  with another host, mode
 *   STEP=R   a step (p, j, v) with result R (o c w f s) and the usual reason for it; then =reason for another
 *   n=TEXT   network.status
 *   t        the fact that a step has changed something
 *   a=NAME   ask, of a host that knows of a key
 *   e        end, as it should be: e=success, e=failed; e=3=success with a count
 *   x        a record that is none
 */

static const char *long_step(char c)
{
	return c == 'p' ? steps[0].name : c == 'j' ? steps[1].name : c == 'v' ? steps[2].name : "no.step";
}

static const char *long_result(char c)
{
	switch (c) {
	case 'o':
		return "ok";
	case 'c':
		return "changed";
	case 'w':
		return "would_change";
	case 'f':
		return "failed";
	case 's':
		return "skipped";
	default:
		return "fine";
	}
}

/* The next word of *P as a record. */
static bool next_record(const char **p, enum run_mode mode, struct record *out, struct arena *arena)
{
	size_t len;
	const char *word, *value;

	*p += strspn(*p, " ");
	len = strcspn(*p, " ");
	if (!len)
		return false;
	word = arena_strndup(arena, *p, len);
	*p += len;
	value = strchr(word, '=');
	*out = (struct record){.type = RECORD_STEP, .reason = "", .message = "said (secret)"};
	if (word[0] == 'x') {
		*out = (struct record){.type = RECORD_BAD, .why = "a record isn't JSON"};
	} else if (word[0] == 'b') {
		out->type = RECORD_BEGIN;
		out->host = strcmp(word, "b!host") == 0 ? "other" : "db-1";
		out->mode = (strcmp(word, "b!mode") == 0) != (mode == RUN_CHECK) ? "check" : "apply";
	} else if (word[0] == 'n') {
		out->type = RECORD_FACT;
		out->name = "network.status";
		out->value = value + 1;
	} else if (word[0] == 'a') {
		out->type = RECORD_ASK;
		out->name = value + 1;
	} else if (word[0] == 't') {
		out->type = RECORD_FACT;
		out->name = "changed";
		out->value = "network.join";
	} else if (word[0] == 'e') {
		const char *count = strchr(value + 1, '=') ? arena_strndup(arena, value + 1, 1) : "3";

		out->type = RECORD_END;
		out->steps = count;
		out->result = strrchr(word, '=') + 1;
	} else {
		out->step = long_step(word[0]);
		out->result = long_result(value[1]);
		out->reason = value[2] == '=' ? value + 3 : value[1] == 'f' ? "apt_lock" : "";
	}
	return true;
}

static const struct {
	enum run_mode mode;
	const char *records;
	const char *violation; /* NULL: none */
	const char *verdict;   /* of a complete one: "success", or "reason@step"; NULL: it isn't complete */
} cases[] = {
	/* as it should be */
	{RUN_APPLY, "b p=o j=c n=joined v=o e=success", NULL, "success"},
	{RUN_APPLY, "b n=else p=o n=joined j=o v=o e=success", NULL, "success"},
	{RUN_CHECK, "b p=o j=o n=joined v=o e=success", NULL, "success"},
	{RUN_CHECK, "b p=o j=w v=s=pending e=success", NULL, "success"},
	{RUN_CHECK, "b p=w j=s=pending v=s=pending e=success", NULL, "success"},
	{RUN_APPLY, "b p=f j=s v=s e=failed", NULL, "apt_lock@host.preflight"},
	{RUN_APPLY, "b p=o j=f=auth_key_invalid v=s e=failed", NULL, "auth_key_invalid@network.join"},
	{RUN_CHECK, "b p=o j=f=tailnet_mismatch v=s e=failed", NULL, "tailnet_mismatch@network.join"},

	/* the script says yes, the status says no */
	{RUN_APPLY, "b p=o j=o v=o e=success", NULL, "tag_mismatch@network.verify"},
	{RUN_APPLY, "b p=o j=o n=elsewhere v=o e=success", NULL, "tag_mismatch@network.verify"},
	{RUN_APPLY, "b p=o n=joined j=o n=elsewhere v=o e=success", NULL, "tag_mismatch@network.verify"},
	{RUN_APPLY, "b p=o j=o n=elsewhere v=c e=success", NULL, "tag_mismatch@network.verify"},
	{RUN_CHECK, "b p=o j=o n=elsewhere v=o e=success", NULL, "tag_mismatch@network.verify"},

	/* not all has been said */
	{RUN_APPLY, "", NULL, NULL},
	{RUN_APPLY, "b", NULL, NULL},
	{RUN_APPLY, "b p=o j=o n=joined v=o", NULL, NULL},

	/* begin */
	{RUN_APPLY, "p=o", "it reported before it began", NULL},
	{RUN_APPLY, "n=joined b", "it reported before it began", NULL},
	{RUN_APPLY, "e=0=success", "it reported before it began", NULL},
	{RUN_APPLY, "b!host p=o j=o v=o e=success", "its records are another host's", NULL},
	{RUN_APPLY, "b!mode", "it ran in another mode", NULL},
	{RUN_CHECK, "b!mode", "it ran in another mode", NULL},
	{RUN_APPLY, "b b", "it began twice", NULL},
	{RUN_APPLY, "b p=o b", "it began twice", NULL},

	/* steps: out of order, twice, unknown */
	{RUN_APPLY, "b j=o p=o v=o e=success", "it reported a step out of turn", NULL},
	{RUN_APPLY, "b p=o p=o j=o v=o e=success", "it reported a step out of turn", NULL},
	{RUN_APPLY, "b p=o v=o e=success", "it reported a step out of turn", NULL},
	{RUN_APPLY, "b q=o", "it reported a step out of turn", NULL},
	{RUN_APPLY, "b p=o j=o v=o v=o e=success", "it reported more steps than planned", NULL},

	/* who asks for the key, and when */
	{RUN_APPLY, "b p=o a=auth_key j=c n=joined v=o e=success", NULL, "success"},
	{RUN_APPLY, "b p=o a=auth_key j=f=join_failed v=s e=failed", NULL, "join_failed@network.join"},
	{RUN_APPLY, "b p=o a=password", "it asked for what nobody has", NULL},
	{RUN_APPLY, "b p=o a=auth_key a=auth_key", "it asked for the auth key twice", NULL},
	{RUN_APPLY, "b p=o a=auth_key j=c a=auth_key", "it asked for the auth key out of turn", NULL},
	{RUN_APPLY, "a=auth_key", "it reported before it began", NULL},
	{RUN_APPLY, "b a=auth_key", "it asked for the auth key out of turn", NULL},
	{RUN_APPLY, "b p=o j=o a=auth_key", "it asked for the auth key out of turn", NULL},
	{RUN_APPLY, "b p=o j=o n=joined v=o a=auth_key", "it asked for the auth key out of turn", NULL},
	{RUN_APPLY, "b p=f a=auth_key", "it asked for the auth key out of turn", NULL},
	{RUN_APPLY, "b p=o j=o n=joined v=o e=success a=auth_key", "it went on after its end", NULL},
	{RUN_CHECK, "b p=o a=auth_key", "it asked for an auth key that it was not promised", NULL},

	/* results that can't be */
	{RUN_APPLY, "b p=?", "a step has an unknown result", NULL},
	{RUN_APPLY, "b p=w", "a step changed nothing in mode apply", NULL},
	{RUN_CHECK, "b p=c", "a step changed something in mode check", NULL},
	{RUN_APPLY, "b p=s", "a step was skipped without need", NULL},
	{RUN_APPLY, "b p=s=pending", "a step was skipped without need", NULL},
	{RUN_CHECK, "b p=s", "a step was skipped without need", NULL},
	{RUN_APPLY, "b p=f j=o", "a step ran after one that failed", NULL},
	{RUN_APPLY, "b p=f j=f", "a step ran after one that failed", NULL},
	{RUN_CHECK, "b p=f j=s=pending", "a step ran after one that failed", NULL},
	{RUN_APPLY, "b p=f=", "a step failed for an unknown reason", NULL},
	{RUN_APPLY, "b p=f=whim", "a step failed for an unknown reason", NULL},
	{RUN_APPLY, "b p=f=pending", "a step failed for an unknown reason", NULL},
	{RUN_APPLY, "b p=f=refused", "a step failed for an unknown reason",
	 NULL}, /* not for a script to say */
	{RUN_APPLY, "b p=o=apt_lock", "a step that didn't fail has a reason", NULL},

	{RUN_CHECK, "b p=o t", "a step changed something in mode check", NULL},

	/* the end */
	{RUN_APPLY, "b e=0=success", "it ended before its last step", NULL},
	{RUN_APPLY, "b p=o j=o e=2=success", "it ended before its last step", NULL},
	{RUN_APPLY, "b p=o j=o v=o e=2=success", "it counted its steps wrongly", NULL},
	{RUN_APPLY, "b p=o j=o v=o e=4=success", "it counted its steps wrongly", NULL},
	{RUN_APPLY, "b p=o j=o v=o e=failed", "its end contradicts its steps", NULL},
	{RUN_APPLY, "b p=f j=s v=s e=success", "its end contradicts its steps", NULL},
	{RUN_APPLY, "b p=o j=o v=o e=fine", "its end contradicts its steps", NULL},
	{RUN_APPLY, "b p=o j=o n=joined v=o e=success e=success", "it went on after its end", NULL},
	{RUN_APPLY, "b p=o j=o n=joined v=o e=success n=joined", "it went on after its end", NULL},
	{RUN_APPLY, "b p=o j=o n=joined v=o e=success b", "it went on after its end", NULL},

	/* once lost, lost for good */
	{RUN_APPLY, "b x p=o j=o n=joined v=o e=success", "a record isn't JSON", NULL},
	{RUN_APPLY, "b p=o j=o n=joined v=o e=success x", "a record isn't JSON", NULL},
};

static const char *verdict_of(const struct job *job, struct arena *arena)
{
	if (job->status == HOST_SUCCESS)
		return "success";
	return arena_printf(arena, "%s@%s", job->reason, job->step);
}

static void play(size_t i, struct arena *arena)
{
	struct job job = {.id = "db-1", .fqdn = "db-1.planned", .steps = steps, .step_count = COUNT(steps)};
	const char *p = cases[i].records;
	struct record record;
	struct verdict r;
	struct mask mask;

	mask_init(&mask, "(secret)", 8, 0);
	verdict_init(&r, &job, cases[i].mode, &mask);
	r.have_key = true;
	while (next_record(&p, cases[i].mode, &record, arena))
		verdict_take(&r, &record);
	assert_text(cases[i].records, r.violation ? r.violation : "",
		    cases[i].violation ? cases[i].violation : "");
	assert_that(cases[i].records, verdict_complete(&r) == (cases[i].verdict != NULL));
	if (cases[i].verdict) {
		verdict_settle(&r, &job, &network, NULL);
		assert_text(cases[i].records, verdict_of(&job, arena), cases[i].verdict);
		assert_null(strstr(job.message, "secret"));
		assert_text(cases[i].records, job_fqdn(&job),
			    job.warnings.count ? "db-1-1.real" : "db-1.planned");
		for (size_t w = 0; w < job.warnings.count; w++)
			assert_null(strstr(job.warnings.texts[w], "secret"));
	}
	verdict_free(&r);
	job_free(&job);
	mask_wipe(&mask);
}

static void test_records_are_believed_as_far_as_they_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT;

		play(i, &arena);
		arena_free(&arena);
	}
}

/* A step that failed has changed something, if it says so. */
static void test_changed(void **state)
{
	static const struct {
		const char *records;
		bool changed;
	} rows[] = {
		{"b p=o j=f v=s e=failed", false},
		{"b p=o t j=f v=s e=failed", true},
		{"b p=c j=f v=s e=failed", true},
		{"b p=o t j=c n=joined v=o e=success", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct job job = {.id = "db-1", .fqdn = "", .steps = steps, .step_count = COUNT(steps)};
		struct arena arena = ARENA_INIT;
		const char *p = rows[i].records;
		struct mask mask = {0};
		struct record record;
		struct verdict r;

		verdict_init(&r, &job, RUN_APPLY, &mask);
		while (next_record(&p, RUN_APPLY, &record, &arena))
			verdict_take(&r, &record);
		assert_true(verdict_complete(&r));
		verdict_settle(&r, &job, &network, NULL);
		assert_that(rows[i].records, job.changed == rows[i].changed);
		verdict_free(&r);
		job_free(&job);
		arena_free(&arena);
	}
}

/* Every sequence that is right but for one record left out, doubled or swapped with its neighbour. */
static void test_no_mutilated_sequence_is_a_success(void **state)
{
	static const char *const good[] = {"b", "p=o", "j=c", "n=joined", "v=o", "e=success"};

	(void)state;
	for (size_t at = 0; at < COUNT(good); at++) {
		for (int how = 0; how < 3; how++) {
			struct job job = {.id = "db-1", .steps = steps, .step_count = COUNT(steps)};
			struct arena arena = ARENA_INIT;
			struct mask mask = {0};
			struct str text = STR_INIT;
			struct record record;
			struct verdict r;
			const char *p;

			for (size_t i = 0; i < COUNT(good); i++) {
				size_t shown = i;

				if (how == 2 && at + 1 < COUNT(good))
					shown = i == at ? at + 1 : i == at + 1 ? at : i;
				if (how != 0 || i != at)
					str_addf(&text, "%s ", good[shown]);
				if (how == 1 && i == at)
					str_addf(&text, "%s ", good[shown]);
			}
			verdict_init(&r, &job, RUN_APPLY, &mask);
			p = text.data;
			while (next_record(&p, RUN_APPLY, &record, &arena))
				verdict_take(&r, &record);
			if (verdict_complete(&r)) {
				verdict_settle(&r, &job, &network, NULL);
				/* A fact may come twice, or earlier or later; without it there is no success.
				 */
				assert_that(text.data, job.status == HOST_FAILED || strchr(text.data, 'n'));
			}
			verdict_free(&r);
			job_free(&job);
			str_free(&text);
			arena_free(&arena);
		}
	}
}

/* ---- as bytes ---- */

static const char stream[] =
	"Welcome\n"
	"@stagecraft 0123456789abcdef {\"type\":\"begin\",\"host\":\"db-1\",\"mode\":\"apply\"}\n"
	"@stagecraft 0123456789abcdef "
	"{\"type\":\"step\",\"step\":\"host.preflight\",\"result\":\"ok\",\"reason\":\"\",\"message\":\"\"}\n"
	"@stagecraft 0123456789abcdef "
	"{\"type\":\"step\",\"step\":\"network.join\",\"result\":\"changed\",\"reason\":\"\",\"message\":"
	"\"\"}\n"
	"@stagecraft 0123456789abcdef {\"type\":\"fact\",\"name\":\"network.status\",\"value\":\"joined\"}\n"
	"@stagecraft 0123456789abcdef "
	"{\"type\":\"step\",\"step\":\"network.verify\",\"result\":\"ok\",\"reason\":\"\",\"message\":\"\"}\n"
	"@stagecraft 0123456789abcdef {\"type\":\"end\",\"steps\":\"3\",\"result\":\"success\"}\n";

static void take_line(void *context, const char *line, size_t len, bool cut)
{
	struct arena arena = ARENA_INIT;
	struct record record;

	record_read(&record, line, len, cut, "0123456789abcdef", &arena);
	if (record.type != RECORD_NONE)
		verdict_take(context, &record);
	arena_free(&arena);
}

/* Whether BYTES make a success, read in two pieces. */
static bool succeeds(const char *bytes, size_t len, size_t split)
{
	struct job job = {.id = "db-1", .steps = steps, .step_count = COUNT(steps)};
	struct wire_reader reader = {0};
	struct mask mask = {0};
	struct verdict r;
	bool success = false;

	verdict_init(&r, &job, RUN_APPLY, &mask);
	wire_read(&reader, bytes, split, take_line, &r);
	wire_read(&reader, bytes + split, len - split, take_line, &r);
	wire_end(&reader, take_line, &r);
	if (verdict_complete(&r)) {
		verdict_settle(&r, &job, &network, NULL);
		success = job.status == HOST_SUCCESS;
	}
	verdict_free(&r);
	job_free(&job);
	return success;
}

static void test_a_stream_cut_anywhere_is_no_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stream - 1; i++) {
		assert_true(succeeds(stream, sizeof stream - 1, i));
		/* All but the last line end is enough. */
		assert_true(succeeds(stream, i, i / 2) == (i == sizeof stream - 2));
	}
}

/* One byte changed, left out or doubled, anywhere behind the greeting: a success only where nothing was told
 * by it. */
static void test_a_stream_with_one_wrong_byte_is_no_success(void **state)
{
	size_t greeting = strlen("Welcome\n");
	char bytes[sizeof stream + 1];
	size_t survived = 0;

	(void)state;
	for (size_t i = greeting; i < sizeof stream - 1; i++) {
		memcpy(bytes, stream, sizeof stream);
		bytes[i] ^= 1;
		survived += succeeds(bytes, sizeof stream - 1, i);
		memmove(bytes + i, stream + i + 1, sizeof stream - i - 1);
		survived += succeeds(bytes, sizeof stream - 2, i);
		memcpy(bytes, stream, i + 1);
		memcpy(bytes + i + 1, stream + i, sizeof stream - i);
		survived += succeeds(bytes, sizeof stream, i);
	}
	/* In each of six lines the @, the space before the JSON and the line end may be doubled; the very
	 * last line end may be missing. */
	assert_int_equal(survived, 3 * 6 + 1);
}

/* Whether a host that has sent RECORDS may ask; without a key none may. */
static bool may_ask(enum run_mode mode, const char *records, bool have_key)
{
	struct job job = {.id = "db-1", .steps = steps, .step_count = COUNT(steps)};
	struct arena arena = ARENA_INIT;
	struct record record;
	struct verdict r;
	bool may;

	verdict_init(&r, &job, mode, &(struct mask){0});
	r.have_key = have_key;
	while (next_record(&records, mode, &record, &arena))
		verdict_take(&r, &record);
	may = verdict_may_ask(&r);
	verdict_free(&r);
	arena_free(&arena);
	return may;
}

static void test_who_may_ask_for_the_key(void **state)
{
	(void)state;
	assert_true(may_ask(RUN_APPLY, "", true));
	assert_true(may_ask(RUN_APPLY, "b", true));
	assert_true(may_ask(RUN_APPLY, "b p=o", true));
	assert_false(may_ask(RUN_APPLY, "b p=o", false));
	assert_false(may_ask(RUN_CHECK, "b p=o", true));
	assert_false(may_ask(RUN_APPLY, "b p=f", true));
	assert_false(may_ask(RUN_APPLY, "b p=o a=auth_key", true));
	assert_false(may_ask(RUN_APPLY, "b p=o j=o", true));
	assert_false(may_ask(RUN_APPLY, "b x", true));
	assert_false(may_ask(RUN_APPLY, "b p=o j=o v=o e=success", true));
}

static void test_a_long_message_is_capped(void **state)
{
	struct job job = {.id = "db-1", .steps = steps, .step_count = COUNT(steps)};
	struct str text = STR_INIT;
	struct mask mask = {0};
	struct verdict r;
	struct record begin = {.type = RECORD_BEGIN, .host = "db-1", .mode = "apply"};
	struct record fact = {.type = RECORD_FACT, .name = "warning"};

	(void)state;
	for (int i = 0; i < 60000; i++)
		str_addc(&text, 'x');
	fact.value = text.data;
	verdict_init(&r, &job, RUN_APPLY, &mask);
	assert_true(verdict_take(&r, &begin));
	for (int i = 0; i < 1000; i++)
		assert_true(verdict_take(&r, &fact));
	assert_int_equal(r.warnings.count, VERDICT_WARNINGS_MAX);
	assert_int_equal(strlen(r.warnings.texts[0]), VERDICT_MESSAGE_MAX);
	verdict_free(&r);
	str_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_are_believed_as_far_as_they_fit),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_no_mutilated_sequence_is_a_success),
		cmocka_unit_test(test_a_stream_cut_anywhere_is_no_success),
		cmocka_unit_test(test_a_stream_with_one_wrong_byte_is_no_success),
		cmocka_unit_test(test_who_may_ask_for_the_key),
		cmocka_unit_test(test_a_long_message_is_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
