#!/usr/bin/env bats
# Faults of docs/faults.md that hosts meet, as far as no other file here has them: package work with the real apt-get in a
# system of its own, and what surrounds a script: questions, umask, locale, names, the clock, children that read.
# shellcheck disable=SC2016,SC2154 # text for the host; set in common.bash

load common

# ---- the real apt-get, on files of its own

apt_host() { # apt_host PACKAGE…: these are installed; Docker's command comes with a good `install`
  local package
  [ -x /usr/bin/apt-get ] || skip 'no apt-get'
  no_docker
  mkdir -p "$H"/apt/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$H"/apt/var/lib/dpkg \
    "$H"/apt/var/{lib/apt/lists,cache/apt/archives}/partial "$H/apt/var/log/apt"
  for package; do
    printf 'Package: %s\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n\n' "$package"
  done >"$H/apt/var/lib/dpkg/status"
  stub apt-get <<'END'
/usr/bin/apt-get -o Dir="$H/apt" -o Dir::State::status="$H/apt/var/lib/dpkg/status" -o APT::Sandbox::User=root \
  -o Acquire::Retries=0 ${LOCK_S:+-o DPkg::Lock::Timeout=$LOCK_S} "$@" || exit
case $1 in install) mv "$H/docker.later" "$H/bin/docker"; echo 'loaded active enabled' >"$H/units/docker.service" ;; esac
END
}

hold() { # hold FILE SECONDS: locked as apt and dpkg lock it, by a perl of number $holder
  perl -e 'use Fcntl; open F, ">>", $ARGV[0] or die; my $lock = pack "s s x![q] q q l", F_WRLCK, 0, 0, 0, 0;
    fcntl F, F_SETLK, $lock or die; open G, ">", "$ARGV[0].held";
    for (my $parent = getppid; $ARGV[1]-- && getppid == $parent;) { sleep 1 }' "$H/apt/$1" "$2" 3>&- &
  holder=$!
  while [ ! -e "$H/apt/$1.held" ]; do sleep 0.05; done
}

frontend_locked() {
  apt_host docker.io apparmor ca-certificates
  sed -i '3i LOCK_S=0' "$H/bin/apt-get"
  hold var/lib/dpkg/lock-frontend 60
  apply
  expect docker.install "failed|apt_lock|apt or dpkg still locked after 2 s by process $holder (perl)"
  [ "$(grep -c '^apt-get install' "$H/calls")" -ge 2 ]
  kill "$holder"
  hold var/lib/dpkg/lock-frontend 1
  sed -i 3d "$H/bin/apt-get" # the script's own setting has apt-get wait
  send apply
  expect docker.install 'changed||*'
  [ "$(grep -c '^apt-get install' "$H/calls")" -eq 1 ]
}
@test "fault: the dpkg frontend lock is held" { in_shell dash frontend_locked; }

lists_locked() {
  apt_host docker.io apparmor ca-certificates
  hold var/lib/apt/lists/lock 60
  apply
  expect docker.install "failed|apt_lock|apt or dpkg still locked after 2 s by process $holder (perl)"
  [ "$(grep -c '^apt-get update' "$H/calls")" -ge 2 ]
  kill "$holder"
}
@test "fault: the lock of the package lists is held" { in_shell dash lists_locked; }

nothing_fetched() {
  apt_host
  echo 'deb [trusted=yes] http://127.0.0.1:1/debian bookworm main' >"$H/apt/etc/apt/sources.list"
  apply
  expect docker.install 'failed|download|apt-get update failed: E: Failed to fetch http://127.0.0.1:1/*'
  not_called 'apt-get install'
  # As an apt that doesn't know the setting Error-Mode: it warns, and ends well.
  sed -i '/^APT::Update::Error-Mode/d' "$H/script"
  send apply
  expect docker.install 'failed|download|*'
  grep -q '^W: Some index files failed to download' "$H/err"
  not_called 'apt-get install'
}
@test "fault: apt-get update ends well with nothing fetched" { in_shell dash nothing_fetched; }

in_the_way() {
  apt_host docker-ce
  mkdir "$H/repository"
  printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\nFilename: x.deb\nSize: 1\nSHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n%s\n' \
    docker.io $'Conflicts: docker-ce\n' apparmor '' ca-certificates '' >"$H/repository/Packages"
  echo "deb [trusted=yes] file:$H/repository ./" >"$H/apt/etc/apt/sources.list"
  cp "$H/apt/var/lib/dpkg/status" "$H/before"
  apply
  expect docker.install 'failed|package_conflict|apt-get install failed: in the way: docker-ce'
  cmp "$H/before" "$H/apt/var/lib/dpkg/status"
}
@test "fault: docker.io and docker-ce exclude each other" { in_shell dash in_the_way; }

# ---- questions

questions() { # debconf's and needrestart's, asked as they are by default
  no_docker
  cat >"$H/apt-get.install" <<'END'
question() { echo "$1"; read -r answer || { echo "dpkg: error processing package: no answer" >&2; exit 100; }; }
[ "$DEBIAN_FRONTEND" = noninteractive ] || question 'Configuring docker.io: continue? [yes/no]'
[ "$NEEDRESTART_MODE" = a ] || question 'Which services should be restarted?'
case $(cat "$APT_CONFIG") in
  *--force-confdef*--force-confold*) ;;
  *) question "Configuration file '/etc/docker/daemon.json': (Y/I/N/O/D/Z) [default=N] ?" ;;
esac
mv "$H/docker.later" "$H/bin/docker"
END
  host_script
  ENVIRONMENT='DEBIAN_FRONTEND=dialog NEEDRESTART_MODE=i' by_hand
  grep -q '^changed *docker.install' "$H/out"
}
@test "fault: a package asks a question" { every_shell questions; }

# ---- what surrounds a script

umask_077() {
  no_tailscale
  cat >>"$H/web/tailscale.com/install.sh" <<END
mkdir -p $H/root/usr/share/keyrings
echo key >$H/root/usr/share/keyrings/tailscale-archive-keyring.gpg
END
  apply
  expect network.install 'changed||*'
  [ "$(stat -c %a "$H/root/usr/share/keyrings" "$H/root/usr/share/keyrings/tailscale-archive-keyring.gpg" | paste -s -d ' ')" = '755 644' ]
}
@test "fault: the umask is 077" {
  umask 077
  every_shell umask_077
}

locale() { # apt speaks the language of the login
  no_docker
  cat >"$H/apt-get.update" <<'END'
case $LC_ALL in
  C) echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1234 (unattended-upgr)' >&2 ;;
  *) echo 'E: Sperre /var/lib/apt/lists/lock konnte nicht erlangt werden. Sie wird durch Prozess 1234 gehalten.' >&2 ;;
esac
exit 100
END
  host_script
  sed -i 's/APT_WAIT_S=2$/APT_WAIT_S=0/' "$H/script"
  ENVIRONMENT='LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 LANGUAGE=de' by_hand
  grep -q '^failed *docker.install *apt or dpkg still locked after 0 s by process 1234 (unattended-upgr)$' "$H/out"
}
@test "fault: an odd locale" { every_shell locale; }

dead_dns() {
  no_tailscale
  host_script
  echo 'curl: (6) Could not resolve host: tailscale.com' >"$H/web/tailscale.com/install.sh.error"
  send apply "$KEY"
  expect network.install 'failed|download|*curl: (6) Could not resolve host: tailscale.com'
  no_docker
  cat >"$H/apt-get.update" <<'END'
echo "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'" >&2
END
  send apply "$KEY"
  expect docker.install "failed|download|apt-get update failed: *"
  not_called 'apt-get install'
}
@test "fault: dead DNS" { every_shell dead_dns; }

clock() {
  no_tailscale
  host_script
  echo 'curl: (60) SSL certificate problem: certificate is not yet valid' >"$H/web/tailscale.com/install.sh.error"
  send apply "$KEY"
  expect network.install 'failed|download|*certificate is not yet valid'
  no_docker
  echo 'echo "E: Release file for http://deb.debian.org/debian/dists/bookworm-updates/InRelease is not valid yet (invalid for another 9d)." >&2; exit 100' >"$H/apt-get.update"
  send apply "$KEY"
  expect docker.install 'failed|apt_update|*is not valid yet (invalid for another 9d).'
}
@test "fault: the clock is far off" { every_shell clock; }

readers() { # every command reads what it can get; behind the script stands more
  local command
  no_docker
  for command in "$H"/bin/* "$H/docker.later"; do sed -i '2a cat >>"$H/eaten"' "$command"; done
  host_script
  echo "touch $H/surplus" >>"$H/script"
  send apply
  status_is 0
  complete success
  [ ! -s "$H/eaten" ]
  [ -e "$H/eaten" ]
  [ ! -e "$H/surplus" ]
}
@test "fault: a child that reads standard input" { every_shell readers; }
