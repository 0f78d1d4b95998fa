/*
 * machine.c - the machine as a whole: its end, its log, its clocks, its entropy.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"

#include "arch/amd64/panic.h"
#define LOG_MODULE "machine"
#include "base/log.h"
#include "base/memory.h"
#include "console/console.h"
#include "dev/entropy.h"
#include "irq/clock.h"
#include "plat/machine_log.h"

enum log_level machine_log_level = LOG_INFO;

static const char *const level_names[] = {
    [LOG_ERROR] = "phantom: error: ",
    [LOG_WARN] = "phantom: warning: ",
    [LOG_INFO] = "phantom: ",
    [LOG_DEBUG] = "phantom: debug: ",
};

void
plat_panic(const char *text)
{
    kernel_panic(text);
}

void
plat_halt(const char *text)
{
    kernel_halt(text);
}

void
plat_log(enum log_level level, const char *line, size_t bytes)
{
    char text[LOG_LINE_BYTES + 32];
    size_t prefix = text_length(level_names[level]);

    if (level > machine_log_level)
        return;
    if (bytes > sizeof text - prefix)
        bytes = sizeof text - prefix;
    memcpy(text, level_names[level], prefix);
    memcpy(text + prefix, line, bytes);
    console_line(text, prefix + bytes);
}

uint64_t
plat_monotonic_ns(void)
{
    return clock_ns();
}

uint64_t
plat_wall_ns(void)
{
    return clock_wall_ns();
}

void
plat_entropy(void *buffer, size_t bytes)
{
    entropy_fill(buffer, bytes);
}
