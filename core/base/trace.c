/*
 * trace.c - the ring of what happened last.
 *
 * Invariant: a slot belongs to the event whose number it carries; a reader who
 * finds another number there, before or after reading, skips it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/trace.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/format.h"
#include "plat/machine.h"

#define TRACE_SLOTS 4096u

struct trace_slot {
    _Atomic uint64_t number; /* 1 + its place in time; 0 while it is being written */
    _Atomic uint64_t event;
    _Atomic uint64_t a;
    _Atomic uint64_t b;
};

static_assert((TRACE_SLOTS & (TRACE_SLOTS - 1)) == 0, "a mask finds the slot");

static struct trace_slot trace_ring[TRACE_SLOTS];
static _Atomic uint64_t trace_next;

static const struct {
    const char *name;
    const char *values;
} trace_names[] = {
#define TRACE_NAME_(name, values) { #name, values },
    TRACE_EVENTS(TRACE_NAME_)
#undef TRACE_NAME_
};

void
trace_add(enum trace_event event, uint64_t a, uint64_t b)
{
    uint64_t number = atomic_fetch_add_explicit(&trace_next, 1, memory_order_relaxed);
    struct trace_slot *slot = &trace_ring[number & (TRACE_SLOTS - 1)];

    atomic_store_explicit(&slot->number, 0, memory_order_relaxed);
    /* Each value is released after the 0 above; trace_show() acquires them. */
    atomic_store_explicit(&slot->event, event, memory_order_release);
    atomic_store_explicit(&slot->a, a, memory_order_release);
    atomic_store_explicit(&slot->b, b, memory_order_release);
    atomic_store_explicit(&slot->number, number + 1, memory_order_release);
}

static void
trace_show_one(uint64_t number)
{
    struct trace_slot *slot = &trace_ring[number & (TRACE_SLOTS - 1)];
    uint64_t event, a, b;
    char line[128];
    size_t count;

    if (atomic_load_explicit(&slot->number, memory_order_acquire) != number + 1)
        return;
    event = atomic_load_explicit(&slot->event, memory_order_acquire);
    a = atomic_load_explicit(&slot->a, memory_order_acquire);
    b = atomic_load_explicit(&slot->b, memory_order_acquire);
    if (atomic_load_explicit(&slot->number, memory_order_relaxed) != number + 1 ||
        event >= TRACE_EVENT_COUNT)
        return;
    count = format(line, sizeof line, "trace %" PRIu64 ": %s %" PRIu64 " %" PRIu64 " (%s)", number,
                   trace_names[event].name, a, b, trace_names[event].values);
    plat_log(LOG_DEBUG, line, count < sizeof line ? count : sizeof line - 1);
}

void
trace_show(size_t count)
{
    uint64_t end = atomic_load_explicit(&trace_next, memory_order_relaxed);
    uint64_t begin;

    if (count > TRACE_SLOTS)
        count = TRACE_SLOTS;
    begin = end > count ? end - count : 0;
    for (uint64_t number = begin; number < end; number++)
        trace_show_one(number);
}
