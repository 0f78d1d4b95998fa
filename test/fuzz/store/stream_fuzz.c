/*
 * stream_fuzz.c - streams that say anything, for a volume that may receive them.
 *
 * An input is a byte of what is made right, then a head, then records, of which each page is one
 * byte that all of it has. Made right are the checksums and the chain of them (1), the numbers and
 * the count of records (2), the generation that it goes on from (4).
 *
 * Whatever comes, it is received or refused; refused, the volume holds what it held; received, the
 * check finds nothing, and it is there after a restart.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "base/assert.h"
#include "fuzz/fuzzer.h"
#include "store/store_priv.h"
#include "store/stream_priv.h"
#include "support/disk.h"

#define BLOCKS      STORE_BLOCKS_MIN
#define PAGES       24
#define RECORDS_MAX 64
#define HEAD        sizeof(struct stream_head_disk)
#define SAID        (sizeof(struct stream_record_disk) + 1)
#define STREAM_MAX  (HEAD + RECORDS_MAX * sizeof(struct stream_record))

enum {
    MAKE_CHAIN = 1,
    MAKE_NUMBERS = 2,
    MAKE_FROM = 4,
};

struct bytes {
    uint8_t *bytes;
    size_t count, at;
};

static uint8_t stream_bytes[STREAM_MAX];
static struct plat_disk *receiver; /* has received `head.from` */
static struct stream_head_disk head;

static err_t
bytes_write(void *context, const void *from, size_t byte_count)
{
    struct bytes *to = context;

    assert(to->count + byte_count <= STREAM_MAX);
    memcpy(to->bytes + to->count, from, byte_count);
    to->count += byte_count;
    return OK;
}

static err_t
bytes_read(void *context, void *to, size_t byte_count)
{
    struct bytes *from = context;

    if (from->count - from->at < byte_count)
        return ERR_END;
    memcpy(to, from->bytes + from->at, byte_count);
    from->at += byte_count;
    return OK;
}

/* ---- a volume, and who has received it ---- */

static struct store *
store_made(struct plat_disk *disk, bool format)
{
    struct store *store;

    if (format)
        assert(store_format(disk, BLOCKS) == OK);
    assert(store_open(disk, false, &store, NULL) == OK);
    return store;
}

static uint64_t
pinned(struct store *store, uint8_t version)
{
    static _Alignas(VOLUME_BLOCK_BYTES) uint8_t page[VOLUME_BLOCK_BYTES];
    struct store_note note = { .cause = STORE_CAUSE_DEMAND, .wall_ns = version };

    memset(page, version, sizeof page);
    assert(store_credit_take(store, PAGES) == OK);
    store_commit_begin(store);
    for (uint64_t i = 0; i < PAGES; i += version)
        assert(store_commit_page(store, i * i, page) == OK);
    store_pin_ask(store);
    assert(store_commit_finish(store, &note) == OK);
    return note.generation;
}

static size_t
sent(struct store *store, uint64_t from, uint64_t to)
{
    struct bytes bytes = { .bytes = stream_bytes };
    struct store_view *from_view = NULL, *to_view;
    struct stream_tally tally;

    if (from != 0)
        assert(store_view_open(store, from, &from_view) == OK);
    assert(store_view_open(store, to, &to_view) == OK);
    assert(stream_send(from_view, to_view, bytes_write, &bytes, &tally) == OK);
    store_view_close(from_view);
    store_view_close(to_view);
    return bytes.count;
}

static err_t
received(struct store *store, size_t byte_count)
{
    struct bytes bytes = { .bytes = stream_bytes, .count = byte_count };
    struct store_note note = { .wall_ns = 9 };
    struct stream stream;

    TRY(stream_begin(&stream, bytes_read, &bytes));
    return stream_receive(store, &stream, &note);
}

/* Leaves a stream that fits in `stream_bytes`; returns how many bytes it has. */
static size_t
pair_make(void)
{
    struct plat_disk *disk = test_disk_create(BLOCKS);
    struct store *sender = store_made(disk, true), *store;
    uint64_t from = pinned(sender, 1), to = pinned(sender, 2);
    size_t bytes = sent(sender, 0, from);

    if (receiver != NULL)
        test_disk_free(receiver);
    receiver = test_disk_create(BLOCKS);
    store = store_made(receiver, true);
    assert(received(store, bytes) == OK);
    store_close(store);
    bytes = sent(sender, from, to);
    memcpy(&head, stream_bytes, sizeof head);
    store_close(sender);
    test_disk_free(disk);
    return bytes;
}

int
LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    pair_make();
    return 0;
}

/* ---- inputs ---- */

/* A stream that fits, as an input says it: where to begin. */
static size_t
seed_make(uint8_t *bytes)
{
    size_t count = pair_make(), made = 1 + HEAD;

    bytes[0] = MAKE_CHAIN | MAKE_NUMBERS | MAKE_FROM;
    memcpy(bytes + 1, stream_bytes, HEAD);
    for (size_t at = HEAD; at < count;) {
        const struct stream_record *record = (const void *)(stream_bytes + at);

        memcpy(bytes + made, &record->header, sizeof record->header);
        bytes[made + SAID - 1] = record->page[0];
        made += SAID;
        at += stream_record_bytes(le32_get(record->header.kind));
    }
    return made;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t byte_count, size_t byte_max, unsigned seed)
{
    (void)seed;
    assert(byte_max >= 1 + HEAD + (PAGES + 1) * SAID);
    if (byte_count < 1 + HEAD)
        return seed_make(bytes);
    return LLVMFuzzerMutate(bytes, byte_count, byte_max);
}

/* The record at `at`, as an input says it; returns how many bytes it has. */
static size_t
record_lay(size_t at, const uint8_t *said, uint64_t index, unsigned make, uint32_t *crc)
{
    struct stream_record *record = (void *)(stream_bytes + at);
    size_t bytes;

    memcpy(&record->header, said, sizeof record->header);
    bytes = stream_record_bytes(le32_get(record->header.kind));
    if (bytes > sizeof record->header)
        memset(record->page, said[SAID - 1], sizeof record->page);
    if (make & MAKE_NUMBERS)
        record->header.index = le64_put(index);
    if (make & MAKE_CHAIN) {
        record->header.before = le32_put(*crc);
        *crc = crc32c((const uint8_t *)record + STREAM_RECORD_SUMMED, bytes - STREAM_RECORD_SUMMED);
        record->header.crc = le32_put(*crc);
    }
    return bytes;
}

/* Returns how many bytes the stream has. */
static size_t
stream_lay(const uint8_t *bytes, size_t byte_count)
{
    unsigned make = bytes[0];
    struct stream_head_disk *said = (void *)stream_bytes;
    uint64_t records = (byte_count - 1 - HEAD) / SAID;
    size_t at = HEAD;
    uint32_t crc;

    if (records > RECORDS_MAX)
        records = RECORDS_MAX;
    memcpy(said, bytes + 1, HEAD);
    if (make & MAKE_FROM) {
        memcpy(said->id, head.id, sizeof said->id);
        said->from = head.from;
    }
    if ((make & MAKE_NUMBERS) && records > 0)
        said->record_count = le64_put(records - 1);
    crc = crc32c(stream_bytes + STREAM_HEAD_SUMMED, HEAD - STREAM_HEAD_SUMMED);
    if (make & MAKE_CHAIN)
        said->crc = le32_put(crc);
    for (uint64_t i = 0; i < records; i++)
        at += record_lay(at, bytes + 1 + HEAD + i * SAID, i, make, &crc);
    return at;
}

/* ---- what must hold ---- */

static void
finding_refuse(void *context, const struct store_finding *finding)
{
    (void)context;
    if (finding->damage)
        panic("after a stream the check finds: %s", finding->what);
}

/* The checksum of all pages that anybody wrote. */
static uint32_t
contents(struct store *store)
{
    static _Alignas(VOLUME_BLOCK_BYTES) uint8_t page[VOLUME_BLOCK_BYTES];
    uint32_t crc = 0;

    for (uint64_t i = 0; i < PAGES; i++) {
        assert(store_page_read(store, i * i, page) == OK);
        crc = crc32c_extend(crc, page, sizeof page);
    }
    return crc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct plat_disk *disk;
    struct store *store;
    uint32_t before, after;
    err_t err;

    if (byte_count < 1 + HEAD)
        return 0;
    disk = test_disk_copy(receiver);
    store = store_made(disk, false);
    before = contents(store);
    err = received(store, stream_lay(bytes, byte_count));
    after = contents(store);
    assert(err == OK || after == before);
    assert(store_check(store, finding_refuse, NULL, NULL) == OK);
    store_close(store);
    test_disk_cut(disk, TEST_CUT_DROP, 0);
    store = store_made(disk, false);
    assert(contents(store) == after);
    store_close(store);
    test_disk_free(disk);
    return 0;
}
