/*
 * load_space.h - a space into which modules are loaded, for tests of the loader.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdio.h>

#include "object/string.h"
#include "support/assemble.h"
#include "support/heap_space.h"
#include "vm/class_index.h"
#include "vm/link.h"

/* What the last load had to say, one line after the other. */
static char load_report[16384];
static word_t load_entry;

static inline void
load_report_line(void *context, const char *line)
{
    size_t used = strlen(load_report);

    (void)context;
    ck_assert_uint_gt(strlen(line), 0);
    snprintf(load_report + used, sizeof load_report - used, "%s\n", line);
}

static inline err_t
load_bytes(const void *bytes, size_t count, word_t application)
{
    load_report[0] = 0;
    return module_load(&space_local, bytes, count, application, &load_entry, load_report_line,
                       NULL);
}

/* Load a module that is written as text, for an application (null: for the library). */
static inline err_t
load_for(const char *text, word_t application)
{
    struct assembled module = assemble(text);
    err_t err = load_bytes(module.bytes, module.count, application);

    assemble_free(&module);
    return err;
}

/* An application object of this number. It is old and never moves. */
static inline ref_t
load_application(uint32_t id)
{
    ref_t application = space_alloc_old(sizeof(struct application_object), CLASS_APPLICATION);

    SET_U32(application_object, application, id, id);
    return application;
}

static inline void
load_space_start(void)
{
    space_start();
    ck_assert_msg(load_for(assemble_library, WORD_NULL) == OK, "%s", load_report);
}

static inline void
load_space_stop(void)
{
    mirror_forget_all();
    space_stop();
}

#define ck_assert_loads(text, application)                                                         \
    do {                                                                                           \
        err_t loads_err_ = load_for(text, application);                                            \
        ck_assert_msg(loads_err_ == OK, "refused (%d): %s", loads_err_, load_report);              \
    } while (0)

/* Refused by linker or verifier, and one of the lines says why. */
#define ck_assert_refused(text, application, why)                                                  \
    do {                                                                                           \
        err_t refused_err_ = load_for(text, application);                                          \
        ck_assert_int_eq(refused_err_, ERR_PROGRAM);                                               \
        ck_assert_msg(strstr(load_report, why) != NULL, "not said: %s\nbut: %s", why,              \
                      load_report);                                                                \
    } while (0)

static inline uint32_t
load_class_number(uint32_t application, const char *name)
{
    uint32_t number = 0;
    err_t err = class_find(application, name, strlen(name), &number);

    ck_assert_msg(err == OK, "no class %s", name);
    return number;
}

static inline struct class_mirror *
load_mirror(uint32_t application, const char *name)
{
    struct class_mirror *mirror = mirror_of_class(load_class_number(application, name));

    ck_assert_ptr_nonnull(mirror);
    return mirror;
}

/* A method that the class declares by itself. */
static inline struct method_mirror *
load_method(const struct class_mirror *class, const char *name)
{
    for (uint32_t i = 0; i < class->method_count; i++) {
        if (string_equal_utf8(class->methods[i].name, name, strlen(name)))
            return &class->methods[i];
    }
    ck_abort_msg("no method %s", name);
}

/* A field that the class declares by itself. */
static inline ref_t
load_field(const struct class_mirror *class, const char *name)
{
    word_t fields = GET_WORD(class_object, class->class, fields);

    for (uint32_t i = 0; i < array_length(fields); i++) {
        ref_t field = array_load_word(fields, i);

        if (string_equal_utf8(GET_WORD(field_object, field, name), name, strlen(name)))
            return field;
    }
    ck_abort_msg("no field %s", name);
}
