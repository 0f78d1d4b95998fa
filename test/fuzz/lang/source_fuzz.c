/*
 * source_fuzz.c - any text, through the compiler: it is compiled or refused with a message. What
 * the compiler makes is listed, accepted by loader and verifier, and run for a while. What parses
 * is laid out, and stays as it is when it is laid out again. Mistakes are looked for in all of it.
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

/* What parses is laid out, and what is laid out stays as it is. */
static void
layout_try(const struct lang_source *source)
{
    struct lang_host host = { 0 };
    struct lang_source again = { .path = source->path };
    struct buffer once = { 0 };
    struct buffer twice = { 0 };

    if (lang_layout(&host, source, &once) != OK)
        return;
    again.text = (const char *)once.bytes;
    again.byte_count = once.count;
    ck_assert_int_eq(lang_layout(&host, &again, &twice), OK);
    ck_assert(once.count == twice.count &&
              (once.count == 0 || memcmp(once.bytes, twice.bytes, once.count) == 0));
    buffer_free(&once);
    buffer_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct lang_host host = { .find = machine_find, .message = message_show };
    struct lang_source source = { "fuzz.ph", (const char *)bytes, byte_count, NULL };
    struct buffer module = { 0 };
    err_t err;

    error_count = 0;
    err = lang_compile(&host, &source, &module);
    ck_assert((err == OK) == (error_count == 0));
    if (err == OK)
        module_try(&module);
    layout_try(&source);
    err = lang_lint(&host, &source, NULL, 0);
    ck_assert(err == OK || err == ERR_PROGRAM);
    buffer_free(&module);
    return 0;
}
