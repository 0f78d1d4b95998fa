/*
 * stream_test.c - sending generations, and receiving them: what arrives is what was sent, or
 * nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/fill.h"
#include "store/stream_priv.h"
#include "support/suite.h"
#include "unit/store/pins.h"

#define HEAD   sizeof(struct stream_head_disk)
#define RECORD (sizeof(struct stream_record_disk) + PAGE)
#define END    sizeof(struct stream_record_disk)

/* ---- a stream in memory ---- */

struct parcel {
    uint8_t *bytes;
    size_t count, at;
    size_t write_max; /* more cannot be written */
};

static err_t
parcel_write(void *context, const void *bytes, size_t byte_count)
{
    struct parcel *parcel = context;

    if (parcel->count + byte_count > parcel->write_max)
        return ERR_NOSPACE;
    parcel->bytes = realloc(parcel->bytes, parcel->count + byte_count);
    memcpy(parcel->bytes + parcel->count, bytes, byte_count);
    parcel->count += byte_count;
    return OK;
}

static err_t
parcel_read(void *context, void *bytes, size_t byte_count)
{
    struct parcel *parcel = context;

    if (parcel->count - parcel->at < byte_count)
        return ERR_END;
    memcpy(bytes, parcel->bytes + parcel->at, byte_count);
    parcel->at += byte_count;
    return OK;
}

static err_t
try_send(struct model *model, uint64_t from, uint64_t to, struct parcel *parcel,
         struct stream_tally *tally)
{
    struct store_view *from_view = NULL, *to_view = NULL;
    err_t err;

    if (from != 0)
        ck_assert_int_eq(store_view_open(model->store, from, &from_view), OK);
    ck_assert_int_eq(store_view_open(model->store, to, &to_view), OK);
    err = stream_send(from_view, to_view, parcel_write, parcel, tally);
    store_view_close(from_view);
    store_view_close(to_view);
    return err;
}

/* Give all pages new contents, and pin that. */
static uint64_t
all_pin(struct model *model)
{
    bool pages[MODEL_PAGES];

    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        pages[i] = true;
        model_change(model, i, false);
    }
    store_pin_ask(model->store);
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_DEMAND), OK);
    return model->committed;
}

/* From a pinned generation (0: all) to another. */
static struct parcel
sent(struct model *model, uint64_t from, uint64_t to)
{
    struct parcel parcel = { .write_max = SIZE_MAX };
    struct stream_tally tally;

    ck_assert_int_eq(try_send(model, from, to, &parcel, &tally), OK);
    ck_assert_uint_eq(tally.bytes, parcel.count);
    return parcel;
}

/* What may come to light under a number, whoever was cut off when. */
static void
expect(struct model *model, uint64_t generation, const uint32_t *contents)
{
    memcpy(model->taken[generation], contents, sizeof model->now);
    model->known[generation] = true;
}

/* Receive it; on OK the model knows what must be there. */
static err_t
receive(struct model *model, struct parcel *parcel, const struct model *sender)
{
    struct store_note note = { .wall_ns = 77 };
    struct stream stream;
    uint64_t next = store_generation_running(model->store);

    parcel->at = 0;
    TRY(stream_begin(&stream, parcel_read, parcel));
    expect(model, next, sender->taken[stream.to.generation]);
    TRY(stream_receive(model->store, &stream, &note));
    memcpy(model->now, sender->taken[stream.to.generation], sizeof model->now);
    expect(model, note.generation, model->now);
    model->committed = note.generation;
    test_disk_mark(model->disk, note.generation);
    return OK;
}

/* A volume that has received all of a generation. */
static struct model *
received(struct model *sender, uint64_t generation)
{
    struct model *model = model_create(BLOCKS);
    struct parcel parcel = sent(sender, 0, generation);

    ck_assert_int_eq(receive(model, &parcel, sender), OK);
    free(parcel.bytes);
    return model;
}

static enum stream_fit
fit_of(struct model *model, struct parcel *parcel)
{
    struct stream stream;
    enum stream_fit fit;

    parcel->at = 0;
    ck_assert_int_eq(stream_begin(&stream, parcel_read, parcel), OK);
    ck_assert_int_eq(stream_fit(model->store, &stream, &fit), OK);
    return fit;
}

/* ---- what arrives is what was sent ---- */

START_TEST(a_whole_stream_makes_the_same_generation_elsewhere)
{
    struct model *sender = model_create(BLOCKS);
    struct model *model;
    uint64_t then;

    commits(sender, 5, 30);
    sender->personal_ns = 4711;
    then = pin(sender, 10);
    commits(sender, 3, 30);
    model = received(sender, then);
    sound(model);
    sound_after_restart(model);
    ck_assert_int_eq(model->opened.note.cause, STORE_CAUSE_RECEIVE);
    ck_assert_uint_eq(model->opened.note.personal_ns, 4711);
    ck_assert_uint_eq(model->opened.note.wall_ns, 77);
    ck_assert(pin_at(model, 0).held);
    sound(sender);
    commits(model, 10, 10);
    sound_after_restart(model);
    model_free(model);
    model_free(sender);
}
END_TEST

START_TEST(what_differs_is_sent_and_no_more)
{
    struct model *sender = model_create(BLOCKS);
    bool three[MODEL_PAGES] = { [17] = true, [40] = true, [41] = true };
    struct parcel parcel = { .write_max = SIZE_MAX };
    struct stream_tally tally;
    struct model *model;
    uint64_t a, b;

    a = all_pin(sender);
    model = received(sender, a);
    model_change(sender, 17, false);
    model_change(sender, 40, false);
    model_change(sender, 41, true);
    store_pin_ask(sender->store);
    ck_assert_int_eq(model_commit_pages(sender, three, STORE_CAUSE_DEMAND), OK);
    b = sender->committed;
    ck_assert_int_eq(try_send(sender, a, b, &parcel, &tally), OK);
    ck_assert_uint_eq(tally.pages, 3);
    ck_assert_uint_eq(parcel.count, HEAD + 2 * RECORD + 2 * END); /* one of zeroes is as an end */
    ck_assert_int_eq(receive(model, &parcel, sender), OK);
    sound(model);
    sound_after_restart(model);
    free(parcel.bytes);
    model_free(model);
    model_free(sender);
}
END_TEST

START_TEST(one_increment_follows_another)
{
    struct model *sender = model_create(BLOCKS);
    struct model *model;
    uint64_t last;

    last = pin(sender, 60);
    model = received(sender, last);
    for (unsigned i = 0; i < 20; i++) {
        struct parcel parcel;
        uint64_t next;

        commits(sender, i % 4, 20);
        next = pin(sender, i % 3 * 10);
        parcel = sent(sender, last, next);
        ck_assert_int_eq(receive(model, &parcel, sender), OK);
        ck_assert_int_eq(receive(model, &parcel, sender), ERR_FOREIGN);
        if (i % 2)
            sound_after_restart(model);
        free(parcel.bytes);
        last = next;
    }
    ck_assert_uint_eq(pin_count(model), 21);
    sound_after_restart(model);
    model_free(model);
    model_free(sender);
}
END_TEST

START_TEST(where_nothing_happened_nothing_is_sent_and_that_is_received)
{
    struct model *sender = model_create(BLOCKS);
    uint64_t a = pin(sender, 60);
    struct model *model = received(sender, a);
    struct parcel parcel = sent(sender, a, a);

    ck_assert_uint_eq(parcel.count, HEAD + END);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(receive(model, &parcel, sender), OK);
        sound_after_restart(model);
    }
    free(parcel.bytes);
    model_free(model);
    model_free(sender);
}
END_TEST

/* A volume that received can itself be sent. */
START_TEST(what_was_received_can_be_sent_on)
{
    struct model *sender = model_create(BLOCKS);
    struct model *between, *last;
    struct parcel parcel;
    uint64_t a, b, first;

    a = pin(sender, 60);
    between = received(sender, a);
    first = between->committed;
    last = received(between, first);
    b = pin(sender, 20);
    parcel = sent(sender, a, b);
    ck_assert_int_eq(fit_of(last, &parcel), STREAM_OTHER_VOLUME);
    ck_assert_int_eq(receive(between, &parcel, sender), OK);
    free(parcel.bytes);
    parcel = sent(between, first, between->committed);
    ck_assert_int_eq(receive(last, &parcel, between), OK);
    ck_assert(memcmp(last->now, sender->taken[b], sizeof last->now) == 0);
    sound(last);
    free(parcel.bytes);
    model_free(last);
    model_free(between);
    model_free(sender);
}
END_TEST

/* ---- what is wrong with it is found, and changes nothing ---- */

/* A sender with two pins that differ in a few pages, what it sent, and who has the first. */
struct pair {
    struct model *sender, *model;
    uint64_t a, b;
    struct parcel parcel;
};

static struct pair
pair_make(void)
{
    struct pair pair = { .sender = model_create(BLOCKS) };
    bool pages[MODEL_PAGES] = { [3] = true, [4] = true, [30] = true, [71] = true };

    pair.a = all_pin(pair.sender);
    pair.model = received(pair.sender, pair.a);
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        if (pages[i])
            model_change(pair.sender, i, i == 30);
    }
    store_pin_ask(pair.sender->store);
    ck_assert_int_eq(model_commit_pages(pair.sender, pages, STORE_CAUSE_DEMAND), OK);
    pair.b = pair.sender->committed;
    pair.parcel = sent(pair.sender, pair.a, pair.b);
    return pair;
}

static void
pair_free(struct pair *pair)
{
    free(pair->parcel.bytes);
    model_free(pair->model);
    model_free(pair->sender);
}

/* The stream as it is now is refused, in a volume as it is after a restart; all is as it was. */
static void
is_refused(struct pair *pair, err_t wanted)
{
    struct model *model = pair->model;
    struct store_origin origin = store_origin_get(model->store);
    err_t err;

    ck_assert_int_eq(model_open(model, false), OK);
    err = receive(model, &pair->parcel, pair->sender);
    if (wanted != OK)
        ck_assert_int_eq(err, wanted);
    ck_assert_int_ne(err, OK);
    ck_assert(model_matches(model, model->committed));
    ck_assert_int_eq(model_open(model, true), OK);
    ck_assert_uint_eq(model->opened.generation, model->committed);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(store_origin_get(model->store).unchanged, origin.unchanged);
}

/* It fits after all that was tried. */
static void
is_received(struct pair *pair)
{
    ck_assert_int_eq(model_open(pair->model, false), OK);
    ck_assert_int_eq(receive(pair->model, &pair->parcel, pair->sender), OK);
    sound_after_restart(pair->model);
}

START_TEST(one_flipped_bit_anywhere_changes_nothing)
{
    struct pair pair = pair_make();

    for (size_t i = 0; i < pair.parcel.count; i++) {
        size_t in_record = i < HEAD ? 0 : (i - HEAD) % RECORD;

        /* All of the head, of the records' headers and of the end; of the pages some. */
        if (in_record > 2 * END && i % 41 != 0 && i + END < pair.parcel.count)
            continue;
        pair.parcel.bytes[i] ^= (uint8_t)(1 << i % 8);
        is_refused(&pair, OK);
        pair.parcel.bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    is_received(&pair);
    pair_free(&pair);
}
END_TEST

START_TEST(a_stream_that_is_cut_off_changes_nothing)
{
    struct pair pair = pair_make();
    size_t whole = pair.parcel.count;

    for (size_t count = 0; count < whole; count++) {
        if (count > HEAD + END && count % 131 != 0 && count + END < whole)
            continue;
        pair.parcel.count = count;
        is_refused(&pair, ERR_END);
    }
    pair.parcel.count = whole;
    is_received(&pair);
    pair_free(&pair);
}
END_TEST

/* Take `count` bytes at `from` out of the parcel and put them in again at `to`. */
static void
bytes_move(struct parcel *parcel, size_t from, size_t count, size_t to)
{
    uint8_t bytes[2 * RECORD];

    memcpy(bytes, parcel->bytes + from, count);
    memmove(parcel->bytes + from, parcel->bytes + from + count, parcel->count - from - count);
    memmove(parcel->bytes + to + count, parcel->bytes + to, parcel->count - to - count);
    memcpy(parcel->bytes + to, bytes, count);
}

START_TEST(records_in_another_order_or_twice_or_missing_change_nothing)
{
    struct pair pair = pair_make();
    size_t whole = pair.parcel.count;
    uint8_t *copy = malloc(whole);

    memcpy(copy, pair.parcel.bytes, whole);
    bytes_move(&pair.parcel, HEAD, RECORD, HEAD + RECORD); /* exchanged */
    is_refused(&pair, ERR_CORRUPT);
    memcpy(pair.parcel.bytes, copy, whole);
    memcpy(pair.parcel.bytes + HEAD + RECORD, copy + HEAD, RECORD); /* twice */
    is_refused(&pair, ERR_CORRUPT);
    memcpy(pair.parcel.bytes, copy, whole);
    memmove(pair.parcel.bytes + HEAD, copy + HEAD + RECORD, whole - HEAD - RECORD); /* missing */
    pair.parcel.count = whole - RECORD;
    is_refused(&pair, ERR_CORRUPT);
    memcpy(pair.parcel.bytes + HEAD, copy + whole - END, END); /* all missing but the end */
    pair.parcel.count = HEAD + END;
    is_refused(&pair, ERR_CORRUPT);
    memcpy(pair.parcel.bytes, copy, whole);
    pair.parcel.count = whole;
    free(copy);
    is_received(&pair);
    pair_free(&pair);
}
END_TEST

/* Make the checksums of the records right again from the head on: only what they say is wrong. */
static void
reseal(struct parcel *parcel)
{
    struct stream_head_disk *head = (void *)parcel->bytes;
    uint32_t crc = crc32c(parcel->bytes + STREAM_HEAD_SUMMED, HEAD - STREAM_HEAD_SUMMED);

    head->crc = le32_put(crc);
    for (size_t at = HEAD; at < parcel->count;) {
        struct stream_record_disk *record = (void *)(parcel->bytes + at);
        size_t bytes = stream_record_bytes(le32_get(record->kind));

        record->before = le32_put(crc);
        crc = crc32c(parcel->bytes + at + STREAM_RECORD_SUMMED, bytes - STREAM_RECORD_SUMMED);
        record->crc = le32_put(crc);
        at += bytes;
    }
}

/* Whoever can make checksums can still not make a volume of nonsense. */
START_TEST(records_that_make_no_sense_change_nothing)
{
    struct pair pair = pair_make();
    size_t whole = pair.parcel.count;
    uint8_t *copy = malloc(whole);
    struct stream_head_disk *head = (void *)pair.parcel.bytes;
    struct stream_record_disk *first = (void *)(pair.parcel.bytes + HEAD);
    struct stream_record_disk *last = (void *)(pair.parcel.bytes + whole - END);

    memcpy(copy, pair.parcel.bytes, whole);
    for (unsigned way = 0; way < 10; way++) {
        switch (way) {
        case 0:
            first->page = le32_put(UINT32_MAX);
            break;
        case 1:
            first->index = le64_put(1);
            break;
        case 2:
            last->index = le64_put(le64_get(last->index) - 1);
            break;
        case 3:
            last->page = le32_put(1);
            break;
        case 4:
            head->record_count = le64_put(le64_get(head->record_count) + 1);
            break;
        case 5:
            head->record_count = le64_put(le64_get(head->record_count) - 1);
            break;
        case 6:
            head->record_count = le64_put(SPACE_PAGES + 1);
            break;
        case 7:
            head->written_count = le64_put(UINT64_MAX);
            break;
        case 8:
            head->to.generation = head->from.generation;
            break;
        default:
            memcpy(first, copy + HEAD + RECORD, RECORD); /* the same page twice */
            first->index = le64_put(0);
        }
        reseal(&pair.parcel);
        is_refused(&pair, ERR_CORRUPT);
        memcpy(pair.parcel.bytes, copy, whole);
    }
    head->version = le32_put(2);
    reseal(&pair.parcel);
    is_refused(&pair, ERR_VERSION);
    memcpy(pair.parcel.bytes, copy, whole);
    head->space_base = le64_put(SPACE_BASE * 2);
    reseal(&pair.parcel);
    is_refused(&pair, ERR_VERSION);
    memcpy(pair.parcel.bytes, copy, whole);
    head->magic[0] = 'Q';
    is_refused(&pair, ERR_FOREIGN);
    memcpy(pair.parcel.bytes, copy, whole);
    free(copy);
    reseal(&pair.parcel);
    is_received(&pair);
    pair_free(&pair);
}
END_TEST

/* ---- which volume it fits ---- */

START_TEST(a_stream_fits_the_generation_that_it_goes_on_from_and_no_other)
{
    struct pair pair = pair_make();
    struct model *own = model_create(BLOCKS), *other = model_create(BLOCKS);
    struct model *foreign, *newer;

    commits(own, 3, 30);
    ck_assert_int_eq(fit_of(own, &pair.parcel), STREAM_OWN);
    ck_assert_int_eq(receive(own, &pair.parcel, pair.sender), ERR_FOREIGN);
    sound(own);
    foreign = received(other, pin(other, 30));
    ck_assert_int_eq(fit_of(foreign, &pair.parcel), STREAM_OTHER_VOLUME);
    newer = received(pair.sender, pair.b);
    ck_assert_int_eq(fit_of(newer, &pair.parcel), STREAM_OTHER_GENERATION);
    ck_assert_int_eq(receive(newer, &pair.parcel, pair.sender), ERR_FOREIGN);
    sound_after_restart(newer);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_FITS);
    model_free(own);
    model_free(other);
    model_free(foreign);
    model_free(newer);
    pair_free(&pair);
}
END_TEST

/* Two copies of a volume's file have one identity, and go on counting each on its own. */
START_TEST(generations_of_two_copies_of_a_volume_are_told_apart)
{
    struct pair pair = pair_make();
    struct model *copy = model_copy(pair.sender, test_disk_copy(pair.sender->disk));
    struct parcel parcel;
    uint64_t theirs, ours;

    ck_assert_int_eq(model_open(copy, false), OK);
    copy->version += 1000;
    theirs = pin(copy, 5);
    ours = pin(pair.sender, 5);
    ck_assert_uint_eq(theirs, ours);
    is_received(&pair);
    free(pair.parcel.bytes);
    pair.parcel = sent(pair.sender, pair.b, ours);
    ck_assert_int_eq(receive(pair.model, &pair.parcel, pair.sender), OK);
    commits(copy, 1, 5);
    parcel = sent(copy, theirs, pin(copy, 3));
    ck_assert_int_eq(fit_of(pair.model, &parcel), STREAM_OTHER_GENERATION);
    free(parcel.bytes);
    model_free(copy);
    pair_free(&pair);
}
END_TEST

START_TEST(a_volume_that_has_changed_is_refused_until_it_is_taken_back)
{
    struct pair pair = pair_make();
    uint64_t base = pair.model->committed, kept;

    commits(pair.model, 1, 1);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_CHANGED);
    is_refused(&pair, ERR_FOREIGN);
    ck_assert_int_eq(model_open(pair.model, false), OK);
    commits(pair.model, 5, 40);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_CHANGED);
    ck_assert_uint_eq(store_origin_get(pair.model->store).generation, base);
    ck_assert_int_eq(model_rewind(pair.model, base, &kept), OK);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_FITS);
    is_received(&pair);
    pair_free(&pair);
}
END_TEST

/* The same bytes again are no change, whatever block they lie in. */
START_TEST(what_was_changed_and_changed_back_is_no_change)
{
    struct pair pair = pair_make();
    bool one[MODEL_PAGES] = { [9] = true };
    uint32_t version = pair.model->now[9];

    model_change(pair.model, 9, false);
    ck_assert_int_eq(model_commit_pages(pair.model, one, STORE_CAUSE_DEMAND), OK);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_CHANGED);
    pair.model->now[9] = version;
    ck_assert_int_eq(model_commit_pages(pair.model, one, STORE_CAUSE_DEMAND), OK);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_FITS);
    is_received(&pair);
    pair_free(&pair);
}
END_TEST

START_TEST(commits_that_change_no_page_do_not_matter_and_then_no_pin_is_needed)
{
    struct pair pair = pair_make();
    uint64_t base = pair.model->committed;

    commits(pair.model, 3, 0);
    ck_assert_int_eq(store_unpin(pair.model->store, base), OK);
    commits(pair.model, 3, 0);
    ck_assert_int_eq(model_open(pair.model, false), OK);
    ck_assert_uint_eq(pin_count(pair.model), 0);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_FITS);
    commits(pair.model, 1, 1);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_LOST);
    is_refused(&pair, ERR_FOREIGN);
    pair_free(&pair);
}
END_TEST

START_TEST(a_whole_stream_goes_only_into_a_volume_without_pages)
{
    struct pair pair = pair_make();
    struct parcel parcel = sent(pair.sender, 0, pair.b);

    ck_assert_int_eq(receive(pair.model, &parcel, pair.sender), ERR_EXISTS);
    sound(pair.model);
    free(parcel.bytes);
    pair_free(&pair);
}
END_TEST

/* ---- trouble of the world ---- */

/* Receiving while one thing fails, then again without. */
static void
fails_and_receives(void (*break_it)(struct model *, unsigned), unsigned n, bool *failed)
{
    struct pair pair = pair_make();

    break_it(pair.model, n);
    *failed = receive(pair.model, &pair.parcel, pair.sender) != OK;
    model_mend(pair.model);
    sound(pair.model);
    if (*failed)
        ck_assert_int_eq(receive(pair.model, &pair.parcel, pair.sender), OK);
    test_disk_cut(pair.model->disk, TEST_CUT_DROP, 0);
    sound_after_restart(pair.model);
    pair_free(&pair);
}

START_TEST(a_failure_on_the_way_leaves_the_present)
{
    void (*const ways[])(struct model *, unsigned) = { model_break_write, model_break_flush,
                                                       model_break_memory };
    const unsigned least[] = { 3, 3, 3 };

    for (unsigned way = 0; way < 3; way++) {
        bool failed = true;
        unsigned n = 1;

        for (; failed; n++)
            fails_and_receives(ways[way], n, &failed);
        ck_assert_uint_ge(n, least[way]);
    }
}
END_TEST

static struct plat_disk *fresh; /* the receiver before the first entry of its journal */

static void
survives(struct pair *pair, struct plat_disk *disk, uint64_t acknowledged)
{
    struct model *after = model_copy(pair->model, disk);
    struct pair again = { .sender = pair->sender, .model = after, .parcel = pair->parcel };

    ck_assert_int_eq(model_open(after, false), OK);
    ck_assert_uint_ge(after->opened.generation, acknowledged);
    after->committed = after->opened.generation;
    sound(after);
    if (memcmp(after->now, pair->sender->taken[pair->b], sizeof after->now) == 0)
        ck_assert_int_eq(fit_of(after, &again.parcel), STREAM_OTHER_GENERATION);
    else
        is_received(&again);
    model_free(after);
}

START_TEST(every_cut_leaves_the_old_generation_or_the_new)
{
    struct pair pair = pair_make();
    const struct test_op *ops;
    uint64_t acknowledged, before = pair.model->committed;
    size_t count;

    fresh = test_disk_copy(pair.model->disk);
    test_disk_journal(pair.model->disk);
    ck_assert_int_eq(receive(pair.model, &pair.parcel, pair.sender), OK);
    ops = test_disk_ops(pair.model->disk, &count);
    ck_assert_uint_gt(count, 4);
    for (size_t k = 0; k <= count; k++) {
        for (unsigned choice = 0; choice < 12; choice++) {
            enum test_cut cut = choice < 4 ? (enum test_cut)choice : TEST_CUT_RANDOM;
            struct plat_disk *disk = test_disk_at(fresh, ops, k, &acknowledged);

            test_disk_cut(disk, cut, k * 31 + choice);
            survives(&pair, disk, acknowledged > 1 ? acknowledged : before);
        }
    }
    test_disk_free(fresh);
    pair_free(&pair);
}
END_TEST

static _Alignas(PAGE) uint8_t bytes[PAGE];

/* Commit pages that the model does not know, far from its own. */
static void
others_write(struct model *model, uint64_t count, uint8_t version)
{
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };

    ck_assert_int_eq(store_credit_take(model->store, count), OK);
    store_commit_begin(model->store);
    memset(bytes, version, PAGE);
    for (uint64_t i = 0; i < count; i++)
        ck_assert_int_eq(store_commit_page(model->store, SPACE_PAGES - 1 - i, bytes), OK);
    ck_assert_int_eq(store_commit_finish(model->store, &note), OK);
}

/* A sender whose pins differ in `count` pages, and who has the first of them. */
static struct pair
large_pair_make(uint64_t count, uint64_t receiver_blocks)
{
    struct pair pair = { .sender = model_create(4 * BLOCKS),
                         .model = model_create(receiver_blocks) };
    struct parcel parcel;

    pair.a = pin(pair.sender, 30);
    parcel = sent(pair.sender, 0, pair.a);
    ck_assert_int_eq(receive(pair.model, &parcel, pair.sender), OK);
    free(parcel.bytes);
    others_write(pair.sender, count, 1);
    pair.b = pin(pair.sender, 3);
    pair.parcel = sent(pair.sender, pair.a, pair.b);
    return pair;
}

START_TEST(without_room_it_is_refused_and_the_present_stays)
{
    struct pair pair = large_pair_make(2200, BLOCKS);

    for (unsigned i = 0; i < 3; i++)
        is_refused(&pair, ERR_NOSPACE);
    ck_assert_int_eq(model_open(pair.model, false), OK);
    ck_assert_int_eq(fit_of(pair.model, &pair.parcel), STREAM_FITS);
    sound(pair.model);
    pair_free(&pair);
}
END_TEST

/* A page of zeroes needs no room: what empties a full volume is received. */
START_TEST(what_makes_a_full_volume_emptier_is_received)
{
    struct pair pair = large_pair_make(1200, BLOCKS);
    struct parcel parcel;
    uint64_t c;

    is_received(&pair);
    others_write(pair.sender, 1200, 0);
    c = pin(pair.sender, 0);
    parcel = sent(pair.sender, pair.b, c);
    free(pair.parcel.bytes);
    pair.parcel = parcel;
    is_received(&pair);
    pair_free(&pair);
}
END_TEST

START_TEST(history_makes_room_for_what_is_received)
{
    struct pair pair = large_pair_make(500, BLOCKS);
    uint64_t base = pair.model->committed, kept;

    /* Something large that only history keeps: without it there is room. */
    others_write(pair.model, 500, 9);
    store_pin_ask(pair.model->store);
    commits(pair.model, 1, 0);
    ck_assert_int_eq(model_rewind(pair.model, base, &kept), OK);
    ck_assert_int_eq(receive(pair.model, &pair.parcel, pair.sender), OK);
    for (uint64_t i = 0; i < 500; i++) {
        ck_assert_int_eq(store_page_read(pair.model->store, SPACE_PAGES - 1 - i, bytes), OK);
        ck_assert_uint_eq(bytes[i], 1);
    }
    ck_assert_uint_eq(model_check(pair.model, NULL), 0);
    pair_free(&pair);
}
END_TEST

START_TEST(a_disk_that_fills_up_on_the_way_leaves_the_present)
{
    struct pair pair = large_pair_make(300, BLOCKS);

    for (unsigned n = 1; n < 12; n++) {
        ck_assert_int_eq(model_open(pair.model, false), OK);
        test_disk_fail_write(pair.model->disk, n, ERR_NOSPACE);
        if (receive(pair.model, &pair.parcel, pair.sender) == OK)
            break;
        test_disk_fail_write(pair.model->disk, 0, OK);
        sound_after_restart(pair.model);
    }
    test_disk_fail_write(pair.model->disk, 0, OK);
    if (fit_of(pair.model, &pair.parcel) == STREAM_FITS)
        is_received(&pair);
    sound_after_restart(pair.model);
    pair_free(&pair);
}
END_TEST

START_TEST(nothing_is_sent_of_a_page_that_is_damaged)
{
    struct pair pair = pair_make();
    struct parcel parcel = { .write_max = SIZE_MAX };
    struct stream_tally tally;
    struct map_entry entry;

    ck_assert_int_eq(map_lookup(pair.sender->store, model_page(4), &entry), OK);
    test_disk_flip(pair.sender->disk, entry.block, 100);
    test_disk_fail_read(pair.sender->disk, entry.block);
    ck_assert_int_eq(try_send(pair.sender, pair.a, pair.b, &parcel, &tally), ERR_IO);
    test_disk_fail_read(pair.sender->disk, 0);
    parcel.count = 0;
    ck_assert_int_eq(try_send(pair.sender, pair.a, pair.b, &parcel, &tally), ERR_CORRUPT);
    pair.parcel.bytes = realloc(pair.parcel.bytes, parcel.count);
    memcpy(pair.parcel.bytes, parcel.bytes, parcel.count);
    pair.parcel.count = parcel.count;
    is_refused(&pair, ERR_END);
    free(parcel.bytes);
    pair_free(&pair);
}
END_TEST

START_TEST(who_takes_the_bytes_may_fail)
{
    struct pair pair = pair_make();
    struct parcel parcel = { 0 };
    struct stream_tally tally;
    err_t err = ERR_NOSPACE;

    for (; err != OK; parcel.write_max += RECORD) {
        free(parcel.bytes);
        parcel.bytes = NULL;
        parcel.count = 0;
        err = try_send(pair.sender, pair.a, pair.b, &parcel, &tally);
        ck_assert(err == OK || err == ERR_NOSPACE);
    }
    ck_assert_uint_eq(parcel.count, pair.parcel.count);
    ck_assert(memcmp(parcel.bytes, pair.parcel.bytes, parcel.count) == 0);
    free(parcel.bytes);
    pair_free(&pair);
}
END_TEST

/* ---- a new volume ---- */

#define FILL_PAGES 1200 /* more than go into one commit */
#define ROOT       space_page_of(SPACE_ROOT)

static void
root_is(struct store *store, uint8_t wanted)
{
    ck_assert_int_eq(store_page_read(store, ROOT, bytes), OK);
    ck_assert_uint_eq(bytes[0], wanted);
}

START_TEST(the_root_of_a_new_volume_comes_with_the_last_commit)
{
    struct model *model = model_create(BLOCKS);
    struct store_note note = { .cause = STORE_CAUSE_RECEIVE };
    static _Alignas(PAGE) uint8_t page[PAGE];
    struct fill fill;

    ck_assert_int_eq(fill_begin(&fill, model->store, FILL_PAGES, 5), OK);
    for (uint64_t i = 0; i < FILL_PAGES; i++) {
        page[0] = i == ROOT ? 7 : 0;
        ck_assert_int_eq(fill_page(&fill, i, page), OK);
        root_is(model->store, 0);
    }
    ck_assert_uint_gt(stats_of(model).commits, 0);
    ck_assert_int_eq(fill_end(&fill, &note), OK);
    fill_close(&fill);
    root_is(model->store, 7);
    ck_assert_int_eq(model_open(model, false), OK);
    root_is(model->store, 7);
    ck_assert_uint_eq(model->opened.note.personal_ns, 5);
    ck_assert_int_eq(fill_begin(&fill, model->store, 1, 0), ERR_EXISTS);
    fill_close(&fill);
    model_free(model);
}
END_TEST

/* What was nearly full can be made anew, in a volume of its size. */
START_TEST(a_new_volume_is_filled_to_the_brim)
{
    const uint64_t page_count = BLOCKS - BLOCKS / 8;
    struct model *model = model_create(BLOCKS);
    struct store_note note = { .cause = STORE_CAUSE_RECEIVE };
    static _Alignas(PAGE) uint8_t page[PAGE];
    struct fill fill;

    ck_assert_int_eq(fill_begin(&fill, model->store, page_count, 5), OK);
    for (uint64_t i = 0; i < page_count; i++) {
        memcpy(page, &(uint64_t){ i + 1 }, 8);
        ck_assert_int_eq(fill_page(&fill, i, page), OK);
    }
    ck_assert_int_eq(fill_end(&fill, &note), OK);
    fill_close(&fill);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(stats_of(model).pages_mapped, page_count);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    /* And more than fits is said. */
    ck_assert_int_eq(store_format(model->disk, BLOCKS), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_int_eq(fill_begin(&fill, model->store, BLOCKS, 5), OK);
    for (uint64_t i = 0, err = OK; err == OK; i++) {
        ck_assert_uint_lt(i, BLOCKS);
        memcpy(page, &(uint64_t){ i + 1 }, 8);
        err = fill_page(&fill, i, page);
        ck_assert(err == OK || err == ERR_NOSPACE);
    }
    fill_close(&fill);
    model_free(model);
}
END_TEST

START_TEST(a_whole_stream_that_fails_leaves_a_volume_without_its_root)
{
    struct model *sender = model_create(BLOCKS);
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    struct parcel parcel;
    size_t whole;

    ck_assert_int_eq(store_credit_take(sender->store, 3), OK);
    store_commit_begin(sender->store);
    memset(bytes, 3, PAGE);
    for (uint64_t page = ROOT - 1; page <= ROOT + 1; page++)
        ck_assert_int_eq(store_commit_page(sender->store, page, bytes), OK);
    store_pin_ask(sender->store);
    ck_assert_int_eq(store_commit_finish(sender->store, &note), OK);
    parcel = sent(sender, 0, note.generation);
    whole = parcel.count;
    for (parcel.count = 0; parcel.count < whole; parcel.count += 89) {
        struct model *model = model_create(BLOCKS);

        ck_assert_int_eq(receive(model, &parcel, sender), ERR_END);
        root_is(model->store, 0);
        ck_assert_int_eq(model_open(model, false), OK);
        root_is(model->store, 0);
        model_free(model);
    }
    free(parcel.bytes);
    model_free(sender);
}
END_TEST

UNIT_TESTS_WITHIN(
    "store/stream", 120, a_whole_stream_makes_the_same_generation_elsewhere,
    what_differs_is_sent_and_no_more, one_increment_follows_another,
    where_nothing_happened_nothing_is_sent_and_that_is_received, what_was_received_can_be_sent_on,
    one_flipped_bit_anywhere_changes_nothing, a_stream_that_is_cut_off_changes_nothing,
    records_in_another_order_or_twice_or_missing_change_nothing,
    records_that_make_no_sense_change_nothing,
    a_stream_fits_the_generation_that_it_goes_on_from_and_no_other,
    generations_of_two_copies_of_a_volume_are_told_apart,
    a_volume_that_has_changed_is_refused_until_it_is_taken_back,
    what_was_changed_and_changed_back_is_no_change,
    commits_that_change_no_page_do_not_matter_and_then_no_pin_is_needed,
    a_whole_stream_goes_only_into_a_volume_without_pages, a_failure_on_the_way_leaves_the_present,
    every_cut_leaves_the_old_generation_or_the_new, what_makes_a_full_volume_emptier_is_received,
    without_room_it_is_refused_and_the_present_stays, history_makes_room_for_what_is_received,
    a_disk_that_fills_up_on_the_way_leaves_the_present, nothing_is_sent_of_a_page_that_is_damaged,
    who_takes_the_bytes_may_fail, the_root_of_a_new_volume_comes_with_the_last_commit,
    a_new_volume_is_filled_to_the_brim, a_whole_stream_that_fails_leaves_a_volume_without_its_root)
