/*
 * machine.c - the end, the log, the clocks and the entropy of a Linux process.
 *
 * A log line is one writev, so that lines of several threads never mix. Nothing
 * here allocates: a panic may come from a fault handler.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum log_level linux_log_level = LOG_INFO;

static const char *const level_names[] = {
    [LOG_ERROR] = "phantom: error: ",
    [LOG_WARN] = "phantom: warning: ",
    [LOG_INFO] = "phantom: ",
    [LOG_DEBUG] = "phantom: debug: ",
};

static void
line_show(const char *prefix, const char *line, size_t bytes)
{
    struct iovec parts[] = {
        { .iov_base = (void *)prefix, .iov_len = strlen(prefix) },
        { .iov_base = (void *)line, .iov_len = bytes },
        { .iov_base = (void *)"\n", .iov_len = 1 },
    };
    ssize_t ignored = writev(STDERR_FILENO, parts, 3);

    (void)ignored; /* there is nowhere to complain */
}

void
plat_panic(const char *text)
{
    linux_terminal_restore();
    line_show("phantom: panic: ", text, strlen(text));
    abort();
}

void
plat_halt(const char *text)
{
    linux_terminal_restore();
    line_show(level_names[LOG_ERROR], text, strlen(text));
    _exit(1);
}

void
plat_log(enum log_level level, const char *line, size_t bytes)
{
    if (level <= linux_log_level)
        line_show(level_names[level], line, bytes);
}

static uint64_t
clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t
plat_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
plat_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

void
plat_entropy(void *buffer, size_t bytes)
{
    uint8_t *to = buffer;

    while (bytes > 0) {
        ssize_t got = getrandom(to, bytes, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            plat_panic("the kernel gives no entropy");
        to += got;
        bytes -= (size_t)got;
    }
}
