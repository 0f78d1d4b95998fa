/*
 * format_unit.c - durations and sizes for people.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"

#define NS_PER_S   1000000000u
#define UNIT_LAST  4u
#define UNIT_SHIFT 10u

const char *
format_duration(char buffer[FORMAT_UNIT_BYTES], uint64_t ns)
{
    static const struct {
        uint64_t below, divisor;
        const char *unit;
    } steps[] = {
        { NS_PER_S, 1000000, "ms" },
        { 120ull * NS_PER_S, NS_PER_S, "s" },
        { 7200ull * NS_PER_S, 60ull * NS_PER_S, "min" },
        { 172800ull * NS_PER_S, 3600ull * NS_PER_S, "h" },
        { UINT64_MAX, 86400ull * NS_PER_S, "days" },
    };
    unsigned step = 0;

    while (ns >= steps[step].below && step + 1 < sizeof steps / sizeof steps[0])
        step++;
    format(buffer, FORMAT_UNIT_BYTES, "%" PRIu64 " %s", ns / steps[step].divisor, steps[step].unit);
    return buffer;
}

const char *
format_bytes(char buffer[FORMAT_UNIT_BYTES], uint64_t bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    unsigned unit = 0;
    uint64_t one = 1, whole, tenths;

    while (bytes / one >= 1u << UNIT_SHIFT && unit < UNIT_LAST) {
        one <<= UNIT_SHIFT;
        unit++;
    }
    whole = bytes / one;
    tenths = (bytes % one * 10 + one / 2) / one;
    if (unit == 0)
        format(buffer, FORMAT_UNIT_BYTES, "%" PRIu64 " B", bytes);
    else
        format(buffer, FORMAT_UNIT_BYTES, "%" PRIu64 ".%" PRIu64 " %s", whole + tenths / 10,
               tenths % 10, units[unit]);
    return buffer;
}
