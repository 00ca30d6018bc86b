#!/usr/bin/env bats
# Every allocation, read, write, open, close, rename… of the real program fails in turn (tests/fault/fault.c): exit 1 and a
# message, or success that is one; never a crash, a half file, or something left behind.
# bats file_tags=slow

# shellcheck disable=SC2030,SC2031,SC2154,SC2317 # each test is a subshell; run sets output; each calls before and after
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  fault=$(dirname "$STAGECRAFT")/tests/fault.so # built by the Makefile
  [ -e "$fault" ]
  ! grep -q '\.gcda' "$STAGECRAFT" || skip "a coverage build makes calls of its own at exit"
  "$STAGECRAFT" init -q >/dev/null
}

digests() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2); }

# each KIND MAXIMUM COMMAND…: COMMAND with the first, second, … call of KIND failing, until none is left to fail. Before each,
# `before` makes the scene; after each, `after` looks at it, with $status and what was said in the file said.
each() {
  local kind=$1 maximum=$2 n=1 status
  shift 2
  while :; do
    [ "$n" -le "$maximum" ]
    before
    rm -f mark
    status=0
    FAULT_CALL=$kind FAULT_AT=$n FAULT_MARK=$PWD/mark LD_PRELOAD=$fault \
      ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 "$STAGECRAFT" "$@" >out 2>said || status=$?
    [ -e mark ] || break
    echo "$kind $n of $*: exit $status: $(tail -n 1 said)"
    [ "$status" -eq 0 ] || [ "$status" -eq 1 ] || [ "$status" -eq "${also:-0}" ]
    [ "$status" -ne 1 ] || grep -q 'error: ' said
    after
    # Allocations are many: the first ones, then some of the rest.
    if [ "$kind" = malloc ] && [ "$n" -ge 12 ]; then n=$((n + ${STRIDE:-11})); else n=$((n + 1)); fi
  done
  [ "$n" -gt 1 ] # something was failed
  [ "$status" -eq 0 ]
}

nothing_left() { [ "$(find . -maxdepth 1 ! -name '.*.json' ! -name mark ! -name out ! -name said | sort | tr '\n' ' ')" = "$1" ]; }

reading() { # reading KIND…: validate, hosts and fqdn read, or say why not
  before() { :; }
  after() { [ "$status" -eq 1 ] || cmp -s out "$right"; }
  right=$BATS_TEST_TMPDIR/right
  for command in 'validate' 'hosts --json' 'fqdn a b'; do
    # shellcheck disable=SC2086 # words
    "$STAGECRAFT" $command >"$right"
    for kind; do
      # shellcheck disable=SC2086
      each $kind 400 $command
    done
  done
}
@test "fault: malloc fails: validate, hosts and fqdn" { reading malloc; }
@test "fault: a read fails: validate, hosts and fqdn" { reading read open; }

@test "fault: a read fails: diff" {
  "$STAGECRAFT" compile -q
  before() { :; }
  after() { [ "$status" -eq 1 ] && [ ! -s out ]; }
  each read 100 diff
  each open 100 diff
}

@test "faults: validate tells of mistakes, or of the failure" {
  sed -i 's/tag:stagecraft/stagecraft/' stagecraft.yml
  for kind in malloc read open; do
    for n in 1 2 3 5 8 13 21 34 55 89 144; do
      run env FAULT_CALL=$kind FAULT_AT=$n LD_PRELOAD="$fault" ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" \
        "$STAGECRAFT" validate
      [ "$status" -eq 1 ] || [ "$status" -eq 3 ]
      [[ $output == *"error: "* ]]
    done
  done
}

new_folder() { # new_folder KIND…: all of it or none
  before() { rm -rf scripts; }
  after() {
    # What fails once all is written is the telling of it.
    if [ "$status" -eq 0 ] || [ -e scripts ]; then "$STAGECRAFT" compile --check -q; else nothing_left ". ./hosts.yml ./stagecraft.yml "; fi
  }
  for kind; do each "$kind" 400 compile; done
}
@test "fault: malloc fails: compile to a new folder" { new_folder malloc; }
@test "fault: a read fails: compile to a new folder" { new_folder read open stat; }
@test "fault: a write fails: compile to a new folder" { new_folder write close rename mkdir; }

old_folder() { # old_folder KIND…: the old files, or the new ones
  "$STAGECRAFT" compile -q -o old
  old=$(digests old)
  sed -i 's/tag:stagecraft/tag:other/' stagecraft.yml
  before() { rm -rf scripts && cp -R old scripts; }
  after() {
    [ "$status" -ne 0 ] || "$STAGECRAFT" compile --check -q
    [ "$(digests scripts)" = "$old" ] || "$STAGECRAFT" compile --check -q
  }
  for kind; do each "$kind" 400 compile; done
}
@test "fault: malloc fails: compile to an old folder" { old_folder malloc; }
@test "fault: a read fails: compile to an old folder" { old_folder read open stat; }
@test "fault: a write fails: compile to an old folder" {
  old_folder write close
  # Once names are being given, each file is an old or a new one, and the next run mends the rest.
  after() {
    for script in scripts/*.sh; do [ "$(tail -n 1 "$script")" = '{ main "$@"; }' ]; done
    [ -z "$(find scripts -name '.*' -type f)" ]
    "$STAGECRAFT" compile -q && "$STAGECRAFT" compile --check -q
  }
  each rename 10 compile
  # Amid a change of layout, no script is without the steps that it reads.
  after() {
    for script in scripts/plat-*.sh; do cat "$script" scripts/steps.sh 2>/dev/null | grep -q '^{ main "$@"; }$'; done
    [ -z "$(find scripts -name '.*' -type f)" ]
    "$STAGECRAFT" compile -q --layout "$layout" && "$STAGECRAFT" compile --check -q --layout "$layout"
  }
  for layout in split whole; do
    each rename 10 compile --layout "$layout"
    rm -rf old && cp -R scripts old
  done
}

init() { # init KIND…: no half file
  "$STAGECRAFT" schema >right.json && "$STAGECRAFT" schema hosts >right-hosts.json
  before() { rm -f stagecraft.yml hosts.yml .stagecraft.schema.json .hosts.schema.json; }
  after() { # and none that names a schema that isn't there
    [ ! -e stagecraft.yml ] || [ -e .stagecraft.schema.json ]
    [ ! -e hosts.yml ] || [ -e .hosts.schema.json ]
    [ ! -e .stagecraft.schema.json ] || cmp .stagecraft.schema.json right.json
    [ ! -e .hosts.schema.json ] || cmp .hosts.schema.json right-hosts.json
    [ ! -e stagecraft.yml ] || cmp stagecraft.yml right.yml
    [ ! -e hosts.yml ] || cmp hosts.yml right-hosts.yml
  }
  cp stagecraft.yml right.yml && cp hosts.yml right-hosts.yml
  for kind; do each "$kind" 200 init; done
}
@test "fault: malloc fails: init" { init malloc; }
@test "fault: a write fails: init" { init write open close; }

reports() { # reports KIND…: the old page and the old report beside the logs, or the new ones; a failed host may be the fault's
  mkdir bin calls && ln -s "$BATS_TEST_DIRNAME/../stub/ssh" bin/ssh
  printf 'hosts:\n  - {id: good-1, public_ip: good-1}\n' >hosts.yml
  before() { rm -rf logs && mkdir logs && echo old >logs/report.json && echo old >page.html; }
  after() {
    [ "$(cat page.html)" = old ] || [ "$(tail -n 1 page.html)" = '</html>' ]
    [ "$(cat logs/report.json)" = old ] || [ "$(jq '.hosts | length' logs/report.json)" -eq 1 ]
    [ "$status" -eq 1 ] || [ "$(stat -c %a page.html logs/report.json)" = $'600\n600' ]
    [ -z "$(find . -name '.*new*')" ]
  }
  # shellcheck disable=SC2034 # for each
  also=4
  # shellcheck disable=SC2089,SC2090 # as it is sent
  export STUB_STATUS='{\"BackendState\":\"Running\",\"CurrentTailnet\":{\"MagicDNSSuffix\":\"mytailnet.ts.net\"},\"Self\":{\"HostName\":\"good-1\",\"DNSName\":\"good-1.mytailnet.ts.net.\",\"Online\":true,\"Tags\":[\"tag:stagecraft\"]}}'
  PATH=$PWD/bin:$PATH
  for kind; do each "$kind" 100 apply -q -r 0 --report page.html --log-dir logs; done
}
@test "fault: a write fails: the reports of a run" { reports write open rename close; }
