/*
 * mark_point.c - the last assertion that held, for the report of a crash.
 *
 * Check notes each assertion that holds in a file, under no lock. In loops that go round a
 * million times that was most of what the tests did, and it told nothing: so the tests are
 * linked with this in its place, which notes the first ones, and then one of many.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define NOTED_FIRST  1000u
#define NOTED_ONE_IN 1000u

/* The linker's --wrap wants these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming) */
void __real__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line);

void
__wrap__mark_point(const char *file, int line)
{
    static _Thread_local unsigned held;

    if (held < NOTED_FIRST || held % NOTED_ONE_IN == 0)
        __real__mark_point(file, line);
    held++;
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */
