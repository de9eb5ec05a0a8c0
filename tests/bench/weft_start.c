/* SPDX-License-Identifier: MIT */
/* weft's processes for the cases that need some. What they share lies in the arena. */
#include <stdio.h>

#include <weft/arena.h>
#include <weft/process.h>

#include "peers.h"
#include "processes.h"

/* What a process is told. */
struct told {
    enum family family;
    char peer[24];
    weft_offset object, shared;
    unsigned index;
};

static weft_process *processes[TEAM_MOST];
static unsigned process_count;

void *arena_memory(size_t size)
{
    weft_offset at;

    need(weft_shared_alloc(&at, size) == 0, "weft_shared_alloc");
    return weft_shared_pointer(at);
}

static int run(weft_task *task)
{
    struct told told = WEFT_ARG(task, struct told);

    play(peer_find(told.peer, told.family), told.family, weft_shared_pointer(told.object),
         weft_shared_pointer(told.shared), told.index);
    return 0;
}

static void start(const struct peer *peer, enum family family, void *object, void *shared,
                  unsigned index)
{
    struct told told = {family, "", weft_shared_offset(object), weft_shared_offset(shared), index};

    snprintf(told.peer, sizeof(told.peer), "%s", peer->name);
    need(process_count < TEAM_MOST &&
             weft_process_start(&processes[process_count++], run, &told, sizeof(told)) == 0,
         "weft_process_start");
}

static void join(void)
{
    while (process_count > 0) {
        weft_process *process = processes[--process_count];
        weft_process_status status;
        need(weft_process_join(process, WEFT_FOREVER) == 0, "weft_process_join");
        weft_process_status_get(process, &status);
        need(status.exited && status.code == 0 && status.signal == 0, "a process of weft");
        weft_process_close(process);
    }
}

const struct starter weft_starter = {arena_memory, start, join};
