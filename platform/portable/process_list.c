/* SPDX-License-Identifier: MIT */
/*
 * The processes that weft_process_join_all() waits for: functions that are no daemons,
 * from their start to their end.
 *
 * `lock` guards the list and the links of its members. A member is unlisted by its
 * watcher, after `ended` is set and before the watcher lets go of the object.
 */
#include <inttypes.h>

#include "process_object.h"

static weft_mutex lock = WEFT_MUTEX_INIT;
static weft_process *first;

void weft__process_list(weft_process *process)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    process->next = first;
    if (first)
        first->previous = process;
    first = process;
    process->listed = true;
    weft_mutex_release(&lock);
}

void weft__process_unlist(weft_process *process)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (process->listed) {
        if (process->previous)
            process->previous->next = process->next;
        else
            first = process->next;
        if (process->next)
            process->next->previous = process->previous;
        process->listed = false;
    }
    weft_mutex_release(&lock);
}

/* One that has not ended, referenced, and how many there are. */
static weft_process *find_running(unsigned *count)
{
    weft_process *found = NULL;

    *count = 0;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (weft_process *process = first; process; process = process->next) {
        if (weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0)
            continue;
        found = process;
        ++*count;
    }
    if (found)
        weft_fetch_add_u32(&found->references, 1, WEFT_RELAXED);
    weft_mutex_release(&lock);
    return found;
}

int weft_process_join_all(weft_time until)
{
    weft_process *process;
    unsigned count;
    int err = weft__arena_check();

    if (err != 0)
        return err;
    while ((process = find_running(&count)) != NULL) {
        err = weft_process_join(process, until);

        if (err != 0)
            weft__fail(err, "processes: %u still run %s, among them %s (pid %" PRIu64 ")", count,
                       err == WEFT_ECANCELED ? "and the wait was cancelled" : "at the deadline",
                       process->name, process->seam.pid);
        weft__process_unreference(process);
        if (err != 0)
            return err;
    }
    return 0;
}
