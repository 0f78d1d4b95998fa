/*
 * disk.c - a file or a block device as a disk.
 *
 * It is opened for direct I/O, so that what is written passes no cache of the
 * system's and a snapshot does not push other people's pages out of memory; a
 * file system that refuses gets ordinary I/O. Either way only fdatasync makes a
 * write safe, and one that fails is never tried again here: after a failed
 * fsync the kernel may have dropped the dirty pages.
 *
 * Requests that are submitted are done by the kernel, in any order; where it has no
 * io_uring, or grants us none, by a few threads. A request that is run is done by
 * the caller.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/disk_cover_priv.h"
#include "linux/disk_lock_priv.h"
#include "linux/disk_new.h"
#include "linux/disk_ring_priv.h"
#include "plat/thread.h"

#define IO_THREADS 4

struct file_disk {
    struct plat_disk disk;
    int fd;
    bool read_only;
    bool block_device;
    uint64_t block_count;
    struct disk_new made;     /* it is being made, and not kept yet */
    struct disk_cover *cover; /* or NULL: writes go to the file */
    struct disk_ring *ring;   /* or NULL: threads do what is submitted */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t work;
    struct plat_io *first, *last; /* submitted, in no thread's hands yet */
    bool closing;
    unsigned thread_count;
    struct plat_thread *threads[IO_THREADS];
};

static struct file_disk *
file_disk_of(const struct plat_disk *disk)
{
    return (struct file_disk *)(uintptr_t)disk;
}

/* ---- the contract: whatever disk it is ---- */

uint64_t
plat_disk_block_count(const struct plat_disk *disk)
{
    return disk->ops->block_count(disk);
}

bool
plat_disk_read_only(const struct plat_disk *disk)
{
    return disk->ops->read_only(disk);
}

void
plat_disk_submit(struct plat_disk *disk, struct plat_io *io)
{
    disk->ops->submit(disk, io);
}

err_t
plat_disk_wait(struct plat_disk *disk, struct plat_io *io)
{
    return disk->ops->wait(disk, io);
}

err_t
plat_disk_run(struct plat_disk *disk, struct plat_io *io)
{
    return disk->ops->run(disk, io);
}

err_t
plat_disk_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    return disk->ops->reserve(disk, block, block_count);
}

void
plat_disk_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    disk->ops->discard(disk, block, block_count);
}

/* ---- one request ---- */

static err_t
err_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_NOSPACE;
    case ENOMEM:
        return ERR_NOMEM;
    default:
        return ERR_IO;
    }
}

/* Move bytes of a read or write, from `done` to `end`, in as many calls as the kernel likes. */
static err_t
bytes_move(int fd, const struct plat_io *io, size_t done, size_t end)
{
    uint8_t *buffer = (uint8_t *)io->buffer + done;
    off_t at = (off_t)(io->block * PLAT_BLOCK_BYTES + done);

    for (size_t left = end - done; left > 0;) {
        ssize_t moved =
            io->kind == PLAT_READ ? pread(fd, buffer, left, at) : pwrite(fd, buffer, left, at);

        if (moved < 0 && errno == EINTR)
            continue;
        if (moved < 0)
            return err_of_errno(errno);
        if (moved == 0)
            return ERR_IO; /* somebody has made the file shorter */
        buffer += moved;
        at += moved;
        left -= (size_t)moved;
    }
    return OK;
}

/* The same of all of them, where some blocks may lie over the file. */
static err_t
covered_move(const struct file_disk *file, const struct plat_io *io)
{
    int above = disk_cover_file(file->cover);

    if (io->kind == PLAT_WRITE) {
        TRY(bytes_move(above, io, 0, (size_t)io->block_count * PLAT_BLOCK_BYTES));
        disk_cover_add(file->cover, io->block, io->block_count);
        return OK;
    }
    for (uint32_t done = 0, count; done < io->block_count; done += count) {
        bool there = disk_cover_run(file->cover, io->block + done, io->block_count - done, &count);

        TRY(bytes_move(there ? above : file->fd, io, (size_t)done * PLAT_BLOCK_BYTES,
                       ((size_t)done + count) * PLAT_BLOCK_BYTES));
    }
    return OK;
}

/* All but the first `done` bytes. */
static err_t
io_move(const struct file_disk *file, const struct plat_io *io, size_t done)
{
    if (file->cover)
        return covered_move(file, io);
    return bytes_move(file->fd, io, done, (size_t)io->block_count * PLAT_BLOCK_BYTES);
}

/* May this read or write be tried? */
static err_t
io_test(const struct file_disk *file, const struct plat_io *io)
{
    if (io->block > file->block_count || io->block_count > file->block_count - io->block)
        return ERR_RANGE;
    if (io->kind == PLAT_WRITE && file->read_only)
        return ERR_IO;
    return OK;
}

static err_t
io_do(const struct file_disk *file, const struct plat_io *io)
{
    if (io->kind == PLAT_FLUSH)
        return fdatasync(file->fd) == 0 ? OK : err_of_errno(errno);
    TRY(io_test(file, io));
    return io_move(file, io, 0);
}

static void
io_end(struct plat_io *io, err_t result)
{
    io->result = result;
    /* Pairs with file_wait(); the request may be gone as soon as this is seen. */
    atomic_store_explicit(&io->done, 1, memory_order_release);
    plat_wake(&io->done, UINT32_MAX);
}

static void
io_thread(void *argument)
{
    struct file_disk *file = argument;

    pthread_mutex_lock(&file->lock);
    for (;;) {
        struct plat_io *io = file->first;

        if (!io && file->closing)
            break;
        if (!io) {
            pthread_cond_wait(&file->work, &file->lock);
            continue;
        }
        file->first = io->next;
        pthread_mutex_unlock(&file->lock);
        io_end(io, io_do(file, io));
        pthread_mutex_lock(&file->lock);
    }
    pthread_mutex_unlock(&file->lock);
}

/* ---- the operations of a file ---- */

static uint64_t
file_block_count(const struct plat_disk *disk)
{
    return file_disk_of(disk)->block_count;
}

static bool
file_read_only(const struct plat_disk *disk)
{
    return file_disk_of(disk)->read_only;
}

/* The ring has done what it could: the rest, if any, is done here. */
static void
ring_ended(void *context, struct plat_io *io, ssize_t moved)
{
    const struct file_disk *file = context;
    size_t bytes = (size_t)io->block_count * PLAT_BLOCK_BYTES;

    if (moved == -EINTR || moved == -EAGAIN)
        moved = 0;
    if (moved < 0)
        io->result = err_of_errno((int)-moved);
    else if ((size_t)moved < bytes)
        io->result = io_move(file, io, (size_t)moved);
    else
        io->result = OK;
    atomic_store_explicit(&io->done, 1, memory_order_release);
}

static err_t file_run(struct plat_disk *disk, struct plat_io *io);

/* Do the requests of a row here, one after the other. */
static void
row_run(struct plat_disk *disk, struct plat_io *io)
{
    while (io) {
        struct plat_io *next = io->next; /* who waits for it may take it away */

        IGNORE(file_run(disk, io), "who waits is told");
        io = next;
    }
}

/* The ring does what it can and takes; all else is done here, while it is at it. */
static void
row_to_ring(struct file_disk *file, struct plat_io *io)
{
    struct plat_io *ours = NULL, **ours_end = &ours;
    struct plat_io *its = NULL, **its_end = &its;

    for (; io; io = io->next) {
        struct plat_io ***end =
            io->kind == PLAT_FLUSH || io_test(file, io) != OK ? &ours_end : &its_end;

        **end = io;
        *end = &io->next;
    }
    *ours_end = *its_end = NULL;
    if (its)
        its = disk_ring_submit(file->ring, file->fd, its);
    row_run(&file->disk, its);
    row_run(&file->disk, ours);
}

static void
row_to_threads(struct file_disk *file, struct plat_io *io)
{
    struct plat_io *last = io;

    while (last->next)
        last = last->next;
    pthread_mutex_lock(&file->lock);
    if (file->first)
        file->last->next = io;
    else
        file->first = io;
    file->last = last;
    if (io == last)
        pthread_cond_signal(&file->work);
    else
        pthread_cond_broadcast(&file->work);
    pthread_mutex_unlock(&file->lock);
}

static void
file_submit(struct plat_disk *disk, struct plat_io *io)
{
    struct file_disk *file = file_disk_of(disk);

    for (struct plat_io *each = io; each; each = each->next)
        atomic_store_explicit(&each->done, 0, memory_order_relaxed);
    if (file->ring)
        row_to_ring(file, io);
    else
        row_to_threads(file, io);
}

static err_t
file_wait(struct plat_disk *disk, struct plat_io *io)
{
    struct file_disk *file = file_disk_of(disk);

    if (file->ring && atomic_load_explicit(&io->done, memory_order_acquire) == 0)
        disk_ring_wait(file->ring, io, ring_ended, file);
    while (atomic_load_explicit(&io->done, memory_order_acquire) == 0)
        plat_wait(&io->done, 0, PLAT_NO_DEADLINE);
    return io->result;
}

static err_t
file_run(struct plat_disk *disk, struct plat_io *io)
{
    io->result = io_do(file_disk_of(disk), io);
    atomic_store_explicit(&io->done, 1, memory_order_release);
    return io->result;
}

static err_t
file_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    struct file_disk *file = file_disk_of(disk);

    if (file->read_only)
        return ERR_IO;
    if (block > file->block_count || block_count > file->block_count - block)
        return ERR_NOSPACE;
    if (file->block_device || file->cover || block_count == 0)
        return OK;
    while (fallocate(file->fd, FALLOC_FL_KEEP_SIZE, (off_t)(block * PLAT_BLOCK_BYTES),
                     (off_t)(block_count * PLAT_BLOCK_BYTES)) != 0) {
        if (errno == EOPNOTSUPP)
            return OK; /* it cannot promise; a write that finds no room says so itself */
        if (errno != EINTR)
            return err_of_errno(errno);
    }
    return OK;
}

static void
file_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    struct file_disk *file = file_disk_of(disk);
    uint64_t range[] = { block * PLAT_BLOCK_BYTES, block_count * PLAT_BLOCK_BYTES };
    int ignored;

    if (file->read_only || file->cover || block > file->block_count ||
        block_count > file->block_count - block)
        return;
    if (file->block_device)
        ignored = ioctl(file->fd, BLKDISCARD, range);
    else
        ignored = fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)range[0],
                            (off_t)range[1]);
    (void)ignored; /* advice only */
}

static const struct linux_disk_ops file_ops = {
    .block_count = file_block_count,
    .read_only = file_read_only,
    .submit = file_submit,
    .wait = file_wait,
    .run = file_run,
    .reserve = file_reserve,
    .discard = file_discard,
};

/* ---- opening ---- */

/* Where the message of a failure goes. */
struct report {
    const char *path;
    char *message;
    size_t message_bytes;
};

__attribute__((format(printf, 3, 4))) static err_t
report(const struct report *to, err_t err, const char *text, ...)
{
    va_list values;
    int length = snprintf(to->message, to->message_bytes, "%s: ", to->path);

    if (length >= 0 && (size_t)length < to->message_bytes) {
        va_start(values, text);
        vsnprintf(to->message + length, to->message_bytes - (size_t)length, text, values);
        va_end(values);
    }
    return err;
}

static err_t
report_errno(const struct report *to, int number, bool create)
{
    switch (number) {
    case ENOENT:
        return report(to, ERR_NOT_FOUND,
                      create ? "its folder does not exist" : "there is no such volume");
    case ENOTEMPTY:
        return report(to, ERR_EXISTS,
                      "it is not empty; if nothing on it is needed, empty it first: "
                      "dd if=/dev/zero of=%s bs=1M count=1",
                      to->path);
    case EEXIST:
        return report(to, ERR_EXISTS, "it exists already; remove it first or take another name");
    case EACCES:
    case EPERM:
    case EROFS:
    case ETXTBSY:
        return report(to, ERR_READ_ONLY, "it may not be written: %s", strerror(number));
    case EFBIG:
        return report(to, ERR_NOSPACE, "its file system cannot hold a file so large");
    case EISDIR:
        return report(to, ERR_FOREIGN, "it is a folder, not a volume");
    default:
        return report(to, err_of_errno(number), "%s", strerror(number));
    }
}

/* Open with direct I/O if the file system has it, without otherwise; -1 and errno if neither. */
static int
open_direct(const char *path, int flags)
{
    int fd = open(path, flags | O_DIRECT, 0666);

    if (fd < 0 && errno == EINVAL) /* the first try has made the file */
        fd = open(path, flags & O_CREAT ? flags & ~O_EXCL : flags, 0666);
    /* Where a standard descriptor is closed, the volume must not take its number. */
    if (fd >= 0 && fd <= STDERR_FILENO) {
        int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

        close(fd);
        fd = above;
    }
    return fd;
}

/* Some file systems take the flag and refuse the I/O; find out by one read. */
static void
direct_probe(const struct file_disk *file)
{
    void *page;
    int flags;

    if (posix_memalign(&page, PLAT_BLOCK_BYTES, PLAT_BLOCK_BYTES) != 0)
        return;
    flags = fcntl(file->fd, F_GETFL);
    if (pread(file->fd, page, PLAT_BLOCK_BYTES, 0) < 0 && errno == EINVAL && flags >= 0)
        fcntl(file->fd, F_SETFL, flags & ~O_DIRECT);
    free(page);
}

/* Is it a file or a block device, and how large? */
static err_t
file_measure(struct file_disk *file, const struct report *to)
{
    struct stat stat_;
    uint64_t bytes;

    if (fstat(file->fd, &stat_) != 0)
        return report_errno(to, errno, false);
    if (S_ISBLK(stat_.st_mode)) {
        file->block_device = true;
        if (ioctl(file->fd, BLKGETSIZE64, &bytes) != 0)
            return report_errno(to, errno, false);
    } else if (S_ISREG(stat_.st_mode)) {
        bytes = (uint64_t)stat_.st_size;
    } else if (S_ISDIR(stat_.st_mode)) {
        return report_errno(to, EISDIR, false);
    } else {
        return report(to, ERR_FOREIGN, "it is neither a file nor a block device");
    }
    file->block_count = bytes / PLAT_BLOCK_BYTES;
    return OK;
}

static bool
is_block_device(const char *path)
{
    struct stat stat_;

    return stat(path, &stat_) == 0 && S_ISBLK(stat_.st_mode);
}

/* Open, or make; -1 and errno if that cannot be, and with EBUSY `holder`. */
static int
descriptor_open(struct file_disk *file, const struct linux_disk_options *options, const char *path,
                char *holder, size_t holder_bytes)
{
    bool reads = options->read_only || options->covered;
    int flags = (reads ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

    if (is_block_device(path))
        return linux_device_open(path, flags, open_direct, options->lock_wait_ms, holder,
                                 holder_bytes);
    if (options->create)
        return disk_new_file(&file->made, path, flags, options->named_at_once, open_direct);
    return open_direct(path, flags);
}

/* A device shall become a volume: only one on which nothing is. */
static err_t
device_take(struct file_disk *file, const struct report *to)
{
    int number = file->block_device ? disk_new_device(&file->made, to->path, file->fd) : EEXIST;

    return number == 0 ? OK : report_errno(to, number, true);
}

/* Open, lock, size. The descriptor is the caller's to close, also on failure. */
static err_t
file_open(struct file_disk *file, const struct linux_disk_options *options, const struct report *to)
{
    char holder[64] = "another process";
    err_t err;

    file->read_only = options->read_only;
    file->fd = descriptor_open(file, options, to->path, holder, sizeof(holder));
    if (file->fd < 0 && errno != EBUSY)
        return report_errno(to, errno, options->create);
    err = file->fd < 0 ? ERR_BUSY
                       : linux_disk_lock(file->fd, options->read_only || options->covered,
                                         options->lock_wait_ms, holder, sizeof(holder));
    if (err == ERR_BUSY)
        return report(to, ERR_BUSY, "%s has it open; stop that first", holder);
    if (err != OK)
        return report(to, err, "its file system cannot lock files: %s", strerror(errno));
    if (file->made.path && ftruncate(file->fd, (off_t)options->create_bytes) != 0)
        return report_errno(to, errno, true);
    TRY(file_measure(file, to));
    if (options->create && !file->made.path)
        TRY(device_take(file, to));
    if (file->block_count > 0)
        direct_probe(file);
    if (options->covered)
        file->cover = disk_cover_create(file->block_count);
    return options->covered && !file->cover ? report(to, ERR_NOMEM, "no memory") : OK;
}

static err_t
threads_start(struct file_disk *file)
{
    for (; file->thread_count < IO_THREADS; file->thread_count++)
        TRY(plat_thread_create(&file->threads[file->thread_count], "phantom-io", io_thread, file));
    return OK;
}

err_t
linux_disk_open(const char *path, const struct linux_disk_options *options, struct plat_disk **disk,
                char *message, size_t message_bytes)
{
    struct report to = { path, message, message_bytes };
    struct file_disk *file = calloc(1, sizeof(*file));
    err_t err;

    if (!file)
        return report(&to, ERR_NOMEM, "no memory");
    file->disk.ops = &file_ops;
    file->fd = -1;
    pthread_mutex_init(&file->lock, NULL);
    pthread_cond_init(&file->work, NULL);
    err = file_open(file, options, &to);
    if (err != OK)
        goto out;
    if (!options->no_ring && !file->cover)
        file->ring = disk_ring_create();
    if (!file->ring)
        err = threads_start(file);
    if (err != OK) {
        err = report(&to, err, "no threads for its I/O");
        goto out;
    }
    *disk = &file->disk;
    file = NULL;
out:
    linux_disk_close(file ? &file->disk : NULL);
    return err;
}

err_t
linux_disk_keep(struct plat_disk *disk, char *message, size_t message_bytes)
{
    struct file_disk *file = file_disk_of(disk);
    struct report to = { file->made.path, message, message_bytes };
    int number = disk_new_keep(&file->made, file->fd);

    return number == 0 ? OK : report_errno(&to, number, true);
}

err_t
linux_disk_extend(struct plat_disk *disk, uint64_t block_count)
{
    struct file_disk *file = file_disk_of(disk);

    if (block_count <= file->block_count)
        return OK;
    if (file->block_device)
        return ERR_RANGE;
    if (ftruncate(file->fd, (off_t)(block_count * PLAT_BLOCK_BYTES)) != 0)
        return err_of_errno(errno);
    file->block_count = block_count;
    return OK;
}

void
linux_disk_close(struct plat_disk *disk)
{
    struct file_disk *file = file_disk_of(disk);

    if (!file)
        return;
    pthread_mutex_lock(&file->lock);
    file->closing = true;
    pthread_cond_broadcast(&file->work);
    pthread_mutex_unlock(&file->lock);
    for (unsigned i = 0; i < file->thread_count; i++)
        plat_thread_join(file->threads[i]);
    disk_ring_destroy(file->ring);
    disk_cover_destroy(file->cover);
    disk_new_drop(&file->made, file->fd);
    if (file->fd >= 0)
        close(file->fd);
    pthread_cond_destroy(&file->work);
    pthread_mutex_destroy(&file->lock);
    free(file);
}

int
linux_disk_release(struct plat_disk *disk, bool *direct)
{
    struct file_disk *file = file_disk_of(disk);
    int flags = fcntl(file->fd, F_GETFL);
    int fd = file->fd;

    *direct = flags >= 0 && (flags & O_DIRECT) != 0;
    file->fd = -1;
    linux_disk_close(disk);
    return fd;
}
