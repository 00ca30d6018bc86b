# shellcheck shell=bash disable=SC2034 # what is made here is used by the other files
# What is dear to make and never changes. Every entry is keyed by its recipe, so that a change of the
# recipe makes a new one, and is made under another name first, so that a broken one is never used.

LAB_SUITE=bookworm
LAB_IMAGES_ORDER=(base curl fish docker)
# image = its parent : what apt adds to it. "base" has neither curl nor CA certificates: a minimal host.
declare -A LAB_IMAGES=(
  [curl]="base:curl ca-certificates"
  [fish]="base:fish"
  [docker]="curl:docker.io"
)

# cached NAME RECIPE BUILDER: sets $entry to the folder that BUILDER filled, or fills it now.
cached() {
  local name=$1 builder=$3 key scratch
  key=$(printf '%s' "$2" | sha256sum | cut -c 1-12)
  entry=$LAB_CACHE/$name-$key
  [ ! -d "$entry" ] || return 0
  say "making $name; this is done once"
  scratch=$(mktemp -d "$LAB_CACHE/.$name.XXXXXX")
  chmod 755 "$scratch"
  "$builder" "$scratch" >"$LAB_CACHE/$name.log" 2>&1 || {
    tail -n 20 "$LAB_CACHE/$name.log" >&2
    rm -rf --one-file-system "$scratch"
    die "cannot make $name; all of it is in $LAB_CACHE/$name.log"
  }
  mv "$scratch" "$entry"
}

# cache_note: which entries this lab uses, as assignments; a change of a recipe is for the next lab.
cache_note() {
  local name
  for name in LAB_PROGRAMS LAB_REPOSITORY "${LAB_IMAGES_ORDER[@]/#/LAB_IMAGE_}"; do
    printf '%s=%q\n' "$name" "${!name}"
  done
}

# cache_prune: removes the entries that this lab does not use, broken ones among them.
cache_prune() {
  local entry
  for entry in "$LAB_CACHE"/*-???????????? "$LAB_CACHE"/.*.??????; do
    grep -qxF "$entry" <(cache_note | cut -d = -f 2) || rm -rf --one-file-system "$entry"
  done
}

# ---- the Go programs: the real client and the control server

cache_programs() {
  local entry
  cached programs "$(cat "$LAB_DIR"/*.go "$LAB_DIR"/go.* && declare -f build_programs build_client)$LAB_TAILSCALE_VERSION $LAB_TAILSCALE_OLD_VERSION" build_programs
  LAB_PROGRAMS=$entry
}

build_programs() {
  set -e
  local go
  go=$("$LAB_DIR/../go.sh")
  cd "$LAB_DIR"
  "$go" build -o "$1/control" .
  build_client "$go" "$1" "$LAB_TAILSCALE_VERSION"
  build_client "$go" "$1" "$LAB_TAILSCALE_OLD_VERSION"
  # The official install script and what Debian's packages of the client consist of lie in its module.
  "$go" list -m -f '{{.Dir}}' tailscale.com | {
    read -r module
    cp -R --no-preserve=mode "$module/scripts/installer.sh" "$module/release/deb" \
      "$module/cmd/tailscaled/tailscaled.service" "$module/cmd/tailscaled/tailscaled.defaults" "$1"
  }
}

# build_client GO FOLDER VERSION: without the stamps it would call itself VERSION-ERR-BuildInfo.
build_client() {
  local stamp=tailscale.com/version
  CGO_ENABLED=0 "$1" build -trimpath -o "$2/$3/" \
    -ldflags "-s -w -X $stamp.shortStamp=$3 -X $stamp.longStamp=$3-lab" \
    tailscale.com/cmd/tailscale tailscale.com/cmd/tailscaled
}

# ---- the apt repository that the official installer adds

cache_repository() {
  local entry
  cached repository "$LAB_PROGRAMS $(declare -f build_repository build_client_package build_keyring_package)" build_repository
  LAB_REPOSITORY=$entry
}

build_repository() {
  set -e
  local out=$1 suite=dists/$LAB_SUITE arch gnupg gpg
  arch=$(dpkg --print-architecture)
  gnupg=$(mktemp -d)
  gpg=(gpg --homedir "$gnupg" --batch --quiet)
  # shellcheck disable=SC2064
  trap "gpgconf --homedir $gnupg --kill all; rm -rf $gnupg" EXIT
  "${gpg[@]}" --passphrase '' --quick-generate-key 'stagecraft e2e' rsa2048 sign never
  "${gpg[@]}" --export >"$out/$LAB_SUITE.noarmor.gpg"
  mkdir -p "$out/pool" "$out/$suite/main/binary-$arch"
  build_client_package "$out" "$LAB_TAILSCALE_VERSION" "$arch"
  build_client_package "$out" "$LAB_TAILSCALE_OLD_VERSION" "$arch"
  build_keyring_package "$out"
  cd "$out"
  apt-ftparchive packages pool >"$suite/main/binary-$arch/Packages"
  gzip -kn "$suite/main/binary-$arch/Packages"
  apt-ftparchive -o "APT::FTPArchive::Release::Suite=$LAB_SUITE" -o "APT::FTPArchive::Release::Codename=$LAB_SUITE" \
    -o "APT::FTPArchive::Release::Architectures=$arch" -o APT::FTPArchive::Release::Components=main \
    release "$suite" >"$out/Release"
  "${gpg[@]}" --clearsign --output "$suite/InRelease" "$out/Release"
  mv "$out/Release" "$suite/Release"
  echo OK >installer-supported
  echo "deb [signed-by=/usr/share/keyrings/tailscale-archive-keyring.gpg] https://pkgs.tailscale.com/stable/debian $LAB_SUITE main" \
    >"$LAB_SUITE.tailscale-keyring.list"
}

# build_client_package OUT VERSION ARCH: with the maintainer scripts of the official package.
build_client_package() {
  local root script
  root=$(mktemp -d)
  mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/sbin" "$root/etc/default" "$root/lib/systemd/system"
  install -m 755 "$LAB_PROGRAMS/$2/tailscale" "$root/usr/bin/"
  install -m 755 "$LAB_PROGRAMS/$2/tailscaled" "$root/usr/sbin/"
  install -m 644 "$LAB_PROGRAMS/tailscaled.defaults" "$root/etc/default/tailscaled"
  install -m 644 "$LAB_PROGRAMS/tailscaled.service" "$root/lib/systemd/system/"
  echo /etc/default/tailscaled >"$root/DEBIAN/conffiles"
  for script in postinst prerm postrm; do
    install -m 755 "$LAB_PROGRAMS/deb/debian.$script.sh" "$root/DEBIAN/$script"
  done
  printf '%s: %s\n' Package tailscale Version "$2" Architecture "$3" Section net Priority extra \
    Maintainer 'stagecraft e2e <root@localhost>' Depends iptables Recommends tailscale-archive-keyring \
    Description 'the client, as the lab builds it' >"$root/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -z1 -b "$root" "$1/pool/tailscale_$2_$3.deb"
  rm -rf "$root"
}

build_keyring_package() {
  local root
  root=$(mktemp -d)
  mkdir -p "$root/DEBIAN" "$root/usr/share/keyrings"
  install -m 644 "$1/$LAB_SUITE.noarmor.gpg" "$root/usr/share/keyrings/tailscale-archive-keyring.gpg"
  printf '%s: %s\n' Package tailscale-archive-keyring Version 1.0 Architecture all Section misc Priority extra \
    Maintainer 'stagecraft e2e <root@localhost>' Description 'the key that signs the lab repository' >"$root/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$root" "$1/pool/tailscale-archive-keyring_1.0_all.deb"
  rm -rf "$root"
}

# ---- host images: folders that hosts put an overlay on. An image but the first is itself an overlay.

# cache_image NAME: makes NAME and what it stands on; image_layers then says the folders, top first.
cache_image() {
  local entry name=$1 parent=${LAB_IMAGES[$1]:-}
  if [ "$name" = base ]; then
    cached image-base "$LAB_SUITE$(declare -f build_base)" build_base
  else
    cache_image "${parent%%:*}"
    cached "image-$name" "$parent$(image_layers "${parent%%:*}")$(declare -f build_image)" "build_image_$name"
  fi
  declare -g "LAB_IMAGE_$name=$entry"
}

image_layers() {
  local name=$1 entry=LAB_IMAGE_$1
  printf '%s' "${!entry}"
  if [ "$name" != base ]; then
    printf ':%s' "$(image_layers "${LAB_IMAGES[$name]%%:*}")"
  fi
}

build_base() {
  debootstrap --variant=minbase \
    --include=systemd,systemd-sysv,dbus,openssh-server,iproute2,iptables,procps,sudo \
    "$LAB_SUITE" "$1" "$(apt_mirror)"
  # Every host makes its own.
  rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id "$1"/var/lib/dbus/machine-id "$1"/etc/hostname
  rm -rf "$1"/var/cache/apt/{archives/*.deb,*.bin} "$1"/var/lib/apt/lists/*
}

build_image_curl() { build_image "$1" curl; }
build_image_fish() { build_image "$1" fish; }
build_image_docker() { build_image "$1" docker; }

# build_image FOLDER NAME: leaves in FOLDER what its packages change in the parent image.
build_image() {
  set -e
  local top=$1 parent=${LAB_IMAGES[$2]%%:*} packages=${LAB_IMAGES[$2]#*:} scratch rc=0
  scratch=$(mktemp -d "$LAB_CACHE/.mount.XXXXXX")
  mkdir "$scratch/work" "$scratch/root"
  mount -t overlay overlay -o "lowerdir=$(image_layers "$parent"),upperdir=$top,workdir=$scratch/work" "$scratch/root"
  (
    set -e
    apt_settings "$scratch/root"
    printf '#!/bin/sh\nexit 101\n' >"$scratch/root/usr/sbin/policy-rc.d"
    chmod 755 "$scratch/root/usr/sbin/policy-rc.d"
    chroot "$scratch/root" apt-get update
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive chroot "$scratch/root" \
      apt-get install -y --no-install-recommends $packages
    rm -rf "$scratch"/root/usr/sbin/policy-rc.d "$scratch"/root/var/cache/apt/{archives/*.deb,*.bin} \
      "$scratch"/root/var/lib/apt/lists/*
    apt_settings_remove "$scratch/root"
  ) || rc=$?
  umount "$scratch/root"
  rm -rf --one-file-system "$scratch"
  return "$rc"
}

# ---- how this machine reaches Debian's packages, handed on to the hosts at run time

# apt_sources: "URI suite component" of every Debian package list of the lab's suite that apt has here.
apt_sources() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
    awk -v suite="$LAB_SUITE" 'index($2, suite) == 1 && $3 == "main"' | sort -u
}

apt_mirror() {
  local uri
  uri=$(apt_sources | awk -v suite="$LAB_SUITE" '$2 == suite { print $1; exit }')
  echo "${uri:-$LAB_MIRROR}"
}

# apt_settings ROOT: the sources, the name servers, and the settings of apt that reaching them takes.
apt_settings() {
  local sources
  sources=$(apt_sources | awk '{ print "deb", $1, $2, $3 }')
  printf '%s\n' "${sources:-deb $LAB_MIRROR $LAB_SUITE main}" >"$1/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date|ForceIPv[46]|Retries)' \
    >"$1/etc/apt/apt.conf.d/00outer" || true
  # A stub resolver of systemd answers on this machine's loopback only.
  if grep -q '^nameserver 127\.' /etc/resolv.conf && [ -f /run/systemd/resolve/resolv.conf ]; then
    cp /run/systemd/resolve/resolv.conf "$1/etc/resolv.conf"
  else
    cp --remove-destination "$(readlink -f /etc/resolv.conf)" "$1/etc/resolv.conf"
  fi
}

apt_settings_remove() { rm -f "$1/etc/apt/sources.list" "$1/etc/apt/apt.conf.d/00outer" "$1/etc/resolv.conf"; }
