/*
 * disk_test.c - a file as a disk: what is written is read, what cannot be is said.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/disk_new.h"
#include "plat/memory.h"
#include "support/folder.h"

#define BLOCKS 64

static char folder[FOLDER_BYTES], path[300], message[256];
static uint8_t *buffer;

static void
setup(void)
{
    ck_assert(folder_make(folder));
    snprintf(path, sizeof(path), "%s/volume", folder);
    buffer = plat_alloc(BLOCKS * PLAT_BLOCK_BYTES);
    message[0] = '\0';
}

static void
teardown(void)
{
    plat_free(buffer, BLOCKS * PLAT_BLOCK_BYTES);
    unlink(path);
    rmdir(folder);
}

static err_t
open_with(bool create, bool read_only, struct plat_disk **disk)
{
    struct linux_disk_options options = { .create = create,
                                          .read_only = read_only,
                                          .create_bytes = BLOCKS * PLAT_BLOCK_BYTES };

    TRY(linux_disk_open(path, &options, disk, message, sizeof(message)));
    return create ? linux_disk_keep(*disk, message, sizeof(message)) : OK;
}

static err_t
move(struct plat_disk *disk, enum plat_io_kind kind, uint64_t block, uint32_t count)
{
    struct plat_io io = { .kind = kind, .block = block, .block_count = count, .buffer = buffer };

    return plat_disk_run(disk, &io);
}

START_TEST(what_was_written_is_read_after_opening_again)
{
    struct plat_disk *disk;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    ck_assert_uint_eq(plat_disk_block_count(disk), BLOCKS);
    ck_assert(!plat_disk_read_only(disk));
    memset(buffer, 0xab, 3 * PLAT_BLOCK_BYTES);
    ck_assert_int_eq(move(disk, PLAT_WRITE, 5, 3), OK);
    ck_assert_int_eq(move(disk, PLAT_FLUSH, 0, 0), OK);
    linux_disk_close(disk);
    ck_assert_int_eq(open_with(false, false, &disk), OK);
    memset(buffer, 0, 4 * PLAT_BLOCK_BYTES);
    ck_assert_int_eq(move(disk, PLAT_READ, 5, 4), OK);
    ck_assert_uint_eq(buffer[0], 0xab);
    ck_assert_uint_eq(buffer[3 * PLAT_BLOCK_BYTES - 1], 0xab);
    ck_assert_uint_eq(buffer[3 * PLAT_BLOCK_BYTES], 0);
    linux_disk_close(disk);
}
END_TEST

/* By the kernel's ring (0), and by threads where there is none (1). */
static struct plat_disk *
open_for_queue(int no_ring)
{
    struct linux_disk_options options = { .create = true,
                                          .no_ring = no_ring != 0,
                                          .create_bytes = BLOCKS * PLAT_BLOCK_BYTES };
    struct plat_disk *disk;

    ck_assert_int_eq(linux_disk_open(path, &options, &disk, message, sizeof(message)), OK);
    ck_assert_int_eq(linux_disk_keep(disk, message, sizeof(message)), OK);
    return disk;
}

START_TEST(many_submitted_requests_are_all_done)
{
    struct plat_disk *disk = open_for_queue(_i);
    struct plat_io ios[BLOCKS];

    for (unsigned kind = 0; kind < 2; kind++) {
        for (unsigned i = 0; i < BLOCKS; i++) {
            memset(buffer + i * PLAT_BLOCK_BYTES, kind == 0 ? (int)i : 0xff, PLAT_BLOCK_BYTES);
            ios[i] = (struct plat_io){ .kind = kind == 0 ? PLAT_WRITE : PLAT_READ,
                                       .block = i,
                                       .block_count = 1,
                                       .buffer = buffer + i * PLAT_BLOCK_BYTES };
            plat_disk_submit(disk, &ios[i]);
        }
        for (unsigned i = 0; i < BLOCKS; i++)
            ck_assert_int_eq(plat_disk_wait(disk, &ios[BLOCKS - 1 - i]), OK);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        ck_assert_uint_eq(buffer[i * PLAT_BLOCK_BYTES + 17], i);
    linux_disk_close(disk);
}
END_TEST

START_TEST(submitted_requests_that_fail_say_so)
{
    struct plat_disk *disk = open_for_queue(_i);
    struct plat_io beyond = { .kind = PLAT_WRITE, .block = BLOCKS - 1, .block_count = 2 };
    struct plat_io missing = { .kind = PLAT_READ, .block = 2, .block_count = 8 };
    struct plat_io there = { .kind = PLAT_READ, .block_count = 4 };
    struct plat_io flush = { .kind = PLAT_FLUSH };

    beyond.buffer = missing.buffer = buffer;
    there.buffer = buffer + 8 * PLAT_BLOCK_BYTES;
    ck_assert_int_eq(truncate(path, 4 * PLAT_BLOCK_BYTES + 100), 0);
    plat_disk_submit(disk, &beyond);
    plat_disk_submit(disk, &missing);
    plat_disk_submit(disk, &there);
    plat_disk_submit(disk, &flush);
    ck_assert_int_eq(plat_disk_wait(disk, &flush), OK);
    ck_assert_int_eq(plat_disk_wait(disk, &there), OK);
    ck_assert_int_eq(plat_disk_wait(disk, &missing), ERR_IO);
    ck_assert_int_eq(plat_disk_wait(disk, &beyond), ERR_RANGE);
    linux_disk_close(disk);
}
END_TEST

START_TEST(each_request_of_a_row_says_how_it_ended)
{
    struct plat_disk *disk = open_for_queue(_i);
    struct plat_io flush = { .kind = PLAT_FLUSH };
    struct plat_io there = { .kind = PLAT_READ, .block_count = 4, .next = &flush };
    struct plat_io missing = { .kind = PLAT_READ, .block = 2, .block_count = 8, .next = &there };
    struct plat_io beyond = { .kind = PLAT_WRITE, .block = BLOCKS, .block_count = 1 };

    beyond.next = &missing;
    beyond.buffer = missing.buffer = buffer;
    there.buffer = buffer + 8 * PLAT_BLOCK_BYTES;
    ck_assert_int_eq(truncate(path, 4 * PLAT_BLOCK_BYTES + 100), 0);
    plat_disk_submit(disk, &beyond);
    ck_assert_int_eq(plat_disk_wait(disk, &flush), OK);
    ck_assert_int_eq(plat_disk_wait(disk, &there), OK);
    ck_assert_int_eq(plat_disk_wait(disk, &missing), ERR_IO);
    ck_assert_int_eq(plat_disk_wait(disk, &beyond), ERR_RANGE);
    linux_disk_close(disk);
}
END_TEST

START_TEST(a_row_longer_than_the_ring_is_done)
{
    struct plat_disk *disk = open_for_queue(_i);
    struct plat_io ios[100];

    for (unsigned i = 0; i < 100; i++) {
        ios[i] = (struct plat_io){ .kind = PLAT_WRITE, .block = i % BLOCKS, .block_count = 1 };
        ios[i].buffer = buffer;
        ios[i].next = i < 99 ? &ios[i + 1] : NULL;
    }
    plat_disk_submit(disk, ios);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_int_eq(plat_disk_wait(disk, &ios[i]), OK);
    linux_disk_close(disk);
}
END_TEST

START_TEST(blocks_beyond_the_end_are_out_of_range)
{
    struct plat_disk *disk;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    ck_assert_int_eq(move(disk, PLAT_READ, BLOCKS, 1), ERR_RANGE);
    ck_assert_int_eq(move(disk, PLAT_WRITE, BLOCKS - 1, 2), ERR_RANGE);
    ck_assert_int_eq(move(disk, PLAT_READ, UINT64_MAX, 1), ERR_RANGE);
    ck_assert_int_eq(plat_disk_reserve(disk, BLOCKS - 1, 2), ERR_NOSPACE);
    linux_disk_close(disk);
}
END_TEST

START_TEST(a_file_is_made_longer_and_never_shorter)
{
    struct plat_disk *disk;
    struct stat stat_;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    ck_assert_int_eq(linux_disk_extend(disk, 3 * BLOCKS), OK);
    ck_assert_uint_eq(plat_disk_block_count(disk), 3 * BLOCKS);
    ck_assert_int_eq(move(disk, PLAT_WRITE, 3 * BLOCKS - 1, 1), OK);
    ck_assert_int_eq(linux_disk_extend(disk, BLOCKS), OK);
    ck_assert_int_eq(linux_disk_extend(disk, 1ull << 45), ERR_NOSPACE);
    ck_assert_uint_eq(plat_disk_block_count(disk), 3 * BLOCKS);
    ck_assert_int_eq(move(disk, PLAT_FLUSH, 0, 0), OK);
    linux_disk_close(disk);
    ck_assert_int_eq(stat(path, &stat_), 0);
    ck_assert_int_eq(stat_.st_size, 3 * BLOCKS * PLAT_BLOCK_BYTES);
}
END_TEST

START_TEST(a_file_that_became_shorter_is_an_io_error)
{
    struct plat_disk *disk;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    ck_assert_int_eq(truncate(path, 4 * PLAT_BLOCK_BYTES + 100), 0);
    ck_assert_int_eq(move(disk, PLAT_READ, 0, 4), OK);
    ck_assert_int_eq(move(disk, PLAT_READ, 2, 8), ERR_IO);
    linux_disk_close(disk);
}
END_TEST

START_TEST(a_reserve_takes_room_and_a_discard_gives_it_back)
{
    struct plat_disk *disk;
    struct stat before, reserved, after;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_int_eq(plat_disk_reserve(disk, 8, 32), OK);
    ck_assert_int_eq(stat(path, &reserved), 0);
    ck_assert_int_ge(reserved.st_blocks, before.st_blocks + 32 * 8);
    ck_assert_int_eq(reserved.st_size, before.st_size);
    plat_disk_discard(disk, 8, 32);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_le(after.st_blocks, before.st_blocks);
    linux_disk_close(disk);
}
END_TEST

START_TEST(a_new_volume_never_replaces_a_file)
{
    struct plat_disk *disk;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    linux_disk_close(disk);
    ck_assert_int_eq(open_with(true, false, &disk), ERR_EXISTS);
    ck_assert_ptr_nonnull(strstr(message, path));
}
END_TEST

/* Whatever the file system has: files without a name (0), or none (1). */
static struct plat_disk *
making_begin(int named_at_once)
{
    struct linux_disk_options options = { .create = true,
                                          .named_at_once = named_at_once != 0,
                                          .create_bytes = BLOCKS * PLAT_BLOCK_BYTES };
    struct plat_disk *disk;

    ck_assert_int_eq(linux_disk_open(path, &options, &disk, message, sizeof(message)), OK);
    ck_assert_int_eq(access(path, F_OK) == 0, named_at_once);
    memset(buffer, 0xab, PLAT_BLOCK_BYTES);
    ck_assert_int_eq(move(disk, PLAT_WRITE, 7, 1), OK);
    return disk;
}

START_TEST(a_new_volume_is_there_when_it_is_kept)
{
    struct plat_disk *disk = making_begin(_i);
    struct stat made;

    ck_assert_int_eq(linux_disk_keep(disk, message, sizeof(message)), OK);
    ck_assert_int_eq(linux_disk_keep(disk, message, sizeof(message)), OK);
    linux_disk_close(disk);
    ck_assert_int_eq(stat(path, &made), 0);
    ck_assert_int_eq(made.st_size, BLOCKS * PLAT_BLOCK_BYTES);
    ck_assert_int_eq(open_with(false, false, &disk), OK);
    memset(buffer, 0, PLAT_BLOCK_BYTES);
    ck_assert_int_eq(move(disk, PLAT_READ, 7, 1), OK);
    ck_assert_uint_eq(buffer[99], 0xab);
    linux_disk_close(disk);
}
END_TEST

START_TEST(a_new_volume_that_is_not_kept_leaves_nothing)
{
    linux_disk_close(making_begin(_i));
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_new_volume_takes_no_name_that_somebody_took_meanwhile)
{
    struct plat_disk *disk = making_begin(0);
    int other = open(path, O_CREAT | O_EXCL | O_RDWR, 0666);
    struct stat status;

    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(linux_disk_keep(disk, message, sizeof(message)), ERR_EXISTS);
    ck_assert_ptr_nonnull(strstr(message, path));
    linux_disk_close(disk);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_size, 0);
    close(other);
}
END_TEST

static int
open_plain(const char *name, int flags)
{
    return open(name, flags, 0666);
}

START_TEST(what_cannot_be_made_safe_was_not_made)
{
    struct disk_new made;
    int fd = disk_new_file(&made, path, O_RDWR, true, open_plain);

    ck_assert_int_ge(fd, 0);
    close(fd); /* nothing of it can be flushed any more */
    ck_assert_int_eq(disk_new_keep(&made, fd), EBADF);
    disk_new_drop(&made, fd);
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_device_is_taken_if_it_is_empty_and_emptied_unless_it_is_kept)
{
    struct disk_new made;
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0666); /* any file can stand for one here */
    char byte = 0;

    ck_assert_int_eq(ftruncate(fd, 2 * DISK_NEW_EMPTY_BYTES), 0);
    ck_assert_int_eq(disk_new_device(&made, path, fd), 0);
    ck_assert_int_eq(pwrite(fd, "volume", 6, 4096), 6);
    disk_new_drop(&made, fd);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(pread(fd, &byte, 1, 4096), 1);
    ck_assert_int_eq(byte, 0);

    ck_assert_int_eq(disk_new_device(&made, path, fd), 0);
    ck_assert_int_eq(pwrite(fd, "volume", 6, DISK_NEW_EMPTY_BYTES - 6), 6);
    ck_assert_int_eq(disk_new_keep(&made, fd), 0);
    disk_new_drop(&made, fd);
    ck_assert_int_eq(disk_new_device(&made, path, fd), ENOTEMPTY);
    disk_new_drop(&made, fd);
    ck_assert_int_eq(pread(fd, &byte, 1, DISK_NEW_EMPTY_BYTES - 6), 1);
    ck_assert_int_eq(byte, 'v');
    close(fd);
}
END_TEST

START_TEST(a_volume_never_takes_the_number_of_a_closed_output)
{
    struct plat_disk *disk;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    linux_disk_close(disk);
    close(STDOUT_FILENO);
    ck_assert_int_eq(open_with(false, false, &disk), OK);
    ck_assert_int_eq(fcntl(STDOUT_FILENO, F_GETFD), -1);
    linux_disk_close(disk);
}
END_TEST

START_TEST(what_is_not_there_or_no_file_is_said)
{
    struct plat_disk *disk;
    struct linux_disk_options options = { .read_only = true };

    ck_assert_int_eq(open_with(false, false, &disk), ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(message, "no such volume"));
    ck_assert_int_eq(linux_disk_open(folder, &options, &disk, message, sizeof(message)),
                     ERR_FOREIGN);
    ck_assert_int_eq(linux_disk_open("/dev/null", &options, &disk, message, sizeof(message)),
                     ERR_FOREIGN);
}
END_TEST

START_TEST(a_read_only_disk_writes_nothing)
{
    struct plat_disk *disk;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    linux_disk_close(disk);
    ck_assert_int_eq(open_with(false, true, &disk), OK);
    ck_assert(plat_disk_read_only(disk));
    ck_assert_int_eq(move(disk, PLAT_WRITE, 0, 1), ERR_IO);
    ck_assert_int_eq(move(disk, PLAT_READ, 0, 1), OK);
    ck_assert_int_eq(plat_disk_reserve(disk, 0, 1), ERR_IO);
    plat_disk_discard(disk, 0, 1);
    linux_disk_close(disk);
}
END_TEST

/* A process that has the volume open and says so through a pipe. */
static pid_t
holder_start(void)
{
    int ready[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct plat_disk *disk;

        if (open_with(true, false, &disk) != OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

START_TEST(what_is_written_over_a_covered_disk_is_read_there_and_leaves_it_as_it_is)
{
    struct linux_disk_options options = { .covered = true };
    struct plat_disk *disk, *other;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    memset(buffer, 'b', BLOCKS * PLAT_BLOCK_BYTES);
    ck_assert_int_eq(move(disk, PLAT_WRITE, 0, BLOCKS), OK);
    linux_disk_close(disk);
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(linux_disk_open(path, &options, &disk, message, sizeof message), OK);
    ck_assert_int_eq(linux_disk_open(path, &options, &other, message, sizeof message), OK);
    ck_assert(!plat_disk_read_only(disk));
    memset(buffer, 'a', BLOCKS * PLAT_BLOCK_BYTES);
    ck_assert_int_eq(move(disk, PLAT_WRITE, 3, 2), OK);
    ck_assert_int_eq(move(disk, PLAT_WRITE, BLOCKS - 1, 1), OK);
    ck_assert_int_eq(move(disk, PLAT_WRITE, BLOCKS - 1, 2), ERR_RANGE);
    ck_assert_int_eq(move(disk, PLAT_FLUSH, 0, 0), OK);
    ck_assert_int_eq(plat_disk_reserve(disk, 5, 10), OK);
    plat_disk_discard(disk, 10, 10);
    ck_assert_int_eq(move(disk, PLAT_READ, 0, BLOCKS), OK);
    for (unsigned i = 0; i < BLOCKS; i++)
        ck_assert_int_eq(buffer[i * PLAT_BLOCK_BYTES],
                         i == 3 || i == 4 || i == BLOCKS - 1 ? 'a' : 'b');
    ck_assert_int_eq(move(other, PLAT_READ, 0, BLOCKS), OK);
    for (unsigned i = 0; i < BLOCKS; i++)
        ck_assert_int_eq(buffer[i * PLAT_BLOCK_BYTES], 'b');
    linux_disk_close(other);
    linux_disk_close(disk);
}
END_TEST

START_TEST(the_second_to_open_learns_who_was_first)
{
    struct plat_disk *disk;
    pid_t pid = holder_start();
    char expected[32];
    int status;

    snprintf(expected, sizeof(expected), "process %d (", (int)pid);
    ck_assert_int_eq(open_with(false, false, &disk), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(message, expected));
    ck_assert_int_eq(open_with(false, true, &disk), ERR_BUSY);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ck_assert_int_eq(open_with(false, false, &disk), OK);
    linux_disk_close(disk);
}
END_TEST

START_TEST(a_holder_that_is_killed_while_we_wait_makes_room)
{
    struct linux_disk_options options = { .lock_wait_ms = LINUX_DISK_LOCK_WAIT_MS };
    struct plat_disk *disk;
    pid_t pid = holder_start();
    pid_t killer = fork();
    int status;

    if (killer == 0) {
        usleep(150000);
        kill(pid, SIGKILL);
        _exit(0);
    }
    ck_assert_int_eq(linux_disk_open(path, &options, &disk, message, sizeof(message)), OK);
    linux_disk_close(disk);
    waitpid(killer, &status, 0);
    waitpid(pid, &status, 0);
}
END_TEST

START_TEST(a_lock_of_the_kind_that_qemu_takes_is_met)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1 };
    struct plat_disk *disk;
    int fd;

    ck_assert_int_eq(open_with(true, false, &disk), OK);
    linux_disk_close(disk);
    fd = open(path, O_RDWR);
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
    ck_assert_int_eq(open_with(false, false, &disk), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(message, "this process"));
    close(fd);
}
END_TEST

/* What QEMU locks, each of it shared: reads; writes; and lets nobody else write. */
enum {
    QEMU_READS = 100,
    QEMU_WRITES = 101,
    QEMU_WRITES_ALONE = 201,
};

static int
byte_lock(int fd, short type, off_t at)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

    return fcntl(fd, F_OFD_SETLK, &lock);
}

/* QEMU asks so whether anybody has the byte. */
static bool
byte_is_had(int fd, off_t at)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

    ck_assert_int_eq(fcntl(fd, F_OFD_GETLK, &lock), 0);
    return lock.l_type != F_UNLCK;
}

START_TEST(who_reads_meets_a_qemu_that_writes_and_nobody_who_reads)
{
    struct plat_disk *first, *second;
    int fd;

    ck_assert_int_eq(open_with(true, false, &first), OK);
    linux_disk_close(first);
    fd = open(path, O_RDWR);
    ck_assert_int_eq(byte_lock(fd, F_RDLCK, QEMU_WRITES), 0);
    ck_assert_int_eq(open_with(false, true, &first), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(message, "this process"));
    ck_assert_int_eq(byte_lock(fd, F_UNLCK, QEMU_WRITES), 0);
    ck_assert_int_eq(byte_lock(fd, F_RDLCK, QEMU_READS), 0);
    ck_assert_int_eq(open_with(false, true, &first), OK);
    ck_assert_int_eq(open_with(false, true, &second), OK);
    /* A QEMU that would write now takes its byte, and then sees us. */
    ck_assert_int_eq(byte_lock(fd, F_RDLCK, QEMU_WRITES), 0);
    ck_assert(byte_is_had(fd, QEMU_WRITES_ALONE));
    linux_disk_close(first);
    ck_assert(byte_is_had(fd, QEMU_WRITES_ALONE));
    linux_disk_close(second);
    ck_assert(!byte_is_had(fd, QEMU_WRITES_ALONE));
    close(fd);
}
END_TEST

START_TEST(who_writes_meets_all_who_read)
{
    struct plat_disk *reader, *writer;

    ck_assert_int_eq(open_with(true, false, &writer), OK);
    ck_assert_int_eq(open_with(false, true, &reader), ERR_BUSY);
    linux_disk_close(writer);
    ck_assert_int_eq(open_with(false, true, &reader), OK);
    ck_assert_int_eq(open_with(false, false, &writer), ERR_BUSY);
    linux_disk_close(reader);
    ck_assert_int_eq(open_with(false, false, &writer), OK);
    linux_disk_close(writer);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("linux/disk");
    TCase *tcase = tcase_create("disk");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_written_is_read_after_opening_again);
    tcase_add_loop_test(tcase, many_submitted_requests_are_all_done, 0, 2);
    tcase_add_loop_test(tcase, submitted_requests_that_fail_say_so, 0, 2);
    tcase_add_loop_test(tcase, each_request_of_a_row_says_how_it_ended, 0, 2);
    tcase_add_loop_test(tcase, a_row_longer_than_the_ring_is_done, 0, 2);
    tcase_add_test(tcase, blocks_beyond_the_end_are_out_of_range);
    tcase_add_test(tcase, a_file_is_made_longer_and_never_shorter);
    tcase_add_test(tcase, a_file_that_became_shorter_is_an_io_error);
    tcase_add_test(tcase, a_reserve_takes_room_and_a_discard_gives_it_back);
    tcase_add_test(tcase, a_new_volume_never_replaces_a_file);
    tcase_add_loop_test(tcase, a_new_volume_is_there_when_it_is_kept, 0, 2);
    tcase_add_loop_test(tcase, a_new_volume_that_is_not_kept_leaves_nothing, 0, 2);
    tcase_add_test(tcase, a_new_volume_takes_no_name_that_somebody_took_meanwhile);
    tcase_add_test(tcase, what_cannot_be_made_safe_was_not_made);
    tcase_add_test(tcase, a_device_is_taken_if_it_is_empty_and_emptied_unless_it_is_kept);
    tcase_add_test(tcase, a_volume_never_takes_the_number_of_a_closed_output);
    tcase_add_test(tcase, what_is_not_there_or_no_file_is_said);
    tcase_add_test(tcase, a_read_only_disk_writes_nothing);
    tcase_add_test(tcase, what_is_written_over_a_covered_disk_is_read_there_and_leaves_it_as_it_is);
    tcase_add_test(tcase, the_second_to_open_learns_who_was_first);
    tcase_add_test(tcase, a_holder_that_is_killed_while_we_wait_makes_room);
    tcase_add_test(tcase, a_lock_of_the_kind_that_qemu_takes_is_met);
    tcase_add_test(tcase, who_reads_meets_a_qemu_that_writes_and_nobody_who_reads);
    tcase_add_test(tcase, who_writes_meets_all_who_read);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
