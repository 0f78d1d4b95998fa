/*
 * race_priv.h - the heap in which races are tried, for the files that make and use it.
 * * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "heap/heap.h"
#include "object/array.h"
#include "pmem/pmem.h"
#include "sim/race_world.h"
#include "store/store.h"

#define RESIDENT_BYTES  (32ull << 20)
#define NURSERY_BYTES   (8 * HEAP_BLOCK_BYTES)
#define LATENCY_NS      1000
#define PATIENCE_NS     1000000000ull /* of the collector, in virtual time */
#define LOOK_NS         1000000u      /* the mutator looks whether the cycle is over */
#define LOOKS_MAX       100000u

#define CLASS_NODE      (CLASS_WELL_KNOWN_COUNT + 1)
#define CLASS_WEAK_NODE (CLASS_WELL_KNOWN_COUNT + 2)
#define NODE_WORDS      2
#define NODES_MAX       64
#define NONE            (-1)

/* Elements of the array that keeps everything. */
enum {
    HOLDER_START, /* keeps T, where it is held */
    HOLDER_KEPT,  /* what a step has kept */
    HOLDER_HIDDEN,
    HOLDER_FILLED,
    HOLDER_COUNT,
    AT_WEAK = HOLDER_COUNT,
    WEAK_COUNT = 3, /* T, T, U; the last two have actions */
    AT_STONES = AT_WEAK + WEAK_COUNT,
    AT_LEDGER,
    AT_WIDE,  /* raw, and does not fit a hole */
    AT_LARGE, /* has a block of its own */
    AT_PLUG,  /* old objects that leave no hole in the block of this array */
    AT_PAST,  /* an object that refers to the first stone, and the other way; young at first */
    AT_BORN,  /* another one, made since the cycle began */
    AT_FAR,   /* words over several blocks, one of which comes to refer to the first stone */
    AT_WIDER, /* others, made since */
    AT_LOOSE, /* a weak reference to the first stone, which lies elsewhere */
    ROOT_COUNT,
};

/* Of the ledger: what must be changed together with the rest, and outlive kills. */
enum {
    LEDGER_VERSION,
    LEDGER_CALLED,                               /* how often each action was called */
    LEDGER_WATCHED = LEDGER_CALLED + WEAK_COUNT, /* is it to be called yet? */
    LEDGER_COUNT = LEDGER_WATCHED + WEAK_COUNT,
};

#define STONES       160u /* old objects that stay, with holes between them */
#define STONE_EVERY  13u  /* objects, of which one stays: three lines of a hole */
#define STONE_ID     1000000u
#define JUNK_ID      2000000u
#define JUNK         5000u
#define JUNK_WORDS   2u
#define WIDE_WORDS   998u /* nearly a large object: it fits no hole */
#define LARGE_WORDS  1200u
#define GROUND_WORDS 4000u /* of a large object that is gone: its block is free */
#define GROUND_LARGE 3u
#define FAR_WORDS    9000u
#define FAR_WORD     8500u
#define FILLED       7u /* more than what is left of a hole */
#define VERSIONS     64u
#define FULLS        3u

struct node_object {
    uint64_t header;
    word_t slots[NODE_WORDS];
    uint64_t id;
};

struct weak_object {
    uint64_t header;
    word_t weak;
};

struct race_model {
    int count;
    int slots[NODES_MAX][NODE_WORDS];
    int holders[HOLDER_COUNT];
    int hand;
    int targets[WEAK_COUNT]; /* what each weak reference was made for */
    bool cleared[WEAK_COUNT];
    bool watched[WEAK_COUNT];
    uint64_t called[WEAK_COUNT];
    bool large; /* what does not fit a hole is there */
};

struct race {
    uint8_t *image;
    struct plat_disk *disk;
    struct store *store;
    struct pmem_worker worker;
    struct heap_local local;
    struct heap_handle hand, spare;
    struct heap_options options;
    struct pmem_options pmem;
    uint64_t seed;
    uint64_t version;
    struct race_model model, models[VERSIONS];
    uint64_t tracked[16]; /* objects that points are about */
    unsigned tracked_count;
    uint64_t hoard; /* credit that was taken so that others have none */
    bool failed;
};

extern struct race race;

/* What is wrong; it is said once. */
__attribute__((format(printf, 1, 2))) void race_wrong(const char *text, ...);

/* The same, unless `err` is OK: it could not be done. */
void race_must(const char *doing, err_t err);

/* race_space.c: objects, in the nursery or in old space, whatever it takes. */
ref_t race_alloc(uint64_t bytes, uint32_t class_number, bool old);
ref_t race_node_make(uint64_t id, bool old);

/* What was made in old space is from now on as what was promoted: it may move. */
void race_age(ref_t object);
ref_t race_array_make(enum object_kind kind, uint32_t class_number, uint32_t length);

/* A raw array of 0, 1, 2, ... in old space. */
ref_t race_raw_make(uint32_t length);
void race_class_make(uint32_t number, uint32_t flags, uint32_t bytes, uint32_t words);

word_t race_node_get(ref_t node, unsigned slot);
void race_node_set(ref_t node, unsigned slot, word_t word);

/* The array that keeps everything; an element of it; the address of a word of the ledger. */
ref_t race_roots(void);
word_t race_root_get(unsigned i);
void race_root_set(unsigned i, word_t word);
uint64_t race_ledger_at(unsigned i);

/* What a weak reference refers to, without asking for it. */
word_t race_weak_look(unsigned i);

/* race_model.c: a new node of the model, which refers to nothing. */
int race_model_node(void);

/* A change of the space is complete: it has a version of its own. */
void race_changed(void);

/* All is as the model says; and, where the world can be stopped, all of the heap is sound. */
void race_look(void);
void race_look_closely(void);

/* race_acts.c: what the mutator does. */
void race_act(enum race_act act);
void race_hand_take(int node, word_t word);
void race_scavenge(void);
void race_commit(void);

/* The credit that was taken so that others have none is given back. */
void race_hoard_end(void);

/* race_world.c: killed, with what is on the disk now, and started again. */
void race_kill(void);
