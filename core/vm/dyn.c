/*
 * dyn.c - instructions on untyped values: numbers promote as typed ones do, +
 * joins strings, == asks the object; boxes and their contents.
 *
 * A character or a Boolean counts as the int that it stands for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/bits.h"
#include "base/format.h"
#include "base/memory.h"
#include "heap/text.h"
#include "object/string.h"
#include "vm/worker_priv.h"

double fmod(double a, double b);
float fmodf(float a, float b);

/* The longest text of a number, and a little more. */
#define PIECE_BYTES 40

/* Units of a long string that are written between two safepoints. */
#define JOIN_UNITS 4096u

/* In the order of promotion. */
enum number_kind {
    NUMBER_INT,
    NUMBER_LONG,
    NUMBER_FLOAT,
    NUMBER_DOUBLE,
};

struct number {
    enum number_kind kind;
    int64_t whole; /* of INT and LONG */
    double real;   /* of FLOAT and DOUBLE */
};

static bool
is_class(word_t word, uint32_t number)
{
    return word_is_ref(word) && header_class_number(obj_header(word)) == number;
}

static uint64_t
box_bits(word_t box)
{
    return GET_U64(box_object, box, bits);
}

/* True if the word is a number, a character or a Boolean. */
static bool
number_of(word_t word, struct number *number)
{
    *number = (struct number){ .kind = NUMBER_INT };
    switch (word_tag(word)) {
    case TAG_INT:
        number->whole = word_to_int(word);
        return true;
    case TAG_CHAR:
    case TAG_CODE_POINT:
    case TAG_BOOLEAN:
        number->whole = word_to_unsigned(word);
        return true;
    case TAG_LONG:
        number->kind = NUMBER_LONG;
        number->whole = word_to_long(word);
        return true;
    case TAG_FLOAT:
        number->kind = NUMBER_FLOAT;
        number->real = (double)bits_to_float(word_to_float_bits(word));
        return true;
    case TAG_DOUBLE:
        number->kind = NUMBER_DOUBLE;
        number->real = bits_to_double(word_to_double_bits(word));
        return true;
    case TAG_REF:
        break;
    }
    if (is_class(word, CLASS_LONG)) {
        number->kind = NUMBER_LONG;
        number->whole = (int64_t)box_bits(word);
        return true;
    }
    number->kind = NUMBER_DOUBLE;
    if (is_class(word, CLASS_DOUBLE)) {
        number->real = bits_to_double(box_bits(word));
        return true;
    }
    return false;
}

static void
promote(struct number *number, enum number_kind kind)
{
    if (number->kind >= kind)
        return;
    if (number->kind <= NUMBER_LONG && kind >= NUMBER_FLOAT)
        number->real = kind == NUMBER_FLOAT ? (double)(float)number->whole : (double)number->whole;
    number->kind = kind;
}

/* ---- boxes ---- */

/* The number as a word. False: the state has changed. */
static bool
word_of_long(struct vm_worker *worker, int64_t value, word_t *word)
{
    *word = heap_word_from_long(&worker->heap, value);
    if (*word == WORD_NULL)
        sched_collect(worker, sizeof(struct box_object));
    return *word != WORD_NULL;
}

static bool
word_of_double(struct vm_worker *worker, double value, word_t *word)
{
    *word = heap_word_from_double(&worker->heap, bits_of_double(value));
    if (*word == WORD_NULL)
        sched_collect(worker, sizeof(struct box_object));
    return *word != WORD_NULL;
}

static bool
word_of_number(struct vm_worker *worker, const struct number *number, word_t *word)
{
    switch (number->kind) {
    case NUMBER_INT:
        *word = word_from_int((int32_t)number->whole);
        return true;
    case NUMBER_LONG:
        return word_of_long(worker, number->whole, word);
    case NUMBER_FLOAT:
        *word = word_from_float_bits(bits_of_float((float)number->real));
        return true;
    default:
        return word_of_double(worker, number->real, word);
    }
}

/* The immediate object of a raw value; null if there is none. */
static word_t
immediate_of_raw(uint64_t raw, char type)
{
    switch (type) {
    case 'z':
        return word_from_boolean(raw != 0);
    case 'c':
        return word_from_char((uint16_t)raw);
    case 'l':
        return long_fits_word((int64_t)raw) ? word_from_long((int64_t)raw) : WORD_NULL;
    case 'f':
        return word_from_float_bits((uint32_t)raw);
    case 'd':
        return double_fits_word(raw) ? word_from_double_bits(raw) : WORD_NULL;
    default:
        return word_from_int((int32_t)raw);
    }
}

bool
dyn_word_of_raw(struct vm_worker *worker, uint64_t raw, char type, word_t *word)
{
    *word = immediate_of_raw(raw, type);
    if (*word != WORD_NULL)
        return true;
    return type == 'l' ? word_of_long(worker, (int64_t)raw, word)
                       : word_of_double(worker, bits_to_double(raw), word);
}

word_t
dyn_word_in_box(uint64_t raw, char type, ref_t box)
{
    word_t word = immediate_of_raw(raw, type);

    if (word != WORD_NULL)
        return word;
    obj_store_raw64(box, offsetof(struct box_object, bits), raw);
    return box;
}

static uint8_t
opcode_here(const struct vm_worker *worker)
{
    const struct code *code = code_running(worker);
    ref_t bytes = GET_WORD(method_object, code->method, code);

    return atomic_load_explicit(
        (_Atomic uint8_t *)(uintptr_t)(bytes + ARRAY_HEADER_BYTES + code_pc(worker)),
        memory_order_relaxed);
}

void
dyn_box(struct vm_worker *worker)
{
    char type = opcode_here(worker) == BC_BOX_L ? 'l' : 'd';
    word_t word;

    if (!sched_credit(worker, 16) || !dyn_word_of_raw(worker, worker->raw_top[0], type, &word))
        return;
    worker->raw_top++;
    *worker->word_top++ = word;
    worker->pc++;
}

static void
throw_not(struct vm_worker *worker, word_t word, const char *wanted)
{
    struct class_mirror *class;

    if (word == WORD_NULL) {
        exception_throw(worker, VM_ERROR_NULL, "null is not %s", wanted);
        return;
    }
    class = mirror_of_class(word_class_number(word));
    if (class == NULL) {
        call_no_memory(worker);
    } else {
        char name[160];

        exception_copy_text(GET_WORD(class_object, class->class, name), name, sizeof name);
        exception_throw(worker, VM_ERROR_CAST, "class %s is not %s", name, wanted);
    }
}

static void
replace_by_raw(struct vm_worker *worker, uint64_t raw)
{
    worker->word_top--;
    *--worker->raw_top = raw;
    worker->pc++;
}

void
dyn_unbox(struct vm_worker *worker)
{
    static const struct {
        uint8_t op;
        char type;
        uint8_t class_number;
        const char *name;
    } kinds[] = {
        { BC_UNBOX_I, 'i', CLASS_INT, "an int" },
        { BC_UNBOX_L, 'l', CLASS_LONG, "a long" },
        { BC_UNBOX_F, 'f', CLASS_FLOAT, "a float" },
        { BC_UNBOX_D, 'd', CLASS_DOUBLE, "a double" },
        { BC_UNBOX_Z, 'z', CLASS_BOOLEAN, "a boolean" },
        { BC_UNBOX_C, 'c', CLASS_CHAR, "a char" },
        { BC_UNBOX_P, 'p', CLASS_CODE_POINT, "a code point" },
    };
    word_t word = worker->word_top[-1];
    unsigned i = (unsigned)(opcode_here(worker) - BC_UNBOX_I);

    assert(kinds[i].op == opcode_here(worker));
    if (word == WORD_NULL || word_class_number(word) != kinds[i].class_number)
        throw_not(worker, word, kinds[i].name);
    else
        replace_by_raw(worker, dyn_raw(word, kinds[i].type));
}

/* ---- conversion ---- */

static int32_t
int_of_real(double value)
{
    if (value != value)
        return 0;
    if (value >= 2147483647.0)
        return INT32_MAX;
    return value <= -2147483648.0 ? INT32_MIN : (int32_t)value;
}

static int64_t
long_of_real(double value)
{
    if (value != value)
        return 0;
    if (value >= 9223372036854775808.0)
        return INT64_MAX;
    return value <= -9223372036854775808.0 ? INT64_MIN : (int64_t)value;
}

/* The raw value that a cast to `type` gives. */
static uint64_t
cast_number(const struct number *number, char type)
{
    bool is_real = number->kind >= NUMBER_FLOAT;

    switch (type) {
    case 'l':
        return (uint64_t)(is_real ? long_of_real(number->real) : number->whole);
    case 'f':
        return bits_of_float(is_real ? (float)number->real : (float)number->whole);
    case 'd':
        return bits_of_double(is_real ? number->real : (double)number->whole);
    case 'i':
    case 'p':
        return (uint32_t)(is_real ? int_of_real(number->real) : (int32_t)number->whole);
    default:
        return frame_cut((uint64_t)(is_real ? int_of_real(number->real) : number->whole), type);
    }
}

uint64_t
dyn_raw(word_t word, char type)
{
    struct number number;

    if (!number_of(word, &number))
        panic("a word that was found to fit is no number");
    return cast_number(&number, type);
}

void
dyn_coerce(struct vm_worker *worker)
{
    static const char types[] = "ilfd";
    word_t word = worker->word_top[-1];
    struct number number;

    if (!number_of(word, &number))
        throw_not(worker, word, "a number");
    else
        replace_by_raw(worker, cast_number(&number, types[opcode_here(worker) - BC_COERCE_I]));
}

/* ---- operators ---- */

static bool
apply_whole(enum dyn_binary op, bool is_long, int64_t a, int64_t b, int64_t *result)
{
    unsigned mask = is_long ? 63 : 31;

    switch (op) {
    case DYN_ADD:
        *result = a + b;
        break;
    case DYN_SUB:
        *result = a - b;
        break;
    case DYN_MUL:
        *result = a * b;
        break;
    case DYN_DIV:
        *result = b == -1 ? -a : a / b;
        break;
    case DYN_REM:
        *result = b == -1 ? 0 : a % b;
        break;
    case DYN_AND:
        *result = a & b;
        break;
    case DYN_OR:
        *result = a | b;
        break;
    case DYN_XOR:
        *result = a ^ b;
        break;
    case DYN_SHL:
        *result = (int64_t)((uint64_t)a << (b & mask));
        break;
    case DYN_SHR:
        *result = a >> (b & mask);
        break;
    case DYN_USHR:
        *result = is_long ? (int64_t)((uint64_t)a >> (b & 63))
                          : (int64_t)(int32_t)((uint32_t)a >> (b & 31));
        break;
    default:
        return false;
    }
    if (!is_long)
        *result = (int32_t)*result;
    return true;
}

static bool
apply_real(enum dyn_binary op, bool is_double, double a, double b, double *result)
{
    float x = (float)a, y = (float)b;

    switch (op) {
    case DYN_ADD:
        *result = is_double ? a + b : (double)(x + y);
        return true;
    case DYN_SUB:
        *result = is_double ? a - b : (double)(x - y);
        return true;
    case DYN_MUL:
        *result = is_double ? a * b : (double)(x * y);
        return true;
    case DYN_DIV:
        *result = is_double ? a / b : (double)(x / y);
        return true;
    case DYN_REM:
        *result = is_double ? fmod(a, b) : (double)fmodf(x, y);
        return true;
    default:
        return false;
    }
}

enum applied {
    APPLIED,
    NO_OPERATOR,
    DIVIDED_BY_ZERO,
};

static enum applied
apply(enum dyn_binary op, struct number *a, struct number *b, struct number *result)
{
    bool is_shift = op >= DYN_SHL && op <= DYN_USHR;

    if (is_shift && (a->kind > NUMBER_LONG || b->kind > NUMBER_LONG))
        return NO_OPERATOR;
    if (!is_shift) {
        promote(a, b->kind);
        promote(b, a->kind);
    }
    *result = (struct number){ .kind = a->kind };
    if (a->kind >= NUMBER_FLOAT)
        return apply_real(op, a->kind == NUMBER_DOUBLE, a->real, b->real, &result->real)
                   ? APPLIED
                   : NO_OPERATOR;
    if ((op == DYN_DIV || op == DYN_REM) && b->whole == 0)
        return DIVIDED_BY_ZERO;
    return apply_whole(op, a->kind == NUMBER_LONG, a->whole, b->whole, &result->whole)
               ? APPLIED
               : NO_OPERATOR;
}

static void
throw_operator(struct vm_worker *worker, const char *what, word_t a, word_t b)
{
    char names[2][100] = { "null", "null" };
    word_t words[2] = { a, b };

    for (unsigned i = 0; i < 2; i++) {
        struct class_mirror *class =
            words[i] != WORD_NULL ? mirror_of_class(word_class_number(words[i])) : NULL;

        if (class != NULL)
            exception_copy_text(GET_WORD(class_object, class->class, name), names[i],
                                sizeof names[i]);
    }
    exception_throw(worker, VM_ERROR_CAST, "%s and %s cannot be %s", names[0], names[1], what);
}

static const char *const binary_words[DYN_BINARY_COUNT] = {
    [DYN_ADD] = "added",      [DYN_SUB] = "subtracted",  [DYN_MUL] = "multiplied",
    [DYN_DIV] = "divided",    [DYN_REM] = "divided",     [DYN_AND] = "joined by &",
    [DYN_OR] = "joined by |", [DYN_XOR] = "joined by ^", [DYN_SHL] = "shifted",
    [DYN_SHR] = "shifted",    [DYN_USHR] = "shifted",
};

/* ---- texts of values ---- */

/* True for what needs no call to become a text. */
static bool
is_simple(word_t word)
{
    return !word_is_ref(word) || is_class(word, CLASS_STRING) || is_class(word, CLASS_LONG) ||
           is_class(word, CLASS_DOUBLE);
}

static size_t
text_of_code_point(uint32_t point, uint16_t *units)
{
    if (point < 0x10000) {
        units[0] = (uint16_t)point;
        return 1;
    }
    units[0] = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
    units[1] = (uint16_t)(0xdc00 + ((point - 0x10000) & 0x3ff));
    return 2;
}

/* The units of a simple word that is no string. */
static size_t
text_of_simple(word_t word, uint16_t *units)
{
    char text[PIECE_BYTES];
    size_t count;

    switch (word_tag(word)) {
    case TAG_CHAR:
        units[0] = (uint16_t)word_to_unsigned(word);
        return 1;
    case TAG_CODE_POINT:
        return text_of_code_point(word_to_unsigned(word), units);
    case TAG_BOOLEAN:
        count = format(text, sizeof text, "%s", word_to_unsigned(word) != 0 ? "true" : "false");
        break;
    case TAG_INT:
        count = format_long(text, word_to_int(word));
        break;
    case TAG_FLOAT:
        count = format_float(text, bits_to_float(word_to_float_bits(word)));
        break;
    case TAG_LONG:
        count = format_long(text, word_to_long(word));
        break;
    case TAG_DOUBLE:
        count = format_double(text, bits_to_double(word_to_double_bits(word)));
        break;
    default:
        if (word == WORD_NULL)
            count = format(text, sizeof text, "null");
        else if (is_class(word, CLASS_LONG))
            count = format_long(text, (int64_t)box_bits(word));
        else
            count = format_double(text, bits_to_double(box_bits(word)));
        break;
    }
    for (size_t i = 0; i < count; i++)
        units[i] = (uint8_t)text[i];
    return count;
}

/* What the pieces will be when they are joined. False if that is too long. */
static bool
measure_join(const word_t *pieces, unsigned count, struct string_form *form)
{
    uint16_t units[PIECE_BYTES];
    uint64_t total = 0;

    *form = (struct string_form){ 0 };
    for (unsigned i = 0; i < count; i++) {
        size_t n;

        if (is_class(pieces[i], CLASS_STRING)) {
            total += array_length(pieces[i]);
            form->utf16 = form->utf16 || string_is_utf16(pieces[i]);
            continue;
        }
        n = text_of_simple(pieces[i], units);
        total += n;
        for (size_t k = 0; k < n; k++)
            form->utf16 = form->utf16 || units[k] > 0xff;
    }
    form->units = (uint32_t)total;
    return total <= STRING_UNITS_MAX;
}

/* Write the units from `at` on, as many as one step may; returns where it stopped. */
static uint32_t
fill_join(ref_t string, uint32_t at, const word_t *pieces, unsigned count)
{
    uint16_t units[PIECE_BYTES];
    uint32_t start = 0, end = at + JOIN_UNITS;

    for (unsigned i = 0; i < count && at < end; i++) {
        bool is_string = is_class(pieces[i], CLASS_STRING);
        uint32_t length =
            is_string ? array_length(pieces[i]) : (uint32_t)text_of_simple(pieces[i], units);
        uint32_t from = at - start;
        uint32_t part = from >= length ? 0 : length - from;

        start += length;
        if (part > end - at)
            part = end - at;
        if (is_string)
            string_fill_part(string, at, pieces[i], from < length ? from : length, part);
        for (uint32_t k = 0; !is_string && k < part; k++)
            string_fill_unit(string, at + k, units[from + k]);
        at += part;
    }
    return at;
}

/*
 * The pieces joined. 0: the state has changed. A long string waits in prim_word while it is filled,
 * a step from one safepoint to the next; prim_raw is where the next step begins.
 */
static ref_t
join(struct vm_worker *worker, const word_t *pieces, unsigned count)
{
    ref_t thread = worker->thread, string = GET_WORD(thread_object, thread, prim_word);
    struct string_form form;
    uint32_t at = 0;

    if (!measure_join(pieces, count, &form)) {
        exception_throw_prepared(worker, ERR_NOMEM);
        return WORD_NULL;
    }
    if (string == WORD_NULL) {
        string = heap_string(&worker->heap, form);
        if (string == WORD_NULL) {
            sched_collect(worker, string_object_bytes(form));
            return WORD_NULL;
        }
        if (form.units > JOIN_UNITS)
            SET_WORD(thread_object, thread, prim_word, string);
    } else {
        at = (uint32_t)GET_U64(thread_object, thread, prim_raw);
    }
    at = fill_join(string, at, pieces, count);
    if (at < form.units) {
        SET_U64(thread_object, thread, prim_raw, at);
        sched_again(worker);
        return WORD_NULL;
    }
    if (form.units > JOIN_UNITS)
        thread_progress_clear(thread);
    return string;
}

void
dyn_concat(struct vm_worker *worker)
{
    unsigned count = (unsigned)worker->pc[1];
    ref_t string;

    if (!sched_credit(worker, 32))
        return;
    string = join(worker, worker->word_top - count, count);
    if (string == WORD_NULL)
        return;
    worker->word_top -= count;
    *worker->word_top++ = string;
    worker->pc += 2;
}

/* ---- calls of toString and equals, which every object has ---- */

static _Atomic uint32_t tostring_index, equals_index; /* in the vtable, plus 1; 0: not known yet */

void
dyn_close(void)
{
    atomic_store(&tostring_index, 0);
    atomic_store(&equals_index, 0);
}

static uint32_t
object_method(_Atomic uint32_t *index, const char *name, const char *signature)
{
    struct class_mirror *object = mirror_of_class(CLASS_OBJECT);
    uint32_t found = atomic_load(index);

    for (uint32_t i = 0; found == 0 && object != NULL && i < object->vtable_count; i++) {
        const struct method_mirror *method = object->vtable[i];

        if (string_equal_utf8(method->name, name, text_length(name)) &&
            string_equal_utf8(method->signature, signature, text_length(signature)))
            found = i + 1;
    }
    atomic_store(index, found);
    return found;
}

/* Call a method of the topmost words; its result goes where `caller` says. */
static void
call_method(struct vm_worker *worker, word_t receiver, uint32_t index, uint64_t caller)
{
    uint32_t class_number = word_class_number(receiver);

    if (index == 0)
        exception_throw(worker, VM_ERROR_NO_METHOD, "the class library lacks a method");
    else if (!code_make_vtable(class_number))
        call_no_memory(worker);
    else
        call_code(worker, CODE_SEEN(code_vtables[class_number])[index - 1], caller);
}

static uint64_t
caller_at(const struct vm_worker *worker, uint32_t pc)
{
    return (uint64_t)code_running(worker)->number << FRAME_METHOD_SHIFT | pc;
}

#define TOSTRING_SIGNATURE "()L.internal.string;"

void
dyn_tostring(struct vm_worker *worker)
{
    word_t word = worker->word_top[-1];

    if (word == WORD_NULL) {
        ref_t string;

        if (!sched_credit(worker, 16))
            return;
        string = join(worker, &word, 1);
        if (string == WORD_NULL)
            return;
        worker->word_top[-1] = string;
        worker->pc++;
        return;
    }
    if (is_class(word, CLASS_STRING)) {
        worker->pc++;
        return;
    }
    call_method(worker, word, object_method(&tostring_index, "toString", TOSTRING_SIGNATURE),
                caller_at(worker, code_pc(worker) + 1));
}

/*
 * One side is a string, so the other becomes one: the side that is no simple
 * value is replaced by what its toString gives, and the instruction runs again.
 */
static void
join_two(struct vm_worker *worker)
{
    word_t *pair = worker->word_top - 2;
    uint32_t index, class_number, pc = code_pc(worker);
    ref_t string;

    if (!is_simple(pair[1]) || !is_simple(pair[0])) {
        index = object_method(&tostring_index, "toString", TOSTRING_SIGNATURE);
        if (!is_simple(pair[1])) {
            call_method(worker, pair[1], index, caller_at(worker, pc));
            return;
        }
        class_number = word_class_number(pair[0]);
        if (index == 0)
            exception_throw(worker, VM_ERROR_NO_METHOD, "the class library lacks a method");
        else if (!code_make_vtable(class_number))
            call_no_memory(worker);
        else
            call_below(worker, CODE_SEEN(code_vtables[class_number])[index - 1]);
        return;
    }
    string = join(worker, pair, 2);
    if (string == WORD_NULL)
        return;
    *pair = string;
    worker->word_top--;
    worker->pc += 2;
}

void
dyn_binary(struct vm_worker *worker)
{
    word_t a = worker->word_top[-2], b = worker->word_top[-1], word;
    enum dyn_binary op = (enum dyn_binary)worker->pc[1];
    struct number x, y, result;
    enum applied applied;

    if (!sched_credit(worker, 32))
        return;
    if (op == DYN_ADD && (is_class(a, CLASS_STRING) || is_class(b, CLASS_STRING))) {
        join_two(worker);
        return;
    }
    if (!number_of(a, &x) || !number_of(b, &y)) {
        throw_operator(worker, binary_words[op], a, b);
        return;
    }
    applied = apply(op, &x, &y, &result);
    if (applied == DIVIDED_BY_ZERO)
        exception_throw(worker, VM_ERROR_ARITHMETIC, "division by zero");
    else if (applied == NO_OPERATOR)
        throw_operator(worker, binary_words[op], a, b);
    if (applied != APPLIED)
        return;
    if (op >= DYN_AND && op <= DYN_XOR && word_tag(a) == TAG_BOOLEAN && word_tag(b) == TAG_BOOLEAN)
        word = word_from_boolean(result.whole != 0);
    else if (!word_of_number(worker, &result, &word))
        return;
    worker->word_top[-2] = word;
    worker->word_top--;
    worker->pc += 2;
}

void
dyn_unary(struct vm_worker *worker)
{
    word_t a = worker->word_top[-1], word;
    enum dyn_unary op = (enum dyn_unary)worker->pc[1];
    struct number number;

    if (!number_of(a, &number) || (op == DYN_INVERT && number.kind > NUMBER_LONG) ||
        (op == DYN_NOT && number.kind != NUMBER_INT)) {
        throw_not(worker, a, op == DYN_NOT ? "a condition" : "a number");
        return;
    }
    if (op == DYN_NOT) {
        word = word_from_boolean(number.whole == 0);
    } else {
        number.whole = op == DYN_NEG ? -number.whole : ~number.whole;
        number.real = -number.real;
        if (!sched_credit(worker, 16) || !word_of_number(worker, &number, &word))
            return;
    }
    worker->word_top[-1] = word;
    worker->pc += 2;
}

/* ---- comparison ---- */

enum order {
    ORDER_LESS,
    ORDER_EQUAL,
    ORDER_GREATER,
    ORDER_NONE, /* NaN */
};

static enum order
order_numbers(struct number *a, struct number *b)
{
    promote(a, b->kind);
    promote(b, a->kind);
    if (a->kind >= NUMBER_FLOAT) {
        if (a->real < b->real)
            return ORDER_LESS;
        return a->real > b->real ? ORDER_GREATER : a->real == b->real ? ORDER_EQUAL : ORDER_NONE;
    }
    if (a->whole < b->whole)
        return ORDER_LESS;
    return a->whole > b->whole ? ORDER_GREATER : ORDER_EQUAL;
}

static bool
is_ordered(enum dyn_compare how, enum order order)
{
    switch (how) {
    case DYN_LT:
        return order == ORDER_LESS;
    case DYN_LE:
        return order == ORDER_LESS || order == ORDER_EQUAL;
    case DYN_GT:
        return order == ORDER_GREATER;
    default:
        return order == ORDER_GREATER || order == ORDER_EQUAL;
    }
}

void
dyn_compare(struct vm_worker *worker)
{
    word_t a = worker->word_top[-2], b = worker->word_top[-1];
    struct number x, y;
    enum order order;

    if (is_class(a, CLASS_STRING) && is_class(b, CLASS_STRING)) {
        int by = string_compare(a, b);

        order = by < 0 ? ORDER_LESS : by > 0 ? ORDER_GREATER : ORDER_EQUAL;
    } else if (number_of(a, &x) && number_of(b, &y)) {
        order = order_numbers(&x, &y);
    } else {
        throw_operator(worker, "ordered", a, b);
        return;
    }
    worker->word_top -= 2;
    *--worker->raw_top = is_ordered((enum dyn_compare)worker->pc[1], order);
    worker->pc += 2;
}

static void
answer_equals(struct vm_worker *worker, bool equal)
{
    worker->word_top -= 2;
    *--worker->raw_top = equal;
    worker->pc++;
}

void
dyn_equals(struct vm_worker *worker)
{
    word_t a = worker->word_top[-2], b = worker->word_top[-1];
    struct number x, y;
    bool a_is_number, b_is_number;

    if (a == WORD_NULL || b == WORD_NULL) {
        answer_equals(worker, a == b);
        return;
    }
    a_is_number = number_of(a, &x);
    b_is_number = number_of(b, &y);
    if (a_is_number && b_is_number)
        answer_equals(worker, order_numbers(&x, &y) == ORDER_EQUAL);
    else if (a_is_number || a == b)
        answer_equals(worker, a == b);
    else if (is_class(a, CLASS_STRING))
        answer_equals(worker, is_class(b, CLASS_STRING) && string_equal(a, b));
    else
        call_method(worker, a, object_method(&equals_index, "equals", "(w)z"),
                    caller_at(worker, code_pc(worker) + 1));
}

void
dyn_truth(struct vm_worker *worker)
{
    word_t word = worker->word_top[-1];

    if (word_tag(word) != TAG_BOOLEAN && word_tag(word) != TAG_INT)
        throw_not(worker, word, "a condition");
    else
        replace_by_raw(worker, (uint32_t)(word >> 32));
}
