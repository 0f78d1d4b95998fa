/*
 * disasm_test.c - the listing of a module, whatever its bytes are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/lang/table.h"

#include "base/crc32c.h"

static char messages[TABLE_MESSAGES_BYTES];
static struct buffer module;

static void
setup(void)
{
    const char *program = "class a { int n; int f(int x) { try { switch (x) { case 1: return n; } }"
                          " finally { n++; } return x; } } println(new a().f(1));";

    table_load(&table_library, "library.txt");
    ck_assert_msg(table_compile(program, strlen(program), messages, &module) == OK, "%s", messages);
}

static void
teardown(void)
{
    buffer_free(&module);
    table_free(&table_library);
}

/* Make the checksum right again, so that what lies behind it is looked at. */
static void
seal(struct buffer *bytes)
{
    uint32_t crc = crc32c(bytes->bytes + 16, bytes->count - 16);

    for (unsigned i = 0; i < 4; i++) {
        bytes->bytes[8 + i] = (uint8_t)(bytes->count >> (8 * i));
        bytes->bytes[12 + i] = (uint8_t)(crc >> (8 * i));
    }
}

START_TEST(a_good_module_is_listed_to_its_end)
{
    struct buffer text = { 0 };

    ck_assert_int_eq(lang_disassemble(module.bytes, module.count, &text), OK);
    ck_assert_int_eq(buffer_terminate(&text), OK);
    ck_assert_ptr_nonnull(strstr((char *)text.bytes, "module test.ph entry .main.test\n"));
    ck_assert_ptr_nonnull(
        strstr((char *)text.bytes, "  class public .a extends .internal.object\n"));
    ck_assert_ptr_nonnull(strstr((char *)text.bytes, "TABLESWITCH 1:"));
    ck_assert_ptr_nonnull(strstr((char *)text.bytes, "      catch "));
    buffer_free(&text);
}
END_TEST

START_TEST(a_module_with_a_bit_flipped_is_none)
{
    for (size_t i = 0; i < module.count; i++) {
        struct buffer text = { 0 };

        module.bytes[i] ^= 4;
        ck_assert_int_eq(lang_disassemble(module.bytes, module.count, &text), ERR_CORRUPT);
        ck_assert_uint_gt(text.count, 0);
        module.bytes[i] ^= 4;
        buffer_free(&text);
    }
}
END_TEST

START_TEST(a_module_cut_short_anywhere_is_none)
{
    size_t whole = module.count;

    for (size_t count = 0; count < whole; count++) {
        struct buffer text = { 0 };
        uint8_t *cut = malloc(count + 1);

        memcpy(cut, module.bytes, count);
        ck_assert_int_eq(lang_disassemble(cut, count, &text), ERR_CORRUPT);
        buffer_free(&text);
        free(cut);
    }
}
END_TEST

START_TEST(sealed_nonsense_is_listed_without_harm)
{
    uint32_t state = 12345;

    for (unsigned round = 0; round < 4000; round++) {
        struct buffer bytes = { 0 };
        struct buffer text = { 0 };
        err_t err;

        ck_assert_int_eq(buffer_append(&bytes, module.bytes, module.count), OK);
        for (unsigned i = 0; i < 1 + round % 4; i++) {
            state = state * 1664525u + 1013904223u;
            bytes.bytes[16 + (state >> 8) % (bytes.count - 16)] = (uint8_t)(state >> 24);
        }
        if (round % 5 == 0)
            bytes.count = 16 + (state >> 8) % (bytes.count - 16);
        seal(&bytes);
        err = lang_disassemble(bytes.bytes, bytes.count, &text);
        ck_assert(err == OK || err == ERR_CORRUPT);
        buffer_free(&bytes);
        buffer_free(&text);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("disasm");
    TCase *tcase = tcase_create("disasm");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_good_module_is_listed_to_its_end);
    tcase_add_test(tcase, a_module_with_a_bit_flipped_is_none);
    tcase_add_test(tcase, a_module_cut_short_anywhere_is_none);
    tcase_add_test(tcase, sealed_nonsense_is_listed_without_harm);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
