/*
 * check_priv.h - what the files of the checker share.
 *
 * An expression is checked once, in place: afterwards its type is known, each
 * name in it is settled, and each conversion is a node. A broken one has
 * TYPE_ERROR, about which nobody complains again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/class_priv.h"

/* Where the checker stands: a body of a method, or the value of a field. */
struct check {
    struct lang *lang;
    struct file *file;
    struct class *class;
    struct method *method;
    bool is_static;
    bool in_constructor;         /* const fields may be set */
    bool assigns;                /* the name that is looked at is to be set */
    bool loses;                  /* a variable may be missing, because it could not be parsed */
    unsigned scope_count;        /* variables in it */
    struct local *scope;         /* the innermost first, linked by `below` */
    struct check *outer;         /* of the body around a fun */
    struct expr *fun;            /* the fun whose body this is, or NULL */
    struct local *self;          /* `this` as a fun sees it, or NULL */
    const struct type *expected; /* what the next array literal is wanted for, or NULL */
    bool open;                   /* that is not known yet */
    unsigned loops;              /* open ones, for continue */
    unsigned breakable;          /* loops and switches */
    struct stmt *innermost;      /* that break would leave */
    struct stmt *loop;           /* that continue would go on with */
};

void lang_check_class(struct lang *lang, struct class *class);
void lang_check_heirs(struct lang *lang, struct class *class); /* overriding, what is missing */
void lang_check_field(struct lang *lang, struct field *field);

/* Statements: true if what stands behind can be reached. */
bool lang_check_stmt(struct check *check, struct stmt *stmt);
bool lang_check_list(struct check *check, struct stmt *list);
void lang_declare(struct check *check, struct local *local);
void lang_leave_scope(struct check *check, struct local *scope);
bool lang_check_switch(struct check *check, struct stmt *stmt);
void lang_check_body(struct check *check, struct method *method);

/* Expressions. */
void lang_check_expr(struct check *check, struct expr *expr);
void lang_check_value(struct check *check, struct expr *expr); /* not void */
void lang_check_wanted(struct check *check, struct expr *expr, const struct type *type,
                       const char *what);
void lang_check_condition(struct check *check, struct expr *expr);
void lang_check_dropped(struct check *check, struct expr *expr);

/* Conversions, in place. `what` names the place for the message: "the value of `x`"; NULL for
 * what always fits. */
void lang_convert(struct check *check, struct expr *expr, const struct type *to, const char *what);
void lang_convert_number(struct check *check, struct expr *expr, const struct type *to);
void lang_to_word(struct check *check, struct expr *expr);
void lang_to_condition(struct check *check, struct expr *expr);
void lang_wrap(struct check *check, struct expr *expr, enum convert convert,
               const struct type *type);
void lang_check_cast(struct check *check, struct expr *expr);
void lang_check_instanceof(struct check *check, struct expr *expr);
/* The raw type of a box class (.internal.int is int), or the type itself. */
const struct type *lang_unboxed(struct lang *lang, const struct type *type);

/* Operators. */
void lang_check_unary(struct check *check, struct expr *expr);
void lang_check_binary(struct check *check, struct expr *expr);  /* its operands are checked here */
void lang_finish_binary(struct check *check, struct expr *expr); /* they were checked */
void lang_check_compare(struct check *check, struct expr *expr);
void lang_check_concat(struct check *check, struct expr *expr);
void lang_check_assign(struct check *check, struct expr *expr);
void lang_check_compound(struct check *check, struct expr *expr);
bool lang_is_string(const struct lang *lang, const struct type *type);

/* Names, calls. */
struct local *lang_find_local(struct check *check, struct symbol *name);
/* Nothing has that name: true if it may be declared in what could not be parsed. */
bool lang_may_be_lost(const struct check *check, const struct symbol *name);
void lang_check_name(struct check *check, struct expr *expr);
/* The variable of the top level, of this file or typed before, or NULL. */
struct field *lang_top_field(const struct check *check, const struct symbol *name);
void lang_check_this(struct check *check, struct expr *expr);
void lang_check_object(struct check *check, struct expr *object); /* a value, or a class */
struct class *lang_home_class(const struct check *check); /* whose members bare names mean */
void lang_check_member(struct check *check, struct expr *expr);
void lang_check_call(struct check *check, struct expr *call);
void lang_check_new(struct check *check, struct expr *expr);
void lang_check_index(struct check *check, struct expr *expr);
void lang_check_array(struct check *check, struct expr *expr);

/*
 * An argument, not void: what it is wanted for is not known yet. Whoever knows closes what may be
 * an array literal, for a type, or NULL for what its elements are by themselves.
 */
void lang_check_argument(struct check *check, struct expr *argument);
void lang_close_array(struct check *check, struct expr *expr, const struct type *wanted);

/* As lang_fit(), of an argument; with what an array literal costs beyond that. */
enum fit lang_fit_argument(struct lang *lang, const struct expr *argument, const struct type *to,
                           unsigned *cost);
void lang_check_map(struct check *check, struct expr *expr);
void lang_check_fun(struct check *check, struct expr *expr);

/* The name of a function, `object` NULL, or of a static method of a class: it becomes a fun. False
 * if it is none. */
bool lang_check_function_value(struct check *check, struct expr *expr, struct expr *object,
                               struct symbol *name);

/*
 * The method that a name alone may mean: a static one of `class`, or, if that is NULL, what a call
 * by the bare name would mean. One without arguments is meant only where there is no other. NULL:
 * none.
 *
 *   several  filled: there are some with different numbers of arguments
 */
struct method *lang_find_function(struct check *check, struct class *class,
                                  const struct symbol *name, bool *several);
struct local *lang_capture(struct check *check, struct local *outer);

/* A call of a checked object with checked arguments; the caller filled in all but the method. */
void lang_finish_call(struct check *check, struct expr *call);
/* The no-argument method of a class, or NULL. */
struct method *lang_find_plain(struct lang *lang, struct class *class, struct symbol *name);
bool lang_may_access(const struct check *check, const struct class *owner, uint16_t flags,
                     bool field);
/* The name among those in scope that is most like it, or NULL. */
const char *lang_suggest_member(struct check *check, struct class *class,
                                const struct symbol *name);
const char *lang_arguments_text(struct lang *lang,
                                const struct method *method); /* "(int, string)" */
bool lang_has_this(const struct check *check);
const char *lang_suggest(struct check *check, const struct symbol *name);

/* New nodes. */
struct expr *lang_new_expr(struct check *check, enum expr_kind kind, struct place place,
                           const struct type *type);
struct expr *lang_local_expr(struct check *check, struct local *local, struct place place);
struct local *lang_temporary(struct check *check, const struct type *type);
struct expr *lang_new_call(struct check *check, struct expr *object, struct symbol *name,
                           struct expr *arguments, uint32_t count);
