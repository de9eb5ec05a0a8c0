/* SPDX-License-Identifier: MIT */
/*
 * What TCP and UDP sockets on SDL2_net have in common.
 *
 * SDL2_net speaks IPv4, always binds to all interfaces, has no options and cannot end
 * one direction of a connection. A socket at a loopback address therefore listens
 * everywhere and drops whoever is not of this machine; other addresses of one's own
 * are WEFT_ENOTSUP. weft_socket_shutdown(BOTH) closes the socket of SDL, as soon as no
 * call uses it: that is how the peer learns of the end.
 *
 * Waits are slices of SDLNet_CheckSockets(), between which `shut`, the token of the thread
 * and the clock are looked at. A signal handler that runs starts a slice anew, so handlers that run
 * in the waiting thread more than 20 times a second delay its deadline.
 *
 * SDL2_net says which step failed, never why. Where sockets are files, the reason is
 * still in C's errno; on Windows it is not, and the code is the likeliest one.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "internal.h"
#include "net.h"
#include "portable/host.h"
#include "seam.h"
#include "weft/cancel.h"
#include "weft/memory.h"
#include "weft/once.h"

/* SDL2_net's select() takes no descriptor above 1023, and others need some too. */
enum { MOST_SOCKETS = 800 };

static weft_atomic_u32 sockets; /* that exist; relaxed: it is only a number */

static int start(void *context)
{
    (void)context;
#ifdef SIGPIPE
    /* SDLNet_Init() switches the signal off for the whole process. It need not: who sends
     * is a thread of SDL, and in these it is blocked. */
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
#endif
    int failed = SDLNet_Init();
#ifdef SIGPIPE
    if (before != SIG_ERR)
        signal(SIGPIPE, before);
#endif
    return failed == 0 ? 0
                       : weft__fail(WEFT_ESYSTEM, "SDL2_net does not start: %s", SDL_GetError());
}

int weft__net_begin(void)
{
    static weft_once once = WEFT_ONCE_INIT;

    return weft__once(&once, start);
}

/* ---- life -------------------------------------------------------------------------- */

int weft__net_create(weft_socket **socket, enum weft__net_kind kind, const weft_address *name)
{
    weft_socket *created = NULL;
    int err = weft_fault_point("socket.create");

    if (err != 0)
        return weft__fail(err, "socket: refused by a test");
    err = weft__net_begin();
    if (err != 0)
        return err;
    created = weft_alloc(sizeof(*created));
    if (!created)
        return WEFT_ENOMEM;
    weft_fetch_add_u32(&sockets, 1, WEFT_RELAXED);
    created->kind = kind;
    created->name = *name;
    created->loopback = weft__net_is_loopback(name);
    if (kind == WEFT__UDP) {
        created->datagram = weft_alloc(WEFT__DATAGRAM_SIZE);
        err = created->datagram ? 0 : WEFT_ENOMEM;
    }
    if (err == 0 && weft_load_u32(&sockets, WEFT_RELAXED) > MOST_SOCKETS)
        err = weft__fail(WEFT_ELIMIT, "socket: SDL2_net cannot wait on more than %d", MOST_SOCKETS);
    if (err != 0)
        goto drop;
    *socket = created;
    return 0;

drop:
    weft__net_destroy(created);
    return err;
}

int weft__net_attach(weft_socket *socket, TCPsocket tcp, UDPsocket udp)
{
    socket->tcp = tcp;
    socket->udp = udp;
    socket->set = SDLNet_AllocSocketSet(1);
    if (!socket->set)
        return weft__fail(WEFT_ENOMEM, "socket: SDL2_net has no memory for its set");
    if (tcp)
        SDLNet_TCP_AddSocket(socket->set, tcp);
    else
        SDLNet_UDP_AddSocket(socket->set, udp);
    return 0;
}

void weft__net_destroy(weft_socket *socket)
{
    socket->closing = true;
    weft__net_close_locked(socket);
    if (socket->set)
        SDLNet_FreeSocketSet(socket->set);
    weft_free(socket->datagram);
    weft_free(socket);
    weft_fetch_sub_u32(&sockets, 1, WEFT_RELAXED);
}

void weft__net_close_locked(weft_socket *socket)
{
    if (!socket->closing || socket->users > 0 || weft__sender_is_busy(socket->sender))
        return;
    SDLNet_TCP_Close(socket->tcp);
    SDLNet_UDP_Close(socket->udp);
    socket->tcp = NULL;
    socket->udp = NULL;
}

uintptr_t weft__socket_pollable(const weft_socket *socket)
{
    return socket->tcp ? (uintptr_t)socket->tcp : (uintptr_t)socket->udp;
}

void weft_socket_close(weft_socket *socket)
{
    if (!socket)
        return;
    weft__pollers_forget(socket);
    weft__backlog_close(socket);
    if (weft__sender_close(socket))
        weft__net_destroy(socket);
}

bool weft__net_enter(weft_socket *socket)
{
    bool open;

    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    open = !socket->closing;
    if (open)
        socket->users++;
    weft_mutex_release(&socket->lock);
    return open;
}

void weft__net_leave(weft_socket *socket)
{
    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    socket->users--;
    weft__net_close_locked(socket);
    weft_mutex_release(&socket->lock);
}

/* ---- waiting and its end ------------------------------------------------------------ */

bool weft__net_is_shut(const weft_socket *socket, enum weft_shutdown how)
{
    return (weft_load_u32(&socket->shut, WEFT_ACQUIRE) & (uint32_t)how) != 0;
}

int weft__net_wait(weft_socket *socket, weft_time until, const char *what)
{
    for (;;) {
        bool cancelled = until > WEFT_NOW && weft_cancel_requested(weft_cancel_current());
        int64_t ms = cancelled ? 0 : weft__ms_until(until, WEFT__SLICE);
        int ready;
        if (weft__net_is_shut(socket, WEFT_SHUTDOWN_READ))
            return WEFT_ECLOSED;
        errno = 0;
        ready = SDLNet_CheckSockets(socket->set, (Uint32)ms);
        if (ready > 0)
            return 0;
        if (ready < 0)
            return weft__net_fail_sdl(&socket->name, errno, WEFT_ESYSTEM, what, "select failed");
        if (cancelled)
            return WEFT_ECANCELED;
        if (until <= weft_clock())
            return WEFT_ETIMEDOUT;
    }
}

int weft_socket_shutdown(weft_socket *socket, enum weft_shutdown how)
{
    uint32_t shut;
    int err = 0;

    if (!socket || how < WEFT_SHUTDOWN_READ || how > WEFT_SHUTDOWN_BOTH)
        return weft__misuse(WEFT_EINVAL, "socket shutdown: %s",
                            socket ? "no direction" : "the socket is NULL");
    weft_mutex_acquire(&socket->lock, WEFT_FOREVER);
    shut = weft_load_u32(&socket->shut, WEFT_RELAXED) | (uint32_t)how;
    if (socket->kind == WEFT__CONNECTION && shut == WEFT_SHUTDOWN_WRITE) {
        err = weft__net_fail(&socket->name, WEFT_ENOTSUP, "shutdown of tcp connection to",
                             "SDL2_net cannot end one direction");
    } else {
        weft_store_u32(&socket->shut, shut, WEFT_RELEASE);
        if (shut == WEFT_SHUTDOWN_BOTH ||
            (socket->kind == WEFT__LISTENER && shut == WEFT_SHUTDOWN_READ))
            socket->closing = true;
        weft__sender_wake(socket->sender);
        weft__backlog_wake(socket->backlog);
        weft__net_close_locked(socket);
    }
    weft_mutex_release(&socket->lock);
    weft__pollers_shut(socket);
    return err;
}

uint32_t weft__socket_shut(const weft_socket *socket)
{
    return weft_load_u32(&socket->shut, WEFT_ACQUIRE);
}

weft_atomic_u32 *weft__socket_polls(weft_socket *socket)
{
    return &socket->polls;
}

/* ---- options and addresses ----------------------------------------------------------- */

static int refuse_option(const weft_socket *socket, enum weft_socket_option option)
{
    if (!socket)
        return weft__misuse(WEFT_EINVAL, "socket option %d: the socket is NULL", (int)option);
    return weft__net_fail(&socket->name, WEFT_ENOTSUP, "option of socket",
                          "SDL2_net has no options");
}

int weft_socket_option_set(weft_socket *socket, enum weft_socket_option option, int value)
{
    (void)value;
    return refuse_option(socket, option);
}

int weft_socket_option_get(weft_socket *socket, enum weft_socket_option option, int *value)
{
    (void)value;
    return refuse_option(socket, option);
}

int weft_socket_address(weft_socket *socket, weft_address *address)
{
    if (!socket)
        return weft__misuse(WEFT_EINVAL, "address of socket: the socket is NULL");
    if (socket->kind == WEFT__CONNECTION)
        return weft__net_fail(&socket->name, WEFT_ENOTSUP, "address of tcp connection to",
                              "SDL2_net does not tell this end's");
    *address = socket->name;
    return 0;
}

int weft_socket_peer(weft_socket *socket, weft_address *address)
{
    if (!socket)
        return weft__misuse(WEFT_EINVAL, "peer of socket: the socket is NULL");
    if (socket->kind != WEFT__CONNECTION)
        return weft__net_fail(&socket->name, WEFT_EINVAL, "peer of socket", "it is not connected");
    *address = socket->name;
    return 0;
}

int weft__net_check_own(const weft_address *address, const char *what)
{
    if (address->family != WEFT_IPV4)
        return weft__net_fail(address, WEFT_ENOTSUP, what, "SDL2_net speaks IPv4 only");
    if (weft__net_is_loopback(address) || weft__address_is_any(address))
        return 0;
    return weft__net_fail(address, WEFT_ENOTSUP, what,
                          "SDL2_net binds to all interfaces, or pretends to bind to 127.0.0.1");
}

bool weft__net_is_loopback(const weft_address *address)
{
    return address->family == WEFT_IPV4 && address->ip[0] == 127;
}

/* Both keep network byte order in memory; only the port of ours is a number. */
IPaddress weft__net_to_sdl(const weft_address *address)
{
    IPaddress sdl = {.host = 0};

    memcpy(&sdl.host, address->ip, sizeof(sdl.host));
    sdl.port = SDL_SwapBE16(address->port);
    return sdl;
}

weft_address weft__net_from_sdl(const IPaddress *sdl)
{
    weft_address address = {.family = WEFT_IPV4, .port = SDL_SwapBE16(sdl->port)};

    memcpy(address.ip, &sdl->host, sizeof(sdl->host));
    return address;
}

/* ---- failures -------------------------------------------------------------------------- */

int weft__net_expect(const weft_socket *socket, enum weft__net_kind kind, const char *what)
{
    static const char *const kinds[] = {"a tcp listener", "a tcp connection", "a udp socket"};
    char text[WEFT_ADDRESS_TEXT];

    if (!socket)
        return weft__misuse(WEFT_EINVAL, "%s: the socket is NULL", what);
    if (socket->kind == kind)
        return 0;
    return weft__misuse(WEFT_EINVAL, "%s %s: this is %s, not %s", what,
                        weft_address_text(&socket->name, text, sizeof(text)), kinds[socket->kind],
                        kinds[kind]);
}

int weft__net_fail(const weft_address *name, int code, const char *what, const char *reason)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(code, "%s %s: %s", what, weft_address_text(name, text, sizeof(text)), reason);
}

int weft__net_fail_sdl(const weft_address *name, int reason, int guess, const char *what,
                       const char *text)
{
    char address[WEFT_ADDRESS_TEXT];

    weft_address_text(name, address, sizeof(address));
    if (reason == ENOMEM)
        return weft__fail(WEFT_ENOMEM, "%s %s: out of memory", what, address);
    if (reason != 0)
        return weft__fail_system(reason, "%s %s", what, address);
    return weft__fail(guess, "%s %s: %s (SDL2_net names no reason)", what, address,
                      *text != '\0' ? text : "failed");
}

/* ---- to and from other processes -------------------------------------------------- */

static int keeps_its_own(void)
{
    return weft__fail(WEFT_ENOTSUP, "socket: SDL2_net cannot hand one over to another process");
}

int weft__socket_hand_over(weft_socket *socket, uintptr_t *handle)
{
    (void)socket;
    (void)handle;
    return keeps_its_own();
}

int weft__socket_take_over(weft_socket **socket, uintptr_t handle)
{
    (void)socket;
    (void)handle;
    return keeps_its_own();
}
