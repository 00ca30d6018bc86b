#!/bin/sh
# docker.install from Docker's own repository, as https://docs.docker.com/engine/install/debian/ and …/ubuntu/ tell.
# Expects lib.sh and docker.sh.

docker_install_official() {
  docker_look 'from download.docker.com'
  need_room 1024
  need_curl
  read_os_release
  repository=download.docker.com/linux/$OS_ID
  docker_add_source
  apt_update
  docker_pick docker-ce
  # The client has the version of the engine.
  apt_install "docker-ce$PICKED" "docker-ce-cli$PICKED" containerd.io docker-buildx-plugin docker-compose-plugin
  docker_installed
}

docker_add_source() { # refuses before it writes
  docker_served
  # shellcheck disable=SC2046 # a list of words
  set -- $(docker_signers)
  case $# in
    0) [ ! -e /etc/apt/sources.list.d/docker.list ] ||
      failed repository_conflict "docker.list in /etc/apt/sources.list.d does not name $repository $OS_CODENAME" ;;
    1) return ;; # the one found serves
    # To apt this is an error, which stops every apt-get.
    *) failed repository_conflict "entries in /etc/apt for $repository differ in Signed-By: $*" ;;
  esac
  docker_key
  printf 'deb [arch=%s signed-by=/etc/apt/keyrings/docker.asc] https://%s %s stable\n' \
    "$(dpkg --print-architecture)" "$repository" "$OS_CODENAME" >"$WORK_DIR/docker.list"
  install -d -m 0755 /etc/apt/keyrings
  install -m 0644 "$WORK_DIR/docker.asc" /etc/apt/keyrings/docker.asc
  install -m 0644 "$WORK_DIR/docker.list" /etc/apt/sources.list.d/docker.list
}

docker_served() { # a source for a codename that Docker does not serve would break every later apt-get update
  release=https://$repository/dists/$OS_CODENAME/Release
  download "$release" "$WORK_DIR/Release" || case $(cat "$LOG") in
    *'error: 404'* | *'error: 403'*) failed no_repository "Docker has no repository for $OS_ID $OS_CODENAME" ;;
    *) blame download "$release" ;;
  esac
}

docker_signers() { # what Signed-By says where the repository is named for this codename; `none` for nothing
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    entries=$(grep -sv '^#' "$file") || continue
    case $entries in *[Ee]nabled:*no*) continue ;; *"$repository"*"$OS_CODENAME"*) ;; *) continue ;; esac
    printf '%s\n' "$entries" | sed -n 's/.*[Ss]igned-[Bb]y[=:] *\([^] ]*\).*/\1/p' | grep . || echo none
  done | sort -u
}

docker_key() { # the repository's key, checked to be the one that Docker documents
  if ! have gpg; then
    apt_update
    apt_install --no-install-recommends gnupg
  fi
  download "https://$repository/gpg" "$WORK_DIR/docker.asc" || blame download "https://$repository/gpg"
  mkdir -m 0700 "$WORK_DIR/gnupg"
  fingerprints=$(gpg --homedir "$WORK_DIR/gnupg" --batch --with-colons --show-keys "$WORK_DIR/docker.asc" |
    awk -F: '$1 == "pub" { wanted = 1 } $1 == "fpr" && wanted { print $10; wanted = 0 }')
  [ "$fingerprints" = 9DC858229FC7DD38854AE2D88D81803C0EBFCD88 ] ||
    failed docker_key "the key at https://$repository/gpg is not Docker's"
}
