#!/usr/bin/env bats
# A new key each time, given back by hosts in every form and cut at every point: it can be read nowhere.

bats_require_minimum_version 1.5.0

load stub
export STUB_PIECES=$BATS_TEST_DIRNAME/canary.pl

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n' | tr 0123456789 ghjkmnpqrs; }

# outputs KEY: all that runs with KEY make, in out/.
outputs() {
  mkdir out
  hosts leaks-1 leaks-2 leaks-3
  unset STUB_DIR # which counts the calls, and the runs are at the same time
  export TS_AUTHKEY=$1
  local pids=()
  "$STAGECRAFT" apply -v --log-dir out/logs --report out/page.html >out/text 2>out/terminal &
  pids+=($!)
  "$STAGECRAFT" apply -q --json >out/json &
  pids+=($!)
  "$STAGECRAFT" apply -q --json-lines >out/json-lines &
  pids+=($!)
  GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=out/summary.md "$STAGECRAFT" apply >out/actions 2>&1 &
  pids+=($!)
  if command -v script >/dev/null; then
    script -qec "$STAGECRAFT apply" /dev/null >out/live </dev/null &
    pids+=($!)
  fi
  wait "${pids[@]}" || : # they fail; not for bats' own child, which counts the test's time
}

nowhere() { # nowhere KEY
  outputs "$1"
  # All of it was there.
  [ "$(jq .summary.auth_key_sent out/json)" = 3 ]
  [ "$(grep -c '^begin' out/logs/leaks-1.log)" -gt 1000 ]
  for file in text terminal json json-lines actions page.html summary.md logs/leaks-3.log; do grep -q 'auth key\]' "out/$file"; done
  find out -type f -exec perl "$STUB_PIECES" check "$1" {} +
}

@test "canary: an auth key" {
  nowhere "tskey-auth-k$(random 6)CNTRL-$(random 16)"
}

@test "canary: an OAuth client secret with parameters" {
  nowhere "tskey-client-k$(random 6)CNTRL-$(random 16)?ephemeral=false&preauthorized=true"
}

@test "canary: a leak would be seen" {
  local key
  key=tskey-auth-k$(random 6)CNTRL-$(random 16)
  [ "$(printf '%s\n' "$key" | perl "$STUB_PIECES" pieces | wc -l)" -gt 1500 ]
  for form in "x ${key:20:8} y" "$(printf 'xy%s' "$key" | base64 -w 0 | cut -c 24-40)" "$(printf %s "$key" | od -An -tx1 -v | tr -d ' \n' | cut -c 31-52)"; do
    printf 'nothing\n%s\n' "$form" >leak
    run ! perl "$STUB_PIECES" check "$key" leak
  done
  printf 'nothing\n' >leak
  perl "$STUB_PIECES" check "$key" leak
}
