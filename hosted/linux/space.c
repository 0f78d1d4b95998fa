/*
 * space.c - the persistent space in a Linux process, by userfaultfd.
 *
 * The room is one anonymous mapping, registered for missing pages and for
 * write protection. With UFFD_FEATURE_SIGBUS the kernel delivers a fault as a
 * SIGBUS in the thread that made it, on that thread's own stack, with nothing
 * masked: so the core may do system calls there, and may leave by
 * __builtin_longjmp. No other thread takes part. (Two handler threads and their
 * wake-ups cost ten times as much, and mprotect by page dies of its 65,530
 * areas; see docs/notes/004-barrier-and-faults.md.)
 *
 * A SIGBUS or SIGSEGV that is not about the space is a bug of the program: its
 * address is reported, and the process dies as if nobody had caught it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "plat/machine.h"

/* Headers of Debian 12 know it; a kernel that does not says so in the API call. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Of the error code. Intel SDM 3A, 4.7 "Page-fault exceptions". */
#define PAGE_FAULT_WRITE 2

static struct {
    uint64_t base;
    uint64_t bytes;
    plat_fault_fn *fault;
    int uffd;
    struct sigaction bus_before;
} space = { .uffd = -1 };

static const uint8_t zero_page[PLAT_PAGE_BYTES] __attribute__((aligned(PLAT_PAGE_BYTES)));

__attribute__((format(printf, 2, 3))) static void
say(enum log_level level, const char *text, ...)
{
    char line[256];
    va_list values;
    int length;

    va_start(values, text);
    length = vsnprintf(line, sizeof(line), text, values);
    va_end(values);
    if (length >= (int)sizeof(line))
        length = sizeof(line) - 1;
    plat_log(level, line, (size_t)length);
}

/* ---- faults ---- */

static bool
fault_is_write(const void *context)
{
#if defined(__x86_64__)
    const ucontext_t *user = context;

    return user->uc_mcontext.gregs[REG_ERR] & PAGE_FAULT_WRITE;
#else
#error "say where this processor's fault context tells reads from writes"
#endif
}

/* Not about the space: say where, and let the default action end the process. */
static void
fault_die(int signal_number, const siginfo_t *info, bool write)
{
    say(LOG_ERROR, "%s: a %s at address %p, outside the space",
        signal_number == SIGBUS ? "SIGBUS" : "SIGSEGV", write ? "write" : "read", info->si_addr);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void
fault_handle(int signal_number, siginfo_t *info, void *context)
{
    uint64_t address = (uint64_t)(uintptr_t)info->si_addr;
    bool write = fault_is_write(context);
    int errno_before = errno;

    if (signal_number != SIGBUS || address - space.base >= space.bytes || !space.fault) {
        fault_die(signal_number, info, write);
        return;
    }
    space.fault(address, write);
    errno = errno_before;
}

static void
handlers_install(void)
{
    struct sigaction action = { .sa_sigaction = fault_handle, .sa_flags = SA_SIGINFO | SA_NODEFER };
    struct sigaction before;

    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &space.bus_before);
    /* A sanitizer's own report of a wild access is better than ours. */
    if (sigaction(SIGSEGV, NULL, &before) == 0 && before.sa_handler == SIG_DFL &&
        !(before.sa_flags & SA_SIGINFO))
        sigaction(SIGSEGV, &action, NULL);
}

/* ---- userfaultfd ---- */

/*
 * A descriptor for faults made in user mode, which is all we need. The device
 * obeys file permissions; the system call is refused to most users unless it
 * asks for user mode only.
 */
static int
uffd_open(void)
{
    int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    int uffd = -1;

    if (device >= 0) {
        uffd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC | UFFD_USER_MODE_ONLY);
        close(device);
    }
    if (uffd < 0)
        uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    return uffd;
}

static err_t
uffd_refused(const char *what)
{
    say(LOG_ERROR,
        "this system does not let the space be served: %s: %s (it needs userfaultfd, Linux 5.11 or "
        "later; a container or seccomp filter may forbid it)",
        what, strerror(errno));
    return ERR_UNSUPPORTED;
}

static err_t
uffd_register(int uffd, uint64_t base, uint64_t bytes)
{
    struct uffdio_api api = {
        .api = UFFD_API,
        .features = UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP,
    };
    struct uffdio_register range = {
        .range = { .start = base, .len = bytes },
        .mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP,
    };

    if (ioctl(uffd, UFFDIO_API, &api) != 0)
        return uffd_refused("UFFDIO_API");
    if (ioctl(uffd, UFFDIO_REGISTER, &range) != 0)
        return uffd_refused("UFFDIO_REGISTER");
    return OK;
}

/* ---- the contract ---- */

err_t
plat_space_create(uint64_t base, uint64_t bytes, plat_fault_fn *fault)
{
    err_t err = OK;
    int uffd;
    void *room;

    room = mmap((void *)(uintptr_t)base, bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (room != (void *)(uintptr_t)base) {
        say(LOG_ERROR, "no address room of %llu GiB at %#llx: %s", (unsigned long long)bytes >> 30,
            (unsigned long long)base, room == MAP_FAILED ? strerror(errno) : "it is taken");
        if (room != MAP_FAILED)
            munmap(room, bytes);
        return ERR_NOMEM;
    }
    madvise(room, bytes, MADV_NOHUGEPAGE);
    madvise(room, bytes, MADV_DONTDUMP);
    uffd = uffd_open();
    if (uffd < 0)
        err = uffd_refused("userfaultfd");
    else
        err = uffd_register(uffd, base, bytes);
    if (err != OK) {
        if (uffd >= 0)
            close(uffd);
        munmap(room, bytes);
        return err;
    }
    space.base = base;
    space.bytes = bytes;
    space.fault = fault;
    space.uffd = uffd;
    handlers_install();
    return OK;
}

void
plat_space_destroy(void)
{
    munmap((void *)(uintptr_t)space.base, space.bytes);
    close(space.uffd);
    sigaction(SIGBUS, &space.bus_before, NULL);
    space.bytes = 0;
    space.fault = NULL;
    space.uffd = -1;
}

err_t
plat_page_install(uint64_t page, const void *contents, bool writable)
{
    struct uffdio_copy copy = {
        .dst = page,
        .src = (uint64_t)(uintptr_t)(contents ? contents : zero_page),
        .len = PLAT_PAGE_BYTES,
        .mode = writable ? 0 : UFFDIO_COPY_MODE_WP,
    };

    /* Zeroes are copied too: the first touch of an absent page is mostly a write, and
     * UFFDIO_ZEROPAGE would make that a second fault. */
    while (ioctl(space.uffd, UFFDIO_COPY, &copy) != 0) {
        if (errno == EEXIST)
            return ERR_EXISTS;
        if (errno == ENOMEM)
            return ERR_NOMEM;
        if (errno != EAGAIN && errno != EINTR)
            plat_panic("UFFDIO_COPY failed");
        copy.copy = 0;
    }
    return OK;
}

static void
page_protect(uint64_t page, uint64_t mode)
{
    struct uffdio_writeprotect protect = {
        .range = { .start = page, .len = PLAT_PAGE_BYTES },
        .mode = mode,
    };

    while (ioctl(space.uffd, UFFDIO_WRITEPROTECT, &protect) != 0)
        if (errno != EAGAIN && errno != EINTR)
            plat_panic("UFFDIO_WRITEPROTECT failed");
}

void
plat_page_open(uint64_t page)
{
    page_protect(page, 0);
}

void
plat_page_close(uint64_t page)
{
    page_protect(page, UFFDIO_WRITEPROTECT_MODE_WP);
}

void
plat_page_remove(uint64_t page)
{
    if (madvise((void *)(uintptr_t)page, PLAT_PAGE_BYTES, MADV_DONTNEED) != 0)
        plat_panic("a page of the space cannot be removed");
}
