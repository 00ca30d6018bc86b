#!/bin/sh
# docker.install where Docker comes by other means: it is looked for, and started if need be.
# Expects lib.sh and docker.sh.

docker_install_skip() {
  docker_skip='Docker is not installed, and installMethod is skip'
  docker_ask
  [ "$DOCKER_STATE" != absent ] || failed docker_missing "$docker_skip"
  case $DOCKER_STATE:$(probe systemctl show -p LoadState docker.service) in
    down:*=not-found) failed docker_missing "$docker_skip" ;;
  esac
  docker_look ''
}
