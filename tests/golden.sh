#!/bin/sh
# golden.sh check|write: what $STAGECRAFT makes of every golden/CASE: its scripts, or what it says of mistakes and warnings.
# `check` compares (exit 1 and a diff if anything differs), `write` writes it anew, to be reviewed as a diff.
set -eu
cd "$(dirname "$0")/../golden"
unset GITHUB_ACTIONS FORCE_COLOR
: "${STAGECRAFT:?the program under test}"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# produce CASE: into $new/CASE, the inputs too.
produce() {
  mkdir "$new/$1"
  set -- "$1" "$1"/hosts.*
  cp "$1/stagecraft.yml" "$2" "$new/$1/"
  (
    cd "$new/$1"
    status=0
    "$STAGECRAFT" compile -q --hosts "${2##*/}" 2>diagnostics.txt || status=$?
    case $status in
      0) [ -s diagnostics.txt ] || rm diagnostics.txt ;;
      3) [ -s diagnostics.txt ] && [ ! -e scripts ] ;;
      *) cat diagnostics.txt >&2 && exit 1 ;;
    esac
  )
}

different=0
for case in *; do
  produce "$case"
  case ${1-} in
    check) diff -ru "$case" "$new/$case" || different=1 ;;
    write) rm -rf "$case" && cp -R "$new/$case" "$case" ;;
    *) echo "usage: golden.sh check|write" >&2 && exit 64 ;;
  esac
done
exit "$different"
