#!/bin/sh
# host.preflight: is this a host that the other steps can work on? Everything it asks is asked before a change.
# Expects lib.sh.
# shellcheck disable=SC2034 # CONTEXT is read by lib.sh

preflight() {
  read_os_release
  case $OS_ID in
    debian | ubuntu) ;;
    *)
      failed unsupported_os \
        "$NETWORK_PROVIDER provider: unsupported operating system (v1 supports Linux Debian/Ubuntu only)"
      ;;
  esac
  os="$OS_ID ${OS_VERSION:-$OS_CODENAME}"
  fact os "$os"
  [ "$(id -u)" -eq 0 ] || failed not_root 'not running as root'
  [ -d "$RUN_DIR/systemd/system" ] || failed no_systemd 'systemd does not run this host (it is not process 1)'
  # A tailscaled that was told to do without is the exception, ts#1628.
  [ -c "$TUN_DEVICE" ] || grep -qs -e '--tun=userspace-networking' /etc/default/tailscaled ||
    failed no_tun "no $TUN_DEVICE: this host (a container?) lets no VPN run"
  [ "$LOCK" != busy ] || failed busy 'another stagecraft run is at work on this host'
  checking || [ -n "$WORK_DIR" ] || failed disk_full "cannot write to $RUN_DIR"
  need_room 20480
  first_boot
  checking || mend_dpkg
  ok "$os"
}

first_boot() { # cloud-init installs packages and writes files of its own, often for minutes
  # Only where it is at work on this boot: elsewhere `--wait` would wait for ever. A clean result needs no question,
  # which takes half a second of Python.
  [ -e "$CLOUD_INIT_DIR/enabled" ] || [ -e "$CLOUD_INIT_DIR/status.json" ] || return 0
  grep -qs '"errors": *\[\]' "$CLOUD_INIT_DIR/result.json" && return
  have cloud-init || return 0
  wait_s=$CLOUD_INIT_S
  checking && wait_s=5
  with_deadline "$wait_s" cloud-init status --wait >/dev/null 2>&1 && rc=0 || rc=$?
  case $rc in
    0) ;;
    2) warn 'cloud-init finished with recoverable errors (see: cloud-init status --long)' ;;
    124 | 137)
      checking || failed cloud_init "cloud-init is still at work after $wait_s s"
      warn 'cloud-init is still at work'
      ;;
    *) failed cloud_init 'cloud-init failed (see: cloud-init status --long)' ;;
  esac
}

mend_dpkg() { # what an interrupted dpkg leaves behind makes every apt-get fail
  for journal in "$DPKG_DIR"/updates/[0-9]*; do
    [ -e "$journal" ] || return 0
    say 'dpkg was interrupted; running dpkg --configure -a'
    CONTEXT=''
    patient dpkg --force-confdef --force-confold --configure -a || blame dpkg_broken 'dpkg --configure -a failed'
    return 0
  done
}
