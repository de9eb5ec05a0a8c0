/* SPDX-License-Identifier: MIT */
/*
 * What TCP and UDP sockets have in common: descriptors that never block, and poll()
 * for every wait.
 *
 * How weft_socket_shutdown() ends the waits of other threads: it first sets `shut`,
 * then makes poll() return; who waits reads `shut` before it tries again. For a
 * connection the system's shutdown() makes poll() return, everywhere. For listeners
 * and UDP sockets it does so on Linux alone, so these have a pipe in their poll()
 * that becomes readable then and stays so. There are few of them, so two descriptors
 * more are cheaper than waking up every few ms to look.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "seam.h"
#include "socket_private.h"
#include "weft/fault.h"
#include "weft/memory.h"

/* ---- descriptors ---------------------------------------------------------------- */

#if defined(SOCK_CLOEXEC) && defined(_GNU_SOURCE)

/* In one step, so that no child that starts in between inherits them. */
static int new_descriptor(int family, int type)
{
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int weft__socket_accept(int listener, struct sockaddr *peer, socklen_t *length)
{
    return accept4(listener, peer, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int new_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK);
}

#else

/* -1 after an error, with the descriptor closed and errno kept. */
static int made_ours(int descriptor)
{
    int flags = descriptor < 0 ? -1 : fcntl(descriptor, F_GETFL);
    int reason;

    if (flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 &&
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0)
        return descriptor;
    reason = errno;
    if (descriptor >= 0)
        close(descriptor);
    errno = reason;
    return -1;
}

static int new_descriptor(int family, int type)
{
    return made_ours(socket(family, type, 0));
}

int weft__socket_accept(int listener, struct sockaddr *peer, socklen_t *length)
{
    return made_ours(accept(listener, peer, length));
}

static int new_pipe(int ends[2])
{
    int made[2];

    if (pipe(made) != 0)
        return -1;
    /* If this fails for one end, the socket's close takes the other. */
    ends[0] = made_ours(made[0]);
    ends[1] = made_ours(made[1]);
    return ends[0] >= 0 && ends[1] >= 0 ? 0 : -1;
}

#endif

void weft__socket_adopt(weft_socket *socket, int descriptor)
{
    socket->descriptor = descriptor;
#ifdef SO_NOSIGPIPE
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
}

static int acquire_parts(weft_socket *socket, uint32_t family)
{
    bool udp = socket->kind == WEFT__UDP;
    int descriptor;

    if (socket->kind != WEFT__CONNECTION && new_pipe(socket->wake) != 0)
        return weft__fail_system(errno, "socket: no pipe to wake it");
    if (udp) {
        socket->spill = weft_alloc(WEFT__SPILL_SIZE);
        if (!socket->spill)
            return WEFT_ENOMEM;
    }
    if (family == WEFT_FAMILY_NONE)
        return 0;
    descriptor =
        new_descriptor(family == WEFT_IPV6 ? AF_INET6 : AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM);
    if (descriptor < 0)
        return weft__fail_system(errno, "%s socket for %s", udp ? "udp" : "tcp",
                                 family == WEFT_IPV6 ? "IPv6" : "IPv4");
    weft__socket_adopt(socket, descriptor);
    return 0;
}

int weft__socket_create(weft_socket **socket, enum weft__socket_kind kind, uint32_t family)
{
    weft_socket *created;
    int err = weft_fault_point("socket.create");

    if (err != 0)
        return weft__fail(err, "socket: refused by a test");
    created = weft_alloc(sizeof(*created));
    if (!created)
        return WEFT_ENOMEM;
    created->kind = kind;
    created->descriptor = created->wake[0] = created->wake[1] = -1;
    err = acquire_parts(created, family);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

int weft__socket_bind(weft_socket *socket, const char *what)
{
    struct sockaddr_storage storage;
    socklen_t length = weft__address_to_system(&socket->name, false, &storage);

    if (socket->name.family == WEFT_IPV6) {
        int only = !socket->dual;
        if (setsockopt(socket->descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0)
            socket->dual = false; /* some systems keep the families apart, come what may */
    }
    if (bind(socket->descriptor, (struct sockaddr *)&storage, length) != 0)
        return weft__socket_fail_system(socket, errno, what);
    return weft_socket_address(socket, &socket->name);
}

/* ---- waiting -------------------------------------------------------------------- */

bool weft__socket_is_shut(const weft_socket *socket, enum weft_shutdown how)
{
    return (weft_load_u32(&socket->shut, WEFT_ACQUIRE) & (uint32_t)how) != 0;
}

int weft__socket_wait(const weft_socket *socket, short events, weft_time until)
{
    struct pollfd polled[2] = {{.fd = socket->descriptor, .events = events},
                               {.fd = socket->wake[0], .events = POLLIN}};
    /* shutdown() of the reading side must not keep a writer awake. */
    nfds_t count = (events & POLLIN) != 0 && socket->wake[0] >= 0 ? 2 : 1;

    for (;;) {
        int ready = poll(polled, count, (int)weft__ms_until(until, INT_MAX));
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return weft__socket_fail_system(socket, errno, "poll of socket");
        if (ready == 0 && until <= weft_clock())
            return WEFT_ETIMEDOUT;
    }
}

int weft__socket_fail(const weft_socket *socket, int code, const char *what, const char *reason)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(code, "%s %s: %s", what, weft_address_text(&socket->name, text, sizeof(text)),
                      reason);
}

int weft__socket_fail_system(const weft_socket *socket, int system_error, const char *what)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail_system(system_error, "%s %s", what,
                             weft_address_text(&socket->name, text, sizeof(text)));
}

int weft__socket_expect(const weft_socket *socket, enum weft__socket_kind kind, const char *what)
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

int weft_socket_shutdown(weft_socket *socket, enum weft_shutdown how)
{
    static const int system_how[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
    uint32_t before;

    if (!socket || how < WEFT_SHUTDOWN_READ || how > WEFT_SHUTDOWN_BOTH)
        return weft__misuse(WEFT_EINVAL, "socket shutdown: %s",
                            socket ? "no direction" : "the socket is NULL");
    before = weft_fetch_or_u32(&socket->shut, (uint32_t)how, WEFT_RELEASE);
    /* It can only fail because there is no connection (any more). */
    if (socket->kind == WEFT__CONNECTION) {
        shutdown(socket->descriptor, system_how[how]);
        return 0;
    }
    if (((uint32_t)how & ~before & WEFT_SHUTDOWN_READ) == 0)
        return 0;
    if (write(socket->wake[1], "", 1) != 1)
        return weft__socket_fail_system(socket, errno, "shutdown of socket");
    /* Linux then refuses who comes; others let them wait until the listener closes. */
    if (socket->kind == WEFT__LISTENER)
        shutdown(socket->descriptor, SHUT_RDWR);
    return 0;
}

/* ---- options and addresses -------------------------------------------------------- */

enum {
    OF_LISTENER = 1 << WEFT__LISTENER,
    OF_CONNECTION = 1 << WEFT__CONNECTION,
    OF_UDP = 1 << WEFT__UDP
};

struct option {
    int level, name;
    int kinds;      /* of sockets that have it */
    bool is_switch; /* 0 or 1; otherwise bytes, at least 1 */
};

/* In the order of enum weft_socket_option. */
static const struct option options[] = {
    {IPPROTO_TCP, TCP_NODELAY, OF_CONNECTION, true},
    {SOL_SOCKET, SO_KEEPALIVE, OF_CONNECTION, true},
    {SOL_SOCKET, SO_BROADCAST, OF_UDP, true},
    {SOL_SOCKET, SO_SNDBUF, OF_LISTENER | OF_CONNECTION | OF_UDP, false},
    {SOL_SOCKET, SO_RCVBUF, OF_LISTENER | OF_CONNECTION | OF_UDP, false},
};

static int find_option(const weft_socket *socket, enum weft_socket_option option,
                       const struct option **found)
{
    if (!socket)
        return weft__misuse(WEFT_EINVAL, "socket option %d: the socket is NULL", (int)option);
    if ((size_t)option >= sizeof(options) / sizeof(options[0]))
        return weft__fail(WEFT_EINVAL, "socket option %d: there is none", (int)option);
    *found = &options[option];
    if (((*found)->kinds & 1 << socket->kind) == 0)
        return weft__socket_fail(socket, WEFT_EINVAL, "option of socket",
                                 "this kind of socket does not have it");
    return 0;
}

int weft_socket_option_set(weft_socket *socket, enum weft_socket_option option, int value)
{
    const struct option *found = NULL;
    int err = find_option(socket, option, &found);

    if (err != 0)
        return err;
    if (found->is_switch ? value != 0 && value != 1 : value < 1)
        return weft__socket_fail(socket, WEFT_EINVAL, "option of socket",
                                 "no value of this option");
    if (setsockopt(socket->descriptor, found->level, found->name, &value, sizeof(value)) != 0)
        return weft__socket_fail_system(socket, errno, "option of socket");
    return 0;
}

int weft_socket_option_get(weft_socket *socket, enum weft_socket_option option, int *value)
{
    const struct option *found = NULL;
    int err = find_option(socket, option, &found);
    int read = 0;
    socklen_t length = sizeof(read);

    if (err != 0)
        return err;
    if (getsockopt(socket->descriptor, found->level, found->name, &read, &length) != 0)
        return weft__socket_fail_system(socket, errno, "option of socket");
    *value = found->is_switch ? read != 0 : read; /* BSD gives the bit it keeps inside */
    return 0;
}

int weft_socket_address(weft_socket *socket, weft_address *address)
{
    struct sockaddr_storage storage = {0};
    socklen_t length = sizeof(storage);

    if (!socket)
        return weft__misuse(WEFT_EINVAL, "address of socket: the socket is NULL");
    if (getsockname(socket->descriptor, (struct sockaddr *)&storage, &length) != 0)
        return weft__socket_fail_system(socket, errno, "address of socket");
    weft__address_from_system(address, (struct sockaddr *)&storage);
    return 0;
}

int weft_socket_peer(weft_socket *socket, weft_address *address)
{
    if (!socket)
        return weft__misuse(WEFT_EINVAL, "peer of socket: the socket is NULL");
    if (socket->kind != WEFT__CONNECTION)
        return weft__socket_fail(socket, WEFT_EINVAL, "peer of socket", "it is not connected");
    *address = socket->name;
    return 0;
}

uintptr_t weft__socket_pollable(const weft_socket *socket)
{
    return (uintptr_t)socket->descriptor;
}

void weft_socket_close(weft_socket *socket)
{
    if (!socket)
        return;
    if (socket->descriptor >= 0)
        close(socket->descriptor);
    for (int i = 0; i < 2; i++) {
        if (socket->wake[i] >= 0)
            close(socket->wake[i]);
    }
    weft_free(socket->spill);
    weft_free(socket);
}
