/*
 * decode.c - the volatile threaded form of methods: made on first run, never
 * persisted, never freed while the machine runs.
 *
 * Cell i belongs to byte i of the bytecode; an instruction of n bytes has n
 * cells: the address of what does it, then its operands as they are wanted
 * (docs/notes/006-threads-and-safepoints.md). So pc and cell are the same
 * number, and branches need no table.
 *
 * Keeps true: a cell that other workers may run changes from LINK to its fast
 * form once: operands first, then the address. LINK reads no operand.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "object/string.h"
#include "plat/memory.h"
#include "vm/opcode.h"
#include "vm/pool.h"
#include "vm/signature.h"
#include "vm/worker_priv.h"

#define POINTER_TABLE_BYTES(count) ((uint64_t)(count) * sizeof(void *))

struct code **code_table;
uint64_t **code_cells;
struct code ***code_vtables;

static struct lock code_lock = LOCK_INIT(LOCK_RANK_LOADER);
static struct site *code_sites; /* all of them, to be freed */

/* A bytecode that is one instruction of the interpreter, operands and all left out. */
static const uint16_t same_op[BC_LIMIT] = {
#define SAME(name) [BC_##name] = OP_##name
    SAME(NOP),
    SAME(WNULL),
    SAME(WPOP),
    SAME(WDUP),
    SAME(WDUP_X1),
    SAME(WDUP_X2),
    SAME(WDUP2),
    SAME(WDUP2_X1),
    SAME(WDUP2_X2),
    SAME(WSWAP),
    SAME(RPOP),
    SAME(RDUP),
    SAME(RDUP_X1),
    SAME(RDUP_X2),
    SAME(RDUP2),
    SAME(RDUP2_X1),
    SAME(RDUP2_X2),
    SAME(RSWAP),
    SAME(IADD),
    SAME(ISUB),
    SAME(IMUL),
    SAME(IDIV),
    SAME(IREM),
    SAME(INEG),
    SAME(IAND),
    SAME(IOR),
    SAME(IXOR),
    SAME(ISHL),
    SAME(ISHR),
    SAME(IUSHR),
    SAME(LADD),
    SAME(LSUB),
    SAME(LMUL),
    SAME(LDIV),
    SAME(LREM),
    SAME(LNEG),
    SAME(LAND),
    SAME(LOR),
    SAME(LXOR),
    SAME(LSHL),
    SAME(LSHR),
    SAME(LUSHR),
    SAME(FADD),
    SAME(FSUB),
    SAME(FMUL),
    SAME(FDIV),
    SAME(FREM),
    SAME(FNEG),
    SAME(DADD),
    SAME(DSUB),
    SAME(DMUL),
    SAME(DDIV),
    SAME(DREM),
    SAME(DNEG),
    SAME(I2L),
    SAME(I2F),
    SAME(I2D),
    SAME(L2I),
    SAME(L2F),
    SAME(L2D),
    SAME(F2I),
    SAME(F2L),
    SAME(F2D),
    SAME(D2I),
    SAME(D2L),
    SAME(D2F),
    SAME(I2B),
    SAME(I2C),
    SAME(I2S),
    SAME(LCMP),
    SAME(FCMPL),
    SAME(FCMPG),
    SAME(DCMPL),
    SAME(DCMPG),
    SAME(BOX_I),
    SAME(BOX_F),
    SAME(BOX_Z),
    SAME(BOX_C),
    SAME(BOX_P),
    SAME(UNBOX_I),
    SAME(BOX_L),
    SAME(BOX_D),
    SAME(UNBOX_L),
    SAME(UNBOX_F),
    SAME(UNBOX_D),
    SAME(UNBOX_Z),
    SAME(UNBOX_C),
    SAME(UNBOX_P),
    SAME(COERCE_I),
    SAME(COERCE_L),
    SAME(COERCE_F),
    SAME(COERCE_D),
    SAME(DYN_EQUALS),
    SAME(DYN_TRUTH),
    SAME(TOSTRING),
    SAME(ARRAYLENGTH),
    SAME(WALOAD),
    SAME(BALOAD),
    SAME(CALOAD),
    SAME(SALOAD),
    SAME(IALOAD),
    SAME(LALOAD),
    SAME(WASTORE),
    SAME(BASTORE),
    SAME(SASTORE),
    SAME(IASTORE),
    SAME(LASTORE),
    SAME(RETURN),
    SAME(WRETURN),
    SAME(RRETURN),
    SAME(THROW),
    SAME(MONITORENTER),
    SAME(MONITOREXIT),
    SAME(DYN_BINARY),
    SAME(DYN_UNARY),
    SAME(DYN_COMPARE),
    SAME(CONCAT),
#undef SAME
    [BC_FALOAD] = OP_IALOAD,
    [BC_DALOAD] = OP_LALOAD,
    [BC_CASTORE] = OP_SASTORE,
    [BC_FASTORE] = OP_IASTORE,
    [BC_DASTORE] = OP_LASTORE,
};

struct decode {
    struct vm_worker *worker;
    struct code *code;
    ref_t pool;
    const uint8_t *bytes;
    uint32_t byte_count;
    uint64_t *cells;
    struct fused *fused; /* for each instruction */
    uint32_t *starts;    /* where it begins */
    uint32_t count;      /* of instructions, so far */
    bool out_of_memory;
};

err_t
code_init(void)
{
    interp_init();
    fuse_init();
    code_table = plat_reserve(POINTER_TABLE_BYTES(METHOD_NUMBER_MAX));
    code_cells = plat_reserve(POINTER_TABLE_BYTES(METHOD_NUMBER_MAX));
    code_vtables = plat_reserve(POINTER_TABLE_BYTES(CLASS_NUMBER_MAX));
    if (code_table != NULL && code_cells != NULL && code_vtables != NULL)
        return OK;
    code_close();
    return ERR_NOMEM;
}

static void
free_codes(uint32_t method_count, uint32_t class_count)
{
    for (uint32_t i = 0; i < class_count; i++) {
        if (code_vtables[i] != NULL)
            plat_free(code_vtables[i], mirror_of_class(i)->vtable_count * sizeof(void *) + 8);
    }
    for (uint32_t i = 0; i < method_count; i++) {
        if (code_table[i] == NULL)
            continue;
        plat_free(code_table[i]->cells, (size_t)code_table[i]->cell_count * 8);
        plat_free(code_table[i]->parameters,
                  (code_table[i]->parameter_count + 1) * sizeof(struct parameter));
        plat_free(code_table[i], sizeof *code_table[i]);
    }
    while (code_sites != NULL) {
        struct site *next = code_sites->next;

        plat_free(code_sites, sizeof *code_sites);
        code_sites = next;
    }
}

static uint32_t highest_method, highest_class;

void
code_close(void)
{
    if (code_table != NULL && code_cells != NULL && code_vtables != NULL)
        free_codes(highest_method + 1, highest_class + 1);
    highest_method = highest_class = 0;
    plat_release(code_table, POINTER_TABLE_BYTES(METHOD_NUMBER_MAX));
    plat_release(code_cells, POINTER_TABLE_BYTES(METHOD_NUMBER_MAX));
    plat_release(code_vtables, POINTER_TABLE_BYTES(CLASS_NUMBER_MAX));
    code_table = NULL;
    code_cells = NULL;
    code_vtables = NULL;
}

/* ---- shells ---- */

static inline uint64_t
address_of(enum interp_op op)
{
    return (uintptr_t)interp_addresses[op];
}

static void
shell_fill(struct code *code, struct method_mirror *mirror)
{
    code->number = mirror->number;
    code->method = mirror->method;
    code->mirror = mirror;
    code->word_args = mirror->word_args;
    code->raw_args = mirror->raw_args;
    code->synchronized = (mirror->flags & METHOD_SYNCHRONIZED) != 0;
    code->is_static = (mirror->flags & MEMBER_STATIC) != 0;
    code->word_locals = (uint16_t)(mirror->word_locals + code->synchronized);
    code->raw_locals = mirror->raw_locals;
    code->result = mirror->result;
    code->raw_shift = (uint32_t)code->raw_locals - code->raw_args + FRAME_RECORD_SLOTS;
    code->word_need = (uint32_t)code->word_locals + mirror->word_stack_max;
    code->raw_need = code->raw_shift + mirror->raw_stack_max;
    code->word_room = CODE_ROOM_NEVER;
    code->raw_room = code->raw_need;
    code->returns_word = code->result != 'v' && type_area(code->result) == 'w';
    code->entry = address_of(OP_ENTER_SLOW);
    code->kind = CODE_BYTECODE;
    if ((mirror->flags & METHOD_PRIMITIVE) != 0) {
        code->kind = CODE_PRIMITIVE;
        code->primitive =
            mirror->primitive < prim_table_count ? prim_table[mirror->primitive] : NULL;
        code->entry = address_of(fuse_primitive_entry(mirror->primitive));
    } else if ((mirror->flags & METHOD_ABSTRACT) != 0) {
        code->kind = CODE_ABSTRACT;
    }
}

struct code *
code_of(struct method_mirror *mirror)
{
    struct code *code = __atomic_load_n(&code_table[mirror->number], __ATOMIC_ACQUIRE), *made;

    if (code != NULL)
        return code;
    made = plat_alloc(sizeof *made);
    if (made == NULL)
        return NULL;
    shell_fill(made, mirror);
    lock_acquire(&code_lock);
    code = code_table[mirror->number];
    if (code == NULL) {
        code = made;
        made = NULL;
        mirror->decoded = code;
        __atomic_store_n(&code_table[mirror->number], code, __ATOMIC_RELEASE);
        if (mirror->number > highest_method)
            highest_method = mirror->number;
    }
    lock_release(&code_lock);
    plat_free(made, sizeof *made);
    return code;
}

bool
code_make_vtable(uint32_t class_number)
{
    struct class_mirror *mirror = mirror_of_class(class_number);
    struct code **table;

    if (mirror == NULL)
        return false;
    if (__atomic_load_n(&code_vtables[class_number], __ATOMIC_ACQUIRE) != NULL)
        return true;
    table = plat_alloc(mirror->vtable_count * sizeof table[0] + 8);
    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < mirror->vtable_count; i++) {
        table[i] = code_of(mirror->vtable[i]);
        if (table[i] == NULL) {
            plat_free(table, mirror->vtable_count * sizeof table[0] + 8);
            return false;
        }
    }
    lock_acquire(&code_lock);
    if (code_vtables[class_number] == NULL) {
        __atomic_store_n(&code_vtables[class_number], table, __ATOMIC_RELEASE);
        table = NULL;
        if (class_number > highest_class)
            highest_class = class_number;
    }
    lock_release(&code_lock);
    plat_free(table, mirror->vtable_count * sizeof table[0] + 8);
    return true;
}

/* ---- linking one instruction ---- */

/* While a method is decoded, the first cell of an instruction is its number. */
static void
put(uint64_t *cells, enum interp_op op, uint64_t first, uint64_t second)
{
    cells[0] = op;
    cells[1] = first;
    cells[2] = second;
}

/* Put what was made of an instruction where other workers may run what is there now. */
static void
link_publish(uint64_t *cells, const uint64_t made[3])
{
    __atomic_store_n(&cells[1], made[1], __ATOMIC_RELAXED);
    __atomic_store_n(&cells[2], made[2], __ATOMIC_RELAXED);
    __atomic_store_n(&cells[0], address_of((enum interp_op)made[0]), __ATOMIC_RELEASE);
}

static struct class_mirror *
class_of_entry(ref_t pool, uint32_t index)
{
    return mirror_of_class(GET_U32(class_object, pool_entry(pool, index), number));
}

static struct method_mirror *
method_of_entry(ref_t pool, uint32_t index)
{
    return mirror_of_method(GET_U32(method_object, pool_entry(pool, index), number));
}

/* The first character of a field's type. */
static char
field_type(ref_t field)
{
    return (char)string_unit(GET_WORD(field_object, field, type), 0);
}

static enum interp_op
get_op(char type)
{
    switch (type) {
    case 'z':
        return OP_GET_Z;
    case 'b':
        return OP_GET_B;
    case 's':
        return OP_GET_S;
    case 'c':
        return OP_GET_C;
    case 'i':
    case 'f':
        return OP_GET_I;
    case 'l':
    case 'd':
        return OP_GET_L;
    default:
        return OP_GET_W;
    }
}

static enum interp_op
put_op(char type)
{
    switch (type) {
    case 'z':
        return OP_PUT_Z;
    case 'b':
        return OP_PUT_B;
    case 's':
    case 'c':
        return OP_PUT_S;
    case 'i':
    case 'f':
        return OP_PUT_I;
    case 'l':
    case 'd':
        return OP_PUT_L;
    default:
        return OP_PUT_W;
    }
}

static enum interp_op
static_op(bool is_put, char type)
{
    bool is_word = type == 'w' || type == 'L' || type == '[';

    if (!is_put)
        return is_word ? OP_GETSTATIC_W : OP_GETSTATIC_R;
    switch (type) {
    case 'z':
        return OP_PUTSTATIC_Z;
    case 'b':
        return OP_PUTSTATIC_B;
    case 's':
        return OP_PUTSTATIC_S;
    case 'c':
        return OP_PUTSTATIC_C;
    default:
        return is_word ? OP_PUTSTATIC_W : OP_PUTSTATIC_R;
    }
}

static void
link_static(uint64_t *cells, ref_t field, bool is_put)
{
    char type = field_type(field);
    bool is_word = type == 'w' || type == 'L' || type == '[';
    uint64_t table = GET_WORD(field_object, field, owner) +
                     (is_word ? offsetof(struct class_object, statics)
                              : offsetof(struct class_object, raw_statics));
    uint64_t offset = ARRAY_HEADER_BYTES + 8 * (uint64_t)GET_U32(field_object, field, offset);
    uint64_t is_volatile = (GET_U32(field_object, field, flags) & MEMBER_VOLATILE) != 0;

    put(cells, static_op(is_put, type), table, is_volatile << 32 | offset);
}

static uint64_t
header_of_new(const struct class_mirror *class)
{
    return header_make(class->number);
}

static void
link_new(uint64_t *cells, const struct class_mirror *class)
{
    bool slow = (class->flags & (CLASS_ABSTRACT | CLASS_INTERFACE)) != 0 ||
                class->instance_bytes > HEAP_LARGE_BYTES;

    put(cells, slow ? OP_NEW_SLOW : OP_NEW, header_of_new(class),
        (class->instance_bytes + 7u) & ~7u);
}

static struct site *
site_make(struct decode *decode, word_t name, word_t signature, uint32_t arguments)
{
    struct site *site = plat_alloc(sizeof *site);

    if (site == NULL) {
        decode->out_of_memory = true;
        return NULL;
    }
    site->name = name;
    site->signature = signature;
    site->arguments = arguments;
    site->owner = decode->code;
    lock_acquire(&code_lock);
    site->next = code_sites;
    code_sites = site;
    lock_release(&code_lock);
    return site;
}

static uint64_t
caller_state(const struct decode *decode, const struct instruction *instruction)
{
    return (uint64_t)decode->code->number << FRAME_METHOD_SHIFT |
           (instruction->pc + instruction->bytes);
}

static void
decode_site(struct decode *decode, const struct instruction *in, struct method_mirror *method)
{
    struct site *site = site_make(decode, method->name, method->signature, method->word_args);

    if (site == NULL)
        return;
    site->wanted = method;
    put(&decode->cells[in->pc], OP_INVOKESITE, (uintptr_t)site, caller_state(decode, in));
}

/* One byte of code is a plain return. */
static bool
is_empty(const struct method_mirror *method)
{
    return method->code_bytes == 1 &&
           (method->flags & (METHOD_PRIMITIVE | METHOD_ABSTRACT | METHOD_SYNCHRONIZED)) == 0;
}

static void
decode_invoke(struct decode *decode, const struct instruction *in)
{
    struct method_mirror *method = method_of_entry(decode->pool, in->number);
    uint64_t *cells = &decode->cells[in->pc];
    struct code *code = method != NULL ? code_of(method) : NULL;
    bool is_virtual = in->op == BC_INVOKEVIRTUAL || in->op == BC_INVOKEINTERFACE;

    if (code == NULL) {
        decode->out_of_memory = true;
        return;
    }
    if (in->op == BC_INVOKESTATIC &&
        __atomic_load_n(&method->owner->init_state, __ATOMIC_RELAXED) != CLASS_INITIALIZED &&
        GET_U32(class_object, method->owner->class, init_state) != CLASS_INITIALIZED)
        put(cells, OP_LINK, 0, 0);
    else if (in->op == BC_INVOKESTATIC)
        put(cells, OP_INVOKESTATIC, (uintptr_t)code, caller_state(decode, in));
    else if (is_virtual && (method->owner->flags & CLASS_INTERFACE) != 0)
        decode_site(decode, in, method);
    else if (is_virtual && method->vtable_index != UINT32_MAX &&
             (method->flags & MEMBER_FINAL) == 0)
        put(cells, OP_INVOKEVIRTUAL, (uint64_t)method->vtable_index << 16 | method->word_args,
            caller_state(decode, in));
    else
        put(cells, is_empty(method) ? OP_INVOKEEMPTY : OP_INVOKESPECIAL, (uintptr_t)code,
            caller_state(decode, in));
}

/* What a call by name does: the names that no method has stand for something else. */
static enum interp_op
op_of_name(word_t name)
{
    return string_equal_utf8(name, "<new>", 5)    ? OP_INVOKENEW
           : string_equal_utf8(name, "<call>", 6) ? OP_INVOKECHOSEN
                                                  : OP_INVOKENAME;
}

static void
decode_untyped(struct decode *decode, const struct instruction *in)
{
    struct site *site = site_make(decode, WORD_NULL, WORD_NULL, (uint32_t)in->second + 1);
    word_t entry = pool_entry(decode->pool, in->number);
    enum interp_op op = in->op == BC_INVOKENAME ? op_of_name(entry) : OP_INVOKENUMBER;

    if (site == NULL)
        return;
    if (op == OP_INVOKENUMBER)
        site->ordinal = (uint32_t)word_to_int(entry);
    else
        site->name = entry;
    put(&decode->cells[in->pc], op, (uintptr_t)site, caller_state(decode, in));
}

static void
decode_pool(struct decode *decode, const struct instruction *in)
{
    uint64_t *cells = &decode->cells[in->pc];
    word_t entry = pool_entry(decode->pool, in->number);
    struct class_mirror *class;

    switch (in->op) {
    case BC_WCONST:
        put(cells, OP_WCONST, entry, 0);
        return;
    case BC_GETFIELD:
    case BC_PUTFIELD:
        put(cells, in->op == BC_GETFIELD ? get_op(field_type(entry)) : put_op(field_type(entry)),
            GET_U32(field_object, entry, offset),
            (GET_U32(field_object, entry, flags) & MEMBER_VOLATILE) != 0);
        return;
    case BC_GETSTATIC:
    case BC_PUTSTATIC:
        class =
            mirror_of_class(GET_U32(class_object, GET_WORD(field_object, entry, owner), number));
        break;
    case BC_NEW:
    case BC_CHECKCAST:
    case BC_INSTANCEOF:
    case BC_NEWARRAY:
    case BC_MULTINEWARRAY:
        class = class_of_entry(decode->pool, in->number);
        break;
    case BC_INVOKENAME:
    case BC_INVOKENUMBER:
        decode_untyped(decode, in);
        return;
    default:
        decode_invoke(decode, in);
        return;
    }
    if (class == NULL) {
        decode->out_of_memory = true;
    } else if (in->op == BC_CHECKCAST || in->op == BC_INSTANCEOF) {
        put(cells, in->op == BC_CHECKCAST ? OP_CHECKCAST : OP_INSTANCEOF, (uintptr_t) class,
            class->number);
    } else if (in->op == BC_NEWARRAY) {
        put(cells, OP_NEWARRAY, (uintptr_t) class, 0);
    } else if (in->op == BC_MULTINEWARRAY) {
        put(cells, OP_MULTINEWARRAY, (uintptr_t) class, (uint64_t)in->second);
    } else if (GET_U32(class_object, class->class, init_state) != CLASS_INITIALIZED) {
        put(cells, OP_LINK, 0, 0);
    } else if (in->op == BC_NEW) {
        link_new(cells, class);
    } else {
        link_static(cells, entry, in->op == BC_PUTSTATIC);
    }
}

/* ---- decoding a method ---- */

static void
decode_local(struct decode *decode, const struct instruction *in)
{
    uint64_t *cells = &decode->cells[in->pc];
    uint64_t raw = 2u + decode->code->raw_locals - in->number;

    switch (in->op) {
    case BC_WLOAD:
    case BC_WSTORE:
        cells[0] = in->op == BC_WLOAD ? OP_WLOAD : OP_WSTORE;
        cells[1] = in->number;
        break;
    case BC_IINC:
        cells[0] = OP_IINC;
        cells[1] = raw;
        cells[2] = (uint64_t)(int64_t)in->second;
        break;
    default:
        cells[0] = in->op >= BC_ILOAD && in->op <= BC_DLOAD ? OP_RLOAD : OP_RSTORE;
        cells[1] = raw;
        break;
    }
}

static void
decode_branch(struct decode *decode, const struct instruction *in)
{
    /* The forward and the backward form stand side by side, in the order of the bytecodes. */
    enum interp_op op = (enum interp_op)(OP_GOTO + 2 * (in->op - BC_GOTO) + (in->branch <= 0));

    decode->cells[in->pc] = op;
    decode->cells[in->pc + 1] = (uint64_t)(int64_t)in->branch;
}

static void
decode_switch(struct decode *decode, const struct instruction *in)
{
    uint64_t *cells = &decode->cells[in->pc];

    cells[1] = (uint64_t)(int64_t)in->branch;
    if (in->operands == OPERANDS_TABLE) {
        cells[0] = OP_TABLESWITCH;
        cells[2] = (uint64_t)(int64_t)in->second;
        cells[3] = in->count;
        for (uint32_t i = 0; i < in->count; i++)
            cells[4 + i] = (uint64_t)(int64_t)instruction_case_branch(in, decode->bytes, i);
        return;
    }
    cells[0] = OP_LOOKUPSWITCH;
    cells[2] = in->count;
    for (uint32_t i = 0; i < in->count; i++)
        cells[3 + i] = (uint64_t)(uint32_t)instruction_case_key(in, decode->bytes, i) << 32 |
                       (uint32_t)instruction_case_branch(in, decode->bytes, i);
}

static void
decode_return(struct decode *decode, const struct instruction *in)
{
    enum interp_op op = OP_RRETURN;

    switch (decode->code->result) {
    case 'i':
        op = OP_RRETURN_I;
        break;
    case 'z':
        op = OP_RRETURN_Z;
        break;
    case 'b':
        op = OP_RRETURN_B;
        break;
    case 's':
        op = OP_RRETURN_S;
        break;
    case 'c':
        op = OP_RRETURN_C;
        break;
    default:
        break;
    }
    decode->cells[in->pc] = op;
}

static void
decode_constant(struct decode *decode, const struct instruction *in)
{
    uint64_t *cells = &decode->cells[in->pc];
    bool is_half = in->op == BC_FCONST || in->op == BC_ICONST || in->op == BC_ICONST8;

    cells[0] = in->bytes == 2 ? OP_RCONST_1 : in->bytes == 5 ? OP_RCONST_4 : OP_RCONST_8;
    cells[1] = is_half ? (uint32_t)in->constant : (uint64_t)in->constant;
}

static void
decode_one(struct decode *decode, const struct instruction *in)
{
    switch (in->operands) {
    case OPERANDS_I8:
    case OPERANDS_I32:
    case OPERANDS_I64:
        decode_constant(decode, in);
        break;
    case OPERANDS_LOCAL:
    case OPERANDS_LOCAL_I16:
        decode_local(decode, in);
        break;
    case OPERANDS_POOL:
    case OPERANDS_POOL_U8:
        decode_pool(decode, in);
        break;
    case OPERANDS_BRANCH:
        decode_branch(decode, in);
        break;
    case OPERANDS_TABLE:
    case OPERANDS_LOOKUP:
        decode_switch(decode, in);
        break;
    case OPERANDS_U8:
        decode->cells[in->pc] = same_op[in->op];
        if (in->op == BC_DYN_BINARY && in->number <= DYN_MUL)
            decode->cells[in->pc] = OP_DYN_ADD + in->number;
        decode->cells[in->pc + 1] = in->number;
        break;
    case OPERANDS_NONE:
        decode->cells[in->pc] = same_op[in->op];
        if (in->op == BC_RRETURN)
            decode_return(decode, in);
        break;
    }
}

/* What a fault cut off the last time. */
static void
scratch_free(struct vm_worker *worker)
{
    plat_free(worker->scratch, worker->scratch_bytes);
    worker->scratch = NULL;
}

/* Room for what is made of the bytes, and for the bytes; no method has more instructions. */
static bool
scratch_make(struct decode *decode)
{
    struct vm_worker *worker = decode->worker;
    size_t count = decode->byte_count;

    scratch_free(worker);
    worker->scratch_bytes = (count + 1) * (sizeof decode->cells[0] + sizeof decode->fused[0] +
                                           sizeof decode->starts[0] + sizeof decode->bytes[0]);
    worker->scratch = plat_alloc(worker->scratch_bytes);
    if (worker->scratch == NULL)
        return false;
    decode->cells = worker->scratch;
    decode->fused = (struct fused *)(void *)(decode->cells + count + 1);
    decode->starts = (uint32_t *)(void *)(decode->fused + count + 1);
    decode->bytes = (const uint8_t *)(decode->starts + count + 1);
    return true;
}

static bool
decode_all(struct decode *decode)
{
    struct instruction in = { 0 };

    for (uint32_t pc = 0; pc < decode->byte_count; pc += in.bytes) {
        if (!instruction_read(&in, decode->bytes, decode->byte_count, pc))
            panic("bytecode that was verified makes no sense any more");
        decode->starts[decode->count++] = pc;
        decode_one(decode, &in);
        if (decode->out_of_memory)
            return false;
    }
    return true;
}

/* A branch to a jump goes where that goes, but for one backward, which polls. */
static void
shorten_branches(struct decode *decode)
{
    for (uint32_t i = 0; i < decode->count; i++) {
        uint64_t *cells = &decode->cells[decode->starts[i]];

        if (cells[0] < OP_GOTO || cells[0] > OP_IFNONNULL_B)
            continue;
        while (cells[(int64_t)cells[1]] == OP_GOTO)
            cells[1] += cells[(int64_t)cells[1] + 1];
    }
}

static void
make_addresses(struct decode *decode)
{
    shorten_branches(decode);
    fuse_all(decode->cells, decode->fused, decode->starts, decode->count);
    for (uint32_t i = 0; i < decode->count; i++)
        decode->cells[decode->starts[i]] = address_of((enum interp_op)decode->fused[i].op);
}

/* The cells are whole: let all workers run them. */
static void
publish(struct code *code, uint64_t **cells, uint32_t count, struct code_entry entry)
{
    lock_acquire(&code_lock);
    if (code->cells == NULL) {
        code->cells = *cells;
        code->cell_count = count;
        *cells = NULL;
        __atomic_store_n(&code_cells[code->number], code->cells, __ATOMIC_RELEASE);
        if (!code->synchronized) {
            __atomic_store_n(&code->word_room, code->word_need, __ATOMIC_RELEASE);
            code->quick = entry.quick;
            __atomic_store_n(&code->entry, address_of(entry.op), __ATOMIC_RELEASE);
        }
    }
    lock_release(&code_lock);
}

bool
code_make(struct vm_worker *worker, struct code *code)
{
    struct decode decode = { .worker = worker, .code = code };
    ref_t bytes;
    bool whole;

    if (__atomic_load_n(&code_cells[code->number], __ATOMIC_ACQUIRE) != NULL)
        return true;
    assert(code->kind == CODE_BYTECODE);
    bytes = GET_WORD(method_object, code->method, code);
    decode.pool = GET_WORD(method_object, code->method, pool);
    decode.byte_count = array_length(bytes);
    if (!scratch_make(&decode))
        return false;
    pmem_copy_out((void *)(uintptr_t)decode.bytes, bytes + ARRAY_HEADER_BYTES, decode.byte_count);
    whole = decode_all(&decode);
    if (whole) {
        struct code_entry entry = fuse_entry(code, decode.cells, decode.byte_count);
        uint64_t *cells = plat_alloc((size_t)decode.byte_count * 8);

        make_addresses(&decode);
        whole = cells != NULL;
        if (whole) {
            memcpy(cells, decode.cells, (size_t)decode.byte_count * 8);
            publish(code, &cells, decode.byte_count, entry);
        }
        plat_free(cells, (size_t)decode.byte_count * 8);
    }
    scratch_free(worker);
    return whole;
}

/* ---- linking at first run ---- */

/* The instruction at the worker's pc, from the bytecode itself. */
static void
instruction_here(const struct vm_worker *worker, struct code *code, uint8_t bytes[4])
{
    uint64_t at =
        GET_WORD(method_object, code->method, code) + ARRAY_HEADER_BYTES + code_pc(worker);

    for (unsigned i = 0; i < 3; i++)
        bytes[i] = atomic_load_explicit((_Atomic uint8_t *)(at + i), memory_order_relaxed);
}

static void
run_static(struct vm_worker *worker, ref_t field, bool is_put)
{
    char type = field_type(field);
    bool is_word = type == 'w' || type == 'L' || type == '[';
    ref_t class = GET_WORD(field_object, field, owner);
    uint64_t at = ARRAY_HEADER_BYTES + 8 * (uint64_t)GET_U32(field_object, field, offset);
    ref_t table = is_word ? GET_WORD(class_object, class, statics)
                          : GET_WORD(class_object, class, raw_statics);
    uint64_t raw = 0;
    word_t word = WORD_NULL;

    if (is_put && !sched_credit(worker, 16))
        return;
    /* The page of the table may have to come in first: until then nothing is popped. */
    if (is_put && is_word)
        obj_store_word(table, at, worker->word_top[-1]);
    else if (is_put)
        obj_store_raw64(table, at, frame_cut(worker->raw_top[0], type));
    else if (is_word)
        word = obj_load_word(table, at);
    else
        raw = pmem_load64(table + at);
    if (is_word && !is_put)
        *worker->word_top++ = word;
    else if (is_word)
        worker->word_top--;
    else if (is_put)
        worker->raw_top++;
    else
        *--worker->raw_top = raw;
    worker->pc += 3;
}

/* Run the instruction without linking it: other threads must still wait for the class. */
static void
run_unlinked(struct vm_worker *worker, struct code *code, enum bytecode op, word_t entry,
             struct class_mirror *class)
{
    struct method_mirror *method;
    struct code *target;

    switch (op) {
    case BC_NEW:
        ops_new_of(worker, class);
        return;
    case BC_GETSTATIC:
    case BC_PUTSTATIC:
        run_static(worker, entry, op == BC_PUTSTATIC);
        return;
    default:
        method = mirror_of_method(GET_U32(method_object, entry, number));
        target = method != NULL ? code_of(method) : NULL;
        if (target == NULL)
            exception_throw(worker, VM_ERROR_MEMORY, "no memory for code");
        else
            call_code(worker, target,
                      (uint64_t)code->number << FRAME_METHOD_SHIFT | (code_pc(worker) + 3));
        return;
    }
}

/* The fast form for good: the class is initialised. */
static void
link_for_good(struct vm_worker *worker, struct code *code, enum bytecode op, word_t entry,
              struct class_mirror *class)
{
    struct method_mirror *method;
    struct code *target;
    uint64_t made[3];

    if (op == BC_NEW) {
        link_new(made, class);
    } else if (op == BC_GETSTATIC || op == BC_PUTSTATIC) {
        link_static(made, entry, op == BC_PUTSTATIC);
    } else {
        method = mirror_of_method(GET_U32(method_object, entry, number));
        target = method != NULL ? code_of(method) : NULL;
        if (target == NULL) {
            exception_throw(worker, VM_ERROR_MEMORY, "no memory for code");
            return;
        }
        put(made, OP_INVOKESTATIC, (uintptr_t)target,
            (uint64_t)code->number << FRAME_METHOD_SHIFT | (code_pc(worker) + 3));
    }
    link_publish(worker->pc, made);
}

void
code_link(struct vm_worker *worker)
{
    struct code *code = code_running(worker);
    struct class_mirror *class;
    uint8_t bytes[4];
    word_t entry;
    ref_t owner;

    instruction_here(worker, code, bytes);
    entry = pool_entry(GET_WORD(method_object, code->method, pool),
                       (uint32_t)bytes[1] | (uint32_t)bytes[2] << 8);
    if (bytes[0] == BC_NEW)
        owner = entry;
    else if (bytes[0] == BC_INVOKESTATIC)
        owner = GET_WORD(method_object, entry, owner);
    else
        owner = GET_WORD(field_object, entry, owner);
    class = mirror_of_class(GET_U32(class_object, owner, number));
    if (class == NULL) {
        exception_throw(worker, VM_ERROR_MEMORY, "no memory for classes");
        return;
    }
    if (!init_class(worker, class))
        return;
    if (GET_U32(class_object, owner, init_state) == CLASS_INITIALIZED)
        link_for_good(worker, code, (enum bytecode)bytes[0], entry, class);
    else
        run_unlinked(worker, code, (enum bytecode)bytes[0], entry, class);
}
