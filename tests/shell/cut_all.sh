#!/bin/sh
# cut_all.sh SHELL FILE WITNESS [STEP]: gives the first bytes of FILE to SHELL's standard input, for every number of
# bytes (with STEP, for the first and last 1,500 and every STEP-th between), and sees that nothing was printed on
# standard output and WITNESS, a file to which every command of the script writes, does not change.
set -eu
shell=$1 file=$2 witness=$3 step=${4:-1}
size=$(wc -c <"$file")
out=$(mktemp)
trap 'rm -f "$out"' EXIT
: >"$witness"

# At the last byte, a line's end, the script is whole already.
seq 0 $((size - 2)) |
  awk -v size="$size" -v step="$step" '$1 < 1500 || $1 >= size - 1500 || $1 % step == 0' |
  while read -r bytes; do
    # shellcheck disable=SC2086 # a shell may have an argument
    head -c "$bytes" "$file" | $shell -s >>"$out" 2>/dev/null || :
    if [ -s "$out" ] || [ -s "$witness" ]; then
      echo "cut_all.sh: $shell ran something of the first $bytes bytes of $file:" >&2
      cat "$out" "$witness" >&2
      exit 1
    fi
  done
