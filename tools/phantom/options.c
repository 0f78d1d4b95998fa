/*
 * options.c - reading command lines by the table of verbs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "phantom/say.h"

static int
option_index(const struct verb *verb, const char *name, size_t name_length)
{
    for (int i = 0; verb->options[i].name != NULL; i++)
        if (strlen(verb->options[i].name) == name_length &&
            strncmp(verb->options[i].name, name, name_length) == 0)
            return i;
    return -1;
}

static bool
usage_error(const struct verb *verb, const char *what, const char *word)
{
    say_error("%s: %s %s (see 'phantom %s --help')", verb->name, what, word, verb->name);
    return false;
}

/* The option that a word names, which is "-x", "--name" or "--name=value", or -1. */
static int
word_index(const struct verb *verb, const char *word)
{
    unsigned dashes = word[1] == '-' ? 2 : 1;
    size_t name_length = strcspn(word + dashes, "=");

    return (name_length == 1) == (dashes == 1) ? option_index(verb, word + dashes, name_length)
                                               : -1;
}

bool
option_takes_next(const struct verb *verb, const char *word)
{
    int index = word[0] == '-' && word[1] != '\0' ? word_index(verb, word) : -1;

    return index >= 0 && verb->options[index].argument != NULL && strchr(word, '=') == NULL;
}

/* One option word; may take the next word as its value. */
static bool
option_read(const struct verb *verb, char **words, unsigned word_count, unsigned *at,
            struct invocation *invocation)
{
    const char *equals = strchr(words[*at], '=');
    const char *value = equals != NULL ? equals + 1 : NULL;
    int index = word_index(verb, words[*at]);

    if (index < 0)
        return usage_error(verb, "there is no option", words[*at]);
    if (verb->options[index].argument == NULL) {
        if (value != NULL)
            return usage_error(verb, "no value is taken by", words[*at]);
        invocation->values[index] = "";
        return true;
    }
    if (value == NULL) {
        if (*at + 1 == word_count)
            return usage_error(verb, "a value is missing after", words[*at]);
        value = words[++*at];
    }
    invocation->values[index] = value;
    return true;
}

bool
options_read(const struct verb *verb, char **words, unsigned word_count,
             struct invocation *invocation)
{
    bool options_end = false;
    unsigned kept = 0;

    *invocation = (struct invocation){ .verb = verb, .arguments = words };
    for (unsigned i = 0; verb->tail && i < word_count; i++) {
        if (strcmp(words[i], "--") == 0) {
            invocation->tail = words + i + 1;
            invocation->tail_count = word_count - i - 1;
            word_count = i;
        }
    }
    for (unsigned i = 0; i < word_count; i++) {
        bool rest = verb->rest_from != 0 && kept >= verb->rest_from;

        if (!options_end && !rest && strcmp(words[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && !rest && words[i][0] == '-' && words[i][1] != '\0') {
            if (!option_read(verb, words, word_count, &i, invocation))
                return false;
        } else {
            words[kept++] = words[i];
        }
    }
    invocation->argument_count = kept;
    if (kept < verb->argument_min) {
        say_error("%s: an argument is missing: phantom %s %s", verb->name, verb->name,
                  verb->synopsis);
        return false;
    }
    for (unsigned i = 0; i < kept && (verb->rest_from == 0 || i < verb->rest_from); i++) {
        if (words[i][0] == '\0') {
            say_error("%s: an argument is empty: phantom %s %s", verb->name, verb->name,
                      verb->synopsis);
            return false;
        }
    }
    if (kept > verb->argument_max)
        return usage_error(verb, "too many arguments, from", words[verb->argument_max]);
    return true;
}

const char *
option_value(const struct invocation *invocation, const char *name)
{
    int index = option_index(invocation->verb, name, strlen(name));

    return index < 0 ? NULL : invocation->values[index];
}

bool
option_given(const struct invocation *invocation, const char *name)
{
    return option_value(invocation, name) != NULL;
}

/* Digits and nothing else; `end` is set behind them. */
static bool
number_read(const char *text, uint64_t *number, const char **end)
{
    char *stop;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &stop, 10);
    *end = stop;
    return errno == 0;
}

bool
option_number(const struct invocation *invocation, const char *name, uint64_t min, uint64_t max,
              uint64_t otherwise, uint64_t *number)
{
    const char *value = option_value(invocation, name);
    const char *end = NULL;

    *number = otherwise;
    if (value == NULL)
        return true;
    if (!number_read(value, number, &end) || *end != '\0' || *number < min || *number > max) {
        say_error("%s: --%s wants a number from %" PRIu64 " to %" PRIu64 ", not '%s'",
                  invocation->verb->name, name, min, max, value);
        return false;
    }
    return true;
}

/* The shift of a size's suffix, or -1. */
static int
suffix_shift(const char *suffix)
{
    static const char letters[] = "KMGT";
    const char *letter;

    if (suffix[0] == '\0')
        return 0;
    letter = strchr(letters, suffix[0] >= 'a' ? suffix[0] - 'a' + 'A' : suffix[0]);
    if (letter == NULL || suffix[1] != '\0')
        return -1;
    return 10 * (int)(letter - letters + 1);
}

bool
option_size(const struct invocation *invocation, const char *name, uint64_t min, uint64_t max,
            uint64_t otherwise, uint64_t *bytes)
{
    const char *value = option_value(invocation, name);
    const char *end = NULL;
    uint64_t number = 0;
    char least[FORMAT_UNIT_BYTES];
    char most[FORMAT_UNIT_BYTES];
    int shift = -1;

    *bytes = otherwise;
    if (value == NULL)
        return true;
    if (number_read(value, &number, &end))
        shift = suffix_shift(end);
    if (shift < 0 || number > (UINT64_MAX >> shift)) {
        say_error("%s: --%s wants a size such as 512M or 64G, not '%s'", invocation->verb->name,
                  name, value);
        return false;
    }
    *bytes = number << shift;
    if (*bytes < min || *bytes > max) {
        say_error("%s: --%s must be between %s and %s, not %s", invocation->verb->name, name,
                  format_bytes(least, min), format_bytes(most, max), value);
        return false;
    }
    return true;
}
