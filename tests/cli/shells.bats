#!/usr/bin/env bats
# The one line that a login shell is given: every shell takes it alike.

# shellcheck disable=SC2016 # what stands in single quotes is for other shells
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  stub=$BATS_TEST_DIRNAME/../stub
  mkdir bin
  printf '#!/bin/sh\n[ "$1" = -n ] && shift && as=root && export as\nexec "$@"\n' >bin/sudo
  printf '#!/bin/sh\necho "${FAKE_UID-1000}"\n' >bin/id
  chmod +x bin/*
  mkdir calls
  cat >stagecraft.yml <<'END'
network:
  provider: tailscale
  providers:
    tailscale: {auth_key_env: TS_AUTHKEY, tailnet_domain: mytailnet.ts.net}
END
}

# The remote command for USER, as ssh would be given it.
command_for() {
  echo "[{id: deaf-1, public_ip: 192.0.2.1, ssh: {user: $1}}]" >hosts.yml
  rm -rf calls/*
  STUB_DIR=$PWD/calls STUB_PLAY=silent PATH=$stub:$PATH "$STAGECRAFT" apply -q >/dev/null || :
  tail -n 1 calls/192.0.2.1.1.argv
}

shells() {
  for shell in sh bash dash fish csh tcsh zsh mksh 'busybox sh'; do
    ! command -v "${shell%% *}" >/dev/null || echo "$shell"
  done
}

@test "shells: root gets sh, from every login shell" {
  command=$(command_for root)
  [ "$command" = 'exec sh -s' ]
  shells | while read -r shell; do
    echo "$shell"
    [ "$(echo 'echo "got as=$as"' | $shell -c "$command")" = 'got as=' ]
  done
}

@test "shells: others get it by sudo" {
  command=$(command_for deploy)
  [ "$command" = 'exec sudo -n sh -s' ]
  shells | while read -r shell; do
    echo "$shell"
    [ "$(echo 'echo "got as=$as"' | PATH=$PWD/bin:$PATH $shell -c "$command")" = 'got as=root' ]
  done
}
