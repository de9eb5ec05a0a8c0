/* SPDX-License-Identifier: MIT */
/* The life of a worker process: initializer, one task after another, finalizer. See worker.h. */
#include "worker.h"

#include <stdio.h>

#include "weft/process.h"
#include "weft/wait.h"
#include "worker_process.h"

/* Runs the initializer or finalizer, neither of which has a result. */
static int run_hook(struct weft__worker_process *worker, weft__function_ref ref, weft_task *task)
{
    struct weft__channel *channel = worker->channel;
    weft_function *function;
    int err = weft__function_find(ref, &function);

    weft__task_init(task, weft_shared_pointer(channel->argument), (size_t)channel->argument_size,
                    weft_process_current_name());
    if (err != 0)
        return weft_task_fail(task, err, "%s", weft_last_error());
    return weft__task_run(task, function);
}

static void tell_readiness(struct weft__worker_process *worker, enum weft__readiness readiness)
{
    weft_store_u32(&worker->channel->ready, (uint32_t)readiness, WEFT_RELEASE);
    weft__ring_bell(&worker->bell->word);
}

/* 0: tasks may come. The parent reads the reason otherwise. */
static int begin(struct weft__worker_process *worker)
{
    struct weft__channel *channel = worker->channel;
    weft_task task;
    int err;

    channel->name = weft__arena_self();
    weft__process_ignore_interrupt();
    weft__task_init(&task, NULL, 0, weft_process_current_name());
    err = weft__worker_listen(worker);
    if (err != 0)
        weft_task_fail(&task, err, "%s", weft_last_error());
    else if (channel->initializes)
        err = run_hook(worker, channel->initializer, &task);
    if (err == 0) {
        tell_readiness(worker, WEFT__READY);
        return 0;
    }
    channel->code = err;
    snprintf(channel->sentence, sizeof(channel->sentence), "%s", task.sentence);
    tell_readiness(worker, WEFT__NOT_READY);
    return err;
}

/* Looks for a while, then sleeps; it may wake for no reason. */
static void wait_for_work(struct weft__channel *channel, struct weft__task_slot *slot,
                          uint32_t seen)
{
    struct weft__backoff backoff = {0};

    while (weft__backoff(&backoff))
        if (weft_load_u32(&slot->state, WEFT_RELAXED) != seen)
            return;
    weft_store_u32(&channel->asleep, 1, WEFT_SEQ_CST);
    if (weft_load_u32(&slot->state, WEFT_SEQ_CST) == seen &&
        weft_load_u32(&channel->stop, WEFT_SEQ_CST) == 0)
        (void)weft__sleep_shared(&channel->asleep, 1, WEFT_FOREVER, WEFT_FOREVER, false);
    weft_store_u32(&channel->asleep, 0, WEFT_RELAXED);
}

/* Until the parent says stop and all that it has queued is done. */
static void work(struct weft__worker_process *worker)
{
    struct weft__channel *channel = worker->channel;

    for (;;) {
        struct weft__task_slot *slot = &channel->slots[worker->next % WEFT__SLOTS];
        uint32_t seen = weft_load_u32(&slot->state, WEFT_ACQUIRE);
        uint32_t begun = weft__slot_state(WEFT__BEGUN, worker->next);

        if (weft__slot_stage(seen) == WEFT__QUEUED) {
            if (weft_cas_u32(&slot->state, &seen, begun, WEFT_SEQ_CST)) {
                weft__worker_process_run(worker, slot, begun);
                worker->next++;
            }
        } else if (weft__slot_stage(seen) == WEFT__REVOKED) {
            worker->next += weft_cas_u32(&slot->state, &seen, WEFT__FREE, WEFT_ACQ_REL);
        } else if (worker->untold != 0) {
            weft__worker_tell(worker);
        } else if (weft_load_u32(&channel->stop, WEFT_ACQUIRE) != 0) {
            return;
        } else {
            wait_for_work(channel, slot, seen);
        }
    }
}

int weft__worker(weft_task *task)
{
    static struct weft__worker_process worker; /* its thread that listens never ends */
    weft_task hook;
    int err;

    worker.channel = weft_shared_pointer(WEFT_ARG(task, weft_offset));
    worker.bell = weft_shared_pointer(worker.channel->bell);
    err = begin(&worker);
    if (err != 0)
        return weft_task_fail(task, err, "%s", worker.channel->sentence);
    work(&worker);
    if (!worker.channel->finalizes)
        return 0;
    err = run_hook(&worker, worker.channel->finalizer, &hook);
    return err == 0 ? 0 : weft_task_fail(task, err, "%s", hook.sentence);
}
