#!/usr/bin/env bats
# stagecraft schema: the JSON Schemas have what the tables have, and init's files find them. Real validators and an editor's
# server: make schemas.

# shellcheck disable=SC2016,SC2154 # jq's variables; run sets output and status
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# paths PROGRAM: every key of both schemas, by its path
paths() {
  local all='def all($p): (.properties // {}) | to_entries[] | ($p + .key), (.key as $k | .value | all($p + $k + "."));'
  "$1" schema | jq -r "$all"' all("")'
  "$1" schema hosts | jq -r "$all"' .definitions.host | all("hosts.")'
}

# keys PROGRAM: every key that help config lists, by its path
keys() {
  "$1" help config | awk '
    /^hosts.yml: / { prefix = "hosts."; next }
    /^[a-z]+[a-z._]*$/ { prefix = $1 "."; next }
    /^  [a-z]/ { print prefix $1 }'
}

@test "schema: every key of the tables is there, a provider's too that was added, and no other" {
  for program in "$STAGECRAFT" "$STAGECRAFT-dummy"; do
    keys "$program" | sort -u >listed
    paths "$program" | sort -u >described
    [ "$(wc -l <listed)" -ge 50 ]
    run comm -23 listed described
    [ -z "$output" ]
    # What help config doesn't list: sections, and what repeats or belongs to another key.
    run bash -c "comm -13 listed described | grep -vE '^(network|infra|secrets|infra[.]bootstrap|infra[.]bootstrap[.]network[.]provider|(network|secrets)[.]providers[.][a-z]+|hosts[.]ssh[.][A-Za-z]+)$'"
    echo "$output"
    [ -z "$output" ]
  done
  grep -qx network.providers.dummy.colour listed
}

@test "schema: descriptions, defaults, choices and what has to be there, as help config says" {
  "$STAGECRAFT" schema >s.json
  [ "$("$STAGECRAFT" schema config)" = "$(cat s.json)" ]
  jq -e '.properties.infra.properties.bootstrap.properties.docker.properties
    | .enabled.default == true and .installMethod.enum == ["apt", "official", "script", "skip", null]
      and .installMethod.default == "apt" and .version.default == "latest" and (.minVersion | has("default") | not)
      and (.minVersion.description | startswith("lowest"))' s.json
  jq -e '.properties.infra.properties.bootstrap.properties.ssh.properties.port | .minimum == 1 and .maximum == 65535' s.json
  jq -e '.properties.network | .required == ["provider"] and .properties.provider.enum == ["headscale", "tailscale"]' s.json
  jq -e '[.properties.network.allOf[].then.properties.providers.properties | to_entries[] | .value.required | length] == [3, 2]' s.json
  # Every key says what it is for; only where others' keys are passed over may there be others.
  jq -e '[.. | objects | .properties? // empty | to_entries[] | select(.value | has("type")) | select(.value.description | not) | .key]
    - ["providers", "headscale", "tailscale"] == []' s.json
  jq -e '[paths(objects) as $p | select(getpath($p).properties and (getpath($p).additionalProperties == null) and
    ($p | index("allOf") | not)) | $p | join(".")] == ["properties.infra"]' s.json
  "$STAGECRAFT" schema hosts | jq -e '.definitions.host | .required == ["id", "public_ip"] and (has("additionalProperties") | not)
    and .properties.ssh.additionalProperties == false and ([.. | objects | select(has("default"))] == [])'
  "$STAGECRAFT-dummy" schema | jq -e '.properties.network.properties | (.provider.enum | index("dummy")) and
    (.providers.properties.dummy.properties | .colour.enum == ["blue", "red", null] and .default_tags.maxItems == 0)'
}

@test "schema: another word is a mistake of usage" {
  run -64 --separate-stderr "$STAGECRAFT" schema host
  [ -z "$output" ]
  run -64 "$STAGECRAFT" schema config hosts
}

@test "init: the first line of each file names a schema beside it, which is that of the program; a changed one stays" {
  mkdir sub
  "$STAGECRAFT" init -q -f sub/s.yml
  for pair in s:stagecraft:config hosts:hosts:hosts; do
    IFS=: read -r file schema which <<<"$pair"
    [ "$(head -n 1 "sub/$file.yml")" = "# yaml-language-server: \$schema=.$schema.schema.json" ]
    diff "sub/.$schema.schema.json" <("$STAGECRAFT" schema "$which")
  done
  "$STAGECRAFT" validate -q -f sub/s.yml
  echo newer >sub/.hosts.schema.json
  rm sub/hosts.yml
  run -0 --separate-stderr "$STAGECRAFT" init -f sub/s.yml
  [ "${lines[0]}" = "wrote sub/hosts.yml" ]
  [ "$(cat sub/.hosts.schema.json)" = newer ]
}
