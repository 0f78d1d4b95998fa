/*
 * picture.c - finding all that was reachable at the instant of a still picture, while programs run.
 *
 * From the handles and the words of the root as they were at the instant, and the tables as the
 * picture has them, depth first. Marks and lines lie outside the space, and nothing is written
 * there. What is reachable now was reachable then or is younger: so whatever is not marked here is
 * garbage for ever.
 *
 * A page that nobody has written to since is read where it lies, word by word, and what was read
 * counts only if nobody wrote meanwhile. An object on any other page, or on one that is not in
 * memory, waits: its block is pending. When there is nothing else to do pending blocks are looked
 * at in the order of their addresses, all their marked objects at once, from copies of their pages.
 * So cold pages are read in order, and memory for the stack that runs out is no trouble: what found
 * no place on it waits in its block, too.
 *
 * A page that cannot be read ends the cycle: what it refers to is unknown, so nothing may be freed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/cycle_priv.h"

#include "base/memory.h"
#include "object/array.h"
#include "plat/memory.h"
#include "pmem/still.h"

#define COPIES      256 /* pages of the picture that were read last */
#define BLOCKS_BACK (COPIES / HEAP_PAGES_PER_BLOCK - 1)
#define HEAD_WORDS  8 /* read at once: header, length, tops of a stack; all of a small object */
#define RUN_WORDS   128
#define NO_PAGE     UINT64_MAX
#define NOT_NOW     ERR_NOT_FOUND /* the page is not in memory as it was; never leaves this file */

struct copies {
    uint64_t pages[COPIES]; /* addresses; NO_PAGE */
    uint8_t *bytes;
};

struct painter {
    struct heap_cycle *cycle;
    struct heap_marks *marks;
    uint64_t page;     /* address of the page that was entered, or NO_PAGE */
    bool reading;      /* pages that are not in memory as they were are read */
    bool notes;        /* what refers into chosen blocks is noted */
    ref_t stack;       /* the object that is looked at, if it is one */
    uint64_t own_from; /* while a block is looked at: what is marked in it will be seen */
    uint64_t own_bytes;
    struct heap_sketch sketch;        /* and where it leads to is told */
    uint64_t looked[HEAP_MARK_WORDS]; /* and what was seen of it, one bit for 8 bytes */
    struct copies copies;
    uint64_t words[RUN_WORDS];
};

/* ---- reading ---- */

static inline uint64_t
page_at(uint64_t address)
{
    return address & ~(PAGE_BYTES - 1);
}

/* The page's copy; NULL if there is none. */
static inline const uint8_t *
copy_find(const struct painter *painter, uint64_t page)
{
    unsigned slot = (unsigned)(page >> PAGE_SHIFT) % COPIES;

    return painter->copies.pages[slot] == page ? painter->copies.bytes + slot * PAGE_BYTES : NULL;
}

static err_t
copy_read(struct painter *painter, uint64_t page)
{
    unsigned slot = (unsigned)(page >> PAGE_SHIFT) % COPIES;

    painter->page = NO_PAGE; /* reading leaves it */
    painter->copies.pages[slot] = NO_PAGE;
    TRY(pmem_still_read(page, painter->copies.bytes + slot * PAGE_BYTES));
    painter->copies.pages[slot] = page;
    heap_reading_count(&painter->cycle->reading, page);
    return OK;
}

static inline bool
enter(struct painter *painter, uint64_t page)
{
    if (likely(page == painter->page))
        return pmem_still_holds(page);
    painter->page = pmem_still_enter(page) ? page : NO_PAGE;
    return painter->page == page;
}

/* Words of one page as they were at the instant. OK; NOT_NOW; or why they cannot be read. */
static err_t
words_read(struct painter *painter, uint64_t at, unsigned count, uint64_t *words)
{
    uint64_t page = page_at(at);
    const uint8_t *copy;

    if (likely(enter(painter, page))) {
        for (unsigned i = 0; i < count; i++)
            words[i] = pmem_still_load64(at + 8ull * i);
        if (likely(pmem_still_holds(page)))
            return OK;
    }
    copy = copy_find(painter, page);
    if (copy == NULL) {
        if (!painter->reading)
            return NOT_NOW;
        TRY(copy_read(painter, page));
        copy = copy_find(painter, page);
    }
    for (unsigned i = 0; i < count; i++)
        words[i] = ((const uint64_t *)(copy + at % PAGE_BYTES))[i];
    return OK;
}

/* ---- marking ---- */

static inline void
block_wait(struct heap_cycle *cycle, uint64_t block)
{
    cycle->pending[block / 64] |= 1ull << (block % 64);
}

static void
wait_in_block(struct painter *painter, ref_t object)
{
    block_wait(painter->cycle, heap_block_of(object));
}

/* A block that is to be looked at; or one whose summary is good, which must learn of it. */
static inline bool
waits_in_block(const struct painter *painter, uint64_t block)
{
    const struct heap_cycle *cycle = painter->cycle;

    return (cycle->pending[block / 64] | cycle->summed[block / 64]) >> (block % 64) & 1;
}

/* Does it lie where a page would have to be read? While others are read it waits for its turn. */
static inline bool
lies_elsewhere(const struct painter *painter, word_t word)
{
    return painter->reading && !pmem_resident(word) &&
           !heap_summary_is_refused(heap_block_of(word));
}

/* Where the block that is looked at leads to. */
static inline void
tell(struct painter *painter, word_t word, bool waits)
{
    uint64_t block = heap_block_of(word);

    if (!painter->sketch.on)
        return;
    if (waits && !heap_summary_is_refused(block))
        heap_sketch_block(&painter->sketch, block);
    else
        heap_sketch_word(&painter->sketch, word);
}

/* Who empties blocks must know of each word that leads there, and where it is. */
static inline void
note(const struct painter *painter, word_t word, uint64_t slot)
{
    if (unlikely(painter->notes)) /* guard: empty-note */
        heap_compact_note(word, painter->stack != 0 ? painter->stack | 1 : slot);
}

/* `slot`: where the word is; 0: in C's hands. */
static inline void
mark_word(struct painter *painter, word_t word, uint64_t slot)
{
    bool marked, waits;

    if (!word_is_ref(word))
        return;
    assert(word >= SPACE_HEAP);
    assert(heap_block_of(word) < painter->marks->block_count);
    note(painter, word, slot);
    marked = heap_mark_set(painter->marks, word);
    if (word - painter->own_from < painter->own_bytes || (!marked && !painter->sketch.on))
        return;
    waits =
        waits_in_block(painter, heap_block_of(word)) || (marked && lies_elsewhere(painter, word));
    tell(painter, word, waits);
    if (marked && (waits || !mark_push(&painter->cycle->stack, word)))
        wait_in_block(painter, word);
}

static err_t
mark_slots(struct painter *painter, uint64_t from, uint64_t to)
{
    uint64_t count;

    for (uint64_t at = from; at < to; at += 8 * count) {
        count = (PAGE_BYTES - at % PAGE_BYTES) / 8;
        if (count > (to - at) / 8)
            count = (to - at) / 8;
        if (count > RUN_WORDS)
            count = RUN_WORDS;
        TRY(words_read(painter, at, (unsigned)count, painter->words));
        for (uint64_t i = 0; i < count; i++)
            mark_word(painter, painter->words[i], at + 8 * i);
        if (count == RUN_WORDS && heap_cycle_is_called_off())
            return ERR_CANCELLED;
    }
    return OK;
}

/*
 * A class of which an object lived at the instant is complete, and its shape does not change. It is
 * read from the present, as a worker.
 */
static err_t
shape_fetch(struct painter *painter, uint32_t class_number)
{
    struct pmem_worker worker = { 0 };
    err_t err;

    painter->page = NO_PAGE;
    pmem_still_leave();
    TRY(pmem_worker_join(&worker));
    err = heap_shape_page_in(&worker, class_number);
    if (err == OK)
        (void)heap_shape_of(class_number);
    pmem_worker_leave(&worker);
    return err;
}

/*
 * The first words of an object, and what lies behind it: at least as many as its kind has before
 * its words. `count` is filled: how many there are.
 */
static err_t
head_read(struct painter *painter, ref_t object, uint64_t head[HEAD_WORDS], unsigned *count,
          const struct heap_shape **shape)
{
    unsigned here = (unsigned)((PAGE_BYTES - object % PAGE_BYTES) / 8);
    unsigned wanted = 3;
    uint32_t class_number;

    if (here > HEAD_WORDS)
        here = HEAD_WORDS;
    TRY(words_read(painter, object, here, head));
    assert(head[0] & HEADER_MARK);
    class_number = header_class_number(head[0]);
    if (unlikely(!heap_shape_stands(class_number)))
        TRY(shape_fetch(painter, class_number));
    *shape = heap_shape_of(class_number);
    *count = here;
    if (likely(here >= wanted) || (*shape)->kind == KIND_PLAIN)
        return OK;
    if ((*shape)->kind != KIND_STACK)
        wanted = 2;
    if (wanted <= here)
        return OK;
    *count = wanted;
    return words_read(painter, object + 8ull * here, wanted - here, head + here);
}

/*
 * Is its weak word not followed? Those that were young may have moved since, and would not be found
 * when their words are to be cleared: such a word keeps what it refers to until the next cycle.
 */
static bool
is_weak(struct painter *painter, ref_t object)
{
    if (ref_is_young(object)) /* guard: weak-young-object */
        return false;
    return !painter->cycle->weak_keeps && mark_push(&painter->cycle->weak, object);
}

/* A weak word leads nowhere, but it changes when what it refers to moves. */
static err_t
weak_note(struct painter *painter, uint64_t slot)
{
    uint64_t word;

    if (!painter->notes)
        return OK;
    TRY(words_read(painter, slot, 1, &word));
    if (word_is_ref(word)) /* guard: empty-weak */
        note(painter, word, slot);
    return OK;
}

/* So far into a large object its words were asked for. */
static inline void
depends_on(struct painter *painter, ref_t object, uint64_t bytes)
{
    uint64_t pages = (object % PAGE_BYTES + bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;

    if (pages > painter->sketch.page_count)
        painter->sketch.page_count = (uint32_t)pages;
}

static err_t
look_inside(struct painter *painter, ref_t object)
{
    uint64_t head[HEAD_WORDS], bytes, from, to;
    const struct heap_shape *shape;
    ref_t copy = (ref_t)(uintptr_t)head; /* what a shape asks of an object is in its head */
    unsigned count;

    TRY(head_read(painter, object, head, &count, &shape));
    bytes = heap_shape_bytes(shape, copy, head[0]);
    painter->stack = shape->kind == KIND_STACK ? object : 0;
    for (unsigned i = 0; heap_shape_run(shape, copy, i, &from, &to); i++) {
        if (i == 0 && shape->weak) {
            painter->sketch.on = false; /* whether its word leads anywhere is another question */
            if (is_weak(painter, object)) {
                TRY(weak_note(painter, from - copy + object));
                from += 8;
            }
        }
        if (likely(bytes <= 8ull * count)) {
            for (; from < to; from += 8)
                mark_word(painter, head[(from - copy) / 8], from - copy + object);
        } else {
            depends_on(painter, object, to - copy);
            TRY(mark_slots(painter, from - copy + object, to - copy + object));
        }
    }
    heap_mark_lines(painter->marks, object, bytes);
    painter->cycle->block_bytes[heap_block_of(object)] += bytes;
    return OK;
}

/* Look at an object that is marked. */
static err_t
look_at(struct painter *painter, ref_t object)
{
    err_t err = look_inside(painter, object);

    painter->stack = 0;
    return err;
}

/* An object comes off the stack; one that cannot be looked at now waits in its block. */
static err_t
look_or_wait(struct painter *painter, ref_t object)
{
    err_t err;

    heap_at_point(HEAP_POINT_LOOK, object);
    err = look_at(painter, object);
    plat_switch_point();
    pmem_still_give_way();
    if (err != NOT_NOW)
        return err;
    wait_in_block(painter, object); /* guard: picture-wait */
    return OK;
}

static err_t
drain(struct painter *painter)
{
    ref_t ahead[MARK_AHEAD];
    unsigned first = 0, count = 0;

    while (!heap_cycle_is_called_off()) {
        ref_t next = count < MARK_AHEAD ? mark_pop(&painter->cycle->stack) : 0;

        if (next != 0) {
            __builtin_prefetch((const void *)next);
            ahead[(first + count++) % MARK_AHEAD] = next;
            continue;
        }
        if (count == 0)
            return OK;
        next = ahead[first];
        first = (first + 1) % MARK_AHEAD;
        count--;
        TRY(look_or_wait(painter, next));
    }
    return ERR_CANCELLED;
}

/* ---- blocks that wait ---- */

/* Something that is marked in the block and was not looked at; false if there is nothing. */
static bool
marked_next(const struct painter *painter, uint64_t block, uint64_t *at)
{
    const uint64_t *bits = &painter->marks->bits[block * HEAP_MARK_WORDS];

    /* From the word on that the last one was in, and around. */
    for (uint64_t n = 0, i = (*at % HEAP_BLOCK_BYTES) / 512; n <= HEAP_MARK_WORDS; n++, i++) {
        uint64_t left = bits[i % HEAP_MARK_WORDS] & ~painter->looked[i % HEAP_MARK_WORDS];

        if (left == 0)
            continue;
        *at = heap_block_at(block) + 512 * (i % HEAP_MARK_WORDS) +
              8ull * (uint64_t)__builtin_ctzll(left);
        return true;
    }
    return false;
}

static err_t
marked_look(struct painter *painter, uint64_t block)
{
    err_t err = OK;

    for (uint64_t at = heap_block_at(block); err == OK && marked_next(painter, block, &at);) {
        painter->looked[at % HEAP_BLOCK_BYTES / 512] |= 1ull << (at / 8 % 64);
        heap_at_point(HEAP_POINT_WAITED, at);
        err = look_at(painter, at);
        plat_switch_point();
        pmem_still_give_way();
        if (heap_cycle_is_called_off())
            err = ERR_CANCELLED;
    }
    return err;
}

static inline bool
is_summed(const struct heap_cycle *cycle, uint64_t block)
{
    return cycle->summed[block / 64] >> (block % 64) & 1;
}

static inline void
sum(struct heap_cycle *cycle, uint64_t block, bool is)
{
    cycle->summed[block / 64] &= ~(1ull << (block % 64));
    cycle->summed[block / 64] |= (uint64_t)is << (block % 64);
}

/*
 * Look at all that is marked in a block, whatever of it was looked at before; but for what its
 * summary has, if that is `known` to be good for this cycle. Then that is a summary.
 */
static err_t
block_look(struct painter *painter, uint64_t block, const struct heap_summary *known)
{
    struct heap_cycle *cycle = painter->cycle;
    err_t err;

    heap_sketch_begin(&painter->sketch, known, heap_summary_room());
    painter->sketch.on &= !ref_is_young(heap_block_at(block));
    if (known == NULL) {
        cycle->block_bytes[block] = 0;
        memset(painter->looked, 0, sizeof painter->looked);
    }
    painter->own_from = heap_block_at(block);
    painter->own_bytes = HEAP_BLOCK_BYTES;
    painter->reading = true;
    err = marked_look(painter, block);
    painter->reading = false;
    painter->own_bytes = 0;
    painter->sketch.on &= err == OK;
    sum(cycle, block,
        heap_summary_keep(&cycle->marks, block, cycle->block_bytes[block], &painter->sketch,
                          known));
    painter->sketch.on = false;
    return err;
}

/* What an earlier cycle marked in the block is marked. */
static void
block_mark(struct heap_cycle *cycle, uint64_t block, const uint64_t marks[HEAP_MARK_WORDS])
{
    for (unsigned i = 0; i < HEAP_MARK_WORDS; i++)
        cycle->marks.bits[block * HEAP_MARK_WORDS + i] |= marks[i];
}

/* And that is all, as nobody has written to it since. What it leads to is marked, or waits. */
static void
block_take(struct painter *painter, uint64_t block, struct heap_summary *summary)
{
    struct heap_cycle *cycle = painter->cycle;
    struct heap_edges edges = heap_summary_edges(summary);
    uint64_t word, other;

    heap_summary_use(summary);
    sum(cycle, block, true);
    cycle->blocks_known++;
    cycle->block_bytes[block] = 8ull * summary->alive_words;
    heap_summary_lines(summary, cycle->marks.lines[block]);
    while (heap_edge_next(&edges, &word, &other)) {
        if (painter->notes)
            heap_compact_leave(word != 0 ? heap_block_of(word) : other);
        if (word != 0)
            mark_word(painter, word, 0);
        else if (!is_summed(cycle, other))
            block_wait(cycle, other);
    }
}

/* A block that waits: take what is known of it, and look at the rest. */
static err_t
block_settle(struct painter *painter, uint64_t block)
{
    struct heap_summary *summary = heap_summary_find(block);
    uint64_t at = heap_block_at(block);

    pmem_still_give_way();
    if (summary == NULL)
        return block_look(painter, block, NULL);
    heap_marks_unpack(heap_summary_marks(summary), summary->mark_bytes, painter->looked);
    if (!heap_summary_is_used(summary)) {
        block_mark(painter->cycle, block, painter->looked);
        if (!heap_summary_holds(summary, block))
            return block_look(painter, block, NULL);
        block_take(painter, block, summary);
    }
    return marked_next(painter, block, &at) ? block_look(painter, block, summary) : OK;
}

/* The first block from this one on that waits; behind the last one if none does. */
static uint64_t
pending_next(const struct heap_cycle *cycle, uint64_t block)
{
    while (block <= cycle->marks.block_count) {
        uint64_t left = cycle->pending[block / 64] >> (block % 64);

        if (left != 0)
            return block + (uint64_t)__builtin_ctzll(left);
        block = (block / 64 + 1) * 64;
    }
    return block;
}

/*
 * The next one when blocks up to `front` have had their turn: first one of the last few, while
 * its pages are still there; but for one that would have to be looked at as a whole again.
 */
static uint64_t
pending_choose(const struct heap_cycle *cycle, uint64_t front)
{
    uint64_t block = pending_next(cycle, front > BLOCKS_BACK ? front - BLOCKS_BACK : 0);

    while (block <= front && heap_summary_is_refused(block))
        block = pending_next(cycle, block + 1);
    return block;
}

/* In the order of their addresses, but for the last few. */
static err_t
pending_look(struct painter *painter, bool *any)
{
    struct heap_cycle *cycle = painter->cycle;
    uint64_t block = pending_next(cycle, 0), front = block;

    *any = false;
    while (block <= cycle->marks.block_count) {
        cycle->pending[block / 64] &= ~(1ull << (block % 64));
        *any = true;
        TRY(block_settle(painter, block));
        TRY(drain(painter));
        front = block > front ? block : front;
        block = pending_choose(cycle, front);
    }
    return OK;
}

/* ---- what it starts from ---- */

static err_t
table_look(struct painter *painter, uint64_t table, uint64_t count)
{
    err_t err;

    painter->reading = true;
    err = mark_slots(painter, table, table + 8 * count);
    painter->reading = false;
    return err == OK ? drain(painter) : err;
}

static const struct {
    uint64_t table, count_offset;
} tables[HEAP_TABLES] = {
    { SPACE_CLASS_TABLE, offsetof(struct space_root, class_count) },
    { SPACE_METHOD_TABLE, offsetof(struct space_root, method_count) },
    { SPACE_THREAD_TABLE, offsetof(struct space_root, thread_slot_count) },
};

/* Of the tables what is in memory as it was; `*left` is filled: those of which not all is. */
static err_t
tables_look(struct painter *painter, unsigned *left)
{
    *left = 0;
    for (unsigned i = 0; i < HEAP_TABLES; i++) {
        err_t err = mark_slots(painter, tables[i].table,
                               tables[i].table + 8ull * painter->cycle->counts[i]);

        if (err == NOT_NOW)
            *left |= 1u << i;
        else if (err != OK)
            return err;
        TRY(drain(painter));
    }
    return OK;
}

void
heap_picture_root(struct heap_cycle *cycle, word_t word)
{
    struct painter painter = { .cycle = cycle, .marks = &cycle->marks };

    mark_word(&painter, word, 0);
}

void
heap_picture_roots(struct heap_cycle *cycle)
{
    for (unsigned i = 0; i < ROOT_WORD_COUNT; i++)
        heap_picture_root(cycle, pmem_load64(SPACE_ROOT + ROOT_WORD_FIRST + 8ull * i));
    for (unsigned i = 0; i < HEAP_TABLES; i++)
        cycle->counts[i] = pmem_load32(SPACE_ROOT + tables[i].count_offset);
}

struct painter *
heap_picture_open(struct heap_cycle *cycle)
{
    struct painter *painter = plat_alloc(sizeof *painter);

    if (painter == NULL)
        return NULL;
    painter->cycle = cycle;
    painter->marks = &cycle->marks;
    painter->notes = heap.compacting;
    painter->page = NO_PAGE;
    for (unsigned i = 0; i < COPIES; i++)
        painter->copies.pages[i] = NO_PAGE;
    painter->copies.bytes = plat_alloc(COPIES * PAGE_BYTES);
    if (painter->copies.bytes != NULL)
        return painter;
    plat_free(painter, sizeof *painter);
    return NULL;
}

void
heap_picture_close(struct painter *painter)
{
    pmem_still_leave();
    if (painter == NULL)
        return;
    heap_sketch_free(&painter->sketch);
    plat_free(painter->copies.bytes, COPIES * PAGE_BYTES);
    plat_free(painter, sizeof *painter);
}

static err_t
rest_look(struct painter *painter)
{
    bool any = true;

    TRY(drain(painter));
    while (any)
        TRY(pending_look(painter, &any));
    painter->page = NO_PAGE;
    pmem_still_leave();
    return OK;
}

/*
 * While the snapshot is being saved what is in memory is marked; then the rest.
 */
err_t
heap_picture_mark(struct painter *painter)
{
    unsigned left;
    err_t err;

    heap_at_point(HEAP_POINT_INSTANT, 0);
    if (heap.marks_late)
        IGNORE(pmem_still_wait(), "it is waited for again");
    TRY(drain(painter));
    TRY(tables_look(painter, &left));
    pmem_still_leave();
    painter->page = NO_PAGE;
    err = pmem_still_wait();
    if (err != OK)
        return err == ERR_IO ? ERR_NOSPACE : err; /* not a page that cannot be read */
    heap_at_point(HEAP_POINT_HELD, 0);
    for (unsigned i = 0; i < HEAP_TABLES; i++) {
        if ((left >> i & 1) != 0)
            TRY(table_look(painter, tables[i].table, painter->cycle->counts[i]));
    }
    return rest_look(painter);
}

err_t
heap_picture_mark_slot(struct painter *painter, uint64_t slot)
{
    err_t err;

    painter->reading = true;
    err = mark_slots(painter, slot, slot + 8);
    painter->reading = false;
    return err == OK ? rest_look(painter) : err;
}

err_t
heap_picture_word(struct painter *painter, uint64_t slot, word_t *word)
{
    err_t err;

    painter->reading = true;
    err = words_read(painter, slot, 1, word);
    painter->reading = false;
    return err;
}

err_t
heap_picture_mark_more(struct painter *painter, const word_t *words, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        mark_word(painter, words[i], 0);
    return rest_look(painter);
}
