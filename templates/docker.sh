#!/bin/sh
# docker.install: what the four methods share. docker.verify.
# Expects lib.sh.

docker_ask() { # sets DOCKER_STATE, DOCKER_SERVER (its version) and DOCKER_ERROR
  # The local engine, whatever the environment says.
  unset DOCKER_HOST DOCKER_API_VERSION DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
  export DOCKER_CONTEXT=default
  DOCKER_STATE=absent DOCKER_SERVER='' DOCKER_ERROR=''
  have docker || return 0
  DOCKER_STATE=podman
  ! docker_is_podman || return 0
  # Podman's server names its components otherwise.
  DOCKER_SERVER=$(probe docker version \
    --format '{{.Server.Version}} {{range .Server.Components}}{{.Name}} {{end}}' 2>/dev/null) && rc=0 || rc=$?
  case $rc:$DOCKER_SERVER in
    124:*) DOCKER_STATE=hanging ;;
    0:*[Pp]odman*) ;;
    0:[0-9]*) DOCKER_STATE=running ;;
    *)
      DOCKER_ERROR=$(probe docker version 2>&1) || :
      DOCKER_STATE=odd # who answers, runs
      case $rc:$DOCKER_ERROR in
        *'permission denied'*) DOCKER_STATE=denied ;;
        0:* | *'Error response from daemon'*) ;;
        *) probe systemctl is-active -q docker.service || DOCKER_STATE=down ;;
      esac
      ;;
  esac
  DOCKER_SERVER=${DOCKER_SERVER%% *}
  DOCKER_ERROR=${DOCKER_ERROR##*'
'}
}

docker_is_podman() {
  # By link or script (podman#4602)
  path=$(readlink -f "$(command -v docker)")
  case $path in */podman*) ;; *) head -n 5 "$path" | grep -q podman ;; esac
}

docker_runs() {
  docker_ask
  [ "$DOCKER_STATE" = running ]
}

docker_look() { # WAY: ends the step, unless Docker has to be installed so
  docker_ask
  case $DOCKER_STATE in
    running)
      [ ! -e /snap/bin/docker ] || warn 'Docker is a snap, and sees only some of the files'
      case $(probe systemctl show -p UnitFileState docker.service) in
        *=masked*) failed docker_down 'docker.service is masked, and does not start at boot' ;;
        *=disabled | *=enabled-runtime)
          ! checking || would_change 'enable docker.service'
          docker_enable
          changed 'enabled docker.service'
          ;;
      esac
      ok "Docker $DOCKER_SERVER answers"
      ;;
    hanging) failed docker_hang "docker version gave no answer in $PROBE_S s" ;;
    podman) failed docker_podman 'the docker command is Podman' ;;
    odd) failed docker_odd "Docker runs, but the docker command cannot use it: $DOCKER_ERROR" ;;
    denied) failed docker_denied "root may not talk to Docker: $DOCKER_ERROR" ;;
    down)
      for socket in /run/user/*/docker.sock; do
        [ ! -S "$socket" ] || failed docker_rootless "Docker runs rootless ($socket), not as the host's service"
      done
      ;;
  esac
  [ ! -e /snap/bin/docker ] || failed docker_snap 'Docker is a snap, and does not answer'
  case $(probe systemctl show -p LoadState docker.service) in
    *=loaded)
      ! checking || would_change 'start and enable docker.service'
      docker_enable
      changed "started Docker $DOCKER_SERVER"
      ;;
    *=masked) failed docker_down 'docker.service is masked' ;;
  esac
  ! checking || would_change "install Docker $1"
}

docker_enable() {
  start_unit docker.service docker_runs && return
  cause 'unable to configure' 'failed to start daemon\|failed to load listeners' 'level=fatal'
  failed docker_down "docker.service does not start: ${TEXT:-${DOCKER_ERROR:-see its journal}}"
}

docker_installed() {
  # Ends the step after an installation
  wait_until "$SERVICE_S" docker_runs || docker_enable
  changed "installed Docker $DOCKER_SERVER"
}

docker_pick() { # PACKAGE: sets PICKED to `=VERSION`, or to nothing for the latest
  PICKED=''
  [ "$DOCKER_VERSION" != latest ] || return 0
  # A prefix that ends in a whole number, with or without the epoch.
  PICKED=$(apt-cache madison "$1" | awk -v want="$DOCKER_VERSION" '
    function begins(text) { return index(text, want) == 1 && substr(text, length(want) + 1) !~ /^[0-9]/ }
    { short = $3; sub(/^[0-9]+:/, "", short) }
    begins($3) || begins(short) { print "=" $3; exit }')
  [ -n "$PICKED" ] || failed docker_no_version "there is no version $DOCKER_VERSION of the package $1"
}

docker_order() {
  # Needed where the tailnet's address is published
  ips=$(probe tailscale ip) || return 0
  probe docker ps --format '{{.Ports}}' | cat - /etc/docker/daemon.json | grep -qF "$ips" || return 0
  case $(probe systemctl show -p After docker.service) in *tailscaled.service*) return ;; esac
  warn "Docker publishes on the tailnet's address: let docker.service start After=tailscaled.service"
} 2>/dev/null

docker_verify() {
  if ! docker_runs; then
    ! checking || pending 'once Docker is installed and started'
    wait_until "$SERVICE_S" docker_runs || failed docker_down "Docker does not answer: $DOCKER_ERROR"
  fi
  fact docker.version "$DOCKER_SERVER"
  compose=$(probe docker compose version --short 2>/dev/null) || compose=''
  compose=${compose#v}
  fact docker.compose "$compose"
  if [ -n "$DOCKER_MIN_VERSION" ]; then
    parse_version "$DOCKER_SERVER" || failed version_unreadable "cannot parse version $DOCKER_SERVER"
    ! version_below "$VERSION" "$DOCKER_MIN_VERSION" ||
      failed docker_too_old "Docker $VERSION is below minimum $DOCKER_MIN_VERSION"
  fi
  docker_order
  ok "Docker $DOCKER_SERVER${compose:+, Compose $compose}"
}
