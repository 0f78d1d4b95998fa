/*
 * relay.c - between the terminal and a machine that runs in QEMU: bytes,
 * signals, and the power button.
 *
 * One loop, which never blocks but in poll(): a terminal that is held by Ctrl-S
 * must not keep a signal from being answered. In each direction there is one
 * buffer, filled only when it is empty, so a side that does not read makes the
 * other wait, up to the program in the machine.
 *
 * The machine's console edits lines and echoes by itself, so the terminal is
 * put out of that business; but Ctrl-Z and Ctrl-\ stay the terminal's. A serial
 * line ends lines by CR LF; of that the CR is taken out again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "phantom/signals.h"

#define END_OF_INPUT '\x04' /* what a terminal sends for it */

struct flow {
    char bytes[PIPE_BUF]; /* so much goes into a pipe that polled writable without blocking */
    size_t from, to;      /* what is in between waits to be written */
};

struct relay {
    pid_t qemu;
    const struct relay_lines *lines;
    int console, monitor, control, signals; /* -1: closed; of `control`: no longer watched */
    bool input_open;
    bool output_failed;
    bool ended;
    bool carriage_return; /* the last byte was one, and is held back */
    bool spoken;          /* the machine has said something */
    bool button_pressed, button_sent;
    bool terminal; /* `saved` is how it was */
    struct termios saved;
    struct flow in;  /* to the machine */
    struct flow out; /* to us */
    char heard[16];  /* the last bytes of the monitor */
    struct relay_end end;
};

/* Besides those that ask for the end. */
static const int signals_taken[] = { SIGQUIT, SIGTSTP, SIGCHLD };

static void
signal_set(sigset_t *set)
{
    signals_set(set);
    for (unsigned i = 0; i < sizeof signals_taken / sizeof signals_taken[0]; i++)
        sigaddset(set, signals_taken[i]);
}

void
relay_signals_take(void)
{
    sigset_t set;

    signal_set(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write() here */
}

/* ---- the terminal ---- */

static void
terminal_take(struct relay *relay)
{
    struct termios raw;

    relay->terminal = tcgetattr(STDIN_FILENO, &raw) == 0 && tcgetpgrp(STDIN_FILENO) == getpgrp();
    if (!relay->terminal)
        return;
    relay->saved = raw;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(INLCR | IGNCR | ISTRIP);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VINTR] =
        _POSIX_VDISABLE; /* it goes to the machine, which knows what is to be stopped */
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void
terminal_give_back(const struct relay *relay)
{
    if (relay->terminal)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &relay->saved);
}

/* ---- power ---- */

static void
monitor_send(struct relay *relay, const char *command)
{
    ssize_t sent = send(relay->monitor, command, strlen(command), MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent != (ssize_t)strlen(command)) /* it hangs, or is gone already */
        kill(relay->qemu, SIGKILL);
}

/*
 * A press that the machine does not listen for yet is lost, and so is a byte.
 * It listens before it says its first word; until then both wait.
 */
static void
power_button(struct relay *relay)
{
    if (relay->spoken && !relay->button_sent) {
        monitor_send(relay, "{\"execute\":\"system_powerdown\"}\n");
        relay->button_sent = true;
    }
    relay->button_pressed = true;
}

static void
power_cut(struct relay *relay)
{
    relay->end.interrupted = true;
    kill(relay->qemu, SIGKILL);
}

/* ---- signals ---- */

static void
signal_stop(struct relay *relay)
{
    terminal_give_back(relay);
    raise(SIGSTOP);
    terminal_take(relay); /* we were continued */
}

static void
signal_take(struct relay *relay)
{
    struct signalfd_siginfo info;

    if (read(relay->signals, &info, sizeof info) != sizeof info)
        return;
    switch (info.ssi_signo) {
    case SIGCHLD:
        relay->ended = waitpid(relay->qemu, &relay->end.wait_status, WNOHANG) == relay->qemu;
        break;
    case SIGTSTP:
        signal_stop(relay);
        break;
    case SIGQUIT:
        power_cut(relay);
        break;
    case SIGINT:
        if (relay->button_pressed)
            power_cut(relay);
        power_button(relay);
        break;
    default:
        power_button(relay);
    }
}

/* ---- bytes ---- */

static bool
flow_empty(const struct flow *flow)
{
    return flow->from == flow->to;
}

static void
flow_read_input(struct relay *relay)
{
    ssize_t got = read(STDIN_FILENO, relay->in.bytes, sizeof relay->in.bytes);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    relay->in.from = 0;
    relay->in.to = got > 0 ? (size_t)got : 1;
    if (got <= 0) {
        relay->in.bytes[0] = END_OF_INPUT;
        relay->input_open = false;
    }
}

static void
flow_write_machine(struct relay *relay)
{
    ssize_t sent = send(relay->console, relay->in.bytes + relay->in.from,
                        relay->in.to - relay->in.from, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent >= 0)
        relay->in.from += (size_t)sent;
    else if (errno != EINTR && errno != EAGAIN)
        relay->in.from = relay->in.to; /* the machine is gone */
}

/* Take the CR out of each CR LF; one at the very end waits for what follows it. */
static size_t
line_ends(struct relay *relay, const char *bytes, size_t count, char *result)
{
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        if (relay->carriage_return && bytes[i] != '\n')
            result[made++] = '\r';
        relay->carriage_return = bytes[i] == '\r';
        if (!relay->carriage_return)
            result[made++] = bytes[i];
    }
    return made;
}

static void
flow_read_machine(struct relay *relay)
{
    char bytes[sizeof relay->out.bytes - 1]; /* a CR that was held back may come in addition */
    ssize_t got = recv(relay->console, bytes, sizeof bytes, MSG_DONTWAIT);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        close(relay->console);
        relay->console = -1;
        return;
    }
    relay->spoken = true;
    if (relay->button_pressed)
        power_button(relay);
    relay->out.from = 0;
    relay->out.to =
        relay->output_failed ? 0 : line_ends(relay, bytes, (size_t)got, relay->out.bytes);
}

static void
flow_write_output(struct relay *relay)
{
    ssize_t written =
        write(STDOUT_FILENO, relay->out.bytes + relay->out.from, relay->out.to - relay->out.from);

    if (written >= 0) {
        relay->out.from += (size_t)written;
    } else if (errno != EINTR && errno != EAGAIN) { /* nobody will see what it says from now on */
        relay->output_failed = true;
        relay->out.from = relay->out.to;
        power_button(relay);
    }
}

/* The monitor tells a lot; one word of it is wanted. It may come in two pieces. */
static void
monitor_read(struct relay *relay)
{
    static const char reset[] = "guest-reset";
    char bytes[sizeof relay->heard + 4096];
    size_t kept = strlen(relay->heard);
    ssize_t got;

    memcpy(bytes, relay->heard, kept);
    got = recv(relay->monitor, bytes + kept, sizeof bytes - kept, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        close(relay->monitor);
        relay->monitor = -1;
        return;
    }
    kept += (size_t)got;
    if (memmem(bytes, kept, reset, strlen(reset)) != NULL)
        relay->end.reset = true;
    got = kept < sizeof relay->heard ? (ssize_t)kept : (ssize_t)sizeof relay->heard - 1;
    memcpy(relay->heard, bytes + kept - (size_t)got, (size_t)got);
    relay->heard[got] = '\0';
}

/* The machine's first word on the line of questions; what follows it is not for us. */
static void
control_notice(struct relay *relay)
{
    char first;

    if (recv(relay->control, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
        relay->lines->answers(relay->lines->context);
    relay->control = -1;
}

/* ---- the loop ---- */

enum {
    AT_SIGNALS,
    AT_MONITOR,
    AT_CONTROL,
    AT_CONSOLE,
    AT_INPUT,
    AT_OUTPUT,
    POLLED
};

static void
relay_turn(struct relay *relay)
{
    bool to_machine = !flow_empty(&relay->in);
    bool to_us = !flow_empty(&relay->out);
    struct pollfd polled[POLLED] = {
        [AT_SIGNALS] = { .fd = relay->signals, .events = POLLIN },
        [AT_MONITOR] = { .fd = relay->monitor, .events = POLLIN },
        [AT_CONTROL] = { .fd = relay->control, .events = POLLIN },
        [AT_CONSOLE] = { .fd = to_us && !to_machine ? -1 : relay->console,
                         .events = (short)((to_us ? 0 : POLLIN) | (to_machine ? POLLOUT : 0)) },
        [AT_INPUT] = { .fd = relay->spoken && relay->input_open && !relay->ended && !to_machine
                                 ? STDIN_FILENO
                                 : -1,
                       .events = POLLIN },
        [AT_OUTPUT] = { .fd = to_us ? STDOUT_FILENO : -1, .events = POLLOUT },
    };

    if (poll(polled, POLLED, -1) < 0)
        return;
    if (polled[AT_SIGNALS].revents)
        signal_take(relay);
    if (polled[AT_MONITOR].revents)
        monitor_read(relay);
    if (polled[AT_CONTROL].revents)
        control_notice(relay);
    if (polled[AT_INPUT].revents)
        flow_read_input(relay);
    if (polled[AT_OUTPUT].revents)
        flow_write_output(relay);
    if (polled[AT_CONSOLE].revents & POLLOUT)
        flow_write_machine(relay);
    if (polled[AT_CONSOLE].revents & (POLLIN | POLLHUP | POLLERR) && !to_us)
        flow_read_machine(relay);
}

struct relay_end
relay_run(pid_t qemu, const struct relay_lines *lines)
{
    struct relay relay = { .qemu = qemu,
                           .lines = lines,
                           .console = lines->console,
                           .monitor = lines->monitor,
                           .control = lines->control };
    sigset_t set;

    signal_set(&set);
    relay.signals = signalfd(-1, &set, SFD_CLOEXEC);
    relay.input_open = true;
    monitor_send(&relay, "{\"execute\":\"qmp_capabilities\"}\n");
    terminal_take(&relay);
    while (!relay.ended || relay.console >= 0 || relay.monitor >= 0 || !flow_empty(&relay.out)) {
        if (relay.ended)
            relay.in.from = relay.in.to; /* nobody reads it any more */
        relay_turn(&relay);
    }
    terminal_give_back(&relay);
    close(relay.signals);
    return relay.end;
}
