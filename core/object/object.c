/*
 * object.c - identity hashes.
 *
 * They come from a counter in the root of the space, mixed so that maps may use
 * their low bits: no entropy, so that a run that is repeated repeats them, and no
 * address, because objects move.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/object.h"

#include "base/hash.h"
#include "object/layout.h"

uint32_t
obj_hash_make(void)
{
    uint64_t slot = SPACE_ROOT + offsetof(struct space_root, hash_count);
    uint32_t hash;

    do {
        pmem_barrier(slot);
        hash = (uint32_t)hash_mix(1 + atomic_fetch_add_explicit((_Atomic uint64_t *)slot, 1,
                                                                memory_order_relaxed)) &
               IDENTITY_HASH_MAX;
    } while (hash == 0);
    return hash;
}

uint32_t
obj_identity_hash(ref_t object)
{
    uint64_t header = obj_header(object);
    uint32_t made = 0;
    uint32_t hash;

    for (;;) {
        assert((header & HEADER_LOCK_MASK) >> HEADER_LOCK_SHIFT != LOCK_INFLATED);
        hash = (uint32_t)((header & HEADER_HASH_MASK) >> HEADER_HASH_SHIFT);
        if (hash != 0)
            return hash;
        if (made == 0)
            made = obj_hash_make();
        if (obj_header_cas(object, &header, header | ((uint64_t)made << HEADER_HASH_SHIFT)))
            return made;
    }
}
