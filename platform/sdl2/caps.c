/* SPDX-License-Identifier: MIT */
#include "weft/caps.h"

/* WEFT_SYSTEM is set by CMake. Processes are the system's own in this build. */
static const weft_capabilities capabilities = {
    .backend = "sdl2",
    .system = WEFT_SYSTEM,
    .ipv6 = false,
    .bind_address = false,
    .shutdown_write = false,
    .listen_backlog = 5,
    .socket_options = false,
    .unix_sockets = false,
    .multicast = false,
    .share_port = false,
    .poller = "SDLNet_SocketSet",
    .thread_priority = true,
    .thread_affinity = false,
#ifdef _WIN32
    .terminate_is_polite = false,
#else
    .terminate_is_polite = true,
#endif
};

const weft_capabilities *weft_caps(void)
{
    return &capabilities;
}
