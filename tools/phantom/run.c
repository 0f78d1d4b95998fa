/*
 * run.c - the verbs run, shell and exec: a volume as a process, from start to stop.
 *
 * Signals only note that they came; the main thread, which waits in vm_wait,
 * does what is to be done. A second SIGINT leaves at once, from the handler. In the shell SIGINT is
 * for the text that runs there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"
#include "control/answer.h"
#include "control/census.h"
#include "control/render.h"
#include "linux/disk.h"
#include "linux/machine.h"
#include "phantom/attach.h"
#include "phantom/carrier.h"
#include "phantom/control.h"
#include "phantom/options.h"
#include "phantom/program.h"
#include "phantom/say.h"
#include "phantom/shell.h"
#include "phantom/signals.h"
#include "phantom/system.h"
#include "plat/thread.h"

#define EXEC_BYTES       (16ull << 30)
#define INTERVAL_MS_MAX  3600000u
#define WORKERS_MAX      64u
#define EVERY_MAX        1000000u
#define SHELL_WAIT_MS    200
#define SHELL_TRIES      25
#define MEMORY_BYTES_MIN (4ull << 20)
#define MEMORY_BYTES_MAX (1ull << 44)
#define STATUS_OF_SIGNAL 128 /* and the signal: what a shell says of one that a signal ended */

/* What runs, as far as it matters to who waits for it. */
enum run_kind {
    RUN_QUIET,
    RUN_VOLUME,
    RUN_SHELL,
    RUN_EXEC, /* its status is the command's, and nobody can go on with it */
};

static volatile sig_atomic_t interrupts;
static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t shell_listens;

static void
signal_note(int signal_number)
{
    linux_console_flushed();
    if (signal_number == SIGINT && shell_listens && vm_break())
        return;
    if (signal_number == SIGINT && ++interrupts > 1) {
        linux_terminal_restore();
        _exit(STATUS_OF_SIGNAL + SIGINT);
    }
    stop_signal = signal_number;
    vm_interrupt();
}

static void
signals_catch(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = signal_note, .sa_flags = SA_RESTART };
    sigset_t ends;

    sigemptyset(&action.sa_mask);
    signals_set(&ends);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sigismember(&ends, numbers[i]))
            sigaction(numbers[i], &action, NULL);
    }
}

/* ---- options ---- */

static bool
options_fill(const struct invocation *invocation, struct system_options *options)
{
    uint64_t interval;
    uint64_t workers;
    uint64_t memory;
    uint64_t every;
    uint64_t fails;

    if (!option_number(invocation, "interval", 1, INTERVAL_MS_MAX, 0, &interval) ||
        !option_number(invocation, "workers", 1, WORKERS_MAX, 0, &workers) ||
        !option_number(invocation, "every", 1, EVERY_MAX, 0, &every) ||
        !option_number(invocation, "fail-allocation", 1, UINT64_MAX, 0, &fails) ||
        !option_size(invocation, "memory", MEMORY_BYTES_MIN, MEMORY_BYTES_MAX, 0, &memory))
        return false;
    options->pmem.interval_ms = (uint32_t)interval;
    options->pmem.resident_bytes_max = memory;
    options->pmem.strict = option_given(invocation, "strict");
    options->pmem.warm = true;
    options->vm.workers = (unsigned)workers;
    options->vm.snapshot_polls = (uint32_t)every;
    options->vm.heap.fail_allocation = fails;
    options->vm.heap.collect_often = option_given(invocation, "collect");
    options->vm.heap.move_always = option_given(invocation, "move");
    options->vm.heap.check_always = option_given(invocation, "walk");
    options->vm.safe = option_given(invocation, "safe");
    options->vm.gated = option_given(invocation, "gated");
    return true;
}

/* ---- running ---- */

/* The control socket and the shell ask, and there is one answer at a time. */
static enum answer_status
run_answer(void *context, const char *request, struct buffer *text)
{
    static struct lock one = LOCK_INIT(LOCK_RANK_CONTROL);
    struct system *system = context;
    enum answer_status status;

    lock_acquire(&one);
    status = answer_request(system->store, true, request, text);
    lock_release(&one);
    return status;
}

/* Who stays for longer: struct control_host. */
static bool
run_is_guest(const char *request)
{
    return carry_is_wanted(request) || attach_is_wanted(request);
}

static void
run_guest(void *context, const char *request, int fd)
{
    if (attach_is_wanted(request))
        attach_serve(context, request, fd);
    else
        carrier_serve(context, request, fd);
}

/* The same for who asks from inside: vm_options.answer. */
static bool
run_answer_inside(void *context, const char *question, struct buffer *text)
{
    return run_answer(context, question, text) == ANSWER_DONE;
}

/* Until all has ended, or a signal came. */
static enum vm_event
run_wait(bool safe)
{
    enum vm_event event;

    if (stop_signal != 0)
        return VM_INTERRUPTED; /* it came before there was a machine that could be told */
    do
        event = vm_wait(PLAT_NO_DEADLINE);
    while (event == VM_DEADLINE || (safe && event != VM_INTERRUPTED));
    return event;
}

/* Say that it is interrupted, and how to go on. Returns the exit status. */
static int
interrupted_say(const struct system *system, enum run_kind kind, bool left)
{
    const char *verb = kind == RUN_SHELL ? "shell" : "run";
    struct store_stats stats;
    char word[SAY_WORD_BYTES];

    store_stats_get(system->store, &stats);
    if (left || stop_signal == 0) /* in the second case the console has said why */
        say("%s %s at generation %" PRIu64 "; go on with: phantom %s %s", left ? "left" : "stopped",
            system->path, stats.generation, verb, say_word(system->path, word));
    else if (kind != RUN_QUIET)
        say("%s: stopped %s at generation %" PRIu64 "; go on with: phantom %s %s",
            strsignal(stop_signal), system->path, stats.generation, verb,
            say_word(system->path, word));
    return !left && stop_signal == 0 ? STATUS_TROUBLE : STATUS_DONE;
}

/* Where the time went, for --profile. */
static void
profile_say(void)
{
    struct buffer text = { 0 };

    vm_profile_stop();
    if (render_profile(&text) == OK)
        fwrite(text.bytes, 1, text.count, stderr);
    else
        say_error("there is no memory for the profile");
    buffer_free(&text);
}

/* From a started system to a stopped one. Returns an exit status. */
static int
run_to_end(struct system *system, const struct system_options *options, uint32_t application,
           enum run_kind kind, bool profile)
{
    bool own_status = kind == RUN_EXEC;
    const struct control_host host = {
        .answer = run_answer, .is_guest = run_is_guest, .guest = run_guest, .context = system
    };
    struct control *control = own_status ? NULL : control_start(system->path, &host);
    enum vm_event event = run_wait(options->vm.safe);
    struct census census = { 0 };
    bool left = event == VM_LEFT;
    bool done;

    if (profile)
        profile_say();
    vm_call_off();
    control_stop(control);
    done = system_stop(system, true);
    if (event == VM_ALL_ENDED && vm_wait(0) == VM_INTERRUPTED)
        event = VM_INTERRUPTED; /* the last output could not leave */
    IGNORE(census_take(&census, application), "without memory no status is known");
    if (!done)
        return STATUS_TROUBLE;
    if (event == VM_INTERRUPTED && own_status) /* nobody can go on with it */
        return stop_signal == 0 ? STATUS_TROUBLE : STATUS_OF_SIGNAL + stop_signal;
    if (event == VM_INTERRUPTED || left)
        return interrupted_say(system, kind, left);
    if (own_status)
        return census.status & 0xff;
    return vm_failed_count() > 0 ? STATUS_TROUBLE : STATUS_DONE;
}

int
verb_run(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0] };
    const char *program = invocation->argument_count > 1 ? invocation->arguments[1] : NULL;
    bool quiet = option_given(invocation, "quiet");
    struct buffer module = { 0 };
    struct system system = { 0 };
    uint32_t application = 0;
    int status = STATUS_TROUBLE;

    if (!options_fill(invocation, &options))
        return STATUS_USAGE;
    options.vm.answer = run_answer_inside;
    options.vm.answer_context = &system;
    if (program != NULL && !program_read(program, &module))
        goto out;
    if (program != NULL && !option_given(invocation, "again") &&
        !system_is_vacant(options.path, "run"))
        goto out;
    if (!system_open(&system, &options))
        goto out;
    signals_catch();
    if (!system_start(&system, &options))
        goto out;
    if (program == NULL && !quiet)
        system_say_resumed(&system);
    if (program != NULL && !system_install(&system, program, &module, invocation->arguments + 2,
                                           invocation->argument_count - 2, &application)) {
        system_stop(&system, false);
        goto out;
    }
    if (program != NULL)
        pmem_snapshot_ask(STORE_CAUSE_DEMAND); /* a kill from now on does not lose the program */
    status = run_to_end(&system, &options, application, quiet ? RUN_QUIET : RUN_VOLUME, false);
out:
    system_close(&system);
    buffer_free(&module);
    return status;
}

/* ---- the shell ---- */

int
verb_shell(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0],
                                      .lock_wait_ms = SHELL_WAIT_MS };
    struct system system = { 0 };
    int status = STATUS_TROUBLE, attached = -1;
    bool opened = false;

    if (!options_fill(invocation, &options))
        return STATUS_USAGE;
    options.vm.can_be_left = true;
    options.vm.answer = run_answer_inside;
    options.vm.answer_context = &system;
    /* A process that is just starting, or just ending, has the volume but does not answer. */
    for (unsigned i = 0; i < SHELL_TRIES && attached < 0 && !opened && (i == 0 || system.busy);
         i++) {
        attached = attach(options.path);
        options.busy_quiet = i + 1 < SHELL_TRIES;
        opened = attached < 0 && system_open(&system, &options);
    }
    if (attached >= 0)
        return attached;
    if (!opened) {
        if (system.busy)
            say("its prompt is on the terminal where it was started; ps, stat, show and app reach "
                "it "
                "from here");
        goto out;
    }
    shell_listens = true;
    signals_catch();
    if (!system_start(&system, &options))
        goto out;
    if (shell_make(&system, false))
        status = run_to_end(&system, &options, 0, RUN_SHELL, false);
    else
        system_stop(&system, false);
out:
    system_close(&system);
    return status;
}

/* ---- exec ---- */

/* A path for a volume that nobody keeps, which no other has. False when it cannot be. */
static bool
throwaway_path(char *path, size_t path_bytes)
{
    const char *folder = getenv("TMPDIR");
    uint64_t unique;
    int length;

    plat_entropy(&unique, sizeof unique);
    length = snprintf(path, path_bytes, "%s/phantom-exec-%016" PRIx64,
                      folder == NULL || folder[0] == '\0' ? P_tmpdir : folder, unique);
    if (length < 0 || (size_t)length >= path_bytes) {
        say_error("TMPDIR is too long");
        return false;
    }
    return true;
}

int
verb_exec(const struct invocation *invocation)
{
    const char *program = invocation->arguments[0];
    char path[512];
    struct system_options options = { .path = path };
    struct buffer module = { 0 };
    struct system system = { 0 };
    uint32_t application = 0;
    int status = STATUS_TROUBLE;
    bool profile = option_given(invocation, "profile");
    bool opened;

    if (!options_fill(invocation, &options))
        return STATUS_USAGE;
    options.pmem.on_demand_only = options.pmem.interval_ms == 0;
    if (!program_read(program, &module) || !throwaway_path(path, sizeof path))
        goto out;
    signals_catch();
    opened = system_open_throwaway(&system, &options, EXEC_BYTES);
    if (!opened)
        say("exec keeps the program's volume in that folder; TMPDIR names another");
    if (!opened || !system_start(&system, &options))
        goto out;
    if (profile && vm_profile_start() != OK)
        say_error("there is no memory for a profile");
    if (system_install(&system, program, &module, invocation->arguments + 1,
                       invocation->argument_count - 1, &application))
        status = run_to_end(&system, &options, application, RUN_EXEC, profile);
    else
        system_stop(&system, false);
out:
    system_close(&system);
    buffer_free(&module);
    return status;
}
