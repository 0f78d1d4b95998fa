/*
 * class_priv.h - types, and the classes that the program knows.
 *
 * A class is parsed when its name is first met, its header is settled when
 * somebody asks for its parents, its members when somebody asks for one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/ast_priv.h"

extern const struct type lang_type_error;
extern const struct type lang_type_void;
extern const struct type lang_type_boolean;
extern const struct type lang_type_char;
extern const struct type lang_type_int;
extern const struct type lang_type_long;
extern const struct type lang_type_float;
extern const struct type lang_type_double;
extern const struct type lang_type_null;
extern const struct type lang_type_any;
extern const struct type lang_type_words; /* the machine's array of words */

static inline bool
lang_is_raw(const struct type *type)
{
    return type->kind >= TYPE_BOOLEAN && type->kind <= TYPE_DOUBLE;
}

static inline bool
lang_is_word(const struct type *type)
{
    return type->kind >= TYPE_NULL;
}

/* char, int, long, float, double: what arithmetic works on */
static inline bool
lang_is_number(const struct type *type)
{
    return type->kind >= TYPE_CHAR && type->kind <= TYPE_DOUBLE;
}

/* boolean, char, int: an int on the stack */
static inline bool
lang_is_intlike(const struct type *type)
{
    return type->kind >= TYPE_BOOLEAN && type->kind <= TYPE_INT;
}

/* The type of T[] (class .internal.container.array) and of T[C]. */
const struct type *lang_type_container(struct lang *lang, struct class *class,
                                       const struct type *element);
const struct type *lang_type_of_class(struct lang *lang, struct class *class);

/* T[] with elements of that type; any object if the library lacks the class, after a message. */
const struct type *lang_type_array(struct lang *lang, const struct file *file, struct place place,
                                   const struct type *element);
const struct type *lang_type_string(struct lang *lang, const struct file *file, struct place place);

/* True for two types between which nothing has to be done. */
bool lang_type_same(const struct type *a, const struct type *b);

/* How a person writes it; how a module writes it. */
const char *lang_type_text(struct lang *lang, const struct type *type);
struct symbol *lang_type_descriptor(struct lang *lang, const struct type *type);

/* The class that INSTANCEOF, CHECKCAST and handlers name: "L...;" without its frame, or "[i". */
struct symbol *lang_type_class_name(struct lang *lang, const struct type *type);

/* The class of the objects that raw values of a type become, or NULL if the library lacks it. */
struct class *lang_box_class(struct lang *lang, const struct type *type, const struct file *file);

/* The type that can hold values of both. */
const struct type *lang_type_join(struct lang *lang, const struct type *a, const struct type *b);

/* How well a value fits where another type is wanted: lower is better. */
enum fit {
    FIT_SAME,
    FIT_WIDER,   /* a wider number, a superclass */
    FIT_BOX,     /* an object of a raw value */
    FIT_CHECKED, /* untyped: checked when it happens */
    FIT_NOT,
};

enum fit lang_fit(struct lang *lang, const struct type *from, const struct type *to);

/* Add a file: parse it, unless the class that was asked for is missing. */
struct file *lang_load(struct lang *lang, const struct lang_source *source, bool library);

/* The class of an absolute name, or NULL. */
struct class *lang_find_class(struct lang *lang, struct symbol *name, const struct file *importing);

/* A class of the library that the compiler itself needs; complains if it is not there. */
struct class *lang_need_class(struct lang *lang, struct symbol *name, const struct file *file,
                              struct place place);

/* The class that a short name means in a file, or NULL. */
struct class *lang_short_name(struct lang *lang, struct file *file, struct symbol *name);
struct class *lang_resolve_class(struct lang *lang, struct file *file, const struct path *path);
/* "did you mean `string`?" for String: a class that differs in capitals only; or NULL. */
const char *lang_suggest_class(struct lang *lang, struct file *file, const struct symbol *name);

/* A vector type by its short or absolute name, or NULL. */
const struct type *lang_vector_type(const struct path *path);

/* True of the class that holds the variables and functions of a text. */
bool lang_is_holder(const struct class *class);

/* The class of that name which was typed last, or NULL. */
struct class *lang_scope_class(struct lang *lang, const struct symbol *brief);

/* The class with the variable, or also the functions, of that name which was typed last, or NULL.
 */
struct class *lang_scope_home(struct lang *lang, const struct symbol *name, bool fields_only);

/* NULL means any object. Complains about unknown names. */
const struct type *lang_resolve_type(struct lang *lang, struct file *file,
                                     const struct type_syntax *syntax);

void lang_class_header(struct lang *lang, struct class *class);
void lang_class_members(struct lang *lang, struct class *class);

/* Are its objects laid out in C? Nothing extends it, and no program makes one. */
bool lang_is_machines(const struct class *class);

/* True if `class` is, extends or implements `parent`. */
bool lang_is_subclass(struct lang *lang, struct class *class, const struct class *parent);

/* The first member of that name which the class itself declares; others by next_named. */
struct method *lang_own_method(struct lang *lang, const struct class *class,
                               const struct symbol *name);
struct field *lang_own_field(struct lang *lang, const struct class *class,
                             const struct symbol *name);

/* The field of the class or of those it extends, or NULL. */
struct field *lang_find_field(struct lang *lang, struct class *class, const struct symbol *name);
/* The method of a class, or of one above it, with the name and the arguments of another, or NULL.
 */
struct method *lang_find_same(struct lang *lang, struct class *class, const struct method *method);
bool lang_same_arguments(const struct method *a, const struct method *b);
struct symbol *lang_signature(struct lang *lang, const struct method *method);
