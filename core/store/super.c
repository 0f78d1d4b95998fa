/*
 * super.c - reading, judging, choosing and writing superblock slots.
 *
 * Invariant: the last two generations known committed lie in slots that
 * super_choose() does not return. So while a slot is being written, whatever
 * becomes of it, two others lead to whole generations.
 *
 * Both copies of a slot are written at once. A write may be torn between them
 * or fail for one of them: a copy is one sector, so each is old or new or
 * bad. What the old one names is whole; what the new one names is, or is
 * found not to be when it is opened (whole.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/super_priv.h"

#include "base/memory.h"
#include "format/space.h"

struct store_note
note_get(const struct note_disk *disk)
{
    return (struct store_note){ .generation = le64_get(disk->generation),
                                .wall_ns = le64_get(disk->wall_ns),
                                .personal_ns = le64_get(disk->personal_ns),
                                .page_count = le64_get(disk->page_count),
                                .cause = (enum store_cause)le32_get(disk->cause) };
}

struct note_disk
note_put(const struct store_note *note)
{
    return (struct note_disk){ .generation = le64_put(note->generation),
                               .wall_ns = le64_put(note->wall_ns),
                               .personal_ns = le64_put(note->personal_ns),
                               .page_count = le64_put(note->page_count),
                               .cause = le32_put(note->cause) };
}

static struct store_policy
policy_get(const struct super_disk *disk)
{
    return (struct store_policy){ .last = le32_get(disk->policy.last),
                                  .hourly = le32_get(disk->policy.hourly),
                                  .daily = le32_get(disk->policy.daily) };
}

static struct store_origin
origin_get(const struct origin_disk *disk)
{
    struct store_origin origin = { .source = generation_id_get(&disk->source),
                                   .generation = le64_get(disk->generation),
                                   .unchanged = le64_get(disk->unchanged) };

    memcpy(origin.id, disk->id, sizeof origin.id);
    return origin;
}

static struct origin_disk
origin_put(const struct store_origin *origin)
{
    struct origin_disk disk = { .source = generation_id_put(&origin->source),
                                .generation = le64_put(origin->generation),
                                .unchanged = le64_put(origin->unchanged) };

    memcpy(disk.id, origin->id, sizeof disk.id);
    return disk;
}

static void
super_get(const struct super_disk *disk, struct super *super)
{
    *super = (struct super){
        .block_count = le64_get(disk->block_count),
        .read_compatible = le32_get(disk->read_compatible),
        .flags = le32_get(disk->flags),
        .note = note_get(&disk->note),
        .map = block_ref_get(&disk->map),
        .bitmap = block_ref_get(&disk->bitmap),
        .waiting = block_ref_get(&disk->waiting),
        .notes = block_ref_get(&disk->notes),
        .delta = block_ref_get(&disk->delta),
        .delta_extent = le64_get(disk->delta_extent),
        .delta_records = le64_get(disk->delta_records),
        .delta_blocks = le64_get(disk->delta_blocks),
        .fold_generation = le64_get(disk->fold_generation),
        .fold_free = le64_get(disk->fold_free),
        .pages_mapped = le64_get(disk->pages_mapped),
        .cursor = le64_get(disk->cursor),
        .sealed = le64_get(disk->sealed),
        .pins = block_ref_get(&disk->pins),
        .map_birth = le64_get(disk->map_birth),
        .policy = policy_get(disk),
        .clock = { .wall_ns = le64_get(disk->pin_wall_ns),
                   .personal_ns = le64_get(disk->pin_personal_ns),
                   .age_ns = le64_get(disk->pin_age_ns),
                   .generation = le64_get(disk->pin_generation) },
        .origin = origin_get(&disk->origin),
    };
    memcpy(super->id, disk->id, sizeof super->id);
}

static void
super_put(const struct super *super, unsigned place, struct super_disk *disk)
{
    *disk = (struct super_disk){
        .magic = SUPER_MAGIC,
        .version = le32_put(SUPER_VERSION),
        .place = le32_put(place),
        .read_compatible = le32_put(super->read_compatible),
        .flags = le32_put(super->flags),
        .space_base = le64_put(SPACE_BASE),
        .space_bytes = le64_put(SPACE_BYTES),
        .block_count = le64_put(super->block_count),
        .note = note_put(&super->note),
        .map = block_ref_put(super->map),
        .bitmap = block_ref_put(super->bitmap),
        .waiting = block_ref_put(super->waiting),
        .notes = block_ref_put(super->notes),
        .delta = block_ref_put(super->delta),
        .delta_extent = le64_put(super->delta_extent),
        .delta_records = le64_put(super->delta_records),
        .delta_blocks = le64_put(super->delta_blocks),
        .fold_generation = le64_put(super->fold_generation),
        .fold_free = le64_put(super->fold_free),
        .pages_mapped = le64_put(super->pages_mapped),
        .cursor = le64_put(super->cursor),
        .sealed = le64_put(super->sealed),
        .pins = block_ref_put(super->pins),
        .map_birth = le64_put(super->map_birth),
        .policy = { .last = le32_put(super->policy.last),
                    .hourly = le32_put(super->policy.hourly),
                    .daily = le32_put(super->policy.daily) },
        .pin_wall_ns = le64_put(super->clock.wall_ns),
        .pin_personal_ns = le64_put(super->clock.personal_ns),
        .pin_age_ns = le64_put(super->clock.age_ns),
        .pin_generation = le64_put(super->clock.generation),
        .origin = origin_put(&super->origin),
    };
    memcpy(disk->id, super->id, sizeof disk->id);
    disk->crc = le32_put(crc32c(disk, SUPER_CRC_BYTES));
}

void
super_encode(unsigned slot, const struct super *super, void *buffer)
{
    uint8_t *bytes = buffer;

    assert(slot < SUPER_SLOTS);
    memset(bytes, 0, SUPER_COPIES * VOLUME_BLOCK_BYTES);
    for (unsigned copy = 0; copy < SUPER_COPIES; copy++)
        super_put(super, slot * SUPER_COPIES + copy,
                  (struct super_disk *)(bytes + copy * VOLUME_BLOCK_BYTES));
}

struct plat_io
super_write(unsigned slot, const struct super *super, void *buffer)
{
    super_encode(slot, super, buffer);
    return (struct plat_io){ .kind = PLAT_WRITE,
                             .block = slot * SUPER_COPIES,
                             .block_count = SUPER_COPIES,
                             .buffer = buffer };
}

/* A good copy says what it is; may it be opened by this build, in this way? */
static err_t
super_version_test(const struct super_disk *disk, bool read_only)
{
    if (le32_get(disk->version) != SUPER_VERSION || le32_get(disk->incompatible) != 0)
        return ERR_VERSION;
    if (le64_get(disk->space_base) != SPACE_BASE || le64_get(disk->space_bytes) != SPACE_BYTES)
        return ERR_VERSION;
    if (le32_get(disk->read_compatible) != 0 && !read_only)
        return ERR_READ_ONLY;
    return OK;
}

enum copy_state {
    COPY_EMPTY,   /* never written */
    COPY_FOREIGN, /* something, but nothing of ours */
    COPY_BAD,     /* ours once, or it makes no sense */
    COPY_GOOD,
};

bool
super_valid(const struct super_disk *disk)
{
    uint64_t generation = le64_get(disk->note.generation), blocks = le64_get(disk->block_count);
    const struct store_policy policy = policy_get(disk);

    return generation > 0 && generation < VOLUME_GENERATION_END &&
           le64_get(disk->fold_generation) <= generation && le64_get(disk->sealed) < generation &&
           blocks >= STORE_BLOCKS_MIN && blocks < VOLUME_BLOCKS_MAX &&
           history_policy_valid(&policy);
}

/* `today` is filled if it is good: what it says. */
static enum copy_state
copy_judge(const struct super_disk *disk, unsigned place, struct super_disk *today)
{
    uint32_t crc = le32_get(disk->crc);
    bool named = memcmp(disk->magic, SUPER_MAGIC, sizeof disk->magic) == 0;

    if (bytes_are_zero(disk, sizeof *disk))
        return COPY_EMPTY;
    if (!crc_good(disk, SUPER_CRC_BYTES, crc)) /* guard: crc-super */
        return named ? COPY_BAD : COPY_FOREIGN;
    if (!named)
        return COPY_FOREIGN;
    if (le32_get(disk->place) != place || !super_today(disk, today))
        return COPY_BAD;
    /* What a version says that is not known is for others to judge. */
    return le32_get(today->version) != SUPER_VERSION || super_valid(today) ? COPY_GOOD : COPY_BAD;
}

struct slot_judgement {
    unsigned good, bad, foreign;
};

/* A volume is of the oldest version that is in it, but of a newer one than ours if there is one. */
static void
version_note(uint32_t version, struct super_slot *slot, struct super_scan *scan)
{
    slot->older = slot->older || version < SUPER_VERSION;
    if (scan->version == 0 || version > SUPER_VERSION ||
        (version < scan->version && scan->version <= SUPER_VERSION))
        scan->version = version;
}

static void
slot_judge(const uint8_t *bytes, unsigned slot, bool read_only, struct super_scan *scan,
           struct slot_judgement *judgement)
{
    struct super_slot *known = &scan->slots[slot];

    for (unsigned copy = 0; copy < SUPER_COPIES; copy++) {
        unsigned place = slot * SUPER_COPIES + copy;
        const struct super_disk *at = (const void *)(bytes + place * VOLUME_BLOCK_BYTES);
        struct super_disk today;
        enum copy_state state = copy_judge(at, place, &today);
        struct super super;
        err_t err;

        judgement->bad += state == COPY_BAD;
        judgement->foreign += state == COPY_FOREIGN;
        if (state != COPY_GOOD)
            continue;
        version_note(le32_get(at->version), known, scan);
        err = super_version_test(&today, read_only);
        if (err != OK) {
            scan->version_err = err;
            continue;
        }
        judgement->good++;
        super_get(&today, &super);
        if (!scan->good[slot] || super.note.generation > scan->supers[slot].note.generation)
            scan->supers[slot] = super;
        if (!known->used || super.note.generation < known->oldest) /* guard: slot-oldest */
            known->oldest = super.note.generation;
        if (super.note.generation > known->newest)
            known->newest = super.note.generation;
        if (super.sealed > scan->sealed_max)
            scan->sealed_max = super.sealed;
        known->used = true;
        scan->good[slot] = true;
    }
}

err_t
super_scan(struct plat_disk *disk, bool read_only, void *buffer, struct super_scan *scan)
{
    struct slot_judgement all = { 0 };
    bool ours = false, readable = false;

    *scan = (struct super_scan){ 0 };
    if (plat_disk_block_count(disk) < VOLUME_FIRST_BLOCK)
        return ERR_FOREIGN;
    for (unsigned slot = 0; slot < SUPER_SLOTS; slot++) {
        uint8_t *bytes = buffer;
        struct slot_judgement one = { 0 };

        /* A slot that cannot be read is a bad one: copy by copy, as a twin may be readable. */
        for (unsigned copy = 0; copy < SUPER_COPIES; copy++) {
            unsigned place = slot * SUPER_COPIES + copy;

            if (volume_read(disk, place, 1, bytes + place * VOLUME_BLOCK_BYTES) == OK)
                readable = true;
            else
                memset(bytes + place * VOLUME_BLOCK_BYTES, 0xff, VOLUME_BLOCK_BYTES);
        }
        slot_judge(bytes, slot, read_only, scan, &one);
        ours = ours || one.good > 0 || one.bad > 0;
        if (one.good > 0) {
            scan->copies_bad += one.bad + one.foreign;
        } else if (one.bad + one.foreign > 0) {
            scan->slots[slot].bad = true;
            scan->slots_bad++;
        }
        all.good += one.good;
        if (scan->slots[slot].newest > scan->generation_max)
            scan->generation_max = scan->slots[slot].newest;
    }
    if (scan->version_err != OK)
        return scan->version_err;
    if (all.good > 0)
        return OK;
    if (!readable)
        return ERR_IO;
    return ours ? ERR_CORRUPT : ERR_FOREIGN;
}

/* How gladly a slot is given up; 0: not at all. */
static unsigned
slot_worth(const struct super_slot *slot)
{
    if (slot->bad || slot->undecided)
        return 3;
    return slot->used ? 1 : 2;
}

unsigned
super_choose(const struct super_slot slots[SUPER_SLOTS], int last, int before, int failed)
{
    int best = -1;

    for (int i = 0; i < SUPER_SLOTS; i++) {
        if (i == last || i == before) /* guard: slot-two-last */
            continue;
        if (i == failed) /* guard: slot-not-failed */
            continue;
        if (best < 0 || slot_worth(&slots[i]) > slot_worth(&slots[best]) ||
            (slot_worth(&slots[i]) == slot_worth(&slots[best]) &&
             slots[i].oldest < slots[best].oldest))
            best = i;
    }
    assert(best >= 0);
    assert(best != last);
    assert(best != before);
    return (unsigned)best;
}

uint64_t
super_floor(const struct super_slot slots[SUPER_SLOTS])
{
    uint64_t floor = UINT64_MAX;

    for (unsigned i = 0; i < SUPER_SLOTS; i++) {
        if (slots[i].used && slots[i].oldest < floor) /* guard: reuse-floor */
            floor = slots[i].oldest;
    }
    return floor;
}
