/*
 * module_fuzz.c - modules that nobody trusts: listed, loaded, verified, and run if accepted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/crc32c.h"
#include "base/endian.h"
#include "format/module.h"
#include "fuzz/fuzzer.h"
#include "fuzz/program.h"

#define WINDOW_MAX 64

/* Change some bytes in their place, so that all behind them is still read as what it was. */
static void
window_mutate(uint8_t *bytes, size_t byte_count, unsigned seed)
{
    uint8_t window[WINDOW_MAX];
    size_t at = MODULE_HEADER_BYTES + seed % (byte_count - MODULE_HEADER_BYTES);
    size_t count = 1 + seed / 7919 % WINDOW_MAX;

    if (count > byte_count - at)
        count = byte_count - at;
    memcpy(window, bytes + at, count);
    memcpy(bytes + at, window, LLVMFuzzerMutate(window, count, count));
}

/* The length and the checksum, which would keep most changes from the loader. */
static void
header_mend(uint8_t *bytes, size_t byte_count)
{
    struct le32 size = le32_put((uint32_t)byte_count);
    struct le32 crc =
        le32_put(crc32c(bytes + MODULE_HEADER_BYTES, byte_count - MODULE_HEADER_BYTES));

    memcpy(bytes + 8, &size, sizeof size);
    memcpy(bytes + 12, &crc, sizeof crc);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t byte_count, size_t byte_max, unsigned seed)
{
    if (byte_count > MODULE_HEADER_BYTES && seed % 4 != 0)
        window_mutate(bytes, byte_count, seed / 4);
    else
        byte_count = LLVMFuzzerMutate(bytes, byte_count, byte_max);
    if (byte_count > MODULE_HEADER_BYTES && seed % 16 != 1)
        header_mend(bytes, byte_count);
    return byte_count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct buffer listing = { 0 };
    err_t listed = lang_disassemble(bytes, byte_count, &listing);
    err_t loaded = program_try(bytes, byte_count);

    ck_assert(listed == OK || listed == ERR_CORRUPT);
    ck_assert_msg(loaded != OK || listed == OK, "accepted, and cannot be listed");
    buffer_free(&listing);
    return 0;
}
