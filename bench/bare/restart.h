/*
 * restart.h - how long a volume takes from opening to its program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

struct block_device;

/*
 * Open the volume on `device`, bring it up, wait until its program calls the primitive
 * snapshot_generation, and take it down, `turns` times, without ever committing; beside raw
 * writes of one block.
 */
void bench_restart(struct block_device *device, unsigned turns);
