/*
 * grammar_fuzz.c - programs made of the grammar, through compiler and verifier.
 *
 * What is compiled is listed and accepted by loader and verifier, and some of it runs for a while;
 * what is not has a message. The same text becomes the same module and the same messages again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fuzz/lang/grammar.h"
#include "fuzz/program.h"

#include <stdio.h>
#include <stdlib.h>

#define RUN_ONE_IN 8 /* to run takes most of the time */

/* What came of one compilation. */
struct outcome {
    err_t err;
    struct buffer module;
    struct buffer messages;
    unsigned errors;
};

static void
message_keep(void *context, const struct lang_message *message)
{
    struct outcome *outcome = context;

    ck_assert_int_eq(lang_message_format(message, false, &outcome->messages), OK);
    outcome->errors += message->severity == LANG_ERROR;
}

static void
compile(const struct buffer *text, struct outcome *outcome)
{
    struct lang_host host = {
        .context = outcome,
        .find = machine_find,
        .message = message_keep,
    };
    struct lang_source source = { "fuzz.ph", (const char *)text->bytes, text->count, NULL };

    outcome->err = lang_compile(&host, &source, &outcome->module);
    ck_assert_msg((outcome->err == OK) == (outcome->errors == 0), "%d with %u errors", outcome->err,
                  outcome->errors);
}

static void
outcome_free(struct outcome *outcome)
{
    buffer_free(&outcome->module);
    buffer_free(&outcome->messages);
}

static bool
same_bytes(const struct buffer *a, const struct buffer *b)
{
    return a->count == b->count && (a->count == 0 || memcmp(a->bytes, b->bytes, a->count) == 0);
}

static void
module_try(const struct buffer *module, bool run)
{
    struct buffer listing = { 0 };
    err_t err = lang_disassemble(module->bytes, module->count, &listing);

    ck_assert_int_eq(err, OK);
    buffer_free(&listing);
    err = run ? program_try(module->bytes, module->count)
              : program_load(module->bytes, module->count);
    ck_assert_msg(err == OK || err == ERR_NOSPACE || err == ERR_NOMEM,
                  "compiled, and refused (%d): %s", err, machine_said);
}

/* Show the program, for a person who looks at an input. */
static void
show(const struct buffer *text, const struct outcome *outcome)
{
    if (getenv("GRAMMAR_SHOW") == NULL)
        return;
    printf("%.*s----\n%.*s", (int)text->count, (const char *)text->bytes,
           (int)outcome->messages.count, (const char *)outcome->messages.bytes);
    fflush(stdout);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct buffer text = { 0 };
    struct outcome first = { 0 };
    struct outcome again = { 0 };

    grammar_program(bytes, byte_count, &text);
    compile(&text, &first);
    show(&text, &first);
    compile(&text, &again);
    ck_assert_int_eq(first.err, again.err);
    ck_assert(same_bytes(&first.module, &again.module));
    ck_assert(same_bytes(&first.messages, &again.messages));
    if (first.err == OK && byte_count > 0)
        module_try(&first.module, bytes[byte_count - 1] % RUN_ONE_IN == 0);
    outcome_free(&first);
    outcome_free(&again);
    buffer_free(&text);
    return 0;
}
