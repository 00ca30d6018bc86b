#!/usr/bin/env bats
# The templates as text: what every compiled script must be, whatever is configured.
# shellcheck disable=SC2016,SC2154 # text; set in common.bash

load common

TEMPLATES=("$BATS_TEST_DIRNAME"/../../templates/*.sh "$BATS_TEST_DIRNAME"/../dummy/*.sh)
METHODS='apt official script skip none'

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  for method in $METHODS; do cp "$(compiled "$method")" "$method.sh"; done
}

@test "templates: each is a whole file, clean and formatted" {
  shellcheck "${TEMPLATES[@]}"
  shfmt -i 2 -ci -d "${TEMPLATES[@]}"
  for file in "${TEMPLATES[@]}"; do
    [ "$(head -n 1 "$file")" = '#!/bin/sh' ]
    [ -z "$(tail -c 1 "$file")" ]
    sed '/^$/q' "$file" | never grep -v '^#\|^$'
  done
  never grep -n '.\{121\}' "${TEMPLATES[@]}"
  never grep -nP '\t| $|[^\x00-\x7f…]' "${TEMPLATES[@]}"
}

@test "templates: nothing but definitions" {
  # A trace of one shows no command.
  for file in "${TEMPLATES[@]}"; do
    [ "$(dash -x "$file" 2>&1)" = '' ]
  done
}

@test "templates: a function hides no command, and is there once" {
  sed -n 's/^\([a-z_0-9]*\)() {.*/\1/p' "${TEMPLATES[@]}" | sort >names
  # A script has the functions of one network.
  [ "$(uniq -d names | grep -vx 'network_\(preflight\|install\|join\|verify\)')" = '' ]
  while read -r name; do
    for shell in "${SHELLS[@]}"; do
      # shellcheck disable=SC2086
      never env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin $shell -c "command -v $name"
    done
  done <names
}

@test "templates: each function is used" {
  cat "${TEMPLATES[@]}" >all
  sed -n 's/^\([a-z_0-9]*\)() {.*/\1/p' "${TEMPLATES[@]}" | while read -r name; do
    case $name in main | preflight | docker_install_* | docker_verify | network_install | network_join | network_verify) continue ;; esac
    [ "$(grep -cw "$name" all)" -ge 2 ]
  done
}

@test "templates: none of what must never be" {
  cat "${TEMPLATES[@]}" | sed 's/#.*//' >code
  for word in -- --force-reauth --reset StrictHostKeyChecking --allow-unauthenticated AllowUnauthenticated trusted=yes \
    'curl .*-k ' 'curl .*--insecure' no-check-certificate '\beval\b' 'export .*KEY' '\bpkill\b' '\bkillall\b' '\bkill\b' fuser \
    autoremove 'apt-get .*remove' 'apt-get .*purge' 'apt-get .*upgrade' allow-downgrades 'rm .*lock' 'local ' '<<[A-Z]' 'set -x' '\. /'; do
    [ "$word" != -- ] || continue
    never grep -n -e "$word" code
  done
}

@test "reasons: every one is documented" {
  grep -oh '\(failed\|blame\) [a-z_]*' "${TEMPLATES[@]}" | cut -d ' ' -f 2 | grep . | sort -u >used
  [ "$(wc -l <used)" -gt 30 ]
  while read -r reason; do grep -qw -e "$reason" "$BATS_TEST_DIRNAME/../../docs/errors.md"; done <used
}

@test "script: parsed by every shell" { # tests/cli/compile.bats has shellcheck read it
  for method in $METHODS; do
    for shell in "${SHELLS[@]}"; do
      # shellcheck disable=SC2086
      $shell -n "$method.sh"
    done
  done
}

@test "script: small, also with 1,000 bytes of settings" {
  for method in $METHODS; do
    settings=$(grep "^[A-Z_]*='" "$method.sh" | wc -c)
    tags=$(printf ',tag:role-%d' {1001..9999} | cut -c "2-$((1001 - settings + 14))")
    sed -f <(settings "NETWORK_TAGS=$tags") "$method.sh" >big.sh
    [ "$(grep "^[A-Z_]*='" big.sh | wc -c)" -eq 1000 ]
    [ "$(wc -c <big.sh)" -le 40000 ]
    [ "$(gzip -9n <big.sh | wc -c)" -le 13000 ]
  done
}

@test "script: no version, date, path or secret of this machine" {
  for method in $METHODS; do
    never grep -n '/tmp\|/home\|/root/\|/work\|20[0-9][0-9]-[0-9]' "$method.sh"
  done
}
