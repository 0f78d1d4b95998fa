/*
 * stream.h - generations on their way from one volume to another, as a row of bytes.
 *
 * A stream holds the pages in which a pinned generation differs from an older one, or all of
 * them. Who receives it verifies each record as it comes, and makes a new generation of it only
 * when the last one has come: until then, and whatever comes, the volume is what it was.
 *
 * An incremental stream fits a volume that holds just what it goes on from: one that had received
 * that generation and did not change since, or was taken back to it. The volume remembers
 * where it was received from: its *origin*.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "format/volume.h"
#include "store/history.h"

/* Which generation of a volume; copies of a file go on counting each on its own. */
struct generation_id {
    uint64_t generation; /* 0: none */
    uint64_t wall_ns;
    uint32_t map_crc; /* of the root of its page map */
};

/* ---- sending ---- */

/* Takes all the bytes. Anything but OK ends the sending. */
typedef err_t stream_write_fn(void *context, const void *bytes, size_t byte_count);

struct stream_tally {
    uint64_t pages;
    uint64_t bytes; /* of the stream */
};

/*
 * Send what differs between two pinned generations of a volume.
 *
 *   from   older than `to`, or the same, and there is nothing to send; NULL: all of `to` is sent
 *   tally  filled on OK
 *
 * Reads each page once, and each node of the page maps that differs twice. Returns OK,
 * what `write` returned, ERR_CORRUPT (a page of `to` is damaged; the log says which), ERR_IO,
 * ERR_NOMEM.
 */
must_use err_t stream_send(struct store_view *from, struct store_view *to, stream_write_fn *write,
                           void *context, struct stream_tally *tally);

/* ---- receiving ---- */

/* Fills all the bytes. ERR_END: there are not so many; or another error. */
typedef err_t stream_read_fn(void *context, void *bytes, size_t byte_count);

/* A stream that is being read. */
struct stream {
    stream_read_fn *read;
    void *context;
    uint8_t id[VOLUME_ID_BYTES]; /* of the volume it comes from */
    uint64_t block_count;        /* of that */
    struct generation_id from;   /* none: the stream is whole */
    struct generation_id to;
    uint64_t personal_ns;  /* of that */
    uint64_t record_count; /* as the head says */
    uint64_t written;      /* blocks that these and the nodes of the page map above take */
    uint64_t records;      /* that have come and are good */
    uint64_t page_next;    /* the lowest page that may come next */
    uint32_t crc;          /* of the last record */
    err_t err;             /* what is wrong with the stream; OK: nothing so far */
};

/*
 * Read the head of a stream.
 *
 *   stream  filled; `err` of it is what is returned
 *
 * Returns OK, ERR_FOREIGN (it is no stream), ERR_VERSION (of another format version, or space),
 * ERR_CORRUPT, ERR_END (it is cut off), or what `read` returned.
 */
must_use err_t stream_begin(struct stream *stream, stream_read_fn *read, void *context);

/* Where a volume was received from. */
struct store_origin {
    uint8_t id[VOLUME_ID_BYTES]; /* zeroes: it never was */
    struct generation_id source;
    uint64_t generation; /* the own one as which it was received */
    uint64_t unchanged;  /* the newest own one known to hold the same */
};

struct store_origin store_origin_get(struct store *store);

/* Does an incremental stream go on from what a volume holds? */
enum stream_fit {
    STREAM_FITS,
    STREAM_OWN,              /* no: the volume was never received */
    STREAM_OTHER_VOLUME,     /* no: it was received from another one */
    STREAM_OTHER_GENERATION, /* no: of that volume it holds another one */
    STREAM_CHANGED,          /* no: it has changed since, but can be taken back */
    STREAM_LOST,             /* no: it may have changed since, and what was received is not kept */
};

/*
 *   fit  filled on OK
 *
 * Changes nothing; if it cannot be told otherwise, reads the pages that were written since. Returns
 * OK, ERR_CORRUPT, ERR_IO, ERR_NOMEM.
 */
must_use err_t stream_fit(struct store *store, const struct stream *stream, enum stream_fit *fit);

/*
 * Read the records of a stream, and make a generation of them, which is pinned. No commit is
 * under way, and nothing was written early. A whole stream goes into a volume without any page
 * (fill.h says how); if that fails the volume is of no use.
 *
 *   stream  as stream_begin() left it; its `err` tells what is wrong with it, if that is why
 *   note    wall time is the caller's; the rest is filled on OK
 *
 * Returns OK; or ERR_FOREIGN (it does not fit), ERR_EXISTS (it is whole, and there are pages), what
 * is wrong with the stream (as stream_begin() has it), ERR_NOSPACE, ERR_IO, ERR_NOMEM,
 * ERR_READ_ONLY.
 */
must_use err_t stream_receive(struct store *store, struct stream *stream, struct store_note *note);
