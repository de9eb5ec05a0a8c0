/* SPDX-License-Identifier: MIT */
/* Running a task: its argument, result and failure. A task belongs to one thread. */
#include "weft/task.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/memory.h"

struct listener {
    weft_failure_function *tell;
};

/* Written with release by weft_on_failure, read with acquire by failing tasks. */
static weft_atomic_u64 failure_listener;

const void *weft_task_argument(weft_task *task, size_t size)
{
    if (size == task->size)
        return task->argument;
    weft__misuse(WEFT_EINVAL, "task %s: its argument is %zu bytes, and %zu were asked for",
                 task->name, task->size, size);
    return NULL;
}

size_t weft_task_argument_size(const weft_task *task)
{
    return task->size;
}

int weft_task_return(weft_task *task, const void *result, size_t size)
{
    return task->returned ? task->returned(task, result, size) : 0;
}

void *weft_task_result(weft_task *task, size_t size)
{
    if (task->room)
        return task->room(task, size);
    weft_free(task->scratch);
    task->scratch = weft_alloc(size);
    return task->scratch;
}

int weft_task_fail(weft_task *task, int code, const char *format, ...)
{
    va_list arguments;

    task->code = code != 0 ? code : WEFT_EFAILED;
    va_start(arguments, format);
    vsnprintf(task->sentence, sizeof(task->sentence), format, arguments);
    va_end(arguments);
    weft__fail(task->code, "%s", task->sentence);
    return task->code;
}

bool weft_task_cancelled(const weft_task *task)
{
    (void)task; /* runs in the calling thread, under the token that it has entered */
    return weft_cancel_requested(weft_cancel_current());
}

const char *weft_task_name(const weft_task *task)
{
    return task->name;
}

void weft_on_failure(weft_failure_function *tell)
{
    struct listener listener = {tell};
    uint64_t bits = 0;

    memcpy(&bits, &listener, sizeof(listener));
    weft_store_u64(&failure_listener, bits, WEFT_RELEASE);
}

void weft__task_init(weft_task *task, const void *argument, size_t size, const char *name)
{
    task->argument = argument;
    task->size = size;
    task->name = name;
    task->returned = NULL;
    task->room = NULL;
    task->context = NULL;
    task->scratch = NULL;
    task->code = 0;
    task->obeyed = false;
    task->sentence[0] = '\0';
}

int weft__task_run(weft_task *task, weft_function *function)
{
    int code;

    task->code = 0;
    task->sentence[0] = '\0';
    weft__clear_error();
    code = function(task);
    if (task->scratch)
        weft_free(task->scratch);
    if (code == 0)
        return 0;
    /* Without a sentence of its own, the one of the call that failed. */
    if (task->sentence[0] == '\0' || task->code != code)
        snprintf(task->sentence, sizeof(task->sentence), "%.200s",
                 weft_last_error()[0] != '\0' ? weft_last_error() : weft_strerror(code));
    task->code = code;
    task->obeyed = code == WEFT_ECANCELED && weft_cancel_requested(weft__self.cancel);
    return code;
}

void weft__task_tell(const weft_task *task)
{
    uint64_t bits = weft_load_u64(&failure_listener, WEFT_ACQUIRE);
    struct listener listener;

    memcpy(&listener, &bits, sizeof(listener));
    if (listener.tell && !task->obeyed)
        listener.tell(task->name, task->code, task->sentence);
}
