/*
 * verify_ops.c - what each instruction asks for and leaves behind.
 *
 * Most of it stands in the effects of format/bytecode.def. Here is what they do not
 * say: which class a pushed word has, and what members, arrays and calls ask of
 * the words that are popped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "vm/signature.h"
#include "vm/verify_priv.h"

static const struct module_pool_entry *
entry_of(const struct verify *verify)
{
    return &verify->load->module.pool[verify->at.number];
}

static const struct pool_item *
item_of(const struct verify *verify)
{
    return &verify->load->pool[verify->at.number];
}

/* ---- operands by themselves ---- */

#define TAG(tag) (1u << (tag))

/* The kinds of pool entries that an instruction may name. */
static uint32_t
tags_wanted(enum bytecode op)
{
    switch (op) {
    case BC_WCONST:
        return TAG(POOL_STRING) | TAG(POOL_CLASS) | TAG(POOL_INT) | TAG(POOL_LONG) |
               TAG(POOL_FLOAT) | TAG(POOL_DOUBLE) | TAG(POOL_BOOLEAN) | TAG(POOL_CHAR) |
               TAG(POOL_CODE_POINT);
    case BC_NEW:
    case BC_CHECKCAST:
    case BC_INSTANCEOF:
    case BC_NEWARRAY:
    case BC_MULTINEWARRAY:
        return TAG(POOL_CLASS);
    case BC_GETFIELD:
    case BC_PUTFIELD:
    case BC_GETSTATIC:
    case BC_PUTSTATIC:
        return TAG(POOL_FIELD);
    case BC_INVOKEVIRTUAL:
    case BC_INVOKESPECIAL:
    case BC_INVOKESTATIC:
    case BC_INVOKEINTERFACE:
        return TAG(POOL_METHOD);
    case BC_INVOKENAME:
        return TAG(POOL_NAME);
    case BC_INVOKENUMBER:
        return TAG(POOL_INT);
    default:
        return 0;
    }
}

static err_t
check_local(struct verify *verify)
{
    uint32_t count = verify->at.op == BC_WLOAD || verify->at.op == BC_WSTORE
                         ? verify->source->word_locals
                         : verify->source->raw_locals;

    if (verify->at.number >= count)
        return verify_fail(verify, "local %u, where there are %u", verify->at.number, count);
    return OK;
}

static err_t
check_number(struct verify *verify)
{
    uint32_t limit = 256;

    if (verify->at.op == BC_DYN_BINARY)
        limit = DYN_BINARY_COUNT;
    else if (verify->at.op == BC_DYN_UNARY)
        limit = DYN_UNARY_COUNT;
    else if (verify->at.op == BC_DYN_COMPARE)
        limit = DYN_COMPARE_COUNT;
    if (verify->at.number >= limit || (verify->at.op == BC_CONCAT && verify->at.number == 0))
        return verify_fail(verify, "operand %u", verify->at.number);
    return OK;
}

/* Of the names kept for the machine, two stand for something in a call by name. */
static err_t
check_name(struct verify *verify, const struct name *name)
{
    if (name->text[0] != '<' || text_equal(name->text, "<new>"))
        return OK;
    if (!text_equal(name->text, "<call>"))
        return verify_fail(verify, "%s cannot be called by name", name->text);
    if (verify->at.second == 0)
        return verify_fail(verify, "nothing says which method is called");
    return OK;
}

static err_t
check_pool(struct verify *verify)
{
    if (verify->at.number == 0 || verify->at.number >= verify->load->module.pool_count ||
        (TAG(entry_of(verify)->tag) & tags_wanted(verify->at.op)) == 0)
        return verify_fail(verify, "entry %u of the pool is not what it needs", verify->at.number);
    if (verify->at.op == BC_INVOKENAME)
        TRY(check_name(verify, pool_name(verify->load, entry_of(verify)->name)));
    if (verify->at.op == BC_INVOKENUMBER && (int32_t)entry_of(verify)->bits < 0)
        return verify_fail(verify, "a method number is negative");
    return OK;
}

err_t
verify_operand(struct verify *verify)
{
    switch (verify->at.operands) {
    case OPERANDS_LOCAL:
    case OPERANDS_LOCAL_I16:
        return check_local(verify);
    case OPERANDS_U8:
        return check_number(verify);
    case OPERANDS_POOL:
    case OPERANDS_POOL_U8:
        return check_pool(verify);
    default:
        return OK;
    }
}

/* ---- what the table says ---- */

static err_t
push_known(struct verify *verify, enum well_known_class number)
{
    struct model_class *class;

    TRY(model_well_known(verify->load, number, &class));
    return verify_push_word(verify, class);
}

/* Pop and push as the effect says; pushed words have the class given. */
static err_t
apply_effect(struct verify *verify, enum well_known_class pushed)
{
    const char *effect = verify->at.effect, *middle = effect;

    while (*middle != '>')
        middle++;
    for (const char *at = middle; at > effect; at--) {
        type_t type;
        char kind;

        if (at[-1] == 'w')
            TRY(verify_pop_word(verify, &type));
        else
            TRY(verify_pop_raw(verify, at[-1], &kind));
    }
    for (const char *at = middle + 1; *at != 0; at++) {
        if (*at == 'w')
            TRY(push_known(verify, pushed));
        else
            TRY(verify_push_raw(verify, *at));
    }
    return OK;
}

/* Shuffles of a stack: letters for what is popped, the top last, then for what is pushed. */
static const char *
shuffle_of(enum bytecode op)
{
    switch (op) {
    case BC_WDUP:
    case BC_RDUP:
        return "a>aa";
    case BC_WDUP_X1:
    case BC_RDUP_X1:
        return "ab>bab";
    case BC_WDUP_X2:
    case BC_RDUP_X2:
        return "abc>cabc";
    case BC_WDUP2:
    case BC_RDUP2:
        return "ab>abab";
    case BC_WDUP2_X1:
    case BC_RDUP2_X1:
        return "abc>bcabc";
    case BC_WDUP2_X2:
    case BC_RDUP2_X2:
        return "abcd>cdabcd";
    case BC_WSWAP:
    case BC_RSWAP:
        return "ab>ba";
    default:
        return NULL;
    }
}

static err_t
shuffle(struct verify *verify, const char *letters)
{
    bool is_word = verify->at.op <= BC_WSWAP;
    const char *at = letters;
    type_t types[4] = { NULL };
    char kinds[4] = { 0 };

    while (*at != '>')
        at++;
    for (const char *pop = at; pop > letters; pop--) {
        if (is_word)
            TRY(verify_pop_word(verify, &types[pop[-1] - 'a']));
        else
            TRY(verify_pop_raw(verify, 'r', &kinds[pop[-1] - 'a']));
    }
    for (at++; *at != 0; at++) {
        if (is_word)
            TRY(verify_push_word(verify, types[*at - 'a']));
        else
            TRY(verify_push_raw(verify, kinds[*at - 'a']));
    }
    return OK;
}

/* ---- constants and locals ---- */

static err_t
constant(struct verify *verify)
{
    static const uint8_t classes[] = {
        [POOL_CLASS] = CLASS_CLASS,
        [POOL_STRING] = CLASS_STRING,
        [POOL_INT] = CLASS_INT,
        [POOL_LONG] = CLASS_LONG,
        [POOL_FLOAT] = CLASS_FLOAT,
        [POOL_DOUBLE] = CLASS_DOUBLE,
        [POOL_BOOLEAN] = CLASS_BOOLEAN,
        [POOL_CHAR] = CLASS_CHAR,
        [POOL_CODE_POINT] = CLASS_CODE_POINT,
    };

    return push_known(verify, (enum well_known_class)classes[entry_of(verify)->tag]);
}

static char
local_kind(enum bytecode op)
{
    switch (op) {
    case BC_LLOAD:
    case BC_LSTORE:
        return 'l';
    case BC_FLOAD:
    case BC_FSTORE:
        return 'f';
    case BC_DLOAD:
    case BC_DSTORE:
        return 'd';
    default:
        return 'i';
    }
}

static err_t
load_local(struct verify *verify)
{
    uint32_t index = verify->at.number;
    char kind = local_kind(verify->at.op);

    if (verify->at.op == BC_WLOAD) {
        if (verify->now.words[index] == NULL)
            return verify_fail(verify, "word local %u is read before it is set", index);
        return verify_push_word(verify, verify->now.words[index]);
    }
    if (verify->now.raws[index] != kind)
        return verify_fail(verify, "raw local %u does not hold a value of kind %c", index, kind);
    return verify->at.op == BC_IINC ? OK : verify_push_raw(verify, kind);
}

static err_t
store_local(struct verify *verify)
{
    uint32_t index = verify->at.number;

    verify->locals_changed = true;
    if (verify->at.op == BC_WSTORE)
        return verify_pop_word(verify, &verify->now.words[index]);
    return verify_pop_raw(verify, local_kind(verify->at.op), &verify->now.raws[index]);
}

/* ---- fields ---- */

/* Private members are for their own class, and final fields for its constructors. */
static err_t
check_field_access(struct verify *verify, const struct model_field *field)
{
    bool is_static = verify->at.op == BC_GETSTATIC || verify->at.op == BC_PUTSTATIC;
    bool is_put = verify->at.op == BC_PUTFIELD || verify->at.op == BC_PUTSTATIC;
    const char *maker = is_static ? "<static>" : "<new>";

    if (((field->flags & MEMBER_STATIC) != 0) != is_static)
        return verify_fail(verify, "field %s of %s is %sstatic", field->name->text,
                           field->owner->name->text, is_static ? "not " : "");
    if ((field->flags & MEMBER_PRIVATE) != 0 && field->owner != verify->class)
        return verify_fail(verify, "field %s of %s is private", field->name->text,
                           field->owner->name->text);
    if (is_put && (field->flags & MEMBER_FINAL) != 0 &&
        (field->owner != verify->class || !text_equal(verify->method->name->text, maker)))
        return verify_fail(verify, "field %s of %s is final", field->name->text,
                           field->owner->name->text);
    return OK;
}

static err_t
pop_value(struct verify *verify, const char *type, size_t bytes, const char *what)
{
    char area = type_area(type[0]), kind;
    struct model_class *wanted;
    type_t there;

    if (area != 'w')
        return verify_pop_raw(verify, area, &kind);
    TRY(model_class_of_type(verify->load, type, bytes, &wanted));
    TRY(verify_pop_word(verify, &there));
    if (wanted == NULL || !verify_fits(there, wanted))
        return verify_fail(verify, "%s is %s, and must be %.*s", what, verify_type_name(there),
                           (int)bytes, type);
    return OK;
}

static err_t
push_value(struct verify *verify, const char *type, size_t bytes)
{
    char area = type_area(type[0]);
    struct model_class *class;

    if (area != 'w')
        return verify_push_raw(verify, area);
    TRY(model_class_of_type(verify->load, type, bytes, &class));
    if (class == NULL)
        return verify_fail(verify, "nobody knows the type %.*s", (int)bytes, type);
    return verify_push_word(verify, class);
}

static err_t
pop_receiver(struct verify *verify, struct model_class *wanted, const char *member)
{
    type_t there;

    TRY(verify_pop_word(verify, &there));
    if (!verify_fits(there, wanted))
        return verify_fail(verify, "%s of %s is asked of %s", member, wanted->name->text,
                           verify_type_name(there));
    return OK;
}

static err_t
access_field(struct verify *verify)
{
    const struct model_field *field = item_of(verify)->field;
    bool is_put = verify->at.op == BC_PUTFIELD || verify->at.op == BC_PUTSTATIC;

    TRY(check_field_access(verify, field));
    if (is_put)
        TRY(pop_value(verify, field->type->text, field->type->bytes, field->name->text));
    if (verify->at.op == BC_GETFIELD || verify->at.op == BC_PUTFIELD)
        TRY(pop_receiver(verify, field->owner, field->name->text));
    return is_put ? OK : push_value(verify, field->type->text, field->type->bytes);
}

/* ---- objects and arrays ---- */

static err_t
make_object(struct verify *verify)
{
    struct model_class *class = item_of(verify)->class;

    if (class->is_machines)
        return verify_fail(verify, "only the machine makes objects of %s", class->name->text);
    if ((class->flags & (CLASS_ABSTRACT | CLASS_INTERFACE)) != 0)
        return verify_fail(verify, "%s is abstract", class->name->text);
    return verify_push_word(verify, class);
}

static err_t
make_array(struct verify *verify)
{
    struct model_class *class = item_of(verify)->class, *inner = class;
    int32_t dimensions = verify->at.op == BC_MULTINEWARRAY ? verify->at.second : 1;
    char kind;

    if (dimensions == 0)
        return verify_fail(verify, "an array of no dimension");
    for (int32_t i = 0; i < dimensions; i++) {
        if (inner == NULL || !model_is_array(inner))
            return verify_fail(verify, "%s has not so many dimensions", class->name->text);
        inner = inner->element;
        TRY(verify_pop_raw(verify, 'i', &kind));
    }
    return verify_push_word(verify, class);
}

/* The type characters of arrays that an instruction is for. */
static const char *
arrays_of(enum bytecode op)
{
    switch (op) {
    case BC_WALOAD:
    case BC_WASTORE:
        return "w";
    case BC_BALOAD:
    case BC_BASTORE:
        return "bz";
    case BC_CALOAD:
    case BC_CASTORE:
        return "c";
    case BC_SALOAD:
    case BC_SASTORE:
        return "s";
    case BC_IALOAD:
    case BC_IASTORE:
        return "i";
    case BC_LALOAD:
    case BC_LASTORE:
        return "l";
    case BC_FALOAD:
    case BC_FASTORE:
        return "f";
    case BC_DALOAD:
    case BC_DASTORE:
        return "d";
    default:
        return "wzbscilfd"; /* ARRAYLENGTH */
    }
}

static err_t
access_array(struct verify *verify)
{
    const char *wanted = arrays_of(verify->at.op);
    type_t array;

    TRY(verify_peek_word(verify, verify->at.op == BC_WASTORE ? 1 : 0, &array));
    if (array != TYPE_NULL) {
        while (*wanted != 0 && *wanted != array->element_type)
            wanted++;
        if (*wanted == 0)
            return verify_fail(verify, "%s is not the array that it needs",
                               verify_type_name(array));
    }
    TRY(apply_effect(verify, CLASS_OBJECT));
    if (verify->at.op != BC_WALOAD)
        return OK;
    TRY(verify_pop_word(verify, &(type_t){ NULL }));
    return verify_push_word(verify, array == TYPE_NULL ? TYPE_NULL : array->element);
}

static err_t
cast(struct verify *verify)
{
    TRY(apply_effect(verify, CLASS_OBJECT));
    TRY(verify_pop_word(verify, &(type_t){ NULL }));
    return verify_push_word(verify, item_of(verify)->class);
}

static err_t
concatenate(struct verify *verify)
{
    type_t type;

    for (uint32_t i = 0; i < verify->at.number; i++)
        TRY(verify_pop_word(verify, &type));
    return push_known(verify, CLASS_STRING);
}

/* ---- calls ---- */

/* INVOKESPECIAL: constructors, what is above, and what is private, all without looking it up. */
static err_t
check_special(struct verify *verify, const struct model_method *method)
{
    if (text_equal(method->name->text, "<new>"))
        return OK;
    if ((method->flags & (METHOD_ABSTRACT | MEMBER_STATIC)) != 0)
        return verify_fail(verify, "method %s of %s is abstract or static", method->name->text,
                           method->owner->name->text);
    for (uint32_t i = 0; i < verify->class->interface_count; i++) {
        if (verify->class->interfaces[i] == method->owner)
            return OK;
    }
    if (!model_is_below(verify->class, method->owner))
        return verify_fail(verify, "%s is neither this class nor above it",
                           method->owner->name->text);
    return OK;
}

static err_t
check_call(struct verify *verify, const struct model_method *method)
{
    bool is_static = (method->flags & MEMBER_STATIC) != 0;
    bool of_interface = (method->owner->flags & CLASS_INTERFACE) != 0;
    const char *name = method->name->text, *owner = method->owner->name->text;

    if ((method->flags & MEMBER_PRIVATE) != 0 && method->owner != verify->class)
        return verify_fail(verify, "method %s of %s is private", name, owner);
    if (verify->at.op == BC_INVOKESPECIAL)
        return check_special(verify, method);
    if (name[0] == '<')
        return verify_fail(verify, "%s is only for INVOKESPECIAL", name);
    if (is_static != (verify->at.op == BC_INVOKESTATIC))
        return verify_fail(verify, "method %s of %s is %sstatic", name, owner,
                           is_static ? "" : "not ");
    if (is_static)
        return OK;
    if ((method->flags & MEMBER_PRIVATE) != 0)
        return verify_fail(verify, "method %s of %s is private: INVOKESPECIAL calls it", name,
                           owner);
    if (verify->at.op == BC_INVOKEVIRTUAL && of_interface)
        return verify_fail(verify, "method %s is of interface %s", name, owner);
    if (verify->at.op == BC_INVOKEINTERFACE && !of_interface &&
        (item_of(verify)->class->flags & CLASS_INTERFACE) == 0)
        return verify_fail(verify, "method %s is of no interface, but of %s", name, owner);
    return OK;
}

/*
 * What the receiver must be known to be. A super's or private method works on
 * this class; the receiver of an interface is looked at by the call.
 */
static struct model_class *
receiver_wanted(const struct verify *verify, const struct model_method *method)
{
    if (verify->at.op == BC_INVOKESPECIAL && !text_equal(method->name->text, "<new>"))
        return verify->class;
    return method->owner;
}

static err_t
call_method(struct verify *verify)
{
    const struct model_method *method = item_of(verify)->method;
    const struct name *signature = method->signature;
    struct signature_walk walk = signature_begin(signature->text, signature->bytes);
    struct {
        const char *type;
        size_t bytes;
    } arguments[SIGNATURE_ARGUMENTS_MAX];
    unsigned count = 0;

    TRY(check_call(verify, method));
    for (; signature_next(&walk); count++) {
        assert(count < SIGNATURE_ARGUMENTS_MAX);
        arguments[count].type = walk.type;
        arguments[count].bytes = walk.type_bytes;
    }
    while (count > 0) {
        count--;
        TRY(pop_value(verify, arguments[count].type, arguments[count].bytes, "an argument"));
    }
    if ((method->flags & MEMBER_STATIC) == 0)
        TRY(pop_receiver(verify, receiver_wanted(verify, method), method->name->text));
    return walk.type[0] == 'v' ? OK : push_value(verify, walk.type, walk.type_bytes);
}

/* By name or number: any words, and what comes back is any object. */
static err_t
call_untyped(struct verify *verify)
{
    type_t type;

    for (int32_t i = 0; i <= verify->at.second; i++)
        TRY(verify_pop_word(verify, &type));
    return push_known(verify, CLASS_OBJECT);
}

static err_t
return_value(struct verify *verify)
{
    char area = verify->at.op == BC_RETURN ? 'v' : verify->at.op == BC_WRETURN ? 'w' : 'r';
    char kind;
    type_t type;

    if (area == 'r' && verify->result_area != 'v' && verify->result_area != 'w')
        return verify_pop_raw(verify, verify->result_area, &kind);
    if (area != verify->result_area)
        return verify_fail(verify, "the method returns something else");
    if (area == 'v')
        return OK;
    TRY(verify_pop_word(verify, &type));
    if (!verify_fits(type, verify->result))
        return verify_fail(verify, "the result is %s, and must be %s", verify_type_name(type),
                           verify_type_name(verify->result));
    return OK;
}

/* ---- all of them ---- */

/* The class of the word that an instruction pushes when only the instruction decides it. */
static enum well_known_class
class_pushed(enum bytecode op)
{
    switch (op) {
    case BC_BOX_I:
        return CLASS_INT;
    case BC_BOX_L:
        return CLASS_LONG;
    case BC_BOX_F:
        return CLASS_FLOAT;
    case BC_BOX_D:
        return CLASS_DOUBLE;
    case BC_BOX_Z:
        return CLASS_BOOLEAN;
    case BC_BOX_C:
        return CLASS_CHAR;
    case BC_BOX_P:
        return CLASS_CODE_POINT;
    case BC_TOSTRING:
        return CLASS_STRING;
    default:
        return CLASS_OBJECT;
    }
}

static err_t
effect_of_object_ops(struct verify *verify)
{
    switch (verify->at.op) {
    case BC_GETFIELD:
    case BC_PUTFIELD:
    case BC_GETSTATIC:
    case BC_PUTSTATIC:
        return access_field(verify);
    case BC_NEW:
        return make_object(verify);
    case BC_CHECKCAST:
        return cast(verify);
    case BC_CONCAT:
        return concatenate(verify);
    case BC_NEWARRAY:
    case BC_MULTINEWARRAY:
        return make_array(verify);
    case BC_INVOKEVIRTUAL:
    case BC_INVOKESPECIAL:
    case BC_INVOKESTATIC:
    case BC_INVOKEINTERFACE:
        return call_method(verify);
    case BC_INVOKENAME:
    case BC_INVOKENUMBER:
        return call_untyped(verify);
    case BC_RETURN:
    case BC_WRETURN:
    case BC_RRETURN:
        return return_value(verify);
    default:
        if (verify->at.op >= BC_ARRAYLENGTH && verify->at.op <= BC_DASTORE)
            return access_array(verify);
        assert(verify->at.effect[0] != '*');
        return apply_effect(verify, class_pushed(verify->at.op));
    }
}

err_t
verify_effect(struct verify *verify)
{
    const char *letters = shuffle_of(verify->at.op);

    if (letters != NULL)
        return shuffle(verify, letters);
    switch (verify->at.op) {
    case BC_WNULL:
        return verify_push_word(verify, TYPE_NULL);
    case BC_WCONST:
        return constant(verify);
    case BC_WLOAD:
    case BC_ILOAD:
    case BC_LLOAD:
    case BC_FLOAD:
    case BC_DLOAD:
    case BC_IINC:
        return load_local(verify);
    case BC_WSTORE:
    case BC_ISTORE:
    case BC_LSTORE:
    case BC_FSTORE:
    case BC_DSTORE:
        return store_local(verify);
    default:
        return effect_of_object_ops(verify);
    }
}
