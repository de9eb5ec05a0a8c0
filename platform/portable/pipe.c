/* SPDX-License-Identifier: MIT */
/*
 * Pumps between a blocking pipe and a buffer in memory.
 *
 * The mutex guards all fields. The pump thread and the owner share the object; the
 * one that leaves last frees it. A pump has its thread before there is a system's pipe, so
 * that nothing can be refused once a process runs. A reading pump pauses while
 * BUFFER_LIMIT bytes wait for the owner, so a child that talks for ever costs no memory,
 * unless the owner wants to keep all. A writing pump keeps what the child does not read
 * yet.
 */
#include "pipe.h"

#include <string.h>

#include "internal.h"
#include "seam.h"
#include "weft/condition.h"
#include "weft/memory.h"
#include "weft/thread.h"

enum { CHUNK = 16384, BUFFER_LIMIT = 1 << 20, PUMP_STACK = 256 * 1024 };

struct weft__pipe {
    weft_mutex mutex;       /* guards everything below */
    weft_condition changed; /* bytes came or went, or one of the flags was set */
    uintptr_t system;       /* the pump's alone once begun */
    char *data;             /* bytes from `start` to `end` wait for their reader; there is room
                               for one more behind them */
    size_t start, end, capacity;
    int references;         /* owner and pump */
    bool begun;             /* there is a system's pipe */
    bool finished;          /* no more bytes will be added */
    bool finished_by_owner; /* and it was the owner who said so */
    bool keeps_all;         /* BUFFER_LIMIT does not count */
    int error;              /* why a reading pump finished before the end; 0: it did not */
    bool abandoned;         /* nobody will take any */
};

static void unreference(weft__pipe *pipe)
{
    int left;

    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    left = --pipe->references;
    weft_mutex_release(&pipe->mutex);
    if (left > 0)
        return;
    weft_free(pipe->data);
    weft_free(pipe);
}

static int add_locked(weft__pipe *pipe, const void *bytes, size_t size)
{
    size_t held = pipe->end - pipe->start;

    if (size == 0)
        return 0; /* there may be no memory yet, and memcpy wants some */
    if (pipe->capacity - pipe->end <= size) {
        size_t capacity = held + size > CHUNK / 2 ? 2 * (held + size) : CHUNK;
        char *data = capacity > size ? weft_alloc(capacity) : NULL;

        if (!data)
            return WEFT_ENOMEM;
        if (held > 0)
            memcpy(data, pipe->data + pipe->start, held);
        weft_free(pipe->data);
        pipe->data = data;
        pipe->capacity = capacity;
        pipe->start = 0;
        pipe->end = held;
    }
    memcpy(pipe->data + pipe->end, bytes, size);
    pipe->end += size;
    weft_condition_notify_all(&pipe->changed);
    return 0;
}

static size_t take_locked(weft__pipe *pipe, void *buffer, size_t size)
{
    size_t held = pipe->end - pipe->start;

    if (size > held)
        size = held;
    if (size > 0)
        memcpy(buffer, pipe->data + pipe->start, size);
    pipe->start += size;
    weft_condition_notify_all(&pipe->changed);
    return size;
}

/* True: there is something to pump. */
static bool await_begin(weft__pipe *pipe)
{
    bool begun;

    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    while (!pipe->begun && !pipe->abandoned)
        weft_condition_wait(&pipe->changed, &pipe->mutex, WEFT_FOREVER);
    begun = pipe->begun;
    weft_mutex_release(&pipe->mutex);
    return begun;
}

static bool is_full_locked(const weft__pipe *pipe)
{
    return pipe->end - pipe->start >= BUFFER_LIMIT && !pipe->keeps_all && !pipe->abandoned;
}

static void pump_in(weft__pipe *pipe)
{
    char chunk[CHUNK];
    bool more = true;

    while (more) {
        size_t length = 0;
        int err = weft_seam_pipe_read(pipe->system, chunk, sizeof(chunk), &length);

        weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
        while (is_full_locked(pipe))
            weft_condition_wait(&pipe->changed, &pipe->mutex, WEFT_FOREVER);
        if (err == 0 && length > 0 && !pipe->abandoned)
            err = add_locked(pipe, chunk, length);
        more = err == 0 && length > 0 && !pipe->abandoned;
        pipe->error = err;
        pipe->finished = !more;
        weft_condition_notify_all(&pipe->changed);
        weft_mutex_release(&pipe->mutex);
    }
    weft_seam_pipe_close(pipe->system);
}

static void pump_out(weft__pipe *pipe)
{
    char chunk[CHUNK];
    size_t length = 1;

    while (length > 0) {
        weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
        while (pipe->start == pipe->end && !pipe->finished)
            weft_condition_wait(&pipe->changed, &pipe->mutex, WEFT_FOREVER);
        length = take_locked(pipe, chunk, sizeof(chunk));
        weft_mutex_release(&pipe->mutex);
        if (length > 0 && weft_seam_pipe_write(pipe->system, chunk, length) != 0)
            break;
    }
    weft_seam_pipe_close(pipe->system);
    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    pipe->finished = true;
    weft_mutex_release(&pipe->mutex);
}

static int run_in(weft_task *task)
{
    weft__pipe *pipe = WEFT_ARG(task, weft__pipe *);

    if (await_begin(pipe))
        pump_in(pipe);
    unreference(pipe);
    return 0;
}

static int run_out(weft_task *task)
{
    weft__pipe *pipe = WEFT_ARG(task, weft__pipe *);

    if (await_begin(pipe))
        pump_out(pipe);
    unreference(pipe);
    return 0;
}

int weft__pipe_create(weft__pipe **out, enum weft__pipe_direction direction)
{
    weft_thread_options options = {.name = "weft-pipe", .stack_size = PUMP_STACK, .daemon = true};
    weft__pipe *pipe = weft_alloc(sizeof(*pipe));
    int err;

    if (!pipe)
        return WEFT_ENOMEM;
    pipe->references = 2;
    err = weft_thread_start_with(NULL, direction == WEFT__PIPE_IN ? run_in : run_out, &pipe,
                                 sizeof(pipe), &options);
    if (err == 0)
        *out = pipe;
    else
        weft_free(pipe);
    return err;
}

void weft__pipe_begin(weft__pipe *pipe, uintptr_t system_pipe)
{
    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    pipe->system = system_pipe;
    pipe->begun = true;
    weft_condition_notify_all(&pipe->changed);
    weft_mutex_release(&pipe->mutex);
}

int weft__pipe_read(weft__pipe *pipe, void *buffer, size_t size, size_t *length, weft_time until)
{
    int err = 0;

    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    while (pipe->start == pipe->end && !pipe->finished && err == 0)
        err = weft_condition_wait(&pipe->changed, &pipe->mutex, until);
    if (pipe->start == pipe->end && pipe->finished && pipe->error != 0) {
        err = pipe->error; /* what is lost must not look like the end */
    } else if (pipe->start < pipe->end || pipe->finished) {
        *length = take_locked(pipe, buffer, size);
        err = 0;
    }
    weft_mutex_release(&pipe->mutex);
    return err;
}

int weft__pipe_write(weft__pipe *pipe, const void *data, size_t size)
{
    int err = WEFT_ECLOSED;

    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    if (!pipe->finished)
        err = add_locked(pipe, data, size);
    weft_mutex_release(&pipe->mutex);
    return err;
}

void weft__pipe_finish(weft__pipe *pipe)
{
    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    pipe->finished = true;
    pipe->finished_by_owner = true;
    weft_condition_notify_all(&pipe->changed);
    weft_mutex_release(&pipe->mutex);
}

bool weft__pipe_is_finished_by_owner(weft__pipe *pipe)
{
    bool finished;

    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    finished = pipe->finished_by_owner;
    weft_mutex_release(&pipe->mutex);
    return finished;
}

void weft__pipe_keep_all(weft__pipe *pipe)
{
    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    pipe->keeps_all = true;
    weft_condition_notify_all(&pipe->changed);
    weft_mutex_release(&pipe->mutex);
}

int weft__pipe_await_end(weft__pipe *pipe, weft_time until)
{
    int err = 0;

    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    while (!pipe->finished && err == 0)
        err = weft_condition_wait(&pipe->changed, &pipe->mutex, until);
    if (pipe->finished)
        err = pipe->error;
    weft_mutex_release(&pipe->mutex);
    return err;
}

int weft__pipe_take_all(weft__pipe *pipe, char **data, size_t *size)
{
    int err = 0;

    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    if (!pipe->data)
        pipe->data = weft_alloc(1);
    if (pipe->data) {
        *size = pipe->end - pipe->start;
        if (pipe->start > 0)
            memmove(pipe->data, pipe->data + pipe->start, *size);
        pipe->data[*size] = '\0';
        *data = pipe->data;
        pipe->data = NULL;
        pipe->start = pipe->end = pipe->capacity = 0;
    } else {
        err = WEFT_ENOMEM;
    }
    weft_mutex_release(&pipe->mutex);
    return err;
}

void weft__pipe_release(weft__pipe *pipe)
{
    if (!pipe)
        return;
    weft_mutex_acquire(&pipe->mutex, WEFT_FOREVER);
    pipe->abandoned = true;
    weft_condition_notify_all(&pipe->changed);
    weft_mutex_release(&pipe->mutex);
    unreference(pipe);
}
