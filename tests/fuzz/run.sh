#!/bin/sh
# Fuzzes what reads files and hosts' answers for $FUZZ_SECONDS seconds (60), beginning with the golden cases: `make fuzz`. Wants
# clang. What makes it crash is kept in build-fuzz/.
set -eu
cd "$(dirname "$0")/../.."
flags='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
fuzz=build-fuzz/tests/fuzz/fuzz
make -s CC=clang BUILD=build-fuzz CFLAGS="$flags -fsanitize=fuzzer-no-link" LDFLAGS=-fsanitize=fuzzer "$fuzz"

seed() { # seed BYTE FILE…: the byte picks who reads the file
  byte=$1
  shift
  for file; do { printf %s "$byte" && cat "$file"; } >"build-fuzz/corpus/$byte-$(echo "$file" | tr / -)"; done
}
mkdir -p build-fuzz/corpus
seed 0 golden/*/stagecraft.yml
seed 1 golden/*/hosts.*
seed 3 golden/*/hosts.*
seed 4 golden/*/manifest.json
seed 5 tests/shell/status/*.json
seed 6 golden/*/heads/*.sh
exec "$fuzz" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=6000 -timeout=5 -rss_limit_mb=1500 -print_final_stats=1 \
  -artifact_prefix=build-fuzz/ build-fuzz/corpus
