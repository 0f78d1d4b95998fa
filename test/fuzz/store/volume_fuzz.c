/*
 * volume_fuzz.c - a real volume in which some fields say something else.
 *
 * An input is a list of patches. Each names a part of the volume, a field in it, and what that
 * says instead; then all checksums are made right again, but for what is patched late. What is left
 * over behind the patches makes it a volume of an older version.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "fuzz/fuzzer.h"
#include "fuzz/store/image.h"
#include "support/volume.h"

#define PATCHES_MAX 16

struct field {
    uint16_t offset;
    uint16_t bytes; /* at most 8 */
};

/* What a part looks like: fields at its start, then items of the same fields to its end. */
struct shape {
    const struct field *head;
    unsigned head_count;
    unsigned items_at, item_bytes, item_count;
    const struct field *item;
    unsigned item_fields;
};

#define REF(at)                                                                                    \
    { (at), 8 }, { (at) + 8, 4 },                                                                  \
    {                                                                                              \
        (at) + 12, 4                                                                               \
    }
#define NOTE(at)                                                                                   \
    { (at), 8 }, { (at) + 8, 8 }, { (at) + 16, 8 }, { (at) + 24, 8 }, { (at) + 32, 4 },            \
    {                                                                                              \
        (at) + 36, 4                                                                               \
    }

static const struct field super_head[] = {
    { 0, 8 },   { 8, 4 },   { 12, 4 },  { 16, 4 },  { 20, 4 },  { 24, 4 },  { 28, 4 },
    { 32, 8 },  { 48, 8 },  { 56, 8 },  { 64, 8 },  NOTE(72),   REF(112),   REF(128),
    REF(144),   REF(160),   REF(176),   { 192, 8 }, { 200, 8 }, { 208, 8 }, { 216, 8 },
    { 224, 8 }, { 232, 8 }, { 240, 8 }, { 248, 8 }, REF(256),   { 272, 8 }, { 280, 4 },
    { 284, 4 }, { 288, 4 }, { 292, 4 }, { 296, 8 }, { 304, 8 }, { 312, 8 }, { 320, 8 },
};
static const struct field chain_head[] = { REF(0), { 16, 4 }, { 20, 4 } };
static const struct field record_head[] = {
    { 0, 4 },  { 4, 4 },  { 8, 8 },  NOTE(24), { 64, 4 },  { 68, 4 },
    { 72, 4 }, { 76, 4 }, { 80, 8 }, REF(88),  { 104, 8 },
};
static const struct field node_item[] = { { 0, 5 }, { 5, 3 }, { 8, 2 }, { 10, 2 }, { 12, 4 } };
static const struct field index_item[] = { { 0, 8 }, { 8, 4 }, { 12, 4 } };
static const struct field word_item[] = { { 0, 8 } };
static const struct field dead_item[] = { { 0, 8 }, { 8, 8 }, { 16, 4 }, { 20, 4 } };
static const struct field notes_item[] = { NOTE(0) };
static const struct field pin_item[] = {
    NOTE(0), REF(40), { 56, 8 }, REF(64), { 80, 8 }, { 88, 4 }, { 92, 4 }, { 96, 8 }, { 104, 8 },
};
static const struct field page_item[] = { { 0, 4 }, { 4, 4 }, { 8, 5 }, { 13, 3 }, { 16, 8 } };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HEAD(array)  .head = (array), .head_count = COUNT(array)
#define ITEMS(array, at, of)                                                                       \
    .item = (array), .item_fields = COUNT(array), .items_at = (at), .item_bytes = (of),            \
    .item_count = (VOLUME_BLOCK_BYTES - (at)) / (of)

static const struct shape shapes[IMAGE_KINDS] = {
    [IMAGE_SUPER] = { HEAD(super_head) },
    [IMAGE_NODE] = { ITEMS(node_item, 0, 16) },
    [IMAGE_INDEX] = { ITEMS(index_item, 0, 16) },
    [IMAGE_BITMAP] = { ITEMS(word_item, 0, 8) },
    [IMAGE_WAITING] = { HEAD(chain_head), ITEMS(dead_item, 24, 24) },
    [IMAGE_NOTES] = { HEAD(chain_head), ITEMS(notes_item, 24, 40) },
    [IMAGE_PINS] = { HEAD(chain_head), ITEMS(pin_item, 24, 128) },
    [IMAGE_KEPT] = { HEAD(chain_head), ITEMS(dead_item, 24, 24) },
    [IMAGE_RECORD] = { HEAD(record_head), ITEMS(page_item, 128, 24) },
    [IMAGE_PAGE] = { ITEMS(word_item, 0, 8) },
};

enum how {
    HOW_SET,
    HOW_ADD,
    HOW_XOR,
    HOW_BLOCK,      /* where another part lies */
    HOW_COPY,       /* what another part says there */
    HOW_GENERATION, /* one near the newest */
    HOW_COUNT,
};

#define HOW_LATE 0x80u /* after the checksums were made right */
#define HOW_USED 0x40u /* the item is looked for among those that are not zero */

struct patch {
    uint8_t how;
    uint16_t part, field;
    uint64_t value;
} __attribute__((packed));

/* Of this version, and of each that is older: by how much. */
static struct model *bases[SUPER_VERSION];
static struct model *base;
static struct image image;

static struct model *
base_make(uint32_t version)
{
    struct model *model = model_create(IMAGE_BLOCKS);

    for (unsigned i = 0; i < 28; i++) {
        err_t err;

        if (version == SUPER_VERSION && i % 6 == 5)
            store_pin_ask(model->store);
        err = model_commit(model, 4, i % 8 == 7 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL);
        assert(err == OK);
    }
    model_close(model);
    if (version < SUPER_VERSION)
        model_make_version(model, version);
    return model;
}

int
LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    for (uint32_t older = 0; older < SUPER_VERSION; older++)
        bases[older] = base_make(SUPER_VERSION - older);
    return 0;
}

static uint64_t
field_get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, at, bytes); /* little-endian, as the disk */
    return value;
}

/* The item of a part that a patch means, of those that are used if it says so. */
static unsigned
item_choose(const struct shape *shape, const uint8_t *bytes, unsigned wanted, bool used)
{
    unsigned found[VOLUME_BLOCK_BYTES / 8], count = 0;

    for (unsigned i = 0; used && i < shape->item_count; i++) {
        const uint8_t *item = bytes + shape->items_at + (size_t)i * shape->item_bytes;

        if (field_get(item, 8) != 0)
            found[count++] = i;
    }
    return count > 0 ? found[wanted % count] : wanted % shape->item_count;
}

static struct field
field_choose(const struct shape *shape, const uint8_t *bytes, unsigned wanted, bool used)
{
    struct field field;
    unsigned item;

    if (wanted < shape->head_count || shape->item_count == 0)
        return shape->head[wanted % shape->head_count];
    wanted -= shape->head_count;
    field = shape->item[wanted % shape->item_fields];
    item = item_choose(shape, bytes, wanted / shape->item_fields, used);
    field.offset = (uint16_t)(field.offset + shape->items_at + item * shape->item_bytes);
    return field;
}

static uint64_t
value_choose(const struct patch *patch, struct field field, uint64_t old)
{
    const struct image_part *other = &image.parts[patch->value % image.part_count];

    switch ((enum how)(patch->how % HOW_COUNT)) {
    case HOW_ADD:
        return old + patch->value;
    case HOW_XOR:
        return old ^ patch->value;
    case HOW_BLOCK:
        return other->block;
    case HOW_COPY:
        return field_get(test_disk_look(image.disk, other->block) + field.offset, field.bytes);
    case HOW_GENERATION:
        return base->committed + (uint64_t)(int8_t)patch->value;
    case HOW_SET:
    default:
        return patch->value;
    }
}

static void
patch_apply(const struct patch *patch)
{
    const struct image_part *part = &image.parts[patch->part % image.part_count];
    uint8_t *bytes = test_disk_bytes(image.disk, part->block);
    struct field field =
        field_choose(&shapes[part->kind], bytes, patch->field, (patch->how & HOW_USED) != 0);
    uint64_t value = value_choose(patch, field, field_get(bytes + field.offset, field.bytes));

    memcpy(bytes + field.offset, &value, field.bytes);
}

static void
patches_apply(const uint8_t *bytes, size_t byte_count, bool late)
{
    struct patch patch;

    for (size_t i = 0; i < PATCHES_MAX && (i + 1) * sizeof patch <= byte_count; i++) {
        memcpy(&patch, bytes + i * sizeof patch, sizeof patch);
        if (((patch.how & HOW_LATE) != 0) == late)
            patch_apply(&patch);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    base = bases[byte_count % sizeof(struct patch) % SUPER_VERSION];
    image.disk = test_disk_copy(base->disk);
    image_sum(&image); /* and know the parts */
    patches_apply(bytes, byte_count, false);
    image_sum(&image);
    if (image.part_count > 0)
        patches_apply(bytes, byte_count, true);
    image_try(&image);
    test_disk_free(image.disk);
    return 0;
}
