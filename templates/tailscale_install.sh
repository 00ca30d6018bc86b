#!/bin/sh
# network.install: the Tailscale client, by its official script, https://tailscale.com/install.sh.
# Expects lib.sh.
# shellcheck disable=SC2153 # VERSION is set by parse_version

network_install() {
  CONTEXT="$NETWORK_PROVIDER provider: installation failed: "
  if network_client; then
    network_service
    ok "Tailscale $VERSION"
  fi
  [ "$NETWORK_INSTALL" = auto ] ||
    failed network_missing "${CONTEXT}Tailscale is not installed, and install.method is $NETWORK_INSTALL"
  ! checking || would_change "install Tailscale${NETWORK_VERSION:+ $NETWORK_VERSION}"
  need_room 200
  need_curl
  download_script https://tailscale.com/install.sh install.sh
  patient env TAILSCALE_VERSION="$NETWORK_VERSION" sh install.sh || blame install_failed install.sh
  touched
  network_client || failed install_failed "${CONTEXT}install.sh ended well, but left no tailscale command"
  network_start
  changed "installed Tailscale $VERSION"
}

network_client() { # sets VERSION; false when there is none; fails for one that is not accepted
  have tailscale || return 1
  version=$(probe tailscale version) || :
  version=${version%%'
'*}
  parse_version "$version" || failed version_unreadable "${CONTEXT}cannot parse installed version $version"
  lowest=${NETWORK_MIN_VERSION:-0}
  [ -z "$NETWORK_TAGS" ] || ! version_below "$lowest" 1.34 || lowest=1.34.0 # the first that prints tags
  ! version_below "$VERSION" "$lowest" ||
    failed version_too_old "${CONTEXT}installed version $VERSION is below minimum $lowest"
}

network_service() {
  # Ends the step when that takes a change
  case $(probe systemctl show -p LoadState,ActiveState,UnitFileState tailscaled.service | sort) in
    ActiveState=active*=loaded*=enabled) return ;;
    *=not-found*) return ;; # it is run in another way
  esac
  ! checking || would_change 'start and enable tailscaled'
  network_start
  changed "started tailscaled $VERSION"
}

network_start() {
  start_unit tailscaled.service network_answers || failed daemon_down "${CONTEXT}tailscaled does not start"
}

network_answers() {
  probe tailscale status --json --peers=false >/dev/null 2>&1
}
