/* SPDX-License-Identifier: MIT */
/*
 * One task in a worker process.
 *
 * A result is kept beside the running task, because its place in the slot is still the task's
 * argument; a large one is written once, into a block of its own that the future keeps. Until
 * the parent has taken it that block is private to this process: if it dies, the block is buried
 * with it.
 */
#include <stdio.h>
#include <string.h>

#include "weft/process.h"
#include "weft/wait.h"
#include "worker_process.h"

enum {
    SAMPLE = 8,         /* of so many short tasks one is measured, */
    SHORT_NS = 20000,   /* these are; all others too */
    HAND_OVER_NS = 200, /* what a task costs besides */
    TELL_NS = 30000     /* results of so much time are told at once */
};

struct result {
    size_t size;
    weft_offset block; /* 0: in bytes */
    _Alignas(16) char bytes[WEFT__SLOT_BYTES];
};

static int keep_result(weft_task *task, const void *bytes, size_t size)
{
    struct result *result = task->context;
    void *place = result->bytes;
    weft_offset block = 0;

    if (size > sizeof(result->bytes)) {
        int err = weft__arena_alloc_private(&block, size);

        if (err != 0)
            return err;
        place = weft_shared_pointer(block);
    }
    if (size > 0) /* the result may lie in the room of the one before */
        memmove(place, bytes, size);
    weft_shared_free(result->block);
    result->block = block;
    result->size = size;
    return 0;
}

static void *make_room(weft_task *task, size_t size)
{
    struct result *result = task->context;

    weft_shared_free(result->block);
    result->block = 0;
    result->size = 0;
    if (size > sizeof(result->bytes) && weft__arena_alloc_private(&result->block, size) != 0)
        return NULL;
    result->size = size;
    return result->block != 0 ? weft_shared_pointer(result->block) : result->bytes;
}

/* Where a function of the program is does not change: it is looked up once. */
static int find(struct weft__worker_process *worker, weft__function_ref ref,
                weft_function **function)
{
    int err;

    if (worker->function && memcmp(&ref, &worker->known, sizeof(ref)) == 0) {
        *function = worker->function;
        return 0;
    }
    err = weft__function_find(ref, function);
    if (err == 0 && ref.module == 0) {
        worker->known = ref;
        worker->function = *function;
    }
    return err;
}

static void run_function(struct weft__worker_process *worker, const struct weft__task_slot *slot,
                         weft_task *task)
{
    weft_function *function;
    const weft_cancel *before;
    int err = find(worker, slot->function, &function);

    if (err != 0) {
        weft_task_fail(task, err, "%s", weft_last_error());
        return;
    }
    before = weft_cancel_enter(&worker->token);
    weft__task_run(task, function);
    weft_cancel_enter(before);
}

static bool is_measured(const struct weft__worker_process *worker,
                        const struct weft__task_slot *slot)
{
    return slot->flags & WEFT__MEASURE || worker->took >= SHORT_NS || worker->count % SAMPLE == 0;
}

static void write_result(struct weft__worker_process *worker, struct weft__task_slot *slot,
                         const weft_task *task, struct result *result)
{
    size_t index = (size_t)(slot - worker->channel->slots);

    slot->code = task->code;
    slot->flags = 0;
    if (task->code != 0) {
        weft_shared_free(result->block);
        result->block = 0;
        result->size = 0;
        slot->flags = task->obeyed ? WEFT__OBEYED : 0;
        snprintf(worker->channel->sentences[index], WEFT__SENTENCE, "%s", task->sentence);
    } else if (result->block == 0 && result->size > 0) {
        memcpy(slot->bytes, result->bytes, result->size);
    }
    slot->size = result->size;
    slot->block = result->block;
}

/* The next task is at hand, and short like the last ones: the parent may hear of this result
 * together with that of the next one. It looks by itself if that takes long. */
static bool may_wait(const struct weft__worker_process *worker)
{
    const struct weft__task_slot *next = &worker->channel->slots[(worker->next + 1) % WEFT__SLOTS];

    return worker->untold < TELL_NS &&
           weft__slot_stage(weft_load_u32(&next->state, WEFT_RELAXED)) == WEFT__QUEUED;
}

void weft__worker_tell(struct weft__worker_process *worker)
{
    uint32_t number = weft_load_u32(&worker->bell->asleep, WEFT_SEQ_CST);

    worker->untold = 0;
    if (number == 0 || number == worker->rung)
        return;
    worker->rung = number;
    weft__ring_bell(&worker->bell->word);
}

void weft__worker_process_run(struct weft__worker_process *worker, struct weft__task_slot *slot,
                              uint32_t begun)
{
    bool measured = is_measured(worker, slot);
    weft_time start = measured ? weft_clock() : 0;
    struct result result;
    weft_task task;

    (void)weft_fault_point("worker_run.begun");
    weft__worker_token(worker, begun);
    result.size = 0;
    result.block = 0;
    weft__task_init(&task, slot->block != 0 ? weft_shared_pointer(slot->block) : slot->bytes,
                    (size_t)slot->size, weft_process_current_name());
    task.returned = keep_result;
    task.room = make_room;
    task.context = &result;
    run_function(worker, slot, &task);
    if (slot->flags & WEFT__MEASURE)
        slot->when = start > slot->when ? start - slot->when : 0;
    write_result(worker, slot, &task, &result);
    slot->took = 0;
    if (measured) {
        weft_time took = weft_clock() - start;

        worker->took = slot->took = took < 1 ? 1 : took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
    }
    worker->count++;
    worker->untold += worker->took + HAND_OVER_NS;
    weft_store_u32(&slot->state, begun - WEFT__BEGUN + WEFT__DONE, WEFT_SEQ_CST);
    if (!may_wait(worker))
        weft__worker_tell(worker);
}
