/*
 * crc32c.h - the checksum of every block: CRC-32C (Castagnoli), as in iSCSI
 * (RFC 3720, appendix B.4) and ext4. Finds every damage of up to 32 bits in a row.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The checksum of `byte_count` bytes. */
uint32_t crc32c(const void *bytes, size_t byte_count);

/* Go on from `crc`, the checksum of the bytes before these; 0 at the start. */
uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t byte_count);

/*
 * Copy a page of 4096 bytes in one pass with its checksum.
 *
 *   to, from  4096 bytes each, aligned to 8
 *   zero      filled: true if every byte is zero
 *
 * Reads each byte of `from` once, so that what was copied is what was summed
 * even if somebody writes to `from` meanwhile.
 */
uint32_t crc32c_copy_page(void *to, const void *from, bool *zero);
