/*
 * roots.c - what a scavenge starts from: old slots that hold young references,
 * stacks of threads that ran, handles.
 *
 * The remembered set is a bit for each word of the space, and a list of those 64-bit words
 * of these bits that are not zero. So a slot is remembered once however often
 * it is stored to, and nothing can overflow between two safepoints: if the list does,
 * the bits themselves are walked. Both are address room that takes memory only where
 * it is touched.
 *
 * Threads are listed by slot, so the list never holds one that has ended. A scavenge
 * takes a thread off the list when its stack holds nothing young: whoever runs it
 * next lists it again, so a hundred thousand runnable threads cost nothing by being there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"
#include "plat/memory.h"

#define SLOT_BITS_BYTES   (SPACE_BYTES / 64)
#define SLOT_WORDS_BYTES  (HEAP_REMEMBERED_MAX * 8)
#define THREAD_BITS_BYTES (THREAD_SLOT_MAX / 8)
#define THREAD_LIST_BYTES (THREAD_SLOT_MAX * 4ull)
#define WORD_SPAN         512 /* bytes of the space for each word of slot_bits */

err_t
heap_roots_start(void)
{
    heap.slot_bits = plat_reserve(SLOT_BITS_BYTES);
    heap.slot_words = plat_reserve(SLOT_WORDS_BYTES);
    heap.thread_bits = plat_reserve(THREAD_BITS_BYTES);
    heap.thread_slots = plat_reserve(THREAD_LIST_BYTES);
    heap.slot_word_max = HEAP_REMEMBERED_MAX;
    heap.slot_word_count = 0;
    heap.thread_count = 0;
    if (heap.slot_bits == NULL || heap.slot_words == NULL || heap.thread_bits == NULL ||
        heap.thread_slots == NULL)
        return ERR_NOMEM;
    return OK;
}

void
heap_roots_stop(void)
{
    plat_release(heap.slot_bits, SLOT_BITS_BYTES);
    plat_release((void *)heap.slot_words, SLOT_WORDS_BYTES);
    plat_release(heap.thread_bits, THREAD_BITS_BYTES);
    plat_release(heap.thread_slots, THREAD_LIST_BYTES);
}

/* ---- remembered set ---- */

static void
list_word(uint64_t word)
{
    uint64_t i = atomic_fetch_add_explicit(&heap.slot_word_count, 1, memory_order_relaxed);

    if (i < heap.slot_word_max)
        atomic_store_explicit(&heap.slot_words[i], word, memory_order_relaxed);
}

void
heap_remember(uint64_t slot_address)
{
    uint64_t slot = (slot_address - SPACE_BASE) / 8;
    uint64_t bit = 1ull << (slot % 64);
    _Atomic uint64_t *word = &heap.slot_bits[slot / 64];

    assert(slot_address % 8 == 0);
    if (atomic_load_explicit(word, memory_order_relaxed) & bit)
        return;
    if (atomic_fetch_or_explicit(word, bit, memory_order_relaxed) == 0)
        list_word(slot / 64);
}

bool
heap_is_remembered(uint64_t slot_address)
{
    uint64_t slot = (slot_address - SPACE_BASE) / 8;

    return atomic_load_explicit(&heap.slot_bits[slot / 64], memory_order_relaxed) >> (slot % 64) &
           1;
}

static void
forward_slot(uint64_t slot, heap_forward_fn *forward)
{
    word_t word = pmem_load64(slot);
    word_t moved;

    if (!word_is_young(word))
        return;
    moved = forward(word);
    if (moved != word)
        pmem_store64(slot, moved);
}

/* Forward the remembered slots of one word of bits; returns the bits that are still needed. */
static uint64_t
forward_word_of_bits(uint64_t index, heap_forward_fn *forward)
{
    uint64_t bits = atomic_load_explicit(&heap.slot_bits[index], memory_order_relaxed);
    uint64_t kept = 0;

    for (uint64_t left = bits; left != 0; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        uint64_t slot = SPACE_BASE + index * WORD_SPAN + bit * 8ull;

        forward_slot(slot, forward);
        if (word_is_young(pmem_load64(slot)))
            kept |= 1ull << bit;
    }
    atomic_store_explicit(&heap.slot_bits[index], kept, memory_order_relaxed);
    return kept;
}

/* The list was too short: make it anew of all bits there can be. Returns how many it has. */
static uint64_t
list_anew(void)
{
    uint64_t from = (SPACE_ROOT - SPACE_BASE) / WORD_SPAN;
    uint64_t root_end = from + SPACE_ROOT_BYTES / WORD_SPAN;
    uint64_t heap_from = (SPACE_HEAP - SPACE_BASE) / WORD_SPAN;
    uint64_t end = (heap_block_at(heap.blocks_used) - SPACE_BASE) / WORD_SPAN;
    uint64_t count = 0;

    for (uint64_t index = from; index < end;
         index = index + 1 == root_end ? heap_from : index + 1) {
        if (atomic_load_explicit(&heap.slot_bits[index], memory_order_relaxed) == 0)
            continue;
        if (count == heap.slot_word_max)
            panic("heap: the remembered set has no room");
        heap.slot_words[count++] = index;
    }
    return count;
}

static void
forward_remembered(heap_forward_fn *forward)
{
    uint64_t count = heap.slot_word_count;
    uint64_t kept = 0;

    if (count > heap.slot_word_max)
        count = list_anew();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t index = heap.slot_words[i];

        if (forward_word_of_bits(index, forward) != 0)
            heap.slot_words[kept++] = index;
    }
    heap.slot_word_count = kept; /* what is promoted from here on adds to it */
}

/* ---- threads ---- */

ref_t
heap_thread_at(uint32_t slot)
{
    return pmem_load64(SPACE_THREAD_TABLE + 8ull * slot);
}

bool
heap_thread_is_listed(uint32_t slot)
{
    return atomic_load_explicit(&heap.thread_bits[slot / 64], memory_order_relaxed) >> (slot % 64) &
           1;
}

void
heap_thread_ran(ref_t thread)
{
    uint32_t slot = GET_U32(thread_object, thread, slot);
    uint64_t bit = 1ull << (slot % 64);
    uint64_t i;

    assert_slow(heap_thread_at(slot) == thread);
    if (heap_thread_is_listed(slot))
        return;
    assert(slot < THREAD_SLOT_MAX);
    if (atomic_fetch_or_explicit(&heap.thread_bits[slot / 64], bit, memory_order_relaxed) & bit)
        return;
    i = atomic_fetch_add_explicit(&heap.thread_count, 1, memory_order_relaxed);
    atomic_store_explicit(&heap.thread_slots[i], slot, memory_order_relaxed);
}

/* The words of a thread's stack that are in use, [*from, *to); false if there is no stack. */
static bool
thread_words(uint32_t slot, uint64_t *from, uint64_t *to)
{
    ref_t thread = heap_thread_at(slot);
    ref_t stack = thread == 0 ? 0 : GET_WORD(thread_object, thread, stack);

    if (stack == 0)
        return false;
    *from = stack + offsetof(struct stack_object, slots);
    *to = *from + 8ull * GET_U32(stack_object, stack, word_top);
    return true;
}

/* Returns true if the thread must stay listed. */
static bool
forward_thread(uint32_t slot, heap_forward_fn *forward)
{
    uint64_t from, to;
    bool young = false;

    if (!thread_words(slot, &from, &to))
        return false;
    for (uint64_t at = from; at < to; at += 8) {
        forward_slot(at, forward);
        young |= word_is_young(pmem_load64(at));
    }
    return young;
}

static void
forward_threads(heap_forward_fn *forward)
{
    uint64_t count = heap.thread_count;
    uint64_t kept = 0;

    for (uint64_t i = 0; i < count; i++) {
        uint32_t slot = heap.thread_slots[i];

        if (forward_thread(slot, forward))
            heap.thread_slots[kept++] = slot;
        else
            atomic_fetch_and_explicit(&heap.thread_bits[slot / 64], ~(1ull << (slot % 64)),
                                      memory_order_relaxed);
    }
    heap.thread_count = kept;
}

/* ---- handles ---- */

void
heap_handle_open(struct heap_handle *handle, word_t word)
{
    lock_acquire(&heap.handle_lock);
    handle->word = word;
    handle->next = heap.handles;
    handle->link = &heap.handles;
    if (handle->next != NULL)
        handle->next->link = &handle->next;
    heap.handles = handle;
    lock_release(&heap.handle_lock);
}

void
heap_handle_close(struct heap_handle *handle)
{
    lock_acquire(&heap.handle_lock);
    *handle->link = handle->next;
    if (handle->next != NULL)
        handle->next->link = handle->link;
    handle->word = WORD_NULL;
    handle->link = NULL;
    lock_release(&heap.handle_lock);
}

/* ---- all of them ---- */

/* In the stopped world: replace every root that is young by what `forward` makes of it. */
void
heap_roots_forward(heap_forward_fn *forward)
{
    for (struct heap_handle *handle = heap.handles; handle != NULL; handle = handle->next)
        handle->word = forward(handle->word);
    forward_threads(forward);
    forward_remembered(forward);
}

/* How many first writes heap_roots_forward may make. */
uint64_t
heap_roots_pages(void)
{
    uint64_t pages = 0;
    uint64_t count = heap.slot_word_count;
    uint64_t from, to;

    if (count > heap.slot_word_max)
        count = list_anew();
    for (uint64_t i = 0; i < count; i++)
        pages += heap_pages_unwritten(SPACE_BASE + heap.slot_words[i] * WORD_SPAN, WORD_SPAN);
    for (uint64_t i = 0; i < heap.thread_count; i++) {
        if (thread_words(heap.thread_slots[i], &from, &to))
            pages += heap_pages_unwritten(from, to - from);
    }
    return pages;
}

static err_t
page_in_range(struct pmem_worker *worker, uint64_t from, uint64_t to)
{
    for (uint64_t page = from & ~(PAGE_BYTES - 1); page < to; page += PAGE_BYTES) {
        if (!pmem_resident(page))
            TRY(pmem_page_in(worker, page));
    }
    return OK;
}

/*
 * Bring in the nursery and the pages that the roots lie on, while the world still goes on.
 * Others may add to the lists meanwhile; what they add they have just written to.
 */
err_t
heap_roots_page_in(struct pmem_worker *worker)
{
    uint64_t count = heap.slot_word_count;
    uint64_t from, to;

    TRY(page_in_range(worker, heap.eden_from, heap.eden_to - heap_eden_left()));
    TRY(page_in_range(worker, heap.survivor_from[heap.survivor_now], heap.survivor_used_to));
    if (count > heap.slot_word_max)
        count = 0; /* no list: it is made in the stopped world, and so are their faults */
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = SPACE_BASE +
                      atomic_load_explicit(&heap.slot_words[i], memory_order_relaxed) * WORD_SPAN;

        TRY(page_in_range(worker, at, at + WORD_SPAN));
    }
    for (uint64_t i = 0; i < heap.thread_count; i++) {
        uint32_t slot = atomic_load_explicit(&heap.thread_slots[i], memory_order_relaxed);
        ref_t thread;

        TRY(page_in_range(worker, SPACE_THREAD_TABLE + 8ull * slot,
                          SPACE_THREAD_TABLE + 8ull * slot + 8));
        thread = heap_thread_at(slot);
        if (thread != 0) {
            TRY(page_in_range(worker, thread, thread + sizeof(struct thread_object)));
            if (GET_WORD(thread_object, thread, stack) != 0)
                TRY(page_in_range(worker, GET_WORD(thread_object, thread, stack),
                                  GET_WORD(thread_object, thread, stack) +
                                      offsetof(struct stack_object, slots)));
            if (thread_words(slot, &from, &to))
                TRY(page_in_range(worker, from, to));
        }
    }
    return OK;
}

/* In the stopped world: `bytes` bytes of old space hold nothing any more; nor do their slots. */
void
heap_forget_slots(uint64_t address, uint64_t bytes)
{
    uint64_t slot = (address - SPACE_BASE) / 8;
    uint64_t end = slot + bytes / 8;

    assert(bytes % HEAP_LINE_BYTES == 0);
    for (uint64_t count; slot < end; slot += count) {
        _Atomic uint64_t *word = &heap.slot_bits[slot / 64];
        uint64_t mask = ~0ull << (slot % 64);

        count = 64 - slot % 64;
        if (count > end - slot) {
            count = end - slot;
            mask &= ~0ull >> (64 - (slot % 64 + count));
        }
        if (atomic_load_explicit(word, memory_order_relaxed) & mask)
            atomic_fetch_and_explicit(word, ~mask, memory_order_relaxed);
    }
}
