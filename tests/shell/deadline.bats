#!/usr/bin/env bats
# with_deadline: 124 where it had to end the command and nowhere else, whichever `timeout` the host has: when it ended the
# command, GNU's ends with 124 or 137, uutils' (Ubuntu from 25.10 on) with 125, busybox' with what the command ended with.
# bats file_tags=slow
# shellcheck disable=SC2016,SC2034,SC2154 # text for the host; set and used in common.bash

load common

use_timeout() { # use_timeout gnu|uutils|busybox
  local HOST_TOOLS=$1
  ln -sf "$(tool_path timeout)" "$H/tools/timeout"
}

# cases: each with the status that has to come. `ends` ends by itself, `stays` only when told, `polite` ends well when
# told, `deaf` must be killed.
cases() {
  cat >"$H/definitions" <<END
docker_verify() {
  for command in "ends 0" "ends 1" "ends 124" "ends 125" "ends 137" "ends 143" "killed 9" stays polite deaf gone; do
    with_deadline 1 $H/\$command && rc=0 || rc=\$?
    fact "\$command" "\$rc"
  done
  with_deadline 1 cat <$H/text >$H/copy
  ok done
}
END
  printf '#!/bin/sh\nexit $1\n' >"$H/ends"
  printf '#!/bin/sh\nkill -$1 $$\n' >"$H/killed"
  printf '#!/bin/sh\nexec sleep 20\n' >"$H/stays"
  # At once, not when the sleep is over.
  printf '#!/bin/sh\ntrap "exit 0" TERM\nsleep 4 >/dev/null 2>&1 &\nwait\n' >"$H/polite"
  printf '#!/bin/sh\ntrap "" TERM\nexec sleep 20\n' >"$H/deaf"
  chmod +x "$H/ends" "$H/killed" "$H/stays" "$H/polite" "$H/deaf"
  echo text >"$H/text"
  use_timeout "$1"
  host_script -o "$H/definitions"
  sed -i 's/timeout -k 5/timeout -k 1/' "$H/script"
  send check
  expect docker.verify 'ok||done'
  echo "with the timeout of $1:"
  for each in 'ends 0=0' 'ends 1=1' 'ends 124=1' 'ends 125=125' 'ends 137=137' 'ends 143=143' stays=124 polite=124 deaf=124; do
    echo "${each%=*}: $(fact "${each%=*}"), expected ${each##*=}"
    [ "$(fact "${each%=*}")" = "${each##*=}" ]
  done
  for each in 'killed 9' gone; do
    [ "$(fact "$each")" -gt 0 ]
    [ "$(fact "$each")" -ne 124 ]
  done
  cmp "$H/text" "$H/copy"
  [ "$(work_dirs)" = '' ]
}

@test "deadline: 124 whenever it ended the command and only then: GNU's timeout" { every_shell cases gnu; }
@test "deadline: busybox' timeout" { every_shell cases busybox; }
@test "deadline: uutils' timeout" {
  [ -x "$UUTILS/timeout" ] || skip 'rust-coreutils is not here'
  every_shell cases uutils
}

hanging() { # cloud-init at work, Docker and tailscaled that hang: each told as that
  use_timeout "$1"
  host_script
  : >"$H/docker/hang"
  send apply
  expect docker.install 'failed|docker_hang|*'
  not_called 'systemctl enable'
  rm "$H/docker/hang"
  : >"$H/ts/hang"
  send apply
  expect network.join 'failed|daemon_hang|*'
  rm "$H/ts/hang"
  mkdir -p "$H/root/run/cloud-init"
  : >"$H/root/run/cloud-init/enabled"
  stub cloud-init <<<'exec sleep 10'
  send apply
  expect host.preflight 'failed|cloud_init|cloud-init is still at work after 2 s'
}
@test "deadline: what hangs is told as that: busybox' timeout" { every_shell hanging busybox; }
@test "deadline: what hangs is told as that: uutils' timeout" {
  [ -x "$UUTILS/timeout" ] || skip 'rust-coreutils is not here'
  every_shell hanging uutils
}
