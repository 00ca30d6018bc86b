#!/usr/bin/env bats
# The rooms of docs/design.md: who may include whom, no circles, and a compiler that follows from its two files alone.

# shellcheck disable=SC2154 # run sets output and status
bats_require_minimum_version 1.5.0

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  build=${STAGECRAFT%/*}
  cd "$root" || return 1
}

# rooms: of the page's table of rooms, "ROOM USED", a line for each that it may include, itself too; "all" stands for every room
# shellcheck disable=SC2016 # no expansion is wanted
rooms() {
  sed -n '/^## The rooms/,/^## D/s/^| `\([a-z/]*\)\/` | .* | \([^|]*\) |$/\1 \2/p' docs/design.md | tr -d , |
    awk '{ print $1, $1; for (i = 2; i <= NF; i++) if ($i != "nothing") print $1, $i }'
}

# sources: every file of C outside the tests
sources() { find . -name '*.[ch]' ! -path './tests/*' ! -path './build*' | sed 's|^\./||' | sort; }

# includes: "FILE HEADER", a line for each #include of a header of ours
includes() { sources | xargs grep -H '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' | sed 's/:[^"]*"/ /; s/".*//'; }

# calls BUILD: "MODULE MODULE SYMBOL", a line for each symbol that one object file takes from another
calls() {
  local objects=$BATS_TEST_TMPDIR/objects
  # Objects of files that are no more stay in a build's folder.
  (cd "$1" && for file in $(cd "$root" && sources); do [ ! -e "${file%.c}.o" ] || echo "${file%.c}.o"; done) >"$objects"
  (cd "$1" && xargs nm -Ap <"$objects") | sed 's/\.o:[0-9a-f ]*\([A-Za-z]\) / \1 /' |
    awk '$2 ~ /[TDBRSVW]/ { home[$3] = $1 }
      $2 == "U" { user[++n] = $1; symbol[n] = $3 }
      END { for (i = 1; i <= n; i++) if (symbol[i] in home) print user[i], home[symbol[i]], symbol[i] }' | sort -u
}

# forbidden: which file includes what its room may not
forbidden() {
  awk 'function room(file) { sub(/\/[^\/]*$/, "", file); return file }
    NR == FNR { may[$0] = 1; next }
    !((room($1) " " room($2)) in may) && !((room($1) " all") in may) { print $1 " includes " $2 }' <(rooms) <(includes)
}

# circles: of pairs on standard input, those that lead back to where they began; nothing if there are none
circles() { awk '$1 != $2 { print $1, $2 }' | tsort 2>&1 >/dev/null | sed 's/^tsort: -: .*/a circle:/; s/^tsort: /  /'; }

modules() { sed 's/\.[ch]\( \|$\)/\1/g'; }

# reached BUILD: the modules of compiler/, and those of lib/ that they come to
reached() {
  {
    sources | sed -n 's|^\(compiler/.*\)\.c$|start \1|p'
    calls "$1"
  } | awk '{ next_of[$1] = next_of[$1] " " $2 }
      function visit(at, list, n, i) {
        if (seen[at]++) return
        if (at != "start") print at
        n = split(next_of[at], list, " ")
        for (i = 1; i <= n; i++) if (list[i] ~ /^(compiler|lib)\//) visit(list[i])
      }
      END { visit("start") }'
}

# impure BUILD: what these take from the system, and may not
impure() {
  reached "$1" | sed "s|.*|$1/&.o|" | xargs nm -Aup | sed -En 's/^(.*)\.o: *U ([^@]*).*/\1 calls \2/p' |
    grep -E -e ' (v?fork|exec[lv]p?e?|posix_spawnp?|system|popen|wait(pid)?|kill|socket|connect|getaddrinfo|poll|select)$' \
      -e ' (time|clock|clock_gettime|gettimeofday|(local|gm)time(_r)?|(nano)?sleep|getpid|getrandom|random|s?rand(_r)?)$' \
      -e ' ((secure_)?getenv|_*environ|setlocale|gethostname|getcwd)$' || :
}

@test "rooms: the page's table has every room, and names none that is not there" {
  rooms >"$BATS_TEST_TMPDIR/rooms"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/rooms")" -ge 20 ]
  diff <(cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/rooms" | sort -u) <(sources | sed 's|/[^/]*$||' | sort -u)
  run -1 grep -vxFf <(
    cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/rooms"
    echo all
  ) <(cut -d ' ' -f 2 "$BATS_TEST_TMPDIR/rooms")
}

@test "rooms: no file includes what the page's table forbids" {
  [ "$(includes | wc -l)" -ge 200 ]
  found=$(forbidden)
  echo "$found"
  [ -z "$found" ]
}

@test "rooms: no circle of includes, among files or modules (a .c with its .h)" {
  found=$(includes | circles && includes | modules | circles)
  echo "$found"
  [ -z "$found" ]
}

@test "rooms: no circle of modules that call each other" {
  [ "$(calls "$build" | wc -l)" -ge 200 ]
  found=$(calls "$build" | circles)
  echo "$found"
  [ -z "$found" ]
}

@test "rooms: compiler/ starts nothing, connects to nothing, and reads no clock and no environment" {
  [[ $(reached "$build") == *compiler/config*lib/str* ]]
  found=$(impure "$build")
  echo "$found"
  [ -z "$found" ]
}

@test "rooms: what breaks them is seen" {
  house=$BATS_TEST_TMPDIR/house
  mkdir -p "$house/docs" && cp -R cli compiler lib providers runtime templates "$house" && cp docs/design.md "$house/docs"
  root=$house && cd "$house" || return 1
  sed -i '1i #include "runtime/run.h"' compiler/plan.h
  sed -i '1i #  include "cli/inputs.h"' runtime/text.c
  diff - <(forbidden) <<<$'compiler/plan.h includes runtime/run.h\nruntime/text.c includes cli/inputs.h'
  sed -i '1i #include "lib/str.h"' lib/mem.c # which lib/str.c includes
  [ -z "$(includes | circles)" ]
  [[ $(includes | modules | circles) == "a circle:"*lib/str* ]]
  sed -i '1i #include "lib/arena.h"' lib/mem.h
  sed -i '1i #include "lib/mem.h"' lib/arena.h
  [[ $(includes | circles) == "a circle:"*lib/mem.h* ]]
  # Two modules that call each other, without a header; the one reads the clock.
  echo 'int a(void); int b(void); int a(void) { return b(); }' >compiler/a.c
  echo '#include <time.h>
int a(void); int b(void); int b(void) { return time(0) ? 0 : a(); }' >lib/b.c
  for module in compiler/a lib/b; do mkdir -p "built/${module%/*}" && "${CC:-cc}" -c -o "built/$module.o" "$module.c"; done
  [ "$(calls built)" = $'compiler/a lib/b b\nlib/b compiler/a a' ]
  [[ $(calls built | circles) == "a circle:"*lib/b* ]]
  [ "$(impure built)" = 'built/lib/b calls time' ]
}
