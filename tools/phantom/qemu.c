/*
 * qemu.c - starting QEMU as the PC that a volume is booted on.
 *
 * The volume is handed over as an open file, not by its name: QEMU opens it
 * once more through /proc/self/fd, and has, with the inherited descriptor, the
 * lock that lies on it. So nobody else gets the volume before the last of QEMU
 * and this command is dead, in whatever order they die. It takes no locks of its
 * own, which would meet ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phantom/say.h"

#define EXEC_FAILED 127 /* as a shell says it */

bool
qemu_there(void)
{
    const char *folder = getenv("PATH");

    for (size_t length; folder != NULL && *folder != '\0'; folder += length) {
        char path[4096];

        length = strcspn(folder, ":");
        snprintf(path, sizeof path, "%.*s/" QEMU_PROGRAM, (int)length, folder);
        if (access(path, X_OK) == 0)
            return true;
        length += folder[length] == ':';
    }
    say_error(QEMU_PROGRAM " is not installed; on Debian: "
                           "apt install --no-install-recommends " QEMU_PACKAGE);
    return false;
}

static bool
is_block_device(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISBLK(status.st_mode);
}

/* In the child: become QEMU. Comes back only when that fails. */
static void
qemu_become(const struct qemu_options *options)
{
    char cpus[16], memory[32], file[160], console[48], control[48], monitor[48];
    const char *const own[] = {
        QEMU_PROGRAM, "-no-user-config", "-nodefaults", "-no-reboot",
        /* the machine */
        "-machine", "q35", "-cpu", "max", "-smp", cpus, "-m", memory, "-vga", "none", "-display",
        "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", options->kernel,
        "-append", options->command_line,
        /* the volume; an error goes to the machine, it must not stop for it, nor for a full disk */
        "-blockdev", file, "-blockdev", "driver=raw,node-name=volume,file=volume-file", "-device",
        "virtio-blk-pci,drive=volume,disable-legacy=on,werror=report,rerror=report",
        /* entropy */
        "-object", "rng-random,id=entropy,filename=/dev/urandom", "-device",
        "virtio-rng-pci,rng=entropy,disable-legacy=on",
        /* the serial lines, and the monitor */
        "-chardev", console, "-serial", "chardev:console", "-chardev", control, "-serial",
        "chardev:control", "-chardev", monitor, "-mon", "chardev=monitor,mode=control"
    };
    unsigned own_count = sizeof own / sizeof own[0];
    const char **words = calloc(own_count + options->word_count + 1, sizeof *words);

    if (words == NULL)
        return;
    snprintf(cpus, sizeof cpus, "%u", options->cpus);
    snprintf(memory, sizeof memory, "%" PRIu64 "M", options->memory_bytes >> 20);
    snprintf(file, sizeof file,
             "driver=%s,node-name=volume-file,filename=/proc/self/fd/%d,locking=off,"
             "cache.direct=%s",
             is_block_device(options->volume) ? "host_device" : "file", options->volume,
             options->direct ? "on" : "off");
    snprintf(console, sizeof console, "socket,id=console,fd=%d", options->console);
    snprintf(control, sizeof control, "socket,id=control,fd=%d", options->control);
    snprintf(monitor, sizeof monitor, "socket,id=monitor,fd=%d", options->monitor);
    memcpy(words, own, sizeof own);
    for (unsigned i = 0; i < options->word_count; i++)
        words[own_count + i] = options->words[i];
    execvp(QEMU_PROGRAM, (char **)(uintptr_t)words);
}

pid_t
qemu_start(const struct qemu_options *options)
{
    const int handed_on[] = { options->volume, options->console, options->control,
                              options->monitor };
    pid_t parent = getpid();
    pid_t child = fork();
    sigset_t none;

    if (child < 0)
        say_error("cannot start QEMU: %s", strerror(errno));
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXEC_FAILED); /* it died before that */
    setsid();
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (unsigned i = 0; i < sizeof handed_on / sizeof handed_on[0]; i++)
        fcntl(handed_on[i], F_SETFD, 0);
    qemu_become(options);
    _exit(EXEC_FAILED);
}
