/*
 * deadlock.c - who waits for whom, and whether for ever.
 *
 * A thread that wants a monitor waits for the one that has the object on its lock stack. The
 * monitor does not always know that one (it may have locked the object while nobody else wanted
 * it), so the lock stacks of all threads are looked through: only for objects whose monitor is
 * inflated, because somebody waits for no other. Every thread waits for one other at most, so who
 * is in a cycle is found by following that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/deadlock.h"

#include "base/hash.h"
#include "base/memory.h"
#include "object/array.h"
#include "plat/memory.h"
#include "vm/class_index.h"
#include "vm/monitor.h"
#include "vm/show_priv.h"
#include "vm/worker_priv.h"

#define MUTEX_NAME ".internal.mutex"

/* Objects that are locked and that somebody waits for, and who has them. */
struct held {
    ref_t object;
    uint32_t slot;
};

struct search {
    struct deadlock *found;
    struct held *held; /* a hash table */
    uint64_t room;     /* a power of two, or 0 */
};

/* ---- what lies in the space ---- */

static ref_t
thread_at(uint32_t slot)
{
    ref_t thread = show_there(SPACE_THREAD_TABLE + 8ull * slot, 8) ? thread_in_slot(slot) : 0;

    return thread != 0 && show_there(thread, sizeof(struct thread_object)) ? thread : 0;
}

/* The slot + 1 of a thread that has not ended; 0 for anything else. */
static uint32_t
slot_of(const struct search *search, word_t thread)
{
    uint32_t slot;

    if (thread == WORD_NULL || !show_there(thread, sizeof(struct thread_object)))
        return 0;
    slot = GET_U32(thread_object, thread, slot);
    return slot < search->found->slot_count && thread_at(slot) == thread ? slot + 1 : 0;
}

/* How many objects a thread has locked, as far as they can be read. */
static uint32_t
lock_count(ref_t thread)
{
    word_t stack = GET_WORD(thread_object, thread, lock_stack);
    uint32_t count = GET_U32(thread_object, thread, lock_count);

    if (stack == WORD_NULL || !show_there(stack, array_bytes(KIND_WORDS, count)))
        return 0;
    return count;
}

static ref_t
locked_object(ref_t thread, uint32_t i)
{
    ref_t object = array_load_word(GET_WORD(thread_object, thread, lock_stack), i);

    return monitor_readable_of(object) != 0 ? object : 0;
}

/* ---- who has what ---- */

static struct held *
held_at(const struct search *search, ref_t object)
{
    uint64_t at = hash_mix(object);

    while (search->held[at & (search->room - 1)].object != 0 &&
           search->held[at & (search->room - 1)].object != object)
        at++;
    return &search->held[at & (search->room - 1)];
}

static void
held_add_all(const struct search *search, uint32_t slot)
{
    ref_t thread = thread_at(slot);
    uint32_t count = thread != 0 ? lock_count(thread) : 0;

    for (uint32_t i = 0; i < count; i++) {
        ref_t object = locked_object(thread, i);

        if (object != 0)
            *held_at(search, object) = (struct held){ object, slot };
    }
}

static err_t
held_make(struct search *search)
{
    uint64_t total = 0;

    for (uint32_t slot = 0; slot < search->found->slot_count; slot++) {
        ref_t thread = thread_at(slot);

        total += thread != 0 ? lock_count(thread) : 0;
    }
    search->room = 16;
    while (search->room < 2 * total)
        search->room *= 2;
    search->held = plat_alloc(search->room * sizeof search->held[0]);
    if (search->held == NULL)
        return ERR_NOMEM;
    for (uint32_t slot = 0; slot < search->found->slot_count; slot++)
        held_add_all(search, slot);
    return OK;
}

/* ---- whom a thread waits for ---- */

/* The field of mutexes that says whose one is; from the class that declares it. */
static word_t
mutex_owner(ref_t mutex, ref_t class)
{
    uint32_t count = show_field_count(class);
    char name[SHOW_NAME_BYTES];

    for (uint32_t i = 0; i < count; i++) {
        ref_t field = show_field_at(class, i);

        if (field == 0)
            continue;
        show_name(GET_WORD(field_object, field, name), name);
        if (text_equal(name, "owner"))
            return obj_load_word(mutex, GET_U32(field_object, field, offset));
    }
    return WORD_NULL;
}

/* If the object is a mutex of a class library that had no lock in C for it: the thread that has it.
 */
static word_t
owner_if_mutex(ref_t object)
{
    ref_t class = show_class_of(object);
    char name[SHOW_NAME_BYTES];

    while (class != 0 && show_there(class, sizeof(struct class_object))) {
        show_name(GET_WORD(class_object, class, name), name);
        if (text_equal(name, MUTEX_NAME))
            return mutex_owner(object, class);
        class = GET_WORD(class_object, class, super);
    }
    return WORD_NULL;
}

/* The slot + 1 of the thread that this one waits for until that one does something; 0: none. */
static uint32_t
holder_of(const struct search *search, ref_t thread)
{
    uint32_t flags = GET_U32(thread_object, thread, flags);
    word_t object = GET_WORD(thread_object, thread, waiting_for);
    struct held *held;

    if (object == WORD_NULL || word_tag(object) != TAG_REF ||
        (GET_U32(thread_object, thread, state) & ~THREAD_WOKEN) != THREAD_WAITING)
        return 0;
    if ((flags & THREAD_FLAG_JOINING) != 0)
        return slot_of(search, object);
    if ((flags & THREAD_FLAG_NOTIFIABLE) != 0)
        return slot_of(search, owner_if_mutex(object));
    if ((flags & THREAD_FLAG_ENTERING) == 0)
        return 0;
    held = held_at(search, object);
    return held->object == object ? held->slot + 1 : 0;
}

/* ---- cycles ---- */

#define WALKED UINT32_MAX /* looked at in this walk; it becomes 0, or the number of a deadlock */

/* Everybody in the cycle through this thread gets the number. */
static void
group_number(struct deadlock *found, uint32_t slot, uint32_t number)
{
    while (found->group[slot] != number) {
        found->group[slot] = number;
        slot = found->holder[slot] - 1;
    }
}

/* Follow who waits for whom from here. True: that came back to one of this very walk. */
static bool
walk(struct deadlock *found, bool *done, uint32_t from, uint32_t number)
{
    uint32_t slot = from;
    bool cycle;

    while (found->holder[slot] != 0 && !done[slot] && found->group[slot] != WALKED) {
        found->group[slot] = WALKED;
        slot = found->holder[slot] - 1;
    }
    cycle = !done[slot] && found->group[slot] == WALKED;
    if (cycle)
        group_number(found, slot, number);
    for (slot = from; found->holder[slot] != 0 && !done[slot]; slot = found->holder[slot] - 1) {
        done[slot] = true;
        if (found->group[slot] == WALKED)
            found->group[slot] = 0;
    }
    return cycle;
}

static err_t
groups_make(struct deadlock *found)
{
    bool *done = plat_alloc(found->slot_count + 1);
    uint32_t number = 1;

    if (done == NULL)
        return ERR_NOMEM;
    for (uint32_t slot = 0; slot < found->slot_count; slot++) {
        if (walk(found, done, slot, number))
            number++;
    }
    plat_free(done, found->slot_count + 1);
    return OK;
}

static uint64_t
row_bytes(const struct deadlock *found)
{
    return ((uint64_t)found->slot_count + 1) * sizeof(uint32_t);
}

static err_t
holders_make(struct deadlock *found)
{
    struct search search = { .found = found };
    err_t err = held_make(&search);

    for (uint32_t slot = 0; slot < found->slot_count && err == OK; slot++) {
        ref_t thread = thread_at(slot);

        found->holder[slot] = thread != 0 ? holder_of(&search, thread) : 0;
    }
    plat_free(search.held, search.room * sizeof search.held[0]);
    return err;
}

err_t
deadlock_find(struct deadlock *found)
{
    struct deadlock made = { .slot_count = thread_slot_count() };
    err_t err = ERR_NOMEM;

    made.holder = plat_alloc(row_bytes(&made));
    made.group = plat_alloc(row_bytes(&made));
    if (made.holder == NULL || made.group == NULL)
        goto out;
    err = holders_make(&made);
    if (err == OK)
        err = groups_make(&made);
    if (err != OK)
        goto out;
    *found = made;
    return OK;
out:
    deadlock_free(&made);
    return err;
}

void
deadlock_free(struct deadlock *found)
{
    if (found->holder != NULL)
        plat_free(found->holder, row_bytes(found));
    if (found->group != NULL)
        plat_free(found->group, row_bytes(found));
    *found = (struct deadlock){ 0 };
}
