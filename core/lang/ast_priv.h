/*
 * ast_priv.h - the program as a tree: what the parser builds, the checker
 * settles, and the emitter walks.
 *
 *      file -> class -> field
 *                    -> method -> local (arguments)
 *                              -> stmt -> expr
 *
 * The checker rewrites expressions in place: a NAME becomes a LOCAL, a FIELD,
 * a STATIC or a CLASS; conversions become CONVERT nodes. Lists are linked by
 * `next`, so that no node is larger than a small constant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/lang_priv.h"
#include "lang/lexer_priv.h"

/* A name in the text: a.b, .a.b, one part each. */
struct path_part {
    struct path_part *next;
    struct symbol *symbol;
    struct place place;
};

struct path {
    struct place place;
    bool absolute;
    struct path_part *parts;
};

/* A type in the text. */
struct type_syntax {
    struct place place;
    bool is_void;
    uint8_t arrays;         /* 1: T[], 2: T[][] ... */
    bool computed;          /* *(e): what it is nobody knows before it runs */
    struct path *path;      /* NULL: void, computed, or an error */
    struct path *container; /* the C of T[C] */
};

/* A type, interned: equal means the same pointer, but see lang_type_same(). */
enum type_kind {
    TYPE_ERROR, /* a message was given; anything goes */
    TYPE_VOID,
    TYPE_BOOLEAN,
    TYPE_CHAR,
    TYPE_INT,
    TYPE_LONG,
    TYPE_FLOAT,
    TYPE_DOUBLE,
    TYPE_NULL, /* of the literal */
    TYPE_ANY,  /* any object; calls are resolved when they happen */
    TYPE_CLASS,
    TYPE_VECTOR, /* an array of the machine; see `element` */
};

struct type {
    enum type_kind kind;
    struct class *class;        /* CLASS */
    const struct type *element; /* CLASS: of T[] and T[C], or NULL; VECTOR: the element's type */
    const struct type *next;    /* interned ones */
    const char *text;           /* VECTOR and primitive types: how it is written */
    char letter;                /* in descriptors: z c i l f d w v; VECTOR: the element's */
};

enum expr_kind {
    EXPR_ERROR,
    EXPR_INT,    /* and boolean, char, long: `integer`, by type */
    EXPR_DOUBLE, /* and float: `number` */
    EXPR_STRING,
    EXPR_NULL,
    EXPR_THIS,
    EXPR_NAME,   /* until checked */
    EXPR_MEMBER, /* object.name without arguments, until checked */
    EXPR_LOCAL,
    EXPR_FIELD,  /* object.field */
    EXPR_STATIC, /* a static field */
    EXPR_CLASS,  /* a class that was named */
    EXPR_CALL,
    EXPR_INDEX,
    EXPR_NEW,
    EXPR_NEW_VECTOR, /* new ints(n): `unary` holds the size */
    EXPR_VECTOR_SIZE,
    EXPR_ARRAY,
    EXPR_MAP,
    EXPR_UNARY,
    EXPR_BINARY,
    EXPR_COMPARE, /* == != < <= > >= :== :!= */
    EXPR_AND,
    EXPR_OR,
    EXPR_NOT,
    EXPR_CONDITIONAL,
    EXPR_ASSIGN,
    EXPR_COMPOUND, /* op=, ++, --; until checked */
    EXPR_SEQUENCE, /* one after the other; the last has the value */
    EXPR_CAST,
    EXPR_INSTANCEOF,
    EXPR_CONCAT,
    EXPR_CONVERT,
    EXPR_LOADED, /* what is on the stack already */
    EXPR_FUN,
    EXPR_SUPER, /* only as the object of a call */
};

/* A conversion that changes what is on the stack. */
enum convert {
    CONVERT_NONE,   /* the same bits */
    CONVERT_NUMBER, /* between raw numbers */
    CONVERT_BOX,    /* raw to word */
    CONVERT_UNBOX,  /* word to raw: exactly that class */
    CONVERT_COERCE, /* word to raw: any number */
    CONVERT_CHECK,  /* word to word: CHECKCAST */
    CONVERT_TRUTH,  /* word to boolean, as a condition */
};

enum call_kind {
    CALL_VIRTUAL,
    CALL_SPECIAL, /* super, private, constructors */
    CALL_STATIC,
    CALL_INTERFACE,
    CALL_NAME,
    CALL_NUMBER,
};

struct local {
    struct local *next;  /* arguments of a method */
    struct local *below; /* variables in scope, the innermost first */
    struct symbol *name;
    struct place place;
    struct type_syntax *syntax;
    const struct type *type;
    struct local *outer;   /* inside a fun: the captured local of the enclosing body */
    struct field *capture; /* inside a fun: the field with the cell of `outer` */
    uint32_t slot;         /* set by the emitter */
    bool is_const;
    bool is_argument;
    bool used;
    bool told_apart; /* from the field that it hides: somebody has said this.name */
    bool broken;     /* what stands behind its name could not be parsed */
    bool cell;       /* captured by a fun: lives in a one-element array of words */
};

struct expr {
    uint8_t kind; /* enum expr_kind */
    uint8_t op;   /* enum token_kind of the operator; CONVERT: enum convert; CALL: enum call_kind */
    uint16_t height;
    bool parenthesised;
    bool absolute; /* NAME: began with a dot; CALL: of super */
    bool postfix;  /* COMPOUND: the value is the old one */
    bool dropped;  /* nobody wants the value */
    bool checked;
    struct place place;
    struct expr *next; /* in a list */
    const struct type *type;
    union {
        uint64_t integer;
        double number;
        struct text *text;
        struct symbol *name; /* NAME */
        struct local *local;
        struct class *class;
        struct {
            struct expr *object; /* MEMBER, FIELD */
            struct symbol *name;
            struct field *field; /* FIELD, STATIC */
        } member;
        struct {
            struct expr *object; /* NULL: a call of this, or of whoever has that name */
            struct symbol *name; /* NULL: by number, or of a value */
            struct expr *number;
            struct expr *arguments;
            uint32_t count;
            struct method *method;
        } call;
        struct {
            struct expr *object;
            struct expr *index;
        } index; /* once checked: of an array of the machine */
        struct {
            struct type_syntax *syntax; /* NULL: any object, of a class that is a value */
            struct expr *class;         /* new *(class), or NULL */
            struct expr *arguments;
            uint32_t count;
            struct method *method;
        } create;
        struct {
            struct expr *items; /* ARRAY, CONCAT; MAP: key, value, key, ... */
            struct expr *last;  /* CONCAT */
            uint32_t count;
            struct method *add; /* add or set */
            struct method *constructor;
            bool open; /* ARRAY: the elements are not converted yet */
        } list;
        struct {
            struct expr *items;
            struct local *locals; /* that live only here */
        } sequence;
        struct {
            struct expr *left; /* the operand of UNARY, NOT, CONVERT, NEW_VECTOR */
            struct expr *right;
            struct expr *condition;
        } operands;
        struct {
            struct expr *target; /* LOCAL, FIELD, STATIC, INDEX, once checked */
            struct expr *value;
        } assign;
        struct {
            struct type_syntax *syntax;
            struct expr *operand;
            const struct type *to;
        } cast;
        struct {
            struct method *method;  /* its body */
            struct class *class;    /* made for it */
            struct local *captures; /* of variables around it, by `next` */
        } fun;
    };
};

enum stmt_kind {
    STMT_EMPTY,
    STMT_BLOCK,
    STMT_EXPR,
    STMT_DECLARE,
    STMT_IF,
    STMT_WHILE,
    STMT_DO,
    STMT_FOR,
    STMT_FOREACH,
    STMT_SWITCH,
    STMT_CASE, /* a label inside a switch */
    STMT_BREAK,
    STMT_CONTINUE,
    STMT_RETURN,
    STMT_THROW,
    STMT_TRY,
    STMT_SYNCHRONIZED,
    STMT_BROKEN, /* it could not be parsed */
};

struct catch_clause {
    struct catch_clause *next;
    struct type_syntax *syntax;
    struct local *local;
    struct stmt *body;
    struct class *class; /* NULL: everything */
};

/* How foreach walks. */
enum foreach_kind {
    FOREACH_ITERATOR,
    FOREACH_INDEX, /* T[], an array of the machine, what has size() and get(int) */
    FOREACH_RANGE,
};

struct stmt {
    uint8_t kind;
    bool falls_out; /* SWITCH, loops: a break leaves it; set by the checker */
    bool goes_on;   /* loops: there is a continue; set by the checker */
    uint8_t walk;   /* FOREACH: enum foreach_kind */
    bool exclusive; /* FOREACH over a range: ..< */
    bool loses;     /* BROKEN: it may have declared something */
    bool yields;    /* EXPR: the last of a text that was typed, which gives its value */
    uint8_t select; /* SWITCH: 0 by int, 1 by equality */
    struct place place;
    struct place end; /* of the last token: the closing brace */
    struct stmt *next;
    union {
        struct stmt *body;  /* BLOCK */
        struct expr *value; /* EXPR, RETURN, THROW */
        struct {
            struct local *local;
            struct expr *value;  /* or NULL */
            struct field *field; /* a top-level variable: a static field instead */
        } declare;
        struct {
            struct expr *condition; /* FOR: NULL for ever */
            struct stmt *then;      /* IF; the body of loops; DO: the part before the test */
            struct stmt *other;     /* else; DO: the part after the test */
            struct stmt *init;      /* FOR */
            struct expr *step;      /* FOR: a list */
        } branch;
        struct {
            struct local *local;
            struct type_syntax *syntax; /* of the variable, or NULL */
            struct expr *over;
            struct expr *limit; /* of a range */
            struct stmt *body;
            struct local *hidden; /* what is walked over, or the iterator */
            struct local *count;  /* the index, and the limit behind it */
            struct local *end;    /* keeps a size that cannot change, or NULL */
            struct expr *begin;   /* the first value of `hidden` */
            struct expr *more;    /* the condition */
            struct expr *item;    /* the value for the variable, converted */
        } each;
        struct {
            struct expr *value;
            struct stmt *body;
            struct stmt **order; /* the labels, ascending; made by the checker */
            uint32_t label_count;
            struct stmt *otherwise; /* the default label */
        } choose;
        struct {
            struct expr *value; /* NULL: default */
            int32_t key;
            void *target; /* the emitter's label */
        } label;
        struct {
            struct stmt *body;
            struct catch_clause *catches;
            struct stmt *finally;
        } attempt;
        struct {
            struct expr *object;
            struct stmt *body;
        } lock;
    };
};

struct field {
    struct field *next;
    struct field *next_named; /* of the same class and name: a mistake */
    struct symbol *name;
    struct place place;
    struct type_syntax *syntax;
    const struct type *type;
    struct expr *value;
    struct class *class;
    uint16_t flags; /* enum module_member_flag */
    bool is_top;    /* a variable of the top level: set where its statement stands */
    bool used;
    bool broken;   /* what stands behind its name could not be parsed */
    bool in_check; /* its value is being checked, to learn its type */
    bool checked;  /* its value was checked and converted */
};

struct method {
    struct method *next;
    struct method *next_named; /* overloads in the same class */
    struct symbol *name;
    struct place place;
    struct type_syntax *syntax; /* of the result */
    const struct type *type;    /* of the result, as callers get it */
    const struct type
        *declared; /* what the text says, if the method above gives `type`; else NULL */
    struct local *arguments;
    uint32_t argument_count;
    struct symbol *signature;
    struct class *class;
    struct stmt *body; /* NULL: abstract, a primitive, or of the library */
    uint16_t flags;
    uint16_t ordinal;
    uint16_t primitive;
    struct symbol *primitive_name;
    struct method *starts;   /* the entry: what it calls */
    struct method *boot;     /* the entry of a startup: makes its argument */
    struct expr *super_call; /* of a constructor, or NULL */
    bool shared; /* private, and called by a fun of its class, which is a class of its own */
    bool is_entry;
    bool is_top; /* the top-level statements */
    bool used;   /* some call settled on it */
    bool broken; /* its head could not be parsed: nobody knows how it is called */
    bool holed;  /* a statement in it could not be parsed */
};

enum class_state {
    CLASS_PARSED,
    CLASS_IN_HEADER, /* its supers are being found: meeting it again is a cycle */
    CLASS_HEADER,
    CLASS_IN_MEMBERS,
    CLASS_MEMBERS,
};

struct path_list {
    struct path_list *next;
    struct path *path;
    bool implements;
};

struct class_list {
    struct class_list *next;
    struct class *class;
};

struct class
{
    struct class *next; /* in lang->class_list */
    struct class *next_in_file;
    uint32_t id;
    struct symbol *name;  /* absolute */
    struct symbol *brief; /* its last part */
    struct file *file;
    struct place place;
    enum class_state state;
    uint16_t flags; /* enum module_class_flag */
    uint16_t level; /* how many stand above it */
    struct path_list *parents;
    struct class *super;
    struct class_list *interfaces;
    struct field *fields, **fields_end;
    struct method *methods, **methods_end;
    const struct type *types; /* its own, and as a container of each element */
    bool emitted;
    bool checked;
    bool vague; /* what it has of its own or from above is not all known, so nothing is missed */
};

struct import {
    struct import *next;
    struct path *path;
    struct symbol *name;  /* absolute */
    struct symbol *brief; /* the last part */
    bool used;
};

enum member_kind {
    MEMBER_KIND_METHOD,
    MEMBER_KIND_FIELD,
    MEMBER_KIND_NUMBER,
};

/* The key of lang->members: a name (or the number of a method) in a class. */
static inline uint64_t
lang_member_key(uint32_t class_id, enum member_kind kind, uint32_t name)
{
    return (uint64_t)class_id << 34 | (uint64_t)kind << 32 | name;
}
