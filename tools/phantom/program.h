/*
 * program.h - from a file to a module.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "lang/lang.h"

/*
 * Read a program: a source is compiled, with its messages on standard error; a
 * module is taken as it is (the loader will check it).
 *
 *   module  empty; the caller frees it
 *
 * False after a message.
 */
bool program_read(const char *path, struct buffer *module);

/* Compile a text that is no file. False after a message. */
bool program_compile(const char *name, const char *text, struct buffer *module);

/* A message of the compiler, on standard error; for struct lang_host. The context is not looked at.
 */
void program_message(void *context, const struct lang_message *message);

/* The name of a program for people: its file's name without the folders. */
const char *program_name(const char *path);
