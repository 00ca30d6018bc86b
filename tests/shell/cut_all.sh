#!/bin/sh
# cut_all.sh SHELL FILE WITNESS [STEP]: gives SHELL, on its standard input, the first bytes of FILE, for every number of
# bytes (with STEP: for every STEP-th and the last 40). Nothing may appear on standard output, nor in WITNESS, to which
# the script's commands write. Without a line's end the last byte but one is whole already, and is left out.
set -eu
shell=$1 file=$2 witness=$3 step=${4:-1}
size=$(wc -c <"$file")
out=$(mktemp)
trap 'rm -f "$out"' EXIT
: >"$witness"

seq 0 $((size - 2)) | awk -v size="$size" -v step="$step" '$1 % step == 0 || $1 > size - 40' | while read -r bytes; do
  # shellcheck disable=SC2086 # a shell may have an argument
  head -c "$bytes" "$file" | $shell -s >>"$out" 2>/dev/null || :
  if [ -s "$out" ] || [ -s "$witness" ]; then
    echo "cut_all.sh: $shell ran something of the first $bytes bytes of $file:" >&2
    cat "$out" "$witness" >&2
    exit 1
  fi
done
