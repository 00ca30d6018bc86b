#!/bin/sh
# docker.install from Docker's own repository, https://docs.docker.com/engine/install/debian/ and …/ubuntu/.
# Expects lib.sh and docker.sh.

docker_sources_dir() { echo /etc/apt; }

docker_install_official() {
  docker_look 'from download.docker.com'
  read_os_release
  APT_DIR=$(docker_sources_dir)
  repository=https://download.docker.com/linux/$OS_ID
  need_curl
  docker_has_release
  if docker_no_source; then
    docker_add_source
  fi
  apt_update
  docker_pick docker-ce
  # The client has the version of the engine.
  apt_install "docker-ce$PICKED" "docker-ce-cli$PICKED" containerd.io docker-buildx-plugin docker-compose-plugin
  docker_installed
}

docker_has_release() { # a source for a codename that Docker does not serve would break every later apt-get update
  release=$repository/dists/$OS_CODENAME/Release
  logged curl -fsSL --no-insecure --proto =https --tlsv1.2 --max-time 300 -o /dev/null "$release" ||
    case $(cat "$LOG") in
      *'error: 404'* | *'error: 403'*)
        failed no_repository "Docker has no repository for $OS_ID ${OS_CODENAME:-without a codename}"
        ;;
      *) blame download "$release" ;;
    esac
}

docker_no_source() { # is one to be added? Two for one repository that differ in Signed-By are an error to apt
  signers=
  sources=
  for file in "$APT_DIR"/sources.list "$APT_DIR"/sources.list.d/*.list "$APT_DIR"/sources.list.d/*.sources; do
    entry=$(grep -v '^ *#' "$file" 2>/dev/null) || continue
    case $entry in *"$repository"[/\ ]*"$OS_CODENAME"* | *"$repository"?*"$OS_CODENAME"*) ;; *) continue ;; esac
    signer=$(printf '%s\n' "$entry" | sed -n 's/.*[Ss]igned-[Bb]y[=:] *\([^] ]*\).*/\1/p' | head -n 1)
    case $signers in
      '') signers=$signer/ ;;
      "$signer/") ;;
      *) failed repository_conflict "$sources and $file both name $repository, with different Signed-By" ;;
    esac
    sources=$file
  done
  [ -z "$sources" ] || {
    say "using $repository as $sources has it"
    return 1
  }
  [ ! -e "$APT_DIR/sources.list.d/docker.list" ] ||
    failed repository_conflict "$APT_DIR/sources.list.d/docker.list is there, but does not name $repository $OS_CODENAME"
}

docker_add_source() {
  have gpg || {
    apt_update
    apt_install --no-install-recommends gnupg
  }
  fetch "$repository/gpg" "$WORK_DIR/docker.asc"
  mkdir -m 0700 "$WORK_DIR/gnupg"
  # One key, and the one that Docker documents.
  fingerprints=$(gpg --homedir "$WORK_DIR/gnupg" --batch --with-colons --show-keys "$WORK_DIR/docker.asc" |
    awk -F: '$1 == "pub" { keys++; wanted = 1 } $1 == "fpr" && wanted { print $10; wanted = 0 }') || :
  [ "$fingerprints" = 9DC858229FC7DD38854AE2D88D81803C0EBFCD88 ] ||
    failed docker_key "the key at $repository/gpg is not Docker's; nothing was changed"
  printf 'deb [arch=%s signed-by=%s/keyrings/docker.asc] %s %s stable\n' \
    "$(dpkg --print-architecture)" "$APT_DIR" "$repository" "$OS_CODENAME" >"$WORK_DIR/docker.list"
  install -d -m 0755 "$APT_DIR/keyrings"
  install -m 0644 "$WORK_DIR/docker.asc" "$APT_DIR/keyrings/docker.asc"
  install -m 0644 "$WORK_DIR/docker.list" "$APT_DIR/sources.list.d/docker.list"
}
