/*
 * put.c - the verb put: a file of the host goes into a volume.
 *
 * How many bytes come is said beforehand. What cannot tell, such as a pipe, is first read to its
 * end into a file without a name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phantom/errand.h"
#include "phantom/options.h"
#include "phantom/program.h"
#include "phantom/progress.h"
#include "phantom/say.h"
#include "phantom/utf8.h"
#include "vm/errand.h"

#define COPY_BYTES (64u << 10)

/* What is put. */
struct source {
    struct errand_file file;
    const char *name; /* for people */
    int fd;
    off_t from; /* where in the file it begins */
    uint64_t bytes, at;
    bool text; /* it has to be UTF-8 */
    struct utf8_check check;
    struct progress progress;
};

static bool
source_fail(struct source *source, const char *why)
{
    progress_end(&source->progress);
    say_error("%s: %s; nothing was put", source->name, why);
    source->file.failed = true;
    return false;
}

/* ---- this end ---- */

static bool
source_ready(void *context, uint64_t bytes)
{
    struct source *source = context;

    (void)bytes;
    progress_begin(&source->progress, source->bytes);
    return true;
}

/* Is it still text? */
static bool
text_test(struct source *source, const void *bytes, size_t count)
{
    char why[100];

    if (utf8_check_add(&source->check, bytes, count) &&
        (source->at < source->bytes || utf8_check_end(&source->check)))
        return true;
    snprintf(why, sizeof why,
             "this is no UTF-8 from byte %" PRIu64 " on; without --text it is kept as it is",
             source->check.good);
    return source_fail(source, why);
}

static bool
source_read(void *context, void *bytes, size_t count)
{
    struct source *source = context;

    for (size_t done = 0; done < count;) {
        ssize_t got = pread(source->fd, (char *)bytes + done, count - done,
                            source->from + (off_t)(source->at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return source_fail(source,
                               got == 0 ? "it became shorter while it was read" : strerror(errno));
        done += (size_t)got;
    }
    source->at += count;
    progress_add(&source->progress, count);
    return !source->text || text_test(source, bytes, count);
}

static bool
source_again(void *context)
{
    struct source *source = context;

    progress_end(&source->progress);
    source->at = 0;
    source->check = (struct utf8_check){ 0 };
    return true;
}

/* ---- opening it ---- */

/* A file that nobody sees, and that is gone with this process; or -1. */
static int
nameless_open(void)
{
    const char *folder = getenv("TMPDIR");
    char path[512];
    int length, fd;

    if (folder == NULL || folder[0] == '\0')
        folder = P_tmpdir;
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    length = snprintf(path, sizeof path, "%s/phantom-put-XXXXXX", folder);
    if (fd >= 0 || length < 0 || (size_t)length >= sizeof path)
        return fd;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool
all_write(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

/* Read all that comes, or more than can be put: it may have no end. False after a message. */
static bool
source_spool(struct source *source)
{
    int from = source->fd;
    char *piece = malloc(COPY_BYTES);
    ssize_t got = 0;
    bool kept = piece != NULL;

    source->fd = nameless_open();
    kept = kept && source->fd >= 0;
    while (kept && source->bytes <= VM_ERRAND_BYTES_MAX &&
           (got = read(from, piece, COPY_BYTES)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        kept = all_write(source->fd, piece, (size_t)got);
        source->bytes += (uint64_t)got;
    }
    if (!kept)
        say_error(
            "%s: no room for what comes from there in a folder of temporary files: %s; TMPDIR "
            "names another",
            source->name, strerror(errno));
    else if (got < 0)
        say_error("%s: %s", source->name, strerror(errno));
    free(piece);
    if (from != STDIN_FILENO)
        close(from);
    return kept && got >= 0;
}

/* False after a message. */
static bool
source_measure(struct source *source)
{
    struct stat status;

    if (fstat(source->fd, &status) != 0) {
        say_error("%s: %s", source->name, strerror(errno));
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        say_error("%s: it is a folder; put takes one file at a time", source->name);
        return false;
    }
    if (!S_ISREG(status.st_mode))
        return source_spool(source);
    if (source->fd == STDIN_FILENO)
        source->from = lseek(source->fd, 0, SEEK_CUR);
    if (source->from < 0 || source->from > status.st_size)
        source->from = 0;
    source->bytes = (uint64_t)(status.st_size - source->from);
    return true;
}

/* False after a message. */
static bool
source_open(struct source *source, const char *path, bool text)
{
    bool is_input = strcmp(path, "-") == 0;

    *source = (struct source){ .name = is_input ? "standard input" : path,
                               .fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC),
                               .text = text };
    source->file = (struct errand_file){
        .end = { .ready = source_ready, .read = source_read, .context = source },
        .again = source_again,
    };
    if (source->fd < 0) {
        say_error("%s: %s", path, strerror(errno));
        return false;
    }
    if (!source_measure(source))
        return false;
    if (source->bytes > VM_ERRAND_BYTES_MAX) {
        say_error("%s: it is larger than 2 GiB, and nothing in a volume may be", source->name);
        return false;
    }
    return true;
}

/* ---- the verb ---- */

/* The request; false after a message. */
static bool
request_make(const struct invocation *invocation, const struct source *source, char *request,
             size_t request_bytes)
{
    bool is_input = strcmp(invocation->arguments[1], "-") == 0;
    const char *name = is_input ? "" : program_name(invocation->arguments[1]);
    const char *path = invocation->argument_count > 2 ? invocation->arguments[2] : "";
    const char *flags = option_given(invocation, "text")
                            ? (option_given(invocation, "force") ? "tf" : "t")
                            : (option_given(invocation, "force") ? "f" : "-");

    if (!errand_path_test("put", path) || !errand_path_test("put", name))
        return false;
    snprintf(request, request_bytes, "put %s %" PRIu64 " %zu %s%s", flags, source->bytes,
             strlen(name), name, path);
    return true;
}

int
verb_put(const struct invocation *invocation)
{
    char request[ANSWER_REQUEST_BYTES];
    struct source source = { .fd = -1 };
    int status = STATUS_TROUBLE;

    if (strcmp(invocation->arguments[1], "-") == 0 && invocation->argument_count < 3) {
        say_error("put: what comes from standard input needs a PATH: phantom put %s",
                  invocation->verb->synopsis);
        return STATUS_USAGE;
    }
    if (!source_open(&source, invocation->arguments[1], option_given(invocation, "text")))
        goto out;
    if (!request_make(invocation, &source, request, sizeof request)) {
        status = STATUS_USAGE;
        goto out;
    }
    if (errand_carry(invocation->arguments[0], request, &source.file))
        status = STATUS_DONE;
    progress_end(&source.progress);
out:
    if (source.fd > STDERR_FILENO)
        close(source.fd);
    return status;
}
