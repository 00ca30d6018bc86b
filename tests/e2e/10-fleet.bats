#!/usr/bin/env bats
# shellcheck disable=SC2154 # e2e.bash sets status, out and err
# Three fresh minimal hosts become a fleet, stay one, and are mended. The tests are one story: each
# goes on where the one before it ended.

load e2e

setup_file() {
  e2e_file
  # No host has curl or CA certificates. The second is reached through a user who must use sudo and
  # whose shell is fish, the third over IPv6 and another port only.
  host_start plat-app-1 21 base
  host_make plat-db-1 22 fish
  host_user plat-db-1 deploy /usr/bin/fish
  host_boot plat-db-1
  host_exec plat-db-1 su - deploy -c true # fish makes folders of its own at a first login
  host_make plat-web-1 23 base
  host_sshd plat-web-1 "AddressFamily inet6" "ListenAddress fd77::23" "Port 2222"
  host_boot plat-web-1
  # shellcheck disable=SC2119
  e2e_config
  fleet '[tag:eu]'
}

FLEET=(plat-app-1 plat-db-1 plat-web-1)

# fleet TAGS: the host list; TAGS are those of the second host.
fleet() {
  e2e_hosts '{id: plat-app-1, public_ip: 10.77.0.21, role: app}' \
    "{id: plat-db-1, public_ip: 10.77.0.22, role: db, tags: $1, ssh: {user: deploy}}" \
    '{id: plat-web-1, public_ip: "fd77::23", role: app, ssh: {port: 2222}}'
}

# in_tailnet HOST TAGS: the client on HOST says that it is there under its id, with TAGS.
in_tailnet() {
  local said
  said=$(client "$1" '"\(.BackendState) \(.Self.HostName) \(.Self.DNSName) \(.CurrentTailnet.MagicDNSSuffix) \(.Self.Tags | join(","))"')
  echo "$said"
  [ "$said" = "Running $1 $1.$LAB_DOMAIN. $LAB_DOMAIN $2" ]
}

snapshots() {
  local host
  for host in "${FLEET[@]}"; do
    snapshot "$host" "$E2E_WORK/$host.$1"
  done
}

all_unchanged() {
  local host
  for host in "${FLEET[@]}"; do
    unchanged "$E2E_WORK/$host.$1" "$E2E_WORK/$host.$2" || return 1
  done
}

@test "validate accepts the configuration, and nothing was contacted for it" {
  sc validate
  exits 0
  [ "$(grep -c execve "$(dirname "$err")/strace" || true)" = 0 ]
}

@test "check on fresh hosts: drift, and nothing is left behind" {
  snapshots fresh
  key='' sc check --json
  exits 2
  local host
  for host in "${FLEET[@]}"; do
    says "$host" .status success '.steps | map(select(.result == "would_change") | .step) | contains(["docker.install", "network.install"])' true
  done
  snapshots checked
  all_unchanged fresh checked
}

@test "apply on three fresh hosts at once: all of them end in success" {
  local host
  for host in "${FLEET[@]}"; do
    trace_host "$host"
  done
  sc apply --json --log-dir "$E2E_WORK/logs/first"
  exits 0
  [ "$(report .summary.changed)" = 3 ]
  [ "$(report .summary.auth_key_sent)" = 3 ]
  [ "$(report '.hosts | map(.id) | join(" ")')" = "${FLEET[*]}" ]
  for host in "${FLEET[@]}"; do
    says "$host" .status success .error_code '' .reason '' .changed true .fqdn "$host.$LAB_DOMAIN" \
      '.steps | map(.step + "=" + .result) | join(" ")' \
      'host.preflight=ok docker.install=changed docker.verify=ok network.install=changed network.join=changed network.verify=ok'
  done
}

@test "docker answers from its server on each host" {
  local host
  for host in "${FLEET[@]}"; do
    host_exec "$host" docker version --format '{{.Server.Version}}'
  done
}

@test "each host is in the tailnet under its id, with its sorted tags" {
  in_tailnet plat-app-1 tag:app,tag:stagecraft
  in_tailnet plat-db-1 tag:db,tag:eu,tag:stagecraft
  in_tailnet plat-web-1 tag:app,tag:stagecraft
}

@test "apply again, without a key: every step is ok and nothing changes" {
  snapshots before
  key='' sc apply --json
  exits 0
  [ "$(report '[.hosts[].steps[].result] | unique | join(",")')" = ok ]
  [ "$(report '[.hosts[].changed] | unique | join(",")')" = false ]
  [ "$(report .summary.changed)" = 0 ]
  snapshots after
  all_unchanged before after
}

@test "in layout split, sent or run by hand on a host, the scripts find the same" {
  local dir=$E2E_WORK/split there
  sc compile -q --layout split -o "$dir"
  exits 0
  snapshots before
  for command in check apply; do
    key='' sc "$command" --from "$dir" --json
    exits 0
    [ "$(report '[.hosts[].steps[].result] | unique | join(",")')" = ok ]
  done
  snapshots after
  all_unchanged before after
  there=$(host_root plat-web-1)/root/scripts
  mkdir "$there"
  cp "$dir/plat-web-1.sh" "$dir/steps.sh" "$there/"
  for arguments in check ''; do
    # shellcheck disable=SC2086 # no word, where empty
    host_exec plat-web-1 sh root/scripts/plat-web-1.sh $arguments | grep '^ok  *network.verify  *in tailnet .* with tag:app,tag:stagecraft$'
  done
  rm "$there/steps.sh"
  run host_exec plat-web-1 sh /root/scripts/plat-web-1.sh check
  [ "$status" -eq 1 ]
  [[ $output == *'plat-web-1.sh needs steps.sh, whole, beside it'* ]]
  rm -r "$there"
}

@test "fault: sudo logs its input" {
  local log found
  host_exec plat-db-1 sh -c 'umask 337 && echo "Defaults log_input, !compress_io" >/etc/sudoers.d/log'
  sc apply plat-db-1 --json
  exits 0
  [ "$(report .summary.auth_key_sent)" = 0 ]
  log=$(host_root plat-db-1)/var/log/sudo-io
  grep -rqaF "STAGECRAFT_KEY='yes'" "$log"
  found=$(grep -rlaF "$(<"$LAB_RUN/secret/key")" "$log" || true)
  echo "$found"
  [ -z "$found" ]
  host_exec plat-db-1 rm /etc/sudoers.d/log
}

@test "check on a fleet as it should be: exit 0, and nothing is left behind" {
  snapshots before
  key='' sc check --json
  exits 0
  [ "$(report '[.hosts[].steps[].result] | unique | join(",")')" = ok ]
  snapshots after
  all_unchanged before after
}

@test "apply on a terminal shows every host" {
  sc_tty apply -v
  exits 0
  local host
  for host in "${FLEET[@]}"; do
    [[ $out == *"$host"* ]]
  done
}

@test "a host of three drifts in three ways: check says exactly that" {
  host_exec plat-app-1 systemctl stop docker.socket docker.service
  fleet '[tag:eu, tag:gold]'
  join_elsewhere plat-web-1
  snapshots drifted
  key='' sc check --json
  exits 4
  [ "$(report '.summary | "\(.ok + .changed) \(.failed)"')" = '2 1' ]
  says plat-app-1 .status success \
    '.steps | map(select(.result == "would_change") | .step + ": " + .message) | join(" ")' \
    'docker.install: start and enable docker.service'
  says plat-db-1 .status success \
    '.steps | map(select(.result == "would_change") | .step) | join(" ")' network.join \
    '.steps[] | select(.step == "network.join") | .message | (contains("tag:db,tag:eu,tag:stagecraft") and contains("tag:db,tag:eu,tag:gold,tag:stagecraft"))' true
  says plat-web-1 .status failed .error_code network_join_failed .reason tailnet_mismatch .step host.preflight \
    .message 'tailscale provider: host is in tailnet othernet, expected mytailnet'
  snapshots checked
  all_unchanged drifted checked
}

# join_elsewhere HOST: it forgets its tailnet and joins the other one.
join_elsewhere() {
  host_exec "$1" sh -c 'systemctl stop tailscaled && rm -rf /var/lib/tailscale/* && systemctl start tailscaled'
  host_exec "$1" tailscale up --login-server="$LAB_OTHER_LOGIN_SERVER" --hostname="$1" --timeout=30s \
    --auth-key=file:/dev/stdin <"$LAB_RUN/secret/key"
  wait_for 15 client_runs "$1"
  sleep 5 # the client writes its files for some seconds after it has joined
}

client_runs() { [ "$(client "$1" .BackendState)" = Running ]; }

@test "apply mends two of them and refuses the third, which it leaves as it is" {
  sc apply --json --log-dir "$E2E_WORK/logs/mended"
  exits 4
  says plat-app-1 .status success .changed true '.steps | map(select(.result == "changed") | .step) | join(" ")' docker.install
  says plat-db-1 .status success .changed true '.steps | map(select(.result == "changed") | .step) | join(" ")' network.join
  says plat-web-1 .status failed .error_code network_join_failed .reason tailnet_mismatch .step host.preflight \
    .changed false .message 'tailscale provider: host is in tailnet othernet, expected mytailnet'
  host_exec plat-app-1 docker version --format '{{.Server.Version}}'
  in_tailnet plat-db-1 tag:db,tag:eu,tag:gold,tag:stagecraft
  [ "$(client plat-web-1 .CurrentTailnet.MagicDNSSuffix)" = "$LAB_OTHER_DOMAIN" ]
  snapshot plat-web-1 "$E2E_WORK/plat-web-1.refused"
  unchanged "$E2E_WORK/plat-web-1.checked" "$E2E_WORK/plat-web-1.refused"
}

@test "taken out of the other tailnet by hand, the third joins again; another node has its name, which is said" {
  host_exec plat-web-1 sh -c 'systemctl stop tailscaled && rm -rf /var/lib/tailscale/* && systemctl start tailscaled'
  sc apply plat-web-1 --json
  exits 0
  says plat-web-1 .status success '.warnings | map(select(contains("plat-web-1-1"))) | length' 1
  [ "$(client plat-web-1 .Self.DNSName)" = "plat-web-1-1.$LAB_DOMAIN." ]
}

@test "the key is found nowhere: arguments, environments, files, journal, logs, reports, terminal" {
  [ -s "$LAB_RUN/traces/plat-app-1" ] && [ -s "$LAB_RUN/traces/plat-db-1" ] && [ -s "$LAB_RUN/traces/plat-web-1" ]
  found=$(hunt "$(<"$LAB_RUN/secret/key")")
  echo "$found"
  [ -z "$found" ]
}

@test "the hunt is a good one: a key that leaks on purpose is found everywhere" {
  local leak=canary-that-leaks-$RANDOM$RANDOM
  ssh -i "$LAB_RUN/ssh/id" -o "UserKnownHostsFile=$E2E_WORK/known_hosts" root@10.77.0.21 \
    "LEAK=$leak sleep 60 </dev/null >/dev/null 2>&1 & echo $leak >/var/lib/leaked; echo $leak >/run/leaked; logger $leak" </dev/null
  base64 <<<"x$leak" >"$E2E_WORK/logs/leaked"
  found=$(hunt "$leak")
  echo "$found"
  rm "$E2E_WORK/logs/leaked"
  local place
  for place in traces/plat-app-1 upper/var/lib/leaked root/run/leaked logs/leaked 'environment of sleep' 'plat-app-1: journal'; do
    [[ $found == *"$place"* ]]
  done
}
