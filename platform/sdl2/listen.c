/* SPDX-License-Identifier: MIT */
/*
 * TCP listeners.
 *
 * SDL2_net lets five connections wait. A sixth is lost in a way that its client notices
 * only by silence: for it, the connection has begun. So a listener has a thread that
 * accepts at once, and a queue in which connections wait, as many as the backlog says.
 * Closing the listener waits until the thread's slice is over.
 *
 * The socket's lock guards the queue. Who finds it empty tries to accept too: what the
 * system has already beats a deadline that has passed, and a failure is told to the
 * caller whom it concerns. `receive_lock` keeps those who accept apart.
 *
 * SDL2_net cannot tell which port a listener was given, so where any will do, ports of
 * the range for such uses are tried until one is free.
 */
#include <errno.h>

#include "internal.h"
#include "net.h"
#include "park.h"
#include "portable/host.h"
#include "seam.h"
#include "weft/condition.h"
#include "weft/memory.h"

enum {
    MOST_BACKLOG = 4096,
    STACK = 131072,     /* of the thread */
    FIRST_PORT = 49152, /* of those that RFC 6335 leaves to such uses */
    PORTS = 16384,
    MOST_TRIES = 200,
    MOST_FAILURES = 10 /* of accept, without a reason: then it is not the connections' fault */
};

#define PAUSE WEFT_MS(10) /* of the thread after a failure */

struct weft__backlog {
    weft_condition changed; /* notified when the queue grows or shrinks, when a connection could
                               not be accepted, and when the listener is shut down */
    weft_seam_thread thread;
    weft_seam_start start; /* of the thread */
    size_t capacity, first, count;
    TCPsocket waiting[]; /* a ring */
};

/* ---- accepting -------------------------------------------------------------------------- */

/* A connection that was made to the listener. NULL: *reason is errno, EAGAIN if there
 * was none. */
static TCPsocket accept_one(weft_socket *listener, int *reason)
{
    TCPsocket tcp = NULL;

    *reason = EAGAIN;
    weft_mutex_acquire(&listener->receive_lock, WEFT_FOREVER);
    if (SDLNet_CheckSockets(listener->set, 0) > 0) {
        errno = 0;
        tcp = SDLNet_TCP_Accept(listener->tcp);
        *reason = errno;
    }
    weft_mutex_release(&listener->receive_lock);
    return tcp;
}

/* The same; who is not let in is turned away. */
static TCPsocket accept_wanted(weft_socket *listener, int *reason)
{
    TCPsocket tcp = accept_one(listener, reason);
    weft_address peer;

    if (!tcp || !listener->loopback)
        return tcp;
    peer = weft__net_from_sdl(SDLNet_TCP_GetPeerAddress(tcp));
    if (weft__net_is_loopback(&peer))
        return tcp;
    SDLNet_TCP_Close(tcp);
    *reason = EAGAIN;
    return NULL;
}

/* There was no connection, another thread took it, or it failed before it was taken. */
static bool is_of_the_connection(int reason)
{
    return reason == EAGAIN || reason == EWOULDBLOCK || reason == EINTR || reason == ECONNABORTED;
}

/* ---- the thread ---------------------------------------------------------------------------- */

/* What has come by the end of a slice goes into the queue. Under the lock, which is left
 * meanwhile. */
static void fill_queue(weft_socket *listener)
{
    weft__backlog *backlog = listener->backlog;
    TCPsocket tcp = NULL;
    int reason = EAGAIN, err;

    weft_mutex_release(&listener->lock);
    err = weft__net_wait(listener, weft_in(WEFT_MS(WEFT__SLICE)), "tcp accept at");
    if (err == 0)
        tcp = accept_wanted(listener, &reason);
    weft_mutex_acquire(&listener->lock, WEFT_FOREVER);
    if (tcp) {
        backlog->waiting[(backlog->first + backlog->count++) % backlog->capacity] = tcp;
        weft_condition_notify_all(&backlog->changed);
        return;
    }
    if ((err == 0 && is_of_the_connection(reason)) || err == WEFT_ETIMEDOUT || listener->closing)
        return;
    /* Whatever it is, it must not spin. Who waits in accept finds it out for himself. */
    weft_condition_notify_all(&backlog->changed);
    weft__condition_wait(&backlog->changed, &listener->lock, weft_in(PAUSE), 0, "socket", listener);
}

static void accept_early(void *context)
{
    weft_socket *listener = context;
    weft__backlog *backlog = listener->backlog;

    weft_mutex_acquire(&listener->lock, WEFT_FOREVER);
    while (!listener->closing) {
        if (backlog->count < backlog->capacity)
            fill_queue(listener);
        else
            weft__condition_wait(&backlog->changed, &listener->lock, WEFT_FOREVER, 0, "socket",
                                 listener);
    }
    listener->users--;
    weft__net_close_locked(listener);
    weft_mutex_release(&listener->lock);
}

static int start_backlog(weft_socket *listener, size_t capacity)
{
    weft__backlog *backlog = weft_alloc(sizeof(*backlog) + capacity * sizeof(backlog->waiting[0]));
    int err = 0;

    if (!backlog)
        return WEFT_ENOMEM;
    backlog->capacity = capacity;
    listener->backlog = backlog;
    listener->users = 1; /* the thread */
    backlog->start = (weft_seam_start){accept_early, listener, "weft-accept"};
    err = weft_seam_thread_start(&backlog->thread, &backlog->start, STACK);
    if (err == 0)
        return 0;
    listener->users = 0;
    listener->backlog = NULL;
    weft_free(backlog);
    return err;
}

void weft__backlog_wake(weft__backlog *backlog)
{
    if (backlog)
        weft_condition_notify_all(&backlog->changed);
}

bool weft__backlog_has_any(weft_socket *listener)
{
    bool has_any;

    weft_mutex_acquire(&listener->lock, WEFT_FOREVER);
    has_any = listener->backlog->count > 0;
    weft_mutex_release(&listener->lock);
    return has_any;
}

void weft__backlog_close(weft_socket *listener)
{
    weft__backlog *backlog = listener->backlog;

    if (!backlog)
        return;
    weft_mutex_acquire(&listener->lock, WEFT_FOREVER);
    listener->closing = true;
    weft_condition_notify_all(&backlog->changed);
    weft_mutex_release(&listener->lock);
    weft_seam_thread_join(backlog->thread);
    for (; backlog->count > 0; backlog->count--)
        SDLNet_TCP_Close(backlog->waiting[backlog->first++ % backlog->capacity]);
    listener->backlog = NULL;
    weft_free(backlog);
}

/* ---- accept -------------------------------------------------------------------------------- */

/* Under the lock. */
static TCPsocket take_locked(weft__backlog *backlog)
{
    TCPsocket tcp;

    if (backlog->count == 0)
        return NULL;
    tcp = backlog->waiting[backlog->first];
    backlog->first = (backlog->first + 1) % backlog->capacity;
    backlog->count--;
    weft_condition_notify_all(&backlog->changed);
    return tcp;
}

/* After accept_wanted() gave nothing; 0: no reason to give up. */
static int judge_failure(const weft_socket *listener, int reason, int *failures)
{
    if (is_of_the_connection(reason) || (reason == 0 && ++*failures < MOST_FAILURES))
        return 0;
    return weft__net_fail_sdl(&listener->name, reason, WEFT_ELIMIT, "tcp accept at",
                              SDLNet_GetError());
}

static int fail_accept(const weft_socket *listener, int err)
{
    return weft__net_fail(&listener->name, err, "tcp accept at",
                          err == WEFT_ETIMEDOUT   ? "the deadline passed"
                          : err == WEFT_ECANCELED ? "the wait was cancelled"
                                                  : "the listener was shut down");
}

/* From the queue or, if that is empty, from the system; NULL and 0: neither has one. */
static int take(weft_socket *listener, TCPsocket *taken, int *failures)
{
    int err = weft_fault_point("socket.accept");
    int reason = 0;

    if (err != 0)
        return weft__net_fail(&listener->name, err, "tcp accept at", "refused by a test");
    if (!weft__net_enter(listener))
        return fail_accept(listener, WEFT_ECLOSED);
    weft_mutex_acquire(&listener->lock, WEFT_FOREVER);
    *taken = take_locked(listener->backlog);
    weft_mutex_release(&listener->lock);
    if (!*taken)
        *taken = accept_wanted(listener, &reason);
    if (!*taken)
        err = judge_failure(listener, reason, failures);
    weft__net_leave(listener);
    return err;
}

/* Until there may be something to take. */
static int await(weft_socket *listener, weft_time until)
{
    int err = 0;

    weft_mutex_acquire(&listener->lock, WEFT_FOREVER);
    if (listener->backlog->count == 0 && !listener->closing)
        err = weft__condition_wait(&listener->backlog->changed, &listener->lock, until,
                                   WEFT__CANCELLABLE, "socket", listener);
    weft_mutex_release(&listener->lock);
    return err;
}

int weft_socket_accept(weft_socket *listener, weft_socket **socket, weft_address *peer,
                       weft_time until)
{
    weft_socket *created = NULL;
    TCPsocket tcp = NULL;
    int failures = 0, late = 0;
    int err = weft__net_expect(listener, WEFT__LISTENER, "tcp accept at");

    if (err != 0)
        return err;
    /* Memory first: afterwards there is no way to put a connection back. */
    err = weft__net_create(&created, WEFT__CONNECTION, &listener->name);
    if (err != 0)
        return err;
    for (;;) {
        err = take(listener, &tcp, &failures);
        if (err != 0 || tcp || late != 0)
            break;
        late = await(listener, until);
    }
    if (err == 0 && !tcp)
        err = fail_accept(listener, late);
    if (err == 0) {
        created->name = weft__net_from_sdl(SDLNet_TCP_GetPeerAddress(tcp));
        err = weft__net_attach(created, tcp, NULL);
    }
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    if (peer)
        *peer = created->name;
    *socket = created;
    return 0;
}

/* ---- listen -------------------------------------------------------------------------------- */

/* Any number, another one each time: the steps of SplitMix64 from a start that differs
 * between processes. */
static uint64_t any_number(void)
{
    static weft_atomic_u64 steps; /* relaxed: only uniqueness matters */
    uint64_t step = weft_fetch_add_u64(&steps, UINT64_C(0x9E3779B97F4A7C15), WEFT_RELAXED);
    uint64_t x = step + (uint64_t)weft_clock() + (uintptr_t)&step;

    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* SDLNet_TCP_Open() listens where the host is 0. NULL: *reason is errno. */
static TCPsocket open_listener(weft_address *name, int *reason)
{
    int tries = name->port == 0 ? MOST_TRIES : 1;
    TCPsocket tcp = NULL;

    for (int i = 0; i < tries && !tcp; i++) {
        uint16_t port =
            name->port != 0 ? name->port : (uint16_t)(FIRST_PORT + any_number() % PORTS);
        IPaddress where = {.host = INADDR_ANY, .port = SDL_SwapBE16(port)};
        SDL_ClearError();
        errno = 0;
        tcp = SDLNet_TCP_Open(&where);
        *reason = errno;
        if (tcp)
            name->port = port;
        else if (*reason != 0 && *reason != EADDRINUSE)
            break;
    }
    return tcp;
}

int weft__tcp_listen_at(weft_socket **socket, const weft_address *address,
                        const weft_listen_options *options)
{
    int capacity = options->backlog < MOST_BACKLOG ? options->backlog : MOST_BACKLOG;
    weft_socket *created = NULL;
    TCPsocket tcp = NULL;
    int reason = 0;
    int err = weft__net_check_own(address, "tcp listen at");

    if (err == 0)
        err = weft__net_create(&created, WEFT__LISTENER, address);
    if (err != 0)
        return err;
    tcp = open_listener(&created->name, &reason);
    if (tcp)
        err = weft__net_attach(created, tcp, NULL);
    else
        err = weft__net_fail_sdl(address, reason, WEFT_EADDRINUSE, "tcp listen at",
                                 SDLNet_GetError());
    if (err == 0)
        err = start_backlog(created, (size_t)capacity);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}
