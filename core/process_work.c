/* SPDX-License-Identifier: MIT */
/* The tasks of a process pool: from pending to a worker's ring to a finished future. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "process_pool.h"
#include "promise.h"
#include "weft/memory.h"

static int make_call(weft_offset *at, weft_function *function, const void *argument, size_t size)
{
    weft__function_ref reference;
    struct weft__call *call;
    int err = weft__function_name(&reference, function);

    if (err != 0)
        return err;
    if (size > SIZE_MAX - sizeof(*call))
        return weft__fail(WEFT_ETOOBIG, "process pool: an argument of %zu bytes", size);
    err = weft_shared_alloc(at, sizeof(*call) + size);
    if (err != 0)
        return err;
    call = weft_shared_pointer(*at);
    call->function = reference;
    call->size = size;
    if (size > 0)
        memcpy(call + 1, argument, size);
    return 0;
}

int weft__work_create(struct weft__work **out, weft_function *function, const void *argument,
                      size_t size)
{
    struct weft__work *work = weft_alloc(sizeof(*work));
    int err = work ? make_call(&work->call, function, argument, size) : WEFT_ENOMEM;

    if (err != 0) {
        weft_free(work);
        return err;
    }
    *out = work;
    return 0;
}

void weft__work_destroy(struct weft__work *work)
{
    struct weft__call *call = weft_shared_pointer(work->call);

    weft_shared_free(call->result);
    weft_shared_free(work->call);
    weft_future_release(work->future);
    weft_free(work);
}

void weft__work_append_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    work->next = NULL;
    *pool->last = work;
    pool->last = &work->next;
}

void weft__work_prepend_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    work->next = pool->first;
    if (!pool->first)
        pool->last = &work->next;
    pool->first = work;
}

struct weft__work *weft__work_take_all_locked(struct weft__process_pool *pool)
{
    struct weft__work *all = pool->first;

    pool->first = NULL;
    pool->last = &pool->first;
    return all;
}

/* The next task that is still wanted, begun. */
static struct weft__work *take_locked(struct weft__process_pool *pool)
{
    while (pool->first) {
        struct weft__work *work = pool->first;

        pool->first = work->next;
        if (!pool->first)
            pool->last = &pool->first;
        /* One that is handed on after its worker died has begun before. */
        if (weft__future_begin(work->future) || weft_future_running(work->future))
            return work;
        weft__work_destroy(work);
    }
    return NULL;
}

/* Ends the future with what the worker left, or with the loss. */
void weft__work_finish(struct weft__work *work)
{
    struct weft__call *call = weft_shared_pointer(work->call);
    int code = work->lost ? WEFT_ELOST : call->code;
    const char *sentence = work->lost ? work->sentence : call->sentence;

    if (code == 0 && call->result != 0) {
        weft__future_keep_shared(work->future, call->result, (size_t)call->result_size);
        call->result = 0;
    } else if (code == 0 && call->result_size > 0) {
        code = weft__future_keep(work->future, call->inline_result, (size_t)call->result_size);
        sentence = weft_last_error();
    }
    if (code != 0 && weft__future_unheard(work->future)) {
        weft_task task = {.name = "process pool", .code = code};

        snprintf(task.sentence, sizeof(task.sentence), "%s", sentence);
        weft__task_tell(&task);
    }
    weft__future_finish(work->future, code, sentence);
    weft__work_destroy(work);
}

/* Hands pending tasks to idle workers. */
void weft__work_dispatch_locked(struct weft__process_pool *pool)
{
    for (unsigned i = 0; i < pool->base.workers && pool->first; i++) {
        struct weft__worker_slot *worker = &pool->workers[i];
        struct weft__channel *channel = worker->channel;
        uint32_t put;

        if (!worker->process || worker->running)
            continue;
        worker->running = take_locked(pool);
        if (!worker->running)
            return;
        put = weft_load_u32(&channel->put, WEFT_RELAXED);
        weft_store_u64(&channel->calls[put % WEFT__RING], worker->running->call, WEFT_RELAXED);
        weft_store_u32(&channel->put, put + 1, WEFT_RELEASE);
        weft__ring_bell(&channel->bell);
    }
}
