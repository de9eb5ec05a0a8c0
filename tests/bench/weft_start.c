/* SPDX-License-Identifier: MIT */
/* weft's processes for the cases that need some. */
#include "weft_start.h"

#include <weft/arena.h>

struct told {
    weft_offset object, shared;
    unsigned index;
};

static weft_process *processes[TEAM_MOST];
static unsigned process_count;

void *weft_start_share(size_t size)
{
    weft_offset at;

    need(weft_shared_alloc(&at, size) == 0, "weft_shared_alloc");
    return weft_shared_pointer(at);
}

void weft_start(weft_function *function, void *object, void *shared, unsigned index)
{
    struct told told = {weft_shared_offset(object), weft_shared_offset(shared), index};

    need(process_count < TEAM_MOST &&
             weft_process_start(&processes[process_count++], function, &told, sizeof(told)) == 0,
         "weft_process_start");
}

void weft_start_join(void)
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

struct weft_start weft_start_read(weft_task *task)
{
    struct told told = WEFT_ARG(task, struct told);

    return (struct weft_start){weft_shared_pointer(told.object), weft_shared_pointer(told.shared),
                               told.index};
}
