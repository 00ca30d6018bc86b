#!/usr/bin/env bats
# The manual pages and README.md tell of all that there is: every command, option, provider and key.

# shellcheck disable=SC2016,SC2154 # backquotes of a page; run sets output
bats_require_minimum_version 1.5.0

setup() {
  docs=$BATS_TEST_DIRNAME/../../docs
  cd "$BATS_TEST_TMPDIR" || return 1
}

# keys PROGRAM: every key's path, of a provider with the provider's name
keys() {
  "$1" help config | awk '
    /^hosts.yml: / { prefix = "hosts."; next }
    /^[a-z]+[a-z._]*$/ { prefix = $1 "."; next }
    /^  [a-z]/ && $2 != "section" { print prefix $1 }'
}

# told: every key's path that stagecraft.yml(5) has an item for; * stands for every provider
told() {
  awk '
    /^The keys of both providers:/ { prefix = "network.providers.*." }
    /^The keys of$/ { getline; prefix = $2 "." }
    /^\.Sh HOSTS/ { prefix = "hosts." }
    /^\.It Cm / {
      sub(/^\.It Cm /, "")
      first = $1
      whole = first ~ /^(network|infra|secrets)\./
      for (n = split($0, names, / , /); n > 1; n--) print whole ? substr(first, 1, match(first, /[^.]*$/) - 1) names[n] : prefix names[n]
      print whole ? first : prefix first
    }' "$docs/stagecraft.yml.5"
}

# untold PROGRAM: what there is, and the page does not tell
untold() {
  keys "$1" | awk 'NR == FNR { told[$0] = 1; next }
    { of_all = $0; sub(/^network\.providers\.[a-z]*\./, "network.providers.*.", of_all) }
    !($0 in told) && !(of_all in told)' <(told) -
}

@test "manual: stagecraft.yml(5) tells of every key" {
  [ "$(keys "$STAGECRAFT" | wc -l)" -ge 40 ]
  run untold "$STAGECRAFT"
  echo "$output"
  [ -z "$output" ]
  # A key that it has no item for is seen: the dummy provider's own.
  run untold "$STAGECRAFT-dummy"
  [ "$output" = network.providers.dummy.colour ]
}

@test "manual: stagecraft.yml(5) names every provider" {
  for id in $("$STAGECRAFT" providers | cut -f 2); do
    echo "$id"
    grep -qwF "Cm $id" "$docs/stagecraft.yml.5"
  done
}

@test "manual: README.md names every command; stagecraft(1) tells of it, and of every option" {
  commands=$("$STAGECRAFT" help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
  [ "$(wc -w <<<"$commands")" -ge 10 ]
  for command in $commands; do
    echo "$command"
    grep -qE "(stagecraft |\`)$command\>" "$docs/../README.md"
    grep -qE "^\.(It )?Cm $command( |$)" "$docs/stagecraft.1"
    for option in $("$STAGECRAFT" help "$command" | sed -n 's/^  .*--\([a-z-]*\) .*/\1/p'); do
      echo "$command --$option"
      grep -qE "Fl -$option( |$)" "$docs/stagecraft.1"
    done
  done
}

@test "manual: wire.md tells of every assignment and step of a script, README.md of every step" {
  "$STAGECRAFT" init -q
  "$STAGECRAFT" compile -q
  sed '/^{ #/q' scripts/plat-db-1.sh | sed -n "s/^\([A-Z_]*\)='.*/\1/p" >assignments
  sed -n 's/^  step \([a-z.]*\) .*/\1/p' scripts/plat-db-1.sh >steps
  [ "$(wc -l <assignments)" -ge 14 ]
  [ "$(wc -l <steps)" -ge 6 ]
  diff <(sort assignments) <(sed -n 's/^| `\([A-Z_]*\)` | .*/\1/p' "$docs/wire.md" | sort)
  while read -r step; do
    echo "$step"
    grep -qF "step $step " "$docs/wire.md"
    grep -qF ". \`$step\`: " "$docs/../README.md"
  done <steps
}
