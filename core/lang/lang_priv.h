/*
 * lang_priv.h - one compilation: its memory, its names, its messages.
 *
 * Nothing in the arena is freed before the end. When memory runs out, the
 * arena goes on from a reserve and `stopped` is set; every walk polls that
 * flag, so the reserve is never used up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/lang.h"

#include "base/hash.h"

#define LANG_DEPTH_MAX      250  /* nesting of the source */
#define LANG_HEIGHT_MAX     1000 /* of a chain such as a + b + c */
#define LANG_LEVELS_MAX     190  /* classes that extend each other; the loader allows 200 */
#define LANG_ORDINAL_MAX    4095 /* the number of a method; the loader has the same limit */
#define LANG_ARGUMENTS_MAX  255  /* of a method and of a call */
#define LANG_NAME_BYTES_MAX 255  /* of one part of a name */

/* An interned identifier or text: equal means the same pointer. */
struct symbol {
    struct symbol *next; /* in its bucket */
    uint32_t hash;
    uint32_t id;         /* 1, 2, ... in order of appearance */
    uint32_t pool_index; /* of its UTF8 entry, or 0; see module.c */
    uint32_t byte_count;
    bool called;   /* a call by that name is looked up when it happens */
    bool doubtful; /* it stands where nothing could be parsed, so it may be declared there */
    char text[];   /* and a zero */
};

/* Where something stands in the text of its file. */
struct place {
    uint32_t offset;
    uint32_t line;
    uint32_t length;
};

struct file {
    struct file *next;
    struct lang_source source;
    uint32_t number;        /* from 1 */
    bool faulty;            /* it has syntax errors: no warnings */
    bool broken;            /* its braces do not match: nothing in it is checked */
    bool library;           /* its classes are known by their declarations only */
    struct symbol *package; /* ".a.b", or "" */
    struct import *imports;
    struct class *classes; /* in the order of the text, by next_in_file */
    struct class *last_class;
    struct class *main; /* what top-level statements and functions became, or NULL */
    struct method *top; /* its method with the statements, or NULL */
};

struct arena_chunk;

/*
 * Words that mean something where they make sense, and may be names elsewhere. What is in editors/
 * knows them, and the keywords.
 */
#define LANG_WORDS(X)                                                                              \
    X(any, "any")                                                                                  \
    X(object, "object")                                                                            \
    X(boolean, "boolean")                                                                          \
    X(bool_, "bool")                                                                               \
    X(char_, "char")                                                                               \
    X(int_, "int")                                                                                 \
    X(long_, "long")                                                                               \
    X(float_, "float")                                                                             \
    X(double_, "double")                                                                           \
    X(true_, "true")                                                                               \
    X(false_, "false")                                                                             \
    X(super_, "super")                                                                             \
    X(for_, "for")                                                                                 \
    X(fun, "fun")                                                                                  \
    X(finally, "finally")                                                                          \
    X(synchronized, "synchronized")                                                                \
    X(instanceof, "instanceof")                                                                    \
    X(private_, "private")                                                                         \
    X(abstract, "abstract")                                                                        \
    X(const_, "const")                                                                             \
    X(final, "final")

/* Names that the compiler knows. */
#define LANG_NAMES(X)                                                                              \
    LANG_WORDS(X)                                                                                  \
    X(primitive, "primitive")                                                                      \
    X(get, "get")                                                                                  \
    X(set, "set")                                                                                  \
    X(add, "add")                                                                                  \
    X(put, "put")                                                                                  \
    X(insert, "insert")                                                                            \
    X(size, "size")                                                                                \
    X(iterator, "iterator")                                                                        \
    X(has_next, "hasNext")                                                                         \
    X(next, "next")                                                                                \
    X(call, "call")                                                                                \
    X(run, "run")                                                                                  \
    X(startup, "startup")                                                                          \
    X(new_, "<new>")                                                                               \
    X(chosen, "<call>")                                                                            \
    X(static_, "<static>")                                                                         \
    X(entry, "<entry>")                                                                            \
    X(line, "<line>")                                                                              \
    X(scope, "<scope>")                                                                            \
    X(empty, "")                                                                                   \
    X(this_, "this")                                                                               \
    X(internal_object, ".internal.object")                                                         \
    X(internal_string, ".internal.string")                                                         \
    X(internal_class, ".internal.class")                                                           \
    X(internal_array, ".internal.container.array")                                                 \
    X(internal_map, ".internal.container.map")                                                     \
    X(internal_system, ".internal.system")                                                         \
    X(internal_function, ".internal.function")                                                     \
    X(internal_bootstrap, ".internal.bootstrap")                                                   \
    X(internal_int, ".internal.int")                                                               \
    X(internal_long, ".internal.long")                                                             \
    X(internal_float, ".internal.float")                                                           \
    X(internal_double, ".internal.double")                                                         \
    X(internal_boolean, ".internal.boolean")                                                       \
    X(internal_char, ".internal.char")

struct lang_names {
#define LANG_NAME(field, text) struct symbol *field;
    LANG_NAMES(LANG_NAME)
#undef LANG_NAME
};

struct lang {
    const struct lang_host *host;

    struct arena_chunk *chunks;
    uint8_t *arena_at;
    uint8_t *arena_end;
    uint8_t *reserve; /* NULL once in use */

    struct symbol **buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t symbol_count;
    struct lang_names names;

    bool stopped;   /* called off: no memory, or too many errors */
    bool no_memory; /* why */
    uint32_t error_count;
    uint32_t error_lines[LANG_ERRORS_MAX];
    uint32_t warning_count;

    struct file *files; /* newest first */
    uint32_t file_count;
    struct class *class_list; /* every class that was parsed, newest first */
    uint32_t class_count;
    struct hash_table classes; /* symbol id of the absolute name -> struct class *, or 0; file << 32
                                  | short name too */
    struct hash_table members; /* class, kind, name -> first struct method or field */
    unsigned depth_max;        /* LANG_DEPTH_MAX, or less where the stack is small */
    unsigned height_max;       /* LANG_HEIGHT_MAX, the same */
    unsigned header_depth;
    uint32_t fun_count;    /* functions as values so far, for their names */
    bool compiles_library; /* compiling the class library itself */
    bool lints;       /* lang_lint(): the first file alone is warned about, and more is looked at */
    bool parses_only; /* what its text means does not matter; no warnings */

    bool takes_line;    /* the program is what a person typed: line.c */
    bool incomplete;    /* and its first error is that it ends too early */
    struct file *line;  /* its file, or NULL */
    struct file *scope; /* declarations of what was typed before, or NULL */
};

/* OK, or ERR_NOMEM; free it in both cases. */
must_use err_t lang_begin(struct lang *lang, const struct lang_host *host);
void lang_end(struct lang *lang);

/* Zeroed memory until the end; never NULL; at most LANG_ALLOC_BYTES_MAX. */
#define LANG_ALLOC_BYTES_MAX 8192
void *lang_alloc(struct lang *lang, size_t bytes);

/* Any size; NULL when there is no memory, and the compilation is stopped. */
void *lang_alloc_large(struct lang *lang, size_t bytes);

/* Call the compilation off for want of memory. */
void lang_no_memory(struct lang *lang);

/* The symbol with that text; at most LANG_SYMBOL_BYTES_MAX bytes. */
#define LANG_SYMBOL_BYTES_MAX 4000
struct symbol *lang_symbol(struct lang *lang, const char *text, size_t byte_count);
__attribute__((format(printf, 2, 3))) struct symbol *lang_symbol_format(struct lang *lang,
                                                                        const char *text, ...);

/*
 * Report; `hint` may be NULL. The text is made by format(). Who misses something that has a name
 * says nothing where the name is doubtful.
 */
__attribute__((format(printf, 5, 6))) void lang_error(struct lang *lang, const struct file *file,
                                                      struct place place, const char *hint,
                                                      const char *text, ...);
__attribute__((format(printf, 5, 6))) void lang_warn(struct lang *lang, const struct file *file,
                                                     struct place place, const char *hint,
                                                     const char *text, ...);

/* Text that lives as long as the compilation, for hints; cut to a sensible length. */
__attribute__((format(printf, 2, 3))) const char *lang_text(struct lang *lang, const char *text,
                                                            ...);
