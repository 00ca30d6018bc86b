#!/bin/sh
# The frame of every host's script: main, the step runner, the records, and what several steps need.
# Expects the assignments and the plan of docs/wire.md above it.
# shellcheck disable=SC2034 # settings for the other files

settings() { # where things are on Debian and Ubuntu, and how long to wait for them
  RUN_DIR=/run
  OS_RELEASE=/etc/os-release
  TUN_DEVICE=/dev/net/tun
  CLOUD_INIT_DIR=/run/cloud-init
  DPKG_DIR=/var/lib/dpkg
  CA_FILE=/etc/ssl/certs/ca-certificates.crt
  PROBE_S=15       # a question to a daemon
  SERVICE_S=30     # a daemon that was just started
  APT_WAIT_S=300   # other programs' package work
  CLOUD_INIT_S=300 # the host's first boot
}

main() {
  # Nothing here may show the key or hand it on: no trace, no export, also where the environment asked for it.
  set +axe
  unset AUTH_KEY
  AUTH_KEY=${STAGECRAFT_AUTH_KEY-} RUN=${STAGECRAFT_RUN-} MODE=${STAGECRAFT_MODE-}
  unset STAGECRAFT_AUTH_KEY STAGECRAFT_RUN STAGECRAFT_MODE
  [ -n "$RUN" ] || arguments "$@"
  case $MODE in apply | check) ;; *) usage ;; esac

  settings
  umask 022
  cd /
  PATH=${PATH:-/usr/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
  export PATH LC_ALL DEBIAN_FRONTEND NEEDRESTART_MODE NEEDRESTART_SUSPEND APT_LISTCHANGES_FRONTEND
  exec 3>&1 1>&2 </dev/null # results on 3; whatever else is said goes to standard error

  # A lost connection must not stop a step half-way: a hang-up is ignored, here and in children; a write that fails is
  # noticed, and ends the script after the step. The trap does not reach children: those get the default back.
  trap '' HUP
  trap : PIPE
  trap 'exit 130' INT
  trap 'exit 143' TERM
  WORK_DIR=''
  trap 'rm -rf ${WORK_DIR:+"$WORK_DIR"}' EXIT

  STEPS=0 RESULT=success DRIFT=''
  take_lock
  [ "$LOCK" != taken ] || prepare_work_dir
  begin
  plan
  end
}

usage() {
  printf 'usage: sh %s.sh [apply|check] [--auth-key-file FILE]\n' "$HOST_ID" >&2
  exit 64
}

arguments() { # by hand: the mode, and the key from a file
  AUTH_KEY='' MODE=''
  while [ $# -gt 0 ]; do
    case $1 in
      apply | check) [ -z "$MODE" ] || usage && MODE=$1 ;;
      --auth-key-file)
        [ $# -gt 1 ] && IFS= read -r AUTH_KEY <"$2" || [ -n "$AUTH_KEY" ] || usage
        shift
        ;;
      *) usage ;;
    esac
    shift
  done
  MODE=${MODE:-apply}
}

take_lock() { # sets LOCK: taken, busy, or none (a check that met nobody; no right to lock, which preflight will see)
  LOCK=none LOCK_FILE=$RUN_DIR/stagecraft.lock
  if [ "$MODE" = check ]; then
    [ ! -r "$LOCK_FILE" ] || flock -n -s "$LOCK_FILE" true || LOCK=busy
  elif (umask 077 && : >>"$LOCK_FILE") 2>/dev/null; then
    exec 9>>"$LOCK_FILE" # stays open, and so locked, while this shell lives; steps run without it
    if flock -n 9; then LOCK=taken; else LOCK=busy; fi
  fi
}

prepare_work_dir() { # for logs and downloads, and the manners of every apt-get and curl below, also those of installers
  WORK_DIR=$(mktemp -d "$RUN_DIR/stagecraft.XXXXXX") || return 0
  LOG=$WORK_DIR/log
  # Locks of dpkg are waited for; a failed download is an error (apt < 2.1 does not know Error-Mode, see apt_update);
  # changed configuration files are kept; a package is never removed.
  cat >"$WORK_DIR/apt.conf" <<'APT'
DPkg::Lock::Timeout "60";
DPkg::Options { "--force-confdef"; "--force-confold"; };
APT::Update::Error-Mode "any";
APT::Get::Remove "false";
APT::Get::Assume-Yes "true";
Acquire::Retries "3";
APT
  {
    cat "${CURL_HOME:-${HOME:-/root}}/.curlrc" 2>/dev/null
    cat
  } >"$WORK_DIR/.curlrc" <<'CURL'
no-insecure
connect-timeout = 20
speed-limit = 100
speed-time = 60
retry = 3
CURL
  APT_CONFIG=$WORK_DIR/apt.conf CURL_HOME=$WORK_DIR
  export APT_CONFIG CURL_HOME
}

# ---- steps and their results ----

step() { # step NAME FUNCTION: exactly one record comes of it
  STEP=$1 STEPS=$((STEPS + 1))
  if [ "$RESULT" = failed ]; then
    report skipped '' 'an earlier step failed'
    return
  fi
  # Not `if ( … )` or `( … ) ||`: those would switch off `set -e` in the step.
  (
    trap : PIPE
    [ "$2" = network_join ] || unset AUTH_KEY
    set -e
    "$2"
    exit 1
  ) 9>&-
  case $? in
    210) ;;
    211) DRIFT=yes ;;
    212) RESULT=failed ;;
    *)
      report failed internal "the step ended unexpectedly; its log is above"
      RESULT=failed
      ;;
  esac
}

ok() { settle 210 ok '' "$1"; }
changed() { settle 210 changed '' "$1"; }
would_change() { settle 211 would_change '' "$1"; }
pending() { settle 211 skipped pending "$1"; }
failed() { settle 212 failed "$1" "$2"; }

settle() { # settle STATUS RESULT REASON MESSAGE: ends the step
  settled=$1
  shift
  report "$@"
  exit "$settled"
}

report() { # report RESULT REASON MESSAGE
  if [ -z "$RUN" ]; then
    printf '%-12s %-16s %s\n' "$1" "$STEP" "$3" >&3 || exit 1
    return
  fi
  json_quote "$3"
  record "\"type\":\"step\",\"step\":\"$STEP\",\"result\":\"$1\",\"reason\":\"$2\",\"message\":\"$QUOTED\"" || exit 1
}

begin() {
  [ -z "$RUN" ] || record "\"type\":\"begin\",\"host\":\"$HOST_ID\",\"mode\":\"$MODE\"" || exit 1
}

end() { # never returns
  [ -z "$RUN" ] || record "\"type\":\"end\",\"steps\":\"$STEPS\",\"result\":\"$RESULT\"" || exit 1
  [ "$RESULT" = success ] || exit 1
  [ -z "$DRIFT" ] || exit 2
  exit 0
}

fact() { # fact NAME VALUE
  if [ -n "$RUN" ]; then
    json_quote "$2"
    record "\"type\":\"fact\",\"name\":\"$1\",\"value\":\"$QUOTED\"" || :
  elif [ "$1" = warning ]; then
    printf 'warning: %s\n' "$2" >&3 || :
  fi
}

warn() { fact warning "$1"; }

record() { printf '@stagecraft %s {%s}\n' "$RUN" "$1" >&3; } 2>/dev/null

json_quote() { # sets QUOTED to TEXT as the inside of a JSON string; a process only where one is needed
  case $1 in
    *[!]^-~\ !#-[]*) QUOTED=$(printf '%s\n' "$1" | iconv -c -f UTF-8 -t UTF-8 | json_escape) ;;
    *) QUOTED=$1 ;;
  esac
}

json_escape() {
  awk '
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
    }'
}

# ---- helpers of the steps ----

checking() { [ "$MODE" = check ]; }

say() { printf '%s\n' "$1" >&2 || :; }

have() { command -v "$1" >/dev/null 2>&1; }

uptime_s() { # sets NOW; unlike the time of day, it never jumps
  read -r NOW _ </proc/uptime
  NOW=${NOW%%.*}
}

with_deadline() { # with_deadline SECONDS COMMAND…: 124 or 137 when it had to be ended
  timeout -k 5 "$@" 3>&- 9>&-
}

logged() { # logged COMMAND…: its output goes to a file and then on; dpkg would die half-way of a pipe that broke
  "$@" >"$LOG" 2>&1 3>&- 9>&- && logged_status=0 || logged_status=$?
  tail -n 200 "$LOG" >&2 || :
  return "$logged_status"
}

read_os_release() { # sets OS_ID, OS_VERSION, OS_CODENAME; the file is data and is never run
  OS_ID='' OS_VERSION='' OS_CODENAME=''
  [ -r "$OS_RELEASE" ] || return 0
  while read -r line || [ -n "$line" ]; do
    value=${line#*=}
    value=${value#[\"\']}
    value=${value%[\"\']}
    case $value in *[!A-Za-z0-9._-]*) value= ;; esac
    case $line in
      ID=*) OS_ID=$value ;;
      VERSION_ID=*) OS_VERSION=$value ;;
      VERSION_CODENAME=*) OS_CODENAME=$value ;;
    esac
  done <"$OS_RELEASE"
}

need_room() { # need_room KIB: on the file systems that packages go to
  lowest=$(df -Pk / /var | awk 'NR > 1 && (low == "" || $(NF - 2) < low) { low = $(NF - 2) } END { print low + 0 }')
  [ "$lowest" -ge "$1" ] ||
    failed disk_full "${CONTEXT-}only $((lowest / 1024)) MiB free on / or /var; $(($1 / 1024)) MiB are needed"
}

parse_version() { # parse_version TEXT: sets VERSION to its three numbers, or is false
  VERSION=${1%%[-+~]*}
  case $VERSION in
    *[!0-9.]* | .* | *. | *..* | *.*.*.* | *[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]*) return 1 ;;
    *.*.*) ;;
    *) return 1 ;;
  esac
}

version_below() {              # version_below VERSION LOWEST: both up to three numbers
  left=$1.0.0.0 right=$2.0.0.1 # they differ in the end
  while [ "${left%%.*}" -eq "${right%%.*}" ]; do
    left=${left#*.} right=${right#*.}
  done
  [ "${left%%.*}" -lt "${right%%.*}" ]
}

# ---- packages and downloads; messages begin with $CONTEXT ----

patient() { # patient COMMAND…: once more while another program holds a lock of apt or dpkg, which is never taken away
  uptime_s
  give_up=$((NOW + APT_WAIT_S))
  until logged "$@"; do
    grep -q 'Could not get lock\|Unable to acquire the dpkg\|Unable to lock\|locked by another process' "$LOG" ||
      return 1
    uptime_s
    if [ "$NOW" -ge "$give_up" ]; then
      holder=$(sed -n 's/.*held by process \([0-9]* ([^)]*)\).*/\1/p; s/.*process with pid \([0-9]*\).*/\1/p' "$LOG" | head -n 1)
      failed apt_lock "${CONTEXT-}apt or dpkg is still locked after $APT_WAIT_S s by process ${holder:-unknown}"
    fi
    sleep 3
  done
}

blame() { # blame REASON WHAT: fails; the log may know a better reason
  error=$(sed -n '/^E: \|^dpkg: error\|^curl: \|^Error\|^ERROR\|error:/p' "$LOG" | head -n 1)
  [ -n "$error" ] || error=$(tail -n 1 "$LOG")
  error=$(printf '%.300s' "$error")
  case $(tail -n 200 "$LOG") in
    *'No space left on device'* | *'enough free space'*) failed disk_full "$CONTEXT$2: no space left on the disk" ;;
    *'remove is disabled'*) failed package_conflict "$CONTEXT$2: other packages would have to be removed" ;;
    *'Temporary failure resolving'* | *'Could not resolve'* | *'Failed to fetch'* | *'curl: ('*)
      failed download "$CONTEXT$2: $error"
      ;;
  esac
  failed "$1" "$CONTEXT$2: $error"
}

apt_update() {
  patient apt-get update || blame apt_update 'apt-get update failed'
  # It may well exit 0 with nothing fetched.
  ! grep -q '^E: \|^W: Failed to fetch\|^W: Some index files failed' "$LOG" ||
    blame apt_update 'apt-get update failed'
}

apt_install() { # apt_install WORD…: options and packages
  patient apt-get install "$@" || blame install_failed "apt-get install failed"
}

need_curl() { # a minimal image has neither curl nor certificates to check a server with
  if ! have curl || [ ! -s "$CA_FILE" ]; then
    apt_update
    apt_install --no-install-recommends curl ca-certificates
  fi
}

fetch() { # fetch URL FILE
  logged curl -fsSL --no-insecure --proto =https --tlsv1.2 --max-time 300 -o "$2" "$1" || blame download "$1"
}

fetch_script() { # fetch_script URL FILE: whole, or not at all
  fetch "$1" "$2"
  case $(head -c 2 "$2") in '#!') ;; *) failed download "$CONTEXT$1: not a shell script" ;; esac
  { [ -z "$(tail -c 1 "$2")" ] && sh -n "$2"; } || failed download "$CONTEXT$1: cut off"
}
