/*
 * replay.c - walking along a record and ending it anywhere.
 *
 * Invariant: at each position the image holds exactly the writes that some
 * flush covers, and `loose` names all others that were submitted. A crash image
 * is a function of the first image, the record, the position, the kind of end
 * and the seed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/replay.h"

#include <stdlib.h>
#include <string.h>

#include "plat/machine.h"

const char *const sim_end_names[SIM_END_COUNT] = {
    [SIM_CUT] = "cut",           [SIM_CUT_NONE] = "cut-none", [SIM_CUT_ALL] = "cut-all",
    [SIM_CUT_TORN] = "cut-torn", [SIM_KILL] = "kill",
};

err_t
sim_replay_start(struct sim_replay *replay, const struct sim_record *record, uint8_t *image)
{
    *replay = (struct sim_replay){ .record = record, .image = image };
    replay->loose_max = record->request_count + 1;
    replay->loose = calloc(replay->loose_max, sizeof *replay->loose);
    for (uint64_t i = 0; i < record->event_count; i++) {
        const struct sim_event *event = &record->events[i];

        if (event->kind == SIM_WRITE_SUBMIT &&
            event->block + event->block_count > replay->block_max)
            replay->block_max = event->block + event->block_count;
    }
    replay->settled = calloc(replay->block_max + 1, sizeof *replay->settled);
    if (replay->loose != NULL && replay->settled != NULL)
        return OK;
    sim_replay_end(replay);
    return ERR_NOMEM;
}

void
sim_replay_end(struct sim_replay *replay)
{
    free(replay->loose);
    free(replay->settled);
    replay->loose = NULL;
    replay->settled = NULL;
}

/* Did the write with this request number end in this way before event `limit`? */
static bool
write_ended_before(const struct sim_record *record, enum sim_event_kind how, uint64_t request,
                   uint64_t from, uint64_t limit)
{
    for (uint64_t i = from; i < limit; i++)
        if (record->events[i].kind == how && record->events[i].request == request)
            return true;
    return false;
}

static bool
write_done_before(const struct sim_record *record, uint64_t request, uint64_t from, uint64_t limit)
{
    return write_ended_before(record, SIM_WRITE_DONE, request, from, limit);
}

bool
sim_replay_is_settled(const struct sim_replay *replay, uint64_t at, uint64_t block)
{
    uint64_t later = replay->settled[block], request = replay->record->events[at].request;

    return later > at + 1 &&
           (write_ended_before(replay->record, SIM_WRITE_FAILED, request, at, later - 1) ||
            write_ended_before(replay->record, SIM_WRITE_DONE, request, at, later - 1));
}

static void
write_apply(const struct sim_replay *replay, uint64_t at, uint8_t *image)
{
    const struct sim_event *submit = &replay->record->events[at];

    for (uint64_t i = 0; i < submit->block_count; i++)
        if (!sim_replay_is_settled(replay, at, submit->block + i))
            memcpy(image + (submit->block + i) * PLAT_BLOCK_BYTES,
                   replay->record->data + submit->data + i * PLAT_BLOCK_BYTES, PLAT_BLOCK_BYTES);
}

static void
write_settle(struct sim_replay *replay, uint64_t at)
{
    const struct sim_event *submit = &replay->record->events[at];

    write_apply(replay, at, replay->image);
    for (uint64_t i = 0; i < submit->block_count; i++)
        if (replay->settled[submit->block + i] < at + 1)
            replay->settled[submit->block + i] = at + 1;
}

static uint64_t
flush_submitted_at(const struct sim_record *record, uint64_t done_at)
{
    uint64_t request = record->events[done_at].request;

    for (uint64_t i = done_at; i-- > 0;)
        if (record->events[i].kind == SIM_FLUSH_SUBMIT && record->events[i].request == request)
            return i;
    plat_panic("sim: a flush ended that never began");
}

/* A flush came back: what was done when it was submitted is safe. */
static void
flush_apply(struct sim_replay *replay, uint64_t done_at)
{
    uint64_t submitted_at = flush_submitted_at(replay->record, done_at);
    uint64_t kept = 0;

    for (uint64_t i = 0; i < replay->loose_count; i++) {
        struct sim_loose loose = replay->loose[i];
        const struct sim_event *submit = &replay->record->events[loose.at];

        if (!loose.doomed &&
            write_done_before(replay->record, submit->request, loose.at, submitted_at))
            write_settle(replay, loose.at);
        else
            replay->loose[kept++] = loose;
    }
    replay->loose_count = kept;
    replay->lied_to = false;
    replay->changes++;
}

/* A flush failed: what was done when it was submitted is not safe, and will not be. */
static void
flush_doom(struct sim_replay *replay, uint64_t failed_at)
{
    uint64_t submitted_at = flush_submitted_at(replay->record, failed_at);

    for (uint64_t i = 0; i < replay->loose_count; i++) {
        struct sim_loose *loose = &replay->loose[i];
        uint64_t request = replay->record->events[loose->at].request;

        if (write_done_before(replay->record, request, loose->at, submitted_at))
            loose->doomed = true;
    }
}

static void
bit_turn(struct sim_replay *replay, const struct sim_event *event)
{
    replay->image[event->block * PLAT_BLOCK_BYTES + event->number / 8] ^=
        (uint8_t)(1u << event->number % 8);
    replay->changes++;
}

bool
sim_replay_step(struct sim_replay *replay)
{
    const struct sim_event *event = &replay->record->events[replay->position];

    if (replay->position == replay->record->event_count)
        return false;
    switch ((enum sim_event_kind)event->kind) {
    case SIM_WRITE_SUBMIT:
        replay->loose[replay->loose_count++] = (struct sim_loose){ .at = replay->position };
        break;
    case SIM_FLUSH_DONE:
        flush_apply(replay, replay->position);
        break;
    case SIM_FLUSH_FAILED:
        flush_doom(replay, replay->position);
        break;
    case SIM_FLUSH_LIED:
        replay->lied_to = true;
        break;
    case SIM_ROTTED:
        bit_turn(replay, event);
        break;
    case SIM_MARK:
        if (!replay->lied_to)
            replay->acknowledged = event->number;
        break;
    case SIM_WRITE_DONE:
    case SIM_WRITE_FAILED:
    case SIM_FLUSH_SUBMIT:
        break;
    }
    replay->position++;
    return true;
}

static void
write_tear(const struct sim_replay *replay, uint64_t at, struct sim_random *random, uint8_t *image)
{
    const struct sim_record *record = replay->record;
    const struct sim_event *submit = &record->events[at];
    uint64_t in_block = PLAT_BLOCK_BYTES / SIM_SECTOR_BYTES;

    for (uint64_t i = 0; i < submit->block_count * in_block; i++)
        if (sim_random_chance(random, 1, 2) &&
            !sim_replay_is_settled(replay, at, submit->block + i / in_block))
            memcpy(image + submit->block * PLAT_BLOCK_BYTES + i * SIM_SECTOR_BYTES,
                   record->data + submit->data + i * SIM_SECTOR_BYTES, SIM_SECTOR_BYTES);
}

static void
write_by_chance(const struct sim_replay *replay, uint64_t at, struct sim_random *random,
                uint8_t *image)
{
    switch (sim_random_below(random, 3)) {
    case 0:
        write_apply(replay, at, image);
        break;
    case 1:
        write_tear(replay, at, random, image);
        break;
    default: /* dropped */
        break;
    }
}

/* What becomes of one loose write. */
static void
loose_end(const struct sim_replay *replay, uint64_t at, enum sim_end end, struct sim_random *random,
          uint8_t *image, struct sim_record *visible)
{
    const struct sim_record *record = replay->record;
    const struct sim_event *submit = &record->events[at];

    switch (end) {
    case SIM_CUT_NONE:
        return;
    case SIM_CUT_ALL:
        write_apply(replay, at, image);
        return;
    case SIM_CUT_TORN:
        write_tear(replay, at, random, image);
        return;
    case SIM_KILL:
        if (!write_done_before(record, submit->request, at, replay->position)) {
            write_by_chance(replay, at, random, image);
        } else {
            write_apply(replay, at, image);
            if (visible == NULL)
                return;
        }
        if (visible != NULL)
            sim_record_done_write(visible, submit->block, submit->block_count,
                                  image + submit->block * PLAT_BLOCK_BYTES);
        return;
    default:
        write_by_chance(replay, at, random, image);
    }
}

void
sim_replay_cut(const struct sim_replay *replay, enum sim_end end, struct sim_random *random,
               uint8_t *image, struct sim_record *record)
{
    uint64_t count = replay->loose_count;
    struct sim_loose *loose = malloc((count + 1) * sizeof *loose);

    if (loose == NULL)
        plat_panic("sim: no memory for a crash image");
    memcpy(loose, replay->loose, count * sizeof *loose);
    while (count > 0) { /* power may take them in any order; a kill leaves the disk's own */
        uint64_t pick = end == SIM_KILL ? 0 : sim_random_below(random, count);
        uint64_t at = loose[pick].at;

        memmove(&loose[pick], &loose[pick + 1], (count - pick - 1) * sizeof *loose);
        count--;
        loose_end(replay, at, end, random, image, record);
    }
    free(loose);
}

/* ---- taking a cut back ---- */

static void
undo_room_make(struct sim_undo *undo, uint64_t count)
{
    if (count <= undo->room)
        return;
    undo->room = 2 * count;
    free(undo->blocks);
    free(undo->bytes);
    undo->blocks = malloc(undo->room * sizeof *undo->blocks);
    undo->bytes = malloc(undo->room * PLAT_BLOCK_BYTES);
    if (undo->blocks == NULL || undo->bytes == NULL)
        plat_panic("sim: no memory to take a cut back");
}

void
sim_undo_save(struct sim_undo *undo, const struct sim_replay *replay, const uint8_t *image)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < replay->loose_count; i++)
        count += replay->record->events[replay->loose[i].at].block_count;
    undo_room_make(undo, count);
    undo->count = 0;
    for (uint64_t i = 0; i < replay->loose_count; i++) {
        const struct sim_event *submit = &replay->record->events[replay->loose[i].at];

        for (uint64_t block = submit->block; block < submit->block + submit->block_count; block++) {
            memcpy(undo->bytes + undo->count * PLAT_BLOCK_BYTES, image + block * PLAT_BLOCK_BYTES,
                   PLAT_BLOCK_BYTES);
            undo->blocks[undo->count++] = block;
        }
    }
}

void
sim_undo_restore(const struct sim_undo *undo, uint8_t *image)
{
    for (uint64_t i = 0; i < undo->count; i++)
        memcpy(image + undo->blocks[i] * PLAT_BLOCK_BYTES, undo->bytes + i * PLAT_BLOCK_BYTES,
               PLAT_BLOCK_BYTES);
}

static bool
undo_has_before(const struct sim_undo *undo, uint64_t place)
{
    for (uint64_t i = 0; i < place; i++)
        if (undo->blocks[i] == undo->blocks[place])
            return true;
    return false;
}

/* A sum over blocks, so their order is of no account. */
struct hash128
sim_undo_difference(const struct sim_undo *undo, const uint8_t *image)
{
    struct hash128 sum = { 0, 0 };

    for (uint64_t i = 0; i < undo->count; i++) {
        const uint8_t *now = image + undo->blocks[i] * PLAT_BLOCK_BYTES;
        struct hash128 hash;

        if (memcmp(now, undo->bytes + i * PLAT_BLOCK_BYTES, PLAT_BLOCK_BYTES) == 0 ||
            undo_has_before(undo, i))
            continue;
        hash = hash128(now, PLAT_BLOCK_BYTES, undo->blocks[i]);
        sum.low += hash.low;
        sum.high += hash.high;
    }
    return sum;
}
