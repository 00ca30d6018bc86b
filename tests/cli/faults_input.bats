#!/usr/bin/env bats
# Faults of docs/faults.md in what is read: each is told at its line and ends with exit status 3, in bounded time and memory,
# or is no fault here.

# shellcheck disable=SC2016,SC2154 # text for the inner shell; run sets output and stderr
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  "$STAGECRAFT" init -q >/dev/null
}

# validate OPTION…: in bounded time, on a busy machine too, and in 1 GB
validate() {
  case $(ldd "$STAGECRAFT") in
    *libasan*) run timeout 60 "$STAGECRAFT" validate "$@" ;;
    *) run timeout 40 sh -c 'ulimit -v 1000000; exec "$0" validate "$@"' "$STAGECRAFT" "$@" ;;
  esac
  echo "${output:0:2000}"
  [ "${#output}" -lt 4000000 ]
}

# mistake FILE PLACE TEXT: a host list with that mistake at LINE:COLUMN
mistake() {
  validate --hosts "$1"
  [ "$status" -eq 3 ]
  [[ $output == *"$1:$2:"*" error: "*"$3"* ]]
}

# config PLACE TEXT: so says stagecraft.yml
config() {
  validate
  [ "$status" -eq 3 ]
  [[ $output == *"stagecraft.yml:$1: error: "*"$2"* ]]
}

fill() { head -c "$2" /dev/zero | tr '\0' "$1"; }

@test "fault: an alias bomb" {
  { printf 'a: &a [x,x,x]\n' && for c in b c d e f; do printf '%s: &%s [*a,*a,*a,*a,*a,*a]\n' $c $c; done; } >laughs.yml
  mistake laughs.yml 1:1 'the host list has no hosts' # what isn't ours is passed over, not made
  sed -i 's/^.: /- /' laughs.yml
  mistake laughs.yml 1:3 'anchors are not supported'
}

@test "fault: 100,000 levels of brackets" {
  for file in deep.yml deep.json; do
    fill '[' 100000 >$file
    mistake $file 1:33 'nested too deeply (32 levels at most)'
  done
}

@test "fault: a scalar of 100 MB" {
  fill x 100000000 >scalar.yml
  validate --hosts scalar.yml
  [ "$status" -eq 3 ]
  [[ $output == *"scalar.yml: error: cannot read scalar.yml: it is larger than 64 MiB"* ]]
  { printf 'hosts:\n  - id: ' && fill x 30000000; } >scalar.yml # one that is read
  mistake scalar.yml 2:9 'is not a host name'
}

@test "fault: a NUL byte" {
  printf '[{id: a,\n public_ip: b\0}]' >nul.yml
  mistake nul.yml 2:14 'a NUL byte'
}

@test "fault: bytes that are no UTF-8" {
  printf 'hosts:\n  - {id: a, public_ip: caf\351}\n' >latin.yml
  mistake latin.yml 2:27 'invalid UTF-8'
}

@test "fault: a byte order mark" {
  for file in stagecraft.yml hosts.yml; do
    { printf '\357\273\277' && cat $file; } >new && mv new $file
  done
  validate
  [ "$status" -eq 0 ]
  printf '\357\273\277[{"id": "x", "public_ip": "y"}]' >hosts.json
  validate --hosts hosts.json
  [ "$status" -eq 0 ]
  printf 'hosts:\n  - {id: a, \357\273\277public_ip: b}\n' >amid.yml
  mistake amid.yml 2:13 'a byte order mark amid the text'
}

@test "fault: CRLF line ends" {
  "$STAGECRAFT" compile -q -o want
  sed -i 's/$/\r/' stagecraft.yml hosts.yml
  validate
  [ "$status" -eq 0 ]
  "$STAGECRAFT" compile -q
  diff -r want scripts
  printf '[{"id": "x", "public_ip": "y"}]\r\n' >hosts.json
  validate --hosts hosts.json
  [ "$status" -eq 0 ]
}

@test "fault: tabs for indentation" {
  printf 'hosts:\n\t- {id: a, public_ip: b}\n' >tabs.yml
  mistake tabs.yml 2:1 'indent with spaces: YAML takes no tabs there'
}

@test "fault: a duplicate key" {
  printf 'hosts:\n  - id: a\n    public_ip: b\n    id: c\n' >twice.yml
  mistake twice.yml 4:5 'duplicate key id (first in line 2)'
}

@test "fault: a second document" {
  printf 'hosts:\n  - {id: a, public_ip: b}\n---\nhosts: []\n' >two.yml
  mistake two.yml 3:1 'a second document'
}

@test "fault: NO, which other readers take for false" {
  printf 'hosts:\n  - {id: no, public_ip: NO, role: off}\n' >no.yml
  run --separate-stderr "$STAGECRAFT" hosts --json --hosts no.yml
  [[ $stderr == *'role off has no role_tags'* ]]
  [ "$(jq -r '.hosts[0] | "\(.id) \(.public_ip) \(.role)"' <<<"$output")" = 'no NO off' ]
  sed -i 's/^    docker:$/&\n      enabled: NO/' stagecraft.yml
  config "$(grep -n 'enabled: NO' stagecraft.yml | cut -d : -f 1):16" 'NO is not true or false'
}

@test "fault: 1.10, which other readers take for 1.1" {
  sed -i 's/^\( *\)tailnet_domain:.*/&\n\1install: {min_version: 1.10, version: 1.100.0}/' stagecraft.yml
  "$STAGECRAFT" compile -q
  grep -qx "NETWORK_MIN_VERSION='1.10'" scripts/plat-db-1.sh
  grep -qx "NETWORK_VERSION='1.100.0'" scripts/plat-db-1.sh
}

@test "fault: huge numbers" {
  for port in 65536 99999999999999999999 0x7FFFFFFFFFFFFFFFF 1e99 -1; do
    printf 'hosts:\n  - {id: a, public_ip: b, ssh: {port: %s}}\n' $port >port.yml
    mistake port.yml 2:39 "$port"
  done
  for time in 99999999999999999999s 9223372036854775807h; do
    printf 'infra: {bootstrap: {timeout: %s}}\n' $time >time.yml
    sed '/^infra:/,$d' stagecraft.yml >>time.yml
    validate -f time.yml --hosts hosts.yml
    [ "$status" -eq 3 ]
    [[ $output == *"time.yml:1:30: error: "*"$time"* ]]
  done
}

@test "fault: a host name, user or port that is an option or shell" {
  while read -r entry <&4; do
    printf 'hosts:\n  - {id: a, %s}\n' "$entry" >hosts.yml
    mistake hosts.yml 2 ''
  done 4<<'END'
public_ip: -oProxyCommand=id
public_ip: 'x;id'
public_ip: 'x`id`'
public_ip: 'x$(id)'
public_ip: 'x y'
public_ip: b, ssh: {user: -oProxyCommand=id}
public_ip: b, ssh: {user: 'x;id'}
public_ip: b, ssh: {user: 'x$(id)'}
public_ip: b, ssh: {port: -oProxyCommand=id}
public_ip: b, ssh: {port: '22;id'}
public_ip: b, ssh: {jumpHost: -oProxyCommand=id}
public_ip: b, ssh: {jumpHost: 'x;id'}
END
  run -3 "$STAGECRAFT" apply
  printf 'hosts:\n  - {id: -oProxyCommand=id, public_ip: b}\n' >hosts.yml
  mistake hosts.yml 2:10 'is not a host name'
}

# ---- JSON

json() { # json PLACE TEXT JSON, as printf writes it
  # shellcheck disable=SC2059 # escapes for printf
  printf "$3" >hosts.json
  mistake hosts.json "$1" "JSON: $2"
}

@test "fault: JSON that lenient readers take" {
  json 1:5 'expected a colon after the name' '{"a"}'
  json 1:4 'expected a value' '[1,]'
  json 1:4 'expected a comma' '[1 2]'
  json 1:2 'expected a value' '[tru]'
  json 1:2 'expected a name in double quotes' "{'a': 1}"
  json 2:1 'expected a value' '[\n// c\n]'
  json 1:4 'something follows the document' '[] []'
  json 1:3 'expected a comma' '[01]'
}

@test "fault: raw control bytes in JSON" {
  json 1:4 'a control character must be written as an escape' '["a\nb"]'
  json 1:4 'a control character must be written as an escape' '["a\033b"]'
}

@test "fault: half a surrogate pair in JSON" {
  json 1:4 'half of a surrogate pair' '["a\\ud800"]'
  json 1:3 'half of a surrogate pair' '["\\udc00\\ud800"]'
}

@test "fault: 100,000 objects in JSON" {
  seq -f '%.0f' 100000 | awk '{ printf "%s{\"id\":\"h%d\",\"public_ip\":\"h%d\"}", (NR > 1 ? "," : "["), $1, $1 } END { print "]" }' >many.json
  SECONDS=0
  validate --hosts many.json
  [ "$status" -eq 0 ]
  [[ $output == *'100000 hosts'* ]]
  case $(ldd "$STAGECRAFT") in *libasan*) ;; *) [ "$SECONDS" -lt 15 ] ;; esac
}
