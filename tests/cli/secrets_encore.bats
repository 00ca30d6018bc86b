#!/usr/bin/env bats
# secrets sync, list and diff with encore, against tests/stub/encore: what it is asked, what it is given and how, each
# of its failures; and the override file of one machine.

# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # run sets output and stderr; $x is a secret's; tests are subshells
bats_require_minimum_version 1.5.0

CANARY=canary-7f3a9c51e2

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  PATH=$(cd "$BATS_TEST_DIRNAME/../stub" && pwd):$PATH
  ENCORE_STUB=$PWD/state
  export PATH ENCORE_STUB
  mkdir -p state/store app/backend
  touch state/logged_in
  echo staging >state/envs
  echo '{"id": "app-x1"}' >app/encore.app
  target dev
  printf '%s\n' "API_KEY=$CANARY" "DB='it has $CANARY and \$x'" >.env.local
}

# target TEXT: a config in the app's folder
target() {
  cat >app/backend/stagecraft.yml <<END
secrets:
  provider: encore
  providers:
    encore: {source_file: ../../.env.local, target: "$1"}
END
}

secrets() { run --separate-stderr "$STAGECRAFT" secrets "$@" -f app/backend/stagecraft.yml; }

# Nine keys, A to I.
nine() { for k in A B C D E F G H I; do echo "$k=$CANARY-$k"; done >.env.local; }

# The last command failed with STATUS and said TEXT; no value was shown.
failed() {
  echo "$status: $output / $stderr"
  [ "$status" -eq "$1" ]
  [[ $stderr == *"$2"* ]]
  [[ $output$stderr != *"$CANARY"* ]]
}

@test "encore: a call a key, the value on standard input, in the app's folder" {
  secrets sync
  echo "$output / $stderr"
  [ "$status" -eq 0 ]
  [ "$output" = $'set      API_KEY\nset      DB' ]
  [ "$stderr" = 'dev: 2 set' ]
  [ "$(cat state/calls)" = $'secret set --type dev API_KEY\nsecret set --type dev DB' ]
  [ "$(cat state/store/API_KEY/type:development)" = "$CANARY" ]
  [ "$(cat state/store/DB/type:development)" = "it has $CANARY and \$x" ]
  [ "$(sort -u state/folders)" = "$(cd app && pwd -P)" ]
  run ! grep -q "$CANARY" state/calls state/environment
}

@test "encore: types, named environments, some keys, several lines" {
  printf "PEM='-----BEGIN-----\nx\n-----END-----'\nUNUSED=1\n" >.env.local
  secrets sync PEM --to 'dev,prod,pr,type:local,env:staging'
  [ "$status" -eq 0 ]
  [ "$(cat state/calls)" = 'secret set --type dev,prod,pr,local --env staging PEM' ]
  [ "$(cat state/store/PEM/*)" = $'-----BEGIN-----\nx\n-----END-----' ]
  secrets sync PEM --to env:staging
  failed 1 'another value of this name has some of these environments'
  rm -r state/store/PEM
  secrets sync PEM --to env:staging
  [ "$status" -eq 0 ]
  [ -f state/store/PEM/env:staging ]
  secrets sync --to env:nowhere
  failed 1 'encore: error: environment "nowhere" not found'
}

@test "encore: a target that is none of Encore's" {
  for bad in devel 'dev,dev' 'dev,development' 'env:' 'env:-x' 'env:a b' 'local,local' 'dev,,pr' '--type'; do
    target "$bad"
    secrets sync
    failed 3 'app/backend/stagecraft.yml:4:53: error: encore provider: invalid config: target'
    target dev
    secrets sync --to="$bad"
    failed 64 'is none of Encore'
  done
  [ ! -e state/calls ]
}

@test "encore: no encore on PATH" {
  run --separate-stderr env PATH="$PWD" "$STAGECRAFT" secrets sync -f app/backend/stagecraft.yml
  failed 1 'there is no encore on PATH'
  [[ $stderr == *'Nothing was set'* ]]
  [ -z "$output" ]
}

@test "encore: not logged in; after the login, running it again completes it" {
  rm state/logged_in
  nine
  secrets sync
  failed 1 'log in with encore auth login, then run this again'
  [ "$output" = "failed   A
$(printf 'not set  %s\n' B C D E F G H I)" ]
  [[ $stderr == *'dev: 1 failed, 8 not set'* ]]
  [ "$(grep -c . state/calls)" = 1 ]
  touch state/logged_in
  secrets sync
  [ "$status" -eq 0 ]
  [ "$(ls state/store)" = $'A\nB\nC\nD\nE\nF\nG\nH\nI' ]
}

@test "encore: the fifth of nine fails: four are set, one failed, four are not, and running it again completes it" {
  nine
  echo E >state/fail_at
  secrets sync
  failed 1 'encore secret set E: exit status 1'
  [ "$output" = "$(printf 'set      %s\n' A B C D)
failed   E
$(printf 'not set  %s\n' F G H I)" ]
  [[ $stderr == *'encore: error: unable to create secret: http 500'*'running this again completes it'* ]]
  [[ $stderr == *'dev: 4 set, 1 failed, 4 not set' ]]
  [ "$(ls state/store)" = $'A\nB\nC\nD' ]
  rm state/fail_at
  secrets sync
  [ "$status" -eq 0 ]
  [[ $stderr == 'dev: 9 set' ]]
  for k in A B C D E F G H I; do [ "$(cat state/store/$k/type:development)" = "$CANARY-$k" ]; done
}

@test "encore: overlapping environments fail that key alone" {
  nine
  mkdir state/store/C state/store/G
  echo x | tee state/store/C/type:development,type:local >state/store/G/type:development,type:preview
  secrets sync
  failed 1 'another value of this name has some of these environments'
  [[ $stderr == *'encore secret set C'*'encore secret set G'*'dev: 7 set, 2 failed' ]]
  [ "$(cat state/store/C/*)" = x ]
  secrets sync C --to dev,type:local
  [ "$status" -eq 0 ]
  [ "$(cat state/store/C/*)" = "$CANARY-C" ]
}

@test "encore: what it can't take is told, all of it, before anything is sent" {
  printf '%s\n' 'A.B=1' "C='$CANARY" "'" 'D="x\r"' 'E=fine' >.env.local
  secrets sync
  failed 3 '.env.local:1:1: error: A.B is no name that Encore can take'
  [[ $stderr == *'.env.local:2:1: error: C ends in a line end'*'.env.local:4:1: error: D ends in a line end'*'3 errors'* ]]
  [ ! -e state/calls ]
  printf 'A=$x\n' >.env.local
  secrets sync
  failed 3 '.env.local:1:3: error: $ in a value without quotes'
  rm .env.local
  secrets sync
  failed 1 'cannot read app/backend/../../.env.local'
}

@test "encore: an app that isn't there, or isn't linked" {
  echo '{"id": ""}' >app/encore.app
  secrets sync
  failed 1 'link the app with encore app link'
  rm app/encore.app
  secrets sync
  failed 3 'no encore.app in app/backend/. or above; set secrets.providers.encore.app_root'
  mkdir elsewhere
  echo '{"id": "y"}' >elsewhere/encore.app
  sed -i 's|target:|app_root: ../../elsewhere, target:|' app/backend/stagecraft.yml
  secrets sync
  [ "$status" -eq 0 ]
}

@test "encore: --dry-run runs nothing; --prune isn't for it; list looks at the source" {
  secrets sync --dry-run
  [ "$status" -eq 0 ]
  [ "$output" = $'would set    API_KEY\nwould set    DB' ]
  secrets list
  [ "$output" = $'API_KEY\nDB' ]
  secrets sync --prune
  failed 64 'encore secret archive takes away'
  [ ! -e state/calls ]
}

@test "encore: diff tells what has a value and what has none" {
  nine
  secrets sync A B C
  secrets diff A B
  [ "$status" -eq 0 ]
  [ "$output" = $'set      A\nset      B' ]
  [[ $stderr == *'Encore gives no value back'* ]]
  secrets diff C D
  [ "$status" -eq 2 ]
  [ "$output" = $'set      C\nmissing  D' ]
  secrets diff A --to dev,pr
  [ "$status" -eq 2 ]
  [ "$output" = 'missing  A' ]
  rm state/logged_in
  secrets diff
  failed 1 'log in with encore auth login'
  [ -z "$output" ]
}

@test "encore: one that reads nothing, one that says nothing, one that is killed" {
  printf "A='%s'\n" "$(head -c 300000 /dev/zero | tr '\0' x)" >.env.local
  touch state/deaf
  secrets sync
  [ "$status" -eq 0 ]
  rm state/deaf
  mkdir bin
  printf '#!/bin/sh\nkill -9 $$\n' >bin/encore
  chmod +x bin/encore
  PATH=$PWD/bin:$PATH secrets sync
  failed 1 'encore secret set A: ended by signal 9'
  printf '#!/bin/sh\nexit 5\n' >bin/encore
  PATH=$PWD/bin:$PATH secrets sync
  failed 1 'encore secret set A: exit status 5'
  printf 'no program' >bin/encore
  PATH=$PWD/bin:$PATH secrets sync
  [ "$status" -eq 1 ]
}

@test "encore: Ctrl-C ends the call that runs, and what was done is told" {
  nine
  secrets sync A
  touch state/mute
  set -m # a group of its own, so that it doesn't ignore SIGINT
  "$STAGECRAFT" secrets sync -f app/backend/stagecraft.yml >out 2>err &
  pid=$!
  for _ in {1..100}; do
    [ "$(grep -c . state/calls)" = 1 ] || break
    sleep 0.1
  done
  sleep 0.3
  kill -INT "$pid"
  code=0
  wait "$pid" || code=$?
  set +m
  cat out err
  [ "$code" -eq 130 ]
  [ "$(head -2 out)" = $'failed   A\nnot set  B' ]
  grep -q 'encore secret set A: interrupted' err
}

# ---- where values go ----

@test "encore: what it says is masked, capped and made visible" {
  echo API_KEY >state/fail_at
  touch state/echo
  secrets sync API_KEY
  failed 1 'encore: value \x1b[31m***\x1b[0m'
  mkdir bin
  printf '#!/bin/sh\nv=$(cat)\nhead -c 100000 /dev/zero | tr "\\0" y\necho "$v"\nexit 1\n' >bin/encore
  chmod +x bin/encore
  PATH=$PWD/bin:$PATH secrets sync API_KEY
  failed 1 'encore secret set API_KEY'
  [ "${#stderr}" -lt 1000 ]
}

@test "encore: its environment has none of the secrets, even if ours had" {
  API_KEY=$CANARY SAME=$CANARY PART="x?k=$CANARY&y" OTHER=fine DB=old secrets sync
  [ "$status" -eq 0 ]
  grep -q '^OTHER=fine$' state/environment
  run ! grep -qE "$CANARY|^(API_KEY|SAME|PART|DB)=" state/environment
}

@test "encore: a value goes down the pipe, and nowhere else" {
  [ "$(id -u)" -eq 0 ] || skip 'a process that dumps no core can be traced by root alone'
  strace -qq -s 100000 -v -o trace "$STAGECRAFT" secrets sync -f app/backend/stagecraft.yml >out 2>&1 || skip 'strace cannot trace here'
  run ! grep -q "$CANARY" out
  # Of our own process: reading the file, writing to two pipes.
  grep "$CANARY" trace | sed 's/(.*//' | sort | uniq -c | tr -s ' ' >calls
  cat calls
  [ "$(cat calls)" = $' 1 read\n 2 write' ]
  # Of all of them, the child's execve among others: arguments and environment.
  strace -f -qq -s 100000 -v -e trace=execve -o trace "$STAGECRAFT" secrets sync -f app/backend/stagecraft.yml
  grep -q 'encore", "secret", "set"' trace || grep -q '"secret", "set", "--type", "dev", "API_KEY"' trace
  run ! grep -q "$CANARY" <(grep '"secret", "set"' trace)
}

# ---- the override file ----

@test "encore: target local edits .secrets.local.cue beside encore.app" {
  target local
  printf '// mine\nOther: "1"\nDB: "old" // the db\n' >app/.secrets.local.cue
  secrets diff
  [ "$status" -eq 2 ]
  [ "$output" = $'missing  API_KEY\ndiffers  DB' ]
  secrets sync
  [ "$status" -eq 0 ]
  [ "$output" = $'added    API_KEY\nchanged  DB' ] || [ "$output" = $'changed  DB\nadded    API_KEY' ]
  [ "$(cat app/.secrets.local.cue)" = "// mine
Other: \"1\"
DB: \"it has $CANARY and \$x\" // the db
API_KEY: \"$CANARY\"" ]
  [ "$(stat -c %a app/.secrets.local.cue)" = 600 ]
  secrets diff
  [ "$status" -eq 0 ]
  secrets sync --prune
  [ "$output" = 'removed  Other' ]
  [ ! -e state/calls ]
  [ "$(find app -name '*stagecraft-new*')" = '' ]
}

@test "encore: target local refuses what CUE or Encore would not see, at its place" {
  target local
  printf '%s\n' '_HIDDEN=1' 'A.B=1' 'C=1' >.env.local
  secrets sync
  failed 3 '.env.local:1:1: error: _HIDDEN has a name that begins with _'
  [[ $stderr == *'.env.local:2:1: error: A.B has a name that Encore can'* ]]
  [ ! -e app/.secrets.local.cue ]
  printf 'C: other.thing\n' >app/.secrets.local.cue
  secrets sync C
  failed 3 'app/.secrets.local.cue:1:4: error: the value is not a string'
}
