#include "cli/inputs.h"
#include "cli/terminal.h"
#include "compiler/schema.h"
#include "lib/file.h"
#include "lib/problem.h"
#include "providers/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What an editor checks and completes the two files by; beside each, and named in its first line. */
static const char config_schema[] = ".stagecraft.schema.json", hosts_schema[] = ".hosts.schema.json";

static const char config_text[] =
	"# yaml-language-server: $schema=%s\n"
	"# What stagecraft makes of your hosts. `stagecraft help config` lists every key.\n"
	"network:\n"
	"  provider: %s\n"
	"  providers:\n"
	"%s\n"
	"infra:\n"
	"  bootstrap:\n"
	"    ssh:\n"
	"      user: root # anyone else needs sudo without a password\n"
	"      # privateKeyPath: ~/.ssh/id_ed25519\n"
	"    docker:\n"
	"      installMethod: apt # or official, script, skip\n"
	"      # minVersion: \"24.0\"\n"
	"    timeout: 15m # for one host, all steps\n";

static const char hosts_text[] =
	"# yaml-language-server: $schema=%s\n"
	"# The hosts to bootstrap. The id becomes the node's name in the private network.\n"
	"hosts:\n"
	"  - {id: plat-app-1, public_ip: 203.0.113.11, role: app}\n"
	"  - {id: plat-db-1, public_ip: 203.0.113.10, role: db}\n";

/* Whether PATH is there, in *THERE. False with *P set if that can't be told, or it is a link to nothing. */
static bool look(const char *path, bool *there, struct problem *p)
{
	struct stat st;

	*there = lstat(path, &st) == 0;
	if (!*there)
		return errno == ENOENT || problem_errno(p, errno, "cannot write %s", path);
	return stat(path, &st) == 0 ||
	       problem_set(p, "cannot write %s: it is a symbolic link that leads nowhere", path);
}

/* O_EXCL: never overwrites, not through a link either. */
static bool write_new(const char *path, const char *text, struct problem *p)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int error;

	error = fd < 0 ? errno : file_write(fd, text, strlen(text));
	if (fd >= 0 && close(fd) < 0 && !error)
		error = errno;
	if (fd >= 0 && error)
		unlink(path);
	if (error)
		return problem_errno(p, error, "cannot write %s", path);
	say(stdout, "wrote %s", path);
	return true;
}

/* One of the two, with the schema that its first line names. */
struct pair {
	const char *path, *text;
	const char *schema_path;
	void (*schema)(struct str *out);
	bool there;
};

/* The schema first, so that no file names one that isn't there; one that is there may be a newer one. */
static bool write_pair(const struct pair *pair, struct problem *p)
{
	struct str schema = STR_INIT;
	bool there, done = look(pair->schema_path, &there, p);

	if (done && !there) {
		pair->schema(&schema);
		done = write_new(pair->schema_path, str_text(&schema), p);
		str_free(&schema);
	}
	return done && write_new(pair->path, pair->text, p);
}

/* Writes which of the two is missing. */
static bool write_missing(struct pair *config, struct pair *hosts, bool quiet, struct problem *p)
{
	if (!look(config->path, &config->there, p) || !look(hosts->path, &hosts->there, p))
		return false;
	if (config->there && hosts->there)
		return problem_set(p, "%s and %s are there already; nothing was written", config->path,
				   hosts->path);
	if ((!config->there && !write_pair(config, p)) || (!hosts->there && !write_pair(hosts, p)))
		return false;
	if (config->there || hosts->there)
		say(stderr, "stagecraft: %s was there already, and stays as it is",
		    config->there ? config->path : hosts->path);
	if (!quiet)
		printf("Edit %s, then: stagecraft validate\n", config->there || hosts->there ? "it" : "both");
	return true;
}

static int run(const struct options *o)
{
	const struct network_provider *network = network_default();
	const char *slash = strrchr(o->file, '/');
	int folder = slash ? (int)(slash + 1 - o->file) : 0;
	struct arena arena = ARENA_INIT;
	struct problem problem = {.arena = &arena};
	struct pair config = {
		.path = o->file,
		.text = arena_printf(&arena, config_text, config_schema, network->head.id,
				     network->sample ? network->sample : ""),
		.schema_path = arena_printf(&arena, "%.*s%s", folder, o->file, config_schema),
		.schema = schema_config,
	};
	struct pair hosts = {
		.path = inputs_hosts_path(o->file, &arena),
		.text = arena_printf(&arena, hosts_text, hosts_schema),
		.schema_path = arena_printf(&arena, "%.*s%s", folder, o->file, hosts_schema),
		.schema = schema_hosts,
	};

	if (!write_missing(&config, &hosts, o->quiet, &problem))
		complain("%s", problem.text);
	arena_free(&arena);
	return problem.text ? EXIT_MACHINE : EXIT_DONE;
}

const struct command cmd_init = {
	.name = "init",
	.summary = "write a commented stagecraft.yml and hosts.yml to begin with, or the one that is missing",
	.options = "file quiet",
	.run = run,
	.help = "Beside each comes its JSON Schema (.stagecraft.schema.json, .hosts.schema.json), by which editors check\n"
		"and complete it; commit them too. After an upgrade of stagecraft: stagecraft schema >FILE.\n",
};
