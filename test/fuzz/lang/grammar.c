/*
 * grammar.c - a program of the Phantom language, made of bytes.
 *
 * What a program declares is decided first: classes, their fields and methods, functions, variables
 * of the top level. So every body may use all of it. Locals are known while their block lasts.
 *
 * It is long, and one file: its rules call each other, as the language's do. An expression may be a
 * function, whose body is made of statements, which are made of expressions; and all of them choose
 * from the same table of what was declared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fuzz/lang/grammar.h"

#include "base/assert.h"

#include <stdbool.h>

#define DEPTH_MAX      6
#define TEXT_BYTES_MAX 20000
#define CLASSES        4 /* the first is an interface */
#define MEMBERS        3
#define ARGUMENTS_MAX  3
#define LOCALS_MAX     24

enum type {
    BOOLEAN,
    CHAR,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    STRING,
    ANY,
    INT_ARRAY,
    ANY_ARRAY,
    INTS,
    CLASS, /* and the classes behind it */
    TYPES = CLASS + CLASSES,
    VOID = TYPES,
};

static const char *const type_names[] = {
    "boolean", "char",  "int",  "long", "float", "double", "string", "any",
    "int[]",   "any[]", "ints", "c0",   "c1",    "c2",     "c3",     "void",
};

struct signature {
    enum type result;
    unsigned count;
    enum type arguments[ARGUMENTS_MAX];
};

struct class
{
    unsigned parent; /* of another class, or 0 */
    enum type fields[MEMBERS];
    struct signature methods[MEMBERS];
};

struct local {
    enum type type;
    unsigned number;
};

struct grammar {
    const uint8_t *bytes;
    size_t left;
    struct buffer *text;
    unsigned depth;
    struct class classes[CLASSES];
    struct signature functions[MEMBERS];
    enum type globals[MEMBERS];
    struct local locals[LOCALS_MAX];
    unsigned local_count;
    unsigned local_number; /* no two of a program are called alike */
    unsigned loops;
    enum type result;  /* of the method that is written */
    unsigned self;     /* the class whose method it is, or 0 */
    unsigned wrong_in; /* so many expressions on, one is of any type; 0 for never */
    bool nonsense;     /* pieces of text may stand anywhere */
};

static void expression(struct grammar *grammar, enum type type);
static void statement(struct grammar *grammar);
static void block(struct grammar *grammar);

/* 0 to count - 1 */
static unsigned
choose(struct grammar *grammar, unsigned count)
{
    unsigned chosen;

    if (grammar->left == 0)
        return 0;
    chosen = *grammar->bytes % count;
    grammar->bytes++;
    grammar->left--;
    return chosen;
}

#define PUT(grammar, ...) put_checked(buffer_format((grammar)->text, __VA_ARGS__))

static void
put_checked(err_t err)
{
    assert(err == OK);
}

/* True where the program has to come to an end. */
static bool
is_deep(const struct grammar *grammar)
{
    return grammar->depth >= DEPTH_MAX || grammar->left == 0 ||
           grammar->text->count > TEXT_BYTES_MAX;
}

static enum type
any_type(struct grammar *grammar)
{
    return (enum type)choose(grammar, TYPES);
}

static bool
is_number(enum type type)
{
    return type >= CHAR && type <= DOUBLE;
}

/* ---- what there is ---- */

static struct signature
make_signature(struct grammar *grammar)
{
    struct signature signature = { .result = (enum type)choose(grammar, TYPES + 1) };

    signature.count = choose(grammar, ARGUMENTS_MAX + 1);
    for (unsigned i = 0; i < signature.count; i++)
        signature.arguments[i] = any_type(grammar);
    return signature;
}

static void
make_plan(struct grammar *grammar)
{
    for (unsigned i = 0; i < CLASSES; i++) {
        struct class *class = &grammar->classes[i];

        class->parent = i > 1 ? choose(grammar, i) : 0;
        for (unsigned j = 0; j < MEMBERS; j++) {
            class->fields[j] = any_type(grammar);
            class->methods[j] = make_signature(grammar);
        }
    }
    for (unsigned i = 0; i < MEMBERS; i++) {
        grammar->functions[i] = make_signature(grammar);
        grammar->globals[i] = any_type(grammar);
    }
}

/* ---- names ---- */

/* A local of that type, if there is one. */
static bool
local_name(struct grammar *grammar, enum type type)
{
    unsigned start = choose(grammar, LOCALS_MAX);

    for (unsigned i = 0; i < grammar->local_count; i++) {
        const struct local *local = &grammar->locals[(start + i) % grammar->local_count];

        if (local->type == type) {
            PUT(grammar, "v%u", local->number);
            return true;
        }
    }
    return false;
}

static bool
global_name(struct grammar *grammar, enum type type)
{
    unsigned start = choose(grammar, MEMBERS);

    for (unsigned i = 0; i < MEMBERS; i++) {
        unsigned at = (start + i) % MEMBERS;

        if (grammar->globals[at] == type) {
            PUT(grammar, "g%u", at);
            return true;
        }
    }
    return false;
}

/* A field of a class or of this one. */
static bool
field_name(struct grammar *grammar, enum type type)
{
    unsigned class = grammar->self != 0 && choose(grammar, 2) == 0
                         ? grammar->self
                         : 1 + choose(grammar, CLASSES - 1);
    unsigned at = choose(grammar, MEMBERS);

    if (grammar->classes[class].fields[at] != type)
        return false;
    if (class != grammar->self) {
        expression(grammar, CLASS + class);
        PUT(grammar, ".");
    } else if (choose(grammar, 2) == 1) {
        PUT(grammar, "this.");
    }
    PUT(grammar, "f%u_%u", class, at);
    return true;
}

/* What can be assigned to. */
static bool
target(struct grammar *grammar, enum type type)
{
    switch (choose(grammar, 4)) {
    case 0:
        return local_name(grammar, type);
    case 1:
        return global_name(grammar, type);
    case 2:
        return field_name(grammar, type);
    default:
        if (type != INT && type != ANY)
            return false;
        expression(grammar, type == ANY ? ANY_ARRAY : choose(grammar, 2) == 0 ? INT_ARRAY : INTS);
        PUT(grammar, "[");
        expression(grammar, INT);
        PUT(grammar, "]");
        return true;
    }
}

/* ---- expressions ---- */

static void
literal(struct grammar *grammar, enum type type)
{
    static const char *const ints[] = { "0", "1", "-1", "7", "0x7fffffff", "-2147483648", "017" };
    static const char *const longs[] = { "0L", "1L", "-1L", "0x7fffffffffffffffL", "4294967296L" };
    static const char *const doubles[] = { "0.0", "1.5", "-2.5e3", "1e300", "0.1" };
    static const char *const floats[] = { "0.0f", "1.5f", "-0.25f", "3e38f" };
    static const char *const chars[] = { "'a'", "'\\n'", "'\\u20ac'", "'\\0'" };
    static const char *const strings[] = { "\"\"", "\"a\"", "\"b\\n\\\\\"", "\"\xe2\x82\xac\"",
                                           "((string) null)" };

    switch (type) {
    case BOOLEAN:
        PUT(grammar, "%s", choose(grammar, 2) == 0 ? "true" : "false");
        break;
    case CHAR:
        PUT(grammar, "%s", chars[choose(grammar, 4)]);
        break;
    case INT:
        PUT(grammar, "%s", ints[choose(grammar, 7)]);
        break;
    case LONG:
        PUT(grammar, "%s", longs[choose(grammar, 5)]);
        break;
    case FLOAT:
        PUT(grammar, "%s", floats[choose(grammar, 4)]);
        break;
    case DOUBLE:
        PUT(grammar, "%s", doubles[choose(grammar, 5)]);
        break;
    case STRING:
        PUT(grammar, "%s", strings[choose(grammar, 5)]);
        break;
    case INTS:
        PUT(grammar, "new ints(%u)", choose(grammar, 9));
        break;
    case INT_ARRAY:
        PUT(grammar, "%s", choose(grammar, 2) == 0 ? "new int[]()" : "[1, 2]");
        break;
    case ANY_ARRAY:
        PUT(grammar, "%s", choose(grammar, 2) == 0 ? "new any[]()" : "[\"a\", 1.5, null]");
        break;
    case CLASS:
    case ANY:
        PUT(grammar, "((%s) null)", type_names[type]);
        break;
    default:
        PUT(grammar, choose(grammar, 3) != 2 ? "new %s()" : "((%s) null)", type_names[type]);
        break;
    }
}

static void
arguments(struct grammar *grammar, const struct signature *signature)
{
    PUT(grammar, "(");
    for (unsigned i = 0; i < signature->count; i++) {
        PUT(grammar, "%s", i == 0 ? "" : ", ");
        expression(grammar, signature->arguments[i]);
    }
    PUT(grammar, ")");
}

/* A call of something that gives that type; false, and nothing written, if none was met. */
static bool
call(struct grammar *grammar, enum type type)
{
    unsigned class = choose(grammar, CLASSES);
    unsigned at = choose(grammar, MEMBERS);
    const struct signature *signature = &grammar->classes[class].methods[at];

    if (class == 0 && choose(grammar, 2) == 0) {
        signature = &grammar->functions[at];
        if (signature->result != type)
            return false;
        PUT(grammar, "fun%u", at);
    } else if (signature->result != type) {
        return false;
    } else if (class != 0 && class == grammar->self && choose(grammar, 3) != 0) {
        PUT(grammar, "%sm%u_%u", choose(grammar, 2) == 0 ? "" : "this.", class, at);
    } else if (type == ANY && choose(grammar, 3) == 0) {
        expression(grammar, ANY); /* by name, when it happens */
        PUT(grammar, choose(grammar, 2) == 0 ? ".m%u_%u" : ".(\"m%u_%u\")", class, at);
    } else {
        expression(grammar, CLASS + class);
        PUT(grammar, ".m%u_%u", class, at);
    }
    arguments(grammar, signature);
    return true;
}

/* left operator right, in parentheses */
static void
binary(struct grammar *grammar, enum type left, const char *operator, enum type right)
{
    PUT(grammar, "(");
    expression(grammar, left);
    PUT(grammar, " %s ", operator);
    expression(grammar, right);
    PUT(grammar, ")");
}

static void
boolean(struct grammar *grammar)
{
    static const char *const compare[] = { "==", "!=", "<", ">", "<=", ">=", ":==", ":!=" };
    static const char *const logic[] = { "&&", "||", "&", "|", "^" };
    enum type type;

    switch (choose(grammar, 6)) {
    case 0:
        type = INT + choose(grammar, 4);
        binary(grammar, type, compare[choose(grammar, 8)], choose(grammar, 3) == 0 ? CHAR : type);
        break;
    case 1:
        binary(grammar, BOOLEAN, logic[choose(grammar, 5)], BOOLEAN);
        break;
    case 2:
        PUT(grammar, "!");
        expression(grammar, choose(grammar, 2) == 0 ? BOOLEAN : INT);
        break;
    case 3:
        PUT(grammar, "(");
        expression(grammar, ANY);
        PUT(grammar, " instanceof %s)", type_names[choose(grammar, TYPES)]);
        break;
    case 4:
        binary(grammar, STRING, compare[choose(grammar, 8)], STRING);
        break;
    default:
        binary(grammar, ANY, compare[choose(grammar, 2)], any_type(grammar));
    }
}

static void
number(struct grammar *grammar, enum type type)
{
    static const char *const operators[] = { "+", "-", "*",  "/",  "%",  "&",
                                             "|", "^", "<<", ">>", ">>>" };
    static const char *const unary[] = { "-", "+", "~" };
    bool whole = type == INT || type == LONG;
    unsigned operator;

    switch (choose(grammar, 4)) {
    case 0:
        operator= choose(grammar, whole ? 11 : 5);
        binary(grammar, type, operators[operator],
               operator >= 8 || choose(grammar, 3) == 0 ? INT : type);
        break;
    case 1:
        PUT(grammar, "%s(", unary[choose(grammar, whole ? 3 : 2)]);
        expression(grammar, type);
        PUT(grammar, ")");
        break;
    case 2:
        PUT(grammar, "(%s) ", type_names[type]);
        expression(grammar, choose(grammar, 3) == 0 ? ANY : (enum type)choose(grammar, DOUBLE + 1));
        break;
    default:
        expression(grammar,
                   type == INT ? CHAR : (enum type)(type - 1)); /* becomes wider by itself */
    }
}

static void
string(struct grammar *grammar)
{
    switch (choose(grammar, 3)) {
    case 0:
        binary(grammar, STRING, "+", any_type(grammar));
        break;
    case 1:
        PUT(grammar, "\"x \\{");
        expression(grammar, any_type(grammar));
        PUT(grammar, "} y\"");
        break;
    default:
        PUT(grammar, "(");
        expression(grammar, ANY);
        PUT(grammar, ").toString()");
    }
}

/* fun (v1, v2) { ... }, whose body sees what is around it */
static void
function(struct grammar *grammar)
{
    unsigned locals = grammar->local_count;
    unsigned loops = grammar->loops;
    enum type result = grammar->result;
    unsigned count = choose(grammar, 3);

    PUT(grammar, "fun (");
    for (unsigned i = 0; i < count && grammar->local_count < LOCALS_MAX; i++) {
        struct local local = { ANY, grammar->local_number++ };

        PUT(grammar, "%sv%u", i == 0 ? "" : ", ", local.number);
        grammar->locals[grammar->local_count++] = local;
    }
    PUT(grammar, ") ");
    grammar->loops = 0;
    grammar->result = ANY;
    block(grammar);
    grammar->result = result;
    grammar->loops = loops;
    grammar->local_count = locals;
}

static void
untyped(struct grammar *grammar)
{
    static const char *const operators[] = { "+", "-", "*",  "/",  "%",  "&",
                                             "|", "^", "<<", ">>", ">>>" };

    switch (choose(grammar, 9)) {
    case 0:
        binary(grammar, ANY, operators[choose(grammar, 11)], any_type(grammar));
        break;
    case 1:
        PUT(grammar, "%s(", choose(grammar, 2) == 0 ? "-" : "+");
        expression(grammar, ANY);
        PUT(grammar, ")");
        break;
    case 2:
        expression(grammar, ANY);
        PUT(grammar, ".%u(", choose(grammar, 24));
        expression(grammar, any_type(grammar));
        PUT(grammar, ")");
        break;
    case 3:
        function(grammar);
        break;
    case 4:
        PUT(grammar, "id({");
        expression(grammar, any_type(grammar));
        PUT(grammar, ": ");
        expression(grammar, any_type(grammar));
        PUT(grammar, "})");
        break;
    case 5:
        PUT(grammar, "new *(c%u)()", 1 + choose(grammar, CLASSES - 1));
        break;
    case 6:
        PUT(grammar, "id(c%u)", 1 + choose(grammar, CLASSES - 1));
        break;
    case 7:
        PUT(grammar, "(");
        expression(grammar, ANY);
        PUT(grammar, ")[");
        expression(grammar, any_type(grammar));
        PUT(grammar, "]");
        break;
    default:
        PUT(grammar, "id(");
        expression(grammar, any_type(grammar));
        PUT(grammar, ")");
    }
}

/* What only values of that type are made of. */
static void
of_type(struct grammar *grammar, enum type type)
{
    if (type == BOOLEAN)
        boolean(grammar);
    else if (is_number(type) && type != CHAR)
        number(grammar, type);
    else if (type == STRING)
        string(grammar);
    else if (type == ANY)
        untyped(grammar);
    else if (type == INT_ARRAY || type == ANY_ARRAY) {
        PUT(grammar, "[");
        expression(grammar, type == INT_ARRAY ? INT : ANY);
        PUT(grammar, "]");
    } else
        literal(grammar, type);
}

/* target = value, target op= value, target++ */
static bool
assignment(struct grammar *grammar, enum type type)
{
    static const char *const operators[] = { "=", "+=", "-=", "*=", "/=", "%=" };
    size_t start = grammar->text->count;

    PUT(grammar, "(");
    if (!target(grammar, type)) {
        grammar->text->count = start;
        return false;
    }
    if (is_number(type) && choose(grammar, 3) == 0) {
        PUT(grammar, "%s)", choose(grammar, 2) == 0 ? "++" : "--");
        return true;
    }
    PUT(grammar, " %s ", operators[is_number(type) || type == ANY ? choose(grammar, 6) : 0]);
    expression(grammar, type);
    PUT(grammar, ")");
    return true;
}

static void
conditional(struct grammar *grammar, enum type type)
{
    PUT(grammar, "(");
    expression(grammar, choose(grammar, 3) == 0 ? INT : BOOLEAN);
    PUT(grammar, " ? ");
    expression(grammar, type);
    PUT(grammar, " : ");
    expression(grammar, type);
    PUT(grammar, ")");
}

static void
expression(struct grammar *grammar, enum type type)
{
    if (grammar->wrong_in > 0 && --grammar->wrong_in == 0)
        type = any_type(grammar);
    grammar->depth++;
    switch (is_deep(grammar) ? 0 : choose(grammar, 9)) {
    case 0:
    case 1:
        if (!local_name(grammar, type))
            literal(grammar, type);
        break;
    case 2:
        if (!global_name(grammar, type))
            literal(grammar, type);
        break;
    case 3:
        if (!field_name(grammar, type))
            of_type(grammar, type);
        break;
    case 4:
    case 5:
        if (!call(grammar, type))
            of_type(grammar, type);
        break;
    case 6:
        if (!assignment(grammar, type))
            of_type(grammar, type);
        break;
    case 7:
        conditional(grammar, type);
        break;
    default:
        of_type(grammar, type);
    }
    grammar->depth--;
}

/* ---- statements ---- */

static void
declare(struct grammar *grammar)
{
    struct local local = { any_type(grammar), grammar->local_number++ };

    switch (choose(grammar, 4)) {
    case 0:
        PUT(grammar, "%s v%u = ", type_names[local.type], local.number);
        expression(grammar, local.type);
        break;
    case 1:
        PUT(grammar, "var v%u : %s", local.number, type_names[local.type]);
        break;
    case 2:
        PUT(grammar, "any v%u = ", local.number);
        expression(grammar, local.type);
        local.type = ANY;
        break;
    default:
        PUT(grammar, "const %s v%u = ", type_names[local.type], local.number);
        expression(grammar, local.type);
        PUT(grammar, ";\n");
        return;
    }
    PUT(grammar, ";\n");
    if (grammar->local_count < LOCALS_MAX)
        grammar->locals[grammar->local_count++] = local;
}

/* Statements in braces, with their own locals. */
static void
block(struct grammar *grammar)
{
    unsigned locals = grammar->local_count;

    PUT(grammar, "{\n");
    for (unsigned i = 1 + choose(grammar, 4); i > 0; i--)
        statement(grammar);
    PUT(grammar, "}\n");
    grammar->local_count = locals;
}

static void
body(struct grammar *grammar)
{
    grammar->loops++;
    block(grammar);
    grammar->loops--;
}

static void
condition(struct grammar *grammar, const char *word)
{
    PUT(grammar, "%s (", word);
    expression(grammar, choose(grammar, 4) == 0 ? ANY : BOOLEAN);
    PUT(grammar, ") ");
}

static void
loop(struct grammar *grammar)
{
    unsigned number = grammar->local_number++;

    switch (choose(grammar, 4)) {
    case 0:
        condition(grammar, "while");
        body(grammar);
        break;
    case 1:
        PUT(grammar, "do ");
        body(grammar);
        condition(grammar, "while");
        if (choose(grammar, 2) == 0)
            PUT(grammar, ";\n");
        else
            body(grammar);
        break;
    case 2:
        PUT(grammar, "for (int v%u = 0; v%u < %u; v%u++) ", number, number, choose(grammar, 50),
            number);
        body(grammar);
        break;
    default:
        PUT(grammar, "for (;;) ");
        body(grammar);
    }
}

static void
walk(struct grammar *grammar)
{
    static const enum type walked[] = { INT_ARRAY, ANY_ARRAY, STRING, ANY, INTS };
    unsigned locals = grammar->local_count;
    struct local local = { ANY, grammar->local_number++ };
    enum type type = walked[choose(grammar, 5)];

    PUT(grammar, "foreach (any v%u in ", local.number);
    if (choose(grammar, 3) == 0) {
        expression(grammar, INT);
        PUT(grammar, choose(grammar, 2) == 0 ? ".." : "..<");
        type = choose(grammar, 2) == 0 ? INT : LONG;
    }
    expression(grammar, type);
    PUT(grammar, ") ");
    if (grammar->local_count < LOCALS_MAX)
        grammar->locals[grammar->local_count++] = local;
    body(grammar);
    grammar->local_count = locals;
}

static void
select(struct grammar *grammar)
{
    static const char *const labels[][4] = { { "0", "1", "7", "-5" },
                                             { "\"\"", "\"a\"", "null", "\"c\"" },
                                             { "'a'", "2", "'c'", "1000000" } };
    unsigned kind = choose(grammar, 3);
    unsigned count = choose(grammar, 4);
    unsigned locals = grammar->local_count;

    PUT(grammar, "switch (");
    expression(grammar, kind == 0 ? INT : kind == 1 ? STRING : CHAR);
    PUT(grammar, ") {\n");
    for (unsigned i = 0; i < count; i++) {
        if (i == 2 && choose(grammar, 2) == 0)
            PUT(grammar, "default:\n");
        PUT(grammar, "case %s:\n", labels[kind][i]);
        statement(grammar);
        if (choose(grammar, 2) == 0)
            PUT(grammar, "break;\n");
    }
    PUT(grammar, "}\n");
    grammar->local_count = locals;
}

static void
attempt(struct grammar *grammar)
{
    static const char *const caught[] = { "", "string ", "int ", ".internal.error ", "c1 " };
    unsigned locals = grammar->local_count;
    unsigned catches = choose(grammar, 3);

    PUT(grammar, "try ");
    block(grammar);
    for (unsigned i = 0; i < catches; i++) {
        struct local local = { ANY, grammar->local_number++ };
        unsigned which = choose(grammar, 5);

        PUT(grammar, "catch (%sv%u) ", caught[which], local.number);
        if (which == 0 && grammar->local_count < LOCALS_MAX)
            grammar->locals[grammar->local_count++] = local;
        block(grammar);
        grammar->local_count = locals;
    }
    if (catches == 0 || choose(grammar, 2) == 0) {
        PUT(grammar, "finally ");
        block(grammar);
    }
}

static void
jump(struct grammar *grammar)
{
    switch (choose(grammar, 4)) {
    case 0:
        if (grammar->loops > 0)
            PUT(grammar, choose(grammar, 2) == 0 ? "break;\n" : "continue;\n");
        else
            PUT(grammar, ";\n");
        break;
    case 1:
        PUT(grammar, "throw ");
        expression(grammar, any_type(grammar));
        PUT(grammar, ";\n");
        break;
    default:
        PUT(grammar, "return");
        if (grammar->result != VOID) {
            PUT(grammar, " ");
            expression(grammar, grammar->result);
        }
        PUT(grammar, ";\n");
    }
}

/* An assignment, or a call. */
static void
effect(struct grammar *grammar)
{
    enum type type = (enum type)choose(grammar, TYPES + 1);

    if (type == VOID ? !call(grammar, VOID) : !assignment(grammar, type)) {
        PUT(grammar, "println(");
        expression(grammar, any_type(grammar));
        PUT(grammar, ")");
    }
    PUT(grammar, ";\n");
}

/* What a program that goes wrong has in it. */
static void
nonsense(struct grammar *grammar)
{
    static const char *const pieces[] = {
        "var", "{",       "}",      "(",   ")",       ";",    "class", "\"", "case 1:",       "@x",
        "5.",  "super()", "fun (",  "new", "else",    "int[", "\\",    "..", "import \"x\";", "*(",
        "'",   "/*",      "static", "=",   "void x;",
    };

    PUT(grammar, "%s ", pieces[choose(grammar, sizeof(pieces) / sizeof(pieces[0]))]);
}

static void
statement(struct grammar *grammar)
{
    grammar->depth++;
    switch (is_deep(grammar) ? 0 : choose(grammar, 14)) {
    case 0:
    case 1:
        effect(grammar);
        break;
    case 2:
    case 3:
        declare(grammar);
        break;
    case 4:
    case 5:
        condition(grammar, "if");
        block(grammar);
        if (choose(grammar, 2) == 0) {
            PUT(grammar, "else ");
            block(grammar);
        }
        break;
    case 6:
        loop(grammar);
        break;
    case 7:
        walk(grammar);
        break;
    case 8:
        select(grammar);
        break;
    case 9:
        attempt(grammar);
        break;
    case 10:
        PUT(grammar, "synchronized (");
        expression(grammar, choose(grammar, 2) == 0 ? ANY : CLASS + 1);
        PUT(grammar, ") ");
        block(grammar);
        break;
    case 11:
        block(grammar);
        break;
    case 12:
        jump(grammar);
        break;
    default:
        if (grammar->nonsense)
            nonsense(grammar);
        else
            declare(grammar);
    }
    grammar->depth--;
}

/* ---- declarations ---- */

/* (type v1, var v2 : type) and what follows, up to the body */
static void
head(struct grammar *grammar, const struct signature *signature)
{
    grammar->local_count = 0;
    PUT(grammar, "(");
    for (unsigned i = 0; i < signature->count; i++) {
        struct local local = { signature->arguments[i], grammar->local_number++ };

        PUT(grammar, "%s", i == 0 ? "" : ", ");
        if (choose(grammar, 2) == 0)
            PUT(grammar, "%s v%u", type_names[local.type], local.number);
        else
            PUT(grammar, "var v%u : %s", local.number, type_names[local.type]);
        grammar->locals[grammar->local_count++] = local;
    }
    PUT(grammar, ")");
    grammar->result = signature->result;
    grammar->loops = 0;
}

/* A body that ends in a return. */
static void
method_body(struct grammar *grammar)
{
    PUT(grammar, " {\n");
    for (unsigned i = choose(grammar, 4); i > 0; i--)
        statement(grammar);
    if (grammar->result != VOID) {
        PUT(grammar, "return ");
        expression(grammar, grammar->result);
        PUT(grammar, ";\n");
    }
    PUT(grammar, "}\n");
    grammar->local_count = 0;
}

static void
method(struct grammar *grammar, unsigned owner, unsigned at)
{
    const struct signature *signature = &grammar->classes[owner].methods[at];

    PUT(grammar, "%s%s m%u_%u", choose(grammar, 8) == 7 ? "synchronized " : "",
        type_names[signature->result], owner, at);
    head(grammar, signature);
    if (grammar->self == owner && choose(grammar, 4) == 3)
        PUT(grammar, " [%u]", 16 + 8 * owner + at);
    method_body(grammar);
}

static void
interface(struct grammar *grammar)
{
    PUT(grammar, "interface c0 {\n");
    for (unsigned i = 0; i < MEMBERS; i++) {
        PUT(grammar, "%s m0_%u", type_names[grammar->classes[0].methods[i].result], i);
        head(grammar, &grammar->classes[0].methods[i]);
        PUT(grammar, ";\n");
    }
    PUT(grammar, "}\n");
}

static void class(struct grammar *grammar, unsigned number)
{
    const struct class *class = &grammar->classes[number];

    grammar->self = number;
    PUT(grammar, "class c%u", number);
    if (class->parent != 0)
        PUT(grammar, " extends c%u", class->parent);
    PUT(grammar, " implements c0 {\n");
    for (unsigned i = 0; i < MEMBERS; i++) {
        PUT(grammar, "%s f%u_%u", type_names[class->fields[i]], number, i);
        if (choose(grammar, 4) == 3) {
            PUT(grammar, " = ");
            literal(grammar, class->fields[i] >= CLASS ? ANY : class->fields[i]);
        }
        PUT(grammar, ";\n");
    }
    for (unsigned i = 0; i < MEMBERS; i++)
        method(grammar, number, i);
    for (unsigned i = 0; i < MEMBERS; i++)
        method(grammar, 0, i);
    for (unsigned i = 0; i < MEMBERS && class->parent != 0; i++) {
        if (choose(grammar, 4) == 3)
            method(grammar, class->parent, i);
    }
    PUT(grammar, "}\n");
    grammar->self = 0;
}

static void
functions(struct grammar *grammar)
{
    PUT(grammar, "any id(any x) { return x; }\n");
    for (unsigned i = 0; i < MEMBERS; i++) {
        PUT(grammar, "%s fun%u", type_names[grammar->functions[i].result], i);
        head(grammar, &grammar->functions[i]);
        method_body(grammar);
    }
}

/* Statements of the top level, which go on whatever is thrown; the globals are its variables. */
static void
top(struct grammar *grammar)
{
    for (unsigned i = 0; i < MEMBERS; i++)
        PUT(grammar, "%s g%u;\n", type_names[grammar->globals[i]], i);
    grammar->result = VOID;
    for (unsigned i = 2 + choose(grammar, 6); i > 0; i--) {
        PUT(grammar, "try ");
        block(grammar);
        PUT(grammar, "catch (e) println(e);\n");
    }
}

/* ---- heads: words, parents and numbers, whether they go together or not ---- */

#define HEADS_MAX 6

/* A last byte from here on: all choices are for heads; what stands before is as small as it gets.
 */
#define HEADS_ONLY              0xe8

#define CHOSEN(grammar, pieces) ((pieces)[choose(grammar, sizeof(pieces) / sizeof((pieces)[0]))])

static void
words(struct grammar *grammar)
{
    static const char *const pieces[] = {
        "public", "private", "static", "abstract", "const", "final", "synchronized",
    };

    unsigned chosen = choose(grammar, 32);

    for (unsigned i = chosen < 24 ? 0 : chosen < 31 ? 1 : 2; i > 0; i--)
        PUT(grammar, "%s ", CHOSEN(grammar, pieces));
}

static void
parents(struct grammar *grammar, unsigned number)
{
    static const char *const pieces[] = {
        "extends c1",
        "implements c0",
        "extends .internal.error",
        "extends .internal.container.array",
        "extends .internal.string",
        "extends .internal.thread",
        "extends .internal.\"class\"",
        "extends .internal.io.tty",
        "extends .internal.container.collection",
    };

    switch (choose(grammar, 4)) {
    case 0:
    case 1:
        if (number > 0)
            PUT(grammar, " %s x%u", choose(grammar, 4) == 3 ? "implements" : "extends",
                choose(grammar, number));
        break;
    case 2:
        PUT(grammar, " %s", CHOSEN(grammar, pieces));
        break;
    default:
        break;
    }
}

/* A method or a field; named as others are, so that one overrides another. */
static void
member(struct grammar *grammar, unsigned number)
{
    static const char *const names[] = { "a", "b", "toString", "equals", "hashCode", "run" };
    static const char *const arguments[] = {
        "", "int v", "any v", "string v", "var v : c1", "int"
    };
    static const unsigned numbers[] = { 4, 5, 8, 16, 17, 4095 };
    enum type type = (enum type)choose(grammar, TYPES + 1);
    bool constructs = choose(grammar, 8) == 7;

    type = constructs ? VOID : type;
    words(grammar);
    PUT(grammar, "%s ", type_names[type]);
    if (constructs)
        PUT(grammar, "x%u", number);
    else
        PUT(grammar, "%s", CHOSEN(grammar, names));
    if (choose(grammar, 8) == 7) {
        PUT(grammar, ";\n");
        return;
    }
    PUT(grammar, "(%s)", CHOSEN(grammar, arguments));
    if (choose(grammar, 8) == 7)
        PUT(grammar, " [%u]", CHOSEN(grammar, numbers));
    if (choose(grammar, 8) == 7) {
        PUT(grammar, ";\n");
        return;
    }
    grammar->result = type;
    PUT(grammar, " { ");
    if (choose(grammar, 16) == 15)
        PUT(grammar, "super(); ");
    if (type != VOID) {
        PUT(grammar, "return ");
        expression(grammar, type);
        PUT(grammar, "; ");
    }
    PUT(grammar, "}\n");
}

/* They stand behind everything else, so that choices which end before make what they always made.
 */
static void
heads(struct grammar *grammar)
{
    unsigned count = choose(grammar, HEADS_MAX);

    for (unsigned i = 0; i < count; i++) {
        words(grammar);
        PUT(grammar, "%s x%u", choose(grammar, 8) == 7 ? "interface" : "class", i);
        parents(grammar, i);
        PUT(grammar, " {\n");
        for (unsigned j = choose(grammar, 4); j > 0; j--)
            member(grammar, i);
        PUT(grammar, "}\n");
        if (choose(grammar, 2) == 1)
            PUT(grammar, "any make%u() { return new x%u(); }\n", i, i);
    }
}

void
grammar_program(const uint8_t *bytes, size_t byte_count, struct buffer *text)
{
    struct grammar grammar = { .bytes = bytes, .left = byte_count, .text = text };
    bool heads_only = byte_count > 0 && bytes[byte_count - 1] >= HEADS_ONLY;

    if (heads_only)
        grammar.left = 0;
    grammar.wrong_in = choose(&grammar, 4) == 3 ? choose(&grammar, 256) : 0;
    grammar.nonsense = choose(&grammar, 8) == 7;
    make_plan(&grammar);
    top(&grammar);
    interface(&grammar);
    for (unsigned i = 1; i < CLASSES; i++)
        class(&grammar, i);
    functions(&grammar);
    grammar.local_count = 0;
    if (heads_only)
        grammar.left = byte_count;
    heads(&grammar);
}
