/*
 * get.c - the verb get: a file comes out of a volume.
 *
 * It is written without a name, so that it is gone with this process however that ends, and has its
 * name when it is whole. Where one of that name is there already it gets another for a moment, and
 * takes that one's place. Some file systems have no files without a name: there it is written
 * beside its place, and only a kill that nobody hears of leaves it there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/disk_new.h"
#include "phantom/errand.h"
#include "phantom/options.h"
#include "phantom/program.h"
#include "phantom/progress.h"
#include "phantom/say.h"
#include "phantom/signals.h"

/* Names beside that are tried. */
#define NAMES_MAX 100

/* Where it goes. */
struct target {
    struct errand_file file;
    const char *name; /* for people */
    char *path;       /* NULL: standard output */
    char *beside;     /* a name beside it; NULL: what is there is written to, such as a device */
    bool named;       /* it has that one from the beginning */
    int fd;
    uint64_t written;
    struct progress progress;
};

/* The file beside, for who ends us. */
static const char *volatile unfinished;

static void
signal_end(int number)
{
    if (unfinished != NULL)
        unlink(unfinished);
    signal(number, SIG_DFL);
    raise(number);
}

static bool
target_fail(struct target *target, const char *why)
{
    progress_end(&target->progress);
    say_error("%s: cannot write: %s", target->name, why);
    target->file.failed = true;
    return false;
}

/* ---- this end ---- */

static bool
target_ready(void *context, uint64_t bytes)
{
    struct target *target = context;

    progress_begin(&target->progress, bytes);
    return true;
}

static bool
target_write(void *context, const void *bytes, size_t count)
{
    struct target *target = context;
    const char *at = bytes;

    for (size_t left = count; left > 0;) {
        ssize_t written = write(target->fd, at, left);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return target_fail(target, written < 0 ? strerror(errno) : "it takes no more");
        at += written;
        left -= (size_t)written;
    }
    target->written += count;
    progress_add(&target->progress, count);
    return true;
}

static bool
target_again(void *context)
{
    struct target *target = context;

    progress_end(&target->progress);
    if (target->written == 0)
        return true;
    if (target->beside == NULL || ftruncate(target->fd, 0) != 0 ||
        lseek(target->fd, 0, SEEK_SET) != 0)
        return false; /* somebody has read it */
    target->written = 0;
    return true;
}

/* ---- opening and closing it ---- */

/* A link stays, and where it leads is written. False and errno: it leads nowhere. */
static bool
link_follow(struct target *target)
{
    struct stat status;
    char *end;

    if (lstat(target->path, &status) != 0 || !S_ISLNK(status.st_mode))
        return true;
    end = realpath(target->path, NULL);
    if (end == NULL)
        return false;
    free(target->path);
    target->name = target->path = end;
    return true;
}

static int
descriptor_open(const char *path, int flags)
{
    return open(path, flags, 0600);
}

/* A new file, that has no name or one beside. False and errno: there is none. */
static bool
beside_open(struct target *target)
{
    size_t bytes = strlen(target->path) + sizeof ".XXXXXX";

    target->beside = malloc(bytes);
    if (target->beside == NULL)
        return false;
    snprintf(target->beside, bytes, "%s.XXXXXX", target->path);
    target->fd =
        disk_new_nameless(target->path, O_WRONLY | O_CLOEXEC, descriptor_open, &target->named);
    if (!target->named)
        return target->fd >= 0;
    target->fd = mkostemp(target->beside, O_CLOEXEC);
    if (target->fd >= 0)
        unfinished = target->beside;
    return target->fd >= 0;
}

/* Beside a file that is not there, or is a plain one; else that itself. */
static bool
target_make(struct target *target)
{
    struct stat status;
    bool there = stat(target->path, &status) == 0;
    mode_t mask = umask(0);

    umask(mask);
    if (there && !S_ISREG(status.st_mode)) {
        target->fd = open(target->path, O_WRONLY | O_CLOEXEC);
        return target->fd >= 0;
    }
    if (!link_follow(target))
        return false;
    if (!beside_open(target))
        return false;
    fchmod(target->fd, there ? status.st_mode & 07777 : 0666 & ~mask);
    return true;
}

/* FILE, or the last name of PATH; in FILE, if that is a folder. */
static char *
path_make(const char *path, const char *file)
{
    struct stat status;
    const char *name = program_name(path);
    size_t bytes = strlen(path) + strlen(file) + 2;
    char *made = malloc(bytes);

    if (made == NULL)
        return NULL;
    if (file[0] == '\0')
        snprintf(made, bytes, "%s", name);
    else if (stat(file, &status) == 0 && S_ISDIR(status.st_mode))
        snprintf(made, bytes, "%s/%s", file, name);
    else
        snprintf(made, bytes, "%s", file);
    return made;
}

/* False after a message. */
static bool
target_open(struct target *target, const char *path, const char *file)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    sigset_t ends;

    *target = (struct target){ .name = "standard output", .fd = STDOUT_FILENO };
    target->file = (struct errand_file){
        .end = { .ready = target_ready, .write = target_write, .context = target },
        .again = target_again,
    };
    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write() here */
    if (strcmp(file, "-") == 0)
        return true;
    signals_set(&ends);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sigismember(&ends, numbers[i]))
            signal(numbers[i], signal_end);
    }
    target->fd = -1;
    target->path = path_make(path, file);
    target->name = target->path;
    if (target->path != NULL && target_make(target))
        return true;
    say_error("%s: %s", target->path == NULL ? file : target->path, strerror(errno));
    return false;
}

/* What has no name gets one beside that nobody has. 0, or errno. */
static int
beside_name(struct target *target)
{
    char *letters = target->beside + strlen(target->path) + 1;
    int number = EEXIST;

    for (unsigned i = 0; i < NAMES_MAX && number == EEXIST; i++) {
        snprintf(letters, sizeof "XXXXXX", "%06u", ((unsigned)getpid() + i * 7919) % 1000000);
        number = disk_new_name(target->beside, target->fd);
    }
    target->named = number == 0;
    return number;
}

/* It is whole: it gets its name. 0, or errno. */
static int
name_take(struct target *target)
{
    int number = target->named ? 0 : disk_new_name(target->path, target->fd);

    if (number == 0 && !target->named)
        return 0;
    if (number == EEXIST)
        number = beside_name(target);
    return number == 0 && rename(target->beside, target->path) != 0 ? errno : number;
}

/* Keep a file that was made, or leave nothing of it. False after a message. */
static bool
target_keep(struct target *target, bool done)
{
    int number = done && fsync(target->fd) != 0 ? errno : 0;
    sigset_t before;

    signals_hold(&before); /* nobody finds it beside the file */
    if (done && number == 0)
        number = name_take(target);
    if (target->named && (!done || number != 0))
        unlink(target->beside);
    unfinished = NULL;
    signals_release(&before);
    return number == 0 ? done : target_fail(target, strerror(number));
}

/* All is where it belongs; else nothing is. False after a message. */
static bool
target_close(struct target *target, bool done)
{
    bool kept = done;

    progress_end(&target->progress);
    if (target->beside != NULL && target->fd >= 0)
        kept = target_keep(target, done);
    if (target->path != NULL && target->fd >= 0)
        close(target->fd);
    free(target->beside);
    free(target->path);
    return kept;
}

int
verb_get(const struct invocation *invocation)
{
    const char *path = invocation->arguments[1];
    const char *file = invocation->argument_count > 2 ? invocation->arguments[2] : "";
    char request[ANSWER_REQUEST_BYTES];
    struct target target;
    bool done;

    if (!errand_path_test("get", path))
        return STATUS_USAGE;
    if (file[0] == '\0' && program_name(path)[0] == '\0') {
        say_error("get: a name of a file is missing: phantom get %s", invocation->verb->synopsis);
        return STATUS_USAGE;
    }
    snprintf(request, sizeof request, "get %s", path);
    done = target_open(&target, path, file) &&
           errand_carry(invocation->arguments[0], request, &target.file);
    return target_close(&target, done) ? STATUS_DONE : STATUS_TROUBLE;
}
