#!/usr/bin/env bats
# The program as it is built: what its headers and symbols say.

setup() {
  command -v readelf >/dev/null || skip 'no readelf (binutils)'
  readelf -W -h -l -d -s "$STAGECRAFT" >"$BATS_TEST_TMPDIR/elf" 2>/dev/null || skip 'no ELF file'
  cd "$BATS_TEST_TMPDIR" || return 1
  ! grep -q '__asan_init\|__ubsan_\|__gcov_' elf || skip 'a flavour that is not hardened'
}

@test "hardened: a position-independent program" {
  grep -q '^ *Type: *DYN' elf
  grep -q 'Flags:.* PIE' elf
}

@test "hardened: what the loader has resolved is read-only (full RELRO, BIND_NOW)" {
  grep -q 'GNU_RELRO' elf
  grep -q 'BIND_NOW\|FLAGS_1.* NOW' elf
}

@test "hardened: no stack is executable" {
  grep -q 'GNU_STACK .* RW ' elf
  [ "$(grep -c 'GNU_STACK .*E ' elf)" -eq 0 ]
}

@test "hardened: stack protector and FORTIFY_SOURCE" {
  grep -q '__stack_chk_fail' elf
  grep -q '__vsnprintf_chk\|__snprintf_chk\|__memcpy_chk\|__fprintf_chk' elf
}
