/* SPDX-License-Identifier: MIT */
/* This program on Linux: also when its file was replaced or deleted meanwhile. */
#include <stddef.h>

#include "spawn.h"

const char *weft__program_path(void)
{
    return "/proc/self/exe";
}

void weft__program_begin(const char *name)
{
    (void)name;
}
