#!/usr/bin/env bats
# docs/faults.md and the tests named after its rows: none without the other.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_DIRNAME/../.." || return 1; }

# rows PAGE: the first column of its tables
rows() { sed -n '/^| fault |/d; /^|---/d; s/^| \(.*\)$/\1/p' "$1" | sed 's/ | .*//'; }

# names FOLDER: what `fault: ` tests are called that `make test` and `make e2e` run
names() {
  sed -n 's/^@test "fault: \(.*\)" {.*/\1/p' "$1"/cli/*.bats "$1"/shell/*.bats "$1"/e2e/*.bats
  sed -n 's/^.*{"fault: \([^"]*\)".*/\1/p' "$1"/unit/test_*.c
}

# compare PAGE FOLDER: says which rows have no test, and which tests no row
compare() {
  rows "$1" >"$BATS_TEST_TMPDIR/rows"
  names "$2" >"$BATS_TEST_TMPDIR/names"
  awk 'NR == FNR { if ($0 in row) print "twice: " $0; row[$0] = 1; next }
    {
      for (name = $0; !(name in row) && match(name, /.*: /); ) name = substr(name, 1, RLENGTH - 2)
      if (name in row) row[name] = 2
      else print "no row: " $0
    }
    END { for (name in row) if (row[name] == 1) print "no test: " name }' "$BATS_TEST_TMPDIR/rows" "$BATS_TEST_TMPDIR/names" | sort
}

@test "faults: every row of the page has a test of its name, and every such test a row" {
  [ "$(rows docs/faults.md | wc -l)" -ge 110 ]
  found=$(compare docs/faults.md tests)
  echo "$found"
  [ -z "$found" ]
}

@test "faults: a row too many, a test too many and a changed word are seen" {
  cp -R tests "$BATS_TEST_TMPDIR/tests"
  sed 's/^| dead DNS |/| deaf DNS |/; s/^| fork fails.*/&\n| the moon is full | howls |/' docs/faults.md >"$BATS_TEST_TMPDIR/page.md"
  sed -i 's/^@test "fault: Ctrl-C" {/@test "fault: Ctrl-D: with a detail" {/' "$BATS_TEST_TMPDIR/tests/cli/apply.bats"
  compare "$BATS_TEST_TMPDIR/page.md" "$BATS_TEST_TMPDIR/tests" >"$BATS_TEST_TMPDIR/found"
  cat "$BATS_TEST_TMPDIR/found"
  diff - "$BATS_TEST_TMPDIR/found" <<'END'
no row: Ctrl-D: with a detail
no row: dead DNS
no row: dead DNS: on a real host
no test: Ctrl-C
no test: deaf DNS
no test: the moon is full
END
}
