#!/usr/bin/env bats
# host.preflight: which hosts are taken, and what is waited for.
# shellcheck disable=SC2016,SC2154 # text for the host; set in common.bash

load common

UNSUPPORTED='tailscale provider: unsupported operating system (v1 supports Linux Debian/Ubuntu only)'

# refused REASON PATTERN: preflight failed so, and nothing else happened.
refused() {
  status_is 1
  complete failed
  expect host.preflight "failed|$1|$2"
  expect docker.install 'skipped||*'
  expect network.verify 'skipped||*'
  not_called 'docker\|tailscale\|apt-get\|dpkg'
  [ "$(work_dirs)" = '' ]
}

# ---- os-release

os() { printf '%b' "$1" >"$H/root/etc/os-release"; }

taken() { # taken OS-RELEASE FACT
  os "$1"
  send check
  status_is 0
  [ "$(fact os)" = "$2" ]
  expect host.preflight "ok||$2"
}

all_taken() {
  host_script
  taken 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n' 'debian 12'
  taken 'VERSION_ID="13"\nID=debian\n' 'debian 13'
  taken 'ID=debian\nVERSION_CODENAME=forky\n' 'debian forky'
  taken 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n' 'ubuntu 24.04'
  taken "ID='ubuntu'\\nVERSION_ID='22.04'" 'ubuntu 22.04' # no line end
  taken '# ID=arch\n\nID="debian"\nVERSION_ID=11\n' 'debian 11'
  taken 'ID=arch\nID=debian\nVERSION_ID="12"\n' 'debian 12' # as a shell would have it
}
@test "decision 7: Debian and Ubuntu, as os-release may be written" { every_shell all_taken; }

places() { # os-release(5): /etc first, then /usr/lib; only a file is read
  host_script
  mkdir -p "$H/root/usr/lib"
  echo 'ID=fedora' >"$H/root/usr/lib/os-release"
  taken 'ID=debian\nVERSION_ID=12\n' 'debian 12'
  rm "$H/root/etc/os-release"
  printf 'ID=ubuntu\nVERSION_ID="24.04"\n' >"$H/root/usr/lib/os-release"
  send check
  status_is 0
  [ "$(fact os)" = 'ubuntu 24.04' ]
  ln -s ../usr/lib/os-release "$H/root/etc/os-release"
  send check
  [ "$(fact os)" = 'ubuntu 24.04' ]
  rm "$H/root/etc/os-release"
  mkfifo "$H/root/etc/os-release"
  send check
  [ "$(fact os)" = 'ubuntu 24.04' ]
  rm "$H/root/usr/lib/os-release"
  mkfifo "$H/root/usr/lib/os-release"
  send apply
  refused unsupported_os "$UNSUPPORTED"
  rm "$H"/root/*/os-release "$H/root/usr/lib/os-release"
  mkdir "$H/root/etc/os-release"
  send apply
  refused unsupported_os "$UNSUPPORTED"
}
@test "decision 7: both places of os-release, and what is no file" { every_shell places; }

releases() {
  local id version
  host_script
  for id in debian:11 debian:12 debian:13 ubuntu:20.04 ubuntu:22.04 ubuntu:24.04 ubuntu:25.10 ubuntu:26.04; do
    version=${id#*:} id=${id%:*}
    taken "ID=$id\nVERSION_ID=\"$version\"\n" "$id $version"
  done
}
@test "decision 7: Debian 11 to 13, Ubuntu 20.04 to 26.04" { in_shell dash releases; }

others() {
  host_script
  for id in raspbian linuxmint pop alpine centos rhel rocky almalinux fedora arch opensuse-leap opensuse-tumbleweed sles freebsd kali \
    devuan neon elementary amzn; do
    os "ID=$id\nID_LIKE=debian\nVERSION_ID=\"12\"\n"
    send apply
    refused unsupported_os "$UNSUPPORTED"
    [ "$(fact os)" = '' ]
  done
  rm "$H/root/etc/os-release" # macOS has none
  stub uname <<<'echo Darwin'
  send apply
  refused unsupported_os "$UNSUPPORTED"
}
@test "decision 7: Raspbian, Mint, Pop, Alpine, CentOS, Rocky, Fedora, Arch, SUSE, FreeBSD, macOS are refused" { in_shell dash others; }

none_taken() {
  host_script
  for id in arch debianish Debian '' ' debian' 'debian ubuntu' 'debian\r' '$(echo debian)' '`echo debian`' 'debian;id' '"$(printf debian)"' '${ID:-debian}'; do
    os "ID=$id\\nID_LIKE=debian\\nVERSION_ID=\"12\"\\n"
    send apply
    refused unsupported_os "$UNSUPPORTED"
    [ "$(fact os)" = '' ]
  done
  for text in '' 'ID_LIKE=debian\n' 'XID=debian\n' '#ID=debian\n' 'NAME=Debian\n' 'id=debian\n' '\x00\x01\xff'; do
    os "$text"
    send apply
    refused unsupported_os "$UNSUPPORTED"
  done
  rm "$H/root/etc/os-release"
  send apply
  refused unsupported_os "$UNSUPPORTED"
}
@test "decision 7: a hostile, odd or missing os-release is refused with the fixed message" { every_shell none_taken; }

crafted() {
  os 'ID=debian\nVERSION_ID="12"\nX=$(touch PWNED)\nPATH=/nonexistent\nID=`touch PWNED`\n. /etc/evil\ntouch PWNED\nVERSION_ID=$(touch PWNED)\nLD_PRELOAD=x\nID=debian\n'
  sed -i "s#PWNED#$H/pwned#" "$H/root/etc/os-release"
  apply
  status_is 0
  [ ! -e "$H/pwned" ]
  [ "$(fact os)" = 'debian ' ]
}
@test "fault: an os-release that would run code" { every_shell crafted; }

# ---- the host

not_root() {
  host_script
  echo 1000 >"$H/uid"
  send apply
  refused not_root 'not running as root'
}
@test "host: no root" { every_shell not_root; }

no_systemd() {
  host_script
  rmdir "$H/root/run/systemd/system"
  send apply
  refused no_systemd '*'
}
@test "fault: systemd is not process 1" { every_shell no_systemd; }

no_room() {
  host_script
  sed -i 's/19000000/9000/' "$H/df"
  send apply
  refused disk_full 'only 8 MiB free on / or /var, 20 MiB needed'
  printf '/dev/vdb1 20000000 100 19000000 5%% /\nhost:/a b 20000000 100 7000 99%% /var\n' >>"$H/df"
  sed -i 's/ 9000 / 900000 /' "$H/df"
  send apply
  refused disk_full 'only 6 MiB *'
}
@test "fault: the disk is full: before anything begins" { every_shell no_room; }

no_tun() {
  TUN=$H/none host_script
  send apply
  refused no_tun '*'
  echo 'FLAGS="--tun=userspace-networking"' >"$H/root/etc/default/tailscaled"
  send apply
  status_is 0
}
@test "fault: no /dev/net/tun" { every_shell no_tun; }

no_work_dir() {
  host_script
  sed -i "s#$H/root/run/stagecraft.XXXXXX#$H/none/stagecraft.XXXXXX#" "$H/script"
  send apply
  refused disk_full 'cannot write to /run'
}
@test "fault: the disk is full: /run" { every_shell no_work_dir; }

# ---- cloud-init

cloud() { # cloud STATUS [COMMANDS]: cloud-init is at work on this boot; its `status --wait` ends with STATUS
  mkdir -p "$H/root/run/cloud-init"
  : >"$H/root/run/cloud-init/enabled"
  stub cloud-init <<<"${2-}
exit $1"
}

cloud_init_waits() {
  host_script
  cloud 0
  send apply
  status_is 0
  called 'cloud-init status --wait'
  [ "$(fact warning)" = '' ]
  cloud 0 'sleep 1; : >"$H/booted"'
  send apply
  status_is 0
  [ -e "$H/booted" ]
  cloud 0 'sleep 10'
  send apply
  refused cloud_init '*still at work after 2 s*'
}
@test "fault: cloud-init is still at work" { every_shell cloud_init_waits; }

cloud_init_fails() {
  host_script
  cloud 2
  send apply
  status_is 0
  [[ $(fact warning) == *cloud-init* ]]
  cloud 1
  send apply
  refused cloud_init_failed 'cloud-init failed'
  # Its result.json after `runcmd: [exit 1]` and a package that isn't there.
  cat >"$H/root/run/cloud-init/result.json" <<'END'
{
 "v1": {
  "datasource": "DataSourceNoCloud [seed=/dev/vdb]",
  "errors": [
   "('scripts_user', RuntimeError('Runparts: 1 failures (runcmd) in 1 attempted commands'))",
   "('package_update_upgrade_install', ProcessExecutionError(\"Unexpected error while running command.\\nCommand: ['apt-get', 'install', 'x']\"))"
  ]
 }
}
END
  for mode in apply check; do
    send $mode
    expect host.preflight 'failed|cloud_init_failed|cloud-init failed in package_update_upgrade_install,scripts_user'
  done
  # A stage that died before the result: what its status says, of an older release.
  rm "$H/root/run/cloud-init/result.json"
  printf '{\n "v1": {\n  "modules-final": {\n   "errors": [\n    "(%sscripts-user%s, RuntimeError())"\n   ]\n  }\n }\n}\n' "'" "'" >"$H/root/run/cloud-init/status.json"
  send apply
  refused cloud_init_failed 'cloud-init failed in scripts-user'
}
@test "fault: cloud-init met errors" { every_shell cloud_init_fails; }

cloud_init_quick() {
  host_script
  cloud 0
  printf '{\n "v1": {\n  "datasource": "DataSourceNone",\n  "errors": []\n }\n}\n' >"$H/root/run/cloud-init/result.json"
  send apply
  status_is 0
  not_called cloud-init
  sed -i 's/\[\]/["it broke"]/' "$H/root/run/cloud-init/result.json"
  send apply
  called cloud-init
  rm -r "$H/root/run/cloud-init" # not enabled on this boot
  send apply
  status_is 0
  not_called cloud-init
}
@test "cloud-init: not asked where it is done or not at work" { every_shell cloud_init_quick; }

cloud_init_check() {
  host_script
  sed -i 's/seconds=5/seconds=1/' "$H/script"
  cloud 0 'sleep 10'
  send check
  status_is 0
  expect host.preflight 'ok||*'
  [[ $(fact warning) == 'cloud-init is still at work' ]]
}
@test "cloud-init: a check does not wait long" { every_shell cloud_init_check; }

# ---- dpkg

interrupted() {
  : >"$H/root/var/lib/dpkg/updates/0001"
  : >"$H/root/var/lib/dpkg/updates/tmp.i"
  host_script
  send check
  status_is 0
  not_called dpkg
  send apply
  status_is 0
  [ "$(grep -c '^dpkg .*--configure -a' "$H/calls")" -eq 1 ]
  send apply
  not_called dpkg

  : >"$H/root/var/lib/dpkg/updates/0001"
  : >"$H/dpkg-broken"
  send apply
  expect host.preflight 'failed|dpkg_broken|*error processing package foo*'

  rm "$H/dpkg-broken"
  printf 'dpkg: error: dpkg frontend lock was locked by another process with pid 1\nNote: removing the lock file is always wrong\n' >"$H/locked"
  send apply
  expect host.preflight 'failed|apt_lock|*by process 1'
  not_called docker
}
@test "fault: dpkg was interrupted: it is mended once, and never in a check" { every_shell interrupted; }
