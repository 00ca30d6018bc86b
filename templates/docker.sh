#!/bin/sh
# docker.install: what the four methods share. docker.verify.
# Expects lib.sh.
# shellcheck disable=SC2034 # CONTEXT is read by lib.sh

docker_ask() { # sets DOCKER_STATE, DOCKER_SERVER (its version) and DOCKER_ERROR
  # The local engine is meant, whatever the environment says.
  unset DOCKER_HOST DOCKER_API_VERSION DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
  DOCKER_CONTEXT=default
  export DOCKER_CONTEXT
  DOCKER_STATE=absent DOCKER_SERVER='' DOCKER_ERROR=''
  have docker || return 0
  # Podman's API names its components otherwise; its command line knows none (podman#4602).
  answer=$(with_deadline "$PROBE_S" docker version \
    --format '{{.Server.Version}} {{range .Server.Components}}{{.Name}} {{end}}' 2>&1) && rc=0 || rc=$?
  DOCKER_ERROR=${answer##*'
'}
  case $rc:$answer in
    124:* | 137:*) DOCKER_STATE=hanging ;;
    *[Pp]odman*) DOCKER_STATE=podman ;;
    0:*)
      DOCKER_STATE=running
      DOCKER_SERVER=${DOCKER_ERROR%% *}
      ;;
    *'ermission denied'*) DOCKER_STATE=denied ;;
    *) DOCKER_STATE=down ;;
  esac
}

docker_look() { # docker_look WAY: ends the step, unless Docker is to be installed in this WAY
  docker_ask
  case $DOCKER_STATE in
    running)
      [ ! -e /snap/bin/docker ] || warn 'Docker comes from a snap here, which sees only some of the files of the host'
      ok "Docker $DOCKER_SERVER answers"
      ;;
    hanging) failed docker_hang "docker version gave no answer in $PROBE_S s" ;;
    podman) failed docker_podman 'the docker command here is Podman, not Docker' ;;
    denied) failed docker_denied "root may not talk to Docker: $DOCKER_ERROR" ;;
    down)
      for socket in /run/user/*/docker.sock; do
        [ ! -S "$socket" ] || failed docker_rootless "Docker runs rootless here ($socket), not as the service of the host"
      done
      ;;
  esac
  [ ! -e /snap/bin/docker ] || failed docker_snap 'Docker from a snap is installed here and does not answer'
  docker_unit=$(with_deadline "$PROBE_S" systemctl show -p LoadState docker.service) || :
  case $docker_unit in
    *=loaded) docker_start ;;
    *=masked) failed docker_down 'Docker is installed, but docker.service is masked' ;;
  esac
  ! checking || would_change "install Docker $1"
  CONTEXT=''
  need_room 1048576
  say "installing Docker $1"
}

docker_start() { # it is installed; ends the step
  ! checking || would_change 'start and enable docker.service'
  docker_enable || failed docker_down "docker.service does not start: $DOCKER_ERROR"
  changed "started Docker $DOCKER_SERVER"
}

docker_enable() {
  logged with_deadline 120 systemctl enable --now docker.service && docker_wait
}

docker_wait() { # until the server answers; false when it does not
  uptime_s
  give_up=$((NOW + SERVICE_S))
  docker_ask
  while [ "$DOCKER_STATE" != running ] && [ "$NOW" -lt "$give_up" ]; do
    sleep 1
    docker_ask
    uptime_s
  done
  [ "$DOCKER_STATE" = running ]
}

docker_installed() { # ends the step after an installation
  docker_wait || docker_enable || failed docker_down "Docker was installed, but does not answer: $DOCKER_ERROR"
  changed "installed Docker $DOCKER_SERVER"
}

docker_pick() { # docker_pick PACKAGE: sets PICKED to `=VERSION` as configured, or to nothing for the latest
  PICKED=
  [ "$DOCKER_VERSION" != latest ] || return 0
  # Configured is a beginning of the version, with or without epoch, that does not end amid a number.
  PICKED=$(apt-cache madison "$1" | awk -v want="$DOCKER_VERSION" '
    function begins(text) { return index(text, want) == 1 && substr(text, length(want) + 1) !~ /^[0-9]/ }
    { short = $3; sub(/^[0-9]+:/, "", short) }
    begins($3) || begins(short) { print "=" $3; exit }')
  [ -n "$PICKED" ] || failed docker_no_version "no version $DOCKER_VERSION of the package $1 to be had here"
}

docker_verify() {
  docker_ask
  if [ "$DOCKER_STATE" != running ]; then
    ! checking || pending 'after Docker was installed and started'
    docker_wait || failed docker_down "Docker does not answer: $DOCKER_ERROR"
  fi
  fact docker.version "$DOCKER_SERVER"
  compose=$(with_deadline "$PROBE_S" docker compose version --short 2>/dev/null) || compose=
  fact docker.compose "${compose#v}"
  if [ -n "$DOCKER_MIN_VERSION" ]; then
    parse_version "$DOCKER_SERVER" || failed version_unreadable "cannot parse Docker version $DOCKER_SERVER"
    ! version_below "$VERSION" "$DOCKER_MIN_VERSION" ||
      failed docker_too_old "Docker $VERSION is below minimum $DOCKER_MIN_VERSION"
  fi
  ok "Docker $DOCKER_SERVER${compose:+, Compose ${compose#v}}"
}
