/*
 * answer.c - questions and their answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/answer.h"

#include "base/memory.h"
#include "control/carry.h"
#include "control/history_priv.h"
#include "control/render.h"
#include "control/scrub_priv.h"
#include "vm/vm.h"

#define LOG_MODULE "control"
#include "base/log.h"

const char *
answer_after_word(const char *request, const char *word)
{
    while (*word != '\0' && *request == *word) {
        request++;
        word++;
    }
    if (*word != '\0')
        return NULL;
    if (*request == '\0')
        return request;
    return *request == ' ' ? request + 1 : NULL;
}

/* The number of a program, or 0: no program has that. */
static uint32_t
application_number(const char *digits)
{
    uint64_t number = 0;

    while (*digits >= '0' && *digits <= '9' && number <= UINT32_MAX)
        number = 10 * number + (uint64_t)(*digits++ - '0');
    return *digits == '\0' && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static err_t
application_end(const char *digits, bool remove, struct buffer *text)
{
    uint32_t number = application_number(digits);

    if (number == 0)
        return ERR_NOT_FOUND;
    TRY(remove ? vm_application_remove(number) : vm_application_stop(number));
    return buffer_format(text, "program %u: %s\n", number, remove ? "removed" : "stopped");
}

/* ---- limits ---- */

#define LIMIT_KEPT '-'

struct limit_words {
    bool sets_memory, sets_cpu;
    struct vm_limits limits;
};

/* "NUMBER " or "- ": moves on behind it. False: it is neither. */
static bool
limit_word(const char **words, bool *given, uint64_t *number)
{
    const char *at = *words;

    *given = *at != LIMIT_KEPT;
    *number = 0;
    if (!*given)
        at++;
    else if (*at < '0' || *at > '9')
        return false;
    for (; *given && *at >= '0' && *at <= '9'; at++) {
        if (*number > (UINT64_MAX - 9) / 10)
            return false;
        *number = 10 * *number + (uint64_t)(*at - '0');
    }
    if (*at != ' ' && *at != '\0')
        return false;
    *words = *at == ' ' ? at + 1 : at;
    return true;
}

static void
limits_change(struct vm_limits *limits, void *context)
{
    const struct limit_words *words = context;

    if (words->sets_memory)
        limits->memory_bytes = words->limits.memory_bytes;
    if (words->sets_cpu)
        limits->cpu_percent = words->limits.cpu_percent;
}

/* "NUMBER BYTES PERCENT": 0 lifts a limit, and - leaves it as it is. */
static err_t
application_limit(const char *words, struct buffer *text)
{
    struct limit_words asked = { 0 };
    uint64_t number, memory, percent;
    bool named;

    if (!limit_word(&words, &named, &number) || !named ||
        !limit_word(&words, &asked.sets_memory, &memory) ||
        !limit_word(&words, &asked.sets_cpu, &percent) || *words != '\0' || number > UINT32_MAX ||
        percent > VM_LIMIT_PERCENT_MAX || (memory > 0 && memory < VM_LIMIT_MEMORY_MIN))
        return ERR_RANGE;
    asked.limits = (struct vm_limits){ memory, (uint32_t)percent };
    if (number == 0)
        return ERR_NOT_FOUND;
    TRY(vm_application_limit((uint32_t)number, limits_change, &asked));
    return buffer_format(text, "program %" PRIu64 ": limited\n", number);
}

static err_t
answer_application(const char *words, struct buffer *text)
{
    const char *digits;

    if (text_equal(words, "list"))
        return render_applications(text);
    digits = answer_after_word(words, "limit");
    if (digits != NULL)
        return application_limit(digits, text);
    digits = answer_after_word(words, "stop");
    if (digits != NULL)
        return application_end(digits, false, text);
    digits = answer_after_word(words, "remove");
    return digits == NULL ? ERR_RANGE : application_end(digits, true, text);
}

static err_t
answer_profile(bool running, const char *words, struct buffer *text)
{
    if (!running)
        return buffer_format(text, "nothing runs in it\n");
    if (text_equal(words, "start"))
        return vm_profile_start();
    if (!text_equal(words, "stop"))
        return ERR_RANGE;
    vm_profile_stop();
    return render_profile(text);
}

static err_t
answer_make(struct store *store, bool running, const char *request, struct buffer *text)
{
    const char *words = answer_after_word(request, "app");

    if (words != NULL)
        return answer_application(words, text);
    words = answer_after_word(request, "scrub");
    if (words != NULL)
        return answer_scrub(store, words, text);
    words = answer_after_word(request, "history");
    if (words != NULL)
        return answer_history(store, running, words, text);
    words = answer_after_word(request, "show");
    if (words != NULL)
        return render_variables(text, *words != '\0' ? words : NULL);
    words = answer_after_word(request, "profile");
    if (words != NULL)
        return answer_profile(running, words, text);
    if (text_equal(request, "ps"))
        return render_threads(text);
    if (text_equal(request, "log"))
        return render_log(text, store);
    if (text_equal(request, "stat"))
        return render_stat(text, store, running, false);
    if (text_equal(request, "stat --json"))
        return render_stat(text, store, running, true);
    return ERR_RANGE;
}

/* What is asked of the tree of names, or wants more than an answer. False: neither. */
static bool
answer_names(const char *request, struct buffer *text, enum answer_status *status)
{
    const char *words = answer_after_word(request, "ls");
    err_t err;

    if (words != NULL) {
        *status = carry_list(words, text);
        return true;
    }
    words = answer_after_word(request, "rm");
    if (words != NULL) {
        *status = carry_remove(words, text);
        return true;
    }
    if (answer_after_word(request, "attach") != NULL)
        err = buffer_format(text, "on bare metal there is one prompt, at the machine's console");
    else if (carry_is_wanted(request))
        err = buffer_format(text, "files go in and out where a volume runs as a process, or is "
                                  "stopped, and not yet on bare metal");
    else
        return false;
    IGNORE(err, "without memory the text is empty");
    *status = ANSWER_TROUBLE;
    return true;
}

enum answer_status
answer_request(struct store *store, bool running, const char *request, struct buffer *text)
{
    enum answer_status status;
    err_t err;

    if (answer_names(request, text, &status))
        return status;
    err = answer_make(store, running, request, text);
    if (err == OK)
        return ANSWER_DONE;
    buffer_clear(text);
    if (err == ERR_NOT_FOUND && answer_after_word(request, "history") != NULL)
        err = buffer_format(text, "that generation is not kept; 'phantom history VOLUME' lists "
                                  "those that are");
    else if (err == ERR_NOT_FOUND && answer_after_word(request, "show") != NULL)
        err = buffer_format(text, "there is no such variable; 'phantom show VOLUME' lists them");
    else if (err == ERR_NOT_FOUND)
        err = buffer_format(text, "there is no such program; 'phantom app VOLUME list' lists them");
    else if (err == ERR_RANGE)
        err = buffer_format(text, "a volume does not understand '%s'", request);
    else if (err == ERR_BUSY)
        err = buffer_format(text, "there is no place for one more, as the oldest is still being "
                                  "let go of; drop one, or ask again");
    else if (err == ERR_CANCELLED)
        err = buffer_format(
            text, "%s: the machine stops; the program ends when it is started again", request);
    else
        err = buffer_format(text, "%s: %s", request, err_text(err));
    IGNORE(err, "without memory the text is empty");
    return ANSWER_TROUBLE;
}
