/*
 * scrub.c - the answer to "scrub": a piece of a look at all that is live.
 *
 * Whoever asks says where to go on, and asks again; so nothing runs here when nobody does, other
 * questions are answered in between, and how much of the machine it takes is up to the one who
 * asks. The present comes first, then what is pinned, the oldest first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/scrub_priv.h"

#include "base/format.h"
#include "control/number_priv.h"
#include "format/space.h"
#include "heap/name.h"
#include "plat/memory.h"
#include "store/scrub.h"

#define PIECE_PAGES 256

struct piece {
    struct store *store;
    struct store_view *view; /* NULL: the present */
    uint8_t *buffer;         /* a page, for names */
    struct buffer lines;
    err_t err;
};

static err_t
page_read(void *context, uint64_t page, void *buffer)
{
    struct piece *piece = context;

    return piece->view != NULL ? store_view_read(piece->view, page, buffer)
                               : store_page_read(piece->store, page, buffer);
}

static void
damage_tell(void *context, const struct store_finding *finding)
{
    struct piece *piece = context;
    struct heap_reader names = { .read = page_read, .context = piece, .buffer = piece->buffer };
    char place[HEAP_PLACE_BYTES];

    if (piece->err == OK)
        piece->err = buffer_format(&piece->lines, "%s", finding->what);
    if (piece->err == OK && finding->last != 0)
        piece->err = buffer_format(&piece->lines, "; in generation %" PRIu64, finding->last);
    if (piece->err == OK && finding->page_count == 1) {
        heap_name_page(&names, finding->page, place);
        piece->err = buffer_format(&piece->lines, "; it holds %s", place);
    }
    if (piece->err == OK)
        piece->err = buffer_append_byte(&piece->lines, '\n');
}

/* The oldest pin that can be read and is newer than `generation`, or 0. */
static uint64_t
pin_next(struct store *store, uint64_t generation)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(store, pins, STORE_PINS_MAX);

    for (size_t i = 0; i < count; i++) {
        if (!pins[i].going && pins[i].note.generation > generation)
            return pins[i].note.generation;
    }
    return 0;
}

static err_t
piece_answer(struct piece *piece, uint64_t generation, uint64_t page, struct buffer *text)
{
    uint64_t next = UINT64_MAX, count = 0;

    /* What was let go of meanwhile is passed over. */
    if (generation == 0 || store_view_open(piece->store, generation, &piece->view) == OK)
        TRY(store_scrub(piece->store, piece->view, page, PIECE_PAGES, damage_tell, piece, &next,
                        &count));
    TRY(piece->err);
    if (next == UINT64_MAX) {
        generation = pin_next(piece->store, generation);
        next = 0;
    }
    if (next == 0 && generation == 0)
        TRY(buffer_format(text, "end 0 %" PRIu64 "\n", count));
    else
        TRY(buffer_format(text, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", generation, next, count));
    return buffer_append(text, piece->lines.bytes, piece->lines.count);
}

err_t
answer_scrub(struct store *store, const char *words, struct buffer *text)
{
    struct piece piece = { .store = store };
    uint64_t generation, page;
    err_t err;

    if (!number_read(&words, &generation) || !number_read(&words, &page) || *words != '\0' ||
        page >= SPACE_PAGES)
        return ERR_RANGE;
    piece.buffer = plat_alloc(PAGE_BYTES);
    err = piece.buffer != NULL ? piece_answer(&piece, generation, page, text) : ERR_NOMEM;
    store_view_close(piece.view);
    buffer_free(&piece.lines);
    plat_free(piece.buffer, PAGE_BYTES);
    return err;
}
