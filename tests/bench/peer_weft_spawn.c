/* SPDX-License-Identifier: MIT */
/* weft's start of a function in a process of its own: the program program_spawn.c, which is
 * small, since a process of weft is its own program started again. */
#include "bench.h"

static const struct foreign program = {
    .program = "weft-bench-spawn",
    .what = {[FAMILY_SPAWN] = "weft_process_start, _join"},
};

const struct peer peer_weft_spawn = {.name = "weft", .kind = KIND_WEFT, .foreign = &program};
