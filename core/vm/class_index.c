/*
 * class_index.c - classes by name.
 *
 * The table maps a hash of application and name to a class number; two names
 * with one hash take neighbouring keys. It grows when somebody asks and there
 * are classes that it has not seen.
 *
 * The lock is never held while the space is touched: names are read first and
 * entered then, and what the table answers is compared afterwards. So a missing page may
 * take the worker out of here (pmem_worker.restart), to come again when it is there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/class_index.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/memory.h"
#include "object/layout.h"
#include "object/string.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "vm/signature.h"

static struct {
    struct lock lock;
    struct hash_table table; /* under the lock */
    uint32_t class_count;    /* classes that were entered; under the lock */
} class_index = { .lock = LOCK_INIT(LOCK_RANK_LOADER) };

uint32_t
class_application_id(word_t application)
{
    return application == WORD_NULL ? 0 : GET_U32(application_object, application, id);
}

ref_t
class_of_number(uint32_t number)
{
    return pmem_load64(SPACE_CLASS_TABLE + 8 * (uint64_t)number);
}

static uint64_t
key_next(uint64_t key)
{
    return key + 1 == HASH_NO_KEY ? 0 : key + 1;
}

static uint64_t
key_of(uint32_t application, const char *name, size_t bytes)
{
    uint64_t key = hash128(name, bytes, application).low;

    return key == HASH_NO_KEY ? 0 : key;
}

static err_t
enter_locked(uint64_t key, uint32_t number)
{
    while (hash_table_get(&class_index.table, key, NULL))
        key = key_next(key);
    return hash_table_put(&class_index.table, key, number);
}

/* The key of a class. While there is memory to give back, pages are waited for in place. */
static err_t
key_of_class(ref_t class, uint64_t *key)
{
    struct pmem_worker *worker = plat_self();
    uint32_t application = class_application_id(GET_WORD(class_object, class, application));
    ref_t name = GET_WORD(class_object, class, name);
    size_t bytes = string_utf8_bytes(name); /* reads all of it, so that its pages are there */
    void **restart = worker->restart;
    char *text = plat_alloc(bytes + 1);

    if (text == NULL)
        return ERR_NOMEM;
    worker->restart = NULL;
    string_to_utf8(name, NULL, text, bytes);
    worker->restart = restart;
    *key = key_of(application, text, bytes);
    plat_free(text, bytes + 1);
    return OK;
}

/* Read the name of a class and enter it, unless somebody else was faster. */
static err_t
enter_class(uint32_t number)
{
    ref_t class = class_of_number(number);
    uint64_t key;
    err_t err = OK;

    assert(class != 0);
    TRY(key_of_class(class, &key));
    lock_acquire(&class_index.lock);
    if (class_index.class_count == number) {
        err = enter_locked(key, number);
        if (err == OK)
            class_index.class_count++;
    }
    lock_release(&class_index.lock);
    return err;
}

static err_t
catch_up(void)
{
    _Atomic uint32_t *class_count =
        (_Atomic uint32_t *)(SPACE_ROOT + offsetof(struct space_root, class_count));
    uint32_t count = atomic_load_explicit(class_count, memory_order_acquire); /* see install.c */

    if (class_of_number(CLASS_OBJECT) == 0)
        return OK; /* the library is being loaded: nobody has a name yet */
    for (;;) {
        uint32_t seen;

        lock_acquire(&class_index.lock);
        if (class_index.class_count == 0)
            class_index.class_count = 1; /* there is no class 0 */
        seen = class_index.class_count;
        lock_release(&class_index.lock);
        if (seen >= count)
            return OK;
        TRY(enter_class(seen));
    }
}

static bool
is_named(uint32_t number, uint32_t application, const char *name, size_t bytes)
{
    ref_t class = class_of_number(number);

    return class_application_id(GET_WORD(class_object, class, application)) == application &&
           string_equal_utf8(GET_WORD(class_object, class, name), name, bytes);
}

static err_t
find_in(uint32_t application, const char *name, size_t bytes, uint32_t *number)
{
    uint64_t key = key_of(application, name, bytes);

    for (;; key = key_next(key)) {
        uint64_t found;
        bool is_there;

        lock_acquire(&class_index.lock);
        is_there = hash_table_get(&class_index.table, key, &found);
        lock_release(&class_index.lock);
        if (!is_there)
            return ERR_NOT_FOUND;
        if (is_named((uint32_t)found, application, name, bytes)) {
            *number = (uint32_t)found;
            return OK;
        }
    }
}

/* "[[L.internal.object;" is named "[[w". Returns the length of the usual name, or 0: it is that. */
static size_t
usual_name(const char *name, size_t bytes, char usual[TYPE_DIMENSIONS_MAX + 1])
{
    static const char object[] = "L.internal.object;";
    size_t dimensions = 0;

    while (dimensions < bytes && dimensions < TYPE_DIMENSIONS_MAX && name[dimensions] == '[')
        usual[dimensions++] = '[';
    if (dimensions == 0 || bytes - dimensions != sizeof object - 1 ||
        memcmp(name + dimensions, object, sizeof object - 1) != 0)
        return 0;
    usual[dimensions] = 'w';
    return dimensions + 1;
}

err_t
class_find(uint32_t application, const char *name, size_t bytes, uint32_t *number)
{
    char usual[TYPE_DIMENSIONS_MAX + 1];
    size_t usual_bytes = usual_name(name, bytes, usual);
    err_t err = ERR_NOT_FOUND;

    if (usual_bytes != 0) {
        name = usual;
        bytes = usual_bytes;
    }
    TRY(catch_up());
    if (application != 0)
        err = find_in(application, name, bytes, number);
    if (err == ERR_NOT_FOUND)
        err = find_in(0, name, bytes, number);
    return err;
}

void
class_index_forget(void)
{
    lock_acquire(&class_index.lock);
    hash_table_free(&class_index.table);
    class_index.class_count = 0;
    lock_release(&class_index.lock);
}
