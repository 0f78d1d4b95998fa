/*
 * device_test.c - one machine at a time on a disk that has two names, on which a lock of a file
 * says nothing.
 *
 * Files named after `device` are names of one disk here: the calls by which a program sees that,
 * and claims it, are defined in front of the C library's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/suite.h"

#define DISK_BYTES (64 * 4096ull)

static char folder[FOLDER_BYTES], message[256];

/* ---- the kernel's calls ---- */

static int claim_fd = -1;

int fake_open(const char *path, int flags, mode_t mode) __asm__("open");
int fake_close(int fd) __asm__("close");
int fake_stat(const char *path, struct stat *to) __asm__("stat");
int fake_fstat(int fd, struct stat *to) __asm__("fstat");
int fake_fstatat(int folder_fd, const char *path, struct stat *to, int flags) __asm__("fstatat");
int fake_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");

static bool
is_device(const char *path)
{
    const char *name = strrchr(path, '/');

    return name != NULL && strncmp(name, "/device", 7) == 0;
}

int
fake_open(const char *path, int flags, mode_t mode)
{
    bool claims = (flags & (O_CREAT | O_EXCL)) == O_EXCL && is_device(path);
    int fd;

    if (claims && claim_fd >= 0) {
        errno = EBUSY;
        return -1;
    }
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (claims)
        claim_fd = fd;
    return fd;
}

int
fake_close(int fd)
{
    if (fd == claim_fd)
        claim_fd = -1;
    return (int)syscall(SYS_close, fd);
}

/* What the kernel says of a name, or of what a link of /proc leads to. */
int
fake_fstatat(int folder_fd, const char *path, struct stat *to, int flags)
{
    char link[PATH_MAX] = "";
    int result = (int)syscall(SYS_newfstatat, folder_fd, path, to, flags);

    if (result == 0 &&
        (is_device(path) ||
         (readlinkat(folder_fd, path, link, sizeof(link) - 1) > 0 && is_device(link)))) {
        to->st_mode = S_IFBLK | 0600;
        to->st_rdev = makedev(7, 200);
    }
    return result;
}

int
fake_stat(const char *path, struct stat *to)
{
    return fake_fstatat(AT_FDCWD, path, to, 0);
}

int
fake_fstat(int fd, struct stat *to)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return fake_fstatat(AT_FDCWD, path, to, 0);
}

int
fake_ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    if (request != BLKGETSIZE64)
        return (int)syscall(SYS_ioctl, fd, request, argument);
    *(uint64_t *)argument = DISK_BYTES;
    return 0;
}

/* ---- the tests ---- */

static const char *
name_of(const char *name)
{
    static char path[300];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void
setup(void)
{
    static const char *const names[] = { "device-one", "device-two" };

    ck_assert(folder_make(folder));
    for (unsigned i = 0; i < 2; i++) {
        int fd = open(name_of(names[i]), O_CREAT | O_RDWR, 0600);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(ftruncate(fd, DISK_BYTES), 0);
        close(fd);
    }
    message[0] = '\0';
}

static void
teardown(void)
{
    unlink(name_of("device-one"));
    unlink(name_of("device-two"));
    rmdir(folder);
}

static err_t
open_as(const char *name, struct linux_disk_options options, struct plat_disk **disk)
{
    return linux_disk_open(name_of(name), &options, disk, message, sizeof(message));
}

#define WRITES ((struct linux_disk_options){ 0 })
#define READS  ((struct linux_disk_options){ .read_only = true })
#define COVERS ((struct linux_disk_options){ .covered = true })
#define MAKES  ((struct linux_disk_options){ .create = true })

START_TEST(who_writes_by_another_name_is_refused_and_learns_who_was_first)
{
    struct plat_disk *first, *second;

    ck_assert_int_eq(open_as("device-one", WRITES, &first), OK);
    ck_assert_uint_eq(plat_disk_block_count(first), DISK_BYTES / PLAT_BLOCK_BYTES);
    ck_assert_int_eq(open_as("device-two", WRITES, &second), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(message, "device-two: this process has it open"));
    ck_assert_int_eq(open_as("device-two", MAKES, &second), ERR_BUSY);
    linux_disk_close(first);
    ck_assert_int_eq(open_as("device-two", WRITES, &second), OK);
    linux_disk_close(second);
}
END_TEST

/* Whichever of them came first, and though both only read: a claim cannot be shared. */
START_TEST(who_reads_has_a_disk_alone)
{
    const struct linux_disk_options kinds[] = { WRITES, READS, COVERS };
    struct plat_disk *first, *second;

    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = 0; k < 3; k++) {
            ck_assert_int_eq(open_as("device-one", kinds[i], &first), OK);
            ck_assert_int_eq(open_as("device-two", kinds[k], &second), ERR_BUSY);
            ck_assert_ptr_nonnull(strstr(message, "this process"));
            linux_disk_close(first);
        }
    }
}
END_TEST

/* QEMU locks single bytes of the name that it has, and claims nothing. */
START_TEST(who_has_locked_another_name_is_seen)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1 };
    struct plat_disk *disk;
    char expected[32];
    int ready[2];
    pid_t qemu;

    ck_assert_int_eq(pipe(ready), 0);
    qemu = fork();
    if (qemu == 0) {
        int fd = open(name_of("device-one"), O_RDWR);

        if (fcntl(fd, F_OFD_SETLK, &lock) == 0 && write(ready[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], expected, 1), 1);
    snprintf(expected, sizeof(expected), "process %d (", (int)qemu);
    ck_assert_int_eq(open_as("device-two", WRITES, &disk), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(message, expected));
    ck_assert_int_eq(open_as("device-two", READS, &disk), ERR_BUSY);
    kill(qemu, SIGKILL);
    waitpid(qemu, NULL, 0);
    ck_assert_int_eq(open_as("device-two", WRITES, &disk), OK);
    linux_disk_close(disk);
}
END_TEST

/* As when a file system lies on it: there is no lock to tell whose it is. */
START_TEST(what_somebody_else_has_claimed_is_refused)
{
    struct plat_disk *disk;
    int fd = open(name_of("device-one"), O_RDONLY | O_EXCL);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(open_as("device-one", WRITES, &disk), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(message, "another process or a file system has it open"));
    close(fd);
}
END_TEST

START_TEST(a_claim_is_waited_for_like_a_lock)
{
    struct plat_disk *disk;
    int fd = open(name_of("device-one"), O_RDONLY | O_EXCL);
    struct linux_disk_options patient = { .lock_wait_ms = 60 };

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(open_as("device-one", patient, &disk), ERR_BUSY);
    close(fd);
    ck_assert_int_eq(open_as("device-one", patient, &disk), OK);
    linux_disk_close(disk);
}
END_TEST

UNIT_TESTS_BETWEEN("linux/device", setup, teardown,
                   who_writes_by_another_name_is_refused_and_learns_who_was_first,
                   who_reads_has_a_disk_alone, who_has_locked_another_name_is_seen,
                   what_somebody_else_has_claimed_is_refused, a_claim_is_waited_for_like_a_lock)
