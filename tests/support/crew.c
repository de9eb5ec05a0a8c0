/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static void require_thread(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "\n    %s: %s: %s\n", what, weft_strerror(err), weft_last_error());
    abort();
}

void start_threads(weft_thread **threads, size_t count, weft_function *function, void *shared)
{
    for (size_t i = 0; i < count; i++)
        require_thread(weft_thread_start(&threads[i], function, &shared, sizeof(shared)),
                       "a thread of the test did not start");
}

void join_threads(weft_thread **threads, size_t count)
{
    for (size_t i = 0; i < count; i++)
        require_thread(weft_thread_join(threads[i], SOON), "a thread of the test did not end");
}

weft_process *start_process(weft_function *function, const void *argument, size_t size)
{
    weft_process *process = NULL;

    CHECK_OK(weft_process_start(&process, function, argument, size));
    return process;
}

void join_process(weft_process *process)
{
    weft_process_status status;

    if (!process)
        return; /* start_process() has failed the test */
    if (!CHECK_OK(weft_process_join(process, SOON)))
        weft_process_kill(process);
    weft_process_status_get(process, &status);
    if (status.exited && (status.code != 0 || status.signal != 0))
        printf("\n    %s: code %d, signal %d, %s: %s\n", weft_process_name(process), status.code,
               status.signal, weft_strerror(status.error), status.sentence);
    CU_ASSERT_TRUE(status.exited);
    CU_ASSERT_EQUAL(status.code, 0);
    CU_ASSERT_EQUAL(status.signal, 0);
    weft_process_close(process);
}

void start_processes(weft_process **processes, size_t count, weft_function *function,
                     const void *argument, size_t size)
{
    for (size_t i = 0; i < count; i++)
        processes[i] = start_process(function, argument, size);
}

void join_processes(weft_process **processes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        join_process(processes[i]);
}

void kill_process(weft_process *process)
{
    if (!process)
        return;
    CHECK_OK(weft_process_kill(process));
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_close(process);
}
