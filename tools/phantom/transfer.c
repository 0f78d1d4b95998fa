/*
 * transfer.c - the verbs send and receive: generations on their way from one volume to another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"
#include "linux/disk_new.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/system.h"
#include "plat/machine.h"
#include "store/stream.h"

#define BUFFER_BYTES   (1u << 20)
#define GENERATION_MAX (VOLUME_GENERATION_END - 1)

/* The stream's end in this process: a file, or a standard stream. */
struct end {
    FILE *file;
    const char *name;
    struct disk_new made; /* what is written, until it is whole */
    int error;            /* of reading, as errno has it */
};

/* False after a message. */
static bool
end_begin(struct end *end)
{
    if (end->file == NULL) {
        say_error("%s: %s", end->name, strerror(errno));
        return false;
    }
    setvbuf(end->file, NULL, _IOFBF, BUFFER_BYTES);
    return true;
}

static bool
input_open(struct end *end, const char *path)
{
    *end = (struct end){ .name = path != NULL ? path : "standard input",
                         .file = path != NULL ? fopen(path, "rbe") : stdin };
    return end_begin(end);
}

static int
descriptor_open(const char *path, int flags)
{
    return open(path, flags, 0666);
}

/* What is there already is not written over: it may be a volume. */
static bool
output_open(struct end *end, const char *path)
{
    int fd;

    *end = (struct end){ .name = path != NULL ? path : "standard output" };
    if (path == NULL) {
        end->file = stdout;
        return end_begin(end);
    }
    fd = disk_new_file(&end->made, path, O_WRONLY | O_CLOEXEC, false, descriptor_open);
    end->file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (fd >= 0 && end->file == NULL) {
        disk_new_drop(&end->made, fd);
        close(fd);
        errno = ENOMEM;
    }
    return end_begin(end);
}

/* Binary is not for people. True after a message. */
static bool
is_terminal(const struct invocation *invocation, int fd, const char *what)
{
    if (!isatty(fd))
        return false;
    say_error("%s: a stream does not %s a terminal: name a file (see 'phantom %s --help')",
              invocation->verb->name, what, invocation->verb->name);
    return true;
}

/* ---- send ---- */

static err_t
bytes_write(void *context, const void *bytes, size_t byte_count)
{
    struct end *end = context;

    return fwrite(bytes, 1, byte_count, end->file) == byte_count ? OK : ERR_CANCELLED;
}

/* A file is safe before it has its name, and when it has it. 0, or errno. */
static int
file_keep(struct end *end)
{
    int fd = fileno(end->file);

    return fsync(fd) != 0 ? errno : disk_new_keep(&end->made, fd);
}

/* All is where it belongs. False after a message, and there is no file. */
static bool
output_close(struct end *end, bool done)
{
    bool file = end->file != stdout;
    int number = 0;

    if (done && (fflush(end->file) != 0 || ferror(end->file)))
        number = errno;
    else if (done && file)
        number = file_keep(end);
    if (number != 0)
        say_error("%s: cannot write: %s", end->name, strerror(number));
    disk_new_drop(&end->made, fileno(end->file));
    if (file)
        fclose(end->file);
    return done && number == 0;
}

/* A pinned generation. False after a message. */
static bool
view_open(struct system *system, uint64_t generation, struct store_view **view)
{
    err_t err = store_view_open(system->store, generation, view);
    char volume[SAY_WORD_BYTES];

    if (err == ERR_NOT_FOUND)
        say_error("%s: generation %" PRIu64
                  " is not kept; 'phantom history %s' lists those that are",
                  system->path, generation, say_word(system->path, volume));
    else if (err != OK)
        system_say(system, err, "cannot read it");
    return err == OK;
}

/* The present is kept, so that it can be the next --from. False after a message. */
static bool
present_keep(struct system *system, uint64_t *generation)
{
    err_t err = store_pin_present(system->store, plat_wall_ns(), generation);

    if (err != OK)
        system_say(system, err, "cannot keep the present");
    return err == OK;
}

/* The same is fine: nothing has happened since, and that is sent. False after a message. */
static bool
is_not_newer(const struct system *system, uint64_t from, uint64_t to)
{
    if (from <= to)
        return true;
    say_error("%s: generation %" PRIu64 " is newer than generation %" PRIu64, system->path, from,
              to);
    return false;
}

/* What is to be sent. */
struct parcel {
    struct store_view *from; /* NULL: all of `to` */
    struct store_view *to;
    struct stream_tally tally;
};

/* `from` and `to` as on the command line; 0: not given. False after a message. */
static bool
parcel_open(struct parcel *parcel, struct system *system, uint64_t from, uint64_t to)
{
    return (from == 0 || view_open(system, from, &parcel->from)) &&
           (to != 0 || present_keep(system, &to)) && is_not_newer(system, from, to) &&
           view_open(system, to, &parcel->to);
}

static bool
parcel_send(struct parcel *parcel, const struct system *system, struct end *end)
{
    err_t err = stream_send(parcel->from, parcel->to, bytes_write, end, &parcel->tally);
    char volume[SAY_WORD_BYTES];

    if (err == ERR_CANCELLED)
        say_error("%s: cannot write: %s", end->name, strerror(errno));
    else if (err == ERR_CORRUPT)
        say_error("%s: what was to be sent is damaged; 'phantom check %s' says more", system->path,
                  say_word(system->path, volume));
    else if (err != OK)
        system_say(system, err, "cannot send it");
    return err == OK;
}

static void
parcel_say(const struct parcel *parcel, const char *path)
{
    uint64_t to = store_view_pin(parcel->to).note.generation;
    char size[FORMAT_UNIT_BYTES], since[64] = "all of it";

    if (parcel->from != NULL)
        snprintf(since, sizeof since, "what differs from generation %" PRIu64,
                 store_view_pin(parcel->from).note.generation);
    say("sent generation %" PRIu64 " of %s, %s: %" PRIu64 " pages, %s", to, path, since,
        parcel->tally.pages, format_bytes(size, parcel->tally.bytes));
}

static bool
send(struct system *system, uint64_t from, uint64_t to, struct end *end)
{
    struct parcel parcel = { 0 };
    bool done = parcel_open(&parcel, system, from, to) && parcel_send(&parcel, system, end);

    if (output_close(end, done))
        parcel_say(&parcel, system->path);
    else
        done = false;
    store_view_close(parcel.from);
    store_view_close(parcel.to);
    return done;
}

int
verb_send(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0],
                                      .read_only = option_given(invocation, "to") };
    const char *output = option_value(invocation, "output");
    struct system system;
    struct end end;
    uint64_t from, to;
    bool done;

    if (!option_number(invocation, "from", 1, GENERATION_MAX, 0, &from) ||
        !option_number(invocation, "to", 1, GENERATION_MAX, 0, &to))
        return STATUS_USAGE;
    if (output == NULL && is_terminal(invocation, STDOUT_FILENO, "go to"))
        return STATUS_USAGE;
    if (!system_open(&system, &options))
        return STATUS_TROUBLE;
    done = output_open(&end, output) && send(&system, from, to, &end);
    system_close(&system);
    return done ? STATUS_DONE : STATUS_TROUBLE;
}

/* ---- receive ---- */

static err_t
bytes_read(void *context, void *bytes, size_t byte_count)
{
    struct end *end = context;

    if (fread(bytes, 1, byte_count, end->file) == byte_count)
        return OK;
    end->error = errno;
    return ferror(end->file) ? ERR_IO : ERR_END;
}

/* What is wrong with a stream. */
static void
stream_say(const struct end *end, const struct stream *stream)
{
    switch (stream->err) {
    case ERR_FOREIGN:
        say_error("%s: it is not what 'phantom send' writes", end->name);
        break;
    case ERR_VERSION:
        say_error("%s: it is of a release with another format", end->name);
        break;
    case ERR_IO:
        say_error("%s: cannot read: %s", end->name, strerror(end->error));
        break;
    default:
        if (stream->to.generation == 0) {
            say_error("%s: it is %s in its head; send it again", end->name,
                      stream->err == ERR_END ? "cut off" : "damaged");
            return;
        }
        say_error("%s: it is %s after %" PRIu64 " of %" PRIu64
                  " pages; nothing of it was received, send it again",
                  end->name, stream->err == ERR_END ? "cut off" : "damaged or out of order",
                  stream->records, stream->record_count);
    }
}

/* Why an incremental stream is refused, and what to do. */
static void
misfit_say(const struct system *system, const struct stream *stream, enum stream_fit fit)
{
    struct store_origin origin = store_origin_get(system->store);
    char volume[SAY_WORD_BYTES];

    switch (fit) {
    case STREAM_CHANGED:
        say_error("%s: it has changed since it received generation %" PRIu64
                  "; take it back with: phantom rewind %s %" PRIu64 ", and receive again",
                  system->path, stream->from.generation, say_word(system->path, volume),
                  origin.generation);
        break;
    case STREAM_OTHER_GENERATION:
        say_error("%s: the stream goes on from generation %" PRIu64
                  ", and it holds %sgeneration %" PRIu64 "; send with --from %" PRIu64
                  ", or all of it to a new volume",
                  system->path, stream->from.generation,
                  origin.source.generation == stream->from.generation ? "another " : "",
                  origin.source.generation, origin.source.generation);
        break;
    default:
        say_error("%s: %s; send all of it (without --from) to a new volume", system->path,
                  fit == STREAM_OWN ? "it was not received, so nothing can be added to it"
                  : fit == STREAM_OTHER_VOLUME
                      ? "it was received from another volume than this stream"
                      : "it has changed since it was received, and what was received is not kept");
    }
}

/* Into an open volume. False after a message. */
static bool
records_receive(struct system *system, const struct end *end, struct stream *stream,
                struct store_note *note)
{
    err_t err;

    *note = (struct store_note){ .wall_ns = plat_wall_ns() };
    err = stream_receive(system->store, stream, note);
    if (stream->err != OK)
        stream_say(end, stream);
    else if (err != OK && stream->from.generation == 0)
        system_say_making(system, err, "cannot receive it");
    else if (err != OK)
        system_say(system, err, "cannot receive it");
    return err == OK;
}

static void
received_say(const char *path, const struct stream *stream, const struct store_note *note)
{
    char volume[SAY_WORD_BYTES];

    say("received generation %" PRIu64 " as generation %" PRIu64
        " of %s; go on with: phantom run %s",
        stream->to.generation, note->generation, path, say_word(path, volume));
}

static bool
whole_receive(const char *path, const struct end *end, struct stream *stream)
{
    uint64_t bytes = stream->block_count * PLAT_BLOCK_BYTES;
    struct store_note note;
    struct system system;
    bool done = system_disk_create(&system, path, bytes) && system_store_create(&system, &bytes) &&
                records_receive(&system, end, stream, &note) && system_keep(&system);

    system_close(&system);
    if (done)
        received_say(path, stream, &note);
    return done;
}

static bool
difference_receive(const char *path, const struct end *end, struct stream *stream)
{
    struct system_options options = { .path = path };
    enum stream_fit fit = STREAM_FITS;
    struct store_note note;
    struct system system;
    bool done = false;
    err_t err;

    if (!system_open(&system, &options))
        return false;
    err = stream_fit(system.store, stream, &fit);
    if (err != OK)
        system_say(&system, err, "cannot compare it with what it received");
    else if (fit != STREAM_FITS)
        misfit_say(&system, stream, fit);
    else
        done = records_receive(&system, end, stream, &note);
    system_close(&system);
    if (done)
        received_say(path, stream, &note);
    return done;
}

static bool
receive(const char *path, struct end *end)
{
    struct stream stream;

    if (stream_begin(&stream, bytes_read, end) != OK) {
        stream_say(end, &stream);
        return false;
    }
    return stream.from.generation == 0 ? whole_receive(path, end, &stream)
                                       : difference_receive(path, end, &stream);
}

int
verb_receive(const struct invocation *invocation)
{
    const char *input = invocation->argument_count > 1 ? invocation->arguments[1] : NULL;
    struct end end;
    bool done;

    if (input == NULL && is_terminal(invocation, STDIN_FILENO, "come from"))
        return STATUS_USAGE;
    if (!input_open(&end, input))
        return STATUS_TROUBLE;
    done = receive(invocation->arguments[0], &end);
    if (input != NULL)
        fclose(end.file);
    return done ? STATUS_DONE : STATUS_TROUBLE;
}
