/*
 * attach.c - one more prompt for a volume that runs: the process that runs it, and the terminal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/attach.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include "phantom/control.h"
#include "phantom/say.h"
#include "phantom/shell.h"
#include "phantom/signals.h"
#include "phantom/verbs.h"
#include "plat/console.h"
#include "prim/session.h"
#include "vm/attach.h"

/* So many Ctrl-C to which nothing was said leave. */
#define BREAKS_MAX 3

/* How often one looks whether there is room again for what was typed, or piped. */
#define ROOM_WAIT_MS 50

/* ---- frames ---- */

bool
frame_send(int fd, char letter, const void *bytes, size_t count)
{
    const char head[3] = { letter, (char)(count & 0xff), (char)(count >> 8) };

    return control_send(fd, head, sizeof head) && control_send(fd, bytes, count);
}

bool
frame_receive(int fd, struct frame *frame)
{
    unsigned char head[3];

    if (!control_receive(fd, head, sizeof head))
        return false;
    frame->letter = (char)head[0];
    frame->count = (size_t)head[1] | (size_t)head[2] << 8;
    return frame->count <= sizeof frame->bytes && control_receive(fd, frame->bytes, frame->count);
}

/* ---- the process that runs the volume ---- */

struct host {
    struct session *session;
    int fd;
};

/* What is to be shown goes to the socket. */
static void *
host_output(void *argument)
{
    static const char letters[] = {
        [SESSION_OUTPUT] = 'o', [SESSION_KEYS] = 'k', [SESSION_LINES] = 'l',
        [SESSION_LEFT] = 'e',   [SESSION_OVER] = 'x',
    };
    struct host *host = argument;
    char bytes[FRAME_BYTES_MAX];
    enum session_piece piece;
    size_t count;

    do
        piece = session_output(host->session, bytes, sizeof bytes, &count);
    while (frame_send(host->fd, letters[piece], bytes, count) && piece != SESSION_OVER &&
           piece != SESSION_LEFT);
    session_input_end(host->session, true);
    shutdown(host->fd, SHUT_RD); /* whoever waits there for input */
    return NULL;
}

/* As long as there is no room for it, it waits. False: the client has gone, or the session is over.
 */
static bool
input_give(const struct host *host, const struct frame *frame)
{
    struct pollfd polled = { .fd = host->fd, .events = POLLRDHUP };

    while (session_input(host->session, frame->bytes, frame->count) != OK) {
        if (poll(&polled, 1, ROOM_WAIT_MS) != 0)
            return false;
    }
    return true;
}

/* Until the client has gone. */
static void
host_input(struct host *host)
{
    struct frame frame;

    while (frame_receive(host->fd, &frame)) {
        if (frame.letter == 'b')
            session_break(host->session);
        else if (frame.letter == 'e')
            session_input_end(host->session, false);
        else if (frame.letter == 'w' && frame.count == 2)
            session_resize(host->session, (unsigned char)frame.bytes[0] |
                                              (unsigned)(unsigned char)frame.bytes[1] << 8);
        else if (frame.letter != 'i' || !input_give(host, &frame))
            break;
    }
    session_input_end(host->session, true);
}

static void
host_run(struct host *host)
{
    static const struct timeval for_ever = { 0 };
    pthread_t output;

    setsockopt(host->fd, SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
    setsockopt(host->fd, SOL_SOCKET, SO_SNDTIMEO, &for_ever, sizeof for_ever);
    if (pthread_create(&output, NULL, host_output, host) != 0)
        return;
    host_input(host);
    pthread_join(output, NULL);
}

/* NULL, or why there is no session. */
static const char *
host_begin(struct host *host, struct system *system, bool person)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    bool made;
    err_t err;

    if (vm_options_get()->safe)
        return "nothing runs there (run --safe), nor does a shell";
    pthread_mutex_lock(&one);
    made = shell_make(system, true);
    pthread_mutex_unlock(&one);
    if (!made)
        return "no shell can be started in it; it says there why";
    err = session_open(person, &host->session);
    if (err == OK)
        err = vm_attach(session_number(host->session));
    if (err == ERR_VERSION)
        return "the shell in it is of an older release, and talks to one person at a time";
    return err == OK ? NULL : "there is no room for one more prompt";
}

bool
attach_is_wanted(const char *request)
{
    return strcmp(request, "attach p") == 0 || strcmp(request, "attach -") == 0;
}

void
attach_serve(struct system *system, const char *request, int fd)
{
    struct host host = { .fd = fd };
    const char *trouble = host_begin(&host, system, request[strlen(request) - 1] == 'p');

    if (trouble != NULL) {
        if (control_send(fd, "1\n", 2))
            control_send(fd, trouble, strlen(trouble)); /* a guest that left needs no answer */
    } else if (control_send(fd, "0\n", 2)) {
        host_run(&host);
    }
    session_close(host.session);
}

/* ---- the terminal ---- */

struct terminal {
    int fd, signals;
    bool person, keys;
    bool input_open;
    bool held;       /* the other side takes no more just now */
    bool left;       /* it said so */
    unsigned breaks; /* since something was shown */
    struct termios found, keyed;
};

/* Besides those that ask for the end. */
static const int signals_taken[] = { SIGTSTP, SIGWINCH };

static void
terminal_open(struct terminal *terminal)
{
    sigset_t set;

    terminal->person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
                       tcgetattr(STDIN_FILENO, &terminal->found) == 0;
    terminal->keyed = terminal->found;
    terminal->keyed.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    terminal->keyed.c_iflag &= ~(tcflag_t)(INLCR | IGNCR | ISTRIP);
    terminal->keyed.c_cc[VMIN] = 1;
    terminal->keyed.c_cc[VTIME] = 0;
    terminal->input_open = true;
    signals_set(&set);
    for (size_t i = 0; i < sizeof signals_taken / sizeof signals_taken[0]; i++)
        sigaddset(&set, signals_taken[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    terminal->signals = signalfd(-1, &set, SFD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
}

static void
terminal_keys(struct terminal *terminal, bool keys)
{
    terminal->keys = keys;
    if (terminal->person)
        tcsetattr(STDIN_FILENO, TCSADRAIN, keys ? &terminal->keyed : &terminal->found);
}

/* All of it; a reader that left is none who works there. */
static bool
terminal_show(const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, count);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

/* Would a frame go there at once? */
static bool
takes_frames(const struct terminal *terminal)
{
    struct pollfd polled = { .fd = terminal->fd, .events = POLLOUT };

    return poll(&polled, 1, 0) == 1;
}

/* A key, a line, or the end of them; it is left where it is while the other side takes no more. */
static bool
input_forward(struct terminal *terminal)
{
    char bytes[FRAME_BYTES_MAX];
    ssize_t got;

    terminal->held = !takes_frames(terminal);
    if (terminal->held)
        return true;
    got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (got > 0)
        return frame_send(terminal->fd, 'i', bytes, (size_t)got);
    terminal->input_open = false;
    return frame_send(terminal->fd, 'e', NULL, 0);
}

/* What comes from there. False: nothing more does. */
static bool
frame_take(struct terminal *terminal)
{
    struct frame frame;

    if (!frame_receive(terminal->fd, &frame))
        return false;
    terminal->breaks = 0;
    terminal->left = frame.letter == 'e';
    if (frame.letter == 'k' || frame.letter == 'l')
        terminal_keys(terminal, frame.letter == 'k');
    return frame.letter != 'e' && frame.letter != 'x' &&
           (frame.letter != 'o' || terminal_show(frame.bytes, frame.count));
}

/* How wide the terminal is. False: the other side has gone. */
static bool
columns_tell(const struct terminal *terminal)
{
    unsigned columns = terminal->person ? plat_console_columns() : 0;
    const char bytes[2] = { (char)(columns & 0xff), (char)(columns >> 8) };

    return frame_send(terminal->fd, 'w', bytes, sizeof bytes);
}

/* False: that is the end. */
static bool
signal_take(struct terminal *terminal)
{
    struct signalfd_siginfo info;
    bool keys = terminal->keys;

    if (read(terminal->signals, &info, sizeof info) != sizeof info)
        return true;
    if (info.ssi_signo == SIGINT)
        return ++terminal->breaks <= BREAKS_MAX &&
               (!takes_frames(terminal) || frame_send(terminal->fd, 'b', NULL, 0));
    if (info.ssi_signo == SIGWINCH)
        return columns_tell(terminal);
    if (info.ssi_signo != SIGTSTP)
        return false;
    terminal_keys(terminal, false);
    raise(SIGSTOP);
    terminal_keys(terminal, keys); /* we were continued */
    return true;
}

static void
terminal_run(struct terminal *terminal)
{
    bool more = columns_tell(terminal);

    while (more) {
        struct pollfd polled[] = {
            { .fd = terminal->signals, .events = POLLIN },
            { .fd = terminal->fd, .events = (short)(POLLIN | (terminal->held ? POLLOUT : 0)) },
            { .fd = terminal->input_open && !terminal->held ? STDIN_FILENO : -1, .events = POLLIN },
        };

        if (poll(polled, 3, -1) < 0)
            continue;
        if (polled[0].revents != 0)
            more = signal_take(terminal);
        if (polled[1].revents & POLLOUT)
            terminal->held = false;
        if (more && (polled[1].revents & ~POLLOUT) != 0)
            more = frame_take(terminal);
        if (more && polled[2].revents != 0)
            more = input_forward(terminal);
    }
    terminal_keys(terminal, false);
}

/* From the answer on. */
static int
talk(int fd, const char *volume)
{
    static const struct timeval for_ever = { 0 };
    struct terminal terminal = { .fd = fd };
    char word[SAY_WORD_BYTES];

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &for_ever, sizeof for_ever);
    terminal_open(&terminal);
    terminal_run(&terminal);
    close(terminal.signals);
    if (terminal.left)
        say("left %s, which goes on running", volume);
    else
        say("cut off from %s, where nothing is lost; go on with: phantom shell %s", volume,
            say_word(volume, word));
    return terminal.left ? STATUS_DONE : STATUS_TROUBLE;
}

/* Why there is no prompt. */
static int
refusal_say(int fd, const char *volume)
{
    char text[512];
    size_t count = 0;
    ssize_t got;

    while (count < sizeof text - 1 && (got = read(fd, text + count, sizeof text - 1 - count)) > 0)
        count += (size_t)got;
    text[count] = '\0';
    say_error("%s: %s", volume, text);
    return STATUS_TROUBLE;
}

int
attach(const char *volume)
{
    bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    int fd = control_open(volume, person ? "attach p" : "attach -");
    char line[40];
    int status = -1;

    if (fd < 0)
        return -1;
    if (control_receive_line(fd, line, sizeof line - 1)) {
        if (line[0] == '0')
            status = talk(fd, volume);
        else if (line[0] == '1')
            status = refusal_say(fd, volume);
    }
    close(fd);
    return status;
}
