#include "cli/options.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "compiler/decode.h"
#include "lib/diag.h"
#include "lib/mem.h"
#include "lib/str.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every option there is. A command names the ones it takes by their letters; capitals have no short form. */
struct option_entry {
	char letter;
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;
};

static const struct option_entry entries[] = {
	{'f', "file", "FILE", "config to read (stagecraft.yml)"},
	{'H', "hosts", "FILE", "host list, YAML or JSON; - for standard input (hosts.yml beside the config)"},
	{'o', "output", "DIR", "folder of the scripts (scripts)"},
	{'C', "check", NULL, "write nothing; say which files differ, and exit with 2 if any does"},
	{'F', "from", "DIR", "run exactly the scripts compiled to DIR; refused if one was changed since"},
	{'S', "from", "SOURCE", "take secrets from SOURCE instead of the config's; - is standard input"},
	{'G', "to", "TARGET", "bring them to TARGET instead of the config's"},
	{'N', "dry-run", NULL, "write nothing, run nothing; say what would be done"},
	{'U', "prune", NULL, "take away what only the target has"},
	{'j', "jobs", "N", "hosts at a time (16)"},
	{'l', "limit", "PATTERNS", "only hosts that these name too, a comma between"},
	{'R', "role", "ROLE", "only hosts of this role"},
	{'T', "tag", "TAG", "only hosts with this tag"},
	{'J', "json", NULL, "a JSON document on standard output"},
	{'W', "report", "FILE", "the report as one HTML page, too"},
	{'L', "log-dir", "DIR", "keep each host's whole output in DIR/ID.log, the report in DIR/report.json"},
	{'D', "timeout", "TIME", "end the whole run after TIME, such as 30m"},
	{'r', "retries", "N", "times to try again where a connection fails before login (2)"},
	{'P', "jobs-per-jump", "N", "of these, hosts at a time behind one jump host (8)"},
	{'Y', "canary", "N", "run N hosts first, and no others if one of them fails"},
	{'X', "max-failures", "N", "start no more hosts once N have failed"},
	{'Z', "failed-from", "FILE",
	 "only hosts that failed or were skipped in the report FILE (--json, or report.json of --log-dir)"},
	{'E', "json-lines", NULL, "events as they happen on standard output, a JSON object a line"},
	{'B', "rename", NULL, "a machine that joined under another name gets its host's; else it is refused"},
	{'M', "timing", NULL, "durations in the report"},
	{'q', "quiet", NULL, "no progress; failures and the summary only"},
	{'v', "verbose", NULL, "show what the hosts' commands print"},
	{'K', "color", "WHEN", "auto, always or never"},
	{'h', "help", NULL, "this text"},
	{0, NULL, NULL, NULL},
};

static const struct option_entry *find(char letter)
{
	const struct option_entry *e = entries;

	while (e->letter && e->letter != letter)
		e++;
	return e->letter ? e : NULL;
}

static bool takes(const struct command *command, char letter)
{
	return letter == 'h' || letter == 'K' || strchr(command->options, letter);
}

/* Options that take a number, with their bounds. */
static bool take_number(struct options *out, char letter, const char *text)
{
	const struct {
		char letter;
		long *slot;
		long min, max;
	} numbers[] = {{'j', &out->jobs, 1, 1024},
		       {'P', &out->jobs_per_jump, 1, 1024},
		       {'r', &out->retries, 0, 10},
		       {'Y', &out->canary, 1, 100000},
		       {'X', &out->max_failures, 1, 100000}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char *end;
		long n;

		if (numbers[i].letter != letter)
			continue;
		n = strtol(text, &end, 10);
		if (!*text || *end || *text == ' ' || *text == '+' || n < numbers[i].min ||
		    n > numbers[i].max) {
			complain("--%s takes a number from %ld to %ld", find(letter)->name, numbers[i].min,
				 numbers[i].max);
			return false;
		}
		*numbers[i].slot = n;
	}
	return true;
}

static bool take_timeout(struct options *out, const char *text)
{
	out->timeout_s = parse_duration(text);
	if (out->timeout_s > 0)
		return true;
	complain("--timeout takes a duration, such as 90s, 30m or 1h30m");
	return false;
}

static bool take_colour(struct options *out, const char *text)
{
	static const char *const names[] = {"auto", "always", "never"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(names[i], text) == 0) {
			out->colour = (enum colour)i;
			return true;
		}
	}
	complain("--color takes auto, always or never");
	return false;
}

static bool take(struct options *out, char letter, const char *value)
{
	struct {
		char letter;
		const char **slot;
	} texts[] = {{'f', &out->file},	       {'H', &out->hosts}, {'o', &out->out},	 {'F', &out->from},
		     {'R', &out->role},	       {'T', &out->tag},   {'L', &out->log_dir}, {'W', &out->report},
		     {'Z', &out->failed_from}, {'S', &out->from},  {'G', &out->to},	 {'l', &out->limit}};
	struct {
		char letter;
		bool *slot;
	} flags[] = {{'C', &out->check},   {'J', &out->json},	 {'M', &out->timing},
		     {'q', &out->quiet},   {'v', &out->verbose}, {'E', &out->json_lines},
		     {'N', &out->dry_run}, {'U', &out->prune},	 {'B', &out->rename}};

	out->given[(unsigned char)letter] = value ? value : "";
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (texts[i].letter != letter)
			continue;
		*texts[i].slot = value;
		if (*value)
			return true;
		complain("--%s is empty", find(letter)->name);
		return false;
	}
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (flags[i].letter == letter)
			*flags[i].slot = true;
	}
	if (letter == 'D')
		return take_timeout(out, value);
	if (letter == 'K')
		return take_colour(out, value);
	return !value || take_number(out, letter, value);
}

/* getopt_long's tables, of the options that COMMAND takes. */
static void make_tables(const struct command *command, char *shorts, struct option *longs)
{
	*shorts++ = ':';
	for (const struct option_entry *e = entries; e->letter; e++) {
		if (!takes(command, e->letter))
			continue;
		*longs++ = (struct option){.name = e->name, .has_arg = e->argument != NULL, .val = e->letter};
		if (e->letter < 'a')
			continue;
		*shorts++ = e->letter;
		if (e->argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	*longs = (struct option){0};
}

/* Whether WORD is --name=value (or the beginning of that name) for the option LETTER, which takes none. */
static bool has_needless_value(const char *word, int letter)
{
	size_t len = strcspn(word, "=");
	const struct option_entry *e = letter > 0 && letter < 128 ? find((char)letter) : NULL;

	return e && word[len] && len > 2 && strncmp(word + 2, e->name, len - 2) == 0;
}

/* What getopt_long refused. A value isn't repeated: it may be a key that was given to the wrong option. */
static bool complain_of(const struct command *command, int c, char **argv)
{
	const char *word = optind > 0 ? argv[optind - 1] : "";
	const char *names[sizeof entries / sizeof *entries] = {NULL}, *meant;
	char *name = mem_strndup(word, strcspn(word, "="));
	size_t count = 0;

	for (const struct option_entry *e = entries; e->letter; e++) {
		if (takes(command, e->letter))
			names[count++] = e->name;
	}
	meant = str_starts(name, "--") ? did_you_mean(name + 2, names) : NULL;
	if (c == ':')
		complain("%s: option %s needs a value", command->name, word);
	else if (has_needless_value(word, optopt))
		complain("%s: option %s takes no value", command->name, name);
	else if (optopt)
		complain("%s: unknown option -%c; see stagecraft help %s", command->name, optopt,
			 command->name);
	else if (meant)
		complain("%s: unknown option %s; did you mean --%s?", command->name, name, meant);
	else
		complain("%s: unknown option %s; see stagecraft help %s", command->name, name, command->name);
	free(name);
	return false;
}

bool options_read(struct options *out, const struct command *command, int argc, char **argv)
{
	char shorts[2 * sizeof entries / sizeof *entries + 2];
	struct option longs[sizeof entries / sizeof *entries + 1];
	int c;

	*out = (struct options){
		.file = "stagecraft.yml", .out = "scripts", .jobs = 16, .jobs_per_jump = 8, .retries = 2};
	make_tables(command, shorts, longs);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return complain_of(command, c, argv);
		if (c == 'h') {
			out->help = true;
			return true;
		}
		if (!take(out, (char)c, optarg))
			return false;
	}
	out->args = (const char *const *)argv + optind;
	out->arg_count = (size_t)(argc - optind);
	if (out->arg_count < command->min_args || out->arg_count > command->max_args) {
		complain("usage: stagecraft %s [OPTION]…%s%s", command->name, *command->arguments ? " " : "",
			 command->arguments);
		return false;
	}
	return true;
}

/* ---- once more ---- */

void options_add_word(struct str *out, const char *text)
{
	static const char harmless[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";

	struct str word = STR_INIT;

	if (*text && strspn(text, harmless) == strlen(text))
		str_add(&word, text);
	else
		str_add_shell(&word, text);
	str_addc(out, ' ');
	str_add_visible(out, str_text(&word), word.len, 4 * word.len); /* \xNN is the longest */
	str_free(&word);
}

void options_add_again(struct str *out, const struct command *command, const struct options *o,
		       const char *without)
{
	struct str line = STR_INIT;

	options_add_word(&line, o->program);
	options_add_word(&line, command->name);
	for (const struct option_entry *e = entries; e->letter; e++) {
		const char *value = o->given[(unsigned char)e->letter];

		if (!value || strchr(without, e->letter))
			continue;
		str_addf(&line, " --%s", e->name);
		if (e->argument)
			options_add_word(&line, value);
	}
	str_add(out, str_text(&line) + 1);
	str_free(&line);
}

void options_print(const struct command *command)
{
	for (const struct option_entry *e = entries; e->letter; e++) {
		char left[64];

		if (!takes(command, e->letter))
			continue;
		snprintf(left, sizeof left, "%c%c%s--%s%s%s", e->letter >= 'a' ? '-' : ' ',
			 e->letter >= 'a' ? e->letter : ' ', e->letter >= 'a' ? ", " : "  ", e->name,
			 e->argument ? " " : "", e->argument ? e->argument : "");
		printf("  %-22s %s\n", left, e->help);
	}
}
