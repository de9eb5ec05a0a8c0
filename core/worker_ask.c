/* SPDX-License-Identifier: MIT */
/*
 * How a running task hears that it is to stop: a thread of the worker sleeps on the channel's
 * `ask` and requests the token.
 *
 * The task may end, and the next one begin, at any moment meanwhile. The thread raises
 * `attention` and then looks whether the task runs; the worker begins a task, by a step on its
 * slot, and then looks at `attention`. All of it is seq_cst: either the thread sees that the
 * task has ended and does nothing, or the next task sees `attention`, waits for the mutex until
 * the thread is done, and puts the token right for itself. `attention` costs a task one load.
 */
#include "weft/thread.h"
#include "weft/wait.h"
#include "worker_process.h"

/* If this very task is asked already, the next one has to put the token right again: the
 * thread may come to that only when the next one runs. */
static void put_right(struct weft__worker_process *worker, uint32_t begun)
{
    bool asked;

    weft_mutex_acquire(&worker->asking, WEFT_FOREVER);
    asked = weft_load_u32(&worker->channel->ask, WEFT_ACQUIRE) == begun;
    weft_store_u32(&worker->attention, asked, WEFT_SEQ_CST);
    weft_store_u32(&worker->token.requested, 0, WEFT_SEQ_CST);
    if (asked)
        weft_cancel_request(&worker->token);
    weft_mutex_release(&worker->asking);
}

void weft__worker_token(struct weft__worker_process *worker, uint32_t begun)
{
    if (weft_load_u32(&worker->attention, WEFT_SEQ_CST) != 0)
        put_right(worker, begun);
}

static void pass_on(struct weft__worker_process *worker, uint32_t asked)
{
    uint32_t position = asked >> WEFT__STAGE_BITS;
    struct weft__task_slot *slot = &worker->channel->slots[position % WEFT__SLOTS];

    (void)weft_fault_point("worker_ask.heard");
    weft_mutex_acquire(&worker->asking, WEFT_FOREVER);
    weft_store_u32(&worker->attention, 1, WEFT_SEQ_CST);
    if (weft_load_u32(&slot->state, WEFT_SEQ_CST) == asked)
        weft_cancel_request(&worker->token);
    weft_mutex_release(&worker->asking);
}

static int listen(weft_task *task)
{
    struct weft__worker_process *worker = WEFT_ARG(task, struct weft__worker_process *);
    uint32_t heard = 0;

    while (!worker->over) {
        uint32_t asked = weft_load_u32(&worker->channel->ask, WEFT_ACQUIRE);

        if (asked != heard)
            pass_on(worker, asked);
        else
            (void)weft__sleep_shared(&worker->channel->ask, heard, WEFT_FOREVER, WEFT_FOREVER,
                                     false);
        heard = asked;
    }
    return 0;
}

int weft__worker_listen(struct weft__worker_process *worker)
{
    weft_thread_options options = {.name = "weft-ask", .stack_size = 64 * 1024, .daemon = true};

    return weft_thread_start_with(NULL, listen, &worker, sizeof(worker), &options);
}
