/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "system.h"
#include "weft/arena.h"
#include "weft/error.h"
#include "weft/executor.h"
#include "weft/future.h"
#include "weft/shared.h"

/* ---- in the parent ------------------------------------------------------------------- */

/* Each worker takes part once: they meet at a barrier. */
static int meet(weft_task *task)
{
    weft_shared_barrier barrier = WEFT_ARG(task, weft_shared_barrier);
    int err = weft_shared_barrier_wait(barrier, NULL, FAULT_PATIENCE);

    return err != 0 ? err : WEFT_RETURN(task, uint64_t, weft_process_current_pid());
}

int family_tell(weft_executor *pool)
{
    weft_shared_barrier barrier;
    weft_future *futures[FAMILY_WORKERS];
    int err = weft_shared_barrier_create(&barrier, FAMILY_WORKERS);

    for (int i = 0; i < FAMILY_WORKERS && err == 0; i++)
        err = weft_submit(pool, &futures[i], meet, &barrier, sizeof(barrier));
    for (int i = 0; i < FAMILY_WORKERS && err == 0; i++) {
        uint64_t pid = 0;

        err = weft_future_result(futures[i], &pid, sizeof(pid), FAULT_PATIENCE);
        printf("%llu%c", (unsigned long long)pid, i + 1 < FAMILY_WORKERS ? ' ' : '\n');
        weft_future_release(futures[i]);
    }
    fflush(stdout);
    if (err != 0)
        fprintf(stderr, "weft-faults: %s\n", weft_last_error());
    return err;
}

/* ---- outside ------------------------------------------------------------------------- */

/* One line of its output. */
static int read_line(weft_process *process, char *line, size_t size)
{
    size_t length = 0;
    int err = 0;

    while (err == 0 && length + 1 < size && (length == 0 || line[length - 1] != '\n')) {
        size_t got = 0;

        err = weft_process_read(process, line + length, 1, &got, FAULT_PATIENCE);
        if (err == 0 && got == 0)
            err = WEFT_ECLOSED;
        length += got;
    }
    line[length] = '\0';
    return err;
}

int family_start(struct family *family, const char *word, const char *argument)
{
    const char *const arguments[] = {fault_program, word, argument, NULL};
    const weft_process_options options = {.group = true,
                                          .input = WEFT_STREAM_NOTHING,
                                          .output = WEFT_STREAM_PIPE,
                                          .errors = WEFT_STREAM_PIPE};
    char line[200];
    char *next = line;
    int err = weft_process_open(&family->parent, arguments, &options);

    if (err != 0)
        return err;
    err = read_line(family->parent, line, sizeof(line));
    if (err != 0) {
        weft_process_kill(family->parent);
        weft_process_close(family->parent);
        return err;
    }
    for (int i = 0; i < FAMILY_WORKERS; i++)
        family->workers[i] = strtoull(next, &next, 10);
    return 0;
}

weft_time family_gone(const struct family *family)
{
    weft_time patience = FAULT_PATIENCE;

    if (weft_process_join(family->parent, patience) != 0)
        return 0;
    for (int i = 0; i < FAMILY_WORKERS; i++)
        while (system_lives(family->workers[i])) {
            if (weft_clock() > patience)
                return 0;
            weft_sleep(WEFT_US(200));
        }
    return weft_clock();
}

int family_end(struct family *family, weft_process_status *status)
{
    char text[4096];
    size_t length = 1;
    int lines = 0;

    weft_process_kill(family->parent);
    weft_process_join(family->parent, WEFT_FOREVER);
    while (length > 0 && weft_process_read_errors(family->parent, text, sizeof(text), &length,
                                                  FAULT_PATIENCE) == 0)
        for (size_t i = 0; i < length; i++)
            lines += text[i] == '\n';
    weft_process_status_get(family->parent, status);
    weft_process_close(family->parent);
    return lines;
}
