#!/usr/bin/env bats
# shellcheck disable=SC2154 # e2e.bash sets status, out and err
# Which machine it is, and what its control server makes of it, on a real client.

load e2e

setup() {
  lab_attach
  e2e_config 'join_timeout: 15s'
  host=m$BATS_TEST_NUMBER
  address=10.77.0.$((40 + BATS_TEST_NUMBER))
  host_start "$host" $((40 + BATS_TEST_NUMBER)) docker
  e2e_hosts "{id: $host, public_ip: $address, role: app}"
}

teardown() {
  kill -CONT "$(proc_pid control)"
  tailnet mytailnet 'expire?all=false'
  host_remove "$host"
}

joined() {
  sc apply --json
  exits 0
  says "$host" .status success .fqdn "$(client "$host" .Self.DNSName | sed 's/\.$//')"
}

client_says() { [ "$(client "$1" "$2")" = "$3" ]; }

@test "another host's machine: refused before anything is changed; --rename renames it, and takes no key" {
  joined
  e2e_hosts "{id: other, public_ip: $address, role: app}"
  snapshot "$host" "$E2E_WORK/before"
  sc apply --json
  exits 4
  says other .status failed .error_code network_join_failed .reason name_mismatch .step host.preflight .changed false \
    .message "tailscale provider: this machine is $host, not other"
  key='' sc check --json
  exits 4
  says other .reason name_mismatch
  snapshot "$host" "$E2E_WORK/after"
  unchanged "$E2E_WORK/before" "$E2E_WORK/after"
  client_says "$host" .Self.HostName "$host"
  key='' sc check --json --rename
  exits 2
  key='' sc apply --json --rename
  exits 0
  says other .status success .changed true .fqdn "other.$LAB_DOMAIN"
  client_says "$host" .Self.HostName other
  key='' sc apply --json
  exits 0
  says other .changed false
}

@test "two hosts with one address: one joins, the other is refused" {
  e2e_hosts "{id: one, public_ip: $address, role: app}" "{id: two, public_ip: $address, role: app}"
  sc apply --json
  exits 4
  [ "$(report '.hosts[].status' | sort | paste -s -d ' ' -)" = 'failed success' ]
  [[ $(report '.hosts[] | select(.status == "failed").reason') =~ ^(busy|name_mismatch)$ ]]
}

@test "a name that another node holds: {id}-1, which is the report's" {
  joined
  host_exec "$host" sh -c 'systemctl stop tailscaled; rm -rf /var/lib/tailscale/*; systemctl start tailscaled'
  sc apply --json
  exits 0
  says "$host" .status success .fqdn "$host-1.$LAB_DOMAIN"
  [[ $(report '.hosts[].warnings | join(" ")') == *"the node is called $host-1: another one holds the name $host"* ]]
}

@test "a node whose key the server let expire: no auth key helps until that has ended there" {
  joined
  tailnet mytailnet 'expire?all=true'
  wait_for 30 client_says "$host" .BackendState NeedsLogin
  sc apply --json
  exits 4
  says "$host" .error_code network_join_failed .reason node_expired .step network.join
  tailnet mytailnet 'expire?all=false'
  joined
}

@test "a control server that doesn't answer while tailscaled starts: no auth key is missed, and join and verify agree" {
  local results
  joined
  kill -STOP "$(proc_pid control)"
  host_exec "$host" systemctl restart tailscaled
  key='' sc check --json
  kill -CONT "$(proc_pid control)"
  results=$(report '.hosts[].steps[] | select(.step == "network.join" or .step == "network.verify") | .result' | paste -s -d ' ' -)
  echo "$results"
  if [ "$results" = 'failed skipped' ]; then
    says "$host" .error_code network_join_failed .reason login_server .step network.join
  else
    [ "$results" = 'ok ok' ] # it has used its cache
  fi
  wait_for 60 client_says "$host" .BackendState Running
  key='' sc apply --json
  exits 0
}
