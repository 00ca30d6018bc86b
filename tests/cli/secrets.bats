#!/usr/bin/env bats
# secrets sync, list and diff with envfile, from the command line: what is written, what is said, exit codes; and
# that a value is never said.

# shellcheck disable=SC2154,SC2016 # run sets output and stderr; $x is a secret's
bats_require_minimum_version 1.5.0

CANARY=canary-7f3a9c51e2

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  cat >stagecraft.yml <<'END'
secrets:
  provider: envfile
  providers:
    envfile: {source_file: .env.local, target_file: .env.staging}
END
  printf '%s\n' "API_KEY=$CANARY" "DB='it has $CANARY and \$x'" 'EMPTY=' >.env.local
}

secrets() { run --separate-stderr "$STAGECRAFT" secrets "$@"; }

# The last command failed with STATUS, said TEXT, showed no value, and the target is what it was.
refused() {
  echo "$status: $output / $stderr"
  [ "$status" -eq "$1" ]
  [[ $stderr == *"$2"* ]]
  [[ $output$stderr != *"$CANARY"* ]]
}

@test "secrets sync: what the config names, created with mode 0600, names on standard output" {
  umask 000
  secrets sync
  echo "$output $stderr"
  [ "$status" -eq 0 ]
  [ "$output" = $'added    API_KEY\nadded    DB\nadded    EMPTY' ]
  [ "$stderr" = '.env.staging: 3 added' ]
  [ "$(stat -c %a .env.staging)" = 600 ]
  [ "$(cat .env.staging)" = "API_KEY=$CANARY
DB='it has $CANARY and \$x'
EMPTY=" ]
  [ "$(find . -name '.*env*' | sort)" = $'./.env.local\n./.env.staging' ] # nothing else was left
}

@test "secrets sync: other keys, comments and order stay; a value that is the same stays as it is written" {
  printf '%s\n' '# ours' 'OTHER=1' 'DB=old # the db' '' "export API_KEY=\"$CANARY\"" >.env.staging
  secrets sync
  [ "$status" -eq 0 ]
  [ "$output" = $'changed  DB\nadded    EMPTY' ]
  [ "$stderr" = '.env.staging: 1 added, 1 changed, 1 same' ]
  [ "$(cat .env.staging)" = "# ours
OTHER=1
DB='it has $CANARY and \$x' # the db

export API_KEY=\"$CANARY\"
EMPTY=" ]
}

@test "secrets sync: no change, no write" {
  secrets sync
  touch -d '2001-01-01' .env.staging
  before=$(stat -c '%i %Y %Z' .env.staging)
  secrets sync
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ "$(stat -c '%i %Y %Z' .env.staging)" = "$before" ]
}

@test "secrets sync: keys, --from, --to, standard input, -q" {
  secrets sync DB --to other.env
  [ "$status" -eq 0 ]
  [ "$(cat other.env)" = "DB='it has $CANARY and \$x'" ]
  [ ! -e .env.staging ]
  run "$STAGECRAFT" secrets sync -q --from - --to third.env <<<"A=1"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ "$(cat third.env)" = A=1 ]
  secrets sync EMPTY EMPTY --from .env.local --to third.env
  [ "$(cat third.env)" = $'A=1\nEMPTY=' ]
}

@test "secrets sync --dry-run says what it would do and does nothing" {
  printf 'DB=old\nGONE=1\n' >.env.staging
  before=$(stat -c '%i %Y %Z' .env.staging)
  secrets sync --dry-run --prune
  [ "$status" -eq 0 ]
  [ "$output" = $'would add    API_KEY\nwould change DB\nwould add    EMPTY\nwould remove GONE' ]
  [ "$stderr" = '.env.staging: 2 would add, 1 would change, 1 would remove' ]
  [ "$(stat -c '%i %Y %Z' .env.staging)" = "$before" ]
}

@test "secrets sync --prune takes away what only the target has, and no key names with it" {
  printf '# c\nGONE=1\nAPI_KEY=x\n# d\nALSO="a\nb"\n' >.env.staging
  secrets sync --prune
  [ "$status" -eq 0 ]
  [ "$(grep -c . <<<"$output")" = 5 ]
  [ "$(head -3 .env.staging)" = "# c
API_KEY=$CANARY
# d" ]
  run ! grep -qE 'GONE|ALSO' .env.staging
  secrets sync --prune DB
  refused 64 'leave the keys out'
  cp .env.staging before
  run --separate-stderr "$STAGECRAFT" secrets sync --prune --from - </dev/null
  refused 3 'the source has no secrets'
  cmp .env.staging before
}

@test "secrets list and diff: names and states, exit 2 for a difference" {
  secrets list
  [ "$status" -eq 0 ]
  [ "$output" = $'API_KEY\nDB\nEMPTY' ]
  [ -z "$stderr" ]
  printf 'EMPTY=\nDB=x\nMORE=1\n' >.env.staging
  secrets diff
  [ "$status" -eq 2 ]
  [ "$output" = $'missing  API_KEY\ndiffers  DB\nsame     EMPTY' ]
  secrets diff --prune EMPTY
  [ "$status" -eq 64 ]
  secrets diff --prune
  [[ $output == *$'\nextra    MORE' ]]
  secrets diff EMPTY
  [ "$status" -eq 0 ]
  secrets sync
  secrets diff
  [ "$status" -eq 0 ]
  secrets diff --json
  [ "$(tr -d '\n' <<<"$output")" = '{"secrets":[  {"name":"API_KEY","state":"same"},  {"name":"DB","state":"same"},  {"name":"EMPTY","state":"same"}]}' ]
}

@test "secrets: every mistake of a source at once, with its place, and no value" {
  printf '%s\n' "A=x#$CANARY" "B=\$$CANARY" "C=a\`$CANARY" "D=$CANARY\\" "$CANARY" 'A=2' "E='$CANARY" >bad.env
  for verb in sync list diff; do
    secrets $verb --from bad.env
    refused 3 '7 errors'
    for place in 1:4 2:3 3:4 4:20 5:18 6:1 7:3; do [[ $stderr == *"bad.env:$place: error: "* ]]; done
  done
  [ ! -e .env.staging ]
  printf 'A=1\0' >bad.env
  secrets sync --from bad.env
  refused 3 'bad.env:1:4: error: a NUL byte'
  GITHUB_ACTIONS=true secrets sync --from bad.env
  refused 3 '::error file=bad.env,line=1,col=4::'
}

@test "secrets: values that no way of writing keeps are refused, all at once, with a reason" {
  printf '%s\n' "A='two \\\\ backslashes'" >b.env
  secrets sync --from b.env
  refused 3 'b.env:1:8: error: two backslashes in single quotes'
  printf 'N="%s: it'"'"'s \r"\nM=it'"'"'s-a-"%s"\n' "$CANARY" "$CANARY" >b.env
  printf "N='old' # why\n" >.env.staging
  secrets sync --from b.env
  refused 3 'b.env:1:'
}

@test "secrets: what only other keys have in the target is a warning; a key twice is an error" {
  printf 'PORT=80 # http\nAPI_KEY=1\n' >.env.staging
  secrets sync
  [ "$status" -eq 0 ]
  [[ $stderr == *'.env.staging:1:9: warning: # in a value without quotes'* ]]
  grep -qx 'PORT=80 # http' .env.staging
  printf 'API_KEY=1\nAPI_KEY=2\n' >.env.staging
  secrets sync
  refused 3 '.env.staging:2:1: error: this name was given a value before'
  [ "$(cat .env.staging)" = $'API_KEY=1\nAPI_KEY=2' ]
  printf "A='open\n" >.env.staging
  secrets sync
  refused 3 '.env.staging:1:3: error: this quote is never closed'
}

@test "secrets: exit codes of the rest" {
  secrets sync --from none.env
  refused 1 'cannot read none.env: No such file or directory'
  secrets sync --from .
  refused 1 'cannot read .: Is a directory'
  secrets sync --to none/x.env
  refused 1 'No such file or directory'
  truncate -s 1G huge.env
  secrets sync --from huge.env
  refused 1 'larger than 16 MiB'
  secrets sync --to huge.env
  refused 1 'larger than 16 MiB'
  secrets sync --to .env.local
  refused 3 'the same file'
  secrets sync NOPE "DB=$CANARY" ALSO_NOT
  refused 64 '.env.local has no NOPE'
  [[ $stderr == *'key 2 on the command line is not a name'*'has no ALSO_NOT'* ]]
  secrets
  refused 64 'usage: stagecraft secrets'
  secrets snyc
  refused 64 'did you mean secrets sync?'
  secrets list --dry-run
  refused 64 '--dry-run goes with secrets sync'
  secrets list --to x
  refused 64 'source alone'
  secrets sync --frm x
  refused 64 'did you mean --from?'
  secrets sync --from ''
  refused 64 '--from is empty'
}

@test "secrets: a config without it, or with mistakes in it" {
  echo 'network: {}' >other.yml
  secrets sync -f other.yml
  refused 3 'names no secrets.provider'
  secrets sync -f none.yml
  refused 3 'cannot read none.yml'
  sed 's/provider: envfile/provider: envflie/; s/source_file/sorce_file/' stagecraft.yml >other.yml
  secrets sync -f other.yml
  refused 3 'did you mean envfile?'
  [[ $stderr == *'unknown key sorce_file in secrets.providers.envfile'* ]]
  echo 'secrets: {provider: envfile}' >other.yml
  secrets sync -f other.yml
  refused 3 'set secrets.providers.envfile.source_file, or name one with --from'
  secrets sync -f other.yml --from .env.local --to x.env
  [ "$status" -eq 0 ]
  secrets sync -f other.yml --from .env.local
  refused 3 'target_file, or name one with --to'
}

@test "secrets: relative paths count from the config, ~ is the home" {
  mkdir sub
  cd sub
  secrets sync -f ../stagecraft.yml
  [ "$status" -eq 0 ]
  [ -e ../.env.staging ]
  sed 's|\.env\.staging|~/home.env|' ../stagecraft.yml >../home.yml
  HOME=$PWD secrets sync -f ../home.yml
  [ "$status" -eq 0 ]
  [ -e home.env ]
}

@test "secrets: validate and help know the sections; providers lists them" {
  run "$STAGECRAFT" providers
  [[ $output == *$'secrets\tencore\t'*$'secrets\tenvfile\t'* ]]
  run "$STAGECRAFT" providers --json
  [[ $output == *'"secrets":[{"id":"encore",'* ]]
  run "$STAGECRAFT" help config
  [[ $output == *secrets.providers.encore*target*secrets.providers.envfile*source_file* ]]
  run "$STAGECRAFT" help secrets
  [[ $output == *--prune*Values\ are\ never\ shown* ]] || [[ $output == *--prune*never\ shown* ]]
}

@test "secrets: the core names no secrets provider" {
  run grep -rniE 'envfile|encore' "$BATS_TEST_DIRNAME/../../compiler" "$BATS_TEST_DIRNAME/../../runtime" \
    "$BATS_TEST_DIRNAME/../../cli" --include='*.[ch]'
  echo "$output"
  [ "$status" -eq 1 ]
}

@test "secrets sync: 10,000 keys under 0.2 s of processor time" {
  case $STAGECRAFT in *sanitize* | *coverage*) skip 'an instrumented build' ;; esac
  seq 10000 | sed "s/.*/KEY_&='value & with # and \\\$x'/" >.env.local
  TIMEFORMAT='%U %S' best=9999
  for _ in 1 2 3; do
    rm -f .env.staging
    spent=$({ time "$STAGECRAFT" secrets sync -q; } 2>&1)
    ms=$(awk '{ print int(($1 + $2) * 1000) }' <<<"$spent")
    [ "$ms" -ge "$best" ] || best=$ms
  done
  echo "# $best ms" >&3
  [ "$(grep -c . .env.staging)" = 10000 ]
  [ "$best" -lt 200 ]
}

# ---- where values go ----

@test "secrets: no core dumps" {
  ulimit -c unlimited || skip 'no core dumps here anyway'
  mkfifo pipe.env
  "$STAGECRAFT" secrets sync --from pipe.env &
  pid=$!
  for _ in {1..50}; do
    sleep 0.1
    grep -q 'Max core file size *1 *1' "/proc/$pid/limits" && break
  done
  grep 'Max core file size *1 *1' "/proc/$pid/limits"
  kill -SEGV "$pid"
  wait "$pid" || true
  run ! ls core*
}

@test "secrets: a value is read, and written to the new file; nowhere else" {
  [ "$(id -u)" -eq 0 ] || skip 'a process that dumps no core can be traced by root alone'
  printf 'DB=old\n' >.env.staging
  strace -f -qq -s 100000 -o trace "$STAGECRAFT" secrets sync >out 2>&1 || skip 'strace cannot trace here'
  "$STAGECRAFT" secrets diff >>out 2>&1
  run ! grep -q "$CANARY" out
  grep "$CANARY" trace | grep -vE '^[0-9]+ +read\(' >written
  cat written
  [ "$(grep -c . written)" = 1 ]
  [[ $(cat written) == *write\(*"API_KEY=$CANARY"* ]]
  # The descriptor that it was written to is the new file's.
  fd=$(sed -n 's/.*openat([0-9]*, "\.\.env\.staging\.stagecraft-new".*= \([0-9]*\)$/\1/p' trace)
  grep -qE "write\($fd, " written
}

# ---- kill -9 ----

@test "secrets sync: killed at each system call in turn, the target is whole" {
  [ "$(id -u)" -eq 0 ] || skip 'a process that dumps no core can be traced by root alone'
  strace -qq -o /dev/null -e inject=close:signal=KILL:when=9999 true || skip 'strace cannot inject here'
  case $STAGECRAFT in *sanitize* | *coverage*) skip 'too many calls that are not ours' ;; esac
  printf '# old\nDB=old\n' >old.env
  cp old.env .env.staging
  "$STAGECRAFT" secrets sync -q
  cp .env.staging new.env
  cp old.env .env.staging
  # strace counts each kind of call by itself: close 1, close 2, …
  strace -qq -o calls "$STAGECRAFT" secrets sync -q
  sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' calls | grep -vE '^(execve|exit_group)$' | awk '{ print $1, ++seen[$1] }' >points
  killed=0
  while read -r call n; do
    cp old.env .env.staging

    status=0
    strace -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
      "$STAGECRAFT" secrets sync -q 2>/dev/null || status=$?
    cmp -s .env.staging old.env || cmp .env.staging new.env
    killed=$((killed + (status != 0)))
  done <points
  echo "# killed at $killed of $(grep -c . points) system calls" >&3
  [ "$killed" -gt 20 ]
  "$STAGECRAFT" secrets sync -q
  cmp .env.staging new.env
  [ -z "$(find . -name '*stagecraft-new*')" ] # nothing of the killed is left
}

@test "secrets: a file that the config names is one; no device, no pipe, no word of the kernel" {
  mkfifo pipe && ln -s /proc/self/environ link && mkdir folder
  for file in pipe link folder ../../../../../../../../../../proc/self/environ; do
    sed -i "s|source_file: [^,]*,|source_file: $file,|" stagecraft.yml
    CANARY=$CANARY run --separate-stderr timeout 20 "$STAGECRAFT" secrets sync
    echo "$stderr"
    [ "$status" -ne 0 ] && [ "$status" -ne 124 ]
    [[ $stderr == *"source_file is $file: it is "* ]]
    [ ! -e .env.staging ]
  done
  sed -i 's|source_file: [^,]*,|source_file: /proc/self/environ,|' stagecraft.yml
  secrets list
  refused 3 "is not a file of one's own"
  sed -i 's|source_file: [^,]*,|source_file: .env.local,|; s|target_file: [^}]*|target_file: pipe|' stagecraft.yml
  secrets diff
  refused "$status" 'target_file is pipe: it is not a regular file'
  # A pipe that the user names is one.
  run --separate-stderr "$STAGECRAFT" secrets list --from <(cat .env.local)
  [ "$status" -eq 0 ]
}
