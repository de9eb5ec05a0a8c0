/* SPDX-License-Identifier: MIT */
/* TCP connections: beginning one and receiving. listen.c accepts them, send.c sends. */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "net.h"
#include "portable/host.h"
#include "seam.h"
#include "weft/memory.h"

enum { MOST_AT_ONCE = 1 << 30 /* bytes: SDL2_net counts in int */ };

/* A call of SDLNet_TCP_Open() in a thread of its own. */
struct opening {
    IPaddress where;
    TCPsocket tcp;
    int reason;     /* errno */
    char text[128]; /* SDL's words, which only the thread that fails can read */
};

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
    if (err == WEFT_ECANCELED)
        return weft__net_fail(&socket->name, err, "tcp connect to", "the wait was cancelled");
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

static int connect_to(weft_socket **socket, const weft_address *address, weft_time until)
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

/* An address that answers nothing leaves the ones after it their part of the time. */
static weft_time share_of(weft_time until, size_t addresses_left)
{
    weft_time left;

    if (until == WEFT_FOREVER || addresses_left == 1)
        return until;
    left = until - weft_clock();
    return left > 0 ? weft_in(left / (weft_time)addresses_left) : until;
}

int weft_tcp_connect(weft_socket **socket, const char *host, int port, weft_time until)
{
    weft_address addresses[WEFT__MOST_ADDRESSES];
    size_t count = 0;
    int err = weft__resolve_peer(host, port, addresses, WEFT__MOST_ADDRESSES, &count, until);

    if (err != 0)
        return err;
    for (size_t i = 0; i < count; i++) {
        err = connect_to(socket, &addresses[i], share_of(until, count - i));
        if (err == 0 || err == WEFT_ENOMEM || err == WEFT_ELIMIT || err == WEFT_ECANCELED)
            break;
    }
    /* The sentence names an address; if that is not what was asked for, it says both. */
    if (err != 0 && !strstr(weft_last_error(), host))
        weft__fail(err, "host %s, port %d: %s", host, port, weft_last_error());
    return err;
}

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
    if (err == WEFT_ECANCELED)
        return weft__net_fail(&socket->name, err, "tcp receive from", "the wait was cancelled");
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
