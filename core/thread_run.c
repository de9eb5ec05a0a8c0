/* SPDX-License-Identifier: MIT */
/*
 * Running one task of a pool of threads.
 *
 * A result is kept beside the running task, because the place for it in the block is
 * still the task's argument; it moves there when the function has returned.
 */
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/fault.h"
#include "weft/memory.h"

struct result {
    _Alignas(16) char bytes[WEFT__PAYLOAD];
    size_t size;
    void *block; /* larger ones */
};

static int keep_result(weft_task *task, const void *bytes, size_t size)
{
    struct result *result = task->context;
    void *block = size > WEFT__PAYLOAD ? weft_alloc(size) : NULL;

    if (size > WEFT__PAYLOAD && !block)
        return WEFT_ENOMEM;
    if (size > 0) /* they may lie in the room of the result before */
        memmove(block ? block : result->bytes, bytes, size);
    weft_free(result->block);
    result->block = block;
    result->size = size;
    return 0;
}

static void *make_room(weft_task *task, size_t size)
{
    struct result *result = task->context;

    weft_free(result->block);
    result->block = size > WEFT__PAYLOAD ? weft_alloc(size) : NULL;
    result->size = size <= WEFT__PAYLOAD || result->block ? size : 0;
    return size > WEFT__PAYLOAD ? result->block : result->bytes;
}

/* The argument has been used up: the result takes its place. */
static void move_result(weft_future *task, const struct result *result)
{
    if (task->size > WEFT__PAYLOAD)
        weft_free(task->payload.block);
    task->size = result->size;
    if (result->block)
        task->payload.block = result->block;
    else if (result->size > 0)
        memcpy(task->payload.bytes, result->bytes, result->size);
}

/* Runs the begun task and ends its future. Its code. */
static int run(weft_future *future, const char *name)
{
    struct result result;
    weft_task task;
    const weft_cancel *before = weft__self.cancel;
    bool unheard;
    int code;

    weft__self.cancel = &future->token;
    result.size = 0;
    result.block = NULL;
    weft__task_init(&task, weft__future_argument(future), future->size, name);
    task.returned = keep_result;
    task.room = make_room;
    task.context = &result;
    code = weft__task_run(&task, future->call.function);
    weft__self.cancel = before;
    if (code != 0) {
        weft_free(result.block);
        result.block = NULL;
        result.size = 0;
    }
    move_result(future, &result);
    unheard = weft__future_unheard(future);
    if (code != 0 && unheard)
        weft__task_tell(&task);
    if (!unheard || weft_load_pointer(&future->callbacks, WEFT_RELAXED))
        weft__future_finish(future, code, task.sentence);
    return code;
}

/* A figure that one thread writes and others read. */
static void add(weft_atomic_u64 *figure)
{
    weft_store_u64(figure, weft_load_u64(figure, WEFT_RELAXED) + 1, WEFT_RELAXED);
}

void weft__worker_run(struct weft__worker *worker, weft_future *task)
{
    uint32_t busy = weft_load_u32(&worker->busy, WEFT_RELAXED);
    int code;

    weft_store_u32(&worker->busy, busy + 1, WEFT_RELAXED);
    if (!weft__future_unheard(task))
        weft_store_u32(&task->use.runner, weft__self.id, WEFT_RELEASE);
    code = run(task, worker->name);
    add(code == 0 ? &worker->finished : &worker->failed);
    weft_store_u32(&worker->busy, busy, WEFT_RELAXED);
}

/* Nobody else can do anything with a task that nobody else has, and that no iteration will hear
 * of: that would lend it to a worker which waits. Who had it may have cancelled it just before,
 * so the state is read after that is known. */
static bool begin(weft_future *task)
{
    bool alone = weft__future_unheard(task) && !weft_load_pointer(&task->callbacks, WEFT_ACQUIRE);
    uint32_t state;

    (void)weft_fault_point("thread_run.begin");
    state = weft_load_u32(&task->state, WEFT_RELAXED);
    if (!alone || weft__future_stage(state) != WEFT__PENDING)
        return weft__future_begin(task);
    (void)weft_fault_point("thread_run.begin_alone");
    weft_store_u32(&task->state, state | WEFT__RUNNING, WEFT_RELAXED);
    return true;
}

/* Begins a task that came from a list or a deque, unless somebody else did or it was
 * cancelled, and drops the producer's reference. */
static void begin_and_run(struct weft__worker *worker, weft_future *task)
{
    if (weft_load_u32(&worker->pool->discarding, WEFT_RELAXED) == 0 && begin(task))
        weft__worker_run(worker, task);
    else if (weft__future_withdraw(task))
        add(&worker->cancelled); /* otherwise a worker that waited for it has run it */
    weft_future_release(task);
}

void weft__worker_run_entry(struct weft__worker *worker, void *entry)
{
    if (weft__entry_is_branch(entry))
        weft__branch_run(worker, entry);
    else
        begin_and_run(worker, entry);
}

void weft__task_run_here(struct weft__thread_pool *pool, weft_future *task)
{
    int code;

    (void)weft__future_begin(task);
    code = run(task, weft_thread_current_name());
    weft_future_release(task);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->ran_here++;
    pool->failed_here += code != 0;
    weft_mutex_release(&pool->mutex);
}
