/*
 * interp_bodies_priv.h - what each instruction does; part of interp_loop() in
 * interp.c, which defines the words used here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* clang-format off */

/* ---- constants and locals ---- */

op_NOP: NEXT(1);
op_WNULL: { *word_top++ = WORD_NULL; NEXT(1); }
op_WCONST: { *word_top++ = CELL(1); NEXT(3); }
op_RCONST_1: { *--raw_top = CELL(1); NEXT(2); }
op_RCONST_4: { *--raw_top = CELL(1); NEXT(5); }
op_RCONST_8: { *--raw_top = CELL(1); NEXT(9); }
op_WLOAD: { word_t word = word_locals[CELL(1)]; *word_top++ = word; NEXT(3); }
op_RLOAD: { uint64_t raw = frame[CELL(1)]; *--raw_top = raw; NEXT(3); }
op_WSTORE: { word_locals[CELL(1)] = *--word_top; NEXT(3); }
op_RSTORE: { frame[CELL(1)] = *raw_top++; NEXT(3); }
op_IINC: { uint64_t *local = frame + CELL(1); *local = (uint32_t)(*local + CELL(2)); NEXT(5); }

/* ---- operand stacks ---- */

op_WPOP: { word_top--; NEXT(1); }
op_WDUP: { word_t a = W(0); *word_top++ = a; NEXT(1); }
op_WDUP_X1: { word_t b = W(0), a = W(1); W(1) = b; W(0) = a; *word_top++ = b; NEXT(1); }
op_WDUP_X2: { word_t c = W(0), b = W(1), a = W(2); W(2) = c; W(1) = a; W(0) = b; *word_top++ = c; NEXT(1); }
op_WDUP2: { word_t b = W(0), a = W(1); word_top[0] = a; word_top[1] = b; word_top += 2; NEXT(1); }
op_WDUP2_X1: { word_t c = W(0), b = W(1), a = W(2); W(2) = b; W(1) = c; W(0) = a; word_top[0] = b; word_top[1] = c; word_top += 2; NEXT(1); }
op_WDUP2_X2: { word_t d = W(0), c = W(1), b = W(2), a = W(3); W(3) = c; W(2) = d; W(1) = a; W(0) = b; word_top[0] = c; word_top[1] = d; word_top += 2; NEXT(1); }
op_WSWAP: { word_t b = W(0); W(0) = W(1); W(1) = b; NEXT(1); }
op_RPOP: { raw_top++; NEXT(1); }
op_RDUP: { uint64_t a = R(0); *--raw_top = a; NEXT(1); }
op_RDUP_X1: { uint64_t b = R(0), a = R(1); R(1) = b; R(0) = a; *--raw_top = b; NEXT(1); }
op_RDUP_X2: { uint64_t c = R(0), b = R(1), a = R(2); R(2) = c; R(1) = a; R(0) = b; *--raw_top = c; NEXT(1); }
op_RDUP2: { uint64_t b = R(0), a = R(1); raw_top -= 2; R(1) = a; R(0) = b; NEXT(1); }
op_RDUP2_X1: { uint64_t c = R(0), b = R(1), a = R(2); R(2) = b; R(1) = c; R(0) = a; raw_top -= 2; R(1) = b; R(0) = c; NEXT(1); }
op_RDUP2_X2: { uint64_t d = R(0), c = R(1), b = R(2), a = R(3); R(3) = c; R(2) = d; R(1) = a; R(0) = b; raw_top -= 2; R(1) = c; R(0) = d; NEXT(1); }
op_RSWAP: { uint64_t b = R(0); R(0) = R(1); R(1) = b; NEXT(1); }

/* ---- arithmetic ---- */

BINARY(IADD, from_int(I(1) + I(0)))
BINARY(ISUB, from_int(I(1) - I(0)))
BINARY(IMUL, from_int(I(1) * I(0)))
op_IDIV: { int32_t a = I(1), b = I(0); if (unlikely(b == 0)) SLOW(slow_divide); R(1) = from_int(b == -1 ? -a : a / b); raw_top++; NEXT(1); }
op_IREM: { int32_t a = I(1), b = I(0); if (unlikely(b == 0)) SLOW(slow_divide); R(1) = from_int(b == -1 ? 0 : a % b); raw_top++; NEXT(1); }
UNARY(INEG, from_int(-I(0)))
BINARY(IAND, R(1) & R(0))
BINARY(IOR, R(1) | R(0))
BINARY(IXOR, R(1) ^ R(0))
BINARY(ISHL, (uint32_t)R(1) << (R(0) & 31))
BINARY(ISHR, from_int(I(1) >> (R(0) & 31)))
BINARY(IUSHR, (uint32_t)R(1) >> (R(0) & 31))
BINARY(LADD, R(1) + R(0))
BINARY(LSUB, R(1) - R(0))
BINARY(LMUL, R(1) * R(0))
op_LDIV: { int64_t a = L(1), b = L(0); if (unlikely(b == 0)) SLOW(slow_divide); R(1) = (uint64_t)(b == -1 ? -a : a / b); raw_top++; NEXT(1); }
op_LREM: { int64_t a = L(1), b = L(0); if (unlikely(b == 0)) SLOW(slow_divide); R(1) = (uint64_t)(b == -1 ? 0 : a % b); raw_top++; NEXT(1); }
UNARY(LNEG, -R(0))
BINARY(LAND, R(1) & R(0))
BINARY(LOR, R(1) | R(0))
BINARY(LXOR, R(1) ^ R(0))
BINARY(LSHL, R(1) << (R(0) & 63))
BINARY(LSHR, (uint64_t)(L(1) >> (R(0) & 63)))
BINARY(LUSHR, R(1) >> (R(0) & 63))
BINARY(FADD, from_float(F(1) + F(0)))
BINARY(FSUB, from_float(F(1) - F(0)))
BINARY(FMUL, from_float(F(1) * F(0)))
BINARY(FDIV, from_float(F(1) / F(0)))
BINARY(FREM, from_float(fmodf(F(1), F(0))))
UNARY(FNEG, R(0) ^ 0x80000000u)
BINARY(DADD, from_double(D(1) + D(0)))
BINARY(DSUB, from_double(D(1) - D(0)))
BINARY(DMUL, from_double(D(1) * D(0)))
BINARY(DDIV, from_double(D(1) / D(0)))
BINARY(DREM, from_double(fmod(D(1), D(0))))
UNARY(DNEG, R(0) ^ 0x8000000000000000ull)
UNARY(I2L, (uint64_t)(int64_t)I(0))
UNARY(I2F, from_float((float)I(0)))
UNARY(I2D, from_double((double)I(0)))
UNARY(L2I, (uint32_t)R(0))
UNARY(L2F, from_float((float)L(0)))
UNARY(L2D, from_double((double)L(0)))
UNARY(F2I, from_int(double_to_int((double)F(0))))
UNARY(F2L, (uint64_t)double_to_long((double)F(0)))
UNARY(F2D, from_double((double)F(0)))
UNARY(D2I, from_int(double_to_int(D(0))))
UNARY(D2L, (uint64_t)double_to_long(D(0)))
UNARY(D2F, from_float((float)D(0)))
UNARY(I2B, from_int((int8_t)R(0)))
UNARY(I2C, (uint16_t)R(0))
UNARY(I2S, from_int((int16_t)R(0)))
BINARY(LCMP, from_int((L(1) > L(0)) - (L(1) < L(0))))
BINARY(FCMPL, from_int(F(1) > F(0) ? 1 : F(1) == F(0) ? 0 : -1))
BINARY(FCMPG, from_int(F(1) < F(0) ? -1 : F(1) == F(0) ? 0 : 1))
BINARY(DCMPL, from_int(D(1) > D(0) ? 1 : D(1) == D(0) ? 0 : -1))
BINARY(DCMPG, from_int(D(1) < D(0) ? -1 : D(1) == D(0) ? 0 : 1))

/* ---- branches ---- */

op_GOTO: JUMP(CELL(1));
op_GOTO_B: { POLL(); JUMP(CELL(1)); }
BRANCH(IFEQ, I(0) == 0, 0, 1)
BRANCH(IFNE, I(0) != 0, 0, 1)
BRANCH(IFLT, I(0) < 0, 0, 1)
BRANCH(IFGE, I(0) >= 0, 0, 1)
BRANCH(IFGT, I(0) > 0, 0, 1)
BRANCH(IFLE, I(0) <= 0, 0, 1)
BRANCH(IF_ICMPEQ, I(1) == I(0), 0, 2)
BRANCH(IF_ICMPNE, I(1) != I(0), 0, 2)
BRANCH(IF_ICMPLT, I(1) < I(0), 0, 2)
BRANCH(IF_ICMPGE, I(1) >= I(0), 0, 2)
BRANCH(IF_ICMPGT, I(1) > I(0), 0, 2)
BRANCH(IF_ICMPLE, I(1) <= I(0), 0, 2)
BRANCH(IF_SAME, W(1) == W(0), 2, 0)
BRANCH(IF_NOTSAME, W(1) != W(0), 2, 0)
BRANCH(IFNULL, W(0) == WORD_NULL, 1, 0)
BRANCH(IFNONNULL, W(0) != WORD_NULL, 1, 0)
op_TABLESWITCH: {
    uint64_t index = (uint64_t)((int64_t)I(0) - (int64_t)CELL(2));
    POLL();
    raw_top++;
    JUMP(index < CELL(3) ? CELL(4 + index) : CELL(1));
}
op_LOOKUPSWITCH: {
    int32_t key = I(0);
    POLL();
    raw_top++;
    JUMP(lookup(pc, key));
}

/* ---- boxes ---- */

op_BOX_I: { *word_top++ = word_from_int(I(0)); raw_top++; NEXT(1); }
op_BOX_F: { *word_top++ = word_from_float_bits((uint32_t)R(0)); raw_top++; NEXT(1); }
op_BOX_Z: { *word_top++ = word_from_boolean(I(0) != 0); raw_top++; NEXT(1); }
op_BOX_C: { *word_top++ = word_from_char((uint16_t)R(0)); raw_top++; NEXT(1); }
op_BOX_P: { *word_top++ = word_from_code_point((uint32_t)R(0)); raw_top++; NEXT(1); }
op_UNBOX_I: {
    word_t word = W(0);
    if (unlikely(word_tag(word) != TAG_INT))
        SLOW(dyn_unbox);
    word_top--;
    *--raw_top = from_int(word_to_int(word));
    NEXT(1);
}
SLOW_OP(BOX, dyn_box)
SLOW_OP(UNBOX, dyn_unbox)
SLOW_OP(COERCE, dyn_coerce)
op_DYN_BINARY: {
    word_t a = W(1), b = W(0);
    if (word_tag(a) == TAG_INT && word_tag(b) == TAG_INT && CELL(1) <= DYN_SUB) {
        int32_t result = CELL(1) == DYN_ADD ? word_to_int(a) + word_to_int(b) : word_to_int(a) - word_to_int(b);
        W(1) = word_from_int(result);
        word_top--;
        NEXT(2);
    }
    SLOW(dyn_binary);
}
SLOW_OP(DYN_UNARY, dyn_unary)
op_DYN_COMPARE: {
    word_t a = W(1), b = W(0);
    if (word_tag(a) == TAG_INT && word_tag(b) == TAG_INT) {
        int32_t x = word_to_int(a), y = word_to_int(b);
        uint64_t how = CELL(1);
        word_top -= 2;
        *--raw_top = how == DYN_LT ? x < y : how == DYN_LE ? x <= y : how == DYN_GT ? x > y : x >= y;
        NEXT(2);
    }
    SLOW(dyn_compare);
}
SLOW_OP(DYN_EQUALS, dyn_equals)
op_DYN_TRUTH: {
    word_t word = W(0);
    if (unlikely(word_tag(word) != TAG_BOOLEAN))
        SLOW(dyn_truth);
    word_top--;
    *--raw_top = word_to_unsigned(word);
    NEXT(1);
}
SLOW_OP(CONCAT, dyn_concat)
SLOW_OP(TOSTRING, dyn_tostring)

/* ---- objects ---- */

SLOW_OP(LINK, code_link)
op_NEW: {
    uint64_t at = w->heap.at, bytes = CELL(2);
    SAVE();
    if (unlikely(bytes > w->heap.limit - at))
        SLOW(ops_new);
    EPOCH(at);
    w->heap.at = at + bytes;
    STORE(uint64_t, at, CELL(1));
    *word_top++ = at;
    NEXT(3);
}
SLOW_OP(NEW_SLOW, ops_new)
op_GET_W: {
    word_t object = W(0);
    SAVE();
    NONNULL(object);
    word_t value = LOAD(uint64_t, object + CELL(1));
    VOLATILE_FENCE(2);
    W(0) = value;
    NEXT(3);
}
GET_RAW(GET_L, uint64_t, field)
GET_RAW(GET_I, uint32_t, field)
GET_RAW(GET_S, uint16_t, from_int((int16_t)field))
GET_RAW(GET_C, uint16_t, field)
GET_RAW(GET_B, uint8_t, from_int((int8_t)field))
GET_RAW(GET_Z, uint8_t, field)
op_PUT_W: {
    word_t value = W(0), object = W(1);
    SAVE();
    NONNULL(object);
    uint64_t at = object + CELL(1);
    EPOCH(at);
    REMEMBER(at, value);
    STORE_WORD(at, value);
    VOLATILE_FENCE(2);
    word_top -= 2;
    NEXT(3);
}
PUT_RAW(PUT_L, uint64_t, R(0))
PUT_RAW(PUT_I, uint32_t, R(0))
PUT_RAW(PUT_S, uint16_t, R(0))
PUT_RAW(PUT_B, uint8_t, R(0))
PUT_RAW(PUT_Z, uint8_t, R(0) & 1)
op_GETSTATIC_W: {
    SAVE();
    word_t array = LOAD(uint64_t, CELL(1));
    word_t value = LOAD(uint64_t, array + (uint32_t)CELL(2));
    VOLATILE_STATIC();
    *word_top++ = value;
    NEXT(3);
}
op_GETSTATIC_R: {
    SAVE();
    word_t array = LOAD(uint64_t, CELL(1));
    uint64_t value = LOAD(uint64_t, array + (uint32_t)CELL(2));
    VOLATILE_STATIC();
    *--raw_top = value;
    NEXT(3);
}
op_PUTSTATIC_W: {
    word_t value = W(0);
    SAVE();
    word_t array = LOAD(uint64_t, CELL(1));
    uint64_t at = array + (uint32_t)CELL(2);
    EPOCH(at);
    REMEMBER(at, value);
    STORE_WORD(at, value);
    VOLATILE_STATIC();
    word_top--;
    NEXT(3);
}
PUT_STATIC(PUTSTATIC_R, R(0))
PUT_STATIC(PUTSTATIC_S, from_int((int16_t)R(0)))
PUT_STATIC(PUTSTATIC_C, (uint16_t)R(0))
PUT_STATIC(PUTSTATIC_B, from_int((int8_t)R(0)))
PUT_STATIC(PUTSTATIC_Z, R(0) & 1)
op_CHECKCAST: {
    word_t object = W(0);
    SAVE();
    if (object != WORD_NULL &&
        (word_tag(object) != TAG_REF || header_class_number(LOAD(uint64_t, object)) != CELL(2)))
        SLOW(ops_check_cast);
    NEXT(3);
}
op_INSTANCEOF: {
    word_t object = W(0);
    SAVE();
    if (object != WORD_NULL &&
        (word_tag(object) != TAG_REF || header_class_number(LOAD(uint64_t, object)) != CELL(2)))
        SLOW(ops_instance_of);
    word_top--;
    *--raw_top = object != WORD_NULL;
    NEXT(3);
}

/* ---- arrays ---- */

SLOW_OP(NEWARRAY, ops_new_array)
SLOW_OP(MULTINEWARRAY, ops_multi_array)
op_ARRAYLENGTH: {
    word_t array = W(0);
    SAVE();
    NONNULL(array);
    uint32_t length = LOAD(uint32_t, array + 8);
    word_top--;
    *--raw_top = length;
    NEXT(1);
}
op_WALOAD: {
    word_t array = W(0);
    SAVE();
    NONNULL(array);
    BOUNDS(array, I(0));
    W(0) = LOAD(uint64_t, array + ARRAY_HEADER_BYTES + 8 * (uint64_t)(uint32_t)I(0));
    raw_top++;
    NEXT(1);
}
ALOAD(BALOAD, uint8_t, 0, from_int((int8_t)element))
ALOAD(CALOAD, uint16_t, 1, element)
ALOAD(SALOAD, uint16_t, 1, from_int((int16_t)element))
ALOAD(IALOAD, uint32_t, 2, element)
ALOAD(LALOAD, uint64_t, 3, element)
op_WASTORE: {
    word_t value = W(0), array = W(1);
    SAVE();
    NONNULL(array);
    BOUNDS(array, I(0));
    uint32_t class_number = header_class_number(LOAD(uint64_t, array));
    if (class_number != CLASS_WORDS && value != WORD_NULL &&
        (word_tag(value) != TAG_REF || w->store_pair != ((uint64_t)class_number << 32 | header_class_number(LOAD(uint64_t, value)))))
        SLOW(ops_store_check);
    uint64_t at = array + ARRAY_HEADER_BYTES + 8 * (uint64_t)(uint32_t)I(0);
    EPOCH(at);
    REMEMBER(at, value);
    STORE_WORD(at, value);
    word_top -= 2;
    raw_top++;
    NEXT(1);
}
op_BASTORE: {
    word_t array = W(0);
    SAVE();
    NONNULL(array);
    BOUNDS(array, I(1));
    uint64_t at = array + ARRAY_HEADER_BYTES + (uint32_t)I(1);
    EPOCH(at);
    uint64_t value = R(0);
    if (header_class_number(LOAD(uint64_t, array)) == CLASS_BOOLEANS)
        value &= 1;
    STORE(uint8_t, at, value);
    word_top--;
    raw_top += 2;
    NEXT(1);
}
ASTORE(SASTORE, uint16_t, 1, R(0))
ASTORE(IASTORE, uint32_t, 2, R(0))
ASTORE(LASTORE, uint64_t, 3, R(0))

/* ---- calls and returns: cell 2 is what the callee keeps of its caller ---- */

op_INVOKEVIRTUAL: {
    uint64_t operand = CELL(1);
    word_t object = word_top[-(int64_t)(operand & 0xffff)];
    SAVE();
    if (unlikely(object == WORD_NULL || word_tag(object) != TAG_REF))
        SLOW(call_virtual);
    struct code **methods = code_vtables[header_class_number(LOAD(uint64_t, object))];
    if (unlikely(methods == NULL))
        SLOW(call_virtual);
    ENTER(methods[operand >> 16]);
}
op_INVOKESPECIAL: {
    const struct code *code = (const struct code *)(uintptr_t)CELL(1);
    NONNULL(word_top[-(int64_t)code->word_args]);
    ENTER(code);
}
op_INVOKESTATIC: ENTER((const struct code *)(uintptr_t)CELL(1));
op_INVOKESITE: {
    struct site *site = (struct site *)(uintptr_t)CELL(1);
    word_t object = word_top[-(int64_t)site->arguments];
    SAVE();
    uint64_t cache = atomic_load_explicit(&site->cache, memory_order_acquire);
    if (unlikely(object == WORD_NULL || word_tag(object) != TAG_REF ||
                 cache >> 32 != header_class_number(LOAD(uint64_t, object))))
        SLOW(call_interface);
    ENTER(code_table[(uint32_t)cache]);
}
SLOW_OP(INVOKENAME, call_name)
SLOW_OP(INVOKENUMBER, call_number)
op_RETURN: RETURN_WITH(frame_return_void, (void)0);
op_WRETURN: { word_t result = W(0); RETURN_WITH(frame_return_word, *word_top++ = result); }
RETURN_RAW(RRETURN, R(0))
RETURN_RAW(RRETURN_Z, R(0) & 1)
RETURN_RAW(RRETURN_B, from_int((int8_t)R(0)))
RETURN_RAW(RRETURN_S, from_int((int16_t)R(0)))
RETURN_RAW(RRETURN_C, (uint16_t)R(0))
op_THROW: { NONNULL(W(0)); SLOW(slow_throw); }
SLOW_OP(MONITORENTER, monitor_op_enter)
SLOW_OP(MONITOREXIT, monitor_op_exit)

/* The worker has no thread. */
SLOW_OP(IDLE, sched_next)

/* ---- superinstructions ---- */

op_RLOAD_RLOAD: {
    uint64_t a = frame[CELL(1)], b = frame[CELL(4)];
    raw_top -= 2;
    raw_top[1] = a;
    raw_top[0] = b;
    NEXT(6);
}
op_RLOAD_RCONST8: {
    uint64_t a = frame[CELL(1)], b = CELL(4);
    raw_top -= 2;
    raw_top[1] = a;
    raw_top[0] = b;
    NEXT(5);
}
op_WLOAD_RLOAD: {
    word_t a = word_locals[CELL(1)];
    uint64_t b = frame[CELL(4)];
    *word_top++ = a;
    *--raw_top = b;
    NEXT(6);
}
/* A throw or a fault in the second part runs the first part again: it changed nothing. */
op_WLOAD_GET_W: {
    word_t object = word_locals[CELL(1)];
    SAVE();
    if (unlikely(object == WORD_NULL))
        goto op_WLOAD;
    word_t value = LOAD(uint64_t, object + CELL(4));
    *word_top++ = value;
    NEXT(6);
}
op_WLOAD_GET_I: {
    word_t object = word_locals[CELL(1)];
    SAVE();
    if (unlikely(object == WORD_NULL))
        goto op_WLOAD;
    uint32_t value = LOAD(uint32_t, object + CELL(4));
    *--raw_top = value;
    NEXT(6);
}
/* clang-format on */
