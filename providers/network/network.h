/* A network provider: what stagecraft needs to know of one private network, and all that it knows.
 *
 * It never runs anything: it validates its section of the config, hands settings and shell to the compiler,
 * and reads what a host reported. It sees a host's final tags only; roles are the core's. */
#ifndef PROVIDERS_NETWORK_NETWORK_H
#define PROVIDERS_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/key.h"
#include "lib/str.h"
#include "providers/provider.h"

/* What every network's config begins with, so that the core can find it. */
struct network_base {
	const struct provider *provider; /* see struct provider */
	struct text auth_key_env; /* name of the variable with the auth key, where we run; NULL: no key */
};

/* An assignment of the compiled script: VALUE is any text without NUL, quoted by the compiler. */
struct setting {
	const char *name;
	const char *value;
	struct place at; /* of what it is made of, the first of these; no source: of a default */
};

/* Receives a provider's settings; the compiler sorts them. */
struct settings {
	struct setting items[32];
	size_t count;
};

/* Adds the assignment of VALUE's text, "" for none, with its place. */
void settings_add(struct settings *s, const char *name, struct text value);

/* What a host is expected to be, and what its status document says it is. */
struct network_expected {
	const char *host_id;
	const char *const *tags; /* final, sorted, unique */
	size_t tag_count;
};

struct network_reading {
	bool ok;	     /* in the expected tailnet, with every expected tag */
	const char *reason;  /* of docs/errors.md; "" when ok */
	const char *message; /* the fixed text; "" when ok. In the arena */
	const bool *lacks;   /* of each wanted tag, whether it isn't there; NULL: not known. In the arena */
	const char *fqdn;    /* the node's real name; "" for none, NULL where it isn't said. In the arena */
	const char *warnings[16];
	size_t warning_count;
};

struct network_provider;

/* What is on the hosts: the client of a network, which more than one provider may have. Members that say so
 * may be NULL. CONFIG is the provider's struct. */
struct network_client {
	/* What tags begin with, such as "tag:". NULL: there are none, and writing tags is a mistake. */
	const char *tag_prefix;

	/* What check_tag() takes, a pattern as in struct key_shape. NULL: any word, or there are no tags. */
	const char *tag_pattern;

	/* Whether TAG can be a tag of the provider SELF at all. If not, says so to D at its place. NULL: any
	 * word can. */
	bool (*check_tag)(const struct network_provider *self, const struct text *tag, struct diags *d);

	/* Checks every tag that a config and its host list write, each at its place, against what the network
	 * permits, as far as files on this machine tell. Reports to D. NULL: nothing tells. */
	void (*check_tags)(const void *config, const struct text *tags, size_t count, struct arena *arena,
			   struct diags *d);

	/* Checks LIST, further settings of the client, which KEY holds: the config's own up_args, a role's or a
	 * host's. Mistakes go to D, each at its place. NULL: it takes none. */
	void (*check_up_args)(const struct network_provider *self, const char *key,
			      const struct text_list *list, struct diags *d);

	/* Checks what a host is told by CONFIG's own, its role's (NULL: none) and its own settings together, of
	 * which later ones win. NULL: any may stand beside any. */
	void (*check_together)(const void *config, const struct text_list *of_role,
			       const struct text_list *of_host, struct diags *d);

	/* The assignments its shell reads (docs/wire.md) besides those that the tables of keys name, the same
	 * for every host. Values live in ARENA or longer. NULL: none. */
	void (*settings)(const void *config, struct settings *out, struct arena *arena);

	/* Names of templates: one defines network_install, one network_join and network_verify. Either may
	 * define network_preflight, which host.preflight calls (docs/wire.md). Other networks' templates
	 * define functions of these names too: a script has those of its network alone. */
	const char *ensure_installed;
	const char *ensure_joined; /* NULL: the one before defines all */

	/* Appends the node's FQDN, "{host}.{tailnet_domain}". Pure. NULL: nodes have no names. */
	void (*node_fqdn)(const void *config, const char *host_id, struct str *out);

	/* Reads the client's status document (fact network.status), which a host sent and nobody vouches for.
	 * Texts of *OUT live in ARENA. Never fails: what can't be read is a reading that isn't ok. */
	void (*read_status)(const void *config, const struct network_expected *want, const char *document,
			    size_t len, struct network_reading *out, struct arena *arena);
};

struct network_provider {
	struct provider head; /* its config begins with struct network_base */
	const struct network_client *client;
	const char *sample; /* its section of a new stagecraft.yml, indented by 4; NULL: none */

	/* How its auth keys begin, the longest first, then NULL: so much of a key is no secret. NULL: unknown. */
	const char *const *key_prefixes;

	/* What is odd about an auth key (of another provider, say; or that it can't make a host join that has
	 * no tags, where there is such a host), as a sentence that doesn't hold it; NULL for nothing.
	 * Constant. NULL: nothing ever is. */
	const char *(*key_warning)(const char *auth_key, bool untagged_host);
};

/* How many bytes of AUTH_KEY are a prefix of the provider's keys. */
size_t network_key_prefix(const struct network_provider *provider, const char *auth_key);

#endif
