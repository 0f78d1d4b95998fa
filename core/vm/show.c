/*
 * show.c - what is in a volume, for a person: programs, and their variables with values.
 *
 * Variables of the top level are static fields of the class that the statements of a file became,
 * which is the one with a method <entry> or <scope>; those of other classes are shown with the
 * class's name. One picture is one instant. Nothing is run, and nothing is changed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/format.h"
#include "base/memory.h"
#include "format/module.h"
#include "object/array.h"
#include "vm/class_index.h"
#include "vm/show_priv.h"
#include "vm/signature.h"
#include "vm/vm.h"

#define root_field(field) (SPACE_ROOT + offsetof(struct space_root, field))

/* All variables on a line each; and what a pattern has chosen, in full. */
static const struct show_measure overview = {
    .depth = 2, .elements = 8, .units = 60, .bytes = 240
};
static const struct show_measure closer = {
    .depth = SHOW_DEPTH_MAX, .elements = 200, .units = 4000, .bytes = 16000
};

struct picture {
    const char *pattern; /* NULL: all variables */
    char *text;
    size_t count, room;
    bool missing; /* variables for which there was no room */
    bool named;   /* the program that is being shown has its line */
};

/* ---- choosing ---- */

/* `*` is any number of characters, `?` is one. */
static bool
matches(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            from = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* ---- one variable ---- */

static void
static_show(struct show *show, ref_t class, ref_t field)
{
    uint32_t index = GET_U32(field_object, field, offset);
    char type[SHOW_NAME_BYTES];
    bool word;
    word_t row;

    show_name(GET_WORD(field_object, field, type), type);
    word = type_area(type[0]) == 'w';
    row =
        word ? GET_WORD(class_object, class, statics) : GET_WORD(class_object, class, raw_statics);
    if (row == WORD_NULL || !show_there(row, ARRAY_HEADER_BYTES + 8ull * (index + 1)))
        show_text(show, "(damaged)");
    else if (word)
        show_word(show, array_load_word(row, index));
    else
        show_raw(show, type[0], pmem_load64(array_at(row, KIND_RAW64, index)));
}

static void
picture_put(struct picture *picture, const char *text, size_t bytes)
{
    if (picture->missing || bytes > picture->room - picture->count) {
        picture->missing = true;
        return;
    }
    memcpy(picture->text + picture->count, text, bytes);
    picture->count += bytes;
}

/* The line of the program comes before the first variable of it that is shown. */
static void
program_put(struct picture *picture, ref_t application)
{
    char line[SHOW_NAME_BYTES + 32], name[SHOW_NAME_BYTES];

    if (picture->named)
        return;
    picture->named = true;
    show_name(GET_WORD(application_object, application, name), name);
    format(line, sizeof line, "%s%u %s\n", picture->count > 0 ? "\n" : "",
           GET_U32(application_object, application, id), name);
    picture_put(picture, line, text_length(line));
}

/* "    name = value", as much of it as fits the measure. */
static void
variable_put(struct picture *picture, const char *name, ref_t class, ref_t field)
{
    struct show show = { .text = picture->text + picture->count,
                         .room = picture->room - picture->count,
                         .measure = picture->pattern != NULL ? closer : overview };
    static const char cut[] = " ...";

    if (picture->missing || show.room < sizeof cut) {
        picture->missing = true;
        return;
    }
    show.room -= sizeof cut;
    if (show.room > show.measure.bytes)
        show.room = show.measure.bytes;
    show_text(&show, "    ");
    show_text(&show, name);
    show_text(&show, " = ");
    static_show(&show, class, field);
    picture->count += show.count;
    if (show.full)
        picture_put(picture, cut, sizeof cut - 1);
    picture_put(picture, "\n", 1);
}

/* ---- all of them ---- */

/* The class that the statements of a file became. */
static bool
is_top_level(ref_t class)
{
    word_t methods = GET_WORD(class_object, class, methods);
    char name[SHOW_NAME_BYTES];

    if (methods == WORD_NULL || !show_there(methods, ARRAY_HEADER_BYTES) ||
        !show_there(methods, array_bytes(KIND_WORDS, array_length(methods))))
        return false;
    for (uint32_t i = 0; i < array_length(methods); i++) {
        ref_t method = array_load_word(methods, i);

        if (!show_there(method, sizeof(struct method_object)))
            continue;
        show_name(GET_WORD(method_object, method, name), name);
        if (text_equal(name, "<entry>") || text_equal(name, "<scope>"))
            return true;
    }
    return false;
}

static void
field_consider(struct picture *picture, ref_t application, ref_t class, ref_t field)
{
    char name[SHOW_NAME_BYTES], class_name[SHOW_NAME_BYTES], whole[2 * SHOW_NAME_BYTES];

    if (field == 0 || (GET_U32(field_object, field, flags) & MEMBER_STATIC) == 0)
        return;
    show_name(GET_WORD(field_object, field, name), name);
    show_class_name(class, class_name);
    format(whole, sizeof whole, "%s.%s", class_name, name);
    if (picture->pattern != NULL && !matches(picture->pattern, name) &&
        !matches(picture->pattern, whole))
        return;
    program_put(picture, application);
    variable_put(picture, is_top_level(class) ? name : whole, class, field);
}

static void
class_consider(struct picture *picture, ref_t application, ref_t class)
{
    uint32_t count = show_field_count(class);

    for (uint32_t i = 0; i < count; i++)
        field_consider(picture, application, class, show_field_at(class, i));
}

static void
application_show(struct picture *picture, ref_t application)
{
    uint32_t count = pmem_load32(root_field(class_count));

    picture->named = false;
    if (picture->pattern == NULL)
        program_put(picture, application);
    for (uint32_t number = 1; number < count; number++) {
        ref_t class =
            show_there(SPACE_CLASS_TABLE + 8ull * number, 8) ? class_of_number(number) : 0;

        if (class != 0 && show_there(class, sizeof(struct class_object)) &&
            GET_WORD(class_object, class, application) == application)
            class_consider(picture, application, class);
    }
}

static void
all_show(void *argument)
{
    struct picture *picture = argument;
    ref_t table;
    uint32_t count;

    if (!show_there(SPACE_ROOT, sizeof(struct space_root)))
        return;
    table = pmem_load64(root_field(applications));
    count = pmem_load32(root_field(application_count));
    if (count == 0 || !show_there(table, ARRAY_HEADER_BYTES + 8ull * count))
        return;
    for (uint32_t i = 0; i < count; i++) {
        word_t application = array_load_word(table, i);

        if (application != WORD_NULL && show_there(application, sizeof(struct application_object)))
            application_show(picture, application);
    }
}

err_t
vm_show(const char *pattern, char *text, size_t text_max, size_t *text_bytes, bool *missing)
{
    struct picture picture = { .pattern = pattern, .text = text, .room = text_max };

    TRY(pmem_world_do(NULL, all_show, &picture, 0));
    *text_bytes = picture.count;
    *missing = picture.missing;
    return OK;
}

/* ---- one object ---- */

struct look {
    const struct heap_handle *object;
    struct show show;
};

static void
object_show(void *argument)
{
    struct look *look = argument;
    word_t word = look->object->word;
    char name[SHOW_NAME_BYTES];

    show_name(GET_WORD(class_object, class_of_number(heap_class_of(word)), name), name);
    show_text(&look->show, name);
    show_text(&look->show, " ");
    show_word(&look->show, word);
}

err_t
vm_show_object(const struct heap_handle *object, char *text, size_t text_max, size_t *text_bytes)
{
    static const char cut[] = " ...";
    struct look look = { .object = object, .show = { .text = text, .measure = closer } };

    assert(text_max > sizeof cut && object->word != WORD_NULL);
    look.show.room = text_max - sizeof cut;
    TRY(pmem_world_do(NULL, object_show, &look, 0));
    if (look.show.full) {
        look.show.room = text_max;
        show_text(&look.show, cut);
    }
    *text_bytes = look.show.count;
    return OK;
}
