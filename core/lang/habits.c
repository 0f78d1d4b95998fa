/*
 * habits.c - words that people bring along from other languages, and what to write here instead.
 *
 * Only hints of messages come from here: nothing compiles because of it, or does not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lexer_priv.h"

#include "base/memory.h"

#define DECLARE "a variable is declared with `var`, or with its type"

static const struct {
    const char *word;
    const char *hint;
} habits[] = {
    { "let", DECLARE },
    { "auto", DECLARE },
    { "val", DECLARE },
    { "unsigned", "there are int and long, with a sign; >>> shifts as if without" },
    { "byte", "it is `int` here, and `bytes` for an array" },
    { "short", "it is `int` here" },
    { "Integer", "it is `int` here" },
    { "Character", "it is `char` here" },
    { "Object", "it is `any` here" },
    { "Exception", "anything can be thrown; what the machine throws is an .internal.error" },
    { "Error", "anything can be thrown; what the machine throws is an .internal.error" },
    { "List", "an array grows: T[], made by [] or new T[]()" },
    { "ArrayList", "an array grows: T[], made by [] or new T[]()" },
    { "HashMap", "it is `map` here, made by {key: value}" },
    { "True", "it is `true` here" },
    { "False", "it is `false` here" },
    { "None", "it is `null` here" },
    { "nil", "it is `null` here" },
    { "NULL", "it is `null` here" },
    { "undefined", "it is `null` here" },
    { "self", "it is `this` here" },
    { "and", "it is `&&` here" },
    { "or", "it is `||` here" },
    { "not", "it is `!` here" },
    { "printf", "println(\"... \\{x} ...\") shows values in a text" },
    { "echo", "it is `println` here" },
    { "len", "it is x.size(), or x.length() of a string" },
    { "str", "it is x.toString(), or \"\\{x}\"" },
    { "range", "foreach (i in 0..<n)" },
};

const char *
lang_habit(const struct symbol *word)
{
    for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
        if (text_equal(habits[i].word, word->text))
            return habits[i].hint;
    }
    return NULL;
}
