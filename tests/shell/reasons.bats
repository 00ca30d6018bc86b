#!/usr/bin/env bats
# Every reason of docs/errors.md is reached, one by one, all the way: compiled, sent by an ssh, run, reported, with its
# error code and what to do. What ssh says is the stand-in's of tests/stub; the scripts run on the host made of stubs.
# shellcheck disable=SC2016,SC2154 # text for the host; set in common.bash

load common
bats_require_minimum_version 1.5.0

setup() {
  # shellcheck disable=SC2034 # of common.bash
  shell=dash
  fresh_host
  cd "$BATS_TEST_TMPDIR" || return 1
  errors=$BATS_TEST_DIRNAME/../../docs/errors.md
  docker='{installMethod: apt}' network='' timeout=30s
  mkdir bin
  cat >bin/ssh <<END
#!/bin/sh
case " \$* " in
  *' -- host '*) sed -u -f $PWD/rules | env -i PATH="$PATH" HOME="$H/home" TMPDIR="$H/tmp" dash -s ;;
  *) exec $BATS_TEST_DIRNAME/../stub/ssh "\$@" ;;
esac
END
  chmod +x bin/ssh
  export PATH=$PWD/bin:$PATH TS_AUTHKEY=$KEY
}

# configured ADDRESS…: hosts plat-db-1, plat-db-2, … there; what the tests set of $docker, $network and $timeout is in the config.
configured() {
  local n=0
  cat >stagecraft.yml <<END
network:
  provider: ${provider:-tailscale}
  providers:
    ${provider:-tailscale}:
      auth_key_env: TS_AUTHKEY
      tailnet_domain: mytailnet.ts.net
      default_tags: [tag:app, tag:db]
      install: {min_version: "1.78.0"}
$network
infra: {bootstrap: {docker: $docker, timeout: $timeout}}
END
  echo 'hosts:' >hosts.yml
  for address; do n=$((n + 1)) && echo "  - {id: plat-db-$n, public_ip: $address}" >>hosts.yml; done
  confine >rules
}

# told REASON STEP CODE: the text report in the file said names them, with the advice of the page.
told() {
  local advice
  advice=$(sed -n "s/^| \`$1\` | .* | \(.*\) | [^|]* |\$/\1/p" "$errors")
  [ "$advice" ]
  cat said
  grep -qxF "      $1${2:+ at $2} ($3)" said
  grep -qxF "      next: $advice" said
}

# reached REASON STEP CODE [OPTION…]: an apply ends so.
reached() {
  local want=("$@") status=0
  "$STAGECRAFT" apply -q --retries 0 "${@:4}" >said || status=$?
  status_is 4
  told "${want[@]:0:3}"
}

# by_ssh PART REASON: what ssh says is told as that.
by_ssh() {
  configured "$1"
  reached "$2" '' ssh_failed
}

# on_host REASON STEP CODE: a step says so.
on_host() {
  configured host
  reached "$@"
}

# while_installing TEXT STATUS REASON: apt-get install says so.
while_installing() {
  no_docker
  printf 'echo "%s" >&2; exit %s\n' "$1" "$2" >"$H/apt-get.install"
  on_host "$3" docker.install docker_install_failed
}

# docker_says TEXT REASON
docker_says() {
  echo "$1" >"$H/docker/error"
  on_host "$2" docker.install docker_install_failed
}

official() { # what download.docker.com serves
  no_docker
  docker='{installMethod: official}'
  mkdir -p "$H/web/download.docker.com/linux/debian/dists/bookworm"
  echo Release >"$H/web/download.docker.com/linux/debian/dists/bookworm/Release"
  echo 'the key' >"$H/web/download.docker.com/linux/debian/gpg"
  stub gpg <<<'echo pub:; echo fpr:::::::::9DC858229FC7DD38854AE2D88D81803C0EBFCD88:'
}

# up_says TEXT REASON: joining fails with it
up_says() {
  [ -e "$H/ts/after" ] || ts_status needs-login
  printf '%b\n' "$1" >"$H/ts/up.out"
  export TS_AUTHKEY=$KEY
  on_host "$2" network.join network_join_failed
}

# ---- the page

@test "reasons: the page and the tests below name the same" {
  page=$(sed -n 's/^| `\([a-z_]*\)` |.*/\1/p' "$errors" | sort)
  tests=$(sed -n 's/^@test "reason: \([a-z_]*\)".*/\1/p' "$BATS_TEST_FILENAME" | sort)
  [ "$(wc -l <<<"$page")" -gt 50 ]
  diff <(echo "$page") <(echo "$tests")
}

# ---- the connection

@test "reason: dns" { by_ssh dns-1 dns; }
@test "reason: refused" { by_ssh refused-1 refused; }
@test "reason: unreachable" { by_ssh unreachable-1 unreachable; }
@test "reason: connect_timeout" { by_ssh slowhost-1 connect_timeout; }
@test "reason: banner" { by_ssh mute-1 banner; }
@test "reason: negotiation" { by_ssh old-1 negotiation; }
@test "reason: host_key_unknown" { by_ssh unknownkey-1 host_key_unknown; }
@test "reason: host_key_changed" { by_ssh changedkey-1 host_key_changed; }
@test "reason: auth" { by_ssh denied-1 auth; }
@test "reason: ssh_config" { by_ssh config-1 ssh_config; }
@test "reason: key_file" { by_ssh keymode-1 key_file; }
@test "reason: agent" { by_ssh agent-1 agent; }
@test "reason: wrong_user" { by_ssh wronguser-1 wrong_user; }
@test "reason: expired" { by_ssh expired-1 expired; }
@test "reason: booting" { by_ssh booting-1 booting; }
@test "reason: ssh_policy" { by_ssh policy-1 ssh_policy; }
@test "reason: proxy" { by_ssh proxy-1 proxy; }
@test "reason: jump" { by_ssh jump-1 jump; }
@test "reason: ssh" { by_ssh silent-1 ssh; }
@test "reason: no_shell" { by_ssh nologin-1 no_shell; }
@test "reason: sudo" { by_ssh sudo-1 sudo; }

@test "reason: ssh_check" {
  configured check-1
  reached ssh_check '' ssh_failed --timeout 1s
}

@test "reason: lost" {
  configured lostgone-1
  reached lost host.preflight ssh_failed
}

@test "reason: timeout" {
  configured hang-1
  reached timeout host.preflight ssh_failed --timeout 1s
}

@test "reason: protocol" {
  configured half-1
  reached protocol host.preflight ssh_failed
}

@test "reason: interrupted" {
  configured hang-1
  perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$STAGECRAFT" apply --json-lines >events 2>said 3>&- &
  pid=$!
  for _ in $(seq 100); do
    ! grep -q start events || break
    sleep 0.05
  done
  kill -INT $pid
  sleep 0.2
  kill -INT $pid 2>/dev/null || :
  status=0
  wait $pid || status=$?
  status_is 130
  [ "$(jq -r 'select(.event == "end").result | "\(.status) \(.reason) \(.error_code)"' events)" = 'failed interrupted ssh_failed' ]
}

@test "reason: not_started" {
  configured denied-1 good-2
  "$STAGECRAFT" apply -q --json --jobs 1 --max-failures 1 >said || status=$?
  status_is 4
  [ "$(jq -r '.hosts[1] | "\(.status) \(.reason) \(.error_code)"' said)" = 'skipped not_started ' ]
}

# ---- host.preflight

@test "reason: not_root" {
  echo 1000 >"$H/uid"
  on_host not_root host.preflight ssh_failed
}

@test "reason: unsupported_os" {
  echo 'ID=fedora' >"$H/root/etc/os-release"
  on_host unsupported_os host.preflight network_install_failed
}

@test "reason: no_systemd" {
  rmdir "$H/root/run/systemd/system"
  on_host no_systemd host.preflight ssh_failed
}

@test "reason: no_tun" {
  TUN=$H/none on_host no_tun host.preflight ssh_failed
}

@test "reason: busy" {
  exec 8>"$H/root/run/stagecraft.lock"
  flock 8
  on_host busy host.preflight ssh_failed
}

@test "reason: disk_full" {
  sed -i 's/19000000/9000/' "$H/df"
  on_host disk_full host.preflight ssh_failed
}

@test "reason: cloud_init" {
  mkdir -p "$H/root/run/cloud-init"
  : >"$H/root/run/cloud-init/enabled"
  stub cloud-init <<<'exec sleep 10'
  on_host cloud_init host.preflight ssh_failed
}

@test "reason: cloud_init_failed" {
  mkdir -p "$H/root/run/cloud-init"
  : >"$H/root/run/cloud-init/enabled"
  stub cloud-init <<<'exit 1'
  on_host cloud_init_failed host.preflight ssh_failed
}

@test "reason: dpkg_broken" {
  : >"$H/root/var/lib/dpkg/updates/0001"
  : >"$H/dpkg-broken"
  on_host dpkg_broken host.preflight ssh_failed
}

# ---- apt

@test "reason: apt_lock" {
  while_installing 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1234 (unattended-upgr)' 100 apt_lock
}

@test "reason: apt_update" {
  no_docker
  echo 'echo "E: The repository x does not have a Release file." >&2; exit 100' >"$H/apt-get.update"
  on_host apt_update docker.install docker_install_failed
}

@test "reason: download" {
  no_tailscale
  echo 'curl: (6) Could not resolve host: tailscale.com' >"$H/web/tailscale.com/install.sh.error"
  on_host download network.install network_install_failed
}

@test "reason: install_failed" { while_installing 'E: Sub-process /usr/bin/dpkg returned an error code (1)' 100 install_failed; }
@test "reason: package_conflict" { while_installing " trying to overwrite '/x', which is also in package y 1" 100 package_conflict; }

@test "reason: read_only" {
  no_docker
  printf '/dev/vda1 / ext4 ro 0 0\n' >"$H/mounts"
  on_host read_only docker.install docker_install_failed
}

# ---- docker

@test "reason: no_repository" {
  official
  rm "$H/web/download.docker.com/linux/debian/dists/bookworm/Release"
  on_host no_repository docker.install docker_install_failed
}

@test "reason: repository_conflict" {
  official
  echo '# deb https://download.docker.com/linux/debian bookworm stable' >"$H/root/etc/apt/sources.list.d/docker.list"
  on_host repository_conflict docker.install docker_install_failed
}

@test "reason: docker_key" {
  official
  stub gpg <<<'echo pub:; echo fpr:::::::::0000000000000000000000000000000000000000:'
  on_host docker_key docker.install docker_install_failed
}

@test "reason: docker_no_version" {
  no_docker
  docker='{installMethod: apt, version: "26"}'
  on_host docker_no_version docker.install docker_install_failed
}

@test "reason: docker_missing" {
  no_docker
  docker='{installMethod: skip}'
  on_host docker_missing docker.install docker_detect_failed
}

@test "reason: docker_snap" {
  rm "$H/bin/docker" "$H/units/docker.service"
  : >"$H/root/snap/bin/docker"
  on_host docker_snap docker.install docker_install_failed
}

@test "reason: docker_odd" { docker_says 'Error response from daemon: client version 1.40 is too old. Minimum supported API version is 1.44' docker_odd; }

@test "reason: docker_podman" {
  printf '#!/bin/sh\nexec /usr/bin/podman "$@"\n' >"$H/bin/docker"
  on_host docker_podman docker.install docker_install_failed
}

@test "reason: docker_denied" { docker_says 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock' docker_denied; }

@test "reason: docker_rootless" {
  echo 'loaded inactive disabled' >"$H/units/docker.service"
  mkdir -p "$H/root/run/user/1000"
  perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); chdir $ARGV[0]; bind(S, sockaddr_un("docker.sock")) or die' "$H/root/run/user/1000"
  docker_says 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' docker_rootless
}

@test "reason: docker_hang" {
  : >"$H/docker/hang"
  on_host docker_hang docker.install docker_install_failed
}

@test "reason: docker_down" {
  : >"$H/docker-down"
  echo 'masked inactive masked' >"$H/units/docker.service"
  on_host docker_down docker.install docker_install_failed
}

@test "reason: docker_too_old" {
  docker='{minVersion: "27.0"}'
  on_host docker_too_old docker.verify docker_verify_failed
}

# ---- the network's client

@test "reason: network_missing" {
  no_tailscale
  network='      up_args: []'
  configured host
  sed -i 's/install: {/install: {method: skip, /' stagecraft.yml
  reached network_missing network.install network_install_failed
}

@test "reason: version_unreadable" {
  echo v1.80 >"$H/ts/version"
  on_host version_unreadable network.install network_install_failed
}

@test "reason: version_too_old" {
  echo 1.44.0-123-gabcd >"$H/ts/version"
  on_host version_too_old network.install network_install_failed
}

@test "reason: daemon_down" {
  echo 'loaded inactive disabled' >"$H/units/tailscaled.service"
  : >"$H/units/tailscaled.service.fails"
  on_host daemon_down network.install network_install_failed
}

@test "reason: daemon_hang" {
  : >"$H/ts/hang"
  on_host daemon_hang network.join network_join_failed
}

# ---- joining

@test "reason: auth_key_missing" {
  ts_status needs-login
  unset TS_AUTHKEY
  on_host auth_key_missing host.preflight network_join_failed
}

@test "reason: auth_key_invalid" { up_says 'backend error: invalid authkey' auth_key_invalid; }

@test "reason: settings_mismatch" {
  up_says "Error: changing settings via 'tailscale up' requires mentioning all\nnon-default flags.\n\n\ttailscale up --accept-routes\n" settings_mismatch
}

@test "reason: settings_refused" {
  network='      up_args: [--ssh]'
  echo 'Unable to enable local Tailscale SSH server; not enabled on Tailnet.' >"$H/ts/set.out"
  on_host settings_refused network.join network_join_failed
}

@test "reason: login_server_mismatch" { up_says "can't change --login-server without --force-reauth" login_server_mismatch; }
@test "reason: join_timeout" { up_says 'timeout waiting for Tailscale service to enter a Running state' join_timeout; }
@test "reason: join_failed" { up_says 'something new' join_failed; }

@test "reason: login_server" {
  ts_status needs-login 's/Tailscale is stopped./not logged in, last login error=fetch control key: 404 not found/'
  cp "$H/ts/status" "$H/ts/after"
  up_says 'timeout waiting for Tailscale service to enter a Running state' login_server
}

@test "reason: node_expired" {
  ts_status needs-login 's/Tailscale is stopped./register request: weird: regen=true but server says NodeKeyExpired/'
  cp "$H/ts/status" "$H/ts/after"
  up_says 'timeout waiting for Tailscale service to enter a Running state' node_expired
}

@test "reason: accept_risk" { up_says 'You are connected over Tailscale.\nTo skip this warning, use --accept-risk=lose-ssh\naborted, no changes made' accept_risk; }
@test "reason: oauth_client" { up_says 'Status: 403, Message: "calling actor does not have enough permissions"' oauth_client; }

@test "reason: needs_approval" {
  ts_after needs-machine-auth 's/othernet/mytailnet/'
  ts_status needs-login
  up_says 'To approve your machine, visit (as admin):' needs_approval
}

@test "reason: tailnet_mismatch" {
  ts_status running 's/mytailnet/yourtailnet/'
  on_host tailnet_mismatch host.preflight network_join_failed
}

@test "reason: name_mismatch" {
  ts_status running 's/plat-db-1/plat-app-7/'
  on_host name_mismatch host.preflight network_join_failed
}

@test "two hosts with one address: never two successes" {
  ts_status needs-login
  ts_after running
  export TS_AUTHKEY=$KEY
  configured host host
  verdicts() { # verdicts OPTION…: of an apply
    "$STAGECRAFT" apply --json "$@" >said 2>err || status=$?
    status_is 4
    jq -r '.hosts[] | "\(.status) \(.reason) \(.step) \(.error_code)"' said
  }
  got=$(verdicts -j 1)
  [ "$got" = "success   "$'\n'"failed name_mismatch host.preflight network_join_failed" ]
  [ "$(jq -r '.hosts[1].message' said)" = 'tailscale provider: this machine is plat-db-1, not plat-db-2' ]
  never grep -q 'hostname=plat-db-2' "$H/calls"
  ts_status needs-login
  got=$(verdicts -j 2)
  [ "$(grep -c '^success ' <<<"$got")" = 1 ]
  grep -q '^failed \(busy host.preflight ssh_failed\|name_mismatch host.preflight network_join_failed\)$' <<<"$got"
}

@test "reason: tag_mismatch" { up_says 'requested tags [tag:app tag:db] are invalid or not permitted' tag_mismatch; }

# ---- read twice

@test "reason: not_joined" { # logged out between the last two steps
  ts_status running 's/"Running"/"NeedsLogin"/'
  tee "$H/ts/first1" <"$BATS_TEST_DIRNAME/status/running.json" >"$H/ts/first2"
  on_host not_joined network.verify network_join_failed
}

@test "reason: status_unreadable" { # the script takes what it needs from a document that is cut
  ts_status running '$d'
  on_host status_unreadable network.verify network_join_failed
}

@test "reason: pending" {
  ts_status needs-login
  configured host
  "$STAGECRAFT" check -q --json >said || status=$?
  status_is 2
  [ "$(jq -r '.hosts[0].steps[] | select(.step == "network.verify") | "\(.result) \(.reason)"' said)" = 'skipped pending' ]
}

@test "reason: internal" { # a step that ends without a word
  configured host
  echo 's/^docker_verify() {/& exit 0/' >>rules
  reached internal docker.verify docker_verify_failed
}
