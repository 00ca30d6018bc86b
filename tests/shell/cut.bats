#!/usr/bin/env bats
# A script that was cut off runs nothing. cut_all.sh does the same at every byte.
# shellcheck disable=SC2154 # set in common.bash

load common

@test "cut: at any byte of the settings and of the end, and at some in between" {
  for each in "${SHELLS[@]}"; do
    in_shell "$each" host_script
    send check
    status_is 0
    "$BATS_TEST_DIRNAME/cut_all.sh" "$each" "$H/sent" "$H/calls" 211
  done
}
