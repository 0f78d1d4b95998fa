/*
 * sizes.c - pauses with several sizes of live data, measured by as many processes that take turns:
 * a moment of the one, then a moment of the next. So what else the host does for a while is met by
 * all of them, and what is left between them is the size.
 *
 * Invariant: one process measures, and everybody else waits for a message from its pipe. Whoever
 * finds the other end of it closed ends: so nobody is left behind when one of them fails.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "linux/disk.h"
#include "linux/host.h"

#define SIZES_MAX 4

/* What one says of itself when its turn is over. */
struct message {
    uint64_t p99_ns; /* 0: it goes on at its next turn */
    uint64_t missed; /* targets, by the end */
};

struct size {
    uint64_t mib;
    pid_t process;
    int go, said;    /* ends of pipes: its turn begins; what it says at the end of it */
    uint64_t p99_ns; /* 0 until it is known */
};

/* The process that measures has these instead: where it hears, and where it speaks. */
static int turn_begins, turn_ends;

static void
die(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* False at the end of the pipe. */
static bool
hear(int pipe, void *words, size_t bytes)
{
    ssize_t got;

    do
        got = read(pipe, words, bytes);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)bytes;
}

static void
speak(int pipe, const void *words, size_t bytes)
{
    if (write(pipe, words, bytes) != (ssize_t)bytes) /* a few bytes, whole or not at all */
        die("the processes that measure have lost each other");
}

/* ---- a process that measures ---- */

static void
turn_await(void)
{
    char go;

    if (!hear(turn_begins, &go, 1))
        exit(1); /* who would have said it has ended, and said why */
}

static void
give_way(void)
{
    static const struct message goes_on = { 0 };

    speak(turn_ends, &goes_on, sizeof goes_on);
    turn_await();
}

_Noreturn static void
measure(const char *folder, const struct bench_pause_rule *rule, uint64_t mib, unsigned turns)
{
    uint64_t volume_bytes = (mib * 3 + 2048) << 20;
    struct plat_disk *disk;
    struct pmem_stats stats;
    struct message message;

    turn_await();
    disk = host_new_disk(folder, volume_bytes, false);
    stats = bench_pause(disk, volume_bytes / PLAT_BLOCK_BYTES, mib, turns, rule, give_way);
    linux_disk_close(disk);
    message = (struct message){ .p99_ns = stats.pause.p99, .missed = bench_missed() };
    speak(turn_ends, &message, sizeof message);
    exit(0);
}

/* ---- the one who lets them ---- */

static void
size_start(struct size *size, const char *folder, const struct bench_pause_rule *rule,
           unsigned turns)
{
    int go[2], said[2];

    if (pipe(go) != 0 || pipe(said) != 0)
        die("no pipe");
    fflush(stdout);
    size->process = fork();
    if (size->process < 0)
        die("no process");
    if (size->process == 0) {
        close(go[1]);
        close(said[0]);
        turn_begins = go[0];
        turn_ends = said[1];
        measure(folder, rule, size->mib, turns);
    }
    close(go[0]);
    close(said[1]);
    size->go = go[1];
    size->said = said[0];
}

static void
size_end(struct size *size, const struct message *message)
{
    size->p99_ns = message->p99_ns;
    bench_missed_add((unsigned)message->missed);
    close(size->go);
    close(size->said);
    if (waitpid(size->process, NULL, 0) < 0)
        die("a process that measures is lost");
}

static void
size_turn(struct size *size)
{
    struct message message;

    speak(size->go, "", 1);
    if (!hear(size->said, &message, sizeof message))
        exit(1); /* it has said why */
    if (message.p99_ns != 0)
        size_end(size, &message);
}

static void
ratio_say(const struct size *sizes, unsigned count)
{
    uint64_t least = UINT64_MAX, most = 0;

    for (unsigned i = 0; i < count; i++) {
        least = sizes[i].p99_ns < least ? sizes[i].p99_ns : least;
        most = sizes[i].p99_ns > most ? sizes[i].p99_ns : most;
    }
    bench_target("largest p99 / smallest p99", bench_ratio(most, least), 1500);
}

void
bench_pause_sizes(const char *folder, const struct bench_pause_rule *rule, unsigned turns,
                  char *const *mibs)
{
    struct size sizes[SIZES_MAX] = { 0 };
    unsigned count = 0, ended;

    for (; count < SIZES_MAX && mibs[count] != NULL; count++) {
        sizes[count].mib = strtoull(mibs[count], NULL, 10);
        size_start(&sizes[count], folder, rule, turns);
    }
    do {
        ended = 0;
        for (unsigned i = 0; i < count; i++) {
            if (sizes[i].p99_ns == 0)
                size_turn(&sizes[i]);
            ended += sizes[i].p99_ns != 0;
        }
    } while (ended < count);
    ratio_say(sizes, count);
}
