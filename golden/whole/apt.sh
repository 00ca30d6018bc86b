#!/bin/sh
# one: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit it.
# By hand, as root: sh one.sh [apply|check] [--auth-key-file FILE] [--rename]

# This host.
HOST_ID='one'
NETWORK_HOST_UP_ARGS=''
NETWORK_TAGS=''

# The same on every host of this configuration.
DOCKER_MIN_VERSION=''
DOCKER_VERSION='latest'
NETWORK_AUTH_KEY_ENV='TS_AUTHKEY'
NETWORK_DOMAIN='mytailnet.ts.net'
NETWORK_INSTALL='auto'
NETWORK_JOIN_TIMEOUT_S='60'
NETWORK_LOGIN_SERVER=''
NETWORK_MIN_VERSION=''
NETWORK_PROVIDER='tailscale'
NETWORK_TAILNET='mytailnet'
NETWORK_UP_ARGS=''
NETWORK_VERSION=''

# shellcheck disable=SC2317,SC2329 # the steps are called by their names
{ # one group to the end: a script that was cut off anywhere is a syntax error and runs nothing
plan() { # what will happen: a step a line
  step host.preflight  preflight
  step docker.install  docker_install_apt
  step docker.verify   docker_verify
  step network.install network_install
  step network.join    network_join
  step network.verify  network_verify
}

# ---- steps, the same on every host ----

main() {
  # No trace, no export, even where the environment asks for it: they would show the key.
  set +aCefuvx
  unset AUTH_KEY
  HAVE_KEY=${STAGECRAFT_KEY-} RUN=${STAGECRAFT_RUN-} MODE=${STAGECRAFT_MODE-} RENAME=${STAGECRAFT_RENAME-}
  unset STAGECRAFT_KEY STAGECRAFT_RUN STAGECRAFT_MODE STAGECRAFT_RENAME
  if [ -n "$RUN" ]; then exec 4<&0; else arguments "$@"; fi
  case $MODE in apply | check) ;; *) usage ;; esac

  PROBE_S=15
  SERVICE_S=30
  APT_WAIT_S=300
  CLOUD_INIT_S=300
  KEY_S=60

  umask 022
  cd /
  PATH=${PATH:-/usr/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
  export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a NEEDRESTART_SUSPEND=1
  exec 3>&1 1>&2 </dev/null # 3: records; all else goes to standard error

  # A lost connection stops no step half-way.
  trap '' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  WORK_DIR=''
  trap 'rm -rf ${WORK_DIR:+"$WORK_DIR"}' EXIT

  STEPS=0 RESULT=success DRIFT=0 CONTEXT=''
  take_lock
  [ "$LOCK" != taken ] || prepare_work_dir
  record '"type":"begin","host":"%s","mode":"%s"' "$HOST_ID" "$MODE" || exit 1
  plan
  record '"type":"end","steps":"%s","result":"%s"' "$STEPS" "$RESULT" || exit 1
  [ "$RESULT" = success ] || exit 1
  exit "$DRIFT"
}

usage() {
  printf 'usage: sh %s.sh [apply|check] [--auth-key-file FILE] [--rename]\n' "$HOST_ID" >&2
  exit 64
}

arguments() {
  HAVE_KEY='' MODE='' RENAME=''
  while [ $# -gt 0 ]; do
    case $MODE:$1 in
      :apply | :check) MODE=$1 ;;
      *:--auth-key-file)
        { [ $# -gt 1 ] && [ -r "$2" ] && [ ! -d "$2" ]; } || usage
        exec 4<"$2"
        HAVE_KEY=yes
        shift
        ;;
      *:--rename) RENAME=yes ;;
      *) usage ;;
    esac
    shift
  done
  MODE=${MODE:-apply}
}

take_lock() { # sets LOCK: taken, busy, none
  LOCK=none
  if [ "$MODE" = check ]; then
    [ ! -r /run/stagecraft.lock ] || flock -n -s /run/stagecraft.lock true || LOCK=busy
  elif (umask 077 && : >>/run/stagecraft.lock) 2>/dev/null; then
    exec 9>>/run/stagecraft.lock
    LOCK=taken
    flock -w 1 9 || LOCK=busy
  fi
}

prepare_work_dir() {
  WORK_DIR=$(mktemp -d /run/stagecraft.XXXXXX) || return 0
  LOG=$WORK_DIR/log
  cat >"$WORK_DIR/apt.conf" <<'END'
DPkg::Lock::Timeout "60";
DPkg::Options { "--force-confdef"; "--force-confold"; };
APT::Update::Error-Mode "any";
APT::Get::Remove "false";
APT::Get::Assume-Yes "true";
Acquire::Retries "3";
END
  cat "${CURL_HOME:-${HOME:-/root}}/.curlrc" - >"$WORK_DIR/.curlrc" 2>/dev/null <<'END' || :
no-insecure
connect-timeout = 20
speed-time = 60
retry = 3
END
  export APT_CONFIG="$WORK_DIR/apt.conf" CURL_HOME="$WORK_DIR"
}

# ---- steps and their results ----

step() { # NAME FUNCTION
  STEP=$1 STEPS=$((STEPS + 1))
  if [ "$RESULT" = failed ]; then
    report skipped '' 'an earlier step failed'
    return
  fi
  (
    [ "$2" = network_join ] || exec 4<&-
    set -e
    "$2"
    exit 1
  ) 9>&-
  LAST=$?
  case $LAST in
    210) ;;
    211) DRIFT=2 ;;
    212) RESULT=failed ;;
    *)
      RESULT=failed
      report failed internal 'the step ended unexpectedly'
      ;;
  esac
}

ok() { settle 210 ok '' "$1"; }
changed() { settle 210 changed '' "$1"; }
would_change() { settle 211 would_change '' "$1"; }
pending() { settle 211 skipped pending "$1"; }
failed() { settle 212 failed "$1" "$2"; }

settle() { # STATUS RESULT REASON MESSAGE: ends the step
  report "$2" "$3" "$4"
  exit "$1"
}

report() { # RESULT REASON MESSAGE
  json_quote "$3"
  record '"type":"step","step":"%s","result":"%s","reason":"%s","message":"%s"' "$STEP" "$1" "$2" "$QUOTED" || exit 1
  [ -n "$RUN" ] || put '%-12s %-16s %s\n' "$1" "$STEP" "$3" || exit 1
}

fact() { # NAME VALUE
  json_quote "$2"
  record '"type":"fact","name":"%s","value":"%s"' "$1" "$QUOTED" || :
}

touched() { fact changed "$STEP"; } # even if it fails

warn() {
  fact warning "$1"
  [ -n "$RUN" ] || put 'warning: %s\n' "$1"
}

record() { # FORMAT VALUE…
  format="@stagecraft $RUN {$1}\n"
  shift
  [ -z "$RUN" ] || put "$format" "$@"
}

put() { # FORMAT VALUE…: false when nobody reads it
  trap '' PIPE
  # shellcheck disable=SC2059
  printf "$@" >&3 && put=0 || put=$?
  trap - PIPE
  return "$put"
} 2>/dev/null

get_key() { # sets AUTH_KEY; empty when it does not come in time
  record '"type":"ask","name":"auth_key"' || exit 1
  AUTH_KEY=$(with_deadline "$KEY_S" head -n 1 <&4) || :
  exec 4<&-
}

json_quote() { # TEXT: sets QUOTED
  case $1 in
    *[!]^-~\ !#-[]*)
      QUOTED=$(printf '%s\n' "$1" | iconv -c -f UTF-8 -t UTF-16 | iconv -f UTF-16 -t UTF-8 | awk '
        BEGIN {
          for (i = 1; i < 32; i++) escape[sprintf("%c", i)] = sprintf("\\u%04x", i)
          escape["\""] = "\\\""
          escape["\\"] = "\\\\"
        }
        {
          if (NR > 1) printf "\\n"
          for (rest = $0; match(rest, /[\001-\037"\\]/); rest = substr(rest, RSTART + 1))
            printf "%s%s", substr(rest, 1, RSTART - 1), escape[substr(rest, RSTART, 1)]
          printf "%s", rest
        }')
      ;;
    *) QUOTED=$1 ;;
  esac
}

# ---- what steps need ----

checking() { [ "$MODE" = check ]; }

have() { command -v "$1" >/dev/null 2>&1; }

read_clock() { # sets NOW, in 1/100 s
  read -r NOW _ </proc/uptime
  NOW=${NOW%.*}${NOW#*.}
}

wait_until() { # SECONDS COMMAND…: false when time is up
  read_clock
  deadline=$((NOW + $1 * 100))
  shift
  until "$@"; do
    read_clock
    [ "$NOW" -lt "$deadline" ] || return 1
    sleep 1
  done
}

with_deadline() { # SECONDS COMMAND…: 124 when it had to be ended, and only then
  read_clock
  ends=$((NOW + $1 * 100))
  timeout -k 5 "$@" 3>&- 4<&- 9>&- && ended=0 || ended=$?
  read_clock
  [ "$NOW" -lt "$ends" ] || return 124
  [ "$ended" -ne 124 ] || return 1
  return "$ended"
}

probe() { with_deadline "$PROBE_S" "$@"; }

logged() { # COMMAND…
  "$@" >"$LOG" 2>&1 3>&- 4<&- 9>&- && logged=0 || logged=$?
  tail -n 200 "$LOG" >&2 || :
  return "$logged"
}

read_os_release() { # sets OS_ID, OS_VERSION, OS_CODENAME; never runs the file
  OS_ID='' OS_VERSION='' OS_CODENAME=''
  file=/etc/os-release
  [ -f "$file" ] || file=/usr/lib/os-release
  [ -f "$file" ] || return 0
  while read -r line || [ -n "$line" ]; do
    value=${line#*=}
    value=${value#[\"\']}
    value=${value%[\"\']}
    case $value in *[!A-Za-z0-9._-]*) value='' ;; esac
    case $line in
      ID=*) OS_ID=$value ;;
      VERSION_ID=*) OS_VERSION=$value ;;
      VERSION_CODENAME=*) OS_CODENAME=$value ;;
    esac
  done <"$file"
}

read_room() { # sets free, in MiB
  free=$(df -Pk / /var | awk 'NR > 1 { print int($(NF - 2) / 1024) }' | sort -n | head -n 1)
}

need_room() { # MIB
  read_room
  [ "$free" -ge "$1" ] || failed disk_full "${CONTEXT}only $free MiB free on / or /var, $1 MiB needed"
}

parse_version() { # TEXT: sets VERSION, or is false
  VERSION=${1%%[-+~]*}
  case $VERSION in
    *[!0-9.]* | .* | *. | *..* | *.*.*.* | ????????????????*) return 1 ;;
    *.*.*) ;;
    *) return 1 ;;
  esac
}

version_below() { # VERSION LOWEST
  left=$1.0.0.1 right=$2.0.0.0
  while [ "${left%%.*}" -eq "${right%%.*}" ]; do
    left=${left#*.} right=${right#*.}
  done
  [ "${left%%.*}" -lt "${right%%.*}" ]
}

start_unit() { # UNIT COMMAND…: now and at boot; false unless COMMAND gets true
  unit=$1
  shift
  if ! logged with_deadline 120 systemctl enable --now "$unit" || ! wait_until "$SERVICE_S" "$@"; then
    logged probe journalctl -q --no-pager -o cat -n 50 -u "$unit" || :
    return 1
  fi
}

# ---- packages and downloads; messages begin with $CONTEXT ----

patient() { # COMMAND…
  need_writable
  wait_until "$APT_WAIT_S" unlocked "$@" && return "$logged"
  holder=$(sed -n 's/.*held by process \([0-9]* ([^)]*)\).*/\1/p; s/.*with pid \([0-9]*\).*/\1/p' "$LOG" | head -n 1)
  failed apt_lock "${CONTEXT}apt or dpkg still locked after $APT_WAIT_S s by process ${holder:-unknown}"
}

unlocked() {
  logged "$@" ||
    ! grep -q '^E: Could not get lock\|is another process using it\|locked by another process' "$LOG"
}

need_writable() {
  read_only=$(awk '$2 ~ "^/(usr|etc|var|var/lib)?$" { ro[$2] = "," $4 "," ~ /,ro,/ }
    END { for (dir in ro) if (ro[dir]) print dir }' /proc/mounts | sort | paste -s -d ' ' -)
  [ -z "$read_only" ] || failed read_only "${CONTEXT}mounted read-only: $read_only"
}

cause() { # PATTERN…: sets TEXT
  for pattern; do
    TEXT=$(sed -n "/^E: Can not write log/d;/$pattern/{/:\r*\$/{\$!N;};p;q;}" "$LOG")
    [ -z "$TEXT" ] || break
  done
  tidy
}

tidy() {
  TEXT=$(printf '%s\n' "$TEXT" | tr -s '\r\n ' ' ' |
    sed 's|archive /.*/\([0-9]*-\)\{0,1\}\([^_ ]*\)_[^ ]* (--[a-z]*)|\2|
      s|/run/stagecraft\.[^/]*/||g; s/^ *\(time="[^"]*" \)\{0,1\}//; s/ $//')
  TEXT=$(printf '%.300s' "$TEXT")
}

blame() { # REASON WHAT: fails
  need_writable
  cause 'No space left\|enough free space' 'Read-only file system' '^dpkg: error' '^ [^ ]* : ' \
    'will be REMOVED:' 'GPG error\|OpenPGP signature' '^E: [^S]' '^curl: ' '^W: Failed to fetch' \
    'rror:\|ERROR\|supported'
  [ -n "$TEXT" ] || { TEXT=$(tail -n 1 "$LOG") && tidy; }
  text="$CONTEXT$2: $TEXT"
  case $TEXT in
    *'No space left'* | *'enough free space'*)
      read_room
      failed disk_full "$text; $free MiB free on / or /var"
      ;;
    *'Read-only file system'*) failed read_only "$text" ;;
    *'trying to overwrite'* | *' : Conflicts: '* | *' : Breaks: '*) failed package_conflict "$text" ;;
    *'will be REMOVED:'*) failed package_conflict "$CONTEXT$2: in the way: ${TEXT#*: }" ;;
    *'failure resolving'* | *'Could not resolve'* | *'Failed to fetch'* | *'curl: ('*) failed download "$text" ;;
  esac
  failed "$1" "$text"
}

apt_update() {
  { patient apt-get update && ! grep -q '^E: \|^W: Failed to fetch\|^W: Some index files failed' "$LOG"; } ||
    blame apt_update 'apt-get update failed'
}

apt_install() { # WORD…: options and packages
  patient apt-get install "$@" || blame install_failed 'apt-get install failed'
  touched
}

need_curl() {
  if ! have curl || [ ! -s /etc/ssl/certs/ca-certificates.crt ]; then
    apt_update
    apt_install --no-install-recommends curl ca-certificates
  fi
}

download() { # URL FILE
  logged curl -fsSL --no-insecure --proto =https --tlsv1.2 --max-time 300 -o "$2" "$1"
}

download_script() { # URL FILE
  cd "$WORK_DIR" || exit
  download "$1" "$2" || blame download "$1"
  { [ "$(head -c 2 "$2")" = '#!' ] && [ -z "$(tail -c 1 "$2")" ] && sh -n "$2"; } ||
    failed download "$CONTEXT$1: what came is not a whole script"
}

preflight() {
  read_os_release
  case $OS_ID in
    debian | ubuntu) ;;
    *) failed unsupported_os \
      "$NETWORK_PROVIDER provider: unsupported operating system (v1 supports Linux Debian/Ubuntu only)" ;;
  esac
  os="$OS_ID ${OS_VERSION:-$OS_CODENAME}"
  fact os "$os"
  [ "$(id -u)" -eq 0 ] || failed not_root 'not running as root'
  [ -d /run/systemd/system ] || failed no_systemd 'systemd is not process 1 here'
  [ -c /dev/net/tun ] || grep -qs -e '--tun=userspace-networking' /etc/default/tailscaled ||
    failed no_tun 'no /dev/net/tun, which a VPN needs'
  [ "$LOCK" != busy ] || failed busy 'another stagecraft run is at work here'
  checking || [ -n "$WORK_DIR" ] || failed disk_full 'cannot write to /run'
  need_room 20
  first_boot
  ! have network_preflight || network_preflight
  checking || mend_dpkg
  ok "$os"
}

first_boot() {
  [ -e /run/cloud-init/enabled ] || return 0
  ! grep -qs '"errors": *\[\]' /run/cloud-init/result.json || return 0
  seconds=$CLOUD_INIT_S
  ! checking || seconds=5
  with_deadline "$seconds" cloud-init status --wait >/dev/null 2>&1 && rc=0 || rc=$?
  case $rc:$MODE in
    0:*) ;;
    2:*) warn 'cloud-init met errors that it got over' ;;
    124:check) warn 'cloud-init is still at work' ;;
    124:*) failed cloud_init "cloud-init is still at work after $seconds s" ;;
    *)
      modules=$(cd /run/cloud-init && sed -n "s/^ *\"('\([a-z_-]*\)', .*/\1/p" result.json status.json | sort -u |
        paste -s -d , -)
      failed cloud_init_failed "cloud-init failed${modules:+ in $modules}"
      ;;
  esac
}

mend_dpkg() {
  set -- /var/lib/dpkg/updates/[0-9]*
  [ ! -e "$1" ] || patient dpkg --force-confdef --force-confold --configure -a ||
    blame dpkg_broken 'dpkg --configure -a failed'
}

docker_ask() { # sets DOCKER_STATE, DOCKER_SERVER (its version) and DOCKER_ERROR
  unset DOCKER_HOST DOCKER_API_VERSION DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
  export DOCKER_CONTEXT=default
  DOCKER_STATE=absent DOCKER_SERVER='' DOCKER_ERROR=''
  have docker || return 0
  DOCKER_STATE=podman
  ! docker_is_podman || return 0
  DOCKER_SERVER=$(probe docker version \
    --format '{{.Server.Version}} {{range .Server.Components}}{{.Name}} {{end}}' 2>/dev/null) && rc=0 || rc=$?
  case $rc:$DOCKER_SERVER in
    124:*) DOCKER_STATE=hanging ;;
    0:*[Pp]odman*) ;;
    0:[0-9]*) DOCKER_STATE=running ;;
    *)
      DOCKER_ERROR=$(probe docker version 2>&1) || :
      DOCKER_STATE=odd
      case $rc:$DOCKER_ERROR in
        *'permission denied'*) DOCKER_STATE=denied ;;
        0:* | *'Error response from daemon'*) ;;
        *) probe systemctl is-active -q docker.service || DOCKER_STATE=down ;;
      esac
      ;;
  esac
  DOCKER_SERVER=${DOCKER_SERVER%% *}
  DOCKER_ERROR=${DOCKER_ERROR##*'
'}
}

docker_is_podman() {
  path=$(readlink -f "$(command -v docker)")
  case $path in */podman*) ;; *) head -n 5 "$path" | grep -q podman ;; esac
}

docker_runs() {
  docker_ask
  [ "$DOCKER_STATE" = running ]
}

docker_look() { # WAY: ends the step, unless Docker has to be installed so
  docker_ask
  case $DOCKER_STATE in
    running)
      [ ! -e /snap/bin/docker ] || warn 'Docker is a snap, and sees only some of the files'
      case $(probe systemctl show -p UnitFileState docker.service) in
        *=masked*) failed docker_down 'docker.service is masked, and does not start at boot' ;;
        *=disabled | *=enabled-runtime)
          ! checking || would_change 'enable docker.service'
          docker_enable
          changed 'enabled docker.service'
          ;;
      esac
      ok "Docker $DOCKER_SERVER answers"
      ;;
    hanging) failed docker_hang "docker version gave no answer in $PROBE_S s" ;;
    podman) failed docker_podman 'the docker command is Podman' ;;
    odd) failed docker_odd "Docker runs, but the docker command cannot use it: $DOCKER_ERROR" ;;
    denied) failed docker_denied "root may not talk to Docker: $DOCKER_ERROR" ;;
    down)
      for socket in /run/user/*/docker.sock; do
        [ ! -S "$socket" ] || failed docker_rootless "Docker runs rootless ($socket), not as the host's service"
      done
      ;;
  esac
  [ ! -e /snap/bin/docker ] || failed docker_snap 'Docker is a snap, and does not answer'
  case $(probe systemctl show -p LoadState docker.service) in
    *=loaded)
      ! checking || would_change 'start and enable docker.service'
      docker_enable
      changed "started Docker $DOCKER_SERVER"
      ;;
    *=masked) failed docker_down 'docker.service is masked' ;;
  esac
  ! checking || would_change "install Docker $1"
}

docker_enable() {
  start_unit docker.service docker_runs && return
  cause 'unable to configure' 'failed to start daemon\|failed to load listeners' 'level=fatal'
  failed docker_down "docker.service does not start: ${TEXT:-${DOCKER_ERROR:-see its journal}}"
}

docker_installed() {
  wait_until "$SERVICE_S" docker_runs || docker_enable
  changed "installed Docker $DOCKER_SERVER"
}

docker_pick() { # PACKAGE: sets PICKED to `=VERSION`, or to nothing for the latest
  PICKED=''
  [ "$DOCKER_VERSION" != latest ] || return 0
  PICKED=$(apt-cache madison "$1" | awk -v want="$DOCKER_VERSION" '
    function begins(text) { return index(text, want) == 1 && substr(text, length(want) + 1) !~ /^[0-9]/ }
    { short = $3; sub(/^[0-9]+:/, "", short) }
    begins($3) || begins(short) { print "=" $3; exit }')
  [ -n "$PICKED" ] || failed docker_no_version "there is no version $DOCKER_VERSION of the package $1"
}

docker_order() {
  ips=$(probe tailscale ip) || return 0
  probe docker ps --format '{{.Ports}}' | cat - /etc/docker/daemon.json | grep -qF "$ips" || return 0
  case $(probe systemctl show -p After docker.service) in *tailscaled.service*) return ;; esac
  warn "Docker publishes on the tailnet's address: let docker.service start After=tailscaled.service"
} 2>/dev/null

docker_verify() {
  if ! docker_runs; then
    ! checking || pending 'once Docker is installed and started'
    wait_until "$SERVICE_S" docker_runs || failed docker_down "Docker does not answer: $DOCKER_ERROR"
  fi
  fact docker.version "$DOCKER_SERVER"
  compose=$(probe docker compose version --short 2>/dev/null) || compose=''
  compose=${compose#v}
  fact docker.compose "$compose"
  if [ -n "$DOCKER_MIN_VERSION" ]; then
    parse_version "$DOCKER_SERVER" || failed version_unreadable "cannot parse version $DOCKER_SERVER"
    ! version_below "$VERSION" "$DOCKER_MIN_VERSION" ||
      failed docker_too_old "Docker $VERSION is below minimum $DOCKER_MIN_VERSION"
  fi
  docker_order
  ok "Docker $DOCKER_SERVER${compose:+, Compose $compose}"
}

docker_install_apt() {
  docker_look "from the distribution's packages"
  need_room 1024
  apt_update
  docker_pick docker.io
  more=$(apt-cache policy docker-cli docker-compose-v2 docker-compose | awk '
    /^[^ ]/ { name = $1; sub(/:$/, "", name) }
    $1 == "Candidate:" && $2 != "(none)" { candidate[name] = $2 }
    END {
      if ("docker-cli" in candidate) print "docker-cli"
      if ("docker-compose-v2" in candidate) print "docker-compose-v2"
      else if (("docker-compose" in candidate) && candidate["docker-compose"] !~ /^1\./) print "docker-compose"
    }')
  # shellcheck disable=SC2086 # a list of words
  apt_install --no-install-recommends "docker.io$PICKED" apparmor ca-certificates $more
  docker_installed
}

network_install() {
  CONTEXT="$NETWORK_PROVIDER provider: installation failed: "
  if network_client; then
    network_service
    ok "Tailscale $VERSION"
  fi
  [ "$NETWORK_INSTALL" = auto ] ||
    failed network_missing "${CONTEXT}Tailscale is not installed, and install.method is $NETWORK_INSTALL"
  ! checking || would_change "install Tailscale${NETWORK_VERSION:+ $NETWORK_VERSION}"
  need_room 200
  need_curl
  download_script https://tailscale.com/install.sh install.sh
  patient env TAILSCALE_VERSION="$NETWORK_VERSION" sh install.sh || blame install_failed install.sh
  touched
  network_client || failed install_failed "${CONTEXT}install.sh ended well, but left no tailscale command"
  network_start
  changed "installed Tailscale $VERSION"
}

network_client() { # sets VERSION; false when there is none; fails for one that is not accepted
  have tailscale || return 1
  version=$(probe tailscale version) || :
  version=${version%%'
'*}
  parse_version "$version" || failed version_unreadable "${CONTEXT}cannot parse installed version $version"
  lowest=${NETWORK_MIN_VERSION:-0}
  [ -z "$NETWORK_TAGS" ] || ! version_below "$lowest" 1.34 || lowest=1.34.0
  ! version_below "$VERSION" "$lowest" ||
    failed version_too_old "${CONTEXT}installed version $VERSION is below minimum $lowest"
}

network_service() {
  case $(probe systemctl show -p LoadState,ActiveState,UnitFileState tailscaled.service | sort) in
    ActiveState=active*=loaded*=enabled) return ;;
    *=not-found*) return ;;
  esac
  ! checking || would_change 'start and enable tailscaled'
  network_start
  changed "started tailscaled $VERSION"
}

network_start() {
  start_unit tailscaled.service network_answers || failed daemon_down "${CONTEXT}tailscaled does not start"
}

network_answers() {
  probe tailscale status --json --peers=false >/dev/null 2>&1
}

network_preflight() {
  about="$NETWORK_PROVIDER provider:"
  if have tailscale; then
    network_status
    network_ours
    [ -z "$TAILNET" ] || network_drift
    [ "$STATE" = NeedsLogin ] || return 0
  elif [ "$NETWORK_INSTALL" != auto ]; then
    return 0
  fi
  checking || network_need_key
}

network_join() {
  found="join $NETWORK_TAILNET${NETWORK_TAGS:+ with $NETWORK_TAGS}"
  ! checking || have tailscale || would_change "$found"
  network_look
  if ! network_out; then
    network_drift
    [ -n "$PREFS" ] || warn "tailscale debug prefs does not tell the node's settings: they were not compared"
    found=${LACK:+settings are $HAS, expected are $LACK}
    network_named || found="rename $NAME to $HOST_ID${found:+; $found}"
    if tags_missing; then
      [ "$NETWORK_PROVIDER" != headscale ] || network_tags_differ
      found="host tags are ${TAGS:-none}, expected are $NETWORK_TAGS${found:+; $found}"
    fi
    if [ -z "$found" ]; then
      [ "$ONLINE" = true ] || ok "in tailnet $TAILNET, offline but configured ($STATE)"
      ok "in tailnet $TAILNET"
    fi
  fi
  ! checking || would_change "$found"
  if ! network_out && ! tags_missing; then
    network_set
    changed "$found"
  fi
  network_key
  network_up
  wait_until 10 network_settled || network_up_failed
  changed "in tailnet $TAILNET${TAGS:+ with $TAGS}"
}

network_out() {
  case $STATE:$TAILNET in NeedsLogin:* | NoState:* | *:) ;; *) return 1 ;; esac
}

network_look() { # reads the status; ends the step where nothing can come of it
  about="$NETWORK_PROVIDER provider:"
  wait_until "$NETWORK_JOIN_TIMEOUT_S" network_known || :
  case $STATUS_RC in
    0) ;;
    124) failed daemon_hang "$about tailscaled gave no answer in $PROBE_S s" ;;
    *)
      ! checking || pending 'once tailscaled is started'
      failed daemon_down "$about tailscaled does not answer"
      ;;
  esac
  network_ours
  [ "$STATE" != NeedsMachineAuth ] || network_unapproved
  case $STATE:$TAILNET:$NODE_KEY in
    NoState:*:true | Starting::true)
      failed login_server "$about the login server does not answer${HEALTH:+; tailscaled says: $HEALTH}"
      ;;
  esac
}

network_ours() { # fails on another tailnet's node, and on another machine
  [ -n "$TAILNET" ] || return 0
  [ "$TAILNET" = "$NETWORK_TAILNET" ] ||
    failed tailnet_mismatch "$about host is in tailnet $TAILNET, expected $NETWORK_TAILNET"
  network_named || [ -n "$RENAME" ] || failed name_mismatch "$about this machine is $NAME, not $HOST_ID"
}

network_named() {
  [ "${NAME:-$HOST_ID}" = "$HOST_ID" ]
}

network_unapproved() {
  failed needs_approval "$about the host waits for its approval in tailnet $NETWORK_TAILNET"
}

network_tags_differ() {
  tags_missing || :
  [ "$NETWORK_PROVIDER" != headscale ] ||
    warn "the pre-auth key gave no $MISSING: headscale nodes tag -i ID -t $NETWORK_TAGS (the policy's tagOwners \
permitting), or headscale nodes delete -i ID and a new key: \
headscale preauthkeys create --reusable --tags $NETWORK_TAGS"
  failed tag_mismatch "$about host tags ${TAGS:-none} do not match expected $NETWORK_TAGS"
}

# ---- the client's status ----

network_known() {
  network_status
  case $STATE:$TAILNET in NoState:* | Starting:) return 1 ;; esac
}

network_settled() {
  network_status
  [ -n "$TAILNET" ] && ! tags_missing && network_named
}

network_status() { # sets STATUS, STATUS_RC, and what the document says
  unset STATE NODE_KEY TAILNET_NAME OLD_SUFFIX SUFFIX TAILNET MAGIC_DNS TAGS ONLINE NAME DNS_NAME
  unset KEY_EXPIRY HEALTH AUTH_URL EXIT_NODE
  STATUS=$(probe tailscale status --json --peers=false) && STATUS_RC=0 || STATUS_RC=$?
  [ "$STATUS_RC" -eq 0 ] || return 0
  set -f
  ifs=$IFS
  IFS='
'
  section=''
  for line in $(printf '%s\n' "$STATUS" | sed 's/\\\\/\t/g; s/\\"/"/g; s/\\[nrt]/ /g
    s/\\u003c/</g; s/\\u003e/>/g; s/\\u..../\&/g; s/\t/\\/g'); do
    case $line in '  "'*) section=${line#'  "'} section=${section%%'"'*} ;; esac
    value=${line%,}
    case $section:$line in
      Tags:'      '* | ExitNodeStatus:'      '* | Health:'    '*) value=${value#*'"'} ;;
      *) value=${value#*'": '} value=${value#'"'} ;;
    esac
    value=${value%'"'}
    case $section:$line in
      BackendState:*) STATE=$value ;;
      HaveNodeKey:*) NODE_KEY=$value ;;
      AuthURL:*) AUTH_URL=$value ;;
      TailnetName:*) TAILNET_NAME=$value ;;
      MagicDNSSuffix:*) OLD_SUFFIX=$value ;;
      CurrentTailnet:'    "MagicDNSSuffix": '*) SUFFIX=$value ;;
      CurrentTailnet:'    "MagicDNSEnabled": '*) MAGIC_DNS=$value ;;
      Self:'    "HostName": '*) NAME=$value ;;
      Self:'    "DNSName": '*) DNS_NAME=${value%%.*} ;;
      Self:'    "Online": '*) ONLINE=$value ;;
      Self:'    "KeyExpiry": '*) KEY_EXPIRY=$value ;;
      Self:'    "Tags": '*) section=Tags ;;
      Tags:'      "'*) TAGS="${TAGS:+$TAGS,}$value" ;;
      Tags:*) section=Self ;;
      ExitNodeStatus:'      "'*) EXIT_NODE=${EXIT_NODE:-${value%/*}} ;;
      Health:'    "'*) HEALTH="${HEALTH:+$HEALTH; }$value" ;;
    esac
  done
  IFS=$ifs
  set +f
  SUFFIX=${SUFFIX:-$OLD_SUFFIX}
  TAILNET=${TAILNET_NAME:-${SUFFIX%%.*}}
  TAGS=$(sorted "$TAGS")
  NAME=$(printf '%s\n' "${NAME%%.*}" | tr '[:upper:]' '[:lower:]')
}

sorted() { # LIST: without default routes
  printf '%s\n' "$1" | tr , '\n' | grep -v '/0$' | sort | paste -s -d , -
}

tags_missing() { # sets MISSING
  MISSING='' wanted=$NETWORK_TAGS,
  while [ "$wanted" != , ] && [ -n "$wanted" ]; do
    case ,$TAGS, in *",${wanted%%,*},"*) ;; *) MISSING=$MISSING${MISSING:+,}${wanted%%,*} ;; esac
    wanted=${wanted#*,}
  done
  [ -n "$MISSING" ]
}

# ---- the client's settings ----

network_drift() { # sets LACK, settings that the node has otherwise, and HAS, as it has them
  LACK='' HAS='' RISK=''
  PREFS=$(probe tailscale debug prefs | tr -d '\n\t "' | tr '{}' ,,)
  PREFS=${PREFS%%,Config:*}
  [ -n "$PREFS" ] || return 0
  network_pref ControlURL
  server=${NETWORK_LOGIN_SERVER:-https://controlplane.tailscale.com} NOW=${NOW%/}
  case $NOW in '' | https://login.tailscale.com) NOW=https://controlplane.tailscale.com ;; esac
  [ "$NOW" = "${server%/}" ] ||
    failed login_server_mismatch "$about the host is joined through $NOW, not $server, and was left alone"
  # shellcheck disable=SC2086 # lists
  set -- $NETWORK_UP_ARGS $NETWORK_HOST_UP_ARGS
  for word; do
    shift
    name=${word%%=*}
    case " $* " in *" $name "* | *" $name="*) continue ;; esac
    value=${word#"$name"}
    value=${value:-=true} value=${value#=}
    case $name in
      --accept-dns) network_pref CorpDNS ;;
      --accept-risk) RISK=$word NOW=$value ;;
      --accept-routes) network_pref RouteAll ;;
      --advertise-connector) network_pref Advertise ;;
      --advertise-exit-node)
        network_pref AdvertiseRoutes
        case ,$NOW in *,::/0*) NOW=true ;; *) NOW=false ;; esac
        ;;
      --advertise-routes)
        network_pref AdvertiseRoutes
        NOW=$(sorted "$NOW") value=$(sorted "$value")
        ;;
      --exit-node)
        network_pref AutoExitNode
        NOW=${NOW:+auto:$NOW}
        [ -n "$NOW" ] || network_pref ExitNodeIP
        NOW=${NOW:-$EXIT_NODE}
        [ -z "$value" ] || value=$(probe tailscale ip -1 "$value" 2>/dev/null || echo "$value")
        ;;
      --exit-node-allow-lan-access) network_pref ExitNodeAllowLANAccess ;;
      --netfilter-mode) network_pref NetfilterMode ;;
      --operator) network_pref OperatorUser ;;
      --report-posture) network_pref PostureChecking ;;
      --shields-up) network_pref ShieldsUp ;;
      --snat-subnet-routes) network_pref NoSNAT ;;
      --ssh) network_pref RunSSH ;;
      --stateful-filtering) network_pref NoStatefulFiltering ;;
    esac
    [ "$NOW" = "$value" ] || LACK="$LACK${LACK:+ }$name=$value" HAS="$HAS${HAS:+ }$name=$NOW"
  done
}

network_pref() { # NAME: sets NOW, as a setting has it
  NOW=${PREFS#*,"$1":}
  case $NOW in
    "$PREFS" | null,*) NOW='' ;;
    '['*) NOW=${NOW#?} NOW=${NOW%%]*} ;;
    *) NOW=${NOW%%,*} ;;
  esac
  case $1:$NOW in
    No*:true) NOW=false ;;
    No*:false) NOW=true ;;
    NetfilterMode:0) NOW=off ;;
    NetfilterMode:1) NOW=nodivert ;;
    NetfilterMode:2) NOW=on ;;
  esac
}

network_set() {
  name=''
  network_named || name=--hostname=$HOST_ID
  # shellcheck disable=SC2086 # lists
  said=$(probe tailscale set $name $LACK $RISK 2>&1) && wait_until 10 network_set_settled && return
  case $STATE:$said in
    *--accept-risk=*) network_blame accept_risk set ;;
    Running:*'provided but not defined'*)
      network_pref AdvertiseTags
      tags=$NOW AUTH_KEY=''
      network_up
      ! wait_until 10 network_set_settled || return 0
      ;;
  esac
  said=${said%%'
'*}
  said=${said:-it had no effect}
  network_blame settings_refused set
}

network_set_settled() {
  network_settled && network_drift && [ -z "$LACK" ]
}

# ---- tailscale up ----

network_key() { # sets AUTH_KEY, and tags, what may be advertised with it
  network_need_key
  # A program's arguments would show the key.
  [ "$(command -v printf)" = printf ] || failed internal "this host's shell has no printf of its own"
  get_key
  case ${AUTH_KEY%%\?*} in
    '') failed join_failed "$about the auth key was asked for and did not come" ;;
    *[!!-~]*) network_bad_key ;;
    ????????*) ;;
    *) network_bad_key ;;
  esac

  tags=$NETWORK_TAGS
  case $NETWORK_PROVIDER:$AUTH_KEY in
    headscale:* | *:hskey-*) tags='' ;;
    *:tskey-client-*\?*) ;;
    *:tskey-client-*) AUTH_KEY="$AUTH_KEY?ephemeral=false&preauthorized=true" ;;
  esac
}

network_up() { # `tailscale up` with all settings, as it demands
  # shellcheck disable=SC2086 # a list
  set -- "--hostname=$HOST_ID" "--advertise-tags=$tags" "--timeout=${NETWORK_JOIN_TIMEOUT_S}s" \
    ${NETWORK_LOGIN_SERVER:+"--login-server=$NETWORK_LOGIN_SERVER"} $NETWORK_UP_ARGS $NETWORK_HOST_UP_ARGS \
    ${AUTH_KEY:+--auth-key=file:/dev/stdin}
  # The key goes down this pipe alone.
  before="$STATE $TAILNET $TAGS"
  output=$(printf '%s\n' "$AUTH_KEY" |
    with_deadline $((NETWORK_JOIN_TIMEOUT_S + 10)) tailscale up "$@" 2>&1) && rc=0 || rc=$?
  mask "$output"
  put '%s\n' "$MASKED" 3>&2 || :
  [ "$rc" -eq 0 ] || network_up_failed "$@"
}

network_need_key() {
  [ -n "$HAVE_KEY" ] ||
    failed auth_key_missing "$about auth key missing from environment variable $NETWORK_AUTH_KEY_ENV"
}

mask() { # TEXT: sets MASKED to it without the key, which no program may see
  rest=$1 MASKED=''
  secret=${AUTH_KEY%%\?*}
  while :; do
    case $rest in *"${secret:-$rest.}"*) ;; *) break ;; esac
    MASKED="$MASKED${rest%%"$secret"*}[auth key]"
    rest=${rest#*"$secret"}
  done
  MASKED=$MASKED$rest
}

network_bad_key() {
  failed auth_key_invalid "$about invalid or expired auth key"
}

network_up_failed() { # ARGUMENT…: says why
  network_status
  [ "$before" = "$STATE $TAILNET $TAGS" ] || touched
  case $before:$STATE:$HEALTH in
    Running*:NeedsLogin:* | Running*'logged out'*) warn 'the host is logged out now: run again with a valid key' ;;
  esac
  said=$MASKED
  mask "$HEALTH"
  HEALTH=$MASKED
  for text in "$said" "$HEALTH"; do
    case $(printf '%s\n' "$text" | tr '[:upper:]' '[:lower:]') in
      *'requires mentioning all'*)
        settings=''
        for word in ${said##*tailscale up}; do
          case " $* " in *" $word "* | *" ${word%%=*}="*) ;; *) settings="$settings $word" ;; esac
        done
        failed settings_mismatch "$about the host has settings that stagecraft.yml does not mention:$settings"
        ;;
      *"can't change --login-server"*)
        failed login_server_mismatch "$about the host is joined through another login server, and was left alone"
        ;;
      *--accept-risk=*) network_blame accept_risk up ;;
      *nodekeyexpired*) network_blame node_expired up ;;
      *x509:* | *'tls: '* | *'http response to https'* | *'fetch control key: '[0-9]* | *'fetch control key response'*)
        network_blame login_server up
        ;;
      *'enough permissions'* | *invalid_scope* | *'require --advertise-tags'*) network_blame oauth_client up ;;
      *tags*'not permitted'* | *tags*invalid*)
        failed tag_mismatch "$about this auth key does not permit the tags $tags"
        ;;
      *'fetch control key'*) ;;
      *invalid*key* | *key*not\ valid* | *key*not\ found* | *key*expired* | *key*already*used* | *key*revoked* | \
        *invalid_client*)
        network_bad_key
        ;;
      *'to approve your machine'*) network_unapproved ;;
    esac
  done
  [ "$STATE" != NeedsMachineAuth ] || network_unapproved
  [ -z "$AUTH_URL" ] || network_bad_key
  case $rc:$said in
    124:* | *'timeout waiting'*)
      failed join_timeout "$about not joined in $NETWORK_JOIN_TIMEOUT_S s${HEALTH:+; tailscaled says: $HEALTH}"
      ;;
  esac
  [ "$rc" -ne 0 ] || ! tags_missing || network_tags_differ
  failed join_failed "$about tailscale up failed: ${said##*'
'}"
}

network_blame() { # REASON COMMAND: in the client's own words
  said=$(printf %s "$said" | tr '\n' ' ')
  failed "$1" "$about tailscale $2 failed: $said${HEALTH:+; tailscaled says: $HEALTH}"
}

# ---- network.verify ----

network_verify() {
  [ "$LAST" -eq 210 ] || pending 'once the host has joined'
  network_look
  fact network.status "$STATUS"
  version=$(probe tailscale version) || version=''
  fact network.version "${version%%'
'*}"
  ! network_out || failed not_joined "$about the host is logged out ($STATE)"
  ! tags_missing || network_tags_differ
  [ "$SUFFIX" = "$NETWORK_DOMAIN" ] ||
    warn "the tailnet's domain is $SUFFIX: names in $NETWORK_DOMAIN do not resolve"
  called="the node is called $DNS_NAME"
  case $DNS_NAME in
    "$HOST_ID" | '') ;;
    "$HOST_ID"-[0-9]*) warn "$called: another one holds the name $HOST_ID, or did when it joined" ;;
    *) warn "$called in the tailnet: rename it there" ;;
  esac
  [ "$MAGIC_DNS" != false ] || warn 'MagicDNS is off: names of nodes do not resolve'
  [ -z "$KEY_EXPIRY" ] || warn "the node's key expires at $KEY_EXPIRY: switch key expiry off for servers"
  [ "$ONLINE" = true ] || warn "the node is offline${HEALTH:+: $HEALTH}"
  ok "in tailnet $TAILNET${TAGS:+ with $TAGS}"
}

}
{ main "$@"; }
