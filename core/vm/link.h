/*
 * link.h - what classes and methods are outside the space: mirrors that make
 * calls and casts fast. Made on first use, never persisted, and rebuilt after a
 * restart from the objects alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"
#include "object/layout.h"
#include "plat/err.h"

/* Subclass tests look one entry up; deeper classes walk. */
#define MIRROR_DISPLAY 8

struct method_mirror;

struct class_mirror {
    ref_t class;
    uint32_t number;
    uint32_t depth;
    uint32_t flags;
    enum object_kind kind;
    uint32_t instance_bytes;
    uint32_t init_state; /* a copy; read again from the class when not initialized */
    uint32_t vtable_count;
    uint32_t ordinal_count;
    struct class_mirror *super;
    struct class_mirror *display[MIRROR_DISPLAY]; /* by depth; the class itself included */
    struct class_mirror **interfaces;             /* all of them */
    uint32_t interface_count;
    struct class_mirror *element; /* of an array class; NULL for raw elements */
    char element_type;            /* of an array class: type character */
    struct method_mirror **vtable;
    struct method_mirror **ordinals; /* entries may be NULL */
    struct method_mirror *methods;   /* own ones, numbered from methods[0].number on */
    uint32_t method_count;
    uint32_t name_mask; /* of the table below: slots less one */
    uint32_t *by_name;  /* vtable index plus one by hash of the name; 0: empty */
    uint64_t bytes;     /* of the block that holds all of this */
};

struct method_mirror {
    ref_t method;
    uint32_t number;
    uint32_t flags;
    uint32_t vtable_index;
    uint32_t primitive;
    struct class_mirror *owner;
    uint16_t word_args, raw_args; /* receiver included */
    uint16_t word_locals, raw_locals;
    uint16_t word_stack_max, raw_stack_max;
    char result;      /* type character */
    char *descriptor; /* area type character of each argument without the receiver: w i l f d */
    word_t name;      /* interned: equal names are the same word */
    word_t signature;
    uint32_t code_bytes;
    void *decoded; /* the interpreter's form; NULL until first run */
};

/* Mirrors by number, made when missing. NULL when there is no memory. */
struct class_mirror *mirror_of_class(uint32_t number);
struct method_mirror *mirror_of_method(uint32_t number);

/* The class number of any word but null. */
static inline uint32_t
word_class_number(word_t word)
{
    return heap_class_of(word);
}

/* True if an instance of `class` may stand where a `wanted` is expected. */
bool mirror_is_subclass(const struct class_mirror *class, const struct class_mirror *wanted);

/* The method that an object of `class` answers with; NULL if none. For interfaces and names. */
struct method_mirror *mirror_find(const struct class_mirror *class, word_t name, word_t signature);

/*
 * For untyped calls: the methods of `class` and its supers with that name and
 * that many arguments. Private ones are among them: who calls looks at the flags. Fills
 * up to `max`, nearest class first, overridden ones left out; returns how many there are.
 */
unsigned mirror_find_named(const struct class_mirror *class, word_t name, unsigned argument_count,
                           struct method_mirror **found, unsigned max);

/* The same for the constructors of the class itself. */
unsigned mirror_find_constructors(const struct class_mirror *class, unsigned argument_count,
                                  struct method_mirror **found, unsigned max);

/* The symbol that names a method of the objects of `class` and equals the string; else null. */
word_t mirror_symbol(const struct class_mirror *class, word_t name);

/* Forget all mirrors (the machine stops). */
void mirror_forget_all(void);

/*
 * Load a module into the space: check the bytes, make its classes and methods
 * (in old space), lay out fields, build method tables, resolve the pool,
 * verify every method. All or nothing: a module that is refused leaves nothing.
 *
 *   bytes        `byte_count` bytes outside the space, not trusted
 *   application  owner of the classes, null for the class library
 *   entry        filled on OK with the entry class, or null
 *   report       called with one line that says what is wrong and where
 *
 * The caller is a RUNNING worker, with no thread's instruction under way; safepoints
 * and collections happen inside. Returns OK, ERR_FOREIGN, ERR_VERSION, ERR_CORRUPT,
 * ERR_PROGRAM (refused by linker or verifier), ERR_NOMEM, ERR_NOSPACE.
 */
typedef void load_report_fn(void *context, const char *line);

must_use err_t module_load(struct heap_local *local, const void *bytes, size_t byte_count,
                           word_t application, word_t *entry, load_report_fn *report,
                           void *context);

/*
 * What happens in one step with the classes becoming known: a snapshot has both or neither.
 *   prepare  the classes are written, and nobody knows them yet. It makes what else is needed,
 *            without a safepoint. ERR_NOMEM: no room, it is called again after a collection (up
 *            to a limit); any other error refuses the module
 *   publish  right after they became known; cannot fail
 */
struct load_start {
    err_t (*prepare)(void *context, ref_t entry_class);
    void (*publish)(void *context);
    void *context;
};

/* The same, and start what was loaded. Returns also what `prepare` returns. */
must_use err_t module_load_and_start(struct heap_local *local, const void *bytes, size_t byte_count,
                                     word_t application, const struct load_start *start,
                                     load_report_fn *report, void *context);
