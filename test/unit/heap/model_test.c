/*
 * model_test.c - a mutator that does anything, against a model that knows better.
 *
 * The model is an array of nodes in plain memory: id, what each slot refers to,
 * and which roots there are. After every so many steps the heap is walked from its
 * roots beside the model, and both must have the same shape. In between come
 * scavenges, full collections, snapshots, restarts, and returns to the last commit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

#include "heap/heap_priv.h"
#include "heap/text.h"

#define NODES   4000
#define ROOTS   64
#define STACKED 40
#define NOTHING (-1)

struct node {
    int slots[PAIR_WORDS];
    uint32_t extra; /* length of the array that hangs on slot 2, or 0 */
    bool used;
};

struct model {
    struct node nodes[NODES];
    int count;
    int roots[ROOTS];     /* elements of an old array */
    int stacked[STACKED]; /* words of a thread's stack */
};

static struct model model, committed;
static uint32_t cycle_every; /* so many steps a cycle is asked for; 0: never */
static bool one_life;        /* no restarts, and nothing is made in old space */
static uint64_t emptied;     /* blocks, in the last life */
static uint64_t seed;

static uint32_t
random_below(uint32_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % limit;
}

static ref_t
roots_array(void)
{
    return GET_WORD(space_root, SPACE_ROOT, out_of_memory);
}

static ref_t
the_stack(void)
{
    return GET_WORD(thread_object, heap_thread_at(0), stack);
}

static uint64_t
stack_slot(unsigned i)
{
    return the_stack() + offsetof(struct stack_object, slots) + 8ull * i;
}

static void
stack_set(unsigned i, word_t word)
{
    heap_thread_ran(heap_thread_at(0));
    pmem_store64(stack_slot(i), word);
}

/* ---- comparing ---- */

static ref_t seen[NODES];

static void
compare(int node, word_t word)
{
    static int todo[NODES];
    int count = 0;

    if (node == NOTHING) {
        ck_assert_uint_eq(word, WORD_NULL);
        return;
    }
    if (seen[node] == 0) {
        seen[node] = word;
        todo[count++] = node;
    }
    ck_assert_uint_eq(seen[node], word);
    while (count > 0) {
        int at = todo[--count];
        ref_t pair = seen[at];

        ck_assert_uint_eq(heap_class_of(pair), CLASS_PAIR);
        ck_assert_uint_eq(pair_id(pair), (uint64_t)at);
        for (unsigned i = 0; i < PAIR_WORDS; i++) {
            int next = model.nodes[at].slots[i];
            word_t slot = pair_get(pair, i);

            if (i == 2 && model.nodes[at].extra != 0) {
                ck_assert_uint_eq(array_length(slot), model.nodes[at].extra);
                ck_assert_uint_eq(pmem_load32(slot + 16), (uint32_t)at);
                continue;
            }
            if (next == NOTHING) {
                ck_assert_uint_eq(slot, WORD_NULL);
                continue;
            }
            if (seen[next] == 0) {
                seen[next] = slot;
                todo[count++] = next;
            }
            ck_assert_uint_eq(seen[next], slot);
        }
    }
}

static void
compare_all(void)
{
    for (int i = 0; i < NODES; i++)
        seen[i] = 0;
    for (unsigned i = 0; i < ROOTS; i++)
        compare(model.roots[i], array_load_word(roots_array(), i));
    for (unsigned i = 0; i < STACKED; i++)
        compare(model.stacked[i], pmem_load64(stack_slot(i)));
    for (int i = 0; i < NODES; i++)
        model.nodes[i].used = seen[i] != 0; /* the others may be had again */
}

/* ---- steps ---- */

/* A node that is reachable: from a random root, some steps on. NOTHING if there is none. */
static int
walk(word_t *word)
{
    unsigned i = random_below(ROOTS + STACKED);
    int node = i < ROOTS ? model.roots[i] : model.stacked[i - ROOTS];

    *word = i < ROOTS ? array_load_word(roots_array(), i) : pmem_load64(stack_slot(i - ROOTS));
    for (unsigned steps = random_below(6); steps > 0 && node != NOTHING; steps--) {
        unsigned slot = random_below(2);

        if (model.nodes[node].slots[slot] == NOTHING)
            break;
        *word = pair_get(*word, slot);
        node = model.nodes[node].slots[slot];
    }
    return node;
}

static void
set_root(int node, word_t word)
{
    unsigned i = random_below(ROOTS + STACKED);

    if (i < ROOTS) {
        model.roots[i] = node;
        array_store_word(roots_array(), i, word);
    } else {
        model.stacked[i - ROOTS] = node;
        stack_set(i - ROOTS, word);
    }
}

static void
step_new(void)
{
    int node = NOTHING;
    ref_t pair;

    for (unsigned tries = 0; tries < 20 && node == NOTHING; tries++) {
        int candidate = (int)random_below(NODES);

        if (!model.nodes[candidate].used)
            node = candidate;
    }
    if (node == NOTHING)
        return;
    pair = !one_life && random_below(20) == 0 ? space_alloc_old(PAIR_BYTES, CLASS_PAIR)
                                              : space_alloc(PAIR_BYTES, CLASS_PAIR);
    SET_U64(pair_object, pair, id, (uint64_t)node);
    model.nodes[node] = (struct node){ .slots = { NOTHING, NOTHING, NOTHING }, .used = true };
    set_root(node, pair);
}

static void
step_link(void)
{
    word_t from, to;
    int a = walk(&from);
    int b = walk(&to);
    unsigned slot = random_below(2);

    if (a == NOTHING)
        return;
    if (random_below(4) == 0) {
        b = NOTHING;
        to = WORD_NULL;
    }
    model.nodes[a].slots[slot] = b;
    pair_set(from, slot, to);
}

/* Hang an array on a node, sometimes a large one. */
static void
step_array(void)
{
    static const uint32_t lengths[] = { 1, 3, 100, 1000, 2040, 3000, 40000 };
    uint32_t length = lengths[random_below(7)];
    struct heap_handle handle;
    word_t pair;
    int node = walk(&pair);
    ref_t array;

    if (node == NOTHING)
        return;
    heap_handle_open(&handle, pair);
    array = space_array(CLASS_INTS, KIND_RAW32, length);
    pmem_store32(array + 16, (uint32_t)node);
    pair_set(handle.word, 2, array);
    model.nodes[node].extra = length;
    heap_handle_close(&handle);
}

static void
step_big(void)
{
    switch (random_below(one_life ? 6 : 8)) {
    case 0:
    case 1:
    case 2:
        space_scavenge();
        break;
    case 3:
        ck_assert_int_eq(heap_collect_full(&space_local), OK);
        break;
    case 4:
    case 5:
        compare_all();
        ck_assert_int_eq(commit(&space_worker), OK);
        committed = model;
        break;
    case 6:
        compare_all();
        committed = model;
        space_restart();
        break;
    default: /* a kill; beside cycles, which commit what they please, at a commit */
        if (cycle_every > 0) {
            compare_all();
            ck_assert_int_eq(commit(&space_worker), OK);
            committed = model;
        }
        space_stop();
        space_start();
        model = committed;
        break;
    }
    space_check();
    compare_all();
}

static void
run_model(uint64_t first_seed, unsigned steps)
{
    struct heap_stats stats;
    ref_t array;

    seed = first_seed;
    space_start();
    space_make_pair_class();
    array = space_alloc_old(array_bytes(KIND_WORDS, ROOTS), CLASS_WORDS);
    array_length_set(array, ROOTS);
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, array);
    heap_thread_ran(space_thread(0, STACKED + 10));
    SET_U32(stack_object, the_stack(), word_top, STACKED);
    for (unsigned i = 0; i < ROOTS; i++)
        model.roots[i] = NOTHING;
    for (unsigned i = 0; i < STACKED; i++)
        model.stacked[i] = NOTHING;
    ck_assert_int_eq(commit(&space_worker), OK);
    committed = model;
    for (unsigned i = 0; i < steps; i++) {
        uint32_t kind = random_below(1000);

        if (kind < 500)
            step_new();
        else if (kind < 850)
            step_link();
        else if (kind < 920)
            step_array();
        else if (kind < 990)
            set_root(NOTHING, WORD_NULL);
        else
            step_big();
        heap.full_bytes_min = 1 << 20;
        if (cycle_every > 0 && random_below(cycle_every) == 0)
            heap_cycle_ask();
        space_safepoint();
    }
    space_check();
    compare_all();
    heap_stats_get(&stats);
    emptied = stats.cycles.blocks_emptied;
    space_stop();
}

START_TEST(a_random_program_and_its_model_agree)
{
    space_heap = (struct heap_options){ .nursery_bytes = 256 << 10, .move_always = true };
    run_model(0x9e3779b97f4a7c15ull + (uint64_t)_i * 77, 12000);
}
END_TEST

START_TEST(they_agree_in_a_strict_space)
{
    space_pmem.strict = true;
    space_heap = (struct heap_options){ .nursery_bytes = 128 << 10, .move_always = true };
    run_model(0x123456789ull + (uint64_t)_i * 77, 8000);
}
END_TEST

START_TEST(they_agree_when_memory_is_short)
{
    space_pmem.resident_bytes_max = 1200 << 10;
    space_heap = (struct heap_options){ .nursery_bytes = 128 << 10, .move_always = true };
    run_model(0xabcdef987ull + (uint64_t)_i * 77, 8000);
}
END_TEST

START_TEST(they_agree_when_much_stays_young)
{
    space_heap = (struct heap_options){ .nursery_bytes = 128 << 10,
                                        .move_always = true,
                                        .stay_bytes = 16 << 10 };
    run_model(0x5deece66dull + (uint64_t)_i * 77, 8000);
}
END_TEST

static void
run_beside_cycles(uint64_t first_seed, uint32_t every)
{
    space_heap = (struct heap_options){ .nursery_bytes = 128 << 10,
                                        .move_always = true,
                                        .background = true,
                                        .prove_cycles = true,
                                        .summary_bytes = 256 << 10,
                                        .compact = HEAP_COMPACT_ALL };
    cycle_every = every;
    run_model(first_seed, one_life ? 40000 : 8000);
}

START_TEST(they_agree_beside_cycles)
{
    run_beside_cycles(0x2545f4914f6cdd1dull + (uint64_t)_i * 77, 20);
}
END_TEST

START_TEST(they_agree_while_sparse_blocks_are_emptied)
{
    one_life = true;
    run_beside_cycles(0x27d4eb2f165667c5ull + (uint64_t)_i * 77, 60);
    ck_assert_uint_gt(emptied, 10);
}
END_TEST

START_TEST(they_agree_beside_cycles_in_a_strict_space)
{
    space_pmem.strict = true;
    run_beside_cycles(0x369dea0f31a53f85ull + (uint64_t)_i * 77, 50);
}
END_TEST

START_TEST(they_agree_beside_cycles_when_memory_is_short)
{
    space_pmem.resident_bytes_max = 1200 << 10;
    run_beside_cycles(0xdb4f0b9175ae2165ull + (uint64_t)_i * 77, 50);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, a_random_program_and_its_model_agree, 0, 4);
    tcase_add_loop_test(tcase, they_agree_when_much_stays_young, 0, 2);
    tcase_add_loop_test(tcase, they_agree_in_a_strict_space, 0, 2);
    tcase_add_loop_test(tcase, they_agree_when_memory_is_short, 0, 2);
    tcase_add_loop_test(tcase, they_agree_beside_cycles, 0, 4);
    tcase_add_loop_test(tcase, they_agree_while_sparse_blocks_are_emptied, 0, 4);
    tcase_add_loop_test(tcase, they_agree_beside_cycles_in_a_strict_space, 0, 2);
    tcase_add_loop_test(tcase, they_agree_beside_cycles_when_memory_is_short, 0, 2);
    return run(suite);
}
