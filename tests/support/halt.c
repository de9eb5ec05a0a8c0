/* SPDX-License-Identifier: MIT */
#include "halt.h"

#include <string.h>

#include "check.h"
#include "weft/cancel.h"
#include "weft/fault.h"
#include "weft/wait.h"

/* Written while no hook is set; threads that met an earlier one may read them still. */
static weft_atomic_u64 stop_point; /* address of a text that stays, or 0 */
static weft_atomic_u32 meeting;
static weft_shared_semaphore stop_told; /* of halt_at(), which is called once */

static weft_atomic_u32 passages; /* of the point so far; sleepers of meet_at() wait for it */

/* The how-many-eth passage of the point this is; 0: it is another point. */
static uint32_t pass(const char *point)
{
    const char *stop = (const char *)(uintptr_t)weft_load_u64(&stop_point, WEFT_ACQUIRE);

    if (!stop || strcmp(point, stop) != 0)
        return 0;
    return weft_fetch_add_u32(&passages, 1, WEFT_ACQ_REL) + 1;
}

static int halt(const char *point)
{
    if (pass(point) != weft_load_u32(&meeting, WEFT_RELAXED))
        return 0;
    weft_cancel_enter(NULL);
    (void)weft_shared_semaphore_release(stop_told, 1);
    for (;;)
        weft_sleep(WEFT_FOREVER);
}

static int meet(const char *point)
{
    const weft_cancel *before = weft_cancel_enter(NULL);
    weft_time until = SOON;
    uint32_t came = pass(point), all = weft_load_u32(&meeting, WEFT_RELAXED);

    if (came >= all)
        weft_wake(&passages, WEFT_WAKE_ALL);
    while (came > 0 && came < all && weft_clock() < until) {
        weft_wait(&passages, came, until);
        came = weft_load_u32(&passages, WEFT_ACQUIRE);
    }
    weft_cancel_enter(before);
    return 0;
}

static void set(const char *point, uint32_t count, weft_fault_function *hook)
{
    weft_fault_hook(NULL);
    weft_store_u32(&meeting, count, WEFT_RELAXED);
    weft_store_u32(&passages, 0, WEFT_RELAXED);
    weft_store_u64(&stop_point, (uintptr_t)point, WEFT_RELEASE);
    weft_fault_hook(hook);
}

void halt_at(const char *point, uint32_t n, weft_shared_semaphore told)
{
    stop_told = told;
    set(point, n, halt);
}

void meet_at(const char *point, uint32_t count)
{
    set(point, count, point ? meet : NULL);
}

uint32_t met(void)
{
    return weft_load_u32(&passages, WEFT_ACQUIRE);
}

bool somebody_met(void *context)
{
    (void)context;
    return met() > 0;
}
