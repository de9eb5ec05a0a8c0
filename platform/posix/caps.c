/* SPDX-License-Identifier: MIT */
#include "weft/caps.h"

#if defined(WEFT_BASELINE)
#define BACKEND "baseline"
#else
#define BACKEND "native"
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
    .terminate_is_polite = true,
};

const weft_capabilities *weft_caps(void)
{
    return &capabilities;
}
