#!/usr/bin/env bats
# A failed host points at the line that caused it: in text, JSON, HTML, and as an annotation.

# shellcheck disable=SC2154 # run sets output and stderr
bats_require_minimum_version 1.5.0

load stub

project() { # every setting on a line of its own
  cat >stagecraft.yml <<'END'
network:
  provider: tailscale
  providers:
    tailscale:
      auth_key_env: TS_AUTHKEY
      tailnet_domain: mytailnet.ts.net
      default_tags:
        - tag:a
        - tag:b
      role_tags:
        db: [tag:b, tag:db]
      install:
        method: auto
        min_version: 1.78.0
infra:
  bootstrap:
    timeout: 30s
    docker:
      minVersion: 24.0
      installMethod: official
    ssh:
      user: ubuntu
      port: 2222
END
  cat >hosts.yml <<'END'
hosts:
  - id: denied-1
    public_ip: denied-1
  - id: denied-2
    public_ip: denied-2
    ssh: {port: 22,
      user: admin}
  - id: dns-1
    public_ip: dns-1
  - id: good-1
    public_ip: good-1
  - id: refused-1
    public_ip: refused-1
  - id: sudo-1
    public_ip: sudo-1
END
}

# fail OPTION…: of each line "STEP REASON SOURCE…" of standard input, a host that fails so; compares what they point at
fail() {
  nl -w 2 -n rz -s ' ' >cases # ids come sorted
  sed 's/^\([0-9]*\) \([^ ]*\) \([^ ]*\).*/fails-\1 \2 \3/' cases >fails
  sed 's/^\([0-9]*\) .*/- {id: fails-\1, role: db, public_ip: fails-\1,\n  up_args: [--advertise-exit-node]}/' cases >one.yml
  [ "$*" = '' ] || "$STAGECRAFT" compile -q --hosts one.yml
  STUB_FAILS=$PWD/fails run --separate-stderr -4 "$STAGECRAFT" apply --json --hosts one.yml "$@"
  echo "$stderr"
  [ "$(jq -r '.hosts[] | "\(.id[6:]) \(.step) \(.reason) \(.sources | join(" "))"' <<<"$output")" = "$(cat cases)" ]
  [ "$(jq '[.hosts[] | select(.source != .sources[0])] | length' <<<"$output")" = 0 ]
}

@test "source: of how a host is reached, and whose line wins" {
  project
  export STUB_STATUS=${STUB_STATUS/]/',\"tag:b\"]'}
  run --separate-stderr -4 "$STAGECRAFT" apply --json --retries 0 --report page.html
  [ "$(jq -r '.hosts[] | "\(.id) \(.reason) \(.source)"' <<<"$output")" = 'denied-1 auth stagecraft.yml:22
denied-2 auth hosts.yml:7
dns-1 dns hosts.yml:9
good-1  hosts.yml:10
refused-1 refused stagecraft.yml:23
sudo-1 sudo stagecraft.yml:22' ]
  grep -q '<p>Source: <code>stagecraft.yml:23</code></p>' page.html
  [ "$(grep -c '<p>Source: ' page.html)" = 5 ]
  # Nothing is written of it.
  sed -i '/ssh:/,$d' stagecraft.yml
  run --separate-stderr -4 "$STAGECRAFT" apply --json --retries 0 denied-1 refused-1
  [ "$(jq -r '.hosts[] | "\(.id) \(.source)"' <<<"$output")" = 'denied-1 hosts.yml:2
refused-1 hosts.yml:13' ]
}

@test "source: of what a step failed for" {
  project
  cat >lines <<'END'
host.preflight unsupported_os one.yml:1
docker.install package_conflict stagecraft.yml:20
docker.verify docker_too_old stagecraft.yml:19
docker.verify docker_down one.yml:7
network.install version_too_old stagecraft.yml:14
network.install network_missing stagecraft.yml:13
network.install install_failed stagecraft.yml:2
network.join auth_key_invalid stagecraft.yml:5
network.join tailnet_mismatch stagecraft.yml:6
network.join join_timeout stagecraft.yml:2
network.verify tag_mismatch stagecraft.yml:9 stagecraft.yml:11
network.join tag_mismatch stagecraft.yml:8 stagecraft.yml:9 stagecraft.yml:11
network.join settings_mismatch one.yml:26
END
  fail <lines
  # What was reviewed points at the files as they are now.
  fail --from scripts <lines
  # Settings of the client: the host's own, its role's, all hosts'.
  sed -i "s/^      role_tags:/      up_args: [--ssh]\n&/; s/^      install:/      role_up_args: {db: [--accept-dns=false]}\n&/" stagecraft.yml
  fail <<<'network.join settings_mismatch one.yml:2 stagecraft.yml:13 stagecraft.yml:10'
  # The tags that lack are read here, whatever the script says.
  printf -- '- {id: good-1, public_ip: good-1, tags: [tag:c]}\n' >one.yml
  run --separate-stderr -4 "$STAGECRAFT" apply --json --hosts - <one.yml
  [ "$(jq -c '.hosts[0] | [.reason, .source, .sources]' <<<"$output")" = '["tag_mismatch","stagecraft.yml:9",["stagecraft.yml:9","<stdin>:1"]]' ]
}

@test "source: hosts that failed alike show their lines together" {
  hosts dns-1 dns-2 refused-3 refused-4 refused-5 refused-6 refused-7
  sed -i 's/public_ip: dns-./public_ip: dns-x/; s/public_ip: refused-./public_ip: refused-x/' hosts.yml
  run --separate-stderr -4 "$STAGECRAFT" apply --retries 0
  echo "$output"
  [[ $output == *"2 hosts    failed: "*"      dns-1, dns-2
      dns (ssh_failed)
      source: hosts.yml:2, hosts.yml:3
"* ]]
  [[ $output == *"      refused-3, refused-4, refused-5, refused-6, refused-7
      refused (ssh_failed)
      source: hosts.yml:4, hosts.yml:5, hosts.yml:6 and 2 more
"* ]]
}

@test "source: an annotation stands at the line, by its path from the root of the repository" {
  project
  mkdir -p repo/infra other
  mv stagecraft.yml hosts.yml repo/infra
  echo '- {id: denied-1, public_ip: denied-1}' >repo/infra/hosts.yml
  ln -s repo link
  export GITHUB_ACTIONS=true
  at() { # at FOLDER WORKSPACE FILE: of the annotation
    GITHUB_WORKSPACE=$2 run --separate-stderr -4 env -C "$1" "$STAGECRAFT" apply -q -f "${4-stagecraft.yml}"
    [[ $stderr == "::error file=$3,line=22,title=denied-1 failed%3A auth::"* ]]
  }
  at repo/infra "$PWD/repo" infra/stagecraft.yml
  at repo "$PWD/repo" infra/stagecraft.yml infra/../infra/stagecraft.yml
  at other "$PWD/link" infra/stagecraft.yml ../repo/infra/stagecraft.yml
  at repo/infra "$PWD/repo" infra/stagecraft.yml "$PWD/repo/infra/stagecraft.yml"
  at repo/infra '' stagecraft.yml
  # What doesn't lie there is called as it was named.
  at repo "$PWD/other" infra/stagecraft.yml infra/stagecraft.yml
  at repo "$PWD/rep" infra/stagecraft.yml infra/stagecraft.yml
  # A mistake's, of each command that reads the config.
  sed -i 's/provider: tailscale/provider: nosuch/' repo/infra/stagecraft.yml
  cd repo/infra
  for command in validate compile check apply hosts 'fqdn denied-1' 'secrets list'; do
    # shellcheck disable=SC2086
    GITHUB_WORKSPACE=${PWD%/infra} run --separate-stderr "$STAGECRAFT" $command
    echo "$command: $status $stderr"
    [[ $command == secrets* || $stderr == *'::error file=infra/stagecraft.yml,line=2,col=13::'* ]]
  done
  echo 'secrets: {provider: nosuch}' >>stagecraft.yml
  GITHUB_WORKSPACE=${PWD%/infra} run --separate-stderr -3 "$STAGECRAFT" secrets list
  [[ $stderr == *'::error file=infra/stagecraft.yml,line='* ]]
  # A mistake on standard input is in no file.
  GITHUB_WORKSPACE=${PWD%/infra} run --separate-stderr -3 "$STAGECRAFT" validate -f - <stagecraft.yml
  [[ $stderr == *$'\n::error ::'* && $stderr != *'file=<'* ]]
}

@test "summary: the report, and mistakes, go to the job's summary where there is one" {
  hosts good-1 denied-2 escapes-3
  export GITHUB_STEP_SUMMARY=$PWD/summary.md
  run --separate-stderr -4 "$STAGECRAFT" apply -q --retries 0
  grep -qx '## stagecraft apply: 2 failed, 1 ok of 3 hosts' summary.md
  grep -q '<code>root@denied-2: Permission denied (publickey,password).</code>.*<code>hosts.yml:3</code>' summary.md
  grep -q '<summary>1 ok</summary>' summary.md
  run ! grep -q $'\033' summary.md
  before=$(cat summary.md)
  run -0 "$STAGECRAFT" check -q good-1
  [[ $(cat summary.md) == "$before"*$'\n\n## stagecraft check: 1 ok of 1 host\n'* ]]
  # Every command's mistakes, in each format; of warnings alone nothing.
  : >summary.md
  run -0 "$STAGECRAFT" validate
  [ ! -s summary.md ]
  sed -i 's/tag:a/<b>/' stagecraft.yml
  for command in validate 'validate --format sarif' compile apply; do
    : >summary.md
    # shellcheck disable=SC2086
    run -3 "$STAGECRAFT" $command
    grep -qx '## stagecraft: 1 error, 0 warnings' summary.md
    grep -q '<tr><td><code>stagecraft.yml:[0-9]*:[0-9]*</code></td><td>error</td><td><code>.*tag &lt;b&gt; must start with tag: prefix</code></td>' summary.md
    [ "$(grep -c '^## ' summary.md)" = 1 ]
  done
  # That it can't be written is a warning.
  hosts good-1
  GITHUB_STEP_SUMMARY=$PWD/no/such run --separate-stderr -0 "$STAGECRAFT" apply -q
  [[ $stderr == "stagecraft: warning: the job summary lacks this: cannot add to $PWD/no/such: No such file or directory" ]]
}
