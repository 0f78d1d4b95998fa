/*
 * control.c - the control socket: a thread that answers, and the way to ask.
 *
 * A client that has not said what it wants after a second is dropped, so nobody can keep the
 * others waiting; one whose conversation takes longer is served by a thread of its own. The socket
 * can be used by the volume's user alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "phantom/program.h"
#include "phantom/say.h"
#include "plat/machine.h"

#define NS_PER_S       1000000000ull
#define NS_PER_MS      1000000ull

#define CLIENT_SECONDS 1
#define ANSWER_SECONDS 60

/* A guest may keep silent for longer: it reads a disk. But it keeps room in the volume. */
#define GUEST_SECONDS 10
#define GUESTS_MAX    16

/* How long the end of the machine waits for a guest who does not take what it wanted. */
#define FAREWELL_SECONDS 2

struct guest {
    struct control *control;
    struct guest *next;
    pthread_t thread;
    int fd;
    _Atomic bool gone;
    char request[ANSWER_REQUEST_BYTES + 1];
};

struct control {
    int socket;
    int stop;   /* an eventfd */
    bool bound; /* the path is ours */
    char *path;
    pthread_t thread;
    struct control_host host;
    struct guest *guests; /* the control thread's, and then control_stop()'s */
    unsigned guest_count;
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
 * An address for a path, however long its folder: the kernel allows 107 characters, so the folder
 * is opened and named by its descriptor. Returns that descriptor; or -1 and errno, ENAMETOOLONG
 * when not even the last name fits.
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
        errno = ENAMETOOLONG;
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

bool
control_send(int fd, const void *bytes, size_t byte_count)
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

bool
control_receive(int fd, void *bytes, size_t byte_count)
{
    char *at = bytes;

    while (byte_count > 0) {
        ssize_t got = recv(fd, at, byte_count, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        byte_count -= (size_t)got;
    }
    return true;
}

bool
control_receive_line(int fd, char *line, size_t byte_max)
{
    for (size_t count = 0; count <= byte_max; count++) {
        if (!control_receive(fd, line + count, 1))
            return false;
        if (line[count] == '\n') {
            line[count] = '\0';
            return true;
        }
    }
    return false;
}

/* ---- signals ---- */

/* Threads of this file leave signals to the others. */
static bool
thread_create(pthread_t *thread, void *(*begin)(void *), void *argument)
{
    sigset_t all;
    sigset_t before;
    bool done;

    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* how the space asks for its pages */
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    done = pthread_create(thread, NULL, begin, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

/* ---- guests ---- */

static void *
guest_main(void *argument)
{
    struct guest *guest = argument;

    guest->control->host.guest(guest->control->host.context, guest->request, guest->fd);
    shutdown(guest->fd, SHUT_RDWR);
    atomic_store(&guest->gone, true);
    return NULL;
}

static void
guest_free(struct control *control, struct guest **at)
{
    struct guest *guest = *at;

    *at = guest->next;
    control->guest_count--;
    close(guest->fd);
    free(guest);
}

/* Forget those who have gone. */
static void
guests_sweep(struct control *control)
{
    struct guest **at = &control->guests;

    while (*at != NULL) {
        if (atomic_load(&(*at)->gone)) {
            pthread_join((*at)->thread, NULL);
            guest_free(control, at);
        } else {
            at = &(*at)->next;
        }
    }
}

/* Takes `fd`. A client for whom there is no place is not answered, and tries again. */
static void
guest_begin(struct control *control, const char *request, int fd)
{
    struct guest *guest;

    guests_sweep(control);
    guest = control->guest_count < GUESTS_MAX ? calloc(1, sizeof *guest) : NULL;
    if (guest == NULL) {
        close(fd);
        return;
    }
    guest->control = control;
    guest->fd = fd;
    strcpy(guest->request, request);
    timeout_set(fd, GUEST_SECONDS);
    guest->next = control->guests;
    control->guests = guest;
    control->guest_count++;
    if (!thread_create(&guest->thread, guest_main, guest))
        guest_free(control, &control->guests);
}

/* What they were sending has its end here; what is sent to them they may still take, if they do. */
static void
guests_end(struct control *control)
{
    struct timespec deadline;

    for (struct guest *guest = control->guests; guest != NULL; guest = guest->next)
        shutdown(guest->fd, SHUT_RD);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += FAREWELL_SECONDS;
    while (control->guests != NULL) {
        if (pthread_timedjoin_np(control->guests->thread, NULL, &deadline) != 0) {
            shutdown(control->guests->fd, SHUT_RDWR);
            pthread_join(control->guests->thread, NULL);
        }
        guest_free(control, &control->guests);
    }
}

/* ---- answering ---- */

/* The line of a client, which has so long for all of it. */
static bool
request_receive(int client, char *request)
{
    uint64_t end_ns = plat_monotonic_ns() + CLIENT_SECONDS * NS_PER_S;

    for (size_t count = 0; count <= ANSWER_REQUEST_BYTES; count++) {
        struct pollfd polled = { .fd = client, .events = POLLIN };
        uint64_t now_ns = plat_monotonic_ns();

        if (now_ns >= end_ns || poll(&polled, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1) <= 0 ||
            recv(client, request + count, 1, MSG_DONTWAIT) != 1)
            return false;
        if (request[count] == '\n') {
            request[count] = '\0';
            return true;
        }
    }
    return false;
}

/* Takes `client`. */
static void
client_serve(struct control *control, int client)
{
    char request[ANSWER_REQUEST_BYTES + 1];
    struct buffer text = { 0 };
    char head[40];
    enum answer_status status;

    timeout_set(client, CLIENT_SECONDS);
    if (!request_receive(client, request)) {
        close(client);
        return;
    }
    if (control->host.is_guest != NULL && control->host.is_guest(request)) {
        guest_begin(control, request, client);
        return;
    }
    status = control->host.answer(control->host.context, request, &text);
    snprintf(head, sizeof head, "%d %zu\n", (int)status, text.count);
    if (status != ANSWER_GONE && control_send(client, head, strlen(head)))
        control_send(client, text.bytes, text.count); /* a client that left needs no answer */
    buffer_free(&text);
    close(client);
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

static bool
control_thread_start(struct control *control)
{
    control->stop = eventfd(0, EFD_CLOEXEC);
    return control->stop >= 0 && thread_create(&control->thread, control_main, control);
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
control_start(const char *volume, const struct control_host *host)
{
    struct control *control = calloc(1, sizeof *control);

    if (control == NULL)
        return NULL;
    *control = (struct control){ .socket = -1, .stop = -1, .host = *host };
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
    guests_end(control);
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

/* Take the line with the status off. ANSWER_GONE if not all is there: the other side died. */
static enum answer_status
answer_status(struct buffer *text)
{
    char *end = text->count == 0 ? NULL : memchr(text->bytes, '\n', text->count);
    unsigned long long bytes;
    char *at = (char *)text->bytes;
    long status;

    if (end == NULL)
        return ANSWER_GONE;
    status = strtol(at, &at, 10);
    bytes = strtoull(at, NULL, 10);
    text->count -= (size_t)(end + 1 - (char *)text->bytes);
    memmove(text->bytes, end + 1, text->count);
    if (text->count != bytes)
        return ANSWER_GONE;
    return status == ANSWER_DONE ? ANSWER_DONE : ANSWER_TROUBLE;
}

static bool
request_send(int fd, const char *request)
{
    timeout_set(fd, ANSWER_SECONDS);
    return control_send(fd, request, strlen(request)) && control_send(fd, "\n", 1);
}

int
control_open(const char *volume, const char *request)
{
    int fd = control_connect(volume);

    if (fd >= 0 && !request_send(fd, request)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

enum answer_status
control_ask(const char *volume, const char *request, struct buffer *text)
{
    enum answer_status status = ANSWER_GONE;
    int fd = control_connect(volume);

    if (fd < 0)
        return ANSWER_GONE;
    if (request_send(fd, request) && answer_read(fd, text))
        status = answer_status(text);
    close(fd);
    if (status == ANSWER_GONE)
        buffer_clear(text);
    return status;
}
