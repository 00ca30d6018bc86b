# shellcheck shell=bash disable=SC2034 # what is made here is used by the other files
# What is dear to make and never changes. Every entry is keyed by its recipe, so that a change of the
# recipe makes a new one, and is made under another name first, so that a broken one is never used.

LAB_IMAGES_ORDER=(base curl fish docker)
# image = its parent : what apt adds to it, where the suite has it. "base" has neither curl nor CA certificates: a
# minimal host. docker-cli is a package of its own since Debian 13.
declare -gA LAB_IMAGES=(
  [curl]="base:curl ca-certificates"
  [fish]="base:fish"
  [docker]="curl:docker.io docker-cli"
)
declare -gA LAB_IMAGE=() # "SUITE NAME" = its folder

# cached NAME RECIPE BUILDER ARGUMENT…: sets $entry to the folder that BUILDER filled, or fills it now.
cached() {
  local name=$1 key scratch rc
  key=$(printf '%s' "$2" | sha256sum | cut -c 1-12)
  entry=$LAB_CACHE/$name-$key
  [ ! -d "$entry" ] || return 0
  say "making $name; this is done once"
  scratch=$(mktemp -d "$LAB_CACHE/.$name.XXXXXX")
  chmod 755 "$scratch"
  # In a shell of its own: not `(…) ||`, within which `set -e` is dead.
  set +e
  (
    set -e
    "$3" "$scratch" "${@:4}"
  ) >"$LAB_CACHE/$name.log" 2>&1
  rc=$?
  set -e
  if [ "$rc" != 0 ]; then
    tail -n 20 "$LAB_CACHE/$name.log" >&2
    rm -rf --one-file-system "$scratch"
    die "cannot make $name; all of it is in $LAB_CACHE/$name.log"
  fi
  mv "$scratch" "$entry"
}

# cache_note: which entries this lab uses, as assignments; a change of a recipe is for the next lab.
cache_note() {
  local image
  printf 'LAB_PROGRAMS=%q\nLAB_REPOSITORY=%q\n' "$LAB_PROGRAMS" "$LAB_REPOSITORY"
  for image in "${!LAB_IMAGE[@]}"; do
    printf 'LAB_IMAGE[%q]=%q\n' "$image" "${LAB_IMAGE[$image]}"
  done
}

# cache_prune: removes the entries that this lab would use but for their recipe, and broken ones. Other suites' stay.
cache_prune() {
  local entry suite
  for entry in "$LAB_CACHE"/*-???????????? "$LAB_CACHE"/.*.??????; do
    suite=${entry##*/image-} suite=${suite%%-*}
    [[ $entry != */image-* || " ${LAB_SUITES[*]} " == *" $suite "* ]] || continue
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

# ---- the apt repository that the official installer adds: a folder for each distribution, with all suites of it

cache_repository() {
  local entry suite suites=''
  for suite in "${LAB_SUITES[@]}"; do
    suites+="$(image_distribution "$suite")/$suite "
  done
  cached repository "$suites$LAB_PROGRAMS $(declare -f build_repository build_suite build_client_package build_keyring_package)" build_repository
  LAB_REPOSITORY=$entry
}

build_repository() {
  set -e
  local out=$1 suite arch gnupg gpg
  arch=$(dpkg --print-architecture)
  gnupg=$(mktemp -d)
  gpg=(gpg --homedir "$gnupg" --batch --quiet)
  # shellcheck disable=SC2064
  trap "gpgconf --homedir $gnupg --kill all; rm -rf $gnupg" EXIT
  "${gpg[@]}" --passphrase '' --quick-generate-key 'stagecraft e2e' rsa2048 sign never
  for suite in "${LAB_SUITES[@]}"; do
    build_suite "$out/$(image_distribution "$suite")" "$suite"
  done
}

# build_suite FOLDER SUITE: what https://pkgs.tailscale.com has for it below /stable/DISTRIBUTION.
build_suite() {
  local folder=$1 suite=$2 dist=dists/$2
  mkdir -p "$folder/$suite" "$folder/$dist/main/binary-$arch"
  "${gpg[@]}" --export >"$folder/$suite.noarmor.gpg"
  echo "deb [signed-by=/usr/share/keyrings/tailscale-archive-keyring.gpg] https://pkgs.tailscale.com/stable/${folder##*/} $suite main" \
    >"$folder/$suite.tailscale-keyring.list"
  echo OK >"$folder/$suite/installer-supported"
  # The suites of a distribution share the packages, as there.
  if [ ! -e "$folder/pool" ]; then
    mkdir -p "$folder/pool"
    build_client_package "$folder" "$LAB_TAILSCALE_VERSION" "$arch"
    build_client_package "$folder" "$LAB_TAILSCALE_OLD_VERSION" "$arch"
    build_keyring_package "$folder" "$folder/$suite.noarmor.gpg"
  fi
  cd "$folder"
  apt-ftparchive packages pool >"$dist/main/binary-$arch/Packages"
  gzip -kn "$dist/main/binary-$arch/Packages"
  apt-ftparchive -o "APT::FTPArchive::Release::Suite=$suite" -o "APT::FTPArchive::Release::Codename=$suite" \
    -o "APT::FTPArchive::Release::Architectures=$arch" -o APT::FTPArchive::Release::Components=main \
    release "$dist" >"$folder/Release"
  "${gpg[@]}" --clearsign --output "$dist/InRelease" "$folder/Release"
  mv "$folder/Release" "$dist/Release"
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

build_keyring_package() { # OUT KEYRING
  local root
  root=$(mktemp -d)
  mkdir -p "$root/DEBIAN" "$root/usr/share/keyrings"
  install -m 644 "$2" "$root/usr/share/keyrings/tailscale-archive-keyring.gpg"
  printf '%s: %s\n' Package tailscale-archive-keyring Version 1.0 Architecture all Section misc Priority extra \
    Maintainer 'stagecraft e2e <root@localhost>' Description 'the key that signs the lab repository' >"$root/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$root" "$1/pool/tailscale-archive-keyring_1.0_all.deb"
  rm -rf "$root"
}

# ---- host images: folders that hosts put an overlay on. An image but the first is itself an overlay.

# cache_image SUITE NAME: makes it and what it stands on; image_layers then says the folders, top first.
cache_image() {
  local entry parent=${LAB_IMAGES[$2]:-}
  if [ "$2" = base ]; then
    cached "image-$1-base" "$1$(declare -f build_base)" build_base "$1"
  else
    cache_image "$1" "${parent%%:*}"
    cached "image-$1-$2" "$parent$(image_layers "$1" "${parent%%:*}")$(declare -f build_image)" build_image "$1" "$2"
  fi
  LAB_IMAGE["$1 $2"]=$entry
}

image_layers() { # SUITE NAME
  printf '%s' "${LAB_IMAGE["$1 $2"]}"
  if [ "$2" != base ]; then
    printf ':%s' "$(image_layers "$1" "${LAB_IMAGES[$2]%%:*}")"
  fi
}

# image_distribution SUITE: debian or ubuntu, as its own os-release says.
image_distribution() { sed -n 's/^ID=//p' "${LAB_IMAGE["$1 base"]}/etc/os-release"; }

# build_base FOLDER SUITE
build_base() {
  debootstrap --variant=minbase \
    --include=systemd,systemd-sysv,dbus,openssh-server,iproute2,iptables,procps,sudo \
    "$2" "$1" "$(apt_mirror "$2")" "$(debootstrap_script "$2")"
  # Every host makes its own.
  rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id "$1"/var/lib/dbus/machine-id "$1"/etc/hostname
  rm -rf "$1"/var/cache/apt/{archives/*.deb,*.bin} "$1"/var/lib/apt/lists/*
}

# debootstrap_script SUITE: a release that is younger than the debootstrap here is made like sid.
debootstrap_script() {
  local scripts=/usr/share/debootstrap/scripts
  if [ -e "$scripts/$1" ]; then echo "$scripts/$1"; else echo "$scripts/sid"; fi
}

# build_image FOLDER SUITE NAME: leaves in FOLDER what its packages change in the parent image.
build_image() {
  set -e
  local top=$1 parent=${LAB_IMAGES[$3]%%:*} wanted=${LAB_IMAGES[$3]#*:} scratch rc=0
  scratch=$(mktemp -d "$LAB_CACHE/.mount.XXXXXX")
  mkdir "$scratch/work" "$scratch/root"
  mount -t overlay overlay -o "lowerdir=$(image_layers "$2" "$parent"),upperdir=$top,workdir=$scratch/work" "$scratch/root"
  (
    set -e
    apt_settings "$scratch/root" "$2"
    printf '#!/bin/sh\nexit 101\n' >"$scratch/root/usr/sbin/policy-rc.d"
    chmod 755 "$scratch/root/usr/sbin/policy-rc.d"
    chroot "$scratch/root" apt-get update
    packages=$(for package in $wanted; do
      ! chroot "$scratch/root" apt-cache show "$package" >/dev/null 2>&1 || echo "$package"
    done)
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

# ---- how this machine reaches the packages of a suite, handed on to the hosts at run time

# apt_sources [SUITE]: "URI suite component" of every package list that apt has here; of SUITE and its updates only.
apt_sources() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk -v suite="${1-}" 'index($2, suite) == 1 && ($3 == "main" || $3 == "universe")' | sort -u
}

# apt_mirror SUITE: E2E_MIRROR; else where apt here has it from; else where it has another release of Debian from.
apt_mirror() {
  local uri=${E2E_MIRROR:-}
  [ -n "$uri" ] || uri=$(apt_sources "$1" | awk -v suite="$1" '$2 == suite { print $1; exit }')
  [ -n "$uri" ] || uri=$(apt_sources | awk '$1 ~ "/debian/?$" { print $1; exit }')
  echo "${uri:-$LAB_MIRROR}"
}

# apt_settings ROOT SUITE: the sources, the name servers, and the settings of apt that reaching them takes.
apt_settings() {
  local sources='' components=main
  ! grep -qx ID=ubuntu "$1/etc/os-release" || components='main universe'
  [ -n "${E2E_MIRROR:-}" ] || sources=$(apt_sources "$2" | awk '{ print "deb", $1, $2, $3 }')
  [ -n "$sources" ] || sources="deb $(apt_mirror "$2") $2 $components"
  printf '%s\n' "$sources" >"$1/etc/apt/sources.list"
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
