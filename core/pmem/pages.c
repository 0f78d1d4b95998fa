/*
 * pages.c - the table of pages, the frames that count them, the pool of copies.
 *
 * The table has an entry for every page of the space. It is reserved whole and
 * takes memory only where pages were touched, as does the table of epochs that
 * the barrier reads.
 *
 * A page is resident exactly while it owns a frame. The frames in use are what
 * the evictor's clock goes round. The limit is one for the evictor; the number
 * of frames is larger, so that a fault handler need not wait for it. The limit is
 * what was asked for, or less while the machine has less to give.
 *
 * A page's lock is a bit of its entry: CAS to take, sleep on the word itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pmem/pmem_priv.h"

#include "base/assert.h"
#include "plat/memory.h"
#include "plat/thread.h"

struct frame {
    uint64_t page;      /* PMEM_FRAME_FREE */
    uint32_t next_free; /* plus 1; while free */
    bool fresh;         /* came in since the clock's hand was here */
};

struct pmem_page *pmem_page_table;
_Atomic uint32_t *pmem_epoch_of, *pmem_epoch_at;
uint32_t pmem_copies_max = 8192;

static struct {
    struct lock lock; /* guards the fields up to the copies */
    struct frame *table;
    uint32_t count, high, free; /* of the table; ever used; first free plus 1 */
    _Atomic uint64_t resident;
    uint64_t limit;

    uint8_t *copies; /* guarded by the lock too */
    uint32_t *copy_next;
    uint32_t copy_count, copy_high, copy_free;
} frames;

#define LIMIT_LEAST       32 /* resident pages with which a machine still gets on */

#define PAGE_TABLE_BYTES  (SPACE_PAGES * sizeof(struct pmem_page))
#define EPOCH_TABLE_BYTES (SPACE_PAGES * sizeof(uint32_t))

static uint64_t
whole_pages(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

err_t
pmem_pages_create(uint64_t resident_max)
{
    uint64_t count = resident_max + resident_max / 2 + 4096;
    uint64_t copies = resident_max / 4;

    lock_init(&frames.lock, LOCK_RANK_FRAMES);
    frames.count = count > SPACE_PAGES ? (uint32_t)(SPACE_PAGES - 1) : (uint32_t)count;
    frames.limit = resident_max;
    frames.copy_count = copies > pmem_copies_max ? pmem_copies_max : (uint32_t)copies;
    if (frames.copy_count < 4)
        frames.copy_count = 4;
    frames.high = frames.free = frames.copy_high = frames.copy_free = 0;
    atomic_store(&frames.resident, 0);
    pmem_page_table = plat_reserve(PAGE_TABLE_BYTES);
    pmem_epoch_of = plat_reserve(EPOCH_TABLE_BYTES);
    pmem_written_of = plat_reserve(EPOCH_TABLE_BYTES);
    pmem_epoch_at = pmem_epoch_of - (SPACE_BASE >> PAGE_SHIFT);
    frames.table = plat_reserve(whole_pages(frames.count * sizeof(struct frame)));
    frames.copies = plat_reserve(frames.copy_count * PAGE_BYTES);
    frames.copy_next = plat_reserve(whole_pages(frames.copy_count * sizeof(uint32_t)));
    if (pmem_page_table && pmem_epoch_of && pmem_written_of && frames.table && frames.copies &&
        frames.copy_next)
        return OK;
    pmem_pages_destroy();
    return ERR_NOMEM;
}

void
pmem_pages_destroy(void)
{
    plat_release(pmem_page_table, PAGE_TABLE_BYTES);
    plat_release(pmem_epoch_of, EPOCH_TABLE_BYTES);
    plat_release(pmem_written_of, EPOCH_TABLE_BYTES);
    plat_release(frames.table, whole_pages(frames.count * sizeof(struct frame)));
    plat_release(frames.copies, frames.copy_count * PAGE_BYTES);
    plat_release(frames.copy_next, whole_pages(frames.copy_count * sizeof(uint32_t)));
    pmem_page_table = NULL;
    pmem_epoch_of = NULL;
    pmem_written_of = NULL;
    frames.table = NULL;
    frames.copies = NULL;
    frames.copy_next = NULL;
}

/* ---- one page ---- */

void
pmem_page_lock(struct pmem_page *entry)
{
    uint32_t bits = atomic_load_explicit(&entry->bits, memory_order_relaxed);

    plat_switch_point();
    for (;;) {
        if (!(bits & PMEM_LOCKED)) {
            /* Acquire: pairs with the release in pmem_page_unlock(). */
            if (atomic_compare_exchange_weak_explicit(&entry->bits, &bits, bits | PMEM_LOCKED,
                                                      memory_order_acquire, memory_order_relaxed))
                return;
            continue;
        }
        if (!(bits & PMEM_WAITED) &&
            !atomic_compare_exchange_weak_explicit(&entry->bits, &bits, bits | PMEM_WAITED,
                                                   memory_order_relaxed, memory_order_relaxed))
            continue;
        plat_wait(&entry->bits, bits | PMEM_WAITED, PLAT_NO_DEADLINE);
        bits = atomic_load_explicit(&entry->bits, memory_order_relaxed);
    }
}

bool
pmem_page_try_lock(struct pmem_page *entry)
{
    uint32_t bits = atomic_load_explicit(&entry->bits, memory_order_relaxed);

    /* Acquire: pairs with the release in pmem_page_unlock(). */
    return !(bits & PMEM_LOCKED) &&
           atomic_compare_exchange_strong_explicit(&entry->bits, &bits, bits | PMEM_LOCKED,
                                                   memory_order_acquire, memory_order_relaxed);
}

void
pmem_page_unlock(struct pmem_page *entry)
{
    uint32_t before = atomic_fetch_and_explicit(
        &entry->bits, ~(uint32_t)(PMEM_LOCKED | PMEM_WAITED), memory_order_release);

    assert(before & PMEM_LOCKED);
    if (before & PMEM_WAITED)
        plat_wake(&entry->bits, UINT32_MAX);
    plat_switch_point();
}

/* Sequentially consistent, because of PMEM_LEAVING: see pmem_world_pinned(). */
void
pmem_page_set(struct pmem_page *entry, uint32_t bits)
{
    uint32_t before = atomic_fetch_or(&entry->bits, bits);

    assert(before & PMEM_LOCKED);
}

void
pmem_page_clear(struct pmem_page *entry, uint32_t bits)
{
    uint32_t before = atomic_fetch_and(&entry->bits, ~bits);

    assert(before & PMEM_LOCKED);
}

bool
pmem_epoch_clean(uint32_t epoch)
{
    return epoch == 0 || !pmem_epoch_later(epoch, pmem_epoch_committed());
}

void
pmem_page_copy(void *to, uint64_t page)
{
    uint64_t *words = to;
    uint64_t from = pmem_address_of(page);

    for (unsigned i = 0; i < PAGE_BYTES / 8; i += 4) {
        words[i] = pmem_load64(from + i * 8);
        words[i + 1] = pmem_load64(from + i * 8 + 8);
        words[i + 2] = pmem_load64(from + i * 8 + 16);
        words[i + 3] = pmem_load64(from + i * 8 + 24);
    }
}

/* ---- frames ---- */

err_t
pmem_frame_take(uint64_t page, uint32_t *frame)
{
    uint32_t index;
    uint64_t resident, limit = pmem_frames_limit();

    lock_acquire(&frames.lock);
    if (frames.free) {
        index = frames.free - 1;
        frames.free = frames.table[index].next_free;
    } else if (frames.high < frames.count) {
        index = frames.high++;
    } else {
        lock_release(&frames.lock);
        return ERR_NOMEM;
    }
    frames.table[index] = (struct frame){ .page = page, .fresh = true };
    resident = atomic_fetch_add_explicit(&frames.resident, 1, memory_order_relaxed) + 1;
    lock_release(&frames.lock);
    if (resident > limit - limit / 16)
        pmem_evict_kick();
    *frame = index;
    return OK;
}

void
pmem_frame_give(uint32_t frame)
{
    lock_acquire(&frames.lock);
    assert(frame < frames.high);
    assert(frames.table[frame].page != PMEM_FRAME_FREE);
    frames.table[frame] = (struct frame){ .page = PMEM_FRAME_FREE, .next_free = frames.free };
    frames.free = frame + 1;
    atomic_fetch_sub_explicit(&frames.resident, 1, memory_order_relaxed);
    lock_release(&frames.lock);
}

uint64_t
pmem_frame_next(uint32_t *hand, bool *fresh)
{
    uint64_t page = PMEM_FRAME_FREE;

    lock_acquire(&frames.lock);
    if (*hand >= frames.high)
        *hand = 0;
    if (*hand < frames.high) {
        struct frame *frame = &frames.table[(*hand)++];

        page = frame->page;
        *fresh = frame->fresh;
        frame->fresh = false;
    }
    lock_release(&frames.lock);
    return page;
}

uint64_t
pmem_frame_page(uint32_t frame)
{
    uint64_t page;

    lock_acquire(&frames.lock);
    page = frames.table[frame].page;
    lock_release(&frames.lock);
    return page;
}

uint32_t
pmem_frame_high(void)
{
    uint32_t high;

    lock_acquire(&frames.lock);
    high = frames.high;
    lock_release(&frames.lock);
    return high;
}

uint64_t
pmem_frames_resident(void)
{
    return atomic_load_explicit(&frames.resident, memory_order_relaxed);
}

uint64_t
pmem_frames_limit(void)
{
    uint64_t now = plat_memory_bytes() / PAGE_BYTES;

    if (now > frames.limit)
        return frames.limit;
    return now > LIMIT_LEAST ? now : LIMIT_LEAST;
}

/* ---- copies ---- */

uint32_t
pmem_copy_take(void)
{
    uint32_t copy = 0;

    lock_acquire(&frames.lock);
    if (frames.copy_free) {
        copy = frames.copy_free;
        frames.copy_free = frames.copy_next[copy - 1];
    } else if (frames.copy_high < frames.copy_count) {
        copy = ++frames.copy_high;
    }
    lock_release(&frames.lock);
    return copy;
}

void
pmem_copy_give(uint32_t copy)
{
    lock_acquire(&frames.lock);
    assert(copy > 0);
    assert(copy <= frames.copy_high);
    frames.copy_next[copy - 1] = frames.copy_free;
    frames.copy_free = copy;
    lock_release(&frames.lock);
}

void *
pmem_copy_bytes(uint32_t copy)
{
    assert(copy > 0);
    return frames.copies + (uint64_t)(copy - 1) * PAGE_BYTES;
}
