/*
 * errand.h - what somebody outside wants of the tree of names: bytes go into it, or come out of
 * it.
 *
 * An errand is done by a thread of the system, in bytecode of the class library (.internal.porter),
 * because directories, their locks and their maps are bytecode. Whoever has it done brings the
 * bytes into the space beforehand, or takes them out of it afterwards, piece by piece.
 *
 *   vm_errand_begin, [vm_errand_write ...,] vm_errand_run, [vm_errand_read ...,] vm_errand_end
 *
 * All of these are called by one native thread, which is no worker, and which is one, away from the
 * space, from the first to the last of them. Several may have errands at a time. A snapshot may lie
 * anywhere between: what was not put by then is garbage after a restart, and an errand whose thread
 * it holds is done to its end there, if it had begun, or never.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "plat/err.h"

/* As many bytes as a binary may have. */
#define VM_ERRAND_BYTES_MAX 0x7fffffffull

struct vm_errand;

struct vm_order {
    const char *act;  /* "put", "get", "ls" or "rm" */
    const char *path; /* UTF-8; names with / between them */
    const char *name; /* put: what it is called in a directory that the path leads to; or "" */
    uint64_t bytes;   /* put: how many of them are coming, up to VM_ERRAND_BYTES_MAX */
    bool text;        /* put: they are UTF-8, and become a string */
    bool force;       /* put: they may take the place of an object that is no file */
    bool all;         /* rm: a directory goes with all that is in it */
    bool details;     /* ls: classes and sizes, too */
};

/*
 * See that it can be done, and that there is room for its bytes.
 *
 *   errand  filled on OK
 *
 * Returns OK; ERR_UNSUPPORTED: nothing runs here; ERR_VERSION: the volume's class library knows of
 * no errands; ERR_RANGE: it is longer than a binary, or its words are no UTF-8; ERR_NOSPACE,
 * ERR_NOMEM.
 */
must_use err_t vm_errand_begin(const struct vm_order *order, struct vm_errand **errand);

/* The next of the bytes that are put, no more in all than were ordered; at most 64 KiB. */
must_use err_t vm_errand_write(struct vm_errand *errand, const void *bytes, size_t count);

/*
 * Have it done. Takes no snapshot.
 *
 *   trouble  empty; says why it was not done, where the answer is ERR_PROGRAM
 *
 * Waits for locks that programs hold, up to ten seconds. Returns OK, ERR_PROGRAM; ERR_NOSPACE;
 * ERR_CANCELLED: the machine stops, and nothing was done; ERR_NOMEM.
 */
must_use err_t vm_errand_run(struct vm_errand *errand, struct buffer *trouble);

/* How many bytes came out. */
uint64_t vm_errand_result_bytes(struct vm_errand *errand);

/* Some of them; at most 64 KiB. Returns OK, or ERR_CORRUPT, ERR_IO: they cannot be read. */
must_use err_t vm_errand_read(struct vm_errand *errand, uint64_t at, void *bytes, size_t count);

/* Forget it. NULL is fine. */
void vm_errand_end(struct vm_errand *errand);
