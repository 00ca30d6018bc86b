#!/usr/bin/env bats
# compile: the same bytes everywhere; scripts that every shell and shellcheck accept; a folder that is written whole or not.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; run sets output and stderr
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  "$STAGECRAFT" init -q >/dev/null
}

digests() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2 && find . -type f -printf '%m %p\n' | sort -k 2); }

@test "compile: the same bytes in another folder, time zone, locale, umask, environment and for another user" {
  "$STAGECRAFT" compile -q
  want=$(digests scripts)
  mkdir -p else/where
  cp stagecraft.yml hosts.yml else/where
  cd else/where || return 1
  env -i TZ=Pacific/Kiritimati "$STAGECRAFT" compile -q -o there
  [ "$(digests there)" = "$want" ]
  (umask 077 && LC_ALL=tr_TR.UTF-8 LANG=de_DE.ISO-8859-1 TS_AUTHKEY=tskey-x HOST_ID=y "$STAGECRAFT" compile -q -o umask)
  [ "$(digests umask)" = "$want" ]
  cd / && "$STAGECRAFT" compile -q -f "$BATS_TEST_TMPDIR/else/where/stagecraft.yml" -o "$BATS_TEST_TMPDIR/abs"
  [ "$(digests "$BATS_TEST_TMPDIR/abs")" = "$want" ]
  if [ "$(id -u)" -eq 0 ]; then
    mkdir -m 777 "$BATS_TEST_TMPDIR/nobody" && cd "$BATS_TEST_TMPDIR/nobody" || return 1
    install -m 644 ../stagecraft.yml ../hosts.yml . && install -m 755 "$STAGECRAFT" program
    setpriv --reuid 65534 --regid 65534 --clear-groups ./program compile -q
    [ "$(digests scripts)" = "$want" ]
  fi
}

@test "compile: the same bytes whatever the order of keys and hosts, the quotes, the comments, YAML or JSON" {
  "$STAGECRAFT" compile -q
  want=$(digests scripts)
  cat >other.yml <<'END'
infra: {bootstrap: {timeout: 15m, docker: {"installMethod": 'apt'}, ssh: {user: root}}} # another way to say it
network:
  providers: {tailscale: {role_tags: {app: [tag:app], db: [tag:db]}, default_tags: ['tag:stagecraft', "tag:stagecraft"],
    tailnet_domain: "mytailnet.ts.net", auth_key_env: TS_AUTHKEY}}
  provider: tailscale
END
  echo '[{"role":"db","public_ip":"203.0.113.10","id":"plat-db-1"},{"role":"app","public_ip":"203.0.113.11","id":"plat-app-1"}]' >other.json
  "$STAGECRAFT" compile -q -f other.yml --hosts other.json -o other
  [ "$(digests other)" = "$want" ]
  # How a host is reached is no part of its script; the manifest alone tells the address.
  sed -i 's/203.0.113.11/198.51.100.21/; s/203.0.113.10/2001:db8::1/' other.json
  sed -i 's/user: root/user: me, port: 2222, privateKeyPath: k, jumpHost: j/; s/15m/30m/' other.yml
  run --separate-stderr "$STAGECRAFT" compile -f other.yml --hosts other.json -o other
  [ "$output" = 'changed   other/manifest.json' ]
  [ "$(jq -c '[.format, .layout, (.scripts[] | [.file, .address, .tags, (.steps | length)])]' other/manifest.json)" = \
    '[2,"whole",["plat-app-1.sh","198.51.100.21:2222",["tag:app","tag:stagecraft"],6],["plat-db-1.sh","[2001:db8::1]:2222",["tag:db","tag:stagecraft"],6]]' ]
}

@test "compile: every script passes shellcheck, parses in dash, bash and ash, and keeps to its size" {
  tags=
  for n in 1 2 3 4; do tags="$tags, tag:a-tag-whose-name-is-just-as-long-as-one-may-be-in-a-tailnet--$n"; done
  for provider in tailscale headscale; do
    for docker in 'installMethod: apt' 'installMethod: official' 'installMethod: script' 'installMethod: skip' 'enabled: false'; do
      cat >stagecraft.yml <<END
network:
  provider: $provider
  providers:
    $provider:
      auth_key_env: A_VARIABLE_WITH_A_RATHER_LONG_NAME
      tailnet_domain: a-long-name-of-a-tailnet.of.a-long-domain.example.com
      login_server: https://a-long-name-of-a-control-server.of.a-long-domain.example.com:8443
      up_args: [--ssh, --accept-routes=true, "--advertise-routes=10.0.0.0/8,fd00::/8"]
      default_tags: [${tags#, }]
      install: {min_version: 1.78.0, version: 1.98.0}
infra: {bootstrap: {docker: {$docker, version: "5:27.5.1-1~debian.12~bookworm", minVersion: 24.0.1}}}
END
      "$STAGECRAFT" compile -q -o "out-$provider-${docker##* }"
    done
  done
  [ "$(find out-* -name '*.sh' | wc -l)" -eq 20 ]
  # In layout split the two files are little more, so what fits in one layout fits in the other.
  sed -i 's/installMethod: [a-z]*\|enabled: false/installMethod: official/' stagecraft.yml
  "$STAGECRAFT" compile -q --layout split -o two
  cat two/plat-db-1.sh two/steps.sh >two.sh
  [ "$(wc -c <two.sh)" -le $(($(wc -c <out-headscale-official/plat-db-1.sh) + 700)) ]
  [ "$(gzip -9nc two.sh | wc -c)" -le $(($(gzip -9nc out-headscale-official/plat-db-1.sh | wc -c) + 250)) ]
  shellcheck out-tailscale-*/plat-db-1.sh out-headscale-apt/plat-db-1.sh # they differ in settings alone
  for script in out-*/*.sh; do
    [ "$(wc -c <"$script")" -le 40000 ]
    [ "$(gzip -9nc "$script" | wc -c)" -le 13000 ]
    for shell in dash 'bash --posix' bash 'busybox ash'; do
      $shell -n "$script"
    done
    [ "$(tail -n 1 "$script")" = '{ main "$@"; }' ]
    head -n 1 "$script" | grep -qx '#!/bin/sh'
    run ! grep -n -e "$STAGECRAFT" -e "$PWD" -e '203\.0\.113' "$script"
  done
}

@test "compile: what it takes for a script's size is no less than what gzip makes of it" {
  noise() { awk -v seed="$1" -v n="$2" 'BEGIN { srand(seed); for (i = 0; i < n; i++) { printf "tag:x"; for (k = 0; k < 30; k++) printf "%c", 97 + int(26 * rand()); printf ", " } }'; }
  { echo hosts: && for n in $(seq 4 4 140); do echo "  - {id: h$n, public_ip: h$n, tags: [$(noise "$n" "$n")]}"; done; } >hosts.yml
  run -3 "$STAGECRAFT" compile
  echo "${lines[@]: -1}"
  sed -n 's/.*script of \(h[0-9]*\) would.*/\/id: \1,\/d/p' <<<"$output" >too-long.sed
  sed -i -f too-long.sed hosts.yml
  "$STAGECRAFT" compile -q
  for script in scripts/*.sh; do gzip -9nc "$script" | wc -c; done | sort -n >sizes
  cat sizes
  [ "$(wc -l <sizes)" -gt 3 ]
  [ "$(tail -n 1 sizes)" -le 13001 ]
  [ "$(tail -n 1 sizes)" -gt 12700 ] # none is refused without need
}

@test "compile: says what it did, on standard output, and how much, on standard error" {
  run --separate-stderr "$STAGECRAFT" compile
  [ "$output" = "new       scripts/manifest.json
new       scripts/plat-app-1.sh
new       scripts/plat-db-1.sh" ]
  [ "$stderr" = "2 scripts in scripts, 3 files written or removed" ]
  sed -i '/plat-app-1/d; s/role: db/role: app/' hosts.yml
  run --separate-stderr "$STAGECRAFT" compile
  [ "$output" = "changed   scripts/manifest.json
removed   scripts/plat-app-1.sh
changed   scripts/plat-db-1.sh" ]
  run --separate-stderr "$STAGECRAFT" compile
  [ -z "$output" ]
  [ "$stderr" = "1 script in scripts, 0 files written or removed" ]
  run "$STAGECRAFT" compile -q
  [ -z "$output" ]
}

@test "compile --check: writes nothing; exit 2 and the files that differ, exit 0 if none does" {
  run --separate-stderr -2 "$STAGECRAFT" compile --check
  [ "${lines[1]}" = "missing   scripts/plat-app-1.sh" ]
  [ ! -e scripts ]
  "$STAGECRAFT" compile -q
  run "$STAGECRAFT" compile --check
  [ "$status" -eq 0 ]
  echo '# by hand' >>scripts/plat-db-1.sh
  sed -i '/plat-app-1/d' hosts.yml
  before=$(digests scripts)
  run --separate-stderr -2 "$STAGECRAFT" compile --check
  [ "$output" = "differs   scripts/manifest.json
left over scripts/plat-app-1.sh
differs   scripts/plat-db-1.sh" ]
  [ "$stderr" = "1 script in scripts, 3 files differ
run: $STAGECRAFT compile" ]
  [ "$(digests scripts)" = "$before" ]
}

@test "compile --check: the command that it says works as it is printed, and is an annotation in CI" {
  mv stagecraft.yml "it's.yml"
  for way in '-qo out' "-o 'o ut' 'plat-d*'" '--hosts hosts.yml --role app'; do
    eval "set -- $way"
    GITHUB_ACTIONS=true run --separate-stderr -2 "$STAGECRAFT" compile --check -f "it's.yml" "$@"
    annotation=$(grep ^:: <<<"$stderr")
    [[ $annotation == "::error file=it's.yml::"*' files are not what the config and the host list compile to; run: '* ]]
    run -0 bash -c "${annotation##*run: }"
    run -0 "$STAGECRAFT" compile --check -f "it's.yml" "$@"
    [[ $output != *run:* ]]
  done
  GITHUB_ACTIONS=true run -0 "$STAGECRAFT" compile --check -f "it's.yml" -o out
  [[ $output != *::* ]]
  # shellcheck disable=SC2016 # for nobody
  run --separate-stderr -2 "$STAGECRAFT" compile --check -f "it's.yml" -o '$(x)'
  [ "$(tail -n 1 <<<"$stderr")" = "run: $STAGECRAFT compile --file 'it'\\''s.yml' --output '\$(x)'" ]
}

@test "compile HOST: only these; the rest of the folder and its manifest stay" {
  "$STAGECRAFT" compile -q
  sed -i 's/tag:stagecraft/tag:other/' stagecraft.yml
  run --separate-stderr "$STAGECRAFT" compile 'plat-d*'
  [ "$output" = "changed   scripts/manifest.json
changed   scripts/plat-db-1.sh" ]
  [ "$(jq -r '.scripts | length' scripts/manifest.json)" -eq 2 ]
  run -2 "$STAGECRAFT" compile --check
  [[ $output == *"differs   scripts/plat-app-1.sh"* ]]
  run "$STAGECRAFT" compile --check --role db
  [ "$status" -eq 0 ]
  [ "$(jq -r '.scripts[] | select(.id == "plat-db-1").sha256' scripts/manifest.json)" = "$(sha256sum <scripts/plat-db-1.sh | cut -d' ' -f1)" ]
}

@test "compile: a pattern that matches nothing is exit 64, and nothing is written" {
  for pattern in nosuch 'x*' 'plat-app-1 nosuch' '!nosuch' "''" '!*'; do
    eval "run -64 \"\$STAGECRAFT\" compile $pattern"
    [ ! -e scripts ]
  done
  run -64 "$STAGECRAFT" compile --role nosuch
  run -64 "$STAGECRAFT" compile --tag tag:nosuch
  [ ! -e scripts ]
}

@test "compile: a folder that can't be made or written is exit 1, and what was there stays" {
  run -1 "$STAGECRAFT" compile -o no/such/folder
  [ "$output" = "stagecraft: error: cannot make no/such/folder: No such file or directory" ]
  run -1 "$STAGECRAFT" compile -o stagecraft.yml
  [[ $output == *"cannot open stagecraft.yml: Not a directory"* ]]
  run -1 "$STAGECRAFT" compile -o /proc/stagecraft
}

@test "fault: an output folder that is a symbolic link" {
  mkdir real && ln -s real link
  run -1 "$STAGECRAFT" compile -o link
  [[ $output == *"cannot write to link: it is a symbolic link; name the folder itself"* ]]
  for name in link/ link/. link//. link/./ ./link/./. "$PWD/link/." link/.. link/../link link/../new; do
    for check in '' --check; do
      # shellcheck disable=SC2086 # empty: no word
      run -1 "$STAGECRAFT" compile $check -o "$name"
      [[ $output == *"symbolic link"*"name the folder itself"* ]]
    done
  done
  [ -z "$(ls -A real)" ]
  [ ! -e new ] && [ ! -e manifest.json ]
  # A folder may be written in as many ways.
  "$STAGECRAFT" compile -q -o real/.
  for name in real ./real// real/../real "$PWD/./real/"; do
    "$STAGECRAFT" compile --check -q -o "$name"
  done
}

@test "fault: a manifest that lists what stagecraft didn't write" {
  "$STAGECRAFT" compile -q
  list() { # list FILE…: in the manifest too, with their digests
    for file; do
      jq --arg id "${file%.sh}" --arg sum "$(sha256sum <"scripts/$file" | cut -d ' ' -f 1)" \
        '.scripts += [{id: $id, file: "\($id).sh", sha256: $sum}]' scripts/manifest.json >new && mv new scripts/manifest.json
    done
  }
  printf '#!/bin/sh\n# deploy: our own\necho mine\n' >scripts/deploy.sh
  printf 'echo mine\n' >scripts/foreign.sh
  sed 's/plat-db-1/other/' scripts/plat-db-1.sh | sed '2s/other/another/' >scripts/other.sh # of another host
  sed 's/plat-db-1/edited/g' scripts/plat-db-1.sh >scripts/edited.sh
  sed 's/plat-db-1/old/g' scripts/plat-db-1.sh >scripts/old.sh # what a host that is gone leaves
  ln -s old.sh scripts/link.sh && mkdir scripts/folder.sh
  list deploy.sh foreign.sh other.sh edited.sh old.sh link.sh
  jq '.scripts += [{id: "folder", file: "folder.sh", sha256: .scripts[0].sha256}]' scripts/manifest.json >new && mv new scripts/manifest.json
  echo '# by hand' >>scripts/edited.sh
  run --separate-stderr -2 "$STAGECRAFT" compile --check
  [ "$output" = "differs   scripts/manifest.json
left over scripts/old.sh" ]
  # A host of that name doesn't make it stagecraft's either.
  cp hosts.yml hosts.first
  for id in deploy foreign other; do
    cp hosts.first hosts.yml && echo "  - {id: $id, public_ip: $id}" >>hosts.yml
    run -1 "$STAGECRAFT" compile
    [[ $output == *"cannot write scripts/$id.sh: a file of that name is there, and stagecraft didn't write it"* ]]
  done
  cp hosts.first hosts.yml
  run --separate-stderr "$STAGECRAFT" compile
  [ "$status" -eq 0 ]
  [ "$output" = "changed   scripts/manifest.json
removed   scripts/old.sh" ]
  for id in deploy edited folder foreign link other; do
    [[ $stderr == *"warning: scripts/$id.sh stays: no host has it any more, but it isn't what stagecraft wrote"* ]]
    [ -e scripts/$id.sh ] || [ -L scripts/$id.sh ]
  done
  [ "$(jq -c '[.scripts[].id]' scripts/manifest.json)" = '["plat-app-1","plat-db-1"]' ]
  # An edited script of a host that is there is written anew; so is one that a crash left empty.
  echo '# by hand' >>scripts/plat-db-1.sh && : >scripts/plat-app-1.sh
  "$STAGECRAFT" compile -q
  "$STAGECRAFT" compile --check
}

@test "fault: an unwritable output folder" {
  as=
  install -m 755 "$STAGECRAFT" program
  if [ "$(id -u)" -eq 0 ]; then
    as='setpriv --bounding-set -all --inh-caps -all --reuid 65534 --regid 65534 --clear-groups'
  fi
  "$STAGECRAFT" compile -q
  sed -i 's/tag:stagecraft/tag:other/' stagecraft.yml
  chmod 555 scripts .
  before=$(digests scripts)
  # shellcheck disable=SC2086 # words, or none
  run -1 $as ./program compile
  [[ $output == *"cannot write scripts/plat-app-1.sh: Permission denied"* ]]
  # shellcheck disable=SC2086
  run -1 $as ./program compile -o new
  [[ $output == *"cannot make new: Permission denied"* ]]
  [ "$(digests scripts)" = "$before" ]
  chmod 755 scripts .
}

@test "fault: a full disk under the output folder" { # a file's size limit stands in
  for n in $(seq 20); do echo "  - {id: h$n, public_ip: h$n}" >>hosts.yml; done
  "$STAGECRAFT" compile -q
  before=$(digests scripts)
  sed -i 's/tag:stagecraft/tag:other/' stagecraft.yml
  # shellcheck disable=SC2016 # for the inner shell
  run -1 bash -c 'ulimit -f 8; exec "$0" compile' "$STAGECRAFT"
  [[ $output == *"cannot write scripts/"*": File too large"* ]]
  [ "$(digests scripts)" = "$before" ]
  # shellcheck disable=SC2016 # for the inner shell
  run -1 bash -c 'ulimit -f 8; exec "$0" compile -o new' "$STAGECRAFT"
  [ -z "$(find . -maxdepth 1 -name 'new*')" ]
  # A message that can't be written is no success either.
  # shellcheck disable=SC2016
  run -1 --separate-stderr bash -c '"$0" compile >/dev/full' "$STAGECRAFT"
  [[ $stderr == *"cannot write to standard output: No space left on device"* ]]
}

@test "compile: interrupted by a signal, it leaves no half script behind its name" {
  seq 1500 | sed 's/.*/  - {id: h&, public_ip: h&}/' >>hosts.yml
  "$STAGECRAFT" compile -q -o want
  "$STAGECRAFT" compile -q
  sed -i 's/tag:stagecraft/tag:other/' stagecraft.yml
  for delay in 0.01 0.02 0.04 0.08; do
    timeout -s KILL "$delay" "$STAGECRAFT" compile -q || :
    # Each is the old one or a new one, whole.
    for script in scripts/h1.sh scripts/h750.sh scripts/h1500.sh scripts/plat-db-1.sh; do
      [ "$(tail -n 1 "$script")" = '{ main "$@"; }' ]
    done
  done
  "$STAGECRAFT" compile -q
  "$STAGECRAFT" compile --check
  [ -z "$(find scripts -name '.*' -type f)" ]
}

# ---- layout split ----

layout() { sed -i '/^  bootstrap:/a\    layout: '"$1" stagecraft.yml; }

@test "compile --layout split: a small file a host, what all share once; what changes is what was changed" {
  seq 20 | sed 's/.*/  - {id: h&, public_ip: h&, role: app}/' >>hosts.yml
  layout split
  run --separate-stderr "$STAGECRAFT" compile
  [ "$(wc -l <<<"$output")" -eq 24 ] && [[ $output == *"new       scripts/steps.sh" ]]
  [ "$stderr" = '22 scripts in scripts, 24 files written or removed' ]
  [ "$(find scripts -name '*.sh' ! -name steps.sh -size +1k)" = '' ]
  [ "$(stat -c %a scripts/steps.sh scripts/h1.sh | tr '\n' ' ')" = '644 755 ' ]
  shellcheck scripts/steps.sh scripts/h1.sh
  for shell in dash 'bash --posix' 'busybox ash'; do $shell -n scripts/steps.sh && $shell -n scripts/h1.sh; done
  [ "$(jq -r '.layout, .shared.file, .shared.sha256, (.shared.steps | length), (.scripts[] | has("steps"))' scripts/manifest.json | sort -u | tr '\n' ' ')" = \
    "$(printf '%s\n' "$(sha256sum <scripts/steps.sh | cut -d ' ' -f 1)" 6 false split steps.sh | sort | tr '\n' ' ')" ]
  [ "$(jq -r '.scripts[] | "\(.sha256)  scripts/\(.file)"' scripts/manifest.json | sha256sum -c --quiet)" = '' ]
  # The rest of a whole script is what the two have besides their frame.
  "$STAGECRAFT" compile -q --layout whole -o whole
  diff <(sed -n '/^# This host/,/^$/p' whole/h1.sh) <(sed -n '/^# This host/,/^$/p' scripts/h1.sh)
  diff <(sed -n '/^# The same on/,$p' whole/h1.sh) <(sed -n '/^# The same on/,$p' scripts/steps.sh)
  "$STAGECRAFT" compile --check -q
  changed() { # changed SED: the files that it changes, and lines of the manifest
    cp -R scripts before
    sed -i "$1" stagecraft.yml
    "$STAGECRAFT" compile -q
    (diff -rq before scripts | sed 's/^Files before.//; s/ .*//; s/^\(h\|plat-app\).*/app/' | sort | uniq -c | tr -s ' ' | tr '\n' ','
      diff before/manifest.json scripts/manifest.json | grep -c '^>')
    rm -r before
  }
  [ "$(changed 's/installMethod: apt/installMethod: skip/')" = ' 1 manifest.json, 1 steps.sh,1' ]
  [ "$(changed 's/tailnet_domain: .*/tailnet_domain: other.ts.net/')" = ' 1 manifest.json, 1 steps.sh,1' ]
  [ "$(changed 's/tag:app/tag:application/')" = ' 21 app, 1 manifest.json,21' ]
}

@test "compile: from one layout to the other and back, by key or option; only what stagecraft wrote goes" {
  "$STAGECRAFT" compile -q
  whole=$(digests scripts)
  run --separate-stderr -2 "$STAGECRAFT" compile --check --layout split
  [ "$output" = 'differs   scripts/manifest.json
differs   scripts/plat-app-1.sh
differs   scripts/plat-db-1.sh
missing   scripts/steps.sh' ]
  [[ $stderr == *'warning: scripts has layout whole, not split: infra.bootstrap.layout or --layout says which is meant'* ]]
  [[ $stderr == *"run: $STAGECRAFT compile --layout split"* ]]
  "$STAGECRAFT" compile -q --layout split
  layout split
  "$STAGECRAFT" compile --check
  split=$(digests scripts)
  run --separate-stderr "$STAGECRAFT" compile --layout whole
  [ "$output" = 'changed   scripts/manifest.json
changed   scripts/plat-app-1.sh
changed   scripts/plat-db-1.sh
removed   scripts/steps.sh' ]
  [ "$(digests scripts)" = "$whole" ]
  "$STAGECRAFT" compile -q
  [ "$(digests scripts)" = "$split" ]
  # A steps.sh that was changed stays where no script reads it any more, and is written anew where one does.
  echo '# by hand' >>scripts/steps.sh
  run -2 "$STAGECRAFT" compile --check
  [[ $output == *'differs   scripts/steps.sh'* ]]
  cp -R scripts edited
  "$STAGECRAFT" compile -q && [ "$(digests scripts)" = "$split" ]
  run --separate-stderr "$STAGECRAFT" compile -o edited --layout whole
  [[ $stderr == *"warning: edited/steps.sh stays: no host has it any more, but it isn't what stagecraft wrote"* ]]
  [ "$(tail -n 1 edited/steps.sh)" = '# by hand' ]
  rm scripts/steps.sh && "$STAGECRAFT" compile -q --layout whole && [ "$(digests scripts)" = "$whole" ]
  # Somebody else's, a link, a folder.
  for what in "echo 'echo mine' >scripts/steps.sh" 'ln -s plat-db-1.sh scripts/steps.sh' 'mkdir scripts/steps.sh'; do
    eval "$what"
    run -1 "$STAGECRAFT" compile
    [[ $output == *'cannot write scripts/steps.sh: '*"stagecraft didn't write it"* || $output == *'it is a symbolic link'* || $output == *'it is not a regular file'* ]]
    rm -r scripts/steps.sh
    [ "$(digests scripts)" = "$whole" ]
  done
  run -64 "$STAGECRAFT" compile --layout wide
  [[ $output == *'--layout takes whole or split'* ]]
  sed -i 's/layout: split/layout: wide/' stagecraft.yml
  run -3 "$STAGECRAFT" validate
  [[ $output == *'infra.bootstrap.layout'* ]]
}

@test "compile: a host that is called steps is one in layout whole alone" {
  echo '  - {id: steps, public_ip: s}' >>hosts.yml
  "$STAGECRAFT" compile -q
  run -3 "$STAGECRAFT" compile --layout split
  [[ $output == *'hosts.yml:'*': error: id: steps.sh is what all hosts share in layout split'*'give it another id, or write layout: whole'* ]]
  "$STAGECRAFT" compile --check
  cp hosts.yml with.yml && sed -i '/id: steps/d' hosts.yml
  run --separate-stderr "$STAGECRAFT" compile --layout split # its file becomes what all share
  [ "$(tail -n 1 <<<"$output")" = 'changed   scripts/steps.sh' ]
  "$STAGECRAFT" compile --check --layout split
  run --separate-stderr "$STAGECRAFT" compile --hosts with.yml # and back
  [ "$(tail -n 1 <<<"$output")" = 'changed   scripts/steps.sh' ]
  [ "$(stat -c %a scripts/steps.sh)" = 755 ]
  "$STAGECRAFT" compile --check --hosts with.yml
}

@test "compile HOST, layout split: these alone, as long as the others stay what they are" {
  "$STAGECRAFT" compile -q --layout split
  before=$(digests scripts)
  # Another layout, another steps.sh: the others would change too.
  run -64 "$STAGECRAFT" compile plat-db-1
  [[ $output == *'scripts has layout split: all of its hosts get layout whole together; name none of them, or give --layout split'* ]]
  layout split
  sed -i 's/tag:db/tag:data/; s/installMethod: apt/installMethod: skip/' stagecraft.yml
  run -64 "$STAGECRAFT" compile --role db
  [[ $output == *"scripts/steps.sh would change, and with it hosts that you didn't name; name none"* ]]
  run --separate-stderr -2 "$STAGECRAFT" compile --check --role db
  [ "$output" = 'differs   scripts/manifest.json
differs   scripts/plat-db-1.sh
differs   scripts/steps.sh' ]
  [ "$(tail -n 1 <<<"$stderr")" = "run: $STAGECRAFT compile" ]
  [ "$(digests scripts)" = "$before" ]
  # What is the host's own can change, and a steps.sh that was edited or lost is what it was again.
  sed -i 's/installMethod: skip/installMethod: apt/' stagecraft.yml
  : >scripts/steps.sh
  run --separate-stderr "$STAGECRAFT" compile --role db
  [ "$output" = 'changed   scripts/manifest.json
changed   scripts/plat-db-1.sh
changed   scripts/steps.sh' ]
  "$STAGECRAFT" compile --check
  # Where there are no others, nothing is refused.
  "$STAGECRAFT" compile -q -o one plat-db-1
  "$STAGECRAFT" compile -q -o one --layout whole plat-db-1
  [ "$(cd one && echo *)" = 'manifest.json plat-db-1.sh' ]
}

@test "compile: interrupted, or on a full disk, amid a change of layout: no script lacks the steps that it reads" {
  seq 1500 | sed 's/.*/  - {id: h&, public_ip: h&}/' >>hosts.yml
  "$STAGECRAFT" compile -q
  before=$(digests scripts)
  # shellcheck disable=SC2016 # for the inner shell
  run -1 bash -c 'ulimit -f 20; exec "$0" compile --layout split' "$STAGECRAFT"
  [[ $output == *"cannot write scripts/steps.sh: File too large"* ]]
  [ "$(digests scripts)" = "$before" ]
  for delay in 0.01 0.02 0.03 0.04 0.06 0.08 0.1; do
    for to in split whole; do
      timeout -s KILL "$delay" "$STAGECRAFT" compile -q --layout "$to" || :
      grep -q '^{ main "$@"; }$' scripts/h1500.sh || grep -q '^{ main "$@"; }$' scripts/steps.sh
      grep -q '^{ main "$@"; }$' scripts/h1.sh || grep -q '^{ main "$@"; }$' scripts/steps.sh
    done
  done
  "$STAGECRAFT" compile -q --layout split
  "$STAGECRAFT" compile --check --layout split
  "$STAGECRAFT" compile -q
  [ "$(digests scripts)" = "$before" ]
}
