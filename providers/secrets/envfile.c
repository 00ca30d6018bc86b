/* envfile: from one dotenv file into another. What a dotenv file is: dotenv.h; how it is replaced:
 * secret_file.h. */
#include "providers/secrets/dotenv.h"
#include "providers/secrets/secrets.h"

struct envfile_config {
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

static enum secrets_status run(const struct secrets_request *r, enum secrets_mode mode,
			       struct secrets_result *out)
{
	const struct envfile_config *own = r->config;
	const char *source = secrets_path(r, r->source, &own->source_file, "--from",
					  "secrets.providers.envfile.source_file", out);
	const char *target = mode == SECRETS_LIST
				     ? ""
				     : secrets_path(r, r->target, &own->target_file, "--to",
						    "secrets.providers.envfile.target_file", out);

	if (!source || !target)
		return SECRETS_INVALID;
	return secrets_file(r, &dotenv_format, source, target, mode, out);
}

static enum secrets_status list(const struct secrets_request *r, struct secrets_result *out)
{
	return run(r, SECRETS_LIST, out);
}

static enum secrets_status diff(const struct secrets_request *r, struct secrets_result *out)
{
	return run(r, SECRETS_DIFF, out);
}

static enum secrets_status sync(const struct secrets_request *r, struct secrets_result *out)
{
	return run(r, SECRETS_SYNC, out);
}

const struct secrets_provider envfile_provider = {
	.id = "envfile",
	.summary = "dotenv files: from one into another, such that every reader reads the same",
	.keys = keys,
	.config_size = sizeof(struct envfile_config),
	.list = list,
	.diff = diff,
	.sync = sync,
};
