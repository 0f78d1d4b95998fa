/*
 * copy_test.c - bytes move as memmove would move them, at every alignment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "fake_store.h"
#include "pmem/pmem_priv.h"
#include "start.h"

#define BYTES 3 * 4096

static struct pmem_worker worker;
static uint8_t model[BYTES], seen[BYTES];

static void
setup(void)
{
    start(&fake_store, (struct pmem_options){ .on_demand_only = true, .strict = true });
    join(&worker);
    for (unsigned i = 0; i < BYTES; i++)
        model[i] = (uint8_t)(i * 7 + i / 256);
    pmem_copy_in(at(0, 0), model, BYTES);
}

static void
teardown(void)
{
    pmem_worker_leave(&worker);
    pmem_stop();
}

static void
compare(void)
{
    pmem_copy_out(seen, at(0, 0), BYTES);
    ck_assert_mem_eq(seen, model, BYTES);
}

START_TEST(what_is_copied_in_is_copied_out)
{
    static const uint8_t text[] = "some bytes that lie anywhere";

    compare();
    for (unsigned shift = 0; shift < 16; shift++)
        for (unsigned length = 0; length < sizeof(text); length++) {
            pmem_copy_in(at(0, 0) + 4080 + shift, text, length);
            memcpy(model + 4080 + shift, text, length);
            compare();
        }
}
END_TEST

START_TEST(a_copy_may_overlap_in_both_directions)
{
    static const unsigned lengths[] = { 0, 1, 7, 8, 9, 63, 64, 4096, 5001 };

    for (unsigned from = 0; from < 20; from += 3)
        for (unsigned to = 0; to < 20; to++)
            for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
                pmem_copy(at(0, 0) + 100 + to, at(0, 0) + 100 + from, lengths[i]);
                memmove(model + 100 + to, model + 100 + from, lengths[i]);
                if (pmem_poll())
                    ck_assert_int_eq(pmem_safepoint(&worker), OK);
            }
    compare();
}
END_TEST

START_TEST(a_range_is_zeroed_and_its_neighbours_are_not)
{
    for (unsigned shift = 0; shift < 9; shift++) {
        pmem_zero(at(0, 0) + 4090 + shift * 100, 17 + shift);
        memset(model + 4090 + shift * 100, 0, 17 + shift);
    }
    compare();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/copy");
    TCase *tcase = tcase_create("copy");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_copied_in_is_copied_out);
    tcase_add_test(tcase, a_copy_may_overlap_in_both_directions);
    tcase_add_test(tcase, a_range_is_zeroed_and_its_neighbours_are_not);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
