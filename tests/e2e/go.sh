#!/bin/sh
# Prints the path of a Go that can build lab/: the one in PATH where it is new enough, else the
# toolchain that lab/go.mod asks for, which any older Go fetches through the module proxy.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${STAGECRAFT_CACHE:-/var/cache/stagecraft-e2e}
want=$(sed -n 's/^go //p' "$here/lab/go.mod")

die() {
  printf 'tests/e2e/go.sh: error: %s\n' "$1" >&2
  exit 1
}

# new_enough GO: its own version, never one that it would switch to, is at least $want.
new_enough() {
  have=$(GOTOOLCHAIN=local "$1" version 2>/dev/null) || return 1
  have=$(printf '%s\n' "$have" | sed -n 's/^go version go\([0-9.]*\).*/\1/p')
  [ -n "$have" ] && [ "$(printf '%s\n' "$want" "$have" | sort -V | head -n 1)" = "$want" ]
}

# A toolchain in a module zip has no executable files, and its go.mod files are called _go.mod, for a
# zip can hold no module within the module. A Go of 1.21 or later undoes both by itself; an older one
# does not, so it is done here, in a copy.
unpack() {
  cp -R "$1" "$2"
  chmod -R u+w "$2"
  find "$2" -name _go.mod -type f | while IFS= read -r file; do
    mv "$file" "${file%_go.mod}go.mod"
  done
  chmod -R a+x "$2/bin" "$2/pkg/tool"
}

fetch() {
  old=$1
  module=golang.org/toolchain@v0.0.1-go$want.$("$old" env GOHOSTOS)-$("$old" env GOHOSTARCH)
  mkdir -p "$cache"
  scratch=$(mktemp -d "$cache/go.XXXXXX")
  trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
  (
    cd "$scratch"
    GOTOOLCHAIN=local GO111MODULE=on GOFLAGS=-modcacherw GOMODCACHE="$scratch/mod" "$old" mod download "$module" >&2
  ) || die "cannot fetch $module through the Go module proxy"
  unpack "$scratch/mod/$module" "$scratch/go"
  new_enough "$scratch/go/bin/go" || die "$module does not run on this machine"
  mv "$scratch/go" "$toolchain" 2>/dev/null || [ -x "$toolchain/bin/go" ]
}

go=$(command -v go) || die "no Go found; install Debian's golang-go or any later Go"
toolchain=$cache/go-$want
if new_enough "$go"; then
  echo "$go"
elif new_enough "$toolchain/bin/go"; then
  echo "$toolchain/bin/go"
else
  fetch "$go"
  echo "$toolchain/bin/go"
fi
