/* SPDX-License-Identifier: MIT */
#include <mach-o/dyld.h>
#include <stdint.h>

#include "spawn.h"

static char path[4096];

const char *weft__program_path(void)
{
    return path[0] != '\0' ? path : NULL;
}

void weft__program_begin(const char *name)
{
    uint32_t size = sizeof(path);

    (void)name;
    if (_NSGetExecutablePath(path, &size) != 0)
        path[0] = '\0';
}
