#!/usr/bin/env bats
# docker.install by each method, docker.verify, and what apt and dpkg can do to them.
# shellcheck disable=SC2016,SC2059,SC2154 # text for the host; set in common.bash

load common

# installs RESULT|REASON|MESSAGE [HOST_SCRIPT'S ARGUMENTS]: an apply; docker.install ends so.
installs() {
  local want=$1
  shift
  apply "$@"
  expect docker.install "$want"
}

changed_nothing() {
  not_called 'apt-get\|dpkg\|curl\|systemctl enable\|docker-installer'
  [ "$(find "$H/root/etc/apt" -type f)" = '' ]
}

# ---- an engine that is there already

there() {
  for method in apt official script skip; do
    host_script -d "$method"
    for mode in apply check; do
      send $mode
      status_is 0
      expect docker.install 'ok||Docker 26.1.5+dfsg1 answers'
      changed_nothing
    done
  done
}
@test "docker: an engine that answers is left alone, whatever the method" { every_shell there; }

environment() { # the local engine is asked, whatever the environment says
  host_script
  ENVIRONMENT='DOCKER_HOST=tcp://192.0.2.1:2375 DOCKER_TLS_VERIFY=1 DOCKER_CONTEXT=far' by_hand
  status_is 0
  [ "$(cat "$H/docker.env")" = ' default' ]
}
@test "fault: DOCKER_HOST is set" { every_shell environment; }

down() {
  for method in apt official script skip; do
    : >"$H/docker-down"
    echo 'loaded inactive disabled' >"$H/units/docker.service"
    host_script -d "$method"
    send check
    status_is 2
    expect docker.install 'would_change||start and enable docker.service'
    expect docker.verify 'skipped|pending|*'
    changed_nothing
    send apply
    status_is 0
    expect docker.install 'changed||started Docker 26.1.5+dfsg1'
    not_called 'apt-get\|curl'
  done
  : >"$H/docker-down"
  echo 'loaded failed enabled' >"$H/units/docker.service"
  : >"$H/units/docker.service.fails"
  send apply
  expect docker.install 'failed|docker_down|docker.service does not start: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
  grep -q 'the journal of .*-u docker.service' "$H/err"
  echo 'masked inactive masked' >"$H/units/docker.service"
  installs 'failed|docker_down|docker.service is masked'
  changed_nothing
}
@test "fault: the Docker daemon is down" { every_shell down; }

disabled() { # it runs, and would not after a boot: also where its socket is enabled, which starts no container
  echo 'loaded active enabled' >"$H/units/docker.socket"
  for method in apt official script skip; do
    echo 'loaded active disabled' >"$H/units/docker.service"
    host_script -d "$method"
    send check
    status_is 2
    expect docker.install 'would_change||enable docker.service'
    expect docker.verify 'ok||*'
    changed_nothing
    send apply
    status_is 0
    expect docker.install 'changed||enabled docker.service'
    [ "$(cat "$H/units/docker.service")" = 'loaded active enabled' ]
    send apply
    expect docker.install 'ok||*'
  done
  for state in 'loaded active static' 'loaded active indirect' 'not-found inactive'; do # not by this unit
    echo "$state" >"$H/units/docker.service"
    send check
    status_is 0
  done
}
@test "fault: Docker is not enabled at boot" { every_shell disabled; }

until_boot() {
  echo 'loaded active enabled-runtime' >"$H/units/docker.service"
  check
  expect docker.install 'would_change||enable docker.service'
  echo 'masked active masked' >"$H/units/docker.service"
  send check
  expect docker.install 'failed|docker_down|docker.service is masked, and does not start at boot'
}
@test "docker: enabled until the next boot, or masked while it runs" { every_shell until_boot; }

ORDER="Docker publishes on the tailnet's address: let docker.service start After=tailscaled.service"
order() {
  mkdir -p "$H/root/etc/docker"
  host_script
  warned() { # warned WARNING PORTS [DAEMON.JSON]
    echo "$2" >"$H/docker/ports"
    echo "${3-}" >"$H/root/etc/docker/daemon.json"
    for mode in apply check; do
      send $mode
      status_is 0
      [ "$(fact warning)" = "$1" ]
    done
  }
  warned '' '100.101.102.103:80->80/tcp' # no client, or none that has an address
  printf '100.101.102.103\nfd7a:115c:a1e0::1234\n' >"$H/ts/ip"
  warned '' '0.0.0.0:80->80/tcp, [::]:80->80/tcp'
  warned '' '10.100.64.1:80->80/tcp' '{"ip": "127.0.0.1"}'
  warned "$ORDER" '127.0.0.1:1->1/tcp, 100.101.102.103:80->80/tcp'
  warned "$ORDER" '[fd7a:115c:a1e0::1234]:80->80/tcp'
  warned "$ORDER" '' '{"ip": "100.101.102.103"}'
  warned "$ORDER" '' '{"hosts": ["fd://", "tcp://100.101.102.103:2376"]}'
  rm "$H/root/etc/docker/daemon.json"
  echo tailscaled.service >"$H/units/docker.service.after"
  warned '' '100.101.102.103:80->80/tcp' '{"ip": "100.101.102.103"}'
}
@test "fault: Docker starts before the tailnet's address is there" { every_shell order; }

hangs() {
  : >"$H/docker/hang"
  installs "failed|docker_hang|docker version gave no answer in 2 s"
  changed_nothing
}
@test "fault: the docker command hangs" { every_shell hangs; }

denied() {
  echo 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock' >"$H/docker/error"
  installs 'failed|docker_denied|root may not talk to Docker: permission denied while *'
  changed_nothing
}
@test "fault: root may not talk to Docker" { every_shell denied; }

podman() {
  # podman-docker of Debian 13, with its nodocker file: it says no word of its own.
  # shellcheck disable=SC1003
  printf '%s\n' '#!/bin/sh' '[ -e /etc/containers/nodocker ] || [ -e "${XDG_CONFIG_HOME-$HOME/.config}/containers/nodocker" ] || \' \
    'echo "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg." >&2' 'exec /usr/bin/podman "$@"' >"$H/bin/docker"
  installs 'failed|docker_podman|*'
  changed_nothing
  installs 'failed|docker_podman|*' -d official
  changed_nothing
  printf '#!/bin/sh\nexit 125\n' >"$H/bin/podman"
  chmod +x "$H/bin/podman"
  ln -sf podman "$H/bin/docker" # as other distributions and people do
  installs 'failed|docker_podman|*'
  changed_nothing
  rm "$H/bin/docker"
  docker_stub
  echo '4.3.1 Podman Engine Conmon OCI Runtime (crun) ' >"$H/docker/server" # Docker's client, but podman.sock
  installs 'failed|docker_podman|*'
  changed_nothing
}
@test "fault: docker is Podman" { every_shell podman; }

odd() { # it answers, so it runs: nothing is started, enabled or installed
  local runs='failed|docker_odd|Docker runs, but the docker command cannot use it:'
  for state in 'loaded active enabled' 'loaded active disabled' 'not-found inactive'; do
    echo "$state" >"$H/units/docker.service"
    for text in 'Error response from daemon: client version 1.40 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version' \
      'Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.41'; do
      printf 'Client:\n Version: 19.03.15\n%s\n' "$text" >"$H/docker/error"
      for method in apt official script skip; do
        host_script -d $method
        for mode in apply check; do
          send $mode
          expect docker.install "$runs $text"
          changed_nothing
        done
      done
    done
  done
  # Its service is active, and the command asks elsewhere.
  echo 'loaded active enabled' >"$H/units/docker.service"
  echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >"$H/docker/error"
  installs "$runs Cannot connect *"
  changed_nothing
  rm "$H/docker/error"
  echo 'dev Engine ' >"$H/docker/server" # a daemon that was built by hand
  installs "$runs *"
  changed_nothing
}
@test "fault: Docker runs, and the docker command can't use it" { every_shell odd; }

rootless() {
  : >"$H/docker-down"
  echo 'loaded inactive disabled' >"$H/units/docker.service"
  mkdir -p "$H/root/run/user/1000"
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$H/root/run/user/1000/docker.sock" 2>/dev/null ||
    perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); chdir $ARGV[0]; bind(S, sockaddr_un("docker.sock")) or die' "$H/root/run/user/1000"
  installs 'failed|docker_rootless|Docker runs rootless (*docker.sock)*'
  changed_nothing
}
@test "fault: Docker is rootless" { every_shell rootless; }

snap() {
  rm "$H/bin/docker" "$H/units/docker.service"
  : >"$H/root/snap/bin/docker"
  installs 'failed|docker_snap|*'
  changed_nothing
}
@test "fault: Docker is a snap" { every_shell snap; }

missing() {
  no_docker
  installs 'failed|docker_missing|Docker is not installed, and installMethod is skip' -d skip
  changed_nothing
  docker_stub # the client alone
  : >"$H/docker-down"
  installs 'failed|docker_missing|Docker is not installed, and installMethod is skip' -d skip
  changed_nothing
}
@test "skip: no engine" { every_shell missing; }

# ---- apt

from_apt() {
  no_docker
  host_script
  send check
  status_is 2
  expect docker.install "would_change||install Docker from the distribution's packages"
  expect docker.verify 'skipped|pending|*'
  changed_nothing
  send apply
  status_is 0
  expect docker.install 'changed||installed Docker 26.1.5+dfsg1'
  [ "$(paste -s -d ' ' "$H/installed")" = 'install --no-install-recommends docker.io apparmor ca-certificates' ]
  never grep -q -e 'remove\|purge\|dist-upgrade\|allow-downgrades\|AllowUnauthenticated\|autoremove' "$H/calls"
}
@test "apt: installs, once" { every_shell from_apt; }

policy() { # policy PACKAGE CANDIDATE…
  while [ $# -gt 0 ]; do
    printf '%s:\n  Installed: (none)\n  Candidate: %s\n  Version table:\n     %s 500\n' "$1" "$2" "$2"
    shift 2
  done >"$H/apt-cache.policy"
}
apt_extras() { # apt_extras WANT
  mv "$H/bin/docker" "$H/docker.later"
  rm -f "$H/installed" "$H/units/docker.service"
  apply
  [ "$(paste -s -d ' ' "$H/installed")" = "install --no-install-recommends docker.io apparmor ca-certificates$1" ]
}
extras() {
  policy docker-compose 1.29.2-3 # Debian 12
  apt_extras ''
  policy docker-cli 26.1.5+dfsg1-9 docker-compose 2.26.1-4 # Debian 13
  apt_extras ' docker-cli docker-compose'
  policy docker-compose-v2 2.24.6+ds1-0ubuntu1 docker-compose 1.29.2-6ubuntu1 # Ubuntu 24.04
  apt_extras ' docker-compose-v2'
  policy docker-compose '(none)' docker-compose-v2 '(none)'
  apt_extras ''
}
@test "apt: the client and Compose, where the distribution has packages of them" { every_shell extras; }

madison() { printf ' docker.io | %s | http://deb.debian.org/debian bookworm/main amd64 Packages\n' "$@" >"$H/apt-cache.madison"; }
picks() { # picks VERSION PICKED
  mv "$H/bin/docker" "$H/docker.later" 2>/dev/null || true
  rm -f "$H/installed" "$H/units/docker.service"
  apply DOCKER_VERSION="$1"
  if [ "$2" ]; then
    grep -qxF "docker.io=$2" "$H/installed"
  else
    expect docker.install "failed|docker_no_version|there is no version $1 of the package docker.io"
    [ ! -e "$H/installed" ]
  fi
}
versions() {
  no_docker
  madison 5:26.1.4-1~debian.12~bookworm 5:26.1.3-1~debian.12~bookworm 20.10.24+dfsg1-1+deb12u1 20.10.5+dfsg1-1
  picks 26 5:26.1.4-1~debian.12~bookworm
  picks 26.1.3 5:26.1.3-1~debian.12~bookworm
  picks 5:26.1.3 5:26.1.3-1~debian.12~bookworm
  picks 20.10 20.10.24+dfsg1-1+deb12u1
  picks 20.10.5 20.10.5+dfsg1-1
  picks 2 ''
  picks 20.10.2 ''
  picks 26.1.5 ''
  picks 27 ''
  : >"$H/apt-cache.madison"
  picks 26 ''
}
@test "apt: a version that is asked for" { every_shell versions; }

# ---- apt in trouble

LOCKED='E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1234 (unattended-upgr)\nE: Unable to lock directory /var/lib/apt/lists/'

trouble() { # trouble SUBCOMMAND OUTPUT STATUS RESULT
  printf "printf '%%b\\\\n' '%s' >&2; exit %s\n" "$2" "$3" >"$H/apt-get.$1"
  send apply
  expect docker.install "$4"
  rm "$H/apt-get.$1"
}

troubles() {
  no_docker
  host_script
  trouble update "$LOCKED" 100 'failed|apt_lock|apt or dpkg still locked after 2 s by process 1234 (unattended-upgr)'
  [ "$(grep -c '^apt-get update' "$H/calls")" -gt 1 ]
  trouble install 'E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?' 100 'failed|apt_lock|*unknown'
  # Nothing was fetched, yet apt-get ended well.
  trouble update 'W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving\nW: Some index files failed to download. They have been ignored, or old ones used instead.' 0 \
    'failed|download|apt-get update failed: *'
  trouble update 'E: The repository http://example.org/debian x Release does not have a Release file.' 100 'failed|apt_update|apt-get update failed: E: The repository*'
  trouble install 'E: You don`t have enough free space in /var/cache/apt/archives/.' 100 'failed|disk_full|*'
  trouble install 'dpkg: error processing archive x.deb (--unpack):\n cannot copy extracted data: failed to write (No space left on device)' 100 'failed|disk_full|*'
  trouble install 'The following packages will be REMOVED:\n  docker-ce containerd.io\n0 upgraded, 1 newly installed, 2 to remove and 0 not upgraded.\nE: Packages need to be removed but remove is disabled.' 100 'failed|package_conflict|apt-get install failed: in the way: docker-ce containerd.io'
  trouble install 'E: Failed to fetch http://deb.debian.org/debian/pool/x.deb  404  Not Found' 100 'failed|download|apt-get install failed: E: Failed to fetch *'
  trouble install 'E: Sub-process /usr/bin/dpkg returned an error code (1)' 100 'failed|install_failed|apt-get install failed: E: Sub-process *'
  trouble install 'odd' 7 'failed|install_failed|apt-get install failed: odd'
  [ "$(work_dirs)" = '' ]
  # It ended well, but no engine answers.
  printf 'mv "$H/docker.later" "$H/bin/docker"; : >"$H/docker-down"; echo loaded >"$H/units/docker.service"; : >"$H/units/docker.service.fails"' >"$H/apt-get.install"
  send apply
  expect docker.install 'failed|docker_down|*'
}
@test "apt: what goes wrong is named" { every_shell troubles; }

# says NAME SUBCOMMAND RESULT: apt-get prints the file of that name, of either generation; of one with carriage returns, as
# dpkg's terminal has them.
says() {
  local apt
  declare -A show=([apt2]=cat [apt3]="sed 's/\$/\\r/'")
  for apt in apt2 apt3; do
    [ -s "$BATS_TEST_DIRNAME/said/$apt/$1" ]
    printf '%s "%s"; exit 100\n' "${show[$apt]}" "$BATS_TEST_DIRNAME/said/$apt/$1" >"$H/apt-get.$2"
    send apply
    echo "$apt $1"
    expect docker.install "$3"
    rm "$H/apt-get.$2"
  done
}
said() {
  local f=apt-get\ install\ failed:
  no_docker
  host_script
  says overwrite install "failed|package_conflict|$f dpkg: error processing docker-compose-plugin: trying to overwrite '/usr/libexec/docker/cli-plugins/docker-compose', which is also in package docker-compose *2.26.1-4*"
  says conflict install "failed|package_conflict|$f in the way: docker.io"
  says held install "failed|package_conflict|$f docker-ce : Conflicts: docker.io but 26 is to be installed"
  says broken install "failed|install_failed|$f dpkg: error processing package broken (--configure): installed broken package post-installation script subprocess returned error exit status 1"
  says needy install "failed|install_failed|$f needy : Depends: not-there (>= 3) but it is not installable"
  says downgrade install "failed|install_failed|$f E: Packages were downgraded and -y was used without --allow-downgrades."
  says diskfull install "failed|disk_full|$f cannot copy extracted data for './opt/big' to '/opt/big.dpkg-new': failed to write (No space left on device); 18554 MiB free on / or /var"
  says readonly-update update 'failed|read_only|apt-get update failed: Could not create temporary file for /var/lib/apt/lists/partial/_repo_._Packages - mkstemp (30: Read-only file system)'
  says dns update "failed|download|apt-get update failed: E: Failed to fetch http://nosuch.invalid/debian/dists/trixie/InRelease Could not resolve 'nosuch.invalid'"
  says nokey update 'failed|apt_update|apt-get update failed: W: *http://deb.debian.org/debian trixie InRelease: *'
  sed -i 's/APT_WAIT_S=2$/APT_WAIT_S=0/' "$H/script"
  says locked install 'failed|apt_lock|apt or dpkg still locked after 0 s by process * (perl)'
  says listslocked update 'failed|apt_lock|apt or dpkg still locked after 0 s by process * (perl)'
}
@test "apt: the cause is named, whichever generation says it" { every_shell said; }

read_only() {
  no_docker
  printf '/dev/vda1 / ext4 ro,relatime,errors=remount-ro 0 0\n/dev/vdb1 /var ext4 rw 0 0\n' >"$H/mounts"
  docker_site
  printf '#!/bin/sh\necho docker-installer >>%s/calls\n' "$H" >"$H/web/get.docker.com"
  for method in apt official script; do
    installs 'failed|read_only|mounted read-only: /' -d $method
    not_called 'apt-get \(update\|install\)\|gpg\|docker-installer'
  done
  # Mounted over, later; and amid the work.
  printf '/dev/vda1 / ext4 ro 0 0\noverlay / overlay rw 0 0\n/dev/vdb1 /media/cd iso9660 ro 0 0\n' >"$H/mounts"
  # shellcheck disable=SC2028 # for the stub
  echo 'printf "/dev/vda1 / ext4 rw 0 0\n/dev/vda2 /usr ext4 ro 0 0\n/dev/vda2 /var ext4 noatime,ro 0 0\n" >"$H/mounts"
echo "E: Could not open file /var/cache/apt/archives/partial/x.deb - open (30: Read-only file system)" >&2
echo "E: Unable to lock directory /var/cache/apt/archives/" >&2; exit 100' >"$H/apt-get.install"
  installs 'failed|read_only|mounted read-only: /usr /var'
  [ "$(grep -c '^apt-get install' "$H/calls")" -eq 1 ]
  printf '/dev/vda1 / ext4 rw 0 0\n' >"$H/mounts"
  sed -i 1d "$H/apt-get.install"
  installs 'failed|read_only|apt-get install failed: E: Could not open file /var/cache/apt/archives/partial/x.deb - open (30: Read-only file system)'
  [ "$(grep -c '^apt-get install' "$H/calls")" -eq 1 ]
}
@test "fault: a file system is mounted read-only" { every_shell read_only; }

daemon_says() { # daemon_says TEXT WANT: the journal of a service that does not start
  stub journalctl <<<"cat <<'END'
$1
END"
  installs "failed|docker_down|docker.service does not start: $2"
  grep -q 'Main process exited' "$H/err"
}
daemon_error() {
  : >"$H/docker-down"
  echo 'loaded failed enabled' >"$H/units/docker.service"
  : >"$H/units/docker.service.fails"
  local around="Starting docker.service - Docker Application Container Engine...
%s
docker.service: Main process exited, code=exited, status=1/FAILURE
docker.service: Failed with result 'exit-code'.
Failed to start docker.service - Docker Application Container Engine."
  daemon_says "$(printf "$around" "unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character '}' looking for beginning of object key string")" \
    "unable to configure the Docker daemon with file */etc/docker/daemon.json: invalid character '}' looking for beginning of object key string"
  daemon_says "$(printf "$around" 'time="2026-01-02T03:04:05.000000000Z" level=info msg="Starting up"
failed to start daemon: Error initializing network controller: error obtaining controller instance: failed to register "bridge" driver')" \
    'failed to start daemon: Error initializing network controller: error obtaining controller instance: failed to register \\"bridge\\" driver'
  daemon_says "$(printf "$around" 'time="2026-01-02T03:04:05Z" level=fatal msg="no sockets found"')" 'level=fatal msg=\\"no sockets found\\"'
  stub journalctl <<<''
  installs 'failed|docker_down|docker.service does not start: Cannot connect to the Docker daemon *'
}
@test "fault: the Docker daemon is down: its own words" { every_shell daemon_error; }

lock_goes() { # the other process ends within the time
  no_docker
  printf '%b\n' "$LOCKED" >"$H/locked"
  echo 2 >"$H/locked-calls"
  host_script
  sed -i 's/APT_WAIT_S=2$/APT_WAIT_S=20/' "$H/script"
  send apply
  status_is 0
  expect docker.install 'changed||*'
}
@test "fault: the lock of the package lists is held: and let go in time" { every_shell lock_goes; }

no_room() {
  no_docker
  sed -i 's/19000000/900000/' "$H/df"
  for method in apt official script; do
    installs 'failed|disk_full|only 878 MiB free on / or /var, 1024 MiB needed' -d $method
    changed_nothing
  done
}
@test "docker: no room" { every_shell no_room; }

# ---- Docker's own repository

LIST='deb [arch=amd64 signed-by=%s] https://download.docker.com/linux/debian bookworm stable\n'
DEB822='Types: deb\nURIs: https://download.docker.com/linux/debian\nSuites: bookworm\nComponents: stable\nArchitectures: amd64\nSigned-By: %s\n'

docker_site() { # what download.docker.com serves; gpg says FINGERPRINT… of the key
  mkdir -p "$H/web/download.docker.com/linux/debian/dists/bookworm"
  echo Release >"$H/web/download.docker.com/linux/debian/dists/bookworm/Release"
  echo 'the key' >"$H/web/download.docker.com/linux/debian/gpg"
  gpg_says 9DC858229FC7DD38854AE2D88D81803C0EBFCD88
}

gpg_says() { # gpg_says FINGERPRINT [COMMAND]: as `gpg --with-colons --show-keys` prints a key with a subkey
  local fingerprint
  for fingerprint; do
    printf 'pub:-:4096:1:8D81803C0EBFCD88:1487788586:::-:::scESC::::::23::0:\nfpr:::::::::%s:\n' "$fingerprint"
    printf 'uid:-::::1487792064::A::Docker Release (CE deb) <docker@docker.com>::::::::::0:\nsub:-:4096:1:7EA0A9C3F273FCD8:1487788586::::::s::::::23:\nfpr:::::::::D3306A018370199E527AE7997EA0A9C3F273FCD8:\n'
  done >"$H/gpg.out"
  stub gpg <<<'cat "$H/gpg.out"'
}

from_docker() {
  no_docker
  docker_site
  host_script -d official
  send check
  status_is 2
  expect docker.install 'would_change||install Docker from download.docker.com'
  changed_nothing
  send apply
  status_is 0
  expect docker.install 'changed||installed Docker 26.1.5+dfsg1'
  [ "$(paste -s -d ' ' "$H/installed")" = 'install docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin' ]
  [ "$(cat "$H/root/etc/apt/sources.list.d/docker.list")" = "$(printf "$LIST" "$H/root/etc/apt/keyrings/docker.asc")" ]
  [ "$(stat -c %a "$H/root/etc/apt/keyrings" "$H/root/etc/apt/keyrings/docker.asc" "$H/root/etc/apt/sources.list.d/docker.list" | paste -s -d ' ')" = '755 644 644' ]
  [ "$(cat "$H/root/etc/apt/keyrings/docker.asc")" = 'the key' ]
}
@test "fault: the umask is 077: Docker's key and source" { umask 077; every_shell from_docker; }

minimal_official() { # neither curl nor gpg
  no_docker
  docker_site
  cp "$H/bin/gpg" "$H/gpg.later"
  rm "$H/bin/curl" "$H/bin/gpg"
  printf 'cp "%s" "%s"\n' "$H/gpg.later" "$H/bin/gpg" >"$H/gpg.sh"
  installs 'changed||*' -d official
  called 'apt-get install --no-install-recommends curl ca-certificates'
  called 'apt-get install --no-install-recommends gnupg'
}
@test "official: on a minimal host" { every_shell minimal_official; }

refused() { # refused REASON|MESSAGE: before /etc is touched
  local before
  before=$(cd "$H/root/etc/apt" && find . -type f -exec cat {} + && find .)
  installs "failed|$1" -d official
  [ "$(cd "$H/root/etc/apt" && find . -type f -exec cat {} + && find .)" = "$before" ]
  [ ! -e "$H/installed" ]
}

wrong_keys() {
  no_docker
  docker_site
  for fingerprints in 0000000000000000000000000000000000000000 D3306A018370199E527AE7997EA0A9C3F273FCD8 '' \
    '9DC858229FC7DD38854AE2D88D81803C0EBFCD88 0000000000000000000000000000000000000000'; do
    # shellcheck disable=SC2086
    gpg_says $fingerprints
    refused "docker_key|the key at https://download.docker.com/linux/debian/gpg is not Docker's"
  done
  stub gpg <<<'exit 2'
  refused 'docker_key|*'
  gpg_says 9DC858229FC7DD38854AE2D88D81803C0EBFCD88

  mv "$H/web/download.docker.com/linux/debian/gpg" "$H/gpg.key"
  refused 'download|*'
  mv "$H/gpg.key" "$H/web/download.docker.com/linux/debian/gpg"
}
@test "official: a wrong key, or none, is refused before a change" { every_shell wrong_keys; }

not_served() {
  no_docker
  docker_site
  mv "$H/web/download.docker.com/linux/debian/dists/bookworm/Release" "$H/Release"
  refused 'no_repository|Docker has no repository for debian bookworm'
  echo 'curl: (28) Connection timed out' >"$H/web/download.docker.com/linux/debian/dists/bookworm/Release.error"
  refused 'download|*Connection timed out'
  rm "$H/web/download.docker.com/linux/debian/dists/bookworm/Release.error"
  mv "$H/Release" "$H/web/download.docker.com/linux/debian/dists/bookworm/Release"
}
@test "fault: a release that Docker has no packages for" { every_shell not_served; }

no_codename() { # as Debian's sid was
  no_docker
  docker_site
  printf 'PRETTY_NAME="Debian GNU/Linux bookworm/sid"\nID=debian\n' >"$H/root/etc/os-release"
  refused 'no_repository|os-release names no codename: Docker serves releases only'
  not_called 'curl\|apt-get'
}
@test "fault: a release that Docker has no packages for: one without a codename" { every_shell no_codename; }

second_source() {
  local sources=$H/root/etc/apt/sources.list.d
  no_docker
  docker_site
  local conflict='repository_conflict|apt refuses these sources: E: Conflicting values set for option Signed-By regarding source https://download.docker.com/linux/debian/ bookworm'
  printf "$LIST" /etc/apt/keyrings/docker.gpg >"$sources/docker.list"
  printf "$DEB822" /etc/apt/keyrings/docker.asc >"$sources/docker.sources"
  refused "$conflict: *"
  rm "$sources/docker.sources"
  printf "$LIST" /etc/apt/keyrings/other.gpg >"$sources/other.list"
  refused "$conflict: *"
  rm "$sources"/*
  # One that does not serve, and that apt could not read with ours beside it.
  printf "$DEB822" /etc/apt/keyrings/docker.gpg | sed 's/^Types: deb/&-src/' >"$sources/docker.sources"
  refused "$conflict: *"
  printf "$DEB822" /etc/apt/keyrings/docker.gpg | sed 's/stable/test/' >"$sources/docker.sources"
  refused "$conflict: *"
  rm "$sources"/*
  printf "# $LIST" /etc/apt/keyrings/docker.gpg >"$sources/docker.list" # commented out, as a release upgrade does
  refused 'repository_conflict|docker.list*'
}
@test "fault: a second source entry with another Signed-By" { every_shell second_source; }

unsigned_source() { # apt 2 refuses the pair, to apt 3 an entry that names no key goes with any
  local sources=$H/root/etc/apt/sources.list.d
  no_docker
  docker_site
  printf "$LIST" /etc/apt/keyrings/docker.gpg >"$sources/docker.list"
  printf 'deb https://download.docker.com/linux/debian bookworm stable\n' >"$sources/other.list"
  if apt-get -o Dir="$H/root" -o Dir::State::status=/dev/null indextargets >/dev/null 2>&1; then
    installs 'changed||*' -d official
    [ "$(ls "$sources")" = 'docker.list
other.list' ]
  else
    refused 'repository_conflict|apt refuses these sources: E: Conflicting values set for option Signed-By*'
  fi
}
@test "official: a second source entry that names no key: as the host's apt takes it" { every_shell unsigned_source; }

reuses() {
  local sources=$H/root/etc/apt/sources.list.d
  docker_site
  found() { # found FILE TEXT: used as it is
    mv "$H/bin/docker" "$H/docker.later"
    rm -f "$H/units/docker.service" "$sources"/*
    printf "$2" /etc/apt/keyrings/mine.gpg >"$H/root/etc/apt/$1"
    installs 'changed||*' -d official
    [ "$(find "$H/root/etc/apt" -type f)" = "$H/root/etc/apt/$1" ]
    not_called gpg
    rm "$H/root/etc/apt/$1"
  }
  found sources.list.d/docker.list "$LIST"
  found sources.list.d/other.list "# ours\n$LIST"
  found sources.list.d/docker.sources "$DEB822"
  found sources.list "deb https://deb.debian.org/debian bookworm main\n$LIST"
  found sources.list.d/docker.list 'deb https://download.docker.com/linux/debian bookworm stable\n'
  # The fields in another order, a stanza of two switched off, continuation lines.
  found sources.list.d/docker-ce.sources 'X-Repolib-Name: docker-ce\nComponents: stable\nSigned-By: %s\nSuites: bookworm\nTypes: deb\nURIs: https://download.docker.com/linux/debian\n'
  found sources.list.d/docker.sources "$(printf "$DEB822" /x)\nEnabled: no\n\n$DEB822"
  found sources.list.d/docker.sources 'Types: deb\nURIs:\n https://download.docker.com/linux/debian/\nSuites:\n bookworm\nComponents: stable\nSigned-By: %s\n'

  added() { # added FILE TEXT: that isn't it, so one is added
    mv "$H/bin/docker" "$H/docker.later"
    rm -f "$H/units/docker.service" "$sources"/*
    printf "$2" /etc/apt/keyrings/mine.gpg >"$sources/$1"
    installs 'changed||*' -d official
    [ -e "$sources/docker.list" ]
  }
  added other.list "$(printf "$LIST" /x | sed 's/bookworm/bullseye/')\n"
  added other.list "$(printf "$LIST" /x | sed 's/debian/ubuntu/')\n"
  added other.sources "Enabled: no\n$DEB822"
  added other.list.save "$LIST"
}
@test "official: an entry that is there already is used" { every_shell reuses; }

official_version() {
  no_docker
  docker_site
  printf ' docker-ce | 5:26.1.4-1~debian.12~bookworm | https://download.docker.com/linux/debian bookworm/stable amd64 Packages\n' >"$H/apt-cache.madison"
  installs 'changed||*' -d official DOCKER_VERSION=26.1
  grep -qxF docker-ce=5:26.1.4-1~debian.12~bookworm "$H/installed"
  grep -qxF docker-ce-cli=5:26.1.4-1~debian.12~bookworm "$H/installed"
}
@test "official: a version that is asked for, of engine and client" { every_shell official_version; }

# ---- get.docker.com

convenience() {
  no_docker
  printf '#!/bin/sh\nPATH=/usr/bin:/bin\necho "docker-installer $VERSION" >>%s/calls\nmv %s/docker.later %s/bin/docker\n' "$H" "$H" "$H" >"$H/web/get.docker.com"
  host_script -d script
  send check
  status_is 2
  expect docker.install 'would_change||install Docker with get.docker.com'
  changed_nothing
  send apply
  status_is 0
  expect docker.install 'changed||installed Docker 26.1.5+dfsg1'
  called 'docker-installer $'
  mv "$H/bin/docker" "$H/docker.later"
  installs 'changed||*' -d script DOCKER_VERSION=26.1
  called 'docker-installer 26.1$'
  mv "$H/bin/docker" "$H/docker.later"
  head -c 60 "$H/web/get.docker.com" >"$H/cut"
  mv "$H/cut" "$H/web/get.docker.com"
  installs 'failed|download|https://get.docker.com: what came is not a whole script' -d script
  not_called docker-installer
  printf '#!/bin/sh\necho "ERROR: Unsupported distribution" >&2\nexit 1\n' >"$H/web/get.docker.com"
  installs 'failed|install_failed|get.docker.com failed: ERROR: Unsupported distribution' -d script
}
@test "script: whole, or not at all" { every_shell convenience; }

# ---- docker.verify

verifies() { # verifies SERVER MINIMUM RESULT
  echo "$1 Engine " >"$H/docker/server"
  apply DOCKER_MIN_VERSION="$2"
  expect docker.verify "$3"
}
verify() {
  echo v2.29.1 >"$H/docker/compose"
  verifies 26.1.5 '' 'ok||Docker 26.1.5, Compose 2.29.1'
  [ "$(fact docker.compose)" = 2.29.1 ]
  echo 2.29.1+ds1-0ubuntu1 >"$H/docker/compose"
  verifies 24.0.0 24.0 'ok||Docker 24.0.0, Compose 2.29.1+ds1-0ubuntu1'
  rm "$H/docker/compose"
  verifies 24.0.7 24.0 'ok||Docker 24.0.7'
  verifies 20.10.24+dfsg1 24.0 'failed|docker_too_old|Docker 20.10.24 is below minimum 24.0'
  verifies 28.0.0-rc.1 24.0 'ok||*'
  verifies 9.9 24.0 'failed|version_unreadable|cannot parse version 9.9'
  printf 'docker_install_apt() { ok passed; }\n' >"$H/definitions"
  : >"$H/docker-down"
  apply -o "$H/definitions"
  expect docker.verify 'failed|docker_down|*Is the docker daemon running?'
}
@test "verify: the server's version, its minimum, Compose" { every_shell verify; }
