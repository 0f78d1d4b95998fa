/*
 * source_fuzz.c - any text, through the compiler: it is compiled or refused with a message. What
 * the compiler makes is listed, accepted by loader and verifier, and run for a while.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fuzz/program.h"

static unsigned error_count;

/* Each message is shown, with its line and caret, as a person would read it. */
static void
message_show(void *context, const struct lang_message *message)
{
    struct buffer text = { 0 };

    (void)context;
    ck_assert_int_eq(lang_message_format(message, true, &text), OK);
    error_count += message->severity == LANG_ERROR;
    buffer_free(&text);
}

static void
module_try(const struct buffer *module)
{
    struct buffer listing = { 0 };
    err_t err = lang_disassemble(module->bytes, module->count, &listing);

    ck_assert_int_eq(err, OK);
    buffer_free(&listing);
    err = program_try(module->bytes, module->count);
    ck_assert_msg(err == OK || err == ERR_NOSPACE || err == ERR_NOMEM,
                  "compiled, and refused (%d): %s", err, machine_said);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct lang_host host = { .find = machine_find, .message = message_show };
    struct lang_source source = { "fuzz.ph", (const char *)bytes, byte_count };
    struct buffer module = { 0 };
    err_t err;

    error_count = 0;
    err = lang_compile(&host, &source, &module);
    ck_assert((err == OK) == (error_count == 0));
    if (err == OK)
        module_try(&module);
    buffer_free(&module);
    return 0;
}
