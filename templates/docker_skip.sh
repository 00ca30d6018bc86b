#!/bin/sh
# docker.install where Docker comes by other means: it is only looked for.
# Expects lib.sh and docker.sh.

docker_install_skip() {
  docker_ask
  [ "$DOCKER_STATE" != absent ] || failed docker_missing 'Docker is not installed, and installMethod is skip'
  docker_look ''
  failed docker_missing 'the docker command is there, but no Docker engine; installMethod is skip'
}
