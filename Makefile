# stagecraft. Targets: all demo test e2e bench golden lint format install clean; also: sanitize tsan fuzz coverage
# shells tools cuts pairs ssh-clients releases schemas property docs. Commands aren't shown; `make V=1` shows them.
# Every object goes to $(BUILD); `make BUILD=build-x CFLAGS=…` builds another flavour beside it.

BUILD    = build
CC       = cc
CFLAGS   = -O2 -g
PREFIX   = /usr/local
DESTDIR  =
WARNINGS = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
CPPFLAGS = -I. -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE
# Against what a hostile host's bytes might do; not in the flavours that look for it (sanitizers) or count lines.
ifeq ($(findstring -fsanitize,$(CFLAGS))$(findstring -O0,$(CFLAGS)),)
HARDEN   = -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack
endif
LIBS     = -lyaml -lnettle -lz -lpthread
COMPILE  = $(CC) -std=c11 $(CPPFLAGS) $(WARNINGS) $(CFLAGS) $(HARDEN) -MMD -MP -c -o $@ $<
LINK     = $(CC) $(CFLAGS) $(HARDEN) $(HARDEN_LD) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS)

ROOMS     = lib compiler providers templates review runtime cli
SOURCES   = $(wildcard $(ROOMS:=/*.c) $(ROOMS:=/*/*.c))
TEMPLATES = $(wildcard templates/*.sh)
OBJECTS   = $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/templates/embedded.o
LIBRARY   = $(filter-out $(BUILD)/cli/%,$(OBJECTS))
UNIT      = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
SHELL_TESTS = $(wildcard tests/shell/*.bats)
RUN       = STAGECRAFT=$(abspath $(BUILD))/stagecraft # the program under test

ifndef V
.SILENT:
endif

all: $(BUILD)/stagecraft

# ---- what is compiled ----
$(BUILD)/%.o: %.c
	mkdir -p $(@D)
	$(COMPILE)
$(BUILD)/%.o: $(BUILD)/%.c
	$(COMPILE)

$(BUILD)/templates/embedded.c $(BUILD)/tests/dummy/embedded.c: templates/embed $(TEMPLATES)
	mkdir -p $(@D)
	templates/embed $(filter %.sh,$^) >$@.new && mv $@.new $@

# A third network provider: one file more with its templates, and one line more in the table.
$(BUILD)/tests/dummy/embedded.c: $(wildcard tests/dummy/*.sh)
$(BUILD)/tests/dummy/table.c: providers/table.c
	mkdir -p $(@D)
	sed 's/PROVIDER(network, headscale)/& PROVIDER(network, dummy)/' $< >$@

# Preloaded, it makes a program's calls fail in turn: tests/cli/faults.bats.
$(BUILD)/tests/fault.so: tests/fault/fault.c
	mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) -O1 -g -shared -fPIC -o $@ $< -ldl

# One word of the steps' shell is another, as in another version.
$(BUILD)/tests/reworded/embedded.c: $(BUILD)/templates/embedded.c
	mkdir -p $(@D)
	sed 's/\(Acquire::Retries ."\)3/\15/' $< >$@

# ---- what is linked ----
REWORDED = $(BUILD)/stagecraft-reworded
DUMMY    = $(BUILD)/stagecraft-dummy
HELPERS  = $(BUILD)/tests/property/generate $(BUILD)/tests/fuzz/fuzz
$(BUILD)/stagecraft: $(OBJECTS)
$(DUMMY): $(filter-out %/table.o %/embedded.o,$(OBJECTS)) $(patsubst %,$(BUILD)/tests/dummy/%.o,dummy table embedded)
$(REWORDED): $(filter-out %/embedded.o,$(OBJECTS)) $(BUILD)/tests/reworded/embedded.o
$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(LIBRARY)
$(UNIT): LIBS += -lcmocka
$(HELPERS): %: %.o $(LIBRARY)
$(BUILD)/stagecraft $(DUMMY) $(REWORDED) $(UNIT) $(HELPERS):
	$(LINK)

# ---- tests ----
# Hermetic: no network but loopback, no root.
test: $(BUILD)/stagecraft $(DUMMY) $(REWORDED) $(BUILD)/tests/fault.so $(UNIT)
	$(RUN) tests/run $(UNIT) $(wildcard tests/cli/*.bats) $(SHELL_TESTS)
# The same under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer; without the tests that run shell alone.
sanitize:
	$(MAKE) test BUILD=build-sanitize SHELL_TESTS= \
	  CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-format-truncation'
# What threads share, under ThreadSanitizer.
tsan:
	$(MAKE) build-tsan/tests/test_providers_registry BUILD=build-tsan CFLAGS='-O1 -g -fsanitize=thread'
	build-tsan/tests/test_providers_registry
# Line coverage of the rooms with rules in them; less than 85 % fails.
coverage:
	$(MAKE) test BUILD=build-coverage CFLAGS='-O0 -g --coverage -fprofile-update=atomic'
	gcovr --root . --object-directory build-coverage --filter '(compiler|review|providers|runtime|lib)/' --fail-under-line 85
# Each test of the scripts in each of the three shells; `make test` takes them in turns.
shells: $(BUILD)/stagecraft
	ALL_SHELLS=1 $(RUN) tests/run $(SHELL_TESTS)
# The same on hosts whose tools are not GNU's: coreutils in Rust (Debian's package rust-coreutils), busybox.
tools: $(BUILD)/stagecraft
	[ -x /usr/lib/cargo/bin/coreutils/timeout ] || { echo 'make tools: rust-coreutils is not installed' >&2; exit 1; }
	for tools in uutils busybox; do echo "with the tools of $$tools:"; \
	  HOST_TOOLS=$$tools $(RUN) tests/run $(filter-out %/cut.bats %/cut_split.bats %/lint.bats %/reasons.bats,$(SHELL_TESTS)) || exit 1; done
# A script cut off at every single byte, in three shells (in layout split every third, but for dash). Takes some minutes.
cuts: $(BUILD)/stagecraft
	CUT_STEP=1 BATS_TEST_TIMEOUT=1500 $(RUN) tests/run $(wildcard tests/shell/cut*.bats)
# The tests over a real sshd, with the ssh client of each of Debian's releases. Fetches these, once.
ssh-clients: $(BUILD)/stagecraft; $(RUN) tests/clients/run
# Hostile files and answers, made up by libFuzzer; $FUZZ_SECONDS (60).
fuzz:; tests/fuzz/run.sh
# dotenv files against the readers that people use, 10,000 sets of values. Needs go, node, python3 and their registries.
property: $(BUILD)/tests/property/generate; tests/property/run $(abspath $<)
# Files of kinds that have a published schema, by the validators that people use. Fetches these, once.
schemas: $(BUILD)/stagecraft; $(RUN) tests/schemas/run
# The words of diff against what a shell makes of the scripts, 1,000 pairs of configs.
pairs: $(BUILD)/stagecraft
	mkdir -p $(BUILD)/tests/pairs
	cd $(BUILD)/tests/pairs && perl $(CURDIR)/tests/property/pairs.pl $(abspath $<)
# Real hosts: root, Linux.
e2e: $(BUILD)/stagecraft; $(RUN) tests/e2e/run
# README's two commands on bare Debian 12, 13 and the next one: root, Linux; $RELEASES.
releases:; tests/releases/run
bench: $(BUILD)/stagecraft $(REWORDED)
	$(RUN) tests/bench/run
	$(RUN) tests/bench/review
demo: $(BUILD)/stagecraft; $(RUN) examples/demo/run
# Writes the golden files anew; review the diff.
golden: $(BUILD)/stagecraft; $(RUN) tests/golden.sh write

# ---- care ----
lint:
	$(MAKE) all BUILD=build-gcc CC=gcc CFLAGS='-O2 -Wpedantic -Wno-overlength-strings'
	$(MAKE) all BUILD=build-clang CC=clang CFLAGS='-O2'
	tests/lint
format:; tests/lint format
# docs/errors.md, from the table in runtime/reason.c.
docs: $(BUILD)/tests/test_runtime_reason; $< --write >docs/errors.md
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 $(BUILD)/stagecraft $(DESTDIR)$(PREFIX)/bin/stagecraft
	install -m 644 docs/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/
clean:
	rm -rf build build-*

.PHONY: all test shells tools cuts ssh-clients sanitize tsan fuzz coverage property pairs schemas e2e releases bench demo golden lint format docs install clean

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
