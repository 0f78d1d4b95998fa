/*
 * model_priv.h - classes as they will be, outside the space: what a load
 * builds, checks and verifies before it writes one byte that stays.
 *
 * A class of the space is imported into the model when its name is first
 * met; a class of the module is declared there and then linked. The verifier
 * knows only the model, so it need not care which is which.
 *
 * Names are interned for the time of the load: equal texts, equal pointers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "heap/heap.h"
#include "object/layout.h"
#include "vm/link.h"
#include "vm/module_priv.h"

/* Supers above a class at most: C walks them by recursion. */
#define MODEL_DEPTH_MAX 200

/* Of a method that has no place in a method table. */
#define MODEL_NO_VTABLE     UINT32_MAX

#define MODEL_WORD_RUNS_MAX (sizeof((struct class_object *)0)->word_runs / 8)

/* Complaints after which a load says no more. */
#define LOAD_COMPLAINTS_MAX 20

struct name {
    uint32_t bytes;
    ref_t symbol; /* while the load writes to the space */
    char text[];  /* ends in zero */
};

struct model_field {
    const struct name *name;
    const struct name *type;
    struct model_class *owner;
    uint32_t flags;
    uint32_t offset;
    ref_t object; /* 0 until it lies in the space */
};

struct model_method {
    const struct name *name;
    const struct name *signature;
    const struct name *arguments; /* the signature without the result: what overriding compares */
    struct model_class *owner;
    uint32_t flags;
    uint32_t vtable_index; /* or MODEL_NO_VTABLE */
    uint32_t ordinal;      /* or MODULE_NO_ORDINAL */
    uint32_t number;
    ref_t object;                       /* 0 until it lies in the space */
    const struct module_method *source; /* NULL if it was imported */
};

/*
 * DECLARED -> RISING -> RISEN -> LINKING -> LINKED
 * and from RISING and LINKING also -> REFUSED.
 *
 *   DECLARED  of the module, nothing is known but the name; or a new array class
 *   RISING    its super is being looked for: to meet it again is a cycle
 *   RISEN     its super is known, and so are all above
 *   LINKING   its interfaces are being linked: to meet it again is a cycle
 *   LINKED    all of it is known
 *   REFUSED   complained about; those who need it are refused silently
 */
enum model_state {
    MODEL_DECLARED,
    MODEL_RISING,
    MODEL_RISEN,
    MODEL_LINKING,
    MODEL_LINKED,
    MODEL_REFUSED,
};

struct model_class {
    const struct name *name;
    enum model_state state;
    uint32_t number; /* 0 until it is known */
    ref_t object;    /* 0 until it lies in the space */
    uint32_t flags;
    enum object_kind kind;
    uint32_t instance_bytes;
    uint32_t depth;
    uint32_t init_state;
    uint32_t word_run_count;
    struct {
        uint32_t offset, count;
    } word_runs[12];
    struct model_class *super;
    struct model_class **interfaces; /* all of them */
    struct model_field *fields;
    struct model_method *methods;
    struct model_method **vtable;
    struct model_method **ordinals; /* entries may be NULL */
    uint32_t interface_count, field_count, method_count, vtable_count, ordinal_count;
    uint32_t static_words, static_raws;
    struct model_class *element; /* of an array class; NULL for raw elements */
    char element_type;           /* of an array class: type character; else 0 */
    bool is_machines;            /* C knows its layout: no NEW, no subclass, no fields */
    bool is_wanted;           /* a new array class that the module names, not just the verifier */
    struct model_class *next; /* new classes, in the order they got their numbers */
    struct model_class *next_array;    /* arrays that wait for array_super */
    const struct module_class *source; /* NULL if it was imported, or is an array class */
};

/* What a pool entry turned out to be. */
struct pool_item {
    struct model_class *class; /* of CLASS, FIELD, METHOD */
    struct model_field *field;
    struct model_method *method;
    const struct name *text; /* of UTF8 */
};

/* One load under way. What is below `arena` begins anew when a page was missing. */
struct load {
    struct heap_local *local;
    struct heap_handle application;
    const struct load_start *start; /* or NULL */
    load_report_fn *report;
    void *context;
    unsigned lines_reported;
    unsigned departures; /* for pages that were missing */
    struct arena arena;
    struct arena scratch;    /* of the method that is verified; a fault may cut that off */
    uint32_t application_id; /* 0: the class library */
    bool is_bootstrap;       /* the space has no class yet */
    unsigned complaint_count;
    uint64_t work; /* steps of what grows faster than the module */
    struct module module;
    struct pool_item *pool;      /* one for each entry of the module's */
    uint64_t hash_key;           /* nobody knows it, so nobody makes names collide */
    struct hash_table names;     /* hash of the text -> struct name */
    struct hash_table by_name;   /* struct name -> struct model_class */
    struct hash_table by_number; /* class number -> struct model_class */
    struct model_class *first_new;
    struct model_class **last_new;
    struct model_class *declared;    /* the module's, in its order */
    struct model_class *arrays;      /* made before array_super was known */
    struct model_class *array_super; /* what arrays derive from */
    unsigned link_depth;             /* of model_link in itself */
    uint32_t class_next;             /* numbers to give out */
    uint32_t method_next;
};

/*
 * Say what is wrong, in one line, as long as it is not too much. A load that begins anew
 * makes the same complaints again; each is reported once. Always ERR_PROGRAM.
 */
__attribute__((format(printf, 2, 3))) err_t load_complain(struct load *load, const char *text, ...);

/*
 * Count steps of work, and stop while the world is asked to. ERR_PROGRAM when a module makes
 * more work than any honest one; what pmem_safepoint returns.
 */
must_use err_t load_work(struct load *load, uint64_t steps);

/* The name with this text; NULL when there is no memory. */
const struct name *model_name(struct load *load, const char *text, size_t bytes);

/* The name of a UTF8 entry, interned when the load began. */
static inline const struct name *
pool_name(const struct load *load, unsigned index)
{
    return load->pool[index].text;
}

/*
 * The class with this name, or the array class with this type, imported when
 * it lies in the space, made when it is an array that does not exist yet.
 *
 *   class  filled on OK; NULL there if there is no such class
 */
must_use err_t model_class_find(struct load *load, const struct name *name,
                                struct model_class **class);

/* The class of a word type: "w", "L.a.b;", "[i". As above; NULL: unknown. */
must_use err_t model_class_of_type(struct load *load, const char *type, size_t bytes,
                                   struct model_class **class);

/* A well-known class; NULL in *class only while the library itself is loaded and lacks it. */
must_use err_t model_well_known(struct load *load, enum well_known_class number,
                                struct model_class **class);

/* The array class whose elements are of this class (words). */
must_use err_t model_array_of(struct load *load, struct model_class *element,
                              struct model_class **array);

/* The array class with elements of a type character: zbscilfd or w. */
must_use err_t model_array_of_type(struct load *load, char type, struct model_class **array);

/* The class of the space with this number. */
must_use err_t model_import(struct load *load, uint32_t number, struct model_class **class);

/* Enter a class of the module under its name. ERR_EXISTS if there is one. */
must_use err_t model_declare(struct load *load, const struct module_class *source,
                             struct model_class *class);

/*
 * The module's classes are linked: from now on it is known what arrays derive
 * from, .internal.array if the library has it. ERR_PROGRAM after complaints.
 */
must_use err_t model_arrays_link(struct load *load);

/* The array class will lie in the space, and so will its element. */
must_use err_t model_want(struct load *load, struct model_class *array);

/* Put a new class on the list and give it its number. */
must_use err_t model_number(struct load *load, struct model_class *class);

/* True if `class` is `super` or stands below it. Interfaces and arrays are not looked at. */
bool model_is_below(const struct model_class *class, const struct model_class *super);

/*
 * True if what is known to be a `from` may stand where a `to` is wanted, as
 * far as the verifier proves things: an interface type proves nothing and is
 * asked for nothing.
 */
bool model_assignable(const struct model_class *from, const struct model_class *to);

static inline bool
model_is_array(const struct model_class *class)
{
    return class->element_type != 0;
}

/* The field or method that a class has by itself or from above; NULL if there is none. */
struct model_field *model_field_find(const struct model_class *class, const struct name *name,
                                     const struct name *type);
struct model_method *model_method_find(const struct model_class *class, const struct name *name,
                                       const struct name *signature);

/* True if both have one name and the same arguments, whatever they return. */
static inline bool
model_same_arguments(const struct model_method *a, const struct model_method *b)
{
    return a->name == b->name && a->arguments == b->arguments;
}

/* Fill in the name of a method's arguments. ERR_NOMEM. */
must_use err_t model_arguments_name(struct load *load, struct model_method *method);

/*
 * What C knows about the classes that it knows by number (known.c).
 *
 * The number that a class of the library gets by its name; CLASS_NONE for most.
 */
enum well_known_class model_known_number(const struct name *name);

/* The name of a well-known class; of an array its type. */
const char *model_known_name(enum well_known_class number);

/* True if C makes the objects of this class: it is known by number, or an array class. */
bool model_is_machines(const struct model_class *class);

/* Set kind, size and word runs of a well-known class, unless it is an ordinary one. */
void model_known_lay_out(struct model_class *class);

/* ---- linking (link.c, fields.c) ---- */

/* Find the super of a class of the module, and all above. ERR_PROGRAM after complaints. */
must_use err_t model_rise(struct load *load, struct model_class *class);

/*
 * Link a class of the module, its super and interfaces first; all classes have
 * risen. ERR_PROGRAM after complaints.
 */
must_use err_t model_link(struct load *load, struct model_class *class);

/* Give the fields of a class their places; its super is linked. */
must_use err_t model_fields_lay_out(struct load *load, struct model_class *class);

/* Build interface list, vtable and ordinals of a class; its super and interfaces are linked. */
must_use err_t model_methods_link(struct load *load, struct model_class *class);

/* ---- the rest of a load ---- */

/* Intern every text of the pool: the first step of a load (pool.c). */
must_use err_t pool_begin(struct load *load);

/* Find what the pool and the members' types name. ERR_PROGRAM after complaints. */
must_use err_t pool_resolve(struct load *load);

/* Verify one method of the module (verify.c). ERR_PROGRAM after complaints. */
must_use err_t verify_method(struct load *load, struct model_method *method);

/*
 * Write all new classes to the space and make them known (install.c).
 *
 *   entry  filled on OK with the class to start, or null
 *
 * ERR_NOMEM, ERR_NOSPACE: nothing of it can be seen.
 */
must_use err_t load_install(struct load *load, word_t *entry);

/* loader.c: credit that was reserved and not used up goes back, before anything is begun anew. */
void load_credit_give(struct pmem_worker *worker);
