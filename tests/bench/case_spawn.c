/* SPDX-License-Identifier: MIT */
/* A small program started and waited for, again and again. */
#include "cases.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"
#include "processes.h"

void case_spawn(const struct peer *peer, struct run *run)
{
    char path[PATH_MAX], option[] = "--return";
    char *argv[] = {path, option, NULL};
    uint64_t well = 0;

    need(peer_beside("weft-bench-spawn", path, sizeof(path)), "the folder of weft-bench");
    grow(run->a);
    run_begin(run);
    for (uint64_t i = 0; i < run->work; i++)
        well += peer->spawn->spawn(argv) == SPAWN_CODE ? 1 : 0;
    run_end(run);
    if (well != run->work)
        run->wrong = "a process did not end as it should";
    run->value = (double)run->work / run->seconds;
    run->unit = "per s";
}
