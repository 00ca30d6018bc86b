#!/bin/sh
# host.preflight: is this a host that the other steps can work on? Everything is asked before anything is changed.
# Expects lib.sh.

preflight() {
  read_os_release
  case $OS_ID in
    debian | ubuntu) ;;
    *)
      failed unsupported_os \
        "$NETWORK_PROVIDER provider: unsupported operating system (v1 supports Linux Debian/Ubuntu only)"
      ;;
  esac
  os="$OS_ID ${OS_VERSION:-${OS_CODENAME:-unknown}}"
  fact os "$os"
  [ "$(id -u)" -eq 0 ] || failed not_root 'not running as root'
  [ -d /run/systemd/system ] || failed no_systemd 'systemd does not run this host: it is not process 1'
  # A tailscaled that was told to do without is the exception (ts#1628).
  [ -c /dev/net/tun ] || grep -qs -e '--tun=userspace-networking' /etc/default/tailscaled ||
    failed no_tun 'there is no /dev/net/tun here, which a VPN needs'
  [ "$LOCK" != busy ] || failed busy 'another stagecraft run is at work on this host'
  checking || [ -n "$WORK_DIR" ] || failed disk_full 'cannot write to /run'
  need_room 20
  first_boot
  checking || mend_dpkg
  ok "$os"
}

first_boot() { # cloud-init installs packages and writes files of its own, often for minutes
  # Only where it is at work on this boot: elsewhere `--wait` could wait for ever.
  [ -e /run/cloud-init/enabled ] || [ -e /run/cloud-init/status.json ] || return 0
  have cloud-init || return 0
  # A clean result needs no question, which would take half a second of Python.
  ! grep -qs '"errors": *\[\]' /run/cloud-init/result.json || return 0
  seconds=$CLOUD_INIT_S
  ! checking || seconds=5
  with_deadline "$seconds" cloud-init status --wait >/dev/null 2>&1 && rc=0 || rc=$?
  case $rc:$MODE in
    0:*) ;;
    2:*) warn 'cloud-init met errors that it got over (see: cloud-init status --long)' ;;
    124:check | 137:check) warn 'cloud-init is still at work' ;;
    124:* | 137:*) failed cloud_init "cloud-init is still at work after $seconds s" ;;
    *) failed cloud_init 'cloud-init failed (see: cloud-init status --long)' ;;
  esac
}

mend_dpkg() { # after an interrupted dpkg every apt-get fails
  for journal in /var/lib/dpkg/updates/[0-9]*; do
    [ -e "$journal" ] || return 0
    say 'dpkg was interrupted: running dpkg --configure -a'
    patient dpkg --force-confdef --force-confold --configure -a || blame dpkg_broken 'dpkg --configure -a failed'
    return 0
  done
}
