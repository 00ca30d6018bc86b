/* What changes from one side to the other: in the configuration's words first, then as unified hunks, each
 * distinct one once with the hosts that have it. Made once, shown as text, markdown, JSON, a page. */
#ifndef REVIEW_REVIEW_H
#define REVIEW_REVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "compiler/plan.h"
#include "lib/problem.h"
#include "review/side.h"

/* Some hosts, for people: all of them, exactly those of a role, or these. */
struct host_set {
	const char *const *ids; /* sorted */
	size_t count;
	bool all; /* every host that both sides have */
	const char *
		role; /* it is exactly the hosts of this role (as of now) that both sides have; NULL: no role's */
};

enum change_kind { CHANGE_ADDED, CHANGE_GONE, CHANGE_CHANGED };

/* A setting that hosts have otherwise now, to the letter in the same way. */
struct setting_change {
	const char *name; /* "NETWORK_TAGS" */
	enum change_kind kind;
	const char *before, *after; /* NULL where there was none, or is none */
	/* Of a list (*_TAGS with commas, *_ARGS with blanks between), unless only its order differs: what came, what
	 * went, sorted. */
	const char *const *came, *const *went;
	size_t came_count, went_count;
	bool list;
	bool alike_only; /* the hosts' whole lists differ: before and after are NULL, came and went are the same */
	struct host_set hosts;
};

/* A step of the plan that came, went, or is done by another function or in another place. */
struct step_change {
	const char *step;
	enum change_kind kind;
	const char *before, *after; /* functions; NULL where there was none, or is none */
	struct host_set hosts;
};

/* A host's address that differs. */
struct address_change {
	const char *id, *before, *after;
};

/* Lines of a unified diff with its "@@" line, and who has it. */
struct hunk {
	const char *title; /* what it is of: "settings", "steps.sh", "the shared part of the scripts" */
	const char *text;  /* lines, each with a line end; the first begins with "@@" */
	struct host_set hosts;
};

struct review {
	const struct plan *plan; /* what compiles now */
	const struct side *before, *after;
	const char *against;	  /* what is compared with, for people: "scripts", "scripts in main" */
	const char *const *added; /* hosts, sorted */
	size_t added_count;
	const char *const *gone;
	size_t gone_count;
	struct address_change *addresses;
	size_t address_count;
	struct setting_change *settings;     /* sorted by name, then by first host */
	size_t setting_count, setting_names; /* changes; of how many settings they are */
	struct step_change *steps;
	size_t step_count, step_names;
	struct host_set
		unread; /* whose scripts aren't as stagecraft writes them, on either side: no setting or step of
				   theirs is told, their hunks are */
	bool layout_changed;
	struct host_set
		shell; /* whose steps' shell differs: templates of another version, or a change by hand */
	struct host_set comments; /* with no difference but in comments, or in the order of lines */
	struct hunk *hunks;
	size_t hunk_count;
	size_t hunks_left;    /* further pairs of texts that weren't compared: there are too many */
	size_t changed_hosts; /* that both sides have, with any difference */
	size_t same_hosts;
};

/* Compares BEFORE with AFTER; the hosts' roles are PLAN's. In the arena of P. WITH_HUNKS runs diff(1), `diff -u`,
 * once for each distinct pair of texts; returns false with *P set if that fails. */
bool review_make(struct review *out, const struct side *before, const struct side *after,
		 const struct plan *plan, bool with_hunks, struct problem *p);

/* Whether there is any difference. */
bool review_differs(const struct review *r);

/* Whether what hosts would be told differs: hosts, addresses, settings, steps, a script that can't be
 * read; not the steps' shell alone, the layout, or comments. */
bool review_differs_in_words(const struct review *r);

/* "db-1, db-2 and 10 more", "role db (12 hosts)", "all 40 hosts", "db-1". */
void review_add_hosts(struct str *out, const struct host_set *set);

/* "NETWORK_TAGS: +tag:backup on role db (12 hosts)". */
void review_add_setting(struct str *out, const struct setting_change *c);

/* The words, a line each, without colour: hosts added and gone, addresses, settings, steps, layout, shell. */
void review_add_words(struct str *out, const struct review *r);

/* "3 settings differ on 12 of 500 hosts; 1 added; 488 are the same". */
void review_add_summary(struct str *out, const struct review *r);

struct review_options {
	bool colour; /* text only */
	const char *version;
	const char *config; /* as the user named it; for the page's title */
	const char *again;  /* the command that shows all as text, for where something is left out */
};

void review_text(FILE *to, const struct review *r, const struct review_options *options);
void review_markdown(FILE *to, const struct review *r,
		     const struct review_options *options); /* under 60,000 characters */
void review_json(FILE *to, const struct review *r, const struct review_options *options);
void review_html(FILE *to, const struct review *r, const struct review_options *options);

#endif
