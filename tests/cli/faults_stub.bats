#!/usr/bin/env bats
# Faults of docs/faults.md that a host's end of the connection plays, with the stand-in ssh of tests/stub: each host fails by
# itself, and good-1 beside it is unharmed.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell; stub.bash uses timeout; run sets output
bats_require_minimum_version 1.5.0

load stub
timeout=15m

# apply OPTION…: over hosts.yml, each host playing what it is called; the report in $output
apply() {
  run --separate-stderr "$STAGECRAFT" apply --json -q --retries 0 "$@"
  echo "$output"
}

field() { jq -r --arg id "$1" ".hosts[] | select(.id == \$id) | .$2" <<<"$output"; }

# refuses ID REASON TEXT: that host fails, good-1 does not
refuses() {
  hosts good-1 "$1"
  apply
  [ "$status" -eq 4 ]
  [ "$(field "$1" status)" = failed ]
  [ "$(field "$1" reason)" = "$2" ]
  [[ $(field "$1" message) == *"$3"* ]]
  [ "$(field good-1 status)" = success ]
}

@test "fault: no route to the host" { refuses unreachable-1 unreachable 'No route to host'; }

@test "fault: forged records" {
  refuses early-1 protocol 'it ended before its last step'
  hosts good-1 foreign-1 # those of another run are noise
  apply
  [ "$status" -eq 0 ]
}

@test "fault: duplicate records" {
  refuses repeats-1 protocol 'it reported a step out of turn'
  refuses twice-1 protocol 'it went on after its end'
}

@test "fault: reordered records" { refuses order-1 protocol 'it reported a step out of turn'; }

@test "fault: truncated records" {
  refuses half-1 protocol "a record isn't JSON"
  refuses noend-1 protocol 'before its last record'
}

@test "fault: records of another host" { refuses forged-1 protocol "its records are another host's"; }

@test "fault: binary output" {
  hosts good-1 binary-1
  apply -v --log-dir logs
  [ "$status" -eq 0 ]
  [ "$(wc -c <logs/binary-1.log)" -gt 100000 ]
  iconv -f UTF-8 -t UTF-16 logs/binary-1.log >/dev/null
  LC_ALL=C run ! grep -q $'[\001-\010\013-\037\177]' logs/binary-1.log
}

@test "fault: a failure that another try can't mend" {
  hosts denied-1 refused-1 failing-1
  run --separate-stderr "$STAGECRAFT" apply --json -q --retries 1
  [ "$status" -eq 4 ]
  [ -e calls/refused-1.2.argv ]
  [ ! -e calls/denied-1.2.argv ]
  [ ! -e calls/failing-1.2.argv ]
}
