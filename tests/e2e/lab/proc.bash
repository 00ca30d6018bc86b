# shellcheck shell=bash
# Messages, deadlines, and the processes the lab starts.

say() { printf 'lab: %s\n' "$*" >&2; }

die() {
  printf 'lab: error: %s\n' "$*" >&2
  exit 1
}

# timed WHAT COMMAND...: runs it and says how long it took.
timed() {
  local what=$1 start=$SECONDS
  shift
  "$@"
  say "$what: $((SECONDS - start)) s"
}

# wait_for SECONDS COMMAND...: until it succeeds; fails at the deadline.
wait_for() {
  local tries=$(($1 * 5))
  shift
  for (( ; tries > 0; tries--)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.2
  done
  return 1
}

# proc_start NAME LOG COMMAND...: in the background, remembered by its id and its start time, so that
# a later user of the same id is never taken for it.
proc_start() {
  local name=$1 log=$2
  shift 2
  (
    # Neither the lock nor bats' own channels may live on in a process that outlives their owner.
    [ -z "${LAB_LOCK_FD:-}" ] || exec {LAB_LOCK_FD}>&-
    exec setsid "$@" >>"$log" 2>&1 </dev/null 3>&- 4>&-
  ) &
  proc_note "$name" $!
}

# proc_note NAME PID: a process that leads a session of its own.
proc_note() { echo "$2 $(proc_birth "$2")" >"$LAB_RUN/pids/$1"; }

# proc_birth PID: when it started, in clock ticks since boot; nothing for one that has ended, even if
# its parent has not asked for its end yet.
proc_birth() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

# proc_pid NAME: its id, if it still runs.
proc_pid() {
  local pid birth
  { read -r pid birth <"$LAB_RUN/pids/$1"; } 2>/dev/null || return 1
  [ -n "$birth" ] && [ "$(proc_birth "$pid")" = "$birth" ] && echo "$pid"
}

proc_gone() { ! proc_pid "$1" >/dev/null; }

# proc_stop NAME: asks it and its children to end, then makes them.
proc_stop() {
  local pid
  if pid=$(proc_pid "$1"); then
    kill -TERM -- "-$pid" 2>/dev/null || true
    wait_for 5 proc_gone "$1" || true
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$LAB_RUN/pids/$1"
}
