#!/usr/bin/env bats
# The workflows of examples/ci, run line by line as their runners would: on a repository with a change under review, with the stand-in
# ssh, real keys, and a git server and packages that are folders here. examples_ci.pl is the runner.

bats_require_minimum_version 1.5.0

load stub

here=$BATS_TEST_DIRNAME
examples=$here/../../examples/ci

setup_file() {
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
  cd "$BATS_FILE_TMPDIR" || return 1
  # stagecraft's repository; its ./bootstrap puts the program under test where make would
  git init -q -b main stagecraft.git
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n[ "$*" = build ] && cd "$(dirname "$0")" && mkdir build && ln -s "%s" build/stagecraft\n' "$STAGECRAFT" \
    >stagecraft.git/bootstrap
  chmod +x stagecraft.git/bootstrap
  commit stagecraft.git 'A stand-in'
  mkdir bin
  printf '#!/bin/sh\necho "$@" >>"%s/apt-get"\n' "$PWD" >bin/apt-get
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nssh-add -l >>"$STUB_DIR/agent" 2>&1\nexec "%s/ssh" "$@"\n' "$(cd "$here/../stub" && pwd)" >bin/ssh
  chmod +x bin/*
  ssh-keygen -q -t ed25519 -N '' -C ci -f id
  repository
}

commit() { # commit FOLDER SUBJECT
  git -C "$1" add -A
  git -C "$1" commit -qm "$2"
}

# The repository under review: main, and branches that change something. Each branch is as merged into main.
repository() {
  git init -q -b main repository.git
  cd repository.git || return 1
  cat >stagecraft.yml <<'END'
network:
  provider: tailscale
  providers:
    tailscale:
      auth_key_env: TS_AUTHKEY
      tailnet_domain: mytailnet.ts.net
      default_tags: [tag:a]
      role_tags: {db: [tag:a]}
infra:
  bootstrap:
    layout: split
    ssh: {hostKeyChecking: "yes", knownHostsFile: known_hosts}
END
  cat >hosts.yml <<'END'
hosts:
  - {id: db-1, public_ip: good-1, role: db}
  - {id: db-2, public_ip: joins-2, role: db}
  - {id: web-1, public_ip: good-3}
END
  echo '# the keys of all hosts' >known_hosts
  "$STAGECRAFT" compile -q
  commit . 'Three hosts'
  change reviewed 's/db: \[tag:a\]/db: [tag:a, tag:backup]/' stagecraft.yml
  change stale 's/db: \[tag:a\]/db: [tag:a, tag:backup]/' stagecraft.yml no
  change mistaken 's/db: \[tag:a\]/db: [backup]/' stagecraft.yml no
  change merged '/ ssh:/a\    docker: {minVersion: "20.0"}' stagecraft.yml
  change failing 's/good-1/refused-1/' hosts.yml
  change drifted 's/joins-2/changed-2/' hosts.yml
  change steady 's/joins-2/good-2/' hosts.yml
}

change() { # change BRANCH SED FILE [no]: compiled, but for "no"
  git checkout -q -b "$1-change" main
  sed -i "$2" "$3"
  [ "${4-}" ] || "$STAGECRAFT" compile -q
  commit . "Be $1"
  git checkout -q -b "$1" main
  git merge -q --no-ff -m "Merge $1" "$1-change"
  git checkout -q main
}

# on BRANCH STATUS github|gitlab [NAME=VALUE…]: an event, in the folder ci; $output is what became of each job
on() {
  local branch=$1 want=$2 kind=$3 file
  shift 3
  rm -rf ci calls
  mkdir ci calls
  git clone -q --bare "$BATS_FILE_TMPDIR/repository.git" ci/repository.git
  git -C ci/repository.git symbolic-ref HEAD "refs/heads/$branch"
  ln -s "$BATS_FILE_TMPDIR/stagecraft.git" ci/stagecraft.git
  case $kind in github) file=github-actions.yml ;; gitlab) file=gitlab-ci.yml ;; esac
  PATH=$BATS_FILE_TMPDIR/bin:$PATH run perl "$here/examples_ci.pl" "$kind" "$examples/$file" ci "$@"
  [ "$status" -eq "$want" ] || { echo "$output" && tail -n 20 ci/*/console && return 1; }
  cat ci/ran >>"$BATS_FILE_TMPDIR/ran"
  cat ci/lines >>"$BATS_FILE_TMPDIR/lines"
  secrets_kept
}

github() { # github BRANCH STATUS EVENT [NAME=VALUE…]
  local branch=$1 want=$2 event=$3
  shift 3
  [ "$event" = pull_request ] || set -- secrets.TS_AUTHKEY="$auth_key" secrets.STAGECRAFT_SSH_KEY="$(cat "$BATS_FILE_TMPDIR/id")" "$@"
  on "$branch" "$want" github github.event_name="$event" env.STAGECRAFT_COMMIT="$(of stagecraft main)" "$@"
}

gitlab() { # gitlab BRANCH STATUS EVENT [NAME=VALUE…]
  local branch=$1 want=$2 event=$3
  shift 3
  [ "$event" = merge_request_event ] || set -- TS_AUTHKEY="$auth_key" STAGECRAFT_SSH_KEY="$PWD/file" CI_COMMIT_BRANCH=main "$@"
  install -m 644 "$BATS_FILE_TMPDIR/id" file # as GitLab lays it out
  on "$branch" "$want" gitlab CI_PIPELINE_SOURCE="$event" CI_DEFAULT_BRANCH=main \
    STAGECRAFT_URL="$BATS_FILE_TMPDIR/stagecraft.git" STAGECRAFT_COMMIT="$(of stagecraft main)" "$@"
}

of() { git -C "$BATS_FILE_TMPDIR/$1.git" rev-parse "$2"; }

auth_key=tskey-auth-$RANDOM$RANDOM$RANDOM$RANDOM

# No key is in anything that a job leaves, prints or hands to ssh; but the auth key goes to the host that asked.
secrets_kept() {
  local line
  line=$(sed -n 3p "$BATS_FILE_TMPDIR/id")
  run_grep=$(grep -rlF -e "$auth_key" -e "$line" ci calls | grep -v '^calls/joins-2\.[0-9]*\.key$' || :)
  [ -z "$run_grep" ] || { echo "a key is in: $run_grep" && return 1; }
}

became() { # became LINE…: what became of the jobs, in any order
  diff <(sort <<<"$output") <(printf '%s\n' "$@" | sort)
}

has() { # has FILE TEXT…
  local file=$1 text
  shift
  for text; do
    grep -qF -e "$text" "$file" || { echo "$file lacks: $text" && cat "$file" && return 1; }
  done
}

@test "the workflows: what they may, whom they trust" {
  perl "$here/examples_ci.pl" json "$examples/github-actions.yml" >github.json
  perl "$here/examples_ci.pl" json "$examples/gitlab-ci.yml" >gitlab.json
  # Least permissions, nothing of a fork beside a secret, no expression in a command, an end to everything.
  jq -e '.permissions == {contents: "read"} and (.on | has("pull_request_target") | not)
    and ([.jobs[] | select(.permissions) | .permissions | to_entries[] | select(.value == "write").key] == ["security-events"])
    and ([.jobs[].steps[] | select(.run) | .run | select(contains("${{"))] == [])
    and ([.jobs[] | select(."timeout-minutes" | not)] == [])' github.json
  # A secret is in the environment of one step, in a job behind an environment.
  jq -e '[paths(strings) as $p | select(getpath($p) | contains("secrets.")) | $p]
    | length == 3 and all(.[]; .[0] == "jobs" and .[2] == "steps" and .[4] == "env" and (.[1] == "apply" or .[1] == "drift"))' github.json
  jq -e '.jobs.apply | .environment == "production" and .concurrency."cancel-in-progress" == false and .needs == "review"' github.json
  jq -e '.jobs.drift.environment == "drift" and ([.jobs.drift.steps[].env // {} | keys[]] == ["SSH_KEY"])' github.json
  run ! grep -nE 'uses: ' <(grep -vE 'uses: [a-z/-]+@[0-9a-f]{40} # v[0-9.]+$' "$examples/github-actions.yml")
  jq -e '.apply | .environment.name == "production" and .resource_group and .interruptible == false and .rules[0].when == "manual"' gitlab.json
  jq -e '.default.timeout and .drift.environment.action == "verify" and .drift.resource_group == .apply.resource_group' gitlab.json
}

@test "GitHub: a pull request" {
  github reviewed 0 pull_request vars.STAGECRAFT_CODE_SCANNING=true
  became 'apply: skipped (environment production)' 'code-scanning: success' 'drift: skipped (environment drift)' 'review: success'
  has ci/review/summary.md tag:backup 'role db'
  has ci/review/console tag:backup
  has ci/review/kept/diff.md tag:backup
  has ci/review/kept/diff.html '<html' tag:backup
  jq -e '.version == "2.1.0" and .runs[0].results == []' ci/code-scanning/kept/stagecraft.sarif
  [ ! -e calls/agent ]

  github stale 1 pull_request
  became 'apply: skipped (environment production)' 'code-scanning: skipped' 'drift: skipped (environment drift)' 'review: failure'
  has ci/review/console '::error' 'stagecraft compile'
  has ci/review/kept/diff.md tag:backup

  github mistaken 1 pull_request vars.STAGECRAFT_CODE_SCANNING=true
  became 'apply: skipped (environment production)' 'code-scanning: success' 'drift: skipped (environment drift)' 'review: failure'
  has ci/review/console '::error file=stagecraft.yml,line=8,col=24'
  jq -e '.runs[0].results[0].locations[0].physicalLocation.region.startLine == 8' ci/code-scanning/kept/stagecraft.sarif
}

@test "GitHub: what was merged is applied, once approved" {
  github merged 0 push github.event.before="$(of repository main)"
  became 'review: success' 'apply: success (environment production)' 'drift: skipped (environment drift)' 'code-scanning: skipped'
  has ci/review/kept/diff.md 20.0
  has ci/apply/summary.md db-1 db-2
  has ci/apply/kept/report.md db-1 db-2
  has ci/apply/kept/report.html '<html' db-1
  [ -s ci/apply/kept/logs/db-1.log ]
  has calls/joins-2.1.key "$auth_key"
  has calls/agent ED25519 # ssh found the key in the agent, and nowhere else
  has calls/good-1.1.argv StrictHostKeyChecking=yes known_hosts
  run ! grep -qx -e -i calls/good-1.1.argv

  github failing 1 push github.event.before="$(of repository main)"
  became 'review: success' 'apply: failure (environment production)' 'drift: skipped (environment drift)' 'code-scanning: skipped'
  has ci/apply/console '::error' 'db-1'
  has ci/apply/summary.md db-1 refused
  has ci/apply/kept/report.html refused
  [ -s ci/apply/kept/logs/db-1.log ]

  # A branch that was just made, or pushed over, has nothing that it can be compared with.
  github merged 0 push github.event.created=true github.event.before=0000000000000000000000000000000000000000
  [ ! -e ci/review/kept/diff.html ]
}

@test "GitHub: drift" {
  github drifted 1 schedule
  became 'review: skipped' 'apply: skipped (environment production)' 'drift: failure (environment drift)' 'code-scanning: skipped'
  has ci/drift/console '::error title=Drift::'
  has ci/drift/summary.md db-2
  has ci/drift/kept/report.html db-2
  github steady 0 schedule
  run ! grep -q title=Drift ci/drift/console
  github stale 1 schedule # no drift: nobody was asked
  run ! grep -q title=Drift ci/drift/console
  [ ! -e calls/agent ]
}

@test "GitLab: a merge request" {
  gitlab reviewed 0 merge_request_event CI_MERGE_REQUEST_DIFF_BASE_SHA="$(of repository main)"
  became 'validate: success' 'diff: success' 'apply: skipped (environment production)' 'drift: skipped (environment drift)'
  has ci/diff/console tag:backup 'role db'
  has ci/diff/kept/diff.html '<html' tag:backup
  jq -e '. == []' ci/validate/kept/gl-code-quality-report.json
  has ci/validate/kept/validate.xml '<testsuite'
  [ ! -e calls/agent ]

  # With pipelines for merged results, against the branch that it was merged into.
  gitlab reviewed 0 merge_request_event CI_MERGE_REQUEST_DIFF_BASE_SHA="$(of repository stale)" \
    CI_MERGE_REQUEST_TARGET_BRANCH_SHA="$(of repository main)"
  has ci/diff/console tag:backup

  gitlab mistaken 1 merge_request_event CI_MERGE_REQUEST_DIFF_BASE_SHA="$(of repository main)"
  jq -e '.[0].location | .path == "stagecraft.yml" and .lines.begin == 8' ci/validate/kept/gl-code-quality-report.json
  has ci/validate/kept/validate.xml '<failure'
  gitlab stale 1 merge_request_event CI_MERGE_REQUEST_DIFF_BASE_SHA="$(of repository main)"
  has ci/validate/console 'stagecraft compile'
}

@test "GitLab: what was merged is applied, once started" {
  gitlab merged 0 push CI_COMMIT_BEFORE_SHA="$(of repository main)"
  became 'validate: success' 'diff: success' 'apply: success (manual) (environment production)' 'drift: skipped (environment drift)'
  has ci/apply/kept/report.html '<html' db-1
  [ -s ci/apply/kept/logs/db-1.log ]
  has calls/joins-2.1.key "$auth_key"
  has calls/agent ED25519
  has "$BATS_FILE_TMPDIR/apt-get" git openssh-client
  gitlab failing 1 push CI_COMMIT_BEFORE_SHA="$(of repository main)"
  became 'validate: success' 'diff: success' 'apply: failure (manual) (environment production)' 'drift: skipped (environment drift)'
  has ci/apply/kept/report.html refused
  gitlab merged 0 push CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000
  grep -qx 'diff: skipped' <<<"$output"
}

@test "GitLab: drift" {
  gitlab drifted 1 schedule
  became 'validate: skipped' 'diff: skipped' 'apply: skipped (environment production)' 'drift: failure (environment drift)'
  has ci/drift/console 'drift: hosts are not'
  has ci/drift/kept/report.html db-2
  gitlab steady 0 schedule
  gitlab stale 1 schedule
  run ! grep -q 'drift: hosts' ci/drift/console
}

@test "each line of both was run by the tests above" {
  sort -u "$BATS_FILE_TMPDIR/lines" >lines
  [ "$(wc -l <lines)" -gt 40 ]
  comm -23 lines <(sort -u "$BATS_FILE_TMPDIR/ran") >missed
  cat missed
  [ ! -s missed ]
}
