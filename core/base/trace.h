/*
 * trace.h - what happened last, for the person who debugs: a ring in memory
 * of numbered events with two values each. Costs a few nanoseconds; any
 * thread, fault handlers and interrupts included.
 *
 *     trace(SNAP_MOVE, from, to);
 *
 * A new event is a line in TRACE_EVENTS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* name, what the two values are */
#define TRACE_EVENTS(event)                                                                        \
    event(NOTHING, "") event(STORE_OPEN, "generation, deltas")                                     \
        event(STORE_COMMIT_BEGIN, "generation, early pages")                                       \
            event(STORE_COMMIT_DONE, "generation, pages")                                          \
                event(STORE_COMMIT_FAIL, "generation, error")                                      \
                    event(STORE_FOLD, "generation, nodes written")                                 \
                        event(STORE_FLUSH, "generation, result") event(SNAP_MOVE, "from, to")      \
                            event(PAGE_IN, "page, nanoseconds") event(PAGE_OUT, "page, dirty")     \
                                event(FIRST_WRITE, "page, epoch")                                  \
                                    event(WORLD_STOP, "request, workers")                          \
                                        event(WORLD_GO, "request, nanoseconds")                    \
                                            event(SCAVENGE, "bytes kept, bytes promoted")          \
                                                event(COLLECT, "blocks, bytes live")               \
                                                    event(THREAD_RUN, "thread, worker")            \
                                                        event(THREAD_PARK, "thread, why")          \
                                                            event(THROW, "thread, class")

enum trace_event {
#define TRACE_ENUM_(name, values) TRACE_##name,
    TRACE_EVENTS(TRACE_ENUM_)
#undef TRACE_ENUM_
    TRACE_EVENT_COUNT,
};

void trace_add(enum trace_event event, uint64_t a, uint64_t b);

#define trace(event, a, b) trace_add(TRACE_##event, (uint64_t)(a), (uint64_t)(b))

/* Log the last `count` events, oldest first; panic does it on its way down. */
void trace_show(size_t count);
