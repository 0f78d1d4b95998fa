/*
 * attack_test.c - modules that were made to break the machine, each refused with a reason.
 *
 * The rows are in attacks.h. What the verifier leaves to the instruction itself is in
 * attack_run_test.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/attacks.h"
#include "unit/vm/load_space.h"

static uint32_t application_id;

static void
setup(void)
{
    load_space_start();
    application_id = 0;
}

/* What is wrong with the rows of a table, all of it at once. */
static char mistakes[65536];

static void
mistake(const struct attack *attack, const char *what)
{
    size_t used = strlen(mistakes);

    snprintf(mistakes + used, sizeof mistakes - used, "%s: %s\n%s", attack->name, what,
             load_report);
}

/* Refused for the reason given; then, that nothing of it is left, the control loads. */
static void
try_attack(const struct attack *attack)
{
    ref_t app = load_application(++application_id);
    err_t err;

    ck_assert_loads(victims, app);
    err = load_for(attack->module, app);
    if (err != ERR_PROGRAM && err != ERR_CORRUPT)
        mistake(attack, "accepted");
    else if (strstr(load_report, attack->refusal) == NULL)
        mistake(attack, "refused for something else");
    if (err != OK && load_for(attack->control, app) != OK)
        mistake(attack, "the control is refused");
}

static void
try_attacks(const struct attack *attacks, size_t count)
{
    mistakes[0] = 0;
    for (size_t i = 0; i < count; i++)
        try_attack(&attacks[i]);
    ck_assert_msg(mistakes[0] == 0, "%s", mistakes);
}

#define ATTACKS_TEST(title)                                                                        \
    START_TEST(title)                                                                              \
    {                                                                                              \
        try_attacks(title##_rows, sizeof title##_rows / sizeof title##_rows[0]);                   \
    }                                                                                              \
    END_TEST

ATTACKS_TEST(words_are_not_forged)
ATTACKS_TEST(stacks_are_not_left)
ATTACKS_TEST(code_is_not_left)
ATTACKS_TEST(handlers_are_entered_as_declared)
ATTACKS_TEST(private_members_are_out_of_reach)
ATTACKS_TEST(types_are_not_confused)
ATTACKS_TEST(constants_are_of_their_kind)
ATTACKS_TEST(classes_keep_the_order)
ATTACKS_TEST(descriptors_are_well_formed)

/* ---- counts and indices ---- */

/* A field of a module's bytes, changed after it was made. */
struct forgery {
    const char *name;
    int at; /* below 0: from the end */
    unsigned bytes;
    uint32_t value;
    const char *refusal;
};

/* The last of its bytes are those of a class with one method of one byte. */
static const char forged[] = EVIL("()v static", "RETURN");

#define IN_F "in class .evil, member f: "

static const struct forgery forgeries[] = {
    { "more lines than bytes", -4, 4, UINT32_MAX, IN_F "it ends in the middle" },
    { "lines that overflow", -4, 4, 0x20000000, IN_F "it ends in the middle" },
    { "more handlers than bytes", -6, 2, 0xffff, IN_F "it ends in the middle" },
    { "more code than bytes", -11, 4, UINT32_MAX, "in class .evil: it ends in the middle" },
    { "code that ends before it begins", -11, 4, 0x80000000,
      "in class .evil: it ends in the middle" },
    { "no code", -11, 4, 0, IN_F "a method has no code" },
    { "a primitive with code", -25, 2, 0x28, IN_F "a method has code that it must not have" },
    { "an abstract method with code", -25, 2, 0x10,
      IN_F "a method has code that it must not have" },
    { "flags that nobody knows", -25, 2, 0x8008, IN_F "a method has unknown flags" },
    { "a signature that is no text", -27, 2, 0, "in class .evil: a method has no name" },
    { "a signature behind the pool", -27, 2, 0xffff, "in class .evil: a method has no name" },
    { "a name behind the pool", -29, 2, 0xffff, "in class .evil: a method has no name" },
    { "more methods than bytes", -31, 2, 0xffff, "in class .evil: it ends in the middle" },
    { "more fields than bytes", -33, 2, 0xffff, "in class .evil: it ends in the middle" },
    { "more interfaces than bytes", -35, 2, 0xffff, "it ends in the middle" },
    { "flags of a class that nobody knows", -37, 2, 0xff00,
      "in class .evil: a class has unknown flags" },
    { "a super behind the pool", -39, 2, 0xffff, "a class has no name or no super class" },
    { "a class behind the pool", -41, 2, 0xffff, "a class has no name or no super class" },
    { "more classes than bytes", -43, 2, 0xffff, "it ends in the middle" },
    { "a source behind the pool", 16, 2, 0xffff, "it does not name its source" },
    { "a class to start behind the pool", 18, 2, 0xffff, "the class to start is no class" },
    { "more entries than bytes", 20, 2, 0xffff, "it ends in the middle" },
    { "no pool", 20, 2, 0, "it has no constant pool" },
    { "an entry of a kind that nobody knows", 22, 1, 99, "an entry of an unknown kind" },
    { "a text that goes on behind all", 23, 4, UINT32_MAX, "it ends in the middle" },
};

START_TEST(counts_and_indices_are_within_bounds)
{
    struct assembled module = assemble(forged);
    ref_t app = load_application(++application_id);

    mistakes[0] = 0;
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        const struct forgery *forgery = &forgeries[i];
        size_t at = (size_t)forgery->at + (forgery->at < 0 ? module.count : 0);
        struct attack attack = { .name = forgery->name };
        uint8_t was[4];

        memcpy(was, module.bytes + at, forgery->bytes);
        memcpy(module.bytes + at, &forgery->value, forgery->bytes);
        assemble_seal(&module);
        if (load_bytes(module.bytes, module.count, app) != ERR_CORRUPT)
            mistake(&attack, "accepted");
        else if (strstr(load_report, forgery->refusal) == NULL)
            mistake(&attack, "refused for something else");
        memcpy(module.bytes + at, was, forgery->bytes);
    }
    assemble_seal(&module);
    if (load_bytes(module.bytes, module.count, app) != OK)
        mistake(&(struct attack){ .name = "the control" }, "refused");
    assemble_free(&module);
    ck_assert_msg(mistakes[0] == 0, "%s", mistakes);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        words_are_not_forged,
        stacks_are_not_left,
        code_is_not_left,
        handlers_are_entered_as_declared,
        private_members_are_out_of_reach,
        types_are_not_confused,
        constants_are_of_their_kind,
        classes_keep_the_order,
        descriptors_are_well_formed,
        counts_and_indices_are_within_bounds,
    };
    Suite *suite = suite_create("attack");
    TCase *tcase = tcase_create("attack");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, load_space_stop);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
