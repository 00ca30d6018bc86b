#include "runtime/reason.h"

#include <string.h>

enum { RUN = REASON_RUN, SCRIPT = REASON_SCRIPT, BOTH = REASON_RUN | REASON_SCRIPT };

/* In the order of docs/errors.md: reaching the host, talking to it, and then the steps. */
static const struct reason reasons[] = {
	/* the connection */
	{"dns", RUN, true, ABOUT_ADDRESS, "ssh could not resolve the host's name",
	 "check public_ip in the host list, and this machine's DNS"},
	{"refused", RUN, true, ABOUT_PORT, "nothing listens at the host's ssh port",
	 "check ssh.port and the host's firewall; a host that is still booting needs a moment"},
	{"unreachable", RUN, true, ABOUT_ADDRESS, "there is no route to the host",
	 "check that the host is up, its address, and this machine's network or VPN"},
	{"connect_timeout", RUN, true, ABOUT_CONNECT_TIMEOUT, "the host didn't answer within connectTimeout",
	 "check that the host is up and that no firewall drops ssh; raise ssh.connectTimeout for slow networks"},
	{"banner", RUN, true, ABOUT_PORT,
	 "something took the connection, but no ssh server answered, or it hung up before the login",
	 "check that ssh.port is sshd's; if sshd turns connections away (MaxStartups, PerSourcePenalties), lower --jobs; if it always hangs up, sshd's log on the host says why"},
	{"booting", RUN, true, ABOUT_HOST,
	 "the host is still booting or shutting down, and lets nobody but root log in",
	 "wait until the host has started; if it never ends, see `systemctl list-jobs` and /run/nologin there"},
	{"negotiation", RUN, false, ABOUT_ADDRESS, "ssh here and on the host have no algorithm in common",
	 "update the older of the two, or allow the algorithm in ssh_config"},
	{"host_key_unknown", RUN, false, ABOUT_HOST_KEY_CHECKING,
	 "the host's key is not in known_hosts, and hostKeyChecking is yes",
	 "add the host's key to the known_hosts file after checking its fingerprint, or use hostKeyChecking: accept-new; a jump host's key has to be there too"},
	{"host_key_changed", RUN, false, ABOUT_KNOWN_HOSTS,
	 "the host's key is not the one in known_hosts: another machine, or somebody in between",
	 "find out why; if the host was rebuilt, run `ssh-keygen -R` with its address, then run again"},
	{"auth", RUN, false, ABOUT_KEY_FILE, "the host took none of the keys offered",
	 "check ssh.user and ssh.privateKeyPath, that the agent holds the key (`ssh-add -l`), and the host's authorized_keys"},
	{"key_file", RUN, false, ABOUT_KEY_FILE, "ssh here couldn't use the private key file",
	 "check ssh.privateKeyPath: the file is there, its mode is 0600, it is whole and a private key (a .pub is not); one with a passphrase has to be in the agent (`ssh-add`)"},
	{"agent", RUN, true, ABOUT_KEY_FILE, "the ssh agent here didn't sign with its key",
	 "unlock the agent, or touch or confirm its key (`ssh-add -l` lists them), or use a key file by ssh.privateKeyPath"},
	{"wrong_user", RUN, false, ABOUT_USER, "the host wants another user to log in",
	 "set ssh.user to the user that the host names; stagecraft uses sudo there"},
	{"expired", RUN, false, ABOUT_USER, "the user's password or account on the host has expired",
	 "log in by hand once and change the password, or let it not expire (`chage -M -1` and `-E -1` with the user's name)"},
	{"ssh_policy", RUN, false, ABOUT_USER,
	 "the network's policy doesn't let this machine log in over the network's own ssh server",
	 "add a rule for this machine, the host and ssh.user to the policy's ssh section (action accept), or connect by public_ip"},
	{"ssh_check", RUN, true, ABOUT_USER, "the network's own ssh server waited for a check in a browser",
	 "visit the URL while the run waits, or let a rule with action accept, not check, cover this machine in the policy's ssh section"},
	{"ssh_config", RUN, false, ABOUT_ADDRESS, "ssh didn't take its own configuration or key file",
	 "mend what ssh complains of (permissions, an unknown option); `ssh -G` with the address shows what it reads"},
	{"jump", RUN, true, ABOUT_JUMP_HOST, "the jump host could not be used",
	 "check ssh.jumpHost (its name, port and user), that `ssh` to the jump host works by itself, and that it allows forwarding; it is offered ssh.privateKeyPath too"},
	{"proxy", RUN, false, ABOUT_ADDRESS, "the ProxyCommand of ssh_config couldn't be run",
	 "install the program that it names, or mend ProxyCommand in ssh_config; `ssh -G` with the address shows it"},
	{"ssh", RUN, true, ABOUT_ADDRESS, "ssh failed before the script began, and didn't say why",
	 "try the same connection by hand with `ssh -v`"},
	{"no_shell", RUN, false, ABOUT_USER, "the login worked, but no shell ran the script",
	 "check the user's login shell on the host (nologin?), and forced commands in authorized_keys or sshd_config"},
	{"sudo", RUN, false, ABOUT_USER, "the user is not root and can't become root without a password",
	 "install sudo and let the user run it without a password (NOPASSWD) and without a terminal (!requiretty), or log in as root"},
	{"lost", RUN, true, ABOUT_HOST, "the connection was lost before the script's last record",
	 "the host finishes its step or stops cleanly: give it a moment"},
	{"timeout", RUN, true, ABOUT_TIMEOUT, "the host was not done within its deadline",
	 "see where it was; raise infra.bootstrap.timeout if it was merely slow. The host finishes its step"},
	{"protocol", RUN, false, ABOUT_HOST, "what the host sent is not what its script sends",
	 "see the host's log: something else writes on the connection, or the host is not to be trusted"},
	{"interrupted", RUN, true, ABOUT_HOST, "the run was interrupted while the host was at work",
	 "the host finishes its step by itself: give it a moment"},
	{"not_started", RUN, true, ABOUT_HOST, "the run ended before this host's turn",
	 "nothing was done on it"},

	/* host.preflight */
	{"not_root", SCRIPT, false, ABOUT_USER, "the script doesn't run as root",
	 "log in as root, or as a user who may run sudo without a password"},
	{"unsupported_os", SCRIPT, false, ABOUT_HOST, "the host runs neither Debian nor Ubuntu",
	 "use a Debian or Ubuntu host"},
	{"no_systemd", SCRIPT, false, ABOUT_HOST, "systemd doesn't run the host",
	 "use a host that systemd runs; a plain container is not one"},
	{"no_tun", SCRIPT, false, ABOUT_HOST, "the host has no /dev/net/tun",
	 "give the host /dev/net/tun (containers: pass the device through; VMs: load the module tun)"},
	{"busy", SCRIPT, true, ABOUT_HOST, "another stagecraft run is at work on the host",
	 "wait until it has ended"},
	{"disk_full", SCRIPT, true, ABOUT_HOST, "there is too little room on the host",
	 "make room on / and /var (or /run); where `df` shows room, look at `df -i`"},
	{"read_only", SCRIPT, true, ABOUT_HOST,
	 "a file system that packages are installed on is mounted read-only",
	 "see `dmesg` on the host for why (an error of the disk?), mend that, and mount it writable"},
	{"cloud_init", SCRIPT, true, ABOUT_HOST, "the host's first boot didn't end in time",
	 "see `cloud-init status --long` on the host, and wait until it has finished"},
	{"cloud_init_failed", SCRIPT, true, ABOUT_HOST, "the host's first boot ended in an error",
	 "waiting doesn't help: see /var/log/cloud-init-output.log on the host, mend what the named module was told to do, and reboot the host, or make it anew"},
	{"dpkg_broken", SCRIPT, false, ABOUT_HOST, "dpkg was interrupted and can't be mended by itself",
	 "run `dpkg --configure -a` on the host and mend what it complains of"},
	{"apt_lock", SCRIPT, true, ABOUT_HOST, "another process works on packages and didn't end in time",
	 "wait until the named process has finished (often unattended-upgrades); remove no lock file"},
	{"apt_update", SCRIPT, false, ABOUT_HOST, "the package lists couldn't be fetched",
	 "run `apt-get update` on the host and mend the package source that it names"},
	{"download", SCRIPT, true, ABOUT_STEP, "the host couldn't download something",
	 "check the host's DNS, routes, proxy and clock"},
	{"install_failed", SCRIPT, true, ABOUT_STEP, "a package or installer failed",
	 "see the host's log for what apt or the installer said, and mend it"},
	{"package_conflict", SCRIPT, false, ABOUT_STEP,
	 "an installed package is in the way of one that is to be installed",
	 "remove the named package yourself (docker.io and docker-ce exclude each other), or choose the other installMethod"},

	/* docker */
	{"no_repository", SCRIPT, false, ABOUT_STEP, "Docker has no packages for this release",
	 "use installMethod apt, or a release that Docker serves"},
	{"repository_conflict", SCRIPT, true, ABOUT_STEP,
	 "Docker's repository is configured in another way already",
	 "leave one source entry for download.docker.com under /etc/apt"},
	{"docker_key", SCRIPT, false, ABOUT_STEP, "the downloaded key is not Docker's",
	 "find out what stands between the host and download.docker.com"},
	{"docker_no_version", SCRIPT, false, ABOUT_DOCKER_VERSION,
	 "there is no package of the configured version",
	 "set infra.bootstrap.docker.version to latest, or to a version that `apt-cache madison` lists on the host"},
	{"docker_missing", SCRIPT, false, ABOUT_STEP, "Docker isn't installed, and installMethod is skip",
	 "install Docker on the host, or choose another installMethod than skip"},
	{"docker_snap", SCRIPT, true, ABOUT_STEP, "Docker was installed as a snap, and doesn't run",
	 "remove the snap (`snap remove docker`) or start it (`snap start docker`)"},
	{"docker_podman", SCRIPT, false, ABOUT_STEP, "the command docker is Podman's",
	 "remove the package podman-docker, or use a host without Podman's docker command"},
	{"docker_rootless", SCRIPT, false, ABOUT_STEP, "Docker runs for a user only",
	 "start Docker as the host's own service, or end the rootless one"},
	{"docker_denied", SCRIPT, false, ABOUT_STEP, "root may not talk to Docker",
	 "find out what keeps root from /var/run/docker.sock (AppArmor, SELinux, its owner)"},
	{"docker_odd", SCRIPT, true, ABOUT_STEP, "Docker runs, but the docker command can't use it",
	 "if one is too old for the other, upgrade it (the command is in docker-ce-cli or docker-cli); else see where the daemon listens (`journalctl -u docker`)"},
	{"docker_hang", SCRIPT, true, ABOUT_STEP, "Docker doesn't answer",
	 "see `journalctl -u docker` on the host; restart it when its containers allow"},
	{"docker_down", SCRIPT, true, ABOUT_STEP, "Docker's daemon doesn't run",
	 "see `systemctl status docker` and `journalctl -u docker` on the host"},
	{"docker_too_old", SCRIPT, false, ABOUT_DOCKER_MIN_VERSION, "Docker is older than minVersion",
	 "upgrade Docker on the host, or lower infra.bootstrap.docker.minVersion"},

	/* network */
	{"network_missing", SCRIPT, false, ABOUT_INSTALL_METHOD, "the network's client isn't installed",
	 "install the client on the host, or set install.method to auto"},
	{"version_unreadable", SCRIPT, false, ABOUT_STEP, "an installed version can't be read",
	 "the version is not of the form 1.2.3: install a released version"},
	{"version_too_old", BOTH, false, ABOUT_MIN_VERSION, "the network's client is older than min_version",
	 "upgrade the client on the host, or lower install.min_version; stagecraft upgrades nothing by itself"},
	{"daemon_down", SCRIPT, true, ABOUT_STEP, "the network client's daemon doesn't run",
	 "see `systemctl status` and `journalctl -u` of the client's daemon on the host"},
	{"daemon_hang", SCRIPT, true, ABOUT_STEP, "the network client's daemon doesn't answer",
	 "see `journalctl -u` of the client's daemon on the host, and restart it"},
	{"auth_key_missing", SCRIPT, true, ABOUT_AUTH_KEY_ENV,
	 "the host has to join, and there is no auth key", "set the variable to an auth key"},
	{"auth_key_invalid", SCRIPT, true, ABOUT_AUTH_KEY_ENV, "the network didn't take the auth key",
	 "make a new auth key (reusable, not expired) and use that"},
	{"needs_approval", BOTH, true, ABOUT_AUTH_KEY_ENV, "the network wants somebody to approve the host",
	 "approve the host in the admin console, or use a pre-approved auth key"},
	{"tailnet_mismatch", BOTH, false, ABOUT_DOMAIN, "the host belongs to another network",
	 "it was left alone: check tailnet_domain, or log the host out of that network first"},
	{"name_mismatch", BOTH, false, ABOUT_HOST, "the machine is joined under another host's name",
	 "it was left alone: check the host's address; if it is the right machine, run again with --rename"},
	{"tag_mismatch", BOTH, true, ABOUT_TAGS, "the host's tags are not the expected ones",
	 "let the auth key and the network's policy (tagOwners) permit these tags, or set them on the server or the key"},
	{"settings_mismatch", SCRIPT, false, ABOUT_UP_ARGS, "the host has settings that a join would change",
	 "add the named settings to network.providers.*.up_args, or set them back on the host"},
	{"settings_refused", SCRIPT, true, ABOUT_UP_ARGS, "the network's client did not take a setting",
	 "see what it says: mend up_args, allow the setting in the tailnet (its ssh, for --ssh), or update a client that does not know it"},
	{"login_server_mismatch", SCRIPT, false, ABOUT_LOGIN_SERVER,
	 "the host is joined to another control server",
	 "check login_server, or log the host out of that network first"},
	{"login_server", BOTH, true, ABOUT_LOGIN_SERVER,
	 "the network's control server can't be used, or doesn't answer",
	 "check login_server, what answers there (it has to be a control server, with a certificate that the host trusts), the host's clock, and its way there"},
	{"accept_risk", SCRIPT, true, ABOUT_UP_ARGS, "the client won't join without a risk being accepted",
	 "connect to the host in another way than over its network, or add the named --accept-risk to network.providers.*.up_args: the connection may then be lost amid the join, and the host's state is read again"},
	{"oauth_client", SCRIPT, true, ABOUT_AUTH_KEY_ENV,
	 "the OAuth client can't make an auth key for the host",
	 "give the OAuth client the scope auth_keys (write) and every tag that its hosts get, and each host a tag"},
	{"node_expired", SCRIPT, true, ABOUT_HOST, "the control server let the node's own key expire",
	 "delete the node on the server (its own command for it, or its console), then run again: it joins anew"},
	{"join_timeout", SCRIPT, true, ABOUT_JOIN_TIMEOUT, "the host didn't join in time",
	 "check that the host reaches the control server; raise join_timeout for slow networks"},
	{"join_failed", SCRIPT, true, ABOUT_STEP, "the network's client couldn't join",
	 "see the host's log for what the client said"},
	{"not_joined", BOTH, true, ABOUT_AUTH_KEY_ENV, "the host is logged out of the network",
	 "let it join again, with an auth key"},
	{"status_unreadable", BOTH, false, ABOUT_STEP,
	 "the network client's status is not the document it should be",
	 "ask the client on the host for its status as JSON; reinstall it if it prints anything else"},
	{"pending", SCRIPT, true, ABOUT_HOST, "not judged: an earlier step would change first",
	 "nothing to do: apply first"},
	{"internal", BOTH, false, ABOUT_HOST, "a bug of stagecraft", "please report it with the host's log"},
};

enum { REASONS = sizeof reasons / sizeof *reasons };

const struct reason *reason_find(const char *name)
{
	for (size_t i = 0; i < REASONS; i++) {
		if (strcmp(reasons[i].name, name) == 0)
			return &reasons[i];
	}
	return NULL;
}

bool reason_of_script(const char *name)
{
	const struct reason *r = reason_find(name);

	return r && (r->sources & REASON_SCRIPT);
}

const char *reason_error_code(const char *name, const struct step *step)
{
	/* Those that decide it, whichever step was under way. */
	static const char *const codes[][2] = {
		{"", ""},
		{"not_started", ""},
		{"unsupported_os", "network_install_failed"},
		{"docker_missing", "docker_detect_failed"},
		{"tailnet_mismatch", "network_join_failed"},
		{"name_mismatch", "network_join_failed"},
		{"auth_key_missing", "network_join_failed"},
	};
	const struct reason *r = reason_find(name);

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		if (strcmp(codes[i][0], name) == 0)
			return codes[i][1];
	}
	/* What only this side can say is about the connection. */
	return step && !(r && r->sources == REASON_RUN) ? step->error_code : "ssh_failed";
}

static const char rerun[] = " Running again is safe.";

void reason_add_advice(struct str *out, const char *name)
{
	const struct reason *r = reason_find(name);

	if (r)
		str_addf(out, "%s.%s", r->advice, r->rerun_safe ? rerun : "");
}

void reasons_write_markdown(FILE *to)
{
	static const char *const heads[] = {
		[RUN] = "## The connection and the run\n\n"
			"Said by stagecraft itself. `error_code` is `ssh_failed`; of a host that never started it is empty.\n\n",
		[SCRIPT] =
			"## The steps\n\n"
			"Said by a step of the host's script. `error_code` goes by the step: `ssh_failed` for host.preflight (but\n"
			"`network_install_failed` for `unsupported_os`, and `network_join_failed` for what it says of the network), `docker_install_failed` (but `docker_detect_failed` for\n"
			"`docker_missing`), `docker_verify_failed`, `network_install_failed`, and `network_join_failed` for\n"
			"network.join and network.verify.\n\n",
		[BOTH] =
			"## The network, read twice\n\n"
			"Said by a step, or by stagecraft when it reads the host's network status again and disagrees.\n\n",
	};

	fputs("# Why a host failed\n\n"
	      "Written from the table in runtime/reason.c by `make docs`; change it there.\n\n"
	      "Every failed host of a report has an `error_code`, which says what failed, and a `reason`, which says why. Both\n"
	      "are stable. Nothing here means that the host was left half changed: a step either does not begin, or finishes\n"
	      "even when the connection is gone; the next run looks at what is there and goes on from it.\n\n"
	      "Its `source` is the line of what the last column names, in the host's own section or else in stagecraft.yml.\n"
	      "Where that is left out, it's the line of what asks for the step that failed, or of the host. Of tags, it's each\n"
	      "line that gives one that lacks.\n",
	      to);
	for (unsigned sources = RUN; sources <= BOTH; sources++) {
		fprintf(to, "\n%s| reason | means | what to do | points at |\n|---|---|---|---|\n",
			heads[sources]);
		for (const struct reason *r = reasons; r < reasons + REASONS; r++) {
			if (r->sources == sources)
				fprintf(to, "| `%s` | %s | %s.%s | %s |\n", r->name, r->means, r->advice,
					r->rerun_safe ? rerun : "", about_kinds[r->about].words);
		}
	}
}
