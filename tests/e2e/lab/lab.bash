# shellcheck shell=bash disable=SC2034 # the settings are used by the files sourced below
# The lab: real hosts on one machine, a tailnet, and the web that the official installer needs.
# Sourced by ./lab, ../run and the tests. State is kept in two places only:
#
#   $LAB_CACHE   what is dear to make and never changes: Go programs, packages, host images
#   $LAB_RUN     everything else of one run; `lab_down` removes it
#
# All names and addresses below belong to the lab alone, so whatever bears one of them is left over
# from a run that was killed, and is removed before the next begins.

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_CACHE=${STAGECRAFT_CACHE:-/var/cache/stagecraft-e2e}
LAB_STATE=/run/stagecraft-e2e # which run there is: run (its folder), lock, ip_forward (as it was)
LAB_PREFIX=sce2e              # of interfaces, network namespaces and control groups
LAB_BRIDGE=${LAB_PREFIX}br
LAB_NET4=10.77.0
LAB_NET6=fd77:
LAB_GATEWAY=$LAB_NET4.1
LAB_DOMAIN=mytailnet.ts.net
LAB_LOGIN_SERVER=http://$LAB_GATEWAY:8080
LAB_OTHER_DOMAIN=othernet.ts.net
LAB_OTHER_LOGIN_SERVER=http://$LAB_GATEWAY:8081
LAB_API=http://$LAB_GATEWAY:8090
LAB_TAILSCALE_VERSION=1.98.0
LAB_TAILSCALE_OLD_VERSION=1.70.0 # the same program under an older name, for the tests of min_version
LAB_MIRROR=http://deb.debian.org/debian
read -ra LAB_SUITES <<<"${E2E_SUITES:-bookworm trixie}" # hosts take them in turns

# shellcheck source=/dev/null
. "$LAB_DIR/proc.bash"
# shellcheck source=/dev/null
. "$LAB_DIR/cache.bash"
# shellcheck source=/dev/null
. "$LAB_DIR/net.bash"
# shellcheck source=/dev/null
. "$LAB_DIR/services.bash"
# shellcheck source=/dev/null
. "$LAB_DIR/host.bash"

# lab_require: what the machine must be able to do. Anything missing is an error, never a skip.
lab_require() {
  local tool missing=()
  [ "$(uname -s)" = Linux ] || die "the lab needs Linux"
  [ "$(id -u)" = 0 ] || die "the lab needs root: it makes network namespaces and mounts"
  [ -c /dev/net/tun ] || die "the lab needs /dev/net/tun: try 'modprobe tun'"
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
    die "the lab needs a kernel with overlayfs"
  for tool in apt-ftparchive bats curl debootstrap gpg ip iptables jq nginx nsenter openssl prove \
    script ssh ssh-keygen strace systemd-nspawn; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ ${#missing[@]} = 0 ] ||
    die "the lab needs ${missing[*]}: run './bootstrap e2e' (it installs tests/e2e/packages.txt)"
}

# lab_prepare: fills the cache. All that takes minutes happens here.
lab_prepare() {
  mkdir -p "$LAB_CACHE"
  local suite image
  timed "programs" cache_programs
  for suite in "${LAB_SUITES[@]}"; do
    for image in "${LAB_IMAGES_ORDER[@]}"; do
      timed "host image $suite $image" cache_image "$suite" "$image"
    done
  done
  timed "packages" cache_repository
}

# lab_up: network, web and tailnets; hosts come with host_start.
lab_up() {
  lab_require
  lab_lock
  lab_down
  lab_prepare
  cache_prune
  mkdir -p "$LAB_STATE" "${STAGECRAFT_E2E_DIR:-/var/tmp}"
  LAB_RUN=$(mktemp -d "${STAGECRAFT_E2E_DIR:-/var/tmp}/stagecraft-e2e.XXXXXX")
  echo "$LAB_RUN" >"$LAB_STATE/run"
  cache_note >"$LAB_RUN/entries"
  mkdir "$LAB_RUN/pids" "$LAB_RUN/hosts" "$LAB_RUN/ssh"
  ssh-keygen -q -t ed25519 -N '' -C stagecraft-e2e -f "$LAB_RUN/ssh/id"
  net_up
  web_up
  tailnet_up
}

# lab_attach: for a test or a command that uses a lab that is already up.
lab_attach() {
  LAB_RUN=$(cat "$LAB_STATE/run" 2>/dev/null) || LAB_RUN=
  [ -d "$LAB_RUN" ] || die "no lab is up: run tests/e2e/lab/lab up"
  # shellcheck source=/dev/null
  . "$LAB_RUN/entries"
}

# lab_down: removes what lab_up and host_start made, however far they came, and whoever ran them.
lab_down() {
  local name
  LAB_RUN=$(cat "$LAB_STATE/run" 2>/dev/null) || LAB_RUN=
  if [ -n "$LAB_RUN" ] && [ -d "$LAB_RUN" ]; then
    proc_stop tests # first, for they start hosts
    for name in "$LAB_RUN"/hosts/*; do
      [ ! -d "$name" ] || host_remove "${name##*/}"
    done
    for name in "$LAB_RUN"/pids/*; do
      [ ! -f "$name" ] || proc_stop "${name##*/}"
    done
    rm -rf --one-file-system "$LAB_RUN"
  fi
  net_down
  rm -f "$LAB_STATE/run"
}

# lab_lock: one lab a machine, for its addresses are fixed. The lock lives as long as this process.
lab_lock() {
  [ -z "${LAB_LOCKED:-}" ] || return 0
  mkdir -p "$LAB_STATE"
  exec {LAB_LOCK_FD}>"$LAB_STATE/lock"
  flock -n "$LAB_LOCK_FD" || die "another e2e run is using the lab (it holds $LAB_STATE/lock)"
  export LAB_LOCKED=$$
}
