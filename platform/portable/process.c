/* SPDX-License-Identifier: MIT */
/*
 * Processes: the seam's, with a handle that any thread may ask and wait for.
 *
 * All that can be refused is made before the system starts anything: the block in the
 * arena, the monitor, the threads of the pipes. What is started then has a handle.
 * process_watch.c sees it end, process_stream.c has its pipes.
 */
#include "weft/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "process_object.h"
#include "weft/arena.h"
#include "weft/memory.h"

enum { INPUT, OUTPUT, ERRORS };

static weft_atomic_u32 last_number; /* of "Process-N"; relaxed: only uniqueness matters */

/* ---- the object -------------------------------------------------------------------- */

void weft__process_unreference(weft_process *process)
{
    /* acq_rel: what either side wrote is visible to the one that frees. */
    if (weft_fetch_sub_u32(&process->references, 1, WEFT_ACQ_REL) > 1)
        return;
    if (!process->collected)
        weft_seam_process_close(&process->seam);
    weft_shared_free(process->block);
    weft_free(process->name);
    weft_free(process);
}

/* It has not started, and never will. */
static void discard(weft_process *process)
{
    for (int i = INPUT; i <= ERRORS; i++)
        weft__pipe_release(process->pipes[i]);
    weft__monitor_return(process->monitor);
    process->collected = true;
    weft__process_unreference(process);
}

static int prepare(weft_process *process, const char *name, const weft_process_options *options)
{
    const enum weft_stream streams[] = {options->input, options->output, options->errors};
    int err = 0;

    process->name = weft_copy_text(name);
    if (!process->name)
        return WEFT_ENOMEM;
    err = weft__monitor_reserve(&process->monitor);
    if (err != 0)
        return weft__fail(err, "process %s: no thread to watch over it: %s", name,
                          weft_last_error());
    for (int i = INPUT; i <= ERRORS && err == 0; i++)
        if (streams[i] == WEFT_STREAM_PIPE)
            err =
                weft__pipe_create(&process->pipes[i], i == INPUT ? WEFT__PIPE_OUT : WEFT__PIPE_IN);
    return err;
}

static int create(weft_process **out, const char *name, const weft_process_options *options)
{
    weft_process *process = weft_alloc(sizeof(*process));
    int err;

    if (!process)
        return WEFT_ENOMEM;
    weft_store_u32(&process->references, 1, WEFT_RELAXED);
    err = prepare(process, name, options);
    if (err == 0)
        *out = process;
    else
        discard(process);
    return err;
}

static void begin_pipes(weft_process *process, const uintptr_t ends[3])
{
    for (int i = INPUT; i <= ERRORS; i++)
        if (process->pipes[i])
            weft__pipe_begin(process->pipes[i], ends[i]);
}

/* ---- functions --------------------------------------------------------------------- */

/* How many bytes the names of what is handed over need: see weft__child_block. */
static size_t heirs_size(const weft_process_options *options)
{
    size_t size = 0;

    for (size_t i = 0; i < options->hand_over_count; i++)
        size += strlen(options->hand_over[i].name) + 2;
    return size;
}

static char *append(char *end, const char *text)
{
    size_t size = strlen(text) + 1;

    memcpy(end, text, size);
    return end + size;
}

/* Leaves in the arena what the child needs to know. */
static int write_block(weft_process *process, weft_function *function, const void *argument,
                       size_t size, const weft_process_options *options)
{
    size_t texts = strlen(process->name) + 1 + heirs_size(options);
    struct weft__child_block *block;
    char *end;
    int err;

    if (size > SIZE_MAX / 2)
        return weft__fail(WEFT_ENOMEM, "process %s: no memory for an argument of %zu bytes",
                          process->name, size);
    err = weft_shared_alloc(&process->block, sizeof(*block) + size + texts);
    if (err != 0)
        return err;
    block = weft_shared_pointer(process->block);
    err = weft__function_name(&block->function, function);
    if (err == 0)
        err = weft_seam_module_identity("", &block->program);
    if (err != 0)
        return err;
    block->size = size;
    block->heirs = (uint32_t)options->hand_over_count;
    if (size > 0)
        memcpy(block + 1, argument, size);
    end = append((char *)(block + 1) + size, process->name);
    for (size_t i = 0; i < options->hand_over_count; i++) {
        *end++ = options->hand_over[i].socket ? WEFT__HEIR_SOCKET : WEFT__HEIR_FILE;
        end = append(end, options->hand_over[i].name);
    }
    return 0;
}

static int start(weft_process *process, const weft_process_options *options)
{
    const weft_seam_arena *arena;
    uintptr_t ends[3] = {UINTPTR_MAX, UINTPTR_MAX, UINTPTR_MAX};
    char text[32];
    int err = weft__arena(&arena);

    if (err != 0)
        return err;
    snprintf(text, sizeof(text), "%" PRIx64, process->block);
    err = weft_seam_process_start(&process->seam, arena, text, options, ends);
    if (err != 0)
        return err;
    begin_pipes(process, ends);
    if (!options->daemon)
        weft__process_list(process);
    return 0;
}

int weft_process_start_with(weft_process **out, weft_function *function, const void *argument,
                            size_t size, const weft_process_options *options)
{
    weft_process_options checked;
    weft_process *process;
    char number[32];
    const char *name = options && options->name ? options->name : number;
    int err = weft__arena_check();

    if (err != 0)
        return err;
    if (!weft__main_called())
        return weft__fail(WEFT_EPERM, "process: call weft_main(&argc, &argv) first in main(): a "
                                      "child would run main() again without it");
    err = weft_fault_point("process.start");
    if (err != 0)
        return weft__fail(err, "process: refused by a test");
    snprintf(number, sizeof(number), "Process-%u",
             name == number ? weft_fetch_add_u32(&last_number, 1, WEFT_RELAXED) + 1 : 0u);
    err = weft__process_options_check(&checked, options, true, name);
    if (err == 0)
        err = create(&process, name, &checked);
    if (err != 0)
        return err;
    err = write_block(process, function, argument, size, &checked);
    if (err == 0)
        err = start(process, &checked);
    if (err == 0)
        *out = process;
    else
        discard(process);
    return err;
}

int weft_process_start(weft_process **process, weft_function *function, const void *argument,
                       size_t size)
{
    return weft_process_start_with(process, function, argument, size, NULL);
}

/* ---- other programs ------------------------------------------------------------------ */

int weft_process_open(weft_process **out, const char *const *arguments,
                      const weft_process_options *options)
{
    uintptr_t ends[3] = {UINTPTR_MAX, UINTPTR_MAX, UINTPTR_MAX};
    weft_process_options checked;
    weft_process *process;
    const char *name;
    int err = weft__arena_check();

    if (err != 0)
        return err;
    if (!arguments || !arguments[0] || arguments[0][0] == '\0')
        return weft__misuse(WEFT_EINVAL, "process: no program is named");
    name = options && options->name ? options->name : arguments[0];
    err = weft__process_options_check(&checked, options, false, name);
    if (err == 0)
        err = create(&process, name, &checked);
    if (err != 0)
        return err;
    err = weft_seam_process_open(&process->seam, arguments, &checked, ends);
    if (err != 0) {
        discard(process);
        return err;
    }
    begin_pipes(process, ends);
    *out = process;
    return 0;
}

/* ---- waiting and asking --------------------------------------------------------------- */

int weft_process_join(weft_process *process, weft_time until)
{
    int err = 0;

    if (weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0)
        return 0;
    err = weft__arena_check();
    if (err != 0)
        return err;
    /* Nothing can end this wait but the process. */
    if (until == WEFT_FOREVER && !weft__self.cancel && weft__process_watch_here(process))
        return 0;
    weft__process_watch(process);
    while (weft_load_u32(&process->ended, WEFT_ACQUIRE) == 0 && err == 0)
        err = weft__wait(&process->ended, 0, until, "process", process);
    if (weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0)
        return 0;
    return weft__fail(err, "process %s (pid %" PRIu64 "): %s", process->name, process->seam.pid,
                      err == WEFT_ECANCELED ? "its join was cancelled"
                                            : "still runs at the deadline");
}

/* A weft_poll_function: the watcher sets the word once, and always wakes. */
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
    weft__process_watch(process);
    return (weft_waitable){.object = process, .poll = has_ended};
}

void weft__process_on_end(weft_process *process, weft_atomic_u32 *bell)
{
    weft_mutex_acquire(&process->lock, WEFT_FOREVER);
    process->bell = bell;
    if (bell && weft_load_u32(&process->ended, WEFT_ACQUIRE) != 0)
        weft__ring_bell(bell);
    weft_mutex_release(&process->lock);
    if (bell)
        weft__process_watch(process);
}

void weft_process_status_get(weft_process *process, weft_process_status *status)
{
    weft__process_watch(process);
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

/* ---- ending ---------------------------------------------------------------------------- */

static int signal_it(weft_process *process, int (*send)(weft_seam_process *))
{
    int err = weft__arena_check();

    if (err != 0)
        return err;
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

int weft_process_kill_tree(weft_process *process)
{
    if (!process->seam.group)
        return weft__misuse(WEFT_EINVAL, "process %s: it has no group: start it with the option",
                            process->name);
    return signal_it(process, weft_seam_process_kill_tree);
}

void weft_process_close(weft_process *process)
{
    /* A forked process has none of the threads that a process needs, and its locks may be held. */
    if (!process || weft__arena_check() != 0)
        return;
    if (process->pipes[INPUT])
        weft__pipe_finish(process->pipes[INPUT]);
    for (int i = INPUT; i <= ERRORS; i++)
        weft__pipe_release(process->pipes[i]);
    if (weft_load_u32(&process->ended, WEFT_ACQUIRE) == 0)
        weft__process_watch(process); /* somebody has to collect it */
    weft__process_unreference(process);
}
