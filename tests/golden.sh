#!/bin/sh
# golden.sh check|write: what $STAGECRAFT makes of every golden/CASE. `check` compares (exit 1 and a diff if anything differs),
# `write` writes it anew, to be reviewed as a diff.
#   CASE/diagnostics.txt  what it says of mistakes and warnings
#   CASE/manifest.json    with the digest of every byte of every script
#   CASE/heads/HOST.sh    a script up to its plan: what differs between hosts and configurations; of layout split, both files
#   whole/apt.sh          one whole script, of the default way of installing Docker
#   whole/WAY.diff        the whole script of each other way, as what it changes of that one
set -eu
cd "$(dirname "$0")/../golden"
unset GITHUB_ACTIONS FORCE_COLOR
: "${STAGECRAFT:?the program under test}"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# produce CASE: into $new/CASE, the inputs too.
produce() {
  mkdir -p "$new/scripts" "$new/$1"
  set -- "$1" "$1"/hosts.*
  cp "$1/stagecraft.yml" "$2" "$new/$1/"
  status=0
  (cd "$new/$1" && "$STAGECRAFT" compile -q --hosts "${2##*/}" -o "../scripts/$1" 2>diagnostics.txt) || status=$?
  [ -s "$new/$1/diagnostics.txt" ] || rm "$new/$1/diagnostics.txt"
  case $status in
    0) ;;
    3) [ -e "$new/$1/diagnostics.txt" ] && [ ! -e "$new/scripts/$1" ] && return ;;
    *) cat "$new/$1/diagnostics.txt" >&2 && exit 1 ;;
  esac
  cp "$new/scripts/$1/manifest.json" "$new/$1/"
  mkdir "$new/$1/heads"
  for script in "$new/scripts/$1"/*.sh; do sed '/^}$/q' "$script" >"$new/$1/heads/${script##*/}"; done
}

# whole WAY SCRIPT: into $new/whole, what it changes of apt.sh
whole() {
  diff -u --suppress-blank-empty --label apt.sh --label "$1.sh" "$new/whole/apt.sh" "$new/scripts/$2" >"$new/whole/$1.diff" ||
    [ $? -eq 1 ]
}

for inputs in */stagecraft.yml; do produce "${inputs%/*}"; done
mkdir "$new/whole"
cp "$new/scripts/minimal/one.sh" "$new/whole/apt.sh"
whole official full/plat-app-1.sh
whole script docker-script/one.sh
whole skip docker-skip/one.sh
whole off docker-off/one.sh
rm -r "$new/scripts"

case ${1-} in
  check) diff -ru . "$new" ;;
  write) rm -rf ./* && cp -R "$new"/* . ;;
  *) echo "usage: golden.sh check|write" >&2 && exit 64 ;;
esac
