/* What most commands begin with: the two files, read, checked and planned, and the hosts that are meant. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/options.h"
#include "compiler/plan.h"
#include "lib/diag.h"

/* The checked inputs of a command. */
struct inputs {
	struct arena arena;
	struct diags diags;
	struct source config_source, hosts_source;
	struct config config;
	struct hosts hosts;
	struct plan plan;
	bool *selected;	       /* one a host of the plan; NULL: all */
	size_t selected_count; /* how many, also if all */
};

/* hosts.yml beside CONFIG, in ARENA: where the host list is, unless --hosts says otherwise. */
const char *inputs_hosts_path(const char *config, struct arena *arena);

/* Reads and checks stagecraft.yml and, if WITH_HOSTS, the host list. Prints nothing. Returns EXIT_DONE,
 * EXIT_MACHINE or EXIT_INVALID. inputs_free() in any case. */
int inputs_check(struct inputs *in, const struct options *o, bool with_hosts);

/* Adds the mistakes to the job's summary, if there is one and an error among them. */
void inputs_summarize(struct inputs *in);

/* Prints every mistake, there too, and forgets it. */
void inputs_print(struct inputs *in, const struct options *o);

/* Checks both files, prints every mistake, makes the plan, and selects the hosts that the options and
 * arguments name. Returns what inputs_check() does, or EXIT_USAGE_ERROR. inputs_free() in any case. */
int inputs_read(struct inputs *in, const struct options *o);
void inputs_free(struct inputs *in);

/* The selected host behind H; the first for NULL. NULL at the end. */
const struct plan_host *inputs_next(const struct inputs *in, const struct plan_host *h);

/* Whether the files that ssh is to take for the selected hosts are files: what the compiler, which looks at
 * no other file, can't know. Says what is wrong. Returns EXIT_DONE or EXIT_INVALID. */
int inputs_check_ssh_files(struct inputs *in, const struct options *o);

#endif
