/* SPDX-License-Identifier: MIT */
/* Ctrl-C for a program that maps, or submits, for 20 s: it ends with code 130, at most one
 * line of text, and no worker is left, within 0.25 s. */
#include <string.h>

#include "family.h"
#include "faults.h"
#include "system.h"
#include "weft/cancel.h"
#include "weft/error.h"
#include "weft/executor.h"
#include "weft/future.h"

enum { ITEMS = 4000 };

static int work(weft_task *task)
{
    (void)task;
    return weft_sleep(WEFT_MS(20));
}

static int map(weft_executor *pool)
{
    static int items[ITEMS];

    return weft_map(pool, work, WEFT_ITEMS(items), NULL, 0, 0, WEFT_FOREVER);
}

static int submit_all(weft_executor *pool)
{
    static weft_future *futures[ITEMS];
    int err = 0;

    for (int i = 0; i < ITEMS && err == 0; i++)
        err = weft_submit(pool, &futures[i], work, &i, sizeof(i));
    for (int i = 0; i < ITEMS && err == 0; i++)
        err = weft_future_result(futures[i], NULL, 0, WEFT_FOREVER);
    return err;
}

int play_interrupted(const char *argument)
{
    static weft_cancel stop = WEFT_CANCEL_INIT;
    weft_executor *pool;
    int err = weft_cancel_on_interrupt(&stop);

    pool = weft_process_pool(
        &(weft_pool_options){.workers = FAMILY_WORKERS, .cancel = &stop});
    if (err != 0 || !pool || family_tell(pool) != 0)
        return 1;
    weft_cancel_enter(&stop);
    err = strcmp(argument, "map") == 0 ? map(pool) : submit_all(pool);
    weft_executor_close(pool);
    return weft_interrupted() && err == WEFT_ECANCELED ? 130 : 1;
}

static void try_once(const char *what, struct score *score)
{
    struct family family;
    weft_process_status status;
    weft_time interrupted, gone;
    int lines;

    if (family_start(&family, "--interrupted", what) != 0) {
        score->wrong++;
        fault_note(score, "not started: %s", weft_last_error());
        return;
    }
    weft_sleep(WEFT_MS(5) + (weft_time)fault_random((uint32_t)WEFT_MS(30)));
    interrupted = weft_clock();
    system_interrupt(weft_process_pid(family.parent));
    gone = family_gone(&family);
    lines = family_end(&family, &status);
    if (gone == 0) {
        score->never++;
    } else if (status.code == 130 && lines <= 1) {
        score->right++;
        fault_took(score, interrupted, gone);
    } else {
        score->wrong++;
        fault_note(score, "code %d, signal %d, %d lines", status.code, status.signal, lines);
    }
}

static void run(const char *what, unsigned trials, struct score *score)
{
    score->goal = WEFT_MS(250);
    for (unsigned i = 0; i < trials; i++)
        try_once(what, score);
}

void case_interrupted_map(unsigned trials, struct score *score)
{
    run("map", trials, score);
}

void case_interrupted_submit(unsigned trials, struct score *score)
{
    run("submit", trials, score);
}
