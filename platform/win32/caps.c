/* SPDX-License-Identifier: MIT */
/* What the Win32 backend can do. */

#include "weft/caps.h"

#include "weft/once.h"

#include "internal.h"
#include "seam_socket.h"

/* Written once, before anybody gets to see it. */
static weft_capabilities capabilities = {
    .backend = "native",
    .system = "windows",
    .ipv6 = true,
    .bind_address = true,
    .shutdown_write = true,
    .listen_backlog = 128,
    .socket_options = true,
    .multicast = true,
    .poller = "WSAPoll",
    .thread_priority = true,
    .thread_affinity = true,
    .terminate_is_polite = false, /* most programs of others have no way to be asked */
};

/* Older ones than 10.0.17134 lack them, and so does Wine: only a try tells. */
static int try_unix(void *context)
{
    weft_seam_socket tried = WEFT_SEAM_NO_SOCKET;

    (void)context;
    if (weft_seam_socket_begin() == 0)
        capabilities.unix_sockets =
            weft_seam_socket_open(&tried, WEFT_SEAM_CONNECTION, WEFT_UNIX) != WEFT_SEAM_LACKS;
    weft_seam_socket_close(&tried);
    return 0;
}

const weft_capabilities *weft_caps(void)
{
    static weft_once once = WEFT_ONCE_INIT;

    (void)weft__once(&once, try_unix);
    return &capabilities;
}
