/*
 * disk_errors_test.c - what the kernel says of a request is what the caller is told:
 * no failure becomes OK, and what was done in part or interrupted is finished.
 *
 * The kernel's calls are defined here, in front of the C library's: they answer what
 * a test has written down, then do what they are asked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plat/memory.h"
#include "support/folder.h"

#define BLOCKS      16
#define ANSWERS_MAX 8

/* ---- the kernel's calls ---- */

enum call {
    CALL_READ,
    CALL_WRITE,
    CALL_FLUSH,
    CALL_RESERVE,
    CALL_RING,   /* what a request in the ring has come to */
    CALL_SUBMIT, /* handing it to the ring */
    CALL_COUNT,
};

/* Positive: no more bytes than that. Negative: an errno, nothing is done. Zero: nothing is done. */
static struct script {
    long answers[ANSWERS_MAX];
    unsigned count;
    unsigned next;
    unsigned calls;
} scripts[CALL_COUNT];

#define DO_ALL LONG_MAX

static long
answer_to(enum call call)
{
    struct script *script = &scripts[call];

    script->calls++;
    return script->next < script->count ? script->answers[script->next++] : DO_ALL;
}

static void
answers(enum call call, unsigned count, const long *values)
{
    ck_assert_uint_le(count, ANSWERS_MAX);
    scripts[call] = (struct script){ .count = count };
    for (unsigned i = 0; i < count; i++)
        scripts[call].answers[i] = values[i];
}

#define ANSWER(call, ...)                                                                          \
    answers(call, sizeof((long[]){ __VA_ARGS__ }) / sizeof(long), (long[]){ __VA_ARGS__ })

static long
failed(long answer)
{
    if (answer == 0)
        return 0;
    errno = (int)-answer;
    return -1;
}

/* Under the names of the kernel's calls, they are found before the C library's. */
ssize_t fake_read(int fd, void *bytes, size_t count, off_t at) __asm__("pread");
ssize_t fake_write(int fd, const void *bytes, size_t count, off_t at) __asm__("pwrite");
int fake_flush(int fd) __asm__("fdatasync");
int fake_reserve(int fd, int mode, off_t at, off_t bytes) __asm__("fallocate");

ssize_t
fake_read(int fd, void *bytes, size_t count, off_t at)
{
    long answer = answer_to(CALL_READ);

    if (answer <= 0)
        return failed(answer);
    return syscall(SYS_pread64, fd, bytes, count < (size_t)answer ? count : (size_t)answer, at);
}

ssize_t
fake_write(int fd, const void *bytes, size_t count, off_t at)
{
    long answer = answer_to(CALL_WRITE);

    if (answer <= 0)
        return failed(answer);
    return syscall(SYS_pwrite64, fd, bytes, count < (size_t)answer ? count : (size_t)answer, at);
}

int
fake_flush(int fd)
{
    long answer = answer_to(CALL_FLUSH);

    return (int)(answer <= 0 ? failed(answer) : syscall(SYS_fdatasync, fd));
}

int
fake_reserve(int fd, int mode, off_t at, off_t bytes)
{
    long answer = answer_to(CALL_RESERVE);

    return (int)(answer <= 0 ? failed(answer) : syscall(SYS_fallocate, fd, mode, at, bytes));
}

/* Of the answers from `head` on, those to requests are made worse. What they say was done, was. */
static void
worsen(const struct io_uring_cq *cq, unsigned head)
{
    for (; head != __atomic_load_n(cq->ktail, __ATOMIC_ACQUIRE); head++) {
        struct io_uring_cqe *cqe = &cq->cqes[head & *cq->kring_mask];
        long answer = cqe->user_data != 0 ? answer_to(CALL_RING) : DO_ALL;

        if (answer < cqe->res)
            cqe->res = (int)answer;
    }
}

/* As liburing's, but when this returns all that was taken is done. */
int
io_uring_submit(struct io_uring *ring)
{
    struct io_uring_sq *sq = &ring->sq;
    unsigned count = sq->sqe_tail - sq->sqe_head, head = *ring->cq.ktail;
    long answer = answer_to(CALL_SUBMIT);
    long taken;

    if (answer <= 0)
        return (int)answer;
    if (answer < count)
        count = (unsigned)answer;
    for (unsigned i = 0; i < count; i++, sq->sqe_head++) {
        sq->array[*sq->ktail & *sq->kring_mask] = sq->sqe_head & *sq->kring_mask;
        __atomic_store_n(sq->ktail, *sq->ktail + 1, __ATOMIC_RELEASE);
    }
    taken =
        syscall(SYS_io_uring_enter, ring->ring_fd, count, count, IORING_ENTER_GETEVENTS, NULL, 0);
    ck_assert_int_eq(taken, count);
    worsen(&ring->cq, head);
    return (int)taken;
}

int
__io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned submit, unsigned wait,
                   sigset_t *mask)
{
    ck_abort_msg("all that was submitted is done: nobody has to wait (%p %p %u %u %p)",
                 (void *)ring, (void *)cqe, submit, wait, (void *)mask);
    return -EINVAL;
}

/* ---- the disk ---- */

enum way {
    WAY_RUN,     /* in the calling thread */
    WAY_THREADS, /* submitted, where there is no ring */
    WAY_RING,    /* submitted, done by the kernel */
    WAY_COUNT,
};

static char folder[FOLDER_BYTES], path[300], message[256];
static uint8_t *buffer, *wanted;
static struct plat_disk *disk;

/* Open descriptors of the file, to look at it from the side. */
static int aside;

static void
setup(void)
{
    ck_assert(folder_make(folder));
    snprintf(path, sizeof(path), "%s/volume", folder);
    buffer = plat_alloc(BLOCKS * PLAT_BLOCK_BYTES);
    wanted = plat_alloc(BLOCKS * PLAT_BLOCK_BYTES);
    for (unsigned i = 0; i < BLOCKS * PLAT_BLOCK_BYTES; i++)
        wanted[i] = (uint8_t)(i * 7 + i / PLAT_BLOCK_BYTES);
}

static void
open_disk(enum way way)
{
    struct linux_disk_options options = { .create = true,
                                          .no_ring = way != WAY_RING,
                                          .create_bytes = BLOCKS * PLAT_BLOCK_BYTES };

    ck_assert_int_eq(linux_disk_open(path, &options, &disk, message, sizeof(message)), OK);
    ck_assert_int_eq(linux_disk_keep(disk, message, sizeof(message)), OK);
    aside = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(aside, 0);
    memset(scripts, 0, sizeof(scripts));
}

static void
teardown(void)
{
    linux_disk_close(disk);
    close(aside);
    plat_free(buffer, BLOCKS * PLAT_BLOCK_BYTES);
    plat_free(wanted, BLOCKS * PLAT_BLOCK_BYTES);
    unlink(path);
    rmdir(folder);
}

static err_t
move(enum way way, enum plat_io_kind kind)
{
    struct plat_io io = { .kind = kind, .block = 1, .block_count = BLOCKS - 2, .buffer = buffer };

    if (way == WAY_RUN)
        return plat_disk_run(disk, &io);
    plat_disk_submit(disk, &io);
    return plat_disk_wait(disk, &io);
}

static enum call
call_of(enum way way, enum plat_io_kind kind)
{
    return way == WAY_RING ? CALL_RING : kind == PLAT_READ ? CALL_READ : CALL_WRITE;
}

/* ---- what fails is said ---- */

static const struct {
    int number;
    err_t err;
} failures[] = {
    { EIO, ERR_IO },       { EINVAL, ERR_IO },      { EBADF, ERR_IO },       { ENODEV, ERR_IO },
    { EREMOTEIO, ERR_IO }, { ENOSPC, ERR_NOSPACE }, { EDQUOT, ERR_NOSPACE }, { EFBIG, ERR_NOSPACE },
    { ENOMEM, ERR_NOMEM }, { ENXIO, ERR_IO },       { EPERM, ERR_IO },       { ETIMEDOUT, ERR_IO },
};

#define FAILURES (sizeof(failures) / sizeof(failures[0]))

START_TEST(a_read_or_write_that_fails_says_so)
{
    enum way way = (enum way)_i;

    open_disk(way);
    for (unsigned i = 0; i < FAILURES; i++) {
        ANSWER(call_of(way, PLAT_READ), -failures[i].number);
        ck_assert_int_eq(move(way, PLAT_READ), failures[i].err);
        ANSWER(call_of(way, PLAT_WRITE), -failures[i].number);
        ck_assert_int_eq(move(way, PLAT_WRITE), failures[i].err);
    }
    memset(scripts, 0, sizeof(scripts));
    ck_assert_int_eq(move(way, PLAT_WRITE), OK);
    ck_assert_int_eq(move(way, PLAT_READ), OK);
}
END_TEST

START_TEST(what_fails_in_the_middle_says_so)
{
    enum way way = (enum way)_i;

    open_disk(way);
    for (unsigned i = 0; i < FAILURES; i++) {
        for (enum plat_io_kind kind = PLAT_READ; kind <= PLAT_WRITE; kind++) {
            enum call rest = kind == PLAT_READ ? CALL_READ : CALL_WRITE;

            if (way == WAY_RING) {
                ANSWER(CALL_RING, 2 * PLAT_BLOCK_BYTES);
                ANSWER(rest, PLAT_BLOCK_BYTES, -failures[i].number);
            } else {
                ANSWER(rest, 2 * PLAT_BLOCK_BYTES, PLAT_BLOCK_BYTES, -failures[i].number);
            }
            ck_assert_int_eq(move(way, kind), failures[i].err);
        }
    }
}
END_TEST

START_TEST(what_moves_no_further_is_an_io_error)
{
    enum way way = (enum way)_i;

    open_disk(way);
    for (enum plat_io_kind kind = PLAT_READ; kind <= PLAT_WRITE; kind++) {
        enum call rest = kind == PLAT_READ ? CALL_READ : CALL_WRITE;

        if (way == WAY_RING)
            ANSWER(CALL_RING, 0);
        ANSWER(rest, 0);
        ck_assert_int_eq(move(way, kind), ERR_IO);
        if (way == WAY_RING)
            ANSWER(CALL_RING, PLAT_BLOCK_BYTES);
        ANSWER(rest, PLAT_BLOCK_BYTES, 0);
        ck_assert_int_eq(move(way, kind), ERR_IO);
    }
}
END_TEST

/* ---- what is done in part is finished ---- */

static void
all_is_moved(enum way way, enum plat_io_kind kind)
{
    size_t bytes = (BLOCKS - 2) * PLAT_BLOCK_BYTES;

    if (kind == PLAT_WRITE) {
        ck_assert_int_eq(ftruncate(aside, 0), 0);
        ck_assert_int_eq(ftruncate(aside, BLOCKS * PLAT_BLOCK_BYTES), 0);
        memcpy(buffer, wanted, bytes);
        ck_assert_int_eq(move(way, PLAT_WRITE), OK);
        memset(buffer, 0, bytes);
        ck_assert_int_eq(syscall(SYS_pread64, aside, buffer, bytes, PLAT_BLOCK_BYTES), bytes);
    } else {
        ck_assert_int_eq(syscall(SYS_pwrite64, aside, wanted, bytes, PLAT_BLOCK_BYTES), bytes);
        memset(buffer, 0, bytes);
        ck_assert_int_eq(move(way, PLAT_READ), OK);
    }
    ck_assert_mem_eq(buffer, wanted, bytes);
}

START_TEST(what_is_moved_in_part_is_finished)
{
    enum way way = (enum way)_i;

    open_disk(way);
    for (enum plat_io_kind kind = PLAT_READ; kind <= PLAT_WRITE; kind++) {
        enum call rest = kind == PLAT_READ ? CALL_READ : CALL_WRITE;

        ANSWER(call_of(way, kind), PLAT_BLOCK_BYTES);
        all_is_moved(way, kind);
        ANSWER(call_of(way, kind), 3 * PLAT_BLOCK_BYTES, 512, 512);
        if (way == WAY_RING)
            ANSWER(rest, 512, PLAT_BLOCK_BYTES, -EINTR, PLAT_BLOCK_BYTES);
        all_is_moved(way, kind);
        ck_assert_uint_ge(scripts[rest].calls, 1);
    }
}
END_TEST

START_TEST(what_was_interrupted_is_done_again)
{
    enum way way = (enum way)_i;

    open_disk(way);
    for (enum plat_io_kind kind = PLAT_READ; kind <= PLAT_WRITE; kind++) {
        ANSWER(call_of(way, kind), -EINTR, -EINTR, -EINTR);
        all_is_moved(way, kind);
        if (way == WAY_RING) {
            ANSWER(CALL_RING, -EAGAIN);
            all_is_moved(way, kind);
        }
    }
}
END_TEST

/* ---- the ring ---- */

START_TEST(what_the_ring_does_not_take_is_done_another_way)
{
    static const int refusals[] = { EAGAIN, EBUSY, EBADR, ENOMEM };

    open_disk(WAY_RING);
    for (unsigned i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        ANSWER(CALL_SUBMIT, -refusals[i]);
        ANSWER(CALL_WRITE, -EIO);
        ck_assert_int_eq(move(WAY_RING, PLAT_WRITE), ERR_IO);
        ANSWER(CALL_SUBMIT, -refusals[i]);
        memset(&scripts[CALL_WRITE], 0, sizeof(scripts[0]));
        all_is_moved(WAY_RING, PLAT_WRITE);
        ck_assert_uint_eq(scripts[CALL_WRITE].calls, 1);
    }
}
END_TEST

START_TEST(a_request_handed_over_twice_is_done_once)
{
    open_disk(WAY_RING);
    ANSWER(CALL_SUBMIT, -EINTR, -EINTR);
    all_is_moved(WAY_RING, PLAT_WRITE);
    ck_assert_uint_eq(scripts[CALL_SUBMIT].calls, 3);
    ck_assert_uint_eq(scripts[CALL_WRITE].calls, 0);
    ck_assert_uint_eq(scripts[CALL_RING].calls, 1);
}
END_TEST

START_TEST(what_the_ring_did_not_take_is_not_done_later)
{
    size_t bytes = (BLOCKS - 2) * PLAT_BLOCK_BYTES;

    open_disk(WAY_RING);
    ANSWER(CALL_SUBMIT, -EAGAIN);
    memset(buffer, 0x55, bytes);
    ck_assert_int_eq(move(WAY_RING, PLAT_WRITE), OK);
    all_is_moved(WAY_RING, PLAT_READ); /* writes something else from the side, before it reads */
    memset(buffer, 0, bytes);
    ck_assert_int_eq(syscall(SYS_pread64, aside, buffer, bytes, PLAT_BLOCK_BYTES), bytes);
    ck_assert_mem_eq(buffer, wanted, bytes);
}
END_TEST

START_TEST(the_ring_takes_any_number_of_requests_one_after_the_other)
{
    open_disk(WAY_RING);
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_eq(move(WAY_RING, PLAT_READ), OK);
    ck_assert_uint_eq(scripts[CALL_RING].calls, 200);
    ck_assert_uint_eq(scripts[CALL_READ].calls, 0);
}
END_TEST

/* A row of one block each; block i of the disk is block i of what is wanted. */
static void
row_make(struct plat_io *ios, enum plat_io_kind kind)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        ios[i] = (struct plat_io){ .kind = kind,
                                   .block = i,
                                   .block_count = 1,
                                   .buffer = buffer + (size_t)i * PLAT_BLOCK_BYTES,
                                   .next = i + 1 < BLOCKS ? &ios[i + 1] : NULL };
}

/* It is all written, whoever does it. */
static void
row_is_written(struct plat_io *ios)
{
    size_t bytes = BLOCKS * PLAT_BLOCK_BYTES;

    memset(buffer, 0, bytes);
    ck_assert_int_eq(syscall(SYS_pwrite64, aside, buffer, bytes, 0), bytes);
    memcpy(buffer, wanted, bytes);
    row_make(ios, PLAT_WRITE);
    plat_disk_submit(disk, ios);
    for (unsigned i = 0; i < BLOCKS; i++)
        ck_assert_int_eq(plat_disk_wait(disk, &ios[i]), OK);
    memset(buffer, 0, bytes);
    ck_assert_int_eq(syscall(SYS_pread64, aside, buffer, bytes, 0), bytes);
    ck_assert_mem_eq(buffer, wanted, bytes);
}

START_TEST(a_row_is_one_call)
{
    struct plat_io ios[BLOCKS];

    open_disk(WAY_RING);
    row_is_written(ios);
    ck_assert_uint_eq(scripts[CALL_SUBMIT].calls, 1);
    ck_assert_uint_eq(scripts[CALL_RING].calls, BLOCKS);
}
END_TEST

START_TEST(what_the_ring_does_not_take_of_a_row_is_done_another_way_and_not_later)
{
    struct plat_io ios[BLOCKS];

    open_disk(WAY_RING);
    for (unsigned taken = 0; taken < BLOCKS; taken++) {
        ANSWER(CALL_SUBMIT, taken == 0 ? -EAGAIN : (long)taken);
        memset(&scripts[CALL_WRITE], 0, sizeof(scripts[0]));
        row_is_written(ios);
        ck_assert_uint_eq(scripts[CALL_WRITE].calls, BLOCKS - taken);
        all_is_moved(WAY_RING, PLAT_READ);
    }
}
END_TEST

/* ---- flushes and room ---- */

START_TEST(a_flush_that_fails_says_so_and_is_not_tried_again)
{
    enum way way = (enum way)_i;

    open_disk(way);
    for (unsigned i = 0; i < FAILURES; i++) {
        ANSWER(CALL_FLUSH, -failures[i].number);
        ck_assert_int_eq(move(way, PLAT_FLUSH), failures[i].err);
        ck_assert_uint_eq(scripts[CALL_FLUSH].calls, 1);
    }
    ANSWER(CALL_FLUSH, -EINTR);
    ck_assert_int_eq(move(way, PLAT_FLUSH), ERR_IO);
    ck_assert_uint_eq(scripts[CALL_FLUSH].calls, 1);
    ck_assert_int_eq(move(way, PLAT_FLUSH), OK);
}
END_TEST

START_TEST(room_that_cannot_be_had_is_said)
{
    open_disk(WAY_RUN);
    for (unsigned i = 0; i < FAILURES; i++) {
        ANSWER(CALL_RESERVE, -failures[i].number);
        ck_assert_int_eq(plat_disk_reserve(disk, 1, 2), failures[i].err);
    }
    ANSWER(CALL_RESERVE, -EINTR, -ENOSPC);
    ck_assert_int_eq(plat_disk_reserve(disk, 1, 2), ERR_NOSPACE);
    ANSWER(CALL_RESERVE, -EOPNOTSUPP);
    ck_assert_int_eq(plat_disk_reserve(disk, 1, 2), OK);
    ANSWER(CALL_RESERVE, -EIO);
    plat_disk_discard(disk, 1, 2); /* advice only */
    ck_assert_uint_eq(scripts[CALL_RESERVE].calls, 1);
}
END_TEST

/* False where the system has no io_uring, or grants us none: then the disk has no ring to test. */
static bool
ring_granted(void)
{
    struct io_uring ring;

    if (io_uring_queue_init(1, &ring, 0) != 0)
        return false;
    io_uring_queue_exit(&ring);
    return true;
}

int
main(void)
{
    Suite *suite = suite_create("linux/disk_errors");
    TCase *tcase = tcase_create("disk_errors");
    bool ring = ring_granted();
    int ways = ring ? WAY_COUNT : WAY_RING;
    SRunner *runner;
    int failed_count;

    if (!ring)
        printf("no io_uring is granted here: the ring is not tested\n");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_read_or_write_that_fails_says_so, 0, ways);
    tcase_add_loop_test(tcase, what_fails_in_the_middle_says_so, 0, ways);
    tcase_add_loop_test(tcase, what_moves_no_further_is_an_io_error, 0, ways);
    tcase_add_loop_test(tcase, what_is_moved_in_part_is_finished, 0, ways);
    tcase_add_loop_test(tcase, what_was_interrupted_is_done_again, 0, ways);
    tcase_add_loop_test(tcase, what_the_ring_does_not_take_is_done_another_way, 0, ring);
    tcase_add_loop_test(tcase, a_request_handed_over_twice_is_done_once, 0, ring);
    tcase_add_loop_test(tcase, what_the_ring_did_not_take_is_not_done_later, 0, ring);
    tcase_add_loop_test(tcase, the_ring_takes_any_number_of_requests_one_after_the_other, 0, ring);
    tcase_add_loop_test(tcase, a_row_is_one_call, 0, ring);
    tcase_add_loop_test(
        tcase, what_the_ring_does_not_take_of_a_row_is_done_another_way_and_not_later, 0, ring);
    tcase_add_loop_test(tcase, a_flush_that_fails_says_so_and_is_not_tried_again, 0, ways);
    tcase_add_test(tcase, room_that_cannot_be_had_is_said);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed_count = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed_count ? EXIT_FAILURE : EXIT_SUCCESS;
}
