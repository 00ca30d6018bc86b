#!/usr/bin/env bats
# shellcheck disable=SC2154 # e2e.bash sets status, out and err
# What tailnets, admins and daemons do to a host, on a real client. Every test has a fresh host of its
# own, with Docker on it already.

load e2e

setup_file() {
  e2e_file
  local state
  for state in expired used once; do
    printf 'tskey-auth-k%s%sCNTRL-%s\n' "$state" "$RANDOM" "$RANDOM" >"$LAB_RUN/secret/$state"
    tailnet mytailnet "key?state=$state" "$LAB_RUN/secret/$state"
  done
}

setup() {
  lab_attach
  e2e_config 'join_timeout: 15s'
  host=t$BATS_TEST_NUMBER
  host_start "$host" $((40 + BATS_TEST_NUMBER)) docker
  e2e_hosts "{id: $host, public_ip: 10.77.0.$((40 + BATS_TEST_NUMBER)), role: app}"
}

teardown() {
  tailnet mytailnet 'approval?required=false'
  tailnet mytailnet 'keytags?only=false'
  host_remove "$host"
}

refused() {
  exits 4
  says "$host" .status failed .error_code "$1" .reason "$2" .step "$3"
}

joined() {
  key=${1-$LAB_RUN/secret/key} sc apply --json
  exits 0
  says "$host" .status success
}

@test "an expired key" {
  key=$LAB_RUN/secret/expired sc apply --json
  refused network_join_failed auth_key_invalid network.join
  says "$host" .message 'tailscale provider: invalid or expired auth key'
}

@test "a used-up one-off key" {
  key=$LAB_RUN/secret/used sc apply --json
  refused network_join_failed auth_key_invalid network.join
  says "$host" .message 'tailscale provider: invalid or expired auth key'
}

@test "a one-off key, a run again with it: the key is not used a second time" {
  joined "$LAB_RUN/secret/once"
  joined "$LAB_RUN/secret/once"
  says "$host" .changed false
}

@test "device approval: needs_approval within the time to join; approved, the next run succeeds" {
  tailnet mytailnet 'approval?required=true'
  local started=$SECONDS
  sc apply --json
  refused network_join_failed needs_approval network.join
  [ $((SECONDS - started)) -lt 60 ] # 15 s to join, and some for the installation before it
  key='' sc check --json
  refused network_join_failed needs_approval network.join
  tailnet mytailnet "approve?node=$host"
  wait_for 15 client_says "$host" .BackendState Running
  key='' sc apply --json
  exits 0
}

client_says() { [ "$(client "$1" "$2")" = "$3" ]; }

@test "a node that got another name: success, with a warning" {
  joined
  tailnet mytailnet "rename?node=$host&to=$host-1"
  wait_for 15 client_says "$host" .Self.DNSName "$host-1.$LAB_DOMAIN."
  key='' sc apply --json
  exits 0
  says "$host" .status success .changed false
  [[ $(report '.hosts[].warnings | join(" ")') == *"$host-1"* ]]
}

@test "a stopped daemon is started, and the node needs no key" {
  joined
  host_exec "$host" systemctl stop tailscaled
  key='' sc check --json
  exits 2
  says "$host" '.steps | map(select(.result == "would_change") | .step) | join(" ")' network.install
  key='' sc apply --json
  exits 0
  says "$host" '.steps | map(select(.result == "changed") | .step) | join(" ")' network.install
}

@test "a daemon that hangs: daemon_hang, long before the run's own deadline" {
  joined
  host_exec "$host" systemctl kill --signal=STOP tailscaled
  local started=$SECONDS
  key='' sc apply --json
  exits 4
  says "$host" .status failed .reason daemon_hang
  [ $((SECONDS - started)) -lt 150 ]
  host_exec "$host" systemctl kill --signal=CONT tailscaled
  key='' sc apply --json
  exits 0
}

@test "tailscale down: in the tailnet, so success; that it is offline is said" {
  joined
  host_exec "$host" tailscale down
  key='' sc apply --json
  exits 0
  says "$host" .status success .changed false
  [[ $(report '.hosts[] | tostring') == *offline* ]]
}

@test "tags that change with a key that is no good: said, and the next run mends it" {
  joined
  e2e_hosts "{id: $host, public_ip: 10.77.0.$((40 + BATS_TEST_NUMBER)), role: db}"
  key=$LAB_RUN/secret/expired sc apply --json
  refused network_join_failed auth_key_invalid network.join
  joined
  [ "$(client "$host" '.Self.Tags | join(",")')" = tag:db,tag:stagecraft ]
}

@test "a key whose tags are all there is: asking for others is refused, and tag_mismatch says so" {
  tailnet mytailnet 'keytags?only=true'
  sc apply --json
  tailnet mytailnet 'keytags?only=false'
  refused network_join_failed tag_mismatch network.join
}

# A real headscale is no package of any registry; what a client sees of it is in the control server's options: tags come
# with the key alone, asking for any is refused, and the node has just the key's.
headscale() {
  provider=headscale e2e_config 'join_timeout: 15s'
  tailnet mytailnet 'keytags?only=true'
  printf 'hskey-auth-%s%s-CNTRL%s\n' "$RANDOM" "$RANDOM" "$RANDOM" >"$LAB_RUN/secret/$1"
  tailnet mytailnet "key?state=valid&tags=$2" "$LAB_RUN/secret/$1"
}

@test "headscale, reproduced by the control server's options: joins with the key's tags, and again changes nothing" {
  headscale hs-good tag:app,tag:stagecraft
  joined "$LAB_RUN/secret/hs-good"
  says "$host" .changed true '.warnings | join(";")' ''
  [ "$(client "$host" '.Self.Tags | join(",")')" = tag:app,tag:stagecraft ]
  key='' sc apply --json
  exits 0
  says "$host" .changed false
}

@test "headscale, reproduced by the control server's options: tags that the key lacks are named; given by the admin, the next run succeeds" {
  headscale hs-poor tag:stagecraft
  key=$LAB_RUN/secret/hs-poor sc apply --json
  refused network_join_failed tag_mismatch network.join
  says "$host" .message 'headscale provider: host tags tag:stagecraft do not match expected tag:app,tag:stagecraft'
  [[ $(report '.hosts[].warnings | join(" ")') == *"the pre-auth key gave no tag:app"*"headscale preauthkeys create --reusable --tags tag:app,tag:stagecraft"* ]]
  tailnet mytailnet "tag?node=$host&tags=tag:app,tag:stagecraft"
  wait_for 15 client_says "$host" '.Self.Tags | join(",")' tag:app,tag:stagecraft
  key='' sc apply --json
  exits 0
  says "$host" .status success .changed false
}

@test "headscale, reproduced by the control server's options: a used-up key" {
  headscale hs-used tag:app,tag:stagecraft
  tailnet mytailnet "key?state=used" "$LAB_RUN/secret/hs-used"
  key=$LAB_RUN/secret/hs-used sc apply --json
  refused network_join_failed auth_key_invalid network.join
  says "$host" .message 'headscale provider: invalid or expired auth key'
}

@test "none of the keys is found anywhere" {
  local which
  for which in key expired used once hs-good hs-poor hs-used; do
    found=$(hunt "$(<"$LAB_RUN/secret/$which")")
    echo "$found"
    [ -z "$found" ]
  done
}
