#!/usr/bin/env bats
# What a host says, or a pull request's files, is no command to the CI runner that shows it, in no output.

bats_require_minimum_version 1.5.0

load stub

# harmless FILE: no line of it is a command. Annotations are ours.
harmless() {
  run ! grep -nE '##[[:alpha:]]*\[|^[[:space:]]*::[^ew]' "$1"
  run ! grep -nE '^[[:space:]]*::(error|warning)(::|$)' "$1"
}

@test "fault: commands of CI runners, from a host or a pull request: from a host" {
  hosts commands-1
  run -4 "$STAGECRAFT" apply -v --log-dir logs --report page.html
  printf '%s\n' "$output" >text
  run -4 "$STAGECRAFT" apply -q --json
  printf '%s\n' "$output" >json
  run -4 "$STAGECRAFT" apply -q --json-lines
  printf '%s\n' "$output" >lines
  GITHUB_ACTIONS=true run -4 "$STAGECRAFT" apply -q
  printf '%s\n' "$output" >actions
  for file in text json lines actions logs/commands-1.log page.html; do
    grep -q 'vso\[task' "$file"
    harmless "$file"
  done
  # Programs read the same as people.
  [ "$(jq -r '.hosts[0].message' json)" = '\x23#[error]no room \x23#vso[task.complete]y' ]
}

@test "fault: commands of CI runners, from a host or a pull request: from YAML" {
  hosts
  cat >hosts.yml <<'END'
hosts:
  - {id: a-1, public_ip: 192.0.2.1, role: '##[error]x', tags: ['##vso[task.complete]y']} # ##vso[task.setvariable]x ##[z]
  - {id: '::add-mask::x', public_ip: 192.0.2.2, '##[group]': 1}
END
  run -3 "$STAGECRAFT" validate
  printf '%s\n' "$output" >text
  run -3 "$STAGECRAFT" validate --json
  printf '%s\n' "$output" >json
  GITHUB_ACTIONS=true run -3 "$STAGECRAFT" validate
  printf '%s\n' "$output" >actions
  for file in text json actions; do
    grep -q 'vso\[task' "$file"
    harmless "$file"
  done
  [ "$(jq -r '.. | strings | select(contains("task.complete"))' json | head -n 1 | grep -c '##vso\[\|x23#vso\[')" -eq 1 ]
  sed -i '/add-mask/d; s/tags: .*/}/' hosts.yml
  "$STAGECRAFT" hosts >table
  "$STAGECRAFT" hosts --json >list
  for file in table list; do
    harmless "$file"
  done
  [ "$(jq -r '.hosts[0].role' list)" = '##[error]x' ] # a program reads what was written
  "$STAGECRAFT" compile -q
  run ! grep -rE '##[[:alpha:]]*\[' scripts
}
