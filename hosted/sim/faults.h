/*
 * faults.h - what goes wrong below the core: a list of faults, each at a request of
 * the disk or of memory, by the seed or as it is told.
 *
 * Whether a fault befalls a request depends on the seed and on the request's number
 * alone, and what happened is noted: so the list of a run can be made shorter, and given
 * to another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum sim_fault {
    SIM_READ_ERROR,      /* a read ends with ERR_IO */
    SIM_READ_SHORT,      /* it brings a part, and says OK */
    SIM_WRITE_ERROR,     /* a write ends with ERR_IO, and what it left is not known */
    SIM_NO_SPACE,        /* the same with ERR_NOSPACE */
    SIM_WRITE_LOST,      /* it says OK, and nothing was written */
    SIM_WRITE_ELSEWHERE, /* it says OK, and was written to other blocks */
    SIM_ROT,             /* a bit of a block that was written before turns over */
    SIM_FLUSH_ERROR,     /* a flush ends with ERR_IO; what it was for may be lost for ever */
    SIM_FLUSH_LOST,      /* it says OK, and did nothing */
    SIM_SLOW,            /* a write or a flush takes very long, and others overtake it */
    SIM_NO_MEMORY,       /* memory is refused */
    SIM_READ_ELSEWHERE,  /* a read brings other blocks, and says OK */
    SIM_FAULT_COUNT,
};

extern const char *const sim_fault_names[SIM_FAULT_COUNT];

#define SIM_FAULTS_MAX 128 /* in a run */

/* A fault, and the request that it befalls: the how-manieth of the disk, or of memory. */
struct sim_fault_at {
    enum sim_fault fault;
    uint64_t at;
};

struct sim_fault_list {
    unsigned count;
    struct sim_fault_at faults[SIM_FAULTS_MAX];
};

struct sim_faults {
    uint64_t seed;
    uint32_t chances[SIM_FAULT_COUNT]; /* in 1,000,000ths of the requests that it can befall */
    const struct sim_fault_list *only; /* these, and none by chance; NULL: by chance */
    struct sim_fault_list *happened;   /* what happened is added; or NULL */
};

/* What requests can be befallen by. */
#define SIM_FAULTS_OF_READS (1u << SIM_READ_ERROR | 1u << SIM_READ_SHORT | 1u << SIM_READ_ELSEWHERE)
#define SIM_FAULTS_OF_WRITES                                                                       \
    (1u << SIM_WRITE_ERROR | 1u << SIM_NO_SPACE | 1u << SIM_WRITE_LOST |                           \
     1u << SIM_WRITE_ELSEWHERE | 1u << SIM_ROT | 1u << SIM_SLOW)
#define SIM_FAULTS_OF_FLUSHES (1u << SIM_FLUSH_ERROR | 1u << SIM_FLUSH_LOST | 1u << SIM_SLOW)
#define SIM_FAULTS_OF_MEMORY  (1u << SIM_NO_MEMORY)

/* Faults that may damage the volume: what can be read of it must be right, and the rest be named.
 */
#define SIM_FAULTS_THAT_DAMAGE                                                                     \
    (SIM_FAULTS_THAT_FORGET | 1u << SIM_READ_SHORT | 1u << SIM_READ_ELSEWHERE |                    \
     1u << SIM_FLUSH_LOST)

/*
 * After these what was acknowledged need not be there: nobody can miss a superblock that never
 * came. After a flush that lied it is there again with the next one that does not.
 */
#define SIM_FAULTS_THAT_FORGET (1u << SIM_WRITE_LOST | 1u << SIM_WRITE_ELSEWHERE | 1u << SIM_ROT)

/*
 * The fault of request `at`, one of the set `of`, or SIM_FAULT_COUNT: none. `faults` may be NULL.
 */
enum sim_fault sim_fault_pick(const struct sim_faults *faults, unsigned of, uint64_t at);

/* A number that belongs to this request and to no other: where it goes instead, how much comes. */
uint64_t sim_fault_number(const struct sim_faults *faults, uint64_t at);
