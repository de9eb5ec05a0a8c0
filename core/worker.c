/* SPDX-License-Identifier: MIT */
/* The loop of a worker process: one call after another from its channel. */
#include "worker.h"

#include <string.h>

#include "weft/process.h"
#include "weft/wait.h"

static int keep_result(weft_task *task, const void *result, size_t size)
{
    struct weft__call *call = task->context;
    void *place = call->inline_result;
    weft_offset block = 0;

    if (size > WEFT__INLINE_RESULT) {
        int err = weft_shared_alloc(&block, size);

        if (err != 0)
            return err;
        place = weft_shared_pointer(block);
    }
    if (size > 0) /* the result may lie in the room of the one before */
        memmove(place, result, size);
    weft_shared_free(call->result);
    call->result = block;
    call->result_size = size;
    return 0;
}

static void *make_room(weft_task *task, size_t size)
{
    struct weft__call *call = task->context;

    weft_shared_free(call->result);
    call->result = 0;
    call->result_size = 0;
    if (size > WEFT__INLINE_RESULT && weft_shared_alloc(&call->result, size) != 0)
        return NULL;
    call->result_size = size;
    return call->result != 0 ? weft_shared_pointer(call->result) : call->inline_result;
}

static void run(struct weft__call *call)
{
    weft_task task = {.argument = call + 1,
                      .size = (size_t)call->size,
                      .name = weft_process_current_name(),
                      .returned = keep_result,
                      .room = make_room,
                      .context = call};
    weft_function *function;

    call->code = weft__function_find(call->function, &function);
    if (call->code == 0)
        call->code = weft__task_run(&task, function);
    else
        weft_task_fail(&task, call->code, "%s", weft_last_error());
    memcpy(call->sentence, task.sentence, sizeof(call->sentence));
}

int weft__worker(weft_task *task)
{
    struct weft__channel *channel = weft_shared_pointer(WEFT_ARG(task, weft_offset));
    weft_atomic_u32 *pool_bell = weft_shared_pointer(channel->pool_bell);
    uint32_t done = 0;

    weft__process_ignore_interrupt();
    weft_store_u32(&channel->ready, 1, WEFT_RELEASE);
    weft__ring_bell(pool_bell);
    for (;;) {
        uint32_t seen = weft_load_u32(&channel->bell, WEFT_ACQUIRE);

        if (weft_load_u32(&channel->put, WEFT_ACQUIRE) == done) {
            if (weft_load_u32(&channel->stop, WEFT_ACQUIRE) != 0)
                return 0;
            (void)weft_wait_shared(&channel->bell, seen, WEFT_FOREVER);
            continue;
        }
        uint64_t offset = weft_load_u64(&channel->calls[done % WEFT__RING], WEFT_RELAXED);
        weft_store_u32(&channel->begun, done + 1, WEFT_RELEASE);
        run(weft_shared_pointer(offset));
        weft_store_u32(&channel->done, ++done, WEFT_RELEASE);
        weft__ring_bell(pool_bell);
    }
}
