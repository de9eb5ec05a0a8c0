/* SPDX-License-Identifier: MIT */
/*
 * TCP but sending, which is send.c's.
 *
 * SDL2_net cannot tell which port a listener was given, so where any will do, ports of
 * the range for such uses are tried until one is free. The backlog is SDL2_net's, 5
 * connections.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "net.h"
#include "seam.h"
#include "weft/memory.h"

enum {
    MOST_ADDRESSES = 16,
    MOST_AT_ONCE = 1 << 30, /* bytes: SDL2_net counts in int */
    FIRST_PORT = 49152,     /* of those that RFC 6335 leaves to such uses */
    PORTS = 16384,
    MOST_TRIES = 200,
    MOST_FAILURES = 10 /* of accept, 1 ms apart, until it is not the connections' fault */
};

/* A call of SDLNet_TCP_Open() in a thread of its own. */
struct opening {
    IPaddress where;
    TCPsocket tcp;
    int reason;     /* errno */
    char text[128]; /* SDL's words, which only the thread that fails can read */
};

/* ---- connections that begin --------------------------------------------------------- */

static void open_tcp(void *context)
{
    struct opening *opening = context;

    do {
        SDL_ClearError();
        errno = 0;
        opening->tcp = SDLNet_TCP_Open(&opening->where);
        opening->reason = errno;
    } while (!opening->tcp && opening->reason == EINTR);
    SDL_strlcpy(opening->text, SDLNet_GetError(), sizeof(opening->text));
}

static void release_opening(void *context)
{
    struct opening *opening = context;

    SDLNet_TCP_Close(opening->tcp);
    weft_free(opening);
}

static int open_connection(weft_socket *socket, weft_time until)
{
    struct opening *opening = weft_alloc(sizeof(*opening));
    int err = 0;

    if (!opening)
        return WEFT_ENOMEM;
    opening->where = weft__net_to_sdl(&socket->name);
    /* In a thread even without a deadline: SDL's block the signals that would end it. */
    err = weft__call_until(open_tcp, release_opening, opening,
                           until == WEFT_FOREVER ? WEFT_FOREVER - 1 : until);
    if (err == WEFT_ETIMEDOUT)
        return weft__net_fail(&socket->name, err, "tcp connect to", "the deadline passed");
    if (err != 0)
        return err;
    if (opening->tcp)
        err = weft__net_attach(socket, opening->tcp, NULL);
    else
        err = weft__net_fail_sdl(&socket->name, opening->reason, WEFT_EREFUSED, "tcp connect to",
                                 opening->text);
    opening->tcp = NULL;
    release_opening(opening);
    return err;
}

int weft_seam_tcp_connect(weft_socket **socket, const weft_address *address, weft_time until)
{
    weft_socket *created = NULL;
    IPaddress sdl = weft__net_to_sdl(address);
    int err = 0;

    if (address->family != WEFT_IPV4)
        return weft__net_fail(address, WEFT_ENOTSUP, "tcp connect to", "SDL2_net speaks IPv4 only");
    /* SDLNet_TCP_Open() would listen there. */
    if (sdl.host == INADDR_ANY || sdl.host == INADDR_NONE)
        return weft__net_fail(address, WEFT_EUNREACHABLE, "tcp connect to",
                              "this is no one's address");
    err = weft__net_create(&created, WEFT__CONNECTION, address);
    if (err != 0)
        return err;
    err = open_connection(created, until);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

/* ---- listeners ------------------------------------------------------------------------ */

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

/* The host of `where` is 0: SDLNet_TCP_Open() listens. NULL: errno is the reason. */
static TCPsocket open_listener(weft_address *name)
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
        if (tcp)
            name->port = port;
        else if (errno != 0 && errno != EADDRINUSE)
            break;
    }
    return tcp;
}

static int listen_at(weft_socket **socket, const weft_address *address)
{
    weft_socket *created = NULL;
    TCPsocket tcp = NULL;
    int err = weft__net_check_own(address, "tcp listen at");

    if (err == 0)
        err = weft__net_create(&created, WEFT__LISTENER, address);
    if (err != 0)
        return err;
    tcp = open_listener(&created->name);
    if (tcp)
        err = weft__net_attach(created, tcp, NULL);
    else
        err =
            weft__net_fail_sdl(address, errno, WEFT_EADDRINUSE, "tcp listen at", SDLNet_GetError());
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

int weft_tcp_listen(weft_socket **socket, const char *host, int port,
                    const weft_listen_options *options)
{
    weft_address addresses[MOST_ADDRESSES];
    size_t count = 0;
    int err = 0;

    if (options && options->backlog < 0)
        return weft__fail(WEFT_EINVAL, "tcp listen: a backlog of %d", options->backlog);
    if (options && options->ipv6_only)
        return weft__fail(WEFT_ENOTSUP, "tcp listen: SDL2_net speaks IPv4 only");
    err = weft__resolve(host, port, addresses, MOST_ADDRESSES, &count, WEFT_FOREVER);
    if (err != 0)
        return err;
    return listen_at(socket, &addresses[0]);
}

/* ---- connections that come -------------------------------------------------------------- */

/* SDLNet_TCP_Accept() if there is a connection: of several threads that were told of it,
 * one gets it. NULL: *reason is errno, or EAGAIN if there was none. */
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

/* After accept_one() gave nothing; 0: try again. */
static int judge_failure(const weft_socket *listener, int reason, int *failures)
{
    /* Another thread took the connection, or it failed before it was taken. */
    if (reason == EAGAIN || reason == EWOULDBLOCK || reason == EINTR || reason == ECONNABORTED)
        return 0;
    if (reason == 0 && ++*failures < MOST_FAILURES) {
        weft_sleep(WEFT_MS(1));
        return 0;
    }
    return weft__net_fail_sdl(&listener->name, reason, WEFT_ELIMIT, "tcp accept at",
                              SDLNet_GetError());
}

static int fail_accept(const weft_socket *listener, int err)
{
    return weft__net_fail(&listener->name, err, "tcp accept at",
                          err == WEFT_ETIMEDOUT ? "the deadline passed"
                                                : "the listener was shut down");
}

/* A connection of SDL that the listener lets in. */
static int accept_next(weft_socket *listener, TCPsocket *accepted, weft_address *peer,
                       weft_time until)
{
    int failures = 0;

    for (;;) {
        int reason = 0;
        int err = weft_fault_point("socket.accept");
        if (err != 0)
            return weft__net_fail(&listener->name, err, "tcp accept at", "refused by a test");
        err = weft__net_wait(listener, until, "tcp accept at");
        if (err == WEFT_ETIMEDOUT || err == WEFT_ECLOSED)
            return fail_accept(listener, err);
        if (err != 0)
            return err;
        *accepted = accept_one(listener, &reason);
        if (*accepted) {
            *peer = weft__net_from_sdl(SDLNet_TCP_GetPeerAddress(*accepted));
            if (!listener->loopback || weft__net_is_loopback(peer))
                return 0;
            SDLNet_TCP_Close(*accepted);
        } else {
            err = judge_failure(listener, reason, &failures);
            if (err != 0)
                return err;
        }
        /* Who is not let in must not hold the caller. */
        if (until <= weft_clock())
            return fail_accept(listener, WEFT_ETIMEDOUT);
    }
}

int weft_socket_accept(weft_socket *listener, weft_socket **socket, weft_address *peer,
                       weft_time until)
{
    weft_socket *created = NULL;
    TCPsocket tcp = NULL;
    int err = weft__net_expect(listener, WEFT__LISTENER, "tcp accept at");

    if (err != 0)
        return err;
    /* Memory first: afterwards there is no way to put a connection back. */
    err = weft__net_create(&created, WEFT__CONNECTION, &listener->name);
    if (err != 0)
        return err;
    if (weft__net_enter(listener)) {
        err = accept_next(listener, &tcp, &created->name, until);
        weft__net_leave(listener);
    } else {
        err = fail_accept(listener, WEFT_ECLOSED);
    }
    if (err == 0)
        err = weft__net_attach(created, tcp, NULL);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    if (peer)
        *peer = created->name;
    *socket = created;
    return 0;
}

/* ---- bytes that come ---------------------------------------------------------------------- */

/* Between enter and leave. */
static int receive(weft_socket *socket, void *buffer, size_t size, size_t *length, weft_time until)
{
    int err = weft__net_wait(socket, until, "tcp receive from");
    int got;

    if (err == WEFT_ECLOSED) {
        *length = 0;
        return 0;
    }
    if (err == WEFT_ETIMEDOUT)
        return weft__net_fail(&socket->name, err, "tcp receive from", "the deadline passed");
    if (err != 0)
        return err;
    got = SDLNet_TCP_Recv(socket->tcp, buffer, size < MOST_AT_ONCE ? (int)size : MOST_AT_ONCE);
    /* A reset is told to one call only: if the sender heard it, here it looks like the end. */
    if (got < 0 || (got == 0 && weft__sender_has_failed(socket)))
        return weft__net_fail(&socket->name, WEFT_ERESET, "tcp receive from",
                              "the peer is gone or answers no more");
    *length = (size_t)got;
    return 0;
}

int weft_socket_recv(weft_socket *socket, void *buffer, size_t size, size_t *length,
                     weft_time until)
{
    int err = weft__net_expect(socket, WEFT__CONNECTION, "tcp receive from");

    if (err == 0 && size == 0)
        err = weft__misuse(WEFT_EINVAL, "tcp receive: a buffer of 0 bytes cannot tell the end");
    if (err != 0)
        return err;
    if (!weft__net_enter(socket)) {
        *length = 0;
        return 0;
    }
    err = receive(socket, buffer, size, length, until);
    weft__net_leave(socket);
    return err;
}
