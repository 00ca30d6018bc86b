# stagecraft. Targets: all demo test e2e bench golden lint format install clean; also: sanitize tsan fuzz coverage
# shells tools cuts ssh-clients releases property docs.
# Every object goes to $(BUILD); `make BUILD=build-x CFLAGS=…` builds another flavour beside it.

BUILD    = build
CC       = cc
CFLAGS   = -O2 -g
PREFIX   = /usr/local
DESTDIR  =
WARNINGS = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
CPPFLAGS = -I. -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE
STD      = -std=c11
# Against what a hostile host's bytes might do; not in the flavours that look for it (sanitizers) or count lines.
ifeq ($(findstring -fsanitize,$(CFLAGS))$(findstring -O0,$(CFLAGS)),)
HARDEN   = -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack
endif
COMPILE  = $(CC) $(STD) $(CPPFLAGS) $(WARNINGS) $(CFLAGS) $(HARDEN)
LINK     = $(CC) $(CFLAGS) $(HARDEN) $(HARDEN_LD) $(LDFLAGS)
DEPFLAGS = -MMD -MP
LIBS     = -lyaml -lnettle -lz -lpthread

ROOMS     = lib compiler providers providers/network providers/secrets templates runtime cli
SOURCES   = $(foreach room,$(ROOMS),$(wildcard $(room)/*.c))
TEMPLATES = $(wildcard templates/*.sh)
OBJECTS   = $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/templates/embedded.o
LIBRARY   = $(filter-out $(BUILD)/cli/%,$(OBJECTS))
UNIT      = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
# The longest first, so that they end with the others.
LONG      = $(BUILD)/tests/test_runtime_run tests/cli/apply_sshd.bats tests/cli/apply_keepalive.bats \
  tests/shell/deadline.bats tests/shell/join.bats tests/shell/docker.bats tests/shell/wire.bats tests/cli/faults_sshd.bats tests/cli/apply.bats \
  tests/shell/reasons.bats tests/cli/faults_ssh.bats $(BUILD)/tests/test_runtime_machine tests/cli/compile.bats tests/shell/preflight.bats tests/shell/install.bats
SHELL_TESTS = $(wildcard tests/shell/*.bats)
HOST_TESTS  = $(filter-out %/cut.bats %/lint.bats %/reasons.bats,$(SHELL_TESTS))
BATS      = $(wildcard tests/cli/*.bats) $(SHELL_TESTS)
HEADERS   = $(foreach room,$(ROOMS),$(wildcard $(room)/*.h))
SHELL_FILES = bootstrap .ci/run tests/run tests/one templates/embed $(TEMPLATES) $(wildcard tests/*.sh tests/*/*.sh tests/*/*.bash \
  tests/clients/run tests/clients/fetch tests/releases/run tests/e2e/run tests/e2e/lab/lab tests/e2e/lab/*.bash \
  examples/demo/run examples/demo/host/make examples/demo/host/login \
  examples/demo/host/bin/*)

# Commands aren't shown; `make V=1` shows them.
ifndef V
.SILENT:
endif

all: $(BUILD)/stagecraft

$(BUILD)/stagecraft: $(OBJECTS)
	$(LINK) -o $@ $(OBJECTS) $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/templates/embedded.c: templates/embed $(TEMPLATES)
	@mkdir -p $(@D)
	templates/embed $(TEMPLATES) >$@.new && mv $@.new $@

$(BUILD)/templates/embedded.o: $(BUILD)/templates/embedded.c
	$(COMPILE) $(DEPFLAGS) -c -o $@ $<

# ---- tests ----

$(BUILD)/tests/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(COMPILE) $(DEPFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS) -lcmocka

# The program with a third network provider: one file more, and one line more in the table.
$(BUILD)/tests/table_dummy.c: providers/table.c
	@mkdir -p $(@D)
	sed 's/PROVIDER(headscale)/PROVIDER(headscale) PROVIDER(dummy)/' $< >$@

$(BUILD)/tests/table_dummy.o: $(BUILD)/tests/table_dummy.c
	$(COMPILE) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/stagecraft-dummy: $(OBJECTS) $(BUILD)/tests/table_dummy.o $(BUILD)/tests/dummy/dummy.o
	$(LINK) -o $@ $(filter-out %/providers/table.o,$^) $(LIBS)

# Preloaded, it makes a program's calls fail in turn: tests/cli/faults.bats.
$(BUILD)/tests/fault.so: tests/fault/fault.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARNINGS) -O1 -g -shared -fPIC -o $@ $< -ldl

# Hermetic: no network but loopback, no root. STAGECRAFT is the program under test.
test: $(BUILD)/stagecraft $(BUILD)/stagecraft-dummy $(BUILD)/tests/fault.so $(UNIT)
	@STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/run $(filter $(BATS) $(UNIT),$(LONG)) $(filter-out $(LONG),$(BATS) $(UNIT))

# The same under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer; without the tests that run shell alone.
sanitize:
	$(MAKE) test BUILD=build-sanitize SHELL_TESTS= \
	  CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-format-truncation'

# Each test of the scripts in each of the three shells; `make test` takes them in turns.
shells: $(BUILD)/stagecraft
	@ALL_SHELLS=1 STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/run $(SHELL_TESTS)

# The same on hosts whose tools are not GNU's: coreutils in Rust (Debian's package rust-coreutils), busybox.
tools: $(BUILD)/stagecraft
	@[ -x /usr/lib/cargo/bin/coreutils/timeout ] || { echo 'make tools: rust-coreutils is not installed' >&2; exit 1; }
	@for tools in uutils busybox; do echo "with the tools of $$tools:"; \
	  HOST_TOOLS=$$tools STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/run $(HOST_TESTS) || exit 1; done

# A script cut off at every single byte, in three shells. Takes some minutes.
cuts: $(BUILD)/stagecraft
	@CUT_STEP=1 BATS_TEST_TIMEOUT=1500 STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/run tests/shell/cut.bats

# The tests over a real sshd, with the ssh client of each of Debian's releases. Fetches these, once.
ssh-clients: $(BUILD)/stagecraft
	@STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/clients/run

# What threads share, under ThreadSanitizer.
tsan:
	$(MAKE) build-tsan/tests/test_providers_registry build-tsan/tests/test_compiler_output BUILD=build-tsan \
	  CFLAGS='-O1 -g -fsanitize=thread'
	build-tsan/tests/test_providers_registry
	build-tsan/tests/test_compiler_output

# Hostile files and answers, made up by libFuzzer; $FUZZ_SECONDS (60).
fuzz:
	@tests/fuzz/run.sh

# Line coverage of the rooms with rules in them; less than 85 % fails.
coverage:
	$(MAKE) test BUILD=build-coverage CFLAGS='-O0 -g --coverage -fprofile-update=atomic'
	gcovr --root . --object-directory build-coverage --filter 'compiler/' --filter 'providers/' \
	  --filter 'runtime/' --filter 'lib/' --fail-under-line 85

# dotenv files against the readers that people use, 10,000 sets of values. Needs go, node, python3 and their registries.
$(BUILD)/property/generate: tests/property/generate.c $(LIBRARY)
	@mkdir -p $(@D)
	$(COMPILE) $(HARDEN_LD) $(LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

property: $(BUILD)/property/generate
	tests/property/run $(abspath $<)

# Real hosts: root, Linux.
e2e: $(BUILD)/stagecraft
	@STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/e2e/run

# README's two commands on bare Debian 12, 13 and the next one: root, Linux; $RELEASES.
releases:
	@tests/releases/run

bench: $(BUILD)/stagecraft
	@STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/bench/run

demo: $(BUILD)/stagecraft
	@STAGECRAFT=$(abspath $(BUILD))/stagecraft examples/demo/run

# Writes the golden files anew; review the diff.
golden: $(BUILD)/stagecraft
	@STAGECRAFT=$(abspath $(BUILD))/stagecraft tests/golden.sh write

# ---- care ----

lint:
	$(MAKE) all BUILD=build-gcc CC=gcc CFLAGS='-O2 -Wpedantic -Wno-overlength-strings'
	$(MAKE) all BUILD=build-clang CC=clang CFLAGS='-O2'
	clang-format --dry-run --Werror $(SOURCES) $(HEADERS) $(wildcard tests/unit/*.[ch])
	shellcheck $(SHELL_FILES) $(BATS)
	shfmt -i 2 -ci -d $(SHELL_FILES)
	mandoc -Tlint -Wwarning docs/*.1 docs/*.5

format:
	clang-format -i $(SOURCES) $(HEADERS) $(wildcard tests/unit/*.[ch])
	shfmt -i 2 -ci -w $(SHELL_FILES)

# docs/errors.md, from the table in runtime/reason.c.
docs: $(BUILD)/tests/test_reason
	$(BUILD)/tests/test_reason --write >docs/errors.md

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 $(BUILD)/stagecraft $(DESTDIR)$(PREFIX)/bin/stagecraft
	install -m 644 docs/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/

clean:
	rm -rf build build-sanitize build-tsan build-fuzz build-coverage build-gcc build-clang

.PHONY: all test shells tools cuts ssh-clients sanitize tsan fuzz coverage property e2e releases bench demo golden lint format docs install clean

-include $(OBJECTS:.o=.d) $(UNIT:=.d) $(BUILD)/tests/table_dummy.d $(BUILD)/tests/dummy/dummy.d
