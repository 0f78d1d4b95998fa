/*
 * err.h - how the world can fail, in one list that every folder shares.
 *
 * An err_t says that the world failed (a disk, memory, bytes from outside).
 * A broken invariant is an assertion; trouble of a managed program is a
 * managed exception; neither ever becomes an err_t.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define must_use __attribute__((warn_unused_result))

enum err {
    OK = 0,
    ERR_NOMEM,       /* the machine has no memory left */
    ERR_NOSPACE,     /* the volume (or the disk below it) is full */
    ERR_IO,          /* the disk said no */
    ERR_CORRUPT,     /* bytes do not match their checksum, or make no sense */
    ERR_VERSION,     /* well formed, but of a format version that is not ours */
    ERR_FOREIGN,     /* not a volume (or not a module) at all */
    ERR_READ_ONLY,   /* a write was asked of something opened for reading */
    ERR_BUSY,        /* somebody else holds it */
    ERR_RANGE,       /* an argument from outside lies outside what is allowed */
    ERR_NOT_FOUND,   /* there is no such thing */
    ERR_EXISTS,      /* there is already such a thing */
    ERR_CANCELLED,   /* the wait was called off */
    ERR_END,         /* there is no more input, and never will be */
    ERR_PROGRAM,     /* source or bytecode was refused; messages were given */
    ERR_UNSUPPORTED, /* this machine cannot do it */
};

typedef enum err err_t;

/* Pass a failure up. Only for functions that own nothing. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        err_t try_err_ = (expression);                                                             \
        if (try_err_ != OK)                                                                        \
            return try_err_;                                                                       \
    } while (0)

/* Swallow an error, and say why. */
#define IGNORE(expression, reason)                                                                 \
    do {                                                                                           \
        if ((expression) != OK) { /* reason */                                                     \
        }                                                                                          \
    } while (0)
