/*
 * entropy.c - unpredictable bytes from every source there is, added bit by bit.
 *
 * The sum of independent sources is as good as the best of them, so none has to
 * be trusted. The time alone can be guessed; a machine that has nothing better
 * says so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/entropy.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "arch/amd64/cpu.h"
#include "irq/clock.h"

#define LOG_MODULE "entropy"
#include "base/log.h"

#define SOURCES_MAX  4
#define CHUNK_BYTES  64
#define RDRAND_TRIES 10
#define CPUID_RDRAND (1u << 30) /* leaf 1, ecx */

/* Sources are added while drivers start, in one thread, and never go away. */
static struct {
    size_t (*read)(void *device, void *buffer, size_t bytes);
    void *device;
} sources[SOURCES_MAX];
static _Atomic unsigned source_count;
static _Atomic uint64_t asked; /* how often; so that no two answers of the time are the same */
static _Atomic bool warned;

void
entropy_source_add(size_t (*read)(void *device, void *buffer, size_t bytes), void *device)
{
    unsigned count = atomic_load(&source_count);

    if (count == SOURCES_MAX)
        return;
    sources[count].read = read;
    sources[count].device = device;
    atomic_store_explicit(&source_count, count + 1, memory_order_release);
}

/* Source: Intel SDM, volume 1, 7.3.17 "Random Number Generator Instructions". */
static bool
rdrand(uint64_t *value)
{
    for (unsigned i = 0; i < RDRAND_TRIES; i++) {
        bool good;

        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(good));
        if (good)
            return true;
    }
    return false;
}

static bool
add_processor(uint8_t *bytes, size_t count)
{
    uint64_t value = 0;

    if (!(cpu_id(1, 0).ecx & CPUID_RDRAND))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (i % sizeof(value) == 0 && !rdrand(&value))
            return false;
        bytes[i] ^= (uint8_t)(value >> i % sizeof(value) * 8);
    }
    return true;
}

/* Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014: the mixer. */
static void
add_time(uint8_t *bytes, size_t count)
{
    uint64_t state = (cpu_tsc() << 20) ^ clock_wall_ns() ^
                     (atomic_fetch_add(&asked, 1) + 1) * 0x9e3779b97f4a7c15ull;

    for (size_t i = 0; i < count; i++) {
        uint64_t value;

        state += 0x9e3779b97f4a7c15ull;
        value = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
        value = (value ^ value >> 27) * 0x94d049bb133111ebull;
        bytes[i] ^= (uint8_t)((value ^ value >> 31) + cpu_tsc());
    }
}

/* Add what the devices give; true if one of them gave all. */
static bool
add_devices(uint8_t *bytes, size_t count)
{
    unsigned known = atomic_load_explicit(&source_count, memory_order_acquire);
    uint8_t chunk[CHUNK_BYTES];
    bool all = false;

    for (unsigned i = 0; i < known; i++) {
        size_t done = 0;

        while (done < count) {
            size_t got = sources[i].read(sources[i].device, chunk, count - done);

            if (got == 0 || got > count - done)
                break;
            for (size_t k = 0; k < got; k++)
                bytes[done + k] ^= chunk[k];
            done += got;
        }
        all = all || done == count;
    }
    return all;
}

static void
fill_chunk(uint8_t *bytes, size_t count)
{
    bool good;

    for (size_t i = 0; i < count; i++)
        bytes[i] = 0;
    add_time(bytes, count);
    good = add_processor(bytes, count);
    good |= add_devices(bytes, count);
    if (!good && !atomic_exchange(&warned, true))
        log_warn("this machine has no source of random numbers; what should be "
                 "unpredictable can be guessed");
}

void
entropy_fill(void *buffer, size_t bytes)
{
    uint8_t *at = buffer;

    while (bytes > 0) {
        size_t count = bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES;

        fill_chunk(at, count);
        at += count;
        bytes -= count;
    }
}
