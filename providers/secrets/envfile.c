/* envfile: from one dotenv file into another. What a dotenv file is: dotenv.h; how it is replaced:
 * file.h. */
#include "providers/secrets/dotenv.h"
#include "providers/secrets/sync.h"

struct envfile_config {
	const struct provider *provider; /* see struct provider */
	struct text source_file;
	struct text target_file;
};

static const struct key keys[] = {
	{"source_file", KEY_PATH, offsetof(struct envfile_config, source_file),
	 .help = "dotenv file to take secrets from; --from names another"},
	{"target_file", KEY_PATH, offsetof(struct envfile_config, target_file),
	 .help = "dotenv file that gets them; --to names another"},
	{0},
};

static enum secrets_status run(const struct secrets_request *r, struct secrets_result *out)
{
	const struct envfile_config *own = r->config;
	const char *source = secrets_path(r, r->source, &own->source_file, "--from",
					  "secrets.providers.envfile.source_file", out);
	const char *target = r->mode == SECRETS_LIST
				     ? ""
				     : secrets_path(r, r->target, &own->target_file, "--to",
						    "secrets.providers.envfile.target_file", out);

	if (!source || !target)
		return SECRETS_INVALID;
	return secrets_file(r, &dotenv_format, source, target, out);
}

const struct secrets_provider envfile_provider = {
	.head.id = "envfile",
	.head.summary = "dotenv files: from one into another, such that every reader reads the same",
	.head.keys = keys,
	.head.config_size = sizeof(struct envfile_config),
	.run = run,
};
