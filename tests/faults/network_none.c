/* SPDX-License-Identifier: MIT */
/* A system without Linux' network namespaces: the case that needs one says so. */
#include "system.h"

bool system_private_network(void)
{
    return false;
}

bool system_loopback(bool up)
{
    (void)up;
    return false;
}
