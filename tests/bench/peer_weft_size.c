/* SPDX-License-Identifier: MIT */
/* How large weft's objects are: sizeof, or what an allocator that counts has seen. */
#include "bench.h"

#include <stdlib.h>

#include <weft.h>

static weft_atomic_u64 blocks, bytes;

static void *counted_allocate(void *context, size_t size)
{
    (void)context;
    weft_fetch_add_u64(&blocks, 1, WEFT_RELAXED);
    weft_fetch_add_u64(&bytes, size, WEFT_RELAXED);
    return malloc(size);
}

static void counted_release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static int hold_worker(weft_task *task)
{
    return weft_event_wait(WEFT_ARG(task, weft_event *), WEFT_FOREVER);
}

static int do_nothing(weft_task *task)
{
    (void)task;
    return 0;
}

/* One task is queued behind another that holds the only worker, a hundred times: what
 * is kept for reuse, or grows by doubling, is shared out. */
static void count_submits(size_t argument_size, int with_future, struct run *run)
{
    enum { TASKS = 100 };
    static const char argument[64];
    weft_future *futures[TASKS] = {NULL};
    weft_event go = WEFT_EVENT_INIT, *held = &go;
    weft_executor *pool;
    uint64_t blocks_before, bytes_before;

    need(weft_set_allocator(&(weft_allocator){counted_allocate, counted_release, NULL}) == 0,
         "weft_set_allocator");
    pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
    need(pool != NULL, "weft_thread_pool");
    need(weft_submit(pool, NULL, hold_worker, &held, sizeof(held)) == 0, "weft_submit");
    blocks_before = weft_load_u64(&blocks, WEFT_RELAXED);
    bytes_before = weft_load_u64(&bytes, WEFT_RELAXED);
    for (int i = 0; i < TASKS; i++)
        need(weft_submit(pool, with_future ? &futures[i] : NULL, do_nothing, argument,
                         argument_size) == 0,
             "weft_submit");
    run->value = (double)(weft_load_u64(&bytes, WEFT_RELAXED) - bytes_before) / TASKS;
    run_note(run, "allocations",
             (double)(weft_load_u64(&blocks, WEFT_RELAXED) - blocks_before) / TASKS);
    weft_event_set(&go);
    for (int i = 0; i < TASKS; i++)
        weft_future_release(futures[i]);
    need(weft_executor_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER) == 0, "weft_executor_shutdown");
    weft_executor_close(pool);
}

static void size(enum size_of what, struct run *run)
{
    switch (what) {
    case SIZE_MUTEX:
        run->value = sizeof(weft_mutex);
        break;
    case SIZE_CONDITION:
        run->value = sizeof(weft_condition);
        break;
    case SIZE_EVENT:
        run->value = sizeof(weft_event);
        break;
    case SIZE_ONCE:
        run->value = sizeof(weft_once);
        break;
    case SIZE_SEMAPHORE:
        run->value = sizeof(weft_semaphore);
        break;
    case SIZE_FUTURE:
        count_submits(0, 1, run);
        break;
    case SIZE_TASK:
        count_submits(48, 0, run);
        break;
    }
}

static const struct size_calls size_calls = {"sizeof, or an allocator that counts", size};

const struct peer peer_weft_size = {.name = "weft", .kind = KIND_WEFT, .size = &size_calls};
