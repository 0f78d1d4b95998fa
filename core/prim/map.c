/*
 * map.c - finding a key in a map, as far as no bytecode has to be asked.
 *
 * Most keys are strings, ints and the like, whose hash and equality C knows. Where a
 * key, or one that it is compared with, may have methods of its own, or where there is too
 * much to look at for one piece, the answer is MAP_ASK, and the class library looks itself
 * (classes/internal/container/map.ph says how entries lie). Both find the same.
 *
 * Other threads may change the arrays meanwhile: whatever lies in them, nothing is
 * read beyond their ends, and nobody walks for ever.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

/* What map.ph calls ABSENT and ASK. */
#define MAP_ABSENT (-1)
#define MAP_ASK    (-2)

/* Entries that one look may pass, and strings that it may compare with. */
#define STEPS_MAX    256u
#define COMPARES_MAX 16u

struct look {
    ref_t links, hashes, keys;
    word_t key;
    uint32_t value; /* of the key's own hash; a string is to keep it if is_new */
    bool is_new;
    unsigned compares;
};

/* The key's own hash. False where only the key itself knows. */
static bool
hash_of_key(struct look *look)
{
    word_t key = look->key;

    switch (word_tag(key)) {
    case TAG_INT:
        look->value = (uint32_t)word_to_int(key);
        return true;
    case TAG_CHAR:
    case TAG_CODE_POINT:
    case TAG_BOOLEAN:
        look->value = (uint32_t)word_to_unsigned(key);
        return true;
    case TAG_REF:
        break;
    default:
        return false;
    }
    if (key == WORD_NULL)
        return true;
    if (!prim_is(key, CLASS_STRING) || array_length(key) > PRIM_PIECE)
        return false;
    look->value = pmem_load32(key + STRING_HASH_OFFSET);
    if (look->value != 0)
        return true;
    for (uint32_t i = 0; i < array_length(key); i++)
        look->value = 31 * look->value + string_unit(key, i);
    look->is_new = look->value != 0;
    return true;
}

/* Is that entry's key, which has the same hash, the same key? MAP_ASK where C does not know. */
static int
same_key(struct look *look, word_t there)
{
    word_t key = look->key;

    if (there == key)
        return true;
    if (there == WORD_NULL || key == WORD_NULL)
        return false;
    if (word_tag(there) != word_tag(key))
        return MAP_ASK;
    if (word_tag(key) != TAG_REF)
        return false;
    if (!prim_is(there, CLASS_STRING) || look->compares++ == COMPARES_MAX)
        return MAP_ASK;
    return string_equal(there, key);
}

static int32_t
entry_of(struct look *look, int32_t first, uint32_t hash)
{
    int32_t at = first - 1;

    for (uint32_t steps = 0; at >= 0; steps++) {
        uint32_t i = (uint32_t)at;

        if (steps == STEPS_MAX || i >= array_length(look->hashes) ||
            i >= array_length(look->keys) || i >= array_length(look->links))
            return MAP_ASK;
        if (pmem_load32(look->hashes + ARRAY_HEADER_BYTES + 4 * (uint64_t)i) == hash) {
            int same =
                same_key(look, pmem_load64(look->keys + ARRAY_HEADER_BYTES + 8 * (uint64_t)i));

            if (same != false)
                return same == true ? at : MAP_ASK;
        }
        at = (int32_t)pmem_load32(look->links + ARRAY_HEADER_BYTES + 4 * (uint64_t)i) - 1;
    }
    return MAP_ABSENT;
}

enum prim_answer
prim_map_find(struct prim_call *call)
{
    ref_t buckets = call->words[0];
    struct look look = {
        .links = call->words[1],
        .hashes = call->words[2],
        .keys = call->words[3],
        .key = call->words[4],
    };
    uint32_t hash, count, bucket;
    int32_t found;

    if (buckets == WORD_NULL)
        return prim_return_int(call, MAP_ABSENT);
    for (unsigned i = 0; i < 3; i++) {
        if (!prim_is(call->words[i], CLASS_INTS))
            return prim_refuse(call, i, "an array of ints");
    }
    if (!prim_is(look.keys, CLASS_WORDS))
        return prim_refuse(call, 3, "an array of words");
    count = array_length(buckets);
    if (count == 0 || !hash_of_key(&look))
        return prim_return_int(call, MAP_ASK);

    hash = look.value * 0x9e3779b9u;
    hash ^= hash >> 15;
    bucket = hash & (count - 1);
    found = entry_of(
        &look, (int32_t)pmem_load32(buckets + ARRAY_HEADER_BYTES + 4 * (uint64_t)bucket), hash);
    if (look.is_new) {
        prim_invoke(call);
        obj_store_raw32(look.key, STRING_HASH_OFFSET, look.value);
    }
    return prim_return_int(call, found);
}
