/*
 * boot.c - the verb boot: a volume as a machine of its own, in QEMU.
 *
 * A program is put into the volume on this side, as `run` does, and without
 * running anything. Then the volume, with its lock, goes over to QEMU, and all
 * that is left to do here is to carry bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/disk.h"
#include "phantom/control.h"
#include "phantom/line.h"
#include "phantom/options.h"
#include "phantom/program.h"
#include "phantom/qemu.h"
#include "phantom/relay.h"
#include "phantom/say.h"
#include "phantom/system.h"

#define CPUS_MAX           64u
#define CPUS_OTHERWISE     2u
#define MEMORY_MIN         (16ull << 20)
#define MEMORY_MAX         (1ull << 40)
#define MEMORY_OTHERWISE   (512ull << 20)
#define INTERVAL_MS_MAX    3600000u
#define STATUS_INTERRUPTED 130 /* what a shell expects after Ctrl-C */

/* ---- the kernel ---- */

/* Beside the command: where make builds it, and where make install puts it. */
static bool
kernel_find(const struct invocation *invocation, char path[PATH_MAX])
{
    static const char *const places[] = { "kernel/phantom.elf", "../kernel/phantom.elf",
                                          "../lib/phantom/phantom.elf" };
    const char *given = option_value(invocation, "kernel");
    char folder[PATH_MAX / 2];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);

    if (given != NULL) {
        snprintf(path, PATH_MAX, "%s", given);
        if (access(path, R_OK) != 0)
            say_error("%s: %s", path, strerror(errno));
        return access(path, R_OK) == 0;
    }
    folder[length > 0 ? length : 0] = '\0';
    folder[strlen(folder) - strlen(program_name(folder))] = '\0';
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, PATH_MAX, "%s%s", folder, places[i]);
        if (access(path, R_OK) == 0)
            return true;
    }
    say_error("the kernel is not there: neither %s%s nor %s%s; 'make kernel' builds it, 'make "
              "install' installs it",
              folder, places[0], folder, places[2]);
    return false;
}

/* What the kernel is told. */
static void
command_line_fill(const struct invocation *invocation, uint64_t interval_ms, char *line,
                  size_t line_bytes)
{
    static const char *const switches[] = { "gated", "strict", "safe" };
    int used =
        snprintf(line, line_bytes, "exit=debug%s", isatty(STDIN_FILENO) ? "" : " console=plain");

    if (interval_ms != 0)
        used += snprintf(line + used, line_bytes - (size_t)used, " interval=%" PRIu64, interval_ms);
    for (unsigned i = 0; i < sizeof switches / sizeof switches[0]; i++)
        if (option_given(invocation, switches[i]))
            used += snprintf(line + used, line_bytes - (size_t)used, " %s", switches[i]);
}

/* ---- the volume ---- */

/* Compile PROGRAM and put it into the volume, where it waits at its first line. */
static bool
program_put(const struct invocation *invocation)
{
    const char *program = invocation->arguments[1];
    struct system_options options = { .path = invocation->arguments[0],
                                      .pmem = { .on_demand_only = true },
                                      .vm = { .safe = true } };
    struct buffer module = { 0 };
    struct system system = { 0 };
    uint32_t application;
    bool done = false;

    if (!program_read(program, &module))
        goto out;
    if (!option_given(invocation, "again") && !system_is_vacant(options.path, "boot"))
        goto out;
    if (!system_open(&system, &options) || !system_start(&system, &options))
        goto out;
    done = system_install(&system, program, &module, invocation->arguments + 2,
                          invocation->argument_count - 2, &application);
    done = system_stop(&system, done) && done;
out:
    system_close(&system);
    buffer_free(&module);
    return done;
}

/* Open and lock it. The descriptor, or -1 after a message. */
static int
volume_open(const char *path, bool *direct)
{
    struct linux_disk_options options = { .lock_wait_ms = LINUX_DISK_LOCK_WAIT_MS };
    struct plat_disk *disk;
    char message[SAY_LINE_BYTES];

    if (linux_disk_open(path, &options, &disk, message, sizeof message) != OK) {
        say_error("%s", message);
        return -1;
    }
    return linux_disk_release(disk, direct);
}

/* ---- the machine ---- */

static int
end_say(const struct relay_end *end, const char *volume)
{
    int status = WIFEXITED(end->wait_status) ? WEXITSTATUS(end->wait_status) : -1;

    if (end->interrupted)
        return STATUS_INTERRUPTED;
    if (end->reset)
        say_error("the machine has reset itself; %s goes on from its newest snapshot", volume);
    else if (status == QEMU_PANIC)
        say_error("the machine has panicked; %s goes on from its newest snapshot", volume);
    else if (status < 0)
        say_error("QEMU was killed (%s); %s goes on from its newest snapshot",
                  strsignal(WTERMSIG(end->wait_status)), volume);
    else if (status != QEMU_POWER_OFF && status != QEMU_DONE && status != QEMU_TROUBLE)
        say_error("QEMU ended with status %d", status);
    else if (status != QEMU_TROUBLE)
        return STATUS_DONE;
    return STATUS_TROUBLE;
}

/* Two ends of a line: ours first. */
static bool
line_make(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0)
        return true;
    say_error("cannot make a socket: %s", strerror(errno));
    return false;
}

/* The socket beside the volume, and the line behind it. */
struct attendance {
    const char *volume;
    struct line line;
    struct control *control; /* NULL until the machine answers */
};

static void
attendance_begin(void *context)
{
    struct attendance *attendance = context;
    const struct control_host host = { .answer = line_answer, .context = &attendance->line };

    attendance->control = control_start(attendance->volume, &host);
}

static int
machine_run(struct qemu_options *options, const char *volume)
{
    struct attendance attendance = { .volume = volume };
    struct relay_lines lines = { .answers = attendance_begin, .context = &attendance };
    int console[2], control[2], monitor[2];
    struct relay_end end;
    pid_t qemu;

    if (!line_make(console) || !line_make(control) || !line_make(monitor))
        return STATUS_TROUBLE;
    options->console = console[1];
    options->control = control[1];
    options->monitor = monitor[1];
    relay_signals_take();
    qemu = qemu_start(options);
    close(console[1]);
    close(control[1]);
    close(monitor[1]);
    if (qemu < 0)
        return STATUS_TROUBLE;
    lines.console = console[0];
    lines.monitor = monitor[0];
    lines.control = attendance.line.socket = control[0];
    end = relay_run(qemu, &lines);
    control_stop(attendance.control);
    close(control[0]);
    return end_say(&end, volume);
}

int
verb_boot(const struct invocation *invocation)
{
    const char *volume = invocation->arguments[0];
    struct qemu_options options = { .words = invocation->tail,
                                    .word_count = invocation->tail_count };
    char kernel[PATH_MAX];
    char command_line[128];
    uint64_t interval_ms;
    uint64_t cpus;
    int status;

    if (!option_number(invocation, "cpus", 1, CPUS_MAX, CPUS_OTHERWISE, &cpus) ||
        !option_number(invocation, "interval", 1, INTERVAL_MS_MAX, 0, &interval_ms) ||
        !option_size(invocation, "memory", MEMORY_MIN, MEMORY_MAX, MEMORY_OTHERWISE,
                     &options.memory_bytes))
        return STATUS_USAGE;
    if (!qemu_there() || !kernel_find(invocation, kernel))
        return STATUS_TROUBLE;
    if (invocation->argument_count > 1 && !program_put(invocation))
        return STATUS_TROUBLE;
    options.volume = volume_open(volume, &options.direct);
    if (options.volume < 0)
        return STATUS_TROUBLE;
    options.kernel = kernel;
    options.command_line = command_line;
    options.cpus = (unsigned)cpus;
    command_line_fill(invocation, interval_ms, command_line, sizeof command_line);
    status = machine_run(&options, volume);
    close(options.volume);
    return status;
}
