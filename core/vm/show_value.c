/*
 * show_value.c - values as text, as the language would write them.
 *
 * Everything is looked at before it is read: a page that is damaged, or a reference that leads
 * nowhere, is a word in the text and no trouble. Nothing is called: what an object says of itself
 * by toString() is not asked. Depth, elements and text are bounded, and an object within itself is
 * named and not entered, so any value has an end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "base/memory.h"
#include "format/module.h"
#include "object/array.h"
#include "object/string.h"
#include "vm/class_index.h"
#include "vm/show_priv.h"
#include "vm/signature.h"

#define SUPERS_MAX 32 /* whose fields are shown */

/* ---- text ---- */

void
show_bytes(struct show *show, const char *bytes, size_t count)
{
    size_t room = show->room - show->count;

    if (count > room) {
        show->full = true;
        count = room;
        while (count > 0 && ((uint8_t)bytes[count] & 0xc0) == 0x80)
            count--; /* whole characters only */
    }
    memcpy(show->text + show->count, bytes, count);
    show->count += count;
}

void
show_text(struct show *show, const char *text)
{
    show_bytes(show, text, text_length(text));
}

__attribute__((format(printf, 2, 3))) static void
show_format(struct show *show, const char *text, ...)
{
    char line[64];
    va_list values;

    va_start(values, text);
    format_list(line, sizeof line, text, values);
    va_end(values);
    show_text(show, line);
}

/* ---- what can be read ---- */

bool
show_there(uint64_t address, uint64_t bytes)
{
    if (!space_contains(address) || bytes > SPACE_END - address)
        return false;
    return pmem_readable(address, bytes);
}

ref_t
show_class_of(ref_t object)
{
    uint32_t number, count = pmem_load32(SPACE_ROOT + offsetof(struct space_root, class_count));
    ref_t class;

    if (object < SPACE_HEAP || !show_there(object, OBJECT_HEADER_BYTES) ||
        !(obj_header(object) & HEADER_MARK))
        return 0;
    number = header_class_number(obj_header(object));
    if (number == 0 || number >= count || !show_there(SPACE_CLASS_TABLE + 8ull * number, 8))
        return 0;
    class = class_of_number(number);
    return class != 0 && show_there(class, sizeof(struct class_object)) ? class : 0;
}

/* How many elements of an array, or units of a string, can be read: all, or none. */
static bool
length_read(ref_t array, uint64_t element_bytes, uint32_t most, uint32_t *length)
{
    if (!show_there(array, ARRAY_HEADER_BYTES))
        return false;
    *length = array_length(array);
    return show_there(array,
                      ARRAY_HEADER_BYTES + element_bytes * (*length < most ? *length : most));
}

void
show_name(word_t string, char buffer[SHOW_NAME_BYTES])
{
    uint32_t length;
    size_t bytes = 0;

    if (show_class_of(string) != 0 && length_read(string, 2, SHOW_NAME_BYTES, &length))
        bytes = string_to_utf8(string, NULL, buffer, SHOW_NAME_BYTES - 1);
    else
        buffer[bytes++] = '?';
    buffer[bytes] = '\0';
}

void
show_class_name(ref_t class, char buffer[SHOW_NAME_BYTES])
{
    size_t from = 0, length;

    show_name(GET_WORD(class_object, class, name), buffer);
    length = text_length(buffer);
    for (size_t i = 0; i < length; i++) {
        if (buffer[i] == '.')
            from = i + 1;
    }
    memmove(buffer, buffer + from, length - from + 1);
}

uint32_t
show_field_count(ref_t class)
{
    word_t fields = GET_WORD(class_object, class, fields);
    uint32_t length;

    return fields != WORD_NULL && length_read(fields, 8, UINT32_MAX, &length) ? length : 0;
}

ref_t
show_field_at(ref_t class, uint32_t index)
{
    ref_t field = array_load_word(GET_WORD(class_object, class, fields), index);

    return field != 0 && show_there(field, sizeof(struct field_object)) ? field : 0;
}

/* ---- numbers, characters, strings ---- */

/* A character within quotes, as UTF-8 of `count` bytes. */
static void
show_character(struct show *show, const char *bytes, size_t count, char quote)
{
    static const char names[] = "\nn\tt\rr\\\\";
    unsigned c = (uint8_t)bytes[0];

    if (count == 2 && c == 0xc2 && (uint8_t)bytes[1] < 0xa0)
        c = (uint8_t)bytes[1]; /* the control characters above ASCII, as UTF-8 has them */
    for (size_t i = 0; count == 1 && names[i] != '\0'; i += 2) {
        if (bytes[0] == names[i]) {
            show_format(show, "\\%c", names[i + 1]);
            return;
        }
    }
    if (count == 1 && bytes[0] == quote)
        show_format(show, "\\%c", quote);
    else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        show_format(show, "\\u%04x", c);
    else
        show_bytes(show, bytes, count);
}

static size_t
character_bytes(const char *at)
{
    uint8_t first = (uint8_t)*at;

    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static void
show_string(struct show *show, ref_t string)
{
    uint32_t length, unit = 0;
    char chunk[64];

    if (!length_read(string, 2, show->measure.units + sizeof chunk, &length)) {
        show_text(show, "(damaged)");
        return;
    }
    show_text(show, "\"");
    while (unit < length && unit < show->measure.units && !show->full) {
        size_t bytes = string_to_utf8(string, &unit, chunk, sizeof chunk);

        for (size_t at = 0; at < bytes; at += character_bytes(chunk + at))
            show_character(show, chunk + at, character_bytes(chunk + at), '"');
    }
    show_text(show, "\"");
    if (unit < length)
        show_format(show, "... (%u characters)", length);
}

/* As UTF-8; returns how many bytes. A surrogate alone is shown as what cannot be shown. */
static size_t
utf8_put(uint32_t point, char bytes[4])
{
    if (point >= 0xd800 && point < 0xe000)
        point = 0xfffd;
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        bytes[0] = (char)(0xc0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        bytes[0] = (char)(0xe0 | point >> 12);
        bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | (point >> 18 & 7));
    bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

static void
show_point(struct show *show, uint32_t point)
{
    char bytes[4];
    size_t count = utf8_put(point, bytes);

    show_text(show, "'");
    show_character(show, bytes, count, '\'');
    show_text(show, "'");
}

static void
show_double(struct show *show, uint64_t bits)
{
    char text[FORMAT_DOUBLE_BYTES];
    double value;

    memcpy(&value, &bits, sizeof value);
    format_double(text, value);
    show_text(show, text);
}

static void
show_float(struct show *show, uint32_t bits)
{
    char text[FORMAT_DOUBLE_BYTES];
    float value;

    memcpy(&value, &bits, sizeof value);
    format_float(text, value);
    show_text(show, text);
}

void
show_raw(struct show *show, char type, uint64_t bits)
{
    switch (type) {
    case 'z':
        show_text(show, (bits & 0xff) != 0 ? "true" : "false");
        break;
    case 'b':
        show_format(show, "%d", (int8_t)bits);
        break;
    case 's':
        show_format(show, "%d", (int16_t)bits);
        break;
    case 'c':
        show_point(show, (uint16_t)bits);
        break;
    case 'l':
        show_format(show, "%" PRId64, (int64_t)bits);
        break;
    case 'f':
        show_float(show, (uint32_t)bits);
        break;
    case 'd':
        show_double(show, bits);
        break;
    default:
        show_format(show, "%d", (int32_t)bits);
    }
}

/* ---- arrays of the machine ---- */

/* `bytes` bytes of the space, as a number. */
static uint64_t
raw_load(uint64_t address, unsigned bytes)
{
    uint64_t word = pmem_load64(address & ~7ull) >> 8 * (address & 7);

    return bytes == 8 ? word : word & ((1ull << 8 * bytes) - 1);
}

static void
show_missing(struct show *show, uint32_t shown, uint32_t length)
{
    if (shown < length)
        show_format(show, "%s... %u more", shown > 0 ? ", " : "", length - shown);
}

/* Elements [from, from + count) of an array, round a ring if it is one; with their brackets. */
static void
show_words(struct show *show, ref_t words, uint32_t from, uint32_t count)
{
    uint32_t length, shown = 0;

    if (show_class_of(words) == 0 || !length_read(words, 8, UINT32_MAX, &length) ||
        (count > 0 && (count > length || from >= length))) {
        show_text(show, "(damaged)");
        return;
    }
    show_text(show, "[");
    for (; shown < count && shown < show->measure.elements && !show->full; shown++) {
        show_text(show, shown > 0 ? ", " : "");
        show_word(show, array_load_word(words, (from + shown) % length));
    }
    show_missing(show, shown, count);
    show_text(show, "]");
}

static void
show_raws(struct show *show, ref_t array, enum object_kind kind, char type)
{
    uint32_t length, shown = 0;
    unsigned bytes = 1u << array_shift(kind);

    if (!length_read(array, bytes, show->measure.elements, &length)) {
        show_text(show, "(damaged)");
        return;
    }
    show_text(show, "[");
    for (; shown < length && shown < show->measure.elements && !show->full; shown++) {
        show_text(show, shown > 0 ? ", " : "");
        show_raw(show, type, raw_load(array_at(array, kind, shown), bytes));
    }
    show_missing(show, shown, length);
    show_text(show, "]");
}

/* ---- objects ---- */

static char
type_of_field(ref_t field)
{
    char type[SHOW_NAME_BYTES];

    show_name(GET_WORD(field_object, field, type), type);
    return type[0];
}

/* A field of an object, by name, in its own class; 0: there is none. */
static ref_t
field_find(ref_t class, const char *wanted)
{
    uint32_t count = show_field_count(class);
    char name[SHOW_NAME_BYTES];

    for (uint32_t i = 0; i < count; i++) {
        ref_t field = show_field_at(class, i);

        if (field == 0)
            continue;
        show_name(GET_WORD(field_object, field, name), name);
        if (text_equal(name, wanted))
            return field;
    }
    return 0;
}

static word_t
word_field(ref_t object, ref_t class, const char *name)
{
    ref_t field = field_find(class, name);

    return field != 0 ? obj_load_word(object, GET_U32(field_object, field, offset)) : WORD_NULL;
}

static uint32_t
int_field(ref_t object, ref_t class, const char *name)
{
    ref_t field = field_find(class, name);

    return field != 0 ? pmem_load32(object + GET_U32(field_object, field, offset)) : 0;
}

static void
show_field(struct show *show, ref_t object, ref_t field, bool *first)
{
    uint64_t at = object + GET_U32(field_object, field, offset);
    char type = type_of_field(field);
    char name[SHOW_NAME_BYTES];

    show_name(GET_WORD(field_object, field, name), name);
    show_text(show, *first ? "" : ", ");
    show_text(show, name);
    show_text(show, ": ");
    if (type_area(type) == 'w')
        show_word(show, pmem_load64(at));
    else
        show_raw(show, type, raw_load(at, type_bytes(type)));
    *first = false;
}

/* The fields of an object that a class declares. */
static void
show_fields(struct show *show, ref_t object, ref_t class, bool *first)
{
    uint32_t count = show_field_count(class);

    for (uint32_t i = 0; i < count && !show->full; i++) {
        ref_t field = show_field_at(class, i);

        if (field != 0 && (GET_U32(field_object, field, flags) & MEMBER_STATIC) == 0)
            show_field(show, object, field, first);
    }
}

/* Class{field: value, ...}, what is inherited first. */
static void
show_plain(struct show *show, ref_t object, ref_t class)
{
    ref_t supers[SUPERS_MAX], at = class;
    unsigned count = 0;
    bool first = true;

    show_text(show, "{");
    while (at != WORD_NULL && count < SUPERS_MAX && show_there(at, sizeof(struct class_object))) {
        supers[count++] = at;
        at = GET_WORD(class_object, at, super);
    }
    while (count-- > 0)
        show_fields(show, object, supers[count], &first);
    show_text(show, "}");
}

/* The rows of a map, as many entries as it uses. */
struct map_rows {
    word_t keys, values, links;
    uint32_t used, live;
};

static bool
row_there(word_t row, uint64_t element_bytes, uint32_t used)
{
    uint32_t length;

    return show_class_of(row) != 0 && length_read(row, element_bytes, UINT32_MAX, &length) &&
           used <= length;
}

static bool
map_rows_read(ref_t map, ref_t class, struct map_rows *rows)
{
    *rows = (struct map_rows){ .keys = word_field(map, class, "keyRow"),
                               .values = word_field(map, class, "valueRow"),
                               .links = word_field(map, class, "links"),
                               .used = int_field(map, class, "used"),
                               .live = int_field(map, class, "live") };
    return row_there(rows->keys, 8, rows->used) && row_there(rows->values, 8, rows->used) &&
           row_there(rows->links, 4, rows->used);
}

/* In the order in which the keys came; of a set the keys alone. */
static void
show_map(struct show *show, ref_t map, ref_t class, bool set)
{
    struct map_rows rows;
    uint32_t shown = 0;

    if (!map_rows_read(map, class, &rows)) {
        show_text(show, "(damaged)");
        return;
    }
    show_text(show, "{");
    for (uint32_t i = 0; i < rows.used && shown < show->measure.elements && !show->full; i++) {
        if (pmem_load32(array_at(rows.links, KIND_RAW32, i)) == UINT32_MAX)
            continue; /* it was removed */
        show_text(show, shown++ > 0 ? ", " : "");
        show_word(show, array_load_word(rows.keys, i));
        show_text(show, set ? "" : ": ");
        if (!set)
            show_word(show, array_load_word(rows.values, i));
    }
    show_missing(show, shown, rows.live);
    show_text(show, "}");
}

static void
show_set(struct show *show, ref_t set, ref_t class)
{
    word_t map = word_field(set, class, "items");
    ref_t map_class = show_class_of(map);

    if (map_class != 0 && show_there(map, GET_U32(class_object, map_class, instance_bytes)))
        show_map(show, map, map_class, true);
    else
        show_text(show, "(damaged)");
}

/* Containers of the class library, as the language writes them. False: it is none. */
static bool
show_container(struct show *show, ref_t object, ref_t class, const char *name)
{
    if (GET_WORD(class_object, class, application) != WORD_NULL)
        return false;
    if (text_equal(name, ".phantom.channel")) { /* a queue that can do more */
        class = GET_WORD(class_object, class, super);
        name = ".internal.container.queue";
    }
    if (text_equal(name, ".internal.container.array"))
        show_words(show, word_field(object, class, "items"), 0, int_field(object, class, "count"));
    else if (text_equal(name, ".internal.container.queue"))
        show_words(show, word_field(object, class, "ring"), int_field(object, class, "first"),
                   int_field(object, class, "count"));
    else if (text_equal(name, ".phantom.deque"))
        show_words(show, word_field(object, class, "ring"), int_field(object, class, "begin"),
                   int_field(object, class, "count"));
    else if (text_equal(name, ".internal.container.map"))
        show_map(show, object, class, false);
    else if (text_equal(name, ".internal.container.set"))
        show_set(show, object, class);
    else
        return false;
    return true;
}

static bool
is_function(ref_t class)
{
    word_t super = GET_WORD(class_object, class, super);
    char name[SHOW_NAME_BYTES];

    if (super == WORD_NULL || !show_there(super, sizeof(struct class_object)))
        return false;
    show_name(GET_WORD(class_object, super, name), name);
    return text_equal(name, ".internal.function");
}

/* An object with fields, one step deeper. */
static void
show_inside(struct show *show, ref_t object, ref_t class)
{
    char name[SHOW_NAME_BYTES], full_name[SHOW_NAME_BYTES];

    show_name(GET_WORD(class_object, class, name), full_name);
    show_class_name(class, name);
    if (!show_there(object, GET_U32(class_object, class, instance_bytes))) {
        show_text(show, "(damaged)");
        return;
    }
    if (show_container(show, object, class, full_name))
        return;
    show_text(show, is_function(class) ? "fun" : name);
    if (!is_function(class))
        show_plain(show, object, class);
}

/* What C makes and knows is named, with its number if it has one. */
static void
show_machines(struct show *show, ref_t object, ref_t class)
{
    uint32_t number = header_class_number(obj_header(object));
    char name[SHOW_NAME_BYTES];

    if (!show_there(object, GET_U32(class_object, class, instance_bytes))) {
        show_text(show, "(damaged)");
        return;
    }
    show_class_name(class, name);
    if (number == CLASS_LONG) {
        show_raw(show, 'l', GET_U64(box_object, object, bits));
    } else if (number == CLASS_DOUBLE) {
        show_raw(show, 'd', GET_U64(box_object, object, bits));
    } else if (number == CLASS_THREAD) {
        show_format(show, "thread %" PRIu64, GET_U64(thread_object, object, id));
    } else if (number == CLASS_APPLICATION) {
        show_format(show, "program %u", GET_U32(application_object, object, id));
    } else if (number == CLASS_CLASS) {
        show_class_name(object, name);
        show_text(show, "class ");
        show_text(show, name);
    } else {
        show_text(show, name);
    }
}

static bool
is_on_path(const struct show *show, ref_t object)
{
    for (unsigned i = 0; i < show->depth; i++) {
        if (show->path[i] == object)
            return true;
    }
    return false;
}

/* An object that others lie in: not within itself, and not too deep. */
static void
show_nested(struct show *show, ref_t object, ref_t class)
{
    char name[SHOW_NAME_BYTES];

    if (is_on_path(show, object) || show->depth >= show->measure.depth) {
        show_class_name(class, name);
        show_text(show, name);
        show_text(show, is_on_path(show, object) ? "(see above)" : "{...}");
        return;
    }
    show->path[show->depth++] = object;
    if (GET_U32(class_object, class, kind) == KIND_WORDS)
        show_words(show, object, 0,
                   show_there(object, ARRAY_HEADER_BYTES) ? array_length(object) : 1);
    else
        show_inside(show, object, class);
    show->depth--;
}

static void
show_object(struct show *show, ref_t object)
{
    ref_t class = show_class_of(object);
    enum object_kind kind;
    char name[SHOW_NAME_BYTES];

    if (class == 0) {
        show_text(show, "(damaged)");
        return;
    }
    kind = (enum object_kind)GET_U32(class_object, class, kind);
    if (kind == KIND_STRING) {
        show_string(show, object);
    } else if (kind == KIND_WORDS) {
        show_nested(show, object, class);
    } else if (kind != KIND_PLAIN && kind != KIND_STACK) {
        show_name(GET_WORD(class_object, class, name), name);
        show_raws(show, object, kind, name[1]); /* such as "[i" */
    } else if (class_is_machines(header_class_number(obj_header(object)))) {
        show_machines(show, object, class);
    } else {
        show_nested(show, object, class);
    }
}

void
show_word(struct show *show, word_t word)
{
    switch (word_tag(word)) {
    case TAG_REF:
        if (word == WORD_NULL)
            show_text(show, "null");
        else
            show_object(show, word);
        break;
    case TAG_INT:
        show_format(show, "%d", word_to_int(word));
        break;
    case TAG_LONG:
        show_format(show, "%" PRId64, word_to_long(word));
        break;
    case TAG_FLOAT:
        show_float(show, word_to_float_bits(word));
        break;
    case TAG_DOUBLE:
        show_double(show, word_to_double_bits(word));
        break;
    case TAG_CHAR:
    case TAG_CODE_POINT:
        show_point(show, word_to_unsigned(word));
        break;
    case TAG_BOOLEAN:
        show_text(show, word_to_unsigned(word) != 0 ? "true" : "false");
        break;
    }
}
