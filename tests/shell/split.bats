#!/usr/bin/env bats
# Layout split: a host's own file and steps.sh are the whole script, over the wire and by hand.
# shellcheck disable=SC2016,SC2154 # text for the script under test; set in common.bash

load common
load split

# What a script did: its records or lines, its exit status, the commands it called.
did() {
  echo "status $status"
  sed 's#stagecraft\.[A-Za-z0-9]\{6\}#stagecraft.XXXXXX#g; s#/tmp\.[A-Za-z0-9]*#/tmp.X#g' "$H/out" "$H/calls"
}

# same MODE SITUATION: sent as a whole, then in two parts, each to a fresh host in that situation.
same() {
  fresh_host
  eval "$2"
  split_script -o "$BATS_TEST_TMPDIR/definitions"
  send "$1" "$KEY"
  did >"$BATS_TEST_TMPDIR/whole"
  fresh_host
  eval "$2"
  split_script -o "$BATS_TEST_TMPDIR/definitions"
  cat "$S/plat-db-1.sh" "$S/steps.sh" >"$H/script"
  send "$1" "$KEY"
  did >"$BATS_TEST_TMPDIR/split"
  diff "$BATS_TEST_TMPDIR/whole" "$BATS_TEST_TMPDIR/split"
}

same_records() {
  : >"$BATS_TEST_TMPDIR/definitions"
  same check ''
  same apply ''
  grep -q 'tag:app,tag:db' "$BATS_TEST_TMPDIR/split"
  same check 'ts_status needs-login'
  same apply 'ts_status needs-login; ts_after running'
  grep -q '^tailscale up' "$BATS_TEST_TMPDIR/split"
  same apply 'no_tailscale; ts_after running'
  # A step that ends in the midst, which `set -e` sees to.
  echo 'docker_verify() { false; ok "all is well"; }' >"$BATS_TEST_TMPDIR/definitions"
  same apply ''
  grep -q '"docker.verify","result":"failed","reason":"internal"' "$BATS_TEST_TMPDIR/split"
}
@test "split: sent one behind the other, the same records and commands as the whole" { every_shell same_records; }

# hand DIR SCRIPT ARGUMENT…: as a person in DIR would run SCRIPT.
hand() {
  local dir=$1
  shift
  : >"$H/calls"
  status=0
  # shellcheck disable=SC2086 # a shell may have an argument
  (cd "$dir" && env -i PATH="$PATH" HOME="$H/home" TMPDIR="$H/tmp" $shell "$@") >"$H/out" 2>"$H/err" </dev/null || status=$?
}

same_by_hand() {
  local way dir
  split_script
  ln -s "$S" "$H/linked"
  echo "$KEY" | tee "$H/key" >"$S/key"
  for arguments in '' 'apply --rename' '--auth-key-file key' nosuch 'check --auth-key-file' check; do
    # shellcheck disable=SC2086 # several arguments
    hand "$H" ./script $arguments
    did >"$H/whole.did"
    mv "$H/err" "$H/whole.err"
    # shellcheck disable=SC2086
    hand "$S" plat-db-1.sh $arguments
    diff "$H/whole.did" <(did)
    diff "$H/whole.err" "$H/err"
  done
  for way in ./plat-db-1.sh 'a folder/plat-db-1.sh' "$S/plat-db-1.sh" linked/plat-db-1.sh; do
    [ "$way" = ./plat-db-1.sh ] && dir=$S || dir=$H
    hand "$dir" "$way" check
    diff "$H/whole.did" <(did)
  done
  # A step that ends in the midst, which `set -e` sees to.
  echo 'docker_verify() { false; ok "all is well"; }' >"$H/definitions"
  split_script -o "$H/definitions"
  hand "$S" plat-db-1.sh
  status_is 1
  grep -q '^failed  *docker.verify  *the step ended unexpectedly' "$H/out"
  # By its name alone: it is a program.
  chmod +x "$S/plat-db-1.sh"
  "$S/plat-db-1.sh" nosuch 2>"$H/err" || [ $? -eq 64 ]
  grep -q '^usage: sh plat-db-1.sh' "$H/err"
}
@test "split: by hand, from its folder and from elsewhere, the same as the whole" { every_shell same_by_hand; }

# refused DIR SCRIPT STATUS MESSAGE
refused() {
  hand "$1" "$2" check
  status_is "$3"
  grep -qxF -e "$4" "$H/err"
  [ ! -s "$H/out" ]
  [ ! -s "$H/calls" ]
}

alone() {
  local part='steps.sh is a part of each host'\''s script: run that'
  split_script
  refused "$S" steps.sh 64 "$part"
  refused "$H" "$S/steps.sh" 64 "$part"
  # shellcheck disable=SC2086
  env -i PATH="$PATH" $shell -s check <"$S/steps.sh" >"$H/out" 2>"$H/err" || [ $? -eq 64 ]
  grep -qxF "$part" "$H/err"
  # An id that comes in from outside makes no script of it.
  # shellcheck disable=SC2086
  (cd "$S" && env -i PATH="$PATH" HOST_ID=x $shell ./steps.sh check >"$H/out" 2>"$H/err") || [ $? -eq 64 ]
  grep -qxF "$part" "$H/err"
  # A link to the script alone isn't beside the steps.
  ln -s "$S/plat-db-1.sh" "$H/one.sh"
  refused "$H" ./one.sh 1 './one.sh needs steps.sh, whole, beside it'
  sed 's/^{ main .*//' "$S/steps.sh" >"$H/most"
  for cut in /dev/null "$H/most"; do
    cat "$cut" >"$S/steps.sh"
    refused "$S" plat-db-1.sh 1 'plat-db-1.sh needs steps.sh, whole, beside it'
  done
  rm "$S/steps.sh"
  refused "$S" plat-db-1.sh 1 'plat-db-1.sh needs steps.sh, whole, beside it'
  refused "$H" "$S/plat-db-1.sh" 1 "$S/plat-db-1.sh needs steps.sh, whole, beside it"
  # Down a pipe, the steps may be still to come: nothing is done, and nothing said.
  # shellcheck disable=SC2086
  env -i PATH="$PATH" $shell -s check <"$S/plat-db-1.sh" >"$H/out" 2>&1
  [ ! -s "$H/out" ]
  [ ! -s "$H/calls" ]
}
@test "split: neither file does anything alone, and each says what it lacks" { every_shell alone; }
