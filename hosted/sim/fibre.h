/*
 * fibre.h - the simulated machine's processors: one native thread, many
 * fibres, a virtual clock, and a scheduler whose every choice comes from the
 * seed.
 *
 * The clock moves only here: a little at each switch point, and by leaps to
 * the next deadline or disk completion when no fibre can run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Chances of a switch at a switch point, in 1024ths; and what a switch point costs. */
struct sim_schedule {
    uint32_t switch_per_1024;
    uint32_t tick_ns_max;
    unsigned processor_count; /* what plat_processor_count() says */
};

/*
 * Something besides fibres that happens in virtual time (a disk).
 *
 *   next_due_ns  when it wants to act next, or UINT64_MAX
 *   act          do what is due at `now_ns`
 */
struct sim_device {
    uint64_t (*next_due_ns)(void *context);
    void (*act)(void *context, uint64_t now_ns);
    void *context;
    struct sim_device *next;
};

/* Begin: the caller becomes the first fibre. Again only where there is no other fibre. */
void sim_fibres_start(uint64_t seed, const struct sim_schedule *schedule);

void sim_device_add(struct sim_device *device);
void sim_device_remove(struct sim_device *device);

/* Virtual time since the start. */
uint64_t sim_now_ns(void);

/* How often the scheduler switched: a measure of how much was tried. */
uint64_t sim_switches(void);
