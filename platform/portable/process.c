/* SPDX-License-Identifier: MIT */
/*
 * Processes: the seam's, each with a thread that waits for its end.
 *
 * The monitor thread starts the process, blocks until it has ended, and publishes
 * that in `ended`: so a join is a wait on a word like any other, with a deadline, on
 * every system and for any number of children. The object goes when both the handle
 * and the monitor are done with it.
 */
#include "weft/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "pipe.h"
#include "seam.h"
#include "weft/arena.h"
#include "weft/memory.h"
#include "weft/mutex.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { MONITOR_STACK = 256 * 1024 };

enum { STARTING, STARTED, REFUSED };

struct weft_process {
    weft_atomic_u32 references; /* handle and monitor; the last frees */
    weft_atomic_u32 phase;      /* STARTING until the monitor sets it with release */
    weft_atomic_u32 ended;      /* set to 1 by the monitor with release, after `status` */
    weft_mutex lock;            /* held to signal the process, and to collect it */
    bool collected;             /* its number may be another's now; guarded by lock */
    weft_atomic_u32 *bell;      /* of weft__process_on_end, or NULL; guarded by lock */
    weft_seam_process seam;     /* the monitor's; others only under lock */
    weft_process_status status; /* written by the monitor before `ended`, or before phase */
    weft_offset block;          /* struct weft__child_block; 0: another program */
    char *name;
    weft__pipe *input, *output;          /* the handle's */
    const char *const *arguments;        /* of the starting call, until phase changes */
    const weft_process_options *options; /* likewise */
    uintptr_t ends[3];                   /* likewise; of input, output and errors */
};

static weft_atomic_u32 last_number; /* of "Process-N"; relaxed: only uniqueness matters */

static void unreference(weft_process *process)
{
    /* acq_rel: what either side wrote is visible to the one that frees. */
    if (weft_fetch_sub_u32(&process->references, 1, WEFT_ACQ_REL) > 1)
        return;
    weft_shared_free(process->block);
    weft_free(process->name);
    weft_free(process);
}

static int start(weft_process *process)
{
    const weft_seam_arena *arena;
    char text[32];
    int err;

    if (process->arguments)
        return weft_seam_process_open(&process->seam, process->arguments, process->options,
                                      process->ends);
    err = weft__arena(&arena);
    if (err != 0)
        return err;
    snprintf(text, sizeof(text), "%" PRIx64, process->block);
    return weft_seam_process_start(&process->seam, arena, text, process->options, process->ends);
}

static void tell_phase(weft_process *process, uint32_t phase)
{
    weft_store_u32(&process->phase, phase, WEFT_RELEASE);
    weft_wake(&process->phase, WEFT_WAKE_ALL);
}

/* What the child left in the arena about a function that failed. */
static void add_sentence(weft_process *process)
{
    struct weft__child_block *block = weft_shared_pointer(process->block);

    if (!block || process->status.signal != 0 || process->status.code == 0)
        return;
    process->status.error = block->error;
    memcpy(process->status.sentence, block->sentence, sizeof(process->status.sentence));
    process->status.sentence[sizeof(process->status.sentence) - 1] = '\0';
}

static int monitor(weft_task *task)
{
    weft_process *process = WEFT_ARG(task, weft_process *);
    int err = start(process);

    if (err != 0) {
        process->status.error = err;
        snprintf(process->status.sentence, sizeof(process->status.sentence), "%.250s",
                 weft_last_error());
        tell_phase(process, REFUSED);
        unreference(process);
        return 0;
    }
    tell_phase(process, STARTED);
    weft_seam_process_wait(&process->seam, &process->status);
    process->status.exited = true;
    add_sentence(process);
    weft_mutex_acquire(&process->lock, WEFT_FOREVER);
    process->collected = true;
    weft_seam_process_close(&process->seam);
    weft_store_u32(&process->ended, 1, WEFT_RELEASE);
    if (process->bell)
        weft__ring_bell(process->bell);
    weft_mutex_release(&process->lock);
    weft_wake(&process->ended, WEFT_WAKE_ALL);
    unreference(process);
    return 0;
}

void weft__process_on_end(weft_process *process, weft_atomic_u32 *bell)
{
    weft_mutex_acquire(&process->lock, WEFT_FOREVER);
    process->bell = bell;
    if (bell && weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0)
        weft__ring_bell(bell);
    weft_mutex_release(&process->lock);
}

static weft_process *create(const char *name)
{
    static const weft_process_options defaults;
    weft_process *process = weft_alloc(sizeof(*process));

    if (!process)
        return NULL;
    process->name = weft_copy_text(name);
    process->ends[0] = process->ends[1] = process->ends[2] = UINTPTR_MAX;
    process->options = &defaults;
    weft_store_u32(&process->references, 2, WEFT_RELAXED);
    if (process->name)
        return process;
    weft_free(process);
    return NULL;
}

/* Starts it, by its monitor; on failure the object is gone. */
static int launch(weft_process *process)
{
    weft_thread_options options = {
        .name = "weft-monitor", .stack_size = MONITOR_STACK, .daemon = true};
    int err = weft_thread_start_with(NULL, monitor, &process, sizeof(process), &options);

    if (err != 0) {
        weft__fail(err, "process %s: no thread to watch over it: %s", process->name,
                   weft_last_error());
        unreference(process);
        unreference(process);
        return err;
    }
    weft__wait_while(&process->phase, STARTING, "start of process", process);
    process->arguments = NULL;
    process->options = NULL;
    if (weft_load_u32(&process->phase, WEFT_ACQUIRE) == STARTED)
        return 0;
    err = weft__fail(process->status.error, "%s", process->status.sentence);
    unreference(process);
    return err;
}

int weft_process_start_with(weft_process **out, weft_function *function, const void *argument,
                            size_t size, const weft_process_options *options)
{
    struct weft__child_block *block;
    weft_process *process;
    char number[32];
    const char *name = options && options->name ? options->name : number;
    int err = WEFT_ENOMEM;

    if (!weft__main_called())
        return weft__fail(WEFT_EPERM, "process: call weft_main(&argc, &argv) first in main(): a "
                                      "child would run main() again without it");
    if (size > SIZE_MAX / 2)
        return weft__fail(WEFT_ENOMEM, "process: no memory for an argument of %zu bytes", size);
    err = weft_fault_point("process.start");
    if (err != 0)
        return weft__fail(err, "process: refused by a test");
    snprintf(number, sizeof(number), "Process-%u",
             name == number ? weft_fetch_add_u32(&last_number, 1, WEFT_RELAXED) + 1 : 0u);
    process = create(name);
    if (!process)
        return WEFT_ENOMEM;
    err = weft_shared_alloc(&process->block, sizeof(*block) + size + strlen(name) + 1);
    if (err != 0)
        goto destroy;
    block = weft_shared_pointer(process->block);
    err = weft__function_name(&block->function, function);
    if (err != 0)
        goto destroy;
    block->size = size;
    if (size > 0)
        memcpy(block + 1, argument, size);
    memcpy((char *)(block + 1) + size, name, strlen(name) + 1);
    if (options)
        process->options = options;
    err = launch(process);
    if (err != 0)
        return err;
    *out = process;
    return 0;

destroy:
    unreference(process);
    unreference(process);
    return err;
}

int weft_process_start(weft_process **process, weft_function *function, const void *argument,
                       size_t size)
{
    return weft_process_start_with(process, function, argument, size, NULL);
}

int weft_process_open(weft_process **out, const char *const *arguments,
                      const weft_process_options *options)
{
    weft_process *process;
    int err;

    if (!arguments || !arguments[0])
        return weft__misuse(WEFT_EINVAL, "process: no program named");
    process = create(arguments[0]);
    if (!process)
        return WEFT_ENOMEM;
    process->arguments = arguments;
    if (options)
        process->options = options;
    err = launch(process);
    if (err != 0)
        return err;
    if (process->ends[0] != UINTPTR_MAX)
        err = weft__pipe_open(&process->input, process->ends[0], WEFT__PIPE_OUT);
    if (err == 0 && process->ends[1] != UINTPTR_MAX)
        err = weft__pipe_open(&process->output, process->ends[1], WEFT__PIPE_IN);
    else if (process->ends[1] != UINTPTR_MAX)
        weft_seam_pipe_close(process->ends[1]);
    if (err != 0)
        goto kill;
    *out = process;
    return 0;

kill:
    weft_process_kill(process);
    weft_process_close(process);
    return err;
}

int weft_process_join(weft_process *process, weft_time until)
{
    int err = 0;

    while (weft_load_u32(&process->ended, WEFT_ACQUIRE) == 0 && err == 0)
        err = weft__wait(&process->ended, 0, until, "process", process);
    if (weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0)
        return 0;
    return weft__fail(err, "process %s (pid %" PRIu64 "): %s", process->name, process->seam.pid,
                      err == WEFT_ECANCELED ? "its join was cancelled"
                                            : "still runs at the deadline");
}

/* A weft_poll_function: the monitor sets the word once, and always wakes. */
static bool has_ended(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_process *process = object;

    if (what != WEFT_POLL_ASK)
        return false;
    *word = &process->ended;
    *seen = 0;
    return weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0;
}

weft_waitable weft_process_waitable(weft_process *process)
{
    return (weft_waitable){.object = process, .poll = has_ended};
}

void weft_process_status_get(weft_process *process, weft_process_status *status)
{
    if (weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0)
        *status = process->status;
    else
        memset(status, 0, sizeof(*status));
}

uint64_t weft_process_pid(const weft_process *process)
{
    return process->seam.pid;
}

const char *weft_process_name(const weft_process *process)
{
    return process->name;
}

static int signal_it(weft_process *process, int (*send)(weft_seam_process *))
{
    int err;

    weft_mutex_acquire(&process->lock, WEFT_FOREVER);
    err = process->collected ? 0 : send(&process->seam);
    weft_mutex_release(&process->lock);
    return err;
}

int weft_process_terminate(weft_process *process)
{
    return signal_it(process, weft_seam_process_terminate);
}

int weft_process_kill(weft_process *process)
{
    return signal_it(process, weft_seam_process_kill);
}

void weft_process_close(weft_process *process)
{
    if (!process)
        return;
    if (process->input)
        weft__pipe_finish(process->input);
    weft__pipe_release(process->input);
    weft__pipe_release(process->output);
    unreference(process);
}

int weft_process_read(weft_process *process, void *buffer, size_t size, size_t *length,
                      weft_time until)
{
    int err;

    if (!process->output)
        return weft__misuse(WEFT_EINVAL, "process %s: its output is no pipe", process->name);
    err = weft__pipe_read(process->output, buffer, size, length, until);
    if (err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED)
        return weft__fail(err, "process %s: no output until the %s", process->name,
                          err == WEFT_ECANCELED ? "wait was cancelled" : "deadline");
    if (err != 0)
        return weft__fail(err, "process %s: output was lost: %s", process->name,
                          weft_strerror(err));
    return 0;
}

int weft_process_write(weft_process *process, const void *data, size_t size)
{
    int err;

    if (!process->input)
        return weft__misuse(WEFT_EINVAL, "process %s: its input is no pipe", process->name);
    err = weft__pipe_write(process->input, data, size);
    if (err == WEFT_ECLOSED)
        return weft__fail(err, "process %s: its input is closed", process->name);
    return err;
}

void weft_process_close_input(weft_process *process)
{
    if (process->input)
        weft__pipe_finish(process->input);
}
