/*
 * known.c - the classes that C knows by number: their names, and the shapes
 * that object/layout.h gives them.
 *
 * The class library must declare each of them but the arrays, with methods
 * and without instance fields.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "vm/model_priv.h"

struct known {
    const char *name;
    enum object_kind kind;
    uint32_t bytes; /* of an instance; 0: as its fields say, or by its length */
    uint32_t words; /* word slots behind the header */
};

#define PLAIN(type, first_raw)                                                                     \
    KIND_PLAIN, sizeof(struct type),                                                               \
        (offsetof(struct type, first_raw) - OBJECT_HEADER_BYTES) / sizeof(word_t)

static const struct known known_classes[CLASS_WELL_KNOWN_COUNT] = {
    [CLASS_NONE] = { "", KIND_PLAIN, 0, 0 },
    [CLASS_OBJECT] = { ".internal.object", KIND_PLAIN, 0, 0 },
    [CLASS_CLASS] = { ".internal.class", PLAIN(class_object, number) },
    [CLASS_FIELD] = { ".internal.field", PLAIN(field_object, offset) },
    [CLASS_METHOD] = { ".internal.method", PLAIN(method_object, number) },
    [CLASS_STRING] = { ".internal.string", KIND_STRING, 0, 0 },
    [CLASS_INT] = { ".internal.int", KIND_PLAIN, OBJECT_HEADER_BYTES, 0 },
    [CLASS_LONG] = { ".internal.long", PLAIN(box_object, bits) },
    [CLASS_FLOAT] = { ".internal.float", KIND_PLAIN, OBJECT_HEADER_BYTES, 0 },
    [CLASS_DOUBLE] = { ".internal.double", PLAIN(box_object, bits) },
    [CLASS_CHAR] = { ".internal.char", KIND_PLAIN, OBJECT_HEADER_BYTES, 0 },
    [CLASS_CODE_POINT] = { ".internal.code_point", KIND_PLAIN, OBJECT_HEADER_BYTES, 0 },
    [CLASS_BOOLEAN] = { ".internal.boolean", KIND_PLAIN, OBJECT_HEADER_BYTES, 0 },
    [CLASS_WORDS] = { "[w", KIND_WORDS, 0, 0 },
    [CLASS_BOOLEANS] = { "[z", KIND_RAW8, 0, 0 },
    [CLASS_BYTES] = { "[b", KIND_RAW8, 0, 0 },
    [CLASS_SHORTS] = { "[s", KIND_RAW16, 0, 0 },
    [CLASS_CHARS] = { "[c", KIND_RAW16, 0, 0 },
    [CLASS_INTS] = { "[i", KIND_RAW32, 0, 0 },
    [CLASS_LONGS] = { "[l", KIND_RAW64, 0, 0 },
    [CLASS_FLOATS] = { "[f", KIND_RAW32, 0, 0 },
    [CLASS_DOUBLES] = { "[d", KIND_RAW64, 0, 0 },
    [CLASS_STACK] = { ".internal.stack", KIND_STACK, 0, 0 },
    [CLASS_THREAD] = { ".internal.thread", PLAIN(thread_object, id) },
    [CLASS_APPLICATION] = { ".internal.application", PLAIN(application_object, started_ns) },
    [CLASS_CHANNEL] = { ".internal.channel", PLAIN(channel_object, appended) },
    [CLASS_MONITOR] = { ".internal.monitor", PLAIN(monitor_object, number) },
};

enum well_known_class
model_known_number(const struct name *name)
{
    for (unsigned i = CLASS_NONE + 1; i < CLASS_WELL_KNOWN_COUNT; i++) {
        if (text_equal(known_classes[i].name, name->text))
            return (enum well_known_class)i;
    }
    return CLASS_NONE;
}

const char *
model_known_name(enum well_known_class number)
{
    return known_classes[number].name;
}

bool
model_is_machines(const struct model_class *class)
{
    return class->element_type != 0 || class_is_machines(class->number);
}

void
model_known_lay_out(struct model_class *class)
{
    const struct known *known;

    class->is_machines = model_is_machines(class);
    if (!class->is_machines)
        return;
    known = &known_classes[class->number];
    class->kind = known->kind;
    class->instance_bytes = known->bytes;
    class->word_run_count = known->words > 0;
    class->word_runs[0].offset = OBJECT_HEADER_BYTES;
    class->word_runs[0].count = known->words;
    if (known->words == 0)
        class->word_runs[0].offset = 0;
}
