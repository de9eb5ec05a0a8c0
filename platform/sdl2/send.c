/* SPDX-License-Identifier: MIT */
/*
 * Sending over TCP with a deadline.
 *
 * SDLNet_TCP_Send() blocks until all is sent or the peer is gone, and SDL2_net cannot
 * tell beforehand whether it will. So a connection that sends has a thread for it.
 * weft_socket_send() hands that thread one piece after another in a buffer of their
 * own, and waits until it has sent the last. At the deadline the caller walks away:
 * the piece under way counts as sent, for it will be, unless the peer goes away
 * first (the same is true of what lies in the system's buffer). The next send waits
 * for it, so the bytes stay in order.
 *
 * The socket's lock guards all of struct weft__sender. While `pending`, the buffer and
 * the socket of SDL are the thread's. The thread ends when it had nothing to do for a
 * while, so that connections at rest cost none.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "net.h"
#include "park.h"
#include "seam.h"
#include "weft/condition.h"
#include "weft/memory.h"

enum { PIECE = 65536, STACK = 131072 };

#define AT_REST WEFT_S(1)       /* how long the thread waits for more to do */
#define LAST_WORDS WEFT_MS(500) /* how long close waits for what an earlier send left */

enum thread { NONE, RUNS, HAS_ENDED };

struct weft__sender {
    weft_condition changed; /* notified at every change of what follows, and of `shut` */
    enum thread thread;
    weft_seam_thread handle; /* to be joined unless NONE */
    weft_seam_start start;   /* of the thread */
    bool pending;            /* the thread sends, or is about to send, the piece */
    size_t length;           /* of the piece */
    bool failed;             /* for ever */
    int reason;              /* errno then, if the system has it */
    bool orphaned;           /* the socket's owner is gone: the thread destroys it */
    unsigned char piece[PIECE];
};

/* ---- the thread ------------------------------------------------------------------------ */

/* Under the lock, which is left meanwhile. */
static void send_piece(weft_socket *socket)
{
    weft__sender *sender = socket->sender;
    int length = (int)sender->length, sent, reason;

    weft_mutex_release(&socket->lock);
    sent = SDLNet_TCP_Send(socket->tcp, sender->piece, length);
    reason = errno;
    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    sender->pending = false;
    if (sent < length) {
        sender->failed = true;
        sender->reason = reason;
    }
    weft__net_close_locked(socket);
    weft_condition_notify_all(&sender->changed);
}

static void run_sender(void *context)
{
    weft_socket *socket = context;
    weft__sender *sender = socket->sender;
    weft_time until = weft_in(AT_REST);
    int err = 0;
    bool orphaned;

    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    while (sender->pending || (!socket->closing && err == 0)) {
        if (sender->pending) {
            send_piece(socket);
            until = weft_in(AT_REST);
            err = 0;
        } else {
            err = weft_fault_point("send.rests");
            if (err == 0)
                err = weft__condition_wait(&sender->changed, &socket->lock, until, 0, "socket",
                                           socket);
        }
    }
    sender->thread = HAS_ENDED;
    orphaned = sender->orphaned;
    weft_mutex_release(&socket->lock);
    if (orphaned) {
        weft_free(sender);
        socket->sender = NULL;
        weft__net_destroy(socket);
    }
}

/* Under the lock. */
static int start_sender(weft_socket *socket)
{
    weft__sender *sender = socket->sender;
    int err = 0;

    if (!sender) {
        sender = weft_alloc(sizeof(*sender));
        if (!sender)
            return WEFT_ENOMEM;
        socket->sender = sender;
    }
    if (sender->thread == RUNS)
        return 0;
    if (sender->thread == HAS_ENDED)
        weft_seam_thread_join(sender->handle);
    sender->thread = NONE;
    sender->start = (weft_seam_start){run_sender, socket, "weft-send"};
    err = weft_seam_thread_start(&sender->handle, &sender->start, STACK);
    if (err == 0)
        sender->thread = RUNS;
    return err;
}

/* ---- its callers ------------------------------------------------------------------------- */

static int fail_late(const weft_socket *socket, int err, size_t sent, size_t size)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(err, "tcp send to %s: the %s after %zu of %zu bytes",
                      weft_address_text(&socket->name, text, sizeof(text)),
                      err == WEFT_ECANCELED ? "wait was cancelled" : "deadline passed", sent, size);
}

/* Why nothing more can be sent, or 0. Under the lock. */
static int check_locked(const weft_socket *socket)
{
    const weft__sender *sender = socket->sender;

    if (weft__net_is_shut(socket, WEFT_SHUTDOWN_WRITE))
        return weft__net_fail(&socket->name, WEFT_ECLOSED, "tcp send to",
                              "the sending side was shut down");
    if (!sender || !sender->failed)
        return 0;
    if (sender->reason == EPIPE || sender->reason == ETIMEDOUT || sender->reason == 0)
        return weft__net_fail(&socket->name, WEFT_ERESET, "tcp send to",
                              "the peer is gone or answers no more");
    return weft__net_fail_sdl(&socket->name, sender->reason, WEFT_ERESET, "tcp send to", "");
}

/* Until the piece is sent. Under the lock. */
static int await_locked(weft_socket *socket, weft_time until)
{
    weft__sender *sender = socket->sender;
    int err = check_locked(socket);

    while (sender->pending && err == 0) {
        int late = weft__condition_wait(&sender->changed, &socket->lock, until, WEFT__CANCELLABLE,
                                        "socket", socket);
        err = check_locked(socket);
        if (err == 0 && sender->pending)
            err = late;
    }
    return err;
}

/* Under the lock. */
static int send_locked(weft_socket *socket, const unsigned char *data, size_t size, size_t *sent,
                       weft_time until)
{
    int err = check_locked(socket);
    weft__sender *sender;

    if (err == 0)
        err = start_sender(socket);
    if (err == 0)
        err = await_locked(socket, until);
    sender = socket->sender;
    while (*sent < size && err == 0) {
        size_t left = size - *sent;
        err = start_sender(socket); /* it may have gone to rest meanwhile */
        if (err != 0)
            break;
        sender->length = left < PIECE ? left : PIECE;
        memcpy(sender->piece, data + *sent, sender->length);
        *sent += sender->length;
        sender->pending = true;
        weft_condition_notify_all(&sender->changed);
        err = await_locked(socket, until);
    }
    if (err != WEFT_ETIMEDOUT && err != WEFT_ECANCELED)
        return err;
    /* The caller has nothing left to do when the last piece is under way. */
    return size > 0 && *sent == size ? 0 : fail_late(socket, err, *sent, size);
}

int weft_socket_send(weft_socket *socket, const void *data, size_t size, size_t *sent,
                     weft_time until)
{
    size_t counted = 0;
    int err = weft__net_expect(socket, WEFT__CONNECTION, "tcp send to");

    if (err == 0) {
        weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
        err = send_locked(socket, data, size, &counted, until);
        weft_mutex_release(&socket->lock);
    }
    if (sent)
        *sent = counted;
    return err;
}

/* ---- for the rest of the socket ------------------------------------------------------------ */

bool weft__sender_is_busy(const weft__sender *sender)
{
    return sender && sender->pending;
}

void weft__sender_wake(weft__sender *sender)
{
    if (sender)
        weft_condition_notify_all(&sender->changed);
}

bool weft__sender_has_failed(weft_socket *socket)
{
    bool failed;

    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    failed = socket->sender && socket->sender->failed;
    weft_mutex_release(&socket->lock);
    return failed;
}

bool weft__sender_has_room(weft_socket *socket)
{
    bool has_room;

    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    has_room = !weft__sender_is_busy(socket->sender);
    weft_mutex_release(&socket->lock);
    return has_room;
}

bool weft__sender_close(weft_socket *socket)
{
    weft__sender *sender = socket->sender;
    weft_time until = weft_in(LAST_WORDS);
    weft_seam_thread handle;
    bool has_thread, orphaned;

    if (!sender)
        return true;
    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    while (sender->pending &&
           weft__condition_wait(&sender->changed, &socket->lock, until, 0, "socket", socket) == 0)
        continue;
    socket->closing = true;
    orphaned = sender->pending;
    sender->orphaned = orphaned;
    handle = sender->handle;
    has_thread = sender->thread != NONE;
    weft_condition_notify_all(&sender->changed);
    weft_mutex_release(&socket->lock);
    if (orphaned) {
        weft_seam_thread_detach(handle);
        return false;
    }
    if (has_thread)
        weft_seam_thread_join(handle);
    weft_free(sender);
    socket->sender = NULL;
    return true;
}
