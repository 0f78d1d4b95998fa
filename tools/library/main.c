/*
 * main.c - compile the class library, and print the module as a C file.
 *
 * The module is the same on every machine and in every configuration, so the build makes one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "embed/embedded.h"
#include "lang/lang.h"

static void
message_show(void *context, const struct lang_message *message)
{
    struct buffer text = { 0 };

    (void)context;
    if (lang_message_format(message, false, &text) == OK)
        fwrite(text.bytes, 1, text.count, stderr);
    buffer_free(&text);
}

static err_t
library_compile(struct buffer *module)
{
    struct lang_host host = { .message = message_show };
    struct lang_source *sources = calloc(embedded_class_count + 1, sizeof *sources);
    err_t err;

    if (sources == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < embedded_class_count; i++)
        sources[i] = (struct lang_source){ .path = embedded_classes[i].path,
                                           .text = embedded_classes[i].text,
                                           .byte_count = embedded_classes[i].bytes };
    err = lang_compile_library(&host, sources, embedded_class_count, module);
    free(sources);
    return err;
}

static void
module_print(const struct buffer *module)
{
    printf("/* Made by tools/library from the class library. */\n"
           "#include \"embed/embedded.h\"\n"
           "const unsigned char embedded_library[] = {");
    for (size_t i = 0; i < module->count; i++)
        printf("%s%u,", i % 20 == 0 ? "\n" : "", module->bytes[i]);
    printf("\n};\nconst size_t embedded_library_bytes = sizeof embedded_library;\n");
}

int
main(void)
{
    struct buffer module = { 0 };
    err_t err = library_compile(&module);

    if (err == OK)
        module_print(&module);
    else
        fprintf(stderr, "library: not compiled: %s\n", err_text(err));
    buffer_free(&module);
    return err == OK && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
