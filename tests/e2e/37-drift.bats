#!/usr/bin/env bats
# shellcheck disable=SC2154 # e2e.bash sets status, out and err
# What a joined host has otherwise than the two files say: check names it, apply mends it, and no auth key is there.

load e2e

setup() {
  lab_attach
  e2e_config 'join_timeout: 15s'
  host=d$BATS_TEST_NUMBER
  address=10.77.0.$((40 + BATS_TEST_NUMBER))
  host_start "$host" $((40 + BATS_TEST_NUMBER)) docker
  e2e_hosts "{id: $host, public_ip: $address, role: app}"
  sc apply --json
  exits 0
}

teardown() {
  host_remove "$host"
}

pref() { host_exec "$host" tailscale debug prefs | jq -c "$1"; }

# mends STEP MESSAGE [OPTION…]: check exits 2 and says so of the step, apply mends it, and check then exits 0.
mends() {
  local step=$1 message=$2 id=${id:-$host}
  shift 2
  key='' sc check --json "$@"
  exits 2
  [[ $(report ".hosts[].steps[] | select(.step == \"$step\") | .result + \": \" + .message") == "would_change: $message" ]]
  key='' sc apply --json "$@"
  exits 0
  says "$id" .status success .changed true \
    '.steps | map(select(.result == "changed") | .step) | join(" ")' "$step"
  key='' sc check --json
  exits 0
  says "$id" .changed false
}

@test "drift: up_args of the whole network, of a role and of one host" {
  host_exec "$host" tailscale set --operator=daemon # by hand: it stays
  e2e_config 'join_timeout: 15s' 'up_args: [--accept-routes, --shields-up]'
  mends network.join 'settings are --accept-routes=false --shields-up=false, expected are --accept-routes=true --shields-up=true'
  e2e_config 'join_timeout: 15s' 'up_args: [--accept-routes, --shields-up]' \
    'role_up_args: {app: ["--advertise-routes=10.9.0.0/16,10.8.0.0/16", --snat-subnet-routes=false], db: [--shields-up=false]}'
  mends network.join 'settings are --advertise-routes= --snat-subnet-routes=true, expected are --advertise-routes=10.8.0.0/16,10.9.0.0/16 --snat-subnet-routes=false'
  e2e_hosts "{id: $host, public_ip: $address, role: app, up_args: [--shields-up=false, --advertise-exit-node, --netfilter-mode=nodivert]}"
  mends network.join 'settings are --shields-up=true --advertise-exit-node=false --netfilter-mode=on, expected are --shields-up=false --advertise-exit-node=true --netfilter-mode=nodivert'
  [ "$(pref '[.RouteAll, .ShieldsUp, .NoSNAT, .NetfilterMode, .OperatorUser, (.AdvertiseRoutes | sort)]')" = \
    '[true,false,true,1,"daemon",["0.0.0.0/0","10.8.0.0/16","10.9.0.0/16","::/0"]]' ]
  e2e_config 'join_timeout: 15s' # what no longer stands there is left as it is
  e2e_hosts "{id: $host, public_ip: $address, role: app}"
  key='' sc check --json
  exits 0
  [ "$(pref .RouteAll)" = true ]
}

@test "drift: a setting that the tailnet does not permit is refused in the client's words, and nothing is changed" {
  e2e_config 'join_timeout: 15s' 'up_args: [--ssh, --accept-routes]'
  key='' sc apply --json
  exits 4
  says "$host" .reason settings_refused .step network.join \
    .message 'tailscale provider: tailscale set failed: Unable to enable local Tailscale SSH server; not enabled on Tailnet.'
  [ "$(pref '[.RunSSH, .RouteAll]')" = '[false,false]' ]
}

@test "drift: a host whose id was changed gets its new name with --rename" {
  e2e_hosts "{id: renamed-d3, public_ip: $address, role: app}"
  key='' sc check --json
  exits 4
  says renamed-d3 .reason name_mismatch .message "tailscale provider: this machine is $host, not renamed-d3"
  id=renamed-d3 mends network.join "rename $host to renamed-d3" --rename
  says renamed-d3 .fqdn "renamed-d3.$LAB_DOMAIN"
  [ "$(pref .Hostname)" = '"renamed-d3"' ]
  tailnet mytailnet 'rename?node=renamed-d3&to=by-an-admin'
  wait_for 15 host_called by-an-admin
  key='' sc check --json
  exits 0
  says renamed-d3 .fqdn "by-an-admin.$LAB_DOMAIN"
  key='' sc apply --json
  exits 0
  says renamed-d3 .fqdn "by-an-admin.$LAB_DOMAIN" .changed false
}

host_called() { [ "$(client "$host" .Self.DNSName)" = "$1.$LAB_DOMAIN." ]; }

@test "drift: another login server is refused before anything is changed" {
  sed -i "s#login_server: .*#login_server: $LAB_OTHER_LOGIN_SERVER#" "$E2E_WORK/stagecraft.yml"
  host_exec "$host" systemctl disable docker.service
  sc apply --json
  exits 4
  says "$host" .reason login_server_mismatch .step host.preflight .changed false \
    .message "tailscale provider: the host is joined through $LAB_LOGIN_SERVER, not $LAB_OTHER_LOGIN_SERVER, and was left alone"
}

@test "drift: Docker not enabled at boot, or until the next one only" {
  host_exec "$host" systemctl disable docker.service
  mends docker.install 'enable docker.service'
  [ "$(host_exec "$host" systemctl is-enabled docker.service)" = enabled ]
  host_exec "$host" systemctl disable docker.service
  host_exec "$host" systemctl enable --runtime docker.service
  [ "$(host_exec "$host" systemctl is-enabled docker.service || true)" = enabled-runtime ]
  mends docker.install 'enable docker.service'
  host_exec "$host" systemctl mask docker.service
  key='' sc check --json
  exits 4
  says "$host" .reason docker_down .message 'docker.service is masked, and does not start at boot'
}

@test "the key is found nowhere" {
  found=$(hunt "$(<"$LAB_RUN/secret/key")")
  echo "$found"
  [ -z "$found" ]
}
