/* SPDX-License-Identifier: MIT */
/* What the Win32 backend can do. */

#include "weft/caps.h"

const weft_capabilities *weft_caps(void)
{
    static const weft_capabilities capabilities = {
        .backend = "native",
        .system = "windows",
        .ipv6 = true,
        .bind_address = true,
        .shutdown_write = true,
        .listen_backlog = 128,
        .socket_options = true,
        .unix_sockets = true,
        .multicast = true,
        .poller = "WSAPoll",
        .thread_priority = true,
        .thread_affinity = true,
        .terminate_is_polite = false, /* most programs of others have no way to be asked */
    };
    return &capabilities;
}
