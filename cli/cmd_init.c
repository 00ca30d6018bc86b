#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "lib/file.h"
#include "lib/str.h"
#include "providers/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char config_head[] =
	"# What stagecraft makes of your hosts. `stagecraft help config` lists every key.\n"
	"network:\n"
	"  provider: %s\n"
	"  providers:\n"
	"%s\n";

static const char config_tail[] = "infra:\n"
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

/* Whether PATH is there. False with *STATUS set if that can't be told, or it is a link to nothing. */
static bool look(const char *path, bool *there, int *status)
{
	struct stat st;

	*there = lstat(path, &st) == 0;
	if (!*there && errno != ENOENT) {
		complain("cannot write %s: %s", path, strerror(errno));
		*status = EXIT_MACHINE;
	} else if (*there && stat(path, &st) < 0) {
		complain("cannot write %s: it is a symbolic link that leads nowhere", path);
		*status = EXIT_MACHINE;
	}
	return *status == EXIT_DONE;
}

/* O_EXCL: never overwrites, not through a link either. */
static int write_new(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int error;

	if (fd < 0) {
		complain("cannot write %s: %s", path, strerror(errno));
		return EXIT_MACHINE;
	}
	error = file_write(fd, text, strlen(text));
	if (close(fd) < 0 && !error)
		error = errno;
	if (error) {
		complain("cannot write %s: %s", path, strerror(error));
		unlink(path);
		return EXIT_MACHINE;
	}
	say(stdout, "wrote %s", path);
	return EXIT_DONE;
}

static int write_config(const char *path)
{
	const struct network_provider *provider = network_default();
	struct str config = STR_INIT;
	int status;

	str_addf(&config, config_head, provider->head.id, provider->sample ? provider->sample : "");
	str_add(&config, config_tail);
	status = write_new(path, str_text(&config));
	str_free(&config);
	return status;
}

/* Writes which of the two is missing. */
static int run(const struct options *o)
{
	const char *slash = strrchr(o->file, '/');
	bool config_there, hosts_there;
	char hosts[PATH_MAX];
	int status = EXIT_DONE;

	snprintf(hosts, sizeof hosts, "%.*shosts.yml", slash ? (int)(slash + 1 - o->file) : 0, o->file);
	if (!look(o->file, &config_there, &status) || !look(hosts, &hosts_there, &status))
		return status;
	if (config_there && hosts_there) {
		complain("%s and %s are there already; nothing was written", o->file, hosts);
		return EXIT_MACHINE;
	}
	if (!config_there)
		status = write_config(o->file);
	if (status == EXIT_DONE && !hosts_there)
		status = write_new(hosts, hosts_text);
	if (status == EXIT_DONE && (config_there || hosts_there))
		say(stderr, "stagecraft: %s was there already, and stays as it is",
		    config_there ? o->file : hosts);
	if (status == EXIT_DONE && !o->quiet)
		printf("Edit %s, then: stagecraft validate\n", config_there || hosts_there ? "it" : "both");
	return status;
}

const struct command cmd_init = {
	.name = "init",
	.arguments = "",
	.summary = "write a commented stagecraft.yml and hosts.yml to begin with, or the one that is missing",
	.options = "file quiet",
	.run = run,
};
