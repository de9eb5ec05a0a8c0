/* SPDX-License-Identifier: MIT */
#include "spawn.h"

int weft__watch_parent(int life)
{
    return weft__watch_by_thread(life);
}
