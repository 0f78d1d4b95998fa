/*
 * new.c - the verb new.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/signals.h"
#include "phantom/system.h"

#define DEFAULT_BYTES (64ull << 30)
#define MIN_BYTES     (10ull << 20) /* there is room for the class library, and for a program */
#define MAX_BYTES     (1ull << 52)  /* 40 bits of block numbers */

int
verb_new(const struct invocation *invocation)
{
    const char *path = invocation->arguments[0];
    char size[FORMAT_UNIT_BYTES];
    char word[SAY_WORD_BYTES];
    uint64_t bytes;
    sigset_t before;
    bool made;

    if (!option_size(invocation, "size", MIN_BYTES, MAX_BYTES, DEFAULT_BYTES, &bytes))
        return STATUS_USAGE;
    bytes &= ~(uint64_t)(PLAT_BLOCK_BYTES - 1);
    signals_hold(&before); /* what is there is whole */
    made = system_create(path, &bytes);
    signals_release(&before);
    if (!made)
        return STATUS_TROUBLE;
    say("made %s, which can hold %s; start something in it with: phantom run %s PROGRAM.ph", path,
        format_bytes(size, bytes), say_word(path, word));
    return STATUS_DONE;
}
