#!/bin/sh
# cut_all.sh SHELL FILE WITNESS STEP [SCRIPT]: gives SHELL, on its standard input, the first bytes of FILE, for every STEP-th number
# of bytes and for the last 40. With SCRIPT, FILE itself is cut, and SHELL runs SCRIPT, which is or reads it. Nothing may
# appear on standard output, nor in WITNESS, to which the script's commands write. Without a line's end the last byte but
# one is whole already, and is left out.
set -eu
shell=$1 file=$2 witness=$3 step=$4 script=${5-}
size=$(wc -c <"$file")
out=$(mktemp) whole=$(mktemp)
cat "$file" >"$whole"
trap 'cat "$whole" >"$file"; rm -f "$out" "$whole"' EXIT
: >"$witness"

seq 0 $((size - 2)) | awk -v size="$size" -v step="$step" '$1 % step == 0 || $1 > size - 40' | while read -r bytes; do
  # shellcheck disable=SC2086 # a shell may have an argument
  if [ -n "$script" ]; then
    head -c "$bytes" "$whole" >"$file"
    $shell "$script" check >>"$out" 2>/dev/null </dev/null || :
  else
    head -c "$bytes" "$whole" | $shell -s >>"$out" 2>/dev/null || :
  fi
  if [ -s "$out" ] || [ -s "$witness" ]; then
    echo "cut_all.sh: $shell ran something of the first $bytes bytes of $file:" >&2
    cat "$out" "$witness" >&2
    exit 1
  fi
done
