#!/usr/bin/env bats
# The provider boundary: a new network provider is one file and one line of a table, and the core names none.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  root=$BATS_TEST_DIRNAME/../..
  dummy=${STAGECRAFT}-dummy # built by the Makefile: tests/dummy/dummy.c and one more line in the table
  cat >stagecraft.yml <<'END'
network:
  provider: dummy
  providers:
    dummy: {auth_key_env: KEY, tailnet_domain: dummy.example, colour: blue, default_tags: [tag:b, tag:a]}
END
  echo '[{"id": "one", "public_ip": "192.0.2.1"}]' >hosts.json
}

@test "boundary: a dummy provider validates its own keys" {
  run "$dummy" validate --hosts hosts.json
  [ "$status" -eq 0 ]
  sed -i 's/blue/red/' stagecraft.yml
  run "$dummy" validate --hosts hosts.json
  [ "$status" -eq 3 ]
  [[ $output == *"dummy provider: invalid config: colour is red"* ]]
}

@test "boundary: a dummy provider compiles, with its settings and its shell, and nothing of the others" {
  run "$dummy" compile --hosts hosts.json
  [ "$status" -eq 0 ]
  grep -qx "NETWORK_COLOUR='blue'" scripts/one.sh
  grep -qx "NETWORK_TAGS='tag:a,tag:b'" scripts/one.sh
  sh -n scripts/one.sh
  run ! grep -i tailscale <(sed -n '/^network_install/,$p' scripts/one.sh)
  [ "$("$dummy" fqdn one)" = one.dummy.example ]
}

@test "boundary: a dummy provider is listed in order, and told to who misspells it" {
  run "$dummy" providers
  [[ $output == *dummy*headscale*tailscale* ]]
  sed -i 's/provider: dummy/provider: dumy/' stagecraft.yml
  run "$dummy" validate --hosts hosts.json
  [ "$status" -eq 3 ]
  [[ $output == *"did you mean dummy?"* ]]
}

@test "boundary: the core names no provider" {
  # Comments are no code: the preprocessor takes them out.
  for file in "$root"/{compiler,runtime,cli}/*.[ch]; do
    named=$("${CC:-cc}" -fpreprocessed -dD -E -P "$file" 2>/dev/null | grep -iE 'tailscale|headscale' || true)
    [ -z "$named" ] || {
      echo "$file: $named"
      return 1
    }
  done
}

@test "boundary: decision 3: no provider's source mentions roles" {
  run sh -c "cd '$root' && grep -nwiE 'roles?|role_tags' providers/network/*.c | grep -vE 'role_tags:|use default_tags, role_tags|the core'"
  echo "$output"
  [ -z "$output" ]
}
