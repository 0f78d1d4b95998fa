/*
 * console.c - standard input and output as the machine's console.
 *
 * Both descriptors may be shared with other processes, so they are never made
 * non-blocking. Instead each read and write is preceded by a poll that also
 * watches an eventfd, which a cancel makes readable for ever. A write hands
 * over at most PIPE_BUF bytes at a time, which a pipe that polled writable
 * takes without blocking. A terminal may not, so it is opened once more, and
 * that description is non-blocking.
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

#include "linux/machine.h"

static pthread_once_t console_once = PTHREAD_ONCE_INIT;
static int cancel_fd = -1;
static int flushed_fd = -1;  /* readable: the terminal may have thrown away what it had */
static int terminal_fd = -1; /* standard output, if that is a terminal */

/* Where standard input is closed the lowest free number is its own: not for us. */
static int
high_fd(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    close(fd);
    return high;
}

static void
console_init(void)
{
    cancel_fd = high_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    flushed_fd = high_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (isatty(STDOUT_FILENO))
        terminal_fd = high_fd(open("/dev/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error code here */
}

/*
 * Wait until `fd` can be read or written, or, if it is the terminal's, was flushed.
 * OK, ERR_CANCELLED, or ERR_IO when it never can.
 */
static err_t
console_ready(int fd, short events)
{
    struct pollfd polled[] = {
        { .fd = fd, .events = events },
        { .fd = cancel_fd, .events = POLLIN },
        { .fd = fd == terminal_fd ? flushed_fd : -1, .events = POLLIN },
    };

    for (;;) {
        int count = poll(polled, sizeof polled / sizeof polled[0], -1);
        uint64_t times;

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return ERR_IO;
        if (polled[1].revents)
            return ERR_CANCELLED;
        if (polled[2].revents && read(flushed_fd, &times, sizeof times) > 0)
            return OK;
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
    int fd;

    pthread_once(&console_once, console_init);
    fd = terminal_fd >= 0 ? terminal_fd : STDOUT_FILENO;
    while (byte_count > 0) {
        ssize_t written;

        TRY(console_ready(fd, POLLOUT));
        written = write(fd, from, byte_count < PIPE_BUF ? byte_count : PIPE_BUF);
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
    pthread_once(&console_once, console_init);
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

/* It fails only when that was done 2^64 times. */
static void
make_readable(int fd)
{
    uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one);

    (void)ignored;
}

void
plat_console_cancel(void)
{
    pthread_once(&console_once, console_init);
    make_readable(cancel_fd);
}

void
linux_console_flushed(void)
{
    int err = errno;

    if (flushed_fd >= 0)
        make_readable(flushed_fd);
    errno = err;
}
