#!/usr/bin/env bats
# The provider boundary: a new network provider is one file and one line of a table, and the core names none.

# shellcheck disable=SC2154 # run sets output and stderr
bats_require_minimum_version 1.5.0

load stub

set_up_dummy() {
  root=$BATS_TEST_DIRNAME/../..
  dummy=${STAGECRAFT}-dummy # built by the Makefile: tests/dummy and one more line in the table
  cat >stagecraft.yml <<'END'
network:
  provider: dummy
  providers:
    dummy: {colour: blue}
END
  echo '[{"id": "good-1", "public_ip": "good-1"}]' >hosts.json
}

@test "boundary: a dummy provider validates its own keys" {
  set_up_dummy
  run "$dummy" validate --hosts hosts.json
  [ "$status" -eq 0 ]
  sed -i 's/blue/red/' stagecraft.yml
  run "$dummy" validate --hosts hosts.json
  [ "$status" -eq 3 ]
  [[ $output == *"dummy provider: invalid config: colour is red"* ]]
  echo 'network: {provider: dummy}' >stagecraft.yml # none of its keys is required
  run "$dummy" validate --hosts hosts.json
  [ "$status" -eq 0 ]
}

@test "boundary: a dummy provider compiles, with its settings and its shell, and nothing of the others" {
  set_up_dummy
  run "$dummy" compile --hosts hosts.json
  [ "$status" -eq 0 ]
  grep -qx "NETWORK_COLOUR='blue'" scripts/good-1.sh
  grep -qx "NETWORK_PROVIDER='dummy'" scripts/good-1.sh
  grep -qx "NETWORK_TAGS=''" scripts/good-1.sh
  sh -n scripts/good-1.sh
  run ! grep -i tailscale <(sed -n '/^network_install/,$p' scripts/good-1.sh)
}

@test "boundary: a network without key, domain and tags goes through check and apply" {
  set_up_dummy
  for command in check apply; do
    STUB_STATUS=blue run --separate-stderr "$dummy" "$command" --hosts hosts.json --json
    [ "$status" -eq 0 ]
    [ "$(jq -r '.hosts[] | "\(.id) \(.status) \(.fqdn)"' <<<"$output")" = 'good-1 success ' ]
    [[ $stderr != *warning* ]] # no key is missed
    STUB_STATUS=green run --separate-stderr "$dummy" "$command" --hosts hosts.json --json
    [ "$status" -eq 4 ]
    [ "$(jq -r '.hosts[0] | "\(.reason) \(.message)"' <<<"$output")" = 'not_joined dummy provider: another colour' ]
  done
  STUB_STATUS=blue run --separate-stderr "$dummy" apply --hosts hosts.json
  [ "$status" -eq 0 ]
  sed -i 's/good-1/joins-1/g' hosts.json # a host that asks for a key all the same
  STUB_STATUS=blue run "$dummy" apply --hosts hosts.json --json -q
  [ "$status" -eq 4 ]
}

@test "boundary: hosts of a network without names have none, and its tags are a mistake" {
  set_up_dummy
  run -3 "$dummy" fqdn good-1
  [ "$output" = 'stagecraft: error: the network dummy gives hosts no names' ]
  run -0 "$dummy" hosts --hosts hosts.json
  [ "$output" = "$(printf 'good-1\tgood-1\t-\t-\t-')" ]
  "$dummy" hosts --hosts hosts.json --json >again.json
  run -0 "$dummy" validate --hosts again.json
  sed -i 's/colour: blue/default_tags: [a], role_tags: {db: [b]}/' stagecraft.yml
  echo '[{"id": "good-1", "public_ip": "good-1", "tags": ["c"]}]' >hosts.json
  run -3 "$dummy" validate --hosts hosts.json
  for key in network.providers.dummy.default_tags network.providers.dummy.role_tags host.tags; do
    [[ $output == *"$key: the network dummy has no tags"* ]]
  done
}

@test "boundary: a dummy provider is listed in order, and told to who misspells it" {
  set_up_dummy
  run "$dummy" providers
  [[ $output == *dummy*headscale*tailscale* ]]
  sed -i 's/provider: dummy/provider: dumy/' stagecraft.yml
  run "$dummy" validate --hosts hosts.json
  [ "$status" -eq 3 ]
  [[ $output == *"did you mean dummy?"* ]]
}

@test "boundary: the core names no provider" {
  set_up_dummy
  ids=$("$STAGECRAFT" providers | cut -f 2 | paste -s -d '|' -)
  [[ $ids == *tailscale* ]]
  # Comments are no code: the preprocessor takes them out.
  for file in "$root"/{compiler,runtime,cli}/*.[ch]; do
    named=$("${CC:-cc}" -fpreprocessed -dD -E -P "$file" 2>/dev/null | grep -iE "$ids" || true)
    [ -z "$named" ] || {
      echo "$file: $named"
      return 1
    }
  done
}

@test "boundary: decision 3: no provider's source mentions roles" {
  set_up_dummy
  run sh -c "cd '$root' && grep -nwiE 'roles?|role_tags' providers/network/*.c | grep -vE 'role_tags:|use default_tags, role_tags|the core'"
  echo "$output"
  [ -z "$output" ]
}
