#!/usr/bin/env bats
# A change of 500 hosts reads as one: in git, and in each form of `diff`.

bats_require_minimum_version 1.5.0

here=$BATS_TEST_DIRNAME

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  unset GITHUB_STEP_SUMMARY
}

# fleet LAYOUT: 500 hosts, compiled and committed
fleet() {
  "$here/../bench/fleet" 500 "$1"
  "$STAGECRAFT" compile -q
  git init -q
  git add -A
  git -c user.name=a -c user.email=a@example.com commit -qm 'A fleet'
}

# touched: the files that differ from the commit, with lines added and removed, below scripts/
touched() { git diff --numstat -- scripts | sort -k 3; }

# reads HUNKS WORDS: `diff`, in each of its forms, has one line of words and so many hunks. Of $PROGRAM, left out the one under test
reads() {
  local program=${PROGRAM-$STAGECRAFT}
  run -2 --separate-stderr "$program" diff --html page.html
  printf '%s\n' "$output" >text
  run -2 --separate-stderr "$program" diff --format markdown
  printf '%s\n' "$output" >markdown
  [ "$(wc -l <text)" -lt 60 ]
  [ "$(wc -l <markdown)" -lt 60 ]
  [ "$(wc -m <markdown)" -lt 60000 ]
  [ "$(head -n 1 text)" = "$2" ]
  [ "$(sed '/^$/,$d; /^[0-9].* hosts/d' text | wc -l)" -eq 1 ]
  [ "$(grep -c '^- ' markdown)" -eq 1 ]
  grep -qF -e "$2" markdown
  [ "$(sed "s/<[^>]*>//g; s/&#39;/'/g" page.html | grep -cFx -e "$2")" -eq 1 ]
  for form in text markdown page.html; do
    [ "$(grep -c '@@ .* @@' $form)" -eq "$1" ]
  done
  head -n 1 page.html | grep -qi '^<!doctype html>'
  tail -n 1 page.html | grep -q '</html>$'
}

@test "500 hosts, split: a template's change is one file, one line of the manifest, one hunk" {
  fleet split
  [ "$(git ls-files scripts | wc -l)" -eq 502 ]
  PROGRAM=$STAGECRAFT-reworded reads 1 'shell of the steps: differs on all 500 hosts'
  grep -q '^+.*Acquire::Retries "5"' text
  "$STAGECRAFT-reworded" compile -q
  [ "$(touched)" = "1	1	scripts/manifest.json
1	1	scripts/steps.sh" ]
}

@test "500 hosts, split: so is a shared setting's, in words and as a hunk" {
  fleet split
  sed -i 's/installMethod: apt/installMethod: apt, minVersion: "20.10"/' stagecraft.yml
  reads 1 "DOCKER_MIN_VERSION: '' → 20.10 on all 500 hosts"
  "$STAGECRAFT" compile -q
  [ "$(touched)" = "1	1	scripts/manifest.json
1	1	scripts/steps.sh" ]
}

@test "500 hosts, split: a role's tag is its hosts' files, and one line that names the role" {
  fleet split
  sed -i 's/\[tag:db\]/[tag:db, tag:backup]/' stagecraft.yml
  reads 0 'NETWORK_TAGS: +tag:backup on role db (100 hosts)'
  "$STAGECRAFT" compile -q
  [ "$(touched | grep -c '^1	1	scripts/host-00..[05].sh$')" -eq 100 ]
  [ "$(touched | grep -v 'scripts/host-00..[05].sh$')" = "100	100	scripts/manifest.json" ]
}

@test "500 hosts, whole: a change is in each file, and in diff once" {
  fleet whole
  PROGRAM=$STAGECRAFT-reworded reads 1 'shell of the steps: differs on all 500 hosts'
  sed -i 's/\[tag:db\]/[tag:db, tag:backup]/' stagecraft.yml
  reads 0 'NETWORK_TAGS: +tag:backup on role db (100 hosts)'
}

# essence: what a script does: no comments, no blank lines, no line that holds a split one together
essence() { sed '/^#/d; /^$/d; /^{ case .*steps\.sh.*esac; }$/d'; }

@test "500 hosts: what goes to a host is the same of both layouts, but for comments" {
  "$here/../bench/fleet" 500
  "$STAGECRAFT" compile -q -o whole
  "$STAGECRAFT" compile -q -o split --layout split
  cat whole/*.sh | essence >whole.sh
  printf '%s split/steps.sh\n' split/host-*.sh | xargs cat | essence >split.sh
  [ "$(grep -c '^HOST_ID=' whole.sh)" -eq 500 ]
  [ "$(grep -c '^{ main "$@"; }$' whole.sh)" -eq 500 ]
  cmp whole.sh split.sh
}
