#include "cli/inputs.h"
#include "cli/terminal.h"
#include "lib/file.h"
#include "lib/problem.h"
#include "providers/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char config_text[] =
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

/* Writes which of the two is missing. */
static bool write_missing(const char *config, const char *hosts, bool quiet, struct problem *p)
{
	const struct network_provider *network = network_default();
	const char *text =
		arena_printf(p->arena, config_text, network->head.id, network->sample ? network->sample : "");
	bool config_there, hosts_there;

	if (!look(config, &config_there, p) || !look(hosts, &hosts_there, p))
		return false;
	if (config_there && hosts_there)
		return problem_set(p, "%s and %s are there already; nothing was written", config, hosts);
	if ((!config_there && !write_new(config, text, p)) ||
	    (!hosts_there && !write_new(hosts, hosts_text, p)))
		return false;
	if (config_there || hosts_there)
		say(stderr, "stagecraft: %s was there already, and stays as it is",
		    config_there ? config : hosts);
	if (!quiet)
		printf("Edit %s, then: stagecraft validate\n", config_there || hosts_there ? "it" : "both");
	return true;
}

static int run(const struct options *o)
{
	struct arena arena = ARENA_INIT;
	struct problem problem = {.arena = &arena};

	if (!write_missing(o->file, inputs_hosts_path(o->file, &arena), o->quiet, &problem))
		complain("%s", problem.text);
	arena_free(&arena);
	return problem.text ? EXIT_MACHINE : EXIT_DONE;
}

const struct command cmd_init = {
	.name = "init",
	.summary = "write a commented stagecraft.yml and hosts.yml to begin with, or the one that is missing",
	.options = "file quiet",
	.run = run,
};
