/*
 * console.c - standard input and output as the machine's console.
 *
 * Both descriptors may be shared with other processes, so they are never made
 * non-blocking. Instead each read and write is preceded by a poll that also
 * watches an eventfd, which a cancel makes readable for ever. A write hands
 * over at most PIPE_BUF bytes at a time, which a pipe that polled writable
 * takes without blocking.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static pthread_once_t console_once = PTHREAD_ONCE_INIT;
static int cancel_fd = -1;

static void
console_init(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    /* Where standard input is closed the lowest free number is its own. */
    cancel_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error code here */
}

/* Wait until `fd` can be read or written. OK, ERR_CANCELLED, or ERR_IO when it never can. */
static err_t
console_ready(int fd, short events)
{
    struct pollfd polled[] = {
        { .fd = fd, .events = events },
        { .events = POLLIN },
    };

    pthread_once(&console_once, console_init);
    polled[1].fd = cancel_fd;
    for (;;) {
        int count = poll(polled, 2, -1);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return ERR_IO;
        if (polled[1].revents)
            return ERR_CANCELLED;
        if (polled[0].revents & POLLNVAL)
            return ERR_IO; /* it is closed */
        if (polled[0].revents)
            return OK; /* hang-ups and errors show in the call that follows */
    }
}

err_t
plat_console_write(const void *bytes, size_t byte_count)
{
    const uint8_t *from = bytes;

    while (byte_count > 0) {
        ssize_t written;

        TRY(console_ready(STDOUT_FILENO, POLLOUT));
        written = write(STDOUT_FILENO, from, byte_count < PIPE_BUF ? byte_count : PIPE_BUF);
        if (written < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (written < 0)
            return ERR_IO;
        from += written;
        byte_count -= (size_t)written;
    }
    return OK;
}

err_t
plat_console_read(void *buffer, size_t byte_max, size_t *byte_count)
{
    for (;;) {
        err_t err = console_ready(STDIN_FILENO, POLLIN);
        ssize_t got;

        if (err == ERR_CANCELLED)
            return err;
        if (err != OK)
            return ERR_END; /* a closed descriptor has no input, now or ever */
        got = read(STDIN_FILENO, buffer, byte_max);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            return ERR_END;
        *byte_count = (size_t)got;
        return OK;
    }
}

void
plat_console_cancel(void)
{
    uint64_t one = 1;
    ssize_t ignored;

    pthread_once(&console_once, console_init);
    ignored = write(cancel_fd, &one, sizeof(one));
    (void)ignored; /* it fails only when it was cancelled 2^64 times */
}
