/*
 * check_test.c - a heap in which something is wrong: it is told what, where and whose, and never
 * believed. The store is the real one, on a disk in memory; what is wrong is written as whoever
 * has the store would write it, page by page.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "heap/heap_priv.h"
#include "heap/name.h"
#include "heap/text.h"
#include "object/array.h"
#include "unit/heap/disk_space.h"

#define BLOCKS       4096
#define CLASS_NODE   CLASS_WELL_KNOWN_COUNT
#define NODE_BYTES   32
#define NODES        500
#define LARGE_WORDS  5000 /* two blocks of the heap */
#define OWNER        1    /* the application that all nodes are charged to */
#define FINDINGS_MAX 64

struct node_object {
    uint64_t header;
    word_t next;
    word_t other;
    uint64_t id;
};

/* Addresses of what was built; all of it is old after the restart, and stays where it is. */
static struct {
    ref_t class, node, array, large, thread, stack;
} built;

static struct {
    struct heap_finding items[FINDINGS_MAX];
    unsigned count;
} found;

/* ---- a heap ---- */

static ref_t
old(uint64_t bytes, uint32_t class_number)
{
    ref_t object;

    if (pmem_poll())
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    object = heap_alloc_old(&local, bytes, class_number);
    ck_assert_uint_ne(object, 0);
    return object;
}

static ref_t
old_array(uint32_t length)
{
    ref_t array = old(array_bytes(KIND_WORDS, length), CLASS_WORDS);

    array_length_set(array, length);
    return array;
}

static ref_t
text(const char *utf8)
{
    struct string_form form;
    ref_t string;

    ck_assert(string_measure_utf8(utf8, strlen(utf8), &form));
    string = old(string_object_bytes(form), CLASS_STRING);
    string_begin(string, form);
    string_fill_utf8(string, utf8, strlen(utf8));
    return string;
}

static void
build_class(void)
{
    uint64_t run;

    built.class = old(sizeof(struct class_object), CLASS_CLASS);
    run = built.class + offsetof(struct class_object, word_runs);
    SET_WORD(class_object, built.class, name, text(".test.node"));
    SET_U32(class_object, built.class, number, CLASS_NODE);
    SET_U32(class_object, built.class, instance_bytes, NODE_BYTES);
    SET_U32(class_object, built.class, word_run_count, 1);
    pmem_store32(run, offsetof(struct node_object, next));
    pmem_store32(run + 4, 2);
    pmem_store64(SPACE_CLASS_TABLE + 8 * CLASS_NODE, built.class);
    SET_U32(space_root, SPACE_ROOT, class_count, CLASS_NODE + 1);
}

static void
build_application(void)
{
    ref_t application = old(sizeof(struct application_object), CLASS_APPLICATION);
    ref_t table = old_array(16);

    SET_WORD(application_object, application, name, text("bank"));
    array_store_word(table, OWNER - 1, application);
    SET_WORD(space_root, SPACE_ROOT, applications, table);
}

static void
build_thread(void)
{
    built.thread = old(sizeof(struct thread_object), CLASS_THREAD);
    built.stack = old(offsetof(struct stack_object, slots) + 8 * 100, CLASS_STACK);
    SET_U32(stack_object, built.stack, slot_count, 100);
    SET_WORD(thread_object, built.thread, stack, built.stack);
    pmem_store64(built.stack + offsetof(struct stack_object, slots), built.node);
    SET_U32(stack_object, built.stack, word_top, 1);
    pmem_store64(SPACE_THREAD_TABLE, built.thread);
    SET_U32(space_root, SPACE_ROOT, thread_slot_count, 1);
}

/* A list of nodes, the first of which an array, a thread, and the root lead to. */
static void
build(void)
{
    build_class();
    build_application();
    heap_local_charge(&local, OWNER);
    for (unsigned i = 0; i < NODES; i++) {
        ref_t node = old(NODE_BYTES, CLASS_NODE);

        SET_WORD(node_object, node, next, built.node);
        SET_WORD(node_object, node, other, word_from_int((int32_t)i));
        built.node = node;
    }
    built.array = old_array(10);
    built.large = old_array(LARGE_WORDS);
    array_store_word(built.array, 0, built.node);
    array_store_word(built.array, 1, built.large);
    array_store_word(built.large, LARGE_WORDS - 1, built.node);
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, built.array);
    build_thread();
}

static void
setup(void)
{
    disk = test_disk_create(BLOCKS);
    ck_assert_int_eq(store_format(disk, BLOCKS), OK);
    heap_up();
    join(&worker);
    heap_local_join(&local, &worker);
    build();
    ck_assert_int_eq(commit(&worker), OK);
    heap_local_leave(&local);
    pmem_worker_leave(&worker);
    heap_down();
}

static void
teardown(void)
{
    test_disk_free(disk);
}

/* ---- forging, and looking ---- */

/* Write a word as a commit of a stopped volume; what was there. */
static uint64_t
forge(uint64_t address, uint64_t word)
{
    _Alignas(PAGE_BYTES) static uint8_t page[PAGE_BYTES];
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    uint64_t before;

    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    ck_assert_int_eq(store_page_read(store, space_page_of(address), page), OK);
    memcpy(&before, page + address % PAGE_BYTES, sizeof before);
    memcpy(page + address % PAGE_BYTES, &word, sizeof word);
    ck_assert_int_eq(store_credit_take(store, 1), OK);
    store_commit_begin(store);
    ck_assert_int_eq(store_commit_page(store, space_page_of(address), page), OK);
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
    store_close(store);
    store = NULL;
    return before;
}

static void
finding_keep(void *context, const struct heap_finding *finding)
{
    (void)context;
    if (found.count < FINDINGS_MAX)
        found.items[found.count] = *finding;
    found.count++;
}

static void
examine(void)
{
    struct test_disk_counts before = test_disk_counts(disk), after;

    found.count = 0;
    heap_up();
    ck_assert_int_eq(heap_examine(finding_keep, NULL), OK);
    heap_down();
    after = test_disk_counts(disk);
    ck_assert_uint_eq(after.writes, before.writes);
}

/* The word is told about, and nothing else is, in words that say so; and without it all is well. */
static void
expect(uint64_t address, uint64_t word, const char *words)
{
    uint64_t before = forge(address, word);

    examine();
    ck_assert_uint_eq(found.count, 1);
    ck_assert_uint_eq(found.items[0].address, address);
    ck_assert_msg(strstr(found.items[0].what, words) != NULL, "%s", found.items[0].what);
    forge(address, before);
    examine();
    ck_assert_uint_eq(found.count, 0);
}

static uint64_t
next_of(ref_t node)
{
    return node + offsetof(struct node_object, next);
}

/* ---- the tests ---- */

START_TEST(a_sound_heap_has_no_findings)
{
    examine();
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(a_word_that_is_no_reference_is_named_with_its_object_and_its_owner)
{
    uint64_t at = next_of(built.node);

    expect(at, SPACE_BASE + 8, "leads out of the heap");
    expect(at, 0x123450, "leads out of the heap");
    expect(at, 0xfffffffffffffff8, "leads out of the heap");
    expect(at, SPACE_HEAP + (1ull << 40), "leads out of the heap");
    expect(at, built.array + ARRAY_HEADER_BYTES, "is no object");
    expect(at, built.large + HEAP_BLOCK_BYTES / 4, "is no object");
    expect(at, SPACE_END - 8, "leads out of the heap");
    forge(at, 0x123450);
    examine();
    ck_assert_uint_eq(found.items[0].application, OWNER);
    ck_assert_ptr_nonnull(strstr(found.items[0].what, ".test.node"));
    ck_assert_ptr_nonnull(strstr(found.items[0].what, "program 1 (bank)"));
}
END_TEST

START_TEST(words_of_arrays_stacks_and_tables_are_looked_at)
{
    expect(array_at(built.array, KIND_WORDS, 9), 0x123450, "class 13");
    expect(built.stack + offsetof(struct stack_object, slots), 0x123450, "leads out");
    expect(SPACE_ROOT + offsetof(struct space_root, out_of_space), 0x123450, "of the root");
    expect(SPACE_CLASS_TABLE + 8, built.node, "none of what the table is for");
    expect(SPACE_CLASS_TABLE + 8, built.class, "another place of the table");
    expect(SPACE_THREAD_TABLE, built.node, "none of what the table is for");
    expect(SPACE_THREAD_TABLE, word_from_int(7), "none of what the table is for");
}
END_TEST

/* What an object says of itself, as u64 at an offset. */
START_TEST(an_object_that_makes_no_sense_is_named_at_each_word_that_leads_to_it)
{
    uint64_t header = header_make(CLASS_NODE);
    uint64_t before = forge(built.node, header & ~HEADER_MARK);

    examine();
    ck_assert_uint_eq(found.count, 3); /* the array's, the large one's, the stack's */
    forge(built.node, before);

    before = forge(built.node, header_make(CLASS_NODE + 1));
    examine();
    ck_assert_uint_eq(found.count, 3);
    ck_assert_ptr_nonnull(strstr(found.items[0].what, "class that does not exist"));
    forge(built.node, before);

    before = forge(built.array + ARRAY_LENGTH_OFFSET, 5000);
    examine();
    ck_assert_uint_eq(found.count, 1);
    ck_assert_uint_eq(found.items[0].address,
                      SPACE_ROOT + offsetof(struct space_root, out_of_memory));
    forge(built.array + ARRAY_LENGTH_OFFSET, before);

    before = forge(built.stack + offsetof(struct stack_object, word_top), 1ull << 32 | 100);
    examine();
    ck_assert_uint_eq(found.items[0].address, built.stack);
    forge(built.stack + offsetof(struct stack_object, word_top), before);

    before = forge(built.thread + offsetof(struct thread_object, frame_word), 77);
    examine();
    ck_assert_uint_eq(found.count, 1);
    ck_assert_ptr_nonnull(strstr(found.items[0].what, "its frame lies outside its stack"));
}
END_TEST

START_TEST(objects_of_a_class_that_makes_no_sense_are_not_looked_into)
{
    static const size_t fields[] = { offsetof(struct class_object, kind),
                                     offsetof(struct class_object, word_run_count),
                                     offsetof(struct class_object, word_runs),
                                     offsetof(struct class_object, number) };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t at = (built.class + fields[i]) & ~7ull;
        uint64_t before = forge(at, 0x00ffffff00ffffff);

        examine();
        ck_assert_uint_ge(found.count, 3);
        forge(at, before);
    }
}
END_TEST

START_TEST(an_object_inside_another_is_found)
{
    uint64_t inside = array_at(built.array, KIND_WORDS, 5);

    forge(inside, header_make(CLASS_NODE));
    forge(next_of(built.node), inside);
    examine();
    ck_assert_uint_eq(found.count, 1);
    ck_assert_uint_eq(found.items[0].address, inside);
    ck_assert_ptr_nonnull(strstr(found.items[0].what, "begins inside another"));
}
END_TEST

START_TEST(a_block_that_says_it_is_free_holds_no_objects)
{
    uint64_t at = heap_descriptor_at(heap_block_of(built.node));

    forge(at, (uint64_t)OWNER << 32 | BLOCK_FREE);
    examine();
    ck_assert_uint_ge(found.count, 1);
    ck_assert_ptr_nonnull(strstr(found.items[0].what, "free block"));
}
END_TEST

/* A page is found on the disk by what it holds. */
static uint64_t
block_of_page(uint64_t address)
{
    _Alignas(PAGE_BYTES) static uint8_t page[PAGE_BYTES];

    ck_assert_int_eq(store_open(disk, true, &store, NULL), OK);
    ck_assert_int_eq(store_page_read(store, space_page_of(address), page), OK);
    store_close(store);
    for (uint64_t block = 16; block < BLOCKS; block++) {
        if (test_disk_written(disk, block) &&
            memcmp(test_disk_look(disk, block), page, PAGE_BYTES) == 0)
            return block;
    }
    ck_abort_msg("the page is nowhere");
}

START_TEST(a_page_that_cannot_be_read_is_told_and_passed_over)
{
    /* Of the newest commit, if it is small, damage only means that it is passed over. */
    forge(SPACE_ROOT + offsetof(struct space_root, personal_ns), 1);
    test_disk_flip(disk, block_of_page(built.node), 5);
    examine();
    ck_assert_uint_ge(found.count, 3);
    ck_assert_ptr_nonnull(strstr(found.items[0].what, "cannot be read"));
    forge(SPACE_CLASS_TABLE + 8, 0x123450);
    test_disk_flip(disk, block_of_page(SPACE_ROOT), 5);
    ck_assert_int_eq(store_open(disk, true, &store, NULL), OK);
    start(store, (struct pmem_options){ .on_demand_only = true });
    ck_assert_int_eq(heap_start(&(struct heap_options){ 0 }), ERR_CORRUPT);
    pmem_stop();
    store_close(store);
}
END_TEST

static err_t
page_read(void *context, uint64_t page, void *buffer)
{
    return store_page_read(context, page, buffer);
}

static void
expect_name(struct heap_reader *names, uint64_t address, const char *name)
{
    char got[HEAP_PLACE_BYTES];

    heap_name_page(names, space_page_of(address), got);
    ck_assert_str_eq(got, name);
}

START_TEST(a_page_is_named_by_what_it_holds_and_whose_that_is)
{
    _Alignas(PAGE_BYTES) static uint8_t buffer[PAGE_BYTES];
    struct heap_reader names = { .read = page_read, .buffer = buffer };

    forge(SPACE_CLASS_TABLE + 8 * CLASS_WORDS, built.class); /* so that arrays have a name */
    ck_assert_int_eq(store_open(disk, true, &store, NULL), OK);
    names.context = store;
    expect_name(&names, SPACE_BASE, "nothing");
    expect_name(&names, SPACE_ROOT, "the root of the space");
    expect_name(&names, SPACE_METHOD_TABLE + PAGE_BYTES, "the method table");
    expect_name(&names, SPACE_BLOCK_TABLE, "the table of heap blocks");
    expect_name(&names, built.class, "old objects of the system");
    expect_name(&names, built.node, "old objects of program 1 (bank)");
    expect_name(&names, built.large + PAGE_BYTES,
                "a part of a large .test.node, of program 1 (bank)");
    expect_name(&names, built.large + HEAP_BLOCK_BYTES,
                "a part of a large .test.node, of program 1 (bank)");
    /* Its own class is not read off a page that may be the damaged one. */
    expect_name(&names, built.large, "a part of a large object, of program 1 (bank)");
    expect_name(&names, SPACE_END - PAGE_BYTES, "a free block of the heap");
    store_close(store);
}
END_TEST

/* The next number of a fixed row. */
static uint64_t
chance(void)
{
    static uint64_t state = 4711;

    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return state >> 17;
}

/* An address of the heap, the root or a table, aligned; most of them hold something. */
static uint64_t
somewhere(void)
{
    static const uint64_t places[] = { SPACE_ROOT, SPACE_CLASS_TABLE, SPACE_THREAD_TABLE,
                                       SPACE_BLOCK_TABLE };

    if (chance() % 4 == 0)
        return places[chance() % 4] + chance() % 40 * 8;
    return (chance() % 2 == 0 ? built.class : built.node) / PAGE_BYTES * PAGE_BYTES +
           chance() % (2 * PAGE_BYTES) / 8 * 8;
}

START_TEST(whatever_is_written_anywhere_the_walk_comes_to_an_end)
{
    unsigned rounds_found = 0;

    for (unsigned i = 0; i < 120; i++) {
        struct plat_disk *kept = test_disk_copy(disk);
        uint64_t word = chance() % 3 == 0 ? somewhere() : chance() << chance() % 24;

        found.count = 0;
        forge(somewhere(), word);
        ck_assert_int_eq(store_open(disk, true, &store, NULL), OK);
        start(store, (struct pmem_options){ .on_demand_only = true });
        if (heap_start(&(struct heap_options){ 0 }) == OK) {
            ck_assert_int_eq(heap_examine(finding_keep, NULL), OK);
            heap_stop();
        }
        pmem_stop();
        store_close(store);
        rounds_found += found.count > 0;
        test_disk_free(disk);
        disk = kept;
    }
    ck_assert_uint_gt(rounds_found, 15);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("heap/check");
    TCase *tcase = tcase_create("check");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_sound_heap_has_no_findings);
    tcase_add_test(tcase, a_word_that_is_no_reference_is_named_with_its_object_and_its_owner);
    tcase_add_test(tcase, words_of_arrays_stacks_and_tables_are_looked_at);
    tcase_add_test(tcase, an_object_that_makes_no_sense_is_named_at_each_word_that_leads_to_it);
    tcase_add_test(tcase, objects_of_a_class_that_makes_no_sense_are_not_looked_into);
    tcase_add_test(tcase, an_object_inside_another_is_found);
    tcase_add_test(tcase, a_block_that_says_it_is_free_holds_no_objects);
    tcase_add_test(tcase, a_page_that_cannot_be_read_is_told_and_passed_over);
    tcase_add_test(tcase, a_page_is_named_by_what_it_holds_and_whose_that_is);
    tcase_add_test(tcase, whatever_is_written_anywhere_the_walk_comes_to_an_end);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
