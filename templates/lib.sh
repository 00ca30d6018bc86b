#!/bin/sh
# The frame of every host's script: main, the step runner, the records, and what several steps need.
# Expects the assignments and the plan of docs/wire.md above it.
# shellcheck disable=SC2034 # some settings are for the other files

main() {
  #: No trace, no export, even where the environment asks for it: they would show the key.
  set +aCefuvx
  unset AUTH_KEY
  HAVE_KEY=${STAGECRAFT_KEY-} RUN=${STAGECRAFT_RUN-} MODE=${STAGECRAFT_MODE-} RENAME=${STAGECRAFT_RENAME-}
  unset STAGECRAFT_KEY STAGECRAFT_RUN STAGECRAFT_MODE STAGECRAFT_RENAME
  if [ -n "$RUN" ]; then exec 4<&0; else arguments "$@"; fi # 4: where the key comes from, once it is asked for
  case $MODE in apply | check) ;; *) usage ;; esac

  PROBE_S=15       # an answer
  SERVICE_S=30     # the start of a service
  APT_WAIT_S=300   # package work of other programs
  CLOUD_INIT_S=300 # work of the first boot
  KEY_S=60         # the key, once it is asked for

  umask 022
  cd /
  PATH=${PATH:-/usr/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
  export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a NEEDRESTART_SUSPEND=1
  exec 3>&1 1>&2 </dev/null #: 3: records; all else goes to standard error

  #: A lost connection stops no step half-way.
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
  # By hand
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
    exec 9>>/run/stagecraft.lock # locked while this shell has it open; steps have not
    LOCK=taken
    flock -w 1 9 || LOCK=busy # a second, lest the look of a check be in the way
  fi
}

prepare_work_dir() {
  # And the manners of every apt-get and curl
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
  # NAME FUNCTION: exactly one record comes of it
  STEP=$1 STEPS=$((STEPS + 1))
  if [ "$RESULT" = failed ]; then
    report skipped '' 'an earlier step failed'
    return
  fi
  # Not `if (…)` or `(…) ||`: within those, `set -e` is dead.
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
  record '"type":"fact","name":"%s","value":"%s"' "$1" "$QUOTED" || : # the record of the step will fail too
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
  # No handler: after one, `read` of busybox 1.38 never ends.
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
  # TEXT: sets QUOTED to the inside of a JSON string
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
  # sets NOW, in 1/100 s, by a clock that never jumps
  read -r NOW _ </proc/uptime
  NOW=${NOW%.*}${NOW#*.}
}

wait_until() { # SECONDS COMMAND…: false when time is up
  # SECONDS COMMAND…: asks every second; false when time is up
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
  # COMMAND…: its output to a file first: of a broken pipe, dpkg would die
  "$@" >"$LOG" 2>&1 3>&- 4<&- 9>&- && logged=0 || logged=$?
  tail -n 200 "$LOG" >&2 || :
  return "$logged"
}

read_os_release() { # sets OS_ID, OS_VERSION, OS_CODENAME; never runs the file
  OS_ID='' OS_VERSION='' OS_CODENAME=''
  file=/etc/os-release
  [ -f "$file" ] || file=/usr/lib/os-release
  [ -f "$file" ] || return 0 # a FIFO would hang
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
  # sets free, in MiB, where packages go
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
  # COMMAND…: waits for a lock of apt or dpkg
  need_writable
  wait_until "$APT_WAIT_S" unlocked "$@" && return "$logged"
  holder=$(sed -n 's/.*held by process \([0-9]* ([^)]*)\).*/\1/p; s/.*with pid \([0-9]*\).*/\1/p' "$LOG" | head -n 1)
  failed apt_lock "${CONTEXT}apt or dpkg still locked after $APT_WAIT_S s by process ${holder:-unknown}"
}

unlocked() {
  # COMMAND…: false when it met a held lock
  logged "$@" ||
    ! grep -q '^E: Could not get lock\|is another process using it\|locked by another process' "$LOG"
}

need_writable() {
  read_only=$(awk '$2 ~ "^/(usr|etc|var|var/lib)?$" { ro[$2] = "," $4 "," ~ /,ro,/ }
    END { for (dir in ro) if (ro[dir]) print dir }' /proc/mounts | sort | paste -s -d ' ' -)
  [ -z "$read_only" ] || failed read_only "${CONTEXT}mounted read-only: $read_only"
}

cause() { # PATTERN…: sets TEXT
  # PATTERN…: sets TEXT to the first that the log has
  for pattern; do
    TEXT=$(sed -n "/^E: Can not write log/d;/$pattern/{/:\r*\$/{\$!N;};p;q;}" "$LOG")
    [ -z "$TEXT" ] || break
  done
  tidy
}

tidy() {
  # TEXT: one short line, without what differs each time
  TEXT=$(printf '%s\n' "$TEXT" | tr -s '\r\n ' ' ' |
    sed 's|archive /.*/\([0-9]*-\)\{0,1\}\([^_ ]*\)_[^ ]* (--[a-z]*)|\2|
      s|/run/stagecraft\.[^/]*/||g; s/^ *\(time="[^"]*" \)\{0,1\}//; s/ $//')
  TEXT=$(printf '%.300s' "$TEXT")
}

blame() { # REASON WHAT: fails
  # REASON WHAT: fails; host or log may know better
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
  # apt before 2.1.8 knows no Error-Mode
  { patient apt-get update && ! grep -q '^E: \|^W: Failed to fetch\|^W: Some index files failed' "$LOG"; } ||
    blame apt_update 'apt-get update failed'
}

apt_install() { # WORD…: options and packages
  patient apt-get install "$@" || blame install_failed 'apt-get install failed'
  touched
}

need_curl() {
  # Minimal images lack it, and the certificates
  if ! have curl || [ ! -s /etc/ssl/certs/ca-certificates.crt ]; then
    apt_update
    apt_install --no-install-recommends curl ca-certificates
  fi
}

download() { # URL FILE
  logged curl -fsSL --no-insecure --proto =https --tlsv1.2 --max-time 300 -o "$2" "$1"
}

download_script() { # URL FILE
  # URL FILE: whole, or not at all
  cd "$WORK_DIR" || exit
  download "$1" "$2" || blame download "$1"
  { [ "$(head -c 2 "$2")" = '#!' ] && [ -z "$(tail -c 1 "$2")" ] && sh -n "$2"; } ||
    failed download "$CONTEXT$1: what came is not a whole script"
}
