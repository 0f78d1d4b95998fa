# Phantom: one Makefile for the whole house, read from top to bottom.
#
# It is not recursive: one make sees every file. Sources are found by wildcard, so a new file
# needs no line here. Each configuration of config.mk is built into a folder of its own below
# build/, by the same few rules; the release programs are also build/phantom and build/sim.
#
#   make            build/phantom, the command, and build/sim, the simulator
#   make help       everything else
#
# SPDX-License-Identifier: LGPL-2.1-or-later

SHELL         := /bin/sh
MAKEFLAGS     += --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

include config.mk
-include config.local.mk

# Two things at a time, unless somebody says otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j2
endif

# Everything that is made goes below B; `make B=elsewhere` keeps two builds apart.
B ?= build

export B
export PYTHONDONTWRITEBYTECODE := 1

# `make V=1` shows the commands; otherwise each is one short line.
ifeq ($(V),1)
Q   :=
say := @:
else
Q   := @
say := @printf '  %-8s %s\n'
endif

# ---------------------------------------------------------------------------------------------
# Set-up. scripts/setup knows which Debian packages each kind of work needs; when all are there
# it says nothing and takes some 20 ms. `make SETUP=no` skips it.

GOALS      := $(or $(MAKECMDGOALS),all)
TEST_GOALS := test% torture unit%
FUZZ_GOALS := fuzz% test-fuzz
LINT_GOALS := lint% format
BOOT_GOALS := boot gdb test test-boot test-boot-long torture bench-boot soak
NEEDS      := $(if $(filter-out help clean uninstall $(LINT_GOALS),$(GOALS)),build) \
              $(if $(filter $(TEST_GOALS) $(FUZZ_GOALS) lint%,$(GOALS)),test) \
              $(if $(filter $(FUZZ_GOALS),$(GOALS)),fuzz) \
              $(if $(filter $(LINT_GOALS) test test-lint,$(GOALS)),lint) \
              $(if $(filter $(BOOT_GOALS),$(GOALS)),boot) \
              $(if $(filter bench-store,$(GOALS)),bench) \
              $(if $(filter bench-lang,$(GOALS)),lang)
ifneq ($(SETUP),no)
ifneq ($(strip $(NEEDS)),)
SETUP_STATUS := $(shell scripts/setup $(NEEDS) >&2; echo $$?)
ifneq ($(SETUP_STATUS),0)
$(error packages are missing; see above)
endif
endif
endif

# ---------------------------------------------------------------------------------------------
# What there is.

CORE_SOURCES    := $(wildcard core/*/*.c)
LINUX_SOURCES   := $(wildcard hosted/linux/*.c)
SIM_SOURCES     := $(wildcard hosted/sim/*.c)
PHANTOM_SOURCES := $(wildcard tools/phantom/*.c)
LIBRARY_SOURCES := $(wildcard tools/library/*.c)
BENCH_SOURCES   := $(wildcard bench/*.c bench/linux/*.c)
SUPPORT_SOURCES := $(wildcard test/support/*.c)
UNIT_SOURCES    := $(wildcard test/unit/*/*_test.c)
FUZZ_SOURCES    := $(wildcard test/fuzz/*.c test/fuzz/*/*.c)
KERNEL_SOURCES  := $(wildcard kernel/*.c kernel/*/*.c kernel/*/*/*.c)
KERNEL_ASSEMBLY := $(wildcard kernel/*/*.S kernel/*/*/*.S)
BARE_SOURCES    := $(wildcard bench/bare/*.c)
BARE_METAL      := $(KERNEL_SOURCES) $(BARE_SOURCES)

# The parts of the kernel that touch no machine by themselves, so that unit tests can link them.
KERNEL_PURE     := $(wildcard $(addprefix kernel/,dev/acpi_tables.c dev/block.c dev/rtc_date.c \
                     dev/virtio_blk.c dev/virtio_ring.c console/character.c console/line_editor.c \
                     mm/area.c mm/frame.c mm/slab.c))
CLASSES         := $(sort $(wildcard classes/*.ph classes/*/*.ph classes/*/*/*.ph))
EXAMPLES        := $(sort $(wildcard examples/*.ph bench/lang/programs/*.ph))
SOURCES         := $(CLASSES) $(EXAMPLES) $(sort $(wildcard test/library/*.ph test/library/*/*.ph) \
                     $(filter-out %/original.ph,$(wildcard test/programs/*.ph)))

ALL_SOURCES := $(CORE_SOURCES) $(LINUX_SOURCES) $(SIM_SOURCES) $(PHANTOM_SOURCES) $(LIBRARY_SOURCES) \
               $(BENCH_SOURCES) $(SUPPORT_SOURCES) $(UNIT_SOURCES) $(FUZZ_SOURCES) \
               $(BARE_METAL)
ALL_HEADERS := $(wildcard core/*/*.h hosted/*/*.h tools/*/*.h test/support/*.h \
                 test/fuzz/*.h test/fuzz/*/*.h bench/*.h bench/*/*.h \
                 kernel/*/*.h kernel/*/*/*.h)

TEXTS       := $(sort $(ALL_SOURCES) $(ALL_HEADERS))

# The words of `git describe`, for --version. A tree without git has a version too.
VERSION := $(or $(shell git describe --always --dirty --tags 2>/dev/null),unknown)

# Quoted includes start at these folders. They are -iquote and not -I: <linux/futex.h> must find
# the kernel's header, never a file of hosted/linux.
INCLUDES_core    := -iquote core
INCLUDES_hosted  := -iquote core -iquote hosted
INCLUDES_tools   := -iquote core -iquote hosted -iquote tools -include $B/version.h
INCLUDES_test    := -iquote core -iquote hosted -iquote tools -iquote test -iquote kernel
INCLUDES_bench   := $(INCLUDES_tools) -iquote bench -iquote kernel
INCLUDES_kernel  := -iquote core -iquote kernel -iquote hosted -include $B/version.h

# Arithmetic must be the same on every machine, so the core's math comes from musl's static
# library, not from the machine's own. scripts/math.txt lists the functions.
MUSL_LIBC ?= $(firstword $(wildcard /usr/lib/*-linux-musl/libc.a /usr/lib/musl/lib/libc.a))
MATH      := $B/math.o

# io_uring's library, linked statically: what is installed needs the C library only.
URING     := -l:liburing.a

# ---------------------------------------------------------------------------------------------
# The rules of one configuration, written once: $1 is its name. What lands in build/$1/:
#
#   core.a      all of core/ and musl's math
#   linux.a     the machine as a Linux process, and the class library as data
#   sim.a       the machine as a simulation, without its main(), on the Linux machine's pages
#   phantom sim bench       programs
#   test/FOLDER/NAME_test   unit tests, each a program
#   flags       the compiler's command lines; a change of them builds everything anew

cc_asan := $(SANITIZER_CC)
cc_tsan := $(SANITIZER_CC)
cc_fuzz := $(FUZZ_CC)
cc      = $(or $(cc_$1),$(CC))
cflags  = $(BASE_CFLAGS) $(WARNINGS) $(CFLAGS_$1) $(CFLAGS)
unit_cflags = $(UNIT_CFLAGS) $(CFLAGS)
objects = $(patsubst %.c,$B/$1/%.o,$2)
embedded = $B/$1/embed/classes.o $B/$1/embed/library.o
libs    = $B/$1/linux.a $B/$1/core.a
link    = $(call cc,$1) $(cflags) -pthread $(LDFLAGS)

# What each unit test is linked with; test/support/mark_point.c says why the wrap.
CHECK   := -Wl,--wrap=_mark_point -lcheck -lsubunit -lm -lrt

define configuration

CORE_$1 := $(call objects,$1,$(CORE_SOURCES))
UNIT_$1 := $(patsubst test/unit/%.c,$B/$1/test/%,$(UNIT_SOURCES))

$B/$1/core/%.o: core/%.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(call cc,$1) $(cflags) $(CORE_CFLAGS) $(INCLUDES_core) -MMD -MP -c $$< -o $$@

$B/$1/core/vm/interp.o: core/vm/interp.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(or $(cc_$1),$(INTERP_CC) $(INTERP_CFLAGS)) $(cflags) \
	    $(CORE_CFLAGS) $(INCLUDES_core) -MMD -MP -c $$< -o $$@

$B/$1/hosted/%.o: hosted/%.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(call cc,$1) $(cflags) $(HOSTED_CFLAGS) $(INCLUDES_hosted) -MMD -MP -c $$< -o $$@

$B/$1/tools/%.o: tools/%.c $B/$1/flags $B/version.h
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(call cc,$1) $(cflags) $(HOSTED_CFLAGS) $(INCLUDES_tools) -MMD -MP -c $$< -o $$@

$B/$1/bench/%.o: bench/%.c $B/$1/flags $B/version.h
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(call cc,$1) $(cflags) $(HOSTED_CFLAGS) $(INCLUDES_bench) -MMD -MP -c $$< -o $$@

$B/$1/test/%.o: test/%.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(call cc,$1) $(cflags) $(HOSTED_CFLAGS) $$(if $$(filter test/unit/%,$$<),$$(unit_cflags)) \
	    $(INCLUDES_test) -MMD -MP -c $$< -o $$@

$B/$1/kernel/%.o: kernel/%.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(call cc,$1) $(cflags) $(HOSTED_CFLAGS) -iquote core -iquote kernel -MMD -MP -c $$< -o $$@

$B/$1/embed/%.o: $B/embed/%.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(call cc,$1) $(cflags) $(INCLUDES_hosted) -c $$< -o $$@

$B/$1/core.a: $$(CORE_$1) $(MATH) $B/sources
$B/$1/linux.a: $(call objects,$1,$(LINUX_SOURCES)) $(embedded) $B/sources
$B/$1/support.a: $(call objects,$1,$(SUPPORT_SOURCES) $(KERNEL_PURE)) $B/sources
$B/$1/sim.a: $(call objects,$1,$(filter-out %/main.c,$(SIM_SOURCES)) hosted/linux/space.c) \
    $(embedded) $B/sources

$B/$1/phantom: $(call objects,$1,$(PHANTOM_SOURCES)) $(libs)
	$(say) LINK $$@
	$(Q)$(link) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $(libs) -Wl,--end-group $(URING)

$B/$1/sim: $(call objects,$1,$(filter %/main.c,$(SIM_SOURCES))) $B/$1/sim.a $B/$1/core.a
	$(say) LINK $$@
	$(Q)$(link) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $B/$1/sim.a $B/$1/core.a \
	    -Wl,--end-group

$B/$1/bench/bench: $(call objects,$1,$(BENCH_SOURCES)) $(libs)
	$(say) LINK $$@
	$(Q)$(link) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $(libs) -Wl,--end-group $(URING) -lm

$$(filter-out $B/$1/test/sim/%,$$(UNIT_$1)): $B/$1/test/%: $B/$1/test/unit/%.o \
    $B/$1/support.a $(libs)
	@mkdir -p $$(@D)
	$(say) LINK $$@
	$(Q)$(link) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $B/$1/support.a $(libs) \
	    -Wl,--end-group $(URING) $(CHECK)

$$(filter $B/$1/test/sim/%,$$(UNIT_$1)): $B/$1/test/%: $B/$1/test/unit/%.o \
    $B/$1/support.a $B/$1/sim.a $B/$1/core.a
	@mkdir -p $$(@D)
	$(say) LINK $$@
	$(Q)$(link) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $B/$1/support.a $B/$1/sim.a $B/$1/core.a \
	    -Wl,--end-group $(CHECK)

$B/$1/flags: always
	@scripts/stamp $$@ '$(call cc,$1) $(INTERP_CC) $(INTERP_CFLAGS) $(cflags) $(CORE_CFLAGS)' \
	    '$(HOSTED_CFLAGS) $(UNIT_CFLAGS) $(LDFLAGS)'

-include $(patsubst %.o,%.d,$(call objects,$1,$(filter-out $(BARE_METAL),$(ALL_SOURCES)) $(KERNEL_PURE)))

.PHONY: unit-$1
unit-$1: $$(UNIT_$1)
endef

$(foreach name,$(CONFIGS),$(eval $(call configuration,$(name))))

# ---------------------------------------------------------------------------------------------
# The fuzzers: test/fuzz/FOLDER/NAME_fuzz.c is the program build/fuzz/NAME. What several of them
# need, and the command without its main(), is linked to each.

FUZZERS := $(patsubst %_fuzz.c,%,$(notdir $(filter %_fuzz.c,$(FUZZ_SOURCES))))

$B/fuzz/shared.a: $(call objects,fuzz,$(filter-out %_fuzz.c,$(FUZZ_SOURCES)) \
    $(filter-out %/main.c,$(PHANTOM_SOURCES))) $B/sources

define fuzzer
$B/fuzz/$1: $(call objects,fuzz,$(filter %/$1_fuzz.c,$(FUZZ_SOURCES))) $B/fuzz/shared.a \
    $B/fuzz/support.a $B/fuzz/linux.a $B/fuzz/core.a
	$(say) LINK $$@
	$(Q)$$(call link_fuzz,fuzz) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) \
	    -Wl,--end-group $(URING)
endef

link_fuzz = $(link) -fsanitize=fuzzer
$(foreach name,$(FUZZERS),$(eval $(call fuzzer,$(name))))

# ---------------------------------------------------------------------------------------------
# The bare-metal machine: the core of one configuration, byte for byte what the Linux machine links,
# and kernel/ around it. $1 is the name of its folder, $2 the configuration of the core. It is linked
# twice: the second time with the names of its functions, for the backtrace of a panic.

kernel_cc     = $(CC) $(BASE_CFLAGS) $(WARNINGS) $(CFLAGS_$1) $(CFLAGS) $(KERNEL_CFLAGS)
kernel_link   = ld $(KERNEL_LDFLAGS) -T kernel/phantom.ld --whole-archive $(filter %.o %kernel.a,$^) \
                --no-whole-archive $(filter %core.a,$^)
kernel_object = $(patsubst %.S,$B/$1/%.o,$(patsubst %.c,$B/$1/%.o,$2))

define kernel

$B/$1/kernel/%.o: kernel/%.c $B/$1/flags $B/version.h
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(kernel_cc) $(INCLUDES_kernel) -MMD -MP -c $$< -o $$@

$B/$1/kernel/%.o: kernel/%.S $B/$1/flags
	@mkdir -p $$(@D)
	$(say) AS $$@
	$(Q)$(CC) -g -iquote kernel -MMD -MP -c $$< -o $$@

$B/$1/bench/%.o: bench/%.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(kernel_cc) $(INCLUDES_kernel) -iquote bench -MMD -MP -c $$< -o $$@

$B/$1/kernel.a: $(call kernel_object,$1,$(KERNEL_SOURCES) $(KERNEL_ASSEMBLY)) $B/sources

$B/$1/embed/classes.o: $B/embed/classes.c $B/$1/flags
	@mkdir -p $$(@D)
	$(say) CC $$@
	$(Q)$(kernel_cc) $(INCLUDES_hosted) -c $$< -o $$@

$B/$1/phantom.elf: $B/$1/kernel.a $B/$1/embed/classes.o $B/$2/core.a

$B/$1/%.elf: kernel/phantom.ld scripts/kernel-symbols
	$(say) LINK $$@
	$(Q)$$(kernel_link) $$(KERNEL_WRAP) -o $$@.1
	$(Q)scripts/kernel-symbols $$@.1 | $(CC) -x assembler -c - -o $$@.o
	$(Q)$$(kernel_link) $$(KERNEL_WRAP) $$@.o -o $$@

$B/$1/flags: always
	@scripts/stamp $$@ '$(kernel_cc)'

-include $(patsubst %.o,%.d,$(call kernel_object,$1,$(KERNEL_SOURCES) $(KERNEL_ASSEMBLY)))
endef

$(eval $(call kernel,kernel,release))
$(eval $(call kernel,kernel-checked,checked))

# The kernel that measures: the objects of the one that people run, but for what it does when all
# is up, which is the benchmarks. bench/bare/restart.c says why the wrap.
BENCH_OBJECTS := $(call kernel_object,kernel,$(filter-out kernel/system.c,$(KERNEL_SOURCES)) \
                   $(KERNEL_ASSEMBLY) $(filter-out bench/linux/%,$(BENCH_SOURCES)) $(BARE_SOURCES))
$B/kernel/bench.elf: $(BENCH_OBJECTS) $B/kernel/embed/classes.o $B/release/core.a $B/sources
$B/kernel/bench.elf: KERNEL_WRAP := --wrap=prim_snapshot_generation
-include $(patsubst %.o,%.d,$(BENCH_OBJECTS))

# An archive is made anew, also when only the list of sources has changed: the object of a
# deleted source does not live on in it.
$B/sources: always
	@scripts/stamp $@ $(sort $(ALL_SOURCES) $(KERNEL_ASSEMBLY))

$B/%.a:
	$(say) AR $@
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)

$(MATH): scripts/math.txt scripts/link-math $(MUSL_LIBC)
	@mkdir -p $(@D)
	$(say) MATH $@
	$(Q)scripts/link-math $(MUSL_LIBC) scripts/math.txt $@

$B/embed/classes.c: scripts/embed-classes $B/embed/list $(CLASSES)
	$(say) EMBED $@
	$(Q)scripts/embed-classes classes $(CLASSES) > $@

# The library is compiled once, by a program of the release configuration.
$B/release/library: $(call objects,release,$(LIBRARY_SOURCES) $(LINUX_SOURCES)) $B/release/embed/classes.o \
    $B/release/core.a
	$(say) LINK $@
	$(Q)$(call link,release) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(URING)

$B/embed/library.c: $B/release/library
	$(say) COMPILE $@
	$(Q)$< > $@

$B/embed/list: always
	@scripts/stamp $@ $(CLASSES)

$B/version.h: always
	@scripts/stamp $@ '#define PHANTOM_VERSION "$(VERSION)"'

.PHONY: always
.SECONDARY:

# ---------------------------------------------------------------------------------------------
# The programs of the release configuration have the short names.

##@ Building

.PHONY: all run
all: $B/phantom $B/sim  ## build the command and the simulator (the default)

$B/phantom $B/sim: $B/%: $B/release/%
	$(say) COPY $@
	$(Q)cp $< $@.new && mv $@.new $@

run: $B/phantom  ## a prompt in ./demo.phantom; what is defined there goes on from run to run
	@scripts/demo run

.PHONY: kernel boot gdb
kernel: $B/kernel/phantom.elf  ## build the kernel of the bare machine

boot: $B/phantom $B/kernel/phantom.elf  ## the same prompt on bare metal, in QEMU; the same ./demo.phantom
	@scripts/demo boot

gdb: $B/kernel/phantom.elf  ## debug the machine that make boot has started
	gdb -q $B/kernel/phantom.elf -x kernel/gdb/phantom.py -ex 'target remote $B/gdb.socket'

# ---------------------------------------------------------------------------------------------
# Tests. scripts/run-tests runs suites, several programs at a time, shows the output of what failed, and
# ends with one line, `N passed, N failed`. test/README.md says what a suite is.

##@ Testing

# Many small programs come last: while a long one ends there is something else to do.
SUITES := unit lint examples cli damage strict idle sim kills fire boot asan tsan checked

# The fuzzers are built by another compiler, which alone takes a minute: .ci/run has them, too.
SUITES_ASIDE := fuzz
SUITES_ALL   := $(SUITES) $(SUITES_ASIDE)

.PHONY: test unit torture bench $(SUITES_ALL:%=test-%)
unit: unit-release  ## build the unit tests only

test: $(SUITES:%=needs-%)  ## everything that must hold before a change lands (10 minutes)
	$(Q)scripts/run-tests $(SUITES)

$(SUITES_ALL:%=test-%): test-%: needs-%  ## one suite; ONLY=word picks the programs with that word
	$(Q)scripts/run-tests $(if $(ONLY),--only $(ONLY)) $*

# What each suite needs to have built.
.PHONY: $(SUITES_ALL:%=needs-%)
needs-unit: unit-release
needs-checked: unit-checked $B/checked/phantom
needs-asan: unit-asan $B/asan/phantom
ifneq ($(filter test test-tsan needs-tsan,$(GOALS)),)
needs-tsan: $(shell B=$B scripts/run-tests --list tsan) $B/tsan/phantom
endif
needs-sim: $B/sim
needs-fuzz: $(FUZZERS:%=$B/fuzz/%) $B/phantom
needs-lint: $B/phantom
needs-boot: $B/phantom $B/kernel/phantom.elf $B/kernel-checked/phantom.elf
needs-examples needs-cli needs-damage needs-strict needs-idle needs-kills needs-fire: $B/phantom

.PHONY: test-boot-long
test-boot-long: needs-boot  ## 50 hops, 200 cuts of a booted machine, 2,000 disks after a power cut (20 minutes)
	$(Q)test/hop_test.py --moves 50
	$(Q)test/hop_test.py --bare --moves 200 --check 10
	$(Q)test/powercut_test.py --images 2000 --seconds 20

.PHONY: soak bench-boot bench-compile bench-lang bench-store
soak: $B/phantom $B/kernel/phantom.elf  ## an hour of stress on a booted machine; it neither stalls nor grows
	$(Q)test/soak.py

# Each goes on from the corpus it has in build/fuzz/corpus.
FUZZ_SECONDS ?= 300

.PHONY: fuzz $(FUZZERS:%=fuzz-%)
fuzz: needs-fuzz  ## every fuzzer for FUZZ_SECONDS, two at a time; fuzz-NAME runs one
	$(Q)scripts/fuzz --seconds $(FUZZ_SECONDS)

$(FUZZERS:%=fuzz-%): fuzz-%: $B/fuzz/% $B/phantom
	$(Q)scripts/fuzz --seconds $(FUZZ_SECONDS) $*

torture: $B/phantom $B/sim $B/checked/phantom $B/kernel/phantom.elf  ## the long versions; go on where they stopped
	$(Q)test/torture.py

bench: $B/phantom $B/release/bench/bench  ## medians, p99 and maxima against their targets
	$(Q)bench/run

bench-store: $B/phantom $B/release/bench/bench  ## what the store can do at its best: larger sizes, harder targets, and Redis (35 minutes)
	$(Q)bench/run --store

bench-compile: $B/phantom  ## how fast the compiler is, beside gcc and Python
	$(Q)bench/compile

bench-lang: $B/phantom  ## known programs beside Lua, Python and Java; calls and threads beside Go and Erlang (10 minutes)
	$(Q)bench/lang/run

bench-boot: $B/phantom $B/kernel/phantom.elf $B/kernel/bench.elf  ## the bare machine: boot against Linux, the rest against its disk
	$(Q)bench/boot

# ---------------------------------------------------------------------------------------------
# Lint: everything about a text that a machine can judge. A check says nothing when all is well, and
# test/lint_test.py proves that each of them can fail.

##@ Looking after the text

LINTS := format sources files docs classes layers headers symbols kernel warnings names cppcheck

.PHONY: lint format docs $(LINTS:%=lint-%)
lint: $(LINTS:%=lint-%)  ## every check; lint-NAME runs one
	@echo 'lint: all $(words $(LINTS)) checks passed ($(LINTS))'

lint-format:
	$(say) LINT 'layout'
	$(Q)clang-format --dry-run -Werror $(TEXTS)

# The command that judges them may be another one, such as that of a tree which builds.
PHANTOM ?= $B/phantom

lint-sources: $(if $(strip $(SOURCES)),$(filter $B/phantom,$(PHANTOM)))
	$(say) LINT 'sources'
	$(Q)$(PHANTOM) fmt --check $(SOURCES)
	$(Q)$(PHANTOM) lint $(CLASSES) $(EXAMPLES)

lint-files:
	$(say) LINT 'files as a whole'
	$(Q)scripts/lint-files

lint-docs:
	$(say) LINT 'what the pages name'
	$(Q)scripts/lint-docs

lint-classes:
	$(say) LINT 'comments of the class library'
	$(Q)scripts/class-docs --check

lint-layers:
	$(say) LINT 'layers'
	$(Q)scripts/lint-layers

lint-symbols: $(CORE_checked)
	$(say) LINT 'symbols of the core'
	$(Q)scripts/lint-symbols $B/checked

lint-kernel: $B/kernel/phantom.elf $B/kernel-checked/phantom.elf $B/kernel/bench.elf
	$(say) LINT 'the kernel as linked'
	$(Q)scripts/lint-kernel $^

# The rest reads one file at a time and takes a while, so what was found good is remembered until
# the file, or a header that it includes, changes: the object file knows which these are.
lint-headers: $(ALL_HEADERS:%.h=$B/lint/%.header)
lint-warnings: $(ALL_SOURCES:%.c=$B/lint/%.warnings)
lint-names: $(ALL_SOURCES:%.c=$B/lint/%.names)

$B/lint/%.header: %.h $(ALL_HEADERS) scripts/lint-headers
	@mkdir -p $(@D)
	$(say) HEADER $<
	$(Q)scripts/lint-headers $< && touch $@

# A file of the kernel is known by the object file that the kernel links.
$(BARE_METAL:%.c=$B/lint/%.warnings): $B/lint/%.warnings: $B/kernel/%.o
$(BARE_METAL:%.c=$B/lint/%.names): $B/lint/%.names: $B/kernel/%.o
$(patsubst %.c,$B/lint/%.warnings,$(filter-out $(BARE_METAL),$(ALL_SOURCES))): \
    $B/lint/%.warnings: $B/release/%.o
$(patsubst %.c,$B/lint/%.names,$(filter-out $(BARE_METAL),$(ALL_SOURCES))): \
    $B/lint/%.names: $B/release/%.o

# What gcc warns of may take its optimiser to see; clang has seen all before it optimises.
warnings_flags = $(BASE_CFLAGS) $(WARNINGS) $(lint_flags) $(if $(filter test/unit/%,$<),$(UNIT_CFLAGS)) \
                 -Werror -o /dev/null

$B/lint/%.warnings: %.c
	@mkdir -p $(@D)
	$(say) WARNINGS $<
	$(Q)gcc $(warnings_flags) -g0 -c $<
	$(Q)clang $(warnings_flags) -g0 -O0 -c $<
	$(Q)touch $@

$B/lint/%.names: %.c .clang-tidy
	@mkdir -p $(@D)
	$(say) NAMES $<
	$(Q)clang-tidy --quiet $< -- $(BASE_CFLAGS) $(lint_flags) 2> $@.log || { cat $@.log; exit 1; }
	$(Q)touch $@

lint_flags = $(if $(filter core/%,$<),$(CORE_CFLAGS), \
                $(if $(filter $(BARE_METAL),$<),$(KERNEL_CFLAGS),$(HOSTED_CFLAGS))) \
             $(INCLUDES_$(firstword $(subst /, ,$<)))

lint-cppcheck:
	$(say) LINT 'cppcheck'
	@mkdir -p $B/lint/cppcheck
	$(Q)cppcheck --quiet -j2 --cppcheck-build-dir=$B/lint/cppcheck --error-exitcode=1 --std=c11 \
	    --enable=warning,performance,portability --inline-suppr \
	    --suppressions-list=scripts/cppcheck.txt \
	    -I core -I hosted -I tools -I test -I kernel $(filter-out test/%,$(ALL_SOURCES))

format: $B/phantom  ## lay out every C file as .clang-format says, every .ph file as phantom fmt does
	$(Q)clang-format -i $(TEXTS)
	$(Q)$B/phantom fmt $(SOURCES)

docs:  ## make docs/CLASSES.md from the comments of the class library
	$(say) DOCS docs/CLASSES.md
	@mkdir -p $B docs
	$(Q)scripts/class-docs > $B/classes.md && mv $B/classes.md docs/CLASSES.md

# ---------------------------------------------------------------------------------------------
# Installing. The command prints its own manual page and its completion, from its table of verbs.

##@ Installing

VIM_FILES  := $(patsubst editors/vim/%,%,$(wildcard editors/vim/*/*.vim))
CODE_FILES := $(patsubst editors/vscode/%,%,$(wildcard editors/vscode/*.json editors/vscode/*/*.json))

.PHONY: install uninstall clean help
install: $B/phantom $B/kernel/phantom.elf  ## into $(DESTDIR)$(PREFIX)
	install -D -m 755 $B/phantom $(DESTDIR)$(PREFIX)/bin/phantom
	install -D -m 644 $B/kernel/phantom.elf $(DESTDIR)$(PREFIX)/lib/phantom/phantom.elf
	$B/phantom --man > $B/phantom.1
	install -D -m 644 $B/phantom.1 $(DESTDIR)$(PREFIX)/share/man/man1/phantom.1
	$B/phantom --completion > $B/phantom.completion
	install -D -m 644 $B/phantom.completion \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/phantom
	for file in $(VIM_FILES); do \
	    install -D -m 644 editors/vim/$$file $(DESTDIR)$(PREFIX)/share/vim/vimfiles/$$file || exit 1; done
	for file in $(CODE_FILES); do \
	    install -D -m 644 editors/vscode/$$file $(DESTDIR)$(PREFIX)/share/phantom/vscode/$$file || exit 1; done

uninstall:  ## take away what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/phantom $(DESTDIR)$(PREFIX)/lib/phantom/phantom.elf \
	    $(DESTDIR)$(PREFIX)/share/man/man1/phantom.1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/phantom \
	    $(VIM_FILES:%=$(DESTDIR)$(PREFIX)/share/vim/vimfiles/%) \
	    $(CODE_FILES:%=$(DESTDIR)$(PREFIX)/share/phantom/vscode/%)

clean:  ## remove build/
	rm -rf $B

help:  ## this list
	@awk -F ':.*  ## ' '/^##@/ { print "\n" substr($$0, 5) } \
	    /^[a-z][^=]*:.*  ## / { printf "  %-12s %s\n", $$1, $$2 } \
	    /^\$$\(SUITES_ALL:%=test-%\)/ { printf "  %-12s %s\n", "test-SUITE", $$2 }' Makefile
	@echo; echo 'Suites: $(SUITES_ALL)'
	@echo 'Configurations ($B/NAME/phantom): $(CONFIGS)'
