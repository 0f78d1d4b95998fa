/*
 * carry.h - bytes carried into the tree of names, and out of it:
 *
 *     put FLAGS BYTES NAME-BYTES NAMEPATH     FLAGS is -, or some of t (text), f (force)
 *     get PATH
 *
 * These two are no questions: bytes follow, in one direction or the other. `ls` and `rm` are
 * (control/answer.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>

#include "control/answer.h"

/* The longest path that fits into a request, with a name beside it. */
#define CARRY_PATH_BYTES_MAX 900

/* The other end: a socket, or a file. Its functions return false when it has gone. */
struct carry_end {
    bool (*ready)(void *context, uint64_t bytes); /* so many come now, or may come */
    bool (*read)(void *context, void *bytes, size_t count);
    bool (*write)(void *context, const void *bytes, size_t count);
    void *context;
};

/* True for a request that begins one of these. */
bool carry_is_wanted(const char *request);

/*
 * Carry. What is put is safe on the disk when this returns; before that a snapshot has all of it,
 * or nothing.
 *
 *   request  anything; what makes no sense is trouble
 *   text     empty; why it is trouble
 *
 * Returns ANSWER_GONE if the other end went, or the machine stops; nothing was put then. Any thread
 * that is no worker; several at a time.
 */
enum answer_status carry(const char *request, const struct carry_end *end, struct buffer *text);

/* The same for requests without bytes: "ls FLAGS PATH", with l for details; "rm FLAGS PATH", with
 * r. */
enum answer_status carry_list(const char *words, struct buffer *text);
enum answer_status carry_remove(const char *words, struct buffer *text);
