/* SPDX-License-Identifier: MIT */
/*
 * The pipes of a process. Each has a thread that moves its bytes (pipe.c), so nothing here
 * can make one stream wait for another.
 */
#include "process_object.h"
#include "weft/memory.h"

enum { INPUT, OUTPUT, ERRORS };

static const char *const names[] = {"input", "output", "errors"};

static int expect_pipe(const weft_process *process, int stream)
{
    if (process->pipes[stream])
        return 0;
    return weft__misuse(WEFT_EINVAL, "process %s: its %s is no pipe", process->name, names[stream]);
}

static int read_from(weft_process *process, int stream, void *buffer, size_t size, size_t *length,
                     weft_time until)
{
    int err = expect_pipe(process, stream);

    if (err != 0)
        return err;
    err = weft__pipe_read(process->pipes[stream], buffer, size, length, until);
    if (err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED)
        return weft__fail(err, "process %s: nothing came from its %s until the %s", process->name,
                          names[stream], err == WEFT_ECANCELED ? "wait was cancelled" : "deadline");
    if (err != 0)
        return weft__fail(err, "process %s: some of its %s was lost: %s", process->name,
                          names[stream], weft_strerror(err));
    return 0;
}

int weft_process_read(weft_process *process, void *buffer, size_t size, size_t *length,
                      weft_time until)
{
    return read_from(process, OUTPUT, buffer, size, length, until);
}

int weft_process_read_errors(weft_process *process, void *buffer, size_t size, size_t *length,
                             weft_time until)
{
    return read_from(process, ERRORS, buffer, size, length, until);
}

int weft_process_write(weft_process *process, const void *data, size_t size)
{
    int err = expect_pipe(process, INPUT);

    if (err != 0)
        return err;
    err = weft__pipe_write(process->pipes[INPUT], data, size);
    if (err == WEFT_ECLOSED)
        return weft__fail(err, "process %s: its input is closed", process->name);
    return err;
}

void weft_process_close_input(weft_process *process)
{
    if (process->pipes[INPUT])
        weft__pipe_finish(process->pipes[INPUT]);
}

/* ---- communicate ------------------------------------------------------------------------ */

/* All of the input is on its way, and then its end. */
static int send_input(weft_process *process, const void *input, size_t size)
{
    int err = size > 0 ? expect_pipe(process, INPUT) : 0;

    if (err == 0 && size > 0 && weft__pipe_is_finished_by_owner(process->pipes[INPUT]))
        return weft__misuse(WEFT_EINVAL, "process %s: its input was closed before", process->name);
    if (err == 0 && size > 0)
        err = weft__pipe_write(process->pipes[INPUT], input, size);
    if (err != 0 && err != WEFT_ECLOSED) /* that is, it does not read any more: its choice */
        return err;
    weft_process_close_input(process);
    return 0;
}

static int gather(weft_process *process, int stream, weft_time until)
{
    int err = process->pipes[stream] ? weft__pipe_await_end(process->pipes[stream], until) : 0;

    if (err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED)
        return weft__fail(err, "process %s: its %s %s", process->name, names[stream],
                          err == WEFT_ECANCELED ? "had no end when the wait was cancelled"
                                                : "has no end at the deadline");
    if (err != 0)
        return weft__fail(err, "process %s: some of its %s was lost: %s", process->name,
                          names[stream], weft_strerror(err));
    return 0;
}

int weft_process_communicate(weft_process *process, const void *input, size_t input_size,
                             weft_process_output *output, weft_time until)
{
    weft_process_output got = {.output = NULL};
    int err = send_input(process, input, input_size);

    for (int i = OUTPUT; i <= ERRORS && err == 0; i++)
        if (process->pipes[i])
            weft__pipe_keep_all(process->pipes[i]); /* both, before either is waited for */
    for (int i = OUTPUT; i <= ERRORS && err == 0; i++)
        err = gather(process, i, until);
    if (err == 0)
        err = weft_process_join(process, until);
    if (err == 0 && process->pipes[OUTPUT])
        err = weft__pipe_take_all(process->pipes[OUTPUT], &got.output, &got.output_size);
    if (err == 0 && process->pipes[ERRORS])
        err = weft__pipe_take_all(process->pipes[ERRORS], &got.errors, &got.errors_size);
    if (err == 0)
        *output = got;
    else
        weft_process_output_free(&got);
    return err;
}

void weft_process_output_free(weft_process_output *output)
{
    weft_free(output->output);
    weft_free(output->errors);
    *output = (weft_process_output){.output = NULL};
}
