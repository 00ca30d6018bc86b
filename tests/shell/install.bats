#!/usr/bin/env bats
# network.install: the client's version, the official installer, the service.
# shellcheck disable=SC2016,SC2154 # text for the host; set in common.bash

load common

F='tailscale provider: installation failed:'

# ---- the version: what `tailscale version` prints first | what it is read as, or - | is it below 1.78.0?

VERSIONS='1.78.0|1.78.0|
1.78.1|1.78.1|
1.77.9|1.77.9|below
1.77.99|1.77.99|below
1.8.0|1.8.0|below
1.80.0|1.80.0|
1.100.0|1.100.0|
0.99.99|0.99.99|below
2.0.0|2.0.0|
10.0.0|10.0.0|
1.44.0-123-gabcd|1.44.0|below
1.78.0-1|1.78.0|
1.98.0-ERR-BuildInfo|1.98.0|
1.98.0-dev20260101-tabc|1.98.0|
1.98.0-lab|1.98.0|
1.82.5-tdec88625e-g1234567|1.82.5|
1.78.0+build.5|1.78.0|
1.78.0~rc1|1.78.0|
1.78.0-|1.78.0|
1.078.0|1.078.0|
1.08.09|1.08.09|below
0.0.0|0.0.0|below
1.99999999.0|1.99999999.0|
1.78|-|
1|-|
1.78.|-|
.78.0|-|
1..0|-|
1.78.0.1|-|
v1.78.0|-|
1.78.x|-|
1.78.0a|-|
a.b.c|-|
1,78,0|-|
1.78.0 (unstable)|-|
 1.78.0|-|
-1.78.0|-|
+1.78.0|-|
1.-78.0|-|
1.78.99999999999999999999|-|
99999999999999999999.0.0|-|
Tailscale 1.78.0|-|
unknown|-|
$(id)|-|
*|-|
%s|-|
\1.78.0|-|
|-|'

version_table() { # every line of it in one run, which asks the functions that network.install asks
  printf '%s\n' "$VERSIONS" >"$H/versions"
  cat >"$H/definitions" <<END
docker_verify() {
  while IFS='|' read -r text rest; do
    if ! parse_version "\$text"; then fact v "\$text|-|"; continue; fi
    below=
    version_below "\$VERSION" 1.78.0 && below=below
    fact v "\$text|\$VERSION|\$below"
  done <$H/versions
  ok done
}
END
  apply -o "$H/definitions"
  expect docker.verify 'ok||done'
  [ "$(fact v | sed 's/\\\\/\\/g')" = "$VERSIONS" ]
}
@test "decision 5: which versions are read, and as what: a table" { every_shell version_table; }

versions() { # versions RESULT|REASON|MESSAGE TEXT
  printf '%b\n  tailscale commit: 1.2.3\n' "$2" >"$H/ts/version"
  send check
  expect network.install "$1"
}
all_versions() {
  host_script
  versions 'ok||Tailscale 1.98.0' 1.98.0-dev20260101-tabc
  versions "failed|version_too_old|$F installed version 1.44.0 is below minimum 1.78.0" 1.44.0-123-gabcd
  versions "failed|version_unreadable|$F cannot parse installed version v1.80" v1.80
  versions "failed|version_unreadable|$F cannot parse installed version " '\n1.80.0'
}
@test "decision 5: an old version is refused and left alone, one that cannot be parsed is told" { every_shell all_versions; }

minimum() { # minimum LOWEST VERSION…: the accepted ones; those after `below` aren't
  local below='' lowest=$1
  shift
  host_script "NETWORK_MIN_VERSION=$lowest"
  for version; do
    [ "$version" != below ] || {
      below=yes
      continue
    }
    echo "$version" >"$H/ts/version"
    send check
    if [ "$below" ]; then
      expect network.install "failed|version_too_old|$F installed version $version is below minimum $lowest"
    else
      expect network.install "ok||Tailscale $version"
    fi
  done
}

minimums() {
  minimum '' 1.34.0 1.98.0 # what is older prints no tags
  minimum 1.80 1.80.0 1.80.1 1.81.0 2.0.0 below 1.79.99 1.8.0
  minimum 2 2.0.0 10.0.0 below 1.99.99
  minimum 1.78.5 1.78.5 1.78.10 below 1.78.4 1.77.6
}
@test "decision 5: a minimum of one, two and three numbers, or none" { every_shell minimums; }

no_version() {
  stub tailscale <<<'echo "tailscale: cannot run" >&2; exit 1'
  apply
  expect network.install "failed|version_unreadable|$F cannot parse installed version "
}
@test "version: a client that cannot tell" { every_shell no_version; }

too_old_for_tags() {
  echo 1.30.2 >"$H/ts/version"
  ts_status running '/"Tags"/,/\]/d'
  for minimum in '' 1.20 1.30.2; do
    apply NETWORK_MIN_VERSION=$minimum
    expect network.install "failed|version_too_old|$F installed version 1.30.2 is below minimum 1.34.0"
  done
  apply NETWORK_MIN_VERSION=1.78
  expect network.install "failed|version_too_old|$F installed version 1.30.2 is below minimum 1.78"
  apply NETWORK_MIN_VERSION= NETWORK_TAGS= # then nobody asks for any
  expect network.install 'ok||Tailscale 1.30.2'
  echo 1.34.0 >"$H/ts/version"
  apply NETWORK_MIN_VERSION=
  expect network.install 'ok||Tailscale 1.34.0'
}
@test "fault: a client that prints no tags (before 1.34)" { every_shell too_old_for_tags; }

# ---- installing

installs() {
  no_tailscale
  ts_after running
  host_script
  send check
  status_is 2
  complete success
  expect network.install 'would_change||install Tailscale'
  expect network.join 'would_change||join mytailnet with tag:app,tag:db'
  expect network.verify 'skipped|pending|*'
  not_called 'curl\|install.sh\|apt-get'

  send apply "$KEY"
  status_is 0
  complete success
  expect network.install 'changed||installed Tailscale 1.98.0'
  expect network.join 'changed||in tailnet mytailnet with tag:app,tag:db'
  called 'install.sh $'
  called 'systemctl enable --now tailscaled.service'
  not_called 'apt-get'
  grep -q -- '--proto =https .*--tlsv1.2' "$H/calls"
  grep -q -- '--no-insecure' "$H/calls"
  never grep -q -- ' -k \|--insecure\|allow-unauth' "$H/calls"
  send apply
  status_is 0
  not_called 'curl\|install.sh'
}
@test "install: the official script, whole, then the service" { every_shell installs; }

pinned() {
  no_tailscale
  apply NETWORK_VERSION=1.96.4
  called 'install.sh 1.96.4$'
}
@test "install: a version that is asked for" { every_shell pinned; }

skips() {
  no_tailscale
  host_script NETWORK_INSTALL=skip
  for mode in apply check; do
    send "$mode"
    expect network.install "failed|network_missing|$F Tailscale is not installed, and install.method is skip"
    not_called 'curl\|install.sh'
  done
}
@test "install: skip" { every_shell skips; }

minimal() { # neither curl nor certificates
  no_tailscale
  rm "$H/bin/curl" "$H/root/etc/ssl/certs/ca-certificates.crt"
  apply
  expect network.install 'changed||*'
  [ "$(grep -c '^apt-get update' "$H/calls")" -eq 1 ]
  called 'apt-get install --no-install-recommends curl ca-certificates'
  grep -q 'APT::Update::Error-Mode "any";' "$H/apt.conf"
  grep -q 'DPkg::Lock::Timeout "60";' "$H/apt.conf"
  grep -q 'APT::Get::Remove "false";' "$H/apt.conf"
  [ "$(cat "$H/apt.env")" = 'noninteractive a 1' ]
  grep -q '^no-insecure' "$H/curlrc"
}
@test "fault: no curl, no wget, no CA certificates" { every_shell minimal; }

curlrc() { # a proxy stays, a switched-off verification doesn't
  no_tailscale
  printf 'proxy = http://proxy.example:3128\ninsecure\n' >"$H/home/.curlrc"
  apply
  expect network.install 'changed||*'
  grep -q '^proxy = http://proxy.example:3128$' "$H/curlrc"
  [ "$(grep -n insecure "$H/curlrc" | tail -n 1 | cut -d : -f 2)" = no-insecure ]
}
@test "install: the host's own curl settings, but TLS is always verified" { every_shell curlrc; }

downloads() {
  no_tailscale
  host_script
  page=$H/web/tailscale.com/install.sh
  cp "$page" "$H/whole"

  echo 'curl: (6) Could not resolve host: tailscale.com' >"$page.error"
  send apply "$KEY"
  expect network.install "failed|download|$F https://tailscale.com/install.sh: curl: (6) Could not resolve host: tailscale.com"
  echo 'curl: (60) SSL certificate problem: certificate is not yet valid' >"$page.error"
  send apply "$KEY"
  expect network.install "failed|download|*certificate is not yet valid"
  rm "$page.error"

  for text in '' '<html>log in to the hotel</html>\n' '#!/bin/sh\necho cut' '#!/bin/sh\nmain() {\n echo cut\n' '\0\0\n'; do
    printf '%b' "$text" >"$page"
    send apply "$KEY"
    expect network.install "failed|download|$F https://tailscale.com/install.sh: what came *"
  done
  not_called install.sh

  for n in 1 20 40 60 80 100; do
    head -c "$n" "$H/whole" >"$page"
    send apply "$KEY"
    expect network.install "failed|download|*"
  done
  not_called install.sh
}
@test "install: a download that fails, is cut, or is something else" { every_shell downloads; }

installer_fails() {
  no_tailscale
  host_script
  page=$H/web/tailscale.com/install.sh
  installer() { printf '#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n' "$1" >"$page"; }
  installer 'echo "Reading package lists..."; echo "E: Unable to locate package tailscale" >&2; exit 100'
  send apply "$KEY"
  expect network.install "failed|install_failed|$F install.sh: E: Unable to locate package tailscale"
  installer 'echo; echo "debian forky is not supported by this script yet."; cat /etc/os-release; exit 1'
  send apply "$KEY"
  expect network.install "failed|install_failed|$F install.sh: debian forky is not supported by this script yet."
  installer 'echo "E: You don'"'"'t have enough free space in /var/cache/apt/archives/." >&2; exit 100'
  send apply "$KEY"
  expect network.install "failed|disk_full|$F *"
  installer 'echo "E: Failed to fetch https://pkgs.tailscale.com/x  Could not resolve" >&2; exit 100'
  send apply "$KEY"
  expect network.install "failed|download|$F *"
  installer 'no-such-command || exit 3' # the shell's own words, without the folder's random name
  send apply "$KEY"
  expect network.install "failed|install_failed|$F install.sh: *no-such-command*not found*"
  never grep -q 'stagecraft\.[A-Za-z0-9]' <(step network.install; cat "$H/err")
  installer 'echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 77 (unattended-upgr)" >&2; exit 100'
  send apply "$KEY"
  expect network.install "failed|apt_lock|$F *by process 77 (unattended-upgr)"
  installer ':'
  send apply "$KEY"
  expect network.install "failed|install_failed|$F install.sh ended well, but left no tailscale command"
  installer "mv $H/tailscale.later $H/bin/tailscale"
  send apply "$KEY"
  expect network.install "failed|daemon_down|$F tailscaled does not start"
  mv "$H/bin/tailscale" "$H/tailscale.later"
  echo 1.70.0 >"$H/ts/version"
  send apply "$KEY"
  expect network.install "failed|version_too_old|$F installed version 1.70.0 is below minimum 1.78.0"
}
@test "install: an installer that fails" { every_shell installer_fails; }

no_room() {
  no_tailscale
  sed -i 's/19000000/100000/' "$H/df"
  apply
  expect network.install "failed|disk_full|$F only 97 MiB free on / or /var, 200 MiB needed"
  not_called 'curl'
}
@test "install: no room" { every_shell no_room; }

# ---- the service

service() {
  host_script
  for state in 'loaded inactive enabled' 'loaded active disabled' 'loaded failed enabled' 'loaded inactive disabled'; do
    echo "$state" >"$H/units/tailscaled.service"
    : >"$H/tailscaled-down"
    send check
    status_is 2
    expect network.install 'would_change||start and enable tailscaled'
    expect network.join 'skipped|pending|*'
    expect network.verify 'skipped|pending|*'
    not_called 'systemctl enable'
    send apply "$KEY"
    status_is 0
    expect network.install 'changed||started tailscaled 1.98.0'
    [ "$(cat "$H/units/tailscaled.service")" = 'loaded active enabled' ]
  done

  echo 'masked inactive masked' >"$H/units/tailscaled.service"
  : >"$H/units/tailscaled.service.fails"
  send apply "$KEY"
  expect network.install "failed|daemon_down|$F tailscaled does not start"
  grep -q 'the journal of .*-u tailscaled.service' "$H/err"

  rm "$H/units/tailscaled.service" "$H/units/tailscaled.service.fails" # some other way of running it
  send apply "$KEY"
  status_is 0
  expect network.install 'ok||Tailscale 1.98.0'
}
@test "fault: tailscaled is down" { every_shell service; }

hanging() {
  stub tailscale <<<'sleep 20'
  apply
  expect network.install "failed|version_unreadable|*"
}
@test "service: a client that hangs is not waited for" { every_shell hanging; }
