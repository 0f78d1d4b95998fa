/*
 * virtio_ring_test.c - the ring against a device that is played here: one that
 * keeps to the rules, and several that do not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/virtio_ring.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define ADDRESS 0x7000000000ull /* of the ring, as the device sees it */

/* The other side: it sees the shared memory and nothing else. */
struct fake {
    struct vring ring;
    uint8_t *memory;
    size_t bytes;
    uint16_t seen; /* requests it has taken */
};

static uint64_t state = 99;

static unsigned
draw(unsigned below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(state >> 33) % below;
}

static void
fake_init(struct fake *fake, unsigned size, bool events, bool indirect)
{
    memset(fake, 0, sizeof(*fake));
    fake->bytes = (vring_bytes(size, indirect) + 4095) & ~4095ul;
    fake->memory = aligned_alloc(4096, fake->bytes);
    ck_assert_ptr_nonnull(fake->memory);
    memset(fake->memory, 0, fake->bytes);
    struct vring_options options = { size, events, indirect, fake->memory, ADDRESS };
    vring_init(&fake->ring, &options);
}

static uint16_t *
words_at(const struct fake *fake, size_t offset)
{
    return (uint16_t *)(void *)(fake->memory + offset);
}

static uint16_t *
available(const struct fake *fake)
{
    return words_at(fake, vring_available_offset(fake->ring.size));
}

static uint16_t *
used(const struct fake *fake)
{
    return words_at(fake, vring_used_offset(fake->ring.size));
}

/* The device takes a request: its head, and its pieces; how many there are. */
static unsigned
device_take(struct fake *fake, uint16_t *head, struct vring_descriptor *pieces)
{
    struct vring_descriptor *table = (void *)fake->memory;
    unsigned size = fake->ring.size;
    unsigned count = 0;
    uint16_t at;

    if (fake->seen == available(fake)[1])
        return 0;
    *head = available(fake)[2 + fake->seen++ % size];
    ck_assert_uint_lt(*head, size);
    at = *head;
    if (table[at].flags & 4) {
        ck_assert_uint_eq(table[at].flags, 4);
        ck_assert_uint_ge(table[at].address, ADDRESS);
        ck_assert_uint_le(table[at].address + table[at].bytes, ADDRESS + fake->bytes);
        size = table[at].bytes / (unsigned)sizeof(*table);
        table = (void *)(fake->memory + (table[at].address - ADDRESS));
        at = 0;
    }
    for (;;) {
        ck_assert_uint_lt(at, size);
        ck_assert_uint_lt(count, VRING_PIECES_MAX);
        pieces[count++] = table[at];
        if (!(table[at].flags & 1))
            return count;
        at = table[at].next;
    }
}

static void
device_answer(const struct fake *fake, uint32_t id, uint32_t bytes)
{
    uint16_t *words = used(fake) + 2 + 4 * (used(fake)[1] % fake->ring.size);

    words[0] = (uint16_t)id;
    words[1] = (uint16_t)(id >> 16);
    words[2] = (uint16_t)bytes;
    words[3] = (uint16_t)(bytes >> 16);
    used(fake)[1]++;
}

static const struct vring_piece three[] = {
    { 0x1000, 16, false },
    { 0x2000, 4096, true },
    { 0x3000, 1, true },
};

static int tokens[VRING_SIZE_MAX];

/* ---- a device that keeps to the rules ---- */

static void
pieces_arrive_with(bool indirect)
{
    struct fake fake;
    struct vring_descriptor pieces[VRING_PIECES_MAX];
    uint16_t head = 0;
    void *token;
    uint32_t bytes;

    fake_init(&fake, 8, false, indirect);
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[5]));
    ck_assert_int_eq(vring_take(&fake.ring, &token, &bytes), ERR_NOT_FOUND);
    ck_assert_uint_eq(device_take(&fake, &head, pieces), 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(pieces[i].address, three[i].address);
        ck_assert_uint_eq(pieces[i].bytes, three[i].bytes);
        ck_assert_uint_eq(pieces[i].flags & 2, three[i].device_writes ? 2 : 0);
    }
    device_answer(&fake, head, 4097);
    ck_assert_int_eq(vring_take(&fake.ring, &token, &bytes), OK);
    ck_assert_ptr_eq(token, &tokens[5]);
    ck_assert_uint_eq(bytes, 4097);
    ck_assert_uint_eq(fake.ring.free_count, 8);
    free(fake.memory);
}

START_TEST(a_request_arrives_in_its_pieces)
{
    pieces_arrive_with(false);
    pieces_arrive_with(true);
}
END_TEST

START_TEST(with_tables_a_ring_holds_as_many_requests_as_descriptors)
{
    struct fake fake;

    fake_init(&fake, 8, false, true);
    for (unsigned i = 0; i < 8; i++)
        ck_assert(vring_add(&fake.ring, three, 3, &tokens[i]));
    ck_assert(!vring_add(&fake.ring, three, 3, &tokens[8]));
    free(fake.memory);

    fake_init(&fake, 8, false, false);
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[0]));
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[1]));
    ck_assert(!vring_add(&fake.ring, three, 3, &tokens[2]));
    ck_assert_uint_eq(fake.ring.free_count, 2);
    free(fake.memory);
}
END_TEST

/* Requests of many lengths, answered in any order. */
static void
exchange_many(unsigned size, bool events, bool indirect, unsigned exchanges)
{
    struct fake fake;
    struct vring_piece pieces[VRING_PIECES_MAX];
    struct vring_descriptor got[VRING_PIECES_MAX];
    uint16_t heads[VRING_SIZE_MAX];
    unsigned head_count = 0, in_flight = 0, added = 0, taken = 0;
    bool out[VRING_SIZE_MAX] = { false };
    uint32_t bytes;
    void *token;

    fake_init(&fake, size, events, indirect);
    while (taken < exchanges) {
        unsigned count = 1 + draw(size < 6 ? size : 6);
        unsigned which = draw(VRING_SIZE_MAX);

        for (unsigned i = 0; i < count; i++)
            pieces[i] = (struct vring_piece){ which * 65536u + i, 100, true };
        if (!out[which] && vring_add(&fake.ring, pieces, count, &tokens[which])) {
            out[which] = true;
            added++;
            in_flight++;
        }
        if (draw(2) && device_take(&fake, &heads[head_count], got)) {
            ck_assert(out[got[0].address / 65536]);
            head_count++;
        }
        if (draw(2) && head_count > 0) {
            unsigned one = draw(head_count);

            device_answer(&fake, heads[one], 100);
            heads[one] = heads[--head_count];
        }
        while (vring_take(&fake.ring, &token, &bytes) == OK) {
            size_t index = (size_t)((int *)token - tokens);

            ck_assert(out[index]);
            out[index] = false;
            in_flight--;
            taken++;
        }
    }
    ck_assert_uint_eq(added, taken + in_flight);
    while (vring_reclaim(&fake.ring))
        in_flight--;
    ck_assert_uint_eq(in_flight, 0);
    ck_assert_uint_eq(fake.ring.free_count, size);
    free(fake.memory);
}

START_TEST(every_request_comes_back_once_whatever_the_order)
{
    exchange_many(1, false, false, 3000);
    exchange_many(4, false, false, 3000);
    exchange_many(4, true, true, 70000); /* past the wrap of the indices */
    exchange_many(256, true, false, 3000);
    exchange_many(256, false, true, 3000);
}
END_TEST

START_TEST(a_device_is_told_once_about_a_batch_and_not_when_it_looks_anyway)
{
    struct fake fake;

    fake_init(&fake, 16, false, true);
    ck_assert(!vring_must_notify(&fake.ring));
    for (unsigned i = 0; i < 5; i++)
        ck_assert(vring_add(&fake.ring, three, 3, &tokens[i]));
    ck_assert(vring_must_notify(&fake.ring));
    ck_assert(!vring_must_notify(&fake.ring));
    used(&fake)[0] = 1; /* do not tell me */
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[5]));
    ck_assert(!vring_must_notify(&fake.ring));
    free(fake.memory);

    fake_init(&fake, 16, true, true);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(vring_add(&fake.ring, three, 3, &tokens[i]));
    ck_assert(vring_must_notify(&fake.ring)); /* it waits for number 0 */
    for (unsigned i = 3; i < 6; i++)
        ck_assert(vring_add(&fake.ring, three, 3, &tokens[i]));
    ck_assert(!vring_must_notify(&fake.ring)); /* it has not asked for more */
    used(&fake)[2 + 4 * 16] = 7;               /* tell me about the eighth */
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[6]));
    ck_assert(!vring_must_notify(&fake.ring));
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[7]));
    ck_assert(vring_must_notify(&fake.ring));
    free(fake.memory);
}
END_TEST

START_TEST(an_answer_that_comes_while_interrupts_are_asked_for_is_seen)
{
    struct fake fake;
    struct vring_descriptor pieces[VRING_PIECES_MAX];
    uint16_t head = 0;
    void *token;
    uint32_t bytes;

    fake_init(&fake, 4, true, true);
    ck_assert(vring_interrupt_enable(&fake.ring));
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[0]));
    ck_assert_uint_eq(device_take(&fake, &head, pieces), 3);
    device_answer(&fake, head, 0);
    ck_assert(!vring_interrupt_enable(&fake.ring));
    ck_assert_int_eq(vring_take(&fake.ring, &token, &bytes), OK);
    ck_assert(vring_interrupt_enable(&fake.ring));
    ck_assert_uint_eq(available(&fake)[2 + 4], 1); /* interrupt for the second answer */
    free(fake.memory);
}
END_TEST

/* ---- devices that do not ---- */

static void
refused(uint32_t id_offset, uint32_t bytes, uint16_t extra_index)
{
    struct fake fake;
    struct vring_descriptor pieces[VRING_PIECES_MAX];
    uint16_t head = 0;
    uint32_t got;
    void *token = &fake;

    fake_init(&fake, 8, false, false);
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[0]));
    ck_assert_uint_eq(device_take(&fake, &head, pieces), 3);
    device_answer(&fake, head + id_offset, bytes);
    used(&fake)[1] = (uint16_t)(used(&fake)[1] + extra_index);
    ck_assert_int_eq(vring_take(&fake.ring, &token, &got), ERR_CORRUPT);
    ck_assert_ptr_eq(token, &fake);
    ck_assert_ptr_eq(vring_reclaim(&fake.ring), &tokens[0]);
    ck_assert_ptr_null(vring_reclaim(&fake.ring));
    ck_assert_uint_eq(fake.ring.free_count, 8);
    free(fake.memory);
}

START_TEST(an_answer_that_cannot_be_is_refused)
{
    refused(8, 4097, 0);          /* no such descriptor */
    refused(0x10000, 4097, 0);    /* right in its low half only */
    refused(0xffffffff, 4097, 0); /* the one before the first */
    refused(1, 4097, 0);          /* the middle of a chain */
    refused(3, 4097, 0);          /* one that is free */
    refused(0, 4098, 0);          /* more than it may write */
    refused(0, 4097, 8);          /* more answers than the ring has places */
    refused(0, 4097, 0x8000);
}
END_TEST

START_TEST(the_same_answer_twice_is_refused)
{
    struct fake fake;
    struct vring_descriptor pieces[VRING_PIECES_MAX];
    uint16_t head = 0;
    uint32_t bytes;
    void *token;

    fake_init(&fake, 8, false, true);
    ck_assert(vring_add(&fake.ring, three, 3, &tokens[0]));
    ck_assert_uint_eq(device_take(&fake, &head, pieces), 3);
    device_answer(&fake, head, 1);
    device_answer(&fake, head, 1);
    ck_assert_int_eq(vring_take(&fake.ring, &token, &bytes), OK);
    ck_assert_int_eq(vring_take(&fake.ring, &token, &bytes), ERR_CORRUPT);
    free(fake.memory);
}
END_TEST

START_TEST(a_device_that_writes_at_random_does_no_harm)
{
    struct fake fake;
    unsigned harm = 0;

    for (unsigned round = 0; round < 300; round++) {
        unsigned size = 1u << draw(9);
        unsigned added = 0, back = 0;
        uint32_t bytes;
        void *token;

        fake_init(&fake, size, draw(2), draw(2));
        for (unsigned i = 0; i < 50; i++) {
            unsigned at = draw((unsigned)fake.bytes);

            if (size > 3 && added < VRING_SIZE_MAX &&
                vring_add(&fake.ring, three, 3, &tokens[added]))
                added++;
            fake.memory[at] = (uint8_t)draw(256);
            used(&fake)[draw(2 + 4 * size)] = (uint16_t)draw(4);
            (void)vring_must_notify(&fake.ring);
            if (vring_take(&fake.ring, &token, &bytes) == OK)
                back++;
            (void)vring_interrupt_enable(&fake.ring);
        }
        while (vring_reclaim(&fake.ring))
            back++;
        harm += added != back || fake.ring.free_count != size;
        free(fake.memory);
    }
    ck_assert_uint_eq(harm, 0);
}
END_TEST

UNIT_TESTS("dev/virtio_ring", a_request_arrives_in_its_pieces,
           with_tables_a_ring_holds_as_many_requests_as_descriptors,
           every_request_comes_back_once_whatever_the_order,
           a_device_is_told_once_about_a_batch_and_not_when_it_looks_anyway,
           an_answer_that_comes_while_interrupts_are_asked_for_is_seen,
           an_answer_that_cannot_be_is_refused, the_same_answer_twice_is_refused,
           a_device_that_writes_at_random_does_no_harm)
