#!/usr/bin/env bats
# shellcheck disable=SC2154 # e2e.bash sets status, out and err
# Four hosts, one run with a wrong key: each host gets the verdict that is its own, and no other.

load e2e

setup_file() {
  e2e_file
  host_start good-1 31 docker
  host_start new-1 32 docker
  host_make alpine-1 33 base
  alpine "$(host_root alpine-1)"
  host_boot alpine-1
  host_start old-1 34 docker
  # By the official installer, which takes the version from its environment.
  host_exec old-1 sh -c "curl -fsSL https://tailscale.com/install.sh -o /root/install.sh &&
    TAILSCALE_VERSION=$LAB_TAILSCALE_OLD_VERSION sh /root/install.sh" >"$E2E_WORK/old.log" 2>&1
  e2e_config 'join_timeout: 20s' 'install: {min_version: "1.78.0"}'
  e2e_hosts '{id: good-1, public_ip: 10.77.0.31, role: app}' '{id: new-1, public_ip: 10.77.0.32, role: app}' \
    '{id: alpine-1, public_ip: 10.77.0.33}' '{id: old-1, public_ip: 10.77.0.34}'
  printf 'tskey-auth-kWRONG%sCNTRL-nobody-made-it\n' "$RANDOM" >"$LAB_RUN/secret/wrong"
}

alpine() {
  rm "$1/etc/os-release"
  printf '%s\n' 'NAME="Alpine Linux"' ID=alpine VERSION_ID=3.22.1 'PRETTY_NAME="Alpine Linux v3.22"' >"$1/etc/os-release"
}

# again: the report of the one run, for the tests that look at it.
again() {
  out=$(<"$E2E_WORK/report.json")
}

@test "one host joins, so that there is one to be left unharmed" {
  sc apply good-1 --json
  exits 0
  says good-1 .status success
  [ "$(client good-1 .Self.Online)" = true ]
}

@test "apply with a wrong key to all four: exit 4, within the time to join" {
  local host started
  for host in good-1 new-1 old-1; do
    trace_host "$host"
  done
  snapshot good-1 "$E2E_WORK/good-1.before"
  snapshot alpine-1 "$E2E_WORK/alpine-1.before"
  started=$SECONDS
  key=$LAB_RUN/secret/wrong sc apply --json --log-dir "$E2E_WORK/logs"
  printf '%s\n' "$out" >"$E2E_WORK/report.json"
  exits 4
  # 20 s to join, and some for the installation before it.
  [ $((SECONDS - started)) -lt 60 ]
  [ "$(report '.summary | "\(.ok + .changed) \(.failed)"')" = '1 3' ]
}

@test "the new host: network_join_failed, auth_key_invalid" {
  again
  says new-1 .status failed .error_code network_join_failed .reason auth_key_invalid .step network.join \
    .message 'tailscale provider: invalid or expired auth key'
  [ "$(client new-1 .BackendState)" = NeedsLogin ]
}

@test "the host that was in the tailnet is unharmed" {
  again
  says good-1 .status success .changed false
  snapshot good-1 "$E2E_WORK/good-1.after"
  unchanged "$E2E_WORK/good-1.before" "$E2E_WORK/good-1.after"
  [ "$(client good-1 '"\(.BackendState) \(.Self.Online) \(.Self.Tags | join(","))"')" = 'Running true tag:app,tag:stagecraft' ]
}

@test "Alpine: network_install_failed, unsupported_os, and nothing was changed" {
  again
  says alpine-1 .status failed .error_code network_install_failed .reason unsupported_os .changed false \
    .message 'tailscale provider: unsupported operating system (v1 supports Linux Debian/Ubuntu only)'
  snapshot alpine-1 "$E2E_WORK/alpine-1.after"
  # The lock in /run is taken before the first look, and stays as an empty file.
  unchanged "$E2E_WORK/alpine-1.before" <(grep -v '^run/stagecraft\.lock ' "$E2E_WORK/alpine-1.after")
}

@test "an old client: below the minimum, and it is not upgraded" {
  again
  says old-1 .status failed .error_code network_install_failed .reason version_too_old .step network.install \
    .message 'tailscale provider: installation failed: installed version 1.70.0 is below minimum 1.78.0'
  [ "$(host_exec old-1 tailscale version | head -n 1)" = 1.70.0 ]
}

@test "with the right key the new host joins, by the next run" {
  sc apply new-1 --json
  exits 0
  says new-1 .status success .reason ''
  [ "$(client new-1 '.Self.Tags | join(",")')" = tag:app,tag:stagecraft ]
}

@test "neither key is found anywhere" {
  local which
  for which in key wrong; do
    found=$(hunt "$(<"$LAB_RUN/secret/$which")")
    echo "$found"
    [ -z "$found" ]
  done
}
