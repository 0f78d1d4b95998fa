/*
 * bytecode_fuzz.c - methods made of instructions at random, verified, and run if accepted.
 *
 * An input is a row of choices. A method follows what it has on its stacks and in its locals, so
 * that most instructions find what they want; in one of four something is wrong on purpose. What
 * the verifier refuses is replaced by a plain return, so that the rest runs: whatever that does
 * then, it does not break the machine.
 *
 * BYTECODE_SHOW=1 prints each program, BYTECODE_COUNT=1 how many methods were made and accepted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/bytecode.h"
#include "fuzz/program.h"

#define METHODS    6
#define STEPS_MAX  60
#define DEPTH_MAX  12 /* of a stack, as the generator uses it; the method has twice as much */
#define LOCALS     6
#define BLOCKS_MAX 4
#define TEXT_BYTES (256u << 10)
#define NO_TYPE    0xff

/* Types of words; 0 is any. */
static const char *const types[] = {
    "w",  "L.a;", "L.b;",  "L.i;",  "L.internal.string;", "[i",
    "[d", "[w",   "[L.a;", "[L.b;", "L.internal.int;",
};
enum {
    ANY,
    A,
    B,
    I,
    STRING,
    INTS,
    DOUBLES,
    WORDS,
    AS,
    BS,
    INT,
    TYPES
};

static const char classes[] =
    "class .i extends .internal.object interface\n"
    "method g (w)w abstract public\n"
    "method h (i)i public\nILOAD 0\nRRETURN\nend\n"
    "class .a extends .internal.object implements .i\n"
    "field x i\nfield y l\nfield z z\nfield s s\nfield d d\nfield p L.a;\nfield q w\n"
    "field sx i static\nfield sq w static\nfield hidden i private\n"
    "method f (il)i\nILOAD 0\nRRETURN\nend\n"
    "method g (w)w\nWLOAD 1\nWRETURN\nend\n"
    "method k ()i ordinal 3\nWLOAD 0\nGETFIELD .a x i\nRRETURN\nend\n"
    "method k (i)v\nWLOAD 0\nILOAD 0\nPUTFIELD .a x i\nRETURN\nend\n"
    "class .b extends .a\n"
    "method f (il)i synchronized\nLLOAD 1\nL2I\nRRETURN\nend\n"
    "method h (i)i\nICONST8 1\nILOAD 0\nIDIV\nRRETURN\nend\n"
    "class .liar extends .internal.object\n"
    "method g (w)i\nICONST8 1\nRRETURN\nend\n"
    "method h (i)d\nDCONST 1.0\nRRETURN\nend\n";

/* What the methods take and return: the classes and kinds of arguments, then the result. */
static const struct {
    const char *text, *raws, *pushes, *result;
    uint8_t words[4];
} signatures[METHODS] = {
    { "(iwL.a;[i)i",
      "i",
      "ICONST8 3\nNEW .liar\nNEW .b\nICONST8 4\nNEWARRAY [i\n",
      "i",
      { ANY, A, INTS, NO_TYPE } },
    { "(ld)w", "ld", "LCONST 77\nDCONST 1.5\n", "w", { NO_TYPE } },
    { "(L.i;[L.a;)v", "", "NEW .liar\nICONST8 3\nNEWARRAY [L.b;\n", "v", { I, AS, NO_TYPE } },
    { "(fiL.b;)d", "fi", "FCONST 2.5\nICONST8 -1\nNEW .b\n", "d", { B, NO_TYPE } },
    { "([wL.internal.string;)L.a;",
      "",
      "ICONST8 2\nNEWARRAY [L.b;\nWCONST \"text\"\n",
      "a",
      { WORDS, STRING, NO_TYPE } },
    { "(iiw)z", "ii", "ICONST8 5\nICONST8 0\nNEW .a\n", "i", { ANY, NO_TYPE } },
};

/* What a method has at a place. */
struct state {
    uint8_t words[2 * DEPTH_MAX], word_locals[LOCALS];
    char raws[2 * DEPTH_MAX], raw_locals[LOCALS];
    unsigned word_depth, raw_depth;
};

struct block {
    enum {
        BLOCK_IF,
        BLOCK_ELSE,
        BLOCK_LOOP,
        BLOCK_TRY
    } kind;
    unsigned label;
    struct state before;
};

static struct {
    const uint8_t *at, *end; /* choices */
    char text[TEXT_BYTES];
    size_t used;
    struct state now;
    struct block blocks[BLOCKS_MAX];
    unsigned block_count, label_count;
} maker;

static unsigned long made_count, accepted_count, run_count, program_count;

static unsigned
choose(unsigned count)
{
    return maker.at < maker.end ? *maker.at++ % count : 0;
}

static __attribute__((format(printf, 1, 2))) void
say(const char *text, ...)
{
    va_list values;

    va_start(values, text);
    maker.used += (size_t)vsnprintf(maker.text + maker.used, TEXT_BYTES - maker.used, text, values);
    va_end(values);
    ck_assert_uint_lt(maker.used, TEXT_BYTES);
}

/* ---- what is there ---- */

static void
have_word(unsigned type)
{
    maker.now.words[maker.now.word_depth++] = (uint8_t)type;
}

static void
have_raw(char kind)
{
    maker.now.raws[maker.now.raw_depth++] = kind;
}

static bool
fits(unsigned from, unsigned to)
{
    if (from == to || to == ANY || to == I)
        return true;
    return (from == B && to == A) || (from == BS && to == AS) ||
           ((from == AS || from == BS) && to == WORDS);
}

static void
push_raw(char kind)
{
    switch (kind) {
    case 'l':
        say("LCONST %d\n", (int)choose(256) * (int)choose(256) - 99);
        break;
    case 'f':
        say("FCONST %d.5\n", (int)choose(256) - 128);
        break;
    case 'd':
        say("DCONST %d.25\n", (int)choose(256) - 128);
        break;
    default:
        say("ICONST8 %d\n", (int)choose(12) - 3);
        break;
    }
    have_raw(kind);
}

static void
push_new(unsigned type)
{
    switch (type) {
    case ANY:
        say("WCONST %s\n", choose(3) != 0
                               ? "int 5"
                               : (const char *const[]){ "long 0x7fffffffffffffff", "class .a",
                                                        "double 1.5", "bool 1" }[choose(4)]);
        break;
    case STRING:
        say("WCONST \"s%u\"\n", choose(4));
        break;
    case INT:
        say("ICONST %u\nBOX_I\n", choose(256) << 24);
        break;
    case A:
    case B:
        say("NEW .%c\n", type == A && choose(2) == 0 ? 'a' : 'b');
        break;
    case I:
        say("NEW .%s\n", choose(3) == 0 ? "liar" : "b");
        break;
    default:
        say("ICONST8 %u\nNEWARRAY %s\n", (choose(7) + 1) % 7, types[type]);
        break;
    }
}

static void
push_word(unsigned type)
{
    unsigned from = choose(LOCALS + 4);

    if (from < LOCALS && maker.now.word_locals[from] != NO_TYPE &&
        fits(maker.now.word_locals[from], type)) {
        say("WLOAD %u\n", from);
        have_word(maker.now.word_locals[from]);
        return;
    }
    if (from == LOCALS && choose(4) == 0)
        say("WNULL\n");
    else
        push_new(type);
    have_word(type);
}

/* See that the topmost word, or number, is of a type; it is taken away. */
static void
want_word(unsigned type)
{
    struct state *now = &maker.now;

    if (now->word_depth == 0 || !fits(now->words[now->word_depth - 1], type))
        push_word(type);
    now->word_depth--;
}

static void
want_raw(char kind)
{
    struct state *now = &maker.now;

    if (now->raw_depth == 0 || now->raws[now->raw_depth - 1] != kind)
        push_raw(kind);
    now->raw_depth--;
}

static bool
raws_are(const char *kinds, size_t count)
{
    const struct state *now = &maker.now;

    return now->raw_depth >= count && memcmp(now->raws + now->raw_depth - count, kinds, count) == 0;
}

static void
want_raws(const char *kinds, size_t count)
{
    if (!raws_are(kinds, count)) {
        for (size_t i = 0; i < count; i++)
            push_raw(kinds[i]);
    }
    maker.now.raw_depth -= (unsigned)count;
}

/* Both stacks have room, and what is there is not too much. */
static void
trim(unsigned words, unsigned raws)
{
    for (; maker.now.word_depth > words; maker.now.word_depth--)
        say("WPOP\n");
    for (; maker.now.raw_depth > raws; maker.now.raw_depth--)
        say("RPOP\n");
}

/* ---- blocks ---- */

static void
restore(const struct state *to)
{
    struct state *now = &maker.now;
    unsigned words = 0, raws = 0;

    while (words < now->word_depth && words < to->word_depth &&
           now->words[words] == to->words[words])
        words++;
    while (raws < now->raw_depth && raws < to->raw_depth && now->raws[raws] == to->raws[raws])
        raws++;
    trim(words, raws);
    for (; words < to->word_depth; words++) {
        push_word(to->words[words]);
        now->words[words] = to->words[words];
    }
    for (; raws < to->raw_depth; raws++)
        push_raw(to->raws[raws]);
}

/* Of the locals is known what is the same on both ways. */
static void
meet(const struct state *other)
{
    for (unsigned i = 0; i < LOCALS; i++) {
        if (maker.now.word_locals[i] != other->word_locals[i])
            maker.now.word_locals[i] = NO_TYPE;
        if (maker.now.raw_locals[i] != other->raw_locals[i])
            maker.now.raw_locals[i] = 0;
    }
}

static struct block *
open_block(int kind)
{
    struct block *block = &maker.blocks[maker.block_count++];

    block->kind = (unsigned)kind;
    block->label = maker.label_count++;
    block->before = maker.now;
    return block;
}

static void
open_if(void)
{
    static const char *const tests[] = { "IFEQ", "IFNE", "IFLT", "IFGE", "IFGT", "IFLE" };
    unsigned which = choose(10);

    if (which < 6) {
        want_raw('i');
        say("%s l%u\n", tests[which], open_block(BLOCK_IF)->label);
    } else if (which < 8) {
        want_word(ANY);
        say("%s l%u\n", which == 6 ? "IFNULL" : "IFNONNULL", open_block(BLOCK_IF)->label);
    } else if (which == 8) {
        unsigned label;

        want_raw('i');
        label = open_block(BLOCK_IF)->label;
        say("TABLESWITCH l%u -1 l%u k%u l%u k%u\nk%u:\n", label, label, label, label, label, label);
    } else {
        unsigned label;

        want_raw('i');
        label = open_block(BLOCK_IF)->label;
        say("LOOKUPSWITCH k%u -7 l%u 1 k%u 3 l%u\nk%u:\n", label, label, label, label, label);
    }
}

static void
open_loop(void)
{
    unsigned counter = LOCALS + maker.block_count;

    say("ICONST8 %u\nISTORE %u\n", choose(12), counter);
    say("l%u:\n", open_block(BLOCK_LOOP)->label);
}

static void
open_try(void)
{
    say("l%u:\nNOP\n", open_block(BLOCK_TRY)->label);
}

/* Behind a block of a condition may come what is done otherwise. */
static void
close_if(struct block *block)
{
    unsigned otherwise = block->label;
    struct state then;

    if (block->kind == BLOCK_IF && choose(3) == 0) {
        then = maker.now;
        maker.now = block->before;
        block->before = then;
        block->kind = BLOCK_ELSE;
        block->label = maker.label_count++;
        say("GOTO l%u\nl%u:\n", block->label, otherwise);
        return;
    }
    restore(&block->before);
    say("l%u:\n", block->label);
    meet(&block->before);
    maker.block_count--;
}

static void
close_block(void)
{
    struct block *block = &maker.blocks[maker.block_count - 1];
    unsigned label = block->label, counter = LOCALS + maker.block_count - 1;

    if (block->kind <= BLOCK_ELSE) {
        close_if(block);
        return;
    }
    restore(&block->before);
    if (block->kind == BLOCK_LOOP) {
        say("IINC %u -1\nILOAD %u\nIFGT l%u\n", counter, counter, label);
    } else {
        say("e%u:\nGOTO g%u\nh%u:\n", label, label, label);
        maker.now.word_depth = 1;
        maker.now.raw_depth = 0;
        maker.now.words[0] = ANY;
        meet(&block->before);
        restore(&block->before);
        say("g%u:\n.catch l%u e%u h%u%s\n", label, label, label, label,
            choose(2) == 0 ? "" : " .internal.error");
    }
    meet(&block->before);
    maker.block_count--;
}

/* In a loop or a block with a handler a local keeps what it was known to be before. */
static bool
may_store(unsigned local, unsigned type, char kind)
{
    for (unsigned i = 0; i < maker.block_count; i++) {
        const struct block *block = &maker.blocks[i];

        if (block->kind <= BLOCK_ELSE)
            continue;
        if (kind == 'w'
                ? block->before.word_locals[local] != NO_TYPE &&
                      block->before.word_locals[local] != type
                : block->before.raw_locals[local] != 0 && block->before.raw_locals[local] != kind)
            return false;
    }
    return true;
}

/* ---- instructions ---- */

static const struct {
    const char *name, *effect;
    int operands;
} plain[] = {
#define OP(number, name, operands, effect) { #name, effect, OPERANDS_##operands },
#include "format/bytecode.def"
#undef OP
};

/* One whose effect says all of it. Arrays need more, and what jumps or leaves comes elsewhere. */
static bool
is_plain(unsigned index)
{
    return plain[index].operands == OPERANDS_NONE && plain[index].effect[0] != '*' &&
           strchr(plain[index].effect, 'r') == NULL &&
           strstr(plain[index].name, "RETURN") == NULL &&
           strstr(plain[index].name, "ALOAD") == NULL &&
           strstr(plain[index].name, "STORE") == NULL &&
           strcmp(plain[index].name, "ARRAYLENGTH") != 0 &&
           strcmp(plain[index].name, "THROW") != 0 && strncmp(plain[index].name, "MONITOR", 7) != 0;
}

static void
do_plain(void)
{
    unsigned index = choose(sizeof plain / sizeof plain[0]);
    const char *at, *arrow;
    size_t raws = 0;
    char kinds[4];

    if (!is_plain(index))
        return;
    arrow = strchr(plain[index].effect, '>');
    for (at = plain[index].effect; at < arrow; at++) {
        if (*at == 'w')
            push_word(ANY);
        else
            kinds[raws++] = *at;
    }
    want_raws(kinds, raws);
    for (at = plain[index].effect; at < arrow; at++)
        maker.now.word_depth -= *at == 'w';
    say("%s\n", plain[index].name);
    for (at = arrow + 1; *at != 0; at++) {
        if (*at == 'w')
            have_word(strcmp(plain[index].name, "BOX_I") == 0 ? INT : ANY);
        else
            have_raw(*at);
    }
}

static void
do_local(void)
{
    struct state *now = &maker.now;
    unsigned local = choose(LOCALS);
    char kind = "ilfd"[choose(4)];

    if (choose(2) == 0) {
        unsigned type = choose(TYPES);

        want_word(type);
        if (!may_store(local, now->words[now->word_depth], 'w')) {
            say("WPOP\n");
            return;
        }
        say("WSTORE %u\n", local);
        now->word_locals[local] = now->words[now->word_depth];
    } else if (now->raw_locals[local] != 0 && choose(2) == 0) {
        say("%cLOAD %u\n", now->raw_locals[local] - 'a' + 'A', local);
        have_raw(now->raw_locals[local]);
    } else if (may_store(local, 0, kind)) {
        want_raw(kind);
        say("%cSTORE %u\n", kind - 'a' + 'A', local);
        now->raw_locals[local] = kind;
    }
}

static void
do_shuffle(void)
{
    static const struct {
        const char *name, *letters;
    } shuffles[] = {
        { "DUP", "a>aa" },     { "DUP_X1", "ab>bab" },     { "DUP_X2", "abc>cabc" },
        { "DUP2", "ab>abab" }, { "DUP2_X1", "abc>bcabc" }, { "DUP2_X2", "abcd>cdabcd" },
        { "SWAP", "ab>ba" },
    };
    struct state *now = &maker.now;
    unsigned which = choose(7), count = (unsigned)strcspn(shuffles[which].letters, ">");
    bool is_word = choose(2) == 0;
    char was[4];

    if ((is_word ? now->word_depth : now->raw_depth) < count)
        return;
    say("%c%s\n", is_word ? 'W' : 'R', shuffles[which].name);
    if (is_word)
        memcpy(was, now->words + (now->word_depth -= count), count);
    else
        memcpy(was, now->raws + (now->raw_depth -= count), count);
    for (const char *at = shuffles[which].letters + count + 1; *at != 0; at++) {
        if (is_word)
            have_word((uint8_t)was[*at - 'a']);
        else
            have_raw(was[*at - 'a']);
    }
}

static void
do_field(void)
{
    static const struct {
        const char *name;
        char kind;
        uint8_t type;
    } fields[] = {
        { "x i", 'i', 0 }, { "y l", 'l', 0 },    { "z z", 'i', 0 },   { "s s", 'i', 0 },
        { "d d", 'd', 0 }, { "p L.a;", 'w', A }, { "q w", 'w', ANY },
    };
    unsigned which = choose(7), of = choose(2);
    bool is_word = fields[which].kind == 'w', is_put = choose(2) == 0;

    push_word(A + of);
    if (is_put && is_word)
        push_word(fields[which].type);
    else if (is_put)
        want_raw(fields[which].kind);
    maker.now.word_depth -= 1 + (is_put && is_word);
    say("%sFIELD .%c %s\n", is_put ? "PUT" : "GET", "ab"[of], fields[which].name);
    if (!is_put && is_word)
        have_word(fields[which].type);
    else if (!is_put)
        have_raw(fields[which].kind);
}

static void
do_static(void)
{
    if (choose(2) == 0) {
        want_word(ANY);
        say("PUTSTATIC .b sq w\nGETSTATIC .a sx i\n");
        have_raw('i');
    } else {
        want_raw('i');
        say("PUTSTATIC .b sx i\nGETSTATIC .a sq w\n");
        have_word(ANY);
    }
}

/* Nearly always one that an array has: what throws ends the method, or the block. */
static void
push_index(void)
{
    if (choose(8) == 0) {
        push_raw('i');
        return;
    }
    say("ICONST8 0\n");
    have_raw('i');
}

static void
do_array(void)
{
    unsigned type = INTS + choose(5);
    bool is_word = type >= WORDS, is_put = choose(2) == 0;
    char kind = type == INTS ? 'i' : type == DOUBLES ? 'd' : 'w';
    unsigned element = type == AS ? A : type == BS ? B : ANY;

    push_word(type);
    if (choose(5) == 0) {
        say("ARRAYLENGTH\n");
        maker.now.word_depth--;
        have_raw('i');
        return;
    }
    push_index();
    if (is_put && is_word)
        push_word(choose(5) != 0 ? element : ANY);
    else if (is_put)
        push_raw(kind);
    maker.now.word_depth -= 1 + (is_put && is_word);
    maker.now.raw_depth -= 1 + (is_put && !is_word);
    say("%cA%s\n", kind - 'a' + 'A', is_put ? "STORE" : "LOAD");
    if (!is_put && is_word)
        have_word(element);
    else if (!is_put)
        have_raw(kind);
}

static void
do_object(void)
{
    unsigned type = choose(TYPES);
    const char *name = types[type];

    switch (choose(5)) {
    case 0:
        want_word(ANY);
        if (name[0] == 'L')
            say("CHECKCAST %.*s\n", (int)strlen(name) - 2, name + 1);
        else
            say("CHECKCAST %s\n", type == ANY ? ".internal.object" : name);
        have_word(type);
        break;
    case 1:
        push_word(ANY);
        push_word(type);
        say("CONCAT 2\n");
        maker.now.word_depth -= 2;
        have_word(STRING);
        break;
    case 2:
        want_raws("ii", 2);
        say("MULTINEWARRAY [[%c 2\n", choose(2) == 0 ? 'i' : 'w');
        have_word(WORDS);
        break;
    case 3:
        push_word(type);
        say("WDUP\nMONITORENTER\nMONITOREXIT\n");
        maker.now.word_depth--;
        break;
    default:
        push_word(ANY);
        push_word(ANY);
        say("DYN_BINARY %u\n", choose(11));
        maker.now.word_depth -= 2;
        have_word(ANY);
        break;
    }
}

static void
call_method(void)
{
    unsigned which = choose(METHODS);

    say("%sINVOKESTATIC .main m%u %s\n", signatures[which].pushes, which, signatures[which].text);
    if (signatures[which].result[0] == 'w' || signatures[which].result[0] == 'a')
        have_word(signatures[which].result[0] == 'w' ? ANY : A);
    else if (signatures[which].result[0] != 'v')
        have_raw(signatures[which].result[0]);
}

static void
do_call(void)
{
    switch (choose(8)) {
    case 0:
        push_word(A);
        want_raws("il", 2);
        say("INVOKEVIRTUAL .a f (il)i\n");
        maker.now.word_depth--;
        have_raw('i');
        break;
    case 1:
        push_word(I);
        push_word(ANY);
        say("INVOKEINTERFACE .i g (w)w\n");
        maker.now.word_depth -= 2;
        have_word(ANY);
        break;
    case 2:
        push_word(I);
        want_raw('i');
        say("INVOKEINTERFACE .i h (i)i\n");
        maker.now.word_depth--;
        have_raw('i');
        break;
    case 3:
        push_word(choose(TYPES));
        say("INVOKENAME %s 0\n", choose(2) == 0 ? "k" : "toString");
        maker.now.word_depth--;
        have_word(ANY);
        break;
    case 4:
        push_word(A);
        push_word(choose(2) == 0 ? INT : ANY);
        say("%s 1\n", choose(2) == 0 ? "INVOKENAME k" : "INVOKENUMBER 3");
        maker.now.word_depth -= 2;
        have_word(ANY);
        break;
    case 5:
        push_word(B);
        say("INVOKEVIRTUAL .b k ()i\n");
        maker.now.word_depth--;
        have_raw('i');
        break;
    default:
        call_method();
        break;
    }
}

/* An end inside a block: what follows is reached from elsewhere. */
static void
do_end(const char *result)
{
    struct block *block;

    if (maker.block_count == 0 || maker.blocks[maker.block_count - 1].kind > BLOCK_ELSE)
        return;
    block = &maker.blocks[maker.block_count - 1];
    if (choose(2) == 0) {
        want_word(ANY);
        say("THROW\n");
    } else {
        if (result[0] == 'w' || result[0] == 'a')
            want_word(result[0] == 'w' ? ANY : A);
        else if (result[0] != 'v')
            want_raw(result[0]);
        say("%s\n", result[0] == 'w' || result[0] == 'a' ? "WRETURN"
                    : result[0] == 'v'                   ? "RETURN"
                                                         : "RRETURN");
    }
    maker.now = block->before;
    say("l%u:\n", block->label);
    maker.block_count--;
}

/* Something that is nearly always wrong. */
static void
do_wrong(void)
{
    static const char *const wrongs[] = {
        "WPOP\nWPOP\nWPOP\n",
        "RPOP\nRPOP\n",
        "WSWAP\n",
        "RSWAP\n",
        "LADD\n",
        "BOX_D\n",
        "WALOAD\n",
        "IALOAD\n",
        "GETFIELD .a hidden i\n",
        "WLOAD 5\n",
        "DLOAD 4\n",
        "IINC 3 1\n",
        "LASTORE\n",
        "THROW\n",
        "INVOKEVIRTUAL .b f (il)i\n",
        "GETFIELD .b p L.a;\n",
    };

    if (choose(4) != 0)
        say("%s", wrongs[choose(sizeof wrongs / sizeof wrongs[0])]);
    else
        say(".byte %u %u %u\n", choose(256), choose(256), choose(8));
}

static void
step(const char *result)
{
    static void (*const actions[])(void) = { do_plain, do_plain,  do_local, do_local,  do_shuffle,
                                             do_field, do_static, do_array, do_object, do_call };
    unsigned which = choose(16);

    if (which < 10)
        actions[which]();
    else if (which == 15)
        do_end(result);
    else if (maker.block_count == BLOCKS_MAX || (which > 12 && maker.block_count > 0))
        close_block();
    else if (which == 10)
        open_if();
    else if (which == 11)
        open_loop();
    else
        open_try();
    trim(DEPTH_MAX, DEPTH_MAX);
}

/* ---- a program ---- */

static void
make_leave(char result)
{
    trim(0, 0);
    if (result == 'w' || result == 'a')
        push_word(result == 'w' ? ANY : A);
    else if (result != 'v')
        push_raw(result);
    say("%s\nend\n", result == 'w' || result == 'a' ? "WRETURN"
                     : result == 'v'                ? "RETURN"
                                                    : "RRETURN");
}

static void
make_method(unsigned which)
{
    unsigned steps = 8 + choose(STEPS_MAX), wrong = choose(4) == 0 ? choose(steps) : steps;

    maker.now = (struct state){ 0 };
    memset(maker.now.word_locals, NO_TYPE, LOCALS);
    for (unsigned i = 0; signatures[which].words[i] != NO_TYPE; i++)
        maker.now.word_locals[i] = signatures[which].words[i];
    memcpy(maker.now.raw_locals, signatures[which].raws, strlen(signatures[which].raws));
    maker.block_count = 0;
    maker.label_count = 0;
    say("method m%u %s static locals %u %u stack %u %u\n", which, signatures[which].text, LOCALS,
        LOCALS + BLOCKS_MAX + 1, 4 * DEPTH_MAX, 4 * DEPTH_MAX);
    for (unsigned i = 0; i < steps; i++) {
        if (i == wrong)
            do_wrong();
        step(signatures[which].result);
    }
    while (maker.block_count > 0)
        close_block();
    make_leave(signatures[which].result[0]);
}

/* Without choices left everything is the first one. */
static void
make_plain_method(unsigned which)
{
    const uint8_t *at = maker.at;

    maker.at = maker.end;
    maker.now = (struct state){ 0 };
    memset(maker.now.word_locals, NO_TYPE, LOCALS);
    say("method m%u %s static\n", which, signatures[which].text);
    make_leave(signatures[which].result[0]);
    maker.at = at;
}

/* Each method is called twice; what it throws is forgotten. */
static void
make_entry(void)
{
    say("method <entry> ()v static\n");
    for (unsigned i = 0; i < 2 * METHODS; i++) {
        unsigned which = i % METHODS;
        char result = signatures[which].result[0];

        say("a%u:\n%sINVOKESTATIC .main m%u %s\n%s", i, signatures[which].pushes, which,
            signatures[which].text,
            result == 'v'                    ? ""
            : result == 'w' || result == 'a' ? "WPOP\n"
                                             : "RPOP\n");
        say("b%u:\nGOTO d%u\nc%u:\nWPOP\nd%u:\nNOP\n.catch a%u b%u c%u\n", i, i, i, i, i, i, i);
    }
    say("RETURN\nend\n");
}

/* The methods of which the bit is set in `refused` are plain. */
static struct assembled
make_program(const uint8_t *bytes, size_t byte_count, unsigned refused)
{
    maker.used = 0;
    say("entry .main\n%sclass .main extends .internal.object\n", classes);
    for (unsigned i = 0; i < METHODS; i++) {
        size_t share = byte_count / METHODS;

        maker.at = bytes + i * share;
        maker.end = maker.at + share;
        if ((refused >> i & 1) != 0)
            make_plain_method(i);
        else
            make_method(i);
    }
    make_entry();
    if (getenv("BYTECODE_SHOW") != NULL)
        printf("%s----\n", maker.text);
    return assemble(maker.text);
}

static unsigned
refused_methods(void)
{
    unsigned refused = 0;

    for (unsigned i = 0; i < METHODS; i++) {
        char name[32];

        snprintf(name, sizeof name, "class .main, method m%u", i);
        if (strstr(machine_said, name) != NULL)
            refused |= 1u << i;
    }
    return refused;
}

static void
tell_counts(void)
{
    fprintf(stderr, "%lu programs, %lu methods made, %lu accepted, %lu programs run\n",
            program_count, made_count, accepted_count, run_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct assembled module = make_program(bytes, byte_count, 0);
    unsigned refused = 0;
    err_t err = program_run(module.bytes, module.count);

    if (program_count++ == 0 && getenv("BYTECODE_COUNT") != NULL)
        atexit(tell_counts);
    made_count += METHODS;
    if (err == ERR_PROGRAM) {
        refused = refused_methods();
        ck_assert_msg(refused != 0, "refused, and not for a method: %s", machine_said);
        assemble_free(&module);
        module = make_program(bytes, byte_count, refused);
        err = program_run(module.bytes, module.count);
    }
    ck_assert_msg(err == OK || err == ERR_NOSPACE || err == ERR_NOMEM,
                  "without what was refused still refused (%d): %s", err, machine_said);
    for (unsigned i = 0; i < METHODS; i++)
        accepted_count += (refused >> i & 1) == 0;
    run_count += err == OK;
    assemble_free(&module);
    return 0;
}
