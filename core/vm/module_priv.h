/*
 * module_priv.h - a module as the loader sees it: every index and length is
 * checked, every text is well formed; nothing is linked yet.
 *
 * Texts, code and tables point into the bytes of the module, which must stay.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/endian.h"
#include "format/module.h"
#include "plat/err.h"
#include "vm/arena_priv.h"

/* The longest code of a method, in bytes. */
#define MODULE_CODE_MAX 65535u

struct module_pool_entry {
    uint8_t tag;      /* enum module_pool_tag; 0 only for entry 0 */
    uint16_t class;   /* of FIELD, METHOD: index of a CLASS entry */
    uint16_t name;    /* of CLASS, FIELD, METHOD, NAME, STRING: index of a UTF8 entry */
    uint16_t type;    /* of FIELD: type; of METHOD: signature */
    uint32_t bytes;   /* of UTF8 */
    const char *text; /* of UTF8; not terminated */
    uint64_t bits;    /* of numbers */
};

struct module_field {
    uint16_t name, type, flags;
};

struct module_handler {
    struct le32 from, to, handler; /* [from, to) */
    struct le16 class;             /* 0: any object */
};

struct module_line {
    struct le32 pc, line;
};

static_assert(sizeof(struct module_handler) == 14, "as it lies in a module");
static_assert(sizeof(struct module_line) == 8, "as it lies in a module");

struct module_method {
    uint16_t name, signature, flags, ordinal, primitive;
    uint16_t word_locals, raw_locals, word_stack_max, raw_stack_max;
    uint16_t handler_count;
    uint32_t code_bytes;
    uint32_t line_count;
    const uint8_t *code;
    const struct module_handler *handlers;
    const struct module_line *lines;
};

struct module_class {
    uint16_t name, super, flags; /* name, super: CLASS entries */
    uint16_t interface_count, field_count, method_count;
    const struct le16 *interfaces; /* CLASS entries */
    struct module_field *fields;
    struct module_method *methods;
};

struct module {
    uint16_t source, entry_class;
    uint32_t pool_count, class_count;
    struct module_pool_entry *pool;
    struct module_class *classes;
    /* Of a module that is refused: texts of the pool that name where, 0 where nothing does. */
    uint16_t refused_class, refused_member;
};

/*
 * Read the bytes of a module.
 *
 *   module  filled on OK; its tables lie in `arena`. Of one that is refused, `refused_class` and
 *           `refused_member` are filled, and the pool as far as these need it
 *   why     filled when it is refused: a sentence without an end, never NULL
 *
 * Returns OK, ERR_FOREIGN, ERR_VERSION, ERR_CORRUPT, ERR_NOMEM.
 */
must_use err_t module_read(struct module *module, struct arena *arena, const void *bytes,
                           size_t byte_count, const char **why);

/* The line of the source that made the byte at `pc`, or 0. */
uint32_t module_line_at(const struct module_method *method, uint32_t pc);
