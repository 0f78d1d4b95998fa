# config.mk - what a person may want to change. Every line can also be set on the command line
# (`make CC=clang`), or in a config.local.mk beside this file, which git does not see.

# --- where `make install` puts things ------------------------------------------------------------
PREFIX  ?= /usr/local
DESTDIR ?=

# --- compilers -----------------------------------------------------------------------------------
# The release and checked builds use CC. The interpreter's dispatch loop is one file, and which
# compiler makes the fastest loop of it is a matter of measurement (docs/notes/), so it has a
# variable of its own. The sanitizer builds use one compiler for everything.
ifneq ($(filter default undefined,$(origin CC)),)
CC := gcc
endif
#
# gcc stops copying the dispatch to the end of each handler when the dispatch is longer than 8
# instructions, and the loop is then 1.5 times slower: docs/notes/001-interpreter-spike.md.
INTERP_CC     ?= $(CC)
INTERP_CFLAGS ?= $(if $(findstring clang,$(INTERP_CC)),,--param=max-goto-duplication-insns=64) \
                 -fomit-frame-pointer -fno-tree-vectorize
SANITIZER_CC  ?= gcc

# The fuzzers want clang: libFuzzer is a part of it.
FUZZ_CC       ?= clang

# --- flags for everybody -------------------------------------------------------------------------
# -fwrapv                Java's and Phantom's integers wrap, and so does the C that implements them.
# -fno-strict-aliasing   a word of the space has many types in its life.
# -ffp-contract=off      a fused multiply-add rounds once, not twice: arithmetic must not depend on
#                        the processor a volume wakes up on.
BASE_CFLAGS := -std=gnu17 -g -O2 -fwrapv -fno-strict-aliasing -ffp-contract=off -fno-math-errno \
               -fno-omit-frame-pointer -fno-common
WARNINGS    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef

# The core sees no header of a C library, and no name of one means anything in it. Every block is
# summed with CRC-32C, for which x86 has an instruction since 2009: without it checksums were 40 % of
# the simulator's time. Neighbouring fields are not loaded as one vector: the interpreter has just stored
# them one by one, and a load that spans two stores waits until both are in the cache, which was half of
# what a call of a primitive costs.
CORE_CFLAGS   := -ffreestanding -fno-tree-slp-vectorize $(if $(findstring x86_64,$(shell uname -m)),-march=x86-64-v2)
HOSTED_CFLAGS := -D_GNU_SOURCE -pthread

# A unit test is compiled for each configuration and runs for a moment: what optimises it costs more
# than it brings. What its loops are in, test/support and the core, is compiled like the rest.
UNIT_CFLAGS   := -O1

# The bare-metal machine. Interrupts come on stacks of their own, so the core keeps its red zone and
# its SSE registers; the kernel itself touches neither, so an interrupt saves no SSE register. It is
# linked below 2 GiB, where it is loaded.
KERNEL_CFLAGS  := -ffreestanding -march=x86-64-v2 -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
                  -fno-stack-protector -fno-asynchronous-unwind-tables
KERNEL_LDFLAGS := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none

# --- what each configuration adds ----------------------------------------------------------------
# release   what people run; `assert` is on, as in every build.
# checked   the slow checks too: assert_slow, lock ranks, a nursery that moves at each safepoint.
# asan      AddressSanitizer and UndefinedBehaviorSanitizer. -g1, here and for tsan: their reports
#           name functions and lines, and no variables.
# tsan      ThreadSanitizer, which owns most of the address room: the space moves and shrinks, so
#           its volumes are its own (the superblock says so and is checked).
# fuzz      what asan looks for, and coverage, by which libFuzzer finds its way (test/fuzz).
CONFIGS := release checked asan tsan fuzz

CFLAGS_release :=
CFLAGS_checked := -DCHECKED=1
CFLAGS_asan    := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_tsan    := -O1 -g1 -fsanitize=thread -Wno-tsan -DSPACE_BASE=0x1000000000ull -DSPACE_BYTES=0x4000000000ull
CFLAGS_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

# The bare-metal machine comes in two: kernel links the core of release, kernel-checked that of
# checked, and looks for undefined behaviour in itself (the core's is looked for by asan).
CFLAGS_kernel         :=
CFLAGS_kernel-checked := -DCHECKED=1 -fsanitize=undefined
