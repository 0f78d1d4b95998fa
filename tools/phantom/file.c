/*
 * file.c - whole files of the host: read at once, replaced at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phantom/signals.h"

#define FILE_BYTES_MAX (256u << 20)

int
file_read_stream(FILE *file, struct buffer *bytes)
{
    char chunk[65536];
    size_t got;

    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        if (bytes->count + got > FILE_BYTES_MAX)
            return EFBIG;
        if (buffer_append(bytes, chunk, got) != OK)
            return ENOMEM;
    }
    return ferror(file) ? errno : 0;
}

int
file_read(const char *path, struct buffer *bytes)
{
    struct stat status;
    FILE *file;
    int error;

    if (stat(path, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    file = fopen(path, "rb");
    if (file == NULL)
        return errno;
    error = file_read_stream(file, bytes);
    fclose(file);
    return error;
}

/* Takes `file`, which may be NULL. False and errno if not all could be written. */
static bool
all_write(FILE *file, const struct buffer *bytes, bool safely)
{
    bool done;

    if (file == NULL)
        return false;
    done = fwrite(bytes->bytes, 1, bytes->count, file) == bytes->count;
    if (done && safely)
        done = fflush(file) == 0 && fsync(fileno(file)) == 0;
    return fclose(file) == 0 && done;
}

/* Mode and owner of a file that was made for its user alone. */
static void
permit(int fd, const struct stat *like)
{
    mode_t mask = umask(0);

    umask(mask);
    if (like != NULL)
        IGNORE(fchown(fd, like->st_uid, like->st_gid), "not everybody may give files away");
    fchmod(fd, like == NULL ? 0666 & ~mask : like->st_mode & 07777);
}

/* A file of an unused name beside `path`; its name takes that of `path`. */
static FILE *
beside_open(char *path, const struct stat *like)
{
    FILE *file;
    int fd;

    strcat(path, ".XXXXXX");
    fd = mkstemp(path);
    if (fd < 0)
        return NULL;
    permit(fd, like);
    file = fdopen(fd, "wb");
    if (file == NULL)
        close(fd); /* nothing was written, so it cannot fail, and errno stays */
    return file;
}

bool
file_replace(const char *path, const struct buffer *bytes, const struct stat *like)
{
    char *temporary = malloc(strlen(path) + sizeof ".XXXXXX");
    sigset_t before;
    bool done;
    int error;

    if (temporary == NULL)
        return false;
    strcpy(temporary, path);
    signals_hold(&before); /* nobody finds it beside the file */
    done = all_write(beside_open(temporary, like), bytes, true) && rename(temporary, path) == 0;
    error = errno;
    if (!done)
        remove(temporary);
    signals_release(&before);
    free(temporary);
    errno = error;
    return done;
}

bool
file_overwrite(const char *path, const struct buffer *bytes)
{
    return all_write(fopen(path, "wb"), bytes, false);
}
