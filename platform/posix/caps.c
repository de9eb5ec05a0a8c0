/* SPDX-License-Identifier: MIT */
#include "weft/caps.h"

#if defined(WEFT_BASELINE)
#define BACKEND "baseline"
#else
#define BACKEND "native"
#endif

/* The same question as CMake's for schedule_linux.c and schedule_apple.c. */
#if defined(_GNU_SOURCE)
#define PRIORITY true
#define AFFINITY true
#elif defined(__APPLE__)
#define PRIORITY true
#define AFFINITY false
#else
#define PRIORITY false
#define AFFINITY false
#endif

/* The same question as CMake's for the files of the poller. */
#if defined(_GNU_SOURCE)
#define POLLER "epoll"
#elif defined(__APPLE__)
#define POLLER "kqueue"
#else
#define POLLER "poll"
#endif

/* WEFT_SYSTEM is set by CMake: "linux", "macos", "bsd" or "posix". */
static const weft_capabilities capabilities = {
    .backend = BACKEND,
    .system = WEFT_SYSTEM,
    .ipv6 = true,
    .bind_address = true,
    .shutdown_write = true,
    .listen_backlog = 128,
    .socket_options = true,
    .unix_sockets = true,
    .multicast = true,
    .share_port = true,
    .poller = POLLER,
    .thread_priority = PRIORITY,
    .thread_affinity = AFFINITY,
    .terminate_is_polite = true,
};

const weft_capabilities *weft_caps(void)
{
    return &capabilities;
}
