/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses. SDL2_net gives the first IPv4 address only, and asks by
 * gethostbyname(), which keeps its answer in one place for all threads: `asking`
 * lets one thread in at a time.
 */
#include "internal.h"
#include "net.h"
#include "seam.h"

static weft_mutex asking = WEFT_MUTEX_INIT;

int weft_seam_resolve(const char *host, int port, weft_address *addresses, size_t capacity,
                      size_t *count)
{
    IPaddress found = {.host = 0};
    int failed = 0;
    int err = weft__net_begin();

    if (err != 0)
        return err;
    if (host) {
        weft_mutex_acquire(&asking, WEFT_FOREVER);
        failed = SDLNet_ResolveHost(&found, host, (Uint16)port);
        weft_mutex_release(&asking);
    }
    if (failed != 0)
        return weft__fail(WEFT_ENOTFOUND, "host %s: SDL2_net finds no IPv4 address of this name",
                          host);
    *count = capacity > 0 ? 1 : 0;
    if (capacity > 0) {
        addresses[0] = weft__net_from_sdl(&found);
        addresses[0].port = (uint16_t)port;
    }
    return 0;
}

int weft_seam_interface_number(const char *name, uint32_t *number)
{
    (void)number;
    return weft__fail(WEFT_ENOTSUP, "interface %s: SDL2_net, without IPv6, needs none", name);
}

int weft_seam_interface_name(uint32_t number, char *name, size_t size)
{
    (void)name;
    (void)size;
    return weft__fail(WEFT_ENOTSUP, "interface %lu: SDL2_net, without IPv6, needs none",
                      (unsigned long)number);
}
