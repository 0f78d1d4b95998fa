/*
 * check.c - the heap walker: every invariant of the heap, looked at from the outside.
 *
 * Walks all that is reachable, young and old, in the stopped world. A word is
 * good if it is null, an immediate, or the start of an object of a sound class
 * that lies where objects may lie and overlaps no other.
 *
 * Nothing is believed before it was looked at: an address lies in the heap and on a page that
 * can be read, a class is an object that describes others sensibly, a size ends in the block. What
 * is wrong is told, and not followed; so a heap can be as broken as it likes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include <stdarg.h>

#include "base/format.h"
#include "heap/name.h"
#include "object/array.h"
#include "plat/memory.h"

struct check_chunk {
    struct check_chunk *below;
    uint64_t count;
    ref_t objects[8190];
};

/* Where the words that are looked at lie. */
struct check_holder {
    const char *name; /* of a table; NULL: they are an object's */
    uint64_t at;      /* its first word */
};

/* A table of the space, and what its entries are. */
struct check_table {
    const char *name;
    uint64_t at;
    size_t count_at; /* in the root */
    uint32_t count_max;
    uint32_t class_number;
    size_t place_at; /* the field of an entry that says its place */
};

enum {
    TABLE_CLASSES,
    TABLE_METHODS,
    TABLE_THREADS,
    TABLE_COUNT
};

static const struct check_table check_tables[TABLE_COUNT] = {
    { "the class table", SPACE_CLASS_TABLE, offsetof(struct space_root, class_count),
      CLASS_NUMBER_MAX, CLASS_CLASS, offsetof(struct class_object, number) },
    { "the method table", SPACE_METHOD_TABLE, offsetof(struct space_root, method_count),
      METHOD_NUMBER_MAX, CLASS_METHOD, offsetof(struct method_object, number) },
    { "the thread table", SPACE_THREAD_TABLE, offsetof(struct space_root, thread_slot_count),
      THREAD_SLOT_MAX, CLASS_THREAD, offsetof(struct thread_object, slot) },
};

static struct {
    struct heap_marks marks;
    struct check_chunk *top;
    uint64_t page; /* known to be readable */
    uint32_t counts[TABLE_COUNT];
    struct check_holder holder;
    heap_finding_fn *finding;
    void *context;
    uint8_t *buffer; /* a page, for names */
    err_t err;       /* there is no memory to go on */
} check;

/* ---- the stack ---- */

static void
push(ref_t object)
{
    struct check_chunk *chunk = check.top;

    if (chunk == NULL || chunk->count == sizeof chunk->objects / sizeof chunk->objects[0]) {
        chunk = plat_alloc(sizeof *chunk);
        if (chunk == NULL) {
            check.err = ERR_NOMEM;
            return;
        }
        chunk->count = 0;
        chunk->below = check.top;
        check.top = chunk;
    }
    chunk->objects[chunk->count++] = object;
}

static ref_t
pop(void)
{
    struct check_chunk *chunk = check.top;

    while (chunk != NULL && chunk->count == 0) {
        check.top = chunk->below;
        plat_free(chunk, sizeof *chunk);
        chunk = check.top;
    }
    return chunk == NULL ? 0 : chunk->objects[--chunk->count];
}

/* ---- telling ---- */

static err_t
page_read(void *context, uint64_t page, void *buffer)
{
    uint64_t address = SPACE_BASE + (page << PAGE_SHIFT);

    (void)context;
    TRY(heap_page_in(address));
    pmem_copy_out(buffer, address, PAGE_BYTES);
    return OK;
}

static struct heap_reader
reader(void)
{
    return (struct heap_reader){ .read = page_read, .buffer = check.buffer };
}

/* " of a .bank.account at 0x..., of program 1 (bank)"; `object` was found to be whole. */
static void
object_name(ref_t object, struct heap_finding *finding, char *text, size_t text_bytes)
{
    struct heap_reader names = reader();
    char class[HEAP_NAME_BYTES], owner[HEAP_NAME_BYTES];

    heap_name_class(&names, header_class_number(obj_header(object)), class);
    if (!heap_name_owner(&names, object, &finding->application))
        finding->application = 0;
    heap_name_application(&names, finding->application, owner);
    format(text, text_bytes, "%s at %#" PRIx64 ", of %s", class, object, owner);
}

/* The word at `address`, of the present holder, is wrong: `trouble` goes on a sentence about it. */
static void
word_report(uint64_t address, word_t word, const char *trouble)
{
    struct heap_finding finding = { .address = address };
    char object[2 * HEAP_NAME_BYTES + 32];
    uint64_t place = address - check.holder.at;

    if (check.holder.name != NULL) {
        format(finding.what, sizeof finding.what, "entry %" PRIu64 " of %s (%#" PRIx64 ") %s",
               place / 8, check.holder.name, word, trouble);
    } else {
        object_name(check.holder.at, &finding, object, sizeof object);
        format(finding.what, sizeof finding.what,
               "the word at %#" PRIx64 " (%#" PRIx64 "), %" PRIu64 " bytes into a %s, %s", address,
               word, place, object, trouble);
    }
    check.finding(check.context, &finding);
}

static void
object_report(ref_t object, const char *trouble)
{
    struct heap_finding finding = { .address = object };
    char name[2 * HEAP_NAME_BYTES + 32];

    object_name(object, &finding, name, sizeof name);
    format(finding.what, sizeof finding.what, "a %s: %s", name, trouble);
    check.finding(check.context, &finding);
}

__attribute__((format(printf, 2, 3))) static void
place_report(uint64_t address, const char *text, ...)
{
    struct heap_finding finding = { .address = address };
    va_list values;

    va_start(values, text);
    format_list(finding.what, sizeof finding.what, text, values);
    va_end(values);
    check.finding(check.context, &finding);
}

/* ---- objects ---- */

/* True if all pages of the bytes can be read. */
static bool
readable(uint64_t address, uint64_t bytes)
{
    uint64_t last = space_page_of(address + bytes - 1);

    if (!space_contains(address) || bytes > SPACE_END - address)
        return false;
    for (uint64_t page = space_page_of(address); page <= last; page++) {
        if (page == check.page)
            continue;
        if (heap_page_in(SPACE_BASE + (page << PAGE_SHIFT)) != OK)
            return false;
        check.page = page;
    }
    return true;
}

static bool
in_heap(word_t word)
{
    return word >= SPACE_HEAP && space_contains(word) && heap_block_of(word) < heap.blocks_used;
}

/* Why there are no objects of the class; NULL: there may be. Its shape can be asked for then. */
static const char *
class_trouble(uint32_t number)
{
    uint64_t entry = SPACE_CLASS_TABLE + 8ull * number;
    word_t class;

    if (number == CLASS_NONE || number >= CLASS_NUMBER_MAX)
        return "leads to something of no class";
    if (heap_shape_stands(number))
        return NULL;
    if (number >= CLASS_WELL_KNOWN_COUNT && number >= check.counts[TABLE_CLASSES])
        return "leads to something of a class that does not exist";
    if (!readable(entry, sizeof class))
        return "leads to an object of a class that cannot be read";
    class = pmem_load64(entry);
    if (class == WORD_NULL)
        return heap_shape_needs_class(number) ? "leads to something of a class that does not exist"
                                              : NULL;
    if (!word_is_ref(class) || !in_heap(class) || !readable(class, sizeof(struct class_object)) ||
        header_class_number(obj_header(class)) != CLASS_CLASS ||
        GET_U32(class_object, class, number) != number || heap_shape_trouble(class) != NULL)
        return "leads to an object of a class that is not sound";
    return NULL;
}

static uint32_t
descriptor(uint64_t block, size_t field)
{
    return pmem_load32(heap_descriptor_at(block) + field);
}

/* Why no object of that size may lie there; by the block table, the nursery, and the free lines. */
static const char *
place_trouble(ref_t object, uint64_t bytes)
{
    uint64_t block = heap_block_of(object);
    uint64_t first = object % HEAP_BLOCK_BYTES / HEAP_LINE_BYTES;
    uint64_t last = (object % HEAP_BLOCK_BYTES + bytes - 1) / HEAP_LINE_BYTES;
    uint32_t kind;

    if (!readable(heap_descriptor_at(block), sizeof(struct heap_descriptor)))
        return "leads to an object in a block whose description cannot be read";
    kind = descriptor(block, offsetof(struct heap_descriptor, kind));
    if ((heap.free_bits[block / 64] >> (block % 64) & 1) != 0 || kind == BLOCK_FREE)
        return "leads into a free block";
    if (kind == BLOCK_LARGE) {
        uint64_t count = descriptor(block, offsetof(struct heap_descriptor, block_count));

        return object == heap_block_at(block) && bytes > HEAP_LARGE_BYTES &&
                       bytes <= count << HEAP_BLOCK_SHIFT && count <= heap.blocks_used - block
                   ? NULL
                   : "leads into the block of a large object, but not to it";
    }
    if (bytes > HEAP_LARGE_BYTES)
        return "leads to an object that is larger than its block may hold";
    if (last >= HEAP_LINES_PER_BLOCK)
        return "leads to an object that runs over the end of its block";
    if (ref_is_young(object))
        return kind == BLOCK_NURSERY && heap_young_is_in_use(object)
                   ? NULL
                   : "leads to where the nursery is not in use";
    /* Before the first allocation after a start the nursery of the run before is old already. */
    if (kind != BLOCK_OLD && (kind != BLOCK_NURSERY || heap_nursery_is_open()))
        return "leads into a block of no kind for old objects";
    if ((heap.recycle_bits[block / 64] >> (block % 64) & 1) != 0) {
        for (uint64_t line = first; line <= last; line++) {
            if ((heap.lines[block][line / 64] >> (line % 64) & 1) == 0)
                return "leads to an object in a free line";
        }
    }
    return NULL;
}

static uint64_t
object_bytes(ref_t object)
{
    uint64_t header = obj_header(object);

    return heap_shape_bytes(heap_shape_of(header_class_number(header)), object, header);
}

/* Why the reference is not the start of an object that is whole; NULL: it is. */
static const char *
object_trouble(ref_t object)
{
    const char *trouble;
    uint64_t header;

    if (!in_heap(object))
        return "leads out of the heap";
    if (!readable(object, OBJECT_HEADER_BYTES))
        return "leads to an object that cannot be read";
    header = obj_header(object);
    if ((header & HEADER_MARK) == 0 || (header & HEADER_SPARE_FLAGS) != 0)
        return "leads to something that is no object";
    trouble = class_trouble(header_class_number(header));
    if (trouble != NULL)
        return trouble;
    if (heap_shape_of(header_class_number(header))->kind != KIND_PLAIN &&
        !readable(object, ARRAY_HEADER_BYTES))
        return "leads to an object that cannot be read";
    return place_trouble(object, object_bytes(object));
}

/* What the word leads to will be looked at, if that is an object and was not looked at yet. */
static const char *
check_word(word_t word)
{
    const char *trouble;

    if (!word_is_ref(word) || (in_heap(word) && heap_mark_get(&check.marks, word)))
        return NULL;
    trouble = object_trouble(word);
    if (trouble == NULL) {
        heap_mark_set(&check.marks, word);
        push(word);
    }
    return trouble;
}

static void
check_slots(uint64_t from, uint64_t to, bool remembers)
{
    for (uint64_t at = from; at < to; at += 8) {
        const char *trouble;
        word_t word;

        if (!readable(at, sizeof word)) {
            place_report(at, "the page of %#" PRIx64 " cannot be read", at);
            at |= PAGE_BYTES - 8; /* the last word of it */
            continue;
        }
        word = pmem_load64(at);
        trouble = check_word(word);
        if (trouble == NULL && remembers && word_is_young(word) && !heap_is_remembered(at))
            trouble = "is young and not remembered: a barrier is missing";
        if (trouble != NULL)
            word_report(at, word, trouble);
    }
}

static void
check_object(ref_t object)
{
    const struct heap_shape *shape = heap_shape_of(header_class_number(obj_header(object)));
    bool remembers = !ref_is_young(object) && shape->kind != KIND_STACK;
    uint64_t from, to;

    if (shape->kind == KIND_STACK && (!readable(object, sizeof(struct stack_object)) ||
                                      (uint64_t)GET_U32(stack_object, object, word_top) +
                                              GET_U32(stack_object, object, raw_top) >
                                          GET_U32(stack_object, object, slot_count))) {
        object_report(object, "its words and its raw slots run into each other");
        return;
    }
    check.holder = (struct check_holder){ .at = object };
    for (unsigned i = 0; heap_shape_run(shape, object, i, &from, &to); i++)
        check_slots(from, to, remembers);
}

/* ---- tables ---- */

/* The word is an object that was found to be whole, of this class. */
static bool
is_whole(word_t word, uint32_t class_number)
{
    return word_is_ref(word) && in_heap(word) && heap_mark_get(&check.marks, word) &&
           readable(word, OBJECT_HEADER_BYTES) &&
           header_class_number(obj_header(word)) == class_number;
}

/* What is in a table is what belongs there. */
static void
check_entries(const struct check_table *table, uint32_t count)
{
    check.holder = (struct check_holder){ .name = table->name, .at = table->at };
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = table->at + 8ull * i;
        word_t entry;

        if (!readable(at, sizeof entry))
            continue; /* that was told */
        entry = pmem_load64(at);
        if (entry == WORD_NULL)
            continue;
        if (!is_whole(entry, table->class_number))
            word_report(at, entry, "is none of what the table is for");
        else if (readable(entry + table->place_at, 4) && pmem_load32(entry + table->place_at) != i)
            word_report(at, entry, "belongs to another place of the table");
    }
}

static bool
stack_has_young(ref_t stack)
{
    uint32_t count = GET_U32(stack_object, stack, word_top);

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = stack + offsetof(struct stack_object, slots) + 8ull * i;

        /* What a thread begins with is remembered, and the thread is listed when it runs. */
        if (readable(at, sizeof(word_t)) && word_is_young(pmem_load64(at)) &&
            !heap_is_remembered(at))
            return true;
    }
    return false;
}

static void
check_thread(uint32_t slot)
{
    uint64_t at = SPACE_THREAD_TABLE + 8ull * slot;
    ref_t thread, stack;

    if (!readable(at, sizeof thread))
        return;
    thread = pmem_load64(at);
    if (!is_whole(thread, CLASS_THREAD) || !readable(thread, sizeof(struct thread_object)))
        return; /* null, or it was told */
    if (ref_is_young(thread))
        object_report(thread, "it is young");
    stack = GET_WORD(thread_object, thread, stack);
    if (stack == WORD_NULL)
        return;
    if (!is_whole(stack, CLASS_STACK) || !readable(stack, sizeof(struct stack_object)))
        object_report(thread, "it has no stack that is whole");
    else if (ref_is_young(stack))
        object_report(thread, "its stack is young");
    else if (GET_U32(thread_object, thread, frame_word) > GET_U32(stack_object, stack, word_top) ||
             GET_U32(thread_object, thread, frame_raw) > GET_U32(stack_object, stack, raw_top))
        object_report(thread, "its frame lies outside its stack");
    else if (stack_has_young(stack) && !heap_thread_is_listed(slot))
        object_report(thread, "its stack has something young, and nobody would look there");
}

/* No object begins inside another. */
static void
check_overlaps(void)
{
    uint64_t words = check.marks.block_count * (HEAP_BLOCK_BYTES / 8 / 64);
    uint64_t end = 0;

    for (uint64_t i = 0; i < words; i++) {
        for (uint64_t left = check.marks.bits[i]; left != 0; left &= left - 1) {
            uint64_t at = SPACE_HEAP + (i * 64 + (uint64_t)__builtin_ctzll(left)) * 8;

            if (at < end)
                object_report(at, "it begins inside another object");
            if (readable(at, ARRAY_HEADER_BYTES))
                end = at + object_bytes(at);
        }
    }
}

/* How many entries the table has. More than there can be are told, and none of them is looked at.
 */
static uint32_t
table_count(const struct check_table *table)
{
    uint32_t count = pmem_load32(SPACE_ROOT + table->count_at);

    if (count <= table->count_max)
        return count;
    place_report(SPACE_ROOT + table->count_at, "the root: %s cannot have %u entries", table->name,
                 count);
    return 0;
}

static void
walk_all(void)
{
    ref_t object;

    for (struct heap_handle *handle = heap.handles; handle != NULL; handle = handle->next) {
        const char *trouble = check_word(handle->word);

        if (trouble != NULL)
            place_report(handle->word, "a handle (%#" PRIx64 ") %s", handle->word, trouble);
    }
    check.holder = (struct check_holder){ .name = "the root", .at = SPACE_ROOT };
    check_slots(SPACE_ROOT + ROOT_WORD_FIRST, SPACE_ROOT + ROOT_WORD_FIRST + 8 * ROOT_WORD_COUNT,
                true);
    for (unsigned i = 0; i < TABLE_COUNT; i++) {
        const struct check_table *table = &check_tables[i];

        check.holder = (struct check_holder){ .name = table->name, .at = table->at };
        check_slots(table->at, table->at + 8ull * check.counts[i], true);
    }
    while (check.err == OK && (object = pop()) != 0)
        check_object(object);
    if (check.err != OK)
        return;
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        check_entries(&check_tables[i], check.counts[i]);
    for (uint32_t slot = 0; slot < check.counts[TABLE_THREADS]; slot++)
        check_thread(slot);
    check_overlaps();
}

/* In the stopped world. */
static err_t
walk(heap_finding_fn *finding, void *context)
{
    check.top = NULL;
    check.page = UINT64_MAX;
    check.finding = finding;
    check.context = context;
    check.buffer = plat_alloc(PAGE_BYTES);
    check.err = check.buffer != NULL ? heap_marks_open(&check.marks, heap.blocks_used) : ERR_NOMEM;
    if (check.err == OK && !readable(SPACE_ROOT, sizeof(struct space_root))) {
        place_report(SPACE_ROOT, "the root of the space cannot be read");
    } else if (check.err == OK) {
        for (unsigned i = 0; i < TABLE_COUNT; i++)
            check.counts[i] = table_count(&check_tables[i]);
        walk_all();
    }
    while (pop() != 0)
        ; /* what is left when there was no memory to go on */
    heap_marks_close(&check.marks);
    plat_free(check.buffer, PAGE_BYTES);
    return check.err;
}

/* ---- from outside ---- */

struct examination {
    heap_finding_fn *finding;
    void *context;
    err_t err;
};

static void
examine(void *argument)
{
    struct examination *examination = argument;

    examination->err = walk(examination->finding, examination->context);
}

err_t
heap_examine(heap_finding_fn *finding, void *context)
{
    struct examination examination = { .finding = finding, .context = context };

    TRY(pmem_world_do(NULL, examine, &examination, 0));
    return examination.err;
}

static void
finding_panic(void *context, const struct heap_finding *finding)
{
    (void)context;
    panic("heap: %s", finding->what);
}

void
heap_check(void)
{
    err_t err = walk(finding_panic, NULL);

    assert(err == OK);
}
