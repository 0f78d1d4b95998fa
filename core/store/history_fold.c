/*
 * history_fold.c - what a fold does to pins and their lists.
 *
 * It works on a copy of the table. What dies now goes to the list of the newest pin, if that
 * reaches it. Of pins that go, a bounded number of links is taken off their lists: each block in
 * them goes over to the next older pin that stays, if that reaches it, else it waits to be
 * free. A pin whose list is empty leaves the table.
 *
 * Lists grow at their heads, in new links; a head that is not full is read and written anew with
 * what is added. Nothing behind it is touched, so a fold costs as much as dies in it.
 *
 * Invariant: nothing fails because of history. A link that is damaged, or that the disk goes on
 * refusing, is told about, and what it and those behind it named stays out of use.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

/* ---- links ---- */

static struct dead_extent
item_get(const struct chain_disk *link, uint32_t index)
{
    const struct dead_extent_disk *disk =
        (const void *)(link->items + (size_t)index * sizeof *disk);

    return (struct dead_extent){ .block = le64_get(disk->block),
                                 .generation = le64_get(disk->generation),
                                 .count = le32_get(disk->count) };
}

static bool
link_valid(const struct store *store, const struct chain_disk *link)
{
    uint32_t count = le32_get(link->item_count);

    for (uint32_t i = 0; i < count && count <= CHAIN_DEAD_MAX; i++) {
        struct dead_extent item = item_get(link, i);

        if (item.count == 0 || item.count > EXTENT_BLOCKS_MAX ||
            !block_range_valid(item.block, item.count, store->super.block_count))
            return false;
    }
    return count <= CHAIN_DEAD_MAX;
}

/* Read a link of a list into the scratch block. OK, ERR_CORRUPT, ERR_IO. */
static err_t
link_read(struct store *store, struct block_ref ref)
{
    if (!block_range_valid(ref.block, 1, store->super.block_count))
        return ERR_CORRUPT;
    TRY(volume_read(store->disk, ref.block, 1, store->scratch));
    if (!crc_good(store->scratch, VOLUME_BLOCK_BYTES, ref.crc)) /* guard: crc-history */
        return ERR_CORRUPT;
    return link_valid(store, (const void *)store->scratch) ? OK : ERR_CORRUPT;
}

err_t
history_list_walk(struct store *store, const struct pin *pin, history_link_fn *visit, void *context)
{
    const struct chain_disk *link = (const void *)store->scratch;
    struct block_ref ref = pin->dead;

    for (uint64_t links = 0; ref.count > 0; links++) {
        uint64_t block = ref.block;

        if (links > store->super.block_count)
            return ERR_CORRUPT;
        TRY(link_read(store, ref));
        ref = block_ref_get(&link->next);
        TRY(visit(context, block, link));
    }
    return OK;
}

static uint64_t
link_blocks(const struct chain_disk *link)
{
    uint64_t blocks = 0;

    for (uint32_t i = 0; i < le32_get(link->item_count); i++)
        blocks += item_get(link, i).count;
    return blocks;
}

/* The link in the scratch block was the head of the pin's list: it leaves, with its items. */
static err_t
head_pop(struct store *store, struct pin *pin)
{
    const struct chain_disk *link = (const void *)store->scratch;
    uint64_t blocks = link_blocks(link);

    TRY(fold_died(store, pin->dead.block, 1));
    pin->dead = block_ref_get(&link->next);
    pin->dead_blocks -= blocks < pin->dead_blocks ? blocks : pin->dead_blocks;
    pin->head_items = pin->dead.count > 0 ? CHAIN_DEAD_MAX : 0;
    return OK;
}

/* ---- the copy of the table ---- */

static size_t
newest_find(const struct history_fold *history)
{
    for (size_t i = history->count; i-- > 0;) {
        if (!history->pins[i].going)
            return i;
    }
    return history->count;
}

/* A new pin needs a place: the oldest goes, unless one is going already. */
static void
place_make_locked(struct history_fold *history)
{
    bool held_too = history->pin; /* the policy displaces nothing that somebody asked for */

    for (size_t i = 0; i < history->count; i++) {
        if (history->pins[i].going)
            return;
    }
    for (size_t i = 0; i < history->count; i++) {
        if (history->pins[i].views > 0 || (history->pins[i].held && !held_too))
            continue;
        history->pins[i].going = true;
        return;
    }
}

static void
copy_locked(struct store *store, struct history_fold *copy)
{
    struct history *history = &store->history;

    memcpy(copy->pins, history->pins, history->count * sizeof copy->pins[0]);
    copy->count = history->count;
    copy->newest_before = history->newest;
    copy->pin = history->pin_asked;
    history->pin_asked = false;
    for (size_t i = 0; i < copy->count; i++) {
        if (copy->pins[i].asked && copy->pins[i].views == 0)
            copy->pins[i].going = true;
    }
    copy->due = !copy->pin && history_pins_locked(store, store->fold.note);
    copy->clock = history_clock_next(store, store->fold.note);
    if (copy->due)
        history_thin(copy, &history->policy, copy->clock.age_ns);
    if ((copy->pin || copy->due) && copy->count == STORE_PINS_MAX)
        place_make_locked(copy);
    /* From now on no view of them is opened, whatever becomes of this fold. */
    for (size_t i = 0; i < copy->count; i++)
        history->pins[i].asked = history->pins[i].asked || copy->pins[i].going;
    copy->newest = newest_find(copy);
}

/* ---- what no list told of ---- */

/* The block goes to the list of the pin at `place`, if there is one and it reaches it. */
static err_t
block_dies(struct store *store, size_t place, struct dead_extent extent)
{
    struct history_fold *history = store->fold.history;

    if (place < history->count && extent.generation <= history->pins[place].note.generation)
        return extent_list_add_dead(&history->growth[place].items, extent.block, extent.count,
                                    extent.generation);
    return fold_died(store, extent.block, extent.count);
}

/* The newest pin before `place` that stays, or `count`. */
static size_t
heir_find(const struct history_fold *history, size_t place)
{
    while (place-- > 0) {
        if (!history->pins[place].going)
            return place;
    }
    return history->count;
}

/* The pin of that generation, if it stays, or the newest before it that does; or `count`. */
static size_t
heir_of(const struct history_fold *history, uint64_t generation)
{
    size_t place = history->count;

    while (place > 0 && history->pins[place - 1].note.generation > generation)
        place--;
    return heir_find(history, place);
}

/* What a check has found that pins reach goes to their lists. */
static err_t
unlisted_list(struct store *store)
{
    const struct unlisted *unlisted = &store->unlisted;

    for (size_t i = 0; i < unlisted->extents.count; i++)
        TRY(block_dies(store, heir_of(store->fold.history, unlisted->pins[i]),
                       unlisted->extents.items[i]));
    return OK;
}

err_t
history_unlisted_add(struct store *store, uint64_t pin, uint64_t block, uint64_t birth)
{
    struct unlisted *unlisted = &store->unlisted;
    struct extent_list *extents = &unlisted->extents;

    TRY(extent_list_reserve(extents));
    if (extents->room > unlisted->room) {
        uint64_t *pins = plat_alloc(extents->room * sizeof pins[0]);

        if (pins == NULL)
            return ERR_NOMEM;
        if (extents->count > 0)
            memcpy(pins, unlisted->pins, extents->count * sizeof pins[0]);
        plat_free(unlisted->pins, unlisted->room * sizeof pins[0]);
        unlisted->pins = pins;
        unlisted->room = extents->room;
    }
    unlisted->pins[extents->count] = pin;
    extents->items[extents->count++] =
        (struct dead_extent){ .block = block, .generation = birth, .count = 1 };
    return OK;
}

void
history_unlisted_free(struct store *store)
{
    plat_free(store->unlisted.pins, store->unlisted.room * sizeof store->unlisted.pins[0]);
    extent_list_free(&store->unlisted.extents);
    store->unlisted = (struct unlisted){ 0 };
}

err_t
history_fold_begin(struct store *store)
{
    const struct history *history = &store->history;
    struct history_fold *copy;
    bool none;

    lock_acquire(&store->lock);
    none =
        history->count == 0 && !history->pin_asked && !history_pins_locked(store, store->fold.note);
    lock_release(&store->lock);
    if (none)
        return OK;
    copy = plat_alloc(sizeof *copy);
    if (copy == NULL)
        return ERR_NOMEM;
    memset(copy, 0, sizeof *copy);
    lock_acquire(&store->lock);
    copy_locked(store, copy);
    lock_release(&store->lock);
    store->fold.history = copy;
    return unlisted_list(store);
}

static void
pin_remove(struct history_fold *history, size_t place)
{
    assert(history->growth[place].items.count == 0);
    assert(place != history->newest);
    history->count--;
    for (size_t i = place; i < history->count; i++) {
        history->pins[i] = history->pins[i + 1];
        history->growth[i] = history->growth[i + 1];
    }
    history->growth[history->count] = (struct pin_growth){ 0 };
    history->newest = newest_find(history);
}

/* ---- deaths ---- */

err_t
history_fold_replaced(struct store *store, uint64_t block, uint64_t birth, bool node)
{
    const struct history_fold *history = store->fold.history;

    /* A page that no pin reached waits since its commit, or is told of by this one. */
    if (!node && birth > history->newest_before)
        return OK;
    return block_dies(store, history->newest, (struct dead_extent){ block, birth, 1 });
}

/* ---- pins that go ---- */

/* A link of its list cannot be had: what it and those behind it named is lost sight of. */
static void
list_lose(struct pin *pin, err_t err)
{
    log_error("block %" PRIu64 ": the list of what died after generation %" PRIu64
              " is damaged (%s); up to %" PRIu64 " blocks stay out of use",
              pin->dead.block, pin->note.generation, err_text(err), pin->dead_blocks);
    pin->dead = (struct block_ref){ 0 };
    pin->dead_blocks = 0;
    pin->head_items = 0;
}

/* May the disk say something else next time? Damage stays what it is. */
static bool
may_be_read_later(struct pin *pin, err_t err)
{
    return err == ERR_IO && ++pin->unread < HISTORY_TRIES;
}

static err_t
list_work_off(struct store *store, size_t place, unsigned *links_left)
{
    struct history_fold *history = store->fold.history;
    const struct chain_disk *link = (const void *)store->scratch;
    struct pin *pin = &history->pins[place];
    size_t heir = heir_find(history, place);

    for (; pin->dead.count > 0 && *links_left > 0; (*links_left)--) {
        err_t err = link_read(store, pin->dead);

        if (err != OK) {
            if (!may_be_read_later(pin, err))
                list_lose(pin, err);
            return OK;
        }
        pin->unread = 0;
        for (uint32_t i = 0; i < le32_get(link->item_count); i++)
            TRY(block_dies(store, heir, item_get(link, i)));
        TRY(head_pop(store, pin));
    }
    return OK;
}

static err_t
going_work_off(struct store *store)
{
    struct history_fold *history = store->fold.history;
    unsigned links_left = store->history.links;

    for (size_t i = 0; i < history->count;) {
        if (history->pins[i].going)
            TRY(list_work_off(store, i, &links_left));
        if (history->pins[i].going && history->pins[i].dead.count == 0)
            pin_remove(history, i);
        else
            i++;
    }
    return OK;
}

/* ---- lists that grow, and the new pin ---- */

/* The items of a head that is not full are written anew with what is added. */
static err_t
head_join(struct store *store, size_t place)
{
    struct history_fold *history = store->fold.history;
    const struct chain_disk *link = (const void *)store->scratch;
    struct pin *pin = &history->pins[place];
    struct extent_list *items = &history->growth[place].items;

    if (items->count == 0 || pin->dead.count == 0 || pin->head_items == CHAIN_DEAD_MAX ||
        link_read(store, pin->dead) != OK) /* who works it off will say so */
        return OK;
    for (uint32_t i = 0; i < le32_get(link->item_count); i++) {
        struct dead_extent item = item_get(link, i);

        TRY(extent_list_add_dead(items, item.block, item.count, item.generation));
    }
    return head_pop(store, pin);
}

static void
pin_enter(struct store *store)
{
    const struct fold *fold = &store->fold;
    struct history_fold *history = fold->history;

    if ((!history->pin && !history->due) || history->count == STORE_PINS_MAX)
        return;
    history->pins[history->count++] = (struct pin){ .note = *fold->note,
                                                    .map = fold->map,
                                                    .age_ns = history->clock.age_ns,
                                                    .held = history->pin,
                                                    .pages_mapped = commit_pages_mapped(store) };
    history->entered = true;
}

err_t
history_fold_settle(struct store *store)
{
    struct history_fold *history = store->fold.history;

    if (history == NULL)
        return OK;
    TRY(going_work_off(store));
    for (size_t i = 0; i < history->count; i++) {
        TRY(head_join(store, i));
        history->pins[i].dead_blocks += extent_list_blocks(&history->growth[i].items);
    }
    pin_enter(store);
    return OK;
}

/* ---- writing ---- */

err_t
history_fold_place(struct store *store, bool *found)
{
    struct history_fold *history = store->fold.history;

    for (size_t i = 0; history != NULL && i < history->count; i++) {
        struct pin_growth *growth = &history->growth[i];

        TRY(chain_place(store, &growth->places,
                        chain_links(growth->items.count, sizeof(struct dead_extent_disk)), found));
    }
    if (history == NULL)
        return OK;
    return chain_place(store, &history->places,
                       chain_links(history->count, sizeof(struct pin_disk)), found);
}

static void
growth_item_put(const struct store *store, const void *context, size_t index, uint8_t *item)
{
    const struct extent_list *items = context;
    const struct dead_extent *extent = &items->items[index];
    struct dead_extent_disk disk = { .block = le64_put(extent->block),
                                     .generation = le64_put(extent->generation),
                                     .count = le32_put(extent->count) };

    (void)store;
    memcpy(item, &disk, sizeof disk);
}

static void
pin_item_put(const struct store *store, const void *context, size_t index, uint8_t *item)
{
    const struct history_fold *history = context;
    const struct pin *pin = &history->pins[index];
    struct pin_disk disk = { .note = note_put(&pin->note),
                             .map = block_ref_put(pin->map),
                             .pages_mapped = le64_put(pin->pages_mapped),
                             .dead = block_ref_put(pin->dead),
                             .dead_blocks = le64_put(pin->dead_blocks),
                             .head_items = le32_put(pin->head_items),
                             .flags = le32_put((pin->going ? PIN_GOING : 0) |
                                               (pin->held ? PIN_HELD : 0)),
                             .age_ns = le64_put(pin->age_ns) };

    (void)store;
    memcpy(item, &disk, sizeof disk);
}

static err_t
growth_write(struct store *store, struct pin *pin, const struct pin_growth *growth)
{
    size_t count = growth->items.count;

    if (count == 0)
        return OK;
    pin->head_items = (uint32_t)((count - 1) % CHAIN_DEAD_MAX) + 1;
    return chain_write(store, &growth->places, count, sizeof(struct dead_extent_disk),
                       growth_item_put, &growth->items, &pin->dead);
}

err_t
history_fold_write(struct store *store)
{
    struct history_fold *history = store->fold.history;

    if (history == NULL)
        return OK;
    for (size_t i = 0; i < history->count; i++)
        TRY(growth_write(store, &history->pins[i], &history->growth[i]));
    return chain_write(store, &history->places, history->count, sizeof(struct pin_disk),
                       pin_item_put, history, &history->root);
}

/* ---- the end ---- */

/* What others did to the table while the fold was under way. Both are in order of generation. */
static void
views_carry_over_locked(const struct history *history, struct history_fold *made)
{
    for (size_t i = 0, old = 0; i < made->count; i++) {
        struct pin *pin = &made->pins[i];

        while (old < history->count && history->pins[old].note.generation < pin->note.generation)
            old++;
        if (old == history->count || history->pins[old].note.generation != pin->note.generation)
            continue;
        pin->views = history->pins[old].views;
        pin->asked = history->pins[old].asked;
    }
}

void
history_fold_take_over(struct store *store)
{
    struct history *history = &store->history;
    struct history_fold *made = store->fold.history;
    size_t newest;

    extent_list_free(&history->blocks);
    history->damaged = false;
    if (made == NULL)
        return;
    newest = newest_find(made);
    lock_acquire(&store->lock);
    views_carry_over_locked(history, made);
    memcpy(history->pins, made->pins, made->count * sizeof made->pins[0]);
    history->count = made->count;
    history->newest = newest < made->count ? made->pins[newest].note.generation : 0;
    history->kept_since = 0;
    lock_release(&store->lock);
    history->blocks = made->places;
    made->places = (struct extent_list){ 0 };
    made->pin = made->pin && !made->entered;
}

void
history_fold_free(struct store *store)
{
    struct history_fold *history = store->fold.history;

    if (history == NULL)
        return;
    lock_acquire(&store->lock);
    store->history.pin_asked = store->history.pin_asked || history->pin;
    lock_release(&store->lock);
    for (size_t i = 0; i < STORE_PINS_MAX; i++) {
        extent_list_free(&history->growth[i].items);
        extent_list_free(&history->growth[i].places);
    }
    extent_list_free(&history->places);
    plat_free(history, sizeof *history);
    store->fold.history = NULL;
}
