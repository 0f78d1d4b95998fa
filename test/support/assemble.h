/*
 * assemble.h - modules for tests, written as text.
 *
 * A line is one thing; '#' begins a comment. Names and types are as in
 * format/module.h.
 *
 *     source main.ph                        optional
 *     entry .main                           optional
 *     class .main extends .internal.object public implements .a .b
 *     field count i private static
 *     method add (ii)i static public locals 0 2 stack 0 2 ordinal 8 primitive 7
 *       .line 3
 *       ILOAD 0
 *     again:
 *       ILOAD 1
 *       IFNE again
 *       .catch again end handler .internal.error.null
 *     end
 *
 * Locals and stack, words before raw, are eight of each if nothing is said. What
 * instructions take:
 *
 *     IADD            ICONST -5        DCONST 1.5        IINC 0 -1
 *     WCONST "text"   WCONST class .a  WCONST long 5     (int float double bool char point)
 *     NEW .a          NEWARRAY [i      GETFIELD .a x i   INVOKEVIRTUAL .a f (i)w
 *     INVOKENAME f 2  INVOKENUMBER 8 1 MULTINEWARRAY [[i 2
 *     GOTO label      TABLESWITCH default 0 label label  LOOKUPSWITCH default 5 label 9 label
 *     .byte 1 2 3     anything else, byte by byte
 *
 * In place of what a pool entry is, #7 is the entry 7 itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct assembled {
    uint8_t *bytes;
    size_t count;
};

/*
 * Make a module. A mistake in the text ends the test with its line. The bytes
 * are the caller's, for assemble_free.
 */
struct assembled assemble(const char *text);

void assemble_free(struct assembled *module);

/* Make length and checksum of the module's header right again after a change. */
void assemble_seal(struct assembled *module);

/* A class library of the least that the loader asks for, and a few classes to play with. */
extern const char assemble_library[];
