/* SPDX-License-Identifier: MIT */
/* Bytes over connections. */
#include "internal.h"
#include "socket_object.h"

static int fail_late_send(const weft_socket *socket, int err, size_t sent, size_t size)
{
    char text[WEFT_ADDRESS_TEXT];

    if (err != WEFT_ETIMEDOUT && err != WEFT_ECANCELED)
        return err;
    return weft__fail(err, "send to %s: %s after %zu of %zu bytes",
                      weft__socket_called(socket, text), weft__wait_ended(err), sent, size);
}

static int send_all(weft_socket *socket, const unsigned char *data, size_t size, size_t *sent,
                    weft_time until)
{
    for (;;) {
        size_t left = size - *sent, taken = 0;
        int said, err = 0;

        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            return weft__socket_fail(socket, WEFT_ECLOSED, "send to",
                                     "the sending side was shut down");
        if (left == 0)
            return 0;
        said = weft_seam_socket_send(&socket->seam, data + *sent, left, &taken);
        if (said == 0) {
            *sent += taken;
            if (taken == left)
                return 0; /* whatever shutdown() does now */
            /* WEFT_NOW: as many pieces as go without a wait. */
            if (until != WEFT_NOW && until <= weft_clock())
                return fail_late_send(socket, WEFT_ETIMEDOUT, *sent, size);
            continue;
        }
        if (said == WEFT_SEAM_AGAIN || weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            continue;
        if (said != WEFT_SEAM_BLOCKS)
            return weft__socket_fail_seam(socket, said, "send to");
        err = weft__socket_wait(socket, WEFT_SEAM_WRITABLE, until);
        if (err != 0)
            return fail_late_send(socket, err, *sent, size);
    }
}

int weft_socket_send(weft_socket *socket, const void *data, size_t size, size_t *sent,
                     weft_time until)
{
    size_t counted = 0;
    int err = weft__socket_expect(socket, WEFT_SEAM_CONNECTION, "send to");

    if (err == 0)
        err = send_all(socket, data, size, &counted, until);
    if (sent)
        *sent = counted;
    return err;
}

/* A reset is told to one call only: if that was a sender's, recv() here says "end of
 * file" in the middle of a message. A connection that merely ended has a peer still. */
static bool was_reset(weft_socket *socket)
{
    weft_address peer;

    return !weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE) &&
           weft_seam_socket_peer(&socket->seam, &peer) != 0;
}

int weft_socket_recv(weft_socket *socket, void *buffer, size_t size, size_t *length,
                     weft_time until)
{
    int err = weft__socket_expect(socket, WEFT_SEAM_CONNECTION, "receive from");

    if (err == 0 && size == 0)
        err = weft__misuse(WEFT_EINVAL, "receive: a buffer of 0 bytes cannot tell the end");
    while (err == 0) {
        size_t got = 0;
        int said;
        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_READ)) {
            *length = 0;
            return 0;
        }
        said = weft_seam_socket_recv(&socket->seam, buffer, size, &got);
        if (said == 0 && got == 0 && was_reset(socket))
            said = WEFT_SEAM_GONE;
        if (said == 0) {
            *length = got;
            return 0;
        }
        if (said == WEFT_SEAM_AGAIN)
            continue;
        if (said != WEFT_SEAM_BLOCKS)
            return weft__socket_fail_seam(socket, said, "receive from");
        err = weft__socket_wait(socket, WEFT_SEAM_READABLE, until);
        if (err != 0)
            err = weft__socket_fail_wait(socket, err, "receive from");
    }
    return err;
}
