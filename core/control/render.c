/*
 * render.c - tables of threads, programs, generations and figures.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/render.h"

#include "base/format.h"
#include "base/log.h"
#include "control/rows_priv.h"
#include "heap/heap.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "pmem/pmem.h"
#include "store/history.h"
#include "vm/vm.h"

#define LOG_ROWS          1000
#define DEADLOCKS_MAX     20 /* that are listed */
#define COLLECTIONS_SHOWN 8
#define VARIABLES_BYTES   (256u << 10)

/* What a listing leaves out it says. */
static err_t
missing_row(struct buffer *text, size_t missing)
{
    return missing == 0
               ? OK
               : buffer_format(text, "... and %zu more, for which there is no memory\n", missing);
}

/* ---- threads ---- */

static const char *const thread_states[] = {
    [THREAD_NEW] = "new",           [THREAD_RUNNABLE] = "runnable",   [THREAD_WAITING] = "waiting",
    [THREAD_SLEEPING] = "sleeping", [THREAD_SUSPENDED] = "suspended", [THREAD_ENDED] = "ended",
};

static void
thread_where(const struct vm_thread_info *info, char *text, size_t text_bytes)
{
    if (info->method[0] == '\0')
        format(text, text_bytes, "-");
    else if (info->line == 0)
        format(text, text_bytes, "%s", info->method);
    else
        format(text, text_bytes, "%s (%s:%u)", info->method, info->file, info->line);
}

static err_t
thread_row(struct buffer *text, const struct vm_thread_info *info)
{
    char where[192];
    char duration[FORMAT_UNIT_BYTES];

    thread_where(info, where, sizeof where);
    if (info->id == 0)
        return buffer_format(text, "%6s %7s  %-9s %8s  %s\n", "?", "?", "?", "?", where);
    TRY(buffer_format(text, "%6" PRIu64 " %7u  %-9s %8" PRIu64 "  %-40s", info->id,
                      info->application, thread_states[info->state], info->cpu_ns / 1000000u,
                      where));
    if (info->wake_in_ns != UINT64_MAX)
        TRY(buffer_format(text, "  wakes in %s", format_duration(duration, info->wake_in_ns)));
    if (info->waiting[0] != '\0')
        TRY(buffer_format(text, "  for %s", info->waiting));
    if (info->monitor != 0)
        TRY(buffer_format(text, " %u", info->monitor - 1));
    if (info->held_by != 0)
        TRY(buffer_format(text, " of %" PRIu64, info->held_by));
    if (info->name[0] != '\0')
        TRY(buffer_format(text, "  \"%s\"", info->name));
    return buffer_append_byte(text, '\n');
}

/* "deadlock: 4 5": the threads with that number; nothing if there are none. `more`: there are. */
static err_t
deadlock_row(struct buffer *text, const struct rows *rows, uint32_t number, bool *more)
{
    const struct vm_thread_info *info = rows->first;

    *more = false;
    for (size_t i = 0; i < rows->count; i++) {
        if (info[i].deadlock != number)
            continue;
        if (!*more)
            TRY(buffer_format(text, "deadlock, threads that wait for each other for ever:"));
        TRY(buffer_format(text, " %" PRIu64, info[i].id));
        *more = true;
    }
    return *more ? buffer_append_byte(text, '\n') : OK;
}

static err_t
deadlock_rows(struct buffer *text, const struct rows *rows)
{
    bool more = true;

    for (uint32_t number = 1; more && number <= DEADLOCKS_MAX; number++)
        TRY(deadlock_row(text, rows, number, &more));
    return OK;
}

err_t
render_threads(struct buffer *text)
{
    const struct vm_thread_info *info;
    struct rows rows;
    err_t err;

    TRY(rows_take(&rows, rows_threads, sizeof *info));
    info = rows.first;
    err = buffer_format(text, "%6s %7s  %-9s %8s  %s\n", "THREAD", "PROGRAM", "STATE", "CPU ms",
                        "WHERE");
    for (size_t i = 0; i < rows.count && err == OK; i++)
        err = thread_row(text, &info[i]);
    if (err == OK)
        err = missing_row(text, rows.missing);
    if (err == OK)
        err = deadlock_rows(text, &rows);
    rows_free(&rows);
    return err;
}

/* ---- programs ---- */

static const char *const application_states[] = {
    [APPLICATION_RUNNING] = "running",
    [APPLICATION_ENDED] = "ended",
    [APPLICATION_FAILED] = "failed",
    [APPLICATION_STOPPED] = "stopped",
};

static err_t
application_row(struct buffer *text, const struct vm_application_info *info)
{
    char size[FORMAT_UNIT_BYTES];

    TRY(buffer_format(text, "%7u  %-8s %7u  %9s  %s", info->id, application_states[info->state],
                      info->thread_count, format_bytes(size, info->heap_bytes), info->name));
    if (info->limits.memory_bytes != 0)
        TRY(buffer_format(text, "  (at most %s)", format_bytes(size, info->limits.memory_bytes)));
    if (info->limits.cpu_percent != 0)
        TRY(buffer_format(text, "  (at most %u %% of a processor)", info->limits.cpu_percent));
    if (info->state == APPLICATION_ENDED && info->status != 0)
        TRY(buffer_format(text, "  (status %d)", info->status));
    if (info->error[0] != '\0')
        TRY(buffer_format(text, "  %s", info->error));
    return buffer_append_byte(text, '\n');
}

err_t
render_applications(struct buffer *text)
{
    const struct vm_application_info *info;
    struct rows rows;
    err_t err;

    TRY(rows_take(&rows, rows_applications, sizeof *info));
    info = rows.first;
    err = buffer_format(text, "%7s  %-8s %7s  %9s  %s\n", "PROGRAM", "STATE", "THREADS", "MEMORY",
                        "NAME");
    for (size_t i = 0; i < rows.count && err == OK; i++)
        err = application_row(text, &info[i]);
    if (err == OK)
        err = missing_row(text, rows.missing);
    rows_free(&rows);
    return err;
}

/* ---- variables ---- */

err_t
render_variables(struct buffer *text, const char *pattern)
{
    size_t bytes = 0;
    bool missing = false;

    TRY(buffer_reserve(text, VARIABLES_BYTES));
    TRY(vm_show(pattern, (char *)text->bytes + text->count, VARIABLES_BYTES, &bytes, &missing));
    text->count += bytes;
    if (bytes == 0 && pattern != NULL)
        return ERR_NOT_FOUND;
    if (bytes == 0)
        return buffer_format(text, "there is no program in it\n");
    return missing ? buffer_format(text, "... and more; a pattern chooses some\n") : OK;
}

/* ---- generations ---- */

static const char *
cause_text(enum store_cause cause)
{
    switch (cause) {
    case STORE_CAUSE_NEW:
        return "new volume";
    case STORE_CAUSE_INTERVAL:
        return "interval";
    case STORE_CAUSE_DEMAND:
        return "demand";
    case STORE_CAUSE_OUTPUT:
        return "output";
    case STORE_CAUSE_STOP:
        return "clean stop";
    case STORE_CAUSE_SPACE:
        return "space";
    case STORE_CAUSE_CLOCK:
        return "clock";
    case STORE_CAUSE_PIN:
        return "pin";
    case STORE_CAUSE_REWIND:
        return "rewind";
    case STORE_CAUSE_RECEIVE:
        return "received";
    case STORE_CAUSE_MIGRATE:
        return "migrated";
    }
    return "?";
}

/* All pins of a moment. */
struct pins {
    struct store_pin first[STORE_PINS_MAX];
    size_t count;
};

static bool
is_kept(const struct pins *pins, uint64_t generation)
{
    for (size_t i = 0; i < pins->count; i++) {
        if (pins->first[i].note.generation == generation)
            return !pins->first[i].going;
    }
    return false;
}

static err_t
log_row(struct buffer *text, const struct store_note *note, const struct pins *pins)
{
    return buffer_format(text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s\n",
                         note->generation, note->wall_ns, note->page_count, note->personal_ns,
                         is_kept(pins, note->generation) ? "kept" : "-", cause_text(note->cause));
}

err_t
render_log(struct buffer *text, struct store *store)
{
    size_t count = 0, bytes = LOG_ROWS * sizeof(struct store_note);
    struct store_note *notes = plat_alloc(bytes);
    struct pins pins;
    err_t err;

    if (notes == NULL)
        return ERR_NOMEM;
    pins.count = store_pins_get(store, pins.first, STORE_PINS_MAX);
    err = store_log_read(store, notes, LOG_ROWS, &count);
    for (size_t i = 0; i < count && err == OK; i++)
        err = log_row(text, &notes[i], &pins);
    plat_free(notes, bytes);
    return err;
}

static err_t
pin_row(struct buffer *text, const struct store_pin *pin)
{
    const char *kept = pin->held ? "held" : "rule";

    return buffer_format(text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s\n",
                         pin->note.generation, pin->note.wall_ns, pin->pages_mapped, pin->blocks,
                         pin->going ? "going" : kept, cause_text(pin->note.cause));
}

err_t
render_history(struct buffer *text, struct store *store)
{
    struct store_policy policy = store_policy_get(store);
    struct pins pins;

    pins.count = store_pins_get(store, pins.first, STORE_PINS_MAX);
    TRY(buffer_format(text, "%u %u %u\n", policy.last, policy.hourly, policy.daily));
    for (size_t i = pins.count; i-- > 0;)
        TRY(pin_row(text, &pins.first[i]));
    return OK;
}

/* ---- figures ---- */

struct figures {
    struct store_stats store;
    struct pmem_stats pmem;
    struct heap_stats heap;
    bool running;
};

static err_t
json_durations(struct buffer *text, const char *name, const struct pmem_durations *durations,
               bool running)
{
    if (!running)
        return buffer_format(text, ",\"%s\":null", name);
    return buffer_format(text,
                         ",\"%s\":{\"count\":%" PRIu64 ",\"p50\":%" PRIu64 ",\"p99\":%" PRIu64
                         ",\"max\":%" PRIu64 "}",
                         name, durations->count, durations->p50, durations->p99, durations->max);
}

/* What they are called, and in JSON. */
static const char *const stall_names[PMEM_STALL_KINDS][2] = {
    [PMEM_STALL_ROOM] = { "for room", "room" },
    [PMEM_STALL_COPY] = { "for copies", "copy" },
    [PMEM_STALL_PAGE] = { "for pages", "page" },
};

static err_t
json_stalls(struct buffer *text, const struct figures *figures)
{
    const struct pmem_stall *stall = figures->pmem.stalls;

    if (!figures->running)
        return buffer_format(text, ",\"stalls_ns\":null");
    TRY(buffer_format(text, ",\"stalls_ns\":"));
    for (unsigned kind = 0; kind < PMEM_STALL_KINDS; kind++, stall++)
        TRY(buffer_format(
            text, "%s\"%s\":{\"count\":%" PRIu64 ",\"total\":%" PRIu64 ",\"max\":%" PRIu64 "}",
            kind == 0 ? "{" : ",", stall_names[kind][1], stall->count, stall->total_ns,
            stall->max_ns));
    return buffer_append_byte(text, '}');
}

/* Full collections, the newest first. */
static err_t
json_collections(struct buffer *text)
{
    struct heap_log_row rows[HEAP_LOG_ROWS];
    unsigned count = heap_log_get(rows, HEAP_LOG_ROWS);

    TRY(buffer_format(text, ",\"log\":["));
    for (unsigned i = 0; i < count; i++) {
        const struct heap_log_row *row = &rows[i];

        TRY(buffer_format(text,
                          "%s{\"number\":%" PRIu64 ",\"ago_ns\":%" PRIu64 ",\"ns\":%" PRIu64
                          ",\"done\":%s,\"stopped\":%s,\"exact\":%s,\"live_bytes\":%" PRIu64
                          ",\"freed_bytes\":%" PRIu64 ",\"pages_read\":%" PRIu64
                          ",\"pages_twice\":%" PRIu64 ",\"pages_again\":%" PRIu64
                          ",\"blocks_known\":%" PRIu64 ",\"blocks_emptied\":%" PRIu64 "}",
                          i == 0 ? "" : ",", row->number, plat_monotonic_ns() - row->ended_ns,
                          row->ns, row->err == OK ? "true" : "false",
                          row->stopped ? "true" : "false", row->exact ? "true" : "false",
                          row->live_bytes, row->freed_bytes, row->pages_read, row->pages_twice,
                          row->pages_again, row->blocks_known, row->blocks_emptied));
    }
    return buffer_append_byte(text, ']');
}

static err_t
json_collector(struct buffer *text, const struct figures *figures)
{
    const struct heap_cycle_stats *cycles = &figures->heap.cycles;

    TRY(json_durations(text, "collection_ns", &figures->heap.stops, figures->running));
    TRY(buffer_format(
        text,
        ",\"collector\":{\"cycles\":%" PRIu64 ",\"vain\":%" PRIu64 ",\"ns_last\":%" PRIu64
        ",\"ns_max\":%" PRIu64 ",\"marked_bytes\":%" PRIu64 ",\"freed_bytes\":%" PRIu64
        ",\"pages_read\":%" PRIu64 ",\"pages_twice\":%" PRIu64 ",\"pages_again\":%" PRIu64
        ",\"blocks_known\":%" PRIu64 ",\"summaries\":%" PRIu64 ",\"summary_bytes\":%" PRIu64
        ",\"blocks_emptied\":%" PRIu64 ",\"bytes_moved\":%" PRIu64 ",\"empty_ns_max\":%" PRIu64,
        cycles->count, cycles->vain, cycles->ns_last, cycles->ns_max, cycles->marked_bytes,
        cycles->freed_bytes, cycles->pages_read, cycles->pages_twice, cycles->pages_again,
        cycles->blocks_known, cycles->summaries, cycles->summary_bytes, cycles->blocks_emptied,
        cycles->bytes_moved, cycles->empty_ns_max));
    TRY(json_collections(text));
    return buffer_format(text, "}}\n");
}

static err_t
stat_json(struct buffer *text, const struct figures *figures)
{
    TRY(buffer_format(text,
                      "{\"running\":%s,\"generation\":%" PRIu64 ",\"snapshots\":%" PRIu64
                      ",\"pages_written\":%" PRIu64 ",\"bytes_written\":%" PRIu64
                      ",\"live_bytes\":%" PRIu64,
                      figures->running ? "true" : "false", figures->store.generation,
                      figures->pmem.snapshots, figures->store.pages_written,
                      figures->store.blocks_written * PLAT_BLOCK_BYTES, figures->heap.live_bytes));
    TRY(json_durations(text, "pause_ns", &figures->pmem.pause, figures->running));
    TRY(json_durations(text, "safepoint_ns", &figures->pmem.safepoint, figures->running));
    TRY(json_durations(text, "commit_ns", &figures->pmem.commit, figures->running));
    TRY(json_stalls(text, figures));
    TRY(buffer_format(
        text,
        ",\"blocks\":%" PRIu64 ",\"blocks_free\":%" PRIu64 ",\"pages_mapped\":%" PRIu64
        ",\"pages_resident\":%" PRIu64 ",\"pages_dirty\":%" PRIu64 ",\"pages_in\":%" PRIu64
        ",\"pages_evicted\":%" PRIu64 ",\"flushes\":%" PRIu64 ",\"scavenges\":%" PRIu64
        ",\"full_collections\":%" PRIu64,
        figures->store.block_count, figures->store.blocks_free, figures->store.pages_mapped,
        figures->pmem.pages_resident, figures->pmem.pages_dirty, figures->pmem.pages_in,
        figures->pmem.pages_evicted, figures->store.flushes, figures->heap.scavenges,
        figures->heap.full_collections));
    return json_collector(text, figures);
}

static err_t
durations_row(struct buffer *text, const char *name, const struct pmem_durations *durations)
{
    return buffer_format(text, "%-10s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n",
                         name, durations->count, durations->p50 / 1000u, durations->p99 / 1000u,
                         durations->max / 1000u);
}

static err_t
stat_collector(struct buffer *text, const struct heap_stats *heap)
{
    char alive[FORMAT_UNIT_BYTES], freed[FORMAT_UNIT_BYTES], summaries[FORMAT_UNIT_BYTES];
    char moved[FORMAT_UNIT_BYTES];

    return buffer_format(
        text,
        "collector: %" PRIu64 " cycles, %" PRIu64 " in vain; the last took %" PRIu64
        " ms and found %s alive; %s freed; %" PRIu64 " pages read, %" PRIu64
        " of them twice in a cycle, %" PRIu64 " again though unchanged; %" PRIu64
        " blocks not read, %s of summaries; %" PRIu64
        " sparse blocks emptied, %s moved, at most %" PRIu64 " us at a time\n\n",
        heap->cycles.count, heap->cycles.vain, heap->cycles.ns_last / 1000000u,
        format_bytes(alive, heap->cycles.marked_bytes),
        format_bytes(freed, heap->cycles.freed_bytes), heap->cycles.pages_read,
        heap->cycles.pages_twice, heap->cycles.pages_again, heap->cycles.blocks_known,
        format_bytes(summaries, heap->cycles.summary_bytes), heap->cycles.blocks_emptied,
        format_bytes(moved, heap->cycles.bytes_moved), heap->cycles.empty_ns_max / 1000u);
}

static const char *
collection_outcome(const struct heap_log_row *row)
{
    if (row->err != OK)
        return err_text(row->err);
    return row->stopped ? "done in the stopped world" : "done beside the programs";
}

/* The last full collections, the newest first. */
static err_t
stat_collections(struct buffer *text)
{
    char ago[FORMAT_UNIT_BYTES], alive[FORMAT_UNIT_BYTES], freed[FORMAT_UNIT_BYTES];
    struct heap_log_row rows[COLLECTIONS_SHOWN];
    unsigned count = heap_log_get(rows, COLLECTIONS_SHOWN);

    if (count > 0)
        TRY(buffer_format(text, "%-10s %10s %10s %10s %10s %10s\n", "full no.", "ago", "ms",
                          "alive", "freed", "pages read"));
    for (unsigned i = 0; i < count; i++)
        TRY(buffer_format(
            text, "%-10" PRIu64 " %10s %10" PRIu64 " %10s %10s %10" PRIu64 "  %s\n", rows[i].number,
            format_duration(ago, plat_monotonic_ns() - rows[i].ended_ns), rows[i].ns / 1000000u,
            format_bytes(alive, rows[i].live_bytes), format_bytes(freed, rows[i].freed_bytes),
            rows[i].pages_read, collection_outcome(&rows[i])));
    return count > 0 ? buffer_append_byte(text, '\n') : OK;
}

static err_t
stat_stalls(struct buffer *text, const struct pmem_stall *stall)
{
    TRY(buffer_format(text, "%-10s %10s %10s %10s %10s\n", "waited", "count", "total ms", "",
                      "max us"));
    for (unsigned kind = 0; kind < PMEM_STALL_KINDS; kind++, stall++)
        TRY(buffer_format(text, "%-10s %10" PRIu64 " %10" PRIu64 " %10s %10" PRIu64 "\n",
                          stall_names[kind][0], stall->count, stall->total_ns / 1000000u, "",
                          stall->max_ns / 1000u));
    return OK;
}

static err_t
stat_run(struct buffer *text, const struct figures *figures)
{
    char size[FORMAT_UNIT_BYTES], dirty[FORMAT_UNIT_BYTES];

    TRY(buffer_format(text,
                      "this run: %" PRIu64 " snapshots, %" PRIu64 " pages, %s written, %" PRIu64
                      " flushes, %" PRIu64 " scavenges, %" PRIu64 " full collections\n",
                      figures->pmem.snapshots, figures->store.pages_written,
                      format_bytes(size, figures->store.blocks_written * PLAT_BLOCK_BYTES),
                      figures->store.flushes, figures->heap.scavenges,
                      figures->heap.full_collections));
    TRY(buffer_format(text,
                      "resident %s, of it %s written since the last snapshot; %" PRIu64
                      " pages read on demand, %" PRIu64 " evicted\n",
                      format_bytes(size, figures->pmem.pages_resident * PAGE_BYTES),
                      format_bytes(dirty, figures->pmem.pages_dirty * PAGE_BYTES),
                      figures->pmem.pages_in, figures->pmem.pages_evicted));
    TRY(stat_collector(text, &figures->heap));
    TRY(stat_collections(text));
    TRY(buffer_format(text, "%-10s %10s %10s %10s %10s\n", "", "count", "p50 us", "p99 us",
                      "max us"));
    TRY(durations_row(text, "pause", &figures->pmem.pause));
    TRY(durations_row(text, "safepoint", &figures->pmem.safepoint));
    TRY(durations_row(text, "commit", &figures->pmem.commit));
    TRY(durations_row(text, "collection", &figures->heap.stops));
    return stat_stalls(text, figures->pmem.stalls);
}

static err_t
stat_table(struct buffer *text, const struct figures *figures)
{
    char capacity[FORMAT_UNIT_BYTES];
    char vacant[FORMAT_UNIT_BYTES];
    char live[FORMAT_UNIT_BYTES];

    TRY(buffer_format(text, "generation %" PRIu64 ", %s\n", figures->store.generation,
                      figures->running ? "running" : "stopped"));
    TRY(buffer_format(text, "volume %s, %s free, %" PRIu64 " pages of the space have a block\n",
                      format_bytes(capacity, figures->store.block_count * PLAT_BLOCK_BYTES),
                      format_bytes(vacant, figures->store.blocks_free * PLAT_BLOCK_BYTES),
                      figures->store.pages_mapped));
    TRY(buffer_format(text, "live objects %s\n", format_bytes(live, figures->heap.live_bytes)));
    return figures->running ? stat_run(text, figures) : OK;
}

err_t
render_stat(struct buffer *text, struct store *store, bool running, bool json)
{
    struct figures figures = { .running = running };

    store_stats_get(store, &figures.store);
    pmem_stats_get(&figures.pmem);
    heap_stats_get(&figures.heap);
    return json ? stat_json(text, &figures) : stat_table(text, &figures);
}
