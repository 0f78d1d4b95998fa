/*
 * lang.h - the compiler of the Phantom language: text in, a module out.
 *
 * The compiler is freestanding and keeps nothing between two calls. It learns
 * of other classes by asking the host, so it works the same in the command, in
 * the simulator and inside the system. docs/LANGUAGE.md defines the language,
 * core/format/module.h the module.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "plat/err.h"

/* No more errors than this are reported in one compilation. */
#define LANG_ERRORS_MAX 20

/* A longer text is refused. */
#define LANG_SOURCE_BYTES_MAX (64u << 20)

/*
 * A text to compile. The strings belong to the caller (or to the host that
 * found them) and must stay as they are until the compilation ends.
 */
struct lang_source {
    const char *path; /* for messages, and to find what lies beside it; ends in a zero */
    const char *text; /* UTF-8, no zero needed */
    size_t byte_count;
    const char *trouble; /* it is there, and cannot be read: why, for people; else NULL */
};

enum lang_severity {
    LANG_ERROR,
    LANG_WARNING,
};

/* One message. Everything in it is valid only during the call that delivers it. */
struct lang_message {
    enum lang_severity severity;
    const char *path;
    uint32_t line;           /* from 1; 0 where the message is about no line */
    uint32_t column;         /* from 1, in characters */
    uint32_t width;          /* characters to underline, at least 1 */
    const char *text;        /* what is wrong; no newline, no full stop */
    const char *hint;        /* what would have been right, or NULL */
    const char *source_line; /* the line itself without its end, or NULL */
    size_t source_line_bytes;
};

struct lang_host {
    void *context;

    /*
     * Find the text of a class that some source names.
     *
     *   class_name      absolute: ".phantom.text.builder"
     *   importing_path  of the source that names it; NULL: only the class library is meant
     *   source          filled if true is returned
     *   library         filled: false for a file of the user, whose classes then
     *                   become part of the module, true for the class library
     *
     * A user's file comes first: beside the importing one, at "phantom/text/builder.ph"
     * or "builder.ph". Then the library: "phantom/text/builder.ph". One that is there and cannot be
     * read is found, with its trouble: nobody knows what is in it. NULL: there is none.
     */
    bool (*find)(void *context, const char *class_name, const char *importing_path,
                 struct lang_source *source, bool *library);

    /*
     * Read a file that a program takes into itself: import "file".
     *
     *   name            as the program writes it, ends in a zero; relative to the importing file
     *   importing_path  of the source that wants it
     *   bytes           filled if true is returned; any bytes, the host's until the end, or trouble
     *
     * NULL: there are none.
     */
    bool (*embed)(void *context, const char *name, const char *importing_path,
                  struct lang_source *bytes);

    /* An error or a warning, in the order in which they are found. NULL: nobody listens. */
    void (*message)(void *context, const struct lang_message *message);
};

/*
 * Compile a program: one file, and the user's files that it needs.
 *
 *   module  empty; holds the module if OK is returned, else undefined contents
 *
 * The entry class of the module has a static method "<entry>" "()v", which is
 * all that the machine has to start. A file with nothing to start gets an error.
 *
 * Returns OK, ERR_PROGRAM after at least one error message, or ERR_NOMEM.
 * Allocates volatile memory and gives all but the module back. Takes no lock.
 */
must_use err_t lang_compile(const struct lang_host *host, const struct lang_source *source,
                            struct buffer *module);

/* What a person types at a prompt, and what was typed before. */
struct lang_line {
    struct lang_source source; /* its path, such as "line7", is a name that no earlier text had */
    const char *scope;         /* the interfaces of the earlier texts, oldest first */
    size_t scope_bytes;
};

/*
 * Compile a text that may go on with the variables, functions and classes of earlier ones. What was
 * declared last is what a name means. The last `;` may be left out.
 *
 *   module  empty; holds the module if OK is returned, else undefined contents
 *
 * Class C of the text X is called .X.C; the entry class .main.X has the variables as public static
 * fields, the functions as static methods, and
 *
 *   "<line>"   "()w"  the statements, if there are any. Gives the value of the last one, if that is
 *                     an expression but no assignment; else null
 *   "<scope>"  "()w"  gives the interface of the text: a string for the scope of later ones
 *
 * Returns what lang_compile does, or ERR_END: the text is the begin of something, and what it says
 * about errors is not worth reading. Allocates and locks as lang_compile does.
 */
must_use err_t lang_compile_line(const struct lang_host *host, const struct lang_line *line,
                                 struct buffer *module);

/*
 * Compile the whole class library into one module, each superclass before its
 * subclasses, .internal.object first. host->find is never called.
 *
 *   sources  each with its path below classes/: "internal/string.ph"
 *
 * Returns what lang_compile does. The module has no entry class.
 */
must_use err_t lang_compile_library(const struct lang_host *host, const struct lang_source *sources,
                                    size_t count, struct buffer *module);

/*
 * Look for mistakes in one source: a program, or a file of classes. Besides what the compiler says
 * there are warnings about what is a program and surely a mistake. Other files are not warned
 * about.
 *
 *   library  NULL; or, for a file of the class library, all others of it: then host->find is not
 *            called
 *
 * Returns what lang_compile does; there is no module, and nothing has to be there to start.
 */
must_use err_t lang_lint(const struct lang_host *host, const struct lang_source *source,
                         const struct lang_source *library, size_t library_count);

/*
 * Lay a source out: the same tokens and comments, with the white space of the style in which the
 * class library is written. What is laid out once stays as it is when it is laid out again.
 *
 *   host  its `message` gets the errors; the others are not called
 *   text  empty; filled if OK is returned, else untouched
 *
 * Returns OK, ERR_PROGRAM after at least one error message, because the source does not parse, or
 * ERR_NOMEM. Allocates volatile memory and gives all but the text back. Takes no lock.
 */
must_use err_t lang_layout(const struct lang_host *host, const struct lang_source *source,
                           struct buffer *text);

/*
 * Append a message as a person reads it, with the line, a caret and the hint:
 *
 *   demo.ph:3:9: error: no variable, field or class is called `totl`
 *       println(totl);
 *               ^~~~
 *       did you mean `total`?
 *
 * OK or ERR_NOMEM.
 */
must_use err_t lang_message_format(const struct lang_message *message, bool colour,
                                   struct buffer *text);

/*
 * Append a readable listing of a module: pool, classes, methods, bytecode. The
 * bytes may be anything; what makes no sense is said so and ends the listing.
 * OK, ERR_CORRUPT after saying what is wrong, or ERR_NOMEM.
 */
must_use err_t lang_disassemble(const uint8_t *module, size_t byte_count, struct buffer *text);
