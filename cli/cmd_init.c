#include "cli/cli.h"

#include "lib/str.h"
#include "providers/providers.h"

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

/* O_EXCL: never overwrites, not through a link either. */
static int write_new(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t len = strlen(text);
	ssize_t n;
	int error;

	if (fd < 0) {
		complain("cannot write %s: %s", path,
			 errno == EEXIST ? "it is there already" : strerror(errno));
		return EXIT_MACHINE;
	}
	while (len && (n = write(fd, text, len)) > 0) {
		text += n;
		len -= (size_t)n;
	}
	error = len ? errno : 0;
	if (close(fd) < 0 && !error)
		error = errno;
	if (error) {
		complain("cannot write %s: %s", path, strerror(error));
		unlink(path);
		return EXIT_MACHINE;
	}
	printf("wrote %s\n", path);
	return EXIT_DONE;
}

static int run(const struct options *o)
{
	const struct network_provider *provider = network_default();
	struct str config = STR_INIT;
	char hosts[PATH_MAX];
	struct stat st;
	const char *slash = strrchr(o->file, '/');
	int status;

	snprintf(hosts, sizeof hosts, "%.*shosts.yml", slash ? (int)(slash + 1 - o->file) : 0, o->file);
	if (lstat(hosts, &st) == 0) {
		complain("cannot write %s: it is there already", hosts);
		return EXIT_MACHINE;
	}
	str_addf(&config, config_head, provider->id, provider->sample);
	str_add(&config, config_tail);
	status = write_new(o->file, str_text(&config));
	str_free(&config);
	if (status == EXIT_DONE)
		status = write_new(hosts, hosts_text);
	if (status == EXIT_DONE && !o->quiet)
		puts("Edit both, then: stagecraft validate");
	return status;
}

const struct command cmd_init = {
	.name = "init",
	.arguments = "",
	.summary = "write a commented stagecraft.yml and hosts.yml to begin with; never overwrites",
	.options = "fq",
	.run = run,
};
