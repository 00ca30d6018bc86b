#!/bin/sh
# docker.install from Docker's own repository, https://docs.docker.com/engine/install/debian/ and …/ubuntu/.
# Expects lib.sh and docker.sh.

docker_install_official() {
  docker_look 'from download.docker.com'
  need_room 1024
  read_os_release
  [ -n "$OS_CODENAME" ] || failed no_repository "os-release names no codename: Docker serves releases only"
  repository=download.docker.com/linux/$OS_ID
  docker_sourced || docker_add_source
  apt_update
  docker_pick docker-ce
  apt_install "docker-ce$PICKED" "docker-ce-cli$PICKED" containerd.io docker-buildx-plugin docker-compose-plugin
  docker_installed
}

docker_sourced() { # [OPTION…]: do the sources serve, as apt reads them?
  if ! logged apt-get indextargets --no-release-info --format "\$(URI)" "$@" 'Created-By: Packages'; then
    reason=apt_update
    ! grep -qF "$repository" "$LOG" || reason=repository_conflict
    blame "$reason" 'apt refuses these sources'
  fi
  grep -qF "://$repository/dists/$OS_CODENAME/stable/binary-$(dpkg --print-architecture)/Packages" "$LOG"
}

docker_add_source() {
  # Refuses before it writes
  need_writable
  cd /etc/apt || exit
  [ ! -e sources.list.d/docker.list ] ||
    failed repository_conflict "docker.list is there, but not for $repository $OS_CODENAME"
  parts=$WORK_DIR/sources.list.d
  cp -RL sources.list.d "$parts" || :
  printf 'deb [arch=%s signed-by=/etc/apt/keyrings/docker.asc] https://%s %s stable\n' \
    "$(dpkg --print-architecture)" "$repository" "$OS_CODENAME" >"$parts/docker.list"
  docker_sourced -o "Dir::Etc::SourceParts=$parts"
  need_curl
  docker_served
  docker_key
  install -d -m 0755 keyrings
  install -m 0644 "$WORK_DIR/docker.asc" keyrings/docker.asc
  install -m 0644 "$parts/docker.list" sources.list.d/docker.list
}

docker_served() {
  # An entry that isn't breaks every later apt-get update
  release=https://$repository/dists/$OS_CODENAME/Release
  download "$release" "$WORK_DIR/Release" || case $(cat "$LOG") in
    *'error: 404'* | *'error: 403'*) failed no_repository "Docker has no repository for $OS_ID $OS_CODENAME" ;;
    *) blame download "$release" ;;
  esac
}

docker_key() {
  # The one that Docker documents
  if ! have gpg; then
    apt_update
    apt_install --no-install-recommends gnupg
  fi
  key=https://$repository/gpg
  download "$key" "$WORK_DIR/docker.asc" || blame download "$key"
  fingerprints=$(gpg --homedir "$WORK_DIR" --batch --with-colons --show-keys "$WORK_DIR/docker.asc" |
    awk -F: '$1 == "pub" { wanted = 1 } $1 == "fpr" && wanted { print $10; wanted = 0 }')
  [ "$fingerprints" = 9DC858229FC7DD38854AE2D88D81803C0EBFCD88 ] ||
    failed docker_key "the key at $key is not Docker's"
}
