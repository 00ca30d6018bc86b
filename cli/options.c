#include "cli/options.h"

#include "cli/terminal.h"
#include "compiler/decode.h"
#include "compiler/manifest.h"
#include "lib/diag.h"
#include "lib/mem.h"

#include <assert.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const char *name;
	/* Reads VALUE into SLOT; false if it can't be one (said). */
	bool (*take)(void *slot, const struct row *r, const char *value);
	size_t offset;	      /* into struct options */
	long min, max;	      /* of a number */
	const char *argument; /* NULL: a flag */
	const char *help;
	const char *fallback;	    /* the value where it isn't given; NULL: none */
	const char *const *choices; /* of a text; ends with NULL */
	char letter;		    /* its short form; 0: none */
};

static bool take_flag(void *slot, const struct row *r, const char *value)
{
	(void)r, (void)value;
	return *(bool *)slot = true;
}

static bool take_number(void *slot, const struct row *r, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	*(long *)slot = n;
	if (*value && !*end && *value != ' ' && *value != '+' && n >= r->min && n <= r->max)
		return true;
	complain("--%s takes a number from %ld to %ld", r->name, r->min, r->max);
	return false;
}

static bool take_text(void *slot, const struct row *r, const char *value)
{
	const char *const *choice = r->choices;

	*(const char **)slot = value;
	while (choice && *choice && strcmp(*choice, value) != 0)
		choice++;
	if (choice && !*choice)
		complain("--%s takes %s", r->name, r->help);
	else if (!*value)
		complain("--%s is empty", r->name);
	return *value && (!choice || *choice);
}

static bool take_duration(void *slot, const struct row *r, const char *value)
{
	*(long *)slot = parse_duration(value);
	if (*(long *)slot <= 0)
		complain("--%s takes a duration, such as 90s, 30m or 1h30m", r->name);
	return *(long *)slot > 0;
}

/* A member of struct options, as reader, offset and bounds; one of another type doesn't compile. */
#define SLOT(take, member, c_type) \
	take, _Generic(((struct options *)0)->member, c_type : offsetof(struct options, member))
#define FLAG(member) SLOT(take_flag, member, bool), 0, 0
#define TEXT(member) SLOT(take_text, member, const char *), 0, 0
#define NUMBER(member, min, max) SLOT(take_number, member, long), min, max
#define DURATION(member) SLOT(take_duration, member, long), 0, 0

static const char *const validate_formats[] = {"text", "json", "sarif", "junit", "gitlab", NULL};
static const char *const review_formats[] = {"text", "markdown", "json", NULL};
static const char *const colours[] = {"auto", "always", "never", NULL};

/* Every option there is, in the order of the help. */
static const struct row rows[] = {
	{"file", TEXT(file), "FILE", .letter = 'f', .help = "config to read", .fallback = "stagecraft.yml"},
	{"hosts", TEXT(hosts), "FILE",
	 .help = "host list, YAML or JSON; - for standard input (hosts.yml beside the config)"},
	{"output", TEXT(out), "DIR", .letter = 'o', .help = "folder of the scripts", .fallback = "scripts"},
	{"layout", TEXT(layout), "LAYOUT", .help = "whole or split (infra.bootstrap.layout)",
	 .choices = layouts},
	{"check", FLAG(check), .help = "write nothing; say which files differ, and exit with 2 if any does"},
	{"against", TEXT(against), "REV", .help = "compare with DIR as it is in REV of git"},
	{"html", TEXT(html), "FILE", .help = "the review as one HTML page, too"},
	{"format", TEXT(format), "FORMAT", .help = "text, markdown or json", .choices = review_formats},
	{"format", TEXT(format), "FOR", .help = "text, json, sarif, junit or gitlab",
	 .choices = validate_formats},
	{"from", TEXT(from), "DIR",
	 .help = "run the reviewed scripts in DIR; refused unless they are as compiled, and still what the files say"},
	{"from", TEXT(from), "SOURCE",
	 .help = "take secrets from SOURCE instead of the config's; - is standard input"},
	{"to", TEXT(to), "TARGET", .help = "bring them to TARGET instead of the config's"},
	{"dry-run", FLAG(dry_run), .help = "write nothing, run nothing; say what would be done"},
	{"prune", FLAG(prune), .help = "take away what only the target has"},
	{"jobs", NUMBER(jobs, 1, 1024), "N", .letter = 'j', .help = "hosts at a time", .fallback = "16"},
	{"limit", TEXT(limit), "PATTERNS", .letter = 'l',
	 .help = "only hosts that these name too, a comma between"},
	{"role", TEXT(role), "ROLE", .help = "only hosts of this role"},
	{"tag", TEXT(tag), "TAG", .help = "only hosts with this tag"},
	{"json", FLAG(json), .help = "a JSON document on standard output"},
	{"report", TEXT(report), "FILE", .help = "the report as one HTML page, too"},
	{"log-dir", TEXT(log_dir), "DIR",
	 .help = "keep each host's whole output in DIR/ID.log, the report in DIR/report.json"},
	{"timeout", DURATION(timeout_s), "TIME", .help = "end the whole run after TIME, such as 30m"},
	{"retries", NUMBER(retries, 0, 10), "N", .letter = 'r',
	 .help = "times to try again where a connection fails before login", .fallback = "2"},
	{"jobs-per-jump", NUMBER(jobs_per_jump, 1, 1024), "N",
	 .help = "of these, hosts at a time behind one jump host", .fallback = "8"},
	{"canary", NUMBER(canary, 1, 100000), "N",
	 .help = "run N hosts first, and no others if one of them fails"},
	{"max-failures", NUMBER(max_failures, 1, 100000), "N",
	 .help = "start no more hosts once N have failed"},
	{"failed-from", TEXT(failed_from), "FILE",
	 .help = "only hosts that failed or were skipped in the report FILE (--json, or report.json of --log-dir)"},
	{"json-lines", FLAG(json_lines),
	 .help = "events as they happen on standard output, a JSON object a line"},
	{"rename", FLAG(rename),
	 .help = "a machine that joined under another name gets its host's; else it is refused"},
	{"timing", FLAG(timing), .help = "durations in the report"},
	{"quiet", FLAG(quiet), .letter = 'q', .help = "no progress; failures and the summary only"},
	{"verbose", FLAG(verbose), .letter = 'v', .help = "show what the hosts' commands print"},
	{"color", TEXT(colour), "WHEN", .help = "auto, always or never", .choices = colours},
	{"help", FLAG(help), .letter = 'h', .help = "this text"},
};

enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(sizeof rows / sizeof *rows <= OPTIONS_MAX, "struct options has no room for what was given");

static const char always[] = "color help"; /* every command takes them */

enum { FIRST_LONG = 256 /* what getopt_long returns for the first row; a letter is less */ };

/* Marks the options that WORDS name, a blank between: by name, or NAME=ARGUMENT where two have one name. */
static void mark(bool marked[ROWS], const char *words)
{
	char word[64];

	for (int len; sscanf(words, "%63s%n", word, &len) == 1; words += len) {
		char *argument = strchr(word, '=');
		int found = 0;

		if (argument)
			*argument++ = '\0';
		for (size_t i = 0; i < ROWS; i++) {
			bool named = strcmp(word, rows[i].name) == 0 &&
				     (!argument || strcmp(argument, rows[i].argument) == 0);

			marked[i] = marked[i] || named;
			found += named;
		}
		assert(found == 1); /* else the table, or a command, is wrong */
	}
}

/* getopt_long's tables, of the options that are TAKEN. */
static void make_tables(const bool *taken, char *shorts, struct option *longs)
{
	*shorts++ = ':';
	for (int i = 0; i < ROWS; i++) {
		if (!taken[i])
			continue;
		*longs++ = (struct option){.name = rows[i].name,
					   .has_arg = rows[i].argument != NULL,
					   .val = FIRST_LONG + i};
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (rows[i].argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	*longs = (struct option){0};
}

/* What getopt_long refused. A value isn't repeated: it may be a key that was given to the wrong option. */
static bool complain_of(const char *command, const struct option *longs, int c, char **argv)
{
	const char *word = optind > 0 ? argv[optind - 1] : "";
	const char *names[ROWS + 1] = {NULL}, *meant;
	char *name = mem_strndup(word, strcspn(word, "="));
	size_t count = 0;

	for (; longs->name; longs++)
		names[count++] = longs->name;
	meant = str_starts(name, "--") ? did_you_mean(name + 2, names) : NULL;
	if (c == ':')
		complain("%s: option %s needs a value", command, word);
	else if (optopt >= FIRST_LONG)
		complain("%s: option %s takes no value", command, name);
	else if (optopt)
		complain("%s: unknown option -%c; see stagecraft help %s", command, optopt, command);
	else if (meant)
		complain("%s: unknown option %s; did you mean --%s?", command, name, meant);
	else
		complain("%s: unknown option %s; see stagecraft help %s", command, name, command);
	free(name);
	return false;
}

/* Whether COUNT arguments go with USAGE: one for each word, any number if there's an ellipsis; what is in
 * brackets may be left out. */
static bool fits(const char *usage, size_t count)
{
	size_t least = 0, most = strstr(usage, "…") ? SIZE_MAX : 0;

	for (const char *word = usage; (word = strchr(word, ' ')) != NULL; word++) {
		least += word[1] != '[';
		most += most < SIZE_MAX;
	}
	return count >= least && count <= most;
}

bool options_read(struct options *out, const struct command *command, int argc, char **argv)
{
	char shorts[2 * ROWS + 2];
	struct option longs[ROWS + 1];
	const char *usage = command->arguments ? command->arguments : "";
	bool taken[ROWS] = {false};
	int c;

	*out = (struct options){.program = argv[0], .command = command};
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		if (r->fallback)
			r->take((char *)out + r->offset, r, r->fallback);
	}
	mark(taken, command->options);
	mark(taken, always);
	make_tables(taken, shorts, longs);
	opterr = 0;
	optind = 2; /* behind the command */
	while (!out->help && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct row *r = rows;

		if (c == '?' || c == ':')
			return complain_of(command->name, longs, c, argv);
		while (c != r->letter && c != FIRST_LONG + (int)(r - rows))
			r++;
		out->given[r - rows] = optarg ? optarg : "";
		if (!r->take((char *)out + r->offset, r, optarg))
			return false;
	}
	if (out->help)
		return true;
	out->args = (const char *const *)argv + optind;
	out->arg_count = (size_t)(argc - optind);
	if (fits(usage, out->arg_count))
		return true;
	complain("usage: stagecraft %s [OPTION]…%s", command->name, usage);
	return false;
}

/* ---- once more ---- */

void options_add_word(struct str *out, const char *text)
{
	struct str word = STR_INIT;

	str_add_word(&word, text);
	str_add(out, out->len ? " " : "");
	str_add_visible(out, str_text(&word), word.len, 4 * word.len); /* \xNN is the longest */
	str_free(&word);
}

/* Those of the options that were given, and are MARKED. */
static void add_given(struct str *out, const struct options *o, const bool *marked)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (!o->given[i] || !marked[i])
			continue;
		str_addf(out, " --%s", rows[i].name);
		if (rows[i].argument)
			options_add_word(out, o->given[i]);
	}
}

void options_add_again(struct str *out, const struct options *o, const char *without, bool with_hosts)
{
	bool left_out[ROWS] = {false}, taken[ROWS];

	mark(left_out, without);
	if (!with_hosts)
		mark(left_out, "limit role tag failed-from");
	for (size_t i = 0; i < ROWS; i++)
		taken[i] = !left_out[i];
	options_add_word(out, o->program);
	options_add_word(out, o->command->name);
	add_given(out, o, taken);
	for (size_t i = 0; with_hosts && i < o->arg_count; i++)
		options_add_word(out, o->args[i]);
}

void options_add_other(struct str *out, const struct options *o, const char *command, const char *with)
{
	bool taken[ROWS] = {false};

	mark(taken, with);
	options_add_word(out, o->program);
	options_add_word(out, command);
	add_given(out, o, taken);
}

void options_print(const struct command *command)
{
	bool taken[ROWS] = {false};

	mark(taken, command->options);
	mark(taken, always);
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];
		char left[64], letter[] = "-x,";

		if (!taken[i])
			continue;
		letter[1] = r->letter;
		snprintf(left, sizeof left, "%-3s --%s%s%s", r->letter ? letter : "", r->name,
			 r->argument ? " " : "", r->argument ? r->argument : "");
		printf("  %-22s %s%s%s%s\n", left, r->help, r->fallback ? " (" : "",
		       r->fallback ? r->fallback : "", r->fallback ? ")" : "");
	}
}
