/* SPDX-License-Identifier: MIT */
#include "spawn.h"

const bool weft__parent_keeps_both_ends = false;

int weft__watch_parent(int life)
{
    return weft__watch_by_thread(life);
}
