/*
 * difference.c - in which pages two page maps of a volume differ.
 *
 * Two maps of one volume share what did not change between them, down to the block: where both
 * name the same block all below it is the same, and is passed over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/difference_priv.h"

#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define NODES_BYTES (2 * MAP_LEVELS * sizeof(struct map_node_disk))

struct difference {
    struct store *store;
    struct map_node_disk *from, *to; /* a node for each level */
    difference_fn *visit;
    void *context;
    uint64_t nodes;
};

static bool
same(const struct map_entry *a, const struct map_entry *b)
{
    return a->block == b->block && a->crc == b->crc && a->flags == b->flags;
}

/* The node that the entry names; nothing but zeroes if it names none. */
static err_t
node_get(struct store *store, const struct map_entry *entry, struct map_node_disk *node)
{
    if (!map_entry_valid(store, entry) || (entry->flags & MAP_FLAG_LOST) != 0)
        return ERR_CORRUPT;
    memset(node, 0, sizeof *node);
    return entry->block != 0 ? map_node_read(store, entry, node) : OK;
}

/* A damaged leaf counts as one of which all is lost: all below it differs. */
static err_t
node_get_damaged(struct store *store, unsigned level, const struct map_entry *entry,
                 struct map_node_disk *node)
{
    err_t err = node_get(store, entry, node);

    if (err != ERR_CORRUPT || level > 0)
        return err;
    for (unsigned i = 0; i < MAP_WAYS; i++)
        node->entries[i] = map_entry_put((struct map_entry){ .flags = MAP_FLAG_LOST });
    return OK;
}

/* Visit what differs below two entries that name nodes of `level`. Depth: MAP_LEVELS. */
static err_t
nodes_walk(struct difference *walk, unsigned level, struct map_entry from, struct map_entry to,
           uint64_t first)
{
    uint64_t pages = 1ull << level * MAP_WAYS_BITS;

    TRY(node_get_damaged(walk->store, level, &from, &walk->from[level]));
    TRY(node_get(walk->store, &to, &walk->to[level]));
    walk->nodes++;
    for (unsigned i = 0; i < MAP_WAYS; i++) {
        struct map_entry below_from = map_entry_get(&walk->from[level].entries[i]);
        struct map_entry below_to = map_entry_get(&walk->to[level].entries[i]);
        uint64_t page = first + i * pages;

        if (same(&below_from, &below_to))
            continue;
        if (level > 0)
            TRY(nodes_walk(walk, level - 1, below_from, below_to, page));
        else
            TRY(walk->visit(walk->context, page, &below_to));
    }
    return OK;
}

static struct map_entry
root_of(struct block_ref map)
{
    return (struct map_entry){ .block = map.count > 0 ? map.block : 0, .crc = map.crc };
}

err_t
difference_walk(struct store *store, struct block_ref from, struct block_ref to,
                difference_fn *visit, void *context, uint64_t *nodes)
{
    struct difference walk = {
        .store = store, .from = plat_alloc(NODES_BYTES), .visit = visit, .context = context
    };
    struct map_entry root_from = root_of(from), root_to = root_of(to);
    err_t err = ERR_NOMEM;

    if (walk.from != NULL) {
        walk.to = walk.from + MAP_LEVELS;
        err = same(&root_from, &root_to) ? OK
                                         : nodes_walk(&walk, MAP_LEVELS - 1, root_from, root_to, 0);
    }
    if (err == OK && nodes != NULL)
        *nodes = walk.nodes;
    plat_free(walk.from, NODES_BYTES);
    return err;
}
