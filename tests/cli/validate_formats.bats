#!/usr/bin/env bats
# validate --format: mistakes for code scanning, code quality and test reports. make schemas judges them by what is published.

# shellcheck disable=SC2154 # run sets output and stderr
bats_require_minimum_version 1.5.0

setup() {
  golden=$BATS_TEST_DIRNAME/../../golden
  cd "$BATS_TEST_TMPDIR" || return 1
}

# validate STATUS FORMAT OPTION…, quietly: sets output
validate() {
  local status=$1 format=$2
  shift 2
  run --separate-stderr "-$status" "$STAGECRAFT" validate --format "$format" "$@"
  [ "$stderr" = '' ]
}

bad() { # each golden case that is refused: its name in $case, in its folder
  for case in "$golden"/*/diagnostics.txt; do
    cd "${case%/*}" || return 1
    hosts=$(ls hosts.*)
    ! "$STAGECRAFT" validate -q --hosts "$hosts" 2>/dev/null || continue # warnings alone
    "$@"
    seen=$((${seen-0} + 1))
  done
  [ "${seen-0}" -ge 3 ]
}

same_in_all() {
  local want
  want=$("$STAGECRAFT" validate --hosts "$hosts" --json | jq -r '.[] | "\(.severity) \(.file):\(.line):\(.column) \(.message)\(if .help == "" then "" else " (\(.help))" end)"') || :
  validate 3 sarif --hosts "$hosts"
  # shellcheck disable=SC2016 # jq's
  [ "$(jq -r '.runs[0] | .tool.driver.rules as $rules | .results[] | select($rules[.ruleIndex].id == .ruleId) | . as $r | .locations[0].physicalLocation
    | "\($r.level) \(.artifactLocation.uri):\(.region.startLine):\(.region.startColumn) \($r.message.text | gsub("{{"; "{") | gsub("}}"; "}"))"' <<<"$output")" = "$want" ]
  [ "$(jq '[.runs[0].results[] | .locations[0].physicalLocation.region | select(.endColumn <= .startColumn)] | length' <<<"$output")" = 0 ]
  validate 3 gitlab --hosts "$hosts"
  [ "$(jq -r '.[] | "\(if .severity == "critical" then "error" else "warning" end) \(.location.path):\(.location.lines.begin) \(.description)"' <<<"$output")" = \
    "$(printf '%s\n' "$want" | sed 's/^\([a-z]* [^:]*:[0-9]*\):[0-9]*/\1/')" ]
  [ "$(jq '[.[].fingerprint] | length - (unique | length)' <<<"$output")" = 0 ]
  validate 3 junit --hosts "$hosts"
  [ "$(grep -c '<testcase ' <<<"$output")" -ge 2 ]
  [ "$(grep -c "^\(      <failure [^>]*>\)\?[a-z]*\.[a-z]*:[0-9]*:[0-9]*: " <<<"$output")" = "$(grep -c '^error' <<<"$want")" ]
}

@test "validate --format: each golden case's mistakes, the same in all" {
  bad same_in_all
}

@test "validate --format: all is well, and the same bytes again" {
  cp "$golden"/minimal/*.yml .
  validate 0 sarif
  [ "$(jq -c '[.version, .runs[0].columnKind, .runs[0].tool.driver.name, .runs[0].results]' <<<"$output")" = '["2.1.0","unicodeCodePoints","stagecraft",[]]' ]
  first=$output
  validate 0 sarif
  [ "$output" = "$first" ]
  # Names are for good.
  [ "$(jq -c '[.runs[0].tool.driver.rules[] | .id]' <<<"$output")" = \
    '["value","syntax","duplicate-key","unknown-key","missing-key","tag","same-host","file","suspect"]' ]
  [ "$(jq '[.runs[0].tool.driver.rules[] | select(.shortDescription.text == "" or .fullDescription.text == "" or .help.text == "")] | length' <<<"$output")" = 0 ]
  validate 0 gitlab
  [ "$output" = '[]' ]
  validate 0 json
  [ "$output" = '[]' ]
  validate 0 junit
  [[ $output == *'tests="2" failures="0"'* ]]
  run -64 "$STAGECRAFT" validate --format xml
  run -64 "$STAGECRAFT" validate --format sarif --json
  run -0 "$STAGECRAFT" validate --format text
  [ "$output" = "$("$STAGECRAFT" validate)" ]
}

@test "validate --format: files by their path from the root of the repository; a fingerprint that stays" {
  mkdir infra
  cp "$golden"/ten-mistakes/*.yml infra
  cd infra
  path() { jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri' <<<"$output"; }
  GITHUB_ACTIONS=true GITHUB_WORKSPACE=${PWD%/*} validate 3 sarif
  [ "$(path)" = infra/stagecraft.yml ]
  GITLAB_CI=true CI_PROJECT_DIR=${PWD%/*} validate 3 gitlab
  [ "$(jq -r '.[0].location.path' <<<"$output")" = infra/stagecraft.yml ]
  before=$(jq -c '[.[].fingerprint]' <<<"$output")
  sed -i '1i# a line more' stagecraft.yml
  GITLAB_CI=true CI_PROJECT_DIR=${PWD%/*} validate 3 gitlab
  [ "$(jq -c '[.[].fingerprint]' <<<"$output")" = "$before" ]
  validate 3 sarif -f ./stagecraft.yml
  [ "$(path)" = stagecraft.yml ]
  # A file that isn't there; standard input, which is no file.
  validate 3 sarif --hosts none.yml
  [ "$(jq -c '[.runs[0].results[-1] | .ruleId, .locations[0].physicalLocation]' <<<"$output")" = '["file",{"artifactLocation":{"uri":"none.yml"},"region":{"startLine":1}}]' ]
  run --separate-stderr -3 "$STAGECRAFT" validate --format sarif -f - <stagecraft.yml
  [ "$(jq -c '.runs[0].results[0].locations' <<<"$output")" = '[]' ]
}
