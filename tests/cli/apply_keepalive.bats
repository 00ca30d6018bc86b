#!/usr/bin/env bats
# A peer that has died without a word is noticed. In a file of its own: it takes a minute.
# bats file_tags=slow

# shellcheck disable=SC2016 # what stands in single quotes is for the host
# shellcheck disable=SC2154 # sshd.bash sets report
load sshd

bats_require_minimum_version 1.5.0

@test "fault: a dead peer" {
  sshd_start
  timeout=110s project a-1
  scripts '[ "$STAGECRAFT_MODE" = check ] || { sleep 0.5; kill -STOP $PPID; sleep 1; }' a-1
  apply -v
  echo "$output"
  [[ $output == *'not responding'* ]]
  [ "$(field a-1 status)" = success ]
  [[ $(field a-1 'warnings[0]') == *connection\ was\ lost* ]]
}
