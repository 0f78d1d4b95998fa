/*
 * control_fuzz.c - the control socket, from both sides: what a client sends to the process that
 * runs a volume, and what a process that pretends to run one answers.
 *
 * The first byte of an input says which side sends the others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "fuzz/fuzzer.h"
#include "phantom/control.h"
#include "support/folder.h"

#define ANSWER "an answer"
#define WHOLE  "0 9\n" ANSWER

static char folder[FOLDER_BYTES], volume[FOLDER_BYTES + 8], volume_socket[FOLDER_BYTES + 16];

/* What the answering side was last asked. */
static char asked[ANSWER_REQUEST_BYTES + 1];

static enum answer_status
answer(void *context, const char *request, struct buffer *text)
{
    (void)context;
    assert(strchr(request, '\n') == NULL);
    assert(strlen(request) < sizeof asked);
    strcpy(asked, request);
    assert(buffer_append(text, ANSWER, strlen(ANSWER)) == OK);
    return ANSWER_DONE;
}

static void
folder_remove(void)
{
    unlink(volume_socket);
    rmdir(folder);
}

int
LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    if (!folder_make(folder))
        return 1;
    snprintf(volume, sizeof volume, "%s/volume", folder);
    snprintf(volume_socket, sizeof volume_socket, "%s.control", volume);
    if (strlen(volume_socket) >= sizeof((struct sockaddr_un *)0)->sun_path) {
        fprintf(stderr, "control: TMPDIR is too long for a socket\n");
        rmdir(folder);
        return 1;
    }
    atexit(folder_remove);
    return 0;
}

static int
client_connect(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, volume_socket);
    assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

/* All that comes until the end of the stream. */
static size_t
bytes_receive(int fd, char *bytes, size_t byte_max)
{
    size_t count = 0;
    ssize_t got;

    while (count < byte_max && (got = recv(fd, bytes + count, byte_max - count, 0)) > 0)
        count += (size_t)got;
    return count;
}

/* A client says anything and no more. Whoever sent a whole line that is not too long is answered.
 */
static void
request_try(const uint8_t *bytes, size_t byte_count)
{
    const struct control_host host = { .answer = answer };
    struct control *control = control_start(volume, &host);
    char got[64];
    size_t count;
    int fd;

    assert(control != NULL);
    fd = client_connect();
    (void)!send(fd, bytes, byte_count, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    count = bytes_receive(fd, got, sizeof got);
    assert(count == 0 || (count == strlen(WHOLE) && memcmp(got, WHOLE, count) == 0));
    close(fd);
    control_stop(control);
}

struct pretender {
    int listening;
    const uint8_t *bytes;
    size_t byte_count;
};

static void *
pretender_main(void *argument)
{
    const struct pretender *pretender = argument;
    int fd = accept4(pretender->listening, NULL, NULL, SOCK_CLOEXEC);
    char request[16];

    (void)!recv(fd, request, sizeof request, 0);
    (void)!send(fd, pretender->bytes, pretender->byte_count, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

/* Who asks gets anything for an answer: it is one, or none came. */
static void
answer_try(const uint8_t *bytes, size_t byte_count)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct pretender pretender = { .bytes = bytes, .byte_count = byte_count };
    struct buffer text = { 0 };
    pthread_t thread;

    strcpy(address.sun_path, volume_socket);
    pretender.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(bind(pretender.listening, (struct sockaddr *)&address, sizeof address) == 0);
    assert(listen(pretender.listening, 1) == 0);
    assert(pthread_create(&thread, NULL, pretender_main, &pretender) == 0);
    if (control_ask(volume, "ps", &text) == ANSWER_GONE)
        assert(text.count == 0);
    pthread_join(thread, NULL);
    close(pretender.listening);
    unlink(volume_socket);
    buffer_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    if (byte_count == 0)
        return 0;
    if (bytes[0] % 2 == 0)
        request_try(bytes + 1, byte_count - 1);
    else
        answer_try(bytes + 1, byte_count - 1);
    return 0;
}
