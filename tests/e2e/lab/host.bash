# shellcheck shell=bash
# Hosts: an overlay on a cached image, booted by systemd-nspawn in a network namespace of its own.
#
#   host_make NAME N IMAGE [SUITE]
#                             a fresh host with the addresses 10.77.0.N and fd77::N; not yet running. Without a SUITE it
#                             is the N-th of LAB_SUITES, in turns, so that hosts beside each other differ
#   host_boot NAME            waits until systemd has started it and sshd answers
#   host_start NAME N IMAGE [SUITE]   both
#   host_exec NAME COMMAND…   as root, from outside: no login, no trace on the host
#   host_root NAME            its root folder, to look at or to change while it is not running
#   host_remove NAME

host_root() { echo "$LAB_RUN/hosts/$1/root"; }

host_start() {
  host_make "$@"
  host_boot "$1"
}

host_make() {
  local name=$1 number=$2 suite=${4:-${LAB_SUITES[$2 % ${#LAB_SUITES[@]}]}} dir=$LAB_RUN/hosts/$1
  mkdir -p "$dir/upper" "$dir/work" "$dir/root"
  echo "$number" >"$dir/number"
  mount -t overlay "$LAB_PREFIX-$name" \
    -o "lowerdir=$(image_layers "$suite" "$3"),upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
  host_identity "$name" "$dir/root"
  apt_settings "$dir/root" "$suite"
  host_trust "$dir/root"
  net_host "$name" "$number"
}

host_identity() {
  local name=$1 root=$2 timer
  echo "$name" >"$root/etc/hostname"
  # The client's own servers are kept from being asked, should this machine be able to reach them.
  cat >"$root/etc/hosts" <<EOF
127.0.0.1 localhost $name
::1 localhost
$LAB_GATEWAY tailscale.com pkgs.tailscale.com
127.0.0.1 log.tailscale.com controlplane.tailscale.com login.tailscale.com
EOF
  # Debian's timers start at random times; what they change would look like a test's doing.
  for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim systemd-tmpfiles-clean; do
    ln -sf /dev/null "$root/etc/systemd/system/$timer.timer"
  done
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  ssh-keygen -A -f "$root" >/dev/null
  install -d -m 700 "$root/root/.ssh"
  install -m 600 "$LAB_RUN/ssh/id.pub" "$root/root/.ssh/authorized_keys"
}

# host_trust ROOT: the lab's certificate authority, now and for when CA certificates get installed.
host_trust() {
  install -D -m 644 "$LAB_RUN/web/ca.crt" "$1/usr/local/share/ca-certificates/lab.crt"
  if [ -f "$1/etc/ssl/certs/ca-certificates.crt" ]; then
    cat "$LAB_RUN/web/ca.crt" >>"$1/etc/ssl/certs/ca-certificates.crt"
  fi
}

# host_user NAME USER SHELL: may use sudo without a password; sudo gives each command a terminal.
host_user() {
  local root
  root=$(host_root "$1")
  chroot "$root" useradd -m -s "$3" "$2"
  install -d -m 700 "$root/home/$2/.ssh"
  install -m 600 "$LAB_RUN/ssh/id.pub" "$root/home/$2/.ssh/authorized_keys"
  chroot "$root" chown -R "$2:$2" "/home/$2/.ssh"
  printf 'Defaults use_pty\n%s ALL=(ALL) NOPASSWD: ALL\n' "$2" >"$root/etc/sudoers.d/$2"
  chmod 440 "$root/etc/sudoers.d/$2"
}

# host_versions NAME: what its release is and which packages matter there, as a comment of TAP; whether it runs or not.
host_versions() {
  local root
  root=$(host_root "$1")
  printf '# %s: %s, %s\n' "$1" "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' "$root/etc/os-release")" \
    "$(dpkg-query --admindir "$root/var/lib/dpkg" -W -f '${Package} ${Version}, ' apt openssh-server docker.io tailscale 2>/dev/null |
      sed 's/, $//')"
}

# host_sshd NAME SETTING…: lines for sshd, e.g. "ListenAddress fd77::13" "Port 2222".
host_sshd() {
  local root
  root=$(host_root "$1")
  shift
  printf '%s\n' "$@" >"$root/etc/ssh/sshd_config.d/lab.conf"
}

# host_boot: the host's systemd gets control groups of its own, for it takes the ones it finds itself
# in for its root and would otherwise share them with every other host.
host_boot() {
  local name=$1 dir=$LAB_RUN/hosts/$1
  # shellcheck disable=SC2016
  proc_start "host-$name" "$dir/console.log" bash -c '. "$1" && host_cgroups "$2" && shift 2 && exec "$@"' - \
    "$LAB_DIR/lab.bash" "$name" env SYSTEMD_API_VFS_WRITABLE= SYSTEMD_NSPAWN_API_VFS_WRITABLE=network \
    systemd-nspawn --register=no --keep-unit -q -b -D "$dir/root" \
    --network-namespace-path="/run/netns/$LAB_PREFIX-$name" --capability=all --bind=/dev/net/tun \
    --system-call-filter="add_key keyctl bpf" --hostname "$name" \
    --resolv-conf=off --timezone=off --link-journal=no --kill-signal=SIGRTMIN+3
  wait_for 60 host_running "$name" || die "$name does not boot; see $dir/console.log"
  wait_for 30 host_exec "$name" systemctl is-active -q ssh || die "$name has no sshd; see $dir/console.log"
}

# host_cgroups NAME: moves this process into a group of NAME's own, in every hierarchy there is.
host_cgroups() {
  local kind dir file
  while read -r _ dir kind _; do
    case $kind in cgroup | cgroup2) ;; *) continue ;; esac
    mkdir -p "$dir/$LAB_PREFIX-$1"
    for file in cpuset.cpus cpuset.mems; do # a new group of this kind is unusable until it has both
      [ "$kind" = cgroup2 ] || [ ! -f "$dir/$file" ] || cat "$dir/$file" >"$dir/$LAB_PREFIX-$1/$file"
    done
    echo $$ >"$dir/$LAB_PREFIX-$1/cgroup.procs"
  done </proc/mounts
}

host_cgroups_remove() {
  local kind dir
  while read -r _ dir kind _; do
    case $kind in cgroup | cgroup2) ;; *) continue ;; esac
    [ ! -d "$dir/$LAB_PREFIX-$1" ] || find "$dir/$LAB_PREFIX-$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done </proc/mounts
}

# host_leader NAME: the host's PID 1, as this machine numbers it.
host_leader() {
  local nspawn child children
  nspawn=$(proc_pid "host-$1") || return 1
  read -r -a children <"/proc/$nspawn/task/$nspawn/children" || true
  for child in "${children[@]}"; do
    if [ "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$child/status")" = 1 ]; then
      echo "$child"
      return 0
    fi
  done
  return 1
}

host_exec() {
  local leader
  leader=$(host_leader "$1") || return 1
  shift
  nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --wd -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

host_running() {
  case $(host_exec "$1" systemctl is-system-running 2>/dev/null) in
    running | degraded) ;;
    *) return 1 ;;
  esac
}

# host_stop NAME: as if its power failed. Its files stay; host_boot starts it again.
host_stop() {
  local leader
  if leader=$(host_leader "$1"); then
    kill -KILL "$leader"
    wait_for 10 proc_gone "host-$1" || true
  fi
  proc_stop "host-$1"
  host_cgroups_remove "$1"
}

host_remove() {
  local dir=$LAB_RUN/hosts/$1 number
  number=$(cat "$dir/number" 2>/dev/null) || number=
  host_stop "$1"
  ! mountpoint -q "$dir/root" || umount "$dir/root" || umount -l "$dir/root"
  net_host_remove "$1" "$number"
  wait_for 15 rm -rf --one-file-system "$dir" # a folder that was a mount can be busy for a moment
}
