/*
 * control.c - the control socket: a thread that answers, and the way to ask.
 *
 * A client that says nothing is dropped after a second, so nobody can keep the
 * others waiting. The socket can be used by the volume's user alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "phantom/program.h"
#include "phantom/say.h"

#define CLIENT_SECONDS 1
#define ANSWER_SECONDS 60

struct control {
    int socket;
    int stop;   /* an eventfd */
    bool bound; /* the path is ours */
    char *path;
    pthread_t thread;
    control_answer_fn *answer;
    void *context;
};

/* "VOLUME.control", allocated; NULL when there is no memory. */
static char *
socket_path(const char *volume)
{
    char *path = malloc(strlen(volume) + sizeof ".control");

    if (path != NULL) {
        strcpy(path, volume);
        strcat(path, ".control");
    }
    return path;
}

/*
 * An address for a path of any length: the kernel allows 107 characters, so
 * the folder is opened and named by its descriptor. Returns that descriptor, or -1.
 */
static int
address_make(const char *path, struct sockaddr_un *address)
{
    const char *name = program_name(path);
    char *folder = strndup(path, (size_t)(name - path));
    int fd = -1;
    int length;

    if (folder == NULL)
        return -1;
    fd = open(folder[0] == '\0' ? "." : folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", fd, name);
    if (fd >= 0 && (length < 0 || (size_t)length >= sizeof address->sun_path)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void
timeout_set(int fd, int seconds)
{
    struct timeval timeout = { .tv_sec = seconds };

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

/* All of it, or false. */
static bool
bytes_send(int fd, const void *bytes, size_t byte_count)
{
    const char *at = bytes;

    while (byte_count > 0) {
        ssize_t sent = send(fd, at, byte_count, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        byte_count -= (size_t)sent;
    }
    return true;
}

/* ---- answering ---- */

/* A line without its end. False if none came in time, or it is too long. */
static bool
request_read(int fd, char *request)
{
    size_t count = 0;

    while (count < ANSWER_REQUEST_BYTES) {
        ssize_t got = recv(fd, request + count, 1, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        if (request[count] == '\n') {
            request[count] = '\0';
            return true;
        }
        count++;
    }
    return false;
}

static void
client_serve(struct control *control, int client)
{
    char request[ANSWER_REQUEST_BYTES + 1];
    struct buffer text = { 0 };
    char head[16];
    enum answer_status status;

    timeout_set(client, CLIENT_SECONDS);
    if (!request_read(client, request))
        return;
    status = control->answer(control->context, request, &text);
    snprintf(head, sizeof head, "%d\n", (int)status);
    if (status != ANSWER_GONE && bytes_send(client, head, strlen(head)))
        bytes_send(client, text.bytes, text.count); /* a client that left needs no answer */
    buffer_free(&text);
}

static void *
control_main(void *argument)
{
    struct control *control = argument;
    struct pollfd polled[] = {
        { .fd = control->stop, .events = POLLIN },
        { .fd = control->socket, .events = POLLIN },
    };

    for (;;) {
        int client;

        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (polled[0].revents != 0)
            return NULL;
        if (polled[1].revents == 0)
            continue;
        client = accept4(control->socket, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        client_serve(control, client);
        close(client);
    }
}

/* Take away a socket that a killed process has left; what is none belongs to somebody. */
static void
stale_remove(const char *path)
{
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
}

static bool
control_listen(struct control *control)
{
    struct sockaddr_un address;
    int folder = address_make(control->path, &address);
    mode_t mask;

    if (folder < 0)
        return false;
    control->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    stale_remove(control->path);
    mask = umask(0177);
    control->bound = control->socket >= 0 &&
                     bind(control->socket, (struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    close(folder);
    return control->bound && listen(control->socket, 8) == 0;
}

/* The thread leaves signals to the others. */
static bool
control_thread_start(struct control *control)
{
    sigset_t all;
    sigset_t before;
    bool done;

    control->stop = eventfd(0, EFD_CLOEXEC);
    if (control->stop < 0)
        return false;
    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* how the space asks for its pages */
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    done = pthread_create(&control->thread, NULL, control_main, control) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

static void
control_free(struct control *control)
{
    if (control->socket >= 0)
        close(control->socket);
    if (control->bound)
        unlink(control->path);
    if (control->stop >= 0)
        close(control->stop);
    free(control->path);
    free(control);
}

struct control *
control_start(const char *volume, control_answer_fn *answer, void *context)
{
    struct control *control = calloc(1, sizeof *control);

    if (control == NULL)
        return NULL;
    *control = (struct control){ .socket = -1, .stop = -1, .answer = answer, .context = context };
    control->path = socket_path(volume);
    if (control->path != NULL && control_listen(control) && control_thread_start(control))
        return control;
    say_warning("%s.control: %s; no other verb reaches this volume while it runs", volume,
                strerror(errno));
    control_free(control);
    return NULL;
}

void
control_stop(struct control *control)
{
    uint64_t one = 1;

    if (control == NULL)
        return;
    if (write(control->stop, &one, sizeof one) == (ssize_t)sizeof one)
        pthread_join(control->thread, NULL);
    control_free(control);
}

/* ---- asking ---- */

static int
control_connect(const char *volume)
{
    struct sockaddr_un address;
    char *path = socket_path(volume);
    int folder = path == NULL ? -1 : address_make(path, &address);
    int fd = -1;

    free(path);
    if (folder < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    close(folder);
    return fd;
}

static bool
answer_read(int fd, struct buffer *text)
{
    char chunk[4096];
    ssize_t got;

    while ((got = recv(fd, chunk, sizeof chunk, 0)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || buffer_append(text, chunk, (size_t)got) != OK)
            return false;
    }
    return true;
}

/* Take the status line off. ANSWER_GONE if there is none: the other side died. */
static enum answer_status
answer_status(struct buffer *text)
{
    char *end = text->count == 0 ? NULL : memchr(text->bytes, '\n', text->count);
    enum answer_status status;
    size_t head;

    if (end == NULL)
        return ANSWER_GONE;
    status = atoi((const char *)text->bytes) == ANSWER_DONE ? ANSWER_DONE : ANSWER_TROUBLE;
    head = (size_t)(end + 1 - (char *)text->bytes);
    memmove(text->bytes, text->bytes + head, text->count - head);
    text->count -= head;
    return status;
}

enum answer_status
control_ask(const char *volume, const char *request, struct buffer *text)
{
    enum answer_status status = ANSWER_GONE;
    int fd = control_connect(volume);

    if (fd < 0)
        return ANSWER_GONE;
    timeout_set(fd, ANSWER_SECONDS);
    if (bytes_send(fd, request, strlen(request)) && bytes_send(fd, "\n", 1) &&
        answer_read(fd, text))
        status = answer_status(text);
    close(fd);
    if (status == ANSWER_GONE)
        buffer_clear(text);
    return status;
}
