/*
 * receive.c - making a generation of a stream.
 *
 * One commit, that is begun before the first record is read and finished when the last one was
 * good. If anything is wrong it is given up: what was written lies in free blocks.
 *
 * Does the present hold what an incremental stream goes on from? The volume says which generation
 * it received, and as which own one; that is pinned. As long as commits changed no page the
 * present holds the same, which the superblock says. Else the present is compared with the pin,
 * where the maps differ: whoever was taken back holds the same again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/difference_priv.h"
#include "store/fill.h"
#include "store/store_priv.h"
#include "store/stream_priv.h"

struct store_origin
store_origin_get(struct store *store)
{
    struct store_origin origin;

    lock_acquire(&store->lock);
    origin = store->super.origin;
    lock_release(&store->lock);
    return origin;
}

/* ---- does it fit? ---- */

/* The present beside a view. */
struct comparison {
    struct store *store;
    struct store_view *view;
    uint8_t *now, *then; /* a page each */
};

/* ERR_CANCELLED: it differs. A page of the present that is damaged does. */
static err_t
page_compare(void *context, uint64_t page, const struct map_entry *then)
{
    struct comparison *comparison = context;
    err_t err;

    (void)then;
    TRY(store_view_read(comparison->view, page, comparison->then));
    err = store_page_read(comparison->store, page, comparison->now);
    if (err == OK && memcmp(comparison->now, comparison->then, VOLUME_BLOCK_BYTES) != 0)
        err = ERR_CANCELLED;
    return err == ERR_CORRUPT ? ERR_CANCELLED : err;
}

/* Compare where the page map as of the fold differs, and what was written since. */
static err_t
present_compare(struct comparison *comparison)
{
    struct store *store = comparison->store;

    for (size_t i = 0; i < store->overlay.count; i++)
        TRY(page_compare(comparison, store->overlay.items[i].page, NULL));
    return difference_walk(store, store->map, view_map(comparison->view), page_compare, comparison,
                           NULL);
}

/* OK: the present holds what the view does; ERR_CANCELLED: it does not. */
static err_t
view_compare(struct store *store, struct store_view *view)
{
    struct comparison comparison = { .store = store,
                                     .view = view,
                                     .now = plat_alloc(2 * VOLUME_BLOCK_BYTES) };
    err_t err = ERR_NOMEM;

    if (comparison.now != NULL) {
        comparison.then = comparison.now + VOLUME_BLOCK_BYTES;
        err = present_compare(&comparison);
    }
    plat_free(comparison.now, 2 * VOLUME_BLOCK_BYTES);
    return err;
}

static bool
is_same_generation(const struct generation_id *a, const struct generation_id *b)
{
    return a->generation == b->generation && a->wall_ns == b->wall_ns && a->map_crc == b->map_crc;
}

/* Does the present still hold what was received? */
static err_t
present_fit(struct store *store, const struct store_origin *origin, enum stream_fit *fit)
{
    struct store_view *view = NULL;
    err_t err;

    *fit = STREAM_FITS;
    if (origin->unchanged == store->super.note.generation)
        return OK;
    err = store_view_open(store, origin->generation, &view);
    *fit = err == OK ? STREAM_CHANGED : STREAM_LOST;
    if (err == ERR_NOT_FOUND)
        return OK;
    if (err == OK)
        err = view_compare(store, view);
    if (err == OK)
        *fit = STREAM_FITS;
    store_view_close(view);
    return err == ERR_CANCELLED ? OK : err;
}

err_t
stream_fit(struct store *store, const struct stream *stream, enum stream_fit *fit)
{
    struct store_origin origin = store_origin_get(store);
    enum stream_fit found;

    if (bytes_are_zero(origin.id, sizeof origin.id))
        found = STREAM_OWN;
    else if (memcmp(origin.id, stream->id, sizeof origin.id) != 0)
        found = STREAM_OTHER_VOLUME;
    else if (!is_same_generation(&origin.source, &stream->from))
        found = STREAM_OTHER_GENERATION;
    else
        TRY(present_fit(store, &origin, &found));
    *fit = found;
    return OK;
}

/* ---- receiving ---- */

struct receiver {
    struct store *store;
    struct stream *stream;
    struct stream_record *record;
    bool whole; /* the stream is, and goes by way of `fill` */
    struct fill fill;
};

static err_t
page_put(struct receiver *receiver)
{
    uint64_t page = le32_get(receiver->record->header.page);

    if (receiver->whole)
        return fill_page(&receiver->fill, page, receiver->record->page);
    return store_commit_page(receiver->store, page, receiver->record->page);
}

/* All records, up to the end; after that nothing of the stream is in doubt. */
static err_t
records_put(struct receiver *receiver)
{
    for (;;) {
        TRY(stream_next(receiver->stream, receiver->record));
        if (le32_get(receiver->record->header.kind) == STREAM_END)
            return OK;
        TRY(page_put(receiver));
    }
}

static struct store_note
note_of(const struct stream *stream, uint64_t wall_ns)
{
    return (struct store_note){ .wall_ns = wall_ns,
                                .personal_ns = stream->personal_ns,
                                .cause = STORE_CAUSE_RECEIVE };
}

/* The commit that ends it says where all comes from, and is pinned. */
static void
origin_begin(struct store *store, const struct stream *stream, struct store_origin *origin)
{
    *origin = (struct store_origin){ .source = stream->to };
    memcpy(origin->id, stream->id, sizeof origin->id);
    store->received = origin;
    store_pin_ask(store);
}

static err_t
whole_put(struct receiver *receiver, struct store_note *note)
{
    const struct stream *stream = receiver->stream;
    struct store_note made = note_of(stream, note->wall_ns);
    struct store_origin origin;
    err_t err;

    TRY(fill_begin(&receiver->fill, receiver->store, stream->record_count, stream->personal_ns));
    TRY(records_put(receiver));
    origin_begin(receiver->store, stream, &origin);
    err = fill_end(&receiver->fill, &made);
    receiver->store->received = NULL;
    if (err == OK)
        *note = made;
    return err;
}

static err_t
whole_receive(struct receiver *receiver, struct store_note *note)
{
    err_t err;

    receiver->whole = true;
    err = whole_put(receiver, note);
    fill_close(&receiver->fill);
    return err;
}

static err_t
commit_put(struct receiver *receiver, struct store_note *note)
{
    const struct stream *stream = receiver->stream;
    struct store *store = receiver->store;
    struct store_note made = note_of(stream, note->wall_ns);
    struct store_origin origin;
    err_t err;

    store_commit_begin(store);
    err = records_put(receiver);
    if (err != OK) {
        store_commit_abandon(store);
        return err;
    }
    origin_begin(store, stream, &origin);
    err = store_commit_finish(store, &made);
    store->received = NULL;
    if (err == OK)
        *note = made;
    return err;
}

static err_t
difference_put(struct receiver *receiver, struct store_note *note)
{
    struct store *store = receiver->store;
    const struct stream *stream = receiver->stream;
    uint64_t pages = history_credit_wanted(stream->record_count, stream->written), used = 0;
    err_t err;

    TRY(history_credit_take(store, note->wall_ns, pages));
    err = commit_put(receiver, note);
    if (err == OK)
        used = store->handed < pages ? store->handed : pages;
    store_credit_give(store, pages - used);
    return err;
}

/* What it goes on from is not let go of to make room: if this fails, it can be tried again. */
static err_t
base_hold(struct store *store, struct store_view **base)
{
    err_t err = store_view_open(store, store_origin_get(store).generation, base);

    return err == ERR_NOT_FOUND ? OK : err;
}

static err_t
difference_receive(struct receiver *receiver, struct store_note *note)
{
    struct store_view *base = NULL;
    enum stream_fit fit;
    err_t err;

    TRY(stream_fit(receiver->store, receiver->stream, &fit));
    if (fit != STREAM_FITS)
        return ERR_FOREIGN;
    err = base_hold(receiver->store, &base);
    if (err == OK)
        err = difference_put(receiver, note);
    store_view_close(base);
    return err;
}

err_t
stream_receive(struct store *store, struct stream *stream, struct store_note *note)
{
    struct receiver receiver = { .store = store, .stream = stream };
    err_t err;

    if (store->read_only)
        return ERR_READ_ONLY;
    receiver.record = plat_alloc(sizeof *receiver.record);
    if (receiver.record == NULL)
        return ERR_NOMEM;
    err = stream->from.generation == 0 ? whole_receive(&receiver, note)
                                       : difference_receive(&receiver, note);
    plat_free(receiver.record, sizeof *receiver.record);
    return err;
}
