#!/usr/bin/env bats
# The same of layout split, whose scripts are two files.
# shellcheck disable=SC2154 # set in common.bash

load common
load split

cut_all() { "$BATS_TEST_DIRNAME/cut_all.sh" "$shell" "$@"; }

# What differs from a whole script is in the first bytes; so fewer of the others are tried here, and every third by `make cuts` where
# the shell isn't dash.

split_cut_off() { # split_cut_off STEP STEP_OF_STEPS
  split_script
  cat "$S/plat-db-1.sh" "$S/steps.sh" >"$H/script"
  send check
  status_is 0
  head -c 2000 "$H/sent" >"$H/beginning"
  cut_all "$H/beginning" "$H/calls" "$1"
  cut_all "$H/sent" "$H/calls" "$2"
}

@test "fault: a script in two files, sent in a row, cut off at any byte" {
  in_shell dash split_cut_off "${CUT_STEP:-9}" "${CUT_STEP:-911}"
  in_shell 'bash --posix' split_cut_off "${CUT_STEP:-23}" $((${CUT_STEP:-970} * 3))
  in_shell 'busybox ash' split_cut_off "${CUT_STEP:-23}" $((${CUT_STEP:-970} * 3))
}

file_cut_off() { # file_cut_off STEP STEP_OF_STEPS
  split_script
  cut_all "$S/plat-db-1.sh" "$H/calls" "$1" "$S/plat-db-1.sh"
  cut_all "$S/steps.sh" "$H/calls" "$2" "$S/plat-db-1.sh"
  cp "$S/steps.sh" "$H/steps.sh"
  head -c 600 "$H/steps.sh" >"$S/steps.sh"
  cut_all "$S/steps.sh" "$H/calls" "$1" "$S/plat-db-1.sh"
  # Uncut, it runs.
  cp "$H/steps.sh" "$S/steps.sh"
  # shellcheck disable=SC2086 # a shell may have an argument
  env -i PATH="$PATH" HOME="$H/home" TMPDIR="$H/tmp" $shell "$S/plat-db-1.sh" check >"$H/out" 2>"$H/err" </dev/null
  grep -q '^ok  *network.verify' "$H/out"
}

@test "fault: either file of a script in two, cut off at any byte" {
  in_shell dash file_cut_off "${CUT_STEP:-9}" "${CUT_STEP:-911}"
  in_shell 'bash --posix' file_cut_off "${CUT_STEP:-23}" $((${CUT_STEP:-970} * 3))
  in_shell 'busybox ash' file_cut_off "${CUT_STEP:-23}" $((${CUT_STEP:-970} * 3))
}
