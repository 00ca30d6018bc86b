/* stagecraft.yml, checked and typed. */
#ifndef COMPILER_CONFIG_H
#define COMPILER_CONFIG_H

#include <stdbool.h>

#include "compiler/decode.h"
#include "compiler/doc.h"
#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/key.h"
#include "providers/table.h"

/* infra.bootstrap.ssh, and a host's own ssh. A text that is NULL is left to the user's ssh_config. */
struct ssh_config {
	struct text user;
	struct number port;
	struct text private_key_path;
	struct text known_hosts_file;
	struct text host_key_checking; /* accept-new or yes */
	struct number connect_timeout_s;
	struct text jump_host;
};

struct docker_config {
	struct number enabled;
	struct text install_method; /* apt, official, script or skip */
	struct text version;	    /* latest, or the beginning of a version */
	struct text min_version;    /* NULL: any */
};

struct config {
	const char *folder; /* that relative paths are relative to */
	const struct network_provider *network;
	struct place network_at;    /* of its name */
	const void *network_config; /* the provider's struct; begins with struct network_base */

	/* The core's part of the provider's section. */
	struct text_list default_tags;
	struct text_lists role_tags;
	struct text_lists role_up_args;
	struct named_list
		*by_role[2]; /* the same two, sorted by role, for config_role_tags() and …_up_args() */

	struct ssh_config ssh;
	struct docker_config docker;
	struct number timeout_s; /* one host, all steps */
	struct text layout;	 /* of the folder that is compiled: whole or split */

	const struct secrets_provider *secrets; /* NULL: none is named */
	const void *secrets_config;		/* the provider's struct */
};

/* The tables, for the reference and the tests; the last has a NULL path. Sections of the providers come from
 * the registries. */
extern const struct config_section config_sections[];
extern const struct key config_keys[];	      /* the whole file; a section in it is the table of its key */
extern const struct key config_tag_keys[];    /* of tags and roles: in every network provider's section */
extern const struct key config_ssh_keys[];    /* fills a struct ssh_config */
extern const struct key config_docker_keys[]; /* fills a struct docker_config */

/* The tables of the section X.providers.ID of P, a provider of KIND; the last is NULL. */
void config_provider_tables(enum provider_kind kind, const struct provider *p,
			    const struct key *tables[DECODE_TARGETS_MAX + 1]);

/* The tables with those of the network provider that is named ID (NULL, or none: the default one), for hints.
 * In ARENA. */
const struct config_section *config_elsewhere(const char *id, struct arena *arena);

/* Of words in a section that says how hosts are reached: a hint, or NULL. */
const char *ssh_hint(const char *name);

/* What of stagecraft.yml is ours. */
extern const struct doc_scope config_scope[];

/* Types and checks ROOT (NULL: an empty file) of SOURCE. Everything lives in ARENA, texts in the document
 * too. Every mistake goes to D; returns false if there was one. */
bool config_read(struct config *out, struct source *source, const struct node *root, struct arena *arena,
		 struct diags *d);

/* The same of the section secrets alone: the rest of the file may be missing or wrong. */
bool config_read_secrets(struct config *out, struct source *source, const struct node *root,
			 struct arena *arena, struct diags *d);

/* What the tables can't say of an ssh section: the jump host's form, the user's. */
void ssh_config_check(const struct ssh_config *ssh, struct diags *d);

/* Whether what is compiled has layout split. */
bool config_is_split(const struct config *config);

/* The tags of ROLE (NULL: none), the client's settings; NULL if role_tags, or role_up_args, doesn't name it. */
const struct text_list *config_role_tags(const struct config *config, const char *role);
const struct text_list *config_role_up_args(const struct config *config, const char *role);

/* The NAME of the variable with the auth key; NULL: the network takes none. */
const char *config_auth_key_env(const struct config *config);

/* The name of a host in the network, in ARENA; "" where hosts have none. */
const char *config_fqdn(const struct config *config, const char *host_id, struct arena *arena);

#endif
