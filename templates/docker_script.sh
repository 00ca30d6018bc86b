#!/bin/sh
# docker.install by Docker's convenience script, https://get.docker.com.
# Expects lib.sh and docker.sh.

docker_install_script() {
  docker_look 'with get.docker.com'
  need_room 1024
  need_curl
  download_script https://get.docker.com get-docker.sh
  version=$DOCKER_VERSION
  [ "$version" != latest ] || version=''
  patient env VERSION="$version" sh get-docker.sh || blame install_failed 'get.docker.com failed'
  docker_installed
}
