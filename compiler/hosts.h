/* The host list, checked and sorted. */
#ifndef COMPILER_HOSTS_H
#define COMPILER_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler/config.h"
#include "compiler/doc.h"

struct host {
	struct text id; /* RFC 1123 label, lower case, unique; becomes the node's host name */
	struct text public_ip;
	struct text name; /* NULL: none */
	struct text role; /* NULL: none */
	struct text_list tags;
	struct text_list up_args; /* settings of the network's client, for this host alone */
	struct ssh_config ssh;	  /* the config's, with the host's own on top */
	const struct node *node;  /* as it was written, with keys that aren't ours */
};

struct hosts {
	struct host *items; /* sorted by id */
	size_t count;
};

/* The table of a host, for the reference. */
extern const struct key host_keys[];

/* What of a host list is ours, where it is no bare list. */
extern const struct doc_scope hosts_scope[];

/* Types and checks ROOT (a list, or a mapping with the key hosts). Texts live in ARENA and in the document.
 * Mistakes go to D; returns false if there was one. A list without hosts is one. */
bool hosts_read(struct hosts *out, struct source *source, const struct node *root,
		const struct config *config, struct arena *arena, struct diags *d);

/* Has the network provider check every tag that CONFIG and HOSTS write, each at its place, and the settings
 * of its client that each host gets together. */
void hosts_check_network(const struct hosts *hosts, const struct config *config, struct arena *arena,
			 struct diags *d);

#endif
