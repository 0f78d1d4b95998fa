/*
 * attack_run_test.c - attacks that no verifier can see: the instruction looks when it runs.
 *
 * What lies behind an interface or in an array is known only then. A row is a program that tries
 * it, and the error that it must get; the same program with honest classes gets none. They are in
 * attempts.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/attempts.h"
#include "unit/vm/machine.h"

static int
status_of(const struct attempt *attack, const char *classes)
{
    char text[8192];

    attempt_text(attack, classes, text, sizeof text);
    return machine_assembled_status(text);
}

START_TEST(instructions_look_at_what_cannot_be_proved)
{
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        int attacked = status_of(&attempts[i], attempts[i].attacker);
        int honest = status_of(&attempts[i], attempts[i].honest);

        ck_assert_msg(attacked == REFUSED, "%s: ended with %d", attempts[i].name, attacked);
        ck_assert_msg(honest == HONEST, "%s: the control ended with %d", attempts[i].name, honest);
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = { instructions_look_at_what_cannot_be_proved };

    return machine_tests("attack_run", tests, sizeof tests / sizeof tests[0]);
}
