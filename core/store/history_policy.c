/*
 * history_policy.c - which generations are pinned by themselves, and which of these stay.
 *
 * An age is told of each pin that the policy made: how long ago the one before was made, added
 * up. Within one opening that is personal time, which no clock can bend; from one opening to the
 * next it may be wall time, because the machine may have been off for long. So ages only grow,
 * and a clock that is wrong makes at most one step at each opening.
 *
 * Thinning never asks how old a pin is, only how far it is from the others: it lets go of a pin
 * because newer ones have come, not because time seems to have passed. Each rule is a
 * chain, from the oldest pin on: the next in it is the first that is at least so much younger. The
 * newest of the chain stay. Counted from the oldest, a pin that is in a chain stays in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "store/store_priv.h"

#define HOUR_NS (3600 * 1000000000ull)
#define DAY_NS  (24 * HOUR_NS)

/*
 * The hours of a working day, and a week: what a bad day needs. An hour costs a fold, and at
 * most the pages that are written in it; nothing where nothing is written.
 */
const struct store_policy history_policy_default = { .hourly = 8, .daily = 7 };

bool
history_policy_valid(const struct store_policy *policy)
{
    return policy->last <= STORE_POLICY_MAX && policy->hourly <= STORE_POLICY_MAX &&
           policy->daily <= STORE_POLICY_MAX &&
           policy->last + policy->hourly + policy->daily <= STORE_POLICY_MAX;
}

struct store_policy
store_policy_get(struct store *store)
{
    struct store_policy policy;

    lock_acquire(&store->lock);
    policy = store->history.policy;
    lock_release(&store->lock);
    return policy;
}

/* No new pin will come that could displace them. */
static void
unheld_ask_locked(struct history *history)
{
    for (size_t i = 0; i < history->count; i++)
        history->pins[i].asked = history->pins[i].asked || !history->pins[i].held;
}

err_t
store_policy_set(struct store *store, const struct store_policy *policy)
{
    assert(!store->read_only);
    if (!history_policy_valid(policy))
        return ERR_RANGE;
    lock_acquire(&store->lock);
    store->history.policy = *policy;
    if (policy->last + policy->hourly + policy->daily == 0)
        unheld_ask_locked(&store->history);
    lock_release(&store->lock);
    return OK;
}

/* 0 if it is not later: a clock was set back, or somebody went back. */
static uint64_t
later_by(uint64_t ns, uint64_t before_ns)
{
    return ns > before_ns ? ns - before_ns : 0;
}

/* How much later the note's instant is than that of the last pin that the policy made. */
static uint64_t
elapsed_ns(const struct store *store, const struct store_note *note)
{
    const struct history_clock *clock = &store->super.clock;
    bool same_opening = clock->generation >= store->history.opened;
    uint64_t personal_ns = later_by(note->personal_ns, clock->personal_ns);
    uint64_t wall_ns = later_by(note->wall_ns, clock->wall_ns);

    return same_opening || wall_ns < personal_ns ? personal_ns : wall_ns;
}

bool
history_is_due_locked(const struct store *store, const struct store_note *note)
{
    const struct store_policy *policy = &store->history.policy;
    uint64_t elapsed = elapsed_ns(store, note);

    return (policy->hourly > 0 && elapsed >= HOUR_NS) || (policy->daily > 0 && elapsed >= DAY_NS);
}

struct history_clock
history_clock_next(const struct store *store, const struct store_note *note)
{
    uint64_t age = store->super.clock.age_ns, elapsed = elapsed_ns(store, note);

    return (struct history_clock){
        .wall_ns = note->wall_ns,
        .personal_ns = note->personal_ns,
        .age_ns = elapsed < UINT64_MAX - age ? age + elapsed : UINT64_MAX,
        .generation = note->generation,
    };
}

/* A rule: so many, at least so far from each other. */
struct rule {
    uint32_t count;
    uint64_t distance_ns;
};

static bool
is_thinned(const struct pin *pin)
{
    return !pin->going && !pin->held;
}

/* Mark those of `pins` that the rule keeps. One of `age_ns`, the newest, is about to be added. */
static void
rule_apply(const struct history_fold *history, struct rule rule, uint64_t age_ns, bool *keep)
{
    size_t chain[STORE_PINS_MAX], length = 0, left = rule.count;
    uint64_t newest = 0;

    for (size_t i = 0; i < history->count; i++) {
        const struct pin *pin = &history->pins[i];

        if (!is_thinned(pin) || (length > 0 && pin->age_ns - newest < rule.distance_ns))
            continue;
        newest = pin->age_ns;
        chain[length++] = i;
    }
    if (left > 0 && (length == 0 || age_ns - newest >= rule.distance_ns))
        left--;
    for (; length > 0 && left > 0; left--)
        keep[chain[--length]] = true;
}

void
history_thin(struct history_fold *history, const struct store_policy *policy, uint64_t age_ns)
{
    const struct rule rules[] = { { policy->last, 0 },
                                  { policy->hourly, HOUR_NS },
                                  { policy->daily, DAY_NS } };
    bool keep[STORE_PINS_MAX] = { false };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        rule_apply(history, rules[i], age_ns, keep);
    for (size_t i = 0; i < history->count; i++) {
        struct pin *pin = &history->pins[i];

        if (is_thinned(pin) && !keep[i] && pin->views == 0)
            pin->going = true;
    }
}
