/*
 * show_priv.h - values as text for people, while the world stands still.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object/layout.h"

#define SHOW_NAME_BYTES 160
#define SHOW_DEPTH_MAX  6

/* How much of a value is shown. */
struct show_measure {
    unsigned depth;    /* objects within objects, at most SHOW_DEPTH_MAX */
    uint32_t elements; /* of an array or a map */
    uint32_t units;    /* of a string */
    size_t bytes;      /* of all the text */
};

/* Text that ends where its room ends. */
struct show {
    char *text;
    size_t count, room;
    bool full; /* something did not fit any more */
    struct show_measure measure;
    unsigned depth;             /* of the object that is being shown */
    ref_t path[SHOW_DEPTH_MAX]; /* the objects that it is in */
};

void show_bytes(struct show *show, const char *bytes, size_t count);
void show_text(struct show *show, const char *text);

/*
 * Can these bytes of the space be read? What is damaged, or is no place where an object can be,
 * cannot. Brings pages in.
 */
bool show_there(uint64_t address, uint64_t bytes);

/* The class of an object; 0: there is no sound object at this address that can be read. */
ref_t show_class_of(ref_t object);

/* The text of a string, cut to the buffer; "?" if it cannot be read. */
void show_name(word_t string, char buffer[SHOW_NAME_BYTES]);

/* The same of a class, without its package. */
void show_class_name(ref_t class, char buffer[SHOW_NAME_BYTES]);

/* The fields that a class itself declares. */
uint32_t show_field_count(ref_t class);
ref_t show_field_at(ref_t class, uint32_t index); /* 0: it cannot be read */

/* A value: a word, or raw bits of a type as signatures have it. */
void show_word(struct show *show, word_t word);
void show_raw(struct show *show, char type, uint64_t bits);
