#!/usr/bin/env bats
# Golden files and examples: what comes out is what was reviewed.

# shellcheck disable=SC2154 # run sets output
bats_require_minimum_version 1.5.0

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
}

@test "golden: every case gives the scripts and diagnostics that were reviewed" {
  run "$root/tests/golden.sh" check
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "golden: the check sees one byte's difference, and a file too many" {
  cp -R "$root/golden" "$BATS_TEST_TMPDIR/golden"
  mkdir "$BATS_TEST_TMPDIR/tests" && cp "$root/tests/golden.sh" "$BATS_TEST_TMPDIR/tests/"
  cd "$BATS_TEST_TMPDIR" || return 1
  for file in minimal/heads/one.sh minimal/manifest.json whole/apt.sh whole/official.diff ten-mistakes/diagnostics.txt; do
    printf ' ' >>"golden/$file"
    run -1 tests/golden.sh check
    tests/golden.sh write
    diff -r golden "$root/golden"
  done
  : >golden/minimal/heads/two.sh
  run -1 tests/golden.sh check
}

@test "golden: a manifest's digests are those of the scripts, whole ones among them" {
  cd "$root/golden/minimal" || return 1
  "$STAGECRAFT" compile -q -o "$BATS_TEST_TMPDIR/scripts"
  cmp ../whole/apt.sh "$BATS_TEST_TMPDIR/scripts/one.sh"
  [[ $(cat manifest.json) == *"$(sha256sum <../whole/apt.sh | cut -d ' ' -f 1)"* ]]
}

@test "golden: ten planted mistakes are ten, each at its place" {
  cd "$root/golden/ten-mistakes" || return 1
  run -3 "$STAGECRAFT" validate --json
  [ "$(jq length <<<"$output")" -eq 10 ]
  [ "$(jq -r '.[] | "\(.file):\(.line):\(.column)"' <<<"$output")" = "stagecraft.yml:5:21
stagecraft.yml:6:7
stagecraft.yml:7:22
stagecraft.yml:9:22
stagecraft.yml:10:30
stagecraft.yml:13:17
stagecraft.yml:13:42
stagecraft.yml:13:66
stagecraft.yml:15:22
stagecraft.yml:16:14" ]
}

@test "golden: with mistakes no command starts a process or writes a file" {
  cp -R "$root/golden/ten-mistakes/." "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR" || return 1
  mkdir bin
  printf '#!/bin/sh\n: >%s\n' "$PWD/started" | tee bin/ssh >bin/sh
  chmod +x bin/*
  before=$(find . | sort)
  for command in validate compile 'compile --check' hosts apply check 'fqdn x'; do
    # shellcheck disable=SC2086 # words
    PATH=$PWD/bin TS_AUTHKEY=x run -3 "$STAGECRAFT" $command
    [[ $output == *"10 errors"* ]]
  done
  [ "$(find . | sort)" = "$before" ]
}

@test "golden: validate makes no process, as strace sees it" {
  cd "$root/golden/ten-mistakes" || return 1
  # LeakSanitizer and ptrace exclude each other.
  ASAN_OPTIONS=detect_leaks=0 run -3 strace -f -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=execve,execveat,clone,clone3,fork,vfork,socket,connect \
    "$STAGECRAFT" validate
  [ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -eq 1 ] # its own execve
}

@test "examples: every one validates and compiles, without a warning" {
  count=0
  for config in "$root"/examples/*/stagecraft.yml; do
    cd "${config%/*}" || return 1
    run "$STAGECRAFT" validate
    echo "$config: $output"
    [ "$status" -eq 0 ]
    [[ $output != *warning* ]]
    run "$STAGECRAFT" compile -q -o "$BATS_TEST_TMPDIR/$count"
    echo "$output"
    [ "$status" -eq 0 ]
    count=$((count + 1))
  done
  [ "$count" -ge 1 ]
}
