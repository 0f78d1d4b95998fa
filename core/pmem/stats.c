/*
 * stats.c - numbers of the running space, and the check of its invariants.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "plat/machine.h"
#include "pmem/pmem_priv.h"

static struct pmem_durations
durations(const struct histogram *histogram)
{
    struct histogram_summary summary = histogram_summarize(histogram);

    return (struct pmem_durations){ summary.count, summary.p50, summary.p99, summary.max };
}

void
pmem_stats_get(struct pmem_stats *stats)
{
    struct pmem_snapshot_stats snapshots;

    pmem_snapshot_stats_get(&snapshots);
    *stats = (struct pmem_stats){
        .snapshots = snapshots.snapshots,
        .failures = snapshots.failures,
        .pause = durations(snapshots.pause),
        .safepoint = durations(snapshots.safepoint),
        .commit = durations(snapshots.commit),
        .pages_resident = pmem_frames_resident(),
        .pages_dirty = atomic_load(&pmem_dirty_count),
        .pages_in = atomic_load(&pmem_counters.pages_in),
        .pages_evicted = atomic_load(&pmem_counters.pages_evicted),
        .first_writes = atomic_load(&pmem_counters.first_writes),
        .copies = atomic_load(&pmem_counters.copies),
    };
    for (unsigned kind = 0; kind < PMEM_STALL_KINDS; kind++)
        stats->stalls[kind] = (struct pmem_stall){
            .count = atomic_load(&pmem_counters.stalls[kind].count),
            .total_ns = atomic_load(&pmem_counters.stalls[kind].total_ns),
            .max_ns = atomic_load(&pmem_counters.stalls[kind].max_ns),
        };
}

void
pmem_stalled(enum pmem_stall_kind kind, uint64_t begin_ns)
{
    uint64_t ns = plat_monotonic_ns() - begin_ns;
    _Atomic uint64_t *max_ns = &pmem_counters.stalls[kind].max_ns;
    uint64_t longest = atomic_load_explicit(max_ns, memory_order_relaxed);

    pmem_count(&pmem_counters.stalls[kind].count);
    atomic_fetch_add_explicit(&pmem_counters.stalls[kind].total_ns, ns, memory_order_relaxed);
    while (ns > longest && !atomic_compare_exchange_weak_explicit(
                               max_ns, &longest, ns, memory_order_relaxed, memory_order_relaxed))
        continue;
}

/* What pmem_priv.h promises of one page; its lock is held. */
static void
page_check(struct pmem_page *entry, uint64_t page, uint32_t frame)
{
    uint32_t epoch = pmem_page_epoch(page);

    if (!pmem_page_has(entry, PMEM_RESIDENT)) {
        assert(epoch == 0);
        assert(!pmem_page_has(entry, PMEM_OPEN | PMEM_LEAVING | PMEM_TAKEN));
        return;
    }
    assert(entry->frame == frame);
    assert(!pmem_epoch_later(epoch, pmem_epoch_now) || epoch == 0);
    if (epoch == pmem_epoch_now) {
        assert(pmem_page_has(entry, PMEM_OPEN) || pmem_page_has(entry, PMEM_LEAVING));
        assert(!pmem_page_has(entry, PMEM_TAKEN));
    } else if (!pmem_epoch_clean(epoch)) {
        assert(epoch == pmem_epoch_closed());
        assert(entry->copy == 0);
    }
    if (pmem_settings.strict && pmem_page_has(entry, PMEM_OPEN))
        assert(epoch == pmem_epoch_now);
}

void
pmem_check(void)
{
    uint32_t high = pmem_frame_high();
    uint64_t resident = 0, dirty = 0;

    assert(pmem_world_acting());
    for (uint32_t frame = 0; frame < high; frame++) {
        uint64_t page = pmem_frame_page(frame);
        struct pmem_page *entry;

        if (page == PMEM_FRAME_FREE)
            continue;
        entry = pmem_page_of(page);
        pmem_page_lock(entry);
        if (pmem_frame_page(frame) == page) {
            page_check(entry, page, frame);
            resident++;
            dirty += pmem_page_epoch(page) == pmem_epoch_now;
        }
        pmem_page_unlock(entry);
    }
    assert(dirty <= pmem_snapshot_listed()); /* a page may be listed twice, never not at all */
    assert(resident <= high);
    pmem_snapshot_check();
}
