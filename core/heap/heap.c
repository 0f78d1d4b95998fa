/*
 * heap.c - the heap's beginning and end, and who shares it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "plat/machine.h"
#include "plat/memory.h"

#define SHAPES_BYTES                                                                               \
    ((CLASS_NUMBER_MAX * sizeof(struct heap_shape) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1))
#define FORMAT_PAGES 4

static_assert(sizeof(struct space_root) <= PAGE_BYTES, "read_root() brings one page in");

struct heap heap;

static void
format_root(void *argument)
{
    (void)argument;
    pmem_store64(SPACE_ROOT + offsetof(struct space_root, heap_blocks_used), 0);
    pmem_store64(SPACE_ROOT + offsetof(struct space_root, magic), SPACE_ROOT_MAGIC);
}

err_t
heap_format(void)
{
    return pmem_world_do(NULL, format_root, NULL, FORMAT_PAGES);
}

struct heap_found {
    err_t err;
    uint64_t magic;
    uint64_t blocks_used;
    uint64_t old_bytes;
    uint64_t bytes_live;
};

static void
read_root(void *argument)
{
    struct heap_found *found = argument;

    found->err = heap_page_in(SPACE_ROOT);
    if (found->err != OK)
        return;
    found->magic = pmem_load64(SPACE_ROOT + offsetof(struct space_root, magic));
    found->blocks_used = pmem_load64(SPACE_ROOT + offsetof(struct space_root, heap_blocks_used));
    found->bytes_live = pmem_load64(SPACE_ROOT + offsetof(struct space_root, bytes_live));
    found->old_bytes = pmem_load64(heap_root_at(HEAP_ROOT_OLD_BYTES));
}

static uint64_t
scan_bytes(void)
{
    return (heap.scan_max * sizeof heap.scan_stack[0] + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static err_t
start_volatile(void)
{
    TRY(heap_blocks_start());
    TRY(heap_roots_start());
    heap.shapes = plat_reserve(SHAPES_BYTES);
    heap.scan_stack = plat_reserve(scan_bytes());
    heap.young_bits = plat_reserve(scan_bytes());
    if (heap.shapes == NULL || heap.scan_stack == NULL || heap.young_bits == NULL)
        return ERR_NOMEM;
    return OK;
}

err_t
heap_start(const struct heap_options *options)
{
    struct heap_found found;
    uint64_t nursery_bytes = options->nursery_bytes;
    err_t err;

    TRY(pmem_world_do(NULL, read_root, &found, 0));
    TRY(found.err);
    if (found.magic != SPACE_ROOT_MAGIC)
        return ERR_FOREIGN;
    if (found.blocks_used > HEAP_BLOCK_COUNT)
        return ERR_CORRUPT;

    heap = (struct heap){ .options = *options };
    lock_init(&heap.lock, LOCK_RANK_HEAP);
    lock_init(&heap.handle_lock, LOCK_RANK_HANDLE);
    heap_log_start();
    heap.blocks_used = found.blocks_used;
    heap.scan_to = found.blocks_used;
    heap.old_bytes = found.old_bytes;
    heap.bytes_live = found.bytes_live;
    heap.full_bytes_min = HEAP_FULL_NURSERIES * (heap_nursery_blocks() << HEAP_BLOCK_SHIFT);
    heap_huge_asked();
    heap.mark_chunks_max = UINT64_MAX;
    heap.compact = options->compact;
    heap.refused_left = UINT64_MAX;
    heap_fail_allocation(options->fail_allocation);
    if (nursery_bytes == 0)
        nursery_bytes = HEAP_NURSERY_BYTES;
    heap.scan_max = (nursery_bytes + HEAP_NURSERY_BLOCKS_MIN * HEAP_BLOCK_BYTES) / 16;
    nursery_from = nursery_to = 0;
    err = start_volatile();
    if (err != OK) {
        heap_stop();
        return err;
    }
    heap_stats_show();
    pmem_credit_keep(heap_kept_pages());
    err = heap_cycle_start();
    if (err != OK)
        heap_stop();
    return err;
}

void
heap_stop(void)
{
    heap_cycle_stop();
    pmem_credit_keep(0);
    heap_blocks_stop();
    heap_roots_stop();
    plat_release(heap.shapes, SHAPES_BYTES);
    plat_release(heap.scan_stack, scan_bytes());
    plat_release(heap.young_bits, scan_bytes());
    heap = (struct heap){ 0 };
    nursery_from = nursery_to = 0;
}

void
heap_local_join(struct heap_local *local, struct pmem_worker *worker)
{
    *local = (struct heap_local){ .worker = worker };
    lock_acquire(&heap.lock);
    local->next = heap.locals;
    heap.locals = local;
    lock_release(&heap.lock);
}

void
heap_local_leave(struct heap_local *local)
{
    struct heap_local **link = &heap.locals;

    lock_acquire(&heap.lock);
    while (*link != local) {
        assert(*link != NULL);
        link = &(*link)->next;
    }
    *link = local->next;
    lock_release(&heap.lock);
    local->at = local->limit = 0;
    local->worker = NULL;
}

void
heap_local_charge(struct heap_local *local, uint32_t application)
{
    if (local->application == application)
        return;
    local->application = application;
    local->at = local->limit = 0; /* the rest of the block is the other's */
}

void
heap_stop_took(uint64_t from_ns)
{
    histogram_add(&heap.stops, plat_monotonic_ns() - from_ns);
}

/*
 * In the stopped world: what heap_stats_get tells from now on. What is allocated until the
 * next time is added to it when somebody asks.
 */
void
heap_stats_show(void)
{
    heap.stats.nursery_bytes = nursery_to - nursery_from;
    heap.stats.old_blocks =
        heap.blocks_used - heap.free_count - (heap.stats.nursery_bytes >> HEAP_BLOCK_SHIFT);
    heap.stats.live_bytes =
        heap.bytes_live + heap.survivor_used_to - heap.survivor_from[heap.survivor_now];
    lock_acquire(&heap.lock);
    heap.shown = heap.stats;
    heap.shown_eden_from = heap.eden_from;
    heap.shown_eden_bytes = nursery_to - heap.eden_from;
    lock_release(&heap.lock);
}

void
heap_stats_get(struct heap_stats *stats)
{
    struct histogram_summary summary;
    uint64_t eden;

    lock_acquire(&heap.lock);
    *stats = heap.shown;
    eden = atomic_load_explicit(&heap.eden_at, memory_order_relaxed) - heap.shown_eden_from;
    if (eden > heap.shown_eden_bytes)
        eden = heap.shown_eden_bytes;
    lock_release(&heap.lock);
    summary = histogram_summarize(&heap.stops);
    stats->stops = (struct pmem_durations){ summary.count, summary.p50, summary.p99, summary.max };
    stats->live_bytes += eden + atomic_load_explicit(&heap.old_bytes, memory_order_relaxed);
}

/* True for a block of the nursery in which there is nothing. */
static bool
nursery_idle(uint64_t block)
{
    return ref_is_young(heap_block_at(block)) && !heap_young_is_in_use(heap_block_at(block));
}

uint64_t
heap_application_bytes(uint32_t application)
{
    uint64_t used = atomic_load_explicit(&heap.blocks_used, memory_order_relaxed);
    uint64_t blocks = 0;

    for (uint64_t block = 0; block < used;) {
        uint64_t at = heap_descriptor_at(block);
        uint32_t kind = pmem_load32(at + offsetof(struct heap_descriptor, kind));
        uint64_t count = 1;

        if (kind == BLOCK_LARGE)
            count = pmem_load32(at + offsetof(struct heap_descriptor, block_count));
        if (kind != BLOCK_FREE && !nursery_idle(block) &&
            pmem_load32(at + offsetof(struct heap_descriptor, application)) == application)
            blocks += count;
        block += count;
    }
    return blocks << HEAP_BLOCK_SHIFT;
}
