#!/usr/bin/env bats
# shellcheck disable=SC2154 # e2e.bash sets status, out and err
# Beside a hand-written script over ssh that does the same, on hosts that are fresh, and again with nothing left to do. All
# is measured in turn in one run; the figures are printed. Archives and machines are shared and noisy: of each side the best
# counts, and only what is far over the goal fails.

load e2e

setup_file() {
  e2e_file
  # shellcheck disable=SC2119
  e2e_config
}

setup() {
  lab_attach
  SECRET=$LAB_RUN/secret/key
}

# by_hand HOST N: what somebody in a hurry would write, with no more checks than it takes to run it twice. The key goes in
# front of it.
by_hand() {
  {
    printf "key='%s'\n" "$(<"$SECRET")"
    cat <<END
set -e
{
export DEBIAN_FRONTEND=noninteractive
if ! command -v docker; then
  apt-get update -q
  apt-get install -qy --no-install-recommends docker.io apparmor ca-certificates
  systemctl enable --now docker.service
fi
docker version
docker compose version || true
if ! command -v tailscale; then
  command -v curl || apt-get install -qy --no-install-recommends curl ca-certificates
  curl -fsSL https://tailscale.com/install.sh >/tmp/install.sh
  sh /tmp/install.sh
  systemctl enable --now tailscaled.service
fi
tailscale version
tailscale status || printf '%s\n' "\$key" | tailscale up --auth-key=file:/dev/stdin --hostname=$1 \\
  --advertise-tags=tag:app,tag:stagecraft --login-server=$LAB_LOGIN_SERVER --timeout=60s
tailscale status --json --peers=false
exit
} </dev/null
END
  } | ssh -T -i "$LAB_RUN/ssh/id" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=accept-new \
    -o UserKnownHostsFile="$E2E_WORK/known_hosts" "root@10.77.0.$2" 'exec sh -s' >>"$E2E_WORK/by_hand.log" 2>&1
}

by_apply() { # HOST N
  e2e_hosts "{id: $1, public_ip: 10.77.0.$2, role: app}"
  TS_AUTHKEY=$(<"$SECRET") "$STAGECRAFT" apply -q -f "$E2E_WORK/stagecraft.yml" --hosts "$E2E_WORK/hosts.yml" >>"$E2E_WORK/apply.log" 2>&1
}

took() { # COMMAND…: prints milliseconds
  local began=${EPOCHREALTIME/./}
  "$@" || return
  echo $(((${EPOCHREALTIME/./} - began) / 1000))
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

best() { printf '%s\n' "$@" | sort -n | head -n 1; }

figures() { # WHAT HAND APPLY GOAL
  printf '# %s: apply %d ms, by hand %d ms: %s times it (goal: at most %s)\n' "$1" "$3" "$2" \
    "$(awk "BEGIN { printf \"%.3f\", $3 / $2 }")" "$4" >&3
  awk "BEGIN { exit !($3 <= $2 * $4 * 1.3) }"
}

@test "apply on fresh hosts beside a script by hand" {
  local hand=() apply=() way n=70
  # What the archive's caches have learnt by then is of use to both.
  for way in hand apply apply hand hand apply; do
    n=$((n + 1))
    host_start "s$n" "$n" base "${LAB_SUITES[0]}" # all of one release
    if [ "$way" = hand ]; then hand+=("$(took by_hand "s$n" "$n")"); else apply+=("$(took by_apply "s$n" "$n")"); fi
    [ "$(client "s$n" '.Self.Tags | join(",")')" = tag:app,tag:stagecraft ]
    [ "$way$n" = hand71 ] || [ "$way$n" = apply72 ] || host_remove "s$n"
  done
  figures 'fresh hosts' "$(best "${hand[@]}")" "$(best "${apply[@]}")" 1.15
}

@test "apply with nothing to do beside a script by hand" {
  local hand=() apply=()
  # Each works on the host that it made.
  for _ in 1 2 3 4 5 6 7; do
    hand+=("$(took by_hand s71 71)")
    apply+=("$(took by_apply s72 72)")
  done
  figures 'nothing to do' "$(median "${hand[@]}")" "$(median "${apply[@]}")" 2
}
