/*
 * line_test.c - a line of questions and answers takes anything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/line.h"

#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

/* Hand over a text; how many lines it made. */
static unsigned
lines_of(struct control_line *line, const char *text)
{
    unsigned lines = 0;

    for (; *text != '\0'; text++)
        lines += control_line_take(line, (uint8_t)*text);
    return lines;
}

START_TEST(a_question_arrives_as_it_was_sent)
{
    struct control_line line = { 0 };
    char text[CONTROL_LINE_BYTES];
    const char *request;
    uint32_t number;

    ck_assert_uint_eq(control_question_write(text, UINT32_MAX, "app stop 2"), strlen(text));
    ck_assert_uint_eq(lines_of(&line, text), 1);
    ck_assert(control_question_read(line.bytes, &number, &request));
    ck_assert_uint_eq(number, UINT32_MAX);
    ck_assert_str_eq(request, "app stop 2");
}
END_TEST

START_TEST(the_head_of_an_answer_arrives_as_it_was_sent)
{
    static const struct control_head sent = { 4711, ANSWER_GONE, 1ull << 40 };
    struct control_line line = { 0 };
    struct control_head came = { 0 };
    char text[CONTROL_HEAD_BYTES];

    ck_assert_uint_eq(control_head_write(text, &sent), strlen(text));
    ck_assert_uint_eq(lines_of(&line, text), 1);
    ck_assert(control_head_read(line.bytes, &came));
    ck_assert_uint_eq(came.number, sent.number);
    ck_assert_int_eq(came.status, sent.status);
    ck_assert_uint_eq(came.byte_count, sent.byte_count);
}
END_TEST

START_TEST(the_longest_question_fits_and_a_longer_one_is_passed_over)
{
    struct control_line line = { 0 };
    char request[ANSWER_REQUEST_BYTES + 1], text[CONTROL_LINE_BYTES];
    const char *asked;
    uint32_t number;

    memset(request, 'x', sizeof request - 1);
    request[sizeof request - 1] = '\0';
    control_question_write(text, UINT32_MAX, request);
    ck_assert_uint_eq(lines_of(&line, text), 1);
    ck_assert(control_question_read(line.bytes, &number, &asked));
    ck_assert_str_eq(asked, request);

    for (unsigned i = 0; i < 100000; i++)
        ck_assert(!control_line_take(&line, '?'));
    ck_assert(!control_line_take(&line, '\n'));
    ck_assert_uint_eq(lines_of(&line, "?5 ps\n"), 1);
    ck_assert(control_question_read(line.bytes, &number, &asked));
    ck_assert_uint_eq(number, 5);
    ck_assert_str_eq(asked, "ps");
}
END_TEST

START_TEST(what_is_no_question_is_told)
{
    static const char *const texts[] = {
        "",       "?",        "ps",      "? ps",        "?0 ps",
        "?-1 ps", "?1ps",     "?1",      "?x ps",       "?4294967296 x",
        "??1 ps", " ?1 ps",   "!1 0 12", "stat --json", "?99999999999999999999999 ps",
        "\r",     "\x80\xff",
    };
    const char *request = "untouched";
    uint32_t number = 17;

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(!control_question_read(texts[i], &number, &request), "'%s'", texts[i]);
    ck_assert_uint_eq(number, 17);
    ck_assert_str_eq(request, "untouched");
}
END_TEST

START_TEST(what_is_no_head_is_told)
{
    static const char *const texts[] = {
        "",        "!",       "!1",    "!1 0",    "!1 0 ",           "!1 3 0",
        "!1 0 1 ", "!1  0 1", "?1 ps", "!1 0 -1", "!4294967296 0 1", "!1 0 18446744073709551617",
    };
    struct control_head head = { .number = 17 };

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(!control_head_read(texts[i], &head), "'%s'", texts[i]);
    ck_assert_uint_eq(head.number, 17);
}
END_TEST

START_TEST(after_any_garbage_a_question_is_heard)
{
    struct control_line line = { 0 };

    srandom(4711);
    for (unsigned turn = 0; turn < 2000; turn++) {
        const char *request;
        uint32_t number;

        for (long i = random() % 1000; i > 0; i--)
            control_line_take(&line, (uint8_t)random());
        control_line_take(&line, '\n');
        ck_assert_uint_eq(lines_of(&line, "?7 stat\n"), 1);
        ck_assert(control_question_read(line.bytes, &number, &request));
        ck_assert_uint_eq(number, 7);
        ck_assert_str_eq(request, "stat");
    }
}
END_TEST

UNIT_TESTS("control/line", a_question_arrives_as_it_was_sent,
           the_head_of_an_answer_arrives_as_it_was_sent,
           the_longest_question_fits_and_a_longer_one_is_passed_over, what_is_no_question_is_told,
           what_is_no_head_is_told, after_any_garbage_a_question_is_heard)
