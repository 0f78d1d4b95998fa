/*
 * history.c - the pins of an open volume: asking for them, letting go of them, reading them.
 *
 * The table in memory is as of the last fold. What is asked for is only noted here; the next
 * fold does it (history_fold.c). The committer alone changes the table; it holds the lock when
 * it does.
 *
 * When space is short the oldest pins are asked to go, as many as are needed: without a
 * pin that is older, all that is in a pin's list becomes free, so what this brings is known
 * beforehand.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/history.h"

#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

#define PINS_BYTES (STORE_PINS_MAX * sizeof(struct pin))

/* Commits in a row that bring nothing: blocks that died wait for as many as there are slots. */
#define VAIN_MAX (SUPER_SLOTS + 2)

struct store_view {
    struct store *store;
    struct block_ref map;
    struct store_pin pin;
};

err_t
history_create(struct history *history)
{
    *history = (struct history){ .pins = plat_alloc(PINS_BYTES), .links = HISTORY_LINKS };
    return history->pins != NULL ? OK : ERR_NOMEM;
}

void
history_destroy(struct history *history)
{
    plat_free(history->pins, PINS_BYTES);
    extent_list_free(&history->blocks);
    *history = (struct history){ 0 };
}

/* ---- asking ---- */

void
store_pin_ask(struct store *store)
{
    assert(!store->read_only);
    lock_acquire(&store->lock);
    store->history.pin_asked = true;
    lock_release(&store->lock);
}

static struct pin *
pin_find_locked(struct store *store, uint64_t generation)
{
    for (size_t i = 0; i < store->history.count; i++) {
        if (store->history.pins[i].note.generation == generation)
            return &store->history.pins[i];
    }
    return NULL;
}

/* The pin, if it can be had: it neither goes nor was asked to. */
static struct pin *
pin_find_whole_locked(struct store *store, uint64_t generation)
{
    struct pin *pin = pin_find_locked(store, generation);

    return pin != NULL && !pin->going && !pin->asked ? pin : NULL;
}

err_t
store_unpin(struct store *store, uint64_t generation)
{
    struct pin *pin;

    assert(!store->read_only);
    lock_acquire(&store->lock);
    pin = pin_find_whole_locked(store, generation);
    if (pin != NULL)
        pin->asked = true;
    lock_release(&store->lock);
    return pin != NULL ? OK : ERR_NOT_FOUND;
}

/* What a pin keeps, with what died since the fold: only the newest reaches any of that. */
static uint64_t
kept_blocks_locked(const struct history *history, const struct pin *pin)
{
    return pin->dead_blocks + (pin->note.generation == history->newest ? history->kept_since : 0);
}

static struct store_pin
pin_tell_locked(const struct history *history, const struct pin *pin)
{
    return (struct store_pin){ .note = pin->note,
                               .pages_mapped = pin->pages_mapped,
                               .blocks = kept_blocks_locked(history, pin),
                               .held = pin->held,
                               .going = pin->going || pin->asked };
}

size_t
store_pins_get(struct store *store, struct store_pin *pins, size_t pin_max)
{
    size_t count;

    lock_acquire(&store->lock);
    count = store->history.count < pin_max ? store->history.count : pin_max;
    for (size_t i = 0; i < count; i++)
        pins[i] = pin_tell_locked(&store->history, &store->history.pins[i]);
    lock_release(&store->lock);
    return count;
}

uint64_t
store_history_left(struct store *store)
{
    const struct history *history = &store->history;
    uint64_t left = 0;

    lock_acquire(&store->lock);
    for (size_t i = 0; i < history->count && !store->read_only; i++) {
        const struct pin *pin = &history->pins[i];

        if (pin->going || (pin->asked && pin->views == 0))
            left += 1 + kept_blocks_locked(history, pin);
    }
    lock_release(&store->lock);
    return left;
}

/* ---- reading ---- */

err_t
store_view_open(struct store *store, uint64_t generation, struct store_view **result)
{
    struct store_view *view = plat_alloc(sizeof *view);
    struct pin *pin;

    if (view == NULL)
        return ERR_NOMEM;
    lock_acquire(&store->lock);
    pin = pin_find_whole_locked(store, generation);
    if (pin != NULL) {
        pin->views++;
        *view = (struct store_view){ .store = store,
                                     .map = pin->map,
                                     .pin = pin_tell_locked(&store->history, pin) };
    }
    lock_release(&store->lock);
    if (pin == NULL) {
        plat_free(view, sizeof *view);
        return ERR_NOT_FOUND;
    }
    *result = view;
    return OK;
}

void
store_view_close(struct store_view *view)
{
    struct pin *pin;

    if (view == NULL)
        return;
    lock_acquire(&view->store->lock);
    pin = pin_find_locked(view->store, view->pin.note.generation);
    assert(pin != NULL);
    assert(pin->views > 0);
    pin->views--;
    lock_release(&view->store->lock);
    plat_free(view, sizeof *view);
}

struct store_pin
store_view_pin(const struct store_view *view)
{
    return view->pin;
}

struct store *
view_store(const struct store_view *view)
{
    return view->store;
}

struct block_ref
view_map(const struct store_view *view)
{
    return view->map;
}

err_t
store_turn_back(struct store *store, uint64_t generation, struct store_note *note)
{
    const struct pin *pin;

    assert(store->read_only);
    lock_acquire(&store->lock);
    pin = pin_find_whole_locked(store, generation);
    if (pin != NULL) {
        store->map = pin->map;
        store->super.note = pin->note;
        store->super.pages_mapped = pin->pages_mapped;
        *note = pin->note;
    }
    lock_release(&store->lock);
    if (pin == NULL)
        return ERR_NOT_FOUND;
    page_set_clear(&store->overlay, &store->lock);
    return OK;
}

static err_t
trouble_tell(const struct store_view *view, uint64_t page, uint64_t block, err_t err)
{
    if (err != OK)
        log_error("page %#" PRIx64 " of generation %" PRIu64 ": block %" PRIu64 ": %s", page,
                  view->pin.note.generation, block, err_text(err));
    return err;
}

err_t
store_view_read(struct store_view *view, uint64_t page, void *buffer)
{
    struct map_entry entry;
    unsigned level;
    err_t err;

    assert(page < SPACE_PAGES);
    err = map_find_level(view->store, view->map, page, buffer, &entry, &level);
    if (err == OK)
        err = page_entry_read(view->store, &entry, buffer);
    return trouble_tell(view, page, entry.block, err);
}

err_t
store_view_next(struct store_view *view, uint64_t from, void *buffer, uint64_t *page)
{
    while (from < SPACE_PAGES) {
        struct map_entry entry;
        unsigned level;
        err_t err = map_find_level(view->store, view->map, from, buffer, &entry, &level);

        if (err != OK)
            return trouble_tell(view, from, entry.block, err);
        if (entry.block != 0 || entry.flags != 0) {
            *page = from;
            return OK;
        }
        from = (from | ((1ull << level * MAP_WAYS_BITS) - 1)) + 1;
    }
    return ERR_END;
}

/* ---- opening ---- */

static bool
ref_valid(const struct store *store, struct block_ref ref)
{
    return ref.count == 0 ||
           (ref.count == 1 && block_range_valid(ref.block, 1, store->super.block_count));
}

static bool
pin_valid(const struct store *store, const struct pin *pin, uint32_t flags)
{
    const struct history *history = &store->history;
    uint64_t before = history->count > 0 ? history->pins[history->count - 1].note.generation : 0;

    return pin->note.generation > before && pin->note.generation <= store->super.fold_generation &&
           ref_valid(store, pin->map) && ref_valid(store, pin->dead) &&
           pin->dead_blocks <= store->super.block_count && pin->head_items <= CHAIN_DEAD_MAX &&
           flags <= (PIN_GOING | PIN_HELD);
}

static err_t
pins_link_load(struct store *store, uint64_t block, const struct chain_disk *link)
{
    struct history *history = &store->history;
    uint32_t count = le32_get(link->item_count);

    if (count > CHAIN_PINS_MAX || history->count + count > STORE_PINS_MAX)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < count; i++) {
        const struct pin_disk *disk = (const void *)(link->items + i * sizeof *disk);
        struct pin pin = { .note = note_get(&disk->note),
                           .map = block_ref_get(&disk->map),
                           .pages_mapped = le64_get(disk->pages_mapped),
                           .dead = block_ref_get(&disk->dead),
                           .dead_blocks = le64_get(disk->dead_blocks),
                           .head_items = le32_get(disk->head_items),
                           .age_ns = le64_get(disk->age_ns),
                           .held = (le32_get(disk->flags) & PIN_HELD) != 0,
                           .going = (le32_get(disk->flags) & PIN_GOING) != 0 };

        if (!pin_valid(store, &pin, le32_get(disk->flags)))
            return ERR_CORRUPT;
        history->pins[history->count++] = pin;
        if (!pin.going)
            history->newest = pin.note.generation;
    }
    return extent_list_add(&history->blocks, block, 1);
}

err_t
history_load(struct store *store)
{
    store->history.policy = store->super.policy;
    return chain_walk(store, store->super.pins, pins_link_load);
}

void
history_unload(struct store *store)
{
    struct history *history = &store->history;

    extent_list_free(&history->blocks);
    *history = (struct history){ .pins = history->pins, .links = history->links };
}

/* ---- commits ---- */

err_t
store_history_commit(struct store *store, enum store_cause cause, struct store_note *note)
{
    note->personal_ns = store->super.note.personal_ns;
    note->cause = cause;
    store_make_room(store); /* since opening nobody may have done it */
    store_commit_begin(store);
    return store_commit_finish(store, note);
}

/* What pins that are going still keep: each fold works off a part of it. */
static uint64_t
going_blocks(const struct store *store)
{
    const struct history *history = &store->history;
    uint64_t blocks = 0;

    for (size_t i = 0; i < history->count; i++)
        blocks += history->pins[i].going ? history->pins[i].dead_blocks : 0;
    return blocks;
}

err_t
history_pin(struct store *store, uint64_t wall_ns, uint64_t *generation)
{
    struct store_note note = { .wall_ns = wall_ns };

    store_pin_ask(store);
    for (unsigned vain = 0; vain < VAIN_MAX; vain++) {
        uint64_t before = going_blocks(store);

        TRY(store_history_commit(store, STORE_CAUSE_PIN, &note));
        if (store->history.newest == note.generation) {
            *generation = note.generation;
            return OK;
        }
        if (going_blocks(store) < before)
            vain = 0;
    }
    return ERR_NOSPACE;
}

err_t
store_pin_present(struct store *store, uint64_t wall_ns, uint64_t *generation)
{
    uint64_t present = store->super.note.generation;
    const struct pin *pin;
    bool held;

    if (store->read_only)
        return ERR_READ_ONLY;
    lock_acquire(&store->lock);
    pin = pin_find_whole_locked(store, present);
    held = pin != NULL && pin->held;
    lock_release(&store->lock);
    if (!held)
        return history_pin(store, wall_ns, generation);
    *generation = present;
    return OK;
}

uint64_t
history_credit_wanted(uint64_t pages, uint64_t written)
{
    uint64_t records = pages * sizeof(struct delta_page_disk) / VOLUME_BLOCK_BYTES;

    return (written + records) / 2 + 1;
}

/* More than there can ever be, whatever is let go of? A page of credit is two blocks and more. */
static bool
is_hopeless(struct store *store, uint64_t pages)
{
    uint64_t most;

    lock_acquire(&store->lock);
    most = store->blocks.free_total + store->blocks.dead_blocks + store->super.delta_blocks +
           history_blocks_locked(store);
    lock_release(&store->lock);
    return most < 2 * pages;
}

err_t
history_credit_take(struct store *store, uint64_t wall_ns, uint64_t pages)
{
    struct store_note note = { .wall_ns = wall_ns };
    uint64_t most = store->blocks.free_total;
    err_t err = store_credit_take(store, pages);

    if (err == ERR_NOSPACE && is_hopeless(store, pages))
        return err;
    for (unsigned vain = 0; err == ERR_NOSPACE && vain < VAIN_MAX; vain++) {
        TRY(store_history_commit(store, STORE_CAUSE_SPACE, &note));
        err = store_credit_take(store, pages);
        if (store->blocks.free_total > most) {
            most = store->blocks.free_total;
            vain = 0;
        }
    }
    return err;
}

bool
history_keeps(const struct store *store, uint64_t birth)
{
    return birth <= store->history.newest;
}

uint64_t
history_blocks_locked(const struct store *store)
{
    const struct history *history = &store->history;
    uint64_t blocks = history->kept_since;

    for (size_t i = 0; i < history->count; i++)
        blocks += history->pins[i].dead_blocks;
    return blocks;
}

uint64_t
history_reserve_locked(const struct store *store)
{
    const struct history *history = &store->history;
    uint64_t dying = store->overlay.count + store->leaf_count + store->pending.count +
                     store->early[0].count + store->early[1].count;
    uint64_t links = history_blocks_locked(store) / CHAIN_DEAD_MAX + history->count;

    if (history->count == 0)
        return history->pin_asked;
    if (links > HISTORY_LINKS)
        links = HISTORY_LINKS;
    /* What is worked off is written anew, or goes to the list of waiting blocks. */
    return dying / CHAIN_DEAD_MAX + 2 * links + history->count / CHAIN_PINS_MAX + 4;
}

/* How many blocks are missing even when all that waits is free. */
static uint64_t
missing_locked(const struct store *store)
{
    const struct blocks *blocks = &store->blocks;
    uint64_t total = blocks->free_total + blocks->dead_blocks;
    uint64_t open = blocks->free_open + blocks->dead_blocks;
    uint64_t wanted = store_reserve_locked(store) + store->super.block_count / LOW_SPACE;
    uint64_t missing = wanted > total ? wanted - total : 0;

    /* What was refused may be more; and the disk below may have less than the volume. */
    if (store->history.refused > open && store->history.refused - open > missing)
        missing = store->history.refused - open;
    return missing;
}

/* Ask the oldest to go, as many as bring `missing` blocks, or all there are to be had. */
static void
oldest_ask_locked(struct store *store, uint64_t missing)
{
    struct history *history = &store->history;
    uint64_t left = history_blocks_locked(store); /* to be had from those that were not looked at */

    for (size_t i = 0; i < history->count && missing > 0 && left > 0; i++) {
        struct pin *pin = &history->pins[i];
        uint64_t brings = kept_blocks_locked(history, pin);

        left -= brings;
        if (pin->views > 0)
            continue;
        if (!pin->going && !pin->asked)
            log_info("generation %" PRIu64 " is let go of, to make room", pin->note.generation);
        pin->asked = true;
        missing -= brings < missing ? brings : missing;
    }
}

/*
 * Nobody is let go of for what could not be had without any history either: whoever asked for that
 * gets nothing, and the next one may want little. What is free and not open counts for nothing
 * here: the disk below had no room for it.
 */
void
history_refuse(struct store *store, uint64_t blocks)
{
    const struct blocks *all = &store->blocks;
    uint64_t possible;

    lock_acquire(&store->lock);
    possible = all->free_open + all->dead_blocks + store->super.delta_blocks +
               history_blocks_locked(store);
    if (blocks > store->history.refused && blocks <= possible)
        store->history.refused = blocks;
    lock_release(&store->lock);
}

bool
history_pins_locked(const struct store *store, const struct store_note *note)
{
    const struct history *history = &store->history;
    bool wanted = history->policy.last > 0 || history_is_due_locked(store, note);
    size_t held = 0;

    for (size_t i = 0; i < history->count; i++)
        held += history->pins[i].held;
    return wanted && held < STORE_PINS_MAX && missing_locked(store) == 0;
}

bool
history_wants_fold(struct store *store, const struct store_note *note)
{
    struct history *history = &store->history;
    bool wants;

    lock_acquire(&store->lock);
    wants = history->pin_asked ||
            (history_is_due_locked(store, note) && history_pins_locked(store, note));
    if (history->count > 0) {
        uint64_t missing = missing_locked(store);

        oldest_ask_locked(store, missing);
        for (size_t i = 0; i < history->count; i++) {
            const struct pin *pin = &history->pins[i];
            bool hurries = pin->unread == 0 || missing > 0; /* else the disk is given time */

            wants =
                wants || (pin->going && hurries) || (pin->asked && !pin->going && pin->views == 0);
        }
    }
    history->refused = 0; /* who still wants it will ask again */
    lock_release(&store->lock);
    return wants;
}
