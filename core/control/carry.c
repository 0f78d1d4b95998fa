/*
 * carry.c - bytes carried into the tree of names, and out of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/carry.h"

#include "base/memory.h"
#include "control/history_priv.h"
#include "control/number_priv.h"
#include "plat/memory.h"
#include "pmem/pmem.h"
#include "vm/errand.h"
#include "vm/vm.h"

#define LOG_MODULE "control"
#include "base/log.h"

#define PIECE_BYTES    (64u << 10)
#define NAME_BYTES_MAX 256u

/* ---- what is asked ---- */

/* FLAGS and a space; the letters that are there are set to true. NULL if there are others. */
static const char *
flags_read(const char *words, const char *letters, bool *const *flags)
{
    if (words[0] == '-' && words[1] == ' ')
        return words + 2;
    for (; *words != ' '; words++) {
        size_t i = 0;

        while (letters[i] != '\0' && letters[i] != *words)
            i++;
        if (letters[i] == '\0')
            return NULL;
        *flags[i] = true;
    }
    return words + 1;
}

/* What follows `put`. */
static bool
put_read(const char *words, struct vm_order *order, char name[NAME_BYTES_MAX])
{
    bool *const flags[] = { &order->text, &order->force };
    uint64_t name_bytes;

    words = flags_read(words, "tf", flags);
    if (words == NULL || !number_read(&words, &order->bytes) || !number_read(&words, &name_bytes) ||
        name_bytes >= NAME_BYTES_MAX || text_length(words) < name_bytes)
        return false;
    memcpy(name, words, name_bytes);
    name[name_bytes] = '\0';
    order->act = "put";
    order->name = name;
    order->path = words + name_bytes;
    return true;
}

/* ---- what became of it ---- */

static enum answer_status
trouble(struct buffer *text, err_t err)
{
    static const char *const texts[] = {
        [ERR_NOMEM] = "there is no memory for it",
        [ERR_NOSPACE] = "the volume is full: it has no room for this",
        [ERR_VERSION] = "the class library in it is of an older release, and has no tree of names",
        [ERR_UNSUPPORTED] = "nothing runs there (run --safe), nor does what this takes",
        [ERR_RANGE] = "that is no UTF-8, or more than 2 GiB",
        [ERR_CORRUPT] = "what lies there is damaged; 'phantom check' says more",
        [ERR_IO] = "the disk does not give it",
    };

    if (err == ERR_CANCELLED)
        return ANSWER_GONE;
    if (err != ERR_PROGRAM) {
        buffer_clear(text);
        err = buffer_format(text, "%s",
                            (size_t)err < sizeof texts / sizeof texts[0] && texts[err] != NULL
                                ? texts[err]
                                : err_text(err));
        IGNORE(err, "without memory the text is empty");
    }
    return ANSWER_TROUBLE;
}

/*
 * It was done; it is safe, too, or that is trouble. A volume that was only opened for this is left
 * as it was then; in one that runs a later snapshot may have it.
 */
static enum answer_status
commit(struct buffer *text)
{
    err_t err = pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND));

    if (err == OK)
        return ANSWER_DONE;
    err = buffer_format(text, "no snapshot can be committed (%s): %s", err_text(err),
                        vm_options_get()->paused ? "nothing was changed"
                                                 : "it was done, but a kill may undo it");
    IGNORE(err, "without memory the text is empty");
    return ANSWER_TROUBLE;
}

/* ---- bytes ---- */

static err_t
bytes_put(struct vm_errand *errand, uint64_t bytes, const struct carry_end *end, void *piece)
{
    err_t err = end->ready(end->context, bytes) ? OK : ERR_CANCELLED;

    while (err == OK && bytes > 0) {
        size_t count = bytes < PIECE_BYTES ? (size_t)bytes : PIECE_BYTES;

        err = end->read(end->context, piece, count) ? vm_errand_write(errand, piece, count)
                                                    : ERR_CANCELLED;
        bytes -= count;
    }
    return err;
}

static err_t
bytes_get(struct vm_errand *errand, const struct carry_end *end, void *piece)
{
    uint64_t bytes = vm_errand_result_bytes(errand);
    err_t err = end->ready(end->context, bytes) ? OK : ERR_CANCELLED;

    for (uint64_t at = 0; err == OK && at < bytes;) {
        size_t count = bytes - at < PIECE_BYTES ? (size_t)(bytes - at) : PIECE_BYTES;

        err = vm_errand_read(errand, at, piece, count);
        if (err == OK && !end->write(end->context, piece, count))
            err = ERR_CANCELLED;
        at += count;
    }
    return err;
}

/* ---- the four ---- */

static enum answer_status
put(const struct vm_order *order, const struct carry_end *end, void *piece, struct buffer *text)
{
    struct vm_errand *errand = NULL;
    err_t err = vm_errand_begin(order, &errand);

    if (err == OK)
        err = bytes_put(errand, order->bytes, end, piece);
    if (err == OK)
        err = vm_errand_run(errand, text);
    vm_errand_end(errand);
    return err == OK ? commit(text) : trouble(text, err);
}

/* What leaves a volume that runs is in a snapshot first, so that no kill undoes what was seen. */
static void
see_to_safety(void)
{
    if (!vm_options_get()->paused)
        IGNORE(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)),
               "where the disk fails it is good to have it outside");
}

static enum answer_status
get(const char *path, const struct carry_end *end, void *piece, struct buffer *text)
{
    struct vm_order order = { .act = "get", .path = path, .name = "" };
    struct vm_errand *errand = NULL;
    err_t err = vm_errand_begin(&order, &errand);

    if (err == OK)
        err = vm_errand_run(errand, text);
    if (err == OK) {
        see_to_safety();
        err = bytes_get(errand, end, piece);
    }
    vm_errand_end(errand);
    return err == OK ? ANSWER_DONE : trouble(text, err);
}

bool
carry_is_wanted(const char *request)
{
    return answer_after_word(request, "put") != NULL || answer_after_word(request, "get") != NULL;
}

enum answer_status
carry(const char *request, const struct carry_end *end, struct buffer *text)
{
    const char *words = answer_after_word(request, "get");
    char name[NAME_BYTES_MAX];
    struct vm_order order = { 0 };
    enum answer_status status;
    void *piece = plat_alloc(PIECE_BYTES);

    if (piece == NULL) {
        status = trouble(text, ERR_NOMEM);
    } else if (words != NULL) {
        status = get(words, end, piece, text);
    } else {
        words = answer_after_word(request, "put");
        status = words != NULL && put_read(words, &order, name) ? put(&order, end, piece, text)
                                                                : trouble(text, ERR_RANGE);
    }
    plat_free(piece, PIECE_BYTES);
    return status;
}

enum answer_status
carry_list(const char *words, struct buffer *text)
{
    struct vm_order order = { .act = "ls", .name = "" };
    struct vm_errand *errand = NULL;
    bool *const flags[] = { &order.details };
    uint64_t bytes = 0;
    err_t err;

    order.path = flags_read(words, "l", flags);
    err = order.path == NULL ? ERR_RANGE : vm_errand_begin(&order, &errand);
    if (err == OK)
        err = vm_errand_run(errand, text);
    if (err == OK) {
        bytes = vm_errand_result_bytes(errand);
        err = buffer_append(text, NULL, bytes);
    }
    for (uint64_t at = 0; err == OK && at < bytes; at += PIECE_BYTES) {
        size_t count = bytes - at < PIECE_BYTES ? (size_t)(bytes - at) : PIECE_BYTES;

        err = vm_errand_read(errand, at, text->bytes + at, count);
    }
    vm_errand_end(errand);
    return err == OK ? ANSWER_DONE : trouble(text, err);
}

enum answer_status
carry_remove(const char *words, struct buffer *text)
{
    struct vm_order order = { .act = "rm", .name = "" };
    struct vm_errand *errand = NULL;
    bool *const flags[] = { &order.all };
    err_t err;

    order.path = flags_read(words, "r", flags);
    err = order.path == NULL ? ERR_RANGE : vm_errand_begin(&order, &errand);
    if (err == OK)
        err = vm_errand_run(errand, text);
    vm_errand_end(errand);
    return err == OK ? commit(text) : trouble(text, err);
}
