#!/usr/bin/env bats
# tests/run: quiet when all is well; of what fails, file, name and reason.

bats_require_minimum_version 1.5.0

setup() {
  root=$BATS_TEST_DIRNAME/../..
  cd "$BATS_TEST_TMPDIR" || return 1
  # Noisy, and well.
  a_test well <<'END'
#!/bin/sh
for n in $(seq 3000); do echo "cannot wait for ssh: Cannot allocate memory" >&2; done
printf '1..1\nok 1 - test_well\n# ok - tests\n'
END
}

# a_test NAME: an executable from standard input
a_test() {
  cat >"$1"
  chmod +x "$1"
}

# tried FILE…: runs them; nothing of the bats that runs this is handed on, which has its own inside on the PATH
tried() {
  # A test that ends at once may leave bats' sleep until the timeout behind, with the output open.
  local words=("PATH=${PATH//"$BATS_LIBEXEC:"/}" BATS_TEST_TIMEOUT=10) name
  for name in $(compgen -e | grep '^BATS_\|^HARNESS_'); do words=(-u "$name" "${words[@]}"); done
  run env "${words[@]}" "$root/tests/run" "${@/#/$PWD/}"
  echo "$output"
}

@test "tests: all is well, and little is said" {
  tried well
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -lt 10 ]
  [[ $output != *'Cannot allocate'* ]]
}

@test "tests: a bats file that fails is named, with its output" {
  # The word is no beginning of a line here: bats would take it for one of this file's.
  a_test some.bats < <(printf '%s\n' '#!/usr/bin/env bats' '@test "it is well" { true; }' '@test "the host said something else" {' \
    '  echo "what the host said"' '  [ 1 = 2 ]' '}')
  tried well some.bats
  [ "$status" -ne 0 ]
  [[ $output == *"$PWD/some.bats: exit status 1"* ]]
  [[ $output == *'not ok 2 the host said something else'* ]]
  [[ $output == *'some.bats, line 5'* ]]
  [[ $output == *'# what the host said'* ]]
  [[ $output != *'Cannot allocate'* ]]
}

@test "tests: a unit test that fails is named, with where and why" {
  a_test unit <<'END'
#!/bin/sh
echo 1..3
echo 'ok 1 - test_a'
echo 'Connection refused:' >&2
printf 'not ok 2 - test_b\n# "dns" != "refused"\n# tests/unit/test_x.c:12: error: Failure!\n'
echo 'ok 3 - test_c'
echo '# not ok - tests'
exit 1
END
  tried unit well
  [ "$status" -ne 0 ]
  [[ $output == *"$PWD/unit: exit status 1"* ]]
  [[ $output == *$'not ok 2 - test_b\n# "dns" != "refused"\n# tests/unit/test_x.c:12: error: Failure!'* ]]
  [[ $output == *'  Connection refused:'* ]]
  [[ $output != *'test_c'* ]]
}

@test "tests: a unit test that dies shows its last words" {
  a_test dies <<'END'
#!/bin/sh
printf '1..2\nok 1 - test_a\n'
echo "dies: assertion failed: a->count < MAX" >&2
kill -SEGV $$
END
  tried dies
  [ "$status" -ne 0 ]
  [[ $output == *"$PWD/dies: exit status 139"* ]]
  [[ $output == *'ok 1 - test_a'* ]]
  [[ $output == *'assertion failed'* ]]
}

@test "tests: a real unit test's failure is told as cmocka says it" {
  printf '%s\n' '#include "tests/unit/unit.h"' 'static void test_it(void **state) { (void)state; assert_string_equal("got", "wanted"); }' \
    'int main(void) { const struct CMUnitTest tests[] = {cmocka_unit_test(test_it)}; return cmocka_run_group_tests(tests, NULL, NULL); }' >t.c
  "${CC:-cc}" -I "$root" -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -o t t.c -lcmocka
  tried t
  [ "$status" -ne 0 ]
  [[ $output == *'not ok 1 - test_it'* ]]
  [[ $output == *'"got" != "wanted"'* ]]
  [[ $output == *'t.c:2: error'* ]]
}
