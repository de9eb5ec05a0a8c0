/* SPDX-License-Identifier: MIT */
/*
 * Starting threads, what they run, and waiting for all of them.
 *
 * A thread's object is the starter's until the seam has started it. From then on it
 * is in the list of threads while its function runs (thread_registry.c), and among the
 * handles while that or somebody holds its handle (thread_join.c). `running` counts
 * threads that are no daemons, for weft_thread_join_all().
 */
#include "weft/thread.h"

#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "registry.h"
#include "weft/memory.h"
#include "weft/wait.h"

enum { NAME_SIZE = 32 };

static weft_atomic_u32 last_number; /* of "Thread-N"; relaxed: only uniqueness matters */

/* Threads that are no daemons and have not ended. Raised before a start, lowered by
 * the thread with release as its last step; join_all reads it with acquire. */
static weft_atomic_u32 running;

static void drop_result(weft_thread *thread)
{
    if (thread->result != thread->inline_result)
        weft_free(thread->result);
    thread->result = NULL;
    thread->result_size = 0;
}

/* A weft__result_function: the copy waits for weft_thread_join_result(). */
static int keep_result(weft_task *task, const void *result, size_t size)
{
    weft_thread *thread = task->context;
    void *copy = size <= WEFT__THREAD_RESULT ? thread->inline_result : weft_alloc(size);

    if (copy)
        memcpy(copy, result, size); /* which may lie in the room of the one before */
    drop_result(thread);
    if (!copy)
        return WEFT_ENOMEM;
    thread->result = copy;
    thread->result_size = size;
    return 0;
}

/* A weft__room_function. */
static void *make_room(weft_task *task, size_t size)
{
    weft_thread *thread = task->context;

    drop_result(thread);
    thread->result = weft_alloc(size);
    thread->result_size = thread->result ? size : 0;
    return thread->result;
}

void weft__thread_destroy(weft_thread *thread)
{
    drop_result(thread);
    weft_free(thread);
}

static void lower_running(void)
{
    if (weft_fetch_sub_u32(&running, 1, WEFT_RELEASE) >= 1)
        weft_wake(&running, WEFT_WAKE_ALL);
}

/* The seam's entry: runs the task, then leaves the object to whoever is left. */
static void run(void *context)
{
    weft_thread *thread = context;
    bool daemon = thread->record.daemon;
    bool mine;
    int err;

    weft__thread_begin(&thread->record);
    weft_cancel_enter(&thread->cancel);
    err = weft__task_run(&thread->task, thread->function);
    weft_cancel_enter(NULL); /* what ends a thread must be able to wait */
    if (err != 0)
        weft__task_tell(&thread->task);
    weft__threads_lock();
    weft__thread_end_locked();
    mine = thread->handle == WEFT__DETACHED;
    if (mine)
        weft__handle_remove_locked(thread);
    weft_store_u32(&thread->ended, 1, WEFT_RELEASE);
    weft__threads_unlock();
    if (mine)
        weft__thread_destroy(thread);
    else
        weft_wake(&thread->ended, WEFT_WAKE_ALL); /* the address only: it may be freed */
    if (!daemon)
        lower_running();
}

/* The object, with its argument and, behind that, its name copied in. */
static weft_thread *create(weft_function *function, const void *argument, size_t size,
                           const weft_thread_options *options)
{
    size_t head = (sizeof(weft_thread) + 15) / 16 * 16; /* aligned for any argument */
    char number[NAME_SIZE];
    const char *name = options->name ? options->name : number;
    weft_thread *thread;
    size_t length;

    snprintf(number, sizeof(number), "Thread-%u",
             options->name ? 0u : weft_fetch_add_u32(&last_number, 1, WEFT_RELAXED) + 1);
    length = strlen(name) + 1;
    thread = size <= SIZE_MAX - head - length ? weft_alloc(head + size + length) : NULL;
    if (!thread) {
        weft__fail(WEFT_ENOMEM, "thread: no memory for an argument of %zu bytes", size);
        return NULL;
    }
    thread->name = memcpy((char *)thread + head + size, name, length);
    if (size > 0)
        memcpy((char *)thread + head, argument, size);
    thread->function = function;
    thread->record = (struct weft__thread_record){.name = thread->name,
                                                  .id = weft__thread_number(),
                                                  .daemon = options->daemon,
                                                  .started = true};
    thread->cancel.parent = options->cancel;
    thread->task.argument = (char *)thread + head;
    thread->task.size = size;
    thread->task.name = thread->name;
    thread->task.returned = keep_result;
    thread->task.room = make_room;
    thread->task.context = thread;
    return thread;
}

static int launch(weft_thread *thread, bool detached, size_t stack_size)
{
    weft_seam_thread seam;
    int err = weft_fault_point("thread.start");

    if (err != 0)
        return weft__fail(err, "thread %s: refused by a test", thread->name);
    thread->start = (weft_seam_start){run, thread, thread->name};
    err = weft_seam_thread_start(&seam, &thread->start, stack_size);
    if (err != 0)
        return err;
    if (detached)
        weft_seam_thread_detach(seam); /* the object may be gone already */
    else
        thread->seam = seam;
    return 0;
}

int weft_thread_start_with(weft_thread **out, weft_function *function, const void *argument,
                           size_t size, const weft_thread_options *options)
{
    static const weft_thread_options defaults;
    weft_thread *thread;
    int err;

    if (!function)
        return weft__misuse(WEFT_EINVAL, "thread: no function to run");
    if (!options)
        options = &defaults;
    weft_thread_current_id(); /* the starter's number is the smaller one */
    thread = create(function, argument, size, options);
    if (!thread)
        return WEFT_ENOMEM;
    thread->handle = out ? WEFT__HELD : WEFT__DETACHED;
    if (!options->daemon)
        weft_fetch_add_u32(&running, 1, WEFT_RELAXED);
    weft__threads_lock();
    weft__handle_add_locked(thread);
    weft__thread_list_locked(&thread->record);
    weft__threads_unlock();
    err = launch(thread, !out, options->stack_size);
    if (err != 0)
        goto undo;
    if (out)
        *out = thread;
    return 0;

undo:
    weft__threads_lock();
    weft__thread_unlist_locked(&thread->record);
    weft__handle_remove_locked(thread);
    weft__threads_unlock();
    weft__thread_destroy(thread);
    if (!options->daemon)
        lower_running();
    return err;
}

int weft_thread_start(weft_thread **thread, weft_function *function, const void *argument,
                      size_t size)
{
    return weft_thread_start_with(thread, function, argument, size, NULL);
}

/* The name of one thread that join_all waits for. */
static void name_running(char *name, size_t size)
{
    struct weft__thread_record *self = weft__thread_record();
    struct weft__thread_record *thread;

    snprintf(name, size, "one that is ending");
    weft__threads_lock();
    for (thread = weft__threads_first_locked(); thread; thread = thread->next)
        if (thread->started && !thread->daemon && thread != self)
            snprintf(name, size, "%s", thread->name);
    weft__threads_unlock();
}

int weft_thread_join_all(weft_time until)
{
    const weft_thread *caller = weft__thread_current();
    uint32_t self = caller && !caller->record.daemon ? 1 : 0;
    uint32_t left = weft_load_u32(&running, WEFT_ACQUIRE);
    char name[NAME_SIZE];
    int err = 0;

    while (left > self && err == 0) {
        err = weft__wait(&running, left, until, "all threads", NULL);
        left = weft_load_u32(&running, WEFT_ACQUIRE);
    }
    if (left <= self)
        return 0;
    name_running(name, sizeof(name));
    if (err == WEFT_ECANCELED)
        return weft__fail(err, "threads: %u still run, among them %s, and the wait was cancelled",
                          (unsigned)(left - self), name);
    return weft__fail(err, "threads: %u still run at the deadline, among them %s",
                      (unsigned)(left - self), name);
}
