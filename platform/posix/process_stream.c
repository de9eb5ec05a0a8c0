/* SPDX-License-Identifier: MIT */
/*
 * The standard streams of children: files opened for them, and our ends of pipes. Files are
 * opened here and not in the child, which could not say what is wrong with which.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "internal.h"
#include "seam.h"
#include "spawn.h"

static const char *const names[] = {"input", "output", "errors"};

static void close_end(uintptr_t *end)
{
    if (*end != UINTPTR_MAX)
        close((int)*end);
    *end = UINTPTR_MAX;
}

static int open_file(int stream, enum weft_stream wanted, const char *path, int *source)
{
    int flags = stream == 0 ? O_RDONLY : O_WRONLY | O_CREAT;

    if (stream != 0)
        flags |= wanted == WEFT_STREAM_APPEND ? O_APPEND : O_TRUNC;
    do
        *source = open(path, flags | O_NOCTTY | O_CLOEXEC, 0666);
    while (*source == -1 && errno == EINTR);
    if (*source == -1)
        return weft__fail_system(errno, "process: file %s for its %s", path, names[stream]);
    return weft__out_of_the_way(source);
}

static int open_pipe(int stream, int *source, uintptr_t *end)
{
    int ends[2];
    int err = weft__pipe_pair(ends);

    if (err != 0)
        return err;
    *source = stream == 0 ? ends[0] : ends[1];
    *end = (uintptr_t)(stream == 0 ? ends[1] : ends[0]);
    return 0;
}

static int open_one(int stream, enum weft_stream wanted, const char *path, int sources[3],
                    uintptr_t *end)
{
    if (wanted == WEFT_STREAM_PIPE)
        return open_pipe(stream, &sources[stream], end);
    if (wanted == WEFT_STREAM_FILE || wanted == WEFT_STREAM_APPEND)
        return open_file(stream, wanted, path, &sources[stream]);
    if (wanted == WEFT_STREAM_NOTHING)
        sources[stream] = WEFT__NULL;
    else if (wanted == WEFT_STREAM_OUTPUT) /* where that is ours, ours has number 1 */
        sources[stream] = sources[1] == WEFT__SAME ? 1 : sources[1];
    return 0;
}

int weft__streams_open(const weft_process_options *options, int sources[3], uintptr_t ends[3])
{
    const enum weft_stream wanted[] = {options->input, options->output, options->errors};
    const char *const paths[] = {options->input_file, options->output_file, options->errors_file};
    int err = 0;

    for (int i = 0; i < 3; i++) {
        sources[i] = WEFT__SAME;
        ends[i] = UINTPTR_MAX;
    }
    for (int i = 0; i < 3 && err == 0; i++)
        err = open_one(i, wanted[i], paths[i], sources, &ends[i]);
    if (err == 0)
        return 0;
    weft__streams_close(sources);
    for (int i = 0; i < 3; i++)
        close_end(&ends[i]);
    return err;
}

void weft__streams_close(int sources[3])
{
    if (sources[2] == sources[1] || sources[2] == 1)
        sources[2] = WEFT__SAME;
    for (int i = 0; i < 3; i++)
        if (sources[i] >= 0)
            close(sources[i]);
}

/* ---- our ends ------------------------------------------------------------------------- */

int weft_seam_pipe_read(uintptr_t pipe, void *buffer, size_t size, size_t *length)
{
    ssize_t got;

    do
        got = read((int)pipe, buffer, size);
    while (got == -1 && errno == EINTR);
    if (got == -1)
        return weft__fail_system(errno, "process: reading its output");
    *length = (size_t)got;
    return 0;
}

/* A pipe that nobody reads raises SIGPIPE; the calling thread, weft's own, blocks it
 * and takes it back. */
static void without_sigpipe(sigset_t *before)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, before);
}

int weft_seam_pipe_write(uintptr_t pipe, const void *data, size_t size)
{
    const char *next = data;
    sigset_t before;
    int error = 0;

    without_sigpipe(&before);
    while (size > 0 && error == 0) {
        ssize_t put = write((int)pipe, next, size);

        if (put >= 0) {
            next += put;
            size -= (size_t)put;
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    /* weft's pump thread ends after this: a SIGPIPE left pending in it goes with it. */
    if (error == 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == EPIPE)
        return weft__fail(WEFT_ECLOSED, "process: it reads no more input");
    return error == 0 ? 0 : weft__fail_system(error, "process: writing its input");
}

void weft_seam_pipe_close(uintptr_t pipe)
{
    close((int)pipe);
}
