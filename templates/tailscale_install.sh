#!/bin/sh
# network.install: the Tailscale client, by its official script, https://tailscale.com/install.sh.
# Expects lib.sh.

network_install() {
  CONTEXT="$NETWORK_PROVIDER provider: installation failed: "
  network_client
  if [ -n "$CLIENT" ]; then
    network_service
    ok "Tailscale $CLIENT"
  fi
  [ "$NETWORK_INSTALL" = auto ] ||
    failed network_missing "${CONTEXT}the tailscale command is not there, and install.method is $NETWORK_INSTALL"
  ! checking || would_change "install Tailscale${NETWORK_VERSION:+ $NETWORK_VERSION}"

  need_room 204800
  need_curl
  fetch_script https://tailscale.com/install.sh "$WORK_DIR/install.sh"
  patient env TAILSCALE_VERSION="$NETWORK_VERSION" sh "$WORK_DIR/install.sh" || blame install_failed 'install.sh'
  network_client
  [ -n "$CLIENT" ] || failed install_failed "${CONTEXT}install.sh ended well, but there is no tailscale command"
  network_started || failed daemon_down "${CONTEXT}tailscaled does not answer"
  changed "installed Tailscale $CLIENT"
}

network_client() { # sets CLIENT to the installed version, its three numbers, or to nothing; fails for one not accepted
  CLIENT=
  have tailscale || return 0
  text=$(with_deadline "$PROBE_S" tailscale version 2>&1) || :
  text=${text%%'
'*}
  parse_version "$text" || failed version_unreadable "${CONTEXT}cannot parse installed version $text"
  CLIENT=$VERSION
  [ -z "$NETWORK_MIN_VERSION" ] || ! version_below "$CLIENT" "$NETWORK_MIN_VERSION" ||
    failed version_too_old "${CONTEXT}installed version $CLIENT is below minimum $NETWORK_MIN_VERSION"
}

network_service() { # tailscaled enabled and running; ends the step when that took a change
  unit=$(with_deadline "$PROBE_S" systemctl show -p LoadState -p ActiveState -p UnitFileState tailscaled.service) || :
  case $unit in
    *LoadState=loaded*) ;;
    *LoadState=masked*) failed daemon_down "${CONTEXT}tailscaled.service is masked" ;;
    *)
      warn 'tailscaled is not a service of systemd here'
      return
      ;;
  esac
  case $unit in
    *ActiveState=active*UnitFileState=enabled* | *UnitFileState=enabled*ActiveState=active*) return ;;
  esac
  ! checking || would_change 'start and enable tailscaled'
  network_started || failed daemon_down "${CONTEXT}tailscaled does not start"
  changed "started tailscaled $CLIENT"
}

network_started() { # enables and starts tailscaled and waits until it answers
  logged with_deadline 60 systemctl enable --now tailscaled.service || return 1
  uptime_s
  give_up=$((NOW + SERVICE_S))
  until with_deadline "$PROBE_S" tailscale status --json --peers=false >/dev/null 2>&1; do
    uptime_s
    [ "$NOW" -lt "$give_up" ] || return 1
    sleep 1
  done
}
