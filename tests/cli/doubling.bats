#!/usr/bin/env bats
# Four times the input takes about four times the time, whatever the input: nobody's file may hold a machine up. Sizes are such
# that what grows with the square shows.

# shellcheck disable=SC2016 # $ is a secret's
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# cpu ARG…: stagecraft's processor time in seconds
cpu() {
  local TIMEFORMAT=%U
  { time timeout 60 "$STAGECRAFT" "$@" >/dev/null 2>&1 </dev/null || :; } 2>&1
}

# grows N MAKE ARG…: `MAKE n` writes the inputs, then stagecraft gets ARG…, or what MAKE put into args
grows() {
  local n=$1 make=$2 a b
  shift 2
  for _ in 1 2 3; do # a busy machine has a hiccup now and then
    args=("$@")
    $make "$n" && a=$(cpu "${args[@]}")
    args=("$@")
    $make $((4 * n)) && b=$(cpu "${args[@]}")
    echo "$make: $a s, $b s"
    if awk -v a="$a" -v b="$b" 'BEGIN { exit !(b < 0.15 || b < 8 * a) }'; then return 0; fi
  done
  return 1
}
validates() { grows "$1" "$2" validate -f c.yml --hosts h.yml; }

each() { awk -v n="$1" "BEGIN { for (i = 0; i < n; i++) printf $2 }"; } # each N 'FORMAT', VALUES of i

config() { # config MORE: in the provider's section
  printf 'network: {provider: tailscale, providers: {tailscale: {auth_key_env: E, tailnet_domain: t.ts.net%s}}}\n' "$1" >c.yml
}
bootstrap() { config '' && printf 'infra: {bootstrap: {%s}}\n' "$1" >>c.yml; }
some_hosts() { { echo hosts: && each "$1" "\"  - {id: h%d, public_ip: h%d$2}\\n\", i, i${3:+, $3}"; } >h.yml; }

plain_hosts() { config '' && some_hosts "$1"; }
known_roles() { config ", role_tags: {$(each "$1" '"r%d: [tag:a], ", i')}" && some_hosts "$1" ', role: r%d' "$1 - 1 - i"; }
unknown_roles() { config ", role_tags: {$(each "$1" '"r%d: [tag:a], ", i')}" && some_hosts "$1" ', role: x%d' i; }
one_address() { config '' && { echo hosts: && each "$1" '"  - {id: h%d, public_ip: h}\n", i'; } >h.yml; }
one_id() { config '' && { echo hosts: && each "$1" '"  - {id: h, public_ip: h%d}\n", i'; } >h.yml; }
settings() { config '' && some_hosts "$1" ', user: u, port: 1'; }
strangers() { config '' && printf -- '- {id: a, public_ip: b, %s}\n' "$(each "$1" '"k%d: 1, ", i')" >h.yml; }
host_tags() { config '' && printf -- '- {id: a, public_ip: b, tags: [%s]}\n' "$(each "$1" '"tag:t%d, ", i')" >h.yml; }
long_text() { config '' && printf -- '- {id: a, public_ip: %s}\n' "$(each "$1" '"x"')" >h.yml; }
json_hosts() { config '' && printf '[%s{"id": "z", "public_ip": "z"}]' "$(each "$1" '"{\"id\": \"h%d\", \"public_ip\": \"h%d\"},\n", i, i')" >h.json; }

@test "doubling: hosts, roles, tags" {
  validates 10000 plain_hosts
  validates 3000 known_roles
  validates 3000 unknown_roles
  grows 3000 known_roles hosts -f c.yml --hosts h.yml
  validates 10000 one_address
  validates 10000 one_id
  validates 10000 settings
  validates 10000 strangers
  grows 10000 host_tags hosts -f c.yml --hosts h.yml
  validates 500000 long_text
  grows 10000 json_hosts validate -f c.yml --hosts h.json
}

policy() { config ", policy_file: policy${1-}" && printf -- '- {id: a, public_ip: b}\n' >h.yml; }
owned_tags() { policy ", default_tags: [$(each "$1" "\"tag:t%d, \", $1 - 1 - i")]" && printf '{"tagOwners": {%s"x": 1}}' "$(each "$1" '"\"tag:t%d\": [],", i')" >policy; }
other_tags() { policy ", default_tags: [$(each "$1" "\"tag:x%d, \", $1 - 1 - i")]" && printf '{"tagOwners": {%s"x": 1}}' "$(each "$1" '"\"tag:t%d\": [],", i')" >policy; }
open_comments() { policy && { printf '[1]' && each "$1" '"/* x"'; } >policy; }
open_after_closed() { policy && { printf '/* */ [1]' && each "$1" '"/* x"'; } >policy; }
comments() { policy && { echo '{' && each "$1" '"/* x */ // y\n"' && echo '}'; } >policy; }
commas() { policy && { echo '[' && each "$1" '"1,\n"' && echo ']'; } >policy; }
brackets() { policy && each "$1" '"["' >policy; }
backslashes() { policy && { printf '["' && each "$1" '"\\\\"'; } >policy; }

@test "doubling: a policy, and tags with it" {
  validates 3000 owned_tags
  validates 3000 other_tags
  validates 50000 open_comments
  validates 50000 open_after_closed
  validates 50000 comments
  validates 50000 commas
  validates 50000 brackets
  validates 50000 backslashes
}

one() { printf -- '- {id: a, public_ip: b}\n' >h.yml; }
unknown_keys() { one && bootstrap "ssh: {$(each "$1" '"k%d: 1, ", i')}"; }
double_keys() { one && bootstrap "$(each "$1" '"timeout: 1m, "')"; }
double_sections() { one && bootstrap "$(each "$1" '"ssh: {user: u}, "')"; }
double_in_double() { one && config '' && each "$1" '"infra: {bootstrap: {ssh: {user: u}}}\n"' >>c.yml; }
foreign_keys() { one && config '' && each "$1" '"k%d: 1\n", i' >>c.yml; }
foreign_anchors() { one && config '' && { echo 'x:' && each "$1" '"  - &a%d {<<: *a, k: 1, k: !t 2}\n", i'; } >>c.yml; }
mistakes_in_a_line() { one && config ", default_tags: [$(each "$1" '"x%d, ", i')]"; }
mistakes_in_lines() { config '' && some_hosts "$1" ', role: [x]'; }
hosts_in_a_line() { config '' && printf 'hosts: [%s]\n' "$(each "$1" '"{id: H%d, auth_key: x, public_ip: -}, ", i')" >h.yml; }
anchors() { config '' && some_hosts "$1" ', role: &a%d x' i; }
aliases() { config '' && { echo hosts: && each "$1" '"  - *a\n"'; } >h.yml; }
merges() { config '' && some_hosts "$1" ', <<: {a: b}'; }
no_utf8() { config '' && each "$1" '"\377 "' >h.yml; }
settings_list() { one && config ", up_args: [$(each "$1" '"--a%d, ", i')]"; }
jump_hosts() { one && bootstrap "ssh: {jumpHost: \"$(each "$1" '"j%d,", i')j\"}"; }
blanks() { one && bootstrap "x: \"$(each "$1" '" "')\""; }
colons() { one && bootstrap "x: \"$(each "$1" '"token:x_env: "')\""; }
options() { one && bootstrap "x: \"$(each "$1" '"--auth-key, -a_-b "')\""; }

@test "doubling: keys, mistakes, lines" {
  validates 10000 unknown_keys
  validates 10000 double_keys
  validates 10000 double_sections
  validates 10000 double_in_double
  validates 20000 foreign_keys
  validates 20000 foreign_anchors
  validates 10000 mistakes_in_a_line
  validates 10000 mistakes_in_lines
  validates 10000 hosts_in_a_line
  validates 10000 anchors
  validates 20000 aliases
  validates 10000 merges
  validates 100000 no_utf8
  validates 10000 settings_list
  validates 10000 jump_hosts
  validates 20000 blanks
  validates 10000 colons
  validates 10000 options
}

named() { plain_hosts "$1" && mapfile -t -O "${#args[@]}" args < <(each "$1" "\"h%d\\n\", $1 - 1 - i"); }
not_named() { plain_hosts "$1" && mapfile -t -O "${#args[@]}" args < <(each "$1" "\"!h%d\\n\", $1 - 1 - i"); }
limited() { plain_hosts "$1" && args+=(--limit "$(each "$1" '"h%d,", i')"); }
stars() { some_hosts 1 && config '' && printf -- '- {id: %s, public_ip: b}\n' "$(each 60 '"a"')" >h.yml && args+=("$(each "$1" '"*a"')b"); }
failed() { plain_hosts "$1" && printf '{"hosts": [%s{}]}' "$(each "$1" "\"{\\\"id\\\": \\\"h%d\\\", \\\"status\\\": \\\"failed\\\"},\", $1 - 1 - i")" >report; }
manifest() {
  one && config '' && mkdir -p out
  printf '{"format": 1, "scripts": [%s{"id": "a", "sha256": "%064d"}]}' "$(each "$1" '"{\"id\": \"x%d\", \"sha256\": \"%064d\"},", i, 0')" 0 >out/manifest.json
}
tags_of_manifest() {
  one && config '' && mkdir -p out
  printf '{"format": 2, "layout": "whole", "scripts": [{"id": "a", "sha256": "%064d", "address": "x", "steps": [], "tags": [%s""]}]}' \
    0 "$(each "$1" '"\"x%d\",", i')" >out/manifest.json
}

@test "doubling: words of the command line, a report, a manifest" {
  grows 2000 named hosts -f c.yml --hosts h.yml
  grows 2000 not_named hosts -f c.yml --hosts h.yml
  grows 2000 limited hosts -f c.yml --hosts h.yml
  grows 6 stars hosts -f c.yml --hosts h.yml
  grows 5000 failed apply -f c.yml --hosts h.yml --failed-from report --role nosuch
  grows 10000 manifest compile -f c.yml --hosts h.yml -o out --check
  grows 10000 tags_of_manifest compile -f c.yml --hosts h.yml -o out --check
}

secrets() { # secrets TARGET
  echo 'secrets: {provider: envfile, providers: {envfile: {source_file: source, target_file: target}}}' >c.yml
  printf '%s' "${1-}" >target
}
values() { secrets && each "$1" '"K%d=v%d\n", i, i' >source; }
other_values() { secrets "$(each "$1" "\"K%d=w\\n\", $1 - 1 - i")" && each "$1" '"K%d=v%d\n", i, i' >source; }
one_name() { secrets && each "$1" '"K=v\n"' >source; }
references() { secrets && each "$1" '"K%d=\"${K%d}\"\n", i, i + 1' >source; }
open_quotes() { secrets && each "$1" '"K%d=\"x\n", i' >source; }
no_values() { secrets && each "$1" '"K%d v\n", i' >source; }
asked_for() { values "$1" && mapfile -t -O "${#args[@]}" args < <(each "$1" "\"K%d\\n\", $1 - 1 - i"); }
left_over() { secrets "$(each "$1" '"L%d=w\n", i')" && each "$1" '"K%d=v%d\n", i, i' >source; }

@test "doubling: secrets" { # beside an environment: tests/unit/test_secrets_child.c
  grows 10000 values secrets diff -f c.yml
  grows 10000 other_values secrets diff -f c.yml
  grows 10000 one_name secrets diff -f c.yml
  grows 10000 references secrets diff -f c.yml
  grows 10000 open_quotes secrets diff -f c.yml
  grows 10000 no_values secrets diff -f c.yml
  grows 2000 asked_for secrets list -f c.yml
  grows 10000 left_over secrets sync -f c.yml --prune --dry-run
}
