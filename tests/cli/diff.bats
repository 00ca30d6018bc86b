#!/usr/bin/env bats
# stagecraft diff: words, hunks, JSON, what it is compared with, and where it goes.

# shellcheck disable=SC2016,SC2154 # no expansion is meant; run sets output
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
  export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org LC_ALL=C
  unset GIT_DIR PAGER LESS
  config tag:db
  hosts 40
}

# config TAG…: role db has these tags
config() {
  cat >stagecraft.yml <<END
network:
  provider: tailscale
  providers:
    tailscale:
      auth_key_env: TS_AUTHKEY
      tailnet_domain: mytailnet.ts.net
      default_tags: [tag:stagecraft]
      role_tags: {db: [$*], app: [tag:app]}
END
}

# hosts N: every fourth is a db; a list of its own tags for one of these
hosts() {
  for ((i = 10; i < 10 + $1; i++)); do
    echo "- {id: h-$i, public_ip: 192.0.2.$i, role: $((i % 4)), tags: [$([ $i != 12 ] || echo tag:own)]}"
  done | sed 's/role: 0/role: db/; s/role: [123]/role: app/' >hosts.yml
}

@test "diff: the same is a line on standard error and exit status 0; no folder is all hosts added" {
  run -2 --separate-stderr "$STAGECRAFT" diff
  [ "$output" = $'hosts added: all 40 hosts\n40 added' ]
  "$STAGECRAFT" compile -q
  run --separate-stderr "$STAGECRAFT" diff
  [ "$status:$output:$stderr" = "0::scripts: 40 scripts, all as the config and the host list compile to" ]
  run --separate-stderr "$STAGECRAFT" diff -q
  [ "$status:$output:$stderr" = "0::" ]
  echo '# a comment' >>stagecraft.yml
  "$STAGECRAFT" diff -q
}

@test "diff: a role's tag is one line with the role, and a shared setting one hunk, however many hosts" {
  "$STAGECRAFT" compile -q
  config 'tag:db, tag:backup'
  echo 'infra: {bootstrap: {docker: {version: "27.1"}}}' >>stagecraft.yml
  run -2 --separate-stderr "$STAGECRAFT" diff
  diff - <(echo "$output") <<'END'
DOCKER_VERSION: latest → 27.1 on all 40 hosts
NETWORK_TAGS: +tag:backup on role db (10 hosts)

what the scripts share, all 40 hosts
@@ -1,7 +1,7 @@
 
 # The same on every host of this configuration.
 DOCKER_MIN_VERSION=''
-DOCKER_VERSION='latest'
+DOCKER_VERSION='27.1'
 NETWORK_AUTH_KEY_ENV='TS_AUTHKEY'
 NETWORK_DOMAIN='mytailnet.ts.net'
 NETWORK_INSTALL='auto'

2 settings differ on 40 of 40 hosts
END
  [ -z "$stderr" ]
  # The words alone; some of the hosts; colours.
  run -2 "$STAGECRAFT" diff -q 'h-1[2-6]'
  [ "$output" = 'DOCKER_VERSION: latest → 27.1 on h-12, h-13 and 3 more
NETWORK_TAGS: +tag:backup on h-12, h-16
2 settings differ on 5 of 5 hosts' ]
  run -2 "$STAGECRAFT" diff -q --role db
  [[ $output == *"NETWORK_TAGS: +tag:backup on role db (10 hosts)"* ]]
  run -2 "$STAGECRAFT" diff --color always h-10
  [[ $output == *$'\e[31m-DOCKER_VERSION'*$'\e[32m+DOCKER'* ]]
}

@test "diff: hosts that come and go, another address, a hunk of a host's own settings" {
  "$STAGECRAFT" compile -q
  sed -i -e '1d' -e 's/192.0.2.13,/192.0.2.99,/' hosts.yml
  echo '- {id: new, public_ip: 2001:db8::1, ssh: {port: 2222}}' >>hosts.yml
  sed -i 's/id: h-17, public_ip: 192.0.2.17, role: app, tags: \[\]/id: h-17, public_ip: 192.0.2.17, role: app, tags: [tag:x]/' hosts.yml
  run -2 --separate-stderr "$STAGECRAFT" diff
  diff - <(echo "$output") <<'END'
host added: new ([2001:db8::1]:2222, NETWORK_TAGS tag:stagecraft)
host gone: h-10 (192.0.2.10, NETWORK_TAGS tag:app,tag:stagecraft)
address of h-13: 192.0.2.13 → 192.0.2.99
NETWORK_TAGS: +tag:x on h-17

settings, h-17
@@ NETWORK_TAGS @@
-NETWORK_TAGS='tag:app,tag:stagecraft'
+NETWORK_TAGS='tag:app,tag:stagecraft,tag:x'

1 setting differs on 2 of 39 hosts; 1 added; 1 gone; 37 are the same
END
}

@test "diff: a step's shell changed by hand is a hunk once, and does nothing to a terminal" {
  "$STAGECRAFT" compile -q
  sed -i 's/^main() {/&\n  echo $'"'"'\e[2J'"'"' # \x1b]0;title\x07 by hand/' scripts/h-1[0-4].sh
  sed -i '2s/.*/# another first line/' scripts/h-10.sh
  run -2 "$STAGECRAFT" diff
  [ "$(grep -c '^@@' <<<"$output")" -eq 2 ]
  [ "${lines[0]}" = 'shell of the steps: differs on h-10, h-11 and 3 more' ]
  [[ $output == *$'\ncomments, h-10\n@@'*$'\n-# another first line\n+# ID: bootstrap script'* ]]
  [[ $output == *'what the scripts share, h-10, h-11 and 3 more'* ]]
  [[ $output == *'\x1b]0;title\x07 by hand'* ]] && [[ $output != *$'\e'* && $output != *$'\a'* ]]
  # No script at all, and nothing there.
  printf '\033[2J\n::error::x\n' >scripts/h-20.sh
  rm scripts/h-21.sh
  run -2 "$STAGECRAFT" diff 'h-2?'
  [[ $output == *"not as stagecraft writes a script: h-20"* && $output == *"host added: h-21 ("* ]]
  [[ $output == *'what the scripts share, h-20'*'-\x1b[2J'* && $output != *'HOST_ID: '* ]]
}

@test "diff: json tells the hosts of each change" {
  "$STAGECRAFT" compile -q
  config 'tag:db, tag:backup'
  sed -i 1d hosts.yml
  run -2 --separate-stderr "$STAGECRAFT" diff --json
  [ "$output" = "$("$STAGECRAFT" diff --format json || :)" ]
  diff - <(jq -c '.against, .differs, .added, (.gone[] | .id, .settings.NETWORK_TAGS), .addresses, .steps, .shell, .comments,
    .hunks, .summary, (.settings[] | .name, .kind, .before, .after, .came, .went, .role, .all, .hosts)' <<<"$output") <<'END'
"scripts"
true
[]
"h-10"
"tag:app,tag:stagecraft"
[]
[]
[]
[]
[]
{"changed":10,"same":29,"added":0,"gone":1,"settings":1,"steps":0}
"NETWORK_TAGS"
"changed"
null
null
["tag:backup"]
[]
"db"
false
["h-12","h-16","h-20","h-24","h-28","h-32","h-36","h-40","h-44","h-48"]
END
  run -64 "$STAGECRAFT" diff --json --format text
}

@test "diff: markdown, and a page beside any form" {
  "$STAGECRAFT" compile -q
  config 'tag:db, tag:backup'
  run -2 --separate-stderr "$STAGECRAFT" diff --format markdown --html page.html
  [[ $output == *'`NETWORK_TAGS: +tag:backup on role db (10 hosts)`'* ]]
  grep -q '^<!DOCTYPE html>' page.html
  grep -q 'tag:backup' page.html
  run -2 "$STAGECRAFT" diff -q --html page.html
  [ "${#lines[@]}" -eq 2 ]
  run -1 "$STAGECRAFT" diff --html nowhere/page.html
  [[ $output == 'stagecraft: error: cannot write nowhere/page.html: '* ]]
}

@test "diff: layout split is compared like the other, and one with the other" {
  "$STAGECRAFT" compile -q --layout split
  run -0 "$STAGECRAFT" diff --layout split
  # What follows from another layout is no change of its own.
  run -2 "$STAGECRAFT" diff
  [ "$output" = $'layout: split → whole\n40 of 40 hosts differ' ]
  config 'tag:db, tag:backup'
  echo 'infra: {bootstrap: {layout: split, docker: {version: "27.1"}}}' >>stagecraft.yml
  run -2 "$STAGECRAFT" diff
  [[ ${lines[0]} == 'DOCKER_VERSION: latest → 27.1 on all 40 hosts' && $output == *'steps.sh, all 40 hosts'* ]]
  [ "${lines[1]}" = 'NETWORK_TAGS: +tag:backup on role db (10 hosts)' ]
  [ "$(grep -c '^@@' <<<"$output")" -eq 1 ]
}

@test "diff: --against a revision, whatever folder it is asked from" {
  run -1 "$STAGECRAFT" diff --against HEAD
  [[ $output == *'cannot read scripts in HEAD: git: '*'not a git repository'* ]]
  git init -q . && "$STAGECRAFT" compile -q && git add -A && git commit -qm one && git tag one
  config 'tag:db, tag:backup'
  "$STAGECRAFT" compile -q && git commit -qam two
  run -0 "$STAGECRAFT" diff --against HEAD
  for where in "." "scripts" "/"; do
    (cd "$where" && run -2 "$STAGECRAFT" diff -qf "$OLDPWD/stagecraft.yml" -o "$OLDPWD/scripts" --against one &&
      [[ $output == 'NETWORK_TAGS: +tag:backup on role db (10 hosts)'* ]])
  done
  run -2 "$STAGECRAFT" diff -q --against one
  [[ $output == 'NETWORK_TAGS: +tag:backup on role db (10 hosts)'* ]]
  run -2 "$STAGECRAFT" diff -q --against one 'h-1?'
  [[ $output == *'on h-12, h-16'* ]]
  # As in a hook.
  GIT_DIR=.git run -2 "$STAGECRAFT" diff -q --against one
  [[ $output == 'NETWORK_TAGS: +tag:backup'* ]]
  # The folder that isn't there now; one that never was; what is none.
  rm -r scripts
  run -2 "$STAGECRAFT" diff -q --against one
  [[ $output == 'NETWORK_TAGS: +tag:backup'* ]]
  run -2 "$STAGECRAFT" diff -q --against one -o a/b
  [ "${lines[0]}" = 'hosts added: all 40 hosts' ]
  run -1 "$STAGECRAFT" diff -q --against one -o stagecraft.yml
  [ "$output" = 'stagecraft: error: stagecraft.yml in one is no folder' ]
  run -1 "$STAGECRAFT" diff --against nope
  [ "$output" = 'stagecraft: error: there is no revision nope: git: fatal: Needed a single revision' ]
  run -1 "$STAGECRAFT" diff --against 'one; touch x'
  [ ! -e x ]
  for rev in --help -x $'a\nb'; do run -64 "$STAGECRAFT" diff --against="$rev"; done
  # An object that isn't there any more: git's own words.
  rm ".git/objects/$(git rev-parse one:scripts/h-11.sh | sed 's|..|&/|')"
  run -1 "$STAGECRAFT" diff -q --against one
  [[ $output == 'stagecraft: error: cannot read scripts in one/h-11.sh: git has no such object: '*missing ]]
  # A git that ends before it has answered, and one that is silent about it.
  mkdir bin && real=$(command -v git)
  printf '#!/bin/sh\ncase "$*" in *cat-file*) yes "fatal: no room" | head -c 200000 >&2; exit 1 ;; esac\nexec %s "$@"\n' "$real" >bin/git
  chmod +x bin/git
  PATH=$PWD/bin:$PATH run -1 "$STAGECRAFT" diff -q --against one
  [ "$output" = 'stagecraft: error: cannot read scripts in one: git cat-file ended early: fatal: no room' ]
  rm bin/git && ln -s "$(command -v diff)" bin/
  PATH=$PWD/bin run -1 "$STAGECRAFT" diff --against one
  [[ $output == *'there is no program git in PATH'* ]]
}

@test "diff: no program diff, and one that fails" {
  "$STAGECRAFT" compile -q
  echo 'infra: {bootstrap: {docker: {version: "27.1"}}}' >>stagecraft.yml
  mkdir empty bin
  printf '#!/bin/sh\necho "no room" >&2\nexit 2\n' >bin/diff && chmod +x bin/diff
  PATH=$PWD/empty run -1 "$STAGECRAFT" diff
  [[ $output == *'there is no program diff in PATH'* ]]
  PATH=$PWD/bin:$PATH TMPDIR=$PWD run -1 "$STAGECRAFT" diff
  [[ $output == *'bin/diff -u ended with 2: no room'* ]]
  # Its file is gone again.
  [ -z "$(find . -name 'stagecraft-*')" ]
  TMPDIR=$PWD/nowhere run -1 "$STAGECRAFT" diff
  [[ $output == *"cannot make a file in $PWD/nowhere: "* ]]
  TMPDIR=$PWD/nowhere run -2 "$STAGECRAFT" diff -q
}

# on_terminal COMMAND…: runs it with a terminal as its standard output
on_terminal() {
  script -qec "$*" /dev/null </dev/null | tr -d '\r'
  return "${PIPESTATUS[0]}"
}

@test "diff: a pager on a terminal, by its words, and our own exit status" {
  command -v script >/dev/null || skip "no script(1)"
  "$STAGECRAFT" compile -q
  config 'tag:db, tag:backup'
  export TERM=xterm
  printf '#!/bin/sh\necho "paged $* LESS=$LESS"\ncat\n' >pager && chmod +x pager
  PAGER='./pager  a $(touch x)' run -2 on_terminal "$STAGECRAFT" diff -q
  [ "${lines[0]}" = 'paged a $(touch x) LESS=FRX' ]
  [[ ${lines[1]} == $'\e[1mNETWORK_TAGS:\e[m \e[32m+tag:backup\e[m on role db'* && ! -e x ]]
  LESS=i PAGER=./pager run -2 on_terminal "$STAGECRAFT" diff -q
  [ "${lines[0]}" = 'paged  LESS=i' ]
  for none in cat '' ' '; do
    PAGER=$none run -2 on_terminal "$STAGECRAFT" diff -q
    [[ ${lines[0]} == *NETWORK_TAGS* ]]
  done
  PAGER=true run -2 on_terminal "$STAGECRAFT" diff
  PAGER=false run -2 on_terminal "$STAGECRAFT" diff
  PAGER=/nowhere/pager run -2 on_terminal "$STAGECRAFT" diff
  [[ ${lines[0]} == *'cannot start the pager /nowhere/pager'* && $output == *NETWORK_TAGS* ]]
  # No terminal, no pager; json is never paged.
  PAGER=./pager run -2 "$STAGECRAFT" diff -q
  [[ ${lines[0]} == NETWORK_TAGS* ]]
  PAGER=./pager run -2 on_terminal "$STAGECRAFT" diff --json
  [[ ${lines[0]} == '{"against"'* ]]
}

# More of them: make pairs.
@test "diff: of random pairs of configs it names what differs in a shell, and nothing else" {
  run perl "$BATS_TEST_DIRNAME/../property/pairs.pl" "$STAGECRAFT" 12
  echo "$output"
  [ "$status" -eq 0 ]
}
