/*
 * module_test.c - bytes that are no module, or a broken one, are refused with a word and no harm.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/load_space.h"

#include "format/module.h"
#include "vm/module_priv.h"
#include "vm/signature.h"

/* Something of everything. */
static const char sample[] =
    "source sample.ph\n"
    "entry .main\n"
    "class .shape extends .internal.object interface\n"
    "method area (i)d abstract public\n"
    "class .node extends .internal.object\n"
    "field next L.node;\nfield value l\nfield flag z private\nfield total i static\n"
    "method <static> ()v static\n  ICONST 7\n  PUTSTATIC .node total i\n  RETURN\nend\n"
    "method <new> (l)v\n"
    "  WLOAD 0\n  INVOKESPECIAL .internal.object <new> ()v\n"
    "  WLOAD 0\n  LLOAD 0\n  PUTFIELD .node value l\n  RETURN\nend\n"
    "class .main extends .node implements .shape\n"
    "method area (i)d public ordinal 4\n"
    "  ILOAD 0\n  I2D\n  DCONST 2.5\n  DMUL\n  RRETURN\nend\n"
    "method run (L.node;[i[[w)w public ordinal 8 synchronized\n"
    "  .line 1\n"
    "from:\n"
    "  ICONST8 0\n  ISTORE 0\n"
    "again:\n"
    "  .line 2\n"
    "  WLOAD 2\n  ILOAD 0\n  IALOAD\n"
    "  TABLESWITCH done 0 one two\n"
    "one:\n  IINC 0 1\n  GOTO again\n"
    "two:\n"
    "  ILOAD 0\n  LOOKUPSWITCH done -1 one 5 two2\n"
    "two2:\n"
    "  WLOAD 1\n  GETFIELD .node next L.node;\n  WSTORE 1\n"
    "  WLOAD 0\n  WLOAD 1\n  INVOKENAME visit 1\n  WPOP\n"
    "  WLOAD 0\n  ICONST 3\n  INVOKEINTERFACE .shape area (i)d\n  BOX_D\n  WPOP\n"
    "  WCONST \"text\"\n  WCONST long 0x7fffffffffffffff\n  CONCAT 2\n  WRETURN\n"
    "done:\n"
    "  .line 3\n"
    "  NEW .node\n  WDUP\n  LCONST 9\n  INVOKESPECIAL .node <new> (l)v\n"
    "  WRETURN\n"
    "to:\n"
    "  WPOP\n  WNULL\n  WRETURN\n"
    "  .catch from done to .internal.error\n"
    "end\n";

static ref_t app;
static struct assembled module;

static void
setup(void)
{
    load_space_start();
    app = load_application(1);
    module = assemble(sample);
}

static void
teardown(void)
{
    assemble_free(&module);
    space_check();
    load_space_stop();
}

static err_t
load_sealed(void)
{
    assemble_seal(&module);
    return load_bytes(module.bytes, module.count, app);
}

/* A check of the reader alone. */
static err_t
read_module(const char **why)
{
    struct arena arena = { 0 };
    struct module read;
    err_t err;

    err = module_read(&read, &arena, module.bytes, module.count, why);
    arena_free(&arena);
    return err;
}

static void
put16(size_t at, uint16_t value)
{
    memcpy(module.bytes + at, &value, sizeof value);
}

START_TEST(the_sample_is_good)
{
    ck_assert_msg(load_sealed() == OK, "%s", load_report);
    ck_assert_uint_eq(load_entry, load_mirror(1, ".main")->class);
}
END_TEST

START_TEST(what_is_no_module_is_foreign)
{
    ck_assert_int_eq(load_bytes("", 0, app), ERR_FOREIGN);
    ck_assert_int_eq(load_bytes("PMODPMODPMOD", 12, app), ERR_FOREIGN);
    ck_assert_int_eq(load_bytes("\x7f"
                                "ELF............",
                                16, app),
                     ERR_FOREIGN);
    ck_assert_str_eq(load_report, "this is no module\n");
}
END_TEST

START_TEST(another_version_is_told_apart)
{
    module.bytes[4]++;
    ck_assert_int_eq(load_sealed(), ERR_VERSION);
}
END_TEST

START_TEST(every_truncation_is_noticed)
{
    for (size_t count = 0; count < module.count; count++) {
        struct assembled cut = { malloc(count + 1), count };

        memcpy(cut.bytes, module.bytes, count);
        ck_assert_int_ne(load_bytes(cut.bytes, count, app), OK);
        if (count > MODULE_HEADER_BYTES) {
            assemble_seal(&cut);
            ck_assert_int_eq(load_bytes(cut.bytes, count, app), ERR_CORRUPT);
            ck_assert_uint_gt(strlen(load_report), 0);
        }
        assemble_free(&cut);
    }
}
END_TEST

START_TEST(every_flipped_bit_is_noticed)
{
    for (size_t at = 0; at < module.count; at++) {
        module.bytes[at] ^= (uint8_t)(1 << at % 8);
        ck_assert_int_ne(load_bytes(module.bytes, module.count, app), OK);
        module.bytes[at] ^= (uint8_t)(1 << at % 8);
    }
    ck_assert_int_eq(load_sealed(), OK);
}
END_TEST

START_TEST(bytes_behind_the_end_are_refused)
{
    const char *why;

    module.bytes = realloc(module.bytes, module.count + 1);
    module.bytes[module.count++] = 0;
    assemble_seal(&module);
    ck_assert_int_eq(read_module(&why), ERR_CORRUPT);
    ck_assert_str_eq(why, "it goes on behind its end");
}
END_TEST

START_TEST(texts_are_well_formed_utf8)
{
    static const char *const bad[] = { "\xff",         "\xc0\x80",         "\xe0\x80\x80",
                                       "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                       "\xc3",         "\xe2\x82",         "\x80" };
    static const char *const good[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "" };
    char text[200];

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0] + sizeof good / sizeof good[0]; i++) {
        bool is_good = i >= sizeof bad / sizeof bad[0];
        const char *why, *what = is_good ? good[i - sizeof bad / sizeof bad[0]] : bad[i];

        assemble_free(&module);
        snprintf(text, sizeof text,
                 "class .a extends .internal.object\nmethod f ()w static\nWCONST \"%s\"\nWRETURN\n"
                 "end\n",
                 what);
        module = assemble(text);
        ck_assert_int_eq(read_module(&why), is_good ? OK : ERR_CORRUPT);
    }
}
END_TEST

START_TEST(huge_counts_take_no_memory)
{
    const char *why;

    put16(20, 0xffff); /* pool_count */
    assemble_seal(&module);
    ck_assert_int_eq(read_module(&why), ERR_CORRUPT);
    memset(module.bytes + 23, 0xff, 4); /* bytes of the first text */
    assemble_seal(&module);
    ck_assert_int_eq(read_module(&why), ERR_CORRUPT);
}
END_TEST

START_TEST(types_and_signatures_are_parsed_exactly)
{
    static const char *const good[] = { "()v", "(ilfdzbscw)w", "(L.a.b;[[i[L.c;)[w" };
    static const char *const bad[] = { "",      "()",       "(v)v",     "(i",      "i)v",
                                       "()vv",  "()[",      "()[v",     "(L.a)v",  "(La;)v",
                                       "()L.;", "(L..a;)v", "(L.a.;)v", "()L.a;b", "(L.a[;)v" };
    char deep[600];

    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(signature_valid(good[i], strlen(good[i])), "%s", good[i]);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!signature_valid(bad[i], strlen(bad[i])), "%s", bad[i]);
    memset(deep, '[', sizeof deep);
    deep[255] = 'i';
    ck_assert_uint_eq(type_length(deep, 256), 256);
    deep[255] = '[';
    deep[256] = 'i';
    ck_assert_uint_eq(type_length(deep, 257), 0);
    memset(deep, 'i', sizeof deep);
    deep[0] = '(';
    deep[256] = ')';
    deep[257] = 'v';
    ck_assert(signature_valid(deep, 258));
    deep[256] = 'i';
    deep[257] = ')';
    deep[258] = 'v';
    ck_assert(!signature_valid(deep, 259));
}
END_TEST

/*
 * Change a few bytes, seal, load: whatever the loader says, it must not crash, and the space
 * must be whole. The seed is fixed, so that a failure repeats.
 */
static uint64_t
random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void
mutate(struct assembled *changed, uint64_t *state)
{
    unsigned count = 1 + (unsigned)(random_next(state) % 3);

    while (count-- > 0) {
        size_t at =
            MODULE_HEADER_BYTES + random_next(state) % (changed->count - MODULE_HEADER_BYTES - 4);

        switch (random_next(state) % 5) {
        case 0:
            changed->bytes[at] ^= (uint8_t)(1 << random_next(state) % 8);
            break;
        case 1:
            changed->bytes[at] = (uint8_t)random_next(state);
            break;
        case 2:
            changed->bytes[at]++;
            break;
        case 3:
            memset(changed->bytes + at, 0xff, 1 + random_next(state) % 4);
            break;
        default:
            memmove(changed->bytes + at, changed->bytes + at + 1, changed->count - at - 1);
            changed->count--;
            break;
        }
    }
    assemble_seal(changed);
}

START_TEST(a_mutated_module_never_does_harm)
{
    uint64_t state = 0x9e3779b97f4a7c15ull;
    unsigned loaded = 0, refused = 0;

    for (unsigned i = 0; i < 20000; i++) {
        struct assembled changed = { malloc(module.count), module.count };
        ref_t owner = load_application(i + 2);
        err_t err;

        memcpy(changed.bytes, module.bytes, module.count);
        mutate(&changed, &state);
        err = load_bytes(changed.bytes, changed.count, owner);
        ck_assert(err == OK || err == ERR_CORRUPT || err == ERR_PROGRAM);
        ck_assert((err == OK) == (load_report[0] == 0));
        loaded += err == OK;
        refused += err != OK;
        assemble_free(&changed);
        if (i % 5000 == 4999)
            space_check();
    }
    ck_assert_uint_gt(loaded, 100);
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

/* The same with the code of methods alone, which leaves most of the work to the verifier. */
START_TEST(mutated_code_never_does_harm)
{
    uint64_t state = 0xd1b54a32d192ed03ull;
    struct arena arena = { 0 };
    struct module read;
    const char *why;
    unsigned loaded = 0, refused = 0;

    ck_assert_int_eq(module_read(&read, &arena, module.bytes, module.count, &why), OK);
    for (unsigned i = 0; i < 20000; i++) {
        const struct module_class *class = &read.classes[1 + random_next(&state) % 2];
        const struct module_method *method =
            &class->methods[random_next(&state) % class->method_count];
        struct assembled changed = { malloc(module.count), module.count };
        size_t at = (size_t)(method->code - module.bytes);
        err_t err;

        memcpy(changed.bytes, module.bytes, module.count);
        for (unsigned k = (unsigned)(random_next(&state) % 3) + 1; k > 0; k--)
            changed.bytes[at + random_next(&state) % method->code_bytes] =
                (uint8_t)(random_next(&state) % 0xd0);
        assemble_seal(&changed);
        err = load_bytes(changed.bytes, changed.count, load_application(i + 2));
        ck_assert(err == OK || err == ERR_PROGRAM);
        loaded += err == OK;
        refused += err != OK;
        assemble_free(&changed);
    }
    arena_free(&arena);
    ck_assert_uint_gt(loaded, 100);
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("module");
    TCase *tcase = tcase_create("module");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_sample_is_good);
    tcase_add_test(tcase, what_is_no_module_is_foreign);
    tcase_add_test(tcase, another_version_is_told_apart);
    tcase_add_test(tcase, every_truncation_is_noticed);
    tcase_add_test(tcase, every_flipped_bit_is_noticed);
    tcase_add_test(tcase, bytes_behind_the_end_are_refused);
    tcase_add_test(tcase, texts_are_well_formed_utf8);
    tcase_add_test(tcase, huge_counts_take_no_memory);
    tcase_add_test(tcase, types_and_signatures_are_parsed_exactly);
    tcase_add_test(tcase, a_mutated_module_never_does_harm);
    tcase_add_test(tcase, mutated_code_never_does_harm);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
