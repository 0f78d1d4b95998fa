/*
 * host.h - what the benchmarks need of Linux: files, a disk on one, and the plainest writes
 * and flushes that the kernel has to offer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/disk.h"

/*
 * A new file of that size in `folder`, written through once if so wished. Its path, to be
 * freed; whoever asked for it removes it.
 */
char *host_file(const char *folder, const char *name, uint64_t bytes, bool prewritten);

/* Open such a file as a disk. */
struct plat_disk *host_disk(const char *path);

/* A new file as a disk, which is gone when it is closed. */
struct plat_disk *host_new_disk(const char *folder, uint64_t bytes, bool prewritten);

/*
 * The peer: a file of its own of `block_count` blocks, O_DIRECT, fdatasync, at most `blocks_max`
 * at once. Removed at once, closed at the end.
 */
void host_peer_open(const char *folder, uint64_t block_count, uint64_t blocks_max);
void host_peer_write(uint64_t blocks);
void host_peer_read(uint64_t block);

/* What the write barrier costs a loop of stores. */
void bench_barrier(const char *folder);

struct bench_pause_rule;

/*
 * Pauses with each size of live data, and how much they grow with that. Each of them has a process
 * and a file of its own in `folder`.
 *
 *   turns  how many snapshots, and stops for nothing, of each size
 *   mibs   up to four sizes in MiB; behind the last one NULL
 */
void bench_pause_sizes(const char *folder, const struct bench_pause_rule *rule, unsigned turns,
                       char *const *mibs);

/*
 * Pauses of a machine with many threads, against stops for nothing. Prints them, and whether the
 * target was met. Commits to the volume.
 *
 *   path   of the volume, which is stopped
 *   turns  how often of each
 *   rule   its writers are workers here
 */
void bench_crowd(const char *path, unsigned turns, const struct bench_pause_rule *rule);
