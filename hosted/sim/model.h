/*
 * model.h - the oracle: what the space held at each snapshot, byte for byte,
 * copied by other means than those under test.
 *
 * While the world stands still for a snapshot, the model reads every page of
 * the space that may hold anything, and keeps those that differ from what it
 * kept last. It does not ask the write barrier. What is in memory it reads there;
 * what is not it asks the store for, and does not bring in: else it would drive out
 * what the program needs. It lies in shared memory, so a later process can compare
 * a reopened volume with it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/err.h"

struct sim_model;

/* In shared memory; lasts as long as the process and its children. NULL: no memory. */
struct sim_model *sim_model_create(void);

/* Forget all. */
void sim_model_clear(struct sim_model *model);

/*
 * What may hold anything: called in the stopped world to say so.
 *
 *   range  calls `take` with each stretch of addresses
 */
typedef void sim_model_take_fn(void *context, uint64_t from, uint64_t to);
typedef void sim_model_ranges_fn(sim_model_take_fn *take, void *context);

/*
 * Watch the space that is up now over `store`, and has not been written to since
 * it was opened at `generation`, which becomes the first instant. Returns OK or what
 * stopping the world returned.
 *
 *   record  commits are marked here
 */
struct store;
struct sim_record;
must_use err_t sim_model_watch(struct sim_model *model, sim_model_ranges_fn *ranges,
                               struct store *store, struct sim_record *record, uint64_t generation);

/*
 * Or, where no space is watched: what a page holds from the next instant on, and an instant that
 * is, or will be, or would have been that generation.
 */
void sim_model_page(struct sim_model *model, uint64_t page, const void *bytes);
void sim_model_instant(struct sim_model *model, uint64_t generation);

/* Snapshots taken and committed so far. */
uint64_t sim_model_instants(const struct sim_model *model);
uint64_t sim_model_commits(const struct sim_model *model);
uint64_t sim_model_newest(const struct sim_model *model);

/* Does the model know a snapshot of that number? */
bool sim_model_knows(const struct sim_model *model, uint64_t generation);

/*
 * Compare what a store reads with what the model has of that generation, which it
 * knows. Prints the first difference and returns false.
 *
 *   lost  NULL: each page must be there. Else those that cannot be read for damage are counted
 *         here, and are no difference
 */
bool sim_model_equals(const struct sim_model *model, struct store *store, uint64_t generation,
                      uint64_t *lost);

/* The same for a pinned generation, which the model knows. */
struct store_view;
bool sim_model_equals_view(const struct sim_model *model, struct store_view *view,
                           uint64_t generation, uint64_t *lost);

/* A generation that the model does not watch will hold what `like` holds, which it knows. */
void sim_model_add(struct sim_model *model, uint64_t generation, uint64_t like);

/*
 * Does a store read as an instant that has no number? Such is a generation whose
 * commit failed to say that it was done.
 */
bool sim_model_has_unnumbered(const struct sim_model *model, struct store *store);
