# shellcheck shell=bash disable=SC2034,SC2154 # for the tests; set in common.bash
# Layout split of the script under test.

# split_script [ARGUMENT…]: as host_script, and in the folder $S the same script as two files, plat-db-1.sh and steps.sh.
split_script() {
  local made
  host_script "$@" || return
  made=$(compiled apt)
  made=${made%/*/*}
  [ -d "$made/split" ] ||
    (cd "$made" && "${STAGECRAFT:?the program under test}" compile -q --hosts hosts.json --layout split -o split) || return
  S="$H/a folder"
  mkdir -p "$S"
  cat "$made/split/plat-db-1.sh" >"$S/plat-db-1.sh"
  # What all share is to the byte what the whole script has: tests/cli/compile.bats sees to it.
  {
    sed '/^# The same on every host/,$d' "$made/split/steps.sh"
    sed -n '/^# The same on every host/,$p' "$H/script"
  } >"$S/steps.sh"
}
