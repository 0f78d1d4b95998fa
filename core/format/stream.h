/*
 * stream.h - what `phantom send` writes and `phantom receive` reads, byte for byte. docs/FORMAT.md
 * says in words what this says in structs.
 *
 * A head, a record for each page that differs, an end record. Each carries the checksum of itself
 * and of the one before: a record that is missing, or from elsewhere, is found where it should be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "format/volume.h"

#define STREAM_MAGIC   "PH-SEND" /* and a zero */
#define STREAM_VERSION 1

struct stream_head_disk {
    uint8_t magic[8];               /*    0  STREAM_MAGIC */
    struct le32 version;            /*    8  STREAM_VERSION; readers refuse others */
    struct le32 crc;                /*   12  of all that follows it in the head */
    uint8_t id[VOLUME_ID_BYTES];    /*   16  of the volume it comes from */
    struct le64 space_base;         /*   32 */
    struct le64 space_bytes;        /*   40 */
    struct le64 block_count;        /*   48  of that volume */
    struct le64 record_count;       /*   56  before the end record */
    struct generation_id_disk from; /*   64  what it goes on from; zeroes: nothing, it is whole */
    struct generation_id_disk to;   /*   88  what it leads to */
    struct le64 personal_ns;        /*  112  of that */
    struct le64 written_count;      /*  120  pages that are not zeroes, and map nodes above all */
};

static_assert(sizeof(struct stream_head_disk) == 128, "layout is frozen");
static_assert(offsetof(struct stream_head_disk, from) == 64, "layout is frozen");

enum stream_kind {
    STREAM_PAGE = 1, /* VOLUME_BLOCK_BYTES follow */
    STREAM_ZERO = 2, /* a page of zeroes; nothing follows */
    STREAM_END = 3,  /* nothing follows */
};

struct stream_record_disk {
    struct le32 crc;    /*    0  of all that follows it in the record, and of the page's bytes */
    struct le32 before; /*    4  the crc of the record before, or of the head */
    struct le64 index;  /*    8  0 for the first record */
    struct le32 page;   /*   16  number in the space, rising; 0 at the end */
    struct le32 kind;   /*   20  enum stream_kind */
};

static_assert(sizeof(struct stream_record_disk) == 24, "layout is frozen");
static_assert(alignof(struct stream_head_disk) == 1, "no hidden padding");
