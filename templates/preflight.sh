#!/bin/sh
# host.preflight: is this a host that the other steps can work on? Everything is asked before anything is changed.
# Expects lib.sh.

preflight() {
  read_os_release
  case $OS_ID in
    debian | ubuntu) ;;
    *) failed unsupported_os \
      "$NETWORK_PROVIDER provider: unsupported operating system (v1 supports Linux Debian/Ubuntu only)" ;;
  esac
  os="$OS_ID ${OS_VERSION:-$OS_CODENAME}"
  fact os "$os"
  [ "$(id -u)" -eq 0 ] || failed not_root 'not running as root'
  [ -d /run/systemd/system ] || failed no_systemd 'systemd is not process 1 here'
  # A tailscaled may do without (ts#1628).
  [ -c /dev/net/tun ] || grep -qs -e '--tun=userspace-networking' /etc/default/tailscaled ||
    failed no_tun 'no /dev/net/tun, which a VPN needs'
  [ "$LOCK" != busy ] || failed busy 'another stagecraft run is at work here'
  checking || [ -n "$WORK_DIR" ] || failed disk_full 'cannot write to /run'
  need_room 20
  first_boot
  ! have network_preflight || network_preflight
  checking || mend_dpkg
  ok "$os"
}

first_boot() {
  # For minutes, cloud-init may install packages
  # Not enabled on this boot, `--wait` might never end.
  [ -e /run/cloud-init/enabled ] || return 0
  ! grep -qs '"errors": *\[\]' /run/cloud-init/result.json || return 0
  seconds=$CLOUD_INIT_S
  ! checking || seconds=5
  with_deadline "$seconds" cloud-init status --wait >/dev/null 2>&1 && rc=0 || rc=$?
  case $rc:$MODE in
    0:*) ;;
    2:*) warn 'cloud-init met errors that it got over' ;;
    124:check) warn 'cloud-init is still at work' ;;
    124:*) failed cloud_init "cloud-init is still at work after $seconds s" ;;
    *)
      modules=$(cd /run/cloud-init && sed -n "s/^ *\"('\([a-z_-]*\)', .*/\1/p" result.json status.json | sort -u |
        paste -s -d , -)
      failed cloud_init_failed "cloud-init failed${modules:+ in $modules}"
      ;;
  esac
}

mend_dpkg() {
  # After an interrupted dpkg every apt-get fails
  set -- /var/lib/dpkg/updates/[0-9]*
  [ ! -e "$1" ] || patient dpkg --force-confdef --force-confold --configure -a ||
    blame dpkg_broken 'dpkg --configure -a failed'
}
