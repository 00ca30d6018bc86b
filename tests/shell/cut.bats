#!/usr/bin/env bats
# A script that was cut off runs nothing. `make cuts` (CUT_STEP=1) tries every byte, for some minutes.
# shellcheck disable=SC2154 # set in common.bash

load common

cut_all() { "$BATS_TEST_DIRNAME/cut_all.sh" "$shell" "$@"; }

cut_off() { # cut_off STEP
  host_script
  send check
  status_is 0
  cut_all "$H/sent" "$H/calls" "$1"
}

@test "fault: a script cut off at any byte" {
  in_shell dash cut_off "${CUT_STEP:-47}"
  in_shell 'bash --posix' cut_off "${CUT_STEP:-211}"
  in_shell 'busybox ash' cut_off "${CUT_STEP:-211}"
}
