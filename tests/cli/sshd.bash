# shellcheck shell=bash disable=SC2154 # run sets output and status
# A private sshd on loopback, run as whoever runs the tests, and harmless scripts to send there.
#
#   sshd_start [SETTING…]      on a port of its own: sets sshd_port; $sshd/id is a key that it takes
#                              of the exchanges of keys it has a quick one, for they take most of a connection's processor time;
#                              sshd_kex is another, or +NAME: the usual ones
#   sshd_stop                  and every session of it
#   project HOST…              stagecraft.yml and hosts.yml for these ids, all of them that sshd; with scripts/ if that is there
#   scripts BODY HOST…         scripts/ and its manifest, compiled, but for the steps: BODY is the first, the others are harmless too
#
# Never run a compiled script here: it would bootstrap this machine.

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  if ! command -v sshd >/dev/null && [ ! -x /usr/sbin/sshd ]; then skip 'no sshd'; fi
  unset SSH_AUTH_SOCK
}

teardown() { # $helper: a process that a test started
  [ -z "${helper-}" ] || kill "$helper" 2>/dev/null || :
  sshd_stop
}

sshd_setup() {
  sshd=$BATS_TEST_TMPDIR/sshd
  mkdir "$sshd" && chmod 700 "$sshd"
  ssh-keygen -q -t ed25519 -N '' -f "$sshd/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$sshd/id"
  cp "$sshd/id.pub" "$sshd/authorized_keys"
  # Who isn't root gets a sudo that only looks like one.
  mkdir "$sshd/bin"
  printf '#!/bin/sh\nshift\nexec "$@"\n' >"$sshd/bin/sudo"
  chmod +x "$sshd/bin/sudo"
  mkdir "$sshd/home" # of the hosts' user: what this one's shell would do at a login is no part of a test
  # Where sshd, run by root, wants to drop its privileges.
  [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
}

sshd_start() {
  [ -d "${sshd-}" ] || sshd_setup
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    sshd_port=$((20000 + RANDOM % 20000))
    sshd_config "$@" >"$sshd/config"
    setsid "$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f "$sshd/config" 2>"$sshd/log" 3>&- &
    sshd_pid=$!
    for _ in $(seq 50); do
      ! grep -q 'Server listening' "$sshd/log" || return 0
      kill -0 "$sshd_pid" 2>/dev/null || break
      sleep 0.1
    done
    sshd_stop
  done
  cat "$sshd/log"
  return 1
}

sshd_config() {
  cat <<END
Port $sshd_port
ListenAddress 127.0.0.1
HostKey $sshd/host_key
PidFile none
AuthorizedKeysFile $sshd/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 200
KexAlgorithms ${sshd_kex-curve25519-sha256}
SetEnv PATH=$sshd/bin:$PATH HOME=$sshd/home
END
  # From OpenSSH 9.8 on, it would soon hear no more of an address whose logins fail.
  ! "$(command -v sshd || echo /usr/sbin/sshd)" -t -h "$sshd/host_key" -f /dev/null -o PerSourcePenalties=no 2>/dev/null ||
    echo 'PerSourcePenalties no'
  [ $# -eq 0 ] || printf '%s\n' "$@"
}

sshd_stop() {
  [ -n "${sshd_pid-}" ] || return 0
  pkill -KILL -s "$sshd_pid" 2>/dev/null || kill -KILL "$sshd_pid" 2>/dev/null || :
  wait "$sshd_pid" 2>/dev/null || :
  sshd_pid=''
}

project() {
  local id
  cat >stagecraft.yml <<END
network:
  provider: tailscale
  providers:
    tailscale:
      auth_key_env: TS_AUTHKEY
      tailnet_domain: mytailnet.ts.net
      default_tags: [tag:stagecraft]
infra:
  bootstrap:
    ssh:
      user: $(id -un)
      port: ${sshd_port-22}
      privateKeyPath: ${sshd-/nowhere}/id
      knownHostsFile: ${sshd-/nowhere}/known_hosts
      hostKeyChecking: ${checking-accept-new}
      connectTimeout: ${connect_timeout-10s}
    docker: {enabled: false}
    timeout: ${timeout-60s}
END
  echo 'hosts:' >hosts.yml
  for id; do echo "  - {id: $id, public_ip: ${address-127.0.0.1}}" >>hosts.yml; done
  [ ! -d scripts ] || scripts "$body" "$@" # for these addresses
}

scripts() {
  local id
  body=$1
  shift
  rm -rf scripts
  "$STAGECRAFT" compile -q
  for id; do
    sed '/^}$/q' "scripts/$id.sh" >compiled
    { cat compiled && steps "$body"; } >"scripts/$id.sh"
    sed -i "s/\(\"$id.sh\", \"sha256\": \"\)[0-9a-f]*/\1$(sha256sum "scripts/$id.sh" | cut -d ' ' -f 1)/" scripts/manifest.json
  done
}

# steps BODY: shell in the place of the steps' own
steps() {
  cat <<END
preflight() {
$1
}
END
  cat <<'END'
network_install() { :; }
network_join() { :; } # BODY may define another
get_key() { # asks for the key, which is in $KEY then
  say '"type":"ask","name":"auth_key"'
  IFS= read -r KEY <&4
}
network_verify() {
  fact network.status '{\"BackendState\":\"Running\",\"CurrentTailnet\":{\"MagicDNSSuffix\":\"mytailnet.ts.net\"},\"Self\":{\"HostName\":\"'"$HOST_ID"'\",\"DNSName\":\"'"$HOST_ID"'.mytailnet.ts.net.\",\"Online\":true,\"Tags\":[\"tag:stagecraft\"]}}'
}
say() { printf '@stagecraft %s {%s}\n' "$STAGECRAFT_RUN" "$1" >&3 || exit 1; }
fact() { say "\"type\":\"fact\",\"name\":\"$1\",\"value\":\"$2\""; }
step() {
  RESULT=ok
  "$2"
  say "\"type\":\"step\",\"step\":\"$1\",\"result\":\"$RESULT\",\"reason\":\"\",\"message\":\"\""
}
main() {
  exec 3>&1 1>&2 4<&0 </dev/null
  trap '' HUP
  say "\"type\":\"begin\",\"host\":\"$HOST_ID\",\"mode\":\"$STAGECRAFT_MODE\""
  plan
  say '"type":"end","steps":"4","result":"success"'
}
}
{ main "$@"; }
END
}

# apply OPTION…: runs, with the report as JSON in $report; $status and messages in $output.
apply() {
  report=$BATS_TEST_TMPDIR/report.json
  run apply_to_report "$@"
}
apply_to_report() { "$STAGECRAFT" apply --from scripts --json "$@" >"$report"; }

# field HOST MEMBER: of the report.
field() { jq -r --arg id "$1" ".hosts[] | select(.id == \$id) | .$2" "$report"; }

# failed_with REASON TEXT [ADVICE]: a-1 failed so, with TEXT in its message, and no script ran.
failed_with() {
  echo "$output"
  cat "$report"
  [ "$status" -eq 4 ]
  [ "$(field a-1 reason)" = "$1" ]
  [[ $(field a-1 message) == *"$2"* ]]
  [ -n "$(field a-1 advice)" ]
  [[ $(field a-1 advice) == *"${3-}"* ]]
  [ ! -e ran ]
}

# an_ssh: the ssh on PATH is this script, from standard input.
an_ssh() {
  mkdir -p bin
  cat >bin/ssh
  chmod +x bin/ssh
  PATH=$PWD/bin:$PATH
}

# ssh_with SETTING…: the ssh on PATH has these in its configuration.
ssh_with() {
  local ssh
  ssh=$(PATH=${PATH#"$PWD/bin:"} command -v ssh)
  printf '%s\n' "$@" >ssh_config
  an_ssh < <(printf '#!/bin/sh\nexec %s -F %s/ssh_config "$@"\n' "$ssh" "$PWD")
}
