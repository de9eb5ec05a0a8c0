/* SPDX-License-Identifier: MIT */
/* Listening, and taking the connections that come. */
#include "host.h"
#include "internal.h"
#include "socket_object.h"

int weft__tcp_listen_at(weft_socket **socket, const weft_address *address,
                        const weft_listen_options *options)
{
    weft_socket *created = NULL;
    int said, err = weft__socket_create(&created, WEFT_SEAM_LISTENER, address->family);

    if (err != 0)
        return err;
    created->name = *address;
    created->dual =
        address->family == WEFT_IPV6 && !options->ipv6_only && weft__address_is_any(address);
    err = weft__socket_bind(created, options->share_port, "tcp listen at");
    if (err == 0 && (said = weft_seam_socket_listen(&created->seam, options->backlog)) != 0)
        err = weft__socket_fail_seam(created, said, "tcp listen at");
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

/* Until there is a connection. */
static int accept_next(weft_socket *listener, weft_socket *accepted, weft_time until)
{
    for (;;) {
        int said, err = weft_fault_point("socket.accept");

        if (err != 0)
            return weft__socket_fail(listener, err, "accept at", "refused by a test");
        if (weft__socket_is_shut(listener, WEFT_SHUTDOWN_READ))
            return weft__socket_fail(listener, WEFT_ECLOSED, "accept at",
                                     "the listener was shut down");
        said = weft_seam_socket_accept(&listener->seam, &accepted->seam, &accepted->name);
        if (said == 0)
            return 0;
        if (said == WEFT_SEAM_AGAIN || weft__socket_is_shut(listener, WEFT_SHUTDOWN_READ))
            continue;
        if (said != WEFT_SEAM_BLOCKS)
            return weft__socket_fail_seam(listener, said, "accept at");
        err = weft__socket_wait(listener, WEFT_SEAM_READABLE, until);
        if (err != 0)
            return weft__socket_fail_wait(listener, err, "accept at");
    }
}

int weft_socket_accept(weft_socket *listener, weft_socket **socket, weft_address *peer,
                       weft_time until)
{
    weft_socket *accepted = NULL;
    int err = weft__socket_expect(listener, WEFT_SEAM_LISTENER, "accept at");

    if (err != 0)
        return err;
    /* Memory first: afterwards there is no way to put a connection back. */
    err = weft__socket_create(&accepted, WEFT_SEAM_CONNECTION, WEFT_FAMILY_NONE);
    if (err != 0)
        return err;
    err = accept_next(listener, accepted, until);
    if (err != 0) {
        weft_socket_close(accepted);
        return err;
    }
    if (listener->name.family == WEFT_UNIX) /* who connects has no name, says the system */
        accepted->name = (weft_address){.family = WEFT_UNIX};
    if (peer)
        *peer = accepted->name;
    *socket = accepted;
    return 0;
}
