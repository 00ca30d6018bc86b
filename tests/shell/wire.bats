#!/usr/bin/env bats
# The frame: records, results, the step runner, and what happens when the other end goes away.
# shellcheck disable=SC2016,SC2154 # text for the script under test; set in common.bash

load common

# ---- records

good_host() {
  apply
  status_is 0
  complete success
  [ "$(head -n 1 "$H/out")" = "@stagecraft $RUN {\"type\":\"begin\",\"host\":\"plat-db-1\",\"mode\":\"apply\"}" ]
  never grep -v "^@stagecraft $RUN {.*}\$" "$H/out"
  expect host.preflight 'ok||debian 12'
  expect docker.install 'ok||Docker 26.1.5+dfsg1 answers'
  expect docker.verify 'ok||Docker 26.1.5+dfsg1'
  expect network.install 'ok||Tailscale 1.98.0'
  expect network.join 'ok||in tailnet mytailnet'
  expect network.verify 'ok||in tailnet mytailnet with tag:app,tag:db'
  [ "$(fact os)" = 'debian 12' ]
  [ "$(fact docker.version)" = 26.1.5+dfsg1 ]
  [ "$(fact docker.compose)" = '' ]
  [ "$(fact network.version)" = 1.98.0 ]
  [ "$(fact warning)" = '' ]
  [ "$(sed -n 's/.*"network.status","value":\(".*"\)}$/\1/p' "$H/out" | jq -r .)" = "$(cat "$H/ts/status")" ]
}
@test "wire: a good host, every record" { every_shell good_host; }

files() { (cd "$H/root" && find . ! -name stagecraft.lock | sort && find . -type f -exec cat {} +); }

nothing_done() {
  local before
  host_script
  before=$(files)
  send "$1"
  status_is 0
  complete success
  [ "$(files)" = "$before" ]
  not_called 'apt-get\|dpkg\|curl\|systemctl enable\|tailscale up\|journalctl'
  [ "$(find "$H/home" "$H/tmp" -type f)" = '' ]
  [ "$1" = apply ] || [ ! -e "$H/root/run/stagecraft.lock" ]
}
@test "wire: nothing to do, nothing done" {
  every_shell nothing_done apply
  every_shell nothing_done check
}

few_processes() {
  apply
  [ "$(grep -c '^tailscale' "$H/calls")" -le 8 ]
  [ "$(grep -c '^docker' "$H/calls")" -le 3 ]
  [ "$(grep -c '^systemctl' "$H/calls")" -le 2 ]
}
@test "wire: a run with nothing to do asks little" { every_shell few_processes; }

# ---- JSON

# quoted TEXT…: a fact for each; $H/facts has the records' JSON.
quoted() {
  local text i=1000
  for text; do
    i=$((i + 1))
    printf '%sx' "$text" >"$H/text.$i"
  done
  # An x guards the end of each text, which command substitution would trim.
  printf 'docker_verify() { for f in %s/text.*; do t=$(cat "$f"); fact f "${t%%?}"; done; ok done; }\n' "$H" >"$H/definitions"
  apply -o "$H/definitions"
  expect docker.verify 'ok||done'
  grep '"name":"f"' "$H/out" | cut -d ' ' -f 3- >"$H/facts"
  iconv -f UTF-8 -t UTF-16 "$H/facts" >/dev/null
}

good_text() {
  local n text=() all=''
  for ((n = 1; n < 128; n++)); do printf -v "text[$n]" '%b' "\\0$(printf %o "$n")"; done
  printf -v all '%s' "${text[@]}"
  text+=("$all" '\"' '\\n' '[^a]-\]' '$(id)`id`%s%n' $'one\ntwo\n\nfour\n' 'grüße ☃ 𝄞' '')
  quoted "${text[@]}"
  jq -nc '$ARGS.positional[]' --args -- "${text[@]}" >"$H/want"
  jq -c .value "$H/facts" | diff "$H/want" -
}
@test "json: every ASCII byte, line ends, UTF-8" { LC_ALL=C.UTF-8 every_shell good_text; }

bad_text() {
  local n high=''
  for ((n = 128; n < 256; n++)); do high+=$(printf '%b' "<\\0$(printf %o "$n")>"); done
  # A sequence cut short, a lone surrogate, what five bytes could say, and what is beyond the last character.
  quoted "$high" $'a\xc3(b' $'a\xed\xa0\x80b' $'a\xf8\x88\x80\x80\x80b' $'a\xf4\x90\x80\x80b'
  [ "$(jq -r .value "$H/facts")" = "$(printf '<>%.0s' {1..128} && printf '\na(b\nab\nab\nab')" ]
}
@test "json: bytes that are no UTF-8 are left out" { LC_ALL=C every_shell bad_text; }

# ---- the step runner

ending() { # ending COMMANDS RESULT: a step of these commands
  printf 'docker_verify() { %s\n}\n' "$1" >"$H/definitions"
  apply -o "$H/definitions"
  expect docker.verify "$2"
  [ "$(step docker.verify | wc -l)" -eq 1 ]
  case $2 in
    failed*)
      status_is 1
      complete failed
      expect network.install 'skipped||an earlier step failed'
      expect network.verify 'skipped||an earlier step failed'
      ;;
    *)
      status_is 0
      complete success
      ;;
  esac
}

endings() {
  ending 'ok fine' 'ok||fine'
  ending 'changed "did it"' 'changed||did it'
  ending 'failed some_reason "it broke"; echo on' 'failed|some_reason|it broke'
  ending 'false; ok wrong' 'failed|internal|*'
  ending ':' 'failed|internal|*'
  ending 'return 0' 'failed|internal|*'
  ending 'exit 0' 'failed|internal|*'
  ending 'exit 2' 'failed|internal|*'
  ending 'x=$(false); ok wrong' 'failed|internal|*'
  ending 'sh -c "kill -KILL \$PPID"' 'failed|internal|*'
  ending 'x=$(failed inner "from within"); ok wrong' 'failed|inner|from within'
  ending 'if failed inner within; then ok wrong; fi' 'failed|inner|within'
  ending 'no_such_command; ok wrong' 'failed|internal|*'
  ending 'cat; read -r x || ok "no input"' 'ok||no input'
  ending 'echo noise; printf "@stagecraft 0123456789abcdef {}\n"; ok fine' 'ok||fine'
  grep -q noise "$H/err"
  never grep -q noise "$H/out"
}
@test "step: however it ends there is just one record" { every_shell endings; }

not_inherited() {
  ending "logged sh -c 'ls -l /proc/self/fd >$H/fds'; ok fine" 'ok||fine'
  never grep "$H/out\|stagecraft.lock" "$H/fds"
  grep -q ' 0 -> /dev/null' "$H/fds"
  ending "with_deadline 5 ls -l /proc/self/fd >$H/fds; ok fine" 'ok||fine'
  never grep "$H/out\|stagecraft.lock" "$H/fds"
}
@test "step: commands inherit neither the records' pipe nor the lock" { every_shell not_inherited; }

shell_options() {
  host_script
  printf '%s\n' "$KEY" >"$H/key"
  ts_status needs-login
  ts_after running
  ENVIRONMENT="SHELLOPTS=xtrace:allexport:noclobber:nounset:errexit AUTH_KEY=x STAGECRAFT_KEY=x" by_hand --auth-key-file "$H/key"
  status_is 0
  [ "$(cat "$H/ts/up.stdin")" = "$KEY" ]
  never grep -q CANARY "$H/err" "$H/out" "$H/ts/up.env"
}
@test "main: a trace or an export that the environment asks for ends before the key is read" { every_shell shell_options; }

# ---- the key

asked() { grep -c -x -F "$ASK" "$H/out" || :; }

asks() {
  host_script
  send apply "$KEY" # joined: needs none
  status_is 0
  [ "$(asked)" -eq 0 ]
  ts_status needs-login
  send check "$KEY"
  status_is 2
  [ "$(asked)" -eq 0 ]
  send apply # and there is none
  expect host.preflight 'failed|auth_key_missing|*'
  [ "$(asked)" -eq 0 ]
  ts_after running
  send apply "$KEY"
  status_is 0
  complete success
  [ "$(asked)" -eq 1 ]
  [ "$(grep -B 1 '"network.join"' "$H/out" | head -n 1)" = "$ASK" ]
  [ "$(cat "$H/ts/up.stdin")" = "$KEY" ]
  never grep -r CANARY "$H/sent" "$H/out" "$H/err" "$H/root" "$H/calls" "$H/ts/up.argv" "$H/ts/up.env"
}
@test "key: asked for once, by the host that joins, in mode apply, where there is one" { every_shell asks; }

never_comes() {
  ts_status needs-login
  host_script
  ANSWER=- send apply "$KEY"
  status_is 1
  complete failed
  expect network.join 'failed|join_failed|*the auth key was asked for and did not come'
  not_called 'tailscale up'
  # Nor is what stands behind it ever read as commands.
  ts_after running
  ANSWER=$KEY$'\n'"touch $H/pwned"$'\n'"{ touch $H/pwned; }" send apply "$KEY"
  status_is 0
  [ "$(cat "$H/ts/up.stdin")" = "$KEY" ]
  [ ! -e "$H/pwned" ]
}
@test "key: when it doesn't come the step fails in time; what comes after it is no command" { every_shell never_comes; }

unheard() { # no command of any step can read what is for get_key
  ts_status needs-login
  ts_after running
  printf 'docker_verify() { ls -l /proc/self/fd >%s/fds; ok fine; }\n' "$H" >"$H/definitions"
  host_script -o "$H/definitions"
  sed -i "2aPATH=$PATH ls -l /proc/self/fd >>$H/fds.\$1" "$H/bin/tailscale"
  send apply "$KEY"
  status_is 0
  for each in '' .status .up .version; do
    grep -q ' 0 -> ' "$H/fds$each"
    never grep "$H/in" "$H/fds$each"
  done
}
@test "key: no command inherits where it comes from" { every_shell unheard; }

# ---- by hand

hand() {
  host_script
  by_hand
  status_is 0
  grep -q '^ok  *host.preflight  *debian 12$' "$H/out"
  [ "$(wc -l <"$H/out")" -eq 6 ]
  by_hand check
  status_is 0
  by_hand apply
  status_is 0
  ts_status needs-login
  by_hand
  status_is 1
  grep -q '^failed  *host.preflight .*auth key missing from environment variable TS_AUTHKEY' "$H/out"
  by_hand check
  status_is 2
  grep -q '^would_change  *network.join' "$H/out"
  grep -q '^skipped  *network.verify' "$H/out"
  printf '%s' "$KEY" >"$H/key" # without a line's end
  ts_after running 's/"MagicDNSEnabled": true/"MagicDNSEnabled": false/'
  by_hand --auth-key-file "$H/key" apply
  status_is 0
  [ "$(cat "$H/ts/up.stdin")" = "$KEY" ]
  grep -q '^warning: MagicDNS' "$H/out"
  ts_status needs-login
  : >"$H/key"
  by_hand --auth-key-file "$H/key"
  grep -q '^failed  *network.join .*did not come' "$H/out"
}
@test "by hand: readable lines, exit status, the key from a file" { every_shell hand; }

usage() {
  host_script
  for arguments in applly 'apply check' --help --auth-key-file "--auth-key-file $H/none" "--auth-key-file $H"; do
    # shellcheck disable=SC2086 # several arguments
    by_hand $arguments
    status_is 64
    grep -q '^usage: sh plat-db-1.sh \[apply|check\] \[--auth-key-file FILE\] \[--rename\]$' "$H/err"
    [ ! -s "$H/out" ]
    [ ! -s "$H/calls" ]
  done
}
@test "by hand: usage" { every_shell usage; }

hand_environment() {
  host_script
  ts_status needs-login
  ENVIRONMENT="STAGECRAFT_KEY=yes AUTH_KEY=$KEY HAVE_KEY=yes STAGECRAFT_MODE=check" by_hand
  status_is 1
  grep -q 'auth key missing' "$H/out"
}
@test "by hand: a key in the environment is not used" { every_shell hand_environment; }

# ---- the lock

busy() {
  host_script
  (
    exec 8>"$H/root/run/stagecraft.lock"
    flock 8
    send apply 8>&-
    status_is 1
    complete failed
    expect host.preflight 'failed|busy|*'
    send check 8>&-
    expect host.preflight 'failed|busy|*'
    not_called docker
  )
  send check
  status_is 0
  rm "$H/root/run/stagecraft.lock"
  send apply
  status_is 0
  [ "$(stat -c %a "$H/root/run/stagecraft.lock")" = 600 ]
}
@test "fault: two runs on one host at once" { every_shell busy; }

# ---- the other end goes away

# start: runs an apply, its output into pipes that are open here as 6 and 7.
start() {
  host_script
  { prelude apply yes && cat "$H/script"; } >"$H/sent"
  mkfifo "$H/records" "$H/noise"
  rm -f "$H/began"
  : >"$H/calls"
  # shellcheck disable=SC2086
  env -i PATH="$PATH" HOME="$H/home" $shell -s <"$H/sent" >"$H/records" 2>"$H/noise" 3>&- &
  PID=$!
  exec 6<"$H/records" 7<"$H/noise"
}

await() { # await FILE
  local i
  for ((i = 0; i < 100; i++)); do
    [ ! -e "$1" ] || return 0
    sleep 0.1
  done
  return 1
}

ended() { # ended STATUS
  status=0
  wait "$PID" || status=$?
  status_is "$1"
  [ "$(work_dirs)" = '' ]
}

lost_first() {
  stub id <<<'touch "$H/began"; sleep 0.5; cat "$H/uid"'
  start
  await "$H/began"
  exec 6<&- 7<&-
  ended 1
  called df
  not_called 'docker\|tailscale version'
}
@test "lost: in the first step, no other is begun" { every_shell lost_first; }

lost_amid() { # while apt-get is at work, which goes on to say much
  no_docker
  no_tailscale
  cat >"$H/apt-get.install" <<END
touch $H/began
sleep 1
i=0; while [ \$i -lt 5000 ]; do echo "noise \$i"; echo "noise \$i" >&2; i=\$((i + 1)); done
touch $H/ended
mv $H/docker.later $H/bin/docker
END
  start
  await "$H/began"
  exec 6<&- 7<&-
  kill -HUP "$PID" # as sudo's use_pty does
  ended 1
  [ -e "$H/ended" ]
  called 'docker version'
  not_called 'docker compose\|tailscale\|curl'
}
@test "lost: amid a step, it is finished and no other begun; nothing is left behind" { every_shell lost_amid; }

terminated() { # a signal waits for the running command, then the script ends and cleans up
  no_docker
  printf 'touch %s/began; sleep 1; touch %s/ended\n' "$H" "$H" >"$H/apt-get.install"
  start
  cat <&6 >"$H/out" &
  cat <&7 >"$H/err" &
  await "$H/began"
  kill -TERM "$PID"
  ended 143
  exec 6<&- 7<&-
  [ -e "$H/ended" ]
  never grep -q '"type":"end"' "$H/out"
}
@test "main: ended by a signal, it cleans up and claims nothing" { every_shell terminated; }
