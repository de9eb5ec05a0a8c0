/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_STOP_AT_H
#define WEFT_TESTS_STOP_AT_H

/*
 * A process that stops at a fault point, with whatever it holds there.
 *
 *     struct stop stop = make_stop();
 *     ...
 *     stop = stop_at(stop, "shared_ring.put.after_copy", 1);
 *     process = start_process(put, &stop, sizeof(stop));      // calls arm(&stop)
 *     CHECK_OK(weft_shared_semaphore_acquire(stop.there, SOON));
 *     kill_process(process);            // or: weft_shared_semaphore_release(stop.go_on, 1)
 *     close_stop(&stop);
 */

#include "check.h"

#include <stdint.h>
#include <string.h>

#include "weft/atomic.h"
#include "weft/fault.h"
#include "weft/shared.h"

struct stop {
    weft_shared_semaphore there, go_on;
    char point[40];
    uint32_t passage; /* at which it stops; 0: at none */
};

/* Of this process, written before the hook is set; and passages so far. */
static struct stop stop_armed;
static weft_atomic_u32 stop_passages;

static inline struct stop make_stop(void)
{
    struct stop stop = {.passage = 0};

    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&stop.there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&stop.go_on, 0), 0);
    return stop;
}

static inline void close_stop(const struct stop *stop)
{
    weft_shared_semaphore_close(stop->there);
    weft_shared_semaphore_close(stop->go_on);
}

static inline struct stop stop_at(struct stop stop, const char *point, uint32_t passage)
{
    memcpy(stop.point, point, strlen(point) + 1);
    stop.passage = passage;
    return stop;
}

static inline int stop_decide(const char *point)
{
    if (strcmp(point, stop_armed.point) == 0 &&
        weft_fetch_add_u32(&stop_passages, 1, WEFT_RELAXED) + 1 == stop_armed.passage) {
        (void)weft_shared_semaphore_release(stop_armed.there, 1);
        while (weft_shared_semaphore_acquire(stop_armed.go_on, SOON) != 0)
            continue;
    }
    return 0;
}

/* In the process itself. */
static inline void arm(const struct stop *stop)
{
    stop_armed = *stop;
    if (stop->passage > 0)
        weft_fault_hook(stop_decide);
}

#endif
